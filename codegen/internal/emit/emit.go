// Package emit turns a function of the IR into the kernel's instructions.
//
// Up to here nothing depends on the byte order: Compile lowers a function and gives it registers once, Encode writes it
// down for either order. Both programs have the same instructions at the same places; only numbers in wire order differ.
package emit

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
	"github.com/tcc-bpf/tcc/codegen/internal/regalloc"
)

// Machine is a program in machine code.
type Machine struct {
	Name    string
	Code    *lower.Func // in final form
	Figures regalloc.Figures
}

// Compile makes machine code of one function of a module.
func Compile(m *ir.Module, f *ir.Func) (*Machine, error) {
	code, err := lower.Lower(m, f)
	if err != nil {
		return nil, err
	}
	figures, err := regalloc.Allocate(code)
	if err != nil {
		return nil, err
	}
	tidy(code)
	return &Machine{Name: f.Name, Code: code, Figures: figures}, nil
}

// Program is a function's instructions for one byte order.
//
// Maps and globals are references by name, jumps have their offsets, and the source of an instruction is its
// [diag.Span].
func Program(m *ir.Module, f *ir.Func, order binary.ByteOrder) (asm.Instructions, error) {
	machine, err := Compile(m, f)
	if err != nil {
		return nil, err
	}
	return machine.Encode(order)
}

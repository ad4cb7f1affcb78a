// Package emit turns a function of the IR into the kernel's instructions.
//
// Up to here nothing depends on the byte order: Compile lowers a function and gives it registers once, Instructions
// writes it down for either order. Both programs have the same instructions at the same places; only numbers in wire order differ.
package emit

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
	"github.com/tcc-bpf/tcc/codegen/internal/regalloc"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// Function is a program in machine code.
type Function struct {
	Name string
	Code *lower.Func // in final form
	regalloc.Figures
}

// Compile makes machine code of one function of a module.
func Compile(m *ir.Module, f *ir.Func) (*Function, error) {
	code, err := lower.Lower(m, f)
	if err != nil {
		return nil, err
	}
	figures, err := regalloc.Allocate(code)
	if err != nil {
		return nil, err
	}
	tidy(code)
	return &Function{Name: f.Name, Code: code, Figures: figures}, nil
}

// Size is the length of the program in units of 8 bytes, as the kernel counts instructions.
func (f *Function) Size() int {
	n := 0
	for k, b := range f.Code.Blocks {
		n += size(f.Code, k, b)
	}
	return n
}

// Each visits the instructions in order: the stages and the places in the source that they come from, and their lengths
// in units of 8 bytes.
func (f *Function) Each(visit func(stage string, at diag.Span, slots int)) {
	for n, b := range f.Code.Blocks {
		var at diag.Span
		for k := range b.Insts {
			at = b.Insts[k].Span
			visit(b.Stage, at, slots(&b.Insts[k]))
		}
		if leaps(f.Code, n) {
			visit(b.Stage, at, 1)
		}
	}
}

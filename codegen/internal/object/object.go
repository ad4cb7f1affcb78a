// Package object writes a compiled pipeline as a relocatable ELF file for the BPF machine.
//
// The file is what clang would have written for the same programs, and is read by cilium/ebpf, libbpf and bpftool, and
// llvm-objdump. Its sections are
//
//	xdp | tc   every program, one function symbol each, in the order given
//	.text      the subprograms, if there are any
//	.rodata    the constant variables, .data the others
//	.maps      the maps, each a C struct whose field types say what the map is (BTF-defined maps)
//	license
//	.BTF       types of the maps, variables and functions, and the text of source lines
//	.BTF.ext   which instruction belongs to which function and source line
//
// All programs share one section, because libbpf tells a program's type by the section's whole name and knows no
// "xdp/stage"; a name like "tc/ingress" would even give one program of a prog array another attach type.
//
// Loaders copy what a program calls from .text to behind it. Subprograms are global functions: the kernel's verifier goes
// through each by itself, and doesn't look into it where it is called. Bodies of loops are static ones.
//
// Instructions refer to things by name:
//
//	asm.LoadMapPtr(dst, 0).WithReference("flows")          the map flows
//	asm.LoadMapValue(dst, 0, 4).WithReference("limits")    byte 4 of the variable limits
//	asm.Call.Label("weigh")                                a call of the subprogram weigh
//	asm.LoadImm(dst, -1, asm.DWord), Src asm.PseudoFunc    the address of a subprogram, the body of a loop
//	asm.Instruction{…, Offset: -1}.WithReference("done")   a jump to the instruction WithSymbol("done")
//
// Jumps may also have their offset filled in. An instruction's source is a [diag.Span], given by WithSource.
package object

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// A Spec is all that goes into an object.
type Spec struct {
	Section  string            // "xdp", "tc", "cgroup/skb" or "socket": the section of the programs, which tells loaders their type
	License  string            // as the kernel knows it, "GPL"
	Sources  map[string]string // file name → text, for the lines that spans point at
	Programs []Program
	Subs     []Sub
	Maps     []Map
	Globals  []Global
	Types    []btf.Type // further types for user space: records of events
	Signed   bool       // programs may divide signed numbers and extend signs in moves, as kernels do from 6.6 on
}

// A Program is a function of the object. It takes the context and returns a verdict.
type Program struct {
	Name  string
	Insns asm.Instructions
}

// A Sub is a function of the object that programs call. It returns a number.
type Sub struct {
	Name   string
	Loop   bool  // it is the body of a loop, which takes the number of the round and a pointer: the kernel wants it static
	Ctx    bool  // its first argument is the context
	Args   []Arg // its other ones
	Result int   // bytes
	Insns  asm.Instructions
}

// An Arg is an argument of a Sub, a number.
type Arg struct {
	Name string
	Size int // bytes
}

// A Map is a map definition. Tries get BPF_F_NO_PREALLOC, which they can't do without.
type Map struct {
	Name       string
	Type       ebpf.MapType
	KeySize    uint32 // bytes; none for a ring buffer
	ValueSize  uint32
	MaxEntries uint32
	Flags      uint32
	Key, Value btf.Type          // nil: only the sizes are known
	Programs   map[uint32]string // of a prog array: the programs that loaders put into its slots
}

// A Global is a variable: in .rodata if it is constant, in .data otherwise.
type Global struct {
	Name  string
	Const bool
	Type  btf.Type
	Init  []byte // in the object's byte order; nil: zero
}

// Write encodes the object in the given byte order. The same spec gives the same bytes, always.
func Write(s *Spec, order binary.ByteOrder) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f := &file{order: order, names: make(map[string]*symbol)}
	types, err := newTypes()
	if err != nil {
		return nil, err
	}

	text := f.section(s.Section, alloc|executable, 8)
	for _, p := range s.Programs {
		f.define(p.Name, text, function)
	}
	var subs *section
	if len(s.Subs) > 0 {
		subs = f.section(subSection, alloc|executable, 8)
	}
	for _, p := range s.Subs {
		f.define(p.Name, subs, function).local = p.Loop
	}
	if err := writeData(f, types, s.Globals); err != nil {
		return nil, err
	}
	if err := writeMaps(f, types, s.Maps); err != nil {
		return nil, err
	}
	ext, err := writePrograms(f, text, subs, types, s)
	if err != nil {
		return nil, err
	}
	for _, t := range s.Types {
		if _, err := types.add(btf.Copy(t)); err != nil {
			return nil, fmt.Errorf("type %s: %w", t.TypeName(), err)
		}
	}
	f.section("license", alloc|writable, 1).data = append([]byte(s.License), 0)
	if err := ext.write(f, types); err != nil {
		return nil, err
	}
	return f.encode(), nil
}

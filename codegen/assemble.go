package codegen

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
	"github.com/tcc-bpf/tcc/codegen/internal/object"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// An assembler puts emitted programs and declarations together as objects.
type assembler struct {
	p *check.Program
	*unit
}

// objects writes both objects. The programs are the same, instruction by instruction.
func (a *assembler) objects() (little, big []byte, err error) {
	if little, err = a.object(binary.LittleEndian); err == nil {
		big, err = a.object(binary.BigEndian)
	}
	return little, big, err
}

func (a *assembler) object(order binary.ByteOrder) ([]byte, error) {
	spec := &object.Spec{Section: a.m.Type().Section, License: a.m.License, Signed: a.m.Target.SDiv, Sources: map[string]string{}}
	for _, f := range a.p.Files {
		spec.Sources[f.Name] = f.Source
	}
	for _, f := range a.code {
		insns, err := f.Instructions(order)
		if err != nil {
			return nil, fmt.Errorf("program `%s`: %w", f.Name, err)
		}
		spec.Programs = append(spec.Programs, object.Program{Name: f.Name, Insns: insns})
	}
	for i, f := range a.subs {
		insns, err := f.Instructions(order)
		if err != nil {
			return nil, fmt.Errorf("fn `%s`: %w", f.Name, err)
		}
		spec.Subs = append(spec.Subs, sub(a.m.Subs[i], insns))
	}
	for _, m := range a.m.Maps {
		spec.Maps = append(spec.Maps, a.mapSpec(m))
	}
	for _, g := range a.m.Globals {
		spec.Globals = append(spec.Globals, a.global(g, order))
	}
	if a.forgets() {
		spec.Globals = append(spec.Globals, object.Global{Name: lower.ZeroVar, Type: object.BTFType(types.U64)})
	}
	for _, e := range a.p.OwnEvents() {
		spec.Types = append(spec.Types, object.BTFType(e.Layout))
	}
	for _, e := range a.p.Enums {
		spec.Types = append(spec.Types, object.BTFType(e))
	}
	return object.Write(spec, order)
}

// sub is a subprogram with its instructions.
func sub(f *ir.Func, insns asm.Instructions) object.Sub {
	s := object.Sub{Name: f.Name, Loop: f.Loop, Ctx: f.Ctx, Result: f.Result, Insns: insns}
	for _, p := range f.Blocks[0].Params {
		s.Args = append(s.Args, object.Arg{Name: p.Name, Size: p.Size})
	}
	return s
}

// kernelMaps are the kernel's names of the kinds.
var kernelMaps = map[ir.MapKind]ebpf.MapType{
	ir.MapKind(check.Hash):          ebpf.Hash,
	ir.MapKind(check.LRUHash):       ebpf.LRUHash,
	ir.MapKind(check.PerCPUHash):    ebpf.PerCPUHash,
	ir.MapKind(check.PerCPULRUHash): ebpf.LRUCPUHash,
	ir.MapKind(check.ArrayMap):      ebpf.Array,
	ir.MapKind(check.PerCPUArray):   ebpf.PerCPUArray,
	ir.MapKind(check.LPM):           ebpf.LPMTrie,
	ir.ProgArray:                    ebpf.ProgramArray,
	ir.RingBuf:                      ebpf.RingBuf,
	ir.DevMap:                       ebpf.DevMap,
	ir.CPUMap:                       ebpf.CPUMap,
	ir.XSKMap:                       ebpf.XSKMap,
}

func (a *assembler) mapSpec(m *ir.Map) object.Map {
	spec := object.Map{
		Name: m.Name, Type: kernelMaps[m.Kind], MaxEntries: m.Max,
		KeySize: uint32(m.KeySize), ValueSize: uint32(m.ValueSize), Programs: m.Programs,
	}
	for _, d := range a.p.Maps {
		if d.Name == m.Name {
			spec.Key, spec.Value = object.BTFType(d.Key), object.BTFType(d.Value)
			if d.Kind == check.LPM {
				spec.Key = object.LPMKey(d.Key)
			}
		}
	}
	return spec
}

func (a *assembler) global(g *ir.Global, order binary.ByteOrder) object.Global {
	out := object.Global{Name: g.Name, Const: g.Const, Type: pinnedType(g)}
	for _, d := range a.p.Globals {
		if d.Name == g.Name {
			out.Type = object.BTFType(d.Type)
			if d.Init != nil {
				out.Init = encode(d.Init, d.Type, order)
			}
		}
	}
	return out
}

// forgets reports whether a program makes the verifier forget a number, which takes a variable that is always zero.
func (a *assembler) forgets() bool {
	for _, f := range a.m.All() {
		for _, b := range f.Blocks {
			if slices.ContainsFunc(b.Insts, func(v *ir.Value) bool { return v.Op == ir.Forget }) {
				return true
			}
		}
	}
	return false
}

// pinnedType is the type of the compiler's own variables: the unsigned integer of their size.
func pinnedType(g *ir.Global) btf.Type {
	if g.Size == 4 {
		return object.BTFType(types.U32)
	}
	return object.BTFType(types.U64)
}

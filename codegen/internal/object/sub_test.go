package object

import (
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// TestSubs: what a program calls is linked to it, with its type and its lines, and what that calls.
func TestSubs(t *testing.T) {
	s := &Spec{
		Section: "tc", Sources: map[string]string{"s.tcc": "one\ntwo\nthree"},
		Programs: []Program{
			{"plain", asm.Instructions{asm.Mov.Imm(asm.R0, 0).WithSource(at(1, 1)), asm.Return()}},
			{"main", asm.Instructions{asm.Call.Label("outer").WithSource(at(1, 2)), asm.Return()}},
		},
		Subs: []Sub{
			{Name: "inner", Args: []Arg{{"port", 2}, {"p.field[1]", 8}}, Result: 1, Insns: asm.Instructions{asm.Mov.Imm(asm.R0, 1).WithSource(at(2, 1)), asm.Return()}},
			{Name: "outer", Ctx: true, Result: 8, Insns: asm.Instructions{asm.Call.Label("inner").WithSource(at(3, 1)), asm.Return()}},
		},
	}
	for _, order := range orders {
		spec := load(t, s, order)
		if len(spec.Programs) != 2 || len(spec.Programs["plain"].Instructions) != 2 {
			t.Errorf("%v: %v", order, spec.Programs)
		}
		var linked []string
		for _, ins := range spec.Programs["main"].Instructions {
			if name := ins.Symbol(); name != "" {
				proto := btf.FuncMetadata(&ins).Type.(*btf.FuncProto)
				for _, p := range proto.Params {
					name += " " + p.Name
				}
				linked = append(linked, name+": "+proto.Return.TypeName())
			}
		}
		slices.Sort(linked)
		if want := []string{"inner port p_field_1_: unsigned char", "main ctx: int", "outer ctx: unsigned long long"}; !slices.Equal(linked, want) {
			t.Errorf("%v: linked are %v, not %v", order, linked, want)
		}
	}
}

// TestLoopBodies: the body of a loop is a static function, and its address that of the one that is meant.
func TestLoopBodies(t *testing.T) {
	address := func(name string) asm.Instruction {
		ins := asm.LoadImm(asm.R2, -1, asm.DWord).WithReference(name)
		ins.Src = asm.PseudoFunc
		return ins
	}
	last := asm.Instructions{asm.Mov.Imm(asm.R0, 1).WithSource(at(2, 1)), asm.Return()}
	s := &Spec{
		Section: "xdp", Sources: map[string]string{"s.tcc": "one\ntwo\nthree"},
		Programs: []Program{{"main", asm.Instructions{address("second").WithSource(at(1, 1)), address("first"), asm.Mov.Imm(asm.R0, 0), asm.Return()}}},
		Subs: []Sub{
			{Name: "plain", Result: 4, Insns: last},
			{Name: "first", Loop: true, Ctx: true, Result: 8, Insns: last},
			{Name: "second", Loop: true, Ctx: true, Result: 8, Insns: last},
		},
	}
	for _, order := range orders {
		spec := load(t, s, order)
		main := spec.Programs["main"].Instructions
		if a, b := main[0].Reference(), main[1].Reference(); a != "second" || b != "first" || !main[0].IsLoadOfFunctionPointer() {
			t.Errorf("%v: the addresses of %q and %q are loaded", order, a, b)
		}
		for _, ins := range main {
			f := btf.FuncMetadata(&ins)
			if f == nil || f.Name == "main" {
				continue
			}
			if f.Linkage != btf.StaticFunc || f.Name == "plain" || len(f.Type.(*btf.FuncProto).Params) != 2 {
				t.Errorf("%v: %v is linked", order, f)
			}
		}
	}
	for _, name := range []string{"plain", "main", "nobody"} {
		s.Programs[0].Insns[0] = address(name).WithSource(at(1, 1))
		if _, err := Write(s, orders[0]); err == nil || !strings.Contains(err.Error(), "there is no such body of a loop") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

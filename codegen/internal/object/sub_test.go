package object

import (
	"slices"
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

package spill

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/irtest"
)

const table = "state"

// withState is a copy of a module that has the array too.
func withState(m *ir.Module) *ir.Module {
	c := ir.MustParse(m.String())
	c.Maps = append(c.Maps, &ir.Map{Name: table, Kind: "percpu_array", KeySize: 4, ValueSize: 4096, Max: 1})
	return c
}

// agree sends packets through a module and another that shall mean the same.
func agree(t *rapid.T, before, after *ir.Module) {
	if err := ir.Verify(after); err != nil {
		t.Fatalf("%v in\n%s\nbefore\n%s", err, after, before)
	}
	for range 4 {
		packet := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "packet")
		global := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "global")
		want, got := irtest.Run(t, before, packet, global), irtest.Run(t, after, packet, global)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-before +after):\n%s\nbefore\n%s\nafter\n%s", diff, before, after)
		}
	}
}

// Whatever is spilled, in whatever rounds, the meaning stays.
func TestAgreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := irtest.Draw(t)
		spilled := withState(m)
		s := newSpiller(spilled, spilled.Funcs[0], Area{Map: table, From: 8 * rapid.IntRange(0, 2).Draw(t, "from"), To: 4096})
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			chosen := map[*ir.Value]bool{}
			one := rapid.IntRange(1, 4).Draw(t, "one in")
			for _, b := range s.f.Blocks {
				for _, v := range slices.Concat(b.Params, b.Insts) {
					number := isNumber(v) && v.Op != ir.Const && v.Op != ir.WConst
					if (number || v.Op == ir.MakeObj) && !s.done[v] && rapid.IntRange(1, one).Draw(t, "choose") == 1 {
						chosen[v] = true
					}
				}
			}
			s.rewrite(chosen)
		}
		if end, ok := s.finish(); !ok {
			t.Fatalf("%d bytes", end)
		}
		agree(t, m, spilled)
	})
}

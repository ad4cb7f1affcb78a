package opt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/irtest"
)

// Whatever passes run, in whatever order, the meaning stays, and the verifier is content.
func TestAgreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := irtest.Draw(t)
		before := m.String()
		optimised := ir.MustParse(before)
		all := rapid.Bool().Draw(t, "all")
		if all {
			if err := Run(optimised, Options{Verify: true}); err != nil {
				t.Fatalf("%v in\n%s\nbefore\n%s", err, optimised, before)
			}
		} else {
			runSome(t, optimised)
		}
		for range 4 {
			packet := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "packet")
			global := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "global")
			want, got := irtest.Run(t, m, packet, global), irtest.Run(t, optimised, packet, global)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("(-before +after):\n%s\nbefore\n%s\nafter\n%s", diff, before, optimised)
			}
		}
		if all {
			settled(t, optimised)
		}
	})
}

// runSome runs some passes in some order.
func runSome(t *rapid.T, m *ir.Module) {
	for _, p := range rapid.SliceOfN(rapid.SampledFrom(passes), 1, 10).Draw(t, "passes") {
		before := m.String()
		p.run(m.Funcs[0])
		m.Funcs[0].Prune()
		if err := ir.Verify(m); err != nil {
			t.Fatalf("after %s: %v in\n%s\nbefore\n%s", p.name, err, m, before)
		}
	}
}

// settled demands that a second run finds nothing to do.
func settled(t *rapid.T, m *ir.Module) {
	text := m.String()
	if err := Run(m, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, m.String()); diff != "" {
		t.Errorf("not settled (-once +twice):\n%s", diff)
	}
}

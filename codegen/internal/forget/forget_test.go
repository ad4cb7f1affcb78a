package forget

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/irtest"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// joins is a function in which k times a number may change, as the last argument tells, before it is used.
func joins(progType string, k int, change func(i int) string, use string) *ir.Module {
	var s strings.Builder
	fmt.Fprintf(&s, "module p %s default 1 license \"GPL\"\n\nfunc p {\nb0:\n\tv0 = ctxload mark\n\tv1 i32 = const 7\n\tv2 i64 = const 0\n\tjump b1(v2)\n", progType)
	for i := range k {
		v := 10 * (i + 1)
		fmt.Fprintf(&s, "b%d(v%d i64):\n\tv%d = ctxload mark\n\tbr eq v%d, v1 ? b%d : b%d(v%d)\n", 2*i+1, v, v+1, v+1, 2*i+2, 2*i+3, v)
		fmt.Fprintf(&s, "b%d:\n\tv%d i64 = const %d\n\tv%d = %s v%d, v%d\n\tjump b%d(v%d)\n", 2*i+2, v+2, 4, v+3, change(i), v, v+2, 2*i+3, v+3)
	}
	fmt.Fprintf(&s, "b%d(v5 i64):\n%s}\n", 2*k+1, use)
	return ir.MustParse(s.String())
}

const compared = "\tv6 i64 = const 9\n\tbr eq v5, v6 ? b90000 : b90001\nb90000:\n\tret v1\nb90001:\n\tret v0\n"

func add(int) string { return "add" }

// count is how many barriers a function has, and how many masks behind them.
func count(f *ir.Func) (barriers, masks int) {
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			switch {
			case v.Op == ir.Forget:
				barriers++
			case v.Op == ir.And && v.Args[0].Op == ir.Forget:
				masks++
			}
		}
	}
	return barriers, masks
}

func TestPlace(t *testing.T) {
	for _, test := range []struct {
		name            string
		k, enough       int
		use             string
		barriers, masks int
	}{
		{"one is enough for a counter", 100, 1000, compared, 1, 0},
		{"none where it is cheap anyway", 100, 1_000_000, compared, 0, 0},
		{"none for a number that doesn't matter", 100, 100, "\tv6 = trunc v5\n\tret v6\n", 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := joins("xdp", test.k, add, test.use)
			before := verifier.Differences(m.Funcs[0])
			Module(m, test.enough)
			if err := ir.Verify(m); err != nil {
				t.Fatal(err)
			}
			barriers, masks := count(m.Funcs[0])
			after := verifier.Differences(m.Funcs[0])
			if barriers != test.barriers || masks != test.masks {
				t.Errorf("%d barriers, %d masks; the walk was %d, is %d", barriers, masks, before.Steps, after.Steps)
			}
		})
	}
}

// An offset is bounded again, by what it can be at most.
func TestOffsets(t *testing.T) {
	use := "\tv6 = data\n\tv7 = pktadd v6, v5\n\tv8 = dataend\n\tcheck v7, v8, 1 ? b90000 : b90001\nb90000:\n\tret v1\nb90001:\n\tret v0\n"
	m := joins("xdp", 60, add, use)
	before := verifier.Differences(m.Funcs[0]).Steps
	Module(m, 300)
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	barriers, masks := count(m.Funcs[0])
	if after := verifier.Differences(m.Funcs[0]).Steps; barriers == 0 || barriers != masks || after > before/2 {
		t.Errorf("%d barriers, %d masks; the walk was %d, is %d", barriers, masks, before, after)
	}
}

// Whatever is blamed, the meaning stays.
func TestAgreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := irtest.Draw(t)
		forgetful := ir.MustParse(m.String())
		f := forgetful.Funcs[0]
		blamed := make([]int, f.NumValues())
		for i := range blamed {
			blamed[i] = rapid.IntRange(0, 1).Draw(t, "blamed")
		}
		newPlacer(forgetful, f, blamed).place(rapid.Bool().Draw(t, "first"))
		if err := ir.Verify(forgetful); err != nil {
			t.Fatalf("%v in\n%s\nbefore\n%s", err, forgetful, m)
		}
		for range 4 {
			packet := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "packet")
			global := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "global")
			if diff := cmp.Diff(irtest.Run(t, m, packet, global), irtest.Run(t, forgetful, packet, global)); diff != "" {
				t.Fatalf("(-before +after):\n%s\nbefore\n%s\nafter\n%s", diff, m, forgetful)
			}
		}
	})
}

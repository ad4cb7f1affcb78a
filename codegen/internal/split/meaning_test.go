package split

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
)

// world is all that one can see of a run from outside.
type world struct {
	Verdicts []int32
	Packets  [][]byte
	Ctx      map[string]uint64
	Tables   map[string]map[string][]byte
	Globals  map[string][]byte
	Records  [][]byte
	Clock    uint64
	Missed   map[string]int
}

// run sends packets through a module.
func run(t fataler, m *ir.Module, packets [][]byte, refuse func(string, uint32) bool) (world, *eval.Machine) {
	t.Helper()
	mc := eval.New(m)
	mc.Refuse = refuse
	mc.Ctx["hash"] = 0x1234
	var w world
	for _, p := range packets {
		mc.Packet = bytes.Clone(p)
		mc.Linear = len(p)
		mc.Full = len(p)%8 == 7
		mc.CB = [20]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}
		v, err := mc.Run()
		if err != nil {
			t.Fatalf("%v\n%s", err, m)
		}
		w.Verdicts = append(w.Verdicts, v)
		w.Packets = append(w.Packets, mc.Packet)
	}
	w.Ctx, w.Globals, w.Records, w.Clock = mc.Ctx, mc.Globals, mc.Records, mc.Clock
	w.Tables, w.Missed = map[string]map[string][]byte{}, maps.Clone(mc.Missed)
	for name, t := range mc.Tables {
		if t.Kind != ir.ProgArray && name != tableMisses && name != TableState {
			w.Tables[name] = t.Entries
		}
	}
	return w, mc
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// TestMeaning compares random modules before and after, under random budgets.
func TestMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModule(t)
		if err := ir.Verify(m); err != nil {
			t.Fatalf("the generator is wrong: %v\n%s", err, m)
		}
		packets := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 4).Draw(t, "packets")
		refuse := func(table string, i uint32) bool { return table == "red" && i == 2 }
		want, _ := run(t, m, packets, refuse)
		budget := rapid.OneOf(rapid.Just(1), rapid.IntRange(50, 400)).Draw(t, "budget") // 1: the least that is enough
		before := m.String()
		p, err := Module(m, Options{Budget: budget, MaxTailCalls: 32})
		var failed *Error
		if errors.As(err, &failed) {
			budget = 0
			if _, err := fmt.Sscanf(failed.Remedy, "a budget of %d is enough", &budget); err != nil {
				t.Fatalf("no remedy: %v", failed)
			}
			p, err = Module(m, Options{Budget: budget, MaxTailCalls: 32})
		}
		if err != nil {
			t.Fatalf("budget %d: %v\n%s", budget, err, m)
		}
		if diff := cmp.Diff(before, m.String()); diff != "" {
			t.Fatalf("the module was changed: %s", diff)
		}
		for _, pr := range p.Programs {
			if pr.Cost.Processed > budget {
				t.Fatalf("%s costs %d, the budget is %d", pr.Name, pr.Cost.Processed, budget)
			}
		}
		got, mc := run(t, p.Apply(), packets, refuse)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("budget %d: %s\n%s\n%s\n%s", budget, diff, p, m, p.Apply())
		}
		if mc.TailCalls > p.TailCalls {
			t.Fatalf("%d tail calls, the plan says %d", mc.TailCalls, p.TailCalls)
		}
	})
}

// force cuts at chosen blocks, whatever that costs.
func force(m *ir.Module, chop bool, stack int, choose func(b *ir.Block) bool) (*Plan, error) {
	return forced(m, Options{Budget: 1 << 30, MaxTailCalls: eval.MaxTailCalls, Stack: stack, Cut: choose}, chop)
}

// TestForced compares random modules before and after random cuts.
func TestForced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModule(t)
		packets := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 4).Draw(t, "packets")
		want, _ := run(t, m, packets, nil)
		one := rapid.IntRange(1, 8).Draw(t, "one in")
		stack := rapid.OneOf(rapid.IntRange(8, 64), rapid.Just(crowded)).Draw(t, "stack")
		p, err := force(m, rapid.Bool().Draw(t, "chop"), stack, func(*ir.Block) bool { return rapid.IntRange(1, one).Draw(t, "cut") == 1 })
		var long *Error
		if errors.As(err, &long) && long.Constraint == tailCalls {
			t.Skip("too many tail calls")
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		if err := ir.Verify(p.Apply()); err != nil {
			t.Fatalf("%v\n%s\n%s", err, m, p.Apply())
		}
		got, mc := run(t, p.Apply(), packets, nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s\n%s\n%s", diff, p, m, p.Apply())
		}
		if mc.TailCalls > p.TailCalls {
			t.Fatalf("%d tail calls, the plan says %d", mc.TailCalls, p.TailCalls)
		}
	})
}

package split

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// next lists the blocks, of n, that block i goes on to; none after it ends.
type next func(r *rand.Rand, i, n int) []int

// mesh goes on to one or two of the next few, so that there are joins, and tails that are shared.
func mesh(r *rand.Rand, i, n int) []int {
	if i == n-1 || i > 1 && r.IntN(6) == 0 {
		return nil
	}
	return []int{min(n-1, i+1+r.IntN(4)), min(n-1, i+1+r.IntN(4))}
}

// ladder goes on to the next block, and to another of the next few.
func ladder(r *rand.Rand, i, n int) []int {
	if i == n-1 {
		return nil
	}
	return []int{i + 1, min(n-1, i+1+r.IntN(4))}
}

// bush is a tree.
func bush(_ *rand.Rand, i, n int) []int {
	if 2*i+2 >= n {
		return nil
	}
	return []int{2*i + 1, 2*i + 2}
}

// graphModule is a random acyclic graph of n blocks. A few numbers live over all of it, and each block uses some of them.
func graphModule(r *rand.Rand, n, insts int, to next) *ir.Module {
	f := &ir.Func{Name: "pipe", Index: -1}
	m := &ir.Module{
		Name: "pipe", ProgType: []string{"xdp", "tc"}[r.IntN(2)], License: "GPL", Default: 7, Funcs: []*ir.Func{f},
		Globals: []*ir.Global{{Name: "out", Size: 8}},
	}
	blocks := make([]*ir.Block, n)
	for i := range blocks {
		blocks[i] = f.NewBlock(fmt.Sprintf("s%d", i))
		blocks[i].Start = true
		blocks[i].Cold = i > 0 && r.IntN(4) == 0
	}
	var numbers []*ir.Value
	for range 1 + r.IntN(5) {
		numbers = append(numbers, blocks[0].Append(f.NewValue(ir.Random, ir.I32, diag.Span{})))
	}
	pick := func() *ir.Value { return numbers[r.IntN(len(numbers))] }
	for i, b := range blocks {
		out := b.Append(f.NewValue(ir.GlobalAddr, ir.Mem, diag.Span{}))
		out.Sym = "out"
		x := pick()
		for range 1 + r.IntN(insts) {
			x = b.Append(f.NewValue(ir.Add, ir.I32, diag.Span{}, x, pick()))
		}
		put := b.Append(f.NewValue(ir.Store, ir.None, diag.Span{}, out, x))
		put.Size = 4
		switch succs := slices.Compact(to(r, i, n)); len(succs) {
		case 0:
			b.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{x}}
		case 1:
			b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: blocks[succs[0]]}}}
		default:
			b.Term = ir.Term{
				Op: ir.Br, Cond: ir.ULt, Args: []*ir.Value{pick(), x},
				Succs: []ir.Edge{{To: blocks[succs[0]]}, {To: blocks[succs[1]]}},
			}
		}
	}
	f.Prune()
	return m
}

// best is the least cost of all sets of heads with which every program fits; infinite if there are none.
func best(s *search) float64 {
	var free []*ir.Block
	bit := map[*ir.Block]int{}
	for _, b := range s.order {
		if !s.isEntry(b) && s.crossing(b) != nil {
			bit[b] = 1 << len(free)
			free = append(free, b)
		}
	}
	type program struct{ at, heads int }
	type price struct {
		fits  bool
		insns int
	}
	known := map[program]price{}
	reach := map[*ir.Block]int{} // the heads that matter to a program
	for i := range s.order {
		b := s.order[len(s.order)-1-i]
		for _, e := range b.Term.Succs {
			reach[b] |= reach[e.To] | bit[e.To]
		}
	}
	least := math.Inf(1)
	for set := range 1 << len(free) {
		cost, fits := 0.0, true
		for i, b := range free {
			s.set(b, set&(1<<i) != 0)
			if s.heads[b.ID] {
				cost += s.expense(b)
			}
		}
		for _, h := range s.list() {
			p := program{h.ID, set & reach[h]}
			if _, ok := known[p]; !ok {
				r := s.region(h)
				known[p] = price{s.fits(r.price), r.price.Insns}
			}
			fits = fits && known[p].fits
			cost += codePrice * float64(known[p].insns)
		}
		if fits && cost < least && s.chained() <= s.opts.MaxTailCalls {
			least = cost
		}
	}
	return least
}

// TestQuality holds the search, without the part that tries everything and with it, against all sets of heads.
func TestQuality(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst, sum, bestSum := 1.0, 0.0, 0.0
	graphs, none, above := 0, 0, 0
	for graphs < 1000 {
		m := graphModule(r, 4+r.IntN(6), 12, mesh)
		g := newGraph(m, m.Funcs[0], Options{})
		most := newSearch(g, Options{Budget: 1 << 30}).region(g.f.Blocks[0]).price.Processed
		opts := Options{Budget: 60 + r.IntN(max(1, most-60)), MaxTailCalls: 2 + r.IntN(30)}
		want := best(newSearch(g, opts))
		s := newSearch(g, opts)
		switch found := s.fill() == nil && s.shorten(); {
		case math.IsInf(want, 1) && found:
			t.Fatalf("budget %d: a plan that can't be:\n%s", opts.Budget, m)
		case math.IsInf(want, 1):
			continue
		case found:
			s.improve()
			got := s.cost()
			worst, sum, bestSum = max(worst, got/want), sum+got, bestSum+want
			if got > 1.1*want {
				above++
			}
		default:
			none++
		}
		graphs++
		whole := newSearch(g, opts)
		if err := whole.run(true); err != nil || whole.cost() > want*(1+1e-9) {
			t.Errorf("budget %d: after everything was tried %g ns, the least is %g (%v):\n%s", opts.Budget, whole.cost(), want, err, m)
		}
	}
	t.Logf("%d graphs: %.4f of the least cost in all; at worst %.3f, %d above 1.1; %d without a plan", graphs, sum/bestSum, worst, above, none)
	if sum > 1.1*bestSum || above > 5 || none > 5 {
		t.Error("the search is not good enough")
	}
}

// TestWork counts the blocks that the search prices: so many for each block of the pipeline, however large it is.
func TestWork(t *testing.T) {
	for _, tc := range []struct {
		name   string
		to     next
		blocks int
	}{
		{"ladder", ladder, 30_000},
		{"bush", bush, 10_000},
		{"bush", bush, 100_000},
	} {
		m := graphModule(rand.New(rand.NewPCG(3, 4)), tc.blocks, 4, tc.to)
		s := newSearch(newGraph(m, m.Funcs[0], Options{}), Options{Budget: 20_000, MaxTailCalls: mostTailCalls})
		if err := s.run(true); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		each := float64(s.work) / float64(tc.blocks)
		t.Logf("%s of %d blocks: %d programs, each block priced %.1f times", tc.name, tc.blocks, len(s.list()), each)
		if each > 40 {
			t.Errorf("%s: each block is priced %.1f times", tc.name, each)
		}
	}
}

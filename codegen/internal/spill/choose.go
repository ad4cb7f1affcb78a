package spill

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// How often a block is run, compared with others.
const (
	hot  = 16
	cold = 1
)

// choose picks what shall not live at the points that need too much stack: of numbers, those first that live at many such
// points and are used at few. Where they aren't enough, objects are built again.
func (s *spiller) choose(limit int) map[*ir.Value]bool {
	live := ir.Live(s.f)
	crowded := map[*ir.Value]float64{} // by value: at how many points that need too much it lives
	p := verifier.NewPressure(s.f)
	scan := func(fn func()) {
		for _, b := range s.f.Blocks {
			p.Walk(b, live.Out(b), func() {
				if p.Stack > limit {
					fn()
				}
			})
		}
	}
	scan(func() {
		for v := range p.Live {
			if s.movable(v, p) {
				crowded[v]++
			}
		}
	})
	if len(crowded) == 0 {
		return nil
	}
	for v, n := range s.price() {
		if crowded[v] > 0 {
			crowded[v] /= n
		}
	}
	byWorth := slices.SortedFunc(maps.Keys(crowded), func(v, w *ir.Value) int {
		return cmp.Or(cmp.Compare(kind(v), kind(w)), cmp.Compare(crowded[w], crowded[v]), cmp.Compare(v.ID, w.ID))
	})
	chosen := map[*ir.Value]bool{}
	scan(func() {
		stack, spills := p.Stack, p.Spills
		without := func(v *ir.Value) {
			switch {
			case v.Type == ir.Obj:
				stack -= verifier.ObjSize(v)
			case spills > 0:
				stack, spills = stack-8, spills-1
			}
		}
		for v := range p.Live {
			if chosen[v] && s.movable(v, p) {
				without(v)
			}
		}
		for _, v := range byWorth {
			if stack <= limit {
				break
			}
			if p.Lives(v) && !chosen[v] && s.movable(v, p) && (spills > 0 || v.Type == ir.Obj) {
				chosen[v] = true
				without(v)
			}
		}
	})
	return chosen
}

// kind sorts numbers before objects.
func kind(v *ir.Value) int {
	if v.Type == ir.Obj {
		return 1
	}
	return 0
}

// movable reports whether v need not live at a point.
func (s *spiller) movable(v *ir.Value, p *verifier.Pressure) bool {
	switch {
	case s.done[v]:
		return false
	case v.Type == ir.Obj:
		return v.Op == ir.MakeObj && (p.Next == nil || !slices.Contains(p.Next.Args, v))
	}
	return isNumber(v) && (v.ID >= len(s.verdicts) || !s.verdicts[v.ID])
}

func isNumber(v *ir.Value) bool { return v.Type == ir.I32 || v.Type == ir.I64 }

// price is what it costs to have each value in memory, in accesses weighed by how often they are run.
func (s *spiller) price() map[*ir.Value]float64 {
	price := map[*ir.Value]float64{}
	for _, b := range s.f.Blocks {
		n := float64(hot)
		if b.Cold {
			n = cold
		}
		b.Operands(func(v **ir.Value) { price[*v] += n })
		for _, v := range slices.Concat(b.Params, b.Insts) {
			if s.home(v) == nil {
				price[v] += n
			}
		}
	}
	return price
}

// home is the load by which v, or what it is widened from, came from another program, if its bytes stay as they are.
func (s *spiller) home(v *ir.Value) *ir.Value {
	if v.Op == ir.Zext {
		v = v.Args[0]
	}
	if v.Op != ir.Load || !s.isEntry(v.Args[0]) || v.Args[0] == s.mem {
		return nil
	}
	if slices.ContainsFunc(s.stores, func(st *ir.Value) bool { return bytesOf(st).overlaps(bytesOf(v)) }) {
		return nil
	}
	return v
}

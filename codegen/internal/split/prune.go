package split

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// assort goes the other way, for budgets so small that each cut counts: it begins with all heads that are possible, and
// from the verdicts on takes back those without which programs fit or are cheaper. It reports whether all fit.
func (s *search) assort() bool {
	backward := slices.Clone(s.order)
	slices.Reverse(backward)
	return s.gather(backward) || s.gather(s.order)
}

func (s *search) gather(order []*ir.Block) bool {
	for _, b := range s.order {
		s.set(b, s.isEntry(b) || s.crossing(b) != nil && !s.barred[b.ID])
	}
	for _, b := range order {
		if !s.heads[b.ID] || s.isEntry(b) {
			continue
		}
		owners := s.owners(b)
		before := map[*ir.Block]int{}
		for _, o := range owners {
			before[o] = s.region(o).price.Processed
		}
		s.merge(b, owners, func(o *ir.Block) bool {
			price := s.region(o).price
			return price.Processed <= before[o] || s.fits(price)
		})
	}
	return s.all(s.list(), func(b *ir.Block) bool { return s.fits(s.region(b).price) })
}

// merge takes a head back if that is fine with all programs that go there.
func (s *search) merge(b *ir.Block, owners []*ir.Block, fine func(owner *ir.Block) bool) {
	mark := len(s.journal)
	s.set(b, false)
	if !s.all(owners, fine) {
		s.undo(mark)
	}
}

func (s *search) all(blocks []*ir.Block, fine func(*ir.Block) bool) bool {
	return !slices.ContainsFunc(blocks, func(b *ir.Block) bool { return !fine(b) })
}

// prune takes heads back, the expensive ones first, where the programs that go there can hold what is behind them.
func (s *search) prune(heads []*ir.Block) {
	heads = slices.DeleteFunc(heads, func(b *ir.Block) bool { return s.isEntry(b) || !s.heads[b.ID] })
	slices.SortStableFunc(heads, func(a, b *ir.Block) int { return cmp.Compare(s.expense(b), s.expense(a)) })
	for _, b := range heads {
		s.merge(b, s.owners(b), s.within)
	}
}

// shorten cuts again while a chain of tail calls is too long: with more and more weight on the number of programs, so
// that each is filled before the next begins, and at last from the verdicts backwards. It reports whether that helped.
func (s *search) shorten() bool {
	defer func() { s.headPrice = cheapHead }()
	for s.chained() > s.opts.MaxTailCalls {
		mark := len(s.journal)
		for _, h := range s.list() {
			s.set(h, s.isEntry(h))
		}
		s.headPrice *= 16
		var fit bool
		if s.headPrice > mostHeadPrice {
			if fit = s.assort(); fit {
				s.prune(s.list())
			}
		} else {
			fit = s.fill() == nil
		}
		if !fit {
			s.undo(mark)
		}
		if s.headPrice > mostHeadPrice {
			return s.chained() <= s.opts.MaxTailCalls
		}
	}
	return true
}

// mostHeadPrice is where nothing but the number of programs counts.
const mostHeadPrice = 10_000

package split

import (
	"cmp"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// How much exact may do.
const (
	exactBlocks = 40    // that could become heads
	exactWork   = 5_000 // blocks priced
)

// exact looks for the best set of heads by trying all that can be better than the one found: small pipelines have few.
// It reports whether there is one now with which all is fine.
//
// A program that doesn't fit needs a head among its blocks. So each of them is tried in turn, and not again in the turns
// of the others. Heads only add to the cost and to the length of chains, which cuts the search short.
func (s *search) exact() bool {
	e := &trial{search: s, best: math.Inf(1), end: s.work + exactWork}
	fine := e.misfit() == nil && s.chained() <= s.opts.MaxTailCalls
	free := 0
	for _, b := range s.order {
		if !s.isEntry(b) && s.crossing(b) != nil {
			free++
		}
	}
	if free > exactBlocks {
		return fine
	}
	if fine {
		e.best = s.cost()
	}
	mark := len(s.journal)
	for _, h := range s.list() {
		s.set(h, s.isEntry(h))
	}
	e.try(0)
	if e.heads == nil {
		s.undo(mark)
		return fine
	}
	for _, h := range e.heads {
		s.set(h, true)
	}
	return true
}

// A trial is what exact remembers.
type trial struct {
	*search
	best  float64
	heads []*ir.Block // that are better than what was found before
	end   int
}

// try goes on from a set of heads that cost so many ns.
func (e *trial) try(ns float64) {
	if e.work >= e.end {
		return
	}
	misfit := e.misfit()
	if misfit == nil {
		if cost := e.cost(); cost < e.best && e.chained() <= e.opts.MaxTailCalls {
			e.best, e.heads = cost, e.list()
		}
		return
	}
	var tried []*ir.Block
	for _, b := range misfit.blocks {
		if b != misfit.head && !e.isEntry(b) && !e.barred[b.ID] && e.crossing(b) != nil {
			tried = append(tried, b)
		}
	}
	slices.SortStableFunc(tried, func(a, b *ir.Block) int { return cmp.Compare(e.expense(a), e.expense(b)) })
	for _, b := range tried {
		if more := ns + e.expense(b); more < e.best {
			e.set(b, true)
			e.try(more)
			e.set(b, false)
		}
		e.barred[b.ID] = true
	}
	for _, b := range tried {
		e.barred[b.ID] = false
	}
}

// misfit is a program that doesn't fit; nil if all do.
func (e *trial) misfit() *region {
	for _, h := range e.list() {
		if r := e.region(h); !e.fits(r.price) {
			return r
		}
	}
	return nil
}

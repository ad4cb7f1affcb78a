package split

import (
	"cmp"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// While a program is too big, some more of its blocks become heads. A good one takes much out of the program (all that
// is reached through it alone, as the dominator tree of the program tells), is itself the start of a program that fits,
// is rarely reached, and has few bytes to carry. So big cold parts go first, and otherwise programs fill up from the
// verdicts backwards.

// cut makes heads of more and more blocks, until every program fits. A new head may make a program that fitted a bit
// longer, by the call, so all are looked at again in the end.
func (s *search) cut() error {
	for again := true; again; {
		mark := len(s.journal)
		if err := s.cutAll(s.list()); err != nil {
			return err
		}
		again = len(s.journal) > mark
	}
	return nil
}

// cutAll cuts some programs until they fit.
func (s *search) cutAll(todo []*ir.Block) error {
	for len(todo) > 0 {
		head := todo[len(todo)-1]
		r := s.region(head)
		what, have, limit := s.excess(r.price)
		if what == "" {
			todo = todo[:len(todo)-1]
			continue
		}
		t, chosen := s.choose(r)
		if len(chosen) == 0 {
			s.regions[head.ID] = nil // it may be an estimate
			return s.misfit(r, what, have, limit)
		}
		for _, b := range chosen {
			s.set(b, true)
		}
		if len(t.nodes) <= measured {
			continue
		}
		if rest := s.rest(r, t); rest.price.Processed > 2*s.opts.Budget || rest.price.Insns > 2*maxInsns {
			s.regions[head.ID] = rest // good enough to go on with
		}
		todo = append(todo, chosen...)
	}
	return nil
}

// candidate is a block that could become a head.
type candidate struct {
	node  int     // in the tree
	gain  float64 // steps it takes out of the program
	score float64
}

// choose picks the next heads for a program that doesn't fit: the best one and, where much more has to go, others in
// other parts of the program that are at least half as good. The list is empty if there is none.
func (s *search) choose(r *region) (*tree, []*ir.Block) {
	t := s.dominators(r)
	needed := float64(r.price.Processed) / 2 // if it has too much of something else
	switch {
	case r.price.Processed > s.opts.Budget:
		needed = float64(r.price.Processed - s.opts.Budget)
	case r.price.Insns > maxInsns:
		needed, t.sum = float64(r.price.Insns-maxInsns), t.slots
	}
	list := s.candidates(t, needed)
	blocks := s.pick(t, list, needed, true)
	if len(blocks) == 0 {
		blocks = s.pick(t, list, needed, false)
	}
	return t, blocks
}

// pick takes candidates whose programs fit. In a hurry it learns from misfits: what should take about as much is passed
// over.
func (s *search) pick(t *tree, list []candidate, needed float64, hurry bool) (blocks []*ir.Block) {
	var best float64
	var chosen []int
	misfits, dearer := 0, 1.0
	for _, c := range list {
		if len(chosen) > 0 && (needed <= 0 || 2*c.score < best || misfits > 8) {
			break
		}
		b := t.nodes[c.node]
		if hurry && t.least[c.node]*dearer > float64(s.opts.Budget) {
			continue
		}
		if slices.ContainsFunc(chosen, func(i int) bool { return t.related(i, c.node) }) {
			continue
		}
		if !s.within(b) {
			misfits++
			price := s.opts.Budget + s.opts.Budget/50
			if r := s.regions[b.ID]; r != nil {
				price = r.price.Processed
			}
			dearer = max(dearer, float64(price)/max(1, t.least[c.node]))
			continue
		}
		best = max(best, c.score)
		needed -= c.gain
		chosen, blocks = append(chosen, c.node), append(blocks, b)
	}
	return blocks
}

// rest estimates what is left of a region after some of its blocks became heads, without asking the model again: what is
// walked through still is walked through as often as before.
func (s *search) rest(r *region, t *tree) *region {
	steps := make([]float64, len(t.nodes))
	for i, b := range r.blocks {
		steps[s.place[b.ID]] = r.steps[i]
	}
	for i, b := range r.exits {
		steps[s.place[b.ID]] = r.calls[i]
	}
	rest := &region{head: r.head, price: verifier.Estimate{Stack: r.price.Stack, Deepest: r.price.Deepest, TailCalls: true}}
	s.collect(rest, math.MaxInt)
	s.sort(rest.blocks)
	s.sort(rest.exits)
	processed := 0.0
	var called []string
	for _, b := range rest.blocks {
		called = append(called, s.model.Block(b).Calls...)
		rest.steps = append(rest.steps, steps[s.place[b.ID]])
		processed += steps[s.place[b.ID]]
		rest.price.Insns += s.model.Block(b).Slots
	}
	for _, b := range rest.exits {
		calls := steps[s.place[b.ID]] / float64(max(1, s.model.Block(b).Steps)) * float64(s.crossing(b).exit)
		if slices.Contains(r.exits, b) {
			calls = steps[s.place[b.ID]]
		}
		rest.calls = append(rest.calls, calls)
		processed += calls
		rest.price.Insns += s.crossing(b).exit
	}
	rest.price.Processed = int(min(processed, math.MaxInt32))
	s.callees.Charge(&rest.price, called, nil)
	rest.price.Maps = r.price.Maps
	return rest
}

// candidates lists what could become a head, the best first.
func (s *search) candidates(t *tree, needed float64) []candidate {
	var list []candidate
	for i, b := range t.nodes {
		if s.heads[b.ID] || s.barred[b.ID] || s.crossing(b) == nil || t.least[i] > float64(s.opts.Budget) || t.fewest[i] > maxInsns {
			continue
		}
		if gain := s.gain(t, i); gain > 0 {
			list = append(list, candidate{i, gain, min(gain, needed) / (s.expense(b) + s.headPrice)})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.node, b.node))
	})
	return list
}

// measured is how many blocks a program may have for gains to be measured instead of estimated.
const measured = 64

// gain is how many steps a program has less if it ends at a node: what is reached through the node alone, but for the
// call. That too is walked again less often which is reached through it and otherwise, so small programs are measured.
func (s *search) gain(t *tree, i int) float64 {
	if len(t.nodes) > measured {
		return t.sum[i] - float64(s.crossing(t.nodes[i]).exit)
	}
	head, mark := t.nodes[0], len(s.journal)
	before := s.region(head).price.Processed
	s.set(t.nodes[i], true)
	gain := before - s.region(head).price.Processed
	s.undo(mark)
	return float64(gain)
}

// tree is the dominator tree of a region, exits included.
type tree struct {
	nodes  []*ir.Block // in reverse postorder, the head first
	up     []int       // immediate dominators; of the head, itself
	sum    []float64   // steps of all that is reached through a node alone
	slots  []float64   // instruction slots of that
	least  []float64   // a program that begins at the node takes so many steps at least
	fewest []float64   // and slots
	first  []int       // a preorder of the tree
	last   []int       // what a node dominates is first[node] to last[node] there
}

// related reports whether one node dominates the other.
func (t *tree) related(i, j int) bool {
	return t.first[i] <= t.last[j] && t.first[j] <= t.last[i]
}

// dominators makes the tree of a region.
func (s *search) dominators(r *region) *tree {
	t := &tree{nodes: slices.Concat(r.blocks, r.exits)}
	s.sort(t.nodes)
	for i, b := range t.nodes {
		s.place[b.ID] = i
	}
	n := len(t.nodes)
	t.up, t.sum, t.slots = make([]int, n), make([]float64, n), make([]float64, n)
	for i, b := range r.blocks {
		t.sum[s.place[b.ID]], t.slots[s.place[b.ID]] = r.steps[i], float64(s.model.Block(b).Slots)
	}
	for i, b := range r.exits {
		t.sum[s.place[b.ID]], t.slots[s.place[b.ID]] = r.calls[i], float64(s.crossing(b).exit)
	}
	for i, b := range t.nodes[1:] {
		t.up[i+1] = s.immediate(t, b, r.head)
	}
	t.least, t.fewest = s.total(t, t.sum), s.total(t, t.slots)
	t.number()
	return t
}

// immediate is the immediate dominator of a block whose predecessors are done: one pass is enough, as there are no loops.
func (s *search) immediate(t *tree, b, head *ir.Block) int {
	dom := -1
	for _, p := range s.preds.Of(b) {
		j := s.place[p.From.ID]
		if j >= len(t.nodes) || t.nodes[j] != p.From || s.heads[p.From.ID] && p.From != head {
			continue // not in the region
		}
		for dom >= 0 && dom != j {
			if dom > j {
				dom = t.up[dom]
			} else {
				j = t.up[j]
			}
		}
		dom = j
	}
	return dom
}

// total adds up, in sum, what nodes dominate, and returns how much a program has at least that begins at a node: what it
// dominates and, where control goes on from there, one of the ways.
func (s *search) total(t *tree, sum []float64) (least []float64) {
	least = make([]float64, len(sum))
	on := make([]int, len(sum)) // the longest of the ways on; 0: none
	offer := func(i, to int) {
		if t.up[to] != i && to != i && (on[i] == 0 || least[to] > least[on[i]]) {
			on[i] = to
		}
	}
	for i := len(sum) - 1; i > 0; i-- {
		b := t.nodes[i]
		if !s.heads[b.ID] {
			for _, e := range b.Term.Succs {
				offer(i, s.place[e.To.ID])
			}
		}
		least[i] = sum[i]
		up := t.up[i]
		sum[up] += sum[i]
		if on[i] > 0 {
			least[i] += least[on[i]]
			offer(up, on[i])
		}
	}
	return least
}

// number numbers the nodes in preorder.
func (t *tree) number() {
	n := len(t.nodes)
	t.first, t.last = make([]int, n), make([]int, n)
	size := make([]int, n)
	for i := n - 1; i > 0; i-- {
		size[i]++
		size[t.up[i]] += size[i]
	}
	next := make([]int, n) // the number of a node's next child
	next[0], t.last[0] = 1, n-1
	for i := 1; i < n; i++ {
		up := t.up[i]
		t.first[i], t.last[i] = next[up], next[up]+size[i]-1
		next[up] += size[i]
		next[i] = t.first[i] + 1
	}
}

package split

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// search looks for heads such that every program fits.
//
// While a program is too big, one more of its blocks becomes a head. A good one takes much out of the program (all
// that is reached through it alone, as the dominator tree of the program tells), is itself the start of a program that
// fits, is rarely reached, and has few bytes to carry. So big cold parts go first, and otherwise programs fill up from
// the verdicts backwards. In the end heads are taken back where both sides fit into one program.
type search struct {
	*graph
	opts  Options
	heads []bool               // by block ID
	why   map[*ir.Block]string // why a block became a head
	slack map[*ir.Block]int    // what a program costs beyond its estimate
}

func newSearch(g *graph, opts Options) *search {
	s := &search{graph: g, opts: opts, heads: make([]bool, g.f.NumBlocks()), why: map[*ir.Block]string{}, slack: map[*ir.Block]int{}}
	for _, b := range g.f.Entries() {
		s.heads[b.ID] = true
	}
	return s
}

// list is the heads: the entries, then the others in reverse postorder.
func (s *search) list() []*ir.Block {
	heads := s.f.Entries()
	n := len(heads)
	for _, b := range s.order {
		if s.heads[b.ID] && !slices.Contains(heads[:n], b) {
			heads = append(heads, b)
		}
	}
	return heads
}

// A region is the program of a head.
type region struct {
	head   *ir.Block
	blocks []*ir.Block // in reverse postorder
	exits  []*ir.Block // the heads it goes on to, in reverse postorder
	price  verifier.Estimate
	visit  verifier.Visit
}

// slotSteps is what a call of a slot takes beyond the call itself: store the arguments, count a miss.
const slotSteps = missSteps + lookupSteps

// region finds the program of head and its price.
func (s *search) region(head *ir.Block) *region {
	r := &region{head: head}
	s.collect(r, math.MaxInt)
	r.visit = s.model.Visit(head, func(b *ir.Block) bool { return s.heads[b.ID] })
	names := map[string]bool{tableStages: true, tableMisses: true, tableState: true}
	fixed := s.slack[head] + s.entering(head)
	processed := float64(fixed)
	r.price.Insns = 2 * fixed
	for _, b := range r.blocks {
		c := s.model.Block(b)
		processed += r.visit.Steps[b.ID]
		r.price.Insns += c.Slots
		r.price.Stack = max(r.price.Stack, c.Stack)
		for _, name := range c.Maps {
			names[name] = true
		}
		if b.Term.Op == ir.SlotCall {
			processed += r.visit.States[b.ID] * float64(slotSteps+len(b.Term.Args))
		}
	}
	for _, b := range r.exits {
		processed += r.visit.States[b.ID] * float64(s.crossing(b).exit)
		r.price.Insns += s.crossing(b).exit
	}
	r.price.Processed = int(min(processed, math.MaxInt32))
	r.price.Maps = len(names)
	return r
}

// collect finds the blocks and exits of a region. It gives up, and returns false, when their steps exceed a limit.
func (s *search) collect(r *region, limit int) bool {
	seen := map[*ir.Block]bool{r.head: true}
	r.blocks = []*ir.Block{r.head}
	steps := s.slack[r.head] + s.entering(r.head)
	for i := 0; i < len(r.blocks); i++ {
		b := r.blocks[i]
		if steps += s.model.Block(b).Steps; steps > limit {
			return false
		}
		for _, e := range b.Term.Succs {
			switch {
			case seen[e.To]:
				continue
			case s.heads[e.To.ID]:
				r.exits = append(r.exits, e.To)
				steps += s.crossing(e.To).exit
			default:
				r.blocks = append(r.blocks, e.To)
			}
			seen[e.To] = true
		}
	}
	byPos := func(a, b *ir.Block) int { return cmp.Compare(s.pos[a.ID], s.pos[b.ID]) }
	slices.SortFunc(r.blocks, byPos)
	slices.SortFunc(r.exits, byPos)
	return true
}

// within is the region of head if it fits, else nil.
func (s *search) within(head *ir.Block) *region {
	if !s.collect(&region{head: head}, s.opts.Budget) {
		return nil
	}
	if r := s.region(head); s.fits(r.price) {
		return r
	}
	return nil
}

// entering is what the program of a head does before its first block.
func (s *search) entering(head *ir.Block) int {
	switch {
	case s.roots[head] != nil:
		return lookupSteps + 2*len(head.Params)
	case head == s.f.Blocks[0]:
		return 1
	}
	return s.crossing(head).enter
}

// excess says which constraint a program breaks; empty if it fits.
func (s *search) excess(e verifier.Estimate) (what string, have, limit int) {
	switch {
	case e.Processed > s.opts.Budget:
		return "processed instructions", e.Processed, s.opts.Budget
	case e.Insns > maxInsns:
		return "instructions", e.Insns, maxInsns
	case e.Maps > verifier.MaxMaps:
		return "maps", e.Maps, verifier.MaxMaps
	case e.Stack > maxStack:
		return stackBytes, e.Stack, maxStack
	}
	return "", 0, 0
}

func (s *search) fits(e verifier.Estimate) bool {
	what, _, _ := s.excess(e)
	return what == ""
}

// run cuts until every program fits.
func (s *search) run() error {
	for _, b := range s.list() {
		if err := s.fit(b); err != nil {
			return err
		}
	}
	s.prune()
	return nil
}

// fit cuts the program of head until it fits, and whatever is cut off.
func (s *search) fit(head *ir.Block) error {
	for {
		r := s.region(head)
		what, have, limit := s.excess(r.price)
		if what == "" {
			return nil
		}
		c := s.choose(r)
		if c == nil {
			return &Error{Stage: head.Stage, Span: span(head), Constraint: what, Have: have, Limit: limit}
		}
		s.heads[c.ID] = true
		s.why[c] = fmt.Sprintf("%d %s from %s on, limit %d", have, what, s.at(head), limit)
		if err := s.fit(c); err != nil {
			return err
		}
	}
}

// at names a block for people.
func (s *search) at(b *ir.Block) string {
	if at := span(b); at.IsValid() && !b.Start {
		return fmt.Sprintf("%s:%d", b.Stage, at.Start.Line)
	}
	return b.Stage
}

// candidate is a block that could become a head.
type candidate struct {
	block *ir.Block
	gain  float64 // steps it takes out of the program
	score float64
}

// headPrice weighs one more program against ns per packet.
const headPrice = 1

// expense is what a head costs a packet, about ns.
func (s *search) expense(b *ir.Block) float64 {
	c := s.crossing(b)
	ns := 4 + float64(c.bytes)/8
	if c.bytes > 0 {
		ns += 4
	}
	return s.freq[b.ID] * ns
}

// choose picks the next head for a program that doesn't fit; nil if there is none.
func (s *search) choose(r *region) *ir.Block {
	needed := float64(r.price.Processed - s.opts.Budget)
	if needed <= 0 { // too big in another way
		needed = float64(r.price.Processed) / 2
	}
	var candidates []candidate
	for b, steps := range s.dominated(r) {
		if s.heads[b.ID] || s.crossing(b) == nil {
			continue
		}
		gain := steps - float64(s.crossing(b).exit)
		candidates = append(candidates, candidate{b, gain, min(gain, needed) / (s.expense(b) + headPrice)})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(s.pos[a.block.ID], s.pos[b.block.ID]))
	})
	for _, c := range candidates {
		if c.gain <= 0 {
			break
		}
		if s.within(c.block) != nil {
			return c.block
		}
	}
	return s.desperate(candidates)
}

// desperate picks a head where no single one both helps and fits: one whose program fits and is big, though others
// lead there too, so that cutting it helps only later; or else one that helps but must be cut further.
func (s *search) desperate(candidates []candidate) *ir.Block {
	var best, smallest *ir.Block
	most, least := 0, 0
	for _, c := range candidates {
		part := s.region(c.block)
		if gain := part.price.Processed - s.crossing(c.block).exit; s.fits(part.price) && gain > most {
			best, most = c.block, gain
		}
		if c.gain > 0 && !s.fits(part.price) && (smallest == nil || part.price.Processed < least) {
			smallest, least = c.block, part.price.Processed
		}
	}
	if best == nil {
		return smallest
	}
	return best
}

// dominated is, for each block of a region but its head, the steps of all that is reached through it alone.
func (s *search) dominated(r *region) map[*ir.Block]float64 {
	nodes := slices.Concat(r.blocks, r.exits)
	slices.SortFunc(nodes, func(a, b *ir.Block) int { return cmp.Compare(s.pos[a.ID], s.pos[b.ID]) })
	place := make(map[*ir.Block]int, len(nodes))
	for i, b := range nodes {
		place[b] = i
	}
	up := make([]int, len(nodes)) // immediate dominators; one pass is enough, as there are no loops
	for i, b := range nodes[1:] {
		dom := -1
		for _, p := range s.preds[b.ID] {
			j, ok := place[p.From]
			if !ok || s.heads[p.From.ID] && p.From != r.head {
				continue
			}
			for dom >= 0 && dom != j {
				if dom > j {
					dom = up[dom]
				} else {
					j = up[j]
				}
			}
			dom = j
		}
		up[i+1] = dom
	}
	sum := make(map[*ir.Block]float64, len(nodes))
	for i, b := range slices.Backward(nodes[1:]) {
		if s.heads[b.ID] {
			sum[b] += r.visit.States[b.ID] * float64(s.crossing(b).exit)
		} else {
			sum[b] += r.visit.Steps[b.ID]
		}
		if dom := nodes[up[i+1]]; dom != r.head {
			sum[dom] += sum[b]
		}
	}
	return sum
}

// prune takes heads back, the expensive ones first, where the programs that go there can hold what is behind them.
func (s *search) prune() {
	heads := s.list()[len(s.f.Entries()):]
	slices.SortStableFunc(heads, func(a, b *ir.Block) int { return cmp.Compare(s.expense(b), s.expense(a)) })
	exits := map[*ir.Block][]*ir.Block{}
	for _, b := range s.list() {
		exits[b] = s.region(b).exits
	}
	for _, b := range heads {
		s.heads[b.ID] = false
		changed := map[*ir.Block][]*ir.Block{}
		for from, to := range exits {
			if !slices.Contains(to, b) {
				continue
			}
			r := s.within(from)
			if r == nil {
				s.heads[b.ID] = true
				break
			}
			changed[from] = r.exits
		}
		if s.heads[b.ID] {
			continue
		}
		delete(exits, b)
		for from, to := range changed {
			exits[from] = to
		}
	}
}

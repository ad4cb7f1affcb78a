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
	heads []bool            // by block ID
	slack map[*ir.Block]int // what a program costs beyond its estimate

	seen  []int // by block ID: the last round of collect that came by
	round int
}

func newSearch(g *graph, opts Options) *search {
	s := &search{graph: g, opts: opts, heads: make([]bool, g.f.NumBlocks()), seen: make([]int, g.f.NumBlocks()),
		slack: map[*ir.Block]int{}}
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
	byPos := func(a, b *ir.Block) int { return cmp.Compare(s.pos[a.ID], s.pos[b.ID]) }
	slices.SortFunc(r.blocks, byPos)
	slices.SortFunc(r.exits, byPos)
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
	s.round++
	s.seen[r.head.ID] = s.round
	r.blocks = append(r.blocks, r.head)
	steps := s.slack[r.head] + s.entering(r.head)
	for i := 0; i < len(r.blocks); i++ {
		b := r.blocks[i]
		if steps += s.model.Block(b).Steps; steps > limit {
			return false
		}
		for _, e := range b.Term.Succs {
			switch id := e.To.ID; {
			case s.seen[id] == s.round:
				continue
			case s.heads[id]:
				r.exits = append(r.exits, e.To)
				steps += s.crossing(e.To).exit
			default:
				r.blocks = append(r.blocks, e.To)
			}
			s.seen[e.To.ID] = s.round
		}
	}
	return true
}

// within reports whether the program of head fits.
func (s *search) within(head *ir.Block) bool {
	return s.collect(&region{head: head}, s.opts.Budget) && s.fits(s.region(head).price)
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
	err := s.cut()
	if err != nil && s.assort() {
		err = nil
	}
	s.prune()
	return err
}

// cut makes heads of more and more blocks, until every program fits.
func (s *search) cut() error {
	todo := s.list()
	for len(todo) > 0 {
		head := todo[len(todo)-1]
		r := s.region(head)
		what, have, limit := s.excess(r.price)
		if what == "" {
			todo = todo[:len(todo)-1]
			continue
		}
		c := s.choose(r)
		if c == nil {
			return &Error{Stage: head.Stage, Span: span(head), Constraint: what, Have: have, Limit: limit}
		}
		s.heads[c.ID] = true
	}
	return nil
}

// assort goes the other way, for budgets so small that each cut counts: it begins with all heads that are possible, and
// from the verdicts on takes back those without which programs fit or are cheaper. It reports whether all fit.
func (s *search) assort() bool {
	for _, b := range s.order {
		s.heads[b.ID] = s.isEntry(b) || s.crossing(b) != nil
	}
	for _, b := range slices.Backward(s.order) {
		if !s.heads[b.ID] || s.isEntry(b) {
			continue
		}
		before := map[*ir.Block]int{}
		for _, o := range s.owners(b) {
			before[o] = s.region(o).price.Processed
		}
		s.merge(b, func(o *ir.Block) bool {
			price := s.region(o).price
			return price.Processed <= before[o] || s.fits(price)
		})
	}
	for _, b := range s.list() {
		if !s.fits(s.region(b).price) {
			return false
		}
	}
	return true
}

// owners lists the heads whose programs go to a block.
func (s *search) owners(b *ir.Block) []*ir.Block {
	s.round++
	var owners []*ir.Block
	todo := []*ir.Block{b}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range s.preds[last.ID] {
			if s.seen[p.From.ID] == s.round {
				continue
			}
			s.seen[p.From.ID] = s.round
			if s.heads[p.From.ID] {
				owners = append(owners, p.From)
			} else {
				todo = append(todo, p.From)
			}
		}
	}
	return owners
}

// merge takes a head back if that is fine with all programs that go there.
func (s *search) merge(b *ir.Block, fine func(owner *ir.Block) bool) {
	owners := s.owners(b)
	s.heads[b.ID] = false
	if !s.all(owners, fine) {
		s.heads[b.ID] = true
	}
}

func (s *search) all(blocks []*ir.Block, fine func(*ir.Block) bool) bool {
	return !slices.ContainsFunc(blocks, func(b *ir.Block) bool { return !fine(b) })
}

// prune takes heads back, the expensive ones first, where the programs that go there can hold what is behind them.
func (s *search) prune() {
	heads := s.list()[len(s.f.Entries()):]
	slices.SortStableFunc(heads, func(a, b *ir.Block) int { return cmp.Compare(s.expense(b), s.expense(a)) })
	for _, b := range heads {
		s.merge(b, s.within)
	}
}

// reason says why a head can't be taken back.
func (s *search) reason(head *ir.Block) string {
	for _, o := range s.owners(head) {
		s.heads[head.ID] = false
		what, have, limit := s.excess(s.region(o).price)
		s.heads[head.ID] = true
		if what != "" {
			return fmt.Sprintf("the program from %s on would take %d %s, limit %d", s.at(o), have, what, limit)
		}
	}
	return "budget"
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
	steps float64 // of what is reached through it alone
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
		candidates = append(candidates, candidate{b, steps, gain, min(gain, needed) / (s.expense(b) + headPrice)})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(s.pos[a.block.ID], s.pos[b.block.ID]))
	})
	for _, c := range candidates {
		if c.gain <= 0 {
			break
		}
		if c.steps <= float64(s.opts.Budget) && s.within(c.block) {
			return c.block
		}
	}
	return nil
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

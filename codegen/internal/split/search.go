package split

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// search looks for heads such that every program fits, no chain of tail calls is too long, and a packet loses as little
// time as possible; then, such that there is little code.
//
//	cut      adds heads until every program fits
//	assort   goes the other way, from as many heads as there can be, if cut gets stuck
//	prune    takes heads back where both sides fit into one program
//	shorten  cuts again with fewer, fuller programs while a chain is too long
//	improve  forbids one head after the other, and keeps what is cheaper without
//	exact    tries all sets of heads that can be better, if there are few
//
// All of them set heads by set, so that a step that turns out badly can be undone, and ask for programs by region, which
// remembers those whose blocks and exits are still the same.
type search struct {
	*graph
	opts      Options
	heads     []bool // by block ID
	barred    []bool // blocks that may not become heads, by block ID
	slack     map[*ir.Block]slack
	headPrice float64 // weighs one more program against ns per packet, in cut

	regions []*region   // by the head's block ID; nil: not known
	journal []*ir.Block // blocks whose heads changed, in order
	work    int         // blocks that were priced so far
	end     int         // how much work there may be, for improve

	seen  []int // by block ID: the last round of collect or owners that came by
	round int
	place []int // by block ID: where it stands in the tree in work
}

// cheapHead is the usual headPrice.
const cheapHead = 1

func newSearch(g *graph, opts Options) *search {
	n := g.f.NumBlocks()
	s := &search{graph: g, opts: opts, heads: make([]bool, n), barred: make([]bool, n), seen: make([]int, n),
		place: make([]int, n), regions: make([]*region, n), slack: map[*ir.Block]slack{}, headPrice: cheapHead}
	for _, b := range g.f.Entries() {
		s.heads[b.ID] = true
	}
	s.model.Limit = max(10*opts.Budget, 20_000) // beyond, it doesn't matter how much too big a program is
	return s
}

// list is the heads: the entries, then the others in reverse postorder.
func (s *search) list() []*ir.Block {
	heads := s.f.Entries()
	for _, b := range s.order {
		if s.heads[b.ID] && !s.isEntry(b) {
			heads = append(heads, b)
		}
	}
	return heads
}

// set makes a block a head, or takes it back.
func (s *search) set(b *ir.Block, head bool) {
	if s.heads[b.ID] == head {
		return
	}
	s.owners(b) // forgets the regions that change
	s.heads[b.ID] = head
	s.journal = append(s.journal, b)
}

// undo takes the changes back from some point of the journal on.
func (s *search) undo(mark int) {
	for len(s.journal) > mark {
		b := s.journal[len(s.journal)-1]
		s.set(b, !s.heads[b.ID])
		s.journal = s.journal[:len(s.journal)-2]
	}
}

// owners lists the heads whose programs go to a block, and forgets these programs and those of the blocks between.
func (s *search) owners(b *ir.Block) []*ir.Block {
	s.round++
	var owners []*ir.Block
	todo := []*ir.Block{b}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range s.preds.Of(last) {
			if s.seen[p.From.ID] == s.round {
				continue
			}
			s.seen[p.From.ID] = s.round
			s.regions[p.From.ID] = nil
			if s.heads[p.From.ID] {
				owners = append(owners, p.From)
			} else {
				todo = append(todo, p.From)
			}
		}
	}
	return owners
}

// A slack is what the program of a head came to beyond its estimate, when it was built.
type slack struct {
	part  float64 // of the estimated processed instructions: of less, it will be less
	insns int     // instructions
}

// more is the slack of a program that was estimated, with this one, at less than what it took.
func (l slack) more(estimate, took verifier.Estimate, what string) slack {
	if what == instructions {
		l.insns += 1 + max(0, took.Insns-estimate.Insns)
		return l
	}
	const least = 1.001 // the next attempt must be another one
	l.part = (1+l.part)*max(least, float64(took.Processed)/float64(estimate.Processed)) - 1
	return l
}

// A region is the program of a head.
type region struct {
	head   *ir.Block
	blocks []*ir.Block // in reverse postorder
	exits  []*ir.Block // the heads it goes on to, in reverse postorder
	price  verifier.Estimate
	steps  []float64 // that the verifier takes through each block
	calls  []float64 // that it takes to go on to each exit

	slack  slack // that is part of the price
	walked int   // by the model
	limit  int   // of that
}

// slotSteps is what a call of a slot takes beyond the call itself: store the arguments, count a miss.
const slotSteps = missSteps + lookupSteps

// region finds the program of head and its price.
func (s *search) region(head *ir.Block) *region {
	if r := s.regions[head.ID]; r != nil {
		return r
	}
	r := &region{head: head, slack: s.slack[head], limit: s.model.Limit}
	s.collect(r, math.MaxInt)
	s.work += len(r.blocks) + len(r.exits)
	s.sort(r.exits)
	if known := s.priced[r.shape()]; known != nil && known.same(r) {
		r = known
	} else {
		s.sort(r.blocks)
		s.price(r)
		s.priced[r.shape()] = r
	}
	s.regions[head.ID] = r
	return r
}

// A shape is what a region is known by, whatever other heads there are: what it begins with, and a hash of where it ends.
type shape struct {
	head  int
	exits uint64
}

func (r *region) shape() shape {
	hash := uint64(14695981039346656037) // FNV
	for _, b := range r.exits {
		hash = (hash ^ uint64(b.ID)) * 1099511628211
	}
	return shape{r.head.ID, hash}
}

// same reports whether what is known of r holds for a region from the same head on.
func (r *region) same(q *region) bool {
	walked := r.limit == q.limit || r.walked <= min(r.limit, q.limit)
	return walked && r.slack == q.slack && slices.Equal(r.exits, q.exits)
}

// price asks the model what a program takes.
func (s *search) price(r *region) {
	visit := s.model.Visit(r.head, func(b *ir.Block) bool { return s.heads[b.ID] })
	r.walked = visit.Total
	maps := []string{tableStages, tableMisses, TableState}
	fixed := s.entering(r)
	var called []string
	processed := float64(fixed)
	r.price.Insns = 2*fixed + r.slack.insns
	for _, b := range r.blocks {
		c := s.model.Block(b)
		steps := visit.Steps[b.ID]
		if visit.Over {
			steps = max(steps, float64(c.Steps)) // it may be missing
		}
		if b.Term.Op == ir.SlotCall {
			steps += visit.States[b.ID] * float64(slotSteps+len(b.Term.Args))
		}
		processed += steps
		r.steps = append(r.steps, steps)
		r.price.Insns += c.Slots
		r.price.Stack = max(r.price.Stack, s.stack(b))
		for _, name := range c.Maps {
			if !slices.Contains(maps, name) {
				maps = append(maps, name)
			}
		}
		called = append(called, c.Calls...)
		r.price.TailCalls = r.price.TailCalls || b.Term.Op == ir.SlotCall
	}
	for _, b := range r.exits {
		exit := s.leaving(r.head, b)
		steps := visit.States[b.ID] * float64(exit)
		processed += steps
		r.calls = append(r.calls, steps)
		r.price.Insns += exit
	}
	r.price.Processed, r.price.Pending = int(min(processed*(1+r.slack.part), math.MaxInt32)), visit.Pending
	r.price.TailCalls = r.price.TailCalls || len(r.exits) > 0
	s.callees.Charge(&r.price, called, maps)
}

// sort puts blocks into reverse postorder.
func (s *search) sort(blocks []*ir.Block) {
	slices.SortFunc(blocks, func(a, b *ir.Block) int { return cmp.Compare(s.pos[a.ID], s.pos[b.ID]) })
}

// collect finds the blocks and exits of a region. It gives up, and returns false, when their steps exceed a limit.
func (s *search) collect(r *region, limit int) bool {
	s.round++
	s.seen[r.head.ID] = s.round
	r.blocks = append(r.blocks, r.head)
	steps := 0
	if !s.isEntry(r.head) {
		enter, _ := s.crossing(r.head).least()
		steps += enter
	}
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
				_, exit := s.crossing(e.To).least()
				steps += exit
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
	if s.regions[head.ID] == nil {
		r := &region{head: head}
		ok := s.collect(r, s.opts.Budget)
		s.work += len(r.blocks)
		if !ok {
			return false
		}
	}
	return s.fits(s.region(head).price)
}

// entering is what a program does before its first block. What only passes through isn't loaded.
func (s *search) entering(r *region) int {
	switch head := r.head; {
	case s.roots[head] != nil:
		return lookupSteps + loadSteps*len(head.Params)
	case head == s.f.Blocks[0]:
		return 1
	}
	steps, _ := s.crossing(r.head).least()
	s.round++
	for _, b := range r.blocks {
		s.seen[b.ID] = s.round
	}
	for _, v := range s.crossing(r.head).carried {
		if slices.ContainsFunc(s.users[v.ID], func(b *ir.Block) bool { return s.seen[b.ID] == s.round }) {
			steps += loadSteps
		}
	}
	return steps
}

// leaving is what the program of a head does to go on to another. What has come by its place isn't stored again.
func (s *search) leaving(head, to *ir.Block) int {
	steps := s.crossing(to).exit
	if s.isEntry(head) {
		return steps
	}
	came := s.crossing(head)
	for _, v := range s.crossing(to).carried {
		if came.carries(v) {
			steps -= storeSteps
		}
	}
	return steps
}

// excess says which constraint a program breaks; empty if it fits.
func (s *search) excess(e verifier.Estimate) (what string, have, limit int) {
	switch {
	case e.Processed > s.opts.Budget:
		return "processed instructions", e.Processed, s.opts.Budget
	case e.Insns > maxInsns:
		return instructions, e.Insns, maxInsns
	case e.Pending > maxPending:
		return "pending branches", e.Pending, maxPending
	case e.Maps > verifier.MaxMaps:
		return "maps", e.Maps, verifier.MaxMaps
	case e.Stack > maxStack:
		return stackBytes, e.Stack, maxStack
	case e.Deepest > 0:
		limit := s.frames(e)
		if have := verifier.Frame(e.Stack) + e.Deepest; have > limit {
			return stackBytes, have, limit
		}
	}
	return "", 0, 0
}

// frames is how many bytes the frames of a program and of the subprograms that it calls may take together.
func (s *search) frames(e verifier.Estimate) int {
	if most := s.m.Target.CallStack(); e.TailCalls && most > 0 {
		return most - verifier.FrameUnit
	}
	return maxStack
}

func (s *search) fits(e verifier.Estimate) bool {
	what, _, _ := s.excess(e)
	return what == ""
}

// run finds heads with which every program fits and no chain is too long. If it finds only chains that are too long it
// leaves them to be reported, when programs have their names. If it is to be thorough it looks for better ones then.
func (s *search) run(thorough bool) error {
	err := s.fill()
	fine := err == nil && s.shorten()
	if fine && thorough {
		s.improve()
	}
	if (thorough || !fine) && s.exact() {
		return nil
	}
	return err
}

// fill cuts until every program fits.
func (s *search) fill() error {
	err := s.cut()
	if err != nil && s.assort() {
		err = nil
	}
	if err == nil {
		s.prune(s.list())
	}
	return err
}

// reason says why a head can't be taken back.
func (s *search) reason(head *ir.Block) string {
	mark := len(s.journal)
	owners := s.owners(head)
	s.set(head, false)
	defer s.undo(mark)
	for _, o := range owners {
		if what, have, limit := s.excess(s.region(o).price); what != "" {
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

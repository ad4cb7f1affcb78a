// Package split cuts a pipeline into programs.
//
// Before, a Func is a whole pipeline, and `goto` is a jump. After, there is a Func a program, and some jumps have become
// stores of what is live, a tail call, and loads on the other side. The blocks where a program begins are called
// heads: the entry, the stages in slots tables, and as many more as the budget asks for. The program of a head is all
// that is reachable from it without passing another head, so two programs may hold copies of one block.
//
//	graph     the uncut function: order, liveness, facts, prices, frequencies
//	profile   frequencies by what was counted
//	chop      long blocks become shorter ones, so that there are enough places to cut
//	crossing  what travels if a program begins at a block, and what is made anew there
//	search    chooses heads such that every program fits
//	carrier   what numbers can travel in
//	layout    where in its carrier each number lies
//	build     writes the programs, as ordinary IR
//	spill     lets numbers that find no room on the stack lie where state travels
//	chain     the longest chain of tail calls
//	blame     where there is no plan, what in the source is in the way
//
// The search works with estimates. What was built is measured again; where it is dearer than estimated, the search goes
// on with that in mind. The meaning of a pipeline never depends on the plan.
package split

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// Options bound a plan. Zero values stand for the defaults.
type Options struct {
	Budget       int // processed instructions a program, by the model; 200,000
	MaxTailCalls int // for one packet; 28
	Carrier      Carrier
	Profile      Profile // if nil, frequencies are guessed
	Stack        int     // bytes beyond which numbers lie in the per-CPU array, if there is one; 432. Less is for tests
	// Optimize, if set, is run over the programs before they are measured: what is measured is what will be emitted.
	Optimize func(*ir.Module) error
	// Cut, if set, is asked of each block where a program can begin whether one does, and there is no budget: for tests.
	Cut func(*ir.Block) bool
}

const (
	defaultBudget    = 200_000
	defaultTailCalls = 28
	mostTailCalls    = 32 // what every kernel allows
	maxInsns         = 30_000
	maxPending       = 6_000                  // branches that the verifier has queued; the kernel's limit is 8,192
	maxStack         = verifier.MaxStack - 64 // some is left for what the splitter adds, and for what the estimate doesn't see
	crowded          = maxStack - 16          // the stack from which on numbers lie elsewhere, if they can
	mostProcessed    = 1_000_000              // the kernel's limit
	attempts         = 20                     // searches before giving up
	thorough         = 3                      // of these, the first ones that look for better heads
)

// Module plans the programs of a module, whose one Func holds every stage, and builds them. The module itself is left
// as it is. If there is no plan the error is an *Error, unless slots call each other in a circle.
func Module(m *ir.Module, opts Options) (*Plan, error) {
	if opts.Budget == 0 {
		opts.Budget = defaultBudget
	}
	if opts.MaxTailCalls == 0 {
		opts.MaxTailCalls = defaultTailCalls
	}
	if opts.Stack == 0 {
		opts.Stack = crowded
	}
	opts.MaxTailCalls = min(opts.MaxTailCalls, mostTailCalls)
	if opts.Cut != nil {
		return forced(m, opts, true)
	}
	p, err := plan(m, opts)
	var failed *Error
	if errors.As(err, &failed) && failed.Reason == "" {
		failed.remedy(m, opts)
	}
	return p, err
}

// remedy says what to do: give a larger budget, if that helps, or change the source.
func (e *Error) remedy(m *ir.Module, opts Options) {
	if e.Constraint != stackBytes {
		e.Remedy = enough(m, opts)
	}
	if e.Remedy != "" && e.advice != "" {
		e.Remedy += "; or "
	}
	e.Remedy += e.advice
}

// enough looks for a budget that is enough, and not much more than that. The search for it only estimates; the plan that
// it leads to is then made in earnest.
func enough(m *ir.Module, opts Options) string {
	s := prepare(m, opts)
	fits := func(budget int) bool {
		t := newSearch(s.graph, opts)
		t.opts.Budget = budget
		return t.fill() == nil && t.shorten()
	}
	low := opts.Budget
	for _, b := range s.order {
		low = max(low, s.model.Block(b).Steps) // the least that any plan needs
	}
	high := 2 * low
	for ; !fits(high); low, high = high, 2*high {
		if high > mostProcessed {
			return ""
		}
	}
	precision := 100
	if len(s.order) > manyBlocks {
		precision = 8
	}
	for low+1+high/precision < high {
		if middle := low + (high-low)/2; fits(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	for step := 1 + high/precision; high <= mostProcessed; high, step = high+step, 2*step {
		opts.Budget = high
		if _, err := plan(m, opts); err == nil {
			return fmt.Sprintf("a budget of %d is enough", high)
		}
	}
	return ""
}

// manyBlocks is how big a pipeline is for which a search takes its time.
const manyBlocks = 2000

func plan(m *ir.Module, opts Options) (*Plan, error) {
	s := prepare(m, opts)
	if err := errors.Join(s.circle(), s.refuse()); err != nil {
		return nil, err
	}
	var misfit *Error
	for i := range attempts {
		if err := s.run(i < thorough); err != nil {
			return nil, err
		}
		ps := s.lay(s.list())
		p := &Plan{Notes: ps.notes}
		if err := ps.checkChains(p); err != nil {
			return nil, err
		}
		if misfit = s.spare(ps); misfit != nil {
			continue
		}
		if err := ps.assemble(p); err != nil {
			return nil, err
		}
		if misfit = s.learn(p, ps.heads); misfit != nil {
			continue
		}
		if err := ir.Verify(p.module); err != nil {
			return nil, fmt.Errorf("the splitter made invalid code: %w", err)
		}
		return p, nil
	}
	return nil, misfit
}

// learn compares what was built with the estimates. If there are programs that don't fit after all, the search must go
// on; the error is about one of them.
func (s *search) learn(p *Plan, heads []*ir.Block) (misfit *Error) {
	for i, pr := range p.Programs {
		if what, have, limit := s.excess(pr.Cost); what != "" {
			estimate := s.region(heads[i]).price
			s.regions[heads[i].ID] = nil
			s.slack[heads[i]] = s.slack[heads[i]].more(estimate, pr.Cost, what)
			misfit = s.misfit(s.region(heads[i]), what, have, limit)
		}
	}
	return misfit
}

// spare bars the head with the most to carry if carriers are too full; the error says by how much.
func (s *search) spare(ps *programs) *Error {
	if ps.over == 0 {
		return nil
	}
	carriers := s.carriers()
	err := s.carriedTooMuch(ps.heads, ps.over, s.capacity(carriers[len(carriers)-1]))
	var widest *ir.Block
	for _, h := range ps.heads {
		if !s.isEntry(h) && (widest == nil || s.crossing(h).bytes > s.crossing(widest).bytes) {
			widest = h
		}
	}
	s.set(widest, false)
	s.barred[widest.ID] = true
	return err
}

// prepare copies the function and chops its long blocks, if it is too big for one program.
func prepare(m *ir.Module, opts Options) *search {
	f := m.Funcs[0].Clone()
	s := newSearch(newGraph(m, f, opts), opts)
	var long []*ir.Block
	for _, e := range f.Entries() {
		if r := s.region(e); !s.fits(r.price) {
			long = append(long, r.blocks...)
		}
	}
	if s.chop(long, max(4, (min(opts.Budget, maxInsns)-overhead)/8)) {
		s = newSearch(newGraph(m, f, opts), opts)
	}
	return s
}

// stackBytes is the one constraint that no cut and no budget cures: numbers can lie elsewhere, but not keys, values and events.
const stackBytes = "bytes of stack"

// instructions is the constraint on a program's size.
const instructions = "instructions"

// overhead is about what a program spends on its begin and end.
const overhead = 40

// assemble builds the programs.
func (ps *programs) assemble(p *Plan) error {
	p.module = &ir.Module{
		Name: ps.m.Name, ProgType: ps.m.ProgType, Frags: ps.m.Frags, License: ps.m.License, Target: ps.m.Target, Default: ps.m.Default,
		Maps: slices.Clone(ps.m.Maps), Globals: ps.m.Globals,
	}
	for _, f := range ps.m.Subs {
		p.module.Subs = append(p.module.Subs, f.Clone())
	}
	for _, h := range ps.heads {
		p.module.Funcs = append(p.module.Funcs, ps.build(h))
	}
	ps.declare(p.module)
	if ps.opts.Optimize != nil {
		if err := ps.opts.Optimize(p.module); err != nil {
			return err
		}
	}
	for i, h := range ps.heads {
		cost := verifier.Cost(p.module.Funcs[i], ps.callees)
		if room := ps.stackRoom(cost); cost.Stack > room && ps.spill(p.module, i, room) {
			cost = verifier.Cost(p.module.Funcs[i], ps.callees)
		}
		p.Programs = append(p.Programs, ps.describe(h, cost))
	}
	ps.declareState(p.module)
	p.State = ps.state
	p.Order = p.order(p.module.Maps)
	return nil
}

package verifier

import (
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// The verifier looks for a state that covers the one in hand at each place. But it remembers a state there only if it
// has seen this many jumps and instructions since it last did (is_state_visited in kernel/bpf/verifier.c), and forgets
// one that was no use more often than this.
const (
	jumpsApart = 2
	insnsApart = 8
	patience   = 3
)

// A fact is what the verifier knows of a value: of a number its bounds; of a pointer those of the unknown part of its
// offset, the rest of the offset, and how many bytes from its base on are proved to be there; of an object, in off, which
// of its zeroable numbers are zero.
type fact struct {
	number
	off    uint64
	proved uint64
	loose  bool // there is an unknown part, so that the pointer is its own base
}

// A memory is a state that the verifier remembers at a place.
type memory struct {
	place        *place
	facts        []fact // of what is live there
	precise      []bool // of these, the numbers that turned out to matter
	hits, misses int
	before       *memory // that the same visit left
}

// covers reports whether all that can happen behind the place in the walker's state was seen behind the memory.
func (m *memory) covers(w *walker) bool {
	for i, v := range m.place.live {
		w.work++
		if !m.covers1(i, &w.cur[v.ID]) {
			return false
		}
	}
	return true
}

func (m *memory) covers1(i int, now *fact) bool {
	then := &m.facts[i]
	switch m.place.live[i].Type {
	case ir.I32, ir.I64:
		return !m.precise[i] || then.covers(&now.number)
	case ir.Obj:
		return then.off&^now.off == 0
	}
	return then.off == now.off && then.proved <= now.proved && then.loose == now.loose && then.covers(&now.number)
}

// A visit is one walk through a block, or from behind an instruction that forks to its end.
type visit struct {
	block *ir.Block
	from  *visit
	edge  int // of from's block; -1: from is the first part of the same block
	start int // the instruction it begins with
	left  *memory
}

// pending is the other side of a branch, to be walked later. What is known there lies on top of the walker's saved facts.
type pending struct {
	to     *visit
	needed []*ir.Value // of which something must be known there
}

// A change is what was known of a value before.
type change struct {
	id  int
	was fact
}

// A walker walks through a program as the verifier does.
type walker struct {
	m     *Model
	leave func(*ir.Block) bool
	limit int // it gives up after so many instructions

	bounds *ir.UMax // of what a walk begins with; nil: nothing is known of it

	cur   []fact // by value ID
	at    *visit
	queue []pending
	saved []fact // of all that is pending

	insns, jumps int // since a state was remembered
	total        int
	work         int         // facts compared and kept, memories asked
	memories     [][]*memory // by place
	used         []int       // the places that have any
	reached      []*ir.Block // in this walk
	asked        []int       // by value ID: the last demand that came by
	demands      int

	log    []change // of the last lesson
	args   []number // of an edge
	visit  Visit
	blamed []int       // by value ID: how often a difference in it made a memory useless; nil: not counted
	faults []*ir.Value // that were blamed

	// What visits and memories are made of.
	visits slab[visit]
	kept   slab[memory]
	facts  slab[fact]
	flags  slab[bool]
}

// begin forgets the last walk.
func (w *walker) begin() {
	for _, p := range w.used {
		w.memories[p] = w.memories[p][:0]
	}
	for _, b := range w.reached {
		w.visit.States[b.ID], w.visit.Steps[b.ID] = 0, 0
	}
	w.visit.Pending, w.visit.Over = 0, false
	w.queue, w.saved, w.used, w.reached = w.queue[:0], w.saved[:0], w.used[:0], w.reached[:0]
	w.visits.reset()
	w.kept.reset()
	w.facts.reset()
	w.flags.reset()
	w.insns, w.jumps, w.total = 0, 0, 0
}

// visiting is a new visit.
func (w *walker) visiting(v visit) *visit {
	n := &w.visits.take(1)[0]
	*n = v
	return n
}

// run walks from a block on.
func (w *walker) run(entry *ir.Block) Visit {
	w.begin()
	for _, p := range entry.Params {
		w.cur[p.ID].number = w.bound(p)
		if p.Size > 0 && p.Size < 8 {
			w.cur[p.ID].number = upTo(p.Type, 1<<(8*p.Size)-1)
		}
	}
	for _, v := range w.m.blocks[entry.ID].in { // what came over a tail call
		w.cur[v.ID] = w.fresh(v)
	}
	w.at = w.visiting(visit{block: entry})
	for {
		for w.total <= w.limit && w.block(entry) {
		}
		if len(w.queue) == 0 || w.total > w.limit {
			break
		}
		w.pop()
	}
	w.visit.Total, w.visit.Over = w.total, w.total > w.limit
	return w.visit
}

// fresh is what is known of a value that a program begins with.
func (w *walker) fresh(v *ir.Value) fact {
	if v.Type == ir.I32 || v.Type == ir.I64 {
		return fact{number: w.bound(v)}
	}
	if v.Op == ir.PktAdd && v.Args[1].Op != ir.Const || v.Op == ir.MemAdd {
		return fact{number: anything(ir.I64), loose: true}
	}
	return fact{}
}

// bound is what is known of a number that a walk begins with.
func (w *walker) bound(v *ir.Value) number {
	if w.bounds == nil {
		return anything(v.Type)
	}
	return upTo(v.Type, w.bounds.Seen(v))
}

// step counts instructions of the block in hand.
func (w *walker) step(insns, jumps int) {
	w.visit.Steps[w.at.block.ID] += float64(insns)
	w.total += insns
	w.insns += insns
	w.jumps += jumps
}

// block walks from where it is to the end of a block, and on to what it falls through to. It returns false if there is
// nothing more on this way.
func (w *walker) block(entry *ir.Block) bool {
	w.work++
	b := w.at.block
	c := &w.m.blocks[b.ID]
	places := c.places
	for len(places) > 0 && places[0].at < w.at.start {
		places = places[1:]
	}
	if w.at.start == 0 {
		if c.target {
			if !w.pass(places[0]) {
				return false
			}
			places = places[1:]
		}
		if w.visit.States[b.ID]++; w.visit.States[b.ID] == 1 {
			w.reached = append(w.reached, b)
		}
		if b != entry && w.leave(b) {
			w.insns, w.jumps = w.insns+exitInsns, w.jumps+2
			return false
		}
		w.step(c.extra, 0)
	}
	for i := w.at.start; i < len(b.Insts); i++ {
		if len(places) > 0 && places[0].at == i {
			if i > 0 && !w.pass(places[0]) {
				return false
			}
			places = places[1:]
		}
		v := b.Insts[i]
		calls := 0
		if v.Op.Info().Call {
			calls = 1
		}
		w.step(int(w.m.steps[v.ID]), calls)
		w.inst(v, i)
	}
	if len(places) > 0 && len(b.Insts) > 0 && !w.pass(places[0]) {
		return false
	}
	return w.term(c)
}

// exitInsns is about what a program does to call another, for the distance between memories.
const exitInsns = 20

// pass is false if a memory covers what is known; else it may be remembered.
func (w *walker) pass(p *place) bool {
	list := w.memories[p.id]
	remember := w.jumps >= jumpsApart && w.insns >= insnsApart
	for i := 0; i < len(list); i++ {
		m := list[i]
		if m.covers(w) {
			m.hits++
			w.memories[p.id] = list
			for j, precise := range m.precise {
				if precise {
					w.demand(p.live[j], p.at)
				}
			}
			return false
		}
		w.blame(m)
		if remember {
			if m.misses++; m.misses > patience*m.hits+patience {
				list = slices.Delete(list, i, i+1)
				i--
			}
		}
	}
	if remember {
		m := &w.kept.take(1)[0]
		*m = memory{place: p, facts: w.facts.take(len(p.live)), precise: w.flags.take(len(p.live)), before: w.at.left}
		for i, v := range p.live {
			m.facts[i] = w.cur[v.ID]
		}
		list = append(list, m)
		w.used = append(w.used, p.id)
		w.at.left = m
		w.insns, w.jumps = 0, 0
	}
	w.memories[p.id] = list
	return true
}

// blame counts what a memory differs in.
func (w *walker) blame(m *memory) {
	if w.blamed == nil {
		return
	}
	for i, v := range m.place.live {
		if !m.covers1(i, &w.cur[v.ID]) {
			w.blamed[v.ID]++
			w.faults = append(w.faults, v)
		}
	}
}

// number is what is known of a number.
func (w *walker) number(v *ir.Value) number {
	if v.Op == ir.Const || v.Op == ir.WConst {
		return compute(v, nil)
	}
	if !w.m.kept[v.ID] {
		return anything(v.Type)
	}
	return w.cur[v.ID].number
}

// set changes what is known of a number, and of those that are the same in another width.
func (w *walker) set(v *ir.Value, n number) {
	if v.Op == ir.Const || v.Op == ir.WConst {
		return
	}
	w.put(v, n)
	if v.Op == ir.Zext {
		v = v.Args[0]
		w.put(v, compute(&ir.Value{Op: ir.Trunc, Type: ir.I32, Args: []*ir.Value{v}}, func(*ir.Value) number { return n }))
	}
	for _, z := range w.m.widened[v.ID] {
		w.put(z, compute(z, w.number))
	}
}

// put changes what is known of one number.
func (w *walker) put(v *ir.Value, n number) {
	w.log = append(w.log, change{v.ID, w.cur[v.ID]})
	w.cur[v.ID].number = n
}

// inst is what an instruction makes known.
func (w *walker) inst(v *ir.Value, i int) {
	switch {
	case forks(v):
		w.fork(v, i)
	case v.Op == ir.PktAdd:
		w.demand(v.Args[1], i)
		w.cur[v.ID] = moved(w.cur[v.Args[0].ID], w.number(v.Args[1]), 1)
	case v.Op == ir.MakeObj && w.m.kept[v.ID]:
		var zeroes uint64
		for k, a := range zeroable(v) {
			n := w.number(a)
			if x, known := n.exact(); known && x == 0 {
				zeroes |= 1 << (k % 64)
				w.demand(a, i)
			}
		}
		w.cur[v.ID] = fact{off: zeroes}
	case v.Op == ir.Data:
		w.cur[v.ID] = fact{}
	case v.Op == ir.Lookup:
		if key := arrayKey(v); key != nil {
			n := w.number(key)
			if _, known := n.exact(); known {
				w.demand(key, i)
			}
		}
	case w.m.kept[v.ID]:
		w.cur[v.ID].number = compute(v, w.number)
	}
}

// moved is a pointer n elements of so many bytes further.
func moved(p fact, n number, size uint64) fact {
	if by, known := n.exact(); known {
		p.off += by * size
		return p
	}
	width := exactly(ir.I64, size)
	n = binary(ir.Mul, ir.I64, &n, &width)
	n.settle(ir.I64)
	if p.loose {
		n = binary(ir.Add, ir.I64, &p.number, &n)
		n.settle(ir.I64)
	}
	return fact{number: n, off: p.off, loose: true}
}

// fork walks through an instruction that is a branch for the machine: a comparison whose result is wanted, which falls
// through with 0, and an index, which does if it is out of range.
func (w *walker) fork(v *ir.Value, i int) {
	x, y := v.Args[0], v.Args[1]
	cond := v.Cond
	var bound number
	if v.Op == ir.MemAdd {
		x, cond, bound = v.Args[1], ir.ULt, exactly(ir.I64, uint64(v.Imm))
	} else {
		bound = w.number(y)
	}
	n := w.number(x)
	outcome := func(holds bool, n number) fact {
		switch {
		case v.Op == ir.MemAdd && holds:
			return moved(w.cur[v.Args[0].ID], n, uint64(v.Size))
		case v.Op == ir.MemAdd:
			return w.cur[v.Args[0].ID]
		case holds:
			return fact{number: exactly(v.Type, 1)}
		}
		return fact{number: exactly(v.Type, 0)}
	}
	if v.Op == ir.MemAdd {
		w.demand(x, i)
	}
	if side, ok := decide(cond, &n, &bound); ok {
		w.demand(x, i)
		if v.Op == ir.Cmp {
			w.demand(y, i)
		}
		w.cur[v.ID] = outcome(side == 0, n)
		return
	}
	if v.Op == ir.MemAdd {
		y = nil
	}
	begin := w.at
	w.learn(cond, 0, x, y, bound)
	w.cur[v.ID] = outcome(true, w.number(x))
	w.at = w.visiting(visit{block: begin.block, from: begin, edge: -1, start: i + 1})
	w.push()
	w.unlearn()
	w.learn(cond, 1, x, y, bound)
	w.cur[v.ID] = outcome(false, w.number(x))
	w.at = w.visiting(visit{block: begin.block, from: begin, edge: -1, start: i + 1})
}

// learn narrows the operands of a comparison for one of its sides; y is nil if it is no value.
func (w *walker) learn(cond ir.Cond, side int, x, y *ir.Value, bound number) {
	w.log = w.log[:0]
	n := w.number(x)
	if side == 0 {
		learn(cond, x.Type, &n, &bound)
	} else if c, ok := cond.Negated(); ok {
		learn(c, x.Type, &n, &bound)
	} else {
		unset(x.Type, &n, &bound)
	}
	w.set(x, n)
	if y != nil {
		w.set(y, bound)
	}
}

// unlearn takes the last lesson back.
func (w *walker) unlearn() {
	for _, c := range slices.Backward(w.log) {
		w.cur[c.id] = c.was
	}
	w.log = w.log[:0]
}

// push queues where the walker is.
func (w *walker) push() {
	p := pending{w.at, w.m.needed(w.at)}
	for _, v := range p.needed {
		w.saved = append(w.saved, w.cur[v.ID])
	}
	w.work += len(p.needed)
	w.queue = append(w.queue, p)
	w.visit.Pending = max(w.visit.Pending, len(w.queue))
}

// pop goes on where the walker last queued.
func (w *walker) pop() {
	last := w.queue[len(w.queue)-1]
	facts := w.saved[len(w.saved)-len(last.needed):]
	for i, v := range last.needed {
		w.cur[v.ID] = facts[i]
	}
	w.at, w.queue, w.saved = last.to, w.queue[:len(w.queue)-1], w.saved[:len(w.saved)-len(facts)]
}

// needed lists of what something must be known where a visit begins.
func (m *Model) needed(n *visit) []*ir.Value {
	c := &m.blocks[n.block.ID]
	if n.start == 0 {
		return c.begin
	}
	i, _ := slices.BinarySearchFunc(c.places, n.start, func(p *place, at int) int { return p.at - at })
	return c.places[i].live
}

// enter goes along an edge.
func (w *walker) enter(i int) {
	e := &w.at.block.Term.Succs[i]
	w.args = w.args[:0]
	for _, a := range e.Args {
		w.args = append(w.args, w.number(a))
	}
	for j, p := range e.To.Params {
		w.cur[p.ID] = fact{number: w.args[j]}
	}
	w.at = w.visiting(visit{block: e.To, from: w.at, edge: i})
}

// term walks through a terminator.
func (w *walker) term(c *Block) bool {
	from := w.at
	t := &from.block.Term
	w.step(c.term, c.jumps)
	switch len(t.Succs) {
	case 0:
		return false
	case 1:
		if t.Op == ir.SlotCall {
			n := w.number(t.Args[0])
			if _, known := n.exact(); known {
				w.demand(t.Args[0], len(from.block.Insts))
			}
		}
		w.enter(0)
		return true
	}
	fall := w.m.order.Falls(from.block)
	var x, y *ir.Value
	var bound number
	if t.Op == ir.Br && t.Args[0].Type != ir.Mem {
		x, y = t.Args[0], t.Args[1]
		bound = w.number(y)
		n := w.number(x)
		if side, ok := decide(t.Cond, &n, &bound); ok {
			w.demand(x, len(from.block.Insts))
			w.demand(y, len(from.block.Insts))
			w.enter(side)
			return true
		}
	}
	for _, side := range []int{1 - fall, fall} {
		w.at, w.log = from, w.log[:0]
		switch {
		case x != nil:
			w.learn(t.Cond, side, x, y, bound)
		case t.Op == ir.Check && side == 0:
			w.prove(t)
		}
		w.enter(side)
		if side != fall {
			w.push()
			w.unlearn()
		}
	}
	return true
}

// prove notes how many bytes a check has found.
func (w *walker) prove(t *ir.Term) {
	p, disp := ir.PktBase(t.Args[0])
	base := w.cur[p.ID]
	n := base.off + uint64(disp+t.Imm)
	w.log = w.log[:0]
	for _, v := range w.m.blocks[t.Succs[0].To.ID].in {
		f := &w.cur[v.ID]
		if same := v == p || v.Type == ir.Pkt && !f.loose && !base.loose; same && f.proved < n {
			w.log = append(w.log, change{v.ID, *f})
			f.proved = n
		}
	}
}

// demand notes that a number must be known precisely before the i-th instruction of the block in hand: in all that is
// remembered of the way there, and of what it was made of.
func (w *walker) demand(v *ir.Value, i int) {
	w.demands++
	w.trace(v, w.at, i)
}

func (w *walker) trace(v *ir.Value, n *visit, upTo int) {
	for n != nil && v.Op != ir.Const && v.Op != ir.WConst && w.m.kept[v.ID] && w.asked[v.ID] != w.demands {
		w.asked[v.ID] = w.demands
		w.work++
		defined := -1
		for {
			here := v.Block == n.block
			if here && v.Op != ir.Param {
				defined = w.m.index[v.ID]
				here = defined >= n.start
			} else if here {
				here = n.start == 0
			}
			w.work++
			for m := n.left; m != nil; m = m.before {
				if m.place.at <= upTo && (!here || m.place.at > defined) && !m.ask(v) {
					return
				}
			}
			if here {
				break
			}
			if n, upTo = n.from, math.MaxInt; n == nil {
				return
			}
		}
		if v.Op == ir.Param {
			if n.from == nil {
				return
			}
			v = n.from.block.Term.Succs[n.edge].Args[w.m.index[v.ID]]
			n, upTo = n.from, math.MaxInt
			continue
		}
		if v.Op != ir.Forget && !v.Op.Info().Pure || v.Op == ir.Cmp {
			return
		}
		for _, a := range v.Args {
			w.trace(a, n, defined)
		}
		return
	}
}

// ask marks a number as precise; false if it was, and so all that it is made of.
func (m *memory) ask(v *ir.Value) bool {
	i, ok := slices.BinarySearchFunc(m.place.live, v.ID, func(w *ir.Value, id int) int { return w.ID - id })
	if !ok {
		return true
	}
	was := m.precise[i]
	m.precise[i] = true
	return !was
}

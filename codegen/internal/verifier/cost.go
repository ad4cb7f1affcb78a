// Package verifier is the kernel verifier's view of a program: what it will cost to prove.
//
// The verifier walks every path, depth first, and stops where it meets a state that an earlier walk through the same
// instruction covers. Its price is therefore not the length of a program but
//
//	Σ over blocks b of D(b) · (instructions of b) + what is walked again behind joins
//
// where D(b) is the number of states at b that are not covered by one another. Two states differ if they disagree in
// something that will be demanded precisely: a number that decides a branch later, or the constant offset of a packet
// pointer. A number that is only stored, added or returned never matters. So D is 1 nearly everywhere, grows by one
// where a constant is set on one side of a branch and compared later, and doubles where many such constants live side
// by side: sixteen flags cost 2^16.
//
// D is computed forward over the acyclic graph, with sets of states (states.go). A state is what is known of live values
// that are demanded (demand.go): constants passed to block parameters, results of arithmetic with known operands, what
// the equal side of `x == constant` tells of x, and of packet pointers the offset or its bound and the bytes proved
// behind them. A branch whose operands are known is followed on one side only. States that know the same are one state.
// Where more than 64 are left, some stand for all.
//
// States are remembered only at some instructions, so that a path which joins another is walked on until it meets one:
// see walk.go.
//
// What this doesn't see: ranges of numbers (`x < 10` on one side), bits known, pending branches. It takes a number that
// is demanded on one path for demanded on all, which makes it too high where many constants meet; that a state covers
// another which knows more about a packet is not seen either. Estimates of the lowering are averages: the table in
// insns.go, and for each value that has no register a store and a load.
package verifier

import (
	"math"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// Limits of the kernel.
const (
	MaxStack = 512 // bytes
	MaxMaps  = 64
)

const (
	prologue  = 1 // the context moves to a register that calls preserve
	spillCost = 2
)

// Estimate is the price of one program.
type Estimate struct {
	Insns     int // 8-byte instruction slots
	Processed int // instructions the verifier walks through
	Stack     int // bytes
	Maps      int // distinct ones
}

// Model holds what estimates for parts of one Func share.
type Model struct {
	f      *ir.Func
	order  []*ir.Block
	pos    []int // in order, by block ID
	blocks []Block

	wanted   []bool             // demanded precisely, by value ID
	places   []bool             // goes into a packet offset, by value ID
	in       [][]*ir.Value      // by block ID; see liveIn
	decisive map[*ir.Value]bool // known in some state where that matters
	uses     []int              // by value ID
}

// Block is the price of one block.
type Block struct {
	Steps int      // instructions the verifier walks through, once
	Slots int      // instruction slots
	Stack int      // bytes at the worst point
	Maps  []string // named in it

	term   int  // steps of the terminator
	calls  int  // of helpers
	target bool // of a jump
}

// NewModel analyses f.
func NewModel(f *ir.Func) *Model {
	m := &Model{f: f, order: f.ReversePostorder(), pos: make([]int, f.NumBlocks())}
	m.uses = f.UseCounts()
	preds, live := f.Preds(), ir.Live(f)
	m.blocks = make([]Block, f.NumBlocks())
	for i, b := range m.order {
		m.pos[b.ID] = i
		m.blocks[b.ID] = measure(b, preds[b.ID], live.Out(b), m.uses)
	}
	m.demand(preds, live)
	return m
}

// measure is the price of a block.
func measure(b *ir.Block, preds []ir.Pred, out []*ir.Value, uses []int) Block {
	var s size
	c := Block{target: len(preds) > 1}
	for _, v := range b.Insts {
		s.add(instSize(v, uses))
		switch v.Op {
		case ir.Lookup, ir.Update, ir.Delete, ir.Output:
			c.Maps = append(c.Maps, v.Sym)
		case ir.GlobalAddr:
			c.Maps = append(c.Maps, ".rodata", ".data")
		case ir.Forget: // adds a variable
			c.Maps = append(c.Maps, ".data")
		}
		if v.Op.Info().Call {
			c.calls++
		}
	}
	p := pressureOf(b, out)
	s.add(steps(spillCost * max(0, p.spills)))
	term := termSize(&b.Term, uses)
	s.add(term)
	if b.Term.Op == ir.TailCall || b.Term.Op == ir.SlotCall {
		c.Maps = append(c.Maps, b.Term.Sym)
		c.calls++
	}
	for _, p := range preds {
		if from := &p.From.Term; len(from.Succs) == 2 && queue(from)[0] == b {
			c.target = true
		}
	}
	c.Steps, c.Slots, c.Stack, c.term = s.steps, s.slots, p.stack, term.steps
	return c
}

// Block is the price of b.
func (m *Model) Block(b *ir.Block) *Block { return &m.blocks[b.ID] }

// Steps is the price of one instruction.
func (m *Model) Steps(v *ir.Value) int { return instSize(v, m.uses).steps }

// Visit is how the verifier goes through a part of a Func, by block ID: in how many states it reaches each block, and how
// many instructions of the block it walks through in all.
type Visit struct {
	States []float64
	Steps  []float64
}

// Visit starts at entry, knowing nothing, and ends where leave says.
func (m *Model) Visit(entry *ir.Block, leave func(*ir.Block) bool) Visit {
	v := Visit{m.states(entry, leave), make([]float64, m.f.NumBlocks())}
	for id, steps := range m.walk(entry, leave) {
		v.Steps[id] = v.States[id] * float64(steps)
	}
	return v
}

// Cost estimates a whole program.
func Cost(f *ir.Func) Estimate {
	m := NewModel(f)
	visit := m.Visit(f.Blocks[0], func(*ir.Block) bool { return false })
	e := Estimate{Insns: prologue}
	processed := float64(prologue)
	names := map[string]bool{}
	for _, b := range m.order {
		c := m.Block(b)
		processed += visit.Steps[b.ID]
		e.Insns += c.Slots
		e.Stack = max(e.Stack, c.Stack)
		for _, name := range c.Maps {
			names[name] = true
		}
	}
	e.Maps = len(names)
	e.Processed = int(min(processed, math.MaxInt32))
	return e
}

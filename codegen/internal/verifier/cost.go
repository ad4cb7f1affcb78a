// Package verifier is the kernel verifier's view of a program: what it will cost to prove.
//
// The verifier walks every path, depth first, and stops where it meets a state that an earlier walk through the same
// instruction covers. Its price is therefore not the length of a program but
//
//	Σ over blocks b of D(b) · (instructions of b)
//
// where D(b) is how often it comes by without finding b's state covered. Of a number it compares what it knows only if
// that turned out to matter behind the earlier state: if a branch was decided by it, or a pointer placed. A number that is
// only stored, added or returned never matters. So D is 1 nearly everywhere, grows by one where a constant is set on one
// side of a branch and compared later, and doubles where many such constants live side by side: sixteen flags cost 2^16.
//
// The model is that walk, over IR instead of machine code:
//
//	places   where the verifier looks for an earlier state, and what is alive there
//	number   what it knows of a number: ranges, signs and bits, from operations and from branches
//	walk     depth first, what falls through first; what is remembered, found again and given up
//	insns    how many instructions each operation becomes
//	stack    how many values have no register
//	callees  what subprograms add
//
// What it doesn't see: what the lowering makes of one operation exactly (the table is of averages); what register or
// stack slot a value lives in, and so leftovers in dead slots (regalloc/frame.go sees to it that they don't matter); that two
// registers hold the same number plus a constant (lower/select.go sees to it that the verifier doesn't, either); the value of
// a config, which the verifier reads from the frozen map, and by which it may skip much of a program.
// Where kernels differ it is like Linux 6.18.
//
// A test (TestEstimates in cmd/tcc/internal/oracle) holds the estimates against what the running kernel says.
package verifier

import (
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// Limits of the kernel.
const (
	MaxStack = 512 // bytes
	MaxMaps  = 64
)

const (
	prologue = 1 // the context moves to a register that calls preserve
)

// Estimate is the price of one program.
type Estimate struct {
	Insns     int  // 8-byte instruction slots
	Processed int  // instructions the verifier walks through
	Stack     int  // bytes
	Deepest   int  // bytes of stack that its calls of subprograms take at most; 0: it calls none
	TailCalls bool // it makes some
	Maps      int  // distinct ones
	Pending   int  // branches that the verifier has queued at the worst moment
	Jump      int  // the longest distance of a jump, in instruction slots
}

// Model holds what estimates for parts of one Func share.
type Model struct {
	Limit int // of the instructions that a Visit walks through, if not 0

	f      *ir.Func
	order  *lower.Order
	blocks []Block // by ID

	kept    []bool        // see demand; by value ID
	widened [][]*ir.Value // the same numbers in 64 bits, by value ID
	index   []int         // where in its block, or among its parameters, by value ID
	steps   []uint16      // of instructions, by value ID
	uses    []int         // by value ID
	places  int
	walker  *walker // of the last visit, for what it has allocated
}

// Block is the price of one block.
type Block struct {
	Steps int      // instructions the verifier walks through, once
	Slots int      // instruction slots
	Stack int      // bytes at the worst point
	Least int      // the same, if numbers may lie elsewhere than on the stack
	Maps  []string // named in it
	Calls []string // subprograms that it calls

	term   int         // steps of the terminator
	extra  int         // steps that belong to no instruction
	jumps  int         // the terminator's, calls included
	target bool        // of a jump
	in     ir.Values   // kept values that live on entry
	begin  []*ir.Value // these and the parameters that are kept
	places []*place
}

// NewModel analyses f.
func NewModel(f *ir.Func) *Model {
	n := f.NumValues()
	m := &Model{f: f, order: lower.NewOrder(f), blocks: make([]Block, f.NumBlocks()), uses: f.UseCounts(),
		widened: make([][]*ir.Value, n), index: make([]int, n), steps: make([]uint16, n)}
	preds, live := f.Preds(), ir.Live(f)
	p := NewPressure(f)
	for _, b := range m.order.Blocks {
		m.blocks[b.ID] = m.measure(b, preds.Of(b), p.of(b, live.Out(b)))
	}
	m.demand(preds)
	m.findPlaces(live)
	return m
}

// measure is the price of a block.
func (m *Model) measure(b *ir.Block, preds []ir.Pred, p pressure) Block {
	var s size
	c := Block{target: m.target(b, preds)}
	for _, v := range b.Insts {
		one := instSize(v, m.uses)
		m.steps[v.ID] = uint16(one.steps)
		s.add(one)
		switch v.Op {
		case ir.Lookup, ir.Update, ir.Delete, ir.Output:
			c.Maps = append(c.Maps, v.Sym)
		case ir.GlobalAddr:
			c.Maps = append(c.Maps, ".rodata", ".data")
		case ir.Forget: // adds a variable
			c.Maps = append(c.Maps, ".data")
		case ir.CallFn, ir.Loop:
			c.Calls = append(c.Calls, v.Sym)
		}
	}
	c.extra = min(max(0, p.spills), p.shared)
	s.add(steps(c.extra))
	term := m.termSize(b)
	s.add(term)
	switch {
	case b.Term.Op == ir.TailCall || b.Term.Op == ir.SlotCall:
		c.Maps = append(c.Maps, b.Term.Sym)
		c.jumps = 2
	case b.Term.Op != ir.Jump || !m.order.Follows(b, b.Term.Succs[0].To):
		c.jumps = 1
	}
	c.Steps, c.Slots, c.Stack, c.Least, c.term = s.steps, s.slots, p.stack, p.least, term.steps
	return c
}

// target reports whether a jump leads to a block, or a call of another program that missed.
func (m *Model) target(b *ir.Block, preds []ir.Pred) bool {
	return slices.ContainsFunc(preds, func(p ir.Pred) bool {
		if p.From.Term.Op == ir.TailCall || p.From.Term.Op == ir.SlotCall {
			return true
		}
		if len(p.From.Term.Succs) == 2 && m.order.Falls(p.From) != p.Index {
			return true
		}
		return !m.order.Follows(p.From, b)
	})
}

// Block is the price of b.
func (m *Model) Block(b *ir.Block) *Block { return &m.blocks[b.ID] }

// Steps is the price of one instruction.
func (m *Model) Steps(v *ir.Value) int { return instSize(v, m.uses).steps }

// Visit is how the verifier goes through a part of a Func, by block ID: how often it walks through each block, and how
// many instructions of the block that is in all. The next visit writes over it.
type Visit struct {
	States  []float64
	Steps   []float64
	Total   int  // instructions
	Pending int  // branches queued at the worst moment
	Over    bool // there was more than the limit; the rest is missing
}

// enough is where a walk ends at the latest: it is more than the kernel allows.
const enough = 2_000_000

// Visit starts at entry, knowing nothing, and ends where leave says.
func (m *Model) Visit(entry *ir.Block, leave func(*ir.Block) bool) Visit {
	w := m.walking()
	w.leave, w.limit = leave, enough
	if m.Limit > 0 {
		w.limit = min(w.limit, m.Limit)
	}
	return w.run(entry)
}

// walking is a walker of the whole function.
func (m *Model) walking() *walker {
	if m.walker == nil {
		n, blocks := m.f.NumValues(), m.f.NumBlocks()
		m.walker = &walker{m: m, cur: make([]fact, n), memories: make([][]*memory, m.places), asked: make([]int, n), limit: enough,
			visit: Visit{States: make([]float64, blocks), Steps: make([]float64, blocks)}}
	}
	m.walker.leave = func(*ir.Block) bool { return false }
	return m.walker
}

// Cost estimates a whole program, with what it calls.
func Cost(f *ir.Func, callees *Callees) Estimate {
	p := cost(f)
	callees.Charge(&p.Estimate, p.calls, p.maps)
	return p.Estimate
}

// A price is that of one function, without what it calls.
type price struct {
	Estimate
	maps, calls []string
}

func cost(f *ir.Func) price {
	m := NewModel(f)
	visit := m.Visit(f.Blocks[0], func(*ir.Block) bool { return false })
	p := price{Estimate: Estimate{Insns: prologue, Pending: visit.Pending}}
	processed := float64(prologue)
	for _, b := range m.order.Blocks {
		c := m.Block(b)
		processed += visit.Steps[b.ID]
		p.Insns += c.Slots
		p.Stack = max(p.Stack, c.Stack)
		p.TailCalls = p.TailCalls || b.Term.Op == ir.TailCall
		for _, name := range c.Maps {
			p.maps = with(p.maps, name)
		}
		for _, name := range c.Calls {
			p.calls = with(p.calls, name)
		}
	}
	p.Processed = int(min(processed, math.MaxInt32))
	p.Jump = m.longestJump()
	return p
}

// longestJump is the longest distance of a jump, in instruction slots.
func (m *Model) longestJump() (longest int) {
	start, n := make([]int, len(m.blocks)), 0
	for _, b := range m.order.Blocks {
		start[b.ID] = n
		n += m.blocks[b.ID].Slots
	}
	for _, b := range m.order.Blocks {
		for _, e := range b.Term.Succs {
			from := start[b.ID] + m.blocks[b.ID].Slots
			longest = max(longest, start[e.To.ID]-from, from-start[e.To.ID])
		}
	}
	return longest
}

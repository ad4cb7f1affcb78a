// Package verifier is the kernel verifier's view of a program: what it will cost to prove.
//
// The verifier walks every path, depth first, and stops where it meets a state that an earlier walk through the same
// instruction covers. Its price is therefore not the length of a program but
//
//	Σ over blocks b of D(b) · (instructions of b) + what is walked twice at joins
//
// where D(b) is the number of states at b that are not covered by one another. Two states differ if they disagree in
// something that will be demanded precisely: a number that decides a branch later, or the constant offset of a packet
// pointer. A number that is only stored, added or returned never matters. So D is 1 nearly everywhere, grows by one
// where a constant is set on one side of a branch and compared later, and doubles where many such constants live side
// by side: sixteen flags cost 2^16.
//
// D is computed forward over the acyclic graph, with sets of states. A state is what is known of the demanded values
// that are live: constants passed to block parameters, results of arithmetic with known operands, and what the equal
// side of `x == constant` tells of x. A branch whose operands are known is followed on one side only. States that know
// the same are one state. Where more than 64 are left, some stand for all.
//
// States are compared only at some instructions, so that a path which joins another is walked a few instructions
// beyond the join before it is found to be covered: joinSteps each.
//
// What this doesn't see: ranges (`x < 10` on one side), bits known of a value, different proofs for one packet
// pointer, pending branches, the order in which the paths are walked. Estimates of the lowering are averages: the
// table in insns.go, and for each value that has no register a store and loads.
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
	joinSteps = 4
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
	pos    []int         // in order, by block ID
	wanted []bool        // demanded precisely, by value ID
	in     [][]*ir.Value // live and demanded on entry, parameters included, by block ID
	blocks []Block
	uses   []int // by value ID
}

// Block is the price of one block.
type Block struct {
	Steps int      // instructions the verifier walks through, once
	Slots int      // instruction slots
	Stack int      // bytes at the worst point
	Maps  []string // named in it
}

// NewModel analyses f.
func NewModel(f *ir.Func) *Model {
	m := &Model{f: f, order: f.ReversePostorder(), pos: make([]int, f.NumBlocks())}
	m.uses = f.UseCounts()
	preds, live := f.Preds(), ir.Live(f)
	m.wanted = demand(f, m.order, preds)
	m.in = make([][]*ir.Value, f.NumBlocks())
	m.blocks = make([]Block, f.NumBlocks())
	for i, b := range m.order {
		m.pos[b.ID] = i
		for _, list := range [][]*ir.Value{live.In(b), b.Params} {
			for _, v := range list {
				if m.wanted[v.ID] {
					m.in[b.ID] = append(m.in[b.ID], v)
				}
			}
		}
		m.blocks[b.ID] = measure(b, len(preds[b.ID]), live.Out(b), m.uses)
	}
	return m
}

// measure is the price of a block.
func measure(b *ir.Block, preds int, out []*ir.Value, uses []int) Block {
	var s size
	var maps []string
	for _, v := range b.Insts {
		s.add(instSize(v, uses))
		switch v.Op {
		case ir.Lookup, ir.Update, ir.Delete, ir.Output:
			maps = append(maps, v.Sym)
		case ir.GlobalAddr:
			maps = append(maps, ".rodata", ".data")
		}
	}
	s.add(termSize(&b.Term, uses))
	if b.Term.Op == ir.TailCall || b.Term.Op == ir.SlotCall {
		maps = append(maps, b.Term.Sym)
	}
	p := pressureOf(b, out)
	if p.spills > 0 {
		s.add(steps(spillCost * p.spills))
	}
	if preds > 1 {
		s.steps += joinSteps * (preds - 1)
	}
	return Block{Steps: s.steps, Slots: s.slots, Stack: p.stack, Maps: maps}
}

// Block is the price of b.
func (m *Model) Block(b *ir.Block) *Block { return &m.blocks[b.ID] }

// Steps is the price of one instruction.
func (m *Model) Steps(v *ir.Value) int { return instSize(v, m.uses).steps }

// Cost estimates a whole program.
func Cost(f *ir.Func) Estimate {
	m := NewModel(f)
	e := Estimate{Insns: prologue}
	processed := float64(prologue)
	names := map[string]bool{}
	d := m.States(f.Blocks[0], func(*ir.Block) bool { return false })
	for _, b := range m.order {
		c := m.Block(b)
		processed += d[b.ID] * float64(c.Steps)
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

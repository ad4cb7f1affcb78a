package opt

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// cse replaces an instruction by an earlier one that computes the same and dominates it. Loads are left alone: whoever
// reads a field of the packet again and again wants just that, so that the kernel's verifier learns nothing.
//
// Constants and addresses of globals are merged within a block only. To make them again costs nothing; to keep a value
// alive across blocks does.
func cse(f *ir.Func) bool {
	c := &numbering{
		dom:    ir.Dominators(f),
		moved:  beforeMoves(f),
		seen:   map[expr]*ir.Value{},
		consts: map[expr]int{},
		number: make([]int, f.NumValues()),
		with:   map[*ir.Value]*ir.Value{},
	}
	for i := range c.number {
		c.number[i] = i
	}
	for _, root := range c.dom.Roots() {
		c.visit(root)
	}
	f.ReplaceAll(c.with)
	return len(c.with) > 0
}

// expr is what an instruction computes, its arguments given by number.
type expr struct {
	op   ir.Op
	typ  ir.Type
	cond ir.Cond
	size int
	imm  int64
	sym  string
	x, y int
	list string // the fields of an object
	home int    // the block of what is merged within its block only
}

type numbering struct {
	dom    *ir.Dom
	moved  []bool
	seen   map[expr]*ir.Value // in the blocks that dominate the current one
	consts map[expr]int       // numbers of constants, whatever their block
	number []int              // by value ID; the same for values known to be equal
	with   map[*ir.Value]*ir.Value
}

// visit numbers a block and those below it in the dominator tree.
func (c *numbering) visit(b *ir.Block) {
	var mine []expr
	kept := b.Insts[:0]
	for _, v := range b.Insts {
		if !c.mergeable(v) {
			kept = append(kept, v)
			continue
		}
		e := c.expr(v)
		if first := c.seen[e]; first != nil {
			c.number[v.ID] = c.number[first.ID]
			c.with[v] = first
			continue
		}
		c.seen[e] = v
		mine = append(mine, e)
		kept = append(kept, v)
	}
	b.Insts = kept
	for _, child := range c.dom.Children(b) {
		c.visit(child)
	}
	for _, e := range mine {
		delete(c.seen, e)
	}
}

// mergeable reports whether v always computes the same. Data and DataEnd do so if nothing that can follow them moves the packet.
func (c *numbering) mergeable(v *ir.Value) bool {
	if v.Op == ir.Data || v.Op == ir.DataEnd {
		return !c.moved[v.Block.ID]
	}
	return v.Op.Info().Pure
}

func (c *numbering) expr(v *ir.Value) expr {
	e := expr{op: v.Op, typ: v.Type, cond: v.Cond, size: v.Size, imm: v.Imm, sym: v.Sym, x: -1, y: -1}
	switch v.Op {
	case ir.Const, ir.WConst, ir.GlobalAddr:
		if v.Op == ir.Const {
			e.imm = int64(v.Number())
		}
		c.constant(v, e)
		e.home = v.Block.ID
		return e
	case ir.MakeObj:
		for i, a := range v.Args {
			e.list += fmt.Sprint(v.Fields[i], c.number[a.ID])
		}
		return e
	}
	if len(v.Args) > 0 {
		e.x = c.number[v.Args[0].ID]
	}
	if len(v.Args) > 1 {
		e.y = c.number[v.Args[1].ID]
	}
	if v.Op.Info().Commut && e.x > e.y {
		e.x, e.y = e.y, e.x
	}
	return e
}

// constant gives equal constants the same number.
func (c *numbering) constant(v *ir.Value, e expr) {
	if n, ok := c.consts[e]; ok {
		c.number[v.ID] = n
	} else {
		c.consts[e] = v.ID
	}
}

// beforeMoves marks the blocks, by ID, in which or after which the packet can move. A tail call that misses counts as
// such a move if the packet is looked at after it.
func beforeMoves(f *ir.Func) []bool {
	looks := before(f, func(b *ir.Block) bool {
		return slices.ContainsFunc(b.Insts, func(v *ir.Value) bool { return v.Op == ir.Data || v.Op == ir.DataEnd })
	})
	return before(f, func(b *ir.Block) bool {
		called := b.Term.Op == ir.SlotCall || b.Term.Op == ir.TailCall
		return called && looks[b.Term.Succs[0].To.ID] ||
			slices.ContainsFunc(b.Insts, func(v *ir.Value) bool { return v.Op.Info().Moves })
	})
}

// before marks the blocks, by ID, that are so and those that lead to them.
func before(f *ir.Func, so func(*ir.Block) bool) []bool {
	marked := make([]bool, f.NumBlocks())
	var work []*ir.Block
	mark := func(b *ir.Block) {
		if !marked[b.ID] {
			marked[b.ID] = true
			work = append(work, b)
		}
	}
	for _, b := range f.Blocks {
		if so(b) {
			mark(b)
		}
	}
	preds := f.Preds()
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		for _, p := range preds[b.ID] {
			mark(p.From)
		}
	}
	return marked
}

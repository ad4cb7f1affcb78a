package opt

import (
	"slices"
	"strconv"

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
		seen:   newScopes(f.NumValues()),
		consts: newScopes(f.NumValues()),
		texts:  map[string]int{},
		number: make([]int, f.NumValues()),
		with:   ir.NewReplacements(f),
	}
	for i := range c.number {
		c.number[i] = i
	}
	for _, root := range c.dom.Roots() {
		c.visit(root)
	}
	f.Replace(c.with)
	return c.with.Any()
}

// expr is what an instruction computes, its arguments given by number.
type expr struct {
	op   ir.Op
	typ  ir.Type
	cond ir.Cond
	size int
	imm  int64
	text int // a number for the symbol, or for the fields of an object
	x, y int
	home int // the block of what is merged within its block only
}

// hash mixes all that tells expressions apart.
func (e *expr) hash() uint32 {
	h := uint64(e.op) | uint64(e.typ)<<8 | uint64(e.cond)<<16
	for _, n := range [...]int{e.size, int(e.imm), e.text, e.x, e.y, e.home} {
		h = (h ^ uint64(n)) * 0x9e3779b97f4a7c15 // 2^64 by the golden ratio
		h ^= h >> 32
	}
	return uint32(h)
}

type numbering struct {
	dom    *ir.Dom
	moved  []bool
	seen   *scopes        // in the blocks that dominate the current one
	consts *scopes        // constants, whatever their block
	texts  map[string]int // numbers of texts
	fields []byte         // of the last object
	number []int          // by value ID; the same for values known to be equal
	with   *ir.Replacements
}

// visit numbers a block and those below it in the dominator tree.
func (c *numbering) visit(b *ir.Block) {
	mark := c.seen.mark()
	kept := b.Insts[:0]
	for _, v := range b.Insts {
		if !c.mergeable(v) {
			kept = append(kept, v)
			continue
		}
		if first := c.seen.find(c.expr(v), v); first != v {
			c.number[v.ID] = c.number[first.ID]
			c.with.Put(v, first)
			continue
		}
		kept = append(kept, v)
	}
	b.Insts = kept
	for _, child := range c.dom.Children(b) {
		c.visit(child)
	}
	c.seen.back(mark)
}

// mergeable reports whether v always computes the same. Data and DataEnd do so if nothing that can follow them moves the packet.
func (c *numbering) mergeable(v *ir.Value) bool {
	if v.Op == ir.Data || v.Op == ir.DataEnd {
		return !c.moved[v.Block.ID]
	}
	return v.Op.Info().Pure
}

func (c *numbering) expr(v *ir.Value) expr {
	e := expr{op: v.Op, typ: v.Type, cond: v.Cond, size: v.Size, imm: v.Imm, text: c.text(v.Sym), x: -1, y: -1}
	switch v.Op {
	case ir.Const, ir.WConst, ir.GlobalAddr:
		if v.Op == ir.Const {
			e.imm = int64(v.Number())
		}
		c.constant(v, e)
		e.home = v.Block.ID
		return e
	case ir.MakeObj:
		c.fields = c.fields[:0]
		for i, a := range v.Args {
			for _, n := range [...]int{v.Fields[i].Offset, v.Fields[i].Size, c.number[a.ID]} {
				c.fields = append(strconv.AppendInt(c.fields, int64(n), 10), ' ')
			}
		}
		e.text = c.text(string(c.fields))
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

// text is a number for a text, 0 if it is empty.
func (c *numbering) text(s string) int {
	if s == "" {
		return 0
	}
	if c.texts[s] == 0 {
		c.texts[s] = len(c.texts) + 1
	}
	return c.texts[s]
}

// constant gives equal constants the same number.
func (c *numbering) constant(v *ir.Value, e expr) {
	c.number[v.ID] = c.consts.find(e, v).ID
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
		for _, p := range preds.Of(b) {
			mark(p.From)
		}
	}
	return marked
}

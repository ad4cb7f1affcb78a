package ir

import "slices"

// A Copy says what each original became.
type Copy struct {
	Values map[*Value]*Value
	Blocks map[*Block]*Block
}

// Clone is a deep copy of f; everything keeps its ID.
func (f *Func) Clone() *Func {
	g := &Func{Name: f.Name, Index: f.Index, Result: f.Result, Ctx: f.Ctx, Loop: f.Loop, nextValue: f.nextValue, nextBlock: f.nextBlock}
	c := newCopy()
	for _, b := range f.Blocks {
		c.block(g, b, b.ID)
		c.values(b, func(v *Value) int { return v.ID })
	}
	c.connect(f.Blocks)
	for _, r := range f.Roots {
		g.Roots = append(g.Roots, &Root{Stage: r.Stage, Table: r.Table, Block: c.Blocks[r.Block]})
	}
	return g
}

// CloneRegion appends copies of some blocks, of any function, to f, with fresh IDs. Edges that leave the region and
// values that are defined outside it still name the originals: the caller redirects or replaces them.
func (f *Func) CloneRegion(blocks []*Block) *Copy {
	c := newCopy()
	for _, b := range blocks {
		c.block(f, b, f.nextBlock)
		f.nextBlock++
		c.values(b, func(*Value) int {
			f.nextValue++
			return f.nextValue - 1
		})
	}
	c.connect(blocks)
	return c
}

func newCopy() *Copy {
	return &Copy{Values: map[*Value]*Value{}, Blocks: map[*Block]*Block{}}
}

// block copies all but the contents.
func (c *Copy) block(f *Func, b *Block, id int) {
	n := &Block{ID: id, Stage: b.Stage, Start: b.Start, Cold: b.Cold}
	c.Blocks[b] = n
	f.Blocks = append(f.Blocks, n)
}

// values copies parameters and instructions; their arguments are still the originals.
func (c *Copy) values(b *Block, id func(*Value) int) {
	n := c.Blocks[b]
	one := func(v *Value) *Value {
		w := *v
		w.ID, w.Block = id(v), n
		w.Args, w.Fields = slices.Clone(v.Args), slices.Clone(v.Fields)
		c.Values[v] = &w
		return &w
	}
	for _, v := range b.Params {
		n.Params = append(n.Params, one(v))
	}
	for _, v := range b.Insts {
		n.Insts = append(n.Insts, one(v))
	}
}

// connect makes the copies name each other.
func (c *Copy) connect(blocks []*Block) {
	for _, b := range blocks {
		n := c.Blocks[b]
		n.Term = b.Term
		n.Term.Args = slices.Clone(b.Term.Args)
		n.Term.Succs = slices.Clone(b.Term.Succs)
		for i := range n.Term.Succs {
			e := &n.Term.Succs[i]
			e.Args = slices.Clone(e.Args)
			if to := c.Blocks[e.To]; to != nil {
				e.To = to
			}
		}
		n.Operands(func(v **Value) {
			if w := c.Values[*v]; w != nil {
				*v = w
			}
		})
	}
}

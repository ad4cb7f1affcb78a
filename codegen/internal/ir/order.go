package ir

import "slices"

// Entries are the blocks at which control comes in: the entry and the roots.
func (f *Func) Entries() []*Block {
	entries := []*Block{f.Blocks[0]}
	for _, r := range f.Roots {
		entries = append(entries, r.Block)
	}
	return entries
}

// NumBlocks is an upper bound of block IDs, for tables indexed by them.
func (f *Func) NumBlocks() int { return f.nextBlock }

// NumValues is an upper bound of value IDs, for tables indexed by them.
func (f *Func) NumValues() int { return f.nextValue }

// ReversePostorder lists the reachable blocks so that, but for edges that close a loop, a block comes after its
// predecessors. Blocks[0] comes first.
func (f *Func) ReversePostorder() []*Block {
	seen := make([]bool, f.nextBlock)
	order := make([]*Block, 0, len(f.Blocks))
	entries := f.Entries()
	for _, e := range slices.Backward(entries) {
		order = postorder(e, seen, order)
	}
	slices.Reverse(order)
	return order
}

// circular reports whether an edge leads back in reverse postorder: what follows edges then has to come by again.
func circular(order []*Block, preds *Preds) bool {
	seen := make([]bool, len(preds.first))
	for _, b := range order {
		seen[b.ID] = true
		for _, p := range preds.Of(b) {
			if !seen[p.From.ID] || p.From == b {
				return true
			}
		}
	}
	return false
}

// postorder walks with a stack of its own: chains of thousands of blocks are normal.
func postorder(from *Block, seen []bool, order []*Block) []*Block {
	type frame struct {
		b    *Block
		next int
	}
	if seen[from.ID] {
		return order
	}
	seen[from.ID] = true
	stack := []frame{{b: from}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		// Last successor first, so that reverse postorder follows the first successor.
		if n := len(top.b.Term.Succs); top.next < n {
			top.next++
			to := top.b.Term.Succs[n-top.next].To
			if !seen[to.ID] {
				seen[to.ID] = true
				stack = append(stack, frame{b: to})
			}
			continue
		}
		order = append(order, top.b)
		stack = stack[:len(stack)-1]
	}
	return order
}

// Prune removes the blocks that can't be reached and reports whether there were any.
func (f *Func) Prune() bool {
	reached := make([]bool, f.nextBlock)
	for _, b := range f.ReversePostorder() {
		reached[b.ID] = true
	}
	n := len(f.Blocks)
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *Block) bool { return !reached[b.ID] })
	return len(f.Blocks) < n
}

// A Pred is one edge into a block: the successor Index of From.
type Pred struct {
	From  *Block
	Index int
}

// Edge is the edge itself.
func (p Pred) Edge() *Edge { return &p.From.Term.Succs[p.Index] }

// Preds is the edges into each block, in the order of Blocks.
type Preds struct {
	edges []Pred
	first []int32 // of a block's edges, by block ID; one more at the end
}

// Of is the edges into b.
func (p *Preds) Of(b *Block) []Pred {
	from, to := p.first[b.ID], p.first[b.ID+1]
	return p.edges[from:to:to]
}

// Preds finds the edges into each block as they are now.
func (f *Func) Preds() *Preds {
	next := make([]int32, f.nextBlock+2) // where the next edge into the block before goes
	for _, b := range f.Blocks {
		for _, e := range b.Term.Succs {
			next[e.To.ID+2]++
		}
	}
	for i := 2; i < len(next); i++ {
		next[i] += next[i-1]
	}
	p := &Preds{edges: make([]Pred, next[len(next)-1]), first: next[:f.nextBlock+1]}
	for _, b := range f.Blocks {
		for i, e := range b.Term.Succs {
			at := &next[e.To.ID+1]
			p.edges[*at] = Pred{b, i}
			*at++
		}
	}
	return p
}

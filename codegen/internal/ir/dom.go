package ir

import "slices"

// Dom is the dominator tree of a Func. A Func may have several roots; they are the children of a virtual root above
// them, so a block that two roots reach has no immediate dominator.
type Dom struct {
	idom     []*Block // by block ID; nil: the virtual root
	children [][]*Block
	roots    []*Block
	pre      []int // position in a walk of the tree, from 1; 0: unreachable
	last     []int // the last position in the block's subtree
}

// Dominators computes the dominator tree (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm").
func Dominators(f *Func) *Dom {
	order := f.ReversePostorder()
	// Positions from 1 on: 0 is the virtual root.
	pos := make([]int, f.nextBlock)
	for i, b := range order {
		pos[b.ID] = i + 1
	}
	idom := immediate(f, order, pos)
	d := &Dom{
		idom:     make([]*Block, f.nextBlock),
		children: make([][]*Block, f.nextBlock),
		pre:      make([]int, f.nextBlock),
		last:     make([]int, f.nextBlock),
	}
	for i, b := range order {
		if up := idom[i+1]; up == 0 {
			d.roots = append(d.roots, b)
		} else {
			d.idom[b.ID] = order[up-1]
			d.children[order[up-1].ID] = append(d.children[order[up-1].ID], b)
		}
	}
	d.number()
	return d
}

// immediate finds the immediate dominator of each position.
func immediate(f *Func, order []*Block, pos []int) []int {
	preds := f.Preds()
	entry := make([]bool, f.nextBlock)
	for _, b := range f.Entries() {
		entry[b.ID] = true
	}
	const unknown = -1
	idom := slices.Repeat([]int{unknown}, len(order)+1)
	idom[0] = 0
	circles := circular(order, preds)
	for changed := true; changed; {
		changed = false
		for i, b := range order {
			dom := unknown
			if entry[b.ID] {
				dom = 0
			}
			for _, p := range preds.Of(b) {
				q := pos[p.From.ID]
				switch {
				case q == 0 || idom[q] == unknown: // unreachable, or not seen yet
				case dom == unknown:
					dom = q
				default:
					dom = meet(idom, dom, q)
				}
			}
			if idom[i+1] != dom {
				idom[i+1], changed = dom, circles
			}
		}
	}
	return idom
}

// meet is the lowest common ancestor of two positions.
func meet(idom []int, a, b int) int {
	for a != b {
		if a > b {
			a = idom[a]
		} else {
			b = idom[b]
		}
	}
	return a
}

// number gives each block its interval in a walk of the tree, so that Dominates takes constant time.
func (d *Dom) number() {
	n := 0
	type frame struct {
		b    *Block
		next int
	}
	for _, root := range d.roots {
		n++
		d.pre[root.ID] = n
		stack := []frame{{b: root}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if kids := d.children[top.b.ID]; top.next < len(kids) {
				kid := kids[top.next]
				top.next++
				n++
				d.pre[kid.ID] = n
				stack = append(stack, frame{b: kid})
				continue
			}
			d.last[top.b.ID] = n
			stack = stack[:len(stack)-1]
		}
	}
}

// Idom is b's immediate dominator; nil if that is the virtual root.
func (d *Dom) Idom(b *Block) *Block { return d.idom[b.ID] }

// Children are the blocks that b dominates immediately, in reverse postorder.
func (d *Dom) Children(b *Block) []*Block { return d.children[b.ID] }

// Roots are the blocks without an immediate dominator, in reverse postorder.
func (d *Dom) Roots() []*Block { return d.roots }

// Reachable reports whether b can be reached from an entry.
func (d *Dom) Reachable(b *Block) bool { return d.pre[b.ID] > 0 }

// Dominates reports whether every path to b goes through a. A block dominates itself.
func (d *Dom) Dominates(a, b *Block) bool {
	return d.pre[a.ID] > 0 && d.pre[a.ID] <= d.pre[b.ID] && d.pre[b.ID] <= d.last[a.ID]
}

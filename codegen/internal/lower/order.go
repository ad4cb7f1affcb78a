package lower

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// The order of blocks serves two masters.
//
// The machine wants the way that most packets take to be a straight line: blocks in topological order, and those that
// lead to a drop or a default out of the way at the end.
//
// The kernel's verifier follows the fall-through of a branch first and queues the other side, 8,192 at most. It takes
// a queued side back only after everything behind the fall-through is done, so on a path down a rule table of
// thousands of rows, each branch that goes on by falling through adds one to the queue, for good. Where the first order
// would queue too many, the blocks therefore lie as the verifier walks if at each branch the side that ends sooner is
// the fall-through: then the queue grows by less than one for each row, and not at all for rows of one test. A side that
// only returns a constant is repeated for each branch, so that it can be the fall-through of all.

// maxPending is how many queued branches the order for the machine may cause; the kernel takes 8,192.
const maxPending = 2048

// An Order is the order of a function's blocks. Where a block's successor is the next in the list, it is the
// fall-through. In a deep order, a successor that Returns is the fall-through even if it is elsewhere in the list.
type Order struct {
	Blocks []*ir.Block // the reachable ones
	Deep   bool
	pos    []int // by block ID
}

// NewOrder orders the blocks of a function.
func NewOrder(f *ir.Func) *Order {
	l := &layout{f: f, cold: frozen(f), height: heights(f)}
	o := &Order{Blocks: l.straight()}
	if l.pending(o.Blocks) > maxPending {
		o.Blocks, o.Deep = l.walk(), true
	}
	o.pos = make([]int, f.NumBlocks())
	for i, b := range o.Blocks {
		o.pos[b.ID] = i
	}
	return o
}

// Follows reports whether block b lies right behind block a.
func (o *Order) Follows(a, b *ir.Block) bool { return o.pos[b.ID] == o.pos[a.ID]+1 }

// Falls is the successor that a block with two of them falls through to.
func (o *Order) Falls(b *ir.Block) int {
	yes, no := b.Term.Succs[0].To, b.Term.Succs[1].To
	if _, ok := condOf(&b.Term).Negated(); ok && o.falls(b, yes) > o.falls(b, no) {
		return 0
	}
	return 1
}

// condOf is the condition of a terminator's jump.
func condOf(t *ir.Term) ir.Cond {
	if t.Op == ir.Check {
		return ir.ULe
	}
	return t.Cond
}

// falls says how much block b should be the fall-through of block a.
func (o *Order) falls(a, b *ir.Block) int {
	switch {
	case o.Deep && Returns(b):
		return 2
	case o.Follows(a, b):
		return 1
	}
	return 0
}

// Returns reports whether a block only returns a constant.
func Returns(b *ir.Block) bool {
	if b.Term.Op != ir.Ret || b.Term.Args[0].Op != ir.Const || len(b.Params) > 0 {
		return false
	}
	return !slices.ContainsFunc(b.Insts, func(v *ir.Value) bool { return v.Op != ir.Const })
}

type layout struct {
	f      *ir.Func
	cold   []bool // by block ID
	height []int  // by block ID
}

// frozen are the blocks that are cold, or reached from cold ones only. An entry is none.
func frozen(f *ir.Func) []bool {
	cold := make([]bool, f.NumBlocks())
	preds := f.Preds()
	for _, b := range f.ReversePostorder() {
		from := preds.Of(b)
		cold[b.ID] = len(from) > 0 && (b.Cold || !slices.ContainsFunc(from, func(p ir.Pred) bool { return !cold[p.From.ID] }))
	}
	return cold
}

// heights counts the branches on the longest way from each block to the end of the program.
func heights(f *ir.Func) []int {
	h := make([]int, f.NumBlocks())
	for _, b := range slices.Backward(f.ReversePostorder()) {
		for _, e := range b.Term.Succs {
			h[b.ID] = max(h[b.ID], h[e.To.ID])
		}
		if len(b.Term.Succs) > 1 {
			h[b.ID]++
		}
	}
	return h
}

// straight is the order for the machine.
func (l *layout) straight() []*ir.Block {
	order := l.postorder(l.hot)
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b *ir.Block) int {
		switch {
		case l.cold[a.ID] == l.cold[b.ID]:
			return 0
		case l.cold[b.ID]:
			return -1
		}
		return 1
	})
	return order
}

// hot splits the successors of a branch into the likely one and the other.
func (l *layout) hot(b *ir.Block) (fall, jump *ir.Block) {
	yes, no := b.Term.Succs[0].To, b.Term.Succs[1].To
	switch y, n := l.cold[yes.ID], l.cold[no.ID]; {
	case n && !y, b.Term.Op == ir.Check && !y:
		return yes, no
	case y && !n, b.Term.Cond == ir.Set: // which has no opposite
		return no, yes
	}
	return l.short(b)
}

// short splits the successors of a branch into the one that ends sooner and the other.
func (l *layout) short(b *ir.Block) (fall, jump *ir.Block) {
	yes, no := b.Term.Succs[0].To, b.Term.Succs[1].To
	if l.height[yes.ID] < l.height[no.ID] {
		return yes, no
	}
	return no, yes
}

// successors lists b's successors, the fall-through last.
func successors(b *ir.Block, split func(*ir.Block) (fall, jump *ir.Block)) []*ir.Block {
	switch s := b.Term.Succs; len(s) {
	case 0:
		return nil
	case 1:
		return []*ir.Block{s[0].To}
	}
	fall, jump := split(b)
	return []*ir.Block{jump, fall}
}

// postorder lists the blocks so that in the reverse the fall-through follows its block, where it can.
func (l *layout) postorder(split func(*ir.Block) (fall, jump *ir.Block)) []*ir.Block {
	type frame struct {
		b    *ir.Block
		rest []*ir.Block
	}
	var order []*ir.Block
	seen := make([]bool, l.f.NumBlocks())
	var stack []frame
	push := func(b *ir.Block) {
		if !seen[b.ID] {
			seen[b.ID] = true
			stack = append(stack, frame{b, successors(b, split)})
		}
	}
	for _, e := range slices.Backward(l.f.Entries()) {
		push(e)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.rest) == 0 {
				order = append(order, top.b)
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.rest[0]
			top.rest = top.rest[1:]
			push(next)
		}
	}
	return order
}

// walk is the order in which the verifier meets the blocks if the side that ends sooner is the fall-through.
func (l *layout) walk() []*ir.Block {
	var order []*ir.Block
	seen := make([]bool, l.f.NumBlocks())
	stack := l.f.Entries()
	slices.Reverse(stack)
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[b.ID] {
			continue
		}
		seen[b.ID] = true
		order = append(order, b)
		stack = append(stack, successors(b, l.short)...)
	}
	return order
}

// pending is the length of the verifier's queue for an order, if it never leaves a path early.
func (l *layout) pending(order []*ir.Block) int {
	next := make([]*ir.Block, l.f.NumBlocks())
	for i, b := range order[:len(order)-1] {
		next[b.ID] = order[i+1]
	}
	seen := make([]bool, l.f.NumBlocks())
	stack := l.f.Entries()
	slices.Reverse(stack)
	most := 0
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[b.ID] {
			continue
		}
		seen[b.ID] = true
		stack = append(stack, successors(b, func(b *ir.Block) (fall, jump *ir.Block) {
			yes, no := b.Term.Succs[0].To, b.Term.Succs[1].To
			if next[b.ID] == yes {
				return yes, no
			}
			return no, yes
		})...)
		most = max(most, len(stack)-1)
	}
	return most
}

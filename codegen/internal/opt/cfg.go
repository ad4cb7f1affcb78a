package opt

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// cfg simplifies the graph of blocks: branches whose ways are one become jumps, a block joins its only predecessor, and
// edges skip blocks that decide nothing for them. Joining comes first: it keeps the start of a stage where a hollow one
// would be skipped.
func cfg(f *ir.Func) bool {
	changed := false
	for _, b := range f.Blocks {
		changed = unify(&b.Term) || changed
	}
	changed = straighten(f) || changed
	changed = thread(f) || changed
	return f.Prune() || changed
}

// unify makes a branch with two equal ways a jump.
func unify(t *ir.Term) bool {
	if len(t.Succs) != 2 || t.Succs[0].To != t.Succs[1].To || !slices.Equal(t.Succs[0].Args, t.Succs[1].Args) {
		return false
	}
	*t = ir.Term{Op: ir.Jump, Succs: t.Succs[:1], Span: t.Span}
	return true
}

// thread leads edges past blocks that hold nothing but a jump, or a branch that the edge's arguments decide.
func thread(f *ir.Func) bool {
	uses := f.UseCounts()
	hollow := make([]bool, f.NumBlocks())
	for _, b := range f.Blocks {
		hollow[b.ID] = isHollow(b, uses)
	}
	changed := false
	for _, b := range f.Blocks {
		for i := range b.Term.Succs {
			e := &b.Term.Succs[i]
			// A chain of hollow blocks that never ends is a loop: leave it.
			for range len(f.Blocks) {
				to, ok := past(*e)
				if !hollow[e.To.ID] || !ok || to.To == e.To {
					break
				}
				*e, changed = to, true
			}
		}
	}
	return changed
}

// isHollow reports whether b has only constants, and what it defines isn't used elsewhere.
func isHollow(b *ir.Block, uses []int) bool {
	own := map[*ir.Value]int{}
	b.Operands(func(v **ir.Value) { own[*v]++ })
	for _, v := range b.Insts {
		if !constant(v) || own[v] != uses[v.ID] {
			return false
		}
	}
	return !slices.ContainsFunc(b.Params, func(p *ir.Value) bool { return own[p] != uses[p.ID] })
}

// past is the edge that does what an edge into a hollow block does in the end.
func past(e ir.Edge) (ir.Edge, bool) {
	b := e.To
	arg := func(v *ir.Value) *ir.Value {
		if i := slices.Index(b.Params, v); i >= 0 {
			return e.Args[i]
		}
		return v
	}
	var to ir.Edge
	switch t := &b.Term; t.Op {
	case ir.Jump:
		to = t.Succs[0]
	case ir.Br:
		x, y := arg(t.Args[0]), arg(t.Args[1])
		switch {
		case x.Op != ir.Const || y.Op != ir.Const:
			return e, false
		case t.Cond.Eval(x.Type, x.Number(), y.Number()):
			to = t.Succs[0]
		default:
			to = t.Succs[1]
		}
	default:
		return e, false
	}
	next := ir.Edge{To: to.To}
	for _, v := range to.Args {
		w := arg(v)
		if w.Block == b {
			return e, false // a constant of the block
		}
		next.Args = append(next.Args, w)
	}
	return next, true
}

// straighten joins each block that is the only way onward of its only predecessor to it. The start of a stage stays a
// block of its own, behind another stage: it is where the reader, and the splitter, look for it.
func straighten(f *ir.Func) bool {
	with := ir.NewReplacements(f)
	preds := f.Preds()
	gone := make([]bool, f.NumBlocks())
	for _, b := range f.Blocks {
		for !gone[b.ID] && b.Term.Op == ir.Jump {
			e := b.Term.Succs[0]
			if n := e.To; len(preds.Of(n)) != 1 || n == b || n.Start && n.Stage != b.Stage {
				break
			}
			for i, p := range e.To.Params {
				with.Put(p, e.Args[i])
			}
			join(b, e.To)
			gone[e.To.ID] = true
		}
	}
	f.Replace(with)
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *ir.Block) bool { return gone[b.ID] })
	return slices.Contains(gone, true)
}

// join appends n to b.
func join(b, n *ir.Block) {
	for _, v := range n.Insts {
		b.Append(v)
	}
	b.Term = n.Term
	b.Start = b.Start || n.Start
	b.Cold = b.Cold || n.Cold
}

package opt

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// Byte order. A number from the packet is swapped before it is compared with a constant; swapping the constant instead
// costs nothing at run time. Bitwise operations commute with the swap, so it moves up through them.

// swapSizes is how many bytes the operations swap.
var swapSizes = map[ir.Op]int{ir.BE16: 2, ir.BE32: 4, ir.BE64: 8}

func sizeMask(size int) uint64 { return 1<<(8*size) - 1 }

// foldSwap is be(x).
func foldSwap(r *rewriter, v *ir.Value) *ir.Value {
	x, size := v.Args[0], swapSizes[v.Op]
	switch {
	case x.Op == ir.Const:
		return r.wire(v.Span, size, x.Number()&sizeMask(size))
	case x.Op == v.Op && r.max(x.Args[0]) > sizeMask(size): // it also cuts off what doesn't fit
		return r.emit(v.Span, ir.And, v.Type, x.Args[0], r.number(v.Span, v.Type, sizeMask(size)))
	case swappable(r, x, v.Op):
		return swapped(r, x, v.Op)
	}
	return nil
}

// foldWire is a constant whose bytes read the same both ways.
func foldWire(r *rewriter, v *ir.Value) *ir.Value {
	n := uint64(v.Imm) & sizeMask(v.Size)
	if ir.Swap(v.Size, n) != n {
		return nil
	}
	return r.number(v.Span, v.Type, n)
}

// swappable reports whether swapped costs nothing: x is the result of the same swap, a constant, or a bitwise operation
// on such that nobody else uses.
func swappable(r *rewriter, x *ir.Value, op ir.Op) bool {
	size := swapSizes[op]
	switch x.Op {
	case op:
		return r.max(x.Args[0]) <= sizeMask(size)
	case ir.Const:
		return x.Number() <= sizeMask(size)
	case ir.WConst:
		return x.Size == size
	case ir.And, ir.Or, ir.Xor:
		return r.once(x) && swappable(r, x.Args[0], op) && swappable(r, x.Args[1], op)
	}
	return false
}

// swapped is the value whose swap is x, which is swappable.
func swapped(r *rewriter, x *ir.Value, op ir.Op) *ir.Value {
	switch x.Op {
	case op:
		return x.Args[0]
	case ir.Const:
		return r.wire(x.Span, swapSizes[op], x.Number())
	case ir.WConst:
		return r.number(x.Span, x.Type, uint64(x.Imm))
	}
	return r.emit(x.Span, x.Op, x.Type, swapped(r, x.Args[0], op), swapped(r, x.Args[1], op))
}

// unswap compares bytes as they lie in memory: be(x) == c becomes x == be(c).
func unswap(r *rewriter, q condition) (condition, bool) {
	if q.cond != ir.Eq && q.cond != ir.Ne && q.cond != ir.Set || constant(q.x) {
		return q, false
	}
	for _, op := range []ir.Op{ir.BE16, ir.BE32} {
		if swappable(r, q.x, op) && swappable(r, q.y, op) {
			return condition{q.cond, swapped(r, q.x, op), swapped(r, q.y, op)}, true
		}
	}
	return q, false
}

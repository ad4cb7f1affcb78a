package opt

import (
	"math/bits"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// condition is x cond y, of a Cmp or a Br.
type condition struct {
	cond ir.Cond
	x, y *ir.Value
}

// foldCmp is a condition as a number.
func foldCmp(r *rewriter, v *ir.Value) *ir.Value {
	q := condition{v.Cond, v.Args[0], v.Args[1]}
	if yes, ok := decide(r, q); ok {
		n := uint64(0)
		if yes {
			n = 1
		}
		return r.number(v.Span, ir.I32, n)
	}
	if q.cond == ir.Ne && isConst(q.y, 0) && q.x.Type == ir.I32 && r.max(q.x) <= 1 {
		return q.x
	}
	p, not, ok := simplify(r, q)
	if !ok {
		return nil
	}
	if not {
		if p.cond, ok = p.cond.Negated(); !ok {
			return nil
		}
	}
	w := r.emit(v.Span, ir.Cmp, ir.I32, p.x, p.y)
	w.Cond = p.cond
	return w
}

// foldTerm is a condition of a branch.
func foldTerm(r *rewriter, t *ir.Term) {
	for t.Op == ir.Br {
		q := condition{t.Cond, t.Args[0], t.Args[1]}
		if yes, ok := decide(r, q); ok {
			to := t.Succs[1]
			if yes {
				to = t.Succs[0]
			}
			*t = ir.Term{Op: ir.Jump, Succs: []ir.Edge{to}, Span: t.Span}
			r.changed = true
			return
		}
		p, not, ok := simplify(r, q)
		if !ok {
			return
		}
		if not {
			if n, ok := p.cond.Negated(); ok {
				p.cond = n
			} else {
				t.Succs[0], t.Succs[1] = t.Succs[1], t.Succs[0]
			}
		}
		t.Cond, t.Args = p.cond, []*ir.Value{p.x, p.y}
		r.changed = true
	}
}

// decide finds conditions that always hold or never.
func decide(r *rewriter, q condition) (yes, ok bool) {
	x, y := q.x, q.y
	switch {
	case x.Type == ir.Mem:
		return false, false
	case x.Op == ir.Const && y.Op == ir.Const:
		return q.cond.Eval(x.Type, x.Number(), y.Number()), true
	case x.Op == ir.WConst && y.Op == ir.WConst && x.Size == y.Size && (q.cond == ir.Eq || q.cond == ir.Ne || q.cond == ir.Set):
		return q.cond.Eval(ir.I64, uint64(x.Imm), uint64(y.Imm)), true
	case x == y && q.cond != ir.Set:
		return q.cond.Eval(x.Type, 0, 0), true
	case y.Op == ir.Const && (q.cond == ir.Eq || q.cond == ir.Ne) && y.Number()&(step(x)-1) != 0:
		return q.cond == ir.Ne, true
	case y.Op == ir.Const && (q.cond == ir.Eq || q.cond == ir.Ne): // they bound nothing
		return decideByMax(q.cond, r.max(x), y.Number())
	case y.Op == ir.Const:
		return decideByMax(q.cond, min(r.seen(x), x.Type.Mask()&^(step(x)-1)), y.Number())
	}
	return false, false
}

// decideByMax is a condition of a number of at most most, and a constant.
func decideByMax(cond ir.Cond, most, c uint64) (yes, ok bool) {
	switch cond {
	case ir.Eq:
		return false, most < c
	case ir.Ne:
		return true, most < c
	case ir.ULt:
		return most < c, most < c || c == 0
	case ir.UGe:
		return most >= c, most < c || c == 0
	case ir.ULe:
		return true, most <= c
	case ir.UGt:
		return false, most <= c
	case ir.Set:
		return false, ones(most)&c == 0
	}
	return false, false
}

// simplify is one step towards a simpler condition; not means that it is the opposite.
func simplify(r *rewriter, q condition) (p condition, not, ok bool) {
	if q.x.Type == ir.Mem {
		return q, false, false
	}
	if constant(q.x) && !constant(q.y) {
		return condition{q.cond.Swapped(), q.y, q.x}, false, true
	}
	if p, ok := narrow(r, q); ok {
		return p, false, true
	}
	if p, ok := unswap(r, q); ok {
		return p, false, true
	}
	switch {
	case q.cond == ir.Set && q.x == q.y:
		return condition{ir.Ne, q.x, r.number(q.x.Span, q.x.Type, 0)}, false, true
	case q.y.Op != ir.Const:
		return q, false, false
	case q.cond == ir.Eq || q.cond == ir.Ne:
		return simplifyEqual(r, q)
	case q.cond == ir.Set && q.x.Op == ir.Add && q.x.Args[1].Op == ir.Const:
		if p, not, ok := lowBits(q); ok {
			return p, not, true
		}
	}
	p, ok = simplifyOrder(r, q)
	return p, false, ok
}

// lowBits asks for the low bits of x instead of those of x + c, where c changes none, or turns the one that is asked for.
// The verifier knows that x and x + c belong together, and what it learns of the sum blurs what it knew of x.
func lowBits(q condition) (p condition, not, ok bool) {
	c, mask := q.x.Args[1].Number(), q.y.Number()
	return condition{ir.Set, q.x.Args[0], q.y}, c&1 == 1, c&ones(mask) == 0 || mask == 1
}

// narrow compares 32 bits where the others are zero, and the kernel's verifier knows that: the compare may be what bounds
// an offset in the packet for it.
func narrow(r *rewriter, q condition) (condition, bool) {
	if q.x.Op != ir.Zext || q.cond >= ir.SLt && q.cond <= ir.SGe {
		return q, false
	}
	switch {
	case q.y.Op == ir.Zext:
		return condition{q.cond, q.x.Args[0], q.y.Args[0]}, true
	case q.y.Op == ir.Const && q.y.Number() <= ir.I32.Mask() && !ir.Loose(q.x.Args[0]):
		return condition{q.cond, q.x.Args[0], r.number(q.y.Span, ir.I32, q.y.Number())}, true
	}
	return q, false
}

// simplifyOrder is a condition other than eq and ne with a constant.
func simplifyOrder(r *rewriter, q condition) (condition, bool) {
	c := q.y.Number()
	zero := func(cond ir.Cond) (condition, bool) {
		return condition{cond, q.x, r.number(q.y.Span, q.y.Type, 0)}, true
	}
	switch {
	case q.cond == ir.ULt && c == 1, q.cond == ir.ULe && c == 0:
		return zero(ir.Eq)
	case q.cond == ir.UGe && c == 1, q.cond == ir.UGt && c == 0:
		return zero(ir.Ne)
	case q.cond == ir.Set && ones(r.max(q.x))&^c == 0:
		return zero(ir.Ne)
	case q.cond == ir.Set && q.x.Op == ir.And && q.x.Args[1].Op == ir.Const && r.once(q.x):
		return condition{ir.Set, q.x.Args[0], r.number(q.y.Span, q.y.Type, c&q.x.Args[1].Number())}, true
	}
	if p, ok := scaleOrder(r, q); ok {
		return p, true
	}
	return stepOrder(r, q)
}

// step is a power of two of which x is a multiple, as far as a few operations tell.
func step(x *ir.Value) uint64 { return 1 << min(zeros(x, 3), 8*x.Type.Bytes()-1) }

// zeros is how many low bits of x are surely 0.
func zeros(x *ir.Value, depth int) int {
	if x.Op == ir.Const {
		return bits.TrailingZeros64(x.Number())
	}
	if depth == 0 || !x.Op.Info().Pure {
		return 0
	}
	of := func(i int) int { return zeros(x.Args[i], depth-1) }
	switch x.Op {
	case ir.Shl:
		if n := x.Args[1]; n.Op == ir.Const {
			return of(0) + int(n.Number()&uint64(8*x.Type.Bytes()-1))
		}
	case ir.Mul:
		return of(0) + of(1)
	case ir.And:
		return max(of(0), of(1))
	case ir.Add, ir.Sub, ir.Or, ir.Xor:
		return min(of(0), of(1))
	case ir.Zext:
		return of(0)
	}
	return 0
}

// stepOrder compares a multiple of a power of two with another one. The verifier, too, knows that the low bits are 0; but
// where it has learned that the number is from 10 to 63, and a multiple of 64, it contradicts itself.
func stepOrder(r *rewriter, q condition) (condition, bool) {
	n, c := step(q.x), q.y.Number()
	cond := q.cond
	switch {
	case n == 1:
		return q, false
	case cond == ir.ULt || cond == ir.UGe:
		c = (c + n - 1) &^ (n - 1)
	case cond == ir.ULe:
		cond, c = ir.ULt, (c+n)&^(n-1)
	case cond == ir.UGt:
		cond, c = ir.UGe, (c+n)&^(n-1)
	default:
		return q, false
	}
	if c == n { // only 0 is below
		cond = map[ir.Cond]ir.Cond{ir.ULt: ir.Eq, ir.UGe: ir.Ne}[cond]
		c = 0
	} else if cond == q.cond && c == q.y.Number() {
		return q, false
	}
	return condition{cond, q.x, r.number(q.y.Span, q.y.Type, c)}, true
}

// scaleOrder compares a with c >> n instead of a << n with c, and the other way round.
func scaleOrder(r *rewriter, q condition) (condition, bool) {
	x, c := q.x, q.y.Number()
	if x.Op != ir.Shl && x.Op != ir.Shr || x.Args[1].Op != ir.Const || !r.once(x) {
		return q, false
	}
	cond := q.cond
	switch cond { // below c or not; c isn't the largest number, or the condition would be decided
	case ir.ULt, ir.UGe:
	case ir.ULe:
		cond, c = ir.ULt, c+1
	case ir.UGt:
		cond, c = ir.UGe, c+1
	default:
		return q, false
	}
	a, n := x.Args[0], x.Args[1].Number()
	shl := func(m uint64) uint64 { return ir.Eval(ir.Shl, x.Type, m, n) }
	shr := func(m uint64) uint64 { return ir.Eval(ir.Shr, x.Type, m, n) }
	switch {
	case x.Op == ir.Shr && shr(shl(c)) == c:
		c = shl(c)
	case x.Op == ir.Shl && shr(shl(r.max(a))) == r.max(a):
		if up := shr(c); shl(up) == c {
			c = up
		} else {
			c = up + 1
		}
	default:
		return q, false
	}
	return condition{cond, a, r.number(q.y.Span, x.Type, c)}, true
}

// simplifyEqual is x == c or x != c.
func simplifyEqual(r *rewriter, q condition) (p condition, not, ok bool) {
	x, c := q.x, q.y.Number()
	with := func(a *ir.Value, n uint64) (condition, bool, bool) {
		return condition{q.cond, a, r.number(q.y.Span, a.Type, n)}, false, true
	}
	if p, ok := unshift(r, q); ok {
		return p, false, true
	}
	switch {
	case x.Op == ir.Cmp && c <= 1 && r.sameBlock(x):
		return condition{x.Cond, x.Args[0], x.Args[1]}, (q.cond == ir.Eq) == (c == 0), true
	case c == 1 && r.max(x) == 1:
		p, _, _ := with(x, 0)
		p.cond, _ = q.cond.Negated()
		return p, false, true
	case q.cond == ir.Ne && c == 0 && x.Op == ir.And && r.once(x):
		return condition{ir.Set, x.Args[0], x.Args[1]}, false, true
	case len(x.Args) != 2 || x.Args[1].Op != ir.Const:
		return q, false, false
	}
	a, k := x.Args[0], x.Args[1].Number()
	switch x.Op {
	case ir.Xor:
		return with(a, c^k)
	case ir.Add:
		return with(a, c-k)
	case ir.Sub:
		return with(a, c+k)
	}
	return q, false, false
}

// unshift is ((b >> n) & k) == c as (b & k<<n) == c<<n.
func unshift(r *rewriter, q condition) (condition, bool) {
	x := q.x
	if x.Op != ir.And || x.Args[1].Op != ir.Const || !r.once(x) {
		return q, false
	}
	shift := x.Args[0]
	if shift.Op != ir.Shr || shift.Args[1].Op != ir.Const || !r.once(shift) {
		return q, false
	}
	n, k, c := shift.Args[1].Number(), x.Args[1].Number(), q.y.Number()
	up := func(m uint64) uint64 { return ir.Eval(ir.Shl, x.Type, m, n) }
	if ir.Eval(ir.Shr, x.Type, up(k), n) != k || ir.Eval(ir.Shr, x.Type, up(c), n) != c {
		return q, false
	}
	masked := r.emit(x.Span, ir.And, x.Type, shift.Args[0], r.number(x.Args[1].Span, x.Type, up(k)))
	return condition{q.cond, masked, r.number(q.y.Span, x.Type, up(c))}, true
}

// sameBlock reports whether it is fine to use v's arguments here instead of v: pointers shouldn't live longer for it.
func (r *rewriter) sameBlock(v *ir.Value) bool { return v.Block == r.block || v.Args[0].Type != ir.Mem }

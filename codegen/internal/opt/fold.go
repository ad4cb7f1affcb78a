package opt

import (
	"math/bits"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// fold replaces instructions by simpler ones that compute the same: constants, identities, masks that mask nothing
// (foldbytes.go has the byte order), and decides branches (foldcond.go). Constants go to the right.
//
// Masks and compares go only where the kernel's verifier knows as well that they mask nothing and are decided (UMax.Seen):
// without them, an access might be refused.
func fold(f *ir.Func) bool {
	return rewrite(f, rules{inst: foldInst, term: foldTerm})
}

func foldInst(r *rewriter, v *ir.Value) *ir.Value {
	switch v.Op {
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.SDiv, ir.SMod, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		return foldBinary(r, v)
	case ir.Zext, ir.Trunc:
		return foldWidth(r, v)
	case ir.BE16, ir.BE32, ir.BE64:
		return foldSwap(r, v)
	case ir.WConst:
		return foldWire(r, v)
	case ir.Cmp:
		return foldCmp(r, v)
	}
	return nil
}

func foldBinary(r *rewriter, v *ir.Value) *ir.Value {
	x, y := v.Args[0], v.Args[1]
	if v.Op.Info().Commut && rank(x) > rank(y) {
		x, y = y, x
		v.Args[0], v.Args[1] = x, y
		r.changed = true
	}
	switch {
	case x.Op == ir.Const && y.Op == ir.Const:
		return r.number(v.Span, v.Type, ir.Eval(v.Op, v.Type, x.Number(), y.Number()))
	case x.Op == ir.WConst && y.Op == ir.WConst && x.Size == y.Size && bitwise(v.Op):
		return r.wire(v.Span, x.Size, ir.Eval(v.Op, ir.I64, uint64(x.Imm), uint64(y.Imm)))
	case x == y:
		return foldSame(r, v, x)
	case y.Op == ir.Const:
		if w := foldIdentity(r, v, x, y); w != nil {
			return w
		}
	case isConst(x, 0) && v.Op != ir.Sub: // 0 / y, 0 % y, 0 << y, …: x isn't constant if they commute
		return x
	}
	return foldChain(r, v, x, y)
}

// rank is how far to the right of an operation a value belongs.
func rank(v *ir.Value) int {
	switch v.Op {
	case ir.Const:
		return 2
	case ir.WConst:
		return 1
	}
	return 0
}

func constant(v *ir.Value) bool { return v.Op == ir.Const || v.Op == ir.WConst }

func bitwise(op ir.Op) bool { return op == ir.And || op == ir.Or || op == ir.Xor }

// foldSame is x op x.
func foldSame(r *rewriter, v, x *ir.Value) *ir.Value {
	switch v.Op {
	case ir.Sub, ir.Xor, ir.Mod:
		return r.number(v.Span, v.Type, 0)
	case ir.And, ir.Or:
		return x
	}
	return nil
}

// foldIdentity is x op c.
func foldIdentity(r *rewriter, v, x, y *ir.Value) *ir.Value {
	c := y.Number()
	switch v.Op {
	case ir.Add, ir.Sub, ir.Or, ir.Xor:
		if c == 0 {
			return x
		}
		if v.Op == ir.Or && c == v.Type.Mask() {
			return y
		}
		if v.Op == ir.Xor {
			return foldNot(r, v, x, c)
		}
	case ir.And:
		if c == 0 {
			return y
		}
		if ones(r.seen(x))&^c == 0 {
			return x
		}
	case ir.Mul, ir.Div, ir.Mod:
		return foldScale(r, v, x, y)
	case ir.Shl, ir.Shr, ir.Sar:
		return foldShift(r, v, x, c)
	}
	return nil
}

// ones is the bits that numbers up to n can have.
func ones(n uint64) uint64 { return 1<<bits.Len64(n) - 1 }

// foldNot is x ^ 1 where x is a comparison.
func foldNot(r *rewriter, v, x *ir.Value, c uint64) *ir.Value {
	if x.Op != ir.Cmp || c != 1 {
		return nil
	}
	not, ok := x.Cond.Negated()
	if !ok {
		return nil
	}
	w := r.emit(v.Span, ir.Cmp, ir.I32, x.Args...)
	w.Cond = not
	return w
}

// foldScale is x * c, x / c or x % c. Division by zero is 0, the remainder x.
func foldScale(r *rewriter, v, x, y *ir.Value) *ir.Value {
	c := y.Number()
	switch {
	case c == 0 && v.Op == ir.Mod:
		return x
	case c == 0:
		return y
	case c == 1 && v.Op == ir.Mod:
		return r.number(v.Span, v.Type, 0)
	case c == 1:
		return x
	case c&(c-1) != 0:
		return nil
	case v.Op == ir.Mod:
		return r.emit(v.Span, ir.And, v.Type, x, r.number(y.Span, v.Type, c-1))
	}
	op := map[ir.Op]ir.Op{ir.Mul: ir.Shl, ir.Div: ir.Shr}[v.Op]
	return r.emit(v.Span, op, v.Type, x, r.number(y.Span, v.Type, uint64(bits.TrailingZeros64(c))))
}

// foldShift is a shift of x by c.
func foldShift(r *rewriter, v, x *ir.Value, c uint64) *ir.Value {
	width := uint64(8 * v.Type.Bytes())
	count := c & (width - 1)
	switch {
	case count == 0:
		return x
	case v.Op == ir.Shr && r.max(x)>>count == 0:
		return r.number(v.Span, v.Type, 0)
	case v.Op == ir.Sar && r.max(x)>>(width-1) == 0:
		return r.emit(v.Span, ir.Shr, v.Type, x, r.number(v.Span, v.Type, count))
	case count != c:
		return r.emit(v.Span, v.Op, v.Type, x, r.number(v.Span, v.Type, count))
	}
	return nil
}

// foldChain is (x op c) op d where c op d can be computed.
func foldChain(r *rewriter, v, x, y *ir.Value) *ir.Value {
	if x.Op != v.Op || !constant(y) || x.Args[1].Op != y.Op || x.Args[1].Size != y.Size {
		return nil
	}
	base, c, d := x.Args[0], x.Args[1], y
	if y.Op == ir.WConst {
		if !bitwise(v.Op) {
			return nil
		}
		n := ir.Eval(v.Op, ir.I64, uint64(c.Imm), uint64(d.Imm))
		return r.emit(v.Span, v.Op, v.Type, base, r.wire(d.Span, d.Size, n))
	}
	switch v.Op {
	case ir.Add, ir.Mul, ir.And, ir.Or, ir.Xor:
		n := ir.Eval(v.Op, v.Type, c.Number(), d.Number())
		return r.emit(v.Span, v.Op, v.Type, base, r.number(d.Span, v.Type, n))
	case ir.Shl, ir.Shr:
		// Both counts are below the width: foldShift saw to it.
		n := c.Number() + d.Number()
		if n >= uint64(8*v.Type.Bytes()) {
			return r.number(v.Span, v.Type, 0)
		}
		return r.emit(v.Span, v.Op, v.Type, base, r.number(d.Span, v.Type, n))
	}
	return nil
}

// foldWidth is a zext or trunc.
func foldWidth(r *rewriter, v *ir.Value) *ir.Value {
	x := v.Args[0]
	switch {
	case x.Op == ir.Const:
		return r.number(v.Span, v.Type, x.Number())
	case v.Op == ir.Trunc && x.Op == ir.Zext:
		return x.Args[0]
	case v.Op == ir.Zext && x.Op == ir.Trunc && r.seen(x.Args[0]) <= ir.I32.Mask():
		return x.Args[0]
	}
	return nil
}

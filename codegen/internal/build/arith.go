package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// arithOps are the operators of integers. Addresses have `&` too.
var arithOps = map[string]ir.Op{
	"+": ir.Add, "-": ir.Sub, "*": ir.Mul, "/": ir.Div, "%": ir.Mod,
	"&": ir.And, "|": ir.Or, "^": ir.Xor, "<<": ir.Shl, ">>": ir.Shr,
}

// arithAll applies an operator to two values of type t, leaf by leaf. The right side of a shift is any integer.
func (s *stage) arithAll(at diag.Span, op string, t types.Type, xs, ys value) value {
	if len(xs) == 1 {
		return value{s.arith(at, op, t, xs[0], ys[0])}
	}
	v := make(value, len(xs))
	for i := range xs {
		v[i] = s.emit(at, arithOps[op], xs[i].Type, xs[i], ys[i])
	}
	return v
}

// arith applies an operator to two scalars of type t. It wraps at the type's width.
func (s *stage) arith(at diag.Span, op string, t types.Type, x, y *ir.Value) *ir.Value {
	if op == "<<" || op == ">>" {
		y = s.shiftCount(at, t, y)
	}
	if signed(t) {
		return s.arithSigned(at, op, t, x, y)
	}
	return s.truncate(at, t, s.emit(at, arithOps[op], x.Type, x, y))
}

func (s *stage) arithSigned(at diag.Span, op string, t types.Type, x, y *ir.Value) *ir.Value {
	switch op {
	case "&", "|", "^":
		return s.emit(at, arithOps[op], x.Type, x, y)
	case ">>":
		return s.emit(at, ir.Sar, x.Type, x, y)
	case "/", "%":
		return s.truncate(at, t, s.divideSigned(at, op, x, y))
	}
	return s.truncate(at, t, s.emit(at, arithOps[op], x.Type, x, y))
}

// shiftCount masks a count with the width of t less 1.
func (s *stage) shiftCount(at diag.Span, t types.Type, y *ir.Value) *ir.Value {
	mask := uint64(8*t.Size() - 1)
	if y.Op == ir.Const {
		return s.konst(at, numberOf(t), y.Number()&mask)
	}
	y = s.as(at, numberOf(t), y)
	if s.max(y) <= mask {
		return y
	}
	return s.emit(at, ir.And, y.Type, y, s.konst(at, y.Type, mask))
}

// truncate keeps the bits of x that t has, if x can have more.
func (s *stage) truncate(at diag.Span, t types.Type, x *ir.Value) *ir.Value {
	if signed(t) {
		return s.signExtend(at, t.Size(), x)
	}
	if s.max(x) <= maxOf(t) {
		return x
	}
	return s.emit(at, ir.And, x.Type, x, s.konst(at, x.Type, maxOf(t)))
}

// bigEndianOps change between host and wire order.
var bigEndianOps = map[int]ir.Op{2: ir.BE16, 4: ir.BE32, 8: ir.BE64}

// swap changes a number of so many bytes between host and wire order, both ways.
func (s *stage) swap(at diag.Span, size int, x *ir.Value) *ir.Value {
	switch {
	case size == 1:
		return x
	case x.Op == ir.Const:
		return s.wconst(at, size, x.Number()&ones(8*size))
	}
	return s.emit(at, bigEndianOps[size], x.Type, x)
}

// numberOf is the IR's type of a scalar.
func numberOf(t types.Type) ir.Type { return ir.Number(t.Size()) }

// maxOf is the largest number of an integer type.
func maxOf(t types.Type) uint64 { return ones(8 * t.Size()) }

// ones is a number of n ones.
func ones(n int) uint64 { return 1<<n - 1 }

func isInteger(t types.Type) bool {
	_, ok := types.ValueOf(t).(*types.Int)
	return ok
}

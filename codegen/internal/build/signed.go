package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// An i8 or i16 is an I32 that repeats the sign above its own bits, so that compares, divisions and shifts to the right
// are those of 32 bits. Operations by which it can outgrow its type shift it up and back.

// signed reports whether a type is a signed integer.
func signed(t types.Type) bool {
	i, ok := t.(*types.Int)
	return ok && i.Signed
}

// carriedSize is the bytes in which a leaf travels in a register or between programs: a signed one with its sign.
func carriedSize(leaf types.Leaf) int {
	if leaf.Signed {
		return max(leaf.Size, 4)
	}
	return leaf.Size
}

// width is the bits of a number.
func width(t ir.Type) int {
	if t == ir.I64 {
		return 64
	}
	return 32
}

// signExtend repeats the sign of a number of so many bytes through all of its register.
func (s *stage) signExtend(at diag.Span, size int, x *ir.Value) *ir.Value {
	unused := width(x.Type) - 8*size
	if unused == 0 || s.max(x) <= ones(8*size-1) {
		return x
	}
	if x.Op == ir.Const {
		return s.konst(at, x.Type, uint64(int64(x.Number())<<(64-8*size)>>(64-8*size))&x.Type.Mask())
	}
	count := s.konst(at, x.Type, uint64(unused))
	return s.emit(at, ir.Sar, x.Type, s.emit(at, ir.Shl, x.Type, x, count), count)
}

// widen makes a number of type from one of the IR's type t, which is as wide or wider.
func (s *stage) widen(at diag.Span, x *ir.Value, from types.Type, t ir.Type) *ir.Value {
	wide := s.as(at, t, x)
	if x.Type == ir.I32 && t == ir.I64 && signed(from) {
		return s.signExtend(at, 4, wide)
	}
	return wide
}

// signedDivisions are the operators where the machine has them for signed numbers.
var signedDivisions = map[string]ir.Op{"/": ir.SDiv, "%": ir.SMod}

// divideSigned is `x / y` or `x % y`. Where the machine divides unsigned numbers only it goes by way of the absolute
// values, and so it does where the least number might be divided by -1, which stops some kernels. The sign of a quotient is that of x ^ y, the sign of a rest that of x. What comes out for zero and for the least number is right as
// it is: 0 / y is 0 and x % 0 is x, and the least number is its own negative.
func (s *stage) divideSigned(at diag.Span, op string, x, y *ir.Value) *ir.Value {
	t := x.Type
	if target := s.m.Target; target.SDiv && (target.Safe || y.Op == ir.Const && y.Number() != t.Mask()) {
		return s.emit(at, signedDivisions[op], t, x, y)
	}
	sign := x
	if op == "/" {
		sign = s.emit(at, ir.Xor, t, x, y)
	}
	z := s.emit(at, arithOps[op], t, s.negateIf(at, x, x), s.negateIf(at, y, y))
	return s.negateIf(at, sign, z)
}

// negateIf is -x if sign is negative, x otherwise: in two's complement, -x is ^x + 1.
func (s *stage) negateIf(at diag.Span, sign, x *ir.Value) *ir.Value {
	t := x.Type
	mask := s.emit(at, ir.Sar, t, sign, s.konst(at, t, uint64(width(t)-1)))
	return s.emit(at, ir.Sub, t, s.emit(at, ir.Xor, t, x, mask), mask)
}

// signedConds are the comparisons of signed numbers.
var signedConds = map[string]ir.Cond{
	"==": ir.Eq, "!=": ir.Ne, "<": ir.SLt, "<=": ir.SLe, ">": ir.SGt, ">=": ir.SGe,
}

// condOf is the comparison of numbers of type t.
func condOf(op string, t types.Type) ir.Cond {
	if signed(t) {
		return signedConds[op]
	}
	return conds[op]
}

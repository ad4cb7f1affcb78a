package ir

import "math/bits"

// Mask is the largest number of type t.
func (t Type) Mask() uint64 {
	if t == I32 {
		return 1<<32 - 1
	}
	return 1<<64 - 1
}

// Number is a constant's number, as it stands in a register.
func (v *Value) Number() uint64 { return uint64(v.Imm) & v.Type.Mask() }

// Eval computes a binary operation on numbers of type t. Arithmetic is total: x / 0 is 0, x % 0 is x, and the counts
// of shifts are masked.
func Eval(op Op, t Type, a, b uint64) uint64 {
	mask := t.Mask()
	count := b & 63
	if t == I32 {
		count = b & 31
	}
	a, b = a&mask, b&mask
	switch op {
	case Add:
		a += b
	case Sub:
		a -= b
	case Mul:
		a *= b
	case Div:
		if b == 0 {
			return 0
		}
		a /= b
	case Mod:
		if b != 0 {
			a %= b
		}
	case SDiv, SMod:
		return divideSigned(op, t, a, b)
	case And:
		a &= b
	case Or:
		a |= b
	case Xor:
		a ^= b
	case Shl:
		a <<= count
	case Shr:
		a >>= count
	case Sar:
		a = uint64(signed(t, a) >> count)
	}
	return a & mask
}

// divideSigned computes SDiv and SMod.
func divideSigned(op Op, t Type, a, b uint64) uint64 {
	x, y := signed(t, a), signed(t, b)
	switch {
	case y == 0 && op == SDiv:
		return 0
	case y == 0:
		return a
	case y == -1 && op == SDiv:
		return uint64(-x) & t.Mask()
	case y == -1:
		return 0
	case op == SDiv:
		return uint64(x/y) & t.Mask()
	}
	return uint64(x%y) & t.Mask()
}

// Eval decides a condition on numbers of type t.
func (c Cond) Eval(t Type, a, b uint64) bool {
	a, b = a&t.Mask(), b&t.Mask()
	switch c {
	case Eq:
		return a == b
	case Ne:
		return a != b
	case ULt:
		return a < b
	case ULe:
		return a <= b
	case UGt:
		return a > b
	case UGe:
		return a >= b
	case SLt:
		return signed(t, a) < signed(t, b)
	case SLe:
		return signed(t, a) <= signed(t, b)
	case SGt:
		return signed(t, a) > signed(t, b)
	case SGe:
		return signed(t, a) >= signed(t, b)
	case Set:
		return a&b != 0
	}
	return false
}

func signed(t Type, a uint64) int64 {
	if t == I32 {
		return int64(int32(a))
	}
	return int64(a)
}

// Negated is the condition that holds when c does not; Set has none.
func (c Cond) Negated() (Cond, bool) {
	n := [...]Cond{Eq: Ne, Ne: Eq, ULt: UGe, UGe: ULt, ULe: UGt, UGt: ULe, SLt: SGe, SGe: SLt, SLe: SGt, SGt: SLe, Set: NoCond}[c]
	return n, n != NoCond
}

// Swapped is the condition of y and x that says what c says of x and y.
func (c Cond) Swapped() Cond {
	return [...]Cond{Eq: Eq, Ne: Ne, ULt: UGt, UGt: ULt, ULe: UGe, UGe: ULe, SLt: SGt, SGt: SLt, SLe: SGe, SGe: SLe, Set: Set}[c]
}

// Swap reverses the low size bytes of x; the rest of the result is zero.
func Swap(size int, x uint64) uint64 { return bits.ReverseBytes64(x) >> (64 - 8*size) }

package verifier

import (
	"math"
	"math/bits"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A number is what the verifier knows of a number: its range, unsigned and signed, and its bits (a tnum, as
// kernel/bpf/tnum.c has it). All are of the width of the value's type.
type number struct {
	min, max   uint64
	smin, smax int64
	bits, open uint64 // the bits that are known; those that aren't
}

func exactly(t ir.Type, n uint64) number {
	n &= t.Mask()
	return number{n, n, signed(t, n), signed(t, n), n, 0}
}

// anything is a number of which only the type is known.
func anything(t ir.Type) number {
	if t == ir.I32 {
		return number{0, math.MaxUint32, math.MinInt32, math.MaxInt32, 0, math.MaxUint32}
	}
	return number{0, math.MaxUint64, math.MinInt64, math.MaxInt64, 0, math.MaxUint64}
}

// upTo is a number of which an upper bound is known.
func upTo(t ir.Type, n uint64) number {
	x := anything(t)
	x.max = min(n, t.Mask())
	x.settle(t)
	return x
}

func signed(t ir.Type, n uint64) int64 {
	if t == ir.I32 {
		return int64(int32(n))
	}
	return int64(n)
}

func (x *number) exact() (uint64, bool) { return x.min, x.min == x.max }

// settle lets what is known in one form narrow the others.
func (x *number) settle(t ir.Type) {
	before := *x
	for range 2 {
		x.min, x.max = max(x.min, x.bits), min(x.max, x.bits|x.open)
		if signed(t, x.min) <= signed(t, x.max) { // of one sign
			x.smin, x.smax = max(x.smin, signed(t, x.min)), min(x.smax, signed(t, x.max))
		}
		if x.smin >= 0 || x.smax < 0 {
			x.min, x.max = max(x.min, uint64(x.smin)&t.Mask()), min(x.max, uint64(x.smax)&t.Mask())
		}
		if x.min > x.max || x.smin > x.smax {
			*x = before // a side that is never reached
			return
		}
		free := uint64(1)<<bits.Len64(x.min^x.max) - 1 // the bits in which the numbers of the range differ
		x.bits |= x.min &^ free
		x.open &= free
		x.bits &^= x.open
	}
}

// covers reports whether all numbers that y can be are among those of x.
func (x *number) covers(y *number) bool {
	return x.min <= y.min && x.max >= y.max && x.smin <= y.smin && x.smax >= y.smax &&
		y.open&^x.open == 0 && (x.bits^y.bits)&^x.open == 0
}

// compute is the result of an operation on numbers. The kernel takes the results of some for any number.
func compute(v *ir.Value, arg func(*ir.Value) number) number {
	t := v.Type
	switch v.Op {
	case ir.Const, ir.WConst:
		n := v.Number()
		if v.Op == ir.WConst {
			n = ir.Swap(v.Size, uint64(v.Imm))
		}
		return exactly(t, n)
	case ir.Load, ir.CtxLoad:
		if v.Op == ir.CtxLoad && v.Sym == "len" {
			return anything(t)
		}
		if v.Size > 0 && v.Size < 8 {
			return upTo(t, 1<<(8*v.Size)-1)
		}
		return anything(t)
	case ir.BE16:
		return upTo(t, math.MaxUint16)
	case ir.Zext:
		x := arg(v.Args[0])
		if x == anything(ir.I32) && ir.Loose(v.Args[0]) {
			return anything(t) // an upper half of zeroes is nothing that the kernel keeps in mind here
		}
		return number{x.min, x.max, int64(x.min), int64(x.max), x.bits, x.open}
	case ir.Trunc:
		x := arg(v.Args[0])
		y := anything(t)
		y.bits, y.open = x.bits&t.Mask(), x.open&t.Mask()
		if x.max <= t.Mask() {
			y.min, y.max = x.min, x.max
		}
		y.settle(t)
		return y
	case ir.Add, ir.Sub, ir.Mul, ir.And, ir.Or, ir.Xor, ir.Shl, ir.Shr, ir.Sar:
		x, y := arg(v.Args[0]), arg(v.Args[1])
		z := binary(v.Op, t, &x, &y)
		if n, _ := y.exact(); v.Op == ir.Shl && n == 32 && v.Args[0].Op == ir.Zext { // how a sign is extended
			low := arg(v.Args[0].Args[0])
			z.smin, z.smax = low.smin<<32, low.smax<<32
		}
		z.settle(t)
		return z
	}
	return anything(t)
}

func binary(op ir.Op, t ir.Type, x, y *number) number {
	z, mask := anything(t), t.Mask()
	switch op {
	case ir.Add:
		if x.max <= mask-y.max {
			z.min, z.max = x.min+y.min, x.max+y.max
		}
		low := anything(t)
		if lo, hi := x.smin+y.smin, x.smax+y.smax; fair(x.smin, y.smin, lo) && fair(x.smax, y.smax, hi) && lo >= low.smin && hi <= low.smax {
			z.smin, z.smax = lo, hi
		}
		sv, sm := x.bits+y.bits, x.open+y.open
		chi := (sm + sv) ^ sv | x.open | y.open
		z.bits, z.open = sv&^chi&mask, chi&mask
	case ir.Sub:
		if x.min >= y.max {
			z.min, z.max = x.min-y.max, x.max-y.min
		}
		low := anything(t)
		if lo, hi := x.smin-y.smax, x.smax-y.smin; fair(lo, y.smax, x.smin) && fair(hi, y.smin, x.smax) && lo >= low.smin && hi <= low.smax {
			z.smin, z.smax = lo, hi
		}
		dv := x.bits - y.bits
		mu := (dv + x.open) ^ (dv - y.open) | x.open | y.open
		z.bits, z.open = dv&^mu&mask, mu&mask
	case ir.Mul:
		if half := mask >> (4 * t.Bytes()); x.max <= half && y.max <= half {
			z.min, z.max = x.min*y.min, x.max*y.max
		}
	case ir.And:
		known := (x.bits | x.open) & (y.bits | y.open)
		z.bits = x.bits & y.bits
		z.open = known &^ z.bits
		z.max = min(x.max, y.max)
	case ir.Or:
		z.bits = x.bits | y.bits
		z.open = (x.open | y.open) &^ z.bits
		z.min = max(x.min, y.min)
	case ir.Xor:
		open := x.open | y.open
		z.bits, z.open = (x.bits^y.bits)&^open, open
	case ir.Shl, ir.Shr, ir.Sar:
		if n, ok := y.exact(); ok {
			return shifted(op, t, x, n&uint64(8*t.Bytes()-1))
		}
	}
	return z
}

// fair reports whether x + y = sum without an overflow.
func fair(x, y, sum int64) bool { return (y >= 0) == (sum >= x) }

// shifted is x shifted by a known count.
func shifted(op ir.Op, t ir.Type, x *number, n uint64) number {
	z, mask := anything(t), t.Mask()
	switch op {
	case ir.Shl:
		if x.max<<n&mask>>n == x.max {
			z.min, z.max = x.min<<n, x.max<<n
		}
		z.bits, z.open = x.bits<<n&mask, x.open<<n&mask
	case ir.Shr:
		z.min, z.max = x.min>>n, x.max>>n
		z.bits, z.open = x.bits>>n, x.open>>n
	case ir.Sar:
		z.smin, z.smax = x.smin>>n, x.smax>>n
		z.bits, z.open = uint64(signed(t, x.bits)>>n)&mask, uint64(signed(t, x.open)>>n)&mask
	}
	return z
}

// decide tells which way a comparison goes: 0 if it holds, 1 if it doesn't; ok is false if that isn't known.
func decide(c ir.Cond, x, y *number) (side int, ok bool) {
	always, never := false, false
	switch c {
	case ir.Eq, ir.Ne:
		same, other := x.min == x.max && y.min == y.max && x.min == y.min,
			x.max < y.min || y.max < x.min || x.smax < y.smin || y.smax < x.smin || (x.bits^y.bits)&^x.open&^y.open != 0
		always, never = same, other
		if c == ir.Ne {
			always, never = other, same
		}
	case ir.ULt:
		always, never = x.max < y.min, x.min >= y.max
	case ir.ULe:
		always, never = x.max <= y.min, x.min > y.max
	case ir.UGt:
		always, never = x.min > y.max, x.max <= y.min
	case ir.UGe:
		always, never = x.min >= y.max, x.max < y.min
	case ir.SLt:
		always, never = x.smax < y.smin, x.smin >= y.smax
	case ir.SLe:
		always, never = x.smax <= y.smin, x.smin > y.smax
	case ir.SGt:
		always, never = x.smin > y.smax, x.smax <= y.smin
	case ir.SGe:
		always, never = x.smin >= y.smax, x.smax < y.smin
	case ir.Set:
		if n, known := y.exact(); known {
			always, never = x.bits&n != 0, (x.bits|x.open)&n == 0
		}
	}
	switch {
	case always:
		return 0, true
	case never:
		return 1, true
	}
	return 0, false
}

// learn narrows the operands of a comparison that holds.
func learn(c ir.Cond, t ir.Type, x, y *number) {
	switch c {
	case ir.UGt, ir.UGe, ir.SGt, ir.SGe:
		x, y, c = y, x, c.Swapped()
	}
	switch c {
	case ir.Eq:
		both := number{max(x.min, y.min), min(x.max, y.max), max(x.smin, y.smin), min(x.smax, y.smax), x.bits | y.bits, x.open & y.open}
		*x, *y = both, both
	case ir.Ne:
		unequal(x, y)
		unequal(y, x)
	case ir.ULt:
		if y.max > 0 && x.min < math.MaxUint64 {
			x.max, y.min = min(x.max, y.max-1), max(y.min, x.min+1)
		}
	case ir.ULe:
		x.max, y.min = min(x.max, y.max), max(y.min, x.min)
	case ir.SLt:
		if y.smax > math.MinInt64 && x.smin < math.MaxInt64 {
			x.smax, y.smin = min(x.smax, y.smax-1), max(y.smin, x.smin+1)
		}
	case ir.SLe:
		x.smax, y.smin = min(x.smax, y.smax), max(y.smin, x.smin)
	case ir.Set:
		if n, ok := y.exact(); ok && bits.OnesCount64(n) == 1 {
			x.bits, x.open = x.bits|n, x.open&^n
		}
	}
	x.settle(t)
	y.settle(t)
}

// unequal takes the end of a range away if the number is known not to be that.
func unequal(x, y *number) {
	n, ok := y.exact()
	if !ok || x.min == x.max {
		return
	}
	if x.min == n {
		x.min++
	}
	if x.max == n {
		x.max--
	}
	if x.smin == y.smin && x.smin < x.smax {
		x.smin++
	}
	if x.smax == y.smin && x.smin < x.smax {
		x.smax--
	}
}

// unset is what is learned where `x & y != 0` doesn't hold.
func unset(t ir.Type, x, y *number) {
	if n, ok := y.exact(); ok {
		x.bits, x.open = x.bits&^n, x.open&^n
		x.settle(t)
	}
}

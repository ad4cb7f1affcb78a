package interp

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// arith applies an arithmetic or bitwise operator to two values of type t, leaf by leaf. The right side of a
// shift is any number.
func arith(op string, t types.Type, x, y Value) Value {
	z := make(Value, len(x))
	for i, leaf := range types.Leaves(t) {
		z[i] = arithLeaf(op, x[i], y[min(i, len(y)-1)], leaf)
	}
	return z
}

// arithLeaf is arithmetic on the numbers of a leaf. It is total: it wraps, x/0 is 0, x%0 is x, and shift counts are
// taken modulo the width.
func arithLeaf(op string, x, y uint64, leaf types.Leaf) uint64 {
	count := y & uint64(8*leaf.Size-1)
	switch op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	case "/", "%":
		x = divide(op, x, y, leaf.Signed)
	case "&":
		x &= y
	case "|":
		x |= y
	case "^":
		x ^= y
	case "<<":
		x <<= count
	case ">>":
		if leaf.Signed {
			x = uint64(int64(x) >> count)
		} else {
			x >>= count
		}
	}
	return wrap(x, leaf)
}

// divide is x/y or x%y. Quotients of signed numbers are rounded towards zero; the least number divided by -1 wraps.
func divide(op string, x, y uint64, signed bool) uint64 {
	switch {
	case y == 0 && op == "/":
		return 0
	case y == 0:
		return x
	case signed && op == "/":
		return uint64(int64(x) / int64(y))
	case signed:
		return uint64(int64(x) % int64(y))
	case op == "/":
		return x / y
	}
	return x % y
}

// compare decides x OP y of values of a type. Addresses are ordered as their bytes are.
func compare(op string, t types.Type, x, y Value) bool {
	c := slices.Compare(x, y)
	if i, ok := t.(*types.Int); ok && i.Signed {
		c = cmp.Compare(int64(x[0]), int64(y[0]))
	}
	switch op {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	default:
		return c >= 0
	}
}

// truth is a bool as a value.
func truth(b bool) Value {
	if b {
		return Value{1}
	}
	return Value{0}
}

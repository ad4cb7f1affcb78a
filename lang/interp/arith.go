package interp

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// arith applies an arithmetic or bitwise operator to two values of type t, leaf by leaf. The right side of a
// shift is any number.
func arith(op string, t types.Type, x, y Value) Value {
	z := make(Value, len(x))
	for i, leaf := range types.Leaves(t) {
		z[i] = arithLeaf(op, x[i], y[min(i, len(y)-1)], 8*leaf.Size)
	}
	return z
}

// arithLeaf is arithmetic on unsigned numbers of the given width. It is total: it wraps, x/0 is 0, x%0 is x, and
// shift counts are taken modulo the width.
func arithLeaf(op string, x, y uint64, bits int) uint64 {
	switch op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	case "/":
		if y == 0 {
			return 0
		}
		x /= y
	case "%":
		if y != 0 {
			x %= y
		}
	case "&":
		x &= y
	case "|":
		x |= y
	case "^":
		x ^= y
	case "<<":
		x <<= y & uint64(bits-1)
	case ">>":
		x >>= y & uint64(bits-1)
	}
	return mask(x, bits)
}

// compare decides x OP y. Addresses are ordered as their bytes are.
func compare(op string, x, y Value) bool {
	c := slices.Compare(x, y)
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

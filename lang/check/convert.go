package check

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Integer constants start without a type, as in Go: `1 << 10` is Untyped, its exact value is in checker.ints, and
// what it meets decides. An operand or a place of type u16 settles it as a u16, which it must fit; where nothing
// does, it is a u64. Settling walks down to the parts again, so that each has a type in the end. An expression can be
// Untyped without being constant: in `1 << n` the type of the 1 comes from outside as well.
//
// Everything else has its type from the start, and three rules say what goes where: the same type; an unsigned
// integer where a wider one is wanted; and nothing else that isn't written as a conversion.

// use types e as a value of type want, and reports whether it is one.
func (c *checker) use(e syntax.Expr, want types.Type) bool {
	if t, ok := want.(*types.Array); ok {
		if lit, ok := Unparen(e).(*syntax.ArrayLit); ok {
			return c.arrayAs(e, lit, t)
		}
	}
	return c.assignable(e, c.expr(e), want)
}

// value types e as a value of its own type; an integer constant that nothing gave a type is a u64.
func (c *checker) value(e syntax.Expr) types.Type {
	t := c.expr(e)
	if t == types.Untyped {
		t = types.U64
		if !c.settle(e, types.U64) {
			return types.Invalid
		}
	}
	return t
}

// operand is value for what a view, a struct or an array can't be.
func (c *checker) operand(e syntax.Expr) types.Type {
	t := c.value(e)
	if c.prefixOperand(e) {
		return types.Invalid
	}
	switch t.(type) {
	case *types.Header:
		return c.viewMisused(e.Span())
	case *types.Struct, *types.Array:
		c.errorf("E0304", e.Span(), "%s is not a scalar", typeString(t))
		return types.Invalid
	}
	return t
}

func (c *checker) viewMisused(at diag.Span) types.Type {
	d := c.errorf("E0503", at, "a view is a place in the packet, not a value")
	d.Hint = "read its fields, or pass it with `goto`"
	return types.Invalid
}

// constant types e as a constant of type want; nil after an error.
func (c *checker) constant(e syntax.Expr, want types.Type) *Const {
	if !c.use(e, want) {
		return nil
	}
	k := c.Consts[e]
	if k == nil {
		c.notConstant(e)
	}
	return k
}

func (c *checker) notConstant(e syntax.Expr) {
	d := c.errorf("E0307", e.Span(), "a constant is needed here, and this is known only when a packet comes")
	if id, ok := Unparen(e).(*syntax.Ident); ok {
		if g, ok := c.Uses[id].(*Global); ok {
			d.Message = fmt.Sprintf("`%s` is %s, not a constant", g.Name, describe(g))
		}
	}
}

// assignable reports whether e, of type have, is a value of type want: of the same type, or a narrower integer that is
// signed or unsigned as well, or an integer constant that fits.
func (c *checker) assignable(e syntax.Expr, have, want types.Type) bool {
	want = types.ValueOf(want)
	if have == types.Invalid || want == types.Invalid {
		c.settle(e, types.U64)
		return false
	}
	if c.prefixOperand(e) {
		return false
	}
	from, to := intOf(have), intOf(want)
	switch {
	case have == types.Untyped && to != nil:
		return c.settle(e, want)
	case types.Identical(have, want):
		return c.copyable(e, have)
	case from != nil && to != nil && from.Signed != to.Signed:
		c.mixed(e.Span(), "expected `%s`, found `%s`", to, from).Hint = fmt.Sprintf("write `%s(…)` to convert it", to)
		return false
	case from != nil && to != nil && from.Bits <= to.Bits:
		return true
	case from != nil && to != nil:
		c.errorf("E0302", e.Span(), "%s does not fit into %s by itself", withArticle(from), withArticle(to)).Hint =
			fmt.Sprintf("write `%s(…)` to keep the low %d bits", to, to.Bits)
		return false
	}
	c.mismatch(e, have, want)
	c.settle(e, types.U64)
	return false
}

func (c *checker) mismatch(e syntax.Expr, have, want types.Type) {
	_, isView := have.(*types.Header)
	_, wantView := want.(*types.Header)
	if isView && !wantView {
		c.viewMisused(e.Span())
		return
	}
	d := c.errorf("E0301", e.Span(), "expected %s, found %s", typeString(want), typeString(have))
	if t, ok := want.(*types.Enum); ok && len(t.Members) > 0 {
		d.Hint = fmt.Sprintf("write a member, like `%s.%s`", t.Name, t.Members[0].Name)
	}
	if want == types.Bool && (have == types.Untyped || intOf(have) != nil) {
		d.Hint = "compare it, as in `… != 0`"
	}
}

// mixed reports a signed integer where an unsigned one is wanted, or the other way round.
func (c *checker) mixed(at diag.Span, format string, args ...any) *diag.Diagnostic {
	return c.errorf("E0320", at, format+": one is signed, the other is not", args...)
}

// intOf is t as an integer type, or nil.
func intOf(t types.Type) *types.Int {
	i, _ := t.(*types.Int)
	return i
}

// settle gives an integer expression without a type, and its parts, the integer type t. It reports whether the constants
// in it fit.
func (c *checker) settle(e syntax.Expr, t types.Type) bool {
	if c.Types[e] != types.Untyped {
		return true
	}
	v, ok := c.ints[e]
	if !ok { // not constant: `1 << n`
		c.Types[e] = t
		fits := true
		for _, part := range parts(e) {
			fits = c.settle(part, t) && fits
		}
		return fits
	}
	to := intOf(t)
	bits := to.Bits
	fits := fits(v, to)
	switch {
	case fits:
	case to.Signed:
		c.errorf("E0303", e.Span(), "%s does not fit `%s`, which holds %d to %d", v, t, int64(-1)<<(bits-1), maxOf(bits-1))
	case v.Sign() < 0 && complements(e):
		// It is negative as if it had endless ones in front: it fits if the bits that it complements do.
		if fits = new(big.Int).Not(v).BitLen() <= bits; !fits {
			c.errorf("E0303", e.Span(), "the complement does not fit `%s`", t)
		}
	case v.Sign() < 0:
		c.errorf("E0303", e.Span(), "%s does not fit `%s`, which has no negative values", v, t).Hint =
			fmt.Sprintf("a signed number is written `i%d(%s)`", bits, v)
	default:
		c.errorf("E0303", e.Span(), "%s does not fit `%s`, whose largest value is %d", v, t, maxOf(bits))
	}
	c.settleParts(e, t)
	return fits
}

// fits reports whether a number is one of an integer type.
func fits(v *big.Int, t *types.Int) bool {
	switch {
	case !t.Signed:
		return v.Sign() >= 0 && v.BitLen() <= t.Bits
	case v.Sign() < 0:
		return new(big.Int).Not(v).BitLen() < t.Bits
	}
	return v.BitLen() < t.Bits
}

// settleParts gives an expression and its parts a type, whether they fit or not.
func (c *checker) settleParts(e syntax.Expr, t types.Type) {
	if c.Types[e] != types.Untyped {
		return
	}
	c.Types[e] = t
	if v, ok := c.ints[e]; ok {
		c.Consts[e] = &Const{Type: t, Int: wrap(lowBits(v), intOf(t))}
		delete(c.ints, e)
	}
	for _, part := range parts(e) {
		c.settleParts(part, t)
	}
}

// parts are the operands that have the type of the whole.
func parts(e syntax.Expr) []syntax.Expr {
	switch e := e.(type) {
	case *syntax.Paren:
		return []syntax.Expr{e.X}
	case *syntax.Unary:
		return []syntax.Expr{e.X}
	case *syntax.Binary:
		return []syntax.Expr{e.X, e.Y}
	}
	return nil
}

// complements reports whether a constant expression has a `~` in it.
func complements(e syntax.Expr) bool {
	if u, ok := e.(*syntax.Unary); ok && u.Op == "~" {
		return true
	}
	return slices.ContainsFunc(parts(e), complements)
}

var allOnes = new(big.Int).SetUint64(maxInt)

// lowBits are the low 64 bits of v in two's complement.
func lowBits(v *big.Int) uint64 { return new(big.Int).And(v, allOnes).Uint64() }

// wrap keeps the bits of v that an integer type has. Those above them repeat the sign, or are zero.
func wrap(v uint64, t *types.Int) uint64 {
	if unused := 64 - t.Bits; t.Signed {
		return uint64(int64(v<<unused) >> unused)
	}
	return v & maxOf(t.Bits)
}

// Unparen strips the parentheses around an expression.
func Unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}

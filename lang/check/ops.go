package check

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The operators, by what they take.
var (
	orderOps   = []string{"<", "<=", ">", ">="}
	equalOps   = []string{"==", "!="}
	shiftOps   = []string{"<<", ">>"}
	logicalOps = []string{"&&", "||"}
)

// binary is `x OP y`.
func (c *checker) binary(e *syntax.Binary) types.Type {
	switch {
	case slices.Contains(logicalOps, e.Op):
		return c.logical(e)
	case e.Op == "in":
		return c.in(e)
	case slices.Contains(shiftOps, e.Op):
		return c.shift(e)
	}
	x, y := c.expr(e.X), c.expr(e.Y)
	t := c.balance(e, x, y)
	if t == types.Invalid {
		return c.giveUp(e)
	}
	switch {
	case slices.Contains(equalOps, e.Op), slices.Contains(orderOps, e.Op):
		return c.comparison(e, t)
	case t == types.Untyped:
		c.foldUntyped(e)
	case c.Consts[e.X] != nil && c.Consts[e.Y] != nil:
		c.Consts[e] = foldBinary(e.Op, t, c.Consts[e.X], c.Consts[e.Y])
	}
	return t
}

// giveUp leaves no part of a wrong expression without a type.
func (c *checker) giveUp(e *syntax.Binary) types.Type {
	c.settleParts(e.X, types.U64)
	c.settleParts(e.Y, types.U64)
	return types.Invalid
}

func (c *checker) logical(e *syntax.Binary) types.Type {
	okX, okY := c.use(e.X, types.Bool), c.use(e.Y, types.Bool)
	if x, y := c.Consts[e.X], c.Consts[e.Y]; okX && okY && x != nil && y != nil {
		both, either := x.Int&y.Int != 0, x.Int|y.Int != 0
		c.Consts[e] = boolConst(both || either && e.Op == "||")
	}
	return types.Bool
}

// balance finds the common type of two operands, or Invalid, with a message unless there was one.
func (c *checker) balance(e *syntax.Binary, x, y types.Type) types.Type {
	switch {
	case x == types.Invalid || y == types.Invalid:
		return types.Invalid
	case c.isView(e.X, x), c.isView(e.Y, y), c.prefixOperand(e.X), c.prefixOperand(e.Y):
		return types.Invalid
	case x == types.Untyped && intOf(y) != nil:
		return typeIf(c.settle(e.X, y), y)
	case y == types.Untyped && intOf(x) != nil:
		return typeIf(c.settle(e.Y, x), x)
	}
	t := x
	switch {
	case intOf(x) != nil && intOf(y) != nil:
		t = c.wider(e, intOf(x), intOf(y))
	case !types.Identical(x, y):
		c.errorf("E0304", e.OpAt, "`%s` needs operands of one type, not %s and %s", e.Op, typeString(x), typeString(y)).Hint =
			c.boolHint(e, x, y)
		return types.Invalid
	}
	if t != types.Invalid && !takes(e.Op, t) {
		d := c.errorf("E0304", e.OpAt, "`%s` is not defined for %s", e.Op, typeString(t))
		if t == types.Bool {
			d.Hint = "the operators of bools are `&&`, `||`, `!`, `==` and `!=`"
		}
		return types.Invalid
	}
	return t
}

// wider is the wider one of two integer types, of which both or none must be signed.
func (c *checker) wider(e *syntax.Binary, x, y *types.Int) types.Type {
	switch {
	case x.Signed != y.Signed:
		d := c.mixed(e.OpAt, "`%s` between `%s` and `%s`", e.Op, x, y)
		wide := max(x.Bits, y.Bits)
		d.Hint = fmt.Sprintf("convert one of them: `i%d(…)` or `u%d(…)`", wide, wide)
		return types.Invalid
	case x.Bits < y.Bits:
		return y
	}
	return x
}

func typeIf(ok bool, t types.Type) types.Type {
	if ok {
		return t
	}
	return types.Invalid
}

func (c *checker) isView(e syntax.Expr, t types.Type) bool {
	_, view := t.(*types.Header)
	if view {
		c.viewMisused(e.Span())
	}
	return view
}

// prefixOperand reports a prefix that is an operand of something else than `in`.
func (c *checker) prefixOperand(e syntax.Expr) bool {
	if !c.isPrefix(e) {
		return false
	}
	c.errorf("E0308", e.Span(), "a prefix is not a value").Hint = "use `in` to test whether an address lies in it"
	return true
}

// takes reports whether an operator is defined for a type: integers have all, addresses `&`, scalars `==`.
func takes(op string, t types.Type) bool {
	switch t.(type) {
	case *types.Int:
		return true
	case *types.Enum:
		return slices.Contains(equalOps, op)
	}
	switch {
	case t == types.Untyped:
		return true
	case types.IsAddress(t):
		return op == "&" || slices.Contains(equalOps, op)
	}
	return t == types.Bool && slices.Contains(equalOps, op)
}

// comparison types a comparison of operands of type t, and folds it.
func (c *checker) comparison(e *syntax.Binary, t types.Type) types.Type {
	if t == types.Untyped && (!c.settle(e.X, types.U64) || !c.settle(e.Y, types.U64)) {
		return c.giveUp(e)
	}
	if x, y := c.Consts[e.X], c.Consts[e.Y]; x != nil && y != nil {
		c.Consts[e] = boolConst(holds(e.Op, compareConsts(x, y)))
	}
	return types.Bool
}

// compareConsts orders two constants of one type.
func compareConsts(x, y *Const) int { return keyOf(x).compare(keyOf(y)) }

func holds(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// shift is `x << n` or `x >> n`, of the type of x.
func (c *checker) shift(e *syntax.Binary) types.Type {
	x, n := c.expr(e.X), c.expr(e.Y)
	if x == types.Invalid || n == types.Invalid || c.prefixOperand(e.X) || c.prefixOperand(e.Y) {
		return c.giveUp(e)
	}
	for _, t := range []types.Type{x, n} {
		if t != types.Untyped && intOf(t) == nil {
			c.errorf("E0304", e.OpAt, "`%s` is not defined for %s", e.Op, typeString(t))
			return c.giveUp(e)
		}
	}
	if !c.settle(e.Y, types.U64) {
		return c.giveUp(e)
	}
	k := c.Consts[e.Y]
	switch {
	case k == nil:
	case x == types.Untyped:
		c.shiftUntyped(e, k.Int)
	case c.Consts[e.X] != nil:
		c.Consts[e] = foldBinary(e.Op, x, c.Consts[e.X], k)
	}
	return x
}

func (c *checker) shiftUntyped(e *syntax.Binary, n uint64) {
	v := c.ints[e.X]
	switch {
	case v == nil:
	case n >= maxIntBits:
		c.errorf("E0303", e.Y.Span(), "a constant cannot be shifted by %d", n)
	case e.Op == "<<":
		c.setInt(e, new(big.Int).Lsh(v, uint(n)))
	default:
		c.setInt(e, new(big.Int).Rsh(v, uint(n)))
	}
}

// foldUntyped computes `x OP y` exactly. As everywhere, x / 0 is 0 and x % 0 is x.
func (c *checker) foldUntyped(e *syntax.Binary) {
	x, y := c.ints[e.X], c.ints[e.Y]
	if x == nil || y == nil {
		return
	}
	v := new(big.Int)
	switch e.Op {
	case "+":
		v.Add(x, y)
	case "-":
		v.Sub(x, y)
	case "*":
		v.Mul(x, y)
	case "/":
		if y.Sign() != 0 {
			v.Quo(x, y)
		}
	case "%":
		v.Set(x)
		if y.Sign() != 0 {
			v.Rem(x, y)
		}
	case "&":
		v.And(x, y)
	case "|":
		v.Or(x, y)
	case "^":
		v.Xor(x, y)
	}
	c.setInt(e, v)
}

// setInt records an untyped constant, unless it is beyond reason.
func (c *checker) setInt(e syntax.Expr, v *big.Int) {
	if v.BitLen() > maxIntBits {
		c.errorf("E0303", e.Span(), "the constant has more than %d bits", maxIntBits)
		v = new(big.Int)
	}
	c.ints[e] = v
}

// foldBinary computes `x OP y` in type t, as a stage would.
func foldBinary(op string, t types.Type, x, y *Const) *Const {
	i := intOf(t)
	if i == nil {
		return maskAddress(t, x, y)
	}
	a, b, v := x.Int, y.Int, uint64(0)
	count := b & uint64(i.Bits-1)
	switch op {
	case "+":
		v = a + b
	case "-":
		v = a - b
	case "*":
		v = a * b
	case "/", "%":
		v = divide(op, i, a, b)
	case "&":
		v = a & b
	case "|":
		v = a | b
	case "^":
		v = a ^ b
	case "<<":
		v = a << count
	case ">>":
		if v = a >> count; i.Signed {
			v = uint64(int64(a) >> count)
		}
	}
	return &Const{Type: t, Int: wrap(v, i)}
}

// divide computes `a / b` or `a % b`.
func divide(op string, t *types.Int, a, b uint64) uint64 {
	switch {
	case b == 0 && op == "/":
		return 0
	case b == 0:
		return a
	case t.Signed && op == "/":
		return uint64(int64(a) / int64(b))
	case t.Signed:
		return uint64(int64(a) % int64(b))
	case op == "/":
		return a / b
	}
	return a % b
}

// maskAddress computes `address & mask`.
func maskAddress(t types.Type, x, y *Const) *Const {
	a, b := keyOf(x), keyOf(y)
	return key{a.hi & b.hi, a.lo & b.lo}.constant(t)
}

// convertConst converts a constant to an integer or an ip4.
func convertConst(k *Const, to types.Type) *Const {
	if to == types.IP4 {
		return key{lo: k.Int}.constant(to)
	}
	v := k.Int
	if k.Type == types.IP4 {
		v = keyOf(k).lo
	}
	return &Const{Type: to, Int: wrap(v, intOf(to))}
}

// in is `x in SET`: a map, a prefix or a range.
func (c *checker) in(e *syntax.Binary) types.Type {
	set := Unparen(e.Y)
	if id, ok := set.(*syntax.Ident); ok && c.locals[id.Name] == nil {
		if m, ok := c.topLevel(id.Name).(*Map); ok {
			c.Uses[id] = m
			c.use(e.X, m.Key)
			return types.Bool
		}
	}
	x := c.operand(e.X)
	if r, ok := set.(*syntax.Range); ok {
		c.inRange(e, r, x)
		return types.Bool
	}
	y := c.expr(e.Y)
	switch {
	case y == types.Invalid:
	case !c.isPrefix(e.Y):
		c.settleParts(e.Y, types.U64)
		c.errorf("E0310", e.Y.Span(), "what follows `in` is a map, a prefix or a range; compare with a single value by `==`").Hint =
			severalHint(e.Y)
	case x != types.Invalid && x != y:
		c.errorf("E0310", e.Y.Span(), "expected a prefix of %s, found one of %s", typeString(x), typeString(y))
	default:
		if k := c.Consts[e.X]; k != nil {
			c.Consts[e] = boolConst(spanOf(c.Consts[e.Y]).contains(keyOf(k)))
		}
	}
	return types.Bool
}

func (c *checker) inRange(e *syntax.Binary, r *syntax.Range, x types.Type) {
	s, ok := c.rangeSpan(r, x)
	if k := c.Consts[e.X]; ok && k != nil {
		c.Consts[e] = boolConst(s.contains(keyOf(k)))
	}
}

// rangeSpan types a range of constants of type t.
func (c *checker) rangeSpan(r *syntax.Range, t types.Type) (span, bool) {
	if t == types.Invalid {
		return span{}, false
	}
	if intOf(t) == nil && t != types.IP4 && t != types.IP6 {
		c.errorf("E0310", r.Span(), "there are no ranges of %s", typeString(t))
		return span{}, false
	}
	lo := c.constant(r.Lo, t)
	if lo == nil {
		return span{}, false
	}
	hi := c.constant(r.Hi, t)
	if hi == nil {
		return span{}, false
	}
	s := span{keyOf(lo), keyOf(hi)}
	if s.lo.compare(s.hi) > 0 {
		d := c.errorf("E0310", r.Span(), "the range is empty")
		d.Hint = "both ends are in the range, the lower one first"
		return span{}, false
	}
	return s, true
}

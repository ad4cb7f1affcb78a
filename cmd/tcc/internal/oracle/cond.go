package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/types"
)

// cond is an expression of type bool. All but the simplest stand in parentheses.
func (g *gen) cond(depth int) string {
	if depth <= 0 {
		return g.simpleCond()
	}
	switch g.IntN(18) {
	case 0, 1:
		return fmt.Sprintf("(%s && %s)", g.cond(depth-1), g.cond(depth-1))
	case 2, 3:
		return fmt.Sprintf("(%s || %s)", g.cond(depth-1), g.cond(depth-1))
	case 4:
		return "!" + g.cond(depth-1)
	case 5:
		return g.member(depth - 1)
	case 6:
		return g.equal(depth - 1)
	case 7:
		return g.simpleCond()
	case 8, 9, 10, 11, 12:
		return g.bit(depth - 1)
	case 13:
		return g.signedCond(depth - 1)
	case 14, 15:
		return g.edge()
	}
	return g.compared(depth - 1)
}

// edge compares a number of which something is known, a scaled one or a few bits, with one near the end of what it can be
// or near another one of its kind.
func (g *gen) edge() string {
	x, op := g.varying(0), pick(g.Rand, []string{"<", "<=", ">", ">=", "=="})
	if x.values() > 32 {
		x = num{text: "u32(" + x.text + ")", bits: 32}
	}
	near := func(k uint64) string { return written(g.Rand, k+uint64(g.IntN(3))) }
	switch n := 1 + g.IntN(7); g.IntN(4) {
	case 0:
		return fmt.Sprintf("((u64(%s) << %d) %s %s)", x.text, n, op, near(g.pool.number(g.Rand, x.values())<<n))
	case 1:
		return fmt.Sprintf("((%s >> %d) %s %s)", x.text, n, op, near(g.pool.number(g.Rand, x.values())>>n&maxOf(7)))
	case 2:
		return fmt.Sprintf("((u64(%s) + %d) %s %s)", x.text, n, op, near(g.pool.number(g.Rand, x.values())))
	}
	a, b := uint64(1)<<g.IntN(4), uint64(1)<<g.IntN(4)
	both := fmt.Sprintf("(%s & %d) %s (%s & %d)", x.text, a, pick(g.Rand, []string{"|", "|", "+", "^"}), g.varying(0).text, b)
	return fmt.Sprintf("((%s) %s %s)", both, op, written(g.Rand, max(a, b)-1+uint64(g.IntN(3))))
}

// simpleCond is a place, a constant or a short comparison.
func (g *gen) simpleCond() string {
	switch g.IntN(8) {
	case 0:
		if g.chance(1, 6) {
			return pick(g.Rand, []string{"true", "false"})
		}
	case 1, 2:
		if p, ok := g.placeFor(types.Bool); ok {
			return p.text
		}
	case 3:
		return g.equal(0)
	case 4, 5:
		return g.bit(0)
	}
	return g.compared(0)
}

// bit tests a few bits of a number, as likely to be set as not.
func (g *gen) bit(depth int) string {
	x := g.varying(depth)
	mask := uint64(1) << g.IntN(min(x.values(), 8))
	if g.chance(1, 4) {
		mask = 1 + g.pool.number(g.Rand, x.values()-1)
	}
	op, than := pick(g.Rand, []string{"==", "!="}), uint64(0)
	if g.chance(1, 4) {
		op, than = pick(g.Rand, []string{"==", "!=", "<", ">="}), mask
	}
	return fmt.Sprintf("((%s & %s) %s %d)", x.text, written(g.Rand, mask), op, than)
}

// compared compares two numbers.
func (g *gen) compared(depth int) string {
	op := pick(g.Rand, []string{"==", "==", "!=", "<", "<=", ">", ">="})
	x := g.varying(depth)
	y := g.number(64, depth)
	if g.chance(1, 2) {
		y = g.fitting(g.pool.number(g.Rand, x.values()))
	}
	if y.bits == 0 && y.k > maxOf(x.bits) {
		y = g.fitting(y.k & maxOf(x.bits))
	}
	return fmt.Sprintf("(%s %s %s)", x.text, op, y.text)
}

// equal compares two values that aren't numbers.
func (g *gen) equal(depth int) string {
	var ts []types.Type
	ts = append(ts, types.IP4, types.IP4, types.IP6, types.MAC, types.Bool)
	for _, e := range g.enums {
		ts = append(ts, e)
	}
	t := pick(g.Rand, ts)
	x := g.value(t, depth)
	if p, ok := g.placeFor(t); ok {
		x = p.text
	}
	return fmt.Sprintf("(%s %s %s)", x, pick(g.Rand, []string{"==", "!="}), g.value(t, depth))
}

// member tests whether a value is in a map, a prefix or a range.
func (g *gen) member(depth int) string {
	switch n := g.IntN(4); {
	case n == 0 && len(g.maps) > 0:
		m := pick(g.Rand, g.maps)
		return fmt.Sprintf("(%s in %s)", g.parenthesized(g.key(m), m.key), m.name)
	case n == 1:
		t := pick(g.Rand, []types.Type{types.IP4, types.IP6})
		x := g.address(t, depth)
		if p, ok := g.placeFor(t); ok {
			x = p.text
		}
		if g.chance(1, 4) {
			lo, hi := g.addressRange(t)
			return fmt.Sprintf("(%s in %s..%s)", x, lo, hi)
		}
		return fmt.Sprintf("(%s in %s)", x, g.prefixOf(t))
	}
	x := g.varying(depth)
	lo, hi := g.pool.number(g.Rand, x.values()), g.pool.number(g.Rand, x.values())
	return fmt.Sprintf("(%s in %s..%s)", x.text, written(g.Rand, min(lo, hi)), written(g.Rand, max(lo, hi)))
}

// parenthesized puts the literal of a struct in parentheses, which it needs in front of a block.
func (g *gen) parenthesized(x string, t types.Type) string {
	if _, ok := t.(*types.Struct); ok {
		return "(" + x + ")"
	}
	return x
}

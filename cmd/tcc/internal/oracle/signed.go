package oracle

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Signed numbers. Their operands are signed too, as wide or narrower, or constants that fit.

func signedBits(t types.Type) int {
	if i, ok := t.(*types.Int); ok && i.Signed {
		return i.Bits
	}
	return 0
}

// signedConst is a constant of a signed type: often one of its ends, or near zero.
func (g *gen) signedConst(bits int) int64 {
	unused := 64 - bits
	switch g.IntN(5) {
	case 0:
		return int64(g.IntN(9)) - 4
	case 1:
		return -1<<(bits-1) + int64(g.IntN(2))
	case 2:
		return 1<<(bits-1) - 1 - int64(g.IntN(2))
	}
	return int64(g.pool.number(g.Rand, 64)<<unused) >> unused
}

// signed is an expression whose type has at most so many bits, or a constant of so many.
func (g *gen) signed(most, depth int) string {
	if g.chance(1, 4) {
		return fmt.Sprint(g.signedConst(most))
	}
	return g.signedTyped(most, depth)
}

// signedTyped is a signed expression that has a type.
func (g *gen) signedTyped(most, depth int) string {
	if depth > 0 {
		switch g.IntN(6) {
		case 0:
			return pick(g.Rand, []string{"-", "~"}) + g.signedTyped(most, depth-1)
		case 1:
			op := pick(g.Rand, []string{"<<", ">>", ">>"})
			return fmt.Sprintf("(%s %s %s)", g.signedTyped(most, depth-1), op, g.shiftCount(most, depth-1))
		case 2, 3, 4:
			op := pick(g.Rand, append([]string{"/", "%", "/", "%", "/", "%", "/", "%"}, arithOps...))
			x, y := g.signedTyped(most, depth-1), g.signedOperand(depth-1, most)
			if g.chance(1, 5) {
				x, y = y, x
			}
			return fmt.Sprintf("(%s %s %s)", x, op, y)
		}
	}
	if p, ok := g.placeOf(func(p place) bool { n := signedBits(p.typ); return n > 0 && n <= most }); ok && g.chance(3, 4) {
		return p.text
	}
	bits := pick(g.Rand, signedInts).Bits
	for bits > most {
		bits /= 2
	}
	return fmt.Sprintf("i%d(%s)", bits, g.convertible(bits, depth))
}

// signedOperand is what stands beside a signed number of at least 8 bits.
func (g *gen) signedOperand(depth, most int) string {
	if g.chance(1, 3) {
		return fmt.Sprint(g.signedConst(8))
	}
	return g.signedTyped(most, depth)
}

// convertible is what can be made a signed number.
func (g *gen) convertible(bits, depth int) string {
	switch g.IntN(6) {
	case 0:
		return fmt.Sprint(g.signedConst(bits))
	case 1:
		return g.cond(0)
	case 2:
		if depth > 0 {
			return g.signedTyped(64, depth-1)
		}
	}
	return g.typed(64, min(depth, 1)).text
}

// signedCond compares signed numbers, or asks for a range.
func (g *gen) signedCond(depth int) string {
	x := g.signedTyped(64, depth)
	if g.chance(1, 3) {
		lo, hi := g.signedConst(8), g.signedConst(8)
		return fmt.Sprintf("(%s in %d..%d)", x, min(lo, hi), max(lo, hi))
	}
	op := pick(g.Rand, []string{"==", "!=", "<", "<=", ">", ">="})
	return fmt.Sprintf("(%s %s %s)", x, op, g.signedOperand(depth, 64))
}

// divide divides a signed number that differs from packet to packet, and adds what comes out to something that stays.
func (g *gen) divide(int) bool {
	to, ok := g.placeOf(func(p place) bool { return intBits(p.typ) > 0 && !p.readOnly && p.kind != localPlace })
	if !ok {
		return g.let(0)
	}
	bits, op := pick(g.Rand, signedInts).Bits, pick(g.Rand, []string{"/", "%"})
	by := fmt.Sprint(g.signedConst(bits))
	if g.chance(1, 3) {
		by = g.signedTyped(bits, 0)
	}
	g.line("%s ^= u%d(i%d(%s) %s %s)", to.text, intBits(to.typ), bits, g.varying(0).text, op, by)
	return false
}

// signedBound is a signed number in an order that has the negative ones first.
func signedBound(k int64) bound { return boundOf(uint64(k) ^ 1<<63) }

func (g *gen) signedPattern(bits int) pattern {
	lo, hi := g.signedConst(bits), g.signedConst(bits)
	lo, hi = min(lo, hi), max(lo, hi)
	if g.chance(1, 2) {
		return pattern{fmt.Sprint(lo), signedBound(lo), signedBound(lo)}
	}
	return pattern{fmt.Sprintf("%d..%d", lo, hi), signedBound(lo), signedBound(hi)}
}

// assignSigned changes a signed place.
func (g *gen) assignSigned(p place) {
	op := pick(g.Rand, []string{"", "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"})
	x := g.signed(signedBits(p.typ), 2)
	if strings.Contains("<<>>", op) && op != "" {
		x = g.shiftCount(signedBits(p.typ), 1)
	}
	g.line("%s %s= %s", p.text, op, x)
}

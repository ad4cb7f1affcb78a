package oracle

import (
	"fmt"
	"math/big"
	"math/bits"

	"github.com/tcc-bpf/tcc/lang/types"
)

// A num is an expression of an integer type, or a constant that takes its type from what is around it.
type num struct {
	text   string
	bits   int    // of its type; 0: a constant without a type
	narrow int    // how many bits it really has, if they are fewer than its type's
	k      uint64 // the constant
}

// values is how many bits the number's values have.
func (n num) values() int {
	if n.narrow > 0 {
		return n.narrow
	}
	return n.bits
}

// intBits is the width of an unsigned integer, 0 for other types.
func intBits(t types.Type) int {
	if i, ok := t.(*types.Int); ok && !i.Signed {
		return i.Bits
	}
	return 0
}

// number is an expression whose type has at most so many bits, as deep as that.
func (g *gen) number(most, depth int) num {
	if depth <= 0 {
		return g.simple(most)
	}
	switch g.IntN(10) {
	case 0, 1:
		return g.simple(most)
	case 2:
		if most >= 32 && g.chance(1, 6) {
			return g.hash(depth)
		}
		return g.converted(most, depth)
	case 3:
		x := g.typed(most, depth-1)
		return num{text: pick(g.Rand, []string{"-", "~"}) + x.text, bits: x.bits}
	case 4:
		x := g.typed(most, depth-1)
		n := g.shiftCount(x.bits, depth-1)
		return num{text: fmt.Sprintf("(%s %s %s)", x.text, pick(g.Rand, []string{"<<", ">>"}), n), bits: x.bits}
	}
	return g.arithmetic(most, depth)
}

var arithOps = []string{"+", "+", "-", "-", "*", "/", "%", "&", "&", "|", "^"}

func (g *gen) arithmetic(most, depth int) num {
	x := g.typed(most, depth-1)
	y := g.number(most, depth-1)
	if y.text == x.text { // mostly of no use
		y = g.number(most, depth-1)
	}
	if y.bits == 0 && y.k > maxOf(x.bits) {
		y = g.fitting(y.k & maxOf(x.bits))
	}
	width := max(x.bits, y.bits)
	if y.bits == 0 && g.chance(1, 3) {
		x, y = y, x
	}
	return num{text: fmt.Sprintf("(%s %s %s)", x.text, pick(g.Rand, arithOps), y.text), bits: width}
}

// shiftCount is what a number is shifted by: mostly less than its width.
func (g *gen) shiftCount(width, depth int) string {
	switch g.IntN(4) {
	case 0:
		return g.number(64, depth).text
	case 1:
		return fmt.Sprintf("(%s & %d)", g.typed(64, depth).text, min(maxOf(8), uint64(2*width-1)))
	}
	return fmt.Sprint(g.IntN(width + 2))
}

// fitting is a constant without a type.
func (g *gen) fitting(k uint64) num { return num{text: written(g.Rand, k), k: k} }

// simple is a constant, a place, or a builtin.
func (g *gen) simple(most int) num {
	switch g.IntN(12) {
	case 0, 1, 2:
		return g.fitting(g.pool.number(g.Rand, most))
	case 3:
		if g.chance(1, 3) {
			return g.folded(most)
		}
		if most >= 32 && g.chance(1, 3) {
			return num{text: pick(g.Rand, []string{"random()", "cpu()"}), bits: 32}
		}
	case 4:
		if f := g.quiet(func(t types.Type) bool { n := intBits(t); return n > 0 && n <= most }); f != nil {
			return num{text: g.call(f), bits: intBits(f.result)}
		}
		if most == 64 && g.chance(1, 3) {
			return num{text: "now()", bits: 64}
		}
	}
	return g.place(most)
}

// place is a place that holds a number, a constant if there is none.
func (g *gen) place(most int) num {
	p, ok := g.placeOf(func(p place) bool { n := intBits(p.typ); return n > 0 && n <= most })
	if !ok {
		return g.fitting(g.pool.number(g.Rand, most))
	}
	return numOf(p)
}

// varying is a number with a type that differs from packet to packet, if there is one.
func (g *gen) varying(depth int) num {
	p, ok := g.placeOf(func(p place) bool { return p.kind == fieldPlace && intBits(p.typ) > 0 })
	if !ok || g.chance(1, 2) {
		return g.typed(64, depth)
	}
	return numOf(p)
}

// numOf is what a place holds.
func numOf(p place) num { return num{text: p.text, bits: intBits(p.typ), narrow: p.bits} }

// typed is a number with a type.
func (g *gen) typed(most, depth int) num {
	for range 3 {
		if n := g.number(most, depth); n.bits > 0 {
			return n
		}
	}
	width := pick(g.Rand, ints).Bits
	for width > most {
		width /= 2
	}
	return num{text: fmt.Sprintf("u%d(%s)", width, written(g.Rand, g.pool.number(g.Rand, width))), bits: width}
}

// converted is an expression of any type as an integer.
func (g *gen) converted(most, depth int) num {
	width := pick(g.Rand, ints).Bits
	for width > most {
		width /= 2
	}
	call := func(x string) num { return num{text: fmt.Sprintf("u%d(%s)", width, x), bits: width} }
	switch g.IntN(9) {
	case 0:
		return call(g.cond(depth - 1))
	case 8:
		return call(g.signedTyped(64, depth-1))
	case 1:
		if p, ok := g.placeOf(func(p place) bool { _, enum := p.typ.(*types.Enum); return enum }); ok {
			return call(p.text)
		}
	case 2:
		if most >= 32 {
			return num{text: fmt.Sprintf("u32(%s)", g.address(types.IP4, depth-1)), bits: 32}
		}
	case 3:
		// The left side has no type of its own: it takes that of the conversion.
		return call(fmt.Sprintf("%s << %s", written(g.Rand, g.pool.number(g.Rand, width)), g.variable(64)))
	}
	x := g.number(64, depth-1)
	if x.bits == 0 && x.k > maxOf(width) {
		x = g.fitting(x.k & maxOf(width))
	}
	return call(x.text)
}

// folded is a constant that the checker computes, exactly.
func (g *gen) folded(most int) num {
	a, b := g.pool.number(g.Rand, most), g.pool.number(g.Rand, most)
	op := pick(g.Rand, []string{"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"})
	x, y, v := new(big.Int).SetUint64(a), new(big.Int).SetUint64(b), new(big.Int)
	switch op {
	case "+":
		v.Add(x, y)
	case "-":
		v.Sub(x, y)
	case "*":
		v.Mul(x, y)
	case "/":
		if b != 0 {
			v.Quo(x, y)
		}
	case "%":
		if v.Set(x); b != 0 {
			v.Rem(x, y)
		}
	case "&":
		v.And(x, y)
	case "|":
		v.Or(x, y)
	case "^":
		v.Xor(x, y)
	case "<<":
		b &= 63
		v.Lsh(x, uint(b))
	case ">>":
		b &= 63
		v.Rsh(x, uint(b))
	}
	if v.Sign() < 0 || v.BitLen() > most {
		return g.fitting(a)
	}
	return num{text: fmt.Sprintf("(%d %s %d)", a, op, b), k: v.Uint64()}
}

// index is a number that is mostly less than n. A constant must be.
func (g *gen) index(n int) string {
	switch g.IntN(4) {
	case 0:
		return fmt.Sprint(g.IntN(n))
	case 1:
		return g.variable(32)
	case 2:
		return fmt.Sprintf("(%s %% %d)", g.variable(32), n)
	}
	return fmt.Sprintf("(%s & %d)", g.variable(32), maxOf(bits.Len(uint(n))))
}

// variable is a number that is no constant, whatever it is computed from.
func (g *gen) variable(most int) string {
	x := g.place(most)
	if x.bits == 0 { // nothing here is as narrow
		return fmt.Sprintf("u%d(now())", most)
	}
	if g.chance(1, 2) {
		return x.text
	}
	y := g.number(most, 1)
	if y.bits == 0 && y.k > maxOf(x.bits) {
		y = g.fitting(y.k & maxOf(x.bits))
	}
	return fmt.Sprintf("(%s %s %s)", x.text, pick(g.Rand, arithOps), y.text)
}

// hash is a hash of a few values.
func (g *gen) hash(depth int) num {
	var args []string
	for range 1 + g.IntN(3) {
		t := g.scalar()
		arg := g.value(t, depth-1)
		if signedBits(t) > 0 { // a constant would have no type
			arg = fmt.Sprintf("%v(%s)", t, arg)
		}
		args = append(args, arg)
	}
	return num{text: "hash(" + commas(args) + ")", bits: 32}
}

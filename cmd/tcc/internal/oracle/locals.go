package oracle

import (
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Lets, assignments of all places, ifs, and what uses many values at once.
var localStmts = []production{
	{weight: 14, write: (*gen).let},
	{weight: 3, write: (*gen).lets},
	{weight: 1, write: (*gen).hoard},
	{weight: 16, write: (*gen).assign},
	{weight: 12, write: (*gen).ifElse},
	{weight: 3, write: func(g *gen, _ int) bool { g.mix(); return false }},
	{weight: 1, write: (*gen).swap},
	{weight: 3, write: (*gen).keep},
	{weight: 2, write: (*gen).divide},
}

// let is `x := …`.
func (g *gen) let(int) bool {
	switch g.IntN(8) {
	case 0:
		g.letOf(g.scalar())
	case 1:
		if small := g.smallStructs(40); len(small) > 0 {
			g.letOf(pick(g.Rand, small))
			return false
		}
		g.letOf(types.Bool)
	default:
		g.letOf(pick(g.Rand, ints))
	}
	return false
}

// letOf is a let that holds what a t can hold. Of a number it takes the type of the expression.
func (g *gen) letOf(t types.Type) {
	text := ""
	if bits := intBits(t); bits > 0 {
		n := g.number(bits, 1+g.IntN(4))
		text, t = n.text, types.Unsigned(max(n.bits, 8))
		if n.bits == 0 {
			t = types.U64
		}
	} else if signedBits(t) > 0 {
		text = fmt.Sprintf("%v(%s)", t, g.signed(signedBits(t), 2))
	} else {
		text = g.value(t, 2)
	}
	orElse := g.elseIfShort(text)
	l := g.bind(nil) // not in scope yet for its own value
	l.typ = t
	g.line("%s := %s%s", l.name, text, orElse)
}

// lets are many at once, of what is cheap to read: they want a register each.
func (g *gen) lets(int) bool {
	for range 4 + g.IntN(12) {
		g.letPlace()
	}
	return false
}

// letPlace is a let of a number that has a place. It gives the name.
func (g *gen) letPlace() string {
	n := g.place(64)
	l := g.bind(types.U64)
	if n.bits > 0 {
		l.typ = types.Unsigned(n.bits)
	}
	g.line("%s := %s", l.name, n.text)
	return l.name
}

// hoard is more numbers than the stack has room for, read one after the other and summed up in the end.
func (g *gen) hoard(int) bool {
	if g.copies > 1 || !g.chance(1, 4) {
		return g.lets(0)
	}
	var sum []string
	for range 50 + g.IntN(40) {
		sum = append(sum, g.letPlace())
	}
	sum[0] = "u64(" + sum[0] + ")"
	l := g.bind(nil)
	l.typ = types.U64
	g.line("%s := %s", l.name, strings.Join(sum, " + "))
	return false
}

// assign is `place = …` or `place += …`.
func (g *gen) assign(int) bool {
	p, ok := g.placeOf(func(p place) bool { return !p.readOnly })
	if !ok {
		return g.let(0)
	}
	bits := intBits(p.typ)
	if signedBits(p.typ) > 0 && g.chance(2, 3) {
		g.assignSigned(p)
		return false
	}
	if bits == 0 || g.chance(1, 2) {
		x := g.value(p.typ, 1+g.IntN(3))
		if p.kind == fieldPlace && bits > 0 {
			x = g.fieldValue(p)
		}
		g.line("%s = %s%s", p.text, x, g.elseIfShort(p.text, x))
		return false
	}
	op := pick(g.Rand, []string{"+", "+", "-", "*", "/", "%", "&", "|", "^", "^", "<<", ">>"})
	x := g.number(bits, g.IntN(3)).text
	if strings.Contains("<<>>", op) {
		x = g.shiftCount(bits, 1)
	}
	g.line("%s %s= %s%s", p.text, op, x, g.elseIfShort(p.text, x))
	return false
}

// fieldValue is a number for a field of a header: a constant must fit the field, anything else its type.
func (g *gen) fieldValue(p place) string {
	if g.chance(1, 3) {
		return written(g.Rand, g.pool.number(g.Rand, p.bits))
	}
	return g.variable(intBits(p.typ))
}

// ifElse is an if with any number of `else if`s.
func (g *gen) ifElse(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	ends := true
	g.line("if %s {", g.cond(1+g.IntN(3)))
	for {
		ends = g.block(depth-1, g.chance(1, 8)) && ends
		switch n := g.IntN(5); {
		case n == 0 && g.size > 0:
			g.line("} else if %s {", g.cond(1+g.IntN(2)))
			continue
		case n <= 2:
			g.line("} else {")
			ends = g.block(depth-1, g.chance(1, 10)) && ends
			g.line("}")
			return ends
		}
		g.line("}")
		return false
	}
}

// mix lets many values that are in scope have an effect at once, so that all of them had to be kept.
func (g *gen) mix() {
	var terms []string
	for _, p := range g.places() {
		if p.kind == localPlace && intBits(p.typ) > 0 && len(terms) < 14 {
			terms = append(terms, "u64("+g.closeIndexes(p)+")")
		}
	}
	target, ok := g.placeOf(func(p place) bool {
		return p.typ == types.U64 && !p.readOnly && (p.kind == globalPlace || p.kind == refPlace)
	})
	if len(terms) == 0 || !ok {
		g.assign(0)
		return
	}
	text := terms[0]
	for _, t := range terms[1:] {
		text = fmt.Sprintf("%s %s %s", text, pick(g.Rand, []string{"+", "^", "-"}), t)
	}
	g.line("%s ^= %s", target.text, text)
}

// swap lets two locals change places: moves that go in circles where paths join.
func (g *gen) swap(int) bool {
	a, ok := g.placeOf(func(p place) bool { return p.kind == localPlace && intBits(p.typ) > 0 && !p.readOnly })
	if !ok {
		return g.let(0)
	}
	b, _ := g.placeOf(func(p place) bool { return p.kind == localPlace && p.typ == a.typ && !p.readOnly })
	l := g.bind(a.typ)
	g.line("%s := %s", l.name, a.text)
	g.line("%s = %s", a.text, b.text)
	g.line("%s = %s", b.text, l.name)
	return false
}

// keep reads a place, changes it, and goes on with what it held: whoever reads it again instead gets it wrong.
func (g *gen) keep(int) bool {
	ofInt := func(p place) bool { return p.kind != localPlace && intBits(p.typ) > 0 && !p.readOnly }
	p, ok := g.placeOf(ofInt)
	if !ok {
		return g.let(0)
	}
	g.line("x%d := %s", g.names, p.text)
	old := g.bind(p.typ)
	g.line("%s %s %s", p.text, pick(g.Rand, []string{"+=", "^="}), g.number(intBits(p.typ), 1).text)
	g.assign(0)
	if to, ok := g.placeOf(ofInt); ok {
		g.line("%s ^= u%d(%s)", to.text, intBits(to.typ), old.name)
	}
	return false
}

package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Loops, and what leaves a round of one.
var loopStmts = []production{
	{weight: 3, can: func(g *gen) bool { return g.rounds < mostRounds }, write: (*gen).loop},
	{weight: 4, can: func(g *gen) bool { return g.loops > 0 }, write: (*gen).leaveRound},
}

// mostRounds is the product of the bounds of loops inside one another up to which there may be one more.
const mostRounds = 4

// loop is `for i in LO..HI max N { … }`.
func (g *gen) loop(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	max, head, t := g.loopHead()
	rounds, outer := g.rounds, len(g.scope)
	i := g.bind(t)
	i.fixed = true
	g.line("for %s in %s {", i.name, head)
	g.loops, g.rounds = g.loops+1, rounds*max
	g.withoutStale(func() { g.block(depth-1, false) })
	g.loops, g.rounds = g.loops-1, rounds
	g.scope = g.scope[:outer]
	g.line("}")
	return false
}

// loopHead is the range and the bound of a loop, how often it runs at most, and the type of its variable.
func (g *gen) loopHead() (max int, head string, t types.Type) {
	max = 1 + g.IntN(4)
	if g.small && g.chance(1, 5) {
		max = 1 + g.IntN(10)
	}
	if g.rounds > 1 {
		max = 1 + g.IntN(3)
	}
	switch g.IntN(4) {
	case 0:
		lo := pick(g.Rand, []int{0, 0, 1, 3, 250, 65530})
		return max, fmt.Sprintf("%d..%d", lo, lo+max), types.U32
	case 1:
		hi := g.typed(64, 1)
		return max, fmt.Sprintf("%s..%s max %d", g.typedLow(hi.bits), hi.text, max), types.Unsigned(hi.bits)
	}
	hi := g.place(64)
	if hi.bits == 0 {
		hi = num{text: "u32(7)", bits: 32}
	}
	return max, fmt.Sprintf("%d..%s max %d", g.IntN(3), hi.text, max), types.Unsigned(hi.bits)
}

// typedLow is a number that has at most so many bits, often a little below another one's usual values.
func (g *gen) typedLow(bits int) string {
	if g.chance(1, 3) {
		return fmt.Sprintf("(%s & 3)", g.variable(bits))
	}
	return g.variable(bits)
}

// leaveRound is `if … { break }` and the like.
func (g *gen) leaveRound(int) bool {
	word := pick(g.Rand, []string{"break", "continue"})
	if g.chance(1, 8) {
		g.line("%s", word)
		return true
	}
	if g.chance(1, 2) {
		g.line("if %s { %s }", g.cond(1), word)
		return false
	}
	outer := len(g.scope)
	g.line("if %s {", g.cond(1))
	g.indent++
	g.assign(0)
	g.line("%s", word)
	g.indent--
	g.scope = g.scope[:outer]
	g.line("}")
	return false
}

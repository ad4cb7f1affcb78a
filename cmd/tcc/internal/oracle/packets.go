package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Parse, peek, skip and need. Reads and writes of fields are expressions and assignments like any other.
var packetStmts = []production{
	{weight: 8, can: inStage, write: func(g *gen, _ int) bool { g.parse(g.someHeader()); return false }},
	{weight: 3, can: inStage, write: (*gen).skip},
}

// parse takes a view of a header, which mostly has a name.
func (g *gen) parse(h *types.Header) {
	if g.chance(1, 12) {
		g.line("%s %s%s", g.parseOrPeek(), h.Name, g.orElse())
		return
	}
	g.parseNamed(h)
}

func (g *gen) parseNamed(h *types.Header) {
	orElse := g.orElse() // the view isn't in scope there
	g.line("%s := %s %s%s", g.bind(h).name, g.parseOrPeek(), h.Name, orElse)
}

func (g *gen) parseOrPeek() string { return pick(g.Rand, []string{"parse", "parse", "peek"}) }

// orElse is an else behind what can fail, or nothing.
func (g *gen) orElse() string {
	if !inStage(g) || g.chance(1, 2) {
		return ""
	}
	return " else " + g.exitText(1)
}

func (g *gen) skip(int) bool {
	word := pick(g.Rand, []string{"skip", "skip", "need"})
	n := ""
	switch g.IntN(6) {
	case 0:
		n = g.number(32, 2).text
	case 1:
		n = written(g.Rand, g.pool.number(g.Rand, 32))
	case 2, 3:
		n = fmt.Sprintf("(%s & %d)", g.typed(32, 1).text, pick(g.Rand, []int{3, 15, 60, 255}))
	default:
		n = fmt.Sprint(g.IntN(24))
	}
	g.line("%s %s%s", word, n, g.orElse())
	return false
}

package oracle

import (
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Push and pop. Views that were taken before are not used afterwards: neither behind a branch that moves the packet, nor
// in a loop that does.
var pushStmts = []production{
	{weight: 4, can: (*gen).canMove, write: (*gen).push},
	{weight: 4, can: func(g *gen) bool { return g.canMove() && len(g.views()) > 0 }, write: (*gen).pop},
}

func (g *gen) canMove() bool { return inStage(g) && !g.typ.ReadOnly && !g.still }

// views are the locals in scope that are views, and not stale.
func (g *gen) views() (ls []*local) {
	for _, l := range g.scope {
		if _, view := l.typ.(*types.Header); view && g.alive(l) {
			ls = append(ls, l)
		}
	}
	return ls
}

func (g *gen) push(int) bool {
	h, after := g.someHeader(), ""
	var fields []string
	for _, f := range h.Fields {
		if g.chance(1, 2) {
			fields = append(fields, f.Name+": "+g.pushedField(&f))
		}
	}
	if vs := g.views(); len(vs) > 0 && g.chance(3, 4) {
		after = " after " + pick(g.Rand, vs).name
	}
	g.line("push %s{%s}%s%s", h.Name, commas(fields), after, g.orElse())
	g.moves++
	return false
}

func (g *gen) pushedField(f *types.HeaderField) string {
	if intBits(f.Type) > 0 {
		return g.fieldValue(place{typ: f.Type, bits: f.Bits})
	}
	return g.value(f.Type, 1)
}

func (g *gen) pop(int) bool {
	l := pick(g.Rand, g.views())
	orElse := g.orElse()
	g.line("pop %s%s", l.name, orElse)
	g.moves++
	if h := l.typ.(*types.Header); g.chance(1, 3) {
		g.parseNamed(h)
	}
	return false
}

// withoutStale writes the body of a loop. What makes locals from outside stale is that the body may be run many times:
// so references aren't used there, nor behind it if the map was changed; and either the packet stays as it is, or views
// are treated likewise.
func (g *gen) withoutStale(body func()) {
	outer, before, moves, still := g.scope, maps.Clone(g.mods), g.moves, g.still
	g.still = still || g.chance(2, 3)
	g.scope = slices.DeleteFunc(slices.Clone(outer), func(l *local) bool {
		_, view := l.typ.(*types.Header)
		return l.ref != nil || view && !g.still
	})
	body()
	g.scope, g.still = outer, still
	for m, n := range g.mods {
		if n != before[m] {
			g.mods[m] = n + 2
		}
	}
	if g.moves != moves {
		g.moves++
	}
}

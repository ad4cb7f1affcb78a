package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
)

// Maps, counters and events.
var stateStmts = []production{
	{weight: 8, can: hasMaps, write: (*gen).lookup},
	{weight: 6, can: hasMaps, write: (*gen).update},
	{weight: 2, can: func(g *gen) bool { return len(g.deletable()) > 0 }, write: (*gen).deleteEntry},
	{weight: 4, can: func(g *gen) bool { return len(g.counters) > 0 }, write: (*gen).count},
	{weight: 4, can: func(g *gen) bool { return len(g.events) > 0 }, write: (*gen).emit},
}

func hasMaps(g *gen) bool { return len(g.maps) > 0 }

// lookup is `if v := m[k] { … } else { … }`.
func (g *gen) lookup(depth int) bool {
	if depth <= 0 {
		return g.update(0)
	}
	m, key := pick(g.Rand, g.maps), ""
	if g.chance(1, 3) { // then it is there, if there is room
		g.changed(m) // before the key is chosen, which the lookup uses again
		key = g.key(m)
		g.updateEntry(m, key)
	} else {
		key = g.key(m)
	}
	g.line("if %s := %s[%s] {", fmt.Sprintf("x%d", g.names), m.name, key)
	outer := len(g.scope)
	v := g.bind(m.value)
	v.ref, v.mods = m, g.mods[m]
	if g.chance(2, 3) {
		g.indent++
		g.useReference(v)
		g.indent--
	}
	ends := g.block(depth-1, g.chance(1, 8))
	g.scope = g.scope[:outer]
	return g.mayElse(depth, ends)
}

// mayElse ends an if, or goes on with an else. It reports whether control never goes on behind; ends says so of the first
// block.
func (g *gen) mayElse(depth int, ends bool) bool {
	if g.chance(1, 2) {
		g.line("}")
		return false
	}
	g.line("} else {")
	ends = g.block(depth-1, g.chance(1, 10)) && ends
	g.line("}")
	return ends
}

// useReference writes to the entry at once, mostly adding to a number.
func (g *gen) useReference(v *local) {
	p, ok := g.placeOf(func(p place) bool {
		return p.kind == refPlace && intBits(p.typ) > 0 && (p.text == v.name || len(p.text) > len(v.name) && p.text[:len(v.name)+1] == v.name+".")
	})
	if ok {
		op := pick(g.Rand, []string{"+=", "+=", "-=", "=", "^="})
		g.line("%s %s %s", p.text, op, g.number(intBits(p.typ), 1).text)
	}
}

// update is `m[k] = v`.
func (g *gen) update(int) bool {
	m := pick(g.Rand, g.maps)
	g.updateEntry(m, g.key(m))
	return false
}

func (g *gen) updateEntry(m *mapDecl, key string) {
	g.line("%s[%s] = %s%s", m.name, key, g.value(m.value, 2), g.orElse())
	g.changed(m)
}

// changed notes that entries of a map may have been replaced or deleted. Those of arrays stay where they are.
func (g *gen) changed(m *mapDecl) {
	if m.kind != check.ArrayMap && m.kind != check.PerCPUArray {
		g.mods[m]++
	}
}

// deletable are the maps whose entries can be deleted.
func (g *gen) deletable() (ms []*mapDecl) {
	for _, m := range g.maps {
		if m.kind != check.ArrayMap && m.kind != check.PerCPUArray {
			ms = append(ms, m)
		}
	}
	return ms
}

func (g *gen) deleteEntry(int) bool {
	m := pick(g.Rand, g.deletable())
	g.line("delete %s[%s]", m.name, g.key(m))
	g.changed(m)
	return false
}

func (g *gen) count(int) bool {
	c := pick(g.Rand, g.counters)
	index := ""
	switch {
	case c.enum != nil:
		index = "[" + g.value(c.enum, 0) + "]"
	case c.len > 0:
		index = "[" + g.index(c.len) + "]"
	}
	n := "1"
	if g.chance(1, 2) {
		n = g.number(64, 1).text
	}
	g.line("%s%s += %s", c.name, index, n)
	return false
}

func (g *gen) emit(int) bool {
	g.line("emit %s", g.literal(pick(g.Rand, g.events), 2))
	return false
}

package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Lookups of routes. Programs are compiled pinned: routes are in tables that the case fills.
var fibStmts = []production{
	{weight: 4, can: func(g *gen) bool { return !g.typ.ReadOnly }, write: (*gen).fib},
}

// fib is `if hop := fib(…) { … } else { … }`.
func (g *gen) fib(depth int) bool {
	if depth <= 0 {
		return g.assign(0)
	}
	t := pick(g.Rand, []types.Type{types.IP4, types.IP4, types.IP6})
	args := []string{g.address(t, 1), g.address(t, 1)}
	for _, bits := range []int{16, 8, 8, 16, 16}[:max(0, g.IntN(9)-3)] {
		args = append(args, g.number(bits, 1).text)
	}
	call := "fib(" + commas(args) + ")"
	outer := len(g.scope)
	hop := g.bind(types.Hop)
	hop.fixed = true // no value of its type can be written
	g.line("if %s := %s {", hop.name, call)
	if g.chance(2, 3) {
		g.indent++
		g.useHop(hop)
		g.indent--
	}
	ends := g.block(depth-1, g.chance(1, 4))
	g.scope = g.scope[:outer]
	return g.mayElse(depth, ends)
}

// useHop writes what was found somewhere.
func (g *gen) useHop(hop *local) {
	field := pick(g.Rand, types.Hop.Fields)
	p, ok := g.placeOf(func(p place) bool { return !p.readOnly && p.kind != localPlace && p.typ == field.Type })
	if ok {
		g.line("%s = %s", p.text, fmt.Sprintf("%s.%s", hop.name, field.Name))
	}
}

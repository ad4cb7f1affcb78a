package oracle

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Arrays. While a place is being looked for, `?N` stands for an index of an array of N elements.

const openIndex = '?'

var openIndexes = regexp.MustCompile(`\?(\d+)`)

// closeIndexes chooses the indexes in the text of a place. What isn't in memory has constant ones.
func (g *gen) closeIndexes(p place) string {
	return openIndexes.ReplaceAllStringFunc(p.text, func(open string) string {
		n, _ := strconv.Atoi(open[1:]) // digits, by the pattern
		if p.kind == payloadPlace {
			return g.payloadIndex()
		}
		if p.kind == localPlace || g.chance(1, 3) {
			return fmt.Sprint(g.IntN(n))
		}
		return g.elementIndex(n)
	})
}

// elementIndex is an index of few parts, which is mostly in range.
func (g *gen) elementIndex(n int) string {
	x := "packet.len"
	var locals []string
	for _, l := range g.scope {
		if l.ref == nil && intBits(l.typ) > 0 {
			locals = append(locals, l.name)
		}
	}
	if len(locals) > 0 {
		x = pick(g.Rand, locals)
	}
	switch g.IntN(8) {
	case 0:
		return x
	case 1, 2:
		return fmt.Sprintf("(%s & %d)", x, maxOf(1+g.IntN(3)))
	}
	return fmt.Sprintf("(%s %% %d)", x, n)
}

// array is a small array of what a field can be.
func (g *gen) array() *types.Array {
	elem := g.scalar()
	switch g.IntN(8) {
	case 0:
		if small := g.smallStructs(12); len(small) > 0 {
			elem = pick(g.Rand, small)
		}
	case 1:
		return &types.Array{Len: 1 + g.IntN(3), Elem: &types.Array{Len: 1 + g.IntN(3), Elem: elem}}
	}
	return &types.Array{Len: 1 + g.IntN(6), Elem: elem}
}

// arrayValue is an array: one that is somewhere, or a literal.
func (g *gen) arrayValue(t *types.Array, depth int) string {
	if p, ok := g.placeFor(t); ok && g.chance(1, 2) {
		return p.text
	}
	return g.arrayOf(t, func(t types.Type) string { return g.value(t, min(depth, 1)) })
}

// arrayOf is a literal whose elements are chosen by a function.
func (g *gen) arrayOf(t *types.Array, elem func(types.Type) string) string {
	var list []string
	for range t.Len {
		list = append(list, elem(t.Elem))
	}
	return "[" + commas(list) + "]"
}

// composite reports whether a type has parts.
func composite(t types.Type) bool {
	switch t.(type) {
	case *types.Struct, *types.Array:
		return true
	}
	return false
}

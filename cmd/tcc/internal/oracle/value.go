package oracle

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// value is an expression that can stand where a t is wanted.
func (g *gen) value(t types.Type, depth int) string {
	t = types.ValueOf(t)
	if g.chance(1, 12) {
		if f := g.quiet(func(result types.Type) bool { return result == t }); f != nil {
			return g.call(f)
		}
	}
	switch t := t.(type) {
	case *types.Int:
		if t.Signed {
			return g.signed(t.Bits, depth)
		}
		return g.number(t.Bits, depth).text
	case *types.Enum:
		if p, ok := g.placeFor(t); ok && g.chance(1, 2) {
			return p.text
		}
		return g.constant(t)
	case *types.Struct:
		return g.structValue(t, depth)
	case *types.Array:
		return g.arrayValue(t, depth)
	}
	if t == types.Bool {
		return g.cond(depth)
	}
	return g.address(t, depth)
}

// constant is a constant of a scalar type.
func (g *gen) constant(t types.Type) string {
	switch t := t.(type) {
	case *types.Int:
		if t.Signed {
			return fmt.Sprint(g.signedConst(t.Bits))
		}
		if t == types.U64 && g.chance(1, 8) {
			return pick(g.Rand, []string{"250ms", "5s", "1us", "3ns", "2m", "1h"})
		}
		return written(g.Rand, g.pool.number(g.Rand, t.Bits))
	case *types.Enum:
		return t.Name + "." + pick(g.Rand, t.Members).Name
	case *types.Array:
		return g.arrayOf(t, g.constantOf)
	}
	switch t {
	case types.Bool:
		return pick(g.Rand, []string{"true", "false"})
	case types.IP4:
		return pick(g.Rand, g.ip4).String()
	case types.IP6:
		return pick(g.Rand, g.ip6).String()
	}
	return pick(g.Rand, g.macs)
}

// address is an expression of type ip4, ip6 or mac.
func (g *gen) address(t types.Type, depth int) string {
	switch n := g.IntN(8); {
	case n == 0 && depth > 0:
		return fmt.Sprintf("(%s & %s)", g.address(t, depth-1), g.mask(t))
	case n == 1 && t == types.IP4:
		return fmt.Sprintf("ip4(%s)", g.number(32, depth-1).text)
	case n < 6:
		if p, ok := g.placeFor(t); ok {
			return p.text
		}
	}
	return g.constant(t)
}

// mask is an address to mask others with.
func (g *gen) mask(t types.Type) string {
	switch {
	case g.chance(1, 4):
		return g.address(t, 0)
	case t == types.IP4:
		return pick(g.Rand, []string{"255.255.255.0", "255.0.0.0", "0.0.0.255", "255.255.255.254", "0.0.0.0", "255.255.255.255"})
	case t == types.IP6:
		return pick(g.Rand, []string{"ffff:ffff:ffff::", "ffff:ffff:ffff:ffff::", "::ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
	}
	return pick(g.Rand, []string{"ff:ff:ff:00:00:00", "01:00:00:00:00:00", "00:00:00:ff:ff:ff"})
}

// prefixOf is a prefix of addresses.
func (g *gen) prefixOf(t types.Type) string {
	if t == types.IP4 {
		return prefix(g.Rand, pick(g.Rand, g.ip4)).String()
	}
	return prefix(g.Rand, pick(g.Rand, g.ip6)).String()
}

// addressRange are two addresses, the lower one first.
func (g *gen) addressRange(t types.Type) (lo, hi string) {
	addrs := g.ip4
	if t == types.IP6 {
		addrs = g.ip6
	}
	a, b := pick(g.Rand, addrs), pick(g.Rand, addrs)
	if b.Less(a) {
		a, b = b, a
	}
	return a.String(), b.String()
}

// structValue is a struct: one that is somewhere, or a literal of some of its fields.
func (g *gen) structValue(t *types.Struct, depth int) string {
	if p, ok := g.placeFor(t); ok && g.chance(1, 2) {
		return p.text
	}
	return g.literal(t, depth)
}

// literal is a literal of a struct or event.
func (g *gen) literal(t *types.Struct, depth int) string {
	var fields []string
	for _, f := range t.Fields {
		if !g.chance(1, 6) {
			fields = append(fields, f.Name+": "+g.value(f.Type, min(depth, 2)))
		}
	}
	if g.chance(1, 4) {
		g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	return t.Name + "{" + commas(fields) + "}"
}

// key is the key of an entry, one of a few mostly.
func (g *gen) key(m *mapDecl) string {
	if m.kind == check.ArrayMap || m.kind == check.PerCPUArray {
		return g.index(m.max)
	}
	return g.keyOf(m.key)
}

func (g *gen) keyOf(t types.Type) string {
	if p, ok := g.placeFor(t); ok && g.chance(1, 3) {
		return p.text
	}
	switch t := types.ValueOf(t).(type) {
	case *types.Int:
		if t.Signed {
			return fmt.Sprint(int64(g.pool.small(g.Rand)) - 2)
		}
		switch g.IntN(4) {
		case 0:
			return g.number(t.Bits, 1).text
		case 1:
			return fmt.Sprintf("(%s & 3)", g.typed(t.Bits, 0).text)
		}
		return fmt.Sprint(g.pool.small(g.Rand))
	case *types.Struct:
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, f.Name+": "+g.keyOf(f.Type))
		}
		return t.Name + "{" + commas(fields) + "}"
	case *types.Array:
		return g.arrayOf(t, g.keyOf)
	}
	if slices.Contains([]types.Type{types.IP4, types.IP6, types.MAC}, t) {
		return g.address(t, 0)
	}
	if t == types.Bool {
		return g.simpleCond()
	}
	return g.constant(t)
}

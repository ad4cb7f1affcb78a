package oracle

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Rewrites, of chains of headers that may follow each other in a packet and of any views in scope.
var rewriteStmts = []production{
	{weight: 6, can: func(g *gen) bool { return !g.typ.ReadOnly && g.fn == nil && g.named == nil }, write: (*gen).rewrite},
	{weight: 3, can: func(g *gen) bool {
		return !g.typ.ReadOnly && g.fn != nil && g.named == nil && len(g.views()) > 0
	}, write: (*gen).rewrite},
	{weight: 30, can: func(g *gen) bool { return g.named != nil }, write: (*gen).writeNamed},
}

// outsideOfRewrites tells where control may leave a block.
func outsideOfRewrites(g *gen) bool { return g.named == nil }

// chains are headers that lie behind each other.
var chains = [][]string{
	{"ipv4", "tcp"}, {"ipv4", "udp"}, {"ipv6", "tcp"}, {"ipv6", "udp"}, {"ipv6", "icmp6"}, {"ipv4", "icmp"},
	{"ipv4", "icmp", "ipv4", "udp"}, {"ipv4", "udp", "ipv4", "tcp"}, {"ipv6", "icmp6", "ipv6", "tcp"}, {"ipv4", "udp", "dns"},
	{"ipv4", "udp", "vxlan", "ethernet", "ipv6", "udp"}, {"ipv4", "gre"}, {"ipv4"},
}

// rewrite is `rewrite v, w { … }`.
func (g *gen) rewrite(depth int) bool {
	named := g.someViews()
	if g.fn == nil && (len(named) == 0 || g.chance(1, 2)) {
		named = g.parseChain()
	}
	if len(named) == 0 {
		return g.assign(0)
	}
	var names []string
	for _, l := range named {
		names = append(names, l.name)
	}
	g.line("rewrite %s {", commas(names))
	loops := g.loops
	g.named, g.loops = named, 0
	g.block(min(depth-1, 2), false)
	g.indent++
	g.writeNamed(0)
	g.indent--
	g.named, g.loops = nil, loops
	g.line("}")
	return false
}

// parseChain parses headers that lie behind each other, and perhaps one of any kind behind them.
func (g *gen) parseChain() (named []*local) {
	chain := pick(g.Rand, chains)
	if g.frags { // see plan
		chain = chain[:min(len(chain), 2)]
	}
	for _, name := range chain {
		i := slices.IndexFunc(g.headers, func(h *types.Header) bool { return h.Name == name })
		named = append(named, g.parseView("parse", g.headers[i]))
	}
	if g.chance(1, 3) {
		named = append(named, g.parseView("peek", g.someHeader()))
	}
	return named
}

func (g *gen) parseView(word string, h *types.Header) *local {
	orElse := g.orElse()
	l := g.bind(h)
	g.line("%s := %s %s%s", l.name, word, h.Name, orElse)
	return l
}

// someViews are a few of those in scope, mostly in their order.
func (g *gen) someViews() []*local {
	ls := slices.DeleteFunc(g.views(), func(*local) bool { return g.chance(1, 4) })
	if g.chance(1, 6) {
		g.Shuffle(len(ls), func(i, j int) { ls[i], ls[j] = ls[j], ls[i] })
	}
	return ls[:min(len(ls), 5)]
}

// writeNamed writes to a field of a view that the rewrite names.
func (g *gen) writeNamed(int) bool {
	p, ok := g.placeOf(func(p place) bool { return p.kind == fieldPlace && !p.readOnly })
	switch {
	case !ok:
		return false
	case intBits(p.typ) > 0:
		g.line("%s = %s", p.text, g.fieldValue(p))
	default:
		g.line("%s = %s", p.text, g.value(p.typ, 1))
	}
	return false
}

// keeps reports whether a field can be written here: in a rewrite, whether it keeps the checksums over the field.
func (g *gen) keeps(l *local, field string) bool {
	if g.named == nil {
		return true
	}
	i := slices.Index(g.named, l)
	if i < 0 {
		return false
	}
	h := l.typ.(*types.Header).Name
	ip := h == "ipv4" || h == "ipv6"
	switch field {
	case "checksum":
		return !ip && !isTransport(h)
	case "ihl":
		return h != "ipv4"
	case "src", "dst":
		return !ip || i+1 < len(g.named)
	case "len", "proto", "next":
		return h != "udp" && (!ip || !g.transportBehind(i))
	}
	return true
}

func isTransport(h string) bool { return h == "tcp" || h == "udp" || h == "icmp" || h == "icmp6" }

// transportBehind reports whether a rewrite names the transport header of its i-th view, an IP header.
func (g *gen) transportBehind(i int) bool {
	for _, l := range g.named[i+1:] {
		switch h := l.typ.(*types.Header).Name; {
		case isTransport(h):
			return true
		case h == "ipv4" || h == "ipv6":
			return false
		}
	}
	return false
}

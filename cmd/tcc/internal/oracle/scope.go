package oracle

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/types"
)

// A local is a parameter, a let, a view or a reference.
type local struct {
	name string
	typ  types.Type // *types.Header of a view, the entry's type of a reference
	ref  *mapDecl   // nil: no reference
	mods int        // of a reference: how often the map had been changed before; of a view: the packet

	fixed bool // it can't be assigned
}

// alive reports whether a local can be used: its map, or of a view the packet, wasn't changed since.
func (g *gen) alive(l *local) bool {
	if _, view := l.typ.(*types.Header); view {
		return g.moves == l.mods
	}
	return l.ref == nil || g.mods[l.ref] == l.mods
}

// A place is something that can be read, and mostly written.
type place struct {
	text     string
	typ      types.Type // of what reading gives
	kind     placeKind
	bits     int  // of a header's field, if it is a number
	readOnly bool // a config, a field of the context, the variable of a loop
	open     bool // there are indexes to be chosen in the text
}

type placeKind int

const (
	localPlace placeKind = iota
	refPlace
	globalPlace
	fieldPlace // of a view
	payloadPlace
	packetPlace // of the context
	placeKinds
)

// places are all that can be named here.
func (g *gen) places() []place {
	var ps []place
	for _, l := range g.scope {
		switch h, view := l.typ.(*types.Header); {
		case view && !g.alive(l):
		case view:
			for _, f := range h.Fields {
				ps = append(ps, place{text: l.name + "." + f.Name, typ: f.Type, kind: fieldPlace, bits: f.Bits, readOnly: g.typ.ReadOnly || !g.keeps(l, f.Name)})
			}
		case l.ref == nil:
			ps = appendPlaces(ps, place{text: l.name, typ: l.typ, kind: localPlace, readOnly: l.fixed})
		case g.alive(l):
			ps = appendPlaces(ps, place{text: l.name, typ: l.typ, kind: refPlace})
		}
	}
	for _, v := range g.globals {
		if g.knows(v) {
			ps = appendPlaces(ps, place{text: v.name, typ: v.typ, kind: globalPlace, readOnly: v.config})
		}
	}
	ps = append(ps, g.payloadPlaces()...)
	for _, f := range g.typ.Packet {
		ps = append(ps, place{text: "packet." + f.Name, typ: f.Type, kind: packetPlace, readOnly: !f.Writable})
	}
	return ps
}

// appendPlaces adds a place and, of a struct, all fields in it; of an array one element, whose index is still open.
func appendPlaces(ps []place, p place) []place {
	inner := p
	p.typ = types.ValueOf(p.typ)
	ps = append(ps, p)
	switch t := p.typ.(type) {
	case *types.Struct:
		for _, f := range t.Fields {
			inner.text, inner.typ = p.text+"."+f.Name, f.Type
			ps = appendPlaces(ps, inner)
		}
	case *types.Array:
		inner.text, inner.typ = fmt.Sprintf("%s[%c%d]", p.text, openIndex, t.Len), t.Elem
		inner.open = true
		ps = appendPlaces(ps, inner)
	}
	return ps
}

// weights are how likely each kind of place is, however many there are of it. What the context holds is the same for all
// packets, so it decides little.
var weights = [placeKinds]int{localPlace: 6, refPlace: 6, globalPlace: 3, fieldPlace: 7, payloadPlace: 1, packetPlace: 1}

// placeOf is a place that fits, or false.
func (g *gen) placeOf(fits func(place) bool) (place, bool) {
	var byKind [placeKinds][]place
	total := 0
	for _, p := range g.places() {
		if fits(p) {
			if len(byKind[p.kind]) == 0 {
				total += weights[p.kind]
			}
			byKind[p.kind] = append(byKind[p.kind], p)
		}
	}
	if total == 0 {
		return place{}, false
	}
	n := g.IntN(total)
	for kind, ps := range byKind {
		if len(ps) == 0 {
			continue
		}
		if n -= weights[kind]; n < 0 {
			p := pick(g.Rand, ps)
			if p.open {
				p.text, p.open = g.closeIndexes(p), false
			}
			return p, true
		}
	}
	return place{}, false
}

// placeFor is a place of a type.
func (g *gen) placeFor(t types.Type) (place, bool) {
	t = types.ValueOf(t)
	return g.placeOf(func(p place) bool { return types.Identical(p.typ, t) })
}

// bind brings a new local into scope.
func (g *gen) bind(t types.Type) *local {
	l := &local{name: fmt.Sprintf("x%d", g.names), typ: t}
	if _, view := t.(*types.Header); view {
		l.mods = g.moves
	}
	g.names++
	g.scope = append(g.scope, l)
	return l
}

// view is a view of a header, empty if there is none.
func (g *gen) view(h *types.Header) string {
	var names []string
	for _, l := range g.scope {
		if l.typ == h && g.alive(l) {
			names = append(names, l.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return pick(g.Rand, names)
}

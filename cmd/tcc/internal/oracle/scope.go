package oracle

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// A local is a parameter, a let, a view or a reference.
type local struct {
	name string
	typ  types.Type // *types.Header of a view, the entry's type of a reference
	ref  *mapDecl   // nil: no reference
	mods int        // of a reference: how often the map had been changed before
}

// alive reports whether a reference still has a meaning. The memory of an entry that was deleted or replaced may become
// that of another one as soon as the map is changed again, which the language leaves open.
func (g *gen) alive(l *local) bool {
	return l.ref == nil || g.mods[l.ref]-l.mods <= 1
}

// A place is something that can be read, and mostly written.
type place struct {
	text     string
	typ      types.Type // of what reading gives
	kind     placeKind
	bits     int  // of a header's field, if it is a number
	readOnly bool // a config, a field of the context
}

type placeKind int

const (
	localPlace placeKind = iota
	refPlace
	globalPlace
	fieldPlace  // of a view
	packetPlace // of the context
	placeKinds
)

// places are all that can be named here.
func (g *gen) places() []place {
	var ps []place
	for _, l := range g.scope {
		switch h, view := l.typ.(*types.Header); {
		case view:
			for _, f := range h.Fields {
				ps = append(ps, place{text: l.name + "." + f.Name, typ: f.Type, kind: fieldPlace, bits: f.Bits})
			}
		case l.ref == nil:
			ps = appendPlaces(ps, place{text: l.name, typ: l.typ, kind: localPlace})
		case g.alive(l):
			ps = appendPlaces(ps, place{text: l.name, typ: l.typ, kind: refPlace})
		}
	}
	for _, v := range g.globals {
		ps = append(ps, place{text: v.name, typ: v.typ, kind: globalPlace, readOnly: v.config})
	}
	for _, f := range g.typ.Packet {
		ps = append(ps, place{text: "packet." + f.Name, typ: f.Type, kind: packetPlace, readOnly: !f.Writable})
	}
	return ps
}

// appendPlaces adds a place and, of a struct, all fields in it.
func appendPlaces(ps []place, p place) []place {
	inner := p
	p.typ = types.ValueOf(p.typ)
	ps = append(ps, p)
	if s, ok := p.typ.(*types.Struct); ok {
		for _, f := range s.Fields {
			inner.text, inner.typ = p.text+"."+f.Name, f.Type
			ps = appendPlaces(ps, inner)
		}
	}
	return ps
}

// placeOf is a place that fits, or false. All kinds of places are as likely, however many there are of each; locals twice.
func (g *gen) placeOf(fits func(place) bool) (place, bool) {
	var byKind [placeKinds][]place
	var kinds []placeKind
	for _, p := range g.places() {
		if fits(p) {
			if len(byKind[p.kind]) == 0 {
				kinds = append(kinds, p.kind)
			}
			byKind[p.kind] = append(byKind[p.kind], p)
		}
	}
	if len(kinds) == 0 {
		return place{}, false
	}
	if slices.Contains(kinds, localPlace) {
		kinds = append(kinds, localPlace)
	}
	return pick(g.Rand, byKind[pick(g.Rand, kinds)]), true
}

// placeFor is a place of a type.
func (g *gen) placeFor(t types.Type) (place, bool) {
	t = types.ValueOf(t)
	return g.placeOf(func(p place) bool { return p.typ == t })
}

// bind brings a new local into scope.
func (g *gen) bind(t types.Type) *local {
	l := &local{name: fmt.Sprintf("x%d", g.names), typ: t}
	g.names++
	g.scope = append(g.scope, l)
	return l
}

// view is a view of a header, empty if there is none.
func (g *gen) view(h *types.Header) string {
	var names []string
	for _, l := range g.scope {
		if l.typ == h {
			names = append(names, l.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return pick(g.Rand, names)
}

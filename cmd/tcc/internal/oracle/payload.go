package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/types"
)

// The payload: places like fields of a view, whose index is computed or not, and which need not be there. A statement
// that looks at it may have an else.
var payloadStmts = []production{
	{weight: 2, write: (*gen).letPayload},
	{weight: 2, can: (*gen).writesPayload, write: (*gen).assignPayload},
}

var payloadWords = map[types.Type]string{types.U8: "payload", types.U16: "payload.u16", types.U32: "payload.u32", types.U64: "payload.u64"}

// payloadPlaces are one place for each width; the index is still open.
func (g *gen) payloadPlaces() (ps []place) {
	for _, t := range ints {
		text := fmt.Sprintf("%s[%c0]", payloadWords[t], openIndex)
		ps = append(ps, place{text: text, typ: t, kind: payloadPlace, readOnly: !g.writesPayload(), open: true})
	}
	return ps
}

// writesPayload reports whether the payload can be written here: in a rewrite, if it names a header whose checksum covers it.
func (g *gen) writesPayload() bool {
	return !g.typ.ReadOnly && (g.named == nil || slices.ContainsFunc(g.named, func(l *local) bool { return isTransport(l.typ.(*types.Header).Name) }))
}

// payloadIndex is how far something lies behind the cursor: mostly not far.
func (g *gen) payloadIndex() string {
	var locals []string
	for _, l := range g.scope {
		if n := intBits(l.typ); l.ref == nil && n > 0 && n <= 32 {
			locals = append(locals, l.name)
		}
	}
	x := "packet.len"
	if len(locals) > 0 {
		x = pick(g.Rand, locals)
	}
	switch g.IntN(12) {
	case 0:
		return x
	case 1:
		return fmt.Sprintf("(%s - %d)", x, g.IntN(60))
	case 2:
		return fmt.Sprintf("(u32(%s & 31) * %d)", x, pick(g.Rand, []int{1, 4, 9, 100, 2000}))
	case 3, 4, 5:
		return fmt.Sprintf("(%s & %d)", x, maxOf(1+g.IntN(6)))
	case 6:
		return fmt.Sprint(pick(g.Rand, []int{60, 254, 255, 256, 600, 32767, 32768, 4294967295}))
	}
	return fmt.Sprint(g.IntN(12))
}

// elseIfShort is an else behind a statement of which this is a part, if that looks at the payload, or nothing.
func (g *gen) elseIfShort(parts ...string) string {
	if !strings.Contains(strings.Join(parts, " "), "payload") {
		return ""
	}
	return g.orElse()
}

// letPayload is `x := payload[…]`.
func (g *gen) letPayload(int) bool {
	p := g.somePayload()
	orElse := g.orElse() // the local isn't in scope there
	g.line("%s := %s%s", g.bind(p.typ).name, p.text, orElse)
	return false
}

// assignPayload is `payload[…] = …`.
func (g *gen) assignPayload(int) bool {
	p := g.somePayload()
	op := pick(g.Rand, []string{"", "", "+", "^", "-"})
	g.line("%s %s= %s%s", p.text, op, g.number(intBits(p.typ), 2).text, g.orElse())
	return false
}

func (g *gen) somePayload() place {
	p := pick(g.Rand, g.payloadPlaces())
	p.text = g.closeIndexes(p)
	return p
}

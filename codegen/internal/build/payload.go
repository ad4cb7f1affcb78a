package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// An access to the payload is a check of its own pointer and a load or store through it. In a loop, whose rounds are
// written out, the index is mostly a constant: then all rounds go through one pointer, that of the cursor.
//
// On tc the bytes may lie beyond the part of the packet that can be pointed at. The entry program brings in what lies
// near the packet's start (entry.go). Farther bytes are looked for when the check fails, on a cold path: a helper copies
// them to the stack to be read, which leaves all pointers as they are. To be written they must be pulled, and then the
// packet may lie elsewhere (see moved).

// pullMost is how many bytes of the packet the entry program brings in, if need be, for what looks at the payload.
const pullMost = 512

// A payloadPlace is some bytes behind the cursor: a target whose load and store fail if they aren't there.
// Its load gives, and its store takes, the number in host order.
type payloadPlace struct {
	at     spot
	size   int // 1, 2, 4 or 8
	typ    types.Type
	failed *ir.Block
	parts  *parts // of the rewrite in which it is written; nil outside of one
}

// payload is the place of an access. It fails if it starts beyond check.CursorMax.
func (s *stage) payload(e *syntax.Index) payloadPlace {
	at, t := s.at(e), s.p.Payload[e]
	n := s.exprAs(e.Index, types.U32)[0]
	to := s.add(at, s.spotOf(s.read(s.cur, cursor)), n)
	failed := s.failing()
	to = s.limit(at, to, failed)
	return payloadPlace{at: s.spotOf(to), size: t.Size(), typ: t, failed: failed, parts: s.payloadParts}
}

// near reports whether the bytes can be pointed at if they are there.
func (p payloadPlace) near(s *stage) bool {
	return !s.m.Type().Pull && !s.m.Frags || s.m.Type().Pull && s.max(p.at.root)+uint64(p.at.disp)+uint64(p.size) <= pullMost
}

func (p payloadPlace) load(s *stage, at diag.Span) value {
	var x *ir.Value
	switch {
	case !s.m.Type().Direct:
		x = p.copied(s, at)
	case p.near(s):
		x = s.load(at, p.size, s.there(at, p.at, p.size, p.failed), p.at.disp)
	default:
		x = s.nearOrFar(at, p.size, p.at, func() *ir.Value { return p.copied(s, at) })
	}
	return value{s.swap(at, p.size, x)}
}

// copied loads the bytes wherever they are.
func (p payloadPlace) copied(s *stage, at diag.Span) *ir.Value {
	s.notBeyond(at, p.at, p.size, p.failed)
	return s.load(at, p.size, s.copyOf(at, p.size, p.at), 0)
}

func (p payloadPlace) store(s *stage, at diag.Span, v value) {
	x := s.swap(at, p.size, s.as(at, ir.Number(p.size), v[0]))
	if p.near(s) {
		p.storeAt(s, at, s.there(at, p.at, p.size, p.failed), x)
		return
	}
	far, on := s.coldBlock(), s.newBlock()
	p.storeAt(s, at, s.ifNear(at, p.at, p.size, far), x)
	s.jump(on, at)
	s.enter(far)
	end := s.notBeyond(at, p.at, p.size, p.failed)
	if s.m.Frags {
		p.storeFar(s, at, x)
		s.jump(on, at)
		s.enter(on)
		return
	}
	s.emit(at, ir.Pull, ir.None, s.as(at, ir.I32, end))
	s.moved()
	p.storeAt(s, at, s.ifNear(at, p.at, p.size, p.failed), x)
	s.jump(on, at)
	s.enter(on)
	s.ptrs = nil
}

// looksAtPayload reports whether code looks at the payload, by itself or in a fn that it calls.
func (b *builder) looksAtPayload(n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Index:
			found = found || b.p.Payload[n] != nil
		case *syntax.Call:
			if f, ok := b.p.Uses[n.Fun].(*check.Fn); ok {
				found = found || b.looksAtPayload(f.Decl.Body)
			}
		}
		return !found
	})
	return found
}

package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The kernel resizes a packet at one place: on xdp at its front, on tc behind the first 14 bytes. So that bytes come in or
// go out elsewhere, what lies between has to be moved (front.go). A push moves it when the kernel has made room, a pop
// before the kernel takes some.
//
// Either can fail, and must then leave the packet as it was. So all that can be known is asked before: only the helper
// of a push can still refuse, which comes before any move. On tc a pop asks the helper too, by a resize of nothing.
//
// The tc helper puts the room behind what the kernel takes for the link layer's header. Programs can't see where that
// ends, but they can ask: two reads of one byte from the network header on, of which the first must find the packet's
// last linear byte and the second must not, prove that it is behind 14 bytes.
//
// Pointers don't survive the helpers, not even where they fail.

const (
	etherHeader = 14 // bytes of the link layer's header
	ipv4Header  = 20 // bytes behind it that a pop on tc has to leave
	ipv6Header  = 40
	etherIPv6   = 0x86dd
)

// pushStmt is `push H{…} [after v]`.
func (s *stage) pushStmt(st *syntax.PushStmt) {
	at := firstSpan(s.at(st), "push")
	h := s.p.Uses[st.Header.Name].(*check.Header).Type
	n := int64(h.Fixed)
	s.orElse(st.Else, func() {
		failed := s.failing()
		fields := s.headerFields(st.Header, h)
		place := s.konst(at, ir.I64, 0)
		if st.After != nil {
			v, before := s.named(st.After)
			place = s.behind(at, before, v, failed)
		}
		f := s.frontOf(at, place)
		s.limitFront(at, &f, failed)
		s.reachFront(at, f, failed)
		before := s.read(s.cur, cursor)
		s.limitCursor(at, f, before, n, failed)
		s.netAtIP(at, failed)
		s.resize(at, s.konst(at, ir.I32, uint64(n)), failed)
		s.moveFor(at, f, n, nil, true)
		s.storeHeader(at, s.cellAt(at, f, n), h, fields)
		s.cursorAfterPush(at, f, before, n)
	})
}

// popStmt is `pop v`.
func (s *stage) popStmt(st *syntax.PopStmt) {
	at := firstSpan(s.at(st), "pop")
	s.orElse(st.Else, func() {
		failed := s.failing()
		v, h := s.named(st.View)
		size := s.lengthOf(at, h, v, failed)
		f := s.frontOf(at, s.offset(at, v.at))
		s.limitFront(at, &f, failed)
		n, known := s.exactly(size)
		var long *ir.Value
		if known {
			s.failUnless(at, n <= check.PopMax, failed)
		} else {
			s.failIf(at, ir.UGt, size, s.konst(at, ir.I32, check.PopMax), failed)
			long = s.as(at, ir.I64, s.emit(at, ir.And, ir.I32, size, s.konst(at, ir.I32, check.PopMax)))
		}
		s.netAtIP(at, failed)
		if s.p.Type.Name == "tc" {
			s.resize(at, s.konst(at, ir.I32, 0), failed)
		}
		s.leaveEnough(at, size, failed)
		s.reachHeader(at, f, int64(n), long, failed)
		before := s.read(s.cur, cursor)
		s.moveFor(at, f, int64(n), long, false)
		s.resize(at, s.emit(at, ir.Sub, ir.I32, s.konst(at, ir.I32, 0), size), s.failBlock())
		s.cursorAfterPop(at, f, before, int64(n), long)
		if s.m.Type().Pull {
			s.pull(at)
			s.moved()
		}
	})
}

// firstSpan is the word that a statement starts with.
func firstSpan(at diag.Span, word string) diag.Span {
	at.End = at.Start
	at.End.Offset += len(word)
	at.End.Col += len(word)
	return at
}

// named is the view of a name, and the declaration of its header.
func (s *stage) named(id *syntax.Ident) (view, *check.Header) {
	l := s.p.Uses[id].(*check.Local)
	return s.viewOf(l), s.p.HeaderOf(l.Type.(*types.Header))
}

// resize changes the length of the packet.
func (s *stage) resize(at diag.Span, n *ir.Value, failed *ir.Block) {
	result := s.emit(at, ir.Resize, ir.I64, n)
	s.moved()
	s.failIf(at, ir.Ne, result, s.konst(at, ir.I64, 0), failed)
}

// netAtIP asks on tc whether the kernel takes the link layer's header to have 14 bytes.
func (s *stage) netAtIP(at diag.Span, failed *ir.Block) {
	if !s.m.Type().Pull {
		return
	}
	linear := s.emit(at, ir.HeadLen, ir.I32)
	for i, ends := range []ir.Cond{ir.Ne, ir.Eq} {
		last := s.emit(at, ir.Sub, ir.I32, linear, s.konst(at, ir.I32, uint64(etherHeader+1-i)))
		s.failIf(at, ends, s.emit(at, ir.NetByte, ir.I64, last), s.konst(at, ir.I64, 0), failed)
	}
}

// leaveEnough fails where size bytes less are fewer than the kernel lets a packet have.
func (s *stage) leaveEnough(at diag.Span, size *ir.Value, failed *ir.Block) {
	var whole *ir.Value
	if s.m.Frags { // what is taken must lie in the first buffer
		whole = s.emit(at, ir.HeadLen, ir.I32)
	} else {
		whole = s.ctxLoad(at, "len")
	}
	leave := func(n uint64) {
		least := s.emit(at, ir.Add, ir.I32, size, s.konst(at, ir.I32, etherHeader+n))
		s.failIf(at, ir.ULt, whole, least, failed)
	}
	if s.p.Type.Name != "tc" {
		leave(0)
		return
	}
	leave(ipv4Header)
	v6, on := s.newBlock(), s.newBlock()
	s.br(at, ir.Ne, s.ctxLoad(at, "protocol"), s.wconst(at, 2, etherIPv6), way{yes: on, no: v6, next: v6})
	s.enter(v6)
	leave(ipv6Header)
	s.jump(on, at)
	s.enter(on)
}

// ---- the cursor stays at the byte where it is ----

// limitCursor fails where a push of n bytes takes the cursor too far.
func (s *stage) limitCursor(at diag.Span, f front, cur *ir.Value, n int64, failed *ir.Block) {
	if s.max(cur)+uint64(n) <= check.CursorMax {
		return
	}
	far, on := s.newBlock(), s.newBlock()
	s.br(at, ir.ULt, cur, f.value, way{yes: on, no: far, next: far})
	s.enter(far)
	s.failIf(at, ir.UGt, cur, s.konst(at, ir.I64, uint64(check.CursorMax-n)), failed)
	s.jump(on, at)
	s.enter(on)
}

func (s *stage) cursorAfterPush(at diag.Span, f front, cur *ir.Value, n int64) {
	if c, ok := s.exactly(cur); ok && f.known {
		if int64(c) >= f.n {
			s.write(s.cur, cursor, s.konst(at, ir.I64, c+uint64(n)))
		}
		return
	}
	behind, on := s.newBlock(), s.newBlock()
	s.br(at, ir.ULt, cur, f.value, way{yes: on, no: behind, next: behind})
	s.enter(behind)
	s.write(s.cur, cursor, s.offsetOf(at, s.emit(at, ir.Add, ir.I64, cur, s.konst(at, ir.I64, uint64(n)))))
	s.jump(on, at)
	s.enter(on)
}

func (s *stage) cursorAfterPop(at diag.Span, f front, cur *ir.Value, n int64, long *ir.Value) {
	if c, ok := s.exactly(cur); ok && f.known && (long == nil || int64(c) <= f.n) {
		if int64(c) > f.n {
			s.write(s.cur, cursor, s.konst(at, ir.I64, uint64(max(int64(c)-n, f.n))))
		}
		return
	}
	if long == nil {
		long = s.konst(at, ir.I64, uint64(n))
	}
	within, behind, inside, on := s.newBlock(), s.newBlock(), s.newBlock(), s.newBlock()
	s.br(at, ir.ULe, cur, f.value, way{yes: on, no: within, next: within})
	s.enter(within)
	end := s.emit(at, ir.Add, ir.I64, f.value, long)
	s.br(at, ir.ULt, cur, end, way{yes: inside, no: behind, next: behind})
	s.enter(behind)
	s.write(s.cur, cursor, s.offsetOf(at, s.emit(at, ir.Sub, ir.I64, cur, long)))
	s.jump(on, at)
	s.enter(inside)
	s.write(s.cur, cursor, f.value)
	s.jump(on, at)
	s.enter(on)
}

// offsetOf bounds an offset, which is at most check.CursorMax, for the verifier.
func (s *stage) offsetOf(at diag.Span, x *ir.Value) *ir.Value {
	if s.seen(x) <= check.CursorMax {
		return x
	}
	return s.emit(at, ir.And, ir.I64, x, s.konst(at, ir.I64, check.CursorMax))
}

// failUnless goes to failed, or on.
func (s *stage) failUnless(at diag.Span, ok bool, failed *ir.Block) {
	if !ok {
		s.failIf(at, ir.Eq, s.konst(at, ir.I32, 0), s.konst(at, ir.I32, 0), failed)
	}
}

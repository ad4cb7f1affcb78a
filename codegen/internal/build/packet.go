package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The kernel's verifier proves an access to the packet by a compare of the very pointer with the packet's end. Where
// the offset is constant the pointer is the start of the packet. Where it isn't, the sum of the two is a pointer with
// an identity of its own: it is made once, and all that lies at a constant distance from it goes through it.

// A spot is a place in the packet: disp bytes behind root, an I64; without a root, behind the start.
type spot struct {
	root *ir.Value
	disp int64
}

// A view is a header at a spot. Its fixed part is checked to be there, unless the stage only passes it on: then it has
// no pointer.
type view struct {
	ptr    *ir.Value // Pkt: the spot's root
	at     spot
	header *types.Header
}

// A pointer is the Pkt of a root, with the end it is checked against. Those of enclosing blocks are in scope.
type pointer struct {
	root     *ir.Value
	ptr, end *ir.Value
	outer    *pointer
}

// maxDisp is the largest displacement that is left to loads and stores, whose field for it has 16 bits with a sign.
const maxDisp = 0x4000

// spotOf splits an offset into root and displacement. One that was compared with check.CursorMax stays whole, as its
// bound is the sum's.
func (s *stage) spotOf(offset *ir.Value) spot {
	switch {
	case s.compared[offset]:
	case offset.Op == ir.Const && offset.Imm <= maxDisp:
		return spot{disp: offset.Imm}
	case offset.Op == ir.Add && offset.Args[1].Op == ir.Const && offset.Args[1].Imm <= maxDisp:
		return spot{offset.Args[0], offset.Args[1].Imm}
	}
	return spot{root: offset}
}

// offset is a spot's offset from the start of the packet.
func (s *stage) offset(at diag.Span, p spot) *ir.Value {
	disp := s.konst(at, ir.I64, uint64(p.disp))
	switch {
	case p.root == nil:
		return disp
	case p.disp == 0:
		return p.root
	}
	return s.emit(at, ir.Add, ir.I64, p.root, disp)
}

// pointer is the Pkt of a root.
func (s *stage) pointer(at diag.Span, root *ir.Value) *pointer {
	for p := s.ptrs; p != nil; p = p.outer {
		if p.root == root {
			return p
		}
	}
	p := &pointer{root: root}
	if root == nil {
		p.ptr, p.end = s.emit(at, ir.Data, ir.Pkt), s.emit(at, ir.DataEnd, ir.End)
	} else {
		start := s.pointer(at, nil)
		p.ptr, p.end = s.emit(at, ir.PktAdd, ir.Pkt, start.ptr, root), start.end
	}
	p.outer = s.ptrs
	s.ptrs = p
	return p
}

// viewAt checks that the fixed part of a header is there.
func (s *stage) viewAt(p spot, h *types.Header, at diag.Span, failed *ir.Block) view {
	base := s.pointer(at, p.root)
	on := s.newBlock()
	s.end(ir.Term{
		Op:    ir.Check,
		Imm:   p.disp + int64(h.Fixed),
		Args:  []*ir.Value{base.ptr, base.end},
		Succs: []ir.Edge{{To: on}, {To: failed}},
		Span:  at,
	})
	s.enter(on)
	return view{base.ptr, p, h}
}

// parseStmt is `[v :=] parse H` and `[v :=] peek H`.
func (s *stage) parseStmt(st *syntax.ParseStmt) {
	h := s.p.Uses[st.Header].(*check.Header)
	at := s.at(st.Header)
	s.orElse(st.Else, func(failed *ir.Block) {
		v := s.viewAt(s.spotOf(s.read(s.cur, cursor)), h.Type, at, failed)
		if st.Name != nil {
			s.views[s.p.Defs[st.Name].(*check.Local)] = v
		}
		if !st.Peek {
			s.advance(at, s.headerLen(at, h, v, failed), failed)
		}
	})
}

// headerLen is the whole length of a header, an I32. It is at least that of the fixed part.
func (s *stage) headerLen(at diag.Span, h *check.Header, v view, failed *ir.Block) *ir.Value {
	if h.Decl.Length == nil {
		return s.konst(at, ir.I32, uint64(h.Type.Fixed))
	}
	s.measured, s.site = &v, at
	n := s.exprAs(h.Decl.Length, types.U32)[0]
	s.measured, s.site = nil, diag.Span{}
	if n.Op != ir.Const || n.Number() < uint64(h.Type.Fixed) {
		s.failIf(at, ir.ULt, n, s.konst(at, ir.I32, uint64(h.Type.Fixed)), failed)
	}
	return n
}

// skipStmt is `skip n` and `need n`. To skip past the packet's end is no failure: whoever reads on checks.
func (s *stage) skipStmt(st *syntax.SkipStmt) {
	at := s.at(st)
	s.orElse(st.Else, func(failed *ir.Block) {
		n := s.scalar(st.N)
		if !st.Need {
			s.advance(at, n, failed)
			return
		}
		size := s.as(at, ir.I64, s.ctxLoad(at, "len"))
		s.failIf(at, ir.UGt, s.add(at, s.read(s.cur, cursor), n, failed), size, failed)
	})
}

// advance moves the cursor by n bytes, unless that takes it beyond check.CursorMax.
func (s *stage) advance(at diag.Span, n *ir.Value, failed *ir.Block) {
	to := s.add(at, s.read(s.cur, cursor), n, failed)
	if s.max(to) > check.CursorMax {
		s.failIf(at, ir.UGt, to, s.konst(at, ir.I64, check.CursorMax), failed)
		s.maxima[to], s.compared[to] = check.CursorMax, true
	}
	s.write(s.cur, cursor, to)
}

// add is offset + n, a value of its own, without wrapping: an n of more than 32 bits fails first.
func (s *stage) add(at diag.Span, offset, n *ir.Value, failed *ir.Block) *ir.Value {
	if s.max(n) > ones(32) {
		s.failIf(at, ir.UGt, n, s.konst(at, ir.I64, ones(32)), failed)
	}
	n = s.as(at, ir.I64, s.as(at, ir.I32, n))
	p := s.spotOf(offset)
	switch {
	case n.Op == ir.Const:
		return s.offset(at, spot{p.root, p.disp + n.Imm})
	case p.root == nil:
		return s.offset(at, spot{n, p.disp})
	}
	return s.offset(at, spot{s.emit(at, ir.Add, ir.I64, p.root, n), p.disp})
}

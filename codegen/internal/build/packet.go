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

// A spot is a place in the packet: disp bytes behind root, an I64 that counts from the start.
type spot struct {
	root *ir.Value
	disp int64
}

// A view is a header at a spot. Its fixed part is checked to be there, unless the stage only passes it on: then it has
// no pointer.
type view struct {
	ptr    *ir.Value // Pkt: the spot's root; or Obj: a copy of the header
	at     spot
	header *types.Header
	moves  int  // the stage's when the pointer was made
	far    bool // there is no pointer: each access looks for the bytes anew

	parts *parts    // of the rewrite that names it; nil outside of one
	part  *variable // what a write is added to
}

// A pointer is the Pkt of a root, and the packet's start and end. Those of enclosing blocks are in scope.
type pointer struct {
	root            *ir.Value
	ptr, start, end *ir.Value
	outer           *pointer
}

// maxDisp is the largest displacement that is left to loads and stores, whose field for it has 16 bits with a sign.
const maxDisp = 0x4000

// spotOf splits an offset into root and displacement. One that limit has bounded stays whole: the bound is that of the sum.
func (s *stage) spotOf(offset *ir.Value) spot {
	sum := offset.Op == ir.Add && offset.Args[1].Op == ir.Const
	if sum && offset.Args[1].Imm <= maxDisp {
		return spot{offset.Args[0], offset.Args[1].Imm}
	}
	return spot{root: offset}
}

// offset is a spot's offset from the start of the packet.
func (s *stage) offset(at diag.Span, p spot) *ir.Value {
	if p.disp == 0 {
		return p.root
	}
	return s.emit(at, ir.Add, ir.I64, p.root, s.konst(at, ir.I64, uint64(p.disp)))
}

// pointer is the Pkt of a root.
func (s *stage) pointer(at diag.Span, root *ir.Value) *pointer {
	for p := s.ptrs; p != nil; p = p.outer {
		if p.root == root {
			return p
		}
	}
	p := &pointer{root: root, outer: s.ptrs}
	if p.outer == nil {
		p.start, p.end = s.emit(at, ir.Data, ir.Pkt), s.emit(at, ir.DataEnd, ir.End)
	} else {
		p.start, p.end = p.outer.start, p.outer.end
	}
	p.ptr = s.emit(at, ir.PktAdd, ir.Pkt, p.start, root)
	s.ptrs = p
	return p
}

// viewAt checks that the fixed part of a header is there.
func (s *stage) viewAt(p spot, h *types.Header, at diag.Span, failed *ir.Block) view {
	if !s.m.Type().Direct {
		return s.copyAt(p, h, at, failed)
	}
	if s.m.Frags {
		s.anywhere(at, p, h.Fixed, failed)
		return view{at: p, header: h, far: true}
	}
	return view{ptr: s.there(at, p, h.Fixed, failed), at: p, header: h, moves: s.moves}
}

// there checks that size bytes at a spot are there, and gives the pointer of its root.
func (s *stage) there(at diag.Span, p spot, size int, failed *ir.Block) *ir.Value {
	base := s.pointer(at, p.root)
	s.reach(at, cell{base, p.disp}, int64(size), failed)
	return base.ptr
}

// moved says that the packet may lie elsewhere from here on. All pointers are dead, here and where ways meet on which
// there is one more; so are those of the views, which are checked anew where they are used next (viewOf).
func (s *stage) moved() {
	s.moves++
	s.ptrs = nil
}

// backTo forgets the pointers that were made since outer were all, and those too if the packet may have moved since.
func (s *stage) backTo(outer *pointer, moves int) {
	s.ptrs = outer
	if s.moves != moves {
		s.ptrs = nil
	}
}

// viewOf is a view to be read or written. If the packet may have moved since its pointer was made, it gets another one;
// its bytes are still there, but the kernel's verifier wants to see that.
func (s *stage) viewOf(l *check.Local) view { return s.renewed(s.views[l]) }

func (s *stage) renewed(v view) view {
	if v.ptr != nil && v.ptr.Type == ir.Pkt && v.moves != s.moves {
		v.ptr, v.moves = s.there(v.ptr.Span, v.at, v.header.Fixed, s.failBlock()), s.moves
	}
	return v
}

// parseStmt is `[v :=] parse H` and `[v :=] peek H`.
func (s *stage) parseStmt(st *syntax.ParseStmt) {
	h := s.p.Uses[st.Header].(*check.Header)
	at := s.at(st.Header)
	s.orElse(st.Else, func() {
		failed := s.failing()
		v := s.viewAt(s.spotOf(s.read(s.cur, cursor)), h.Type, at, failed)
		if st.Name != nil {
			s.views[s.p.Defs[st.Name].(*check.Local)] = v
		}
		if !st.Peek {
			s.move(at, s.behind(at, h, v, failed), failed)
		}
	})
}

// behind is the offset behind a header.
func (s *stage) behind(at diag.Span, h *check.Header, v view, failed *ir.Block) *ir.Value {
	if h.Decl.Length == nil {
		return s.offset(at, spot{v.at.root, v.at.disp + int64(h.Type.Fixed)})
	}
	return s.add(at, v.at, s.lengthOf(at, h, v, failed))
}

// lengthOf is the length of a header, an I32. It is at least that of its fixed part.
func (s *stage) lengthOf(at diag.Span, h *check.Header, v view, failed *ir.Block) *ir.Value {
	fixed := uint64(h.Type.Fixed)
	if h.Decl.Length == nil {
		return s.konst(at, ir.I32, fixed)
	}
	s.measured, s.site = &v, at
	n := s.exprAs(h.Decl.Length, types.U32)[0]
	s.measured, s.site = nil, diag.Span{}
	if n.Op != ir.Const || n.Number() < fixed {
		s.failIf(at, ir.ULt, n, s.konst(at, ir.I32, fixed), failed)
	}
	return n
}

// skipStmt is `skip n` and `need n`. To skip past the packet's end is no failure: whoever reads on checks.
func (s *stage) skipStmt(st *syntax.SkipStmt) {
	at := s.at(st)
	s.orElse(st.Else, func() {
		failed := s.failing()
		n := s.exprAs(st.N, types.U32)[0]
		to := s.add(at, s.spotOf(s.read(s.cur, cursor)), n)
		if st.Need {
			s.failIf(at, ir.UGt, to, s.as(at, ir.I64, s.ctxLoad(at, "len")), failed)
		} else {
			s.move(at, to, failed)
		}
	})
}

// move takes the cursor to an offset, unless that is beyond check.CursorMax.
func (s *stage) move(at diag.Span, to *ir.Value, failed *ir.Block) {
	s.write(s.cur, cursor, s.limit(at, to, failed))
}

// limit is an offset that is at most check.CursorMax, or fails. The compare tells the verifier of a bound, but only for the
// register that is compared: a copy on the stack, or the narrower number it was made of, has none on Linux 6.1. So the
// offset is made anew behind it, bounded by what it is.
func (s *stage) limit(at diag.Span, to *ir.Value, failed *ir.Block) *ir.Value {
	if s.seen(to) <= check.CursorMax {
		return to
	}
	s.failIf(at, ir.UGt, to, s.konst(at, ir.I64, check.CursorMax), failed)
	return s.offsetOf(at, to)
}

// add is the offset n bytes, an I32, behind a spot.
func (s *stage) add(at diag.Span, p spot, n *ir.Value) *ir.Value {
	if n.Op == ir.Const {
		return s.offset(at, spot{p.root, p.disp + int64(n.Number())})
	}
	return s.offset(at, spot{s.emit(at, ir.Add, ir.I64, p.root, s.as(at, ir.I64, n)), p.disp})
}

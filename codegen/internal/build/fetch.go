package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Where the packet can't be pointed at, a view is a copy of the header's fixed part on the stack, made by a helper that
// finds the bytes wherever the kernel keeps them. As such packets are read-only, the copy stays true.

// copyAt checks that the fixed part of a header is there, and copies it.
func (s *stage) copyAt(p spot, h *types.Header, at diag.Span, failed *ir.Block) view {
	s.notBeyond(at, p, h.Fixed, failed)
	return view{ptr: s.copyOf(at, h.Fixed, p), at: p, header: h}
}

// notBeyond checks that size bytes at a spot are there, wherever the kernel keeps them, and gives the offset behind them.
func (s *stage) notBeyond(at diag.Span, p spot, size int, failed *ir.Block) *ir.Value {
	end := s.offset(at, spot{p.root, p.disp + int64(size)})
	s.failIf(at, ir.UGt, end, s.as(at, ir.I64, s.ctxLoad(at, "len")), failed)
	return end
}

// copyOf copies size bytes at a spot.
func (s *stage) copyOf(at diag.Span, size int, p spot) *ir.Value {
	v := s.emit(at, ir.Fetch, ir.Obj, p.root)
	v.Size, v.Imm = size, p.disp
	return v
}

// loadView loads size bytes of a view, off bytes behind its start. The kernel wants loads from the stack aligned: what
// isn't is copied once more, by itself.
func (s *stage) loadView(at diag.Span, size int, v view, off int) *ir.Value {
	switch {
	case v.ptr.Type != ir.Obj:
		return s.load(at, size, v.ptr, v.at.disp+int64(off))
	case off%size == 0:
		return s.load(at, size, v.ptr, int64(off))
	}
	return s.load(at, size, s.copyOf(at, size, spot{v.at.root, v.at.disp + int64(off)}), 0)
}

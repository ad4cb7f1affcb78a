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
	case v.far:
		p := spot{v.at.root, v.at.disp + int64(off)}
		return s.nearOrFar(at, size, p, func() *ir.Value { return s.load(at, size, s.copyOf(at, size, p), 0) })
	case v.ptr.Type != ir.Obj:
		return s.load(at, size, v.ptr, v.at.disp+int64(off))
	case off%size == 0:
		return s.load(at, size, v.ptr, int64(off))
	}
	return s.load(at, size, s.copyOf(at, size, spot{v.at.root, v.at.disp + int64(off)}), 0)
}

// ---- bytes that may be out of the pointers' reach ----

// Where they are is looked for at each access: by a pointer if that is proved to reach them, else on a cold path by a
// helper.

// ifNear checks that size bytes at a spot can be pointed at, without asking the entry program to see to it.
func (s *stage) ifNear(at diag.Span, p spot, size int, far *ir.Block) *ir.Value {
	outer := s.ptrs
	s.onDemand[s.cur] = true
	ptr := s.there(at, p, size, far)
	if s.m.Frags { // an access may stand where ways part that none behind it is on
		s.ptrs = outer
	}
	return ptr
}

// anywhere checks that size bytes at a spot are there.
func (s *stage) anywhere(at diag.Span, p spot, size int, failed *ir.Block) {
	far, on := s.coldBlock(), s.newBlock()
	s.ifNear(at, p, size, far)
	s.jump(on, at)
	s.enter(far)
	s.notBeyond(at, p, size, failed)
	s.jump(on, at)
	s.enter(on)
}

// nearOrFar loads size bytes at a spot, far ones by copied.
func (s *stage) nearOrFar(at diag.Span, size int, p spot, copied func() *ir.Value) *ir.Value {
	far, on := s.coldBlock(), s.newBlock()
	result := s.fn.AddParam(on, ir.Number(size), "", at)
	result.Size = size
	ptr := s.ifNear(at, p, size, far)
	s.jump(on, at, s.load(at, size, ptr, p.disp))
	s.enter(far)
	s.jump(on, at, copied())
	s.enter(on)
	return result
}

// putView writes size bytes of a view.
func (s *stage) putView(at diag.Span, size int, v view, off int, x *ir.Value) {
	p := spot{v.at.root, v.at.disp + int64(off)}
	if !v.far {
		s.store(at, size, v.ptr, p.disp, x)
		return
	}
	far, on := s.coldBlock(), s.newBlock()
	s.store(at, size, s.ifNear(at, p, size, far), p.disp, x)
	s.jump(on, at)
	s.enter(far)
	s.storeCopy(at, size, p, x)
	s.jump(on, at)
	s.enter(on)
}

// storeCopy writes size bytes at a spot by a helper.
func (s *stage) storeCopy(at diag.Span, size int, p spot, x *ir.Value) {
	obj := s.emit(at, ir.MakeObj, ir.Obj, x)
	obj.Fields, obj.Size = []ir.ObjField{{Size: size}}, size
	s.emit(at, ir.StoreBytes, ir.None, p.root, obj).Imm = p.disp
}

package build

import (
	"math/bits"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A field of a header is a run of bits, numbered as in the drawings of RFCs: bit 0 is the most significant of byte 0.
// It is reached by one load of 1, 2, 4 or 8 bytes, its window, which may be wider than the field as long as it stays
// within the fixed part of the header. A field that no window holds is split at a byte.

type window struct{ off, size int } // bytes from the start of the header

// windowOf finds the smallest window on n bits at bit.
func windowOf(h *types.Header, bit, n int) (window, bool) {
	first, end := bit/8, (bit+n+7)/8
	for _, size := range []int{1, 2, 4, 8} {
		if end-first <= size && size <= h.Fixed {
			return window{min(first, h.Fixed-size), size}, true
		}
	}
	return window{}, false
}

// below is how many bits of the window lie behind the field.
func (w window) below(bit, n int) int { return 8*(w.off+w.size) - (bit + n) }

// split is how many of n bits at bit come first if they don't fit a window: those of the largest that fits.
func split(bit, n int) int {
	first, end := bit/8, (bit+n+7)/8
	size := 1
	for 2*size < end-first && size < 8 {
		size *= 2
	}
	return 8*(first+size) - bit
}

// loadField reads a field of a view.
func (s *stage) loadField(at diag.Span, v view, f *types.HeaderField) value {
	if !types.IsAddress(f.Type) {
		x := s.loadBits(at, v, f.BitOffset, f.Bits)
		return value{s.as(at, numberOf(f.Type), x)}
	}
	var x value
	for _, leaf := range types.Leaves(f.Type) {
		x = append(x, s.loadView(at, leaf.Size, v, f.BitOffset/8+leaf.Offset))
	}
	return x
}

// loadBits reads n bits as a number.
func (s *stage) loadBits(at diag.Span, v view, bit, n int) *ir.Value {
	w, ok := windowOf(v.header, bit, n)
	if !ok {
		k := split(bit, n)
		hi := s.as(at, numberOfBits(n), s.loadBits(at, v, bit, k))
		lo := s.as(at, numberOfBits(n), s.loadBits(at, v, bit+k, n-k))
		hi = s.emit(at, ir.Shl, hi.Type, hi, s.konst(at, hi.Type, uint64(n-k)))
		return s.emit(at, ir.Or, hi.Type, hi, lo)
	}
	x := s.loadWindow(at, v, w)
	if below := w.below(bit, n); below > 0 {
		x = s.emit(at, ir.Shr, x.Type, x, s.konst(at, x.Type, uint64(below)))
	}
	if s.max(x) > ones(n) {
		x = s.emit(at, ir.And, x.Type, x, s.konst(at, x.Type, ones(n)))
	}
	return x
}

// storeField writes a field of a view. A number too large for it loses its high bits.
func (s *stage) storeField(at diag.Span, v view, f *types.HeaderField, x value) {
	if !types.IsAddress(f.Type) {
		s.storeBits(at, v, f.BitOffset, f.Bits, x[0])
		return
	}
	for i, leaf := range types.Leaves(f.Type) {
		s.storeView(at, leaf.Size, v, f.BitOffset/8+leaf.Offset, x[i])
	}
}

// storeBits writes the low n bits of x, and what else the window holds as it was.
func (s *stage) storeBits(at diag.Span, v view, bit, n int, x *ir.Value) {
	w, ok := windowOf(v.header, bit, n)
	if !ok {
		k := split(bit, n)
		hi := s.emit(at, ir.Shr, x.Type, x, s.konst(at, x.Type, uint64(n-k)))
		s.storeBits(at, v, bit, k, hi)
		s.storeBits(at, v, bit+k, n-k, x)
		return
	}
	t := ir.Number(w.size)
	x = s.as(at, t, x)
	if n < 8*w.size {
		x = s.merge(at, s.loadWindow(at, v, w), x, ones(n)<<w.below(bit, n))
	}
	s.storeView(at, w.size, v, w.off, s.swap(at, w.size, x))
}

// merge puts the low bits of x into old, where mask has ones.
func (s *stage) merge(at diag.Span, old, x *ir.Value, mask uint64) *ir.Value {
	t := old.Type
	below := bits.TrailingZeros64(mask)
	if s.max(x) > mask>>below {
		x = s.emit(at, ir.And, t, x, s.konst(at, t, mask>>below))
	}
	if below > 0 {
		x = s.emit(at, ir.Shl, t, x, s.konst(at, t, uint64(below)))
	}
	rest := s.konst(at, t, s.max(old)&^mask)
	return s.emit(at, ir.Or, t, s.emit(at, ir.And, t, old, rest), x)
}

// loadWindow loads a window as a number in host order.
func (s *stage) loadWindow(at diag.Span, v view, w window) *ir.Value {
	return s.swap(at, w.size, s.loadView(at, w.size, v, w.off))
}

func numberOfBits(n int) ir.Type {
	if n > 32 {
		return ir.I64
	}
	return ir.I32
}

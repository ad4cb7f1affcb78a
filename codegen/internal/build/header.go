package build

import (
	"math/bits"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// headerFields computes the fields of a literal of a header, by name.
func (s *stage) headerFields(lit *syntax.StructLit, h *types.Header) map[string]value {
	fields := map[string]value{}
	for _, fv := range lit.Fields {
		fields[fv.Name.Name] = s.exprAs(fv.Value, types.ValueOf(h.Field(fv.Name.Name).Type))
	}
	return fields
}

// storeHeader writes a whole header, word by word. Fields that aren't given are zero. Addresses, which are kept as they
// lie on the wire, are words of their own.
func (s *stage) storeHeader(at diag.Span, to cell, h *types.Header, fields map[string]value) {
	begin := 0 // of the bytes since the last address
	for i := range h.Fields {
		f := &h.Fields[i]
		if !types.IsAddress(f.Type) {
			continue
		}
		off := f.BitOffset / 8
		s.storeNumbers(at, to, h, fields, begin, off)
		for k, leaf := range types.Leaves(f.Type) {
			x := s.konst(at, ir.Number(leaf.Size), 0)
			if v := fields[f.Name]; v != nil {
				x = v[k]
			}
			s.store(at, leaf.Size, to.base.ptr, to.disp+int64(off+leaf.Offset), x)
		}
		begin = off + f.Bits/8
	}
	s.storeNumbers(at, to, h, fields, begin, h.Fixed)
}

// storeNumbers writes the bytes from begin up to end, in which there are numbers only.
func (s *stage) storeNumbers(at diag.Span, to cell, h *types.Header, fields map[string]value, begin, end int) {
	for begin < end {
		size := min(8, 1<<(bits.Len(uint(end-begin))-1))
		x := s.wordOf(at, h, fields, 8*begin, 8*size)
		s.store(at, size, to.base.ptr, to.disp+int64(begin), s.swap(at, size, x))
		begin += size
	}
}

// wordOf is n bits of a header, from bit on, as a number.
func (s *stage) wordOf(at diag.Span, h *types.Header, fields map[string]value, bit, n int) *ir.Value {
	t := ir.Number(n / 8)
	word := s.konst(at, t, 0)
	for i := range h.Fields {
		f := &h.Fields[i]
		first, end := max(bit, f.BitOffset), min(bit+n, f.BitOffset+f.Bits)
		if v := fields[f.Name]; v != nil && first < end {
			x := s.shiftedBy(at, ir.Shr, v[0], f.BitOffset+f.Bits-end)
			x = s.as(at, t, x)
			if mask := ones(end - first); s.max(x) > mask {
				x = s.emit(at, ir.And, t, x, s.konst(at, t, mask))
			}
			word = s.emit(at, ir.Or, t, word, s.shiftedBy(at, ir.Shl, x, bit+n-end))
		}
	}
	return word
}

// shiftedBy is x shifted by n bits.
func (s *stage) shiftedBy(at diag.Span, op ir.Op, x *ir.Value, n int) *ir.Value {
	if n == 0 {
		return x
	}
	return s.emit(at, op, x.Type, x, s.konst(at, x.Type, uint64(n)))
}

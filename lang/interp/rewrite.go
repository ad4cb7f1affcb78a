package interp

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// All sums are taken modulo 0xffff, as ones' complement arithmetic does.
const ones16 = 0xffff

// A rewriting is a rewrite whose block runs, and the differences so far.
type rewriting struct {
	*check.Rewrite
	changed map[check.Part]uint64
}

// rewrite runs the block and then changes the checksums, also of a packet that leaves the block by a failure. Where a
// checksum can't be changed it fails at once, in a fn too.
func (r *run) rewrite(s *syntax.RewriteStmt) *exit {
	rw := &rewriting{r.prog.Rewrites[s], map[check.Part]uint64{}}
	if r.prog.Type.Offload && r.oddTransport(rw.Rewrite) {
		panic(outOfRange{})
	}
	r.rewriting = rw
	defer func() {
		r.rewriting = nil
		r.keepSums(rw)
	}()
	return r.block(s.Body)
}

// oddTransport reports whether a checksum that the kernel must be asked to change lies at an odd offset.
func (r *run) oddTransport(rw *check.Rewrite) bool {
	for _, sum := range rw.Sums {
		if sum.Offload && r.viewAt(rw, sum.View)%2 == 1 {
			return true
		}
	}
	return false
}

// viewAt is the offset of a view that a rewrite names.
func (r *run) viewAt(rw *check.Rewrite, i int) uint64 {
	if i == rw.Payload() {
		return r.cursor
	}
	return r.frame[rw.Views[i].Local][0]
}

// writeField writes a field of a view, and adds the difference to that of the field's part.
func (r *run) writeField(view *syntax.Ident, f *types.HeaderField, v Value) {
	header := r.packet[r.eval(view)[0]:]
	if r.rewriting == nil {
		storeField(header, f, v)
		return
	}
	l, _ := r.prog.Uses[view].(*check.Local)
	part := r.rewriting.PartOf(r.rewriting.View(l), f)
	first, end := f.BitOffset/8, (f.BitOffset+f.Bits+7)/8
	before := wordSum(header, first, end)
	storeField(header, f, v)
	r.rewriting.add(part, ones16-before+wordSum(header, first, end))
}

// writePayload writes bytes of the payload, at an offset from the packet's start.
func (r *run) writePayload(at uint64, b []byte, v Value) {
	if r.rewriting == nil {
		storeBits(b, 0, 8*len(b), v[0])
		return
	}
	first := int(at-r.cursor) % 2
	payload := r.packet[at-uint64(first):]
	before := wordSum(payload, first, first+len(b))
	storeBits(b, 0, 8*len(b), v[0])
	r.rewriting.add(check.Part{View: r.rewriting.Payload()}, ones16-before+wordSum(payload, first, first+len(b)))
}

func (rw *rewriting) add(p check.Part, n uint64) { rw.changed[p] = (rw.changed[p] + n) % ones16 }

// wordSum is the sum of the bytes of b from first up to end, as the words of a header that starts with b.
func wordSum(b []byte, first, end int) uint64 {
	sum := uint64(0)
	for i := first; i < end; i++ {
		sum += uint64(b[i]) << (8 * (1 - i%2))
	}
	return sum % ones16
}

// keepSums changes the checksums by what they cover was changed by.
func (r *run) keepSums(rw *rewriting) {
	for _, sum := range rw.Sums {
		at := r.viewAt(rw.Rewrite, sum.View)
		field := r.packet[at+uint64(sum.Field.BitOffset/8):]
		old := uint64(binary.BigEndian.Uint16(field))
		if sum.Optional && old == 0 {
			continue
		}
		by := uint64(0)
		for _, t := range sum.Covers {
			n := rw.changed[t.Part]
			if (r.viewAt(rw.Rewrite, t.At)-at)%2 == 1 {
				n <<= 8
			}
			if t.Negative {
				n = ones16 - n%ones16
			}
			by += n
		}
		rw.changed[check.Part{View: sum.View, Kind: check.Applied}] = by % ones16
		binary.BigEndian.PutUint16(field, uint16(changedSum(old, by, sum.Optional)))
	}
}

// changedSum is a checksum after what it covers has changed (RFC 1624). It is never 0xffff, which means the same as 0,
// but for one that may not be 0.
func changedSum(old, by uint64, optional bool) uint64 {
	sum := (ones16 - old + by) % ones16
	switch {
	case sum > 0:
		return ones16 - sum
	case optional:
		return ones16
	}
	return 0
}

package interp

import "github.com/tcc-bpf/tcc/lang/types"

// Bits are numbered as in the drawings of RFCs: bit 0 is the most significant of byte 0.

// loadBits reads the n bits at off, n ≤ 64.
func loadBits(b []byte, off, n int) uint64 {
	var v uint64
	for i := off; i < off+n; i++ {
		v = v<<1 | uint64(b[i/8]>>(7-i%8)&1)
	}
	return v
}

// storeBits writes the low n bits of v at off.
func storeBits(b []byte, off, n int, v uint64) {
	for i := off + n - 1; i >= off; i-- {
		bit := byte(0x80) >> (i % 8)
		b[i/8] &^= bit
		if v&1 != 0 {
			b[i/8] |= bit
		}
		v >>= 1
	}
}

// loadField reads a field of the header that starts at b[0].
func loadField(b []byte, f *types.HeaderField) Value {
	leaves := types.Leaves(f.Type)
	if len(leaves) == 1 {
		return Value{loadBits(b, f.BitOffset, f.Bits)}
	}
	v := make(Value, len(leaves))
	for i, leaf := range leaves {
		v[i] = loadBits(b, f.BitOffset+8*leaf.Offset, 8*leaf.Size)
	}
	return v
}

// storeField writes a field of the header that starts at b[0]. A number too large for the field loses its high bits.
func storeField(b []byte, f *types.HeaderField, v Value) {
	leaves := types.Leaves(f.Type)
	if len(leaves) == 1 {
		storeBits(b, f.BitOffset, f.Bits, v[0])
		return
	}
	for i, leaf := range leaves {
		storeBits(b, f.BitOffset+8*leaf.Offset, 8*leaf.Size, v[i])
	}
}

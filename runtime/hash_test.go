package runtime

import "testing"

// Published vectors of MurmurHash3_x86_32 with seed 0, and what programs in the kernel computed (see the sources of the
// compiler's tests, hash.tcc).
func TestHash(t *testing.T) {
	tests := []struct {
		words []uint32
		want  uint32
	}{
		{nil, 0},
		{[]uint32{0}, 0x2362f9de},
		{[]uint32{0x87654321}, 0xf55b516b},
		{[]uint32{0xc0000201, 0x0a000001, 443, 53, 6}, 0x737a27ce},
		{[]uint32{0x20010db8, 0, 0, 1, 0x02000000, 1, 0xfffffffe, 7, 1 << 31}, 0xfc22cee1},
	}
	for _, test := range tests {
		if got := Hash(test.words...); got != test.want {
			t.Errorf("Hash(%#x) = %#x, want %#x", test.words, got, test.want)
		}
	}
}

package runtime

import "math/bits"

// Hash is what the language's `hash(a, b, …)` computes: MurmurHash3, its 32-bit variant with seed 0, of 32-bit words,
// each taken as four bytes in little-endian order. The words of the arguments follow one another:
//
//	bool, enum, u8 … u32   one word: the number
//	i8, i16, i32           one word: the number, its sign repeated
//	u64, i64               two words: the low half, the high half
//	ip4                    one word: binary.BigEndian.Uint32 of its bytes
//	ip6                    four words, likewise
//	mac                    two words: the number of the first four bytes, that of the last two
func Hash(words ...uint32) uint32 {
	h := uint32(0)
	for _, w := range words {
		w = bits.RotateLeft32(w*0xcc9e2d51, 15) * 0x1b873593
		h = bits.RotateLeft32(h^w, 13)*5 + 0xe6546b64
	}
	h ^= uint32(4 * len(words))
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

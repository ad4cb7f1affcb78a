package interp

import (
	"math/bits"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// hash is MurmurHash3 (its 32-bit variant, seed 0) of the arguments' words.
func (r *run) hash(args []syntax.Expr) uint64 {
	var h, n uint32
	for _, a := range args {
		v := r.eval(a)
		for i, leaf := range types.Leaves(r.typeOf(a)) {
			h = mix(h, uint32(v[i]))
			n++
			if leaf.Size == 8 {
				h = mix(h, uint32(v[i]>>32))
				n++
			}
		}
	}
	h ^= 4 * n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return uint64(h ^ h>>16)
}

// mix is a step of the hash: it takes one word.
func mix(h, word uint32) uint32 {
	word = bits.RotateLeft32(word*0xcc9e2d51, 15) * 0x1b873593
	return bits.RotateLeft32(h^word, 13)*5 + 0xe6546b64
}

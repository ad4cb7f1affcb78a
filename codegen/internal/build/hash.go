package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// hash is `hash(a, b, …)`: MurmurHash3 (its 32-bit variant, seed 0) of the arguments' words. Those of an address are the
// numbers of its bytes as they stand on the wire.
func (s *stage) hash(at diag.Span, args []syntax.Expr) *ir.Value {
	h := s.konst(at, ir.I32, 0)
	n := 0
	for _, a := range args {
		v := s.expr(a)
		for i, leaf := range types.Leaves(s.typeOf(a)) {
			for _, word := range s.words(at, leaf, v[i]) {
				h = s.mixWord(at, h, word)
				n++
			}
		}
	}
	h = s.emit(at, ir.Xor, ir.I32, h, s.konst(at, ir.I32, uint64(4*n)))
	h = s.times(at, s.foldDown(at, h, 16), 0x85ebca6b)
	h = s.times(at, s.foldDown(at, h, 13), 0xc2b2ae35)
	return s.foldDown(at, h, 16)
}

// words are the 32-bit words of a leaf, the low one first.
func (s *stage) words(at diag.Span, leaf types.Leaf, x *ir.Value) []*ir.Value {
	switch {
	case leaf.Kind == types.Wire:
		return []*ir.Value{s.swap(at, leaf.Size, x)}
	case leaf.Size == 8:
		high := s.emit(at, ir.Shr, ir.I64, x, s.konst(at, ir.I64, 32))
		return []*ir.Value{s.as(at, ir.I32, x), s.as(at, ir.I32, high)}
	}
	return []*ir.Value{x}
}

// mixWord takes one word into the hash.
func (s *stage) mixWord(at diag.Span, h, word *ir.Value) *ir.Value {
	word = s.times(at, s.rotate(at, s.times(at, word, 0xcc9e2d51), 15), 0x1b873593)
	h = s.rotate(at, s.emit(at, ir.Xor, ir.I32, h, word), 13)
	return s.emit(at, ir.Add, ir.I32, s.times(at, h, 5), s.konst(at, ir.I32, 0xe6546b64))
}

func (s *stage) times(at diag.Span, x *ir.Value, n uint64) *ir.Value {
	return s.emit(at, ir.Mul, ir.I32, x, s.konst(at, ir.I32, n))
}

// rotate moves the bits of x up by n, those that fall off to the bottom.
func (s *stage) rotate(at diag.Span, x *ir.Value, n uint64) *ir.Value {
	up := s.emit(at, ir.Shl, ir.I32, x, s.konst(at, ir.I32, n))
	down := s.emit(at, ir.Shr, ir.I32, x, s.konst(at, ir.I32, 32-n))
	return s.emit(at, ir.Or, ir.I32, up, down)
}

// foldDown is x ^ x>>n.
func (s *stage) foldDown(at diag.Span, x *ir.Value, n uint64) *ir.Value {
	return s.emit(at, ir.Xor, ir.I32, x, s.emit(at, ir.Shr, ir.I32, x, s.konst(at, ir.I32, n)))
}

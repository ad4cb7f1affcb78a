package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// The Internet checksum counts a byte by whether its offset is even or odd. Mostly that is known here: headers are of
// whole words, and so are their options.

// A parity is what is known of the lowest bit of an offset.
type parity int

const (
	unknown parity = iota
	even
	odd
)

func (p parity) plus(q parity) parity {
	switch {
	case p == unknown || q == unknown:
		return unknown
	case p == q:
		return even
	}
	return odd
}

func parityOf(n int64) parity {
	if n&1 == 1 {
		return odd
	}
	return even
}

// parity is that of a number.
func (b *builder) parity(x *ir.Value) parity {
	p, ok := b.parities[x]
	if !ok {
		p = b.findParity(x)
		b.parities[x] = p
	}
	return p
}

func (b *builder) findParity(x *ir.Value) parity {
	switch x.Op {
	case ir.Const:
		return parityOf(x.Imm)
	case ir.Zext, ir.Trunc, ir.Forget:
		return b.parity(x.Args[0])
	case ir.Add:
		return b.parity(x.Args[0]).plus(b.parity(x.Args[1]))
	case ir.Mul:
		if b.parity(x.Args[0]) == even || b.parity(x.Args[1]) == even {
			return even
		}
	case ir.And:
		switch y := x.Args[1]; {
		case y.Op == ir.Const && y.Imm&1 == 1:
			return b.parity(x.Args[0])
		case y.Op == ir.Const:
			return even
		}
	case ir.Shl:
		if n := x.Args[1]; n.Op == ir.Const && n.Imm&31 > 0 { // counts are masked
			return even
		}
	case ir.Param:
		return b.parityIncoming(x)
	}
	return unknown
}

// parityIncoming is the parity of a parameter, if that of all arguments for it is the same.
func (b *builder) parityIncoming(x *ir.Value) parity {
	fl := b.flows[x.Block]
	if !fl.sealed {
		return unknown
	}
	i := slices.Index(x.Block.Params, x)
	var all []parity
	for _, pred := range fl.preds {
		all = append(all, b.parity(pred.Edge().Args[i]))
	}
	if x.Block == b.stages[fresh(b.p.Stages[0])] {
		all = append(all, even) // the cursor, 0 from the entry, which is built last
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(p parity) bool { return p != all[0] }) {
		return unknown
	}
	return all[0]
}

// spotParity is the parity of a spot's offset.
func (b *builder) spotParity(p spot) parity { return b.parity(p.root).plus(parityOf(p.disp)) }

// oddBit is the lowest bit of a spot's offset, an I64.
func (s *stage) oddBit(at diag.Span, p spot) *ir.Value {
	return s.emit(at, ir.And, ir.I64, s.offset(at, p), s.konst(at, ir.I64, 1))
}

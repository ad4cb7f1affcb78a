package build

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// max is the largest number that x can be, as far as is known when it is first asked for: the arguments of an open
// block count as unknown.
func (b *builder) max(x *ir.Value) uint64 { return b.bound(b.maxima, ir.MaxOf, x) }

// seen is the largest number that x can be for all that the kernel's verifier knows.
func (b *builder) seen(x *ir.Value) uint64 { return b.bound(b.seenMaxima, ir.SeenOf, x) }

type boundRule func(x *ir.Value, of func(*ir.Value) uint64) uint64

func (b *builder) bound(known map[*ir.Value]uint64, rule boundRule, x *ir.Value) uint64 {
	of := func(x *ir.Value) uint64 { return b.bound(known, rule, x) }
	most, ok := known[x]
	if !ok {
		most = rule(x, of)
		if x.Op == ir.Param {
			most = min(most, b.maxIncoming(x, of))
		}
		known[x] = most
	}
	return most
}

// maxIncoming is the largest argument that the predecessors of a block pass for its parameter x. Those of a stage are
// all there when it is built, as its callers are built first.
func (b *builder) maxIncoming(x *ir.Value, of func(*ir.Value) uint64) uint64 {
	fl := b.flows[x.Block]
	if !fl.sealed {
		return x.Type.Mask()
	}
	i, most := 0, uint64(0)
	for x.Block.Params[i] != x {
		i++
	}
	for _, p := range fl.preds {
		most = max(most, of(p.Edge().Args[i]))
	}
	return most
}

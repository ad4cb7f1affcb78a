package build

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// max is the largest number that x can be, as far as is known when it is first asked for: the arguments of an open
// block count as unknown. Offsets whose compare with check.CursorMax is behind them are entered in maxima by hand.
func (b *builder) max(x *ir.Value) uint64 {
	most, ok := b.maxima[x]
	if !ok {
		most = ir.MaxOf(x, b.max)
		if x.Op == ir.Param {
			most = min(most, b.maxIncoming(x))
		}
		b.maxima[x] = most
	}
	return most
}

// maxIncoming is the largest argument that the predecessors of a block pass for its parameter x. Those of a stage are
// all there when it is built, as its callers are built first.
func (b *builder) maxIncoming(x *ir.Value) uint64 {
	fl := b.flows[x.Block]
	if !fl.sealed {
		return x.Type.Mask()
	}
	i, most := 0, uint64(0)
	for x.Block.Params[i] != x {
		i++
	}
	for _, p := range fl.preds {
		most = max(most, b.max(p.Edge().Args[i]))
	}
	return most
}

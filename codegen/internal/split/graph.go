package split

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// graph is the uncut function and what the search asks of it.
type graph struct {
	m       *ir.Module
	carrier Carrier
	f       *ir.Func
	order   []*ir.Block // reverse postorder
	pos     []int       // in order, by block ID
	preds   *ir.Preds
	live    *ir.Liveness
	facts   *ir.Facts
	model   *verifier.Model
	callees *verifier.Callees
	roots   map[*ir.Block]*ir.Root
	freq    []float64 // how often a packet comes by, by block ID

	maxima    []maximum         // by value ID; see max
	stored    map[string]bool   // context fields that the pipeline changes
	config    map[string]bool   // constant globals
	narrowed  []narrowing       // by value ID; see narrow
	crossings []*crossing       // by block ID; see crossing
	priced    map[shape]*region // for all searches in the graph
	users     [][]*ir.Block     // by value ID; see findUsers
}

// coldShare is how often a branch goes to its cold side.
const coldShare = 0.05

func newGraph(m *ir.Module, f *ir.Func, opts Options) *graph {
	g := &graph{
		m: m, f: f, carrier: opts.Carrier,
		order: f.ReversePostorder(), preds: f.Preds(), live: ir.Live(f), facts: ir.Prove(f), model: verifier.NewModel(f),
		pos: make([]int, f.NumBlocks()), freq: make([]float64, f.NumBlocks()), crossings: make([]*crossing, f.NumBlocks()),
		callees: verifier.NewCallees(m),
		roots:   map[*ir.Block]*ir.Root{}, maxima: make([]maximum, f.NumValues()), narrowed: make([]narrowing, f.NumValues()),
		stored: map[string]bool{"cb": true}, config: map[string]bool{}, priced: map[shape]*region{},
	}
	for i, b := range g.order {
		g.pos[b.ID] = i
		g.stores(b)
	}
	for _, sub := range m.Subs {
		for _, b := range sub.Blocks {
			g.stores(b)
		}
	}
	for _, gl := range m.Globals {
		g.config[gl.Name] = gl.Const
	}
	g.findUsers()
	for _, r := range f.Roots {
		g.roots[r.Block] = r
	}
	if opts.Profile != nil {
		g.measure(opts.Profile)
	} else {
		g.guess()
	}
	return g
}

// stores marks the context fields that a block changes.
func (g *graph) stores(b *ir.Block) {
	for _, v := range b.Insts {
		switch v.Op {
		case ir.CtxStore:
			g.stored[v.Sym] = true
		case ir.Resize:
			g.stored["len"] = true
		}
	}
}

// guess spreads frequencies from the entries over the graph.
func (g *graph) guess() {
	g.freq[g.f.Blocks[0].ID] = 1
	for b := range g.roots {
		g.freq[b.ID] = 0.5
	}
	for _, b := range g.order {
		succs := b.Term.Succs
		for i := range succs {
			g.freq[succs[i].To.ID] += g.freq[b.ID] * share(succs, i)
		}
	}
}

// share is the part of the packets that takes an edge.
func share(succs []ir.Edge, i int) float64 {
	cold := succs[i].To.Cold
	switch {
	case len(succs) == 1 && cold: // of a call: the miss
		return coldShare
	case len(succs) == 1:
		return 1
	case cold == succs[1-i].To.Cold:
		return 0.5
	case cold:
		return coldShare
	}
	return 1 - coldShare
}

// A maximum is an upper bound of a number, if it is known already.
type maximum struct {
	max   uint64
	known bool
}

// max is an upper bound of a number. Sizes of parameters are promises of the language's types.
func (g *graph) max(v *ir.Value) uint64 {
	if m := g.maxima[v.ID]; m.known {
		return m.max
	}
	m := ir.MaxOf(v, g.max)
	if v.Op == ir.Forget {
		m = g.max(v.Args[0])
	}
	if preds := g.preds.Of(v.Block); v.Op == ir.Param && len(preds) > 0 {
		i, most := indexOf(v), uint64(0)
		for _, p := range preds {
			most = max(most, g.max(p.Edge().Args[i]))
		}
		m = min(m, most)
	}
	g.maxima[v.ID] = maximum{m, true}
	return m
}

func indexOf(param *ir.Value) int {
	for i, p := range param.Block.Params {
		if p == param {
			return i
		}
	}
	return -1
}

// width is the bytes that hold a number.
func (g *graph) width(v *ir.Value) int {
	switch m := g.max(v); {
	case m < 1<<8:
		return 1
	case m < 1<<16:
		return 2
	case m < 1<<32:
		return 4
	}
	return 8
}

// span is where a block's code comes from.
func span(b *ir.Block) diag.Span {
	for _, v := range b.Insts {
		if v.Span.IsValid() {
			return v.Span
		}
	}
	return b.Term.Span
}

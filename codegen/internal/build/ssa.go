package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Locals and the cursor can be assigned, the values of the IR can't. This file turns the ones into the others as the
// code is made, after Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (2013): a
// block knows the last value that it gave to a variable, and asks its predecessors for the others. Where they disagree
// the variable becomes a parameter of the block. A block that may yet get predecessors (the head of a loop) is open: it
// takes a parameter for whatever it is asked, and fills in the arguments when it is sealed.

// A variable is what changes under one name: one leaf of a local, the cursor, or a bool on its way out of a condition.
type variable struct {
	local *check.Local // nil: the cursor, or with a leaf a bool
	leaf  int
}

var cursor = variable{}

// flow is what is known of a block beside its code.
type flow struct {
	preds  []ir.Pred
	defs   map[variable]*ir.Value
	sealed bool
	fn     *ir.Func
	// outside, if set, knows the variables that come into the block from elsewhere.
	outside func(variable) *ir.Value
	wanted  []variable // what became a parameter before the block was sealed
}

// graph makes the blocks of a function and the values of its variables.
type graph struct {
	fn    *ir.Func
	flows map[*ir.Block]*flow
}

func (g *graph) newBlock(stage string) *ir.Block {
	b := g.fn.NewBlock(stage)
	g.flows[b] = &flow{fn: g.fn, defs: map[variable]*ir.Value{}}
	return b
}

// end gives a block its terminator, and the blocks it leads to a predecessor.
func (g *graph) end(b *ir.Block, t ir.Term) {
	b.Term = t
	for i, e := range t.Succs {
		to := g.flows[e.To]
		to.preds = append(to.preds, ir.Pred{From: b, Index: i})
	}
}

// seal says that a block has all its predecessors.
func (g *graph) seal(b *ir.Block) {
	fl := g.flows[b]
	fl.sealed = true
	for _, v := range fl.wanted {
		for _, p := range fl.preds {
			e := p.Edge()
			e.Args = append(e.Args, g.read(p.From, v))
		}
	}
	fl.wanted = nil
}

func (g *graph) write(b *ir.Block, v variable, x *ir.Value) { g.flows[b].defs[v] = x }

// read is the value of a variable at the end of what b has so far.
func (g *graph) read(b *ir.Block, v variable) *ir.Value {
	fl := g.flows[b]
	x := fl.defs[v]
	if x == nil {
		x = g.incoming(b, fl, v)
		fl.defs[v] = x
	}
	return x
}

func (g *graph) incoming(b *ir.Block, fl *flow, v variable) *ir.Value {
	switch {
	case !fl.sealed:
		fl.wanted = append(fl.wanted, v)
		return g.param(b, v)
	case fl.outside != nil:
		return fl.outside(v)
	case len(fl.preds) == 0: // dead code: any value will do
		t, _, _ := v.shape()
		return b.Append(g.fn.NewValue(ir.Const, t, v.origin()))
	}
	args := make([]*ir.Value, len(fl.preds))
	same := true
	for i, p := range fl.preds {
		args[i] = g.read(p.From, v)
		same = same && args[i] == args[0]
	}
	if same {
		return args[0]
	}
	for i, p := range fl.preds {
		e := p.Edge()
		e.Args = append(e.Args, args[i])
	}
	return g.param(b, v)
}

// param makes the variable a parameter of the block.
func (g *graph) param(b *ir.Block, v variable) *ir.Value {
	t, size, name := v.shape()
	at := v.origin()
	if preds := g.flows[b].preds; !at.IsValid() && len(preds) > 0 {
		at = preds[0].From.Term.Span
	}
	p := g.fn.AddParam(b, t, name, at)
	p.Size = size
	return p
}

// origin is where a variable is declared; the cursor isn't.
func (v variable) origin() diag.Span {
	if v.local == nil {
		return diag.Span{}
	}
	return v.local.Decl.Span()
}

// shape is a variable's type, its bytes and its name in reports.
func (v variable) shape() (t ir.Type, size int, name string) {
	switch {
	case v == cursor:
		return ir.I64, offsetSize, "cursor"
	case v.local == nil:
		return ir.I32, types.Bool.Size(), ""
	}
	leaf := types.Leaves(v.local.Type)[v.leaf]
	return ir.Number(leaf.Size), carriedSize(leaf), v.local.Name + leaf.Path
}

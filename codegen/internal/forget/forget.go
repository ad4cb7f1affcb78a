// Package forget places barriers: where the verifier would tell too many states apart, it is made to forget a number.
//
// The verifier compares what it knows of a number if that mattered later. Where paths join with different numbers that
// both matter, it walks on with each, and what is known multiplies from join to join: sixteen flags that are set on some
// paths and tested later cost half a million instructions. Adding a variable that is always 0, which the verifier can't
// know (ir.Forget), makes such numbers alike, for one instruction at run time.
//
// Which numbers these are the model of the verifier tells (verifier.Differences): in its walk, it counts in what the states
// differed that could not be taken for one another. There are two ways to make them alike:
//
//   - at the join, if they came by different edges, or are 0 or 1 by a comparison: the number is forgotten there, once;
//   - at comparisons, if the verifier has learned from them: each compares a copy that is forgotten.
//
// An offset into the packet must have a bound that the verifier knows. So it is masked, by as many ones as the largest
// number has that it can be. Where no mask is tight enough, nothing is forgotten.
//
// Barriers aren't free. There are none in a pipeline that the verifier walks through soon enough anyway, and none is left that
// doesn't help: they are placed in rounds, those first that others depend on, for as long as each round makes the walk
// shorter by a good part; then each is taken away again if the walk isn't longer without it.
//
// A walk through a long pipeline that needs many barriers would come to see its end only, again and again. There they are placed
// piece by piece first (verifier.LocalDifferences), and what is still to be seen is seen afterwards.
package forget

import (
	"math/bits"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
	"github.com/tcc-bpf/tcc/lang/check"
)

const (
	rounds  = 12
	shorter = 0.8    // what a round must make of the walk
	tries   = 40     // barriers that are tried to be done without
	tryable = 20_000 // in walks that are no longer than this
)

// Module places barriers in the one function of a module that isn't cut yet, and in each of its subprograms, if the verifier
// would walk through more than so many instructions of it.
func Module(m *ir.Module, enough int) {
	m.Funcs[0] = place(m, m.Funcs[0], enough)
	for i, f := range m.Subs {
		m.Subs[i] = place(m, f, enough)
	}
}

func place(m *ir.Module, f *ir.Func, enough int) *ir.Func {
	b := &barriers{m: m, f: f}
	walk := verifier.Differences(b.f)
	if walk.Over && walk.Long {
		b.more(verifier.LocalDifferences(b.f), verifier.LocalDifferences, 0)
		walk = verifier.Differences(b.f)
	}
	walk = b.more(walk, verifier.Differences, enough)
	if len(b.placed) > 0 && walk.Steps <= tryable {
		return without(b.f, b.placed[:min(len(b.placed), tries)], walk.Steps)
	}
	return b.f
}

// barriers are those of a function, round by round.
type barriers struct {
	m      *ir.Module
	f      *ir.Func
	placed []int // IDs
}

// more places barriers for as long as walks get shorter, until they are short enough, and returns the last walk.
func (b *barriers) more(walk verifier.Difference, again func(*ir.Func) verifier.Difference, enough int) verifier.Difference {
	for round := range rounds {
		if walk.Steps <= enough {
			break
		}
		g := b.f.Clone()
		p := newPlacer(b.m, g, walk.Blamed)
		if !p.place(round == 0) {
			break
		}
		next := again(g)
		if !next.Over && float64(next.Steps) > shorter*float64(walk.Steps) {
			break
		}
		b.f, walk = g, next
		b.placed = append(b.placed, p.placed...)
	}
	return walk
}

// without takes away the barriers without which the walk isn't longer.
func without(f *ir.Func, placed []int, steps int) *ir.Func {
	for _, id := range placed {
		g := f.Clone()
		for _, b := range g.Blocks {
			for _, v := range b.Insts {
				if v.ID == id {
					with := ir.NewReplacements(g)
					with.Put(v, v.Args[0])
					g.Replace(with)
				}
			}
		}
		if verifier.Differences(g).Steps <= steps {
			f = g
		}
	}
	return f
}

// A placer is one round.
type placer struct {
	f      *ir.Func
	blamed []int // by value ID
	preds  *ir.Preds
	bounds *ir.UMax
	dom    *ir.Dom
	places []bool // by value ID: goes into an offset
	rets   []bool // by value ID: goes into a verdict

	branched []bool // by value ID: a branch compares it
	strict   bool   // the kernel minds what verdict it is

	joins    []*ir.Value // to be forgotten where they are made
	compared []*ir.Value // to be forgotten where they are compared
	chosen   map[*ir.Value]bool
	placed   []int // IDs of the barriers
}

func newPlacer(m *ir.Module, f *ir.Func, blamed []int) *placer {
	p := &placer{
		f: f, blamed: blamed, preds: f.Preds(), bounds: ir.Bounds(f), dom: ir.Dominators(f),
		strict: m.ProgType == "cgroup_skb", chosen: map[*ir.Value]bool{},
		branched: make([]bool, f.NumValues()),
	}
	var offsets, verdicts []*ir.Value
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			if v.Op == ir.PktAdd {
				offsets = append(offsets, v.Args[1])
			}
		}
		switch b.Term.Op {
		case ir.Ret:
			if f.Result > 0 {
				continue
			}
			verdicts = append(verdicts, b.Term.Args[0])
		case ir.Br:
			for _, a := range b.Term.Args {
				p.branched[a.ID] = true
			}
		}
	}
	p.places, p.rets = p.slice(offsets), p.slice(verdicts)
	return p
}

// slice marks numbers and all they are made of, by value ID.
func (p *placer) slice(from []*ir.Value) []bool {
	in := make([]bool, p.f.NumValues())
	for len(from) > 0 {
		v := from[len(from)-1]
		from = from[:len(from)-1]
		if !in[v.ID] && isNumber(v) {
			in[v.ID] = true
			from = append(from, p.sources(v)...)
		}
	}
	return in
}

func isNumber(v *ir.Value) bool { return v.Type == ir.I32 || v.Type == ir.I64 }

// sources are what a number is made of.
func (p *placer) sources(v *ir.Value) []*ir.Value {
	switch {
	case v.Op == ir.Param:
		var args []*ir.Value
		i := slices.Index(v.Block.Params, v)
		for _, pred := range p.preds.Of(v.Block) {
			args = append(args, pred.Edge().Args[i])
		}
		return args
	case v.Op.Info().Pure, v.Op == ir.Forget:
		return v.Args
	}
	return nil
}

// place chooses barriers and places them: all, or the first that others depend on. It returns false if there is nothing to
// forget.
func (p *placer) place(first bool) bool {
	for _, b := range p.f.Blocks {
		for _, v := range slices.Concat(b.Params, b.Insts) {
			if v.ID < len(p.blamed) && p.blamed[v.ID] > 0 {
				p.choose(v, map[*ir.Value]bool{})
			}
		}
	}
	if first {
		p.firstOnly()
	}
	if len(p.joins) == 0 && len(p.compared) == 0 {
		return false
	}
	with := ir.NewReplacements(p.f)
	var made [][]*ir.Value
	for _, v := range p.joins {
		made = append(made, p.barrier(v))
		with.Put(v, made[len(made)-1][len(made[len(made)-1])-1])
	}
	p.f.Replace(with)
	for i, v := range p.joins {
		at := 0
		if v.Op != ir.Param {
			at = slices.Index(v.Block.Insts, v) + 1
		}
		v.Block.Insts = slices.Insert(v.Block.Insts, at, made[i]...)
	}
	for _, v := range p.compared {
		p.compareCopies(v)
	}
	return true
}

// choose decides how a number, or what a pointer or object is made of, is forgotten.
func (p *placer) choose(v *ir.Value, seen map[*ir.Value]bool) {
	if seen[v] || p.chosen[v] {
		return
	}
	seen[v] = true
	switch {
	case !isNumber(v) && v.Op != ir.PktAdd && v.Op != ir.MemAdd && v.Op != ir.MakeObj, v.Op == ir.Const, v.Op == ir.WConst:
	case isNumber(v) && (v.Op == ir.Param && len(p.preds.Of(v.Block)) > 1 || v.Op == ir.Cmp):
		if p.bounded(v) {
			p.chosen[v] = true
			p.joins = append(p.joins, v)
		}
	case isNumber(v) && p.branched[v.ID] && p.bounds.Seen(v) <= p.allowed(v):
		p.chosen[v] = true
		p.compared = append(p.compared, v)
	default:
		for _, a := range p.sources(v) {
			p.choose(a, seen)
		}
	}
}

// allowed is the largest number that v may be for all that the verifier knows without its comparisons.
func (p *placer) allowed(v *ir.Value) uint64 {
	if p.places[v.ID] {
		return check.CursorMax
	}
	return v.Type.Mask()
}

// mask has as many ones as v needs.
func (p *placer) mask(v *ir.Value) uint64 { return 1<<bits.Len64(p.most(v)) - 1 }

// bounded reports whether what is forgotten of v can be bounded again as tightly as it must be.
func (p *placer) bounded(v *ir.Value) bool {
	switch {
	case p.places[v.ID]:
		return p.mask(v) <= check.CursorMax
	case p.rets[v.ID] && p.strict:
		return p.mask(v) <= 1
	}
	return true
}

// most is an upper bound of a number, by its operations and by the branches on the way to it.
func (p *placer) most(v *ir.Value) uint64 {
	n := p.bounds.Max(v)
	if v.Op != ir.Param {
		return n
	}
	most := uint64(0)
	i := slices.Index(v.Block.Params, v)
	for _, pred := range p.preds.Of(v.Block) {
		most = max(most, p.along(pred.Edge().Args[i], pred))
	}
	return min(n, most)
}

// along is an upper bound of a number on an edge.
func (p *placer) along(v *ir.Value, e ir.Pred) uint64 {
	n := p.bounds.Max(v)
	for {
		if t := &e.From.Term; t.Op == ir.Br && t.Args[0] == v && t.Args[1].Op == ir.Const {
			n = min(n, below(t.Cond, e.Index, t.Args[1].Number()))
		}
		b := e.From
		for b != v.Block && len(p.preds.Of(b)) != 1 {
			if b = p.dom.Idom(b); b == nil {
				return n
			}
		}
		if b == v.Block {
			return n
		}
		e = p.preds.Of(b)[0]
	}
}

// below is the most that a number can be on one side of a comparison with n.
func below(c ir.Cond, side int, n uint64) uint64 {
	if side == 1 {
		c, _ = c.Negated()
	}
	switch {
	case c == ir.ULe || c == ir.Eq:
		return n
	case c == ir.ULt && n > 0:
		return n - 1
	}
	return 1<<64 - 1
}

// firstOnly drops numbers that are made of others which are forgotten anyway: they may be alike then. Offsets stay, as a
// bound makes them differ again.
func (p *placer) firstOnly() {
	tainted := make([]bool, p.f.NumValues())
	for _, b := range p.f.ReversePostorder() {
		for _, v := range slices.Concat(b.Params, b.Insts) {
			if !isNumber(v) {
				continue
			}
			made := slices.ContainsFunc(p.sources(v), func(a *ir.Value) bool { return tainted[a.ID] })
			if made && p.chosen[v] && !p.places[v.ID] {
				p.chosen[v] = false
			}
			tainted[v.ID] = made || p.chosen[v]
		}
	}
	drop := func(v *ir.Value) bool { return !p.chosen[v] }
	p.joins = slices.DeleteFunc(p.joins, drop)
	p.compared = slices.DeleteFunc(p.compared, drop)
}

// barrier makes the values that stand for v from where it is made on.
func (p *placer) barrier(v *ir.Value) []*ir.Value {
	x := p.forget(v)
	if !p.places[v.ID] && !(p.rets[v.ID] && p.strict) {
		return []*ir.Value{x}
	}
	c := p.f.NewValue(ir.Const, v.Type, v.Span)
	c.Imm = int64(p.mask(v) & v.Type.Mask())
	and := p.f.NewValue(ir.And, v.Type, v.Span, x, c)
	and.Name, and.Block, c.Block = v.Name, v.Block, v.Block
	return []*ir.Value{x, c, and}
}

func (p *placer) forget(v *ir.Value) *ir.Value {
	x := p.f.NewValue(ir.Forget, v.Type, v.Span, v)
	x.Name, x.Block = v.Name, v.Block
	p.placed = append(p.placed, x.ID)
	return x
}

// compareCopies lets branches compare copies of v.
func (p *placer) compareCopies(v *ir.Value) {
	for _, b := range p.f.Blocks {
		if b.Term.Op != ir.Br {
			continue
		}
		for i, a := range b.Term.Args {
			if a == v {
				x := p.forget(v)
				b.Term.Args[i] = b.Append(x)
			}
		}
	}
}

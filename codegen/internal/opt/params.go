package opt

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// params removes the parameters that get the same value on every edge. A constant is made again in the block. The
// parameters of entries stay: they are a convention.
func params(f *ir.Func) bool {
	with := ir.NewReplacements(f)
	preds := f.Preds()
	for _, b := range f.ReversePostorder() {
		if len(preds.Of(b)) == 0 {
			continue
		}
		keep := make([]bool, len(b.Params))
		for i, p := range b.Params {
			v := onlyArg(p, i, preds.Of(b), with)
			keep[i] = v == nil
			if v != nil && constant(v) {
				v = copyConst(f, b, v)
			}
			if v != nil {
				with.Put(p, v)
			}
		}
		dropParams(b, preds.Of(b), keep)
	}
	f.Replace(with)
	return with.Any()
}

// onlyArg is the one value that comes in for parameter i, the parameter itself apart; nil if there are several.
func onlyArg(p *ir.Value, i int, preds []ir.Pred, with *ir.Replacements) *ir.Value {
	var only *ir.Value
	for _, pred := range preds {
		v := pred.Edge().Args[i]
		for w := with.Of(v); w != nil; w = with.Of(w) {
			v = w
		}
		switch {
		case v == p:
		case only == nil:
			only = v
		case v != only && !sameConst(v, only):
			return nil
		}
	}
	return only
}

func sameConst(v, w *ir.Value) bool {
	if v.Op != w.Op || v.Type != w.Type || v.Size != w.Size {
		return false
	}
	return v.Op == ir.Const && v.Number() == w.Number() || v.Op == ir.WConst && v.Imm == w.Imm
}

// copyConst makes a constant again at the start of b.
func copyConst(f *ir.Func, b *ir.Block, c *ir.Value) *ir.Value {
	v := f.NewValue(c.Op, c.Type, c.Span)
	v.Imm, v.Size, v.Name, v.Block = c.Imm, c.Size, c.Name, b
	b.Insts = slices.Insert(b.Insts, 0, v)
	return v
}

// dropParams removes the parameters of b that keep doesn't name, and their arguments. Edges may share the slices of
// their arguments with others, so these are copied.
func dropParams(b *ir.Block, preds []ir.Pred, keep []bool) {
	if !slices.Contains(keep, false) {
		return
	}
	for _, p := range preds {
		e := p.Edge()
		e.Args = kept(e.Args, keep)
	}
	b.Params = kept(b.Params, keep)
}

func kept(vs []*ir.Value, keep []bool) []*ir.Value {
	var rest []*ir.Value
	for i, v := range vs {
		if keep[i] {
			rest = append(rest, v)
		}
	}
	return rest
}

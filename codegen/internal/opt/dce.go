package opt

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// dce removes the instructions and parameters that nothing with an effect needs, directly or through others.
func dce(f *ir.Func) bool {
	d := &needs{live: make([]bool, f.NumValues()), preds: f.Preds(), index: map[*ir.Value]int{}}
	for _, b := range f.Blocks {
		for i, p := range b.Params {
			d.index[p] = i
			if len(d.preds.Of(b)) == 0 { // the convention of a table
				d.need(p)
			}
		}
		for _, v := range b.Insts {
			if info := v.Op.Info(); !info.Pure && !info.Drop {
				d.need(v)
			}
		}
		for _, v := range b.Term.Args {
			d.need(v)
		}
	}
	d.spread()
	return d.sweep(f)
}

type needs struct {
	live  []bool
	work  []*ir.Value
	preds *ir.Preds
	index map[*ir.Value]int // of parameters
}

func (d *needs) need(v *ir.Value) {
	if !d.live[v.ID] {
		d.live[v.ID] = true
		d.work = append(d.work, v)
	}
}

// spread marks what the needed values need: a parameter its arguments on every edge.
func (d *needs) spread() {
	for len(d.work) > 0 {
		v := d.work[len(d.work)-1]
		d.work = d.work[:len(d.work)-1]
		for _, a := range v.Args {
			d.need(a)
		}
		if v.Op == ir.Param {
			for _, p := range d.preds.Of(v.Block) {
				d.need(p.Edge().Args[d.index[v]])
			}
		}
	}
}

func (d *needs) sweep(f *ir.Func) bool {
	changed := false
	for _, b := range f.Blocks {
		n := len(b.Insts)
		b.Insts = slices.DeleteFunc(b.Insts, func(v *ir.Value) bool { return !d.live[v.ID] })
		keep := make([]bool, len(b.Params))
		for i, p := range b.Params {
			keep[i] = d.live[p.ID]
		}
		dropParams(b, d.preds.Of(b), keep)
		changed = changed || len(b.Insts) < n || slices.Contains(keep, false)
	}
	return changed
}

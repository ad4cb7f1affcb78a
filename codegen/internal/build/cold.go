package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// markCold marks the blocks from which every way leads into a cold one, and those to which every way leads out of one.
func markCold(f *ir.Func) {
	order := f.ReversePostorder()
	for _, b := range slices.Backward(order) {
		if b.Term.Op == ir.SlotCall || len(b.Term.Succs) == 0 { // a slot's else is where the call does not go
			continue
		}
		warm := func(e ir.Edge) bool { return !e.To.Cold }
		b.Cold = b.Cold || !slices.ContainsFunc(b.Term.Succs, warm)
	}
	preds := f.Preds()
	for _, b := range order {
		warm := func(p ir.Pred) bool { return !p.From.Cold }
		b.Cold = b.Cold || len(preds.Of(b)) > 0 && !slices.ContainsFunc(preds.Of(b), warm)
	}
}

package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// markCold marks the blocks from which every way leads into a cold one.
func markCold(f *ir.Func) {
	for _, b := range slices.Backward(f.ReversePostorder()) {
		if b.Term.Op == ir.SlotCall || len(b.Term.Succs) == 0 { // a slot's else is where the call does not go
			continue
		}
		if !slices.ContainsFunc(b.Term.Succs, func(e ir.Edge) bool { return !e.To.Cold }) {
			b.Cold = true
		}
	}
}

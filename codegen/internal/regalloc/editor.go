package regalloc

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// An edit inserts an instruction before another.
type edit struct {
	index int32
	inst  lower.Inst
}

// editor collects the edits of a round.
type editor struct {
	fn    *lower.Func
	edits map[int32][]edit // by block
}

func (e *editor) insert(block, index int32, i lower.Inst) {
	e.edits[block] = append(e.edits[block], edit{index, i})
}

// apply makes the edits. Spills come before reloads at the same place.
func (e *editor) apply() {
	for n, edits := range e.edits {
		slices.SortStableFunc(edits, func(a, b edit) int {
			return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(rank(a), rank(b)))
		})
		b := e.fn.Blocks[n]
		insts := make([]lower.Inst, 0, len(b.Insts)+len(edits))
		for k := range b.Insts {
			for len(edits) > 0 && int(edits[0].index) == k {
				insts = append(insts, edits[0].inst)
				edits = edits[1:]
			}
			if b.Insts[k].Op != lower.NoOp {
				insts = append(insts, b.Insts[k])
			}
		}
		for _, e := range edits {
			insts = append(insts, e.inst)
		}
		b.Insts = insts
	}
}

func rank(e edit) int {
	if e.inst.Op == lower.Spill {
		return 0
	}
	return 1
}

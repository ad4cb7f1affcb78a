package verifier

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

const (
	registers = 9 // r0–r5 and three of r6–r9; the fourth keeps the context
	preserved = 3 // of these, what a call leaves alone
)

// pressure is the most stack that any point of a block needs, how many values are spilled there, and how many the block
// takes from others or leaves to others, each of which it may have to load or store.
type pressure struct{ stack, spills, shared int }

// pressureOf walks a block backwards with the set of live values.
func pressureOf(b *ir.Block, out []*ir.Value) pressure {
	live := map[*ir.Value]bool{}
	var worst pressure
	objects := 0
	enter := func(v *ir.Value) {
		if !live[v] && !folded(v) {
			live[v] = true
			if v.Type == ir.Obj {
				objects += (v.Size + 7) &^ 7
			}
		}
	}
	leave := func(v *ir.Value) {
		if live[v] {
			delete(live, v)
			if v.Type == ir.Obj {
				objects -= (v.Size + 7) &^ 7
			}
		}
	}
	measure := func(room int) {
		numbers := 0
		for v := range live {
			if v.Type != ir.Obj {
				numbers++
			}
		}
		worst.spills = max(worst.spills, numbers-room)
		worst.stack = max(worst.stack, objects+8*max(0, numbers-room))
	}
	for _, v := range out {
		enter(v)
		if v.Block == b && !folded(v) {
			worst.shared++
		}
	}
	taken := map[*ir.Value]bool{}
	b.Operands(func(v **ir.Value) {
		if w := *v; (w.Block != b || w.Op == ir.Param) && !folded(w) && w.Type != ir.Obj {
			taken[w] = true
		}
	})
	worst.shared += len(taken)
	b.Term.Operands(func(v **ir.Value) { enter(*v) })
	measure(registers)
	for _, v := range slices.Backward(b.Insts) {
		leave(v)
		if v.Op.Info().Call {
			measure(preserved)
		}
		for _, a := range v.Args {
			enter(a)
		}
		measure(registers)
	}
	return worst
}

// folded values are never kept in registers: constants, and displacements from a packet pointer.
func folded(v *ir.Value) bool {
	return v.Op == ir.Const || v.Op == ir.WConst || v.Op == ir.PktAdd && v.Args[1].Op == ir.Const
}

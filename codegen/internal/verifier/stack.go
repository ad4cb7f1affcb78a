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

// pressures finds the pressure of one block after the other.
type pressures struct {
	live, taken []int // by value ID: the last block, counted from 1, where it was live, or taken from another one
	block       int
}

func newPressures(f *ir.Func) *pressures {
	return &pressures{live: make([]int, f.NumValues()), taken: make([]int, f.NumValues())}
}

// of walks a block backwards with the values that are live.
func (p *pressures) of(b *ir.Block, out ir.Values) pressure {
	p.block++
	var worst pressure
	numbers, objects := 0, 0 // that are live; bytes of the latter
	count := func(v *ir.Value, n int) {
		if v.Type == ir.Obj {
			objects += n * ((v.Size + 7) &^ 7)
		} else {
			numbers += n
		}
	}
	enter := func(v *ir.Value) {
		if p.live[v.ID] != p.block && !folded(v) {
			p.live[v.ID] = p.block
			count(v, 1)
		}
	}
	measure := func(room int) {
		worst.spills = max(worst.spills, numbers-room)
		worst.stack = max(worst.stack, objects+8*max(0, numbers-room))
	}
	for _, v := range out {
		enter(v)
		if v.Block == b && !folded(v) {
			worst.shared++
		}
	}
	b.Operands(func(v **ir.Value) {
		w := *v
		if (w.Block != b || w.Op == ir.Param) && !folded(w) && w.Type != ir.Obj && p.taken[w.ID] != p.block {
			p.taken[w.ID] = p.block
			worst.shared++
		}
	})
	b.Term.Operands(func(v **ir.Value) { enter(*v) })
	measure(registers)
	for _, v := range slices.Backward(b.Insts) {
		if p.live[v.ID] == p.block {
			p.live[v.ID] = 0
			count(v, -1)
		}
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

package split

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/spill"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
)

// spills reports whether numbers that find no room on the stack may lie in the per-CPU array.
func (g *graph) spills() bool { return slices.Contains(g.carriers(), carrierState) }

// stack is the bytes of stack that a block needs at least.
func (g *graph) stack(b *ir.Block) int {
	if g.spills() {
		return g.model.Block(b).Least
	}
	return g.model.Block(b).Stack
}

// stackRoom is how many bytes of stack a program may take before numbers must lie elsewhere.
func (ps *programs) stackRoom(e verifier.Estimate) int {
	if e.Deepest == 0 {
		return ps.opts.Stack
	}
	return min(ps.opts.Stack, ps.search.frames(e)-e.Deepest-verifier.FrameUnit)
}

// spill takes numbers of a program off the stack, if that is possible; it reports whether the program has changed. They lie
// behind all that travels. An eighth more of the stack is made free than must be, as what lies in a register now may have
// bytes of stack too, for later.
func (ps *programs) spill(m *ir.Module, i, room int) bool {
	if !ps.spills() {
		return false
	}
	area := spill.Area{Map: TableState, From: (ps.state + 7) &^ 7, To: StateSize}
	_, places := ps.carriedInto(ps.heads[i])
	for _, p := range places {
		if p.carrier == carrierState {
			area.Kept = append(area.Kept, spill.Bytes{Offset: p.offset, Size: p.size})
		}
	}
	f := m.Funcs[i].Clone()
	end, ok := spill.Func(m, f, room-room/8, area)
	if !ok {
		return false
	}
	m.Funcs[i] = f
	ps.spilled = max(ps.spilled, end)
	return true
}

package verifier

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// The verifier looks for a state that covers the one in hand at the targets of jumps and at conditional jumps. But it
// remembers a state there only if it has seen this many jumps and instructions since it last did.
const (
	jumpsApart = 2
	insnsApart = 8
)

// walker walks a program as the verifier does, as if each place were reached in one state only. What is reached again
// is walked again, up to the first place where the state was remembered.
type walker struct {
	m            *Model
	jumps, insns int // since a state was remembered
	walked       []int
	remembered   [2][]bool // at a block's begin and at its branch, by block ID
}

const begin, branch = 0, 1

// walk is how many instructions of each block, by ID, the verifier walks through from entry on, up to where leave says,
// if every block is reached in one state.
func (m *Model) walk(entry *ir.Block, leave func(*ir.Block) bool) []int {
	w := &walker{m: m, walked: make([]int, m.f.NumBlocks())}
	for i := range w.remembered {
		w.remembered[i] = make([]bool, m.f.NumBlocks())
	}
	todo := []*ir.Block{entry}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b != entry && leave(b) || !w.block(b) {
			continue
		}
		todo = append(todo, queue(&b.Term)...)
	}
	return w.walked
}

// queue lists successors, the one that is walked first last: what the code falls through to.
func queue(t *ir.Term) []*ir.Block {
	switch {
	case t.Op == ir.Check:
		return []*ir.Block{t.Succs[1].To, t.Succs[0].To}
	case len(t.Succs) == 2:
		return []*ir.Block{t.Succs[0].To, t.Succs[1].To}
	case len(t.Succs) == 1:
		return []*ir.Block{t.Succs[0].To}
	}
	return nil
}

// block walks through a block; false if a remembered state ends the walk.
func (w *walker) block(b *ir.Block) bool {
	c := w.m.Block(b)
	if c.target && !w.pass(begin, b) {
		return false
	}
	w.step(b, c.Steps-c.term, c.calls)
	if len(b.Term.Succs) == 2 && !w.pass(branch, b) {
		return false
	}
	w.step(b, c.term, 1)
	return true
}

func (w *walker) step(b *ir.Block, insns, jumps int) {
	w.walked[b.ID] += insns
	w.insns += insns
	w.jumps += jumps
}

// pass is false where a state was remembered before; else it may be now.
func (w *walker) pass(place int, b *ir.Block) bool {
	if w.remembered[place][b.ID] {
		return false
	}
	if w.jumps >= jumpsApart && w.insns >= insnsApart {
		w.remembered[place][b.ID] = true
		w.jumps, w.insns = 0, 0
	}
	return true
}

package regalloc

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// level is how small the pieces of a variable are.
type level uint8

const (
	whole level = iota
	acrossCalls
	local
	tiny
)

// piece is what is known of a variable that is part of another.
type piece struct {
	level  level
	home   lower.Slot // where it is on the stack; 0 if it is computed again
	repeat lower.Inst // computes it again
}

// split breaks the variables that found no register into pieces.
func (a *allocator) split(failed []lower.Reg) error {
	e := &editor{fn: a.f, edits: map[int32][]edit{}}
	failed = a.postpone(failed)
	for _, v := range failed {
		p := a.pieces[v]
		if p.level == tiny {
			return fmt.Errorf("%s: there is no register left for a single use", a.f.Name)
		}
		if p.level == whole || p.repeat.Op == lower.Load && !a.lasts(p.repeat.Src, failed) {
			p = a.newHome(v, p.level, failed)
		}
		p.level++
		if p.level == acrossCalls && !a.crossesCall(v) {
			p.level++
		}
		newSplitter(a, e, v, p).run()
	}
	e.apply()
	return nil
}

// postpone leaves those out from which others of the failed can be computed again: once those are gone, there may be
// room.
func (a *allocator) postpone(failed []lower.Reg) []lower.Reg {
	needed := map[lower.Reg]bool{}
	for _, v := range failed {
		if i := a.repeatable(v); i != nil && i.Op == lower.Load {
			needed[i.Src] = true
		}
	}
	return slices.DeleteFunc(failed, func(v lower.Reg) bool { return needed[v] && a.pieces[v].level == whole })
}

// repeatable is the only write of a whole variable, if it can be repeated.
func (a *allocator) repeatable(v lower.Reg) *lower.Inst {
	var only *lower.Inst
	for _, t := range a.touches[v] {
		if !t.writes {
			continue
		}
		if only != nil {
			return nil
		}
		only = a.inst(t)
	}
	if a.pieces[v].level != whole || !only.Again {
		return nil
	}
	return only
}

// newHome decides how a variable comes back into a register.
func (a *allocator) newHome(v lower.Reg, l level, failed []lower.Reg) piece {
	if i := a.repeatable(v); i != nil && (i.Op != lower.Load || a.lasts(i.Src, failed)) {
		again := *i
		again.ID = -again.ID
		return piece{repeat: again}
	}
	return piece{level: l, home: a.f.NewSlot(word)}
}

// lasts reports whether r can be read anywhere behind its first write: whether it is whole, and stays so.
func (a *allocator) lasts(r lower.Reg, failed []lower.Reg) bool {
	return a.pieces[r].level == whole && len(a.touches[r]) > 0 && !slices.Contains(failed, r)
}

func (a *allocator) inst(t touch) *lower.Inst { return &a.f.Blocks[t.block].Insts[t.index] }

// crossesCall reports whether a call happens during v's lifetime.
func (a *allocator) crossesCall(v lower.Reg) bool { return a.live[v].overlap(a.live[lower.R5]) }

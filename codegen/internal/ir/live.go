package ir

import (
	"cmp"
	"maps"
	"slices"
)

// Liveness says which values each block needs from outside.
type Liveness struct {
	in  []map[*Value]bool // by block ID
	fun *Func
}

// Live computes liveness.
func Live(f *Func) *Liveness {
	l := &Liveness{in: make([]map[*Value]bool, f.nextBlock), fun: f}
	order := f.ReversePostorder()
	for changed := true; changed; {
		changed = false
		for _, b := range slices.Backward(order) {
			live := l.blockIn(b)
			if len(live) != len(l.in[b.ID]) { // it only grows
				changed = true
			}
			l.in[b.ID] = live
		}
	}
	return l
}

func (l *Liveness) blockIn(b *Block) map[*Value]bool {
	live := l.out(b)
	b.Term.Operands(func(v **Value) { live[*v] = true })
	for _, v := range slices.Backward(b.Insts) {
		delete(live, v)
		for _, a := range v.Args {
			live[a] = true
		}
	}
	for _, p := range b.Params {
		delete(live, p)
	}
	return live
}

func (l *Liveness) out(b *Block) map[*Value]bool {
	live := map[*Value]bool{}
	for _, e := range b.Term.Succs {
		maps.Copy(live, l.in[e.To.ID])
	}
	return live
}

// In is the values that are live when control enters b, sorted by ID. Its own parameters are not among them.
func (l *Liveness) In(b *Block) []*Value { return byID(l.in[b.ID]) }

// Out is the values that are live into some successor of b, sorted by ID. What the terminator and its edges use is not
// among them unless a successor needs it too.
func (l *Liveness) Out(b *Block) []*Value { return byID(l.out(b)) }

// IsIn reports whether v is live when control enters b.
func (l *Liveness) IsIn(b *Block, v *Value) bool { return l.in[b.ID][v] }

func byID(set map[*Value]bool) []*Value {
	return slices.SortedFunc(maps.Keys(set), func(a, b *Value) int { return cmp.Compare(a.ID, b.ID) })
}

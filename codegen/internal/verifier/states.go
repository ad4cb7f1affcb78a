package verifier

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
)

// maxStates is how many states of a block are told apart; more are scaled.
const maxStates = 64

// A state is one way to arrive at a block: the constants known of live values that matter, by their number in
// Model.in, and how many ways like it this one stands for.
type state struct {
	known map[*ir.Value]uint64
	ways  float64
}

// demand finds the values that may decide a branch or place a packet pointer: of these the verifier compares what it
// knows, of all others it doesn't care.
func demand(f *ir.Func, order []*ir.Block, preds [][]ir.Pred) []bool {
	wanted := make([]bool, f.NumValues())
	var want func(v *ir.Value)
	want = func(v *ir.Value) {
		if wanted[v.ID] || v.Type != ir.I32 && v.Type != ir.I64 {
			return
		}
		wanted[v.ID] = true
		switch {
		case v.Op == ir.Param:
			for i, p := range v.Block.Params {
				if p == v {
					for _, pred := range preds[v.Block.ID] {
						want(pred.Edge().Args[i])
					}
				}
			}
		case v.Op.Info().Pure:
			for _, a := range v.Args {
				want(a)
			}
		}
	}
	for _, b := range order {
		for _, v := range b.Insts {
			if v.Op == ir.PktAdd {
				want(v.Args[1])
			}
		}
		if op := b.Term.Op; op == ir.Br || op == ir.TailCall || op == ir.SlotCall {
			for _, a := range b.Term.Args {
				want(a)
			}
		}
	}
	return wanted
}

// States is D(b) by block ID for a program that begins at entry, knowing nothing, and ends where leave says.
func (m *Model) States(entry *ir.Block, leave func(*ir.Block) bool) []float64 {
	d := make([]float64, m.f.NumBlocks())
	at := make([][]state, m.f.NumBlocks())
	at[entry.ID] = []state{{ways: 1}}
	for _, b := range m.order[m.pos[entry.ID]:] {
		states := limit(at[b.ID])
		at[b.ID] = nil
		for _, s := range states {
			d[b.ID] += s.ways
		}
		if b != entry && leave(b) {
			continue
		}
		seen := map[*ir.Block]map[string]int{}
		for _, s := range states {
			for _, e := range m.step(b, &s) {
				to := e.To
				next := state{m.enter(b, &s, e), s.ways}
				if seen[to] == nil {
					seen[to] = keys(m, to, at[to.ID])
				}
				key := m.key(to, next.known)
				if i, ok := seen[to][key]; ok {
					at[to.ID][i].ways = max(at[to.ID][i].ways, next.ways)
					continue
				}
				seen[to][key] = len(at[to.ID])
				at[to.ID] = append(at[to.ID], next)
			}
		}
	}
	return d
}

func keys(m *Model, b *ir.Block, states []state) map[string]int {
	seen := make(map[string]int, len(states)+1)
	for i, s := range states {
		seen[m.key(b, s.known)] = i
	}
	return seen
}

// key tells states of a block apart.
func (m *Model) key(b *ir.Block, known map[*ir.Value]uint64) string {
	if len(known) == 0 {
		return ""
	}
	var key []byte
	for _, v := range m.in[b.ID] {
		if x, ok := known[v]; ok {
			key = binary.AppendUvarint(key, uint64(v.ID))
			key = binary.AppendUvarint(key, x)
		}
	}
	return string(key)
}

// limit lets some states stand for all where there are too many.
func limit(states []state) []state {
	if len(states) <= maxStates {
		return states
	}
	var all, kept float64
	for i, s := range states {
		all += s.ways
		if i < maxStates {
			kept += s.ways
		}
	}
	states = states[:maxStates]
	for i := range states {
		states[i].ways *= all / kept
	}
	return states
}

// number is what a state knows of a value.
func (s *state) number(v *ir.Value) (uint64, bool) {
	if len(v.Args) == 0 && v.Op.Info().Pure {
		return eval.Number(v)
	}
	x, ok := s.known[v]
	return x, ok
}

// step runs a state through a block and picks the edges that it leaves by.
func (m *Model) step(b *ir.Block, s *state) []ir.Edge {
	if len(s.known) > 0 {
		for _, v := range b.Insts {
			if m.wanted[v.ID] && v.Op.Info().Pure && len(v.Args) > 0 {
				s.compute(v)
			}
		}
	}
	t := &b.Term
	if t.Op != ir.Br || t.Args[0].Type == ir.Mem {
		return t.Succs
	}
	x, known := s.number(t.Args[0])
	y, knownToo := s.number(t.Args[1])
	switch {
	case !known || !knownToo:
		return t.Succs
	case t.Cond.Eval(t.Args[0].Type, x, y):
		return t.Succs[:1]
	}
	return t.Succs[1:]
}

func (s *state) compute(v *ir.Value) {
	args := make([]uint64, len(v.Args))
	for i, a := range v.Args {
		x, ok := s.number(a)
		if !ok {
			return
		}
		args[i] = x
	}
	if x, ok := eval.Number(v, args...); ok {
		s.known[v] = x
	}
}

// enter is what remains known on an edge: constants passed, constants learned from the branch, those still live.
func (m *Model) enter(b *ir.Block, s *state, e ir.Edge) map[*ir.Value]uint64 {
	var next map[*ir.Value]uint64
	know := func(v *ir.Value, x uint64) {
		if next == nil {
			next = map[*ir.Value]uint64{}
		}
		next[v] = x
	}
	learned, value := learn(b, s, e)
	for _, v := range m.in[e.To.ID] {
		if x, ok := s.known[v]; ok {
			know(v, x)
		} else if v == learned {
			know(v, value)
		}
	}
	for i, p := range e.To.Params {
		if !m.wanted[p.ID] {
			continue
		}
		if x, ok := s.number(e.Args[i]); ok {
			know(p, x)
		} else if e.Args[i] == learned && learned != nil {
			know(p, value)
		}
	}
	return next
}

// learn is the value that an edge of `x == constant` makes known.
func learn(b *ir.Block, s *state, e ir.Edge) (*ir.Value, uint64) {
	t := &b.Term
	if t.Op != ir.Br || len(t.Succs) != 2 || t.Succs[0].To == t.Succs[1].To {
		return nil, 0
	}
	yes := t.Succs[0].To == e.To
	if t.Cond != ir.Eq && t.Cond != ir.Ne || yes != (t.Cond == ir.Eq) {
		return nil, 0
	}
	if x, ok := s.number(t.Args[1]); ok {
		return t.Args[0], x
	}
	if x, ok := s.number(t.Args[0]); ok {
		return t.Args[1], x
	}
	return nil, 0
}

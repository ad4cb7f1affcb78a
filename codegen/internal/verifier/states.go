package verifier

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
)

// maxStates is how many states of a block are told apart; more are scaled.
const maxStates = 64

// A state is one way to arrive at a block.
type state struct {
	known map[*ir.Value]fact
	ways  float64 // how many like it this one stands for
}

// A fact is what the verifier knows of a value: the number itself, or, for packet offsets, an upper bound. Of a packet
// pointer it is the offset, and how many bytes behind it are proved.
type fact struct {
	n      uint64
	exact  bool
	proved uint64
}

// states is D(b) by block ID for a program that begins at entry, knowing nothing, and ends where leave says.
func (m *Model) states(entry *ir.Block, leave func(*ir.Block) bool) []float64 {
	d := make([]float64, m.f.NumBlocks())
	at := make([][]state, m.f.NumBlocks())
	seen := make([]map[string]int, m.f.NumBlocks()) // states by key
	at[entry.ID] = []state{{known: map[*ir.Value]fact{}, ways: 1}}
	for _, b := range m.order[m.pos[entry.ID]:] {
		states := limit(at[b.ID])
		at[b.ID], seen[b.ID] = nil, nil
		for _, s := range states {
			d[b.ID] += s.ways
		}
		if b != entry && leave(b) {
			continue
		}
		for _, s := range states {
			for _, i := range m.step(b, &s) {
				to := b.Term.Succs[i].To.ID
				next := state{m.enter(b, &s, i), s.ways}
				key := m.key(to, next.known)
				if seen[to] == nil {
					seen[to] = map[string]int{}
				}
				if j, ok := seen[to][key]; ok {
					at[to][j].ways = max(at[to][j].ways, next.ways)
					continue
				}
				seen[to][key] = len(at[to])
				at[to] = append(at[to], next)
			}
		}
	}
	return d
}

// key tells states of a block apart.
func (m *Model) key(block int, known map[*ir.Value]fact) string {
	if len(known) == 0 {
		return ""
	}
	var key []byte
	for _, v := range m.in[block] {
		if x, ok := known[v]; ok {
			id := uint64(v.ID) << 1
			if x.exact {
				id |= 1
			}
			key = binary.AppendUvarint(key, id)
			key = binary.AppendUvarint(key, x.n)
			key = binary.AppendUvarint(key, x.proved)
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

// number is a value that a state knows exactly.
func (s *state) number(v *ir.Value) (uint64, bool) {
	if len(v.Args) == 0 && v.Op.Info().Pure {
		return eval.Number(v)
	}
	x := s.known[v]
	return x.n, x.exact
}

// bound is the most that a value can be in a state.
func (s *state) bound(v *ir.Value) uint64 {
	if x, ok := s.known[v]; ok {
		return x.n
	}
	return ir.MaxOf(v, s.bound)
}

var both, first, second = []int{0, 1}, []int{0}, []int{1}

// step runs a state through a block and picks the successors that it goes to.
func (m *Model) step(b *ir.Block, s *state) []int {
	for _, v := range b.Insts {
		if m.wanted[v.ID] && v.Op.Info().Pure && len(v.Args) > 0 || v.Op == ir.PktAdd {
			m.compute(s, v)
		}
		if key := arrayKey(v); key != nil {
			if _, known := s.number(key); known {
				m.decisive[key] = true
			}
		}
	}
	t := &b.Term
	if t.Op != ir.Br || t.Args[0].Type == ir.Mem {
		return both[:len(t.Succs)]
	}
	x, known := s.number(t.Args[0])
	y, knownToo := s.number(t.Args[1])
	if !known || !knownToo {
		return both
	}
	m.decisive[t.Args[0]], m.decisive[t.Args[1]] = true, true
	if t.Cond.Eval(t.Args[0].Type, x, y) {
		return first
	}
	return second
}

// compute finds what is known of a result.
func (m *Model) compute(s *state, v *ir.Value) {
	if v.Op == ir.PktAdd {
		base := s.known[v.Args[0]]
		exact := v.Args[0].Op == ir.Data || base.exact
		n, known := s.number(v.Args[1])
		if !known {
			n, exact = s.bound(v.Args[1]), false
		}
		s.known[v] = fact{n: base.n + n, exact: exact}
		return
	}
	args := make([]uint64, len(v.Args))
	for i, a := range v.Args {
		x, ok := s.number(a)
		if !ok {
			if m.places[v.ID] {
				s.known[v] = fact{n: ir.MaxOf(v, s.bound)}
			}
			return
		}
		args[i] = x
	}
	if x, ok := eval.Number(v, args...); ok {
		s.known[v] = fact{n: x, exact: true}
	}
}

// enter is what is known behind an edge: of arguments, of what the branch compared, of what stays alive.
func (m *Model) enter(b *ir.Block, s *state, i int) map[*ir.Value]fact {
	e := &b.Term.Succs[i]
	next := map[*ir.Value]fact{}
	learned, lesson := m.learn(b, s, i)
	for _, v := range m.in[e.To.ID] {
		if v == learned {
			next[v] = lesson
		} else if x, ok := s.known[v]; ok {
			next[v] = x
		}
	}
	for j, p := range e.To.Params {
		if !m.wanted[p.ID] {
			continue
		}
		a := e.Args[j]
		if x, ok := s.number(a); ok {
			next[p] = fact{n: x, exact: true}
		} else if a == learned {
			next[p] = lesson
		} else if m.places[p.ID] {
			next[p] = fact{n: s.bound(a)}
		}
	}
	return next
}

// learn is what one edge of a branch or check makes known.
func (m *Model) learn(b *ir.Block, s *state, i int) (*ir.Value, fact) {
	t := &b.Term
	if t.Op == ir.Check && i == 0 {
		base, disp := ir.PktBase(t.Args[0])
		known := s.known[base]
		known.proved = max(known.proved, uint64(disp+t.Imm))
		return base, known
	}
	if t.Op != ir.Br || t.Args[0].Type == ir.Mem {
		return nil, fact{}
	}
	cond, v := t.Cond, t.Args[0]
	y, ok := s.number(t.Args[1])
	if !ok {
		if y, ok = s.number(v); !ok {
			return nil, fact{}
		}
		cond, v = cond.Swapped(), t.Args[1]
	}
	if i == 1 {
		cond, _ = cond.Negated()
	}
	switch cond {
	case ir.Eq:
		return v, fact{n: y, exact: true}
	case ir.ULe, ir.ULt:
		if m.places[v.ID] {
			return v, fact{n: min(y, s.bound(v))}
		}
	}
	return nil, fact{}
}

package verifier

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// slicer marks numbers and all they are computed from.
type slicer struct {
	preds [][]ir.Pred
	in    []bool // by value ID
}

func (s *slicer) mark(v *ir.Value) {
	if s.in[v.ID] || v.Type != ir.I32 && v.Type != ir.I64 {
		return
	}
	s.in[v.ID] = true
	switch {
	case v.Op == ir.Param:
		for i, p := range v.Block.Params {
			if p == v {
				for _, pred := range s.preds[v.Block.ID] {
					s.mark(pred.Edge().Args[i])
				}
			}
		}
	case v.Op.Info().Pure:
		for _, a := range v.Args {
			s.mark(a)
		}
	}
}

// demand finds the values of which the verifier compares what it knows: those that place a packet pointer, that decide
// a branch, and that are the key of an array. It decides a branch only if it knows both operands, and minds a key only if
// it knows it; where that happens shows a first computation of the states, in which all such operands count.
func (m *Model) demand(preds [][]ir.Pred, live *ir.Liveness) {
	places := &slicer{preds, make([]bool, m.f.NumValues())}
	wanted := &slicer{preds, make([]bool, m.f.NumValues())}
	for _, b := range m.order {
		for _, v := range b.Insts {
			if v.Op == ir.PktAdd {
				places.mark(v.Args[1])
				wanted.mark(v.Args[1])
			}
			if key := arrayKey(v); key != nil {
				wanted.mark(key)
			}
		}
		if b.Term.Op == ir.Br {
			wanted.mark(b.Term.Args[0])
			wanted.mark(b.Term.Args[1])
		}
	}
	m.places, m.wanted = places.in, wanted.in
	m.in, m.decisive = m.liveIn(live), map[*ir.Value]bool{}
	for _, e := range m.f.Entries() {
		m.states(e, func(*ir.Block) bool { return false })
	}
	wanted = &slicer{preds, append([]bool(nil), m.places...)}
	for v := range m.decisive {
		wanted.mark(v)
	}
	m.wanted = wanted.in
	m.in = m.liveIn(live)
}

// arrayKey is the key of a lookup in what may be an array; else nil.
func arrayKey(v *ir.Value) *ir.Value {
	if v.Op != ir.Lookup || v.Args[0].Op != ir.MakeObj || v.Args[0].Size != 4 || len(v.Args[0].Args) != 1 {
		return nil
	}
	return v.Args[0].Args[0]
}

// liveIn lists, by block ID, what is live on entry and told apart there: demanded numbers, parameters included, and
// packet pointers.
func (m *Model) liveIn(live *ir.Liveness) [][]*ir.Value {
	in := make([][]*ir.Value, m.f.NumBlocks())
	for _, b := range m.order {
		for _, list := range [][]*ir.Value{live.In(b), b.Params} {
			for _, v := range list {
				if m.wanted[v.ID] || v.Type == ir.Pkt {
					in[b.ID] = append(in[b.ID], v)
				}
			}
		}
	}
	return in
}

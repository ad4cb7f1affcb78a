package verifier

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A place is where the verifier looks for a state that it has seen before: the target of a jump, a jump that has a
// condition, and behind a call.
type place struct {
	id   int
	at   int       // stands before this instruction of its block
	live ir.Values // what is told apart there
}

// slicer marks numbers and all they are computed from.
type slicer struct {
	preds *ir.Preds
	in    []bool // by value ID
}

func (s *slicer) mark(v *ir.Value) {
	todo := []*ir.Value{v}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.in[v.ID] || v.Type != ir.I32 && v.Type != ir.I64 {
			continue
		}
		s.in[v.ID] = true
		switch {
		case v.Op == ir.Param:
			i := slices.Index(v.Block.Params, v)
			for _, pred := range s.preds.Of(v.Block) {
				todo = append(todo, pred.Edge().Args[i])
			}
		case v.Op.Info().Pure, v.Op == ir.Forget:
			todo = append(todo, v.Args...)
		}
	}
}

// demand finds the values of which the verifier may compare what it knows: numbers that place a pointer, that may decide
// a branch or are the key of an array, and all they are made of; and pointers with an offset.
func (m *Model) demand(preds *ir.Preds) {
	wanted := &slicer{preds, make([]bool, m.f.NumValues())}
	for _, b := range m.order.Blocks {
		for _, v := range b.Insts {
			switch v.Op {
			case ir.PktAdd, ir.MemAdd:
				wanted.mark(v.Args[1])
			case ir.Cmp:
				wanted.mark(v.Args[0])
				wanted.mark(v.Args[1])
			case ir.MakeObj:
				for _, a := range zeroable(v) {
					wanted.mark(a)
				}
			case ir.Lookup:
				if key := arrayKey(v); key != nil {
					wanted.mark(key)
				}
			}
		}
		switch b.Term.Op {
		case ir.Br:
			wanted.mark(b.Term.Args[0])
			wanted.mark(b.Term.Args[1])
		case ir.SlotCall:
			wanted.mark(b.Term.Args[0])
		}
	}
	m.kept = wanted.in
	for _, b := range m.order.Blocks {
		for _, v := range b.Insts {
			switch {
			case v.Op == ir.Const || v.Op == ir.WConst:
				m.kept[v.ID] = false // known anywhere
			case v.Type == ir.Pkt, v.Op == ir.MemAdd, v.Op == ir.MakeObj && len(zeroable(v)) > 0:
				m.kept[v.ID] = true
			case v.Op == ir.Zext && m.kept[v.ID]:
				m.widened[v.Args[0].ID] = append(m.widened[v.Args[0].ID], v)
			}
		}
	}
}

// zeroable lists the numbers whose being zero is kept in mind in an object on the stack: all that aren't stored at the
// begin of a stack slot, which is remembered as a whole. (check_stack_write_fixed_off in kernel/bpf/verifier.c)
func zeroable(obj *ir.Value) (numbers []*ir.Value) {
	for i, f := range obj.Fields {
		if a := obj.Args[i]; f.Offset%8 != 0 && a.Op != ir.Const && a.Op != ir.WConst {
			numbers = append(numbers, a)
		}
	}
	return numbers
}

// arrayKey is the key of a lookup in what may be an array; else nil.
func arrayKey(v *ir.Value) *ir.Value {
	if v.Args[0].Op != ir.MakeObj || v.Args[0].Size != 4 || len(v.Args[0].Args) != 1 {
		return nil
	}
	return v.Args[0].Args[0]
}

// forks reports whether an instruction is lowered to a branch of its own.
func forks(v *ir.Value) bool { return v.Op == ir.Cmp && v.Args[0].Type != ir.Mem || v.Op == ir.MemAdd }

// findPlaces lists, for each block, what is live on entry and the places in it.
func (m *Model) findPlaces(live *ir.Liveness) {
	var kept ir.Values
	add := func(v *ir.Value) {
		if m.kept[v.ID] {
			kept.Add(v)
		}
	}
	for _, b := range m.order.Blocks {
		c := &m.blocks[b.ID]
		kept = kept[:0]
		for _, v := range live.Out(b) {
			if m.kept[v.ID] {
				kept = append(kept, v)
			}
		}
		b.Term.Operands(func(v **ir.Value) { add(*v) })
		mark := func(at int) {
			if n := len(c.places); n > 0 && c.places[n-1].at == at {
				return
			}
			c.places = append(c.places, &place{id: m.places, at: at, live: slices.Clone(kept)})
			m.places++
		}
		if len(b.Term.Succs) == 2 {
			mark(len(b.Insts))
		}
		for i, v := range slices.Backward(b.Insts) {
			m.index[v.ID] = i
			if forks(v) || v.Op.Info().Call {
				mark(i + 1)
			}
			kept.Remove(v)
			for _, a := range v.Args {
				add(a)
			}
			if forks(v) {
				mark(i)
			}
		}
		if c.target {
			mark(0)
		}
		for i, p := range b.Params {
			m.index[p.ID] = i
			kept.Remove(p)
		}
		c.begin = slices.Clone(kept)
		c.in = c.begin[:len(kept):len(kept)]
		for _, p := range b.Params {
			if m.kept[p.ID] {
				c.begin = append(c.begin, p)
			}
		}
		slices.Reverse(c.places)
	}
}

package spill

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// rewrite takes the chosen values out of registers and off the stack.
func (s *spiller) rewrite(chosen map[*ir.Value]bool) {
	for _, b := range s.f.Blocks {
		for _, v := range slices.Concat(b.Params, b.Insts) {
			if chosen[v] && v.Type != ir.Obj && s.home(v) == nil {
				s.of[v] = s.newSlot(v)
			}
			s.done[v] = s.done[v] || chosen[v]
		}
	}
	w := &rewriter{spiller: s, chosen: chosen}
	for _, b := range slices.Clone(s.f.Blocks) {
		w.block(b)
	}
	s.sweep()
}

// newSlot is a slot for a number: the place where it travels on, if that is free all the time.
func (s *spiller) newSlot(v *ir.Value) *slot {
	t := &slot{index: len(s.slots), bytes: Bytes{0, v.Type.Bytes()}, with: map[*slot]bool{}}
	s.slots = append(s.slots, t)
	first := slices.IndexFunc(s.stores, func(st *ir.Value) bool { return st.Args[1] == v })
	if first < 0 {
		return t
	}
	at := bytesOf(s.stores[first])
	taken := func(b Bytes) bool { return b.overlaps(at) }
	if slices.ContainsFunc(s.stores, func(st *ir.Value) bool {
		return taken(bytesOf(st)) && (st.Args[1] != v || bytesOf(st) != at)
	}) || slices.ContainsFunc(s.loads, func(l *ir.Value) bool { return taken(bytesOf(l)) }) ||
		slices.ContainsFunc(s.area.Kept, taken) ||
		slices.ContainsFunc(s.slots, func(o *slot) bool { return o.fixed && taken(o.bytes) }) {
		return t
	}
	t.fixed, t.bytes = true, at
	return t
}

// rewriter goes through the blocks.
type rewriter struct {
	*spiller
	chosen map[*ir.Value]bool
	b      *ir.Block
	insts  []*ir.Value // of the block, as they will be
}

func (w *rewriter) block(b *ir.Block) {
	w.b, w.insts = b, nil
	for _, v := range b.Insts {
		if t := w.travels(v); t != nil && t.fixed && t.bytes == bytesOf(v) || w.chosen[v] && w.of[v] == nil {
			continue // it lies there already, or is made where it is used
		}
		for i := range v.Args {
			v.Args[i] = w.use(v.Args[i])
		}
		w.add(v)
		if t := w.of[v]; t != nil && w.chosen[v] {
			w.store(t, v)
		}
	}
	for i, a := range b.Term.Args {
		b.Term.Args[i] = w.use(a)
	}
	if len(b.Term.Succs) == 1 {
		w.edge(&b.Term.Succs[0])
		b.Insts = w.insts
		return
	}
	b.Insts = w.insts
	for i := range b.Term.Succs {
		e := &b.Term.Succs[i]
		if !slices.ContainsFunc(slices.Concat(e.Args, e.To.Params), func(v *ir.Value) bool { return w.chosen[v] }) {
			continue
		}
		on := w.f.NewBlock(e.To.Stage)
		on.Cold = e.To.Cold
		on.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{*e}, Span: b.Term.Span}
		e.To, e.Args = on, nil
		w.b, w.insts = on, nil
		w.edge(&on.Term.Succs[0])
		on.Insts = w.insts
	}
}

// travels is the slot of the number that a store leaves for another program; nil if it isn't such a store, or the number not
// chosen.
func (w *rewriter) travels(v *ir.Value) *slot {
	if v.Op != ir.Store || !w.isEntry(v.Args[0]) || w.access[v] != nil || !w.chosen[v.Args[1]] {
		return nil
	}
	return w.of[v.Args[1]]
}

// edge lets parameters that are chosen get their numbers in memory.
func (w *rewriter) edge(e *ir.Edge) {
	var args []*ir.Value
	for i, a := range e.Args {
		p := e.To.Params[i]
		n := w.use(a)
		if !w.chosen[p] {
			args = append(args, n)
			continue
		}
		st := w.store(w.of[p], n)
		if n != a && w.access[n] != nil {
			w.moves = append(w.moves, move{n, st})
		}
	}
	e.Args = args
}

// use is what stands for a value where it is used next.
func (w *rewriter) use(v *ir.Value) *ir.Value {
	switch {
	case !w.chosen[v]:
		return v
	case v.Type == ir.Obj:
		return w.again(v, w.use)
	case w.of[v] == nil: // it came from another program
		return w.again(v, func(a *ir.Value) *ir.Value {
			if v.Op == ir.Zext {
				return w.again(a, func(mem *ir.Value) *ir.Value { return mem })
			}
			return a
		})
	}
	t := w.of[v]
	n := w.f.NewValue(ir.Load, ir.Number(t.bytes.Size), v.Span, w.mem)
	n.Size, n.Name = t.bytes.Size, v.Name
	w.access[n], w.fresh[n], w.done[n] = t, true, true
	w.add(n)
	return n
}

// again makes a copy of an instruction, out of what use gives for its arguments.
func (w *rewriter) again(v *ir.Value, use func(*ir.Value) *ir.Value) *ir.Value {
	n := w.f.NewValue(v.Op, v.Type, v.Span)
	n.Size, n.Imm, n.Sym, n.Fields, n.Name = v.Size, v.Imm, v.Sym, slices.Clone(v.Fields), v.Name
	for _, a := range v.Args {
		n.Args = append(n.Args, use(a))
	}
	w.done[n] = true
	if n.Type != ir.Obj {
		w.fresh[n] = true
	}
	w.add(n)
	return n
}

func (w *rewriter) add(v *ir.Value) {
	v.Block = w.b
	w.insts = append(w.insts, v)
}

func (w *rewriter) store(t *slot, v *ir.Value) *ir.Value {
	st := w.f.NewValue(ir.Store, ir.None, v.Span, w.mem, v)
	st.Size = t.bytes.Size
	w.access[st] = t
	w.add(st)
	return st
}

// sweep drops chosen parameters, and loads of what came in the array that nobody needs here any more.
func (s *spiller) sweep() {
	uses := s.f.UseCounts()
	for _, b := range s.f.Blocks {
		b.Params = slices.DeleteFunc(b.Params, func(p *ir.Value) bool { return s.of[p] != nil })
		b.Insts = slices.DeleteFunc(b.Insts, func(v *ir.Value) bool {
			return v.Op == ir.Load && s.isEntry(v.Args[0]) && uses[v.ID] == 0
		})
	}
}

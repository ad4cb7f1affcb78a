package spill

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// place gives each slot its offset, and returns where they end. Slots whose numbers never live together may share bytes.
func (s *spiller) place() (end int) {
	s.interfere()
	near := map[*slot][]*slot{} // between which numbers move
	for _, m := range s.moves {
		from, to := s.access[m.load], s.access[m.store]
		near[from], near[to] = append(near[from], to), append(near[to], from)
	}
	for _, t := range s.slots {
		t.placed = t.fixed
	}
	order := slices.Clone(s.slots)
	slices.SortFunc(order, func(a, b *slot) int {
		return cmp.Or(cmp.Compare(b.bytes.Size, a.bytes.Size), cmp.Compare(len(b.with), len(a.with)), cmp.Compare(a.index, b.index))
	})
	end = s.area.From
	for _, t := range order {
		if !t.placed {
			t.bytes.Offset, t.placed = s.offset(t, near[t]), true
			end = max(end, t.bytes.Offset+t.bytes.Size)
		}
	}
	for v, t := range s.access {
		v.Imm = int64(t.bytes.Offset)
	}
	s.dropMoves()
	return end
}

// offset is where a slot may lie: best where a number comes from or goes to, else as low as can be.
func (s *spiller) offset(t *slot, near []*slot) int {
	free := func(at int) bool {
		b := Bytes{at, t.bytes.Size}
		for o := range t.with {
			if o.placed && o.bytes.overlaps(b) {
				return false
			}
		}
		return true
	}
	for _, n := range near {
		if at := n.bytes.Offset; n.placed && !n.fixed && at%t.bytes.Size == 0 && free(at) {
			return at
		}
	}
	at := (s.area.From + t.bytes.Size - 1) / t.bytes.Size * t.bytes.Size
	for !free(at) {
		at += t.bytes.Size
	}
	return at
}

// dropMoves takes out the moves that change nothing.
func (s *spiller) dropMoves() {
	drop := map[*ir.Value]bool{}
	for _, m := range s.moves {
		if m.load.Imm == m.store.Imm && m.load.Size == m.store.Size {
			drop[m.load], drop[m.store] = true, true
		}
	}
	for _, b := range s.f.Blocks {
		b.Insts = slices.DeleteFunc(b.Insts, func(v *ir.Value) bool { return drop[v] })
	}
}

// interfere finds which slots hold numbers at the same time.
func (s *spiller) interfere() {
	in := make([]map[*slot]bool, s.f.NumBlocks())
	for _, b := range slices.Backward(s.f.ReversePostorder()) { // there are no loops: successors first
		live := map[*slot]bool{}
		for _, e := range b.Term.Succs {
			for t := range in[e.To.ID] {
				live[t] = true
			}
		}
		for _, v := range slices.Backward(b.Insts) {
			t := s.access[v]
			switch {
			case t == nil:
			case v.Op == ir.Load:
				live[t] = true
			default:
				delete(live, t)
				for o := range live {
					t.with[o], o.with[t] = true, true
				}
			}
		}
		in[b.ID] = live
	}
}

// open looks the array up, before all that reads and writes it, unless that was done.
func (s *spiller) open() {
	var sites []*ir.Block
	for _, b := range s.f.Blocks {
		if slices.ContainsFunc(b.Insts, func(v *ir.Value) bool { return len(v.Args) > 0 && v.Args[0] == s.mem }) {
			sites = append(sites, b)
		}
	}
	if len(sites) == 0 {
		return
	}
	dom := ir.Dominators(s.f)
	above := sites[0]
	for _, b := range sites {
		for !dom.Dominates(above, b) {
			above = dom.Idom(above)
		}
	}
	for _, b := range s.f.Blocks {
		if lookup, hit := s.lookup(b); lookup != nil && dom.Dominates(hit, above) {
			s.replace(s.mem, lookup)
			return
		}
	}
	hit := s.insert(above)
	dom = ir.Dominators(s.f)
	for _, b := range s.f.Blocks { // no need to look it up again
		lookup, to := s.lookup(b)
		if lookup == nil || lookup == s.mem || !dom.Dominates(hit, b) {
			continue
		}
		b.Term = ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: to}}, Span: b.Term.Span}
		b.Insts = slices.DeleteFunc(b.Insts, func(v *ir.Value) bool { return v == lookup })
		s.replace(lookup, s.mem)
	}
	s.f.Prune()
}

func (s *spiller) replace(v, with *ir.Value) {
	r := ir.NewReplacements(s.f)
	r.Put(v, with)
	s.f.Replace(r)
}

// lookup is a block's lookup of the array, and where control goes on from there.
func (s *spiller) lookup(b *ir.Block) (lookup *ir.Value, hit *ir.Block) {
	t := &b.Term
	if t.Op != ir.Br || t.Cond != ir.Eq || !s.isEntry(t.Args[0]) || t.Args[0].Block != b || len(t.Succs[1].Args) > 0 {
		return nil, nil
	}
	return t.Args[0], t.Succs[1].To
}

// insert looks the array up at the begin of a block, and returns where its instructions are now.
func (s *spiller) insert(b *ir.Block) (hit *ir.Block) {
	span := s.mem.Span
	konst := func(at *ir.Block, t ir.Type, n int64) *ir.Value {
		v := s.f.NewValue(ir.Const, t, span)
		v.Imm = n
		return at.Append(v)
	}
	hit = s.f.NewBlock(b.Stage)
	hit.Cold = b.Cold
	for _, v := range b.Insts {
		hit.Append(v)
	}
	hit.Term = b.Term
	miss := s.f.NewBlock(b.Stage)
	miss.Cold = true
	miss.Term = ir.Term{Op: ir.Ret, Args: []*ir.Value{konst(miss, ir.I32, int64(uint32(s.m.Default)))}, Span: span}

	b.Insts = nil
	key := s.f.NewValue(ir.MakeObj, ir.Obj, span, konst(b, ir.I32, 0))
	key.Size, key.Fields = 4, []ir.ObjField{{Offset: 0, Size: 4}}
	s.mem.Args = []*ir.Value{b.Append(key)}
	b.Append(s.mem)
	b.Term = ir.Term{
		Op: ir.Br, Cond: ir.Eq, Args: []*ir.Value{s.mem, konst(b, ir.I64, 0)}, Span: span,
		Succs: []ir.Edge{{To: miss}, {To: hit}},
	}
	return hit
}

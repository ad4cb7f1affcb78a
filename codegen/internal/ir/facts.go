package ir

import "maps"

// Facts is what the branches on every path to a block have proved: how many bytes of the packet lie behind a pointer,
// and which map pointers are not null. The verifier demands such proofs, and the passes use them.
type Facts struct {
	in []*proofs // by block ID
}

// proofs are immutable once made; blocks share them.
type proofs struct {
	bytes   map[*Value]int64 // by base, as PktBase finds it
	nonNull map[*Value]bool
}

// Prove computes the facts.
func Prove(f *Func) *Facts {
	facts := &Facts{in: make([]*proofs, f.nextBlock)}
	order := f.ReversePostorder()
	preds := f.Preds()
	for _, b := range f.Entries() {
		facts.in[b.ID] = &proofs{}
	}
	circles := circular(order, preds)
	for changed := true; changed; {
		changed = false
		for _, b := range order {
			if len(preds.Of(b)) == 0 {
				continue
			}
			in := facts.meet(b, preds.Of(b))
			if !in.equal(facts.in[b.ID]) {
				facts.in[b.ID], changed = in, circles
			}
		}
	}
	return facts
}

// Bytes is how many bytes from base on are known to be there on entry to b; -1 if base itself may lie behind the end.
func (f *Facts) Bytes(b *Block, base *Value) int64 {
	if p := f.in[b.ID]; p != nil {
		return p.room(base)
	}
	return -1
}

func (p *proofs) room(base *Value) int64 {
	if n, ok := p.bytes[base]; ok {
		return n
	}
	if base.Op == Data {
		return 0
	}
	return -1
}

// NonNull reports whether v, a Mem, is known not to be null on entry to b.
func (f *Facts) NonNull(b *Block, v *Value) bool {
	for v.Op == MemAdd {
		v = v.Args[0]
	}
	if v.Op == GlobalAddr {
		return true
	}
	return f.in[b.ID] != nil && f.in[b.ID].nonNull[v]
}

// meet is what holds on every edge into b. Edges from blocks that weren't seen yet, around a loop, hold everything.
// Nothing carries over for values that b defines anew.
func (f *Facts) meet(b *Block, preds []Pred) *proofs {
	var all *proofs
	for _, p := range preds {
		out := f.edge(p)
		switch {
		case out == nil || out == all:
		case all == nil:
			all = out
		default:
			all = all.intersect(out)
		}
	}
	return all.without(b)
}

// edge is what holds on an edge; nil if its block wasn't seen yet.
func (f *Facts) edge(p Pred) *proofs {
	in := f.in[p.From.ID]
	if in == nil {
		return nil
	}
	if base, n, ok := checked(&p.From.Term, p.Index); ok && n > in.room(base) {
		out := &proofs{bytes: maps.Clone(in.bytes), nonNull: in.nonNull}
		if out.bytes == nil {
			out.bytes = map[*Value]int64{}
		}
		out.bytes[base] = n
		return out
	}
	if m := NullTest(&p.From.Term, p.Index); m != nil && !in.nonNull[m] {
		out := &proofs{bytes: in.bytes, nonNull: maps.Clone(in.nonNull)}
		if out.nonNull == nil {
			out.nonNull = map[*Value]bool{}
		}
		out.nonNull[m] = true
		return out
	}
	return in
}

// checked is what the i-th edge of a terminator proves of the packet: n bytes from base on.
func checked(t *Term, i int) (base *Value, n int64, ok bool) {
	if t.Op != Check || i != 0 {
		return nil, 0, false
	}
	base, disp := PktBase(t.Args[0])
	return base, disp + t.Imm, true
}

// NullTest is the Mem that the i-th edge of a terminator proves not null; nil if it proves none.
func NullTest(t *Term, i int) *Value {
	if t.Op != Br || t.Args[0].Type != Mem {
		return nil
	}
	if t.Cond == Ne && i == 0 || t.Cond == Eq && i == 1 {
		return t.Args[0]
	}
	return nil
}

// PktBase splits a packet pointer into the pointer it was made from and the constant distance to it.
func PktBase(v *Value) (base *Value, disp int64) {
	for v.Op == PktAdd && v.Args[1].Op == Const {
		disp += v.Args[1].Imm
		v = v.Args[0]
	}
	return v, disp
}

func (p *proofs) intersect(q *proofs) *proofs {
	both := &proofs{bytes: map[*Value]int64{}, nonNull: map[*Value]bool{}}
	for v, n := range p.bytes {
		if m, ok := q.bytes[v]; ok {
			both.bytes[v] = min(n, m)
		}
	}
	for v := range p.nonNull {
		if q.nonNull[v] {
			both.nonNull[v] = true
		}
	}
	return both
}

func (p *proofs) without(b *Block) *proofs {
	stale := false
	for v := range p.bytes {
		stale = stale || v.Block == b
	}
	for v := range p.nonNull {
		stale = stale || v.Block == b
	}
	if !stale {
		return p
	}
	kept := &proofs{bytes: maps.Clone(p.bytes), nonNull: maps.Clone(p.nonNull)}
	maps.DeleteFunc(kept.bytes, func(v *Value, _ int64) bool { return v.Block == b })
	maps.DeleteFunc(kept.nonNull, func(v *Value, _ bool) bool { return v.Block == b })
	return kept
}

func (p *proofs) equal(q *proofs) bool {
	return q != nil && maps.Equal(p.bytes, q.bytes) && maps.Equal(p.nonNull, q.nonNull)
}

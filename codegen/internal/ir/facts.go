package ir

import "slices"

// Facts is what the branches on every path to a block have proved: how many bytes of the packet lie behind a pointer,
// and which map pointers are not null. The verifier demands such proofs, and the passes use them.
type Facts struct {
	in  []*proof // the newest on entry, by block ID; nil: the block can't be reached
	pos []int    // of blocks in reverse postorder, from 1 on, by block ID; 0 where edges lead back
}

// A proof is what a branch proved, on top of all that was proved before it. Blocks share what they have in common.
type proof struct {
	value  *Value // a base, as PktBase finds it, or a Mem that isn't null
	bytes  int64  // behind the base
	before *proof
	depth  int // how many there are before it: 0 where nothing is proved
	pos    int // of the block with the branch
}

// Prove computes the facts.
func Prove(f *Func) *Facts {
	facts := &Facts{in: make([]*proof, f.nextBlock), pos: make([]int, f.nextBlock)}
	order := f.ReversePostorder()
	preds := f.Preds()
	nothing := &proof{}
	for _, b := range f.Entries() {
		facts.in[b.ID] = nothing
	}
	circles := circular(order, preds)
	for i, b := range order {
		if !circles {
			facts.pos[b.ID] = i + 1
		}
	}
	for changed := true; changed; {
		changed = false
		for _, b := range order {
			if len(preds.Of(b)) == 0 {
				continue
			}
			in := facts.meet(b, preds.Of(b))
			if circles {
				in = facts.without(in, b)
			}
			if !facts.equal(in, facts.in[b.ID]) {
				facts.in[b.ID], changed = in, circles
			}
		}
	}
	return facts
}

// Bytes is how many bytes from base on are known to be there on entry to b; -1 if base itself may lie behind the end.
func (f *Facts) Bytes(b *Block, base *Value) int64 {
	if p := f.in[b.ID]; p != nil {
		return f.room(p, base)
	}
	return -1
}

func (f *Facts) room(p *proof, base *Value) int64 {
	if q := f.find(p, base); q != nil {
		return q.bytes
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
	if v.Op == GlobalAddr || v.Op == LoopState {
		return true
	}
	return f.in[b.ID] != nil && f.find(f.in[b.ID], v) != nil
}

// find is the newest proof about a value; nil if there is none. Before the value was computed, nothing was proved of it.
func (f *Facts) find(p *proof, v *Value) *proof {
	for ; p.depth > 0 && p.pos >= f.pos[v.Block.ID]; p = p.before {
		if p.value == v {
			return p
		}
	}
	return nil
}

// and adds a proof.
func (p *proof) and(v *Value, bytes int64, pos int) *proof {
	return &proof{v, bytes, p, p.depth + 1, pos}
}

// meet is what holds on every edge into b. Edges from blocks that weren't seen yet, around a loop, hold everything.
func (f *Facts) meet(b *Block, preds []Pred) *proof {
	var all *proof
	for _, p := range preds {
		out := f.edge(p)
		switch {
		case out == nil || out == all:
		case all == nil:
			all = out
		default:
			all = f.intersect(all, out, f.pos[b.ID])
		}
		if all != nil && all.depth == 0 {
			break
		}
	}
	return all
}

// edge is what holds on an edge; nil if its block wasn't seen yet.
func (f *Facts) edge(p Pred) *proof {
	in := f.in[p.From.ID]
	if in == nil {
		return nil
	}
	if base, n, ok := checked(&p.From.Term, p.Index); ok && n > f.room(in, base) {
		return in.and(base, n, f.pos[p.From.ID])
	}
	if m := NullTest(&p.From.Term, p.Index); m != nil && f.find(in, m) == nil {
		return in.and(m, 0, f.pos[p.From.ID])
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

// intersect is what two proofs have in common: all up to where they part, and what both prove behind that.
func (f *Facts) intersect(p, q *proof, pos int) *proof {
	var own []*proof // of p
	common, other := p, q
	for common != other {
		if common.depth < other.depth || common.depth == 0 {
			other = other.before
			continue
		}
		own, common = append(own, common), common.before
	}
	both := common
	for _, x := range slices.Backward(own) {
		y := f.find(q, x.value)
		if y == nil {
			continue
		}
		bytes := min(f.find(p, x.value).bytes, y.bytes)
		if known := f.find(both, x.value); known == nil || known.bytes < bytes {
			both = both.and(x.value, bytes, pos)
		}
	}
	return both
}

// without is what is left where b begins: of values that it defines anew, around a loop, nothing is proved.
func (f *Facts) without(p *proof, b *Block) *proof {
	var kept []*proof
	last := p // that all before it is kept
	for q := p; q.depth > 0; q = q.before {
		if q.value.Block == b {
			last = q.before
		}
	}
	for q := p; q != last; q = q.before {
		if q.value.Block != b {
			kept = append(kept, q)
		}
	}
	for _, q := range slices.Backward(kept) {
		last = last.and(q.value, q.bytes, q.pos)
	}
	return last
}

// equal reports whether two proofs prove the same.
func (f *Facts) equal(p, q *proof) bool {
	return p == q || q != nil && f.implies(p, q) && f.implies(q, p)
}

// implies reports whether p proves all that q does.
func (f *Facts) implies(p, q *proof) bool {
	for ; q.depth > 0; q = q.before {
		if known := f.find(p, q.value); known == nil || known.bytes < q.bytes {
			return false
		}
	}
	return true
}

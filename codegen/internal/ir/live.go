package ir

// Liveness says which values each block needs from outside.
type Liveness struct {
	in []Values // by block ID
}

// Live computes liveness, value by value: from each use it goes back as far as the definition.
func Live(f *Func) *Liveness {
	type alive struct {
		block int
		value *Value
	}
	var all []alive // by value ID
	preds, uses := f.Preds(), f.Uses()
	last := make([]*Value, f.nextBlock) // that was found alive, by block ID
	var todo []*Block
	for _, v := range f.values() {
		if v == nil {
			continue
		}
		for _, use := range uses[v.ID] {
			todo = append(todo, use.Block)
		}
		for len(todo) > 0 {
			b := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if b == v.Block || last[b.ID] == v {
				continue
			}
			last[b.ID] = v
			all = append(all, alive{b.ID, v})
			for _, p := range preds.Of(b) {
				todo = append(todo, p.From)
			}
		}
	}
	count := make([]int, f.nextBlock)
	for _, a := range all {
		count[a.block]++
	}
	l := &Liveness{in: make([]Values, f.nextBlock)}
	room := make(Values, len(all))
	for id, n := range count {
		l.in[id], room = room[:0:n], room[n:]
	}
	for _, a := range all {
		l.in[a.block] = append(l.in[a.block], a.value)
	}
	return l
}

// values is all that f defines, by ID.
func (f *Func) values() []*Value {
	values := make([]*Value, f.nextValue)
	for _, b := range f.Blocks {
		for _, v := range b.Params {
			values[v.ID] = v
		}
		for _, v := range b.Insts {
			values[v.ID] = v
		}
	}
	return values
}

// In is the values that are live when control enters b. Its own parameters are not among them. Nobody may change it.
func (l *Liveness) In(b *Block) Values { return l.in[b.ID] }

// Out is the values that are live into some successor of b. What the terminator and its edges use is not among them unless
// a successor needs it too. Nobody may change it.
func (l *Liveness) Out(b *Block) Values {
	var live Values
	for _, e := range b.Term.Succs {
		live = union(live, l.in[e.To.ID])
	}
	return live
}

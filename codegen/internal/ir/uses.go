package ir

// Operands calls fn with each place where the terminator and its edges name a value.
func (t *Term) Operands(fn func(*(*Value))) {
	for i := range t.Args {
		fn(&t.Args[i])
	}
	for i := range t.Succs {
		args := t.Succs[i].Args
		for j := range args {
			fn(&args[j])
		}
	}
}

// Operands calls fn with each place in the block where a value is named: instructions first, then the terminator.
func (b *Block) Operands(fn func(*(*Value))) {
	for _, v := range b.Insts {
		for i := range v.Args {
			fn(&v.Args[i])
		}
	}
	b.Term.Operands(fn)
}

// UseCounts is how often each value is named, indexed by value ID.
func (f *Func) UseCounts() []int {
	counts := make([]int, f.nextValue)
	for _, b := range f.Blocks {
		b.Operands(func(v **Value) { counts[(*v).ID]++ })
	}
	return counts
}

// A Use is a place where a value is named: an instruction, or (User nil) the terminator of Block or one of its edges.
type Use struct {
	Block *Block
	User  *Value
}

// Uses is the use list of each value, indexed by value ID, in the order of f.Blocks. A user that names a value twice is
// listed twice.
func (f *Func) Uses() [][]Use {
	counts, all := f.UseCounts(), 0
	for _, n := range counts {
		all += n
	}
	uses, room := make([][]Use, f.nextValue), make([]Use, all)
	for id, n := range counts {
		uses[id], room = room[:0:n], room[n:]
	}
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			for _, a := range v.Args {
				uses[a.ID] = append(uses[a.ID], Use{b, v})
			}
		}
		b.Term.Operands(func(v **Value) { uses[(*v).ID] = append(uses[(*v).ID], Use{b, nil}) })
	}
	return uses
}

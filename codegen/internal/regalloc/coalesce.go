package regalloc

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// A class is the variables that became one.
type class struct {
	live   segments
	writes []write // sorted by point
}

// A write is a point at which a variable of a class gets a value; from another variable if it is a copy.
type write struct {
	point int32
	from  lower.Reg
}

// coalesce makes one variable of the two of a copy if neither is changed while the other still has its own value.
// Copies on the usual way come first.
func (a *allocator) coalesce() {
	var copies, cold [][2]lower.Reg
	classes := make([]class, a.f.Regs)
	for r := lower.FirstVirtual; r < a.f.Regs; r++ {
		classes[r].live = a.live[r]
	}
	for n, b := range a.f.Blocks {
		for k := range b.Insts {
			i := &b.Insts[k]
			w := i.Writes()
			if !w.IsVirtual() {
				continue
			}
			from := lower.NoReg
			if i.IsCopy() && i.Src.IsVirtual() {
				from = i.Src
				if b.Cold {
					cold = append(cold, [2]lower.Reg{w, from})
				} else {
					copies = append(copies, [2]lower.Reg{w, from})
				}
			}
			classes[w].writes = append(classes[w].writes, write{a.point(int32(n), int32(k)) + 1, from})
		}
	}
	u := newUnion(int(a.f.Regs))
	for _, c := range append(copies, cold...) {
		x, y := u.find(int32(c[0])), u.find(int32(c[1]))
		if x == y || changes(u, &classes[x], &classes[y], y) || changes(u, &classes[y], &classes[x], x) {
			continue
		}
		u.join(x, y)
		classes[x] = joined(classes[x], classes[y])
	}
	for _, b := range a.f.Blocks {
		for k := range b.Insts {
			i := &b.Insts[k]
			i.Dst, i.Src = lower.Reg(u.find(int32(i.Dst))), lower.Reg(u.find(int32(i.Src)))
		}
		b.Insts = slices.DeleteFunc(b.Insts, func(i lower.Inst) bool { return i.IsCopy() && i.Dst == i.Src })
	}
	a.liveness = analyse(a.f)
}

// changes reports whether a write to x comes while y lives, other than a copy of y, whose class has the number id.
func changes(u *union, x, y *class, id int32) bool {
	counts := func(w write) bool { return w.from == lower.NoReg || u.find(int32(w.from)) != id }
	if len(x.writes) < len(y.live) {
		return slices.ContainsFunc(x.writes, func(w write) bool { return y.live.has(w.point) && counts(w) })
	}
	ws := x.writes
	for _, g := range y.live {
		i, _ := slices.BinarySearchFunc(ws, g.from, write.compare)
		for ws = ws[i:]; len(ws) > 0 && ws[0].point < g.to; ws = ws[1:] {
			if counts(ws[0]) {
				return true
			}
		}
	}
	return false
}

func (w write) compare(point int32) int { return cmp.Compare(w.point, point) }

// joined is two classes as one. The smaller one is put into the larger one, piece by piece: often a class grows by one
// variable after the other, as long as the program.
func joined(x, y class) class {
	if len(x.live) < len(y.live) {
		x.live, y.live = y.live, x.live
	}
	for _, g := range y.live {
		x.live = x.live.with(g)
	}
	if len(x.writes) < len(y.writes) {
		x.writes, y.writes = y.writes, x.writes
	}
	for _, w := range y.writes {
		i, _ := slices.BinarySearchFunc(x.writes, w.point, write.compare)
		x.writes = slices.Insert(x.writes, i, w)
	}
	return x
}

// union is a set of disjoint sets of numbers.
type union []int32

func newUnion(n int) *union {
	u := make(union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return &u
}

// add makes a new set of one.
func (u *union) add() int32 {
	*u = append(*u, int32(len(*u)))
	return int32(len(*u) - 1)
}

func (u *union) find(x int32) int32 {
	for (*u)[x] != x {
		(*u)[x] = (*u)[(*u)[x]]
		x = (*u)[x]
	}
	return x
}

// join puts the set of b into that of a.
func (u *union) join(a, b int32) { (*u)[u.find(b)] = u.find(a) }

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
		classes[x] = class{
			live:   merge(classes[x].live, classes[y].live),
			writes: mergeWrites(classes[x].writes, classes[y].writes),
		}
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
	ws := x.writes
	for _, g := range y.live {
		i, _ := slices.BinarySearchFunc(ws, g.from, func(w write, p int32) int { return cmp.Compare(w.point, p) })
		for ws = ws[i:]; len(ws) > 0 && ws[0].point < g.to; ws = ws[1:] {
			if ws[0].from == lower.NoReg || u.find(int32(ws[0].from)) != id {
				return true
			}
		}
	}
	return false
}

func mergeWrites(s, t []write) []write {
	out := slices.Concat(s, t)
	slices.SortFunc(out, func(a, b write) int { return cmp.Compare(a.point, b.point) })
	return out
}

// merge joins two lifetimes.
func merge(s, t segments) segments {
	out := make(segments, 0, len(s)+len(t))
	for len(s) > 0 || len(t) > 0 {
		if len(t) == 0 || len(s) > 0 && cmp.Less(s[0].from, t[0].from) {
			s, t = t, s
		}
		if n := len(out); n > 0 && t[0].from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, t[0].to)
		} else {
			out = append(out, t[0])
		}
		t = t[1:]
	}
	return out
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

package regalloc

import (
	"cmp"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// dropDead removes instructions that only write what nobody reads, and what only they needed, and so on.
func (a *allocator) dropDead() {
	for {
		dropped := false
		for n, b := range a.f.Blocks {
			kept := b.Insts[:0]
			for k := range b.Insts {
				i := &b.Insts[k]
				w := i.Writes()
				if w.IsVirtual() && !a.live[w].has(a.point(int32(n), int32(k))+2) {
					dropped = true
					continue
				}
				kept = append(kept, *i)
			}
			b.Insts = kept
		}
		if !dropped {
			return
		}
		a.liveness = analyse(a.f)
	}
}

// coalesce makes one variable of the two of a copy if they never live at the same time. Copies on the usual way come
// first.
func (a *allocator) coalesce() {
	type copied struct{ dst, src lower.Reg }
	var hot, cold []copied
	for _, b := range a.f.Blocks {
		for k := range b.Insts {
			i := &b.Insts[k]
			if !i.IsCopy() || !i.Dst.IsVirtual() || !i.Src.IsVirtual() {
				continue
			}
			if c := (copied{i.Dst, i.Src}); b.Cold {
				cold = append(cold, c)
			} else {
				hot = append(hot, c)
			}
		}
	}
	u := newUnion(int(a.f.Regs))
	for _, c := range append(hot, cold...) {
		d, s := u.find(int32(c.dst)), u.find(int32(c.src))
		if d == s || a.live[d].overlap(a.live[s]) {
			continue
		}
		u.join(s, d)
		a.live[s] = merge(a.live[s], a.live[d])
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

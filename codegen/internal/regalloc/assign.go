package regalloc

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// order is in which registers are tried: first those that don't survive calls, as the others are scarce.
var order = []lower.Reg{
	lower.R1, lower.R2, lower.R3, lower.R4, lower.R5, lower.R0, lower.R6, lower.R7, lower.R8, lower.R9,
}

// A tenant is a lifetime that occupies a register.
type tenant struct {
	segment
	owner lower.Reg // NoReg: the real register itself
}

// assigner is the state of one round of assignment.
type assigner struct {
	*allocator
	tenants [lower.FP][]tenant // by real register, sorted
	weight  []int64            // by register: what it costs to have it in memory, for each point
	hints   [][]lower.Reg      // by register: with whom it is copied
	queue   queue
	failed  []lower.Reg
}

// assign colours all virtual registers. Those that found no register are returned.
func (a *allocator) assign() (failed []lower.Reg) {
	s := &assigner{
		allocator: a,
		weight:    make([]int64, a.f.Regs),
		hints:     make([][]lower.Reg, a.f.Regs),
	}
	a.color = make([]lower.Reg, a.f.Regs)
	for r := lower.R0; r < lower.FP; r++ {
		s.settle(r, lower.NoReg, a.live[r])
	}
	s.weigh()
	for r := lower.FirstVirtual; r < a.f.Regs; r++ {
		if len(a.live[r]) > 0 {
			s.queue = append(s.queue, candidate{r, a.live[r].size()})
		}
	}
	heap.Init(&s.queue)
	for len(s.queue) > 0 {
		s.place(heap.Pop(&s.queue).(candidate))
	}
	slices.Sort(s.failed)
	return s.failed
}

// How often a block is run, compared with others.
const (
	hot  = 16
	cold = 1
)

// weigh computes weights and hints.
func (s *assigner) weigh() {
	for r := lower.FirstVirtual; r < s.f.Regs; r++ {
		cost := int64(0)
		for _, t := range s.touches[r] {
			b := s.f.Blocks[t.block]
			freq := int64(hot)
			if b.Cold {
				freq = cold
			}
			cost += freq
			if i := &b.Insts[t.index]; i.IsCopy() {
				s.hints[r] = append(s.hints[r], i.Dst+i.Src-r)
			}
		}
		if s.pieces[r].repeat.Op != lower.NoOp {
			cost /= 2
		}
		if n := s.live[r].size(); n > 0 {
			s.weight[r] = cost << 20 / (n + 8)
		}
		if s.pieces[r].level == tiny {
			s.weight[r] = math.MaxInt64
		}
	}
}

// place finds a register for a candidate.
func (s *assigner) place(c candidate) {
	for _, hint := range s.hints[c.reg] {
		r := s.real(hint)
		if r >= lower.R0 && r < lower.FP && (s.free(r, c.reg) || !hint.IsVirtual() && s.yields(r, c.reg)) {
			s.settle(r, c.reg, s.live[c.reg])
			return
		}
	}
	best, least := lower.NoReg, s.weight[c.reg]
	for _, r := range order {
		highest := int64(-1)
		s.rivals(r, c.reg, func(owner lower.Reg) bool {
			if owner == lower.NoReg {
				highest = math.MaxInt64
			} else {
				highest = max(highest, s.weight[owner])
			}
			return highest < least
		})
		if highest < least {
			best, least = r, highest
		}
		if highest < 0 {
			break
		}
	}
	if best == lower.NoReg {
		s.failed = append(s.failed, c.reg)
		return
	}
	s.evict(best, c.reg)
	s.settle(best, c.reg, s.live[c.reg])
}

// rivals visits the owners of r that live at the same time as v, until the visitor has seen enough.
func (s *assigner) rivals(r, v lower.Reg, visit func(owner lower.Reg) (more bool)) {
	all := s.tenants[r]
	for _, g := range s.live[v] {
		i, _ := slices.BinarySearchFunc(all, g.from, func(t tenant, p int32) int {
			if t.to <= p {
				return -1
			}
			return 1
		})
		for ; i < len(all) && all[i].from < g.to; i++ {
			if !visit(all[i].owner) {
				return
			}
		}
	}
}

// free reports whether v can have r.
func (s *assigner) free(r, v lower.Reg) bool {
	free := true
	s.rivals(r, v, func(lower.Reg) bool {
		free = false
		return false
	})
	return free
}

// yields makes room for v in r if its only rival there may as well be elsewhere.
func (s *assigner) yields(r, v lower.Reg) bool {
	rival, alone := lower.NoReg, true
	s.rivals(r, v, func(owner lower.Reg) bool {
		alone = owner != lower.NoReg && (rival == lower.NoReg || rival == owner)
		rival = owner
		return alone
	})
	if !alone || slices.ContainsFunc(s.hints[rival], func(h lower.Reg) bool { return s.real(h) == r }) {
		return false
	}
	for _, other := range order {
		if s.free(other, rival) {
			s.leave(r, rival)
			s.settle(other, rival, s.live[rival])
			return true
		}
	}
	return false
}

// evict makes room for v in r, at any price.
func (s *assigner) evict(r, v lower.Reg) {
	var out []lower.Reg
	s.rivals(r, v, func(owner lower.Reg) bool {
		if !slices.Contains(out, owner) {
			out = append(out, owner)
		}
		return true
	})
	s.leave(r, out...)
	for _, owner := range out {
		heap.Push(&s.queue, candidate{owner, s.live[owner].size()})
	}
}

// leave takes r away from its owners.
func (s *assigner) leave(r lower.Reg, owners ...lower.Reg) {
	if len(owners) == 0 {
		return
	}
	s.tenants[r] = slices.DeleteFunc(s.tenants[r], func(t tenant) bool { return slices.Contains(owners, t.owner) })
	for _, owner := range owners {
		s.color[owner] = lower.NoReg
	}
}

// settle gives r to v for a lifetime.
func (s *assigner) settle(r, v lower.Reg, live segments) {
	if v != lower.NoReg {
		s.color[v] = r
	}
	for _, g := range live {
		i, _ := slices.BinarySearchFunc(s.tenants[r], g.from, func(t tenant, p int32) int { return cmp.Compare(t.from, p) })
		s.tenants[r] = slices.Insert(s.tenants[r], i, tenant{g, v})
	}
}

// A candidate waits for a register.
type candidate struct {
	reg  lower.Reg
	size int64
}

// queue is a heap: the largest first.
type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].size != q[j].size {
		return q[i].size > q[j].size
	}
	return q[i].reg < q[j].reg
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

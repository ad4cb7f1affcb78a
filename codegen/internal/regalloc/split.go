package regalloc

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// level is how small the pieces of a variable are.
type level uint8

const (
	whole level = iota
	acrossCalls
	local
	tiny
)

// piece is what is known of a variable that is part of another.
type piece struct {
	level  level
	home   lower.Slot // where it is on the stack; 0 if it is computed again
	repeat lower.Inst // computes it again
}

// split breaks the variables that found no register into pieces.
func (a *allocator) split(failed []lower.Reg) error {
	e := &editor{fn: a.f, edits: map[int32][]edit{}}
	first := a.f.Regs
	for _, v := range failed {
		p := a.pieces[v]
		if p.level == tiny {
			return fmt.Errorf("%s: there is no register left for a single use", a.f.Name)
		}
		if p.level == whole || p.repeat.Op == lower.Load && !a.lasts(p.repeat.Src, failed) {
			p = a.newHome(v, p.level, failed)
		}
		p.level++
		if p.level == acrossCalls && !a.crossesCall(v) {
			p.level++
		}
		s := &splitter{allocator: a, editor: e, v: v, piece: p, nodes: newUnion(0)}
		s.run()
	}
	e.apply()
	for v := first; v < a.f.Regs; v++ {
		if _, ok := a.pieces[v]; !ok {
			return fmt.Errorf("%s: piece %s came out of nowhere", a.f.Name, v)
		}
	}
	return nil
}

// newHome decides how a variable comes back into a register.
func (a *allocator) newHome(v lower.Reg, l level, failed []lower.Reg) piece {
	var writes []touch
	for _, t := range a.touches[v] {
		if t.writes {
			writes = append(writes, t)
		}
	}
	i := a.inst(writes[0])
	if len(writes) == 1 && l == whole && i.Again && (i.Op != lower.Load || a.lasts(i.Src, failed)) {
		again := *i
		again.ID = -again.ID
		return piece{repeat: again}
	}
	return piece{level: l, home: a.f.NewSlot(word)}
}

// lasts reports whether r can be read anywhere behind its first write: whether it is whole, and stays so.
func (a *allocator) lasts(r lower.Reg, failed []lower.Reg) bool {
	return a.pieces[r].level == whole && len(a.touches[r]) > 0 && !slices.Contains(failed, r)
}

func (a *allocator) inst(t touch) *lower.Inst { return &a.f.Blocks[t.block].Insts[t.index] }

// crossesCall reports whether a call happens during v's lifetime.
func (a *allocator) crossesCall(v lower.Reg) bool { return a.live[v].overlap(a.live[lower.R5]) }

// A splitter breaks one variable. Every read of it gets a node: that of the write or reload where its value last came
// into a register. Nodes that meet in a block are joined; each set of nodes becomes a piece.
type splitter struct {
	*allocator
	*editor
	v       lower.Reg
	piece   piece
	nodes   *union
	entry   map[int32]int32 // by block: the node of the register at its start, if the value is in one
	exit    map[int32]int32 // by block: the node at its end
	at      []int32         // by touch: the node that it writes or reads
	reloads []int           // touches before which the value is reloaded
}

func (s *splitter) run() {
	touches := s.touches[s.v]
	s.at = make([]int32, len(touches))
	s.exit = map[int32]int32{}
	s.enter()
	for n := 0; n < len(touches); {
		m := n + 1
		for m < len(touches) && touches[m].block == touches[n].block {
			m++
		}
		s.block(touches[n].block, n, m)
		n = m
	}
	for b, node := range s.entry {
		for _, p := range s.preds[b] {
			s.nodes.join(node, s.leave(p))
		}
	}
	s.rename()
	if s.piece.home != 0 {
		s.spill()
	}
}

// enter finds the blocks that are always reached with the value in a register.
func (s *splitter) enter() {
	s.entry = map[int32]int32{}
	if s.piece.level != acrossCalls {
		return
	}
	in := map[int32]bool{}
	var blocks []int32
	for _, g := range s.live[s.v] {
		b, _ := slices.BinarySearch(s.start, g.from)
		for ; int(b) < len(s.f.Blocks) && s.start[b] < g.to; b++ {
			in[int32(b)] = true
			blocks = append(blocks, int32(b))
		}
	}
	out := func(b int32) bool {
		calls := s.calls[b]
		t, touched := s.last(variable(s.v), b)
		switch {
		case touched:
			return len(calls) == 0 || calls[len(calls)-1] < t.index
		case len(calls) > 0:
			return false
		}
		return in[b]
	}
	for changed := true; changed; {
		changed = false
		for _, b := range blocks {
			if in[b] && !slices.ContainsFunc(s.preds[b], func(p int32) bool { return !out(p) }) {
				continue
			}
			if in[b] {
				in[b], changed = false, true
			}
		}
	}
	for _, b := range blocks {
		if in[b] {
			s.entry[b] = s.nodes.add()
		}
	}
}

// leave is the node at the end of a block that control leaves with the value in a register.
func (s *splitter) leave(b int32) int32 {
	if n, ok := s.exit[b]; ok {
		return n
	}
	return s.entry[b]
}

// block finds the nodes of the touches from n to m, which are those of one block.
func (s *splitter) block(b int32, n, m int) {
	node, there := s.entry[b]
	since := int32(0) // the instruction after which the value is in the register
	for t := n; t < m; t++ {
		touch := s.touches[s.v][t]
		if there && (s.called(b, since, touch.index) || s.piece.level == tiny && t > n && touch.index > since+1) {
			there = false
		}
		if touch.reads && !there {
			node, there = s.nodes.add(), true
			s.reloads = append(s.reloads, t)
		} else if !touch.reads {
			node, there = s.nodes.add(), true
		}
		s.at[t] = node
		since = touch.index
	}
	s.exit[b] = node
}

// called reports whether a block has a call in the instructions from i up to, but not including, j.
func (s *splitter) called(b, i, j int32) bool {
	k, _ := slices.BinarySearch(s.calls[b], i)
	return k < len(s.calls[b]) && s.calls[b][k] < j
}

// rename makes a variable of each set of nodes and puts the reloads in.
func (s *splitter) rename() {
	regs := map[int32]lower.Reg{}
	reg := func(node int32) lower.Reg {
		node = s.nodes.find(node)
		if regs[node] == lower.NoReg {
			regs[node] = s.f.NewReg()
			s.pieces[regs[node]] = s.piece
		}
		return regs[node]
	}
	for n, t := range s.touches[s.v] {
		i, r := s.inst(t), reg(s.at[n])
		if i.Dst == s.v {
			i.Dst = r
		}
		if i.Src == s.v {
			i.Src = r
		}
	}
	for _, n := range s.reloads {
		t := s.touches[s.v][n]
		reload := lower.Inst{Op: lower.Reload, Slot: s.piece.home}
		if s.piece.home == 0 {
			reload = s.piece.repeat
		}
		reload.Dst, reload.Span = reg(s.at[n]), s.inst(t).Span
		s.insert(t.block, t.index, reload)
	}
}

// spill puts spills after those writes that a reload can see.
func (s *splitter) spill() {
	touches := s.touches[s.v]
	seen := map[int32]bool{}
	done := map[int]bool{}
	// visit goes back from touch n, exclusive, to the writes before it in its block; false if there are none.
	visit := func(b int32, n int) bool {
		for ; n > 0 && touches[n-1].block == b; n-- {
			t := touches[n-1]
			i := s.inst(t)
			if i.Op == lower.Spill && i.Slot == s.piece.home {
				return true
			}
			fresh := i.Op != lower.Reload || i.Slot != s.piece.home
			if t.writes && fresh && !done[n-1] {
				done[n-1] = true
				s.insert(t.block, t.index+1, lower.Inst{Op: lower.Spill, Slot: s.piece.home, Src: i.Dst, Span: i.Span})
			}
			if t.writes {
				return true
			}
		}
		return false
	}
	for _, n := range s.reloads {
		stack := []int32{}
		if b := touches[n].block; !visit(b, n) {
			stack = append(stack, b)
		}
		for len(stack) > 0 {
			b := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[b] {
				continue
			}
			seen[b] = true
			for _, p := range s.preds[b] {
				end, _ := slices.BinarySearchFunc(touches, p+1, func(t touch, b int32) int { return int(t.block - b) })
				if !visit(p, end) {
					stack = append(stack, p)
				}
			}
		}
	}
}

// An edit inserts an instruction before another.
type edit struct {
	index int32
	inst  lower.Inst
}

// editor collects the edits of a round.
type editor struct {
	fn    *lower.Func
	edits map[int32][]edit // by block
}

func (e *editor) insert(block, index int32, i lower.Inst) {
	e.edits[block] = append(e.edits[block], edit{index, i})
}

// apply makes the edits. Spills come before reloads at the same place.
func (e *editor) apply() {
	for n, edits := range e.edits {
		slices.SortStableFunc(edits, func(a, b edit) int {
			return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(rank(a), rank(b)))
		})
		b := e.fn.Blocks[n]
		insts := make([]lower.Inst, 0, len(b.Insts)+len(edits))
		for k := range b.Insts {
			for len(edits) > 0 && int(edits[0].index) == k {
				insts = append(insts, edits[0].inst)
				edits = edits[1:]
			}
			insts = append(insts, b.Insts[k])
		}
		for _, e := range edits {
			insts = append(insts, e.inst)
		}
		b.Insts = insts
	}
}

func rank(e edit) int {
	if e.inst.Op == lower.Spill {
		return 0
	}
	return 1
}

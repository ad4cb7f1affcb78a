package regalloc

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// A splitter breaks one variable. Every read of it gets a node: that of the write or reload where its value last came
// into a register. Nodes that meet in a block are joined; each set of nodes becomes a piece.
type splitter struct {
	*allocator
	*editor
	v       lower.Reg
	piece   piece
	touches []touch // of v
	nodes   *union
	entry   map[int32]int32 // by block: the node of the register at its start, if the value is in one
	exit    map[int32]int32 // by block: the node at its end, if the block has touches
	at      []int32         // by touch: the node that it reads or writes
	reads   map[int32]int   // by node: how many touches read it
	reloads []reload
	needed  map[int32]bool // blocks at whose start the home must hold the value
}

// noNode stands for no register: the value is wanted in its home only.
const noNode = -1

// A reload brings the value into a register before an instruction.
type reload struct {
	block, index int32
	next         int // the first touch at or behind it
	node         int32
}

func newSplitter(a *allocator, e *editor, v lower.Reg, p piece) *splitter {
	return &splitter{
		allocator: a,
		editor:    e,
		v:         v,
		piece:     p,
		touches:   a.touches[v],
		nodes:     newUnion(0),
		entry:     map[int32]int32{},
		exit:      map[int32]int32{},
		at:        make([]int32, len(a.touches[v])),
		reads:     map[int32]int{},
		needed:    map[int32]bool{},
	}
}

func (s *splitter) run() {
	if s.piece.level == acrossCalls {
		s.enter()
	}
	for n := 0; n < len(s.touches); {
		m := n + 1
		for m < len(s.touches) && s.touches[m].block == s.touches[n].block {
			m++
		}
		s.block(s.touches[n].block, n, m)
		n = m
	}
	s.join()
	s.rename()
	if s.piece.home != 0 {
		s.spill()
	}
}

// enter finds the blocks that are always entered with the value in a register.
func (s *splitter) enter() {
	in := map[int32]bool{}
	var blocks []int32
	for _, g := range s.live[s.v] {
		b, _ := slices.BinarySearch(s.start, g.from)
		for ; b < len(s.f.Blocks) && s.start[b] < g.to; b++ {
			in[int32(b)] = true
			blocks = append(blocks, int32(b))
		}
	}
	misses := func(p, b int32) bool {
		return !s.leaves(p, in[p]) && !s.catchesUp(p, b)
	}
	for changed := true; changed; {
		changed = false
		for _, b := range blocks {
			if in[b] && slices.ContainsFunc(s.preds[b], func(p int32) bool { return misses(p, b) }) {
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

// leaves reports whether control leaves a block with the value in a register.
func (s *splitter) leaves(b int32, entered bool) bool {
	calls := s.calls[b]
	switch t, touched := s.last(variable(s.v), b); {
	case touched:
		return len(calls) == 0 || calls[len(calls)-1] < t.index
	case len(calls) > 0:
		return false
	}
	return entered
}

// catchesUp reports whether block p should reload the value for block b at its end: from out of the way to the usual
// way, so that the usual way has it in a register.
func (s *splitter) catchesUp(p, b int32) bool { return s.f.Blocks[p].Cold && !s.f.Blocks[b].Cold }

// block finds the nodes of the touches from n up to m, which are those of one block.
func (s *splitter) block(b int32, n, m int) {
	node, there := s.entry[b]
	since := int32(0) // the instruction from which on the value is in the register
	for t := n; t < m; t++ {
		touch := s.touches[t]
		if there && (s.called(b, since, touch.index) || s.piece.level == tiny && t > n && touch.index > since+1) {
			there = false
		}
		i := s.inst(touch)
		switch {
		case !touch.reads:
			node, there = s.nodes.add(), true
		case !there && s.isSpill(i): // of an earlier split; now the write will be spilled at once
			*i = lower.Inst{Op: lower.NoOp}
			s.at[t] = noNode
			s.reloads = append(s.reloads, reload{b, touch.index, t, noNode})
			continue
		case !there:
			node, there = s.nodes.add(), true
			s.reloads = append(s.reloads, reload{b, touch.index, t, node})
		}
		s.at[t] = node
		since = touch.index
	}
	s.exit[b] = node
}

func (s *splitter) isSpill(i *lower.Inst) bool { return i.Op == lower.Spill && i.Slot == s.piece.home }

// called reports whether a block has a call in the instructions from i up to, but not including, j.
func (s *splitter) called(b, i, j int32) bool {
	k, _ := slices.BinarySearch(s.calls[b], i)
	return k < len(s.calls[b]) && s.calls[b][k] < j
}

// join joins the nodes of registers that hold the value between blocks.
func (s *splitter) join() {
	blocks := make([]int32, 0, len(s.entry))
	for b := range s.entry {
		blocks = append(blocks, b)
	}
	slices.Sort(blocks)
	for _, b := range blocks {
		for _, p := range s.preds[b] {
			node, ok := s.exit[p]
			if !ok {
				node, ok = s.entry[p]
			}
			_, entered := s.entry[p]
			if !ok || !s.leaves(p, entered) {
				node = s.catchUp(p)
			}
			s.nodes.join(s.entry[b], node)
		}
	}
	for n, t := range s.touches {
		if t.reads && s.at[n] != noNode {
			s.reads[s.nodes.find(s.at[n])]++
		}
	}
}

// catchUp reloads the value at the end of a block.
func (s *splitter) catchUp(p int32) int32 {
	index := int32(len(s.f.Blocks[p].Insts))
	if s.f.Blocks[p].Jump != nil {
		index--
	}
	for _, r := range s.reloads {
		if r.block == p && r.index == index && r.next == s.behind(p) {
			return r.node // for another successor
		}
	}
	r := reload{p, index, s.behind(p), s.nodes.add()}
	s.reloads = append(s.reloads, r)
	return r.node
}

// behind is the first touch behind a block.
func (s *splitter) behind(b int32) int {
	n, _ := slices.BinarySearchFunc(s.touches, b+1, func(t touch, b int32) int { return int(t.block - b) })
	return n
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
	for n, t := range s.touches {
		if s.at[n] == noNode {
			continue
		}
		i, r := s.inst(t), reg(s.at[n])
		if i.Dst == s.v {
			i.Dst = r
		}
		if i.Src == s.v {
			i.Src = r
		}
	}
	for _, r := range s.reloads {
		if r.node == noNode {
			continue
		}
		back := lower.Inst{Op: lower.Reload, Slot: s.piece.home}
		if s.piece.home == 0 {
			back = s.piece.repeat
		}
		at := &s.f.Blocks[r.block].Insts
		if int(r.index) < len(*at) {
			i := &(*at)[r.index]
			back.Span = i.Span
			if s.piece.home != 0 && i.IsCopy() && s.reads[s.nodes.find(r.node)] == 1 && i.Src == reg(r.node) {
				back.Dst = i.Dst
				*i = back
				continue
			}
		}
		back.Dst = reg(r.node)
		s.insert(r.block, r.index, back)
	}
}

// spill puts spills after those writes that a reload can see.
func (s *splitter) spill() {
	seen := map[int]bool{}
	var writes []int
	// above goes back from touch n, exclusive, to the write before it in its block; false if there is none.
	above := func(b int32, n int) bool {
		for ; n > 0 && s.touches[n-1].block == b; n-- {
			t := s.touches[n-1]
			i := s.inst(t)
			if s.isSpill(i) {
				return true
			}
			if !t.writes {
				continue
			}
			if fresh := i.Op != lower.Reload || i.Slot != s.piece.home; fresh && !seen[n-1] {
				seen[n-1] = true
				writes = append(writes, n-1)
			}
			return true
		}
		return false
	}
	for _, r := range s.reloads {
		if above(r.block, r.next) {
			continue
		}
		stack := []int32{r.block}
		for len(stack) > 0 {
			b := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if s.needed[b] {
				continue
			}
			s.needed[b] = true
			for _, p := range s.preds[b] {
				if !above(p, s.behind(p)) {
					stack = append(stack, p)
				}
			}
		}
	}
	for _, n := range writes {
		s.spillWrite(n)
	}
}

// spillWrite spills what a touch writes: directly from the source of a copy that nobody else reads, else as late as
// there is still only one way to all reloads.
func (s *splitter) spillWrite(n int) {
	t := s.touches[n]
	i := s.inst(t)
	spill := lower.Inst{Op: lower.Spill, Slot: s.piece.home, Src: i.Dst, Span: i.Span}
	if i.IsCopy() && s.reads[s.nodes.find(s.at[n])] == 0 {
		spill.Src = i.Src
		*i = spill
		return
	}
	b, index := t.block, t.index+1
	for !slices.ContainsFunc(s.reloads, func(r reload) bool { return r.block == b && r.index >= index }) {
		next, ok := s.only(b)
		if !ok {
			break
		}
		b, index = next, 0
	}
	s.insert(b, index, spill)
}

// only is the one successor of a block that needs the home, if it is entered from there alone and with the value in a
// register.
func (s *splitter) only(b int32) (next int32, ok bool) {
	found := 0
	for _, to := range successors(s.f.Blocks[b]) {
		if n := s.number[to]; s.needed[n] {
			next = n
			found++
		}
	}
	if found != 1 || len(s.preds[next]) != 1 {
		return 0, false
	}
	_, ok = s.entry[next]
	return next, ok
}

package regalloc

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/lower"
)

// A variable is something with a lifetime: registers, virtual and real, by their number, and then the stack slots.
type variable int32

func (l *liveness) slot(s lower.Slot) variable { return variable(l.f.Regs) + variable(s) }

// A touch is an instruction that names a variable.
type touch struct {
	block, index int32 // of the block in f.Blocks, and of the instruction in it
	reads        bool
	writes       bool
}

// A touching is a touch of a variable.
type touching struct {
	v variable
	touch
}

// byVariable sorts touches. Those of one instruction become one.
func byVariable(all []touching, variables int) [][]touch {
	count := make([]int32, variables)
	for _, t := range all {
		count[t.v]++
	}
	touches, room := make([][]touch, variables), make([]touch, len(all))
	for v, n := range count {
		touches[v], room = room[:0:n], room[n:]
	}
	for _, t := range all {
		ts := touches[t.v]
		if n := len(ts); n > 0 && ts[n-1].block == t.block && ts[n-1].index == t.index {
			ts[n-1].reads = ts[n-1].reads || t.reads
			ts[n-1].writes = ts[n-1].writes || t.writes
			continue
		}
		touches[t.v] = append(ts, t.touch)
	}
	return touches
}

// liveness says when each variable is needed.
type liveness struct {
	f       *lower.Func
	start   []int32    // the first point of each block, and the end of the last
	preds   [][]int32  // by block
	calls   [][]int32  // by block: the indices of calls
	touched []touching // in program order, while the code is scanned
	touches [][]touch  // by variable, in program order
	live    []segments // by variable
	number  map[*lower.Block]int32
}

// analyse computes the lifetimes of everything in f.
func analyse(f *lower.Func) *liveness {
	n := int(f.Regs) + len(f.Slots)
	l := &liveness{
		f:      f,
		start:  make([]int32, len(f.Blocks)+1),
		preds:  make([][]int32, len(f.Blocks)),
		calls:  make([][]int32, len(f.Blocks)),
		live:   make([]segments, n),
		number: make(map[*lower.Block]int32, len(f.Blocks)),
	}
	for i, b := range f.Blocks {
		l.number[b] = int32(i)
		// One more than there are instructions, so that an empty block has points too.
		l.start[i+1] = l.start[i] + 2*int32(len(b.Insts)+1)
	}
	for i, b := range f.Blocks {
		for _, to := range successors(b) {
			l.preds[l.number[to]] = append(l.preds[l.number[to]], int32(i))
		}
		l.scan(int32(i), b)
	}
	l.touches = byVariable(l.touched, n)
	l.touched = nil
	w := walker{l: l, seen: slices.Repeat([]int32{-1}, len(f.Blocks))}
	for v := range l.touches {
		w.lifetime(variable(v))
	}
	return l
}

func successors(b *lower.Block) []*lower.Block {
	var s []*lower.Block
	if b.Jump != nil {
		s = append(s, b.Jump)
	}
	if b.Fall != nil && b.Fall != b.Jump {
		s = append(s, b.Fall)
	}
	return s
}

// point is where an instruction reads; it writes at the next.
func (l *liveness) point(block, index int32) int32 { return l.start[block] + 2*index }

// scan lists what each instruction of a block touches. FP is always there and counts for nothing. The address of an object is taken for a call: the object itself
// is read by the call.
func (l *liveness) scan(n int32, b *lower.Block) {
	var passed []*lower.Inst
	for k := range b.Insts {
		i := &b.Insts[k]
		at := touch{block: n, index: int32(k), reads: true}
		x, y := i.Reads()
		for _, r := range []lower.Reg{x, y} {
			if r != lower.NoReg && r != lower.FP {
				l.touch(variable(r), at)
			}
		}
		if w := i.Writes(); w != lower.NoReg {
			l.touch(variable(w), touch{block: n, index: int32(k), writes: true})
		}
		switch i.Op {
		case lower.Call:
			l.call(at, i, passed)
			passed = nil
		case lower.Exit:
			l.touch(variable(lower.R0), at)
		case lower.SlotAddr:
			passed = append(passed, i)
		case lower.Spill:
			l.touch(l.slot(i.Slot), touch{block: n, index: int32(k), writes: true})
		case lower.Load, lower.Store, lower.Reload:
			if i.Slot != 0 {
				l.touch(l.slot(i.Slot), touch{block: n, index: int32(k), reads: !i.Begin, writes: i.Begin})
			}
		}
	}
}

func (l *liveness) call(at touch, i *lower.Inst, passed []*lower.Inst) {
	l.calls[at.block] = append(l.calls[at.block], at.index)
	for _, s := range passed {
		l.touch(l.slot(s.Slot), touch{block: at.block, index: at.index, reads: !s.Begin, writes: s.Begin})
	}
	for r := lower.R0; r <= lower.R5; r++ {
		reads := r > lower.R0 && r <= lower.R0+lower.Reg(i.Args)
		l.touch(variable(r), touch{at.block, at.index, reads, true})
	}
}

// touch notes a touch of v.
func (l *liveness) touch(v variable, t touch) { l.touched = append(l.touched, touching{v, t}) }

// in reports whether v is needed at the start of a block.
func (l *liveness) in(v variable, block int32) bool { return l.live[v].has(l.start[block]) }

// A walker finds lifetimes: from each read backwards to the writes that reach it.
type walker struct {
	l     *liveness
	seen  []int32 // by block: the last variable found to be needed at its start
	stack []int32
	live  segments // of the variable in hand
}

func (w *walker) lifetime(v variable) {
	l := w.l
	live := w.live[:0]
	ts := l.touches[v]
	for i, t := range ts {
		at := l.point(t.block, t.index)
		if t.writes {
			live = append(live, segment{at + 1, at + 2})
		}
		if !t.reads {
			continue
		}
		if i > 0 && ts[i-1].block == t.block {
			live = append(live, segment{l.point(t.block, ts[i-1].index) + 1, at + 1})
			continue
		}
		live = append(live, segment{l.start[t.block], at + 1})
		live = w.above(v, t.block, live)
	}
	w.live = live
	l.live[v] = slices.Clone(live.normal())
}

// above adds what v lives through before a block at whose start it is needed.
func (w *walker) above(v variable, block int32, live segments) segments {
	l := w.l
	w.stack = append(w.stack[:0], block)
	for len(w.stack) > 0 {
		b := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if w.seen[b] == int32(v) {
			continue
		}
		w.seen[b] = int32(v)
		for _, p := range l.preds[b] {
			if last, ok := l.last(v, p); ok {
				live = append(live, segment{l.point(p, last.index) + 1, l.start[p+1]})
				continue
			}
			live = append(live, segment{l.start[p], l.start[p+1]})
			w.stack = append(w.stack, p)
		}
	}
	return live
}

// last is the last touch of v in a block.
func (l *liveness) last(v variable, block int32) (touch, bool) {
	ts := l.touches[v]
	i, _ := slices.BinarySearchFunc(ts, block+1, func(t touch, b int32) int { return int(t.block - b) })
	if i > 0 && ts[i-1].block == block {
		return ts[i-1], true
	}
	return touch{}, false
}

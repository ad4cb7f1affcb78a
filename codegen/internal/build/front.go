package build

import (
	"math/bits"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// What lies in front of a push or pop is moved by plain loads and stores. Where its length is known it is a row of words.
// Where it isn't, it is made of a part for each bit that the length has: of 1, 2, 4, … 128 bytes, the small ones first.
// Each part is a row of words behind a test of its bit. The verifier must not learn from these tests, or it would tell
// all lengths apart. Where bytes go down the first are moved first, where they go up the last.

// A front is the bytes in front of a place in the packet, at most check.FrontMax.
type front struct {
	value *ir.Value // how many, an I64
	known bool      // n is the number
	n     int64
}

// A cell is a place disp bytes behind a packet pointer.
type cell struct {
	base *pointer
	disp int64
}

// frontOf is what lies in front of an offset.
func (s *stage) frontOf(at diag.Span, x *ir.Value) front {
	if n, ok := s.exactly(x); ok {
		return front{s.konst(at, ir.I64, n), true, int64(n)}
	}
	return front{value: x}
}

// exactly is the number that a value always is, as far as that is known when it is first asked for.
func (b *builder) exactly(x *ir.Value) (uint64, bool) {
	e, asked := b.exact[x]
	if !asked {
		e.n, e.known = b.compute(x)
		b.exact[x] = e
	}
	return e.n, e.known
}

// An exact is what is known of a value by exactly.
type exact struct {
	n     uint64
	known bool
}

func (b *builder) compute(x *ir.Value) (uint64, bool) {
	switch x.Op {
	case ir.Const:
		return x.Number(), true
	case ir.Add, ir.And, ir.Zext:
		var args [2]uint64
		for i, a := range x.Args {
			n, ok := b.exactly(a)
			if !ok {
				return 0, false
			}
			args[i] = n
		}
		if x.Op == ir.Zext {
			return args[0], true
		}
		return ir.Eval(x.Op, x.Type, args[0], args[1]), true
	case ir.Param:
		return b.passed(x)
	}
	return 0, false
}

// passed is the number that all predecessors of a block pass for its parameter x. The entry, which is built last, will
// pass the first stage a cursor of 0.
func (b *builder) passed(x *ir.Value) (n uint64, ok bool) {
	fl := b.flows[x.Block]
	if !fl.sealed {
		return 0, false
	}
	i := slices.Index(x.Block.Params, x)
	ok = x.Block == b.stages[fresh(b.p.Stages[0])]
	for _, p := range fl.preds {
		m, known := b.exactly(p.Edge().Args[i])
		if !known || ok && m != n {
			return 0, false
		}
		n, ok = m, true
	}
	return n, ok
}

// limitFront fails where there is more in front than is moved, and bounds it for the verifier.
func (s *stage) limitFront(at diag.Span, f *front, failed *ir.Block) {
	if f.known {
		s.failUnless(at, f.n <= check.FrontMax, failed)
		return
	}
	if s.max(f.value) > check.FrontMax {
		s.failIf(at, ir.UGt, f.value, s.konst(at, ir.I64, check.FrontMax), failed)
	}
	f.value = s.emit(at, ir.And, ir.I64, f.value, s.konst(at, ir.I64, check.FrontMax))
}

// start is the pointer to the packet's first byte.
func (s *stage) start(at diag.Span) *pointer {
	for p := s.ptrs; p != nil; p = p.outer {
		if p.root.Op == ir.Const && p.root.Imm == 0 {
			return p
		}
	}
	return s.pointer(at, s.konst(at, ir.I64, 0))
}

// cellAt is the place behind a front, of which n bytes are there.
func (s *stage) cellAt(at diag.Span, f front, n int64) cell {
	c := cell{disp: f.n}
	if f.known {
		c.base = s.start(at)
	} else {
		c.base = s.pointer(at, f.value)
	}
	s.reach(at, c, n, s.failBlock())
	return c
}

// reach fails where the packet has fewer than n bytes from a cell on.
func (s *stage) reach(at diag.Span, c cell, n int64, failed *ir.Block) {
	on := s.newBlock()
	s.end(ir.Term{
		Op:    ir.Check,
		Imm:   c.disp + n,
		Args:  []*ir.Value{c.base.ptr, c.base.end},
		Succs: []ir.Edge{{To: on}, {To: failed}},
		Span:  at,
	})
	s.enter(on)
}

// reachFront fails where the packet ends inside of a front.
func (s *stage) reachFront(at diag.Span, f front, failed *ir.Block) {
	if f.known {
		s.reach(at, cell{s.start(at), 0}, f.n, failed)
	} else {
		s.reach(at, cell{s.pointer(at, f.value), 0}, 0, failed)
	}
}

// reachHeader fails where the packet has fewer than n bytes behind a front, or if given long ones.
func (s *stage) reachHeader(at diag.Span, f front, n int64, long *ir.Value, failed *ir.Block) {
	switch {
	case long != nil:
		s.reach(at, cell{s.pointer(at, s.emit(at, ir.Add, ir.I64, f.value, long)), 0}, 0, failed)
	case f.known:
		s.reach(at, cell{s.start(at), 0}, f.n+n, failed)
	default:
		s.reach(at, cell{s.pointer(at, f.value), 0}, n, failed)
	}
}

// moveFor moves a front by n bytes, or long ones: down behind the resize of a push, up ahead of that of a pop. On tc the
// kernel itself moves the first 14 bytes.
func (s *stage) moveFor(at diag.Span, f front, n int64, long *ir.Value, push bool) {
	low := cell{s.start(at), 0}
	high := cell{low.base, n}
	if long != nil {
		high = cell{s.pointer(at, long), 0}
	}
	m := mover{s, at, high, low, false}
	if !push {
		m = m.back()
	}
	by := int64(0)
	if s.p.Type.Name == "tc" {
		by = etherHeader
	}
	switch {
	case f.known && f.n >= by:
		m.words(by, f.n)
	case f.known:
		m.back().words(f.n, by)
	case push:
		m.back().words(0, by)
		m.front(f.value, s.max(f.value), n, long)
	default:
		m.front(f.value, s.max(f.value), n, long)
		m.back().words(0, by)
	}
}

// A mover moves bytes between two cells that overlap.
type mover struct {
	s        *stage
	at       diag.Span
	from, to cell
	up       bool // to lies higher: the last bytes are moved first
}

func (m mover) back() mover {
	m.from, m.to, m.up = m.to, m.from, !m.up
	return m
}

// words moves the bytes from lo up to, but not including, hi.
func (m mover) words(lo, hi int64) {
	if lo >= hi {
		return
	}
	if m.from.base == m.to.base {
		m.s.reach(m.at, cell{m.to.base, max(m.from.disp, m.to.disp)}, hi, m.s.failBlock())
	} else {
		m.s.reach(m.at, m.from, hi, m.s.failBlock())
		m.s.reach(m.at, m.to, hi, m.s.failBlock())
	}
	type word struct{ off, size int64 }
	var words []word
	for lo < hi {
		w := word{lo, 8}
		for w.size > hi-lo {
			w.size /= 2
		}
		words = append(words, w)
		lo += w.size
	}
	if m.up {
		slices.Reverse(words)
	}
	for _, w := range words {
		m.copy(w.off, w.size)
	}
}

func (m mover) copy(off, size int64) {
	x := m.s.load(m.at, int(size), m.from.base.ptr, m.from.disp+off)
	m.s.store(m.at, int(size), m.to.base.ptr, m.to.disp+off, x)
}

// front moves the first size bytes, of which there are most at most, by n bytes or long ones.
func (m mover) front(size *ir.Value, most uint64, n int64, long *ir.Value) {
	bits := bits.Len64(most)
	for i := range bits {
		bit := i
		if m.up {
			bit = bits - 1 - i
		}
		m.part(size, int64(1)<<bit, n, long)
	}
}

// part moves a part of a front, if its size has that bit. The parts of the lower bits lie in front of it.
func (m mover) part(size *ir.Value, bit, n int64, long *ir.Value) {
	s, at := m.s, m.at
	part, on := s.newBlock(), s.newBlock()
	bits := s.emit(at, ir.Forget, ir.I64, size)
	s.br(at, ir.Set, bits, s.konst(at, ir.I64, uint64(bit)), way{yes: part, no: on, next: on})
	s.enter(part)
	s.scoped(func() {
		before := s.emit(at, ir.And, ir.I64, size, s.konst(at, ir.I64, uint64(bit-1)))
		low := cell{s.pointer(at, before), 0}
		high := cell{low.base, n}
		if long != nil {
			high = cell{s.pointer(at, s.emit(at, ir.Add, ir.I64, before, long)), 0}
		}
		m.from, m.to = high, low
		if m.up {
			m.from, m.to = low, high
		}
		m.words(0, bit)
	})
	s.jump(on, at)
	s.enter(on)
}

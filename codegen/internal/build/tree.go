package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The rows of a match of one number cut its values into intervals, each of which goes to one row. A balanced tree of
// compares finds the interval in a logarithm of their number, and no two ways through it meet before a row does.

// smallTree is the number of tests up to which a chain is as good as a tree.
const smallTree = 4

// An interval goes from start up to the next one's start.
type interval struct {
	start uint64
	row   int // noRow: none matches
}

const noRow = -1

// A run is what a pattern takes: the numbers from lo to hi.
type run struct{ lo, hi uint64 }

// treelike reports whether a match has one subject, a number or ip4, and enough tests.
func (s *stage) treelike(st *syntax.MatchStmt) bool {
	t := s.typeOf(st.Subjects[0])
	_, enum := t.(*types.Enum)
	return len(st.Subjects) == 1 && tests(st) > smallTree && (isInteger(t) || enum || t == types.IP4)
}

// tree tests the subject of a match, as a number.
func (s *stage) tree(st *syntax.MatchStmt, join *ir.Block) {
	e := st.Subjects[0]
	t := s.typeOf(e)
	x := s.scalar(e)
	if t == types.IP4 {
		x = s.swap(s.at(e), 4, x)
	}
	if signed(t) {
		x = s.emit(s.at(e), ir.Xor, x.Type, x, s.konst(s.at(e), x.Type, signBit(t)))
	}
	bodies := make([]*ir.Block, len(st.Rows))
	for i := range bodies {
		bodies[i] = s.newBlock()
	}
	target := func(row int) *ir.Block {
		if row == noRow {
			return join
		}
		return bodies[row]
	}
	s.search(s.at(e), x, s.intervals(st, t), target)
	for i, row := range st.Rows {
		if len(s.flows[bodies[i]].preds) > 0 {
			s.branch(bodies[i], row.Body, join)
		}
	}
}

// search finds the interval of x, which is known to lie in one of those given.
func (s *stage) search(at diag.Span, x *ir.Value, list []interval, target func(row int) *ir.Block) {
	switch {
	case len(list) == 1:
		s.jump(target(list[0].row), at)
		return
	case len(list) == 3 && list[0].row == list[2].row && list[2].start-list[1].start == 1:
		hit, miss := target(list[1].row), target(list[0].row)
		s.br(at, ir.Eq, x, s.konst(at, x.Type, list[1].start), way{yes: hit, no: miss, next: miss})
		return
	}
	mid := len(list) / 2
	below, above := s.newBlock(), s.newBlock()
	s.br(at, ir.ULt, x, s.konst(at, x.Type, list[mid].start), way{yes: below, no: above, next: below})
	s.enter(below)
	s.search(at, x, list[:mid], target)
	s.enter(above)
	s.search(at, x, list[mid:], target)
}

// signBit brings the numbers of a signed type in order, negative ones first, if it is changed in each; 0 for others.
func signBit(t types.Type) uint64 {
	if !signed(t) {
		return 0
	}
	return 1 << (width(numberOf(t)) - 1)
}

// wholeRun are all numbers of a type, in that order.
func wholeRun(t types.Type) run {
	if bit := signBit(t); bit > 0 {
		half := uint64(1) << (8*t.Size() - 1)
		return run{bit - half, bit + half - 1}
	}
	return run{0, maxOf(t)}
}

// intervals cuts the numbers of type t at the ends of the patterns and gives each piece to the first row that has it.
func (s *stage) intervals(st *syntax.MatchStmt, t types.Type) []interval {
	rows := make([][]run, len(st.Rows))
	whole := wholeRun(t)
	starts := []uint64{whole.lo}
	for i, row := range st.Rows {
		for _, alt := range row.Patterns[0].Alts {
			r := s.run(alt, t)
			rows[i] = append(rows[i], r)
			starts = append(starts, r.lo)
			if r.hi < whole.hi {
				starts = append(starts, r.hi+1)
			}
		}
	}
	slices.Sort(starts)
	pieces := newPaint(slices.Compact(starts))
	for i, runs := range rows {
		for _, r := range runs {
			pieces.paint(r, i)
		}
	}
	return pieces.join()
}

// run is the run of a pattern: a value, range, prefix or `_`.
func (s *stage) run(e syntax.Expr, t types.Type) run {
	in := func(c *check.Const) uint64 { return number(c)&numberOf(t).Mask() ^ signBit(t) }
	switch e := check.Unparen(e).(type) {
	case *syntax.Wildcard:
		return wholeRun(t)
	case *syntax.Range:
		return run{in(s.p.Consts[e.Lo]), in(s.p.Consts[e.Hi])}
	}
	c := s.p.Consts[e]
	r := run{in(c), in(c)}
	if c.IsPrefix {
		r.hi |= ones(32 - c.Bits)
	}
	return r
}

// paint gives pieces to rows, each piece once.
type paint struct {
	pieces []interval
	free   []int // by piece: the first at or behind it that may be without a row
}

func newPaint(starts []uint64) *paint {
	p := &paint{}
	for i, start := range starts {
		p.pieces = append(p.pieces, interval{start, noRow})
		p.free = append(p.free, i)
	}
	p.free = append(p.free, len(starts))
	return p
}

// paint gives what is free of a run to a row.
func (p *paint) paint(r run, row int) {
	i, _ := slices.BinarySearchFunc(p.pieces, r.lo, func(x interval, lo uint64) int {
		if x.start < lo {
			return -1
		}
		return 1
	})
	for i = p.next(i); i < len(p.pieces) && p.pieces[i].start <= r.hi; i = p.next(i) {
		p.pieces[i].row = row
		p.free[i] = i + 1
	}
}

// next is the first free piece at or behind i; it shortens the way for the next who asks.
func (p *paint) next(i int) int {
	end := i
	for p.free[end] != end {
		end = p.free[end]
	}
	for i != end {
		i, p.free[i] = p.free[i], end
	}
	return end
}

// join makes one interval of neighbours that go to the same row.
func (p *paint) join() []interval {
	return slices.CompactFunc(p.pieces, func(a, b interval) bool { return a.row == b.row })
}

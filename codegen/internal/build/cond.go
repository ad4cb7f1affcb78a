package build

import (
	"net/netip"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A way is where a condition leads. The code falls through to next, and jumps to the other one. The kernel's verifier
// follows the one at once and puts the other off, so next had better be the side that ends soon.
type way struct{ yes, no, next *ir.Block }

// not is the way of the opposite condition.
func (w way) not() way { return way{yes: w.no, no: w.yes, next: w.next} }

var conds = map[string]ir.Cond{
	"==": ir.Eq, "!=": ir.Ne, "<": ir.ULt, "<=": ir.ULe, ">": ir.UGt, ">=": ir.UGe,
}

// cond goes where the condition leads.
func (s *stage) cond(e syntax.Expr, to way) {
	if c := s.p.Consts[e]; c != nil {
		s.decided(s.at(e), c.Int != 0, to)
		return
	}
	switch e := e.(type) {
	case *syntax.Paren:
		s.cond(e.X, to)
		return
	case *syntax.Unary:
		s.cond(e.X, to.not())
		return
	case *syntax.Binary:
		s.condBinary(e, to)
		return
	}
	x := s.scalar(e)
	s.br(s.at(e), ir.Ne, x, s.konst(s.at(e), x.Type, 0), to)
}

func (s *stage) decided(at diag.Span, yes bool, to way) {
	if yes {
		s.jump(to.yes, at)
	} else {
		s.jump(to.no, at)
	}
}

func (s *stage) condBinary(e *syntax.Binary, to way) {
	switch e.Op {
	case "&&":
		mid := s.newBlock()
		s.cond(e.X, way{yes: mid, no: to.no, next: mid})
		s.enter(mid)
		s.scoped(func() { s.cond(e.Y, to) })
	case "||":
		mid := s.newBlock()
		s.cond(e.X, way{yes: to.yes, no: mid, next: mid})
		s.enter(mid)
		s.scoped(func() { s.cond(e.Y, to) })
	case "in":
		s.condIn(e, to)
	default:
		s.compare(e, to)
	}
}

// compare branches on a comparison. Values of several leaves have `==` and `!=` alone.
func (s *stage) compare(e *syntax.Binary, to way) {
	t := s.common(e)
	xs := s.exprAs(e.X, t)
	ys := s.exprAs(e.Y, t)
	switch e.Op {
	case "==":
		s.equal(s.at(e), xs, ys, to)
	case "!=":
		s.equal(s.at(e), xs, ys, to.not())
	default:
		s.br(s.at(e), condOf(e.Op, t), xs[0], ys[0], to)
	}
}

// common is the type in which two operands are compared: the wider one.
func (s *stage) common(e *syntax.Binary) types.Type {
	x, y := s.typeOf(e.X), s.typeOf(e.Y)
	if y.Size() > x.Size() {
		return y
	}
	return x
}

// equal compares leaf by leaf, until the first that differs.
func (s *stage) equal(at diag.Span, xs, ys value, to way) {
	s.all(len(xs), to, func(i int, to way) { s.br(at, ir.Eq, xs[i], ys[i], to) })
}

// all makes n tests that must all hold.
func (s *stage) all(n int, to way, test func(i int, to way)) {
	for i := range n - 1 {
		mid := s.newBlock()
		test(i, way{yes: mid, no: to.no, next: mid})
		s.enter(mid)
	}
	test(n-1, to)
}

// condIn is `x in SET`, with a map, a prefix or a range.
func (s *stage) condIn(e *syntax.Binary, to way) {
	set := check.Unparen(e.Y)
	if id, ok := set.(*syntax.Ident); ok {
		m := s.p.Uses[id].(*check.Map)
		key := s.key(s.at(e), m, s.exprAs(e.X, types.ValueOf(m.Key)))
		entry := s.lookup(s.at(e), m.Name, key)
		s.br(s.at(e), ir.Ne, entry, s.konst(s.at(e), ir.I64, 0), to)
		return
	}
	s.within(s.at(e), s.typeOf(e.X), s.expr(e.X), set, to)
}

// within tests x, of type t, against a constant: a value, a prefix or a range.
func (s *stage) within(at diag.Span, t types.Type, x value, set syntax.Expr, to way) {
	if r, ok := set.(*syntax.Range); ok {
		s.inRange(at, t, x, s.p.Consts[r.Lo], s.p.Consts[r.Hi], to)
		return
	}
	c := s.p.Consts[set]
	if c.IsPrefix {
		s.inPrefix(at, t, x, netip.PrefixFrom(c.Addr, c.Bits), to)
		return
	}
	s.equal(at, x, s.constant(at, c, t), to)
}

// inPrefix compares the leaves that the prefix reaches, under a mask where it ends.
func (s *stage) inPrefix(at diag.Span, t types.Type, x value, p netip.Prefix, to way) {
	net := wireLeaves(t, p.Masked().Addr().AsSlice())
	n := (p.Bits() + 31) / 32 // leaves of addresses with prefixes have 32 bits
	if n == 0 {
		s.decided(at, true, to)
		return
	}
	s.all(n, to, func(i int, to way) {
		word := x[i]
		if bits := p.Bits() - 32*i; bits < 32 {
			mask := s.wconst(at, 4, ones(32)&^ones(32-bits))
			word = s.emit(at, ir.And, ir.I32, word, mask)
		}
		s.br(at, ir.Eq, word, s.wconst(at, 4, net[i]), to)
	})
}

// inRange tests lo <= x <= hi. On one leaf that is a single compare: what lies below lo wraps around to beyond hi.
func (s *stage) inRange(at diag.Span, t types.Type, x value, lo, hi *check.Const, to way) {
	if len(x) > 1 {
		s.inWideRange(at, t, x, lo, hi, to)
		return
	}
	n := x[0]
	if t == types.IP4 {
		n = s.swap(at, 4, n)
	}
	from, up := number(lo)&n.Type.Mask(), number(hi)&n.Type.Mask()
	if from > 0 {
		n = s.emit(at, ir.Sub, n.Type, n, s.konst(at, n.Type, from))
	}
	s.br(at, ir.ULe, n, s.konst(at, n.Type, (up-from)&n.Type.Mask()), to)
}

// inWideRange compares with the lower end, then with the upper one, each from the first leaf on.
func (s *stage) inWideRange(at diag.Span, t types.Type, x value, lo, hi *check.Const, to way) {
	host := make(value, len(x))
	for i := range x {
		host[i] = s.swap(at, 4, x[i])
	}
	above := s.newBlock()
	s.ordered(at, ir.UGt, host, wireLeaves(t, lo.Addr.AsSlice()), way{yes: above, no: to.no, next: above})
	s.enter(above)
	s.ordered(at, ir.ULt, host, wireLeaves(t, hi.Addr.AsSlice()), to)
}

// ordered goes to yes if x is beyond the limit in the direction of c, or is the limit itself.
func (s *stage) ordered(at diag.Span, c ir.Cond, x value, limit []uint64, to way) {
	for i := range x {
		bound := s.konst(at, ir.I32, limit[i])
		differs := s.newBlock()
		same := s.newBlock()
		s.br(at, ir.Ne, x[i], bound, way{yes: differs, no: same, next: differs})
		s.enter(differs)
		s.br(at, c, x[i], bound, to)
		s.enter(same)
	}
	s.jump(to.yes, at)
}

// wireLeaves are the leaves of an address as numbers.
func wireLeaves(t types.Type, bytes []byte) []uint64 {
	var words []uint64
	for _, leaf := range types.Leaves(t) {
		words = append(words, bigEndian(bytes[leaf.Offset:], leaf.Size))
	}
	return words
}

// number is a constant of one leaf as a number; an ip4 in the order of the wire.
func number(c *check.Const) uint64 {
	if c.Type == types.IP4 {
		return bigEndian(c.Addr.AsSlice(), 4)
	}
	return c.Int
}

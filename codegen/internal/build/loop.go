package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A loop is written out, round after round, and so are circles of stages (copies.go), unless its body is a function (body.go).
//
// The kernel's verifier walks each round of a loop anyway, so that it costs as much to prove in either form. Written
// out, the number of a round is a constant, the graph stays acyclic, and the splitter can cut between rounds as
// anywhere else.
//
// What makes loops expensive to prove is what differs at the end of a round: if one path has added 1 to a number and the
// other 2, the verifier walks the next round once for each of the two, the one after that for each of three. So at the end
// of a round, and behind the loop, whatever came there by several paths is forgotten (blur).

// A loop is one that is being written out.
type loop struct {
	on, out *ir.Block // where continue and break lead
}

// forStmt is `for i in LO..HI max N { … }`.
func (s *stage) forStmt(st *syntax.ForStmt) {
	if s.isBody(st) {
		s.loopStmt(st)
		return
	}
	at, l := st.In.Span(), s.p.Defs[st.Var].(*check.Local)
	lo, hi := s.exprAs(st.In.Lo, l.Type)[0], s.exprAs(st.In.Hi, l.Type)[0]
	changed, looks, moves := s.changes(st.Body)
	before := s.read(s.cur, cursor)
	if looks {
		s.write(s.cur, cursor, s.opaque(at, cursor, before))
	}
	outer, out := s.loop, s.newBlock()
	for n := 0; n < s.p.Rounds[st] && s.cur != nil; n++ {
		i := s.counted(at, l.Type, lo, uint64(n))
		if known := i.Op == ir.Const && hi.Op == ir.Const; known && i.Number() >= hi.Number() {
			break
		} else if !known {
			body := s.newBlock()
			s.br(at, ir.ULt, i, hi, way{yes: body, no: out, next: body})
			s.enter(body)
		}
		s.setLocal(l, 0, value{i})
		s.loop = &loop{on: s.newBlock(), out: out}
		s.block(st.Body)
		if s.cur != nil {
			s.jump(s.loop.on, at)
		}
		s.enterJoin(s.loop.on)
		s.blurAll(at, changed)
	}
	s.loop = outer
	if s.cur != nil {
		s.jump(out, at)
	}
	s.enterJoin(out)
	s.blurAll(at, changed)
	if s.cur != nil && looks && !moves {
		s.write(s.cur, cursor, before)
	}
}

// counted is lo + n.
func (s *stage) counted(at diag.Span, t types.Type, lo *ir.Value, n uint64) *ir.Value {
	switch {
	case lo.Op == ir.Const:
		return s.konst(at, lo.Type, lo.Number()+n)
	case n == 0:
		return lo
	}
	return s.arith(at, "+", t, lo, s.konst(at, lo.Type, n))
}

// changes lists the variables from outside that a loop assigns, in the order of its text, and tells whether it reads
// the packet at the cursor, and moves the cursor.
func (s *stage) changes(body *syntax.Block) (changed []variable, looks, moves bool) {
	inside := map[*check.Local]bool{}
	syntax.Walk(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Ident:
			if l, ok := s.p.Defs[n].(*check.Local); ok {
				inside[l] = true
			}
		case *syntax.ParseStmt:
			looks, moves = true, moves || !n.Peek
		case *syntax.SkipStmt:
			looks, moves = true, moves || !n.Need
		case *syntax.PushStmt, *syntax.PopStmt:
			looks, moves = true, true
		case *syntax.AssignStmt:
			changed = append(changed, s.variables(n.LHS)...)
		}
		return true
	})
	looks = looks || s.looksAtPayload(body)
	if moves {
		changed = append(changed, cursor)
	}
	return slices.DeleteFunc(changed, func(v variable) bool { return inside[v.local] }), looks, moves
}

// variables are those of the local that the left side of an assignment begins with.
func (s *stage) variables(e syntax.Expr) (vs []variable) {
	if index, ok := e.(*syntax.Index); ok && s.p.Payload[index] != nil {
		return s.payloadParts.all()
	}
	l, ok := s.p.Uses[rootOf(e)].(*check.Local)
	switch {
	case !ok || s.refs[l].typ != nil:
		return nil
	case isView(l):
		return s.views[l].parts.all()
	}
	return leavesOf(l)
}

// leavesOf are the variables that a local is made of.
func leavesOf(l *check.Local) (vs []variable) {
	for i := range types.Leaves(l.Type) {
		vs = append(vs, variable{l, i})
	}
	return vs
}

// rootOf is the name that a place begins with; nil if it doesn't.
func rootOf(e syntax.Expr) *syntax.Ident {
	switch e := e.(type) {
	case *syntax.Ident:
		return e
	case *syntax.Select:
		return rootOf(e.X)
	case *syntax.Index:
		return rootOf(e.X)
	case *syntax.Paren:
		return rootOf(e.X)
	}
	return nil
}

// blurAll forgets what differs from path to path.
func (s *stage) blurAll(at diag.Span, vs []variable) {
	if s.cur == nil {
		return
	}
	for _, v := range vs {
		if x := s.read(s.cur, v); s.joined(x) {
			s.write(s.cur, v, s.opaque(at, v, x))
		}
	}
}

// opaque is the value of a variable, of which the verifier knows nothing but, of an offset, its bound.
func (s *stage) opaque(at diag.Span, v variable, x *ir.Value) *ir.Value {
	x = s.emit(at, ir.Forget, x.Type, x)
	if v == cursor {
		x = s.emit(at, ir.And, x.Type, x, s.konst(at, x.Type, check.CursorMax))
	}
	return x
}

// joined reports whether a value depends on the path that led to it.
func (b *builder) joined(x *ir.Value) bool {
	joined, ok := b.joins[x]
	if ok {
		return joined
	}
	switch info := x.Op.Info(); {
	case x.Op == ir.Param:
		preds := b.flows[x.Block].preds
		joined = len(preds) > 1 || len(preds) == 1 && b.joined(preds[0].Edge().Args[slices.Index(x.Block.Params, x)])
	case info.Pure:
		joined = slices.ContainsFunc(x.Args, b.joined)
	}
	b.joins[x] = joined
	return joined
}

package build

import (
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A match takes the first row whose patterns all hold. One subject of one word becomes a tree of compares (tree.go), a
// few rows a plain chain.
//
// A long chain needs care. From each compare the kernel's verifier learns something of what is compared, so that no two
// ways through the chain leave it in the same state, and it walks each of them to the end: the work doubles with each
// row. It must not be able to learn. So the field of a header is read again for each test, and what comes from
// elsewhere is made opaque each time.

// A table is a match with more than smallTable tests; below it, what the verifier learns doesn't hurt.
const smallTable = 8

// A subject is what a column of patterns is compared with.
type subject struct {
	at     diag.Span
	typ    types.Type
	field  *fieldPlace // to be read again for each test
	value  value       // otherwise
	opaque bool        // to be made opaque for each test
}

func (s *stage) match(st *syntax.MatchStmt) {
	join := s.newBlock()
	if s.treelike(st) {
		s.tree(st, join)
	} else {
		s.chain(st, join)
	}
	s.enterJoin(join)
}

// chain tests row by row.
func (s *stage) chain(st *syntax.MatchStmt, join *ir.Block) {
	large := tests(st) > smallTable
	var subjects []*subject
	again := (len(st.Subjects) > 1 || large) && !s.callsFn(st.Subjects)
	for _, e := range st.Subjects {
		subjects = append(subjects, s.subject(e, again, large))
	}
	for i, row := range st.Rows {
		body, miss := s.newBlock(), s.newBlock()
		last := i == len(st.Rows)-1
		if last && !slices.ContainsFunc(subjects, (*subject).open) {
			s.jump(body, patternsSpan(row)) // the rows are exhaustive
		} else {
			if last {
				miss = join
			}
			to := way{yes: body, no: miss, next: miss}
			if large || endsSoon(row.Body) {
				to.next = body
			}
			s.row(row, subjects, to, large)
		}
		s.branch(body, row.Body, join)
		if last || len(s.flows[miss].preds) == 0 {
			return
		}
		s.enter(miss)
	}
}

// callsFn reports whether a subject calls a fn, which may write to the fields that are others.
func (s *stage) callsFn(subjects []syntax.HeadExpr) bool {
	found := false
	for _, e := range subjects {
		syntax.Walk(e, func(n syntax.Node) bool {
			if e, ok := n.(*syntax.Call); ok {
				_, fn := s.p.Uses[e.Fun].(*check.Fn)
				found = found || fn
			}
			return true
		})
	}
	return found
}

// tests is the number of tests that a match makes.
func tests(st *syntax.MatchStmt) int {
	n := 0
	for _, row := range st.Rows {
		for _, p := range row.Patterns {
			if !isWildcard(p) {
				n += len(p.Alts)
			}
		}
	}
	return n
}

func isWildcard(p *syntax.Pattern) bool {
	return slices.ContainsFunc(p.Alts, func(e syntax.Expr) bool {
		_, ok := check.Unparen(e).(*syntax.Wildcard)
		return ok
	})
}

func patternsSpan(row *syntax.MatchRow) diag.Span {
	return row.Patterns[0].Span().To(row.Patterns[len(row.Patterns)-1].Span())
}

// subject evaluates a subject, or finds the field to be read again and again.
func (s *stage) subject(e syntax.Expr, again, opaque bool) *subject {
	sub := &subject{at: s.at(e), typ: s.typeOf(e)}
	if sel, ok := check.Unparen(e).(*syntax.Select); ok && again {
		if p, ok := s.place(sel).(fieldPlace); ok {
			sub.field = &p
			return sub
		}
	}
	sub.value, sub.opaque = s.expr(e), opaque
	return sub
}

// open reports whether rows that name all values can still miss one: an enum in memory may hold any number.
func (sub *subject) open() bool {
	_, ok := sub.typ.(*types.Enum)
	return ok
}

// read is the subject's value for one test.
func (s *stage) readSubject(sub *subject) value {
	switch {
	case sub.field != nil:
		return sub.field.load(s, sub.at)
	case !sub.opaque:
		return sub.value
	}
	v := make(value, len(sub.value))
	for i, x := range sub.value {
		v[i] = s.emit(sub.at, ir.Forget, x.Type, x)
	}
	return v
}

// row tests the patterns of a row.
func (s *stage) row(row *syntax.MatchRow, subjects []*subject, to way, large bool) {
	var columns []int
	for i, p := range row.Patterns {
		if !isWildcard(p) {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 {
		s.jump(to.yes, patternsSpan(row))
		return
	}
	s.all(len(columns), to, func(i int, to way) {
		s.pattern(row.Patterns[columns[i]], subjects[columns[i]], to, large)
	})
}

// pattern tests the alternatives of a pattern. In a large table each falls through to what follows if it holds, so that
// the verifier is done with it before it goes on to the next.
func (s *stage) pattern(p *syntax.Pattern, sub *subject, to way, large bool) {
	last := len(p.Alts) - 1
	for i, alt := range p.Alts {
		way, mid := to, (*ir.Block)(nil)
		if i < last {
			mid = s.newBlock()
			way.no, way.next = mid, mid
			if large {
				way.next = to.yes
			}
		}
		s.within(s.at(alt), sub.typ, s.readSubject(sub), check.Unparen(alt), way)
		if mid != nil {
			s.enter(mid)
		}
	}
}

package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A fn that isn't called (calls.go) has no code of its own: each call builds its body anew. Its parameters and locals are variables like any other,
// which the next call assigns again.

// called is the fn that is being built.
type called struct {
	fn     *check.Fn
	behind *ir.Block // where `return` leads
}

// inline builds a call by the body of the fn.
func (s *stage) inline(e *syntax.Call, f *check.Fn) value {
	s.passArgs(e.Args, f.Params)
	s.body(f, s.at(e))
	if f.Result == nil {
		return nil
	}
	return s.localPlace(f.Result).load(s, s.at(e))
}

// body builds what a fn does. Behind it, its result has its value.
func (s *stage) body(f *check.Fn, at diag.Span) {
	outer, onFailure := s.called, s.onFailure
	s.called, s.onFailure = &called{fn: f, behind: s.newBlock()}, nil
	s.block(f.Decl.Body)
	if s.cur != nil {
		if f.Result != nil { // behind a `match` of a number that is no member of its enum
			s.setLocal(f.Result, 0, s.zero(at, f.Result.Type))
		}
		s.jump(s.called.behind, at)
	}
	s.enter(s.called.behind)
	s.called, s.onFailure = outer, onFailure
}

// passArgs gives parameters their values, all of which are computed first.
func (s *stage) passArgs(exprs []syntax.Expr, params []*check.Local) {
	values := make([]value, len(params))
	views := make([]view, len(params))
	for i, p := range params {
		if isView(p) {
			views[i] = s.viewArg(exprs[i])
		} else {
			values[i] = s.exprAs(exprs[i], types.ValueOf(p.Type))
		}
	}
	for i, p := range params {
		if isView(p) {
			s.views[p] = views[i]
		} else {
			s.setLocal(p, 0, values[i])
		}
	}
}

// returnStmt is `return` and `return x`.
func (s *stage) returnStmt(st *syntax.ReturnStmt) {
	if st.Value != nil {
		result := s.called.fn.Result
		s.setLocal(result, 0, s.exprAs(st.Value, types.ValueOf(result.Type)))
	}
	s.jump(s.called.behind, s.at(st))
}

package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A fn has no code of its own: each call builds its body anew. Its parameters and locals are variables like any other,
// which the next call assigns again.

// called is the call that is being built.
type called struct {
	fn     *check.Fn
	behind *ir.Block // where `return` leads
}

// inline builds a call.
func (s *stage) inline(e *syntax.Call, f *check.Fn) value {
	s.passArgs(e.Args, f.Params)
	outer, onFailure := s.called, s.onFailure
	s.called, s.onFailure = &called{fn: f, behind: s.newBlock()}, nil
	s.block(f.Decl.Body)
	if s.cur != nil {
		if f.Result != nil { // behind a `match` of a number that is no member of its enum
			s.setLocal(f.Result, 0, s.zero(s.at(e), f.Result.Type))
		}
		s.jump(s.called.behind, s.at(e))
	}
	s.enter(s.called.behind)
	s.called, s.onFailure = outer, onFailure
	if f.Result == nil {
		return nil
	}
	return s.localPlace(f.Result).load(s, s.at(e))
}

// passArgs gives parameters their values, all of which are computed first.
func (s *stage) passArgs(exprs []syntax.Expr, params []*check.Local) {
	values := make([]value, len(params))
	views := make([]view, len(params))
	for i, p := range params {
		if isView(p) {
			views[i] = s.views[s.p.Uses[check.Unparen(exprs[i]).(*syntax.Ident)].(*check.Local)]
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

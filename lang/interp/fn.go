package interp

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// fn runs a function in a frame of its own and gives its result, if it has one. That is zero if the body comes to its end:
// behind a `match` of an enum that holds a number which is none of its members.
func (r *run) fn(f *check.Fn, exprs []syntax.Expr) Value {
	args := r.args(exprs)
	outer := r.frame
	defer func() { r.frame = outer }()
	defer endShort()
	r.frame = frame{}
	for i, p := range f.Params {
		r.frame[p] = args[i]
	}
	switch out := r.block(f.Decl.Body); {
	case out != nil:
		return out.result
	case f.Result != nil:
		return Zero(f.Result.Type)
	}
	return nil
}

func (r *run) returnStmt(s *syntax.ReturnStmt) *exit {
	if s.Value == nil {
		return &exit{}
	}
	return &exit{result: r.eval(s.Value).clone()}
}

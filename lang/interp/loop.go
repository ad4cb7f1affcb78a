package interp

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// How control leaves the body of a loop, beside the ends of a stage.
var leaveLoop, nextRound = &exit{}, &exit{}

// forStmt counts from the lower end up to, but not including, the upper one. Both are computed once. When it has run as
// often as it may, the loop is over.
func (r *run) forStmt(s *syntax.ForStmt) *exit {
	lo, hi := r.eval(s.In.Lo)[0], r.eval(s.In.Hi)[0]
	for n := 0; n < r.prog.Rounds[s] && lo+uint64(n) < hi; n++ {
		r.bind(s.Var, Value{lo + uint64(n)})
		switch out := r.block(s.Body); out {
		case nil, nextRound:
		case leaveLoop:
			return nil
		default:
			return out
		}
	}
	return nil
}

// take counts a goto with a bound, and reports whether it may be taken once more.
func (r *run) take(b *check.Back) bool {
	if r.taken[b] >= b.Max {
		return false
	}
	r.taken[b]++
	return true
}

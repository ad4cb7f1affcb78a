package build

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// marked are the fns of a program that are marked `call`.
func marked(p *check.Program) map[*check.Fn]bool {
	called := map[*check.Fn]bool{}
	for _, f := range p.Fns {
		called[f] = f.Call
	}
	return called
}

// long are the loops whose bodies have to be functions.
func long(p *check.Program) map[*syntax.ForStmt]bool {
	loops := map[*syntax.ForStmt]bool{}
	for s := range p.Rounds {
		loops[s] = p.Long(s)
	}
	return loops
}

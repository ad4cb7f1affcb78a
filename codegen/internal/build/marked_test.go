package build

import "github.com/tcc-bpf/tcc/lang/check"

// marked are the fns of a program that are marked `call`.
func marked(p *check.Program) map[*check.Fn]bool {
	called := map[*check.Fn]bool{}
	for _, f := range p.Fns {
		called[f] = f.Call
	}
	return called
}

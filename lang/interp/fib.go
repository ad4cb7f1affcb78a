package interp

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A route is a part of the surroundings: there are those that a test gives, and no others. The longest prefix that holds
// the destination wins; the other arguments of a `fib` decide nothing here.

// routes is the table for addresses of a type.
func routes(p *check.Program, t types.Type) *check.Map {
	for _, m := range p.Routes {
		if m.Key == t {
			return m
		}
	}
	return nil
}

// fib decides the condition `hop := fib(…)`.
func (r *run) fib(s *syntax.IfStmt, e *syntax.Call) bool {
	args := r.args(e.Args)
	m := r.maps[routes(r.prog, r.typeOf(e.Args[0]))]
	hop := m.find(m.encodeKey(args[1]))
	if hop != nil {
		r.bind(s.Bind, hop.value.clone())
	}
	return hop != nil
}

// setRoute is `route 192.0.2.0/24 = hop{…}`.
func (t *tester) setRoute(s *syntax.TestRoute) error {
	c := t.run.prog.Consts[s.To]
	m := routes(t.run.prog, c.Type)
	return t.UpdateMap(m.Name, t.key(m, s.To), Encode(types.Hop, t.run.fields(types.Hop, s.Hop), native))
}

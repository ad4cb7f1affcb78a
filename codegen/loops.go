package codegen

import (
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A loop is written out, round after round, and where that makes a program too large it is cut between rounds. At run time
// this is the fastest form: a round is code without a counter, whose numbers are in registers, and a cut between two rounds
// costs about as much as the call of a function. So the body of a loop becomes a function only if it must: if the loop is
// long, or if there is no plan otherwise.

// leastRounds is how many rounds a loop has at least whose body becomes a function because there is no plan.
const leastRounds = 8

// loops are those whose body is a function.
type loops struct {
	bodies map[*syntax.ForStmt]bool
	byName map[string]*syntax.ForStmt // which of them a function is the body of
	all    bool                       // those that needn't be were tried
	none   *PlanError                 // a long one can't be
}

func newLoops(p *check.Program, opts Options) *loops {
	l := &loops{bodies: map[*syntax.ForStmt]bool{}}
	for _, s := range reached(p) {
		if !p.Long(s) {
			continue
		}
		if !opts.Target.Loops() {
			l.fail(p, s, "that takes bpf_loop, which targets have from 6.1 on", "compile for such a one: -target 6.1")
			return l
		}
		l.bodies[s] = true
	}
	if opts.Loops {
		l.more(p, opts.Target, 1)
	}
	return l
}

// reached lists the loops of the stages, and of the fns that they call, in the order of the text.
func reached(p *check.Program) (all []*syntax.ForStmt) {
	seen := map[*check.Fn]bool{}
	var visit func(part syntax.Node)
	visit = func(part syntax.Node) {
		syntax.Walk(part, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ForStmt:
				all = append(all, n)
			case *syntax.Call:
				if f, ok := p.Uses[n.Fun].(*check.Fn); ok && !seen[f] {
					seen[f] = true
					visit(f.Decl.Body)
				}
			}
			return true
		})
	}
	for _, s := range p.Stages {
		visit(s.Decl.Body)
	}
	return all
}

// more makes the bodies of all loops functions that can be and have so many rounds. It reports whether there are any more.
func (l *loops) more(p *check.Program, target Target, least int) bool {
	if l.all || !target.Loops() {
		return false
	}
	l.all = true
	before := len(l.bodies)
	for s := range p.Loops() {
		if p.Rounds[s] >= least {
			l.bodies[s] = true
		}
	}
	return len(l.bodies) > before
}

// learn finds out which functions of a module are bodies of which loops.
func (l *loops) learn(m *ir.Module) {
	l.byName = map[string]*syntax.ForStmt{}
	for _, f := range m.Subs {
		for s := range l.bodies {
			if f.Loop && s.In.Span() == f.Blocks[0].Params[0].Span {
				l.byName[f.Name] = s
			}
		}
	}
}

// refuse writes a loop out, if it isn't long.
func (l *loops) refuse(p *check.Program, name, why, remedy string) {
	s := l.byName[name]
	delete(l.bodies, s)
	if s != nil && p.Long(s) && l.none == nil {
		l.fail(p, s, why, remedy)
	}
}

func (l *loops) fail(p *check.Program, s *syntax.ForStmt, why, remedy string) {
	l.none = &PlanError{
		Span: s.In.Span(), Remedy: remedy,
		Reason: fmt.Sprintf("a loop of %d rounds can't be written out, and its body can't be a function: %s", p.Rounds[s], why),
	}
}

package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// The stage graph: stages go to stages and to slots tables, and a table goes on to the stages that it holds at first.
// What user space puts there later is out of sight.

// A jump is an edge of the graph.
type jump struct {
	to  Object // *Stage or *Slots
	at  diag.Span
	max *syntax.GotoStmt // the goto, if it has a bound
}

// An edge is what tells jumps apart: one stands for all gotos without a bound from here to there.
type edge struct {
	from, to Object
	max      *syntax.GotoStmt
}

// addJump records that a stage goes to a stage or table, where the source first says so.
func (c *checker) addJump(from, to Object, s *syntax.GotoStmt) {
	j := jump{to: to, at: s.Target.Span()}
	if _, stage := to.(*Stage); stage && s.Max != nil {
		j.max = s
	}
	c.addEdge(from, j)
}

func (c *checker) addEdge(from Object, j jump) {
	if e := (edge{from, j.to, j.max}); !c.edges[e] {
		c.edges[e] = true
		c.jumps[from] = append(c.jumps[from], j)
	}
}

// checkReached warns of stages that no packet can come to. Those of an imported file may be for other pipelines.
func (c *checker) checkReached() {
	reached := map[Object]bool{}
	var visit func(o Object)
	visit = func(o Object) {
		if reached[o] {
			return
		}
		reached[o] = true
		for _, j := range c.jumps[o] {
			visit(j.to)
		}
	}
	for _, t := range c.prog.Slots {
		visit(t)
	}
	for i, s := range c.prog.Stages {
		if i == 0 || s.For != nil {
			visit(s)
		}
	}
	for _, s := range c.prog.Stages {
		if !reached[s] && c.isRoot(s.Decl) {
			c.warnf("E0215", s.Decl.Name.Span(), "stage `%s` is never reached: no `goto` and no slot leads to it", s.Name).Hint =
				c.spareHint(s)
		}
	}
}

// spareHint is advice about a stage that was perhaps meant to be put into a table at run time, "" if none takes it.
func (c *checker) spareHint(s *Stage) string {
	for _, t := range c.prog.Slots {
		if c.takes(s, t) {
			return fmt.Sprintf("to be put into `%s` at run time, a stage is in a slot of it from the start, or compiled apart", t.Name)
		}
	}
	return ""
}

// Stage finds a stage by name, nil if there is none.
func (p *Program) Stage(name string) *Stage {
	for _, s := range p.Stages {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Callees are the stages that a stage goes to by name, in the order of its text, each once.
func (p *Program) Callees(s *Stage) []*Stage { return targets[*Stage](p.jumps[s]) }

// Tables are the slots tables that a stage goes through, in the order of its text, each once.
func (p *Program) Tables(s *Stage) []*Slots { return targets[*Slots](p.jumps[s]) }

func targets[T Object](jumps []jump) []T {
	var list []T
	seen := map[Object]bool{}
	for _, j := range jumps {
		if to, ok := j.to.(T); ok && !seen[j.to] {
			seen[j.to] = true
			list = append(list, to)
		}
	}
	return list
}

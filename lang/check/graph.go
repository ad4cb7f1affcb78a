package check

import (
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// The stage graph: stages go to stages and to slots tables, and a table goes on to the stages that it holds at first.
// What user space puts there later is out of sight.

// A jump is an edge of the graph.
type jump struct {
	to Object // *Stage or *Slots
	at diag.Span
}

// addJump records that control goes from a stage or table to another, where the source first says so.
func (c *checker) addJump(from, to Object, at diag.Span) {
	if e := [2]Object{from, to}; !c.edges[e] {
		c.edges[e] = true
		c.jumps[from] = append(c.jumps[from], jump{to, at})
	}
}

// checkCycles refuses stages that go in circles.
func (c *checker) checkCycles() {
	const onTrail, done = 1, 2
	state := map[Object]int{}
	var trail []Object
	var visit func(o Object)
	visit = func(o Object) {
		state[o] = onTrail
		trail = append(trail, o)
		for _, j := range c.jumps[o] {
			switch state[j.to] {
			case onTrail:
				c.cycle(j.at, trail[slices.Index(trail, j.to):])
			case 0:
				visit(j.to)
			}
		}
		trail = trail[:len(trail)-1]
		state[o] = done
	}
	for _, s := range c.prog.Stages {
		if state[s] == 0 {
			visit(s)
		}
	}
}

// cycle reports the goto that closes a circle. Of a very long one, the note has the ends.
func (c *checker) cycle(at diag.Span, circle []Object) {
	d := c.unsupported("E0905", at, "a `goto` back to an earlier stage needs `max N`, which is")
	const most = 8
	var names []string
	for i, o := range circle {
		switch {
		case len(circle) <= most || i < most/2 || i >= len(circle)-most/2:
			names = append(names, "`"+o.ObjectName()+"`")
		case i == most/2:
			names = append(names, "…")
		}
	}
	note(d, c.entryAt(circle[0].ObjectName()), "the circle is "+strings.Join(append(names, names[0]), " → "))
}

// checkReached warns of stages that no packet can come to.
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
		if i == 0 {
			visit(s)
		}
	}
	for _, s := range c.prog.Stages {
		if !reached[s] {
			c.warnf("E0215", s.Decl.Name.Span(), "stage `%s` is never reached: no `goto` and no slot leads to it", s.Name)
		}
	}
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
	for _, j := range jumps {
		if to, ok := j.to.(T); ok {
			list = append(list, to)
		}
	}
	return list
}

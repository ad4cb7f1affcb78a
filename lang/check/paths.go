package check

import (
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Every path of a stage ends in a verdict or a goto: a stage is a function that never returns.

// checkPaths reports a path that runs into the end of a stage, and statements that no path reaches.
func (c *checker) checkPaths(s *Stage) {
	body := s.Decl.Body
	if c.blockEnds(body) {
		return
	}
	end := body.Span()
	end.Start = end.End
	end.Start.Offset--
	end.Start.Col--
	d := c.errorf("E0401", end, "stage `%s` does not end in a verdict or a `goto` on every path", s.Name)
	c.noteOpenPath(d, body)
}

// blockEnds reports whether no path leaves a block at its end.
func (c *checker) blockEnds(b *syntax.Block) bool {
	ended, reported := false, false
	for _, s := range b.Stmts {
		if ended && !reported && !c.doubt {
			c.errorf("E0402", s.Span(), "nothing gets here: the statement above never goes on")
			reported = true
		}
		ended = c.ends(s) || ended
	}
	return ended
}

// ends reports whether control never goes on behind a statement, and remembers it.
func (c *checker) ends(s syntax.Stmt) bool {
	end := c.findEnd(s)
	c.ended[s] = end
	return end
}

func (c *checker) findEnd(s syntax.Stmt) bool {
	switch s := s.(type) {
	case *syntax.VerdictStmt, *syntax.GotoStmt, *syntax.BreakStmt, *syntax.ContinueStmt, *syntax.ReturnStmt:
		return true
	case *syntax.Block:
		return c.blockEnds(s)
	case *syntax.IfStmt:
		return c.ifEnds(s)
	case *syntax.MatchStmt:
		all := true // it is exhaustive, or has been reported
		for _, r := range s.Rows {
			all = c.ends(r.Body) && all
		}
		return all
	case *syntax.RewriteStmt:
		return c.blockEnds(s.Body)
	}
	return false
}

func (c *checker) ifEnds(s *syntax.IfStmt) bool {
	all := true
	for {
		all = c.ends(s.Then) && all
		next, ok := s.Else.(*syntax.IfStmt)
		if !ok {
			break
		}
		s = next
	}
	return s.Else != nil && c.ends(s.Else) && all
}

// noteOpenPath points at the branch of the last statement that goes on.
func (c *checker) noteOpenPath(d *diag.Diagnostic, b *syntax.Block) {
	if len(b.Stmts) == 0 {
		return
	}
	switch s := b.Stmts[len(b.Stmts)-1].(type) {
	case *syntax.Block:
		c.noteOpenPath(d, s)
	case *syntax.IfStmt:
		c.noteOpenIf(d, s)
	case *syntax.MatchStmt:
		for _, r := range s.Rows {
			if !c.ended[r.Body] {
				note(d, patternsSpan(r), "this row goes on behind the `match`")
				return
			}
		}
	}
}

func (c *checker) noteOpenIf(d *diag.Diagnostic, s *syntax.IfStmt) {
	for {
		if !c.ended[s.Then] {
			note(d, firstWord(s, "if"), "this branch goes on behind the `if`")
			return
		}
		next, ok := s.Else.(*syntax.IfStmt)
		if !ok {
			break
		}
		s = next
	}
	if s.Else == nil {
		note(d, firstWord(s, "if"), "this `if` has no `else`")
	} else {
		note(d, s.Else.Span(), "this branch goes on behind the `if`")
	}
}

// A jump is a goto of a stage.
type jump struct {
	to    *Stage // nil: through slots
	slots *Slots
	at    diag.Span
}

// checkCycles refuses stages that go in circles, the stages that slots hold at first included.
func (c *checker) checkCycles() {
	const onTrail, done = 1, 2
	state := map[*Stage]int{}
	var trail []*Stage
	var visit func(s *Stage)
	visit = func(s *Stage) {
		state[s] = onTrail
		trail = append(trail, s)
		for _, j := range c.gotos[s] {
			for _, to := range j.targets() {
				switch state[to] {
				case onTrail:
					c.cycle(j.at, trail[slices.Index(trail, to):])
				case 0:
					visit(to)
				}
			}
		}
		trail = trail[:len(trail)-1]
		state[s] = done
	}
	for _, s := range c.prog.Stages {
		if state[s] == 0 {
			visit(s)
		}
	}
}

func (c *checker) cycle(at diag.Span, stages []*Stage) {
	var names []string
	for _, s := range stages {
		names = append(names, "`"+s.Name+"`")
	}
	d := c.unsupported("E0905", at, "a `goto` back to an earlier stage needs `max N`, which is")
	note(d, stages[0].Decl.Name.Span(), "the circle is "+strings.Join(append(names, names[0]), " → "))
}

// targets are the stages that a jump can lead to, as the program is written.
func (j jump) targets() []*Stage {
	if j.to != nil {
		return []*Stage{j.to}
	}
	return j.slots.stages()
}

// stages are the stages that a table holds at first, in order of their index.
func (s *Slots) stages() []*Stage {
	var indexes []uint32
	for i := range s.Initial {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	var stages []*Stage
	for _, i := range indexes {
		if !slices.Contains(stages, s.Initial[i]) {
			stages = append(stages, s.Initial[i])
		}
	}
	return stages
}

// checkReached warns of stages that no packet can come to.
func (c *checker) checkReached() {
	reached := map[*Stage]bool{}
	var visit func(s *Stage)
	visit = func(s *Stage) {
		if reached[s] {
			return
		}
		reached[s] = true
		for _, j := range c.gotos[s] {
			for _, to := range j.targets() {
				visit(to)
			}
		}
	}
	for i, s := range c.prog.Stages {
		if i == 0 {
			visit(s)
		}
	}
	for _, t := range c.prog.Slots {
		for _, s := range t.stages() {
			visit(s)
		}
	}
	for _, s := range c.prog.Stages {
		if !reached[s] {
			c.warnf("E0215", s.Decl.Name.Span(), "no packet comes to stage `%s`", s.Name)
		}
	}
}

package check

import (
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Every path of a stage ends in a verdict or a goto: a stage is a function that never returns.

// checkPaths reports a path that runs into the end of a stage, and statements that no path reaches.
func (c *checker) checkPaths(s *Stage) {
	if body := s.Decl.Body; !c.blockEnds(body) {
		d := c.errorf("E0401", lastBrace(body), "stage `%s` does not end in a verdict or a `goto` on every path", s.Name)
		c.noteOpenPath(d, body)
	}
}

// checkReturns reports a path on which a fn returns no value, and statements that no path reaches.
func (c *checker) checkReturns(f *Fn) {
	if body := f.Decl.Body; !c.blockEnds(body) && f.Result != nil {
		d := c.errorf("E0401", lastBrace(body), "fn `%s` does not return a value on every path", f.Name)
		c.noteOpenPath(d, body)
	}
}

// lastBrace is where a block ends.
func lastBrace(b *syntax.Block) diag.Span {
	end := b.Span()
	end.Start = end.End
	end.Start.Offset--
	end.Start.Col--
	return end
}

// blockEnds reports whether no path leaves a block at its end.
func (c *checker) blockEnds(b *syntax.Block) bool {
	ended, reported := false, false
	for _, s := range b.Stmts {
		if ended && !reported && !c.doubt {
			c.errorf("E0402", s.Span(), "this is never reached: no path goes on behind the statement above")
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
	case *syntax.ForStmt:
		c.blockEnds(s.Body) // it may run no time at all
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
	case *syntax.ForStmt:
		note(d, firstWord(s, "for"), "the stage goes on behind the loop")
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

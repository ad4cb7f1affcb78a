package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// checkStages checks the bodies of the stages, and then how control goes through them.
func (c *checker) checkStages() {
	for _, s := range c.prog.Stages {
		c.stage, c.doubt = s, false
		c.scoped(func() {
			for _, p := range s.Params {
				c.enter(p)
				c.used[p] = true // a slot's convention may ask for what its stage doesn't need
			}
			c.block(s.Decl.Body)
		})
		c.checkPaths(s)
		c.checkStale(s.Params, s.Decl.Body)
		c.stage = nil
	}
	c.checkCircles()
	c.checkReached()
	c.checkApart()
	c.checkUnrolled()
}

func (c *checker) block(b *syntax.Block) {
	c.scoped(func() {
		for _, s := range b.Stmts {
			c.stmt(s)
		}
	})
}

func (c *checker) stmt(s syntax.Stmt) {
	if c.rewriting != nil && c.refuseInRewrite(s) || c.fn != nil && c.refuseInFn(s) {
		return
	}
	switch s := s.(type) {
	case *syntax.Block:
		c.block(s)
	case *syntax.LetStmt:
		c.let(s)
	case *syntax.ParseStmt:
		c.parse(s)
	case *syntax.SkipStmt:
		c.use(s.N, types.U32)
		c.elseOf(s.Else)
	case *syntax.PushStmt:
		c.pushStmt(s)
	case *syntax.PopStmt:
		c.popStmt(s)
	case *syntax.AssignStmt:
		c.assign(s)
	case *syntax.IfStmt:
		c.ifStmt(s)
	case *syntax.MatchStmt:
		c.match(s)
	case *syntax.GotoStmt:
		c.gotoStmt(s)
	case *syntax.VerdictStmt:
		c.verdict(s)
	case *syntax.EmitStmt:
		c.emit(s)
	case *syntax.DeleteStmt:
		c.deleteStmt(s)
	case *syntax.CallStmt:
		c.callStmt(s)
	case *syntax.ReturnStmt:
		c.returnStmt(s)
	case *syntax.ForStmt:
		c.forStmt(s)
	case *syntax.RewriteStmt:
		c.rewrite(s)
	case *syntax.BreakStmt:
		c.leaveLoop(s, "break")
	case *syntax.ContinueStmt:
		c.leaveLoop(s, "continue")
	}
}

// firstWord is the span of the word that a statement starts with.
func firstWord(s syntax.Stmt, word string) diag.Span {
	at := s.Span()
	at.End = at.Start
	at.End.Offset += len(word)
	at.End.Col += len(word)
	return at
}

// let is `name := value`.
func (c *checker) let(s *syntax.LetStmt) {
	t := c.value(s.Value)
	c.elseBehind(s.Else, s.Value)
	switch {
	case c.prefixOperand(s.Value):
		t = types.Invalid
	case c.isView(s.Value, t), !c.fitsLocal(s.Value, t):
		t = types.Invalid
	}
	c.declareLocal(s.Name, t)
}

// parse is `[name :=] parse|peek header [else …]`.
func (c *checker) parse(s *syntax.ParseStmt) {
	h, ok := find[*Header](c, s.Header, "header")
	c.elseOf(s.Else)
	if s.Name == nil {
		return
	}
	if ok {
		c.declareLocal(s.Name, h.Type)
	} else {
		c.declareLocal(s.Name, types.Invalid)
	}
}

// elseOf checks the else of a statement that can fail.
func (c *checker) elseOf(e *syntax.Else) {
	if e != nil {
		c.stmt(e.Body)
	}
}

// ifStmt checks an if and all its `else if`s.
func (c *checker) ifStmt(s *syntax.IfStmt) {
	for {
		c.scoped(func() {
			c.condition(s)
			c.block(s.Then)
		})
		next, ok := s.Else.(*syntax.IfStmt)
		if !ok {
			break
		}
		s = next
	}
	if b, ok := s.Else.(*syntax.Block); ok {
		c.block(b)
	}
}

func (c *checker) condition(s *syntax.IfStmt) {
	if s.Bind == nil {
		c.use(s.Cond, types.Bool)
		return
	}
	t := types.Type(types.Invalid)
	if e, ok := s.Cond.(*syntax.Call); ok && e.Fun.Name == "fib" {
		t = c.fib(e)
	} else if e, ok := s.Cond.(*syntax.Index); !ok {
		c.errorf("E0602", s.Cond.Span(), "`if %s := …` needs an entry of a map, or `fib(…)`", s.Bind.Name)
	} else if m := c.mapEntry(e); m != nil {
		c.Types[e] = types.ValueOf(m.Value)
		t = &types.MapRef{Elem: m.Value}
		if m.Value == types.Invalid {
			t = types.Invalid
		}
	}
	c.declareLocal(s.Bind, t)
}

func (c *checker) emit(s *syntax.EmitStmt) {
	e, ok := find[*Event](c, s.Event.Name, "event")
	if !ok || e.Layout == nil {
		return
	}
	c.Types[s.Event] = e.Layout
	c.fieldValues(s.Event, e.Layout, "event")
}

func (c *checker) deleteStmt(s *syntax.DeleteStmt) {
	m := c.mapEntry(s.Entry)
	if m == nil {
		return
	}
	c.Types[s.Entry] = types.ValueOf(m.Value)
	if m.Kind.Indexed() {
		c.errorf("E0604", s.Entry.Span(), "an entry of an array cannot be deleted").Hint = "assign a zero value"
	}
}

// gotoStmt is `goto stage(args)` or `goto slots[i](args) [else …]`.
func (c *checker) gotoStmt(s *syntax.GotoStmt) {
	switch o := c.topLevel(s.Target.Name).(type) {
	case *Stage:
		c.Uses[s.Target] = o
		c.gotoStage(s, o)
		c.args(s, o.Params, o.Decl.Name)
	case *Slots:
		c.Uses[s.Target] = o
		c.gotoSlots(s, o)
		c.args(s, o.Params, declName(o))
		c.elseOf(s.Else)
	case *refused:
	default:
		c.notFound(s.Target, o, "stage", isTarget)
	}
}

func isTarget(o Object) bool {
	switch o.(type) {
	case *Stage, *Slots:
		return true
	}
	return false
}

func (c *checker) gotoStage(s *syntax.GotoStmt, to *Stage) {
	if s.Index != nil {
		c.errorf("E0410", s.Index.Span(), "`%s` is a stage and has no index", to.Name)
	}
	if s.Max != nil {
		c.bound(s.Max, maxRounds)
		c.elseOf(s.Else)
	} else if s.Else != nil && c.looksAtPayload(s.Args...) {
		c.elseOf(s.Else)
	} else if s.Else != nil {
		c.errorf("E0409", s.Else.Span(), "a `goto` to a stage without `max` cannot fail and takes no `else`")
	}
	c.addJump(c.stage, to, s)
}

func (c *checker) gotoSlots(s *syntax.GotoStmt, to *Slots) {
	switch {
	case s.Index == nil && !to.Single:
		c.errorf("E0410", s.Target.Span(), "`%s` is a table and needs an index", to.Name).Hint =
			fmt.Sprintf("write `goto %s[…]`", to.Name)
	case s.Index != nil && to.Single:
		c.errorf("E0410", s.Index.Span(), "`%s` is a single slot and has no index", to.Name)
	case s.Index != nil && c.use(s.Index, types.U32):
		c.boundIndex(s.Index, to.Len, to.Name)
	}
	if s.Max != nil {
		c.errorf("E0417", s.Max.Span(), "a `goto` to a slots table has no `max`").Hint =
			"stages cannot go in a circle through a table, whose stages can be replaced"
	}
	c.addJump(c.stage, to, s)
}

// args checks the arguments of a goto against the parameters of its target.
func (c *checker) args(s *syntax.GotoStmt, params []*Local, decl *syntax.Ident) {
	for i, a := range s.Args {
		if i < len(params) {
			c.use(a, params[i].Type)
		} else {
			c.value(a)
		}
	}
	if len(s.Args) != len(params) {
		d := c.errorf("E0404", s.Target.Span(), "`%s` takes %s, not %d", s.Target.Name, count(len(params), "argument"), len(s.Args))
		note(d, decl.Span(), "declared here")
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

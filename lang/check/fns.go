package check

import (
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// The code of a fn stands where it is called, unless it is a subprogram (calling.go). It cannot call itself, not even by
// way of others, and what calls of calls grow to has a limit. And it comes back to its caller, whatever happens: what
// becomes of the packet is decided in stages only.

func (c *checker) declareFn(d *syntax.FnDecl) {
	c.declare(d.Name, &Fn{Name: d.Name.Name, Decl: d})
}

func (c *checker) resolveFn(f *Fn) {
	d := f.Decl
	f.Params = c.params(d.Params)
	f.Call = d.Call
	result := d.Result
	if d.Call && result == nil && c.isType(d.CallMark()) {
		f.Call, result = false, d.CallMark()
	}
	if result != nil {
		f.Result = &Local{Name: f.Name, Type: c.typeExpr(result, resultPlace), Decl: d.Name}
	}
	c.prog.Fns = append(c.prog.Fns, f)
}

func isFn(o Object) bool { _, ok := o.(*Fn); return ok }

// checkFns checks the bodies of the fns.
func (c *checker) checkFns() {
	for _, f := range c.prog.Fns {
		c.fn, c.doubt = f, false
		c.scoped(func() {
			for _, p := range f.Params {
				c.enter(p)
				c.used[p] = true
			}
			c.block(f.Decl.Body)
		})
		c.checkReturns(f)
		c.checkStale(f.Params, f.Decl.Body)
		c.fn = nil
	}
}

// refuseInFn reports a statement by which the packet would be decided on, and those that can fail.
func (c *checker) refuseInFn(s syntax.Stmt) bool {
	what, hint := "", "return a value, and let the stage decide"
	switch s := s.(type) {
	case *syntax.VerdictStmt:
		what = s.Name
	case *syntax.GotoStmt:
		what = "goto"
	case *syntax.ParseStmt:
		what, hint = "parse", "parse in the stage and pass the view"
		if s.Peek {
			what, hint = "peek", "peek in the stage and pass the view"
		}
	case *syntax.SkipStmt:
		what, hint = "skip", "move the cursor in the stage"
		if s.Need {
			what, hint = "need", "ask in the stage"
		}
	case *syntax.PushStmt:
		what, hint = "push", "push in the stage"
	case *syntax.PopStmt:
		what, hint = "pop", "pop in the stage"
	default:
		return false
	}
	c.doubt = true
	c.errorf("E0430", s.Span(), "`%s` in a fn: only a stage decides what becomes of the packet", what).Hint = hint
	return true
}

// returnStmt is `return` or `return x`.
func (c *checker) returnStmt(s *syntax.ReturnStmt) {
	switch f := c.fn; {
	case f == nil:
		c.doubt = true
		c.errorf("E0411", s.Span(), "`return` outside a `fn`").Hint = "a stage ends in a verdict or a `goto`"
	case s.Value == nil && f.Result != nil:
		c.errorf("E0431", s.Span(), "`%s` returns %s", f.Name, typeString(f.Result.Type))
	case s.Value != nil && f.Result == nil:
		c.value(s.Value)
		c.errorf("E0431", s.Value.Span(), "`%s` has no result", f.Name).Hint =
			"declare its type behind the parameters: `fn " + f.Name + "(…) u32`"
	case s.Value != nil:
		c.use(s.Value, f.Result.Type)
	}
}

// fnValue is a call whose result is used.
func (c *checker) fnValue(e *syntax.Call, f *Fn) types.Type {
	c.fnCall(e, f)
	switch {
	case c.lengthOf != nil:
		c.errorf("E0506", e.Span(), "a length is computed from the header's fields alone")
	case f.Result == nil:
		d := c.errorf("E0432", e.Span(), "`%s` has no result", f.Name)
		note(d, f.Decl.Name.Span(), "declared here")
	default:
		return f.Result.Type
	}
	return types.Invalid
}

// callStmt is a call for what it does.
func (c *checker) callStmt(s *syntax.CallStmt) {
	e := s.Call
	if f, ok := c.topLevel(e.Fun.Name).(*Fn); ok {
		c.fnCall(e, f)
		return
	}
	if c.value(e) != types.Invalid {
		c.errorf("E0433", s.Span(), "the value of `%s` is not used", c.text(e))
	}
}

// fnCall checks the arguments of a call.
func (c *checker) fnCall(e *syntax.Call, f *Fn) {
	c.Uses[e.Fun] = f
	var from Object = c.stage
	if c.fn != nil {
		from = c.fn
	}
	c.calls[from] = append(c.calls[from], e)
	c.refuseCall(e, f)
	for i, a := range e.Args {
		if i < len(f.Params) {
			c.use(a, f.Params[i].Type)
			c.refuseViewArg(a, f.Params[i], f)
		} else {
			c.value(a)
		}
	}
	if len(e.Args) != len(f.Params) {
		d := c.errorf("E0311", e.Fun.Span(), "`%s` takes %s, not %d", f.Name, count(len(f.Params), "argument"), len(e.Args))
		note(d, f.Decl.Name.Span(), "declared here")
	}
}

// checkInlined refuses fns that call themselves, and stages whose calls become too much code.
func (c *checker) checkInlined() {
	in := &inliner{checker: c, sizes: map[*Fn]int{}}
	for _, f := range c.prog.Fns {
		in.size(f)
	}
	if in.circular {
		return
	}
	for _, s := range c.prog.Stages {
		in.limit(s, "stage", s.Decl.Name)
	}
	for _, f := range c.prog.Fns {
		if c.prog.called[f] {
			in.limit(f, "fn", f.Decl.Name)
		}
	}
}

// limit reports a stage or subprogram whose calls become too much code.
func (in *inliner) limit(o Object, kind string, name *syntax.Ident) {
	if in.callees(o) <= maxInlined {
		return
	}
	d := in.errorf("E0810", name.Span(), "the calls in %s `%s` become more than %d expressions and statements", kind, name.Name, maxInlined)
	d.Hint = "the code of a fn stands wherever it is called, unless it can be a subprogram; calls in calls multiply"
	note(d, in.calls[o][0].Span(), "the first call")
}

// An inliner computes how large fns are with all that they call, up to just above the limit.
type inliner struct {
	*checker
	sizes    map[*Fn]int
	trail    []*Fn
	circular bool
}

// size is the number of expressions and statements that a call of f becomes.
func (in *inliner) size(f *Fn) int {
	if n, done := in.sizes[f]; done {
		return n
	}
	if slices.Contains(in.trail, f) {
		return 0
	}
	in.trail = append(in.trail, f)
	n := in.callees(f)
	in.trail = in.trail[:len(in.trail)-1]
	syntax.Walk(f.Decl.Body, func(syntax.Node) bool { n++; return true })
	in.sizes[f] = n
	return n
}

// callees is the size of all that a stage or fn calls. It reports a call that closes a circle.
func (in *inliner) callees(o Object) int {
	n := 0
	for _, e := range in.calls[o] {
		f := in.Uses[e.Fun].(*Fn)
		if i := slices.Index(in.trail, f); i >= 0 && !in.circular {
			in.circular = true
			in.circle(e, in.trail[i:])
		}
		size := in.size(f)
		if in.prog.called[f] {
			size = 1
		}
		n = min(n+size, maxInlined+1)
	}
	return n
}

func (in *inliner) circle(e *syntax.Call, circle []*Fn) {
	var names []string
	for _, f := range append(circle, circle[0]) {
		names = append(names, "`"+f.Name+"`")
	}
	why := "its code stands where it is called"
	if slices.ContainsFunc(circle, func(f *Fn) bool { return f.Call }) {
		why = "how deep calls go must be known"
	}
	d := in.errorf("E0434", e.Span(), "a fn cannot call itself: %s", why)
	note(d, circle[0].Decl.Name.Span(), "the circle is "+strings.Join(names, " → "))
}

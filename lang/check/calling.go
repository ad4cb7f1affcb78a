package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A fn that is marked `call` is a BPF subprogram, and others may be made one, if they are large. Then a call passes what
// fits into registers and returns one number. The subprogram finds the packet by itself, so it must leave it where it is:
// its caller goes on with the pointers that it has.

// maxArgs is how many arguments a call has registers for: R1 to R5.
const maxArgs = 5

// A Calling is how a fn is called if it is a subprogram. Its arguments are the packet, if it looks at that; the scalars of its
// parameters, of a view its offset; and the cursor, if it looks at the payload.
type Calling struct {
	Packet bool // the context of the packet is its first argument
	Cursor bool // the cursor is its last argument
	Fails  bool // it may end in the default: of what it returns, bit 32 says so
	No     *Obstacle
}

// An Obstacle is why a fn can't be a subprogram.
type Obstacle struct {
	Why  string
	Hint string
	At   diag.Span // what is in the way; not valid: the fn as a whole
	Note string    // about At
}

// Calling is how f is called.
func (in *Info) Calling(f *Fn, t *PipelineType) *Calling {
	return (&callings{Info: in, pipeline: t, known: map[*Fn]*Calling{}}).of(f)
}

// callings are those of several fns.
type callings struct {
	*Info
	pipeline *PipelineType
	known    map[*Fn]*Calling
}

// of is the calling of a fn and, before that, of all that it calls.
func (cs *callings) of(f *Fn) *Calling {
	if c := cs.known[f]; c != nil {
		return c
	}
	c := &Calling{}
	cs.known[f] = c
	args := 0
	for _, p := range f.Params {
		args += numLeavesOf(p.Type)
		_, view := p.Type.(*types.Header)
		c.Packet = c.Packet || view
	}
	syntax.Walk(f.Decl.Body, func(n syntax.Node) bool {
		cs.look(c, n)
		return true
	})
	numbers := count(args, "number")
	switch {
	case c.Packet && c.Cursor:
		args, numbers = args+2, numbers+", the packet and the cursor"
	case c.Packet:
		args, numbers = args+1, numbers+" and the packet"
	}
	switch result := f.Result; {
	case c.No != nil:
	case args > maxArgs:
		c.No = &Obstacle{Why: fmt.Sprintf("it takes %s, and a call has registers for %d", numbers, maxArgs), Hint: "pass fewer"}
	case result != nil && types.NumLeaves(result.Type) != 1:
		c.No = &Obstacle{
			Why:  "it returns " + typeString(result.Type) + ", and a call returns one number",
			Hint: "return a number",
		}
	case result != nil && c.Fails && result.Type.Size() == 8:
		c.No = &Obstacle{
			Why:  "it may end in the default, and a result of 64 bits leaves no room to say so",
			Hint: "return " + typeString(types.U32),
		}
	}
	return c
}

// look adds what a part of the body asks for.
func (cs *callings) look(c *Calling, n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Select:
		if ref := cs.Fields[n]; ref != nil && ref.Packet != nil {
			c.Packet = true
		}
	case *syntax.Index:
		if cs.Payload[n] != nil {
			c.Packet, c.Cursor, c.Fails = true, true, true
		}
		if _, array := cs.Types[n.X].(*types.Array); array && cs.Consts[n.Index] == nil {
			c.Fails = true
		}
	case *syntax.ForStmt:
		if cs.Long(n) && c.No == nil {
			c.No = &Obstacle{Why: fmt.Sprintf("it has a loop of more than %d rounds, whose body is a function itself", maxRounds), At: firstWord(n, "for"), Note: "this one"}
		}
	case *syntax.AssignStmt:
		if e, ok := n.LHS.(*syntax.Index); ok && cs.Payload[e] != nil {
			cs.moves(c, e.Span(), "a write to the payload")
		}
	case *syntax.RewriteStmt:
		c.Packet = true
		cs.moves(c, firstWord(n, "rewrite"), "`rewrite`")
	case *syntax.Call:
		switch o := cs.Uses[n.Fun].(type) {
		case *Builtin:
			c.Packet = c.Packet || o.Name == "fib"
		case *Fn:
			cs.call(c, n, o)
		}
	}
}

// call adds what a fn that is called asks for.
func (cs *callings) call(c *Calling, e *syntax.Call, f *Fn) {
	in := cs.of(f)
	c.Packet, c.Cursor, c.Fails = c.Packet || in.Packet, c.Cursor || in.Cursor, c.Fails || in.Fails
	if in.No != nil && in.No.At.IsValid() && c.No == nil {
		c.No = &Obstacle{Why: in.No.Why, Hint: in.No.Hint, At: e.Span(), Note: "by this call"}
	}
}

// moves says that something may take the packet elsewhere, on tc: there its bytes are made linear when they are written.
func (cs *callings) moves(c *Calling, at diag.Span, what string) {
	if cs.pipeline != nil && cs.pipeline.Offload && c.No == nil {
		c.No = &Obstacle{
			Why:  what + " may move the packet on " + cs.pipeline.Name + ", and its caller would still look where it was",
			Hint: "without `call` its code stands where it is called, and that works", At: at, Note: "here",
		}
	}
}

// checkCalled reports fns that are marked `call` and can't be called.
func (c *checker) checkCalled() {
	if c.diags.HasErrors() {
		return
	}
	cs := &callings{Info: &c.Info, pipeline: c.prog.Type, known: map[*Fn]*Calling{}}
	for _, f := range c.prog.Fns {
		if !f.Call {
			continue
		}
		if no := cs.of(f).No; no != nil {
			d := c.errorf("E0435", f.Decl.CallMark().Span(), "`%s` cannot be a subprogram: %s", f.Name, no.Why)
			d.Hint = no.Hint
			note(d, no.At, no.Note)
		}
	}
}

// isType reports whether a name is that of a type.
func (c *checker) isType(n *syntax.NamedType) bool {
	e := c.top[n.Name]
	return e != nil && isTypeLike(e.obj)
}

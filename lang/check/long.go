package check

import (
	"cmp"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A loop of more rounds than are written out is long: its body is a function that the kernel calls for each round. Other loops
// can be like that too. What the body takes from outside are numbers; so it can't use what is found by a pointer that
// the kernel has made, or what must not be where the packet is another one in each round.

// Long reports whether a loop has more rounds than are written out.
func (in *Info) Long(s *syntax.ForStmt) bool { return in.Rounds[s] > maxRounds }

// written is how many rounds of a loop are written out: of a long one, a single one.
func (in *Info) written(s *syntax.ForStmt) int {
	if in.Long(s) {
		return 1
	}
	return in.Rounds[s]
}

// Loops are the loops whose body can be a function.
func (p *Program) Loops() map[*syntax.ForStmt]bool {
	loops := map[*syntax.ForStmt]bool{}
	for s := range p.Rounds {
		if p.loopObstacle(s) == nil {
			loops[s] = true
		}
	}
	return loops
}

// loopObstacle is why the body of a loop can't be a function, as far as the body says; nil if it can.
func (in *Info) loopObstacle(s *syntax.ForStmt) (no *Obstacle) {
	inside := map[Object]bool{}
	syntax.Walk(s.Body, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok && in.Defs[id] != nil {
			inside[in.Defs[id]] = true
		}
		return true
	})
	syntax.Walk(s.Body, func(n syntax.Node) bool {
		if no == nil {
			no = in.inBody(n, inside)
		}
		return no == nil
	})
	return no
}

// inBody is what is in the way in a part of the body.
func (in *Info) inBody(n syntax.Node, inside map[Object]bool) *Obstacle {
	switch n := n.(type) {
	case *syntax.Ident:
		l, ok := in.Uses[n].(*Local)
		if !ok || inside[l] {
			return nil
		}
		if _, ok := l.Type.(*types.MapRef); ok {
			return &Obstacle{
				Why:  "it uses `" + l.Name + "`, a reference from outside of the loop",
				Hint: "look the entry up in the loop, or copy what it holds to a variable before", At: n.Span(), Note: "here",
			}
		}
	case *syntax.PushStmt:
		return &Obstacle{Why: "it changes the packet's length by `push`", At: n.Span(), Note: "here"}
	case *syntax.PopStmt:
		return &Obstacle{Why: "it changes the packet's length by `pop`", At: n.Span(), Note: "here"}
	case *syntax.GotoStmt:
		if _, ok := in.Uses[n.Target].(*Slots); ok && n.Else != nil {
			return &Obstacle{
				Why:  "it goes on where a slot is empty, and only a program can go to a slot",
				Hint: "end the loop by `break`, and go to the slot behind it", At: n.Span(), Note: "here",
			}
		}
	case *syntax.ForStmt:
		if in.Long(n) {
			return &Obstacle{Why: "there is another long loop in it", At: firstWord(n, "for"), Note: "this one"}
		}
	case *syntax.Call:
		if f, ok := in.Uses[n.Fun].(*Fn); ok && in.hasLong(f, map[*Fn]bool{}) {
			return &Obstacle{Why: "there is another long loop in `" + f.Name + "`", At: n.Span(), Note: "which is called here"}
		}
	}
	return nil
}

// hasLong reports whether a fn has a long loop, or calls one that has.
func (in *Info) hasLong(f *Fn, seen map[*Fn]bool) (found bool) {
	if seen[f] {
		return false
	}
	seen[f] = true
	syntax.Walk(f.Decl.Body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ForStmt:
			found = found || in.Long(n)
		case *syntax.Call:
			if f, ok := in.Uses[n.Fun].(*Fn); ok {
				found = found || in.hasLong(f, seen)
			}
		}
		return !found
	})
	return found
}

// checkLong reports long loops whose body can't be a function.
func (c *checker) checkLong() {
	if c.diags.HasErrors() {
		return
	}
	for _, s := range c.prog.Stages {
		c.longIn(s.Decl.Body, nil)
	}
	for _, f := range c.prog.Fns {
		c.longIn(f.Decl.Body, nil)
	}
}

// longIn reports those in a part of the source. A rewrite sums up what is written in it, which a function can't.
func (c *checker) longIn(part syntax.Node, rewrite *syntax.RewriteStmt) {
	var inRewrite *Obstacle
	if rewrite != nil {
		inRewrite = &Obstacle{
			Why:  "it stands in a `rewrite`",
			Hint: "write the `rewrite` inside of the loop, or behind it", At: firstWord(rewrite, "rewrite"), Note: "this one",
		}
	}
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.RewriteStmt:
			c.longIn(n.Body, n)
			return false
		case *syntax.ForStmt:
			if !c.Long(n) {
				return true
			}
			if no := cmp.Or(inRewrite, c.loopObstacle(n)); no != nil {
				c.tooLong(firstWord(n, "for"), no)
			}
		case *syntax.Call:
			if f, ok := c.Uses[n.Fun].(*Fn); ok && rewrite != nil && c.hasLong(f, map[*Fn]bool{}) {
				c.tooLong(n.Span(), inRewrite)
			}
		}
		return true
	})
}

func (c *checker) tooLong(at diag.Span, no *Obstacle) {
	d := c.errorf("E0436", at, "a loop of more than %d rounds needs a body that can be a function, and this one's can't: %s", maxRounds, no.Why)
	d.Hint = no.Hint
	note(d, no.At, no.Note)
}

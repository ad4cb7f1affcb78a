package check

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// forStmt is `for i in LO..HI [max N] { … }`. HI itself is not in the range. Without a `max` both ends are constants.
func (c *checker) forStmt(s *syntax.ForStmt) {
	t := c.loopRange(s.In)
	rounds := c.roundsBetween(s, t)
	if s.Max != nil {
		if n := c.bound(s.Max, maxLong); rounds == 0 || n < rounds {
			rounds = n
		}
	}
	c.Rounds[s] = rounds
	c.scoped(func() {
		l := &Local{Name: s.Var.Name, Type: t, Loop: true, Decl: s.Var}
		c.enter(l)
		c.used[l] = true // to count is enough
		c.loops++
		c.block(s.Body)
		c.loops--
	})
}

// bound is the N of `max N`, 0 after an error.
func (c *checker) bound(e syntax.Expr, most uint64) int {
	return int(c.size(e, most, "E0813", "`max` is a number"))
}

// loopRange types the ends of a loop: both get the wider one's type, which is the variable's. Where both are constants
// without a type that is u32, if they fit.
func (c *checker) loopRange(r *syntax.Range) types.Type {
	lo, hi := c.expr(r.Lo), c.expr(r.Hi)
	t := lo
	switch {
	case lo == types.Invalid || hi == types.Invalid:
		t = types.Invalid
	case lo == types.Untyped && hi == types.Untyped:
		t = types.U32
		if v := c.ints[r.Hi]; v != nil && v.BitLen() > types.U32.Bits {
			t = types.U64
		}
	case lo == types.Untyped, intOf(lo) != nil && intOf(hi) != nil && intOf(lo).Bits < intOf(hi).Bits:
		t = hi
	}
	if t != types.Invalid && intOf(t) == nil {
		c.errorf("E0418", r.Span(), "a loop counts with an unsigned integer, not with %s", typeString(t))
		t = types.Invalid
	}
	fits := c.assignable(r.Lo, lo, t)
	if !c.assignable(r.Hi, hi, t) || !fits {
		return types.Invalid
	}
	return t
}

// roundsBetween is how many numbers are in the range of a loop, if both ends are constants, else 0.
func (c *checker) roundsBetween(s *syntax.ForStmt, t types.Type) int {
	lo, hi := c.Consts[s.In.Lo], c.Consts[s.In.Hi]
	switch {
	case t == types.Invalid:
	case lo == nil || hi == nil:
		if s.Max == nil {
			c.noBound(s)
		}
	case lo.Int >= hi.Int:
		c.errorf("E0418", s.In.Span(), "the range is empty").Hint = "the upper end is not in the range of a loop"
	case s.Max == nil && hi.Int-lo.Int > maxLong:
		c.errorf("E0813", s.In.Span(), "the loop has %d rounds, %d at most", hi.Int-lo.Int, maxLong)
	default:
		return int(min(hi.Int-lo.Int, maxLong))
	}
	return 0
}

// noBound reports a loop that could run without end.
func (c *checker) noBound(s *syntax.ForStmt) {
	at := s.In.Hi
	if c.Consts[at] != nil {
		at = s.In.Lo
	}
	d := c.errorf("E0307", at.Span(), "not a constant, so the loop needs a bound")
	d.Hint = fmt.Sprintf("write `for %s in %s max 64 { … }`", s.Var.Name, c.text(s.In))
}

// leaveLoop is a break or continue.
func (c *checker) leaveLoop(s syntax.Stmt, word string) {
	if c.loops == 0 {
		c.doubt = true
		c.errorf("E0411", s.Span(), "`%s` outside a loop", word)
	}
}

// checkUnrolled limits what loops and circles of stages become when they are written out, which is what the kernel's
// verifier makes of them, and the compiler too.
func (c *checker) checkUnrolled() {
	if c.diags.HasErrors() {
		return
	}
	var worst *unroller
	called, made := c.findCalled(), map[*Fn]int{}
	c.prog.called = called
	total := c.bodies(called, made)
	for _, s := range c.prog.Stages {
		u := &unroller{Info: &c.Info, called: called, fns: made}
		u.block(s.Decl.Body, s.Circle.copies())
		if total = min(total+u.statements, tooMuch); worst == nil || u.statements > worst.statements {
			worst = u
			if u.most == 0 && s.Circle != nil {
				u.what, u.at = "the rounds of this `goto`", s.Circle.Backs[0].Goto.Max.Span()
			}
		}
	}
	if total > maxUnroll && worst.at.IsValid() {
		c.errorf("E0814", worst.at, "%s make %s statements of the pipeline, %d at most", worst.what, about(total), maxUnroll).Hint =
			"loops and circles of stages are written out, round after round: fewer rounds, or fewer statements in each, make it fit"
	}
	c.statements = total
}

// tooMuch stands for all larger numbers.
const tooMuch = 1 << 40

func about(n int) string {
	if n == tooMuch {
		return "countless"
	}
	return fmt.Sprint(n)
}

// An unroller counts the statements of a stage, once for each time that they are written out, and finds the loop that
// makes the most of them.
type unroller struct {
	*Info
	called     map[*Fn]bool // subprograms: their statements aren't where they are called
	statements int
	fns        map[*Fn]int // the statements that a call makes
	most       int
	what       string
	at         diag.Span
}

func (u *unroller) block(b *syntax.Block, times int) {
	syntax.Walk(b, func(n syntax.Node) bool {
		loop, ok := n.(*syntax.ForStmt)
		if _, stmt := n.(syntax.Stmt); stmt {
			u.statements = min(u.statements+times, tooMuch)
		}
		if call, ok := n.(*syntax.Call); ok {
			if f, ok := u.Uses[call.Fun].(*Fn); ok && !u.called[f] {
				u.statements = min(u.statements+min(times, tooMuch/u.call(f))*u.call(f), tooMuch)
			}
		}
		if !ok {
			return true
		}
		before := u.statements
		u.block(loop.Body, min(times*u.written(loop), tooMuch))
		if made := u.statements - before; made > u.most {
			u.most, u.what, u.at = made, "the rounds of this loop", firstWord(loop, "for")
		}
		return false
	})
}

// call is the number of statements that a call of a fn makes, loops in it and all that it calls included; 1 at least.
func (u *unroller) call(f *Fn) int {
	n, known := u.fns[f]
	if !known {
		u.fns[f] = 1 // where fns call each other in a circle, which is reported elsewhere
		in := &unroller{Info: u.Info, called: u.called, fns: u.fns}
		in.block(f.Decl.Body, 1)
		n = max(in.statements, 1)
		u.fns[f] = n
	}
	return n
}

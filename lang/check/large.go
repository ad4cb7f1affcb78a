package check

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A fn that is too large to be written out wherever it is called is a subprogram too, if it can be one, as if it were marked.
const (
	// minLarge is how many statements a fn has that isn't marked and is called: a call of fewer saves nothing.
	minLarge = 32
	// maxWritten is how many statements all calls of a fn may become, beyond the first. A statement is some five to ten
	// instructions, and a program has 30,000 of these at most: so one fn may fill about half a program.
	maxWritten = 2000
	// maxDeep is how deep subprograms call each other below a program: the kernel has MAX_CALL_FRAMES, 8 with the program.
	maxDeep = 7
)

// Called are the fns that are to be subprograms: those that are marked, and those that are too large to be written out.
func (p *Program) Called() map[*Fn]bool {
	called := map[*Fn]bool{}
	for f := range p.called {
		called[f] = true
	}
	return called
}

// TooMuch reports whether too much code stands where it is called if these fns are the only subprograms.
func (p *Program) TooMuch(called map[*Fn]bool) bool {
	return p.statements(called)-p.statements(p.called) > maxUnroll
}

// statements is how many statements the pipeline has, loops, circles and calls written out but for those of subprograms.
func (p *Program) statements(called map[*Fn]bool) int {
	total, made := 0, map[*Fn]int{}
	for _, s := range p.Stages {
		u := &unroller{Info: &p.Info, called: called, fns: made}
		u.block(s.Decl.Body, s.Circle.copies())
		total = min(total+u.statements, tooMuch)
	}
	return min(total+p.bodies(called, made), tooMuch)
}

// bodies is how many statements subprograms have, each by itself.
func (in *Info) bodies(called map[*Fn]bool, made map[*Fn]int) (total int) {
	for f := range called {
		u := &unroller{Info: in, called: called, fns: made}
		total = min(total+u.call(f), tooMuch)
	}
	return total
}

// findCalled finds the fns that are to be subprograms.
func (c *checker) findCalled() map[*Fn]bool {
	called := map[*Fn]bool{}
	for _, f := range c.prog.Fns {
		if f.Call {
			called[f] = true
		}
	}
	order := c.calleesFirst()
	times := c.timesCalled(order, called)
	cs := &callings{Info: &c.Info, pipeline: c.prog.Type, known: map[*Fn]*Calling{}}
	made, deep := map[*Fn]int{}, map[*Fn]int{}
	for _, f := range order {
		for _, e := range c.calls[f] {
			deep[f] = max(deep[f], deep[c.Uses[e.Fun].(*Fn)])
		}
		u := &unroller{Info: &c.Info, called: called, fns: made}
		n := u.call(f)
		if !called[f] && n >= minLarge && times[f] > 1 && times[f]-1 > maxWritten/n && deep[f] < maxDeep && cs.of(f).No == nil {
			called[f] = true
		}
		if called[f] {
			deep[f]++
		}
	}
	return called
}

// calleesFirst lists the fns, each behind all that it calls; where they call each other in a circle, in some order.
func (c *checker) calleesFirst() (order []*Fn) {
	seen := map[*Fn]bool{}
	var visit func(f *Fn)
	visit = func(f *Fn) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, e := range c.calls[f] {
			visit(c.Uses[e.Fun].(*Fn))
		}
		order = append(order, f)
	}
	for _, f := range c.prog.Fns {
		visit(f)
	}
	return order
}

// timesCalled is how often the code of each fn is there if all calls are written out, but for those of subprograms.
func (c *checker) timesCalled(order []*Fn, called map[*Fn]bool) map[*Fn]int {
	times := map[*Fn]int{}
	add := func(f *Fn, n int) { times[f] = min(times[f]+n, tooMuch) }
	for _, s := range c.prog.Stages {
		c.eachCall(s.Decl.Body, s.Circle.copies(), add)
	}
	for _, f := range slices.Backward(order) {
		if called[f] {
			times[f] = min(times[f], 1)
		}
		c.eachCall(f.Decl.Body, times[f], add)
	}
	return times
}

// eachCall visits the calls in a part of the source, with how often they are there if loops are written out.
func (in *Info) eachCall(part syntax.Node, times int, visit func(f *Fn, times int)) {
	syntax.Walk(part, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ForStmt:
			in.eachCall(n.In, times, visit)
			in.eachCall(n.Body, min(times*in.written(n), tooMuch), visit)
			return false
		case *syntax.Call:
			if f, ok := in.Uses[n.Fun].(*Fn); ok {
				visit(f, times)
			}
		}
		return true
	})
}

package verifier

import (
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// Callees are the subprograms of a module, as programs pay for them. The kernel's verifier goes through each by itself, for
// any arguments (they are global functions, which it does from Linux 5.6 on): once for each program that it is linked
// to, whoever calls it there, and however often. The bodies of loops it goes through where the loop stands, and mostly once,
// as they are built for that (build/body.go).
type Callees struct{ byName map[string]*callee }

type callee struct {
	own     Estimate
	maps    []string
	calls   []string // the subprograms that it calls itself
	deepest int      // bytes of stack from it on
}

// FrameUnit is what the kernel rounds the stack of every function of a program up to. Newer ones round to 16.
const FrameUnit = 32

// Frame is the stack that a function takes by which others are called, or that is called.
func Frame(bytes int) int { return max(FrameUnit, (bytes+FrameUnit-1)/FrameUnit*FrameUnit) }

// NewCallees prices the subprograms of a module.
func NewCallees(m *ir.Module) *Callees {
	c := &Callees{byName: map[string]*callee{}}
	for _, f := range m.Subs { // callees first
		p := cost(f)
		e := &callee{own: p.Estimate, maps: p.maps, calls: p.calls}
		e.deepest = Frame(e.own.Stack) + c.Deepest(e.calls)
		c.byName[f.Name] = e
	}
	return c
}

// Calls are the subprograms that a subprogram calls itself.
func (c *Callees) Calls(name string) []string { return c.byName[name].calls }

// Own is the price of a subprogram, without what it calls.
func (c *Callees) Own(name string) Estimate { return c.byName[name].own }

// Closure is what some subprograms are and all that they call, by name.
func (c *Callees) Closure(names []string) []string {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if !seen[name] {
			seen[name] = true
			for _, n := range c.byName[name].calls {
				visit(n)
			}
		}
	}
	for _, n := range names {
		visit(n)
	}
	return slices.Sorted(maps.Keys(seen))
}

// Deepest is the stack that calls of some subprograms take at most, in bytes.
func (c *Callees) Deepest(names []string) int {
	most := 0
	for _, n := range names {
		most = max(most, c.byName[n].deepest)
	}
	return most
}

// Processed is what the verifier walks through for a subprogram and all that it calls.
func (c *Callees) Processed(name string) int {
	n := 0
	for _, each := range c.Closure([]string{name}) {
		n += c.byName[each].own.Processed
	}
	return n
}

// with is a list with one name more, if it isn't there yet.
func with(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// Charge adds to the price of a program what it calls, and counts the maps: those of the program itself, each listed once,
// and those of the subprograms.
func (c *Callees) Charge(e *Estimate, called, maps []string) {
	e.Deepest = c.Deepest(called)
	for _, n := range c.Closure(called) {
		sub := c.byName[n]
		e.Insns += sub.own.Insns
		e.Processed += sub.own.Processed
		e.Pending = max(e.Pending, sub.own.Pending)
		e.Jump = max(e.Jump, sub.own.Jump)
		for _, name := range sub.maps {
			maps = with(maps, name)
		}
	}
	e.Maps = len(maps)
}

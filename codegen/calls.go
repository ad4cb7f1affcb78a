package codegen

import (
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/codegen/internal/emit"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
	"github.com/tcc-bpf/tcc/lang/check"
)

// A fn becomes a subprogram if the source says `call`, or if it is too large to stand wherever it is called. Whether it can,
// shows only later: what it costs to verify, what its frame takes, and whether programs that call it make tail calls too.
// If it can't, its code stands where it is called, and all is compiled once more. That ends, as each time there are fewer
// subprograms.

// dearPart is the part of the budget that a subprogram may cost, with what it calls. It can't be cut, and every program
// that calls it pays for it.
const dearPart = 4

// maxFrames is how many functions can be called inside each other (MAX_CALL_FRAMES in linux/bpf_verifier.h), the program
// among them.
const maxFrames = 8

// maxFuncs is how many functions a program can have, itself among them (BPF_MAX_SUBPROGS in linux/bpf_verifier.h). Here all of a
// pipeline are counted, whatever program they are in.
const maxFuncs = 256

// calls are the fns that are subprograms, and those that aren't though they should be; and the loops whose body is one.
type calls struct {
	p       *check.Program
	called  map[*check.Fn]bool
	inlined []Inlined
	loops   *loops
}

// Inlined is a fn that was to be a subprogram, and why its code stands where it is called nevertheless.
type Inlined struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

func newCalls(p *check.Program, opts Options) *calls {
	return &calls{p: p, called: p.Called(), inlined: []Inlined{}, loops: newLoops(p, opts)}
}

// refuse writes a subprogram out where it is called.
func (c *calls) refuse(name, format string, args ...any) {
	c.loops.refuse(c.p, name, fmt.Sprintf(format, args...),
		"let the loop do less, or change fewer variables; a larger -budget makes fewer tail calls, beside which there is less stack")
	for f := range c.called {
		if f.Name == name {
			at := f.Decl.Name.Span()
			c.inlined = append(c.inlined, Inlined{name, at.File, at.Start.Line, fmt.Sprintf(format, args...)})
			delete(c.called, f)
		}
	}
}

// dear refuses subprograms that cost too much to verify, and those that are too deep inside of others. It reports whether
// there are any.
func (c *calls) dear(m *ir.Module, budget int) bool {
	before := c.count()
	callees, depth := verifier.NewCallees(m), map[string]int{}
	for _, f := range m.Subs { // callees first
		for _, name := range callees.Calls(f.Name) {
			depth[f.Name] = max(depth[f.Name], 1+depth[name])
		}
		most := budget / dearPart
		if st := c.loops.byName[f.Name]; st != nil && c.p.Long(st) {
			most = budget // the program will hardly have room for more, but there is no other way
		}
		if n := callees.Processed(f.Name); n > most {
			c.refuse(f.Name, "the verifier would walk through about %d instructions of it in each program that calls it, and the budget is %d", n, budget)
		} else if depth[f.Name] > maxFrames-2 {
			c.refuse(f.Name, "with what it calls, more than %d functions would call each other", maxFrames)
		}
	}
	if len(m.Subs) >= maxFuncs {
		for _, f := range m.Subs {
			c.loops.refuse(c.p, f.Name, fmt.Sprintf("a program has %d functions at most, and there would be %d", maxFuncs, 1+len(m.Subs)),
				"there is one for each place where the loop comes to stand when what is around it is written out: make these fewer")
		}
	}
	return c.count() < before
}

// count is how many functions there are to be.
func (c *calls) count() int { return len(c.called) + len(c.loops.bodies) }

// unsound refuses subprograms that a program of a plan can't call. It reports whether there are any.
func (c *calls) unsound(u *unit) bool {
	before, callees := c.count(), u.callees
	frames := map[string]int{}
	for i, f := range u.m.Subs {
		deepest := 0
		for _, name := range callees.Calls(f.Name) {
			deepest = max(deepest, frames[name])
		}
		frames[f.Name] = verifier.Frame(u.subs[i].Stack) + deepest
	}
	for i, pr := range u.plan.Programs {
		calls := split.Subprograms(u.m.Funcs[i])
		limit, what := verifier.MaxStack, ""
		if pr.Cost.TailCalls {
			limit, what = u.m.Target.CallStack(), ", as that makes tail calls too"
		}
		if limit == 0 {
			for _, name := range callees.Closure(calls) {
				c.refuse(name, "program `%s`, which would call it, makes tail calls too: not all kernels before 6.1 can do both", pr.Name)
			}
			continue
		}
		for _, name := range calls {
			if n := verifier.Frame(u.code[i].Stack) + frames[name]; n > limit {
				c.refuse(name, "with what it calls and program `%s` it would need %d bytes of stack, %d at most%s", pr.Name, n, limit, what)
			}
		}
	}
	return c.count() < before
}

// tooMuch is an error if what was refused becomes too much code where it is called.
func (c *calls) tooMuch() error {
	if c.loops.none != nil {
		return c.loops.none
	}
	if len(c.inlined) == 0 || !c.p.TooMuch(c.called) {
		return nil
	}
	last := c.inlined[len(c.inlined)-1]
	return &PlanError{Reason: fmt.Sprintf("fn `%s` is too large to stand wherever it is called, and it can't be a subprogram: %s", last.Name, last.Why)}
}

// all refuses all subprograms, as there is no plan with them.
func (c *calls) all(none *PlanError) {
	why := "with subprograms there is no plan"
	if none.Reason == "" {
		why += fmt.Sprintf(": stage `%s` comes to %d %s, and the limit is %d", none.Stage, none.Have, none.Constraint, none.Limit)
	}
	for _, f := range c.p.Fns {
		if c.called[f] {
			c.refuse(f.Name, "%s", why)
		}
	}
}

// A Subprogram is a fn that programs call, or the body of a loop.
type Subprogram struct {
	Name          string   `json:"name"`
	File          string   `json:"file"`
	Line          int      `json:"line"`
	Why           string   `json:"why"`           // it is a subprogram
	Instructions  int      `json:"instructions"`  // in units of 8 bytes, as the kernel counts them
	EstimatedCost int      `json:"estimatedCost"` // instructions that the verifier will process, once in each program
	Stack         int      `json:"stack"`         // bytes
	Calls         []string `json:"calls"`         // the subprograms that it calls itself
	Callers       []string `json:"callers"`       // the programs that it is linked to
	Rounds        int      `json:"rounds"`        // it is the body of a loop of at most so many; 0: it is none
}

// Why fns are subprograms.
const (
	marked = "it is marked `call`"
	large  = "it is too large to stand wherever it is called"
	long   = "a loop of so many rounds isn't written out"
	noPlan = "there is no plan with the loop written out"
)

// subprograms tells about each subprogram, in the order of the module's.
func (c *calls) subprograms(u *unit) []*Subprogram {
	callees, all := u.callees, []*Subprogram{}
	for i, f := range u.m.Subs {
		s := &Subprogram{Name: f.Name, Why: marked, Instructions: u.subs[i].Size(), Stack: u.subs[i].Stack,
			EstimatedCost: callees.Own(f.Name).Processed, Calls: append([]string{}, callees.Calls(f.Name)...), Callers: []string{}}
		for _, fn := range c.p.Fns {
			if fn.Name == f.Name {
				if !fn.Call {
					s.Why = large
				}
				s.File, s.Line = fn.Decl.Name.Span().File, fn.Decl.Name.Span().Start.Line
			}
		}
		if st := c.loops.byName[f.Name]; st != nil {
			s.Why, s.Rounds = noPlan, c.p.Rounds[st]
			if c.p.Long(st) {
				s.Why = long
			}
			s.File, s.Line = st.In.Span().File, st.In.Span().Start.Line
		}
		for k, pr := range u.plan.Programs {
			if slices.Contains(callees.Closure(split.Subprograms(u.m.Funcs[k])), f.Name) {
				s.Callers = append(s.Callers, pr.Name)
			}
		}
		all = append(all, s)
	}
	return all
}

// A unit is what a pipeline was compiled to.
type unit struct {
	m    *ir.Module
	plan *split.Plan
	code []*emit.Function // of the programs
	subs []*emit.Function

	callees *verifier.Callees // the prices of the subprograms
}

// linked are the subprograms that a program is linked to.
func (u *unit) linked(program int) []*emit.Function {
	names := u.callees.Closure(split.Subprograms(u.m.Funcs[program]))
	var list []*emit.Function
	for _, f := range u.subs {
		if slices.Contains(names, f.Name) {
			list = append(list, f)
		}
	}
	return list
}

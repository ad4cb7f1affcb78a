package oracle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A Plan is a way to cut a pipeline into programs. The zero value is the default: one program, unless it is very large.
type Plan struct {
	Budget int    // if not 0
	Part   int    // if not 0: the budget is that part of what the default plan's largest program is estimated at
	OneIn  int    // if not 0: of so many places where a program can begin, one is cut at
	Seed   uint64 // chooses them

	Target   codegen.Target
	Carrier  codegen.Carrier
	Profiled bool // by what the case's packets come to
	Stack    int  // bytes beyond which numbers lie elsewhere, if not 0
	Forget   bool // whatever the verifier can forget, though its way is short
	Loops    bool // whose bodies are functions, where they can be
}

func (p Plan) String() string {
	s := p.cuts()
	if p.Target != (codegen.Target{}) {
		s += ", target " + p.Target.String()
	}
	if p.Carrier != codegen.Auto {
		s += ", carrier " + string(p.Carrier)
	}
	if p.Profiled {
		s += ", profiled"
	}
	if p.Stack > 0 {
		s += fmt.Sprintf(", %d bytes of stack", p.Stack)
	}
	if p.Forget {
		s += ", forgetful"
	}
	if p.Loops {
		s += ", loops called"
	}
	return s
}

func (p Plan) cuts() string {
	switch {
	case p.OneIn > 0:
		return fmt.Sprintf("cut at one in %d, seed %d", p.OneIn, p.Seed)
	case p.Budget > 0:
		return fmt.Sprintf("budget %d", p.Budget)
	}
	return "default plan"
}

// oneIn are how rare random cuts are. Where all cuts are made, there may be a hundred programs, which takes its time.
var oneIn = []int{4, 10, 3, 25, 6, 4, 15, 8, 4, 30, 6, 2, 8, 4, 20, 1}

// plans are those of a case.
func (c *Case) plans(p *check.Program) ([]Plan, *Failure) {
	all, failure := c.cuts(p)
	loops := len(p.Loops()) > 0
	calls := slices.ContainsFunc(p.Fns, func(f *check.Fn) bool { return f.Call })
	for i := range all[1:] {
		p := c.elsewhere(all[1+i], i)
		some := (c.Choice+uint64(i))%4 > 0
		if some && (calls || loops) && p.Target.CallStack() == 0 {
			p.Target = caller(c.Choice + uint64(i))
		}
		p.Loops = some && loops && p.Target.Loops()
		all[1+i] = p
	}
	return all, failure
}

// caller is one of the targets of which programs can call functions, in loops or not, and be cut.
func caller(choice uint64) codegen.Target {
	all := slices.DeleteFunc(slices.Clone(codegen.Targets), func(t codegen.Target) bool { return t.CallStack() == 0 })
	return all[choice%uint64(len(all))]
}

// elsewhere lets some plans be for another kernel than the oldest, some carry state where it isn't the cheapest, and some keep
// few numbers on the stack. The kernel that runs here is new enough for all.
func (c *Case) elsewhere(p Plan, i int) Plan {
	r := rand.New(rand.NewPCG(c.Choice, uint64(i)))
	if r.IntN(2) == 0 {
		p.Target = codegen.Targets[r.IntN(len(codegen.Targets))]
		p.Target.RT = r.IntN(3) == 0
	}
	if r.IntN(3) == 0 {
		p.Carrier = []codegen.Carrier{codegen.CB, codegen.Meta, codegen.PerCPU}[r.IntN(3)]
	}
	p.Profiled = r.IntN(3) == 0
	if r.IntN(3) == 0 {
		p.Stack = 8 + r.IntN(100)
	}
	p.Forget = r.IntN(4) == 0
	return p
}

// cuts are the plans of a case for the oldest kernel.
func (c *Case) cuts(p *check.Program) ([]Plan, *Failure) {
	all := []Plan{{}}
	for i := range uint64(c.Cuts) {
		all = append(all, Plan{OneIn: oneIn[(i+c.Choice)%uint64(len(oneIn))], Seed: c.Choice + i})
	}
	if c.Part {
		all = append(all, Plan{Part: 2 + int(c.Choice>>8%4)})
	}
	if !c.Budgets || unrolled(p) > quick {
		return all, nil
	}
	least, failure := leastBudget(p)
	if failure != nil || least == 0 {
		return all, failure
	}
	return append(all, Plan{Budget: least}, Plan{Budget: least + int(c.Choice%uint64(2*least))}), nil
}

// quick is how many statements, loops and circles written out, a pipeline may have for a search of its least budget.
const quick = 250

// unrolled is about how many statements a pipeline has when it is written out.
func unrolled(p *check.Program) int {
	n := 0
	var count func(b *syntax.Block, times int)
	count = func(b *syntax.Block, times int) {
		syntax.Walk(b, func(node syntax.Node) bool {
			if _, stmt := node.(syntax.Stmt); stmt {
				n += times
			}
			loop, ok := node.(*syntax.ForStmt)
			if ok {
				count(loop.Body, times*p.Rounds[loop])
			}
			return !ok
		})
	}
	for _, s := range p.Stages {
		copies := 1
		if s.Circle != nil {
			for _, b := range s.Circle.Backs {
				copies *= b.Max + 1
			}
		}
		count(s.Decl.Body, copies)
	}
	return n
}

// leastBudget is the least budget for which there is a plan, or nearly; 0 if there is none.
func leastBudget(p *check.Program) (budget int, failure *Failure) {
	none := Plan{Budget: 1}
	_, failure = none.compile(p, codegen.Options{})
	switch {
	case failure == nil:
		return none.Budget, nil
	case failure.Kind != noPlan:
		return 0, failure
	}
	if _, err := fmt.Sscanf(failure.Detail, "a budget of %d is enough", &budget); err != nil {
		return 0, nil // the default plan tells why
	}
	return budget, nil
}

// noPlan is the kind of failure of a plan that there isn't; its detail is the remedy.
const noPlan = "no plan"

// compile compiles a pipeline by the plan, with its clock and dice pinned.
func (pl Plan) compile(p *check.Program, opts codegen.Options) (a *codegen.Artifact, failure *Failure) {
	defer func() {
		if what := recover(); what != nil {
			failure = fail("compiler panics: "+normal(fmt.Sprint(what)), "%v\n%s", what, debug.Stack())
		}
		if failure != nil {
			failure.Plan = pl
		}
	}()
	opts.Budget, opts.Pinned, opts.Target, opts.Carrier, opts.Stack, opts.Loops = pl.Budget, true, pl.Target, pl.Carrier, pl.Stack, pl.Loops
	if pl.Forget {
		opts.Forget = 1
	}
	if pl.OneIn > 0 {
		r := rand.New(rand.NewPCG(pl.Seed, 3))
		opts.Cut = func() bool { return r.IntN(pl.OneIn) == 0 }
	}
	a, err := codegen.Compile(p, opts)
	var no *codegen.PlanError
	switch {
	case err == nil:
		return a, nil
	case pl.OneIn > 0 && strings.Contains(err.Error(), "bytes of stack, the kernel allows"):
		return nil, fail(noPlan, "nobody asked for the stack where cuts were made by chance: %v", err)
	case errors.As(err, &no):
		return nil, fail(noPlan, "%s; %v", no.Remedy, err)
	}
	return nil, fail("compiler: "+normal(err.Error()), "%v", err)
}

// Package codegen compiles a checked pipeline to eBPF programs.
//
// Compile is the whole compiler, about one line a stage; each line's work is described in the package it calls.
package codegen

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/build"
	"github.com/tcc-bpf/tcc/codegen/internal/emit"
	"github.com/tcc-bpf/tcc/codegen/internal/forget"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/opt"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/codegen/internal/verifier"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/runtime"
)

// DefaultBudget is the bound on the estimated processed instructions of a program if none is given. The kernel's is
// 1,000,000 (BPF_COMPLEXITY_LIMIT_INSNS in linux/bpf_verifier.h); a fifth of it leaves room for errors of the estimate.
const DefaultBudget = 200_000

// leastForgotten is what the verifier may walk through in any case before it is made to forget numbers, which costs an
// instruction each at run time. A quarter of the budget may always be.
const leastForgotten = 5_000

// Options of Compile. The zero value is fine.
type Options struct {
	// Budget bounds the estimated processed instructions of each program. 0 means DefaultBudget.
	Budget int
	// Pinned takes the clock, randomness and CPU number from the variables tcc_now, tcc_random and tcc_cpu, and routes from
	// the maps tcc_routes4 and tcc_routes6, instead of the kernel, so that two runs can be compared.
	Pinned bool
	// Target is the kernels that the programs are for. The zero value is the oldest, Linux 5.10.
	Target Target
	// Carrier is where the state of a packet travels from program to program: Auto, CB, Meta or PerCPU.
	Carrier Carrier
	// Profile takes the place of the guess how often packets come by, if it isn't nil. What it doesn't know is guessed.
	Profile *Profile
	// Stack is how many bytes of stack are enough for keys, values, events and numbers; of numbers the rest lies in the per-CPU
	// array, if state may travel there. 0 means nearly all that the kernel gives. Less is for tests.
	Stack int
	// Cut, if set, is asked wherever a program can begin whether one does, and there is no budget: for tests.
	Cut func() bool
	// Forget, if not 0, is how many instructions the verifier may walk through before it is made to forget numbers: for tests.
	Forget int
	// Loops makes the bodies of all loops functions that can be, where the target has bpf_loop: for tests.
	Loops bool
	// Verify checks the compiler's own work after every pass, for tests: an error is a bug of the compiler.
	Verify bool
	// Emitted, if set, is told the operations and terminators of the programs, by the names that Operations lists, and
	// where in the source each comes from: for tests.
	Emitted func(op string, at diag.Span)
}

// Artifact is a compiled pipeline.
type Artifact struct {
	Variant  string `json:",omitempty"` // the name; empty: it is the only one
	Since    string `json:",omitempty"` // see runtime.Variant
	RT       bool   `json:",omitempty"` // see runtime.Variant
	Layout   runtime.Layout
	Programs []*Program // the entry, the stages of slots, then by index in the prog array
	// Subprograms are what programs call, each after those that it calls. Inlined are those that were to be some.
	Subprograms []*Subprogram
	Inlined     []Inlined
	MaxChain    int      // tail calls that a packet makes at most
	Chain       []string // the programs and, as name[], the slots tables on that way
	StateBytes  int      // of tcc_state, the per-CPU array in which state travels; 0: there is none
	// The objects, ELF files: the same programs for either byte order, instruction by instruction.
	LittleEndian, BigEndian []byte `json:"-"`
}

// A Target is a line of kernels.
type Target = ir.Target

// Targets are all lines, the oldest first.
var Targets = ir.Targets

// ParseTarget reads a target as it is written: a release of Targets, followed by ,rt for kernels built with PREEMPT_RT.
func ParseTarget(text string) (Target, error) { return ir.ParseTarget(text) }

// A Carrier is where state travels from program to program.
type Carrier = split.Carrier

// The carriers. ParseCarrier reads one as it is written.
const (
	Auto   = split.Auto
	CB     = split.CB
	Meta   = split.Meta
	PerCPU = split.PerCPU
)

// ParseCarrier reads a carrier as it is written: auto, cb, meta or percpu.
func ParseCarrier(text string) (Carrier, error) { return split.ParseCarrier(text) }

// A PlanError says why there is no way to cut a pipeline into programs.
type PlanError = split.Error

// A Cause is something in the source that makes a plan impossible.
type Cause = split.Cause

// Compile compiles a checked program. It fails with a *PlanError if no plan fits the budget or the limit on tail calls.
func Compile(p *check.Program, opts Options) (*Artifact, error) {
	calls := newCalls(p, opts)
	var first error
	for {
		u, err := compile(p, opts, calls)
		var none *PlanError
		if errors.As(err, &none) {
			if len(calls.called) > 0 && calls.tooMuch() == nil {
				calls.all(none)
				continue
			}
			if first == nil {
				first = err
			}
			if calls.loops.none == nil && calls.loops.more(p, opts.Target, leastRounds) {
				continue
			}
			err = first
		}
		if err != nil {
			return nil, named(p, err)
		}
		if !calls.unsound(u) {
			return assemble(p, opts, calls, u)
		}
	}
}

// compile makes machine code, some fns being called.
func compile(p *check.Program, opts Options, calls *calls) (*unit, error) {
	optimize := func(m *ir.Module) error { return opt.Run(m, opt.Options{Verify: opts.Verify}) }
	m, err := whole(p, opts, calls, optimize)
	if err != nil {
		return nil, err
	}
	plan, err := split.Module(m, splitOptions(p, opts, optimize))
	if err != nil {
		return nil, err
	}
	u := &unit{m: plan.Apply(), plan: plan}
	u.callees = verifier.NewCallees(u.m)
	if u.code, err = emitted(u.m, u.m.Funcs, "program"); err == nil {
		u.subs, err = emitted(u.m, u.m.Subs, "fn")
	}
	return u, err
}

// whole is the IR that isn't cut yet. Subprograms are not too dear.
func whole(p *check.Program, opts Options, calls *calls, optimize func(*ir.Module) error) (*ir.Module, error) {
	budget := cmp.Or(opts.Budget, DefaultBudget)
	for {
		if err := calls.tooMuch(); err != nil {
			return nil, err
		}
		m := build.Module(p, build.Options{Pinned: opts.Pinned, Target: opts.Target, Calls: calls.called, Loops: calls.loops.bodies})
		calls.loops.learn(m)
		if err := optimize(m); err != nil {
			return nil, err
		}
		forget.Module(m, cmp.Or(opts.Forget, max(leastForgotten, budget/4)))
		if err := optimize(m); err != nil {
			return nil, err
		}
		if !calls.dear(m, budget) {
			return m, nil
		}
	}
}

// emitted is the machine code of some functions.
func emitted(m *ir.Module, funcs []*ir.Func, kind string) ([]*emit.Function, error) {
	var code []*emit.Function
	for _, f := range funcs {
		c, err := emit.Compile(m, f)
		if err != nil {
			return nil, fmt.Errorf("%s `%s`: %w", kind, f.Name, err)
		}
		code = append(code, c)
	}
	return code, nil
}

// assemble is the last stage.
func assemble(p *check.Program, opts Options, calls *calls, u *unit) (*Artifact, error) {
	opts.emitted(u.m)
	a := &Artifact{
		Since: since(u.m, u.plan), RT: !has(u.m, split.TableState),
		Layout: layout(p, u.m, u.plan), Programs: programs(p, u), Subprograms: calls.subprograms(u), Inlined: calls.inlined,
		MaxChain: u.plan.TailCalls, Chain: u.plan.Chain, StateBytes: u.plan.State,
	}
	var err error
	a.LittleEndian, a.BigEndian, err = (&assembler{p, u}).objects()
	return a, err
}

func splitOptions(p *check.Program, opts Options, optimize func(*ir.Module) error) split.Options {
	o := split.Options{Budget: cmp.Or(opts.Budget, DefaultBudget), Optimize: optimize, Carrier: opts.Carrier, Stack: opts.Stack, Profile: opts.Profile.lookup(p)}
	if opts.Cut != nil {
		o.Cut = func(*ir.Block) bool { return opts.Cut() }
	}
	return o
}

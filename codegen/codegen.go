// Package codegen compiles a checked pipeline to eBPF programs.
//
// Compile is the whole compiler, about one line a stage; each line's work is described in the package it calls.
package codegen

import (
	"cmp"
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/build"
	"github.com/tcc-bpf/tcc/codegen/internal/emit"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/opt"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// DefaultBudget is the bound on the estimated processed instructions of a program if none is given. The kernel's is
// 1,000,000 (BPF_COMPLEXITY_LIMIT_INSNS in linux/bpf_verifier.h); a fifth of it leaves room for errors of the estimate.
const DefaultBudget = 200_000

// Options of Compile. The zero value is fine.
type Options struct {
	// Budget bounds the estimated processed instructions of each program. 0 means DefaultBudget.
	Budget int
	// Pinned takes the clock, randomness and CPU number from the variables tcc_now, tcc_random and tcc_cpu instead of
	// the kernel, so that two runs can be compared.
	Pinned bool
	// Cut, if set, is asked wherever a program can begin whether one does, and there is no budget: for tests.
	Cut func() bool
	// Verify checks the compiler's own work after every pass, for tests: an error is a bug of the compiler.
	Verify bool
}

// Artifact is a compiled pipeline.
type Artifact struct {
	Layout   runtime.Layout
	Programs []*Program // the entry, the stages of slots, then by index in the prog array
	// The objects, ELF files: the same programs for either byte order, instruction by instruction.
	LittleEndian, BigEndian []byte `json:"-"`
}

// Program tells about one program of a pipeline.
type Program struct {
	Name          string `json:"name"`
	Index         int    `json:"index"`         // in the prog array; -1: not in it (the entry, and stages of slots)
	Instructions  int    `json:"instructions"`  // in units of 8 bytes, as the kernel counts them
	EstimatedCost int    `json:"estimatedCost"` // instructions that the verifier will process, by the compiler's model
	CarriedBytes  int    `json:"carriedBytes"`  // state that reaches it over a tail call
	TailCalls     int    `json:"tailCalls"`     // tail calls in its code
	Stack         int    `json:"stack"`         // bytes

}

// A PlanError says why there is no way to cut a pipeline into programs.
type PlanError = split.Error

// Compile compiles a checked program. It fails with a *PlanError if no plan fits the budget or the limit on tail calls.
func Compile(p *check.Program, opts Options) (*Artifact, error) {
	optimize := func(m *ir.Module) error { return opt.Run(m, opt.Options{Verify: opts.Verify}) }
	m := build.Module(p, build.Options{Pinned: opts.Pinned})
	if err := optimize(m); err != nil {
		return nil, err
	}
	plan, err := split.Module(m, splitOptions(opts, optimize))
	if err != nil {
		return nil, err
	}
	m = plan.Apply()
	var code []*emit.Function
	for _, f := range m.Funcs {
		c, err := emit.Compile(m, f)
		if err != nil {
			return nil, fmt.Errorf("program `%s`: %w", f.Name, err)
		}
		code = append(code, c)
	}
	a := &Artifact{Layout: layout(p, m), Programs: programs(plan, m, code)}
	a.LittleEndian, a.BigEndian, err = (&assembler{p, m}).objects(code)
	return a, err
}

func splitOptions(opts Options, optimize func(*ir.Module) error) split.Options {
	o := split.Options{Budget: cmp.Or(opts.Budget, DefaultBudget), Optimize: optimize}
	if opts.Cut != nil {
		o.Cut = func(*ir.Block) bool { return opts.Cut() }
	}
	return o
}

// programs tells about each program, in the order of the module's functions.
func programs(plan *split.Plan, m *ir.Module, code []*emit.Function) []*Program {
	var all []*Program
	for i, f := range m.Funcs {
		calls := 0
		for _, b := range f.Blocks {
			if b.Term.Op == ir.TailCall {
				calls++
			}
		}
		all = append(all, &Program{
			Name:          f.Name,
			Index:         f.Index,
			Instructions:  code[i].Size(),
			EstimatedCost: plan.Programs[i].Cost.Processed,
			CarriedBytes:  plan.Programs[i].Bytes(),
			TailCalls:     calls,
			Stack:         code[i].Stack,
		})
	}
	return all
}

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

var testCommand = &command{
	name: "test", args: "[flags] FILE.tcc", summary: "run the test blocks of a source",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		var plan planFlags
		inKernel := fs.Bool("kernel", false, "run the compiled programs in the kernel (as root) instead of the interpreter")
		asJSON := fs.Bool("json", false, "print a line of JSON for each test")
		plan.declare(fs)
		return func(e *env, args []string) error {
			path, err := oneFile(args)
			if err != nil {
				return err
			}
			variants, err := plan.all()
			if err != nil {
				return err
			}
			for i := range variants {
				variants[i].Options.Pinned = true
			}
			m, err := engines(e.failing(*asJSON), path, variants, *inKernel)
			if err != nil {
				return err
			}
			runs, err := m.tests()
			if err != nil {
				return err
			}
			if *asJSON {
				return testsJSON(e, runs)
			}
			return testsText(e, runs, m.source)
		}
	},
}

// A testRun is what came of the tests in the interpreter, in the kernel, or in a variant there.
type testRun struct {
	variant string // empty: there are none
	refused error  // why the kernel doesn't take the variant; then there are no results
	results []interp.TestResult
}

// tests runs the test blocks, in each of the variants that the kernel takes.
func (m *machine) tests() (runs []testRun, err error) {
	if m.all == nil {
		return []testRun{{results: interp.RunTests(m.program, m.open)}}, nil
	}
	var refused []runtime.Refusal
	for _, a := range m.all {
		one := &machine{m.program, m.source, []*codegen.Artifact{a}}
		r := testRun{variant: a.Variant}
		if a.Variant != "" {
			if r.refused, err = one.refused(); err != nil {
				return nil, withHint(err)
			}
		}
		if r.refused == nil {
			r.results = interp.RunTests(m.program, one.open)
		} else {
			refused = append(refused, runtime.Refusal{Variant: a.Variant, Err: r.refused})
		}
		runs = append(runs, r)
	}
	if len(refused) == len(m.all) {
		return nil, &runtime.VariantsError{Refusals: refused}
	}
	return runs, nil
}

// refused is why the kernel doesn't take the machine's variant. The error is that anything else goes wrong.
func (m *machine) refused() (why, err error) {
	k, err := kernel.NewVariants(m.program, m.all)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	err = k.Load()
	var none *runtime.VariantsError
	if errors.As(err, &none) {
		return none.Refusals[0].Err, nil
	}
	return nil, err
}

// testsText prints a line a test, and each failure at its place in the source.
func testsText(e *env, runs []testRun, src *source) error {
	passed, failed := 0, 0
	for _, run := range runs {
		of := ""
		if run.variant != "" {
			of = " (" + run.variant + ")"
		}
		if run.refused != nil {
			fmt.Fprintf(e.stdout, "skip  variant %s: %v\n", run.variant, run.refused)
		}
		for _, r := range run.results {
			if len(r.Failures) == 0 {
				passed++
				fmt.Fprintf(e.stdout, "ok    %s%s\n", r.Name, of)
				continue
			}
			failed++
			fmt.Fprintf(e.stdout, "FAIL  %s%s\n", r.Name, of)
			var list diag.List
			for _, f := range r.Failures {
				list = append(list, &diag.Diagnostic{Code: "E0704", Span: f.Span, Message: f.Message})
			}
			fmt.Fprint(e.stdout, list.Text(src.texts, e.colour))
		}
	}
	if passed+failed == 0 {
		fmt.Fprintln(e.stdout, "the file has no tests")
		return nil
	}
	fmt.Fprintf(e.stdout, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return errReported
	}
	return nil
}

// testsJSON prints an object a test.
func testsJSON(e *env, runs []testRun) error {
	type failure struct {
		Line    int    `json:"line"`
		Col     int    `json:"col"`
		Message string `json:"message"`
	}
	enc := json.NewEncoder(e.stdout)
	failed := false
	for _, run := range runs {
		if run.refused != nil {
			if err := enc.Encode(map[string]any{"variant": run.variant, "refused": run.refused.Error()}); err != nil {
				return err
			}
		}
		for _, r := range run.results {
			fs := []failure{}
			for _, f := range r.Failures {
				fs = append(fs, failure{f.Span.Start.Line, f.Span.Start.Col, f.Message})
				failed = true
			}
			line := map[string]any{"test": r.Name, "ok": len(fs) == 0, "failures": fs}
			if run.variant != "" {
				line["variant"] = run.variant
			}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
	}
	if failed {
		return errReported
	}
	return nil
}

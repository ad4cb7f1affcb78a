package main

import (
	"encoding/json"
	"flag"
	"fmt"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
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
			opts, err := plan.options()
			if err != nil {
				return err
			}
			opts.Pinned = true
			p, src, open, err := engines(e, path, opts, *inKernel)
			if err != nil {
				return err
			}
			if *inKernel {
				if err := mayLoad(); err != nil {
					return err
				}
			}
			results := interp.RunTests(p, open)
			if *asJSON {
				return testsJSON(e, results)
			}
			return testsText(e, results, src)
		}
	},
}

// testsText prints a line a test, and each failure at its place in the source.
func testsText(e *env, results []interp.TestResult, src *source) error {
	failed := 0
	for _, r := range results {
		if len(r.Failures) == 0 {
			fmt.Fprintf(e.stdout, "ok    %s\n", r.Name)
			continue
		}
		failed++
		fmt.Fprintf(e.stdout, "FAIL  %s\n", r.Name)
		var list diag.List
		for _, f := range r.Failures {
			list = append(list, &diag.Diagnostic{Code: "E0704", Span: f.Span, Message: f.Message})
		}
		fmt.Fprint(e.stdout, list.Text(src.texts, e.colour))
	}
	if len(results) == 0 {
		fmt.Fprintln(e.stdout, "the file has no tests")
		return nil
	}
	fmt.Fprintf(e.stdout, "%d passed, %d failed\n", len(results)-failed, failed)
	if failed > 0 {
		return errReported
	}
	return nil
}

// testsJSON prints an object a test.
func testsJSON(e *env, results []interp.TestResult) error {
	type failure struct {
		Line    int    `json:"line"`
		Col     int    `json:"col"`
		Message string `json:"message"`
	}
	enc := json.NewEncoder(e.stdout)
	failed := false
	for _, r := range results {
		fs := []failure{}
		for _, f := range r.Failures {
			fs = append(fs, failure{f.Span.Start.Line, f.Span.Start.Col, f.Message})
			failed = true
		}
		err := enc.Encode(map[string]any{"test": r.Name, "ok": len(fs) == 0, "failures": fs})
		if err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

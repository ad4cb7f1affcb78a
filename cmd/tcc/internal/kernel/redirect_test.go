package kernel

import (
	"fmt"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// TestRedirect runs the tests of pipelines that redirect packets, in the interpreter and in the kernel.
func TestRedirect(t *testing.T) {
	kerneltest.Require(t)
	for _, name := range []string{"balance", "forward"} {
		p := load(t, source(name))
		run := func(where string, open func() (interp.Engine, error)) {
			results := interp.RunTests(p, open)
			for _, r := range results {
				for _, f := range r.Failures {
					t.Errorf("%s, %s: %s: %s", name, where, f.Span, f.Message)
				}
			}
			if len(results) == 0 {
				t.Errorf("%s has no tests", name)
			}
		}
		run("interpreter", func() (interp.Engine, error) { return interp.NewEngine(p), nil })
		for _, budget := range []int{0, 60} {
			a, err := codegen.Compile(p, codegen.Options{Budget: budget, Verify: true})
			if err != nil {
				t.Fatal(err)
			}
			run(fmt.Sprintf("kernel, budget %d", budget), func() (interp.Engine, error) { return New(p, a) })
		}
	}
}

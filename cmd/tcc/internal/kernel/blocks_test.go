package kernel

import (
	"path/filepath"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// The test blocks of the sources that the compiler's own tests use hold in the kernel too, in one program and in many.
func TestBlocks(t *testing.T) {
	kerneltest.Require(t)
	files, err := filepath.Glob("../../../../codegen/internal/build/testdata/*.tcc")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, file := range files {
		p := load(t, file)
		if len(p.Tests) == 0 {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, budget := range []int{codegen.DefaultBudget, 300, 150} {
				a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true})
				if err != nil && budget < codegen.DefaultBudget {
					continue // there may be no plan as fine as that
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range interp.RunTests(p, func() (interp.Engine, error) { return New(p, a) }) {
					for _, f := range r.Failures {
						t.Errorf("budget %d, %d programs: %s: %s: %s", budget, len(a.Programs), r.Name, f.Span, f.Message)
					}
				}
			}
		})
	}
}

package oracle

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

var caseFiles = flag.String("oracle.cases", "../../../../testdata/regress/*.tcc", "the cases of TestRegress, a pattern of file names")

// TestRegress runs the cases of mistakes that were found and mended.
func TestRegress(t *testing.T) {
	kerneltest.Require(t)
	files, err := filepath.Glob(*caseFiles)
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases %s: %v", *caseFiles, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			c.Strict = kernel.CanBeStrict()
			if _, failure := c.Run(); failure != nil {
				t.Error(failure)
			}
		})
	}
}

package check

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzCheck finds no source that panics the checker, or that leaves it without a program and without an error.
func FuzzCheck(f *testing.F) {
	f.Add(everything)
	files, err := filepath.Glob(filepath.Join(errorsDir, "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		arch, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(arch.Files[0].Data))
	}
	firewall, err := os.ReadFile("../../examples/firewall/firewall.tcc")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(firewall))
	f.Fuzz(func(t *testing.T, src string) {
		p, diags := Source("fuzz.tcc", src)
		if (p == nil) != diags.HasErrors() {
			t.Fatalf("program %v, diagnostics %v", p != nil, diags)
		}
		if p != nil {
			checkTables(t, p)
		}
	})
}

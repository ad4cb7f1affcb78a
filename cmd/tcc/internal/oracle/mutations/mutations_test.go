// Package mutations asks whether the oracle would find mistakes: it makes some in the compiler, one after the other, and
// lets the oracle run until it finds them.
//
// No file is changed: a mutated compiler is built with an overlay. README.md has what came out.
//
//	go test -v -timeout 0 -run TestMutations ./cmd/tcc/internal/oracle/mutations -mutations            # all
//	go test -v -timeout 0 -run TestMutations/loads ./cmd/tcc/internal/oracle/mutations -mutations      # some
package mutations

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/oracle"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

var (
	all    = flag.Bool("mutations", false, "try all mutations, not only a few quick ones")
	cases  = flag.Uint64("cases", 5000, "how many cases the oracle may run to find a mutation")
	update = flag.Bool("update", false, "rewrite the rows of README.md about the mutations that are tried")
)

// root is the module's folder.
const root = "../../../../.."

func (m *mutation) path() string {
	if first, _, _ := strings.Cut(m.file, "/"); first == "lang" || first == "runtime" {
		return filepath.Join(root, filepath.FromSlash(m.file))
	}
	return filepath.Join(root, "codegen", "internal", filepath.FromSlash(m.file))
}

// mutated is the file as the mutation leaves it.
func (m *mutation) mutated() (string, error) {
	text, err := os.ReadFile(m.path())
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", fmt.Errorf("%s has %d times %q, not once", m.file, n, m.old)
	}
	return strings.Replace(string(text), m.old, m.new, 1), nil
}

// TestApply: the mutations are still about the compiler as it is.
func TestApply(t *testing.T) {
	names := map[string]bool{}
	for _, m := range table {
		text, err := m.mutated()
		if err != nil {
			t.Errorf("%s: %v", m.what, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), m.file, text, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s: %v", m.what, err)
		}
		if names[m.what] || m.old == m.new {
			t.Errorf("%s: listed twice, or no mutation", m.what)
		}
		names[m.what] = true
	}
}

// TestPage: the page has a row for each mutation.
func TestPage(t *testing.T) {
	page, err := readPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range table {
		if page[m.row()] == "" {
			t.Errorf("README.md has no row `%s`: run a mutation with -update", m.row())
		}
	}
	if len(page) > len(table) {
		t.Error("README.md has rows of mutations that are gone: run one with -update")
	}
}

// TestMutations lets the oracle find the mutations.
func TestMutations(t *testing.T) {
	kerneltest.Require(t)
	page, err := readPage()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // of the page
	for i := range table {
		m := &table[i]
		if !*all && !m.quick {
			continue
		}
		t.Run(m.what, func(t *testing.T) {
			t.Parallel() // one can be built while another runs
			found := m.run(t)
			t.Log(found)
			mu.Lock()
			defer mu.Unlock()
			page[m.row()] = found
			if *update {
				writePage(t, page)
			}
		})
	}
}

// run lets the oracle look for a mutation, and tells what it found.
func (m *mutation) run(t *testing.T) string {
	dir := t.TempDir()
	program := m.build(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-stop", "-for", "0", "-reduce", "0", "-every", "1h", "-seed", "1", "-n", fmt.Sprint(*cases), "-out", dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err == nil {
		t.Errorf("not found in %d cases", *cases)
		return fmt.Sprintf("**not found** | %d", *cases)
	}
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v\n%.4000s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r oracle.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	first, kind := r.Next, ""
	for k, seeds := range r.Failures {
		if seeds[0] < first {
			first, kind = seeds[0], k
		}
	}
	return fmt.Sprintf("%s | %d", cell(kind), first)
}

// cell is a kind of failure in a table.
func cell(kind string) string {
	if len(kind) > 100 {
		kind = kind[:100] + "…"
	}
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(kind)
}

// build builds the oracle with a mutated compiler.
func (m *mutation) build(t *testing.T, dir string) (program string) {
	text, err := m.mutated()
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(m.path())
	if err != nil {
		t.Fatal(err)
	}
	file, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o666), os.WriteFile(overlay, replace, 0o666)); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "oracle")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-overlay", overlay, "-o", program, "./cmd/tcc/internal/oracle/run")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

const intro = `# Mutations

What the oracle is worth: each row is a mistake that was made in the compiler, one at a time, and what the oracle said of
it. The number is the seed of the random pipeline which showed it, counted from 1;
as the generator grows, seeds make other pipelines, until the row is tried again. Each pipeline runs in the interpreter
and, cut in several ways, in the kernel. What fails as ` + "`compiler: …`" + ` was noticed by the compiler's own checks of its
work, what fails as ` + "`verifier: …`" + ` by the kernel's verifier; all else is a difference between interpreter and kernel.
Files are below ` + "`codegen/internal`" + `, but for those of ` + "`lang`" + ` and ` + "`runtime`" + `.

A test writes this page, as root; with a name behind ` + "`TestMutations/`" + ` the rows of some:

    go test -v -timeout 0 -run TestMutations ./cmd/tcc/internal/oracle/mutations -mutations -update

| mistake | in | found as | pipeline |
|---|---|---|---|
`

// row is what a mutation's row of the page begins with.
func (m *mutation) row() string {
	return fmt.Sprintf("| %s | `%s` |", strings.ReplaceAll(m.what, "|", `\|`), m.file)
}

// readPage is what README.md says of mutations, by what their rows begin with.
func readPage() (map[string]string, error) {
	text, err := os.ReadFile("README.md")
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	page := map[string]string{}
	_, rows, _ := strings.Cut(string(text), "|---|---|---|---|\n")
	for line := range strings.Lines(rows) {
		if i := strings.Index(line, "` |"); i >= 0 {
			page[line[:i+3]] = strings.TrimSuffix(strings.TrimSpace(line[i+3:]), " |")
		}
	}
	return page, err
}

// writePage writes README.md: the rows of mutations, in the order of the table.
func writePage(t *testing.T, page map[string]string) {
	text := intro
	for i := range table {
		row := table[i].row()
		text += fmt.Sprintf("%s %s |\n", row, cmp.Or(page[row], "not tried yet | "))
	}
	if err := os.WriteFile("README.md", []byte(text), 0o666); err != nil {
		t.Error(err)
	}
}

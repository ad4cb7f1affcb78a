package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// An errorCase is a broken source and what is said of it.
type errorCase struct {
	about, source, command, text string
}

// special are cases of what isn't said by the checker, or not of a text that could be shown.
var special = map[string]errorCase{
	"E0106": {about: "A file of other bytes than text.", source: "pipeline p xdp\x00", command: "check"},
	"E0107": {about: "A file that nobody wrote.", source: strings.Repeat("//\n", 1<<21), command: "check"},
	"E0816": {about: "A stage that nobody wrote.", source: "pipeline p xdp\ndefault pass\n\nvar v u32\n\nstage s {\n" + strings.Repeat("v += 1\n", 1<<17) + "pass }\n", command: "check"},
	"E0704": {about: "A test that fails.", command: "test", source: `pipeline p xdp
default pass

stage s {
    ip := parse ipv4
    if ip.ttl == 1 { drop }
    pass
}

test "the last hop" {
    packet ipv4{ttl: 2}
    expect drop
}
`},
	"E0820": {about: "A budget that is too small for any cut.", command: "compile -budget 20", source: `pipeline p xdp
default pass

map seen hash[ip4]u64 max 1000

stage s {
    ip := parse ipv4
    if n := seen[ip.src] { n += 1 } else { seen[ip.src] = 1 }
    pass
}
`},
}

// TestDiagnosticsAreCurrent makes lang/DIAGNOSTICS.md again: every code with its smallest broken source.
func TestDiagnosticsAreCurrent(t *testing.T) {
	cases := errorCases(t)
	var b strings.Builder
	b.WriteString(`# Diagnostics

Every code that the compiler has, with a source that is wrong and what is said of it. The sources are those of
[testdata/errors](../testdata/errors); the tests make this page. A code never changes its meaning. ` + "`tcc check -json`" + `
gives the same as one object a line.
`)
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n## %sxx: %s\n", k.prefix, k.title)
		for n := range 100 {
			code := fmt.Sprintf("%s%02d", k.prefix, n)
			title := diag.Title(code)
			if title == "" {
				continue
			}
			c, ok := cases[code]
			if !ok {
				t.Errorf("no case shows %s", code)
				continue
			}
			fmt.Fprintf(&b, "\n### %s: %s\n\n%s\n", code, title, c.about)
			if len(c.source) < 2000 && code != "E0106" {
				fmt.Fprintf(&b, "\n```\n%s```\n", c.source)
			}
			fmt.Fprintf(&b, "\n```\n%s```\n", c.text)
		}
	}
	path := filepath.Join(root, "lang/DIAGNOSTICS.md")
	old, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if b.String() == string(old) {
		return
	}
	t.Error("lang/DIAGNOSTICS.md isn't current: go test ./cmd/tcc -run TestDiagnosticsAreCurrent -update")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// errorCases has a case for each code: the shortest whose first diagnostic has it.
func errorCases(t *testing.T) map[string]errorCase {
	files, err := filepath.Glob(filepath.Join(root, "testdata/errors/*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []errorCase
	for _, file := range files {
		arch, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source, _, _ := strings.Cut(string(arch.Files[0].Data), "// want ")
		all = append(all, errorCase{about: strings.TrimSpace(string(arch.Comment)), source: source, text: string(arch.Files[len(arch.Files)-1].Data)})
	}
	slices.SortStableFunc(all, func(a, b errorCase) int {
		return cmp.Or(cmp.Compare(strings.Count(a.text, "]: "), strings.Count(b.text, "]: ")), cmp.Compare(len(a.source), len(b.source)))
	})
	cases := map[string]errorCase{}
	for code, c := range special {
		t.Run(code, func(t *testing.T) { c.text = said(t, c) })
		cases[code] = c
	}
	for _, c := range slices.Backward(all) {
		_, rest, _ := strings.Cut(c.text, "[")
		code, _, _ := strings.Cut(rest, "]")
		cases[code] = c
	}
	return cases
}

// said is what a command says of a case's source.
func said(t *testing.T, c errorCase) string {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("case.tcc", []byte(c.source), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := tcc(&env{stdout: &out, stderr: &out}, append(strings.Fields(c.command), "case.tcc")); code != exitError {
		t.Errorf("tcc %s exits with %d", c.command, code)
	}
	return out.String()
}

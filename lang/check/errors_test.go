package check

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/std"
)

var update = flag.Bool("update", false, "rewrite the rendered text of testdata/errors (the run still fails)")

const errorsDir = "../../testdata/errors"

// wantLine is the expectation of one diagnostic, at the end of a case: `// want E0302 12:9`, or of one in a file that the
// case imports, `// want E0302 lib.tcc:12:9`.
var wantLine = regexp.MustCompile(`(?m)^// want (E\d{4} (?:\S+:)?\d+:\d+)$`)

// TestErrors holds every broken source of testdata/errors against the diagnostics that it names, all of them, and
// against their rendered text.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(errorsDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { testErrors(t, file) })
	}
}

func testErrors(t *testing.T, file string) {
	arch, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := len(arch.Files) - 1
	if last < 1 || arch.Files[0].Name != "case.tcc" || arch.Files[last].Name != "text" {
		t.Fatalf("%s has other parts than case.tcc, what it imports, and text", file)
	}
	src, sources := string(arch.Files[0].Data), map[string]string{std.Name: std.Source()}
	for _, f := range arch.Files[:last] {
		sources[f.Name] = string(f.Data)
	}
	p, diags := Load("case.tcc", src, reader(sources))
	if (p == nil) != diags.HasErrors() {
		t.Errorf("program %v with %d diagnostics", p != nil, len(diags))
	}
	if diff := cmp.Diff(wanted(src), found(diags)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	text := diags.Text(sources, false)
	if text == string(arch.Files[last].Data) {
		return
	}
	t.Errorf("rendered text (-want +got):\n%s", cmp.Diff(string(arch.Files[last].Data), text))
	if *update {
		arch.Files[last].Data = []byte(text)
		if err := os.WriteFile(file, txtar.Format(arch), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// reader reads from a map.
func reader(sources map[string]string) Reader {
	return func(path string) (string, string, error) {
		text, ok := sources[path]
		if !ok {
			return "", "", errors.New("no such file")
		}
		return path, text, nil
	}
}

func wanted(src string) []string {
	var want []string
	for _, m := range wantLine.FindAllStringSubmatch(src, -1) {
		want = append(want, m[1])
	}
	return want
}

func found(diags diag.List) []string {
	var got []string
	for _, d := range diags {
		got = append(got, d.Code+" "+strings.TrimPrefix(d.Span.String(), "case.tcc:"))
	}
	return got
}

// TestEveryCodeHasACase finds codes without a broken source that shows them, and the other way round.
func TestEveryCodeHasACase(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(errorsDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{"E0816": true} // by TestAmount: its sources are long
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range wantLine.FindAllSubmatch(data, -1) {
			code, _, _ := bytes.Cut(m[1], []byte(" "))
			shown[string(code)] = true
			if diag.Title(string(code)) == "" {
				t.Errorf("%s: %s has no title", file, code)
			}
		}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(E0\d{3})"`).FindAllSubmatch(data, -1) {
			if code := string(m[1]); !shown[code] {
				t.Errorf("%s: no case shows %s", file, code)
				shown[code] = true
			}
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// The READMEs are tested: what they show as source is compiled and run, and commands must print what is shown below
// them. The words behind the three backticks say how:
//
//	tcc               a whole file: it is compiled, its tests run in the interpreter and the kernel
//	tcc fragment      declarations, or statements of a stage with an ipv4 `ip` and a tcp `t`: made a file, and compiled
//	tcc error E0302   one of these, but wrong: the codes are those of its errors
//	tcc file NAME     a file that those of the same document may import
//	tcc from PATH     an excerpt of a file; … stands for what is left out
//	go [EXAMPLE]      a function's statements, on top of an example, the firewall unless said: they are compiled
//	sh                commands, at the top of the repository; those of tcc are run
//	output            what the commands above it print; numbers aren't compared, … stands for what is left out

const root = "../.."

// A fence is a fenced block of a document.
type fence struct {
	path string   // of the document, from root
	line int      // of the first line of text
	info []string // what stands behind the backticks
	text string
}

// is reports whether the block is marked so.
func (f *fence) is(words ...string) bool {
	return len(f.info) >= len(words) && slices.Equal(f.info[:len(words)], words)
}

// documents are the READMEs, by their paths from root.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"README.md", "lang/README.md", "codegen/README.md", "cmd/tcc/README.md", "examples/*/README.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no such document, %v", pattern, err)
		}
		for _, f := range found {
			paths = append(paths, strings.TrimPrefix(filepath.ToSlash(f), root+"/"))
		}
	}
	return paths
}

// fences lists the fenced blocks of a document.
func fences(t *testing.T, path string) []*fence {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	var all []*fence
	var open *fence
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		info, isMark := strings.CutPrefix(line, "```")
		switch {
		case isMark && open == nil:
			open = &fence{path: path, line: n + 1, info: strings.Fields(info)}
		case isMark:
			all = append(all, open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block has no end", path, open.line-1)
	}
	return all
}

// eachFence runs a test for every fenced block for which pick says so.
func eachFence(t *testing.T, pick func(*fence) bool, test func(t *testing.T, f *fence)) {
	for _, path := range documents(t) {
		for _, f := range fences(t, path) {
			if pick(f) {
				t.Run(fmt.Sprintf("%s:%d", f.path, f.line), func(t *testing.T) { test(t, f) })
			}
		}
	}
}

// TestDocumentedSource compiles and runs the source that the documents show.
func TestDocumentedSource(t *testing.T) {
	onKernel := mayUseKernel(t)
	eachFence(t, func(f *fence) bool { return f.is("tcc") }, func(t *testing.T, f *fence) {
		src := f.source()
		p, list := check.Load(f.path, src, f.reader(t))
		switch {
		case f.is("tcc", "file"):
			f.isCanonical(t)
		case f.is("tcc", "from"):
			f.isExcerpt(t)
		case f.is("tcc", "error"):
			if got := errorCodes(list); !slices.Equal(got, f.info[2:]) {
				t.Errorf("errors %v, want %v\n%s", got, f.info[2:], list.Text(map[string]string{f.path: src}, false))
			}
		case list.HasErrors():
			t.Error(list.Text(map[string]string{f.path: src}, false))
		case f.is("tcc", "fragment") == (len(p.Tests) > 0):
			t.Errorf("%s:%d: whole files have tests, fragments have none", f.path, f.line)
		default:
			f.isCanonical(t)
			runDocumented(t, p, src, f.target(t), onKernel)
		}
	})
}

// target is what the block is compiled for.
func (f *fence) target(t *testing.T) codegen.Target {
	if !f.is("tcc", "target") {
		return codegen.Target{}
	}
	target, err := codegen.ParseTarget(f.info[2])
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// reader reads the files that the document shows for import.
func (f *fence) reader(t *testing.T) check.Reader {
	return func(name string) (string, string, error) {
		for _, other := range fences(t, f.path) {
			if other.is("tcc", "file") && path.Join(path.Dir(f.path), other.info[2]) == name {
				return name, other.text, nil
			}
		}
		return "", "", errors.New("the document has no such file")
	}
}

// errorCodes are the codes of the errors among some diagnostics.
func errorCodes(list diag.List) []string {
	var codes []string
	for _, d := range list {
		if d.Severity == diag.Error {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// runDocumented compiles a program as one and as many programs, and runs its tests.
func runDocumented(t *testing.T, p *check.Program, src string, target codegen.Target, onKernel bool) {
	results := interp.RunTests(p, func() (interp.Engine, error) { return interp.NewEngine(p), nil })
	for _, budget := range []int{codegen.DefaultBudget, 100} {
		a, err := codegen.Compile(p, codegen.Options{Budget: budget, Target: target, Verify: true, Pinned: true})
		if tooSmall := new(codegen.PlanError); budget < codegen.DefaultBudget && errors.As(err, &tooSmall) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !onKernel {
			continue
		}
		loadDocumented(t, p, a)
		results = append(results, interp.RunTests(p, func() (interp.Engine, error) { return kernel.New(p, a) })...)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			d := &diag.Diagnostic{Code: "E0704", Span: f.Span, Message: f.Message}
			t.Error(diag.List{d}.Text(map[string]string{p.Files[0].Name: src}, false))
		}
	}
}

// loadDocumented loads a compiled program into the kernel, to see whether it may.
func loadDocumented(t *testing.T, p *check.Program, a *codegen.Artifact) {
	t.Helper()
	k, err := kernel.New(p, a)
	if err == nil {
		err = errors.Join(k.Load(), k.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

var (
	declares   = regexp.MustCompile(`\A(//.*\n|\s)*(pipeline|import|config|var|enum|struct|header|map|counter|event|stage|slots?|fn|test)\b`)
	isWhole    = regexp.MustCompile(`(?m)^pipeline `)
	namesEntry = regexp.MustCompile(`(?m)^stage \w+ *\{`)
)

// source is the block as a file in which lines have the document's numbers.
func (f *fence) source() string {
	head, tail := "", ""
	switch {
	case isWhole.MatchString(f.text):
	case !declares.MatchString(f.text):
		head = "pipeline doc xdp default pass stage start { parse ethernet ip := parse ipv4 t := parse tcp if t.syn {"
		tail = "} pass }"
	case namesEntry.MatchString(f.text):
		head = "pipeline doc xdp default pass"
	default:
		head = "pipeline doc xdp default pass stage start { pass }"
	}
	return head + strings.Repeat("\n", f.line-1) + f.text + tail
}

// isCanonical compares a whole file with its canonical form.
func (f *fence) isCanonical(t *testing.T) {
	if f.is("tcc", "fragment") {
		return
	}
	file, _ := syntax.Parse(f.path, f.text)
	if want := syntax.Print(file); f.text != want {
		t.Errorf("%s:%d: tcc fmt would make it\n%s", f.path, f.line, want)
	}
}

// isExcerpt finds the block's text in its file, piece by piece.
func (f *fence) isExcerpt(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, f.info[2]))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(data)
	for _, piece := range strings.Split(f.text, "…\n") {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Errorf("%s has no such lines, or not here:\n%s", f.info[2], piece)
		}
		rest = after
	}
}

// TestDocumentedCommands runs the commands of tcc that the documents show.
func TestDocumentedCommands(t *testing.T) {
	for _, path := range documents(t) {
		all := fences(t, path)
		for i, f := range all {
			if !f.is("sh") {
				continue
			}
			want := ""
			if i+1 < len(all) && all[i+1].is("output") {
				want = all[i+1].text
			}
			t.Run(fmt.Sprintf("%s:%d", f.path, f.line), func(t *testing.T) { runCommands(t, f.text, want) })
		}
	}
}

// runCommands runs the lines of a block that are commands of tcc. What they write goes to a folder of the test.
func runCommands(t *testing.T, text, want string) {
	t.Chdir(root)
	tmp := t.TempDir()
	var out bytes.Buffer
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " #")
		args, isTcc := strings.CutPrefix(line, "go run ./cmd/tcc ")
		if !isTcc {
			args, isTcc = strings.CutPrefix(line, "tcc ")
		}
		if !isTcc {
			continue
		}
		args = strings.ReplaceAll(args, "/tmp", tmp)
		code := tcc(&env{stdout: &out, stderr: &out}, words(t, args))
		if bad := strings.Contains(want, "error"); (code != exitOK) != bad {
			t.Errorf("tcc %s: exit code %d\n%s", args, code, out.String())
		}
	}
	got := strings.Split(loosely(strings.ReplaceAll(out.String(), tmp, "/tmp")), "\n")
	for line := range strings.Lines(loosely(want)) {
		if line = strings.TrimSuffix(line, "\n"); line == "" || line == "…" {
			continue
		}
		at := slices.Index(got, line)
		if at < 0 {
			t.Fatalf("nothing printed, or not here, is like\n%s\nall of it:\n%s", line, out.String())
		}
		got = got[at+1:]
	}
}

var (
	number = regexp.MustCompile(`\d+`)
	blanks = regexp.MustCompile(`[ \t]+`)
)

// loosely is text without its numbers and its spacing.
func loosely(text string) string {
	return strings.ReplaceAll(blanks.ReplaceAllString(number.ReplaceAllString("\n"+text, "0"), " "), "\n ", "\n")
}

// TestDocumentedGo compiles the Go that the documents show.
func TestDocumentedGo(t *testing.T) {
	eachFence(t, func(f *fence) bool { return f.is("go") }, func(t *testing.T, f *fence) {
		src := "package main\n"
		for name, path := range map[string]string{"log": "log", "netip": "net/netip", "runtime": "github.com/tcc-bpf/tcc/runtime"} {
			if strings.Contains(f.text, name+".") {
				src += fmt.Sprintf("import %q\n", path)
			}
		}
		src += fmt.Sprintf("func documented(ifindex int) error {\n//line %s:%d\n%s\nreturn nil }\n", f.path, f.line, f.text)
		example := "examples/firewall"
		if len(f.info) > 1 {
			example = "examples/" + f.info[1]
		}
		dir := t.TempDir()
		file, overlay := filepath.Join(dir, "documented.go"), filepath.Join(dir, "overlay.json")
		to, err := filepath.Abs(filepath.Join(root, example, "documented.go"))
		replace, err2 := json.Marshal(map[string]any{"Replace": map[string]string{to: file}})
		err = errors.Join(err, err2, os.WriteFile(file, []byte(src), 0o600), os.WriteFile(overlay, replace, 0o600))
		if err != nil {
			t.Fatal(err)
		}
		build := exec.Command("go", "build", "-overlay", overlay, "-o", filepath.Join(dir, "out"), "./"+example)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestDocumentsLink: every relative link of a document leads to a file, every other one to a heading.
func TestDocumentsLink(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	code := regexp.MustCompile("(?s)```.*?\n```|`[^`\n]*`")
	anchor := regexp.MustCompile(`\]\(#([^)]+)\)`)
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	unsaid := regexp.MustCompile(`[^a-z0-9 -]`)
	for _, path := range documents(t) {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		headings := map[string]bool{}
		for _, m := range heading.FindAllSubmatch(data, -1) {
			headings[strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(string(m[1])), ""), " ", "-")] = true
		}
		for _, m := range anchor.FindAllSubmatch(data, -1) {
			if !headings[string(m[1])] {
				t.Errorf("%s has no heading #%s", path, m[1])
			}
		}
		for _, m := range link.FindAllSubmatch(code.ReplaceAll(data, nil), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), string(m[1]))); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

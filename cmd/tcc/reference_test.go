package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

var update = flag.Bool("update", false, "rewrite the generated parts of lang/README.md (the run still fails)")

// generated are the parts of lang/README.md that are made from the code. They stand between `<!-- NAME -->` and
// `<!-- end -->`.
var generated = map[string]func(t *testing.T) string{
	"types of pipelines": func(*testing.T) string { return pipelineTypes() },
	"headers":            preludeHeaders,
	"limits":             limits,
	"codes":              codes,
	"grammar":            func(*testing.T) string { return "```ebnf\n" + wrap(syntax.Grammar()) + "```\n" },
}

// TestReferenceIsCurrent makes the generated parts of the reference again.
func TestReferenceIsCurrent(t *testing.T) {
	path := filepath.Join(root, "lang/README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, make := range generated {
		mark := "<!-- " + name + " -->\n"
		before, rest, ok := strings.Cut(text, mark)
		old, after, closed := strings.Cut(rest, "<!-- end -->")
		if !ok || !closed {
			t.Errorf("the reference has no part %s", mark)
			continue
		}
		if part := make(t); part != old {
			t.Errorf("the part `%s` of lang/README.md isn't current: go test ./cmd/tcc -run TestReferenceIsCurrent -update", name)
			text = before + mark + part + "<!-- end -->" + after
		}
	}
	if *update && text != string(data) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// pipelineTypes is the table of verdicts and fields of the packet.
func pipelineTypes() string {
	var b strings.Builder
	b.WriteString("| type | verdicts, and what the kernel is told | fields of `packet`, `u32` each |\n|---|---|---|\n")
	for _, p := range check.PipelineTypes {
		var verdicts, fields []string
		for _, v := range p.Verdicts {
			told := fmt.Sprint(v.Code)
			if v.Computed {
				told = "its argument"
			}
			if v.Name == "redirect" {
				told += " ([Redirect](#redirect))"
			}
			verdicts = append(verdicts, fmt.Sprintf("`%s` %s", v.Name, told))
		}
		for _, f := range p.Packet {
			name := "`" + f.Name + "`"
			if f.Writable {
				name += " (writable)"
			}
			fields = append(fields, name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, strings.Join(verdicts, ", "), strings.Join(fields, ", "))
	}
	return b.String()
}

// preludeHeaders is the table of predeclared headers.
func preludeHeaders(t *testing.T) string {
	p, list := check.Source("empty.tcc", "pipeline p xdp default pass stage s { pass }")
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| header | bytes | fields |\n|---|---|---|\n")
	for _, h := range p.Headers {
		var fields []string
		for _, f := range h.Decl.Fields {
			fields = append(fields, f.Name.Name)
		}
		size := fmt.Sprint(h.Type.Fixed)
		if h.Type.HasLen {
			size += " or more"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", h.Type.Name, size, strings.Join(fields, ", "))
	}
	return b.String()
}

// limits is the table of what can't be exceeded, with the numbers from the sources of the compiler.
func limits(t *testing.T) string {
	rows := []struct{ what, file, name, code string }{
		{"bytes of a source file", "lang/syntax/limits.go", "maxSource", "E0107"},
		{"brackets inside each other", "lang/syntax/limits.go", "maxNesting", "E0108"},
		{"operators, or `else if`s, in a row", "lang/syntax/limits.go", "maxChain", "E0108"},
		{"characters of a name", "lang/check/limits.go", "maxName", "E0805"},
		{"bytes of a struct or event", "lang/check/limits.go", "maxStruct", "E0802"},
		{"bytes of a map's key and value together", "lang/check/limits.go", "maxEntry", "E0809"},
		{"entries of a map", "lang/check/limits.go", "maxMap", "E0801"},
		{"entries of a devmap, cpumap or xskmap", "lang/check/limits.go", "maxTargets", "E0801"},
		{"cells of a counter", "lang/check/limits.go", "maxCounter", "E0803"},
		{"stages in a slots table", "lang/check/limits.go", "maxSlots", "E0804"},
		{"scalars that a `goto` passes", "lang/check/limits.go", "maxLeaves", "E0806"},
		{"bytes of a header's fixed part", "lang/check/limits.go", "maxHeader", "E0808"},
		{"rounds of a loop", "lang/check/limits.go", "maxLong", "E0813"},
		{"times that a `goto` back is taken; loops of more rounds are not written out", "lang/check/limits.go", "maxRounds", "E0813"},
		{"statements of a pipeline, loops and circles of stages written out", "lang/check/limits.go", "maxUnroll", "E0814"},
		{"statements of a pipeline, loops, circles and calls written out", "lang/check/limits.go", "maxCode", "E0816"},
		{"maps, counters and slots tables of a pipeline", "lang/check/limits.go", "maxMaps", "E0816"},
		{"arrays and structs inside each other", "lang/check/limits.go", "maxDepth", "E0802, E0811"},
		{"files of a program", "lang/check/imports.go", "maxFiles", "E0815"},
		{"bytes of all files of a program", "lang/check/imports.go", "maxSource", "E0815"},
		{"offset of the cursor in the packet", "lang/check/program.go", "CursorMax", ""},
		{"bytes of the ring buffer for events", "codegen/internal/build/module.go", "eventsSize", ""},
		{"bytes of stack of a program", "codegen/internal/verifier/cost.go", "MaxStack", ""},
		{"maps of a program", "codegen/internal/verifier/cost.go", "MaxMaps", ""},
		{"instructions of a program", "codegen/internal/split/split.go", "maxInsns", ""},
		{"processed instructions of a program, unless `-budget` says otherwise", "codegen/codegen.go", "DefaultBudget", ""},
		{"tail calls for one packet", "codegen/internal/split/split.go", "defaultTailCalls", ""},
	}
	var b strings.Builder
	b.WriteString("| at most | of | error | where it is set |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %d | %s | %s | [%s](../%s) |\n", constantIn(t, r.file, r.name), r.what, r.code, filepath.Base(r.file), r.file)
	}
	return b.String()
}

// constantIn is the value of a constant of a Go file, which is a number or computed from numbers.
func constantIn(t *testing.T, file, name string) int64 {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, filepath.Join(root, file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	value := int64(-1)
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == name {
			v, err := types.Eval(fset, nil, token.NoPos, types.ExprString(spec.Values[0]))
			if err != nil {
				t.Fatalf("%s: %s: %v", file, name, err)
			}
			value, _ = constant.Int64Val(v.Value)
		}
		return true
	})
	if value < 0 {
		t.Errorf("%s has no constant %s", file, name)
	}
	return value
}

// kinds of diagnostics, by the beginning of their codes.
var kinds = []struct{ prefix, title string }{
	{"E01", "syntax"}, {"E02", "names and declarations"}, {"E03", "types"}, {"E04", "control"},
	{"E05", "packets, headers and views"}, {"E06", "maps, counters and events"}, {"E07", "tests"}, {"E08", "limits"},
}

// codes is the table of all codes.
func codes(*testing.T) string {
	var b strings.Builder
	b.WriteString("| code | about |\n|---|---|\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "| **%sxx** | **%s** |\n", k.prefix, k.title)
		for n := range 100 {
			code := fmt.Sprintf("%s%02d", k.prefix, n)
			if title := diag.Title(code); title != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", code, title)
			}
		}
	}
	return b.String()
}

// wrap breaks long lines of the grammar between terms.
func wrap(text string) string {
	const width = 110
	var b strings.Builder
	for line := range strings.Lines(text) {
		col := 0
		for word := range strings.SplitAfterSeq(line, " ") {
			if col+len(word) > width {
				b.WriteString("\n    ")
				col = 4
			}
			b.WriteString(word)
			col += len(word)
		}
	}
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n")
}

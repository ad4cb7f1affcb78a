package main

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// What a pipeline is to find before the first packet is said as in a test: `-set` takes what stands there behind `config`,
// `var` or `map`. So a test is made of it, which is checked behind the source, and whose steps are taken on any engine.

// A setting is an assignment to a config, a var or an entry of a map.
type setting struct {
	text string
	file string // where it stands: the flag's name, or a file
	line int    // there
	at   int    // the offset of the line there
}

// settings are the assignments of a command line.
type settings struct {
	list  []setting
	texts map[string]string // of the flags, a line each, and of the files
}

// flagText is what the flags' own lines are called in diagnostics.
const flagText = "-set"

func (s *settings) declare(fs *flag.FlagSet) {
	s.texts = map[string]string{}
	fs.Func("set", "before the first packet, do an `ASSIGNMENT` as in a test: to a config or var (limit=5), or to an entry of a map (banned[192.0.2.0/24]=1); @FILE has one a line", s.add)
}

// add adds an assignment, or those of a file.
func (s *settings) add(arg string) error {
	path, isFile := strings.CutPrefix(arg, "@")
	if !isFile {
		if strings.ContainsAny(arg, "\r\n") {
			return fmt.Errorf("an assignment is a line; @FILE has several")
		}
		before := s.texts[flagText]
		s.list = append(s.list, setting{arg, flagText, strings.Count(before, "\n") + 1, len(before)})
		s.texts[flagText] += arg + "\n"
		return nil
	}
	text, err := readText(path)
	if err != nil {
		return err
	}
	s.texts[path] = text
	n, at := 0, 0
	for line := range strings.Lines(text) {
		n++
		assignment := strings.TrimRight(line, "\r\n")
		if trimmed := strings.TrimSpace(assignment); trimmed != "" && !strings.HasPrefix(trimmed, "//") {
			s.list = append(s.list, setting{assignment, path, n, at})
		}
		at += len(line)
	}
	return nil
}

// setup is what an engine finds before the first packet.
type setup struct {
	program *check.Program
	list    []setting
	steps   []syntax.TestStep // one for each
}

// check checks the assignments against the source, whose program is given. Mistakes are shown where they stand.
func (s *settings) check(e *env, path string, src *source, p *check.Program) (*setup, error) {
	if len(s.list) == 0 {
		return &setup{}, nil
	}
	names := settableOf(p)
	list := names.ordered(s.list)
	first := strings.Count(src.text(), "\n") + 3 // the line of the first assignment
	var text strings.Builder
	fmt.Fprintf(&text, "%s\ntest %q {\n", src.text(), flagText)
	for _, a := range list {
		fmt.Fprintf(&text, "%s %s;\n", names.word(a), a.text) // a line that isn't finished ends here, and not in the next
	}
	text.WriteString("}\n")
	q, diags := check.Load(src.name, text.String(), src.reader(filepath.Dir(path)))
	if diags.HasErrors() {
		texts := maps.Clone(src.texts)
		maps.Copy(texts, s.texts)
		for _, d := range diags {
			if i := d.Span.Start.Line - first; d.Span.File == src.name && i >= 0 {
				i = min(i, len(list)-1) // what isn't closed is noticed behind the last
				move(&d.Span, list[i], len(names.word(list[i])+" "))
				d.Message = strings.ReplaceAll(d.Message, "found `;`", "found the end")
			}
		}
		return nil, show(e, diags, &source{name: src.name, texts: texts})
	}
	test := q.Tests[len(q.Tests)-1]
	if len(q.Tests) != len(p.Tests)+1 || len(test.Steps) != len(list) {
		return nil, usageError("-set: one assignment a line is expected, as in limit=5 or banned[192.0.2.0/24]=1")
	}
	return &setup{q, list, test.Steps}, nil
}

// move moves a span from the test to where its text was given, the word before it left out.
func move(span *diag.Span, to setting, word int) {
	line := span.Start.Line
	place := func(p diag.Pos) diag.Pos {
		col := len(to.text) // 0 is the first; behind the end, if it is on another line
		if p.Line == line {
			col = min(max(0, p.Col-1-word), col)
		}
		return diag.Pos{Offset: to.at + col, Line: to.line, Col: col + 1}
	}
	*span = diag.Span{File: to.file, Start: place(span.Start), End: place(span.End)}
}

// assigned is the name in front of an assignment.
var assigned = regexp.MustCompile(`^\s*(\w+)`)

// settable are the names that can be assigned to, each with the word that a test has in front.
type settable map[string]string

func settableOf(p *check.Program) settable {
	w := settable{}
	for _, g := range p.Globals {
		w[g.Name] = "var"
		if g.Config {
			w[g.Name] = "config"
		}
	}
	for _, m := range p.Maps {
		w[m.Name] = "map"
	}
	for _, o := range p.Targets {
		w[o.Name] = "map"
	}
	return w
}

// word is what a test has in front of an assignment. An unknown name gets that of the name it is most like.
func (w settable) word(a setting) string {
	name := strings.TrimSpace(assigned.FindString(a.text))
	if word := w[name]; word != "" {
		return word
	}
	if word := w[diag.Nearest(name, slices.Sorted(maps.Keys(w)))]; word != "" {
		return word
	}
	if strings.Contains(a.text, "[") {
		return "map"
	}
	return "var"
}

// ordered has the configs first, which can't change once the pipeline is loaded.
func (w settable) ordered(list []setting) []setting {
	late := func(a setting) int {
		if w.word(a) == "config" {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b setting) int { return late(a) - late(b) })
}

// apply does the assignments on an engine that is fresh.
func (s *setup) apply(eng interp.Engine) error {
	i, err := interp.Apply(s.program, s.steps, eng)
	if err != nil {
		a := s.list[i]
		return fmt.Errorf("%s:%d: %s: %w", a.file, a.line, strings.TrimSpace(a.text), err)
	}
	return nil
}

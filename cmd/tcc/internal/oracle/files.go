package oracle

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A case's source is one text, which is easier to write and to reduce. Case.Files spreads its declarations over files that
// import each other; where each goes depends on its name alone.

// fileName is what diagnostics call a case's source, and the root file that is made of it.
const fileName = "p.tcc"

// A tree is the texts of files by their paths from the root's folder.
type tree map[string]string

// load checks a root file and all that it imports.
func (t tree) load(root string) (*check.Program, diag.List) {
	return check.Load(root, t[root], func(path string) (string, string, error) {
		text, ok := t[path]
		if !ok {
			return path, "", fs.ErrNotExist
		}
		return path, text, nil
	})
}

// explain is a list of diagnostics for people.
func (t tree) explain(list diag.List) string { return list.Text(t, false) }

// Program is the case's checked program, nil if the list has errors.
func (c *Case) Program() (*check.Program, diag.List) { return c.tree(c.Source).load(fileName) }

// tree spreads a source over the files of the case.
func (c *Case) tree(src string) tree {
	file, list := syntax.Parse(fileName, src)
	if c.Files < 2 || list.HasErrors() {
		return tree{fileName: src}
	}
	names := []string{fileName}
	for i := range c.Files - 1 {
		names = append(names, fmt.Sprintf("more/%d.tcc", i))
	}
	t, entry := tree{}, true
	for i, name := range names { // each imports the next one, and the last one the root
		switch i {
		case 0:
			t[name] = "import \"more/0.tcc\"\n"
		case len(names) - 1:
			t[name] = "import \"../" + fileName + "\"\n"
		default:
			t[name] = fmt.Sprintf("import \"%d.tcc\"\n", i)
		}
	}
	for _, d := range file.Decls {
		name := fileName
		switch d.(type) {
		case *syntax.PipelineDecl, *syntax.DefaultDecl, *syntax.LicenseDecl, *syntax.TestDecl:
		case *syntax.StageDecl:
			if !entry {
				name = names[placeOf(declared(src, d), len(names))]
			}
			entry = false
		default:
			name = names[placeOf(declared(src, d), len(names))]
		}
		t[name] += textOf(src, d) + "\n"
	}
	return t
}

func textOf(src string, n syntax.Node) string {
	from, to := at(n)
	return src[from:to]
}

// declared is the name that a declaration brings, its second word.
func declared(src string, d syntax.Decl) string {
	words := strings.FieldsFunc(textOf(src, d), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return words[1]
}

// placeOf is a number below n that depends on the name.
func placeOf(name string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % uint32(n))
}

// sourceFiles are the files of a program, without the prelude.
func sourceFiles(p *check.Program) []*syntax.File { return p.Files[:len(p.Files)-1] }

// asOne compares what the interpreter makes of a case in several files with what it makes of it in one. Events have other
// numbers there.
func (c *Case) asOne(want trace) *Failure {
	if c.Files < 2 {
		return nil
	}
	one := *c
	one.Files = 0
	p, list := one.Program()
	if list.HasErrors() {
		return fail("checker, one file: "+codes(list), "%s", one.tree(c.Source).explain(list))
	}
	got, failure := one.interpret(p)
	if failure != nil {
		return failure
	}
	for i, r := range got.results {
		if len(r.Events) == len(want.results[i].Events) {
			for j := range r.Events {
				r.Events[j].ID = want.results[i].Events[j].ID
			}
		}
		if failure := difference(r, want.results[i]); failure != nil {
			failure.Kind = "one file, " + failure.Kind
			return failure
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.state)) {
		if got.state[name] != want.state[name] {
			return fail("one file, state", "%s is %s, in several files %s", name, got.state[name], want.state[name])
		}
	}
	return nil
}

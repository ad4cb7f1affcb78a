package check

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// An import brings in the declarations of another file. All files of a program share one namespace, so it doesn't matter
// which of them imports which, how often, or in circles: a program is its root file, and all that is imported from there
// on, each file once, in the order in which imports are met.
//
// A file's name is its path from the folder of the root file, with slashes: what is compiled is the same wherever the
// tree of files lies.

// A Reader reads a file that is imported. Path is clean, with slashes, from the folder of the root file; it may begin with
// `..`. The name is that of the file in diagnostics and objects: path, or if it is another path of a file that was read
// before, the name of that one. An error says in a few words what is wrong with the file.
type Reader func(path string) (name, text string, err error)

// sourceExt ends the names of files that can be imported, as lines of a file with mistakes are printed: it shall not be one
// that has secrets and no source.
const sourceExt = ".tcc"

// Limits of what is imported.
const (
	maxFiles  = 64      // files of a program
	maxSource = 4 << 20 // bytes of all of them
)

// sources are the files of a program.
type sources struct {
	read   Reader
	files  []*syntax.File // the root first
	byName map[string]*syntax.File
	from   map[*syntax.File][]*syntax.File // what a file imports
	bytes  int
	diags  diag.List
}

// readSources parses the root file and all that it imports.
func readSources(name, src string, read Reader) *sources {
	s := &sources{read: read, byName: map[string]*syntax.File{}, from: map[*syntax.File][]*syntax.File{}}
	s.add(name, src)
	return s
}

// add parses a file and what it imports.
func (s *sources) add(name, src string) *syntax.File {
	file, diags := syntax.Parse(name, src)
	s.files = append(s.files, file)
	s.byName[name] = file
	s.bytes += len(src)
	s.diags = append(s.diags, diags...)
	for _, d := range file.Decls {
		if d, ok := d.(*syntax.ImportDecl); ok {
			if to := s.follow(file, d.Path); to != nil {
				s.from[file] = append(s.from[file], to)
			}
		}
	}
	return file
}

// follow is the file that an import names, nil after an error.
func (s *sources) follow(file *syntax.File, lit *syntax.Literal) *syntax.File {
	to, err := importPath(file.Name, lit)
	if err != nil {
		return s.refuse(lit, err)
	}
	if known := s.byName[to]; known != nil {
		return known
	}
	if s.read == nil {
		return s.refuse(lit, fmt.Errorf("there are no files here"))
	}
	name, text, err := s.read(to)
	switch known := s.byName[name]; {
	case err != nil:
		return s.refuse(lit, err)
	case known != nil:
		return known
	case len(s.files) == maxFiles:
		return s.limit(lit, "a program has at most %d files", maxFiles)
	case s.bytes+len(text) > maxSource:
		return s.limit(lit, "with this file the program has %d bytes, the most is %d", s.bytes+len(text), maxSource)
	}
	return s.add(name, text)
}

// importPath is where an import leads, from the folder of the root file.
func importPath(from string, lit *syntax.Literal) (string, error) {
	to, err := strconv.Unquote(lit.Text)
	switch {
	case err != nil:
		return "", err
	case to == "":
		return "", fmt.Errorf("the path is empty")
	case strings.HasPrefix(to, "/"):
		return "", fmt.Errorf("a path starts from the folder of the importing file, not with `/`")
	case strings.Contains(to, `\`):
		return "", fmt.Errorf("folders are separated by `/`")
	case path.Ext(to) != sourceExt:
		return "", fmt.Errorf("a source's name ends in `%s`", sourceExt)
	}
	return path.Join(path.Dir(from), to), nil
}

func (s *sources) refuse(lit *syntax.Literal, err error) *syntax.File {
	s.diags = append(s.diags, &diag.Diagnostic{Code: "E0220", Span: lit.Span(), Message: fmt.Sprintf("cannot import %s: %v", lit.Text, err)})
	return nil
}

func (s *sources) limit(lit *syntax.Literal, format string, args ...any) *syntax.File {
	if !s.full() {
		s.diags = append(s.diags, &diag.Diagnostic{Code: "E0815", Span: lit.Span(), Message: fmt.Sprintf(format, args...)})
	}
	return nil
}

// full reports whether a limit was reported: once is enough.
func (s *sources) full() bool {
	for _, d := range s.diags {
		if d.Code == "E0815" {
			return true
		}
	}
	return false
}

package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// maxSource is the largest source file read, in bytes; syntax.Parse has the limit of what it takes.
const maxSource = 64 << 20

// oneFile is the argument list of a command that takes one source file.
func oneFile(args []string) (string, error) {
	switch {
	case len(args) == 0:
		return "", usageError("no file given")
	case len(args) > 1:
		return "", usageError(fmt.Sprintf("one file expected, got %d: %s", len(args), strings.Join(args, " ")))
	}
	return args[0], nil
}

// A source is what a program was read from: its root file, and the files that it imports.
type source struct {
	name  string            // of the root file
	texts map[string]string // of all files, by their names
	infos map[string]fs.FileInfo
}

// readSource reads a root file. Positions and generated files name it by its base name, and what it imports by the path
// from there, so that they are the same wherever it is compiled from.
func readSource(path string) (*source, error) {
	s := &source{name: filepath.Base(path), texts: map[string]string{}, infos: map[string]fs.FileInfo{}}
	err := s.add(path, s.name)
	if errors.As(err, new(unfitError)) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, err
}

// text is the root file's.
func (s *source) text() string { return s.texts[s.name] }

// add reads a file.
func (s *source) add(path, name string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return unfitError("no such file")
	case err != nil:
		return err
	case st.IsDir():
		return unfitError("this is a folder, not a .tcc file")
	}
	text, err := readText(path)
	s.texts[name], s.infos[name] = text, st
	return err
}

// readText reads a file, which may be a pipe whose length nobody knows.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if len(b) > maxSource {
		return "", unfitError(fmt.Sprintf("a source has at most %d bytes", maxSource))
	}
	return string(b), err
}

// unfitError says why a file can't be a source.
type unfitError string

func (u unfitError) Error() string { return string(u) }

// reader reads the files that the root file in a folder imports.
func (s *source) reader(folder string) check.Reader {
	return func(path string) (name, text string, err error) {
		full := filepath.Join(folder, filepath.FromSlash(path))
		if st, err := os.Stat(full); err == nil {
			if !st.Mode().IsRegular() && !st.IsDir() {
				return "", "", unfitError("this is no regular file")
			}
			for name, known := range s.infos {
				if os.SameFile(st, known) {
					return name, s.texts[name], nil
				}
			}
		}
		err = s.add(full, path)
		if other := new(fs.PathError); errors.As(err, &other) {
			err = other.Err // the path is no business of the message
		}
		return path, s.texts[path], err
	}
}

// hash tells sources apart: the SHA-256 of the root file or, with imports, of a line of name and SHA-256 for each file.
func (s *source) hash() string {
	sum := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	if len(s.texts) == 1 {
		return sum(s.text())
	}
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.texts)) {
		fmt.Fprintf(&lines, "%s %s\n", sum(s.texts[name]), name)
	}
	return sum(lines.String())
}

// load reads and checks a source file and prints its diagnostics. The error is their list if any is an error.
func load(e *env, path string) (*check.Program, *source, error) {
	s, err := readSource(path)
	if err != nil {
		return nil, nil, err
	}
	p, list := check.Load(s.name, s.text(), s.reader(filepath.Dir(path)))
	if err := show(e, list, s); err != nil {
		return nil, nil, err
	}
	return p, s, nil
}

// goPackage is the package that go generate runs in, or main.
func goPackage() string { return cmp.Or(os.Getenv("GOPACKAGE"), "main") }

// show prints diagnostics and returns them as the error if one of them is an error.
func show(e *env, list diag.List, s *source) error {
	if !e.json && !(e.jsonErrors && list.HasErrors()) {
		fmt.Fprint(e.stderr, list.Text(s.texts, e.colour))
		return list.Err()
	}
	enc := json.NewEncoder(e.stdout)
	for _, d := range list {
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	return list.Err()
}

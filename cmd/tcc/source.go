package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// readSource reads a source file. Positions and generated files name it by its base name, so that they are the same
// wherever it is compiled from.
func readSource(path string) (name, src string, err error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", fmt.Errorf("%s: no such file", path)
	case err != nil:
		return "", "", err
	case st.IsDir():
		return "", "", fmt.Errorf("%s is a folder; name a .tcc file", path)
	case st.Size() > maxSource:
		return "", "", fmt.Errorf("%s has %d bytes; a source has at most %d", path, st.Size(), maxSource)
	}
	b, err := os.ReadFile(path)
	return filepath.Base(path), string(b), err
}

// load reads and checks a source file and prints its diagnostics. The error is their list if any is an error.
func load(e *env, path string) (*check.Program, string, error) {
	name, src, err := readSource(path)
	if err != nil {
		return nil, "", err
	}
	p, list := check.Source(name, src)
	if err := show(e, list, name, src); err != nil {
		return nil, "", err
	}
	return p, src, nil
}

// goPackage is the package that go generate runs in, or main.
func goPackage() string { return cmp.Or(os.Getenv("GOPACKAGE"), "main") }

// show prints diagnostics and returns them as the error if one of them is an error.
func show(e *env, list diag.List, name, src string) error {
	if !e.json {
		fmt.Fprint(e.stderr, list.Text(map[string]string{name: src}, e.colour))
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

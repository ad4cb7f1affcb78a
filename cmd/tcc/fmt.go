package main

import (
	"flag"
	"fmt"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/output"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

var fmtCommand = &command{
	name: "fmt", args: "[-w] FILE.tcc…", summary: "print sources in the canonical form, or with -w rewrite them",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		write := fs.Bool("w", false, "write the result back to the file")
		return func(e *env, args []string) error {
			if len(args) == 0 {
				return usageError("no file given")
			}
			for _, path := range args {
				if err := format(e, path, *write); err != nil {
					return err
				}
			}
			return nil
		}
	},
}

func format(e *env, path string, write bool) error {
	src, err := readSource(path)
	if err != nil {
		return err
	}
	file, list := syntax.Parse(src.name, src.text())
	if err := show(e, list, src); err != nil {
		return err
	}
	text := syntax.Print(file)
	if !write {
		_, err := fmt.Fprint(e.stdout, text)
		return err
	}
	if text == src.text() {
		return nil
	}
	return output.Write(output.File{Path: path, Data: []byte(text)})
}

package main

import "flag"

var checkCommand = &command{
	name: "check", args: "[-json] FILE.tcc", summary: "find mistakes without compiling",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		asJSON := fs.Bool("json", false, "print the diagnostics as JSON, one a line, on standard output")
		return func(e *env, args []string) error {
			path, err := oneFile(args)
			if err != nil {
				return err
			}
			e2 := *e
			e2.json = *asJSON
			_, _, err = load(&e2, path)
			return err
		}
	},
}

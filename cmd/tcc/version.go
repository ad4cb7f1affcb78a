package main

import (
	"flag"
	"fmt"
	"runtime/debug"
)

var versionCommand = &command{
	name: "version", args: "", summary: "print the version",
	setup: func(*flag.FlagSet) func(*env, []string) error {
		return func(e *env, args []string) error {
			if len(args) > 0 {
				return usageError("version takes no arguments")
			}
			fmt.Fprintln(e.stdout, "tcc", version())
			return nil
		}
	},
}

// version is that of the module that the command was built from: a release, or (devel).
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath {
			return m.Version
		}
	}
	return info.Main.Version
}

const modulePath = "github.com/tcc-bpf/tcc"

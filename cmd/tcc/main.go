// Command tcc compiles packet-processing stages to eBPF programs that tail-call each other.
//
//	go get -tool github.com/tcc-bpf/tcc/cmd/tcc
//	//go:generate go tool tcc compile firewall.tcc
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // something is wrong with the input
	exitUsage = 2 // something is wrong with the command line
)

// env is where a command reads and writes, so that tests can run it in process.
type env struct {
	stdout, stderr io.Writer
	json           bool // diagnostics as JSON
	jsonErrors     bool // the same, if there are errors among them
	colour         bool
}

// failing is the same for a command whose own output is JSON: so are the diagnostics, if there is no such output for errors.
func (e *env) failing(inJSON bool) *env {
	with := *e
	with.jsonErrors = inJSON
	return &with
}

// A command is one verb of tcc.
type command struct {
	name, args, summary string
	// setup declares the flags and returns what runs once they are parsed.
	setup func(fs *flag.FlagSet) func(e *env, args []string) error
}

// commands in the order in which help lists them.
func commands() []*command {
	return []*command{compileCommand, explainCommand, checkCommand, fmtCommand, testCommand, runCommand, versionCommand}
}

func main() {
	e := &env{stdout: os.Stdout, stderr: os.Stderr, colour: isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == ""}
	os.Exit(tcc(e, os.Args[1:]))
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// tcc runs one command line and returns its exit code.
func tcc(e *env, args []string) int {
	if len(args) == 0 {
		usage(e.stderr)
		return exitUsage
	}
	if args[0] == "help" && len(args) == 2 {
		args = []string{args[1], "-h"}
	}
	if isHelp(args[0]) {
		usage(e.stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(e, args[1:])
		}
	}
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	fmt.Fprintf(e.stderr, "tcc: unknown command `%s`", args[0])
	if near := diag.Nearest(args[0], names); near != "" {
		fmt.Fprintf(e.stderr, "; did you mean `%s`?", near)
	}
	fmt.Fprintln(e.stderr, " (tcc help lists the commands)")
	return exitUsage
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

func usage(w io.Writer) {
	fmt.Fprint(w, "tcc compiles packet-processing stages to eBPF programs that tail-call each other.\n\nUsage:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  tcc %-8s %-28s %s\n", c.name, c.args, c.summary)
	}
	fmt.Fprint(w, "\n`tcc COMMAND -h` lists a command's flags. Exit codes: 0 success, 1 errors in the input, 2 wrong usage.\n")
}

// run parses the flags, which may stand before, between and behind the arguments, and runs the command.
func (c *command) run(e *env, args []string) int {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	body := c.setup(fs)
	rest, err := permute(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(e.stdout, fs)
		return exitOK
	case err == nil:
		err = body(e, rest)
	default:
		err = usageError(err.Error())
	}
	return c.report(e, err)
}

// report prints an error and returns the exit code it stands for.
func (c *command) report(e *env, err error) int {
	var wrong usageError
	var list diag.List
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(e.stderr, "tcc %s: %s\nusage: tcc %s %s (tcc %[1]s -h lists the flags)\n", c.name, wrong, c.name, c.args)
		return exitUsage
	case errors.As(err, &list), errors.Is(err, errReported):
		return exitError // already shown at its place
	}
	fmt.Fprintf(e.stderr, "tcc %s: %v\n", c.name, err)
	return exitError
}

func (c *command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "usage: tcc %s %s\n\n%s.\n", c.name, c.args, strings.ToUpper(c.summary[:1])+c.summary[1:])
	first := true
	fs.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprintln(w)
			first = false
		}
		name, text := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  -%s %s\n    \t%s", f.Name, name, text)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}

// usageError is a mistake in the command line.
type usageError string

func (u usageError) Error() string { return string(u) }

// errReported ends a command whose mistakes have been printed already.
var errReported = errors.New("reported")

// permute parses flags wherever they stand and returns the other arguments. `--` ends the flags.
func permute(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		used := len(args) - fs.NArg()
		if used > 0 && args[used-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		if args = fs.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

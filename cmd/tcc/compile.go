package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/output"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
)

// compileOptions are the flags of `tcc compile`.
type compileOptions struct {
	dir, pkg, stem, ident string
	emit                  string
	plan                  planFlags
	check                 bool
}

var compileCommand = &command{
	name: "compile", args: "[flags] FILE.tcc", summary: "compile a pipeline to eBPF objects and their Go loader",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		var o compileOptions
		fs.StringVar(&o.dir, "o", ".", "write the files into `DIR`")
		fs.StringVar(&o.pkg, "package", "", "Go `PACKAGE` of the loader (default: $GOPACKAGE, as go generate sets it, or main)")
		fs.StringVar(&o.stem, "stem", "", "name the files STEM_tcc.go, `STEM`_bpfel.o and STEM_bpfeb.o (default: the pipeline's name)")
		fs.StringVar(&o.ident, "ident", "", "begin the loader's Go names with `IDENT`; exported if it begins with a capital (default: the pipeline's name)")
		fs.StringVar(&o.emit, "emit", "go,elf", "what to write, a `LIST` of go, elf, asm, json")
		fs.BoolVar(&o.check, "check", false, "write nothing; exit 1 if the files on disk differ from what would be written")
		o.plan.declare(fs)
		o.plan.declareProfile(fs)
		return func(e *env, args []string) error {
			path, err := oneFile(args)
			if err != nil {
				return err
			}
			return compile(e, path, o)
		}
	},
}

func compile(e *env, path string, o compileOptions) error {
	kinds, err := o.kinds()
	if err != nil {
		return err
	}
	opts, err := o.plan.options()
	if err != nil {
		return err
	}
	_, a, src, err := build(e, path, opts)
	if err != nil {
		return err
	}
	files, err := o.files(a, kinds, src)
	if err != nil {
		return err
	}
	if o.check {
		return compareFiles(e, files)
	}
	if err := output.Write(files...); err != nil {
		return err
	}
	return report(e, a, files)
}

// build compiles a source file, its diagnostics shown.
func build(e *env, path string, opts codegen.Options) (*check.Program, *codegen.Artifact, *source, error) {
	p, src, err := load(e, path)
	if err != nil {
		return nil, nil, nil, err
	}
	if opts.Profile != nil {
		for _, line := range opts.Profile.Stale(p) {
			fmt.Fprintf(e.stderr, "warning: %s\n", line)
		}
	}
	a, err := codegen.Compile(p, opts)
	var none *codegen.PlanError
	if errors.As(err, &none) {
		return nil, nil, nil, show(e, diag.List{noPlan(p, none)}, src)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, a, src, nil
}

// noPlan is the diagnostic of a pipeline that can't be cut as asked, at the stage where it fails.
func noPlan(p *check.Program, err *codegen.PlanError) *diag.Diagnostic {
	d := &diag.Diagnostic{
		Code: "E0820", Span: err.Span, Hint: err.Remedy,
		Message: fmt.Sprintf("no plan: stage `%s` comes to %d %s, and the limit is %d", err.Stage, err.Have, err.Constraint, err.Limit),
	}
	if err.Reason != "" {
		d.Message = "no plan: " + err.Reason
	}
	if s := p.Stage(err.Stage); s != nil {
		d.Span = s.Decl.Name.Span()
	}
	if err.Detail != "" {
		d.Message += " (" + err.Detail + ")"
	}
	for _, c := range err.Causes {
		d.Notes = append(d.Notes, diag.Note{Span: c.Span, Message: fmt.Sprintf("`%s` %s", c.Name, c.What)})
	}
	return d
}

// kinds is the list that -emit names.
func (o *compileOptions) kinds() ([]string, error) {
	kinds := strings.Split(o.emit, ",")
	for _, k := range kinds {
		if !slices.Contains([]string{"go", "elf", "asm", "json"}, k) {
			return nil, usageError(fmt.Sprintf("-emit %s: `%s` is none of go, elf, asm, json", o.emit, k))
		}
	}
	return kinds, nil
}

// files are the outputs, contents and all.
func (o *compileOptions) files(a *codegen.Artifact, kinds []string, src *source) (files []output.File, err error) {
	stem := cmp.Or(o.stem, a.Layout.Name)
	if stem != filepath.Base(stem) {
		return nil, usageError(fmt.Sprintf("-stem %s: it names files, not folders; use -o for the folder", stem))
	}
	add := func(suffix string, data []byte) {
		files = append(files, output.File{Path: filepath.Join(o.dir, stem+suffix), Data: data})
	}
	for _, k := range kinds {
		switch k {
		case "go":
			code, err := a.Go(codegen.GoOptions{
				Package: cmp.Or(o.pkg, goPackage()), Ident: cmp.Or(o.ident, a.Layout.Name), Stem: stem,
				Source: src.name, Hash: src.hash(),
			})
			if err != nil {
				return nil, usageError(err.Error())
			}
			add("_tcc.go", code)
		case "elf":
			add("_bpfel.o", a.LittleEndian)
			add("_bpfeb.o", a.BigEndian)
		case "asm":
			text, err := a.Asm()
			if err != nil {
				return nil, err
			}
			add("_tcc.s", []byte(text))
		case "json":
			data, err := json.MarshalIndent(a, "", "  ")
			if err != nil {
				return nil, err
			}
			add("_tcc.json", append(data, '\n'))
		}
	}
	return files, nil
}

// compareFiles is -check.
func compareFiles(e *env, files []output.File) error {
	paths, err := output.Differing(files...)
	if err != nil {
		return err
	}
	for _, p := range paths {
		what := "differs from what the source compiles to; run tcc compile again"
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) {
			what = "is missing; run tcc compile"
		}
		fmt.Fprintf(e.stderr, "%s: %s\n", p, what)
	}
	if len(paths) > 0 {
		return errReported
	}
	return nil
}

// report prints a line a program and the files written.
func report(e *env, a *codegen.Artifact, files []output.File) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "program\tinstructions\testimated cost\tcarried bytes\ttail calls\t")
	for _, p := range a.Programs {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", p.Name, p.Instructions, p.EstimatedCost, p.CarriedBytes, p.TailCalls)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintf(e.stdout, "wrote %s (%d bytes)\n", f.Path, len(f.Data))
	}
	return nil
}

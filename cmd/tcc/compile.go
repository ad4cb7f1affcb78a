package main

import (
	"bytes"
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
	variants, err := o.plan.all()
	if err != nil {
		return err
	}
	_, all, src, err := build(e, path, variants)
	if err != nil {
		return err
	}
	files, err := o.files(all, kinds, src)
	if err != nil {
		return err
	}
	if o.check {
		return compareFiles(e, files)
	}
	if err := output.Write(files...); err != nil {
		return err
	}
	return report(e, all, variants, files)
}

// build compiles a source file, its diagnostics shown.
func build(e *env, path string, variants []codegen.Variant) (*check.Program, []*codegen.Artifact, *source, error) {
	p, src, err := load(e, path)
	if err != nil {
		return nil, nil, nil, err
	}
	if profile := variants[0].Options.Profile; profile != nil {
		for _, line := range profile.Stale(p) {
			fmt.Fprintf(e.stderr, "warning: %s\n", line)
		}
	}
	all, err := compileAll(p, variants)
	var none *codegen.PlanError
	if errors.As(err, &none) {
		d := noPlan(p, none)
		var of *codegen.VariantError
		if errors.As(err, &of) {
			d.Message = fmt.Sprintf("variant `%s`: %s", of.Variant, d.Message)
		}
		return nil, nil, nil, show(e, diag.List{d}, src)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	doubt(e, all)
	return p, all, src, nil
}

// compileAll compiles variants, or the one that has no name.
func compileAll(p *check.Program, variants []codegen.Variant) ([]*codegen.Artifact, error) {
	if variants[0].Name != "" {
		return codegen.CompileVariants(p, variants)
	}
	a, err := codegen.Compile(p, variants[0].Options)
	return []*codegen.Artifact{a}, err
}

// doubt warns of variants that are of no use behind those before them.
func doubt(e *env, all []*codegen.Artifact) {
	for i, a := range all[1:] {
		switch before := all[i]; {
		case bytes.Equal(before.LittleEndian, a.LittleEndian):
			fmt.Fprintf(e.stderr, "warning: variants `%s` and `%s` come out alike\n", before.Variant, a.Variant)
		case len(a.Programs) < len(before.Programs):
			fmt.Fprintf(e.stderr, "warning: variant `%s` has fewer programs than `%s`, which is tried before it: list the coarsest first\n", a.Variant, before.Variant)
		}
	}
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
func (o *compileOptions) files(all []*codegen.Artifact, kinds []string, src *source) (files []output.File, err error) {
	last := all[len(all)-1]
	stem := cmp.Or(o.stem, last.Layout.Name)
	if stem != filepath.Base(stem) {
		return nil, usageError(fmt.Sprintf("-stem %s: it names files, not folders; use -o for the folder", stem))
	}
	add := func(suffix string, data []byte) {
		files = append(files, output.File{Path: filepath.Join(o.dir, stem+suffix), Data: data})
	}
	for _, k := range kinds {
		if k == "go" {
			code, err := codegen.Go(all, codegen.GoOptions{
				Package: cmp.Or(o.pkg, goPackage()), Ident: cmp.Or(o.ident, last.Layout.Name), Stem: stem,
				Source: src.name, Hash: src.hash(),
			})
			if err != nil {
				return nil, usageError(err.Error())
			}
			add("_tcc.go", code)
			continue
		}
		for _, a := range all {
			variant := "" // the last variant's files have the names of a pipeline without variants
			if a != last {
				variant = "_" + a.Variant
			}
			if err := addFile(a, k, func(suffix string, data []byte) { add(variant+suffix, data) }); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// addFile adds what of one kind is written of a variant.
func addFile(a *codegen.Artifact, kind string, add func(suffix string, data []byte)) error {
	switch kind {
	case "elf":
		add("_bpfel.o", a.LittleEndian)
		add("_bpfeb.o", a.BigEndian)
	case "asm":
		text, err := a.Asm()
		if err != nil {
			return err
		}
		add("_tcc.s", []byte(text))
	case "json":
		data, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			return err
		}
		add("_tcc.json", append(data, '\n'))
	}
	return nil
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
func report(e *env, all []*codegen.Artifact, variants []codegen.Variant, files []output.File) error {
	for i, a := range all {
		if a.Variant != "" {
			o := variants[i].Options
			fmt.Fprintf(e.stdout, "variant %s: Linux %s, a budget of %d\n", a.Variant, o.Target, o.Budget)
		}
		w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "program\tinstructions\testimated cost\tcarried bytes\ttail calls\t")
		for _, p := range a.Programs {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", p.Name, p.Instructions, p.EstimatedCost, p.CarriedBytes, p.TailCalls)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for _, f := range files {
		fmt.Fprintf(e.stdout, "wrote %s (%d bytes)\n", f.Path, len(f.Data))
	}
	return nil
}

package main

import (
	"errors"
	"flag"
	"fmt"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/explain"
	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/cmd/tcc/internal/output"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// explainOptions are the flags of `tcc explain`.
type explainOptions struct {
	plan              planFlags
	json, inKernel    bool
	svgPath, htmlPath string
}

var explainCommand = &command{
	name: "explain", args: "[flags] FILE.tcc", summary: "show the programs of a pipeline, and why it is cut so",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		var o explainOptions
		fs.BoolVar(&o.json, "json", false, "print JSON instead of text")
		fs.BoolVar(&o.inKernel, "kernel", false, "load the programs into the kernel (as root) and show what its verifier says")
		fs.StringVar(&o.svgPath, "svg", "", "draw a picture into `PATH`")
		fs.StringVar(&o.htmlPath, "html", "", "write a page into `PATH`: the picture, the tables, and the source with the programs beside it")
		o.plan.declare(fs)
		o.plan.declareProfile(fs)
		return func(e *env, args []string) error {
			path, err := oneFile(args)
			if err != nil {
				return err
			}
			return explainFile(e, path, o)
		}
	},
}

// explainFile prints the report, or writes it where the flags say; then nothing is printed but what was written.
func explainFile(e *env, path string, o explainOptions) error {
	variants, err := o.plan.all()
	if err != nil {
		return err
	}
	p, all, _, err := build(e.failing(o.json), path, variants)
	if err != nil {
		return err
	}
	var r explain.Reports
	for i, a := range all {
		r = append(r, explain.New(p, a, variants[i].Options))
	}
	if o.inKernel {
		if err := askKernel(r, p, all); err != nil {
			return err
		}
	}
	var files []output.File
	if o.svgPath != "" {
		files = append(files, output.File{Path: o.svgPath, Data: r.SVG()})
	}
	if o.htmlPath != "" {
		sources := map[string]string{}
		for _, f := range p.Files {
			sources[f.Name] = f.Source
		}
		files = append(files, output.File{Path: o.htmlPath, Data: r.HTML(sources)})
	}
	if err := output.Write(files...); err != nil {
		return err
	}
	switch {
	case o.json:
		data, err := r.JSON()
		if err == nil {
			_, err = e.stdout.Write(data)
		}
		return err
	case len(files) == 0:
		_, err := fmt.Fprint(e.stdout, r.Text())
		return err
	}
	for _, f := range files {
		fmt.Fprintf(e.stdout, "wrote %s (%d bytes)\n", f.Path, len(f.Data))
	}
	return nil
}

// askKernel loads the programs and adds what the kernel says of them, and which of the variants it takes.
func askKernel(reports explain.Reports, p *check.Program, all []*codegen.Artifact) error {
	if err := mayLoad(); err != nil {
		return err
	}
	chosen := false
	for i, r := range reports {
		err := measure(r, p, all[i])
		var none *runtime.VariantsError
		switch {
		case errors.As(err, &none):
			r.Refused = none.Refusals[0].Err.Error()
		case err != nil:
			return withHint(err)
		case r.Variant != "":
			r.Chosen, chosen = !chosen, true
		}
	}
	return nil
}

// measure loads the programs of a report and adds what the kernel says of each.
func measure(r *explain.Report, p *check.Program, a *codegen.Artifact) error {
	k, err := kernel.New(p, a)
	if err != nil {
		return err
	}
	defer k.Close()
	if err := k.Load(); err != nil {
		return err
	}
	for _, pr := range r.Programs {
		info, err := k.Pipeline().Programs()[pr.Name].Info()
		if err != nil {
			return err
		}
		processed, _ := info.VerifiedInstructions()
		size, _ := info.JitedSize()
		pr.Kernel = &explain.Kernel{Processed: int(processed), JITBytes: int(size)}
	}
	return nil
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
)

// planFlags are the flags that say how a pipeline becomes programs.
type planFlags struct {
	budget          int
	target, carrier string
	profile         string
	variants        []string // the arguments of -variant
}

func (o *planFlags) declare(fs *flag.FlagSet) {
	o.declareOne(fs, planFlags{budget: codegen.DefaultBudget, target: codegen.Targets[0].Name, carrier: "auto"})
	fs.Func("variant", "compile a `VARIANT`, such as \"coarse -budget 900000 -target 6.12\": a name, and what is otherwise than without it; give one -variant for each, the one to be tried first first", func(text string) error {
		o.variants = append(o.variants, text)
		return nil
	})
}

// declareOne adds the flags that variants can have for themselves.
func (o *planFlags) declareOne(fs *flag.FlagSet, unless planFlags) {
	fs.IntVar(&o.budget, "budget", unless.budget, "let the verifier process at most `N` instructions of each program, by the compiler's estimate; a small N makes many programs")
	fs.StringVar(&o.target, "target", unless.target, "make programs for Linux `RELEASE` or later: "+releases()+", or host for the one that runs here; with ,rt behind it, for one built with PREEMPT_RT")
	fs.StringVar(&o.carrier, "carrier", unless.carrier, "let state travel from program to program in `CARRIER`: cb (skb->cb), meta (data_meta, xdp only), percpu (a per-CPU array), or auto for the cheapest")
}

// releases lists the targets.
func releases() string {
	var names []string
	for _, t := range codegen.Targets {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// declareProfile adds the flag that takes a profile.
func (o *planFlags) declareProfile(fs *flag.FlagSet) {
	fs.StringVar(&o.profile, "profile", "", "cut, and place code, by how often packets came by according to `FILE`, which tcc run -profile wrote")
}

// all are the variants to compile. Without -variant it is a single one that has no name.
func (o *planFlags) all() ([]codegen.Variant, error) {
	opts, err := o.options()
	if err != nil {
		return nil, err
	}
	if o.profile != "" {
		if opts.Profile, err = readProfile(o.profile); err != nil {
			return nil, fmt.Errorf("-profile: %w", err)
		}
	}
	if len(o.variants) == 0 {
		return []codegen.Variant{{Options: opts}}, nil
	}
	var list []codegen.Variant
	for _, text := range o.variants {
		v, err := o.variant(text)
		if err != nil {
			return nil, err
		}
		v.Options.Profile = opts.Profile
		list = append(list, v)
	}
	if err := codegen.CheckVariants(list); err != nil {
		return nil, usageError(fmt.Sprintf("-variant: %v", err))
	}
	return list, nil
}

// variant is the variant that an argument of -variant describes: a name, and flags.
func (o *planFlags) variant(text string) (v codegen.Variant, err error) {
	words := strings.Fields(text)
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		return v, usageError(fmt.Sprintf("-variant %q: it begins with the variant's name", text))
	}
	var own planFlags
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	own.declareOne(fs, *o)
	err = fs.Parse(words[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		err = usageError("-help is no setting of a variant")
	case err == nil && fs.NArg() > 0:
		err = usageError(fmt.Sprintf("what is `%s`?", fs.Arg(0)))
	case err == nil:
		v.Name = words[0]
		v.Options, err = own.options()
	}
	if err != nil {
		return v, usageError(fmt.Sprintf("-variant %q: %v (it may have -budget, -target and -carrier behind its name)", text, err))
	}
	return v, nil
}

// options are those of the compiler, without a profile.
func (o *planFlags) options() (opts codegen.Options, err error) {
	if o.budget < 1 {
		return opts, usageError(fmt.Sprintf("-budget %d: it must be 1 at least", o.budget))
	}
	opts.Budget = o.budget
	if opts.Carrier, err = codegen.ParseCarrier(o.carrier); err != nil {
		return opts, usageError(fmt.Sprintf("-carrier: %v", err))
	}
	if o.target == "host" {
		if opts.Target, err = codegen.HostTarget(); err != nil {
			return opts, fmt.Errorf("-target host: %w", err)
		}
		return opts, nil
	}
	if opts.Target, err = codegen.ParseTarget(o.target); err != nil {
		return opts, usageError(fmt.Sprintf("-target: %v", err))
	}
	return opts, nil
}

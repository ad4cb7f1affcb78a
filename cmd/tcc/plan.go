package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
)

// planFlags are the flags that say how a pipeline becomes programs.
type planFlags struct {
	budget          int
	target, carrier string
	profile         string
}

func (o *planFlags) declare(fs *flag.FlagSet) {
	fs.IntVar(&o.budget, "budget", codegen.DefaultBudget, "let the verifier process at most `N` instructions of each program, by the compiler's estimate; a small N makes many programs")
	fs.StringVar(&o.target, "target", codegen.Targets[0].Name, "make programs for Linux `RELEASE` or later: "+releases()+", or host for the one that runs here; with ,rt behind it, for one built with PREEMPT_RT")
	fs.StringVar(&o.carrier, "carrier", "auto", "let state travel from program to program in `CARRIER`: cb (skb->cb), meta (data_meta, xdp only), percpu (a per-CPU array), or auto for the cheapest")
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

// options are those of the compiler.
func (o *planFlags) options() (opts codegen.Options, err error) {
	if o.budget < 1 {
		return opts, usageError(fmt.Sprintf("-budget %d: it must be 1 at least", o.budget))
	}
	opts.Budget = o.budget
	if opts.Carrier, err = codegen.ParseCarrier(o.carrier); err != nil {
		return opts, usageError(fmt.Sprintf("-carrier: %v", err))
	}
	if o.profile != "" {
		if opts.Profile, err = readProfile(o.profile); err != nil {
			return opts, fmt.Errorf("-profile: %w", err)
		}
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

package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
)

// A pipeline can be compiled in several variants: the same pipeline with the same maps, cut into few programs or into
// many, for newer or for older kernels. They are tried in their order, the coarsest first, and the first one that the
// running kernel takes is loaded.
//
// The next one is tried only if the kernel refuses a program for what it is: too large, too complex, with an instruction
// or a helper that this kernel doesn't know. Any other error (no permission, no memory, a map that can't be made) would
// meet the next one too or should not be hidden by it, and ends the search.

// A Variant is one of the ways in which a pipeline was compiled.
type Variant struct {
	Name   string // tells it from the others
	Spec   *ebpf.CollectionSpec
	Layout Layout
	// Since is the release of Linux, as in "6.12", before which the programs must not run although a kernel's verifier may
	// take them: they rely on something that it doesn't look at. Empty: the verifier sees to everything.
	Since string
	// RT is set if the programs may run on a kernel built with PREEMPT_RT: no state of a packet lies where a program that
	// preempts them could change it. No verifier looks at that either.
	RT bool
}

// A Refusal is a variant that was not loaded, and why: a *VerifierError, as a rule.
type Refusal struct {
	Variant string
	Err     error
}

// VariantsError says that the kernel takes none of a pipeline's variants, and why not, each.
type VariantsError struct{ Refusals []Refusal }

// Error is a line for all, and one or two for each.
func (e *VariantsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "this kernel takes none of its %d variants", len(e.Refusals))
	for _, r := range e.Refusals {
		fmt.Fprintf(&b, "\n%s: %v", r.Variant, r.Err)
	}
	return b.String()
}

// Unwrap gives the reasons.
func (e *VariantsError) Unwrap() (all []error) {
	for _, r := range e.Refusals {
		all = append(all, r.Err)
	}
	return all
}

// OpenVariants opens the first of some variants that the kernel takes, or the one that the options name. If the kernel
// refuses all of them the error is a *VariantsError; if anything else fails it is that, and no other variant is tried.
// Of what could not be loaded nothing stays.
func OpenVariants(variants []Variant, opts *Options) (*Pipeline, error) {
	return openVariants(variants, orZero(opts), load)
}

// OpenVariantsFor does for a pipeline with variants what OpenFor does for one without.
func OpenVariantsFor(host *Pipeline, variants []Variant, opts *Options) (*Pipeline, error) {
	return openVariants(variants, orZero(opts), func(spec *ebpf.CollectionSpec, layout Layout, opts Options) (*Pipeline, error) {
		return loadFor(host, spec, layout, opts)
	})
}

// Variant is the name of the variant that was loaded; empty for a pipeline without variants.
func (p *Pipeline) Variant() string { return p.variant }

// Refused are the variants that come before the one that was loaded, and why they weren't. There are none if the options
// named one.
func (p *Pipeline) Refused() []Refusal { return slices.Clone(p.refused) }

// A loader is load, or loadFor with its host.
type loader func(*ebpf.CollectionSpec, Layout, Options) (*Pipeline, error)

func openVariants(variants []Variant, opts Options, load loader) (*Pipeline, error) {
	if err := CheckVariants(variants); err != nil {
		return nil, err
	}
	return about(variants[0].Layout, func() (*Pipeline, error) {
		if opts.Variant != "" {
			return loadNamed(variants, opts, load)
		}
		return loadFirst(variants, opts, load)
	})
}

// loadNamed loads the variant that the options name.
func loadNamed(variants []Variant, opts Options, load loader) (*Pipeline, error) {
	var names []string
	for _, v := range variants {
		if v.Name != opts.Variant {
			names = append(names, v.Name)
			continue
		}
		opts.Variant = ""
		p, err := load(v.Spec, v.Layout, opts)
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		p.variant = v.Name
		return p, nil
	}
	return nil, fmt.Errorf("there is no variant `%s`; there are %s", opts.Variant, strings.Join(names, ", "))
}

// loadFirst loads the first variant that the kernel takes.
func loadFirst(variants []Variant, opts Options, load loader) (*Pipeline, error) {
	k, err := runningKernel()
	if err != nil {
		return nil, err
	}
	var refused []Refusal
	for _, v := range variants {
		var p *Pipeline
		err := v.fits(k)
		if err == nil {
			p, err = load(v.Spec, v.Layout, opts)
		}
		switch {
		case err == nil:
			p.variant, p.refused = v.Name, refused
			return p, nil
		case !refuses(err):
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		refused = append(refused, Refusal{v.Name, err})
	}
	return nil, &VariantsError{refused}
}

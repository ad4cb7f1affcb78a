package runtime

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
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

// unfitError says why a variant may not be loaded, although nothing is wrong with it.
type unfitError string

func (u unfitError) Error() string { return string(u) }

// notSupported is ENOTSUPP, the kernel's own, with which the JIT gives a program up.
const notSupported = syscall.Errno(524)

// refuses reports whether an error says that the kernel doesn't take a program for what the program is. EPERM and ENOMEM
// are no such, nor is EACCES without a word from the verifier, which comes from a security module.
func refuses(err error) bool {
	var unfit unfitError
	var refused *VerifierError
	if errors.As(err, &unfit) {
		return true
	}
	if !errors.As(err, &refused) {
		return false
	}
	for _, errno := range []error{syscall.E2BIG, syscall.EINVAL, syscall.EFAULT, syscall.EOPNOTSUPP, notSupported} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return errors.Is(err, syscall.EACCES) && refused.said
}

// A kernel is what a variant may ask for that no verifier looks at.
type kernel struct {
	version uint32 // as LINUX_VERSION_CODE
	rt      bool
}

func runningKernel() (kernel, error) {
	version, err := features.LinuxVersionCode()
	if err != nil {
		return kernel{}, fmt.Errorf("which kernel runs here: %w", err)
	}
	return kernel{version, PreemptRT()}, nil
}

// PreemptRT reports whether the kernel was built with PREEMPT_RT, as far as it tells: since 6.12 a file says so, and the
// patches before that had it in the kernel's version.
func PreemptRT() bool {
	if text, err := os.ReadFile("/sys/kernel/realtime"); err == nil {
		return strings.TrimSpace(string(text)) == "1"
	}
	text, err := os.ReadFile("/proc/sys/kernel/version")
	return err == nil && strings.Contains(string(text), "PREEMPT_RT")
}

// fits says why the variant must not run on a kernel, even if its verifier takes it; nil if it may.
func (v *Variant) fits(k kernel) error {
	since, err := v.since()
	switch {
	case err != nil:
		return err
	case k.version < since:
		return unfitError(fmt.Sprintf("its programs rely on what Linux has since %s, and this is %d.%d", v.Since, k.version>>16, k.version>>8&0xff))
	case k.rt && !v.RT:
		return unfitError("this kernel is built with PREEMPT_RT, and a program that is preempted could find its state changed")
	}
	return nil
}

// since is Since as LINUX_VERSION_CODE; 0 if it is empty.
func (v *Variant) since() (uint32, error) {
	if v.Since == "" {
		return 0, nil
	}
	var major, minor uint8
	if n, err := fmt.Sscanf(v.Since+" ", "%d.%d ", &major, &minor); n != 2 || err != nil {
		return 0, fmt.Errorf("%q is no release of Linux", v.Since)
	}
	return uint32(major)<<16 | uint32(minor)<<8, nil
}

// CheckVariants finds what is wrong with a list of variants, before anything is loaded.
func CheckVariants(variants []Variant) error {
	if len(variants) == 0 {
		return errors.New("a pipeline without any variant can't be loaded")
	}
	first := variants[0]
	seen := map[string]bool{}
	for i, v := range variants {
		_, err := v.since()
		switch {
		case v.Name == "":
			return fmt.Errorf("variant %d has no name", i)
		case seen[v.Name]:
			return fmt.Errorf("there are two variants of the name `%s`", v.Name)
		case v.Spec == nil:
			return fmt.Errorf("variant %s has no object", v.Name)
		case err != nil:
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if err := cmp.Or(first.Layout.Alike(v.Layout), alikeMaps(first.Spec, v.Spec)); err != nil {
			return fmt.Errorf("variant %s is not of the same pipeline as %s: %w", v.Name, first.Name, err)
		}
		seen[v.Name] = true
	}
	return nil
}

// Alike says in what two layouts differ beyond that the pipeline is cut otherwise; nil if in nothing.
func (l Layout) Alike(other Layout) error {
	a, b := reflect.ValueOf(l.uncut()), reflect.ValueOf(other.uncut())
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			return fmt.Errorf("their layouts differ in %s", a.Type().Field(i).Name)
		}
	}
	return nil
}

// uncut is the layout without what depends on where the pipeline is cut.
func (l Layout) uncut() Layout {
	l.Targets = nil
	l.Slots, l.Stages = slices.Clone(l.Slots), slices.Clone(l.Stages)
	for i := range l.Slots {
		l.Slots[i].Depth = 0
	}
	for i := range l.Stages {
		l.Stages[i].TailCalls = 0
	}
	return l
}

// alikeMaps says in what the maps and variables of the source differ in two objects; nil if in nothing.
func alikeMaps(a, b *ebpf.CollectionSpec) error {
	for name := range both(a.Maps, b.Maps) {
		x, y := a.Maps[name], b.Maps[name]
		if x == nil || y == nil || x.Type != y.Type || x.KeySize != y.KeySize || x.ValueSize != y.ValueSize || x.MaxEntries != y.MaxEntries {
			return fmt.Errorf("their maps `%s` differ", name)
		}
	}
	for name := range both(a.Variables, b.Variables) {
		x, y := a.Variables[name], b.Variables[name]
		if x == nil || y == nil || x.Constant() != y.Constant() || len(x.Value) != len(y.Value) {
			return fmt.Errorf("their variables `%s` differ", name)
		}
	}
	return nil
}

// both are the names in either of two maps, in their order, but for the compiler's own, which depend on the cuts.
func both[V any](a, b map[string]V) iter.Seq[string] {
	return func(yield func(string) bool) {
		names := slices.Sorted(maps.Keys(a))
		names = append(names, slices.Sorted(maps.Keys(b))...)
		for _, name := range names {
			if !strings.HasPrefix(name, "tcc_") && !strings.HasPrefix(name, ".") && !yield(name) {
				return
			}
		}
	}
}

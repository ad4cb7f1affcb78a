package codegen

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/loader"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// Each variant is an object of its own, which any reader of ELF files can load whole: readers load all programs of a file,
// and one that the kernel refuses would stop them. The last variant, which gets in everywhere, has the names that the only
// object of a pipeline without variants has.

// A Variant is one of the ways in which a pipeline is to be compiled.
type Variant struct {
	Name    string // lower-case letters and digits
	Options Options
}

// A VariantError says which variant could not be compiled.
type VariantError struct {
	Variant string
	Err     error
}

func (e *VariantError) Error() string { return "variant " + e.Variant + ": " + e.Err.Error() }

// Unwrap gives the reason.
func (e *VariantError) Unwrap() error { return e.Err }

// variantName is what a variant can be called: its name becomes a part of file names and of Go's.
var variantName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

// CompileVariants compiles a program in several variants. They are to be listed as they will be tried: the coarsest
// first. If one can't be compiled the error is a *VariantError.
func CompileVariants(p *check.Program, variants []Variant) ([]*Artifact, error) {
	if err := CheckVariants(variants); err != nil {
		return nil, err
	}
	var all []*Artifact
	for _, v := range variants {
		a, err := Compile(p, v.Options)
		if err != nil {
			return nil, &VariantError{v.Name, err}
		}
		a.Variant = v.Name
		all = append(all, a)
	}
	return all, nil
}

// CheckVariants says what is wrong with the names of variants, or which of them are compiled alike.
func CheckVariants(variants []Variant) error {
	for i, v := range variants {
		if !variantName.MatchString(v.Name) {
			return fmt.Errorf("`%s` is no name for a variant: at most 32 lower-case letters and digits, a letter first", v.Name)
		}
		for _, before := range variants[:i] {
			switch {
			case before.Name == v.Name:
				return fmt.Errorf("there are two variants of the name `%s`", v.Name)
			case before.Options.alike(v.Options):
				return fmt.Errorf("variants `%s` and `%s` are compiled alike: give them different budgets, targets or carriers", before.Name, v.Name)
			}
		}
	}
	return nil
}

// alike reports whether options lead to the same programs.
func (o Options) alike(other Options) bool {
	return o.Cut == nil && other.Cut == nil && o.Carrier == other.Carrier && o.Stack == other.Stack && o.Target.String() == other.Target.String() &&
		cmp.Or(o.Budget, DefaultBudget) == cmp.Or(other.Budget, DefaultBudget)
}

// since is the release before which programs rely on what a kernel hasn't although its verifier doesn't mind; empty if
// there is none.
func since(m *ir.Module, plan *split.Plan) string {
	if plan.Notes > ir.Targets[0].Meta || m.Target.Safe && dividesSigned(m) {
		return m.Target.Name
	}
	return ""
}

// dividesSigned reports whether the least number may be divided by -1, by an instruction for signed numbers.
func dividesSigned(m *ir.Module) bool {
	for _, f := range m.All() {
		for _, b := range f.Blocks {
			if slices.ContainsFunc(b.Insts, func(v *ir.Value) bool {
				return (v.Op == ir.SDiv || v.Op == ir.SMod) && (v.Args[1].Op != ir.Const || v.Args[1].Number() == v.Type.Mask())
			}) {
				return true
			}
		}
	}
	return false
}

// Variants are compiled variants as package runtime takes them, with the objects of this machine's byte order.
func Variants(artifacts []*Artifact) ([]runtime.Variant, error) {
	return variants(artifacts, (*Artifact).Native)
}

func variants(artifacts []*Artifact, object func(*Artifact) []byte) (all []runtime.Variant, err error) {
	for _, a := range artifacts {
		spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object(a)))
		if err != nil {
			return nil, err
		}
		all = append(all, runtime.Variant{Name: a.Variant, Spec: spec, Layout: a.Layout, Since: a.Since, RT: a.RT})
	}
	return all, nil
}

// Go is the source of the loader: bpf2go's shape for the last of the artifacts, and the pipeline as a typed object, which
// is loaded from the first of them that the kernel takes.
func Go(artifacts []*Artifact, o GoOptions) ([]byte, error) {
	all, err := variants(artifacts, func(a *Artifact) []byte { return a.LittleEndian })
	if err != nil {
		return nil, err
	}
	last := all[len(all)-1]
	in := loader.Input{Package: o.Package, Ident: o.Ident, Stem: o.Stem, Source: o.Source, Hash: o.Hash, Spec: last.Spec, Layout: last.Layout}
	if last.Name != "" {
		if err := runtime.CheckVariants(all); err != nil {
			return nil, err
		}
		in.Variants = all
	}
	return loader.Generate(in)
}

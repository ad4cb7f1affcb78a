package kernel

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/runtime"
)

// Coarser is a variant that is tried before a recording's own object.
type Coarser struct {
	Name, Since string
	RT          bool
	Layout      runtime.Layout
	Object      []byte
	From        string // the target from which on kernels take it; empty: none does
}

// Try has variants tried before the recording's object, which is that of the last of them. From says of each from which
// target on kernels take it.
func (r *Recording) Try(all []*codegen.Artifact, from ...string) {
	last := len(all) - 1
	for i, a := range all[:last] {
		r.Coarser = append(r.Coarser, Coarser{a.Variant, a.Since, a.RT, a.Layout, a.Native(), from[i]})
	}
	r.Variant = all[last].Variant
}

// variants are those of the recording, as the runtime takes them.
func (r *Recording) variants() ([]runtime.Variant, error) {
	spec, err := r.spec()
	if err != nil {
		return nil, err
	}
	var list []runtime.Variant
	for _, c := range r.Coarser {
		spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(c.Object))
		if err != nil {
			return nil, err
		}
		list = append(list, runtime.Variant{Name: c.Name, Spec: spec, Layout: c.Layout, Since: c.Since, RT: c.RT})
	}
	return append(list, runtime.Variant{Name: r.Variant, Spec: spec, Layout: r.Layout, RT: true}), nil
}

// chose says whether the kernel has taken the variant that kernels of a target take, the place of which among
// codegen.Targets is given.
func (r *Recording) chose(p *runtime.Pipeline, target int) error {
	want := r.Variant
	for _, c := range r.Coarser {
		if i := place(c.From); i >= 0 && i <= target {
			want = c.Name
			break
		}
	}
	if p.Variant() != want {
		return fmt.Errorf("variant %s is loaded, and %s should be; refused were %v", p.Variant(), want, p.Refused())
	}
	return nil
}

// place is that of a target among codegen.Targets; -1 if there is none.
func place(target string) int {
	for i, t := range codegen.Targets {
		if t.Name == target {
			return i
		}
	}
	return -1
}

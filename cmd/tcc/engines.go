package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// A machine is a source file and what runs it.
type machine struct {
	program *check.Program
	source  *source
	// all are the compiled variants; nil: the interpreter runs the program.
	all []*codegen.Artifact
}

// engines loads a source file and, with inKernel, compiles it.
func engines(e *env, path string, variants []codegen.Variant, inKernel bool) (*machine, error) {
	if !inKernel {
		p, src, err := load(e, path)
		return &machine{program: p, source: src}, err
	}
	p, all, src, err := build(e, path, variants)
	if err != nil {
		return nil, err
	}
	return &machine{p, src, all}, mayLoad()
}

// open opens a fresh engine: the interpreter or, in the kernel, the first of the variants that it takes.
func (m *machine) open() (interp.Engine, error) {
	if m.all == nil {
		return interp.NewEngine(m.program), nil
	}
	return kernel.NewVariants(m.program, m.all)
}

// load opens a fresh engine that finds what is set up first. If there are variants it says which of them the kernel takes.
func (m *machine) load(e *env, first *setup) (interp.Engine, error) {
	eng, err := m.open()
	if err != nil {
		return nil, err
	}
	if err := first.apply(eng); err != nil {
		return nil, errors.Join(withHint(err), eng.Close())
	}
	k, ok := eng.(*kernel.Engine)
	if !ok || m.all[0].Variant == "" {
		return eng, nil
	}
	if err := k.Load(); err != nil {
		return nil, withHint(err)
	}
	for _, r := range k.Pipeline().Refused() {
		fmt.Fprintf(e.stderr, "variant %s: %v\n", r.Variant, r.Err)
	}
	fmt.Fprintf(e.stderr, "variant %s is loaded\n", k.Pipeline().Variant())
	return k, nil
}

// mayLoad says what privilege is missing before the kernel does so in fewer words.
func mayLoad() error {
	if os.Geteuid() == 0 {
		return nil
	}
	return errors.New("-kernel loads programs into the kernel: run it as root")
}

// withHint explains an error of the kernel where there is something to explain.
func withHint(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w (is BPF allowed here? it takes CAP_BPF and CAP_NET_ADMIN, and a kernel that isn't locked down)", err)
	}
	return err
}

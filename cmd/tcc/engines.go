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

// engines loads a source file and returns what opens a fresh engine for it: the interpreter or, with inKernel, the
// compiled programs.
func engines(e *env, path string, opts codegen.Options, inKernel bool) (*check.Program, *source, func() (interp.Engine, error), error) {
	if !inKernel {
		p, src, err := load(e, path)
		return p, src, func() (interp.Engine, error) { return interp.NewEngine(p), nil }, err
	}
	p, a, src, err := build(e, path, opts)
	if err != nil {
		return nil, nil, nil, err
	}
	return p, src, func() (interp.Engine, error) {
		k, err := kernel.New(p, a)
		if err == nil {
			err = mayLoad()
		}
		return k, err
	}, nil
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

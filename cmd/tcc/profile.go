package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/output"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// profiled is the interpreter, counting which statements packets come to; closing it writes what it counted.
type profiled struct {
	interp.Engine
	recorder *codegen.ProfileRecorder
	packets  uint64
	path     string
}

// profile opens a fresh interpreter that writes a profile of a source file.
func profile(e *env, source, path string, inKernel bool, set *settings) (*profiled, error) {
	if inKernel {
		return nil, usageError("-profile counts in the interpreter: leave -kernel away")
	}
	p, src, err := load(e, source)
	if err != nil {
		return nil, err
	}
	first, err := set.check(e, source, src, p)
	if err != nil {
		return nil, err
	}
	m := interp.New(p)
	r := codegen.NewProfileRecorder(p)
	m.OnStage, m.OnStmt = r.Stage, r.Stmt
	return &profiled{Engine: m.Engine(), recorder: r, path: path}, first.apply(m.Engine())
}

func (f *profiled) Run(packet []byte) (interp.Result, error) {
	f.packets++
	return f.Engine.Run(packet)
}

func (f *profiled) Close() error {
	data, err := f.recorder.Profile(f.packets).JSON()
	if err == nil {
		err = output.Write(output.File{Path: f.path, Data: data})
	}
	return errors.Join(err, f.Engine.Close())
}

// readProfile reads a file that profiled wrote.
func readProfile(path string) (*codegen.Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := codegen.ReadProfile(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

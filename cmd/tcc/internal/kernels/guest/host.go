//go:build linux

package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
)

// A host is what the kernel here has, of what not all have.
type host struct {
	cpus   int
	target int  // the newest of codegen.Targets
	frags  bool // programs for packets of several buffers
	tries  bool // a value can be replaced in an LPM trie that is full
}

func ask() (h host, err error) {
	if h.cpus, err = ebpf.PossibleCPU(); err != nil {
		return h, err
	}
	target, err := codegen.HostTarget()
	if err != nil {
		return h, err
	}
	h.target, h.frags = line(target), takesFrags()
	h.tries, err = replacesInFullTries()
	return h, err
}

// line is the place of a target among codegen.Targets.
func line(t codegen.Target) int {
	t.RT = false
	return slices.IndexFunc(codegen.Targets, func(u codegen.Target) bool { return u.String() == t.String() })
}

// fullTries is why runs are left out that differ while a trie is full.
const fullTries = "they differ while an LPM trie is full, in which this kernel replaces no values"

// lacks says what a run needs that isn't here; empty if nothing.
func (h host) lacks(r *kernel.Recording) string {
	cpus, err := r.CPUs()
	switch {
	case err != nil:
		return "they can't be read"
	case cpus > h.cpus:
		return "they need more CPUs"
	case line(r.Target) > h.target:
		return fmt.Sprintf("they were compiled for newer kernels than %s", codegen.Targets[h.target].Name)
	case r.Layout.Frags && !h.frags:
		return "they need packets of several buffers (Linux 5.18)"
	}
	return ""
}

// takesFrags reports whether the kernel loads programs for packets of several buffers.
func takesFrags() bool {
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, Flags: unix.BPF_F_XDP_HAS_FRAGS, License: "Dual MIT/GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		return false
	}
	p.Close()
	return true
}

// replacesInFullTries reports whether the kernel replaces a value in an LPM trie that is full; older ones refuse.
func replacesInFullTries() (bool, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.LPMTrie, KeySize: 8, ValueSize: 4, MaxEntries: 1, Flags: unix.BPF_F_NO_PREALLOC})
	if err != nil {
		return false, err
	}
	defer m.Close()
	key := []byte{8, 0, 0, 0, 1, 0, 0, 0} // the length is in the byte order of the kernels that run here
	if err := m.Put(key, uint32(1)); err != nil {
		return false, err
	}
	err = m.Put(key, uint32(2))
	if errors.Is(err, unix.ENOSPC) {
		return false, nil
	}
	return err == nil, err
}

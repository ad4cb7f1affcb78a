// Package kerneltest says what becomes of tests that the machine can't run: they skip, unless TCC_REQUIRE_KERNEL is set.
package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"
)

// Possible reports whether a test may load programs into the kernel. It fails the test if it must and can't.
func Possible(t testing.TB) bool {
	t.Helper()
	err := load()
	if err != nil && required() {
		t.Fatalf("TCC_REQUIRE_KERNEL is set, but %v", err)
	}
	return err == nil
}

// Require skips a test that loads programs into the kernel where that can't be done.
func Require(t testing.TB) {
	t.Helper()
	if err := load(); err != nil {
		Unavailable(t, err)
	}
}

// Tool is the path of the first of some commands that is installed. The test skips if there is none.
func Tool(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Unavailable(t, fmt.Errorf("none of %s is installed", names))
	return ""
}

// Unavailable skips a test for want of something that the machine doesn't have.
func Unavailable(t testing.TB, why error) {
	t.Helper()
	if required() {
		t.Fatalf("TCC_REQUIRE_KERNEL is set, but %v", why)
	}
	t.Skip(why)
}

func required() bool { return os.Getenv("TCC_REQUIRE_KERNEL") != "" }

// load tries to load a program.
func load() error {
	if os.Geteuid() != 0 {
		return errors.New("loading programs into the kernel needs root")
	}
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()}})
	if err != nil {
		return fmt.Errorf("the kernel takes no program: %w", err)
	}
	return p.Close()
}

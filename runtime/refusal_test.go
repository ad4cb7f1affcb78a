package runtime

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// TestRefuses tells a kernel's refusal of a program from what else can go wrong when it is loaded, as cilium/ebpf reports
// these.
func TestRefuses(t *testing.T) {
	spec := &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"edge": {Instructions: asm.Instructions{asm.Return()}}}}
	verifier := func(errno syscall.Errno, log ...string) error {
		return fmt.Errorf("program edge: %w", &ebpf.VerifierError{Cause: errno, Log: log})
	}
	const said = "invalid access to packet, off=22 size=1, R6(id=0,off=22,r=14)"
	for _, tc := range []struct {
		what string
		err  error
		want bool
	}{
		{"an access that isn't proved", verifier(syscall.EACCES, "3: (71) r1 = *(u8 *)(r6 +22)", said, "processed 4 insns (limit 1000000)"), true},
		{"a security module", verifier(syscall.EACCES), false},
		{"a security module behind a statistic", verifier(syscall.EACCES, "processed 0 insns (limit 1000000)"), false},
		{"too many steps", verifier(syscall.E2BIG, "BPF program is too large. Processed 1000001 insn"), true},
		{"too many instructions", verifier(syscall.E2BIG), true},
		{"an unknown helper", verifier(syscall.EINVAL, "invalid func unknown#9999"), true},
		{"an unknown flag", verifier(syscall.EINVAL), true},
		{"too many branches, on some kernels", fmt.Errorf("program edge: load program: %w (hit verifier bug)", syscall.EFAULT), true},
		{"a JIT that gives up", verifier(notSupported), true},
		{"no permission", verifier(syscall.EPERM), false},
		{"no permission, and a word about it", verifier(syscall.EPERM, "loading sleepable programs needs more"), false},
		{"the memlock limit", fmt.Errorf("program edge: load program: %w (MEMLOCK may be too low)", syscall.EPERM), false},
		{"no memory", verifier(syscall.ENOMEM, said), false},
		{"no descriptors", verifier(syscall.EMFILE), false},
		{"interrupted", verifier(syscall.EINTR), false},
		{"a map that can't be made", fmt.Errorf("map flows: map create: %w", syscall.EINVAL), false},
		{"a map too large", fmt.Errorf("map flows: map create: %w", syscall.E2BIG), false},
		{"a map missing", errors.New("program edge: missing map flows"), false},
		{"another EFAULT", fmt.Errorf("map flows: %w", syscall.EFAULT), false},
		{"a variant for other kernels", fmt.Errorf("%w", unfitError("made for others")), true},
	} {
		if got := refuses(explain(spec, tc.err)); got != tc.want {
			t.Errorf("%s (%v): refused %t, want %t", tc.what, tc.err, got, tc.want)
		}
	}
}

// TestFits: what no verifier looks at decides whether a variant may be tried.
func TestFits(t *testing.T) {
	old, young := kernel{version: 6<<16 | 1<<8 | 99}, kernel{version: 6<<16 | 12<<8}
	realtime := kernel{version: 6<<16 | 12<<8 | 5, rt: true}
	for _, tc := range []struct {
		v    Variant
		on   kernel
		want string
	}{
		{Variant{}, old, ""},
		{Variant{Since: "6.12"}, young, ""},
		{Variant{Since: "6.12"}, old, "since 6.12, and this is 6.1"},
		{Variant{Since: "6.1"}, old, ""},
		{Variant{Since: "5.15"}, old, ""},
		{Variant{}, realtime, "PREEMPT_RT"},
		{Variant{RT: true, Since: "6.12"}, realtime, ""},
	} {
		err := tc.v.fits(tc.on)
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || !refuses(err)) {
			t.Errorf("%+v on %+v: %v, want %q", tc.v, tc.on, err, tc.want)
		}
	}
}

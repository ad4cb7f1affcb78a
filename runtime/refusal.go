package runtime

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/cilium/ebpf/features"
)

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
		return unfitError("this kernel is built with PREEMPT_RT, and a program that is preempted could find its state changed (a variant for a -target with ,rt keeps it elsewhere)")
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

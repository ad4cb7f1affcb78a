package codegen

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"

	"github.com/tcc-bpf/tcc/runtime"
)

// HostTarget is the target of the kernel that runs here. It goes by the kernel's release, but for what can be asked of
// the kernel itself: releases of distributions have more than their number says.
func HostTarget() (Target, error) {
	version, err := features.LinuxVersionCode()
	if err != nil {
		return Target{}, fmt.Errorf("no kernel to ask for its version: %w", err)
	}
	t, err := targetOf(version)
	if err != nil {
		return t, err
	}
	switch err := features.HaveV4ISA(); {
	case err == nil:
		t.SDiv = true
	case errors.Is(err, ebpf.ErrNotSupported):
		t.SDiv, t.Safe = false, false
	}
	t.RT = runtime.PreemptRT()
	return t, nil
}

// targetOf is the newest target that is not newer than a release, written as in LINUX_VERSION_CODE.
func targetOf(version uint32) (Target, error) {
	release := fmt.Sprintf("%d.%d", version>>16, version>>8&0xff)
	for i := len(Targets) - 1; i >= 0; i-- {
		var major, minor uint32
		fmt.Sscanf(Targets[i].Name, "%d.%d", &major, &minor)
		if version>>8 >= major<<8|minor {
			return Targets[i], nil
		}
	}
	return Target{}, fmt.Errorf("Linux %s is older than %s, the oldest kernel that tcc makes programs for", release, Targets[0].Name)
}

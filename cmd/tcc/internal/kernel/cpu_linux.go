package kernel

import (
	"fmt"
	goruntime "runtime"

	"golang.org/x/sys/unix"
)

// onCPU calls f on the one CPU that all packets run on.
func onCPU[T any](f func() (T, error)) (result T, err error) {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return result, fmt.Errorf("CPU affinity: %w", err)
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return result, fmt.Errorf("run on CPU %d: %w", cpu, err)
	}
	defer unix.SchedSetaffinity(0, &before)
	return f()
}

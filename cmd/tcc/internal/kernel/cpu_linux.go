package kernel

import (
	"fmt"
	goruntime "runtime"

	"golang.org/x/sys/unix"
)

// CPUs lists the CPUs that this process may run on.
func CPUs() (all []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("CPU affinity: %w", err)
	}
	for cpu := 0; len(all) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}

// OnCPU calls f on one CPU. Calls in f for the same CPU cost little.
func OnCPU(cpu int, f func() error) error {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("CPU affinity: %w", err)
	}
	one.Set(cpu)
	if before == one {
		return f()
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("run on CPU %d: %w", cpu, err)
	}
	defer unix.SchedSetaffinity(0, &before)
	return f()
}

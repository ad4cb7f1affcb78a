//go:build !linux

package kernel

import "errors"

var errLinux = errors.New("programs run in a Linux kernel only")

// CPUs would list the CPUs of a Linux machine.
func CPUs() ([]int, error) { return nil, errLinux }

// OnCPU would run f on one CPU of a Linux kernel.
func OnCPU(int, func() error) error { return errLinux }

//go:build !linux

package kernel

import "errors"

// onCPU would run f on one CPU of a Linux kernel.
func onCPU[T any](func() (T, error)) (result T, err error) {
	return result, errors.New("programs run in a Linux kernel only")
}

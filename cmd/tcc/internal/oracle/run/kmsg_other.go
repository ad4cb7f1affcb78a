//go:build !linux

package main

import "errors"

type kernelLog struct{}

func openKernelLog() (*kernelLog, error) { return nil, errors.New("there is none") }

func (*kernelLog) warnings() []string { return nil }

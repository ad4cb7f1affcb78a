package main

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// A kernelLog reads what the kernel logs from now on; nil: nothing.
type kernelLog struct{ fd int }

func openKernelLog() (*kernelLog, error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_, err = unix.Seek(fd, 0, unix.SEEK_END)
	return &kernelLog{fd}, err
}

// warnings are the new lines that are about a mistake: the kernel's verifier found a contradiction in itself, or worse.
func (l *kernelLog) warnings() (lines []string) {
	if l == nil {
		return nil
	}
	record := make([]byte, 8192) // a read gives one record, no longer than that
	for {
		n, err := unix.Read(l.fd, record)
		if errors.Is(err, unix.EPIPE) { // some were overwritten before they were read
			continue
		}
		if err != nil || n == 0 {
			return lines
		}
		_, text, _ := strings.Cut(string(record[:n]), ";")
		text, _, _ = strings.Cut(text, "\n")
		for _, sign := range []string{"verifier bug", "INVARIANTS VIOLATION", "WARNING:", "BUG:", "Oops"} {
			if strings.Contains(text, sign) {
				lines = append(lines, text)
				break
			}
		}
	}
}

//go:build linux

// Guest is what runs in the virtual machines of ../main.go, as the first process: it plays the recordings and says what
// differs.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
)

func main() {
	if _, err := os.Stat("/proc/self"); err != nil {
		again()
	}
	out, err := os.OpenFile("/dev/ttyS1", os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		fmt.Println("guest:", err)
		out = os.Stdout
	}
	result := "equal"
	if err := play(out); err != nil {
		result = err.Error()
	}
	fmt.Fprintf(out, "result: %s\n", strings.ReplaceAll(result, "\n", " "))
	_ = unix.IoctlSetInt(int(out.Fd()), unix.TCSBRK, 1) // wait until it is sent
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART)
	select {}
}

// again mounts what programs expect, and starts this one anew: packages have looked for it before main.
func again() {
	for _, m := range [][2]string{{"/proc", "proc"}, {"/sys", "sysfs"}, {"/dev", "devtmpfs"}, {"/sys/fs/bpf", "bpf"}} {
		if err := syscall.Mount(m[1], m[0], m[1], 0, ""); err != nil && !errors.Is(err, syscall.EBUSY) {
			fmt.Println("guest: mount", m[0], err)
		}
	}
	fmt.Println("guest:", syscall.Exec("/init", os.Args, os.Environ()))
}

// verifierLog is the end of what the verifier said, if it refused a program.
func verifierLog(err error) string {
	var ve *ebpf.VerifierError
	if !errors.As(err, &ve) {
		return ""
	}
	const most = 40
	return strings.Join(ve.Log[max(0, len(ve.Log)-most):], "\n") + "\n"
}

// mostShown is how many differences are shown in full.
const mostShown = 20

// play plays all recordings.
func play(out io.Writer) error {
	var uname unix.Utsname
	if err := unix.Uname(&uname); err != nil {
		return err
	}
	f, err := os.Open("/recordings")
	if err != nil {
		return err
	}
	zip, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return err
	}
	began, told := time.Now(), time.Now()
	runs, programs, packets, differ := 0, 0, 0, 0
	kinds, left := summary{}, summary{}
	host, err := ask()
	if err != nil {
		return err
	}
	tell := func() {
		fmt.Fprintf(out, "Linux %s: %d runs, %d programs, %d packets, %d runs differ, %d left out; %v\n",
			unix.ByteSliceToString(uname.Release[:]), runs, programs, packets, differ, left.runs(), time.Since(began).Round(time.Second))
	}
	for dec := gob.NewDecoder(zip); ; {
		var r kernel.Recording
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if why := host.lacks(&r); why != "" {
			left[why] = append(left[why], r.Title)
			continue
		}
		err := r.Play(host.target)
		if full := new(kernel.FullTrieError); errors.As(err, &full) && !host.tries {
			left[fullTries] = append(left[fullTries], r.Title)
			continue
		}
		runs++
		programs += r.Programs
		packets += r.Packets()
		if err != nil {
			kinds.add(r.Title, err)
			if differ++; differ <= mostShown {
				fmt.Fprintf(out, "%s: %.2000v\n%s", r.Title, err, verifierLog(err))
			}
		}
		if time.Since(told) > time.Minute {
			told = time.Now()
			tell()
		}
	}
	tell()
	left.print(out, "left out")
	kinds.print(out, "differ")
	if differ > 0 {
		return fmt.Errorf("%d of %d runs differ", differ, runs)
	}
	return nil
}

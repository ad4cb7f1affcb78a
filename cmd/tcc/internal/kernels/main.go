// Kernels is the test of other kernels: it runs pipelines on this kernel, writes down what came of every packet, and
// lets virtual machines with older and newer kernels do the same.
//
//	sudo nice go run ./cmd/tcc/internal/kernels
//
// What is run: the test blocks of the examples and of the compiler's own sources at several budgets, captured packets
// through the examples, the cases of testdata/regress, pipelines in variants of which some kernels refuse the first, and
// random pipelines with their packets, each in several plans.
// Here every packet is held against the interpreter; there, against what came of it here: the verdict, the bytes, marks,
// events, and in the end maps, variables and counters.
//
// It takes root, Debian (for the kernels and apt), and qemu-system-x86_64; machines are emulated, so that any host will
// do. What a kernel can't do is left out there and counted: packets of several buffers before 5.18, code for newer kernels,
// and a run that differs while an LPM trie is full, if the kernel replaces no values in one. A kernel that can't be had is skipped, loudly, and with -need it is a failure.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A version is a kernel to be had from Debian: the package in a suite, through its meta-package.
type version struct{ name, suite, meta string }

// versions from the oldest that is supported to the newest there is.
var versions = []version{
	{"5.10", "bullseye-security", "linux-image-cloud-amd64"},
	{"6.1", "bookworm-security", "linux-image-cloud-amd64"},
	{"6.12", "bookworm-security", "linux-image-6.12-cloud-amd64"},
	{"newest", "trixie-backports", "linux-image-cloud-amd64"},
}

type options struct {
	kernels  string
	random   int
	captured int
	cache    string
	patience time.Duration
	need     bool
	only     string
}

func main() {
	var o options
	cache, _ := os.UserCacheDir()
	flag.StringVar(&o.kernels, "kernels", "5.10,6.1,6.12,newest", "a `LIST` of kernels")
	flag.IntVar(&o.random, "random", 500, "so `many` random pipelines")
	flag.IntVar(&o.captured, "captured", 500, "so `many` captured packets at most through each plan of an example")
	flag.StringVar(&o.cache, "cache", filepath.Join(cache, "tcc-kernels"), "keep the kernels in `DIR`")
	flag.DurationVar(&o.patience, "patience", time.Hour, "the `TIME` that a machine may take")
	flag.BoolVar(&o.need, "need", false, "fail if a kernel can't be had")
	flag.StringVar(&o.only, "run", "", "only what has a title like this `REGEXP`")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("where is the module: %w", err)
	}
	dir, err := os.MkdirTemp("", "tcc-kernels")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	init, err := buildGuest(dir)
	if err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	r := &recorder{root: strings.TrimSpace(string(root)), o: o, only: only, path: filepath.Join(dir, "recordings")}
	if err := r.record(); err != nil {
		return err
	}
	var failed []string
	if r.bad > 0 {
		failed = append(failed, "this one")
	}
	var wait sync.WaitGroup
	results := make([]error, len(versions))
	for i, v := range versions {
		if contains(o.kernels, v.name) {
			wait.Go(func() { results[i] = o.machine(v, r, init) })
		}
	}
	wait.Wait()
	for i, v := range versions {
		if results[i] != nil {
			fmt.Printf("%s: %v\n", v.name, results[i])
			failed = append(failed, v.name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("these kernels differ: %s", strings.Join(failed, ", "))
	}
	return nil
}

// machine plays the recordings on one kernel.
func (o *options) machine(v version, r *recorder, init string) error {
	image, pkg, err := fetch(r.root, o.cache, v)
	if err != nil {
		fmt.Printf("%s: SKIPPED, this kernel can't be had: %v\n", v.name, err)
		if o.need {
			return errors.New("it can't be had")
		}
		return nil
	}
	fmt.Printf("%s: %s\n", v.name, pkg)
	m := &machine{kernel: image, init: init, recordings: r.path, patience: o.patience}
	return m.run(v.name, os.Stdout)
}

func contains(list, name string) bool {
	for s := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(s) == name {
			return true
		}
	}
	return false
}

// buildGuest builds what runs in the machines.
func buildGuest(dir string) (string, error) {
	path := filepath.Join(dir, "init")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "github.com/tcc-bpf/tcc/cmd/tcc/internal/kernels/guest")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build what runs in the machines: %w\n%s", err, out)
	}
	return path, nil
}

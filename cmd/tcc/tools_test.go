package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// The objects are for everyone: these tests give them to the tools that others would use.

// compileExample compiles an example into several programs and returns the folder of the outputs.
func compileExample(t *testing.T, name, budget string) string {
	t.Helper()
	dir := t.TempDir()
	var errs bytes.Buffer
	args := []string{"compile", "-budget", budget, "-o", dir, filepath.Join("../../examples", name, name+".tcc")}
	if code := tcc(&env{stdout: &bytes.Buffer{}, stderr: &errs}, args); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	return dir
}
func runTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// TestBpftool loads every program of the examples with bpftool and finds the prog arrays filled.
func TestBpftool(t *testing.T) {
	kerneltest.Require(t)
	bpftool := kerneltest.Tool(t, "bpftool", "/usr/sbin/bpftool")
	fs := t.TempDir()
	if err := unix.Mount("bpf", fs, "bpf", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(fs, 0)
	for name, want := range map[string][]string{"firewall": {"firewall", "udp_in"}, "policy": {"policy"}} {
		budget := map[string]string{"firewall": "130", "policy": "200"}[name]
		dir, pins := compileExample(t, name, budget), filepath.Join(fs, name)
		runTool(t, bpftool, "prog", "loadall", filepath.Join(dir, name+"_bpfel.o"), pins, "pinmaps", filepath.Join(fs, name+"_maps"))
		loaded, err := os.ReadDir(pins)
		if err != nil || len(loaded) < 3 {
			t.Errorf("%s: %d programs loaded, %v", name, len(loaded), err)
		}
		for _, p := range want {
			if _, err := os.Stat(filepath.Join(pins, p)); err != nil {
				t.Error(err)
			}
		}
		slots := runTool(t, bpftool, "map", "dump", "pinned", filepath.Join(fs, name+"_maps", "tcc_stages"))
		if strings.Contains(slots, "<no entry>") || !strings.Contains(slots, "Found ") {
			t.Errorf("%s: prog array:\n%s", name, slots)
		}
	}
}

// TestObjdump sees the lines of the source between the instructions.
func TestObjdump(t *testing.T) {
	objdump := kerneltest.Tool(t, "llvm-objdump-19", "llvm-objdump")
	for _, file := range []string{"firewall_bpfel.o", "firewall_bpfeb.o"} {
		dir := compileExample(t, "firewall", "130")
		listing := runTool(t, objdump, "-S", filepath.Join(dir, file))
		for _, want := range []string{"<firewall>:", "<udp_in>:", "; ip := parse ipv4 else drop", "; dropped[why] += 1", "call 0xc"} {
			if !strings.Contains(strings.ReplaceAll(listing, ";     ", "; "), want) {
				t.Errorf("%s: no %q in\n%.3000s", file, want, listing)
			}
		}
	}
}

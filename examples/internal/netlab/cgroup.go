package netlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Cgroup makes a cgroup (version 2), which vanishes when the test ends. Without the privilege to do so the test is skipped,
// or fails if TCC_REQUIRE_KERNEL is set.
func Cgroup(t *testing.T) (path string) {
	t.Helper()
	RequireRoot(t)
	mounts, err := os.ReadFile("/proc/mounts")
	check(t, err)
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			path = filepath.Join(f[1], fmt.Sprintf("tcc-test-%d", os.Getpid()))
		}
	}
	if path == "" {
		check(t, errors.New("no cgroup2 file system is mounted"))
	}
	check(t, os.Mkdir(path, 0o755))
	t.Cleanup(func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	})
	return path
}

// RunIn runs a test of this test binary again as a process in a cgroup, with one more variable in its environment, and
// returns what it prints.
func RunIn(t *testing.T, cgroup, test, variable string) string {
	t.Helper()
	dir, err := os.Open(cgroup)
	check(t, err)
	defer dir.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

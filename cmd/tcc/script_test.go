package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tcc": main})
}

// TestScripts runs the command lines of testdata/script, each with the files below it.
func TestScripts(t *testing.T) {
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	pcaps, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gopacket/gopacket").Output()
	if err != nil {
		t.Fatalf("where is gopacket, whose captures are read: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("REPO", repo)
			e.Setenv("PCAPS", strings.TrimSpace(string(pcaps)))
			e.Setenv("GOPACKAGE", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits2": exits2, "cut": cut},
		Condition: func(cond string) (bool, error) {
			return cond == "kernel" && mayUseKernel(t), nil
		},
	})
}

// exits2 runs a command that must exit with 2, the code of a usage error.
func exits2(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
		ts.Fatalf("%s: %v, want exit code %d", args, err, exitUsage)
	}
}

// cut copies a file without its last n bytes: cut N FROM TO.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	data, err := os.ReadFile(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data[:len(data)-n], 0o600))
}

// mayUseKernel reports whether programs can be loaded, which they must if TCC_REQUIRE_KERNEL is set.
func mayUseKernel(t *testing.T) bool {
	root := os.Geteuid() == 0
	if !root && os.Getenv("TCC_REQUIRE_KERNEL") != "" {
		t.Fatal("TCC_REQUIRE_KERNEL is set, but this is not root")
	}
	if !root {
		t.Log("the scripts' parts that load programs are left out: they need root")
	}
	return root
}

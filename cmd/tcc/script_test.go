package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/pcap"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits2": exits2, "cut": cut, "snap": snap},
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

// snap copies a pcap file of Ethernet as if it had been captured with a snap length of n bytes: snap N FROM TO.
func snap(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	ts.Check(w.WriteFileHeader(uint32(n), layers.LinkTypeEthernet))
	ts.Check(pcap.Read(args[1], func(p pcap.Packet) error {
		kept := p.Data[:min(n, len(p.Data))]
		return w.WritePacket(gopacket.CaptureInfo{CaptureLength: len(kept), Length: p.Length}, kept)
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o600))
}

// mayUseKernel reports whether programs can be loaded, which they must if TCC_REQUIRE_KERNEL is set.
func mayUseKernel(t *testing.T) bool {
	possible := kerneltest.Possible(t)
	if !possible {
		t.Log("the scripts' parts that load programs are left out: they need root")
	}
	return possible
}

package codegen

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

// compileFor compiles a source for a target by a carrier.
func compileFor(t *testing.T, source, target string, c Carrier) (*Artifact, error) {
	t.Helper()
	p, list := check.Source("case.tcc", source)
	if list.HasErrors() {
		t.Fatal(list.Text(map[string]string{"case.tcc": source}, false))
	}
	to, err := ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	return Compile(p, Options{Target: to, Carrier: c, Verify: true})
}

// TestTargetsShorten compiles arithmetic of signed numbers for older and newer kernels.
func TestTargetsShorten(t *testing.T) {
	source, err := os.ReadFile("internal/build/testdata/signed.tcc")
	if err != nil {
		t.Fatal(err)
	}
	insns, asm := map[string]int{}, map[string]string{}
	for _, target := range []string{"5.10", "6.1", "6.6", "6.12"} {
		a, err := compileFor(t, string(source), target, Auto)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range a.Programs {
			insns[target] += p.Instructions
		}
		if asm[target], err = a.Asm(); err != nil {
			t.Fatal(err)
		}
	}
	if insns["5.10"] != insns["6.1"] || insns["6.6"] >= insns["6.1"] || insns["6.12"] >= insns["6.6"] {
		t.Errorf("instructions by target: %v", insns)
	}
	since := map[string][]string{"MovSX": {"6.6", "6.12"}, "SDiv": {"6.12"}, "SMod": {"6.12"}} // all divisors are variables
	for op, targets := range since {
		for target, text := range asm {
			if want := slices.Contains(targets, target); want != strings.Contains(text, op) {
				t.Errorf("for %s: %s is used: %v", target, op, !want)
			}
		}
	}
}

// TestSignedConstants divides by constants, which harms no kernel that can, and by -1, which harms some.
func TestSignedConstants(t *testing.T) {
	const source = `pipeline p xdp
default pass
var x i32
stage s {
    x = x / %s
    pass
}
`
	for _, tc := range []struct {
		by, target string
		used       bool
	}{{"10", "6.1", false}, {"10", "6.6", true}, {"-1", "6.6", false}, {"-1", "6.12", true}} {
		a, err := compileFor(t, strings.ReplaceAll(source, "%s", tc.by), tc.target, Auto)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := a.Asm(); err != nil || strings.Contains(text, "SDiv") != tc.used {
			t.Errorf("x / %s for %s: %v\n%s", tc.by, tc.target, err, text)
		}
	}
}

// TestRefusedCarriers asks for what can't be.
func TestRefusedCarriers(t *testing.T) {
	const slots = `pipeline p xdp
default pass
slots next[4](a u32) {}
stage s { parse ethernet; goto next[packet.ifindex](packet.len) else drop }
`
	for _, tc := range []struct {
		target  string
		carrier Carrier
		want    string
	}{
		{"5.10", CB, "xdp programs have no skb->cb"},
		{"5.10", Meta, "data_meta can't carry state of a pipeline with slots (next)"},
		{"6.12,rt", PerCPU, "on a PREEMPT_RT kernel a per-CPU array can't carry state"},
		{"6.12,rt", Auto, "on a PREEMPT_RT kernel the arguments of the stages in slots `next` can't travel"},
	} {
		_, err := compileFor(t, slots, tc.target, tc.carrier)
		var none *PlanError
		if !errors.As(err, &none) || !strings.HasPrefix(none.Reason, tc.want) {
			t.Errorf("%s, %q: %v", tc.target, tc.carrier, err)
		}
	}
}

// TestTargetOf finds the line of a release.
func TestTargetOf(t *testing.T) {
	for version, want := range map[uint32]string{
		5<<16 | 10<<8 | 3: "5.10", 5<<16 | 14<<8: "5.10", 6<<16 | 8<<8 | 1: "6.6", 6<<16 | 18<<8 | 44: "6.18", 7<<16 | 1<<8: "6.18", 5 << 16: "",
	} {
		got, err := targetOf(version)
		if (err != nil) != (want == "") || got.Name != want {
			t.Errorf("%#x: %s, %v", version, got.Name, err)
		}
	}
}

package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// tooMuch is a budget with which nothing is forgotten or cut, so that the verifier gets to see what it can't take.
const tooMuch = 100_000_000

// TestVariantsAgree sends packets of a family that the verifier can't take whole through whichever variant is loaded, and
// through the interpreter.
func TestVariantsAgree(t *testing.T) {
	kerneltest.Require(t)
	f := families[0]
	p := program(t, strings.Replace(f.tcc(20), "default pass\n", "default pass\ncounter seen\n", 1))
	for _, budgets := range [][]int{{tooMuch, 0}, {0, 100}, {tooMuch, 100}} {
		t.Run(fmt.Sprint(budgets), func(t *testing.T) {
			var variants []codegen.Variant
			for i, b := range budgets {
				variants = append(variants, codegen.Variant{Name: fmt.Sprintf("v%d", i), Options: codegen.Options{Budget: b}})
			}
			all, err := codegen.CompileVariants(p, variants)
			if err != nil {
				t.Fatal(err)
			}
			k, err := NewVariants(p, all)
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			pr := &pair{p: p, kernel: k, interp: interp.NewEngine(p)}
			for i, packet := range f.packets(20) {
				if err := pr.send(packet); err != nil {
					t.Errorf("packet %d: %v", i, err)
				}
			}
			if err := pr.state(); err != nil {
				t.Error(err)
			}
			if taken := k.Pipeline().Variant(); (taken == "v1") != (budgets[0] == tooMuch) {
				t.Errorf("variant %s of budgets %d is loaded", taken, budgets)
			}
		})
	}
}

// TestVariantsApart puts a stage that was compiled apart into a host, whichever variants of the two are loaded.
func TestVariantsApart(t *testing.T) {
	kerneltest.Require(t)
	host, guest, whole := apartSources("xdp")
	compile := func(name, src string, budget int) []runtime.Variant {
		p, list := check.Load(name, src, func(path string) (string, string, error) { return path, host, nil })
		if list.HasErrors() {
			t.Fatal(list)
		}
		all, err := codegen.CompileVariants(p, []codegen.Variant{{Name: "coarse"}, {Name: "fine", Options: codegen.Options{Budget: budget}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(all[1].Programs) <= len(all[0].Programs) {
			t.Fatalf("%s: %d programs, and %d", name, len(all[0].Programs), len(all[1].Programs))
		}
		variants, err := codegen.Variants(all)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range variants {
			if limit := v.Spec.Variables["limit"]; limit != nil && name == "host.tcc" {
				if err := limit.Set(uint16(20)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return variants
	}
	spec, a := apartCompile(t, "whole.tcc", whole, "", 0)
	if err := spec.Variables["limit"].Set(uint16(20)); err != nil {
		t.Fatal(err)
	}
	hosts, guests := compile("host.tcc", host, 80), compile("visitor.tcc", guest, 120)
	for _, of := range []string{"coarse", "fine"} {
		for _, to := range []string{"coarse", "fine"} {
			t.Run(to+" into "+of, func(t *testing.T) {
				p, err := runtime.Open(spec, a.Layout, nil)
				want := opened(t, p, err)
				p, err = runtime.OpenVariants(hosts, &runtime.Options{Variant: of})
				x := apart{host: opened(t, p, err)}
				p, err = runtime.OpenVariantsFor(x.host, guests, &runtime.Options{Variant: to})
				x.guest = opened(t, p, err)
				for _, i := range []uint32{6, 17} {
					if err := x.host.Slots("others").SetStage(i, x.guest.Stage("guest")); err != nil {
						t.Fatal(err)
					}
				}
				for i, packet := range generated("xdp") {
					got, err := x.host.Test(packet)
					wanted, err2 := want.Test(packet)
					if err := errors.Join(err, err2); err != nil {
						t.Fatal(err)
					}
					if got.Code != wanted.Code || !bytes.Equal(got.Packet, wanted.Packet) {
						t.Fatalf("packet %d %x: verdict %d, want %d", i, packet, got.Code, wanted.Code)
					}
				}
				if err := errors.Join(x.sums(t, "seen", want), x.sums(t, "dropped", want), x.sums(t, "queries", want)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	// A guest's variant that makes too many tail calls behind the host's is left out, and no error.
	p, err := runtime.OpenVariants(hosts, nil)
	h := opened(t, p, err)
	guests[0].Layout.Stages[0].TailCalls = 40
	p, err = runtime.OpenVariantsFor(h, guests, nil)
	if g := opened(t, p, err); g.Variant() != "fine" || len(g.Refused()) != 1 || !strings.Contains(g.Refused()[0].Err.Error(), "makes 40 tail calls") {
		t.Errorf("variant %s, refused %v", g.Variant(), g.Refused())
	}
	// One that is for another host is an error at once.
	guests[0].Layout.Stages[0].TailCalls = 0
	guests[0].Layout.Host.Shared["flows"], guests[1].Layout.Host.Shared["flows"] = "other", "other"
	if _, err := runtime.OpenVariantsFor(h, guests, nil); err == nil || !strings.Contains(err.Error(), "variant coarse: it shares `flows`") {
		t.Errorf("a guest of another host: %v", err)
	}
}

package kernel

import (
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// newest is the place of the newest target.
var newest = len(codegen.Targets) - 1

// TestPlay records the firewall's tests and plays them again: they come to the same, unless what was recorded is changed.
func TestPlay(t *testing.T) {
	kerneltest.Require(t)
	p := load(t, source("firewall"))
	a, err := codegen.Compile(p, codegen.Options{Budget: 150, Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []*Recording
	interp.RunTests(p, func() (interp.Engine, error) {
		k, err := New(p, a)
		r := NewRecording("firewall", p, a)
		k.Tape = r.Add
		all = append(all, r)
		return k, err
	})
	if len(all) != len(p.Tests) {
		t.Fatalf("%d recordings of %d tests", len(all), len(p.Tests))
	}
	changed := map[string]bool{}
	for _, r := range all {
		if err := r.Play(newest); err != nil {
			t.Error(err)
		}
		for i := range r.Calls {
			c := r.Calls[i]
			switch c.Op {
			case opRun:
				r.Calls[i].Code++
			case opCounter:
				r.Calls[i].Cells = []uint64{99}
			default:
				continue
			}
			if err := r.Play(newest); err == nil || !strings.Contains(err.Error(), c.Op) {
				t.Errorf("a changed %s is not seen: %v", c.Op, err)
			}
			changed[c.Op] = true
			r.Calls[i] = c
		}
	}
	if !changed[opRun] || !changed[opCounter] {
		t.Errorf("changed %v", changed)
	}
}

// TestPlayVariants plays a recording with a variant that the kernel takes, and sees if it takes another than it should.
func TestPlayVariants(t *testing.T) {
	kerneltest.Require(t)
	p := load(t, source("firewall"))
	all, err := codegen.CompileVariants(p, []codegen.Variant{
		{Name: "coarse", Options: codegen.Options{Pinned: true}}, {Name: "fine", Options: codegen.Options{Budget: 150, Pinned: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewVariants(p, all)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	r := NewRecording("firewall", p, all[1])
	r.Try(all, "5.10")
	k.Tape = r.Add
	if err := k.Load(); err != nil {
		t.Fatal(err)
	}
	if err := r.Play(newest); err != nil {
		t.Error(err)
	}
	r.Coarser[0].From = ""
	if err := r.Play(newest); err == nil || !strings.Contains(err.Error(), "variant coarse is loaded, and fine should be") {
		t.Errorf("the wrong variant is not seen: %v", err)
	}
}

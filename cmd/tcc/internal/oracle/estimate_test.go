package oracle

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

var estimates = flag.Uint64("oracle.estimates", 100, "how many random pipelines TestEstimates measures")

// measured is what the model said of a program, and what the verifier of this kernel did.
type measured struct {
	name                string
	estimated, verified int
}

func (m measured) ratio() float64 { return float64(m.estimated) / float64(m.verified) }

// TestEstimates holds the model of the verifier against the verifier: over the examples and golden cases, each whole and
// in small programs, and over random programs.
func TestEstimates(t *testing.T) {
	kerneltest.Require(t)
	if err := rlimit.RemoveMemlock(); err != nil {
		t.Fatal(err)
	}
	var written, random []measured
	for _, pattern := range []string{"testdata/*.tcc", "examples/*/*.tcc", "codegen/internal/build/testdata/*.tcc"} {
		files, err := filepath.Glob(filepath.Join("../../../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, budget := range []int{0, 400, 200, 120} {
				written = append(written, measure(t, filepath.Base(file), string(src), budget)...)
			}
		}
	}
	for seed := range *estimates {
		random = append(random, measure(t, fmt.Sprintf("seed %d", seed), Generate(seed), 0)...)
	}
	judge(t, "examples and golden cases", written, 0)
	judge(t, "random programs", random, 10_000)
}

// measure loads the programs of a source. There are none if it has an error, or no plan for the budget.
func measure(t *testing.T, name, src string, budget int) (all []measured) {
	t.Helper()
	p, list := check.Load(name, src, func(path string) (string, string, error) { // as an example imports
		text, err := os.ReadFile(filepath.Join("../../../../examples/plugin", path))
		return path, string(text), err
	})
	if list.HasErrors() {
		return nil
	}
	a, err := codegen.Compile(p, codegen.Options{Budget: budget})
	if err != nil {
		return nil
	}
	spec, err := a.Spec()
	if err != nil {
		t.Fatal(err)
	}
	// The verifier reads configs and decides by them. The model doesn't know what they will be; so the verifier shan't.
	if m := spec.Maps[".rodata"]; m != nil {
		m.Flags = 0
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Errorf("%s, budget %d: %v", name, budget, err)
		return nil
	}
	defer coll.Close()
	for _, pr := range a.Programs {
		info, err := coll.Programs[pr.Name].Info()
		if err != nil {
			t.Fatal(err)
		}
		verified, ok := info.VerifiedInstructions()
		if !ok {
			kerneltest.Unavailable(t, errors.New("the kernel doesn't tell how many instructions it processed"))
		}
		all = append(all, measured{fmt.Sprintf("%s, budget %d, %s", name, budget, pr.Name), pr.EstimatedCost, int(verified)})
	}
	return all
}

// judge prints how good the estimates are, and the worst of them. Of programs that take more than so many instructions none
// may be too low by half.
func judge(t *testing.T, what string, all []measured, large int) {
	if len(all) == 0 {
		t.Fatalf("%s: nothing was measured", what)
	}
	slices.SortFunc(all, func(a, b measured) int { return cmp.Compare(a.ratio(), b.ratio()) })
	at := func(permille int) float64 { return all[permille*(len(all)-1)/1000].ratio() }
	t.Logf("estimate / verified, %s: %d programs: least %.2f, 1%% %.2f, 10%% %.2f, median %.2f, 90%% %.2f, 99%% %.2f, most %.2f",
		what, len(all), at(0), at(10), at(100), at(500), at(900), at(990), at(1000))
	if median := at(500); median < 0.8 || median > 1.25 {
		t.Errorf("%s: the median is %.2f", what, median)
	}
	for i, m := range all {
		if i < 5 || i >= len(all)-5 || m.verified > 10_000 {
			t.Logf("%.2f: %s: %d, verified %d", m.ratio(), m.name, m.estimated, m.verified)
		}
		if m.ratio() < 0.5 && m.verified > large {
			t.Errorf("too low: %s: estimated %d, verified %d", m.name, m.estimated, m.verified)
		}
	}
}

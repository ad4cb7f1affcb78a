package verifier_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
)

// TestAgainstKernel holds the model against what the verifier of this kernel says it walked through.
func TestAgainstKernel(t *testing.T) {
	if os.Geteuid() != 0 || rlimit.RemoveMemlock() != nil {
		if os.Getenv("TCC_REQUIRE_KERNEL") != "" {
			t.Fatal("TCC_REQUIRE_KERNEL is set, but this is not root")
		}
		t.Skip("loading programs takes root")
	}
	var files []string
	for _, pattern := range []string{"../../../testdata/*.tcc", "../../../examples/*/*.tcc", "../build/testdata/*.tcc"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var ratios []float64
	for _, file := range files {
		for _, budget := range []int{0, 400, 200, 120} {
			ratios = append(ratios, measure(t, file, budget)...)
		}
	}
	if len(ratios) == 0 {
		t.Fatal("nothing was measured")
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("%d programs: estimate / verified: least %.2f, median %.2f, most %.2f", len(ratios), ratios[0], median, ratios[len(ratios)-1])
	if median < 0.8 || median > 1.25 {
		t.Errorf("the median is %.2f", median)
	}
	if ratios[0] < 0.4 {
		t.Errorf("an estimate is only %.2f of the truth", ratios[0])
	}
}

// measure loads a pipeline's programs and returns estimate / verified for each. A budget that is too small has none.
func measure(t *testing.T, file string, budget int) []float64 {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, list := check.Source(filepath.Base(file), string(src))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := codegen.Compile(p, codegen.Options{Budget: budget})
	if err != nil {
		return nil
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(a.LittleEndian))
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("%s, budget %d: %v", file, budget, err)
	}
	defer coll.Close()
	var ratios []float64
	for _, pr := range a.Programs {
		info, err := coll.Programs[pr.Name].Info()
		if err != nil {
			t.Fatal(err)
		}
		verified, ok := info.VerifiedInstructions()
		if !ok {
			t.Skip("this kernel doesn't tell")
		}
		ratio := float64(pr.EstimatedCost) / float64(verified)
		ratios = append(ratios, math.Round(ratio*100)/100)
		t.Logf("%-14s %6d %-12s size %5d, estimated %5d, verified %5d: %.2f",
			filepath.Base(file), budget, pr.Name, pr.Instructions, pr.EstimatedCost, verified, ratio)
	}
	return ratios
}

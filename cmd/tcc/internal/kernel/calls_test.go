package kernel

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// TestCalls: fns that are called do what they say, cut at random where the target lets programs both call and make tail
// calls, and their estimates are near what the verifier counts.
func TestCalls(t *testing.T) {
	kerneltest.Require(t)
	for _, name := range []string{"calls", "calls_tc", "calls_socket"} {
		p := load(t, filepath.Join("../../../../codegen/internal/build/testdata", name+".tcc"))
		for _, release := range []string{"5.10", "6.1", "6.18"} {
			target, err := codegen.ParseTarget(release)
			if err != nil {
				t.Fatal(err)
			}
			calling, both := 0, 0
			for seed := range uint64(6) {
				opts := codegen.Options{Pinned: true, Verify: true, Target: target}
				if seed > 0 {
					r := rand.New(rand.NewPCG(seed, 1))
					opts.Cut = func() bool { return r.IntN(8) == 0 }
				}
				a, err := codegen.Compile(p, opts)
				if err != nil {
					t.Fatalf("%s for %s, seed %d: %v", name, release, seed, err)
				}
				for _, r := range interp.RunTests(p, func() (interp.Engine, error) { return New(p, a) }) {
					for _, f := range r.Failures {
						t.Errorf("%s for %s, seed %d: %s: %s: %s", name, release, seed, r.Name, f.Span, f.Message)
					}
				}
				for _, pr := range a.Programs {
					if len(pr.Subprograms) > 0 {
						calling++
						if pr.TailCalls > 0 {
							both++
						}
					}
				}
				checkEstimates(t, p, a)
			}
			if old := target.CallStack() == 0; calling == 0 && !old || old != (both == 0) {
				t.Errorf("%s for %s: %d programs call, %d of them make tail calls", name, release, calling, both)
			}
		}
	}
}

// checkEstimates holds the estimates of programs that call against what the running kernel counts: every subprogram once a
// program, however often it is called.
func checkEstimates(t *testing.T, p *check.Program, a *codegen.Artifact) {
	t.Helper()
	k, err := New(p, a)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Load(); err != nil {
		t.Fatalf("%+v", err)
	}
	for _, pr := range a.Programs {
		info, err := k.Pipeline().Programs()[pr.Name].Info()
		if err != nil {
			t.Fatal(err)
		}
		n, ok := info.VerifiedInstructions()
		if !ok {
			kerneltest.Unavailable(t, errors.New("the kernel doesn't tell how many instructions it processed"))
		}
		if ratio := float64(pr.EstimatedCost) / float64(n); len(pr.Subprograms) > 0 && (ratio < 0.7 || ratio > 1.7) {
			t.Errorf("%s: program %s with %v is estimated at %d, the verifier walked through %d", p.Name, pr.Name, pr.Subprograms, pr.EstimatedCost, n)
		}
	}
}

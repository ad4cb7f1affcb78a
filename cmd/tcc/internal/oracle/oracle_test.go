package oracle

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

var (
	runFor    = flag.Duration("oracle.for", 0, "run TestOracle for so long")
	cases     = flag.Uint64("oracle.n", 3000, "how many cases TestOracle runs, without -oracle.for")
	firstSeed = flag.Uint64("oracle.seed", 1, "the first seed of TestOracle")
	outDir    = flag.String("oracle.out", "", "write the failing cases into this folder, reduced")
	reduceFor = flag.Duration("oracle.reduce", time.Minute, "the time to reduce a case")
)

// mostTime is how long the cases of a test run may take: a slow machine runs fewer of them.
const mostTime = 4 * time.Minute

// TestOracle runs random programs: some thousands, or as many as there is time for.
func TestOracle(t *testing.T) {
	kerneltest.Require(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // compiling makes much garbage, and little stays
	c := Campaign{For: *runFor, Reduce: *reduceFor, Found: func(f *Found) { tell(t, f) }}
	if *runFor == 0 {
		c.Cases, c.For = *cases, mostTime
		if testing.Short() {
			c.Cases /= 10
		}
	}
	r := NewReport(*firstSeed)
	if err := c.Run(r); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Write(&text); err != nil {
		t.Error(err)
	}
	t.Logf("%s\n%s", r.Line(), &text)
	if r.Refused > 2+r.Pipelines/50 {
		t.Errorf("%d of %d pipelines are refused", r.Refused, r.Pipelines)
	}
	if r.Contradictions > r.Plans/10_000 { // dead code makes some; more is what the compiler writes
		t.Errorf("%d of %d loaded forms make the kernel's verifier contradict itself", r.Contradictions, r.Plans)
	}
	if never := r.Never(); r.Pipelines >= 3000 && len(never) > 0 {
		t.Errorf("never executed: %q", never)
	}
}

// tell shows a failure.
func tell(t *testing.T, f *Found) {
	detail := f.Failure.Detail
	if len(detail) > 3000 {
		detail = "…" + detail[len(detail)-3000:]
	}
	t.Errorf("seed %d: %s (%s)\n%s\n%s", f.Seed, f.Failure.Kind, f.Failure.Plan, detail, f.Case)
	if *outDir != "" {
		file := filepath.Join(*outDir, fmt.Sprintf("%s_%d.tcc", f.Failure.Slug(), f.Seed))
		if err := os.WriteFile(file, []byte(f.Case.String()), 0o666); err != nil {
			t.Error(err)
		}
	}
}

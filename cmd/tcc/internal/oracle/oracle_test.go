package oracle

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	runFor    = flag.Duration("oracle.for", 0, "run TestOracle for so long")
	seed      = flag.Uint64("oracle.seed", 1, "the first seed of TestOracle")
	outDir    = flag.String("oracle.out", "", "write the failing cases into this folder, reduced")
	reduceFor = flag.Duration("oracle.reduce", time.Minute, "the time to reduce a case")
	fewCases  = uint64(200)
)

// patience is how long a case may take at most.
const patience = time.Minute

// requireKernel skips the test where programs can't be loaded, or fails it if TCC_REQUIRE_KERNEL is set.
func requireKernel(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("TCC_REQUIRE_KERNEL") != "" {
		t.Fatal("TCC_REQUIRE_KERNEL is set, but this is not root")
	}
	t.Skip("loading programs into the kernel needs root")
}

// TestOracle runs random programs: a few, or with -oracle.for as many as there is time for.
func TestOracle(t *testing.T) {
	requireKernel(t)
	began := time.Now()
	var total Summary
	kinds := map[string]int{}
	n := uint64(0)
	for ; *runFor == 0 && n < fewCases || time.Since(began) < *runFor; n++ {
		hangs := time.AfterFunc(patience, func() { panic(fmt.Sprintf("seed %d takes more than %v", *seed+n, patience)) })
		c := New(*seed + n)
		s, failure := c.Run()
		hangs.Stop()
		total.Add(s)
		if failure == nil {
			continue
		}
		if kinds[failure.Kind]++; kinds[failure.Kind] == 1 {
			report(t, *seed+n, c, failure)
		}
	}
	t.Logf("%d pipelines in %v: %d plans, %d programs (up to %d for one), %d packets; %d of %d statements reached; %d pipelines refused",
		n, time.Since(began).Round(time.Second), total.Plans, total.Programs, total.Most, total.Packets, total.Reached, total.Statements, total.Refused)
	for _, name := range slices.Sorted(maps.Keys(total.Coverage)) {
		t.Logf("%8d %s", total.Coverage[name], name)
	}
	if total.Refused > 2+int(n)/50 {
		t.Errorf("%d of %d pipelines are refused", total.Refused, n)
	}
	for kind, n := range kinds {
		t.Logf("%d × %s", n, kind)
	}
}

// report reduces a case and shows it.
func report(t *testing.T, seed uint64, c *Case, failure *Failure) {
	small := Reduce(c, failure, *reduceFor)
	if _, again := small.Run(); again != nil {
		failure = again
	}
	detail := failure.Detail
	if len(detail) > 3000 {
		detail = "…" + detail[len(detail)-3000:]
	}
	t.Errorf("seed %d: %s (%s)\n%s\n%s", seed, failure.Kind, failure.Plan, detail, small)
	if *outDir != "" {
		kind := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return '_'
		}, failure.Kind)
		file := filepath.Join(*outDir, fmt.Sprintf("%.40s_%d.tcc", kind, seed))
		if err := os.WriteFile(file, []byte(small.String()), 0o666); err != nil {
			t.Error(err)
		}
	}
}

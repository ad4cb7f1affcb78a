package oracle

import (
	"flag"
	"os"
	"testing"
	"time"
)

var (
	runFor = flag.Duration("oracle.for", 0, "run TestOracle for so long")
	seed   = flag.Uint64("oracle.seed", 1, "the first seed of TestOracle")
)

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

func TestOracle(t *testing.T) {
	requireKernel(t)
	began := time.Now()
	kinds := map[string]int{}
	for i := range uint64(1 << 40) {
		if time.Since(began) > max(*runFor, 20*time.Second) {
			t.Logf("%d programs", i)
			break
		}
		t0 := time.Now()
		c := New(*seed + i)
		t1 := time.Now()
		s, f := c.Run()
		_ = s
		if d := time.Since(t0); d > 2*time.Second {
			t.Logf("seed %d: new %v run %v: %+v", *seed+i, t1.Sub(t0), time.Since(t1), s)
		}
		if f != nil {
			kinds[f.Kind]++
			if kinds[f.Kind] == 1 {
				t1 := time.Now()
				c = Reduce(c, f, time.Minute)
				d := f.Detail
				_, f = c.Run()
				if f != nil {
					d = f.Detail
				}
				if len(d) > 1500 {
					d = d[len(d)-1500:]
				}
				t.Errorf("seed %d: %s %d: %s", *seed+i, f.Kind, f.Budget, d)
				t.Logf("reduced %v\n%s", time.Since(t1), c)
			}
		}
	}
	t.Log(kinds)
}

package build

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Painted pieces give each number to the first run that has it, and no two neighbours go to the same row.
func TestPaint(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		runs := make([]run, 1+rng.IntN(12))
		starts := []uint64{0}
		for i := range runs {
			lo := rng.Uint64N(256)
			runs[i] = run{lo, lo + rng.Uint64N(256-lo)/(1+rng.Uint64N(20))}
			starts = append(starts, runs[i].lo, runs[i].hi+1)
		}
		slices.Sort(starts)
		p := newPaint(slices.Compact(starts))
		for row, r := range runs {
			p.paint(r, row)
		}
		list := p.join()
		for n := range uint64(256) {
			want := slices.IndexFunc(runs, func(r run) bool { return r.lo <= n && n <= r.hi })
			last := len(list) - 1
			for list[last].start > n {
				last--
			}
			if got := list[last].row; got != want {
				t.Fatalf("%d goes to row %d, want %d: %v makes %v", n, got, want, runs, list)
			}
		}
		for i := range list[1:] {
			if list[i].row == list[i+1].row {
				t.Fatalf("two intervals for one: %v makes %v", runs, list)
			}
		}
	}
}

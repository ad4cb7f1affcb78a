package interp_test

import (
	"testing"

	"github.com/tcc-bpf/tcc/lang/interp"
)

// TestClock: in a test block the clock stands still, first at 0, and there is no chance.
func TestClock(t *testing.T) {
	p := xdp(t, `
var time u64 = 1
var chance u32 = 1
stage s {
    time = now()
    chance = random() | cpu()
    pass
}
test "clock" {
    packet ethernet{}
    expect time == 0
    expect chance == 0
    now = 5s
    packet ethernet{}
    packet ethernet{}
    expect time == 5000000000
    expect chance == 0
}
test "starts at 0 again" {
    packet ethernet{}
    expect time == 0
}
test "only one is now" {
    now = 1s
    packet ethernet{}
    expect time == 2s
}
`)
	results := interp.RunTests(p, onMachine(p))
	for i, want := range []int{0, 0, 1} {
		if got := len(results[i].Failures); got != want {
			t.Errorf("%s: %d failures, want %d: %v", results[i].Name, got, want, results[i].Failures)
		}
	}
}

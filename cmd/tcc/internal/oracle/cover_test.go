package oracle

import (
	"testing"
)

// TestCoverage: the constructs of the language are not only written, packets come to them.
func TestCoverage(t *testing.T) {
	total := Coverage{}
	for seed := range uint64(4000) {
		if seed%100 == 0 && len(total.without(wanted())) == 0 {
			return
		}
		c := New(seed)
		p, list := c.Program()
		if list.HasErrors() {
			continue // that is for TestAccepted
		}
		want, failure := c.interpret(p)
		if failure != nil {
			t.Fatalf("seed %d: %v", seed, failure)
		}
		total.Add(cover(p, want.reached))
	}
	for _, name := range total.without(wanted()) {
		t.Errorf("nothing executes %q", name)
	}
}

package oracle

import (
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

// TestCoverage: the constructs of the language are not only written, packets come to them.
func TestCoverage(t *testing.T) {
	total := Coverage{}
	for seed := range uint64(1500) {
		c := New(seed)
		p, list := check.Source(fileName, c.Source)
		if list.HasErrors() {
			continue // that is for TestAccepted
		}
		want, failure := c.interpret(p)
		if failure != nil {
			t.Fatalf("seed %d: %v", seed, failure)
		}
		total.Add(cover(p, want.reached))
	}
	for _, name := range wanted() {
		if total[name] == 0 {
			t.Errorf("nothing executes %q", name)
		}
	}
}

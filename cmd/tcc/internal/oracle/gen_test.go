package oracle

import "testing"

// TestAccepted: what is generated passes the checker, in several files and taken apart too.
func TestAccepted(t *testing.T) {
	guests := 0
	for seed := range uint64(500) {
		c := &Case{Source: Generate(seed), Files: 1 + int(seed%3), Apart: true}
		p, list := c.Program()
		if list.HasErrors() {
			t.Errorf("seed %d:\n%s", seed, c.tree(c.Source).explain(list))
			if seed > 20 {
				return
			}
			continue
		}
		x, failure := c.apart(p)
		if failure != nil {
			t.Fatalf("seed %d: %v", seed, failure)
		}
		if (x != nil) != withGuests(seed) {
			t.Errorf("seed %d: has guests: %t", seed, x != nil)
		}
		if x != nil {
			guests++
		}
	}
	if guests < 30 {
		t.Errorf("only %d programs have guests", guests)
	}
}

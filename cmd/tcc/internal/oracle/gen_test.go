package oracle

import (
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

// TestAccepted: what is generated passes the checker.
func TestAccepted(t *testing.T) {
	for seed := range uint64(500) {
		src := Generate(seed)
		if _, list := check.Source("p.tcc", src); list.HasErrors() {
			t.Errorf("seed %d:\n%s", seed, list.Text(map[string]string{"p.tcc": src}, false))
			if seed > 20 {
				return
			}
		}
	}
}

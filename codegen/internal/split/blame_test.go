package split

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// TestCarriedTooMuch has more numbers alive at a cut than the carrier holds: the error says which, and what to do.
func TestCarriedTooMuch(t *testing.T) {
	const values = 520
	var s strings.Builder
	s.WriteString("module pipe xdp default 0 license \"GPL\"\nfunc pipe {\nb0: stage one start\n")
	for i := range values {
		fmt.Fprintf(&s, "\tv%d:n%d = now ; 3:%d\n", i, i, i+1)
	}
	s.WriteString("\tjump b1\nb1: stage two start\n")
	sum := 0
	for i := 1; i < values; i++ {
		fmt.Fprintf(&s, "\tv%d = add v%d, v%d\n", values+i, sum, i)
		sum = values + i
	}
	fmt.Fprintf(&s, "\tv%d = trunc v%d\n\tret v%d\n}\n", 3*values, sum, 3*values)
	_, err := Module(ir.MustParse(s.String()), Options{Cut: func(b *ir.Block) bool { return b.Stage == "two" && b.Start }})
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if failed.Constraint != "bytes to carry" || failed.Have < 8*values || failed.Stage != "two" {
		t.Errorf("%v", failed)
	}
	if len(failed.Causes) != mostCauses || failed.Causes[0] != (Cause{"n0", failed.Causes[0].Span, "is carried: 8 bytes"}) {
		t.Errorf("%v", failed.Causes)
	}
}

package lower

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

func names(order []*ir.Block) string {
	var s []string
	for _, b := range order {
		s = append(s, b.String())
	}
	return strings.Join(s, " ")
}

func TestOrder(t *testing.T) {
	tests := []struct{ name, ir, want string }{
		{"cold blocks, and what only they reach, lie at the end", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1: cold
	jump b3
b2:
	br eq v0, v1 ? b4 : b5
b3:
	ret v0
b4: cold
	jump b5
b5:
	ret v1
`, "b0 b2 b5 b4 b1 b3"},
		{"the side that ends sooner is fallen into", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1:
	br ne v0, v1 ? b3 : b4
b2:
	ret v0
b3:
	ret v0
b4:
	ret v1
`, "b0 b2 b1 b4 b3"},
		{"a join comes behind both sides", `
b0:
	v0 = ctxload mark
	v1 i32 = const 1
	br eq v0, v1 ? b1 : b2
b1:
	jump b3
b2:
	jump b3
b3:
	ret v1
`, "b0 b2 b1 b3"},
		{"a stage of a slot isn't cold, though no block leads to it", `
root b1: stage s table t
b0:
	v0 i32 = const 0
	ret v0
b1:
	v1 = ctxload mark
	v2 i32 = const 1
	br eq v1, v2 ? b2 : b3
b2:
	br ne v1, v2 ? b4 : b5
b3: cold
	ret v1
b4:
	ret v1
b5:
	ret v2
`, "b0 b1 b2 b5 b4 b3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := NewOrder(ir.MustParse(body(test.ir)).Funcs[0])
			if got := names(o.Blocks); got != test.want || o.Deep {
				t.Errorf("got %s, deep %v, want %s", got, o.Deep, test.want)
			}
		})
	}
}

// In a chain of rows with two tests each, either order must keep the verifier's queue below what the kernel allows.
func TestDeepOrder(t *testing.T) {
	for _, rows := range []int{100, 5000} {
		var s strings.Builder
		s.WriteString("\nb0:\n\tv0 = ctxload mark\n\tv1 i32 = const 1\n\tjump b10\nb1: cold\n\tret v1\n")
		for i := range rows {
			b := 10 * (i + 1)
			fmt.Fprintf(&s, "b%d:\n\tbr eq v0, v1 ? b%d : b%d\nb%d:\n\tbr ult v0, v1 ? b1 : b%d\n", b, b+1, b+10, b+1, b+10)
		}
		fmt.Fprintf(&s, "b%d:\n\tret v0\n", 10*(rows+1))
		f := ir.MustParse(body(s.String())).Funcs[0]
		o := NewOrder(f)
		if want := rows > maxPending; o.Deep != want {
			t.Errorf("%d rows: deep is %v", rows, o.Deep)
		}
		l := &layout{f: f, cold: frozen(f), height: heights(f)}
		if n := l.pending(o.Blocks); n > 8192-1000 {
			t.Errorf("%d rows queue %d branches", rows, n)
		}
	}
}

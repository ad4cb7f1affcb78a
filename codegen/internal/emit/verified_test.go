package emit

import (
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// verified loads a program of one function and returns how many instructions the verifier processed, and how many
// there are.
func verified(t *testing.T, m *ir.Module) (processed uint32, size int) {
	t.Helper()
	coll, err := load(m)
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	info, err := coll.Programs[m.Name].Info()
	if err != nil {
		t.Fatal(err)
	}
	processed, ok := info.VerifiedInstructions()
	if !ok {
		kerneltest.Unavailable(t, errors.New("the kernel doesn't tell how many instructions it processed"))
	}
	insns, err := info.Instructions()
	if err != nil {
		t.Fatal(err)
	}
	return processed, int(insns.Size() / 8)
}

// flags is a program that sets n bits of a number by n branches and decides by it in the end. With forget, the number
// is forgotten before every change.
func flags(n int, forget bool) *ir.Module {
	var s strings.Builder
	s.WriteString(`module flags xdp default 0 license "GPL"
global tcc_zero 8
func flags {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	v3 i32 = const 7
	check v0, v1, 64 ? b10(v2) : b1
b1: cold
	ret v2
`)
	for i := range n {
		at, v := 10*(i+1), 10*(i+1)
		fmt.Fprintf(&s, "b%d(v%d i32):\n\tv%d = load.1 [v0+%d]\n", at, v, v+1, i)
		old := v
		if forget {
			old = v + 2
			fmt.Fprintf(&s, "\tv%d = forget v%d\n", old, v)
		}
		fmt.Fprintf(&s, "\tbr eq v%d, v3 ? b%d : b%d(v%d)\n", v+1, at+1, at+10, old)
		fmt.Fprintf(&s, "b%d:\n\tv%d i32 = const %d\n\tv%d = or v%d, v%d\n\tjump b%d(v%d)\n", at+1, v+3, 1<<i, v+4, old, v+3, at+10, v+4)
	}
	end := 10 * (n + 1)
	fmt.Fprintf(&s, "b%d(v%d i32):\n\tbr eq v%d, v3 ? b2 : b3\nb2:\n\tret v3\nb3:\n\tret v%d\n}\n", end, end, end, end)
	return ir.MustParse(s.String())
}

// The verifier looks at a program once for every number that it thinks possible, unless it is made to forget.
func TestForget(t *testing.T) {
	kerneltest.Require(t)
	without, _ := verified(t, flags(10, false))
	with, _ := verified(t, flags(10, true))
	if without < 4<<10 || with > 22*10 {
		t.Errorf("10 flags cost %d processed instructions, %d if forgotten; expected more than 4·2^10 and less than 22·10", without, with)
	}
	if with, _ := verified(t, flags(30, true)); with > 22*30 {
		t.Errorf("30 forgotten flags cost %d processed instructions, expected less than 22·30", with)
	}
	packet := make([]byte, 64)
	for i := range packet {
		packet[i] = byte(i % 3 * 7)
	}
	agree(t, flags(12, true), packet)
}

// rules is a table of n rows, each with a number of tests of the packet; the first row that matches decides.
func rules(n, tests int) *ir.Module {
	var s strings.Builder
	s.WriteString(`module rules xdp default 0 license "GPL"
func rules {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 2
	v3 i32 = const 1
	check v0, v1, 64 ? b10 : b1
b1: cold
	ret v2
b2: cold
	ret v3
`)
	r := rand.New(rand.NewSource(1))
	for i := range n {
		row := 10 * (i + 1)
		for k := range tests {
			block, then := row+k, row+k+1
			if k == tests-1 {
				then = 1 + r.Intn(2)
			}
			fmt.Fprintf(&s, "b%d:\n\tv%d = load.1 [v0+%d]\n\tv%d i32 = const %d\n\tbr eq v%d, v%d ? b%d : b%d\n",
				block, 2*block, r.Intn(64), 2*block+1, r.Intn(256), 2*block, 2*block+1, then, row+10)
		}
	}
	fmt.Fprintf(&s, "b%d:\n\tret v3\n}\n", 10*(n+1))
	return ir.MustParse(s.String())
}

// Long tables must not overflow the verifier's queue of branches, nor cost it more than a few looks at each row.
func TestLongTables(t *testing.T) {
	kerneltest.Require(t)
	for _, test := range []struct{ rows, tests int }{{100, 3}, {1000, 2}, {9000, 1}, {5000, 2}, {3000, 3}, {2000, 5}} {
		t.Run(fmt.Sprintf("%d rows of %d", test.rows, test.tests), func(t *testing.T) {
			m := rules(test.rows, test.tests)
			if processed, size := verified(t, m); int(processed) > 5*size {
				t.Errorf("%d instructions cost %d processed ones", size, processed)
			}
			packet := make([]byte, 64)
			rand.New(rand.NewSource(2)).Read(packet)
			agree(t, m, packet, make([]byte, 64), make([]byte, 20))
		})
	}
}

package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/syntax"
)

// What the checker finds out about loops: the type of the variable, and how often they run at most.
func TestRounds(t *testing.T) {
	tests := []struct{ head, want string }{
		{"0..4", "u32 4"},
		{"5..8 max 9", "u32 3"},
		{"5..80 max 9", "u32 9"},
		{"0..5_000_000_000 max 2", "u64 2"},
		{"u8(250)..255", "u8 5"},
		{"0..small max 7", "u8 7"},
		{"small..wide max 1024", "u32 1024"},
		{"wide..small max 3", "u32 3"},
		{"u16(1)..5", "u16 4"},
		{"0..(2 + 3) * 4", "u32 20"},
	}
	for _, test := range tests {
		src := "pipeline p xdp\ndefault pass\nvar small u8\nvar wide u32\nstage s { for i in " + test.head + " { } pass }"
		p, diags := Source("loop.tcc", src)
		if len(diags) > 0 {
			t.Errorf("%s: %v", test.head, diags)
			continue
		}
		checkTables(t, p)
		for loop, rounds := range p.Rounds {
			if got := fmt.Sprintf("%s %d", p.Defs[loop.Var].(*Local).Type, rounds); got != test.want {
				t.Errorf("%s: %s, want %s", test.head, got, test.want)
			}
		}
	}
}

// What it finds out about circles of stages.
func TestCircles(t *testing.T) {
	p, diags := Source("circles.tcc", `pipeline p xdp
default pass
stage a { if packet.len > 100 { goto b max 1 } goto c }
stage b { if packet.len > 101 { goto b max 7 else drop } goto c }
stage c { if packet.len > 102 { goto b max 3 } if packet.len > 103 { goto e } goto d }
stage d { pass }
stage e { goto a max 2 else goto f }
stage f { goto f max 5 }`)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var got strings.Builder
	for _, s := range p.Stages {
		fmt.Fprintf(&got, "%s:", s.Name)
		if s.Circle != nil {
			fmt.Fprintf(&got, " %d stages, %d copies,", len(s.Circle.Stages), s.Circle.copies())
		}
		syntax.Walk(s.Decl.Body, func(n syntax.Node) bool {
			if st, ok := n.(*syntax.GotoStmt); ok && p.Backs[st] != nil {
				fmt.Fprintf(&got, " %s %d/%d", st.Target.Name, p.Backs[st].Index, p.Backs[st].Max)
			}
			return true
		})
		got.WriteByte('\n')
	}
	want := `a: 4 stages, 192 copies, b 0/1
b: 4 stages, 192 copies, b 1/7
c: 4 stages, 192 copies, b 2/3
d:
e: 4 stages, 192 copies, a 3/2
f: 1 stages, 6 copies, f 0/5
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAmount checks pipelines of a size that nobody writes: each gets its error, or none, in seconds.
func TestAmount(t *testing.T) {
	const head = "pipeline p xdp\ndefault pass\nvar v u32\n"
	each := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	called := "fn f0(n u32) u32 { return n + 1 }\n"
	doubling := "fn f0(n ip6) ip6 { return n & :: }\n" // can't be subprograms
	for i := range 20 {
		called += fmt.Sprintf("fn f%d(n u32) u32 { return f%d(n) + f%d(n + 1) }\n", i+1, i, i)
		doubling += fmt.Sprintf("fn f%d(n ip6) ip6 { return f%d(n) & f%d(n) }\n", i+1, i, i)
	}
	doubling += "var a ip6\n"
	for name, tc := range map[string]struct {
		src  string
		want []string
	}{
		"rows":        {head + "stage s {\nmatch packet.len {\n" + each(100000, "%d => drop\n") + "_ => pass\n}\n}\n", nil},
		"statements":  {head + "stage s {\n" + each(maxCode, "v += %d\n") + "pass\n}\n", []string{"E0816"}},
		"maps":        {head + each(maxMaps+1, "map m%d hash[u32]u32 max 1\n") + "stage s { pass }\n", []string{"E0816"}},
		"stages":      {head + each(10000, "stage s%d { if v == 1 { drop }\n pass }\n"), slices.Repeat([]string{"E0215"}, 9999)},
		"ifs":         {head + "stage s {\n" + each(60, "if v != %d {\n") + "drop" + strings.Repeat("}\n", 60) + "pass }\n", nil},
		"calls":       {head + doubling + "stage s { a = f20(a)\n pass }\n", []string{"E0810"}},
		"called":      {head + called + "stage s { v = f20(v)\n for i in 0..1000 { v = f10(i) }\n pass }\n", nil},
		"loop":        {head + doubling + "stage s { for i in 0..1000 { a = f10(a) }\n pass }\n", []string{"E0814"}},
		"many stages": {head + doubling + "stage s { goto s0 }\n" + each(1000, "stage s%d { a = f10(a)\n pass }\n"), append([]string{"E0816"}, nil...)},
		"arrays":      {head + "var a " + strings.Repeat("[1]", 17) + "u8\nstage s { pass }\n", []string{"E0811"}},
		"structs":     {head + "struct s0 { a u8 }\n" + nested(17) + "stage s { pass }\n", []string{"E0802"}},
		"text":        {head + "stage s { pass }\n" + strings.Repeat("// x\n", 800000), nil},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, list := Source("p.tcc", tc.src)
			var got []string
			for _, d := range list {
				got = append(got, d.Code)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%d diagnostics, %.3v…, want %d, %.3v…", len(got), got, len(tc.want), tc.want)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// nested are structs inside each other.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "struct s%d { a s%d }\n", i+1, i)
	}
	return b.String()
}

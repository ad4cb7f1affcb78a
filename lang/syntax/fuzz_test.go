package syntax

import (
	"os"
	"testing"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// addSeeds gives a fuzzer sources with all of the language in them.
func addSeeds(f *testing.F) {
	f.Add(everything)
	for _, name := range []string{"../../examples/firewall/firewall.tcc", "../std/prelude.tcc"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, src := range []string{
		"", "//", "stage a { // b\n}", "stage a { x := 10 .y.z[1]..2 }", "stage a { match x { 1|2, _ => drop // c\n } }",
		"enum a { b, // c\n c }", "slots a[1](b [c{}]u8,) { 1 => a; 2 => b }", "stage a { x := p{ // c\n a: 1 // d\n, b: -~!2 } }",
		"stage a { if x == f{} { } }", "stage a { x := 1:2::3 + 10.0.0.0/8 + 02:00:00:00:00:01 }", "test \"\\u1234\" { packet a{} payload \"\" }",
		"\ufeffstage a{}", "stage a { goto b(1, // c\n 2 // d\n) max 3 }", "'", "\"", "{{{{", "}}", "stage a {\nstage b {\nstage c { drop }",
	} {
		f.Add(src)
	}
}

// FuzzParse reads anything without a panic, and all places it gives are in the source.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		file, diags := Parse("f", src)
		for _, d := range diags {
			checkSpan(t, src, d.Span, diag.Span{})
			if d.Message == "" || diag.Title(d.Code) == "" {
				t.Errorf("a mistake has code %q and message %q", d.Code, d.Message)
			}
		}
		_ = diags.Text(map[string]string{"f": src}, true)
		spans := []diag.Span{file.Span()}
		Walk(file, func(n Node) bool {
			if len(diags) == 0 {
				checkSpan(t, src, n.Span(), spans[0])
			}
			return true
		})
	})
}

// checkSpan holds a place against the source and the place it must be in, if there is one.
func checkSpan(t *testing.T, src string, s, outer diag.Span) {
	t.Helper()
	switch {
	case s.Start.Offset < 0 || s.Start.Offset > s.End.Offset || s.End.Offset > len(src) || s.Start.Line < 1 || s.Start.Col < 1:
		t.Errorf("the place is %+v in %d bytes", s, len(src))
	case outer.IsValid() && (s.Start.Offset < outer.Start.Offset || s.End.Offset > outer.End.Offset):
		t.Errorf("the place %+v is not in %+v", s, outer)
	}
}

// FuzzPrint prints what can be parsed; that parses to the same tree with the same comments, and prints to itself.
func FuzzPrint(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		if _, diags := Parse("f", src); len(diags) == 0 {
			checkPrint(t, src)
		}
	})
}

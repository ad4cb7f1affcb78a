package diag_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// spanOf is the place of the first needle in src.
func spanOf(t *testing.T, file, src, needle string) diag.Span {
	t.Helper()
	i := strings.Index(src, needle)
	if i < 0 {
		t.Fatalf("%q is not in the source", needle)
	}
	pos := func(i int) diag.Pos {
		before := src[:i]
		return diag.Pos{Offset: i, Line: 1 + strings.Count(before, "\n"), Col: i - strings.LastIndex(before, "\n")}
	}
	return diag.Span{File: file, Start: pos(i), End: pos(i + len(needle))}
}

func TestText(t *testing.T) {
	tests := []struct{ name, src, needle, want string }{
		{"line of its own", "a\nstage x\nb", "x", "f:2:7: error[E0101]: m\nstage x\n      ^\n"},
		{"several characters", "goto nowhere", "nowhere", "f:1:6: error[E0101]: m\ngoto nowhere\n     ^~~~~~~\n"},
		{"tabs", "\tif\tx", "x", "f:1:5: error[E0101]: m\n\tif\tx\n\t  \t^\n"},
		{"letters of two bytes", `s "ää" x`, "x", "f:1:10: error[E0101]: m\ns \"ää\" x\n       ^\n"},
		{"letters of two columns", `"世界" xy`, "xy", "f:1:10: error[E0101]: m\n\"世界\" xy\n       ^~\n"},
		{"combining letters", "\"e\u0301\" x", "x", "f:1:7: error[E0101]: m\n\"e\u0301\" x\n    ^\n"},
		{"control characters", "\x1b[31m x", "x", "f:1:7: error[E0101]: m\n\uFFFD[31m x\n      ^\n"},
		{"carriage return", "ab\r\n", "ab\r", "f:1:1: error[E0101]: m\nab\n^~\n"},
		{"more lines than one", "ab cd\nef", "cd\nef", "f:1:4: error[E0101]: m\nab cd\n   ^~\n"},
		{"nothing", "ab", "", "f:1:1: error[E0101]: m\nab\n^\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &diag.Diagnostic{Code: "E0101", Span: spanOf(t, "f", test.src, test.needle), Message: "m"}
			got := diag.List{d}.Text(map[string]string{"f": test.src}, false)
			if got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestTextOfLongLines(t *testing.T) {
	pad := strings.Repeat("abcdefgh ", 1000)
	for _, src := range []string{"NEEDLE " + pad, pad + "NEEDLE " + pad, pad + "NEEDLE", strings.Repeat("ä世", 900) + "NEEDLE" + strings.Repeat("ä世", 900)} {
		d := &diag.Diagnostic{Code: "E0101", Span: spanOf(t, "f", src, "NEEDLE"), Message: "m"}
		lines := strings.Split(diag.List{d}.Text(map[string]string{"f": src}, false), "\n")
		if n := len([]rune(lines[1])); n > 125 {
			t.Errorf("the line has %d characters", n)
		}
		if !strings.Contains(lines[1], "NEEDLE") || !strings.HasSuffix(lines[2], " ^~~~~~") && lines[2] != "^~~~~~" {
			t.Errorf("the needle isn't shown:\n%s\n%s", lines[1], lines[2])
		}
	}
}

func TestTextOfLongSpan(t *testing.T) {
	src := strings.Repeat("x", 5000)
	d := &diag.Diagnostic{Code: "E0101", Span: spanOf(t, "f", src, src), Message: "m"}
	for _, line := range strings.Split(diag.List{d}.Text(map[string]string{"f": src}, false), "\n") {
		if n := len([]rune(line)); n > 125 {
			t.Errorf("a line has %d characters", n)
		}
	}
}

// TestTextOfAnything shows each byte of lines that are no text.
func TestTextOfAnything(t *testing.T) {
	for _, unit := range []string{"\x9c", "\xff", "\xe4\xb8", "ä\x80", "世", "\t", "\u0301"} {
		src := strings.Repeat(unit, 300)
		for i := range src {
			d := &diag.Diagnostic{Code: "E0106", Message: "m"}
			d.Span = diag.Span{File: "f", Start: diag.Pos{Offset: i, Line: 1, Col: i + 1}, End: diag.Pos{Offset: i + 1, Line: 1, Col: i + 2}}
			if got := (diag.List{d}).Text(map[string]string{"f": src}, false); !strings.Contains(got, "^") || len(got) > 1000 {
				t.Fatalf("byte %d of %.10q… is shown as %q", i, src, got)
			}
		}
	}
}

func TestTextHasHintAndNotes(t *testing.T) {
	src := "header ip { ttl u8 }\nx := ip.tll\n"
	d := &diag.Diagnostic{
		Code: "E0213", Span: spanOf(t, "f", src, "tll"), Message: "no field `tll`", Hint: "did you mean `ttl`?",
		Notes: []diag.Note{
			{Span: spanOf(t, "f", src, "ip"), Message: "`ip` is declared here"},
			{Span: diag.Span{File: "other"}, Message: "nowhere"},
		},
	}
	want := `f:2:9: error[E0213]: no field ` + "`tll`" + `
x := ip.tll
        ^~~
hint: did you mean ` + "`ttl`" + `?
f:1:8: note: ` + "`ip`" + ` is declared here
header ip { ttl u8 }
       ^~
other: note: nowhere
`
	if got := (diag.List{d}).Text(map[string]string{"f": src}, false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	coloured := diag.List{d}.Text(map[string]string{"f": src}, true)
	for _, want := range []string{"\x1b[1;31merror[E0213]\x1b[0m:", "\x1b[1;31m^~~\x1b[0m", "\x1b[1;34mhint\x1b[0m:"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("%q is not in the coloured text", want)
		}
	}
}

func TestTextWithoutSource(t *testing.T) {
	d := &diag.Diagnostic{Severity: diag.Warning, Code: "E0101", Message: "m"}
	d.Span = diag.Span{File: "gone", Start: diag.Pos{Offset: 70, Line: 3, Col: 2}}
	for _, sources := range []map[string]string{nil, {"gone": "short"}} {
		if got, want := (diag.List{d}).Text(sources, false), "gone:3:2: warning[E0101]: m\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestList(t *testing.T) {
	at := func(file string, offset int, sev diag.Severity, m string) *diag.Diagnostic {
		pos := diag.Pos{Offset: offset, Line: 1, Col: offset + 1}
		return &diag.Diagnostic{Code: "E0101", Severity: sev, Span: diag.Span{File: file, Start: pos}, Message: m}
	}
	l := diag.List{at("b", 0, diag.Warning, "four"), at("a", 9, diag.Warning, "two"), at("a", 9, diag.Warning, "three"), at("a", 3, diag.Warning, "one")}
	l.Sort()
	const want = "a:1:4: warning[E0101]: one\na:1:10: warning[E0101]: two\na:1:10: warning[E0101]: three\nb:1:1: warning[E0101]: four"
	if l.Error() != want {
		t.Errorf("got:\n%s\nwant:\n%s", l.Error(), want)
	}
	if l.HasErrors() || l.Err() != nil {
		t.Error("warnings are errors")
	}
	l = append(l, at("c", 0, diag.Error, "five"))
	var as diag.List
	if !l.HasErrors() || !errors.As(l.Err(), &as) {
		t.Error("an error is no error")
	}
}

func TestJSON(t *testing.T) {
	src := "a\nbc"
	d := &diag.Diagnostic{
		Code: "E0101", Span: spanOf(t, "f", src, "bc"), Message: "m",
		Notes: []diag.Note{{Span: spanOf(t, "f", src, "a"), Message: "n"}},
	}
	got, err := json.Marshal(diag.List{d})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"file":"f","line":2,"col":1,"endLine":2,"endCol":3,"severity":"error","code":"E0101","message":"m",` +
		`"notes":[{"file":"f","line":1,"col":1,"endLine":1,"endCol":2,"message":"n"}]}]`
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestNearest(t *testing.T) {
	fields := []string{"sport", "dport", "seq", "ack", "window", "syn"}
	for name, want := range map[string]string{
		"dprot": "dport", "dports": "dport", "Syn": "syn", "syn": "", "windows": "window", "checksum": "", "x": "", "": "",
		"sq": "seq", "xyz": "", "sny": "syn", "akc": "ack",
	} {
		if got := diag.Nearest(name, fields); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := diag.Nearest("drp", []string{"drop", "drops", "dropped"}); got != "drop" {
		t.Errorf("Nearest takes %q, not the closest", got)
	}
}

package syntax

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/participle/v2"

	"github.com/tcc-bpf/tcc/lang/diag"
)

// TestErrors gives each mistake's place, length, message and hint. The mistakes of one source come line by line.
func TestErrors(t *testing.T) {
	in := func(stmt string) string { return "stage a { " + stmt + " }" }
	tests := []struct{ src, want string }{
		// declarations
		{"stage v4 goto x", "1:10+4 E0101 expected `{` after the stage's name, found `goto`"},
		{"stage {", "1:7+1 E0101 expected a name after `stage`, found `{`"},
		{"stage if { drop }", "1:7+2 E0101 expected a name after `stage`, found `if` (`if` is a word of the language and can't be a name)"},
		{"stage a(x u8, y) { drop }", "1:16+1 E0101 expected a type after `y`, found `)`"},
		{"stage a(x u8 y u8) { drop }", "1:14+1 E0101 expected `,` or `)` after `u8`, found `y`"},
		{"stage a }", "1:9+1 E0101 expected `{` after the stage's name, found `}`"},
		{"struct s { a u8, b u8 }", "1:16+1 E0101 expected a field or `}` after `u8`, found `,` (fields are separated by `;` or a new line)"},
		{"struct s { a }", "1:14+1 E0101 expected a type after `a`, found `}`"},
		{"struct s { a [4 }", "1:17+1 E0101 expected `]` after `4`, found `}`"},
		{"struct s { a [4] }", "1:18+1 E0101 expected a type after `]`, found `}`"},
		{"header s { 5 }", "1:12+1 E0101 expected a field or `}` after `{`, found `5`"},
		{"header s { a u8 } length", "1:25+0 E0101 expected an expression after `length`, found the end of the file"},
		{"enum e { a b }", "1:12+1 E0101 expected `,` or `}` after `a`, found `b`"},
		{"enum e { a, 5 }", "1:13+1 E0101 expected a name after `,`, found `5`"},
		{"map m hash[u8]u8 10", "1:18+2 E0101 expected `max` after `u8`, found `10`"},
		{"map m hash[u8] max 10", "1:16+3 E0101 expected the type of the map's values after `]`, found `max`"},
		{"map m hash(u8)u8 max 10", "1:11+1 E0101 expected `[` or `max` after `hash`, found `(`"},
		{"config x = 5", "1:10+1 E0101 expected a type after the config's name, found `=`"},
		{"config x u8 =", "1:14+0 E0101 expected an expression after `=`, found the end of the file"},
		{"counter c[", "1:11+0 E0101 expected an expression after `[`, found the end of the file; 1:10 this `[` is never closed"},
		{"pipeline x", "1:11+0 E0101 expected a name after the pipeline's name, found the end of the file"},
		{"default foo", "1:9+3 E0101 expected a verdict after `default`, found `foo` (the verdicts are pass, drop, tx, abort, next, redirect, keep)"},
		{"default drp", "1:9+3 E0101 expected a verdict after `default`, found `drp` (did you mean `drop`?)"},
		{"license GPL", "1:9+3 E0101 expected a string after `license`, found `GPL`"},
		{"import foo", "1:8+3 E0101 expected a string after `import`, found `foo`"},
		{"slots a { }", "1:9+1 E0101 expected `[` after the slots' name, found `{`"},
		{"slots a[5](x u8) { 5 = x }", "1:22+1 E0101 expected `=>` after `5`, found `=`"},
		{"slots a[5] { goto }", "1:14+4 E0101 expected an entry `index => stage` or `}` after `{`, found `goto`"},
		{"stagee a {}", "1:1+6 E0101 expected a declaration, found `stagee` (did you mean `stage`?)"},
		{"} stage a { drop }", "1:1+1 E0101 expected a declaration, found `}`"},
		{"fn f { }", "1:6+1 E0101 expected `(` after the fn's name, found `{`"},

		// tests
		{"test foo { }", "1:6+3 E0101 expected a string after `test`, found `foo`"},
		{`test "x" { foo }`, "1:12+3 E0101 expected a step (packet, expect, config, var, map, now or route) or `}` after `{`, found `foo`"},
		{`test "x" { expect 5 }`, "1:19+1 E0101 expected a verdict after `expect`, found `5` (the verdicts are pass, drop, tx, abort, next, redirect, keep)"},
		{`test "x" { expect a.b = 5 }`, "1:23+1 E0101 expected `==` after `b`, found `=`"},
		{`test "x" { expect a >= 5 }`, "1:21+2 E0101 expected `==` after `a`, found `>=`"},
		{`test "x" { config a 5 }`, "1:21+1 E0101 expected `=` after `a`, found `5`"},

		// statements
		{in("goto 5"), "1:16+1 E0101 expected a name after `goto`, found `5`"},
		{in("goto b[1"), "1:20+1 E0101 expected `]` after `1`, found `}`"},
		{in("goto b(1"), "1:20+1 E0101 expected `,` or `)` after `1`, found `}`"},
		{in("gotoo b"), "1:11+5 E0101 expected a statement or `}` after `{`, found `gotoo` (did you mean `goto`?)"},
		{in("x + 1"), "1:13+1 E0101 expected `:=` or `=` after `x`, found `+`"},
		{in("x++"), "1:12+1 E0101 expected `:=` or `=` after `x`, found `+` (write `x += 1`)"},
		{in("x == 5"), "1:13+2 E0101 expected `:=` or `=` after `x`, found `==`"},
		{in("m[k] == 5"), "1:16+2 E0101 expected `=` after `]`, found `==`"},
		{in("let x = 5"), "1:11+3 E0101 expected a statement or `}` after `{`, found `let` (write `x := …`)"},
		{in("return := 5"), "1:18+2 E0101 expected a statement or `}` after `return`, found `:=` (`return` is a word of the language and can't be a name)"},
		{in("{ drop }"), "1:11+1 E0101 expected a statement or `}` after `{`, found `{` (a block stands only behind `if`, `else`, `for`, `rewrite` or the `=>` of a match)"},
		{in("else drop"), "1:11+4 E0101 expected a statement or `}` after `{`, found `else` (`else` follows the `}` of an `if`, or a statement that can fail)"},
		{in("if x = 5 { drop }"), "1:16+1 E0101 expected `{` after `x`, found `=` (`==` compares)"},
		{in("if x drop"), "1:16+4 E0101 expected `{` after `x`, found `drop` (the block of an `if` has braces, also around one statement)"},

		// from other languages
		{in("u32 x = 5"), "1:11+3 E0101 expected a statement or `}` after `{`, found `u32` (write `x := …`)"},
		{in("XDP_DROP"), "1:11+8 E0101 expected a statement or `}` after `{`, found `XDP_DROP` (write `drop`)"},
		{in("XDP_ABORTED"), "1:11+11 E0101 expected a statement or `}` after `{`, found `XDP_ABORTED` (write `abort`)"},
		{in("TC_ACT_SHOT"), "1:11+11 E0101 expected a statement or `}` after `{`, found `TC_ACT_SHOT` (write `drop`)"},
		{in("while x { }"), "1:11+5 E0101 expected a statement or `}` after `{`, found `while` (a loop has a bound: `for i in 0..n max 64 { … }`)"},
		{in("parse udp or drop"), "1:21+2 E0101 expected a statement or `}` after `udp`, found `or` (where it fails, write `else`)"},
		{in("drop()"), "1:15+1 E0101 expected a statement or `}` after `drop`, found `(` (`drop` takes no arguments and no parentheses)"},
		{in("map m hash[u8]u8 max 3"), "1:11+3 E0101 expected a statement or `}` after `{`, found `map` (a `map` is declared outside of stages)"},
		{"func f(a u8) u8 { return a }", "1:1+4 E0101 expected a declaration, found `func` (write `fn`)"},
		{"fn f(a u8) -> u8 { return a }", "1:12+1 E0101 expected `{` after `)`, found `-` (the type of a result follows the `)` by itself)"},
		{"stage a(x: u8) { drop }", "1:10+1 E0101 expected a type after `x`, found `:` (a type follows its name without a `:`)"},
		{"counter c u64", "1:11+3 E0101 expected a declaration, found `u64` (a counter has no type: it is a `u64`)"},
		{`test "x" { expect c = 5 }`, "1:21+1 E0101 expected `==` after `c`, found `=` (`==` compares)"},
		{in("if x and y { drop }"), "1:16+3 E0101 expected `{` after `x`, found `and` (write `&&`)"},
		{in("if not x { drop }"), "1:18+1 E0101 expected `{` after `not`, found `x` (write `!`)"},
		{in("match x { 1 => drop; else => pass }"), "1:32+4 E0101 expected a pattern or `}`, found `else` (`_ => …` takes what is left)"},
		{"#include <linux/bpf.h>", "1:1+1 E0102 unexpected character `#` (headers like `ipv4` are known; `import \"file.tcc\"` brings in what another file declares)"},
		{"#define PORT 80\nstage a { drop }", "1:1+1 E0102 unexpected character `#` (a constant is a `config` or a member of an `enum`)"},
		{in("if { drop }"), "1:14+1 E0101 expected an expression after `if`, found `{`"},
		{in("if x { drop } else drop"), "1:30+4 E0101 expected `{` or `if` after `else`, found `drop` (the `else` of an `if` has braces: `else { … }`)"},
		{in("if x == f{a: 1} { drop }"), "1:20+1 E0110 a struct literal needs parentheses here, where a block follows (write `(f{…})`)"},
		{in("if x == f{} { drop }"), "1:20+1 E0110 a struct literal needs parentheses here, where a block follows (write `(f{})`)"},
		{in("for i in f{a: 1}..3 { }"), "1:21+1 E0110 a struct literal needs parentheses here, where a block follows (write `(f{…})`)"},
		{in("match x { 1 => 5 }"), "1:26+1 E0101 expected a block, a verdict or `goto` after `=>`, found `5`"},
		{in("match x { 1 | => drop }"), "1:25+2 E0101 expected an expression after `|`, found `=>`"},
		{in("match x { 1 goto b }"), "1:23+4 E0101 expected `=>` after `1`, found `goto`"},
		{in("match x { goto b }"), "1:21+4 E0101 expected a pattern or `}` after `{`, found `goto`"},
		{in("match x { 1, => drop }"), "1:24+2 E0101 expected a pattern after `,`, found `=>`"},
		{in("x := parse foo else { drop }"), "1:31+1 E0101 expected a verdict or `goto` after `else`, found `{` (it stands without braces)"},
		{in("parse 5"), "1:17+1 E0101 expected a name after `parse`, found `5`"},
		{in("emit foo"), "1:20+1 E0101 expected `{` after `foo`, found `}`"},
		{in("emit foo{a}"), "1:21+1 E0101 expected `:` after `a`, found `}`"},
		{in("emit foo{a: 1 b: 2}"), "1:25+1 E0101 expected `,` or `}` after `1`, found `b`"},
		{in("delete foo"), "1:22+1 E0101 expected `[` and a key after `foo`, found `}`"},
		{in("for i in 5 { }"), "1:22+1 E0101 expected `..` after `5`, found `{`"},
		{in("for i { }"), "1:17+1 E0101 expected `in` after `i`, found `{`"},
		{in("redirect"), "1:20+1 E0101 expected `(` after `redirect`, found `}`"},

		// expressions
		{in("x := "), "1:17+1 E0101 expected an expression after `:=`, found `}`"},
		{in("x := y z"), "1:18+1 E0101 expected a statement or `}` after `y`, found `z`"},
		{in("x := f(1 2)"), "1:20+1 E0101 expected `,` or `)` after `1`, found `2`"},
		{in("x := f(1,, 2)"), "1:20+1 E0101 expected an expression after `,`, found `,`"},
		{in("x := m[1"), "1:20+1 E0101 expected `]` after `1`, found `}`"},
		{in("x := (1"), "1:19+1 E0101 expected `,` or `)` after `1`, found `}`"},
		{in("x := a +"), "1:20+1 E0101 expected an expression after `+`, found `}`"},
		{in("x := _"), "1:16+1 E0101 expected an expression after `:=`, found `_`"},
		{in("x := a.5"), "1:18+1 E0101 expected a field's name after `.`, found `5`"},
		{in("x.if = 5"), "1:13+2 E0101 expected a field's name after `.`, found `if` (`if` is a word of the language and can't be a name)"},

		// tokens
		{in("x := 1.2.3"), "1:16+5 E0104 `1.2.3` is not an IPv4 address: that has four numbers of 0 to 255, without leading zeros"},
		{in("x := 1.2.3.256"), "1:16+9 E0104 `1.2.3.256` is not an IPv4 address: that has four numbers of 0 to 255, without leading zeros"},
		{in("x := 10.0.0.0/33"), "1:16+11 E0104 `10.0.0.0/33` is not a prefix: its length is 0 to 32"},
		{in("x := ::/129"), "1:16+6 E0104 `::/129` is not a prefix: its length is 0 to 128"},
		{in("x := 10.0.0.0/08"), "1:16+11 E0104 `10.0.0.0/08` is not a prefix: its length is 0 to 32"},
		{in("x := 1::2::3"), "1:16+7 E0104 `1::2::3` is neither an IPv6 address nor a MAC address"},
		{in("x := fe80::1xyz"), "1:16+10 E0104 `fe80::1xyz` is neither an IPv6 address nor a MAC address"},
		{in("x := 00:11:22:33:44"), "1:16+14 E0104 `00:11:22:33:44` is neither an IPv6 address nor a MAC address"},
		{in("x := 0x"), "1:16+2 E0103 the number `0x` is malformed"},
		{in("x := 08"), "1:16+2 E0103 the number `08` starts with a zero"},
		{in("x := 5q"), "1:16+2 E0103 the number `5q` is malformed (durations end in ns, us, ms, s, m or h; hexadecimal numbers start with 0x)"},
		{in("x := 18446744073709551616"), "1:16+20 E0103 the number `18446744073709551616` does not fit into 64 bits"},
		{in("x := 9999999h"), "1:16+8 E0103 the duration `9999999h` does not fit into 64 bits"},
		{in(`x := "abc`), "1:16+6 E0105 the string has no closing `\"`"},
		{in("x := \"ab\\\ny\""), "1:16+4 E0105 the string has no closing `\"`\n2:2+3 E0105 the string has no closing `\"`"},
		{in(`x := "\q"`), "1:16+4 E0105 the string has an unknown escape (known are \\n \\t \\r \\\" \\\\ \\xNN \\uNNNN and Go's others)"},
		{in("x := 'ab'"), "1:16+4 E0105 strings stand in double quotes"},
		{in("x := “ab”"), "1:16+3 E0102 unexpected character `“` (strings stand in double quotes)\n1:21+3 E0102 unexpected character `”` (strings stand in double quotes)"},
		{in("x := 5 # five"), "1:18+1 E0102 unexpected character `#` (a comment starts with `//`)"},
		{in("x := 5 \x01"), "1:18+1 E0102 unexpected character U+0001"},
		{in("x := é"), "1:16+2 E0102 unexpected character `é`"},
		{in("/* x */ drop"), "1:11+2 E0111 a comment starts with `//` and ends with the line (write `//` in front of each line)"},
		{"stage a { \xff }", "1:11+1 E0106 the file is not valid UTF-8 here"},
		{"// ä\n// \xc3", "2:4+1 E0106 the file is not valid UTF-8 here"},
		{"stage a {\n\x00}", "2:1+1 E0106 the file holds a zero byte; source files are UTF-8 text"},

		// what is missing at the end
		{"stage a { drop", "1:15+0 E0101 expected a statement or `}` after `drop`, found the end of the file; 1:9 this `{` is never closed"},
		{"stage a { drop\n// the end\n\n", "1:15+0 E0101 expected a statement or `}` after `drop`, found the end of the file; 1:9 this `{` is never closed"},
		{"stage a { match x { 1 => drop", "1:30+0 E0101 expected a pattern or `}` after `drop`, found the end of the file; 1:19 this `{` is never closed"},

		// several mistakes
		{"stage a { if x { drop }\nstage b { goto }\nstage c { drop }", "2:1+5 E0101 expected a statement or `}`, found `stage`; 1:9 this `{` is never closed\n2:16+1 E0101 expected a name after `goto`, found `}`"},
		{"a b c\nstage x { goto }\nstage y { drop }\nconfig z", "1:1+1 E0101 expected a declaration, found `a`\n2:16+1 E0101 expected a name after `goto`, found `}`\n4:9+0 E0101 expected a type after the config's name, found the end of the file"},
		{"struct s { a } struct t { b }", "1:14+1 E0101 expected a type after `a`, found `}`\n1:29+1 E0101 expected a type after `b`, found `}`"},
		{"stage a { x := 08 goto }\nstage b { goto }", "1:16+2 E0103 the number `08` starts with a zero\n2:16+1 E0101 expected a name after `goto`, found `}`"},
	}
	for _, test := range tests {
		if got := summary(t, test.src); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.src, got, test.want)
		}
	}
}

// summary is line:col+length code message (hint); notes of each mistake.
func summary(t *testing.T, src string) string {
	t.Helper()
	_, diags := Parse("f", src)
	var lines []string
	for _, d := range diags {
		s := fmt.Sprintf("%d:%d+%d %s %s", d.Span.Start.Line, d.Span.Start.Col, d.Span.End.Offset-d.Span.Start.Offset, d.Code, d.Message)
		if d.Hint != "" {
			s += " (" + d.Hint + ")"
		}
		for _, n := range d.Notes {
			s += fmt.Sprintf("; %d:%d %s", n.Span.Start.Line, n.Span.Start.Col, n.Message)
		}
		if diag.Title(d.Code) == "" {
			t.Errorf("%s is not in the registry of codes", d.Code)
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

// TestLimits goes just up to each limit, and just beyond.
func TestLimits(t *testing.T) {
	in := func(format string, n int) func(int) string {
		return func(over int) string {
			parts := strings.Split(format, "@") // before, repeated, between, repeated, after
			return "stage a { " + parts[0] + strings.Repeat(parts[1], n+over) + parts[2] + strings.Repeat(parts[3], n+over) + parts[4] + " }"
		}
	}
	for name, test := range map[string]struct {
		src  func(over int) string
		want string
	}{
		"parentheses":      {in("x := @(@1@)@", 199), "brackets nest at most 200 levels"},
		"blocks":           {in("@if a { @drop@ }@", 199), "brackets nest at most 200 levels"},
		"prefix operators": {in("x := @-@1@@", 200), "at most 200 prefix operators can follow one another"},
		"fields":           {in("x := a@.b@@@", 200), "at most 200 fields or indexes can follow one another"},
		"indexes":          {in("x := a@[0]@@@", 200), "at most 200 fields or indexes can follow one another"},
		"operators":        {in("x := a@ + a@@@", 1000), "an expression has at most 1000 operators in a row"},
		"else if":          {in("if a { drop }@ else if a { drop }@@@", 1000), "at most 1000 `else` can follow one another"},
		"else goto":        {in("goto a[0]@ else goto a[0]@@@", 1000), "at most 1000 `else` can follow one another"},
		"array types":      {func(over int) string { return "config a " + strings.Repeat("[1]", 200+over) + "u8" }, "array types nest at most 200 levels"},
		"size":             {func(over int) string { return strings.Repeat(" ", 4<<20+over) }, "the file has 4194305 bytes, the most is 4194304"},
	} {
		t.Run(name, func(t *testing.T) {
			mustParse(t, test.src(0))
			_, diags := Parse("f", test.src(1))
			if len(diags) != 1 || diags[0].Message != test.want {
				t.Errorf("one too many gives %v", diags.Error())
			}
		})
	}
}

// TestRepetitionLimit goes beyond what participle reads of one kind in a row; its limit is lowered to be fast.
func TestRepetitionLimit(t *testing.T) {
	defer func(n int) { participle.MaxIterations = n }(participle.MaxIterations)
	participle.MaxIterations = 100
	for _, src := range []string{"stage a { drop" + strings.Repeat(";", 101) + "}", "enum e { a" + strings.Repeat(",a", 101) + " }"} {
		_, diags := Parse("f", src)
		if len(diags) != 1 || diags[0].Code != "E0108" || diags[0].Message != "at most 100 elements can follow one another" {
			t.Errorf("%s gives %v", src, diags.Error())
		}
	}
}

// TestManyElses has no limit on statements with an else that don't nest.
func TestManyElses(t *testing.T) {
	mustParse(t, "stage a { "+strings.Repeat("if a { drop } else { drop } m[1] = 2 else drop parse h else drop\n", 1000)+"}")
}

// TestLargeNonsense gives up on large files of nonsense soon, and with few words.
func TestLargeNonsense(t *testing.T) {
	for _, unit := range []string{
		"(", ")", "{", "}", "[4]", "a ", "stage ", "stage a { ", "stage a {\n", "stage a\n", "a.", "1:", ":", "::", "\"", "'", "if ", "else ",
		"x := ", "x = ", "match a { ", "=> ", "1 | ", "- ", "a + ", "goto a ", "/", "//\n", "0x", "\\", "ä", "struct a {} ", "struct a { b }\n", "..",
	} {
		src := strings.Repeat(unit, (1<<14)/len(unit))
		for _, src := range []string{src, "stage a { " + src, "stage a { x := " + src, "config a " + src, "enum e { a = " + src} {
			start := time.Now()

			_, diags := Parse("f", src)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%.30q… takes %s", src, took)
			}
			if len(diags) > maxErrors+1 {
				t.Errorf("%.30q… gives %d mistakes", src, len(diags))
			}
		}
	}
}

package syntax

import (
	"strings"
	"testing"
)

func TestExpressions(t *testing.T) {
	for src, want := range map[string]string{
		// precedence and association
		"a || b && c == d":            "(|| a (&& b (== c d)))",
		"a && b || c && d":            "(|| (&& a b) (&& c d))",
		"a == b + c * d":              "(== a (+ b (* c d)))",
		"a * b + c":                   "(+ (* a b) c)",
		"a - b - c":                   "(- (- a b) c)",
		"a | b & c ^ d":               "(^ (| a (& b c)) d)",
		"a << 1 + b >> 2":             "(+ (<< a 1) (>> b 2))",
		"a / b % c":                   "(% (/ a b) c)",
		"a < b != c >= d":             "(>= (!= (< a b) c) d)",
		"a <= b":                      "(<= a b)",
		"a > b":                       "(> a b)",
		"-a - -b":                     "(- (- a) (- b))",
		"!a && ~b == 1":               "(&& (! a) (== (~ b) 1))",
		"!!a":                         "(! (! a))",
		"-a.b[1]":                     "(- ([] (. a b) 1))",
		"(a + b) * c":                 "(* (paren (+ a b)) c)",
		"((a))":                       "(paren (paren a))",
		"a in 1..10 && b":             "(&& (in a (.. 1 10)) b)",
		"a + 1 in b..c + 1":           "(in (+ a 1) (.. b (+ c 1)))",
		"!(ip.src in 10.0.0.0/8)":     "(! (paren (in (. ip src) 10.0.0.0/8)))",
		"!a in b":                     "(in (! a) b)",
		"flow_key{src: a} in flows":   "(in (lit flow_key src:a) flows)",
		"ip.src & 255.255.255.0 == x": "(== (& (. ip src) 255.255.255.0) x)",

		// operands
		"f()":                     "(call f)",
		"f(a, b + 1)":             "(call f a (+ b 1))",
		"f(a, b,)":                "(call f a b)",
		"u8(x).y":                 "(. (call u8 x) y)",
		"p{}":                     "(lit p)",
		"p{a: 1, b: q{c: 2},}":    "(lit p a:1 b:(lit q c:2))",
		"p{a: 1}.a":               "(. (lit p a:1) a)",
		"m[k][l].x":               "(. ([] ([] m k) l) x)",
		"payload.u16[i + 2]":      "([] (. payload u16) (+ i 2))",
		"eth.type":                "(. eth type)",
		"packet.len":              "(. packet len)",
		"a.max + b.length":        "(+ (. a max) (. b length))",
		"a.default == c.packet":   "(== (. a default) (. c packet))",
		"stage + drop - parse":    "(- (+ stage drop) parse)",
		"[]":                      "",
		"true != false":           "(!= true false)",
		"\"a\\\"b\"":              `"a\"b"`,
		"2001:db8::1 == ::":       "(== 2001:db8::1 ::)",
		"m[::1]":                  "([] m ::1)",
		"p{a: ::1, b: fe80::/10}": "(lit p a:::1 b:fe80::/10)",
		"p{ab:1, c:d}":            "(lit p ab:1 c:d)",
		"10.0.0.0 / 8":            "(/ 10.0.0.0 8)",
		"10.0.0.1..10.0.0.9":      "",
		"a in 10.0.0.1..10.0.0.9": "(in a (.. 10.0.0.1 10.0.0.9))",
		"a in ::1..::9":           "(in a (.. ::1 ::9))",
		"a in 5s..1m":             "(in a (.. 5s 1m))",
	} {
		if want == "" {
			if _, diags := Parse("f", "stage s { x := "+src+" }"); len(diags) == 0 {
				t.Errorf("%s is no expression but parses", src)
			}
			continue
		}
		if got := sexpr(mustExpr(t, src)); got != want {
			t.Errorf("%s is %s, want %s", src, got, want)
		}
	}
}

func TestLiteralKinds(t *testing.T) {
	for src, want := range map[string]LitKind{
		"0": IntLit, "10": IntLit, "0x0800": IntLit, "0XfF": IntLit, "0b101": IntLit, "1_000": IntLit, "0x_ff": IntLit,
		"18446744073709551615": IntLit,
		"true":                 BoolLit, "false": BoolLit,
		"192.0.2.1": IP4Lit, "0.0.0.0": IP4Lit, "255.255.255.255": IP4Lit,
		"10.0.0.0/8": Prefix4Lit, "0.0.0.0/0": Prefix4Lit, "10.1.2.3/32": Prefix4Lit,
		"2001:db8::1": IP6Lit, "::": IP6Lit, "::1": IP6Lit, "fe80::": IP6Lit, "1:2:3:4:5:6:7:8": IP6Lit, "::ffff:192.0.2.1": IP6Lit,
		"ABCD::": IP6Lit, "00:11:22:33:44:55:66:77": IP6Lit,
		"2001:db8::/32": Prefix6Lit, "::/0": Prefix6Lit, "::1/128": Prefix6Lit,
		"02:00:00:00:00:01": MACLit, "ff:FF:ff:ff:ff:ff": MACLit,
		"250ms": DurationLit, "5s": DurationLit, "1h": DurationLit, "3m": DurationLit, "7us": DurationLit, "9ns": DurationLit,
		"1_000s": DurationLit,
		`"x"`:    StringLit, `""`: StringLit, `"\x00ä\u00e4\\"`: StringLit,
	} {
		lit, ok := mustExpr(t, src).(*Literal)
		if !ok || lit.Kind != want || lit.Text != src {
			t.Errorf("%s is %+v, want kind %d", src, lit, want)
		}
	}
}

func TestParseIntAndDuration(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "0x10": 16, "0b11": 3, "1_000": 1000, "18446744073709551615": 1<<64 - 1} {
		if got, err := ParseInt(text); err != nil || got != want {
			t.Errorf("ParseInt(%q) = %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "007", "0o7", "0_7", "0x", "1__0", "18446744073709551616", "1a", "-1"} {
		if got, err := ParseInt(text); err == nil {
			t.Errorf("ParseInt(%q) = %d", text, got)
		}
	}
	for text, want := range map[string]uint64{"1ns": 1, "2us": 2e3, "250ms": 25e7, "5s": 5e9, "1m": 6e10, "1h": 36e11} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "s", "5", "1d", "5124096h", "1sm"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %d", text, got)
		}
	}
}

func TestPatterns(t *testing.T) {
	m := mustStmt(t, `match a, b.c {
		1 | 2 | 5..7, _ => pass
		-1, x & 3 => goto s  ~2, (1 | 2) => drop
		10.0.0.0/8, reason.a => { drop } _, _ => goto s max 3 max, 4 => pass
	}`).(*MatchStmt)
	var got []string
	for _, r := range m.Rows {
		var row []string
		for _, p := range r.Patterns {
			var alts []string
			for _, a := range p.Alts {
				alts = append(alts, sexpr(a))
			}
			row = append(row, strings.Join(alts, " | "))
		}
		got = append(got, strings.Join(row, ", "))
	}
	want := []string{"1 | 2 | (.. 5 7), _", "(- 1), (& x 3)", "(~ 2), (paren (| 1 2))", "10.0.0.0/8, (. reason a)", "_, _", "max, 4"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if g := m.Rows[4].Body.(*GotoStmt); sexpr(g.Max) != "3" {
		t.Errorf("goto has max %s", sexpr(g.Max))
	}
}

package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrint gives sources and their canonical form, which must be its own.
func TestPrint(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"blanks and semicolons", " \n ;; \n", ""},
		{"only a comment", "\n\n  // a  \n\n\n// b", "// a\n\n// b\n"},
		{"declarations", "pipeline   p xdp\ndefault\npass license \"GPL\" import\n\"a.tcc\"", `pipeline p xdp
default pass
license "GPL"
import "a.tcc"
`},
		{"blank lines", "\n\nstage a {\n\n\n  drop\n\n\n  drop\n\n}\n\n\nstage b { }\nstage c{}", `stage a {
    drop

    drop
}

stage b {}
stage c {}
`},
		{"short blocks", `stage a { drop }
stage b { if x { drop } else { pass } if y {
drop } if z { x = 1 drop } match x { 1=>drop } match x { 1 => drop 2 => { } 3 => {pass}}}
`, `stage a { drop }
stage b {
    if x { drop } else { pass }
    if y {
        drop
    }
    if z {
        x = 1
        drop
    }
    match x { 1 => drop }
    match x {
        1 => drop
        2 => {}
        3 => { pass }
    }
}
`},
		{"long blocks", "stage a { goto some_stage_with_a_name(and_an_argument, and_another_argument, and_yet_another_long_argument) }", `stage a {
    goto some_stage_with_a_name(and_an_argument, and_another_argument, and_yet_another_long_argument)
}
`},
		{"else", "stage a {\nif x {\ndrop\n}\nelse if y\n{\ndrop }\nelse\n{\npass } m[k] = 1\nelse drop\n}", `stage a {
    if x {
        drop
    } else if y {
        drop
    } else {
        pass
    }
    m[k] = 1 else drop
}
`},
		{"columns of fields", "struct s { a u8 // one\nlonger [ 4 ] u8 // two\n\nb u8\n}\nstruct t { a u8 ; b u8;}\nheader h { a u8\n} length a*4", `struct s {
    a      u8    // one
    longer [4]u8 // two

    b u8
}
struct t { a u8; b u8 }
header h {
    a u8
} length a * 4
`},
		{"columns of declarations", `config a u8 = 1 // x
var long_name bool // y
config c u8 = 3

map m hash [ k ] v max 10
map longer lpm[ip4]u32 max 1<<4
counter c[ 4 ]
event e { a u8 }
struct s { a u8 }
struct longer { a u8 }

struct t { a u8 }
map d devmap max 4`, `config a         u8 = 1 // x
var    long_name bool   // y
config c         u8 = 3

map     m      hash[k]v    max 10
map     longer lpm[ip4]u32 max 1 << 4
counter c[4]
event   e      { a u8 }
struct  s      { a u8 }
struct  longer { a u8 }

struct t { a u8 }
map    d devmap max 4
`},
		{"enums", "enum a { b,c=2, d, }\nenum e u8 {\nf // one\n, g = 4,\nlonger = 5 // two\n}", `enum a { b, c = 2, d }
enum e u8 {
    f, // one
    g      = 4,
    longer = 5, // two
}
`},
		{"rows", "stage a { match x,y { 1|2 , 3 => drop _, 10 .. 20=>{\ndrop\n}\n// c\n100,_ => goto b ( x )\n} }", `stage a {
    match x, y {
        1 | 2, 3      => drop
        _,     10..20 => {
            drop
        }
        // c
        100, _ => goto b(x)
    }
}
`},
		{"slots", "slots s [ 4 ] ( a u8 , b u8, ) { 1=>a\n2=>b}\nslots t[4]{1=>a;2=>b }\nslots u[4] () {\n1 => a\n1000 => b }\nslot v ( a u8 )=b", `slots s[4](a u8, b u8) {
    1 => a
    2 => b
}
slots t[4] { 1 => a; 2 => b }
slots u[4]() {
    1    => a
    1000 => b
}
slot v(a u8) = b
`},
		{"expressions", "stage a { x:=-  1+( 2*!y )<<~z.b [ 3 ].c x = f( 1,2, )  x = p { a:1 , b:q{ } ,} x = 10 . y x = y in 1 .. 2 }", `stage a {
    x := -1 + (2 * !y) << ~z.b[3].c
    x = f(1, 2)
    x = p{a: 1, b: q{}}
    x = 10 .y
    x = y in 1..2
}
`},
		{"lines of a struct literal", "stage a { x := p{\na: 1, bcd: f(2), e: q{\nz: 1 } } }", `stage a {
    x := p{
        a:   1,
        bcd: f(2),
        e:   q{
            z: 1,
        },
    }
}
`},
		{"broken lines", "stage a {\nif a &&\nb\n|| c { drop }\ngoto s(\na,\nb, c\n)\nx := a\n+ p{\nq: 1 }\n}", `stage a {
    if a &&
        b ||
        c { drop }
    goto s(
        a,
        b, c)
    x := a +
        p{
            q: 1,
        }
}
`},
		{"all statements", `stage a(x u8,y u8)for s{x:=parse  ethernet else  drop peek h skip 4 need x+1 else goto b x+=1
emit e{a:1} delete m [ k ] for i in 0 .. 10 max 4{break} for j in a..b {continue}rewrite v,w{v.x=1}push h{a:1}after v pop v
goto s [ 1 ] ( x ) else drop goto t max 3 redirect ( 1 ) }
fn f(a u8)u8{return a}`, `stage a(x u8, y u8) for s {
    x := parse ethernet else drop
    peek h
    skip 4
    need x + 1 else goto b
    x += 1
    emit e{a: 1}
    delete m[k]
    for i in 0..10 max 4 { break }
    for j in a..b { continue }
    rewrite v, w { v.x = 1 }
    push h{a: 1} after v
    pop v
    goto s[1](x) else drop
    goto t max 3
    redirect(1)
}
fn f(a u8) u8 { return a }
`},
		{"tests", "test \"a\"{ config a=1 var b=2 map m [ 1 ]=f{ a:1 } packet ethernet{ }\nipv4{src:1.2.3.4}\npayload \"x\" expect\ndrop expect packet ipv4.ttl==3}", `test "a" {
    config a = 1
    var b = 2
    map m[1] = f{a: 1}
    packet ethernet{}
        ipv4{src: 1.2.3.4}
        payload "x"
    expect drop
    expect packet ipv4.ttl == 3
}
`},
		{"comments on their own lines", "// a\n\n// b\nstage s { // c\n// d\n\n// e\ndrop\n// f\n\n// g\n} // h\n// i", `// a

// b
stage s { // c
    // d

    // e
    drop
    // f

    // g
} // h
// i
`},
		{"comments in empty blocks", "stage a { // b\n}\nstage c {\n// d\n}\nstruct e {\n\n// f\n\n}\nenum g { // h\n}\ntest \"x\" {\n// i\n}\nstage j { match a {\n// k\n} x := p{\n// l\n} }", `stage a { // b
}
stage c {
    // d
}
struct e {
    // f
}
enum g { // h
}
test "x" {
    // i
}
stage j {
    match a {
        // k
    }
    x := p{
        // l
    }
}
`},
		{"comments in the middle", "stage // a\ns // b\n( // c\nx u8 // d\n, y u8 // e\n) { x := 1 + // f\n// g\n2 goto s( // h\n) }", `stage // a
    s     // b
    (     // c
    x u8, // d
    y u8  // e
    ) {
    x := 1 + // f
        // g
        2
    goto s( // h
        )
}
`},
		{"comments in columns", "stage a {\nx = 1 // one\nlonger = 2 // two\n\ny = 3 // three\nif a { // four\ny = 4 // five\n}\n}", `stage a {
    x = 1      // one
    longer = 2 // two

    y = 3  // three
    if a { // four
        y = 4 // five
    }
}
`},
		{"carriage returns and tabs", "stage a {\r\n\tdrop // x \r\n}\r\n", "stage a {\n    drop // x\n}\n"},
		{"strings", "license \"a\\t  ü // no comment\" // one", "license \"a\\t  ü // no comment\" // one\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Print(mustParse(t, test.src))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			checkPrint(t, test.src)
		})
	}
}

// checkPrint prints source without mistakes and holds what came out against it.
func checkPrint(t *testing.T, src string) {
	t.Helper()
	file := mustParse(t, src)
	printed := Print(file)
	again := mustParse(t, printed)
	if diff := cmp.Diff(file.Decls, again.Decls, sameTree...); diff != "" {
		t.Errorf("the tree changed:\n%s\nsource:\n%s\nprinted:\n%s", diff, src, printed)
	}
	if diff := cmp.Diff(file.Comments, again.Comments, sameTree...); diff != "" {
		t.Errorf("the comments changed:\n%s\nsource:\n%s\nprinted:\n%s", diff, src, printed)
	}
	if diff := cmp.Diff(printed, Print(again)); diff != "" {
		t.Errorf("printing changes what was printed:\n%s\nsource:\n%s", diff, src)
	}
	for _, line := range strings.Split(printed, "\n") {
		if strings.TrimRight(line, " \t\r") != line {
			t.Errorf("a line ends in blanks: %q\nsource:\n%s", line, src)
		}
	}
}

func TestPrintEverything(t *testing.T) { checkPrint(t, everything) }

// TestPrintTokenPerLine breaks lines wherever that is possible, with and without comments.
func TestPrintTokenPerLine(t *testing.T) {
	for _, end := range []string{"\n", "\n\n\n", " // c\n", "\n// c\n", "\n\n// c\n\n"} {
		var b strings.Builder
		for _, tok := range scan("f", everything).tokens {
			b.WriteString(tok.Value + end)
		}
		checkPrint(t, b.String())
	}
}

// TestPrintOneLine has no line breaks at all.
func TestPrintOneLine(t *testing.T) { checkPrint(t, strings.ReplaceAll(everything, "\n", " ")) }

// TestSourcesAreCanonical keeps the sources of this repository as the formatter writes them.
func TestSourcesAreCanonical(t *testing.T) {
	for _, name := range []string{"../../examples/firewall/firewall.tcc", "../std/prelude.tcc"} {
		src, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(src), Print(mustParse(t, string(src)))); diff != "" {
			t.Errorf("%s\n%s", name, diff)
		}
	}
}

func TestPrintKeepsMistakes(t *testing.T) {
	for _, src := range []string{"stage  a {", "stage  a  { drop }\nstage b", "é stage  a { }", strings.Repeat("{", 300)} {
		file, _ := Parse("f", src)
		if got := Print(file); got != src {
			t.Errorf("%q became %q", src, got)
		}
	}
}

package syntax

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everything holds each production of the grammar.
const everything = `pipeline p xdp frags
pipeline q tc
license "MIT"
import "other.tcc"
default redirect(1, x)
default pass;
config c u32
config d [4]u8 = 5
var e bool = true
enum f { a, b = 3, c, }
enum g u8 { }
struct h { a u8; b [2][3]u16; c ip4 }
header i { type u16 len u8; length u4; max u4 default u8 packet u8 } length len * 4
map j hash[h]u64 max 10
map k devmap max 1 << 4
counter l
counter m[f]
event n { a u8 }
stage o { }
stage r(a u8, b ip4,) for s { drop }
slots s[256](a u8) { 1 => o; f.a => r 2 => o }
slots t[1] { }
slot u(a u8) = r
slot v
fn w(a u8, b u8) u32 { return a + b }
fn x() { return }
fn xx(a u8) u32 call { return a }
fn xy() call { return }
stage y(a u8) {
    b := 1; b += 2; b -= 1 b *= 1 b /= 1 b %= 1 b &= 1 b |= 1 b ^= 1 b <<= 1 b >>= 1
    m[b] = 5 else drop
    v := parse i else goto o
    peek i
    parse i
    skip 4 else pass
    need b + 1
    v.type = 3
    if a == 1 { drop } else if b { pass } else { b = 1 }
    if w := j[h{a: 1}] { w += 1 }
    match a { 1 => drop 2 => { pass } 3 => goto o 4 => break 5 => continue _ => abort }
    goto o max 3
    goto s[b](a, b) else goto s[1] else drop
    emit n{a: 1}
    delete j[k]
    for i in 0..10 { break continue }
    for i in a..b+1 max 64 { }
    rewrite v, w { v.x = 1 }
    push i{len: 1} after v
    push i{}
    pop v
    tx next abort keep(1)
}
test "x" {
    config c = 1
    var e = 2;
    map j[1] = h{a: 2}
    packet ethernet{} ipv4{src: 1.2.3.4} payload "abc"
    packet
    expect drop
    expect redirect(1)
    expect m[f.a] == 1
    expect packet ipv4.src == 1.2.3.4
    expect packet.len == 5
    expect l == 0
    now = 5s
    route 10.0.0.0/8 = hop{a: 3}
}
`

func TestParseEverything(t *testing.T) {
	file := mustParse(t, everything)
	seen := map[string]bool{}
	Walk(file, func(n Node) bool {
		seen[reflect.TypeOf(n).Elem().Name()] = true
		return true
	})
	for _, name := range []string{
		"File", "PipelineDecl", "DefaultDecl", "LicenseDecl", "ImportDecl", "ConfigDecl", "VarDecl", "EnumDecl", "EnumMember",
		"StructDecl", "Field", "HeaderDecl", "MapDecl", "CounterDecl", "EventDecl", "StageDecl", "SlotsDecl", "SlotEntry",
		"SlotDecl", "FnDecl", "TestDecl", "TestConfig", "TestVar", "TestNow", "TestRoute", "TestMap", "TestPacket", "ExpectVerdict", "ExpectEqual",
		"NamedType", "ArrayType", "Block", "LetStmt", "ParseStmt", "SkipStmt", "AssignStmt", "IfStmt", "MatchStmt", "MatchRow",
		"Pattern", "GotoStmt", "VerdictStmt", "EmitStmt", "DeleteStmt", "ForStmt", "BreakStmt", "ContinueStmt", "ReturnStmt",
		"RewriteStmt", "PushStmt", "PopStmt", "Else", "Ident", "Literal", "Binary", "Range", "Wildcard", "Select", "Index",
		"StructLit", "FieldValue",
	} {
		if !seen[name] {
			t.Errorf("Walk visits no %s", name)
		}
	}
}

// TestFields holds the fields of statements and declarations against their text.
func TestFields(t *testing.T) {
	file := mustParse(t, everything)
	decl := func(i int) any { return file.Decls[i] }
	body := decl(28).(*StageDecl).Body.Stmts
	steps := decl(29).(*TestDecl).Steps
	tests := []struct{ got, want any }{
		{decl(0).(*PipelineDecl).Frags, true},
		{decl(1).(*PipelineDecl).Frags, false},
		{decl(1).(*PipelineDecl).Type.Name, "tc"},
		{decl(2).(*LicenseDecl).Text.Text, `"MIT"`},
		{decl(2).(*LicenseDecl).Text.Kind, StringLit},
		{len(decl(4).(*DefaultDecl).Verdict.Args), 2},
		{decl(25).(*FnDecl).Call, false},
		{decl(26).(*FnDecl).Call, true},
		{decl(27).(*FnDecl).Call, true},
		{decl(27).(*FnDecl).Result, TypeExpr(nil)},
		{decl(6).(*ConfigDecl).Value, Expr(nil)},
		{text(file, decl(7).(*ConfigDecl).Type), "[4]u8"},
		{len(decl(9).(*EnumDecl).Members), 3},
		{text(file, decl(9).(*EnumDecl).Members[1].Value), "3"},
		{decl(10).(*EnumDecl).Base.Name, "u8"},
		{text(file, decl(11).(*StructDecl).Fields[1].Type.(*ArrayType).Elem), "[3]u16"},
		{len(decl(12).(*HeaderDecl).Fields), 6},
		{text(file, decl(12).(*HeaderDecl).Length), "len * 4"},
		{decl(13).(*MapDecl).Kind.Name, "hash"},
		{text(file, decl(13).(*MapDecl).Value), "u64"},
		{decl(14).(*MapDecl).Key, TypeExpr(nil)},
		{text(file, decl(14).(*MapDecl).Max), "1 << 4"},
		{decl(15).(*CounterDecl).Size, Expr(nil)},
		{decl(19).(*StageDecl).For.Name, "s"},
		{len(decl(19).(*StageDecl).Params), 2},
		{len(decl(20).(*SlotsDecl).Entries), 3},
		{text(file, decl(20).(*SlotsDecl).Entries[1]), "f.a => r"},
		{decl(22).(*SlotDecl).Stage.Name, "r"},
		{decl(23).(*SlotDecl).Stage == nil, true},
		{text(file, decl(24).(*FnDecl).Result), "u32"},
		{decl(25).(*FnDecl).Result, TypeExpr(nil)},

		{body[1].(*AssignStmt).Op, "+="},
		{body[10].(*AssignStmt).Op, ">>="},
		{text(file, body[11].(*AssignStmt).Else), "else drop"},
		{body[12].(*ParseStmt).Name.Name, "v"},
		{body[12].(*ParseStmt).Peek, false},
		{text(file, body[12].(*ParseStmt).Else.Body), "goto o"},
		{body[13].(*ParseStmt).Peek, true},
		{body[13].(*ParseStmt).Name == nil, true},
		{body[15].(*SkipStmt).Need, false},
		{body[16].(*SkipStmt).Need, true},
		{text(file, body[18].(*IfStmt).Else.(*IfStmt).Else.(*Block)), "{ b = 1 }"},
		{body[18].(*IfStmt).Bind == nil, true},
		{body[19].(*IfStmt).Bind.Name, "w"},
		{text(file, body[19].(*IfStmt).Cond), "j[h{a: 1}]"},
		{len(body[20].(*MatchStmt).Rows), 6},
		{text(file, body[21].(*GotoStmt).Max), "3"},
		{text(file, body[22].(*GotoStmt).Index), "b"},
		{text(file, body[22].(*GotoStmt).Else.Body.(*GotoStmt).Else.Body), "drop"},
		{body[26].(*ForStmt).Var.Name, "i"},
		{text(file, body[26].(*ForStmt).In), "a..b+1"},
		{text(file, body[26].(*ForStmt).Max), "64"},
		{len(body[27].(*RewriteStmt).Views), 2},
		{body[28].(*PushStmt).After.Name, "v"},
		{body[29].(*PushStmt).After == nil, true},
		{body[34].(*VerdictStmt).Name, "keep"},

		{len(steps[3].(*TestPacket).Headers), 2},
		{steps[3].(*TestPacket).Payload.Text, `"abc"`},
		{steps[5].(*ExpectVerdict).Verdict.Name, "drop"},
		{text(file, steps[7].(*ExpectEqual).X), "m[f.a]"},
		{steps[7].(*ExpectEqual).Packet, false},
		{steps[8].(*ExpectEqual).Packet, true},
		{text(file, steps[8].(*ExpectEqual).Y), "1.2.3.4"},
		{steps[9].(*ExpectEqual).Packet, false},
		{text(file, steps[9].(*ExpectEqual).X), "packet.len"},
	}
	for i, test := range tests {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%d: %v, want %v", i, test.got, test.want)
		}
	}
}

// TestWordsAsNames gives names that are words of the language elsewhere.
func TestWordsAsNames(t *testing.T) {
	file := mustParse(t, `stage test { goto parse }
stage stage { pass := 1 drop = 2 emit += pass.drop skip[1] = 3 delete.x = next.y parse := parse + 1 peek.x = 1 return keep }
struct struct { map u8 header u8 event ip4 stage u16 expect u8 }
config config u8 = default
slots slots[1] { 1 => slot }`)
	if n := len(file.Decls); n != 5 {
		t.Errorf("there are %d declarations", n)
	}
	if n := len(file.Decls[1].(*StageDecl).Body.Stmts); n != 8 {
		t.Errorf("the stage has %d statements", n)
	}
}

// TestSpans holds the places of nodes against the text there.
func TestSpans(t *testing.T) {
	src := "// c\nstage s ( a u8 ) { \n\tx  :=  a + f( b ,c )  ;  if x [ 1 ] . y { } \n match x { 1 | 2 .. 3  => goto s ( 1 )  } } \n\n"
	file := mustParse(t, src)
	var got []string
	Walk(file, func(n Node) bool {
		got = append(got, fmt.Sprintf("%d:%d %s", n.Span().Start.Line, n.Span().Start.Col, text(file, n)))
		return true
	})
	stage := strings.TrimSpace(strings.TrimPrefix(src, "// c\n"))
	body := stage[strings.Index(stage, "{"):]
	want := []string{
		"1:1 // c\n" + stage,
		"2:1 " + stage,
		"2:7 s", "2:11 a u8", "2:11 a", "2:13 u8",
		"2:18 " + body,
		"3:2 x  :=  a + f( b ,c )", "3:2 x", "3:9 a + f( b ,c )", "3:9 a", "3:13 f( b ,c )", "3:13 f", "3:16 b", "3:19 c",
		"3:27 if x [ 1 ] . y { }", "3:30 x [ 1 ] . y", "3:30 x [ 1 ]", "3:30 x", "3:34 1", "3:40 y", "3:42 { }",
		"4:2 match x { 1 | 2 .. 3  => goto s ( 1 )  }", "4:8 x", "4:12 1 | 2 .. 3  => goto s ( 1 )", "4:12 1 | 2 .. 3",
		"4:12 1", "4:16 2 .. 3", "4:16 2", "4:21 3", "4:27 goto s ( 1 )", "4:32 s", "4:36 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := file.Decls[0].(*StageDecl).Body.Stmts[0].(*LetStmt).Value.(*Binary).OpAt; at.Start.Col != 11 || at.End.Col != 12 {
		t.Errorf("the operator is at %s", at)
	}
	if c := file.Comments[0]; c.Text != "// c" || text(file, c) != "// c" {
		t.Errorf("the comment is %q", c.Text)
	}
}

// TestSpanOfEmptyFile keeps a place for messages about a file that holds nothing.
func TestSpanOfEmptyFile(t *testing.T) {
	if got := mustParse(t, "").Span().String(); got != "test.tcc:1:1" {
		t.Errorf("it is at %s", got)
	}
}

func TestParseFirewall(t *testing.T) {
	src, err := os.ReadFile("../../examples/firewall/firewall.tcc")
	if err != nil {
		t.Fatal(err)
	}
	if file := mustParse(t, string(src)); len(file.Decls) < 20 {
		t.Errorf("there are %d declarations", len(file.Decls))
	}
}

// TestManyRows reads a table as large as people have them.
func TestManyRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("stage a {\n    match ip.src, t.dport {\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "        10.%d.%d.0/24 | 192.168.0.0/16, 22 | 1..%d => goto slow(ip, %d)\n", i/256, i%256, i, i)
	}
	b.WriteString("    }\n}\n")
	start := time.Now()
	file := mustParse(t, b.String())
	if took := time.Since(start); took > 20*time.Second { // it takes 0.2 s; a square would take minutes, and the machine may be busy
		t.Errorf("reading took %s", took)
	}
	if n := len(file.Decls[0].(*StageDecl).Body.Stmts[0].(*MatchStmt).Rows); n != 5000 {
		t.Errorf("there are %d rows", n)
	}
}

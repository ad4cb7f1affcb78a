package interp_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// onMachine opens a fresh machine for each test block.
func onMachine(p *check.Program) func() (interp.Engine, error) {
	return func() (interp.Engine, error) { return interp.NewEngine(p), nil }
}

func TestFirewall(t *testing.T) {
	src, err := os.ReadFile("../../examples/firewall/firewall.tcc")
	if err != nil {
		t.Fatal(err)
	}
	p := program(t, string(src))
	if len(p.Tests) == 0 {
		t.Fatal("no test blocks")
	}
	for _, r := range interp.RunTests(p, onMachine(p)) {
		for _, f := range r.Failures {
			t.Errorf("%s: %s: %s", f.Span, r.Name, f.Message)
		}
	}
}

// Each block expects one thing that isn't so; the message and the place are in a comment on its line.
func TestFailures(t *testing.T) {
	const decls = `
enum why { a, b }
struct val { n u32; who ip4 }
struct key { a ip4; p u16 }
config limit u32 = 1
var seen u32
counter hits[why]
counter one
map vals hash[key]val max 1
map nets lpm[ip4]why max 4
stage s {
    eth := parse ethernet
    ip := parse ipv4
    hits[why.b] += 1
    one += 1
    seen += 1
    ip.ttl -= 1
    eth.src = 02:00:00:00:00:09
    vals[key{a: ip.src, p: 7}] = val{n: limit, who: ip.dst}
    if n := nets[ip.src] { if n == why.b { drop } }
    pass
}
`
	const packet = "packet ethernet{} ipv4{src: 10.0.0.1, dst: 10.0.0.2} "
	tests := []struct{ steps, failing, message string }{
		{packet + "expect pass", "", ""},
		{packet + "expect drop", "expect drop", "expected drop, got pass"},
		{packet + "expect one == 1", "", ""},
		{packet + "expect one == 2", "expect one == 2", "expected 2, got 1"},
		{packet + "expect hits[why.b] == 1 expect hits[why.a] == 0", "", ""},
		{packet + "expect hits[why.a] == 3", "expect hits[why.a] == 3", "expected 3, got 0"},
		{packet + "expect packet ipv4.ttl == 63 expect packet ethernet.src == 02:00:00:00:00:09", "", ""},
		{packet + "expect packet ipv4.ttl == 64", "expect packet ipv4.ttl == 64", "expected 64, got 63"},
		{packet + "expect packet ethernet.src == 02:00:00:00:00:01", "expect packet ethernet.src == 02:00:00:00:00:01",
			"expected 02:00:00:00:00:01, got 02:00:00:00:00:09"},
		{packet + "expect packet ipv4.src == 10.0.0.9", "expect packet ipv4.src == 10.0.0.9", "expected 10.0.0.9, got 10.0.0.1"},
		{packet + "expect packet tcp.sport == 1", "expect packet tcp.sport == 1", "the packet has no header tcp"},
		{packet + "expect vals[key{a: 10.0.0.1, p: 7}].n == 1", "", ""},
		{packet + "expect vals[key{a: 10.0.0.1, p: 7}].who == 10.0.0.3", "expect vals[key{a: 10.0.0.1, p: 7}].who == 10.0.0.3",
			"expected 10.0.0.3, got 10.0.0.2"},
		{packet + "expect vals[key{a: 10.0.0.9, p: 7}].n == 1", "expect vals[key{a: 10.0.0.9, p: 7}].n == 1",
			"vals has no such entry"},
		{"config limit = 5 " + packet + "expect vals[key{a: 10.0.0.1, p: 7}].n == 5", "", ""},
		{"var seen = 41 " + packet + "expect seen == 42", "", ""},
		{"var seen = 41 " + packet + "expect seen == 41", "expect seen == 41", "expected 41, got 42"},
		{packet + packet + "expect seen == 2 expect packet ipv4.ttl == 63", "", ""},
		{"map nets[10.0.0.0/8] = why.b " + packet + "expect drop", "", ""},
		{"map nets[10.0.0.0/8] = why.b map nets[10.0.0.1] = why.a " + packet + "expect pass", "", ""},
		{"map nets[10.0.0.0/8] = why.b expect nets[10.0.0.1] == why.a", "expect nets[10.0.0.1] == why.a",
			"expected why.a, got why.b"},
		{"map vals[key{a: 10.0.0.1}] = val{n: 3} map vals[key{p: 1}] = val{} expect seen == 9", "map vals[key{p: 1}] = val{}",
			"map is full"},
		{"packet ipv4{} expect packet ipv4.ttl == 64 expect pass", "expect pass", "expected pass, got abort"},
	}
	for _, test := range tests {
		t.Run(test.steps, func(t *testing.T) {
			src := "pipeline p xdp\ndefault abort\n" + decls + "test \"it\" { " + test.steps + " }"
			p := program(t, src)
			r := interp.RunTests(p, onMachine(p))[0]
			if r.Name != "it" {
				t.Errorf("name is %q", r.Name)
			}
			if test.message == "" {
				if len(r.Failures) > 0 {
					t.Errorf("failed: %v", r.Failures)
				}
				return
			}
			if len(r.Failures) != 1 || r.Failures[0].Message != test.message {
				t.Fatalf("got %v, want %q", r.Failures, test.message)
			}
			at := r.Failures[0].Span
			if got := src[at.Start.Offset:at.End.Offset]; got != test.failing {
				t.Errorf("points at %q, want %q", got, test.failing)
			}
		})
	}
}

func TestAllFailuresAreReported(t *testing.T) {
	p := xdp(t, `stage s { pass } test "x" { packet ethernet{} expect drop expect tx } test "y" { packet expect pass }`)
	rs := interp.RunTests(p, onMachine(p))
	if len(rs) != 2 || len(rs[0].Failures) != 2 || len(rs[1].Failures) != 0 {
		t.Errorf("got %v", rs)
	}
}

func TestEngineThatDoesNotOpen(t *testing.T) {
	p := xdp(t, `stage s { pass } test "x" { packet ethernet{} expect pass }`)
	rs := interp.RunTests(p, func() (interp.Engine, error) { return nil, errors.New("no permission") })
	if len(rs[0].Failures) != 1 || !strings.Contains(rs[0].Failures[0].Message, "no permission") {
		t.Errorf("got %v", rs)
	}
}

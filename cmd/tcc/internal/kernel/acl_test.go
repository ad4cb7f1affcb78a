package kernel

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

var update = flag.Bool("update", false, "write the generated access list again")

// An aclRule is a line of an access list, as the files of rules have it.
type aclRule struct {
	Src, Dst     string
	Proto        int // 0: any
	Sport, Dport [2]int
	Allow        bool
}

// aclSource is the pipeline that acl100.c specifies, for the rules of a file.
func aclSource(t testing.TB, file string) string {
	return `// Generated from ` + file + `. The specification is at the top of acl100.c.
pipeline acl xdp
default drop // too short

header l4 { sport u16; dport u16 }

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { pass }
    ip := parse ipv4
    if ip.version != 4 || ip.frag != 0 { drop }
    if ip.proto != 6 && ip.proto != 17 { goto rules(ip, 0, 0) }
    to := parse l4
    goto rules(ip, to.sport, to.dport)
}

stage rules(ip ipv4, sport u16, dport u16) {
    match ip.src, ip.dst, ip.proto, sport, dport {
` + aclRows(t, file, "pass") + "}\n}\n"
}

// chainRules is the stage of chain.tcc that the rules become.
func chainRules(t testing.TB, file string) string {
	return `// Generated from ` + file + `.

stage acl(eth ethernet, ip ipv4, to ports) {
    match ip.src, ip.dst, ip.proto, to.source, to.dest {
` + aclRows(t, file, "goto track(eth, ip, to)") + "}\n}\n"
}

// aclRows are the rules as the rows of a table.
func aclRows(t testing.TB, file, allow string) string {
	t.Helper()
	text, err := os.ReadFile(peers + file)
	if err != nil {
		t.Fatal(err)
	}
	var rules []aclRule
	if err := json.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rules {
		verdict := "drop"
		if r.Allow {
			verdict = allow
		}
		proto := "_"
		if r.Proto != 0 {
			proto = fmt.Sprint(r.Proto)
		}
		fmt.Fprintf(&b, "%s, %s, %s, %s, %s => %s\n", aclPrefix(r.Src), aclPrefix(r.Dst), proto, aclPorts(r.Sport), aclPorts(r.Dport), verdict)
	}
	b.WriteString("_, _, _, _, _ => drop\n")
	return b.String()
}

func aclPrefix(p string) string {
	if p == "0.0.0.0/0" {
		return "_"
	}
	return strings.TrimSuffix(p, "/32")
}

func aclPorts(p [2]int) string {
	switch {
	case p == [2]int{0, 65535}:
		return "_"
	case p[0] == p[1]:
		return fmt.Sprint(p[0])
	}
	return fmt.Sprintf("%d..%d", p[0], p[1])
}

// reachable leaves out the rows of a table, one a line, that the checker knows never to match.
func reachable(source string) string {
	_, list := check.Source("acl.tcc", source)
	lines := strings.Split(source, "\n")
	for _, d := range list {
		if d.Code == "E0406" {
			lines[d.Span.Start.Line-1] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// TestGeneratedACL: the generated files are what their rules give.
func TestGeneratedACL(t *testing.T) {
	for name, source := range map[string]string{
		"acl100.tcc":      aclSource(t, "acl100_rules.json"),
		"chain_rules.tcc": chainRules(t, "acl100_rules.json"),
	} {
		file, list := syntax.Parse(name, source)
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		want := syntax.Print(file)
		if *update {
			if err := os.WriteFile(peers+name, []byte(want), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(peers + name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s isn't what its rules give: run with -update", name)
		}
	}
}

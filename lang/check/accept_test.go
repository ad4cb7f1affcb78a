package check

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// everything uses each supported part of the language.
const everything = `
pipeline edge tc
default next
license "Dual MIT/GPL"

config on    bool = true
config base  u16  = 1 << 10
var    limit u64  = 5s
var    gate  ip6

enum why u8 { none, small = 4, late }
enum side { left, right }
struct key   { a ip4; port u16; ok bool }
struct stats { n u64; last u64; at be32; inner key; m mac }
header shim { kind u3; flag u1; id u12; len u8; src ip4 } length 4 + len * 4

map flows  hash[key]stats max 1 << 10
map seen   lru_hash[ip6]u64 max 64
map table  array[u32]be16 max 4
map sides  percpu_array[u32]u32 max 2
map nets   lpm[ip6]why max 8
map owned  percpu_hash[be16]stats max 8
map owned2 percpu_lru_hash[why]bool max 8

counter total
counter small[4]
counter by_why[why]
event note { k key; w why; n u64 }

slots plug[8](s shim, w why) { 1 + 1 => late_in }
slot  only(n u32) = sink

stage first {
    eth := peek ethernet else goto sink(1)
    skip 14 else drop
    need packet.len / 2
    s := parse shim
    if s.flag && s.kind in 1..3 || !on { s.kind = 7; s.flag = false }
    k := key{a: s.src & 255.255.255.0, port: base}
    k.port += u16(s.len)
    k.ok = !k.ok
    if f := flows[k] {
        f.n += 1
        f.at = f.at + 1
        pass
    } else if f := flows[key{a: ip4(u32(s.src) >> 8)}] {
        g := f
        f.inner = g.inner
        f.n -= g.n % 3
    } else {
        flows[k] = stats{n: 1, last: now(), at: 0x0800, inner: k, m: eth.src} else drop
    }
    total += packet.len
    small[s.id & 3] += 1
    packet.mark = packet.mark ^ 0xff | cpu() << 2
    match s.kind, k.port {
        1 | 2, 0..1023 => drop
        3, _ => goto plug[s.len](s, why.late) else pass
        _, 22 => { packet.priority = random() % 8 }
        _, _ => {}
    }
    match s.flag {
        true => goto late_in(s, why.small)
        false => goto only(u32(s.id)) else next
    }
}

stage late_in(s shim, w why) {
    by_why[w] += 2
    emit note{k: key{a: s.src}, w: w, n: limit}
    if v := table[1] {
        v += 1
        x := v
        table[2] = x
        if x > 7 && 7 in table { sides[u32(side.right)] = 3 }
    }
    if g := nets[2001:db8::1] { nets[gate] = g }
    if gate in nets && gate in 2001:db8::/32 { delete seen[gate] }
    gate = ::1
    limit -= 1
    match w {
        why.none => pass
        why.small | why.late => goto sink(~0)
    }
}

stage sink(n u32) {
    if n == ~0 { drop }
    owned[u16(n)] = stats{}
    owned2[why.late] = true
    next
}

test "all steps" {
    config on = false
    var limit = 10 * 1s
    map flows[key{a: 10.0.0.1}] = stats{n: 3, inner: key{port: 4}}
    map nets[2001:db8::/32] = why.late
    packet ethernet{dst: 02:00:00:00:00:01} ipv4{src: 10.0.0.1} udp{} payload "x\n"
    expect next
    expect total == 0
    expect small[3] == 0
    expect by_why[why.late] == 0
    expect flows[key{a: 10.0.0.1}].inner.port == 4
    expect table[1] == 0
    expect limit == 10s
    expect packet ipv4.src == 10.0.0.1
}
`

// TestAccepted accepts what is supported, and leaves no type open and the tree alone.
func TestAccepted(t *testing.T) {
	sources := map[string]string{"everything.tcc": everything}
	for _, pattern := range []string{"../../testdata/*.tcc", "../../examples/*/*.tcc"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources[file] = string(src)
		}
	}
	for name, src := range sources {
		t.Run(filepath.Base(name), func(t *testing.T) {
			p, diags := Load(name, src, func(path string) (string, string, error) {
				text, err := os.ReadFile(path)
				return path, string(text), err
			})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			checkTables(t, p)
			if again, _ := syntax.Parse(name, src); !reflect.DeepEqual(p.Files[0], again) {
				t.Error("the check changed the tree")
			}
		})
	}
}

// checkTables fails if a side table holds what only an unfinished check has.
func checkTables(t *testing.T, p *Program) {
	t.Helper()
	for e, typ := range p.Types {
		if typ == nil || typ == types.Untyped || typ == types.Invalid {
			t.Errorf("%s: %T has type %v", e.Span(), e, typ)
		}
		if typ != types.ValueOf(typ) {
			t.Errorf("%s: a value has the type of its place, %s", e.Span(), typ)
		}
	}
	for e, k := range p.Consts {
		if p.Types[e] == nil {
			t.Errorf("%s: constant %T has no type", e.Span(), e)
		}
		if k.Type == nil || k.Type == types.Untyped || k.Type == types.Invalid {
			t.Errorf("%s: constant %T has type %v", e.Span(), e, k.Type)
		}
	}
	for sel, ref := range p.Fields {
		n := 0
		for _, set := range []bool{ref.Header != nil, ref.Struct != nil, ref.Packet != nil, ref.Member != nil} {
			if set {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: a field means %d things", sel.Span(), n)
		}
	}
	if p.Default == nil || p.Type == nil {
		t.Error("no default or type")
	}
}

// TestProgram looks at what the program says of the declarations.
func TestProgram(t *testing.T) {
	p, diags := Source("everything.tcc", everything)
	if p == nil {
		t.Fatal(diags)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s default %s license %s\n", p.Name, p.Type.Name, p.Default.Name, p.License)
	for _, g := range p.Globals {
		fmt.Fprintf(&b, "global %s %s config %v init %v\n", g.Name, g.Type, g.Config, g.Init != nil)
	}
	for _, m := range p.Maps {
		fmt.Fprintf(&b, "map %s %s[%s]%s max %d\n", m.Name, m.Kind, m.Key, m.Value, m.Max)
	}
	for _, c := range p.Counters {
		fmt.Fprintf(&b, "counter %s %d indexed %v\n", c.Name, c.Len, c.Indexed)
	}
	for _, e := range p.Events {
		fmt.Fprintf(&b, "event %d %s: %s\n", e.ID, e.Name, e.Layout.Describe())
	}
	for _, s := range p.Stages {
		fmt.Fprintf(&b, "stage %d %s:", s.Index, s.Name)
		for _, to := range p.Callees(s) {
			fmt.Fprintf(&b, " %s", to.Name)
		}
		for _, to := range p.Tables(s) {
			fmt.Fprintf(&b, " [%s]", to.Name)
		}
		b.WriteString("\n")
	}
	for _, s := range p.Slots {
		fmt.Fprintf(&b, "slots %s %d single %v:", s.Name, s.Len, s.Single)
		for i := range s.Len {
			if st := s.Initial[i]; st != nil {
				fmt.Fprintf(&b, " %d %s", i, st.Name)
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "header %s %d bytes, ends at bit %d\n", p.Headers[0].Type.Name, p.Headers[0].Type.Fixed, p.Headers[0].Type.Field("src").BitOffset+32)
	if got := b.String(); got != wantProgram {
		t.Errorf("got\n%s\nwant\n%s", got, wantProgram)
	}
	if p.Stage("sink") != p.Stages[2] || p.Stage("nowhere") != nil {
		t.Error("Stage finds the wrong stage")
	}
	if n := len(LeavesOf(p.Stages[1].Params[0].Type)); n != 1 {
		t.Errorf("a view has %d leaves", n)
	}
}

const wantProgram = `edge tc default next license Dual MIT/GPL
global on bool config true init true
global base u16 config true init true
global limit u64 config false init true
global gate ip6 config false init false
map flows hash[key]stats max 1024
map seen lru_hash[ip6]u64 max 64
map table array[u32]be16 max 4
map sides percpu_array[u32]u32 max 2
map nets lpm[ip6]why max 8
map owned percpu_hash[be16]stats max 8
map owned2 percpu_lru_hash[why]bool max 8
counter total 1 indexed false
counter small 4 indexed true
counter by_why 6 indexed true
event 0 note: k key; w why; n u64
stage 0 first: sink late_in [plug] [only]
stage 1 late_in: sink
stage 2 sink:
slots plug 8 single false: 2 late_in
slots only 1 single true: 0 sink
header shim 7 bytes, ends at bit 56
`

// TestLarge checks sources that are as large as anyone will write, within seconds.
func TestLarge(t *testing.T) {
	for name, src := range map[string]string{
		"rows":        largeMatch(30000, func(i int) string { return fmt.Sprintf("%d => drop", 60000-2*i) }),
		"same rows":   largeMatch(30000, func(int) string { return "7 => drop" }),
		"prefixes":    largeTable(8000, func(i int) string { return fmt.Sprintf("10.%d.%d.0/24, _", i/256, i%256) }),
		"ranges":      largeTable(8000, func(i int) string { return fmt.Sprintf("_, %d..%d", i, i+3) }),
		"wrong names": largeMatch(10000, func(i int) string { return fmt.Sprintf("%d => goto nowhere%d", i, i) }),
		"chain":       "pipeline p xdp\ndefault pass\nstage s { x := 1" + strings.Repeat(" + 1", 999) + "\n pass }\n",
	} {
		t.Run(name, func(t *testing.T) {
			file, diags := syntax.Parse("large.tcc", src)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			start := time.Now()
			_, diags = check([]*syntax.File{file}, nil, nil)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%d diagnostics after %s", len(diags), took)
			}
		})
	}
}

func largeMatch(n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString("pipeline p xdp\ndefault pass\nstage s {\n match packet.len {\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	b.WriteString("_ => pass\n}\n}\n")
	return b.String()
}

func largeTable(n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString("pipeline p xdp\ndefault pass\nstage s {\n ip := parse ipv4\n match ip.src, packet.len {\n")
	for i := range n {
		b.WriteString(row(i) + " => drop\n")
	}
	b.WriteString("_, _ => pass\n}\n}\n")
	return b.String()
}

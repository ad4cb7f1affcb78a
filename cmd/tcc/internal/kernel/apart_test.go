package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// A stage that is compiled apart and put into a slot must do what it would do as one of the host's own.

const apartHost = `
config limit u16 = 9
map    flows lru_hash[flow_key]u64 max 1000
counter dropped[reason]
counter seen
event  refused { src ip4; why reason }
enum   reason { long, odd }
struct flow_key { src ip4; port u16 }
slots  others[256](ip ipv4, mark u32) { 17 => in_host }

stage start {
    PARSE
    ip := parse ipv4 else drop
    seen += 1
    tell := ip.ttl
    goto others[ip.proto](ip, u32(ip.ttl) + 7) else goto miss(ip, tell)
}

stage miss(ip ipv4, told u8) {
    if told != ip.ttl || ip.proto == 17 { drop }
    pass
}

stage in_host(ip ipv4, mark u32) {
    if mark == 5 || ip.ttl == 3 || far(ip, mark - 30) { drop }
    pass
}

fn far(ip ipv4, n u32) bool call { return ip.ttl > 100 || n == 70 }

stage refuse(src ip4, why reason) {
    dropped[why] += 1
    emit refused{src: src, why: why}
    drop
}
`

const apartGuest = `
map     own hash[u16]u64 max 1000
counter queries
event   odd { port u16; mark u32 }
slots   next[4](n u32, ip ipv4) { 0 => last; 1 => last; 2 => odd_one }

stage guest(ip ipv4, mark u32) FOR {
    u := parse udp
    queries += 1
    key := flow_key{src: ip.src, port: u.dport}
    if n := flows[key] { n += 1 } else { flows[key] = 1 }
    own[u.dport] = u64(mark) + 1
    if limit == 20 && ip.src in 192.0.2.0/24 { goto refuse(ip.src, reason.long) }
    match ip.src, u.dport {
        10.20.0.0/16, 53 | 80 => goto answer(ip, mark, u)
        10.30.0.0/16, _       => goto answer(ip, mark + 1, u)
        _, 1..1023            => goto answer(ip, mark + 2, u)
        _, _                  => goto refuse(ip.dst, reason.odd)
    }
}

stage answer(ip ipv4, mark u32, u udp) {
    emit odd{port: u.sport, mark: mark}
    if ip.ttl > 63 && u.sport & 1 == 1 { seen += 1 }
    goto next[u32(u.sport & 3)](mark, ip) else goto miss(ip, ip.ttl)
}

stage last(n u32, ip ipv4) {
    seen += 1
    if far(ip, n) { drop }
    pass
}

stage odd_one(n u32, ip ipv4) {
    if n & 1 == u32(ip.ttl & 1) { goto refuse(ip.src, reason.odd) }
    pass
}
`

// apartSources are the host, the pipeline that has the guest, and one that is both.
func apartSources(pipelineType string) (host, guest, whole string) {
	parse := "parse ethernet"
	if pipelineType == "cgroup_skb" {
		parse = ""
	}
	text := strings.ReplaceAll(apartHost, "PARSE", parse)
	head := func(name string) string { return fmt.Sprintf("pipeline %s %s\ndefault drop\n", name, pipelineType) }
	guest = head("visitor") + "import \"host.tcc\"\n" + strings.Replace(apartGuest, "FOR", "for others", 1)
	whole = head("whole") + strings.Replace(text, "17 => in_host", "17 => guest; 6 => guest", 1) + strings.Replace(apartGuest, "FOR", "", 1)
	return head("host") + text, guest, whole
}

// apartCompile compiles a source that may import the host.
func apartCompile(t *testing.T, name, src, host string, budget int) (*ebpf.CollectionSpec, *codegen.Artifact) {
	t.Helper()
	p, list := check.Load(name, src, func(path string) (string, string, error) { return path, host, nil })
	if list.HasErrors() {
		t.Fatal(list.Text(map[string]string{name: src, "host.tcc": host}, false))
	}
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := a.Spec()
	if err != nil {
		t.Fatal(err)
	}
	return spec, a
}

func opened(t *testing.T, p *runtime.Pipeline, err error) *runtime.Pipeline {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// apart is a host with a guest in two of its slots.
type apart struct{ host, guest *runtime.Pipeline }

func newApart(t *testing.T, pipelineType string, hostBudget, guestBudget int) apart {
	t.Helper()
	host, guest, _ := apartSources(pipelineType)
	spec, a := apartCompile(t, "host.tcc", host, "", hostBudget)
	if err := spec.Variables["limit"].Set(uint16(20)); err != nil {
		t.Fatal(err)
	}
	h, err := runtime.Open(spec, a.Layout, nil)
	x := apart{host: opened(t, h, err)}
	spec, a = apartCompile(t, "visitor.tcc", guest, host, guestBudget)
	g, err := runtime.OpenFor(x.host, spec, a.Layout, nil)
	x.guest = opened(t, g, err)
	for _, i := range []uint32{6, 17} {
		if err := x.host.Slots("others").SetStage(i, x.guest.Stage("guest")); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func TestApart(t *testing.T) {
	kerneltest.Require(t)
	for _, pipelineType := range []string{"xdp", "xdp frags", "tc", "cgroup_skb", "socket"} {
		for _, budgets := range [][2]int{{0, 0}, {0, 150}, {80, 0}, {80, 120}} {
			t.Run(fmt.Sprint(pipelineType, budgets), func(t *testing.T) { testApart(t, pipelineType, budgets) })
		}
	}
}

func testApart(t *testing.T, pipelineType string, budgets [2]int) {
	x := newApart(t, pipelineType, budgets[0], budgets[1])
	_, _, source := apartSources(pipelineType)
	spec, a := apartCompile(t, "whole.tcc", source, "", 0)
	if err := spec.Variables["limit"].Set(uint16(20)); err != nil {
		t.Fatal(err)
	}
	p, err := runtime.Open(spec, a.Layout, nil)
	whole := opened(t, p, err)
	if n := len(x.guest.Programs()); budgets[1] > 0 && n < 6 {
		t.Errorf("the guest has only %d programs", n)
	}
	apartEvents, wholeEvents := newLog(t, x.host, x.guest), newLog(t, whole)
	verdicts := map[int32]int{}
	for i, packet := range generated(strings.Fields(pipelineType)[0]) {
		if i == 200 { // the guest stays whole though its own pipeline is closed
			if err := errors.Join(x.sums(t, "queries", whole), x.guest.Close()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := x.host.Test(packet)
		want, err2 := whole.Test(packet)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		verdicts[want.Code]++
		if got.Code != want.Code || !bytes.Equal(got.Packet, want.Packet) {
			t.Fatalf("packet %d %x: verdict %d, want %d", i, packet, got.Code, want.Code)
		}
		if i < 200 {
			if diff := cmp.Diff(wholeEvents.read(t), apartEvents.read(t)); diff != "" {
				t.Fatalf("packet %d: events (-want +got)\n%s", i, diff)
			}
		}
	}
	if err := errors.Join(x.sums(t, "seen", whole), x.sums(t, "dropped", whole)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(entries(t, whole.Map("flows")), entries(t, x.host.Map("flows"))); diff != "" {
		t.Errorf("flows (-want +got)\n%s", diff)
	}
	if len(verdicts) < 2 || len(entries(t, whole.Map("flows"))) == 0 {
		t.Errorf("the packets say too little: verdicts %v", verdicts)
	}
	for name, n := range misses(t, x.host) {
		if n != misses(t, whole)[name] && name == "others" {
			t.Errorf("%d misses of %s, want %d", n, name, misses(t, whole)[name])
		}
	}
}

// sums compares a counter, which is the host's or the guest's, with that of the whole.
func (x apart) sums(t *testing.T, name string, whole *runtime.Pipeline) error {
	p := x.host
	if name == "queries" {
		p = x.guest
	}
	for i := range whole.Counter(name).Len() {
		got, err := p.Counter(name).Sum(i)
		want, err2 := whole.Counter(name).Sum(i)
		if err := errors.Join(err, err2); err != nil || got != want || want == 0 {
			return fmt.Errorf("%s[%d] is %d, want %d, not 0: %v", name, i, got, want, err)
		}
	}
	return nil
}

func misses(t *testing.T, p *runtime.Pipeline) map[string]uint64 {
	m, err := p.Misses()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func entries(t *testing.T, m *ebpf.Map) map[string]uint64 {
	all := map[string]uint64{}
	var key []byte
	var value uint64
	it := m.Iterate()
	for it.Next(&key, &value) {
		all[string(key)] = value
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// eventLog reads the events of several pipelines.
type eventLog []*runtime.EventReader

func newLog(t *testing.T, pipelines ...*runtime.Pipeline) (l eventLog) {
	for _, p := range pipelines {
		r, err := p.Events()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		l = append(l, r)
	}
	return l
}

func (l eventLog) read(t *testing.T) map[string]string {
	all := map[string]string{}
	for _, r := range l {
		for r.Pending() {
			e, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name] += fmt.Sprintf("%x ", e.Data)
		}
	}
	return all
}

// TestApartReplaced changes a slot over and over while packets flow: each gets the verdict of one or the other stage, and
// no tail call misses.
func TestApartReplaced(t *testing.T) {
	kerneltest.Require(t)
	x := newApart(t, "xdp", 0, 120)
	var packet []byte // that both stages let pass
	for _, p := range generated("xdp") {
		const proto, udp = 14 + 9, 17
		if r, err := x.host.Test(p); err == nil && len(p) > 60 && p[12] == 8 && p[proto] == udp && r.Code == 2 {
			packet = p
		}
	}
	if packet == nil {
		t.Fatal("no packet passes")
	}
	stop, done := make(chan bool), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if r, err := x.host.Test(packet); err != nil || r.Code != 2 {
				done <- fmt.Errorf("verdict %d, %v", r.Code, err)
				<-stop
				return
			}
		}
	}()
	slots := x.host.Slots("others")
	for i := range 100 {
		host, guest, _ := apartSources("xdp")
		if err := slots.Set(17, x.host.Programs()["in_host"]); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 { // another guest, and the last one goes
			if err := x.guest.Close(); err != nil {
				t.Fatal(err)
			}
			spec, a := apartCompile(t, "visitor.tcc", guest, host, 120)
			g, err := runtime.OpenFor(x.host, spec, a.Layout, nil)
			x.guest = opened(t, g, err)
		}
		if err := slots.SetStage(17, x.guest.Stage("guest")); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	for name, n := range misses(t, x.guest) {
		if n != 0 && name != "next" {
			t.Errorf("%d misses of %s", n, name)
		}
	}
}

// TestApartRefused are stages and hosts that don't go together.
func TestApartRefused(t *testing.T) {
	kerneltest.Require(t)
	host, guest, _ := apartSources("xdp")
	open := func(src string, budget int) *runtime.Pipeline {
		spec, a := apartCompile(t, "host.tcc", src, "", budget)
		p, err := runtime.Open(spec, a.Layout, nil)
		return opened(t, p, err)
	}
	h := open(host, 0)
	spec, a := apartCompile(t, "visitor.tcc", guest, host, 0)
	refused := func(host *runtime.Pipeline, want string) {
		t.Helper()
		g, err := runtime.OpenFor(host, spec, a.Layout, nil)
		if err == nil {
			g.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for _, tc := range []struct{ from, to, want string }{
		{"mark u32", "mark u16", "another calling convention of `others`"},
		{"(ip ipv4, mark u32)", "(mark u32, ip ipv4)", "another calling convention of `others`"},
		{"pipeline host", "pipeline other", "not of the xdp pipeline other"},
		{"flow_key]u64 max 1000", "flow_key]u64 max 1001", "it shares `flows` with pipeline host, which declares it otherwise"},
		{"{ src ip4; port u16 }", "{ port u32; src ip4 }", "it shares `flows`"},
		{"limit u16 = 9", "limit u32 = 9", "it shares `limit`"},
		{"event  refused", "event extra { n u32 } event refused", "it shares `tcc_events`"},
		{"enum   reason { long, odd }", "enum reason { odd, long }", "it shares `dropped`"},
		{"counter seen", "counter seen[2]", "it shares `seen`"},
	} {
		text := strings.ReplaceAll(host, tc.from, tc.to)
		if tc.from == "(ip ipv4, mark u32)" {
			text = strings.Replace(text, "](ip, u32(ip.ttl) + 7)", "](u32(ip.ttl) + 7, ip)", 1)
		}
		if tc.from == "mark u32" {
			text = strings.Replace(text, "u32(ip.ttl) + 7", "ip.ttl", 1)
		}
		if tc.from == "counter seen" {
			text = strings.ReplaceAll(text, "seen +=", "seen[0] +=")
		}
		refused(open(text, 0), tc.want)
	}
	refused(nil, "none is given")
	refused(open("pipeline host xdp default pass stage s { pass }", 0), "no table `others`")

	g, err := runtime.OpenFor(h, spec, a.Layout, nil)
	opened(t, g, err)
	st := g.Stage("guest")
	if err := open(host, 0).Slots("others").SetStage(17, st); err == nil || !strings.Contains(err.Error(), "was not opened for this pipeline") {
		t.Errorf("another host of the same source: %v", err)
	}
	if err := g.Slots("next").SetStage(1, st); err == nil || !strings.Contains(err.Error(), "for slots of `others`") {
		t.Errorf("another table: %v", err)
	}
	if err := h.Slots("others").SetStage(256, st); err == nil || !strings.Contains(err.Error(), "there are 256 slots") {
		t.Errorf("beyond the table: %v", err)
	}
	if err := h.Slots("others").SetStage(17, nil); err == nil {
		t.Error("no stage is taken")
	}
	layout := a.Layout
	layout.Stages[0].TailCalls = 32
	if _, err := runtime.OpenFor(h, spec, layout, nil); err == nil || !strings.Contains(err.Error(), "a packet can make 32") {
		t.Errorf("too many tail calls: %v", err)
	}
}

package runtime_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

const source = `pipeline guard xdp
default pass

counter seen[4]
event   odd { dport u16 }

stage parse {
    eth := parse ethernet
    if eth.type != 0x0800 { drop }
    ip := parse ipv4
    goto kinds[ip.proto](ip) else drop
}

stage udp_in(ip ipv4) {
    u := parse udp
    seen[1] += 1
    if u.dport & 1 == 1 { emit odd{dport: u.dport} }
    ip.ttl = 9
    pass
}

stage any(ip ipv4) {
    seen[2] += 1
    pass
}

slots kinds[18](ip ipv4) { 17 => udp_in; 6 => any }
`

// compiled is the pipeline above, cut into several programs.
func compiled(t *testing.T, src string, budget int) (*ebpf.CollectionSpec, *codegen.Artifact) {
	t.Helper()
	kerneltest.Require(t)
	p, list := check.Source("guard.tcc", src)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := codegen.Compile(p, codegen.Options{Budget: budget})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := a.Spec()
	if err != nil {
		t.Fatal(err)
	}
	return spec, a
}

func open(t *testing.T, budget int) *runtime.Pipeline {
	t.Helper()
	spec, a := compiled(t, source, budget)
	p, err := runtime.Open(spec, a.Layout, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// datagram is a UDP packet to a port.
func datagram(dport uint16) []byte {
	b := make([]byte, 14+20+8)
	b[12], b[14], b[14+8], b[14+9] = 0x08, 0x45, 64, 17
	binary.BigEndian.PutUint16(b[36:], dport)
	return b
}

func send(t *testing.T, p *runtime.Pipeline, packet []byte) runtime.TestResult {
	t.Helper()
	r, err := p.Test(packet)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func count(t *testing.T, p *runtime.Pipeline, i uint32) uint64 {
	t.Helper()
	n, err := p.Counter("seen").Sum(i)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPacket(t *testing.T) {
	p := open(t, 0)
	r := send(t, p, datagram(53))
	if r.Code != 2 || r.Packet[14+8] != 9 || len(r.Packet) != 42 {
		t.Errorf("verdict %d, packet %x", r.Code, r.Packet)
	}
	if n := count(t, p, 1); n != 1 {
		t.Errorf("seen[1] = %d", n)
	}
	if _, err := p.Counter("seen").Sum(4); err == nil {
		t.Error("counter index 4 of 4 can be read")
	}
}

func TestEvents(t *testing.T) {
	p := open(t, 0)
	events, err := p.Events()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	send(t, p, datagram(52))
	send(t, p, datagram(53))
	events.SetDeadline(time.Now().Add(5 * time.Second))
	e, err := events.Read()
	if err != nil {
		t.Fatal(err)
	}
	if want := binary.NativeEndian.AppendUint16(nil, 53); e.Name != "odd" || !bytes.Equal(e.Data, want) {
		t.Errorf("event %+v", e)
	}
	if events.Pending() {
		t.Error("an event for the even port")
	}
	events.SetDeadline(time.Now())
	if _, err := events.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("no event: %v", err)
	}
}

func TestLostEvents(t *testing.T) {
	p := open(t, 0)
	before, err := p.LostEvents()
	if err != nil || before != 0 {
		t.Fatalf("%d lost, %v", before, err)
	}
	const sent = 20000 // 24 bytes each in the ring: more than its 256 KiB hold
	for range sent {
		send(t, p, datagram(53))
	}
	lost, err := p.LostEvents()
	if held := uint64(sent) - lost; err != nil || lost == 0 || held != (256<<10)/24 {
		t.Errorf("%d of %d events lost, %v", lost, sent, err)
	}
}

func TestSlots(t *testing.T) {
	p := open(t, 0)
	kinds := p.Slots("kinds")
	if err := kinds.Set(17, p.Programs()["any"]); err != nil {
		t.Fatal(err)
	}
	send(t, p, datagram(53))
	if n, m := count(t, p, 1), count(t, p, 2); n != 0 || m != 1 {
		t.Errorf("seen[1] = %d, seen[2] = %d after the stage was replaced", n, m)
	}
	for range 2 { // emptying an empty slot is fine
		if err := kinds.Clear(17); err != nil {
			t.Fatal(err)
		}
	}
	if r := send(t, p, datagram(53)); r.Code != 1 {
		t.Errorf("verdict %d with the slot empty, want drop by the goto's else", r.Code)
	}
	misses, err := p.Misses()
	if err != nil || misses["kinds"] != 1 {
		t.Errorf("misses %v, %v", misses, err)
	}
	for what, err := range map[string]error{
		"there are 18 slots": kinds.Set(18, p.Programs()["any"]),
		"use Clear":          kinds.Set(1, nil),
		"18 slots":           kinds.Clear(18),
		"kinds[1]: the table has no stage `udp`; it has any, udp_in": kinds.SetNamed(1, "udp"),
		"has no stage `guard`": kinds.SetNamed(1, "guard"),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want one about %q", err, what)
		}
	}
}

// TestWrongType: the kernel refuses a program of another type, and the slot keeps what it had.
func TestWrongType(t *testing.T) {
	p := open(t, 0)
	other, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := p.Slots("kinds").Set(17, other); err == nil || !strings.Contains(err.Error(), "type") {
		t.Errorf("a tc program in an xdp table: %v", err)
	}
	send(t, p, datagram(53))
	if n := count(t, p, 1); n != 1 {
		t.Errorf("seen[1] = %d: the old stage is gone", n)
	}
}

// TestMisses takes a program out of the prog array behind the pipeline's back: packets get the default, and the miss
// is counted by name.
func TestMisses(t *testing.T) {
	p := open(t, 85)
	targets := p.Layout().Targets
	if len(targets) == 0 {
		t.Fatal("the budget makes no further programs")
	}
	stages := p.Map("tcc_stages")
	for i := range targets {
		if err := stages.Delete(uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
	if r := send(t, p, datagram(53)); r.Code != 2 {
		t.Errorf("verdict %d, want the default, pass", r.Code)
	}
	misses, err := p.Misses()
	total := uint64(0)
	for _, target := range targets {
		total += misses[target]
	}
	if err != nil || total != 1 {
		t.Errorf("misses %v, %v; want 1", misses, err)
	}
}

// TestVerifierError breaks a program so that the verifier refuses it, and finds the line of the source.
func TestVerifierError(t *testing.T) {
	spec, a := compiled(t, source, 0)
	insns := spec.Programs["udp_in"].Instructions
	broken, line := false, ""
	for i := range insns {
		if src := insns[i].Source(); src != nil {
			line = src.String() // it holds until the next instruction that has one
		}
		if insns[i].OpCode.Class().IsStore() && strings.Contains(line, "ip.ttl = 9") {
			insns[i].Offset, broken = 2000, true // far beyond what the bounds check allows
		}
	}
	if !broken {
		t.Fatalf("no store for `ip.ttl = 9` in\n%v", insns)
	}
	p, err := runtime.Open(spec, a.Layout, nil)
	if err == nil {
		p.Close()
		t.Fatal("the broken program loads")
	}
	var ve *runtime.VerifierError
	if !errors.As(err, &ve) {
		t.Fatalf("not a VerifierError: %v", err)
	}
	if ve.Program != "udp_in" || ve.File != "guard.tcc" || ve.Line != 18 || ve.Col != 5 || ve.Source != "ip.ttl = 9" {
		t.Errorf("got %+v", ve)
	}
	if !strings.Contains(ve.Reason, "outside of the packet") || !errors.Is(err, unix.EACCES) {
		t.Errorf("reason %q, error %v", ve.Reason, err)
	}
	if !strings.Contains(err.Error(), "guard.tcc:18:5: ") {
		t.Errorf("message %q", err)
	}
}

// TestPin pins the prog arrays, and either all of them or none.
func TestPin(t *testing.T) {
	dir := bpffs(t)
	p := open(t, 85)
	if err := p.Pin(filepath.Join(dir, "guard")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tcc_stages", "kinds"} {
		m, err := ebpf.LoadPinnedMap(filepath.Join(dir, "guard", name), nil)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type() != ebpf.ProgramArray {
			t.Errorf("%s is a %s", name, m.Type())
		}
		m.Close()
	}
	if err := p.Unpin(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "guard"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v left after Unpin, %v", left, err)
	}
	if err := p.Pin(t.TempDir()); err == nil {
		t.Error("pinned on an ordinary file system")
	}
}

// bpffs mounts a BPF file system of the test's own.
func bpffs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if os.Geteuid() == 0 {
		if err := unix.Mount("bpf", dir, "bpf", 0, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Unmount(dir, 0) })
	}
	return dir
}

func TestClose(t *testing.T) {
	p := open(t, 0)
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Test(datagram(53)); err == nil {
		t.Error("a closed pipeline takes packets")
	}
}

func TestMissingProgram(t *testing.T) {
	spec, a := compiled(t, source, 0)
	delete(spec.Programs, "any")
	if p, err := runtime.Open(spec, a.Layout, nil); err == nil || !strings.Contains(err.Error(), "no program `any`") {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestWrongAttachment(t *testing.T) {
	p := open(t, 0)
	if _, err := p.AttachIngress(1); err == nil || !strings.Contains(err.Error(), "of type xdp, not tc") {
		t.Errorf("xdp attached to tc: %v", err)
	}
	if _, err := p.AttachXDP(1<<30, runtime.XDPAuto); err == nil || !strings.Contains(err.Error(), "interface 1073741824: there is none of this number, but 1 (lo)") {
		t.Errorf("attached to no interface: %v", err)
	}
}

func TestCheckTestPacket(t *testing.T) {
	ip := func(etherType uint16, n int) []byte {
		b := make([]byte, n)
		if n >= 14 {
			binary.BigEndian.PutUint16(b[12:], etherType)
		}
		return b
	}
	for _, c := range []struct {
		kind   string
		packet []byte
		want   string
	}{
		{"xdp", ip(0x0800, 13), "shorter than an Ethernet header"},
		{"xdp", ip(0x0800, 14), ""},
		{"xdp", ip(0x0800, runtime.MaxTestPacket), ""},
		{"xdp", ip(0x0800, runtime.MaxTestPacket+1), "longer than a test run's page"},
		{"tc", ip(0x0800, 33), "too short for its IPv4 header"},
		{"tc", ip(0x0800, 34), ""},
		{"tc", ip(0x86dd, 53), "too short for its IPv6 header"},
		{"tc", ip(0x86dd, 54), ""},
		{"tc", ip(0x0806, 14), ""},
		{"cgroup_skb", ip(0x0800, 40), "don't start with an IP header"},
		{"cgroup_skb", nil, "don't start with an IP header"},
		{"cgroup_skb", slices.Repeat([]byte{0x45}, 19), "19 bytes, too short for its IPv4 header (20)"},
		{"cgroup_skb", slices.Repeat([]byte{0x45}, 20), ""},
		{"cgroup_skb", slices.Repeat([]byte{0x66}, 39), "too short for its IPv6 header (40)"},
		{"cgroup_skb", slices.Repeat([]byte{0x45}, runtime.MaxTestPacket-13), "holds (3506)"},
		{"socket", ip(0x0800, 13), "shorter than an Ethernet header"},
		{"socket", ip(0x0800, 20), ""},
		{"socket", ip(0x0800, 19), "too short for its IPv4 header (20)"},
		{"socket", ip(0x0100, 60), ""},
		{"socket", append(ip(0x0100, 14), 0xff, 0xff), "mistakes"},
	} {
		err := runtime.CheckTestPacket(c.kind, c.packet)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d bytes: %v, want %q", c.kind, len(c.packet), err, c.want)
		}
	}
}

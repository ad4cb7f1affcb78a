package runtime_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// opened is a loaded pipeline, cut as finely as it goes.
func opened(t *testing.T, src string, budget int) *runtime.Pipeline {
	t.Helper()
	spec, a := compiled(t, src, budget)
	p, err := runtime.Open(spec, a.Layout, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

const cgroupSource = `pipeline guard cgroup_skb
default pass

var    port u16
counter seen[4]

stage start {
    ip := parse ipv4
    match ip.proto {
        17 => goto datagram(ip)
        _  => pass
    }
}

stage datagram(ip ipv4) {
    u := parse udp
    if ip.dst != 127.0.0.1 || u.dport != port { pass }
    seen[0] += 1
    skip 6000 else drop
    p := peek probe else goto short
    seen[1] += 1
    if p.magic == 0x61626364 { drop }
    pass
}

stage short {
    seen[2] += 1
    pass
}

header probe { magic u32 }
`

// inCgroup runs f in a new cgroup, whose path it is given.
func inCgroup(t *testing.T, f func(path string)) {
	t.Helper()
	root := ""
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			root = f[1]
		}
	}
	if root == "" {
		kerneltest.Unavailable(t, errors.New("no cgroup2 is mounted"))
	}
	path := filepath.Join(root, fmt.Sprintf("tcc-test-%d", os.Getpid()))
	if err := os.Mkdir(path, 0o755); err != nil {
		kerneltest.Unavailable(t, err)
	}
	move := func(to string) error {
		return os.WriteFile(filepath.Join(to, "cgroup.procs"), fmt.Append(nil, os.Getpid()), 0)
	}
	home, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	_, own, _ := strings.Cut(string(home), "0::")
	own, _, _ = strings.Cut(own, "\n")
	defer func() {
		if err := errors.Join(move(filepath.Join(root, own)), os.Remove(path)); err != nil {
			t.Error(err)
		}
	}()
	if err := move(path); err != nil {
		t.Fatal(err)
	}
	f(path)
}

// TestCgroup sends datagrams from a cgroup with a pipeline attached, small ones and ones of many pages.
func TestCgroup(t *testing.T) {
	p := opened(t, cgroupSource, 60)
	inCgroup(t, func(path string) {
		in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		out, err := net.DialUDP("udp4", nil, in.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if err := p.Variable("port").Set(uint16(in.LocalAddr().(*net.UDPAddr).Port)); err != nil {
			t.Fatal(err)
		}
		l, err := p.AttachCgroup(path, runtime.CgroupEgress)
		if err != nil {
			t.Fatal(err)
		}
		long := make([]byte, 20000)
		copy(long[6000:], "abcd")
		for _, step := range []struct {
			payload []byte
			blocked bool
			want    [3]uint64
		}{
			{[]byte("short"), false, [3]uint64{1, 0, 1}},
			{make([]byte, 20000), false, [3]uint64{2, 1, 1}},
			{long, true, [3]uint64{3, 2, 1}},
		} {
			_, err := out.Write(step.payload)
			if blocked := errors.Is(err, syscall.EPERM); blocked != step.blocked {
				t.Errorf("%d bytes: %v", len(step.payload), err)
			}
			for i, want := range step.want {
				if n := count(t, p, uint32(i)); n != want {
					t.Errorf("%d bytes: seen[%d] = %d, want %d", len(step.payload), i, n, want)
				}
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(long); err != nil {
			t.Errorf("after the pipeline is detached: %v", err)
		}
		if _, err := p.AttachCgroup(path, runtime.CgroupIngress); err != nil {
			t.Errorf("attach to ingress: %v", err)
		}
	})
	if _, err := p.AttachXDP(1, runtime.XDPGeneric); err == nil {
		t.Error("a cgroup_skb pipeline is attached as xdp")
	}
	if _, err := p.AttachCgroup("/nowhere", runtime.CgroupEgress); err == nil {
		t.Error("a pipeline is attached to a cgroup that isn't there")
	}
}

const socketSource = `pipeline filter socket
default drop

counter seen[2]

// On a UDP socket packets start with the UDP header.
stage start {
    u := parse udp
    seen[0] += 1
    w := peek word else goto odd(u)
    match w.first {
        0x61616161 => drop
        0x62626262 => keep(8 + 3)
        _ => pass
    }
}

stage odd(u udp) {
    seen[1] += 1
    keep(u32(u.len) - 1)
}

header word { first u32 }
`

// TestSocket filters what a UDP socket receives.
func TestSocket(t *testing.T) {
	p := opened(t, socketSource, 50)
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := net.DialUDP("udp4", nil, in.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := p.AttachSocket(in); err != nil {
		t.Fatal(err)
	}
	exchange := func(send, want string) {
		t.Helper()
		for _, s := range []string{send, "end"} { // "end" is shorter than a word, and loses its last byte
			if _, err := out.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		in.SetReadDeadline(time.Now().Add(5 * time.Second))
		var got [][]byte
		for b := make([]byte, 64); len(got) == 0 || string(got[len(got)-1]) != "en"; {
			n, err := in.Read(b)
			if err != nil {
				t.Fatalf("%s: after %q: %v", send, got, err)
			}
			got = append(got, bytes.Clone(b[:n]))
		}
		if text := string(bytes.Join(got[:len(got)-1], nil)); text != want {
			t.Errorf("sent %q, got %q, want %q", send, text, want)
		}
	}
	exchange("hello", "hello")
	exchange("aaaa", "")
	exchange("bbbbbb", "bbb")
	if n, m := count(t, p, 0), count(t, p, 1); n != 6 || m != 3 {
		t.Errorf("seen %d and %d, want 6 and 3", n, m)
	}
	if err := p.DetachSocket(in); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AttachIngress(1); err == nil {
		t.Error("a socket pipeline is attached as tc")
	}
}

// TestTestFrame sends packets without an Ethernet header through test runs.
func TestTestFrame(t *testing.T) {
	p := opened(t, `pipeline p cgroup_skb
default drop
counter seen[2]
stage start {
    ip := parse ipv4 else goto six
    packet.mark = packet.len << 16 | packet.protocol
    if ip.version != 4 { goto six }
    pass
}
stage six {
    seen[1] += 1
    ip := parse ipv6
    packet.mark = packet.protocol
    pass
}
`, 0)
	four := append([]byte{0x45}, make([]byte, 25)...)
	r := send(t, p, four)
	if r.Code != 1 || r.Mark != 26<<16|0x0800 || !bytes.Equal(r.Packet, four) {
		t.Errorf("IPv4: %+v", r)
	}
	six := append([]byte{0x60}, make([]byte, 39)...)
	if r = send(t, p, six); r.Code != 1 || r.Mark != 0x86dd || !bytes.Equal(r.Packet, six) || count(t, p, 1) != 1 {
		t.Errorf("IPv6: %+v", r)
	}
}

package main

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// child is set in the process that TestTraffic runs in the guarded cgroup, to "enforced" or "watched": it only sends.
const child = "TCC_EGRESS_CHILD"

// TestTraffic lets a process in a guarded cgroup send to addresses that it may and may not reach.
func TestTraffic(t *testing.T) {
	if mode := os.Getenv(child); mode != "" {
		send(t, mode)
		return
	}
	cgroup := netlab.Cgroup(t)
	p, err := openEgress(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, s := range []string{"203.0.113.0/24=web", "203.0.113.53/32=names", "2001:db8::/32=all"} {
		r, err := parseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := allow(p, r); err != nil {
			t.Fatal(err)
		}
	}
	events, err := p.Events()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	if _, err := p.AttachCgroup(cgroup, runtime.CgroupEgress); err != nil {
		t.Fatal(err)
	}

	netlab.RunIn(t, cgroup, "TestTraffic", child+"=enforced")
	for why, want := range map[egressReason]uint64{egressReasonAddress: 1, egressReasonPort: 2, egressReasonProtocol: 0} {
		if n, err := p.Counters.Refused(why); n != want || err != nil {
			t.Errorf("refused[%s] = %d, %v; want %d", why, n, err, want)
		}
	}
	for s, want := range map[egressService]uint64{egressServiceWeb: 1, egressServiceNames: 1, egressServiceAll: 1} {
		if n, err := p.Counters.Sent(s); n != want || err != nil {
			t.Errorf("sent[%s] = %d, %v; want %d", s, n, err, want)
		}
	}
	want := []egressRefusal4{
		{Dst: [4]byte{198, 51, 100, 1}, Proto: 17, Why: egressReasonAddress},
		{Dst: [4]byte{203, 0, 113, 7}, Proto: 17, Dport: 53, Why: egressReasonPort},
		{Dst: [4]byte{203, 0, 113, 53}, Proto: 17, Dport: 853, Why: egressReasonPort},
	}
	for _, w := range want {
		e, err := events.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := e.(*egressRefusal4); !ok || *got != w {
			t.Errorf("event %+v, want %+v", e, w)
		}
	}

	if err := p.Vars.SetEnforce(false); err != nil {
		t.Fatal(err)
	}
	netlab.RunIn(t, cgroup, "TestTraffic", child+"=watched")
	if n, err := p.Counters.Refused(egressReasonPort); n != 4 || err != nil {
		t.Errorf("refused[port] = %d, %v; want 4", n, err)
	}
}

// send sends to hosts that aren't there, on a cable that is.
func send(t *testing.T, mode string) {
	here, there := netip.MustParsePrefix("203.0.113.1/24"), netip.MustParsePrefix("203.0.113.2/24")
	host, _ := netlab.New(t, []netip.Prefix{here, netip.MustParsePrefix("198.51.100.2/24"), netip.MustParsePrefix("2001:db8::1/64")}, []netip.Prefix{there})
	for _, step := range []struct {
		to      string
		refused bool
	}{
		{"203.0.113.7:443", false},
		{"203.0.113.53:53", false},
		{"[2001:db8::1]:9", false}, // itself, but not by the loopback address
		{"198.51.100.1:443", true},
		{"203.0.113.7:53", true},
		{"203.0.113.53:853", true},
	} {
		err := host.Do(func() error {
			c, err := net.Dial("udp", step.to)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.Write([]byte("hello"))
			return err
		})
		if refused := errors.Is(err, syscall.EPERM); refused != (step.refused && mode == "enforced") || err != nil && !refused {
			t.Errorf("%s, %s: %v", step.to, mode, err)
		}
	}
}

func TestParseRule(t *testing.T) {
	for _, s := range []string{"", "10.0.0.0/8", "10.0.0.0=all", "10.0.0.0/8=ssh"} {
		if r, err := parseRule(s); err == nil {
			t.Errorf("%q is taken as %v", s, r)
		}
	}
}

package main

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// TestTraffic sends datagrams from a limited address and from another one, and counts those that arrive.
func TestTraffic(t *testing.T) {
	receiver := netip.MustParsePrefix("10.9.0.1/24")
	limited, free := netip.MustParsePrefix("10.9.0.2/24"), netip.MustParsePrefix("10.9.0.200/24")
	r, s := netlab.New(t, []netip.Prefix{receiver}, []netip.Prefix{limited, free})
	p, err := openRatelimit(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	l, err := parseLimit("10.9.0.0/26=0.001,5")
	if err != nil {
		t.Fatal(err)
	}
	if err := set(p, 3, l); err != nil {
		t.Fatal(err)
	}
	// Generic mode: in that of the driver, veth needs a program on the other end too.
	if err := r.Do(func() error { _, err := p.AttachXDP(r.Index(), runtime.XDPGeneric); return err }); err != nil {
		t.Fatal(err)
	}
	listen := func(h *netlab.Host, addr string) (c net.PacketConn) {
		if err := h.Do(func() (err error) { c, err = net.ListenPacket("udp4", addr); return err }); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	in := listen(r, ":7000")
	arrived := map[string]int{}
	const sent = 20
	for _, from := range []netip.Prefix{limited, free} { // the free ones come last, and tell that all have come
		out := listen(s, from.Addr().String()+":0")
		for range sent {
			if _, err := out.WriteTo([]byte("hello"), &net.UDPAddr{IP: receiver.Addr().AsSlice(), Port: 7000}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for arrived[free.Addr().String()] < sent {
		in.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, from, err := in.ReadFrom(make([]byte, 16))
		if err != nil {
			t.Fatalf("%v; so far arrived %v", err, arrived)
		}
		arrived[from.(*net.UDPAddr).AddrPort().Addr().Unmap().String()]++
	}
	if n := arrived[limited.Addr().String()]; n != 5 {
		t.Errorf("%d packets of the limited prefix arrived, want 5", n)
	}
	passed, err := p.Counters.Passed(3)
	if passed != 5 || err != nil {
		t.Errorf("passed[3] = %d, %v", passed, err)
	}
	dropped, err := p.Counters.Dropped(3)
	if dropped != sent-5 || err != nil {
		t.Errorf("dropped[3] = %d, %v", dropped, err)
	}
}

func TestParseLimit(t *testing.T) {
	for _, s := range []string{"", "10.0.0.0/8", "10.0.0.0/8=1", "10.0.0.0=1,1", "10.0.0.0/8=0,1", "10.0.0.0/8=x,1", "10.0.0.0/8=1,-1", "10.0.0.0/8=NaN,1"} {
		if l, err := parseLimit(s); err == nil {
			t.Errorf("%q is taken as %v", s, l)
		}
	}
}

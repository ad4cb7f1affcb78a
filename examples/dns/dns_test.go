package main

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// query is a query for the addresses of a name, which is written as it is: capitals stay.
func query(t *testing.T, name string) []byte {
	t.Helper()
	wire, err := wireName(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []byte(name) {
		if c != '.' {
			wire[i+1] = c
		}
	}
	return slices.Concat([]byte{0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, wire, []byte{0, 1, 0, 1})
}

// TestTraffic sends queries to a server, and looks which arrive.
func TestTraffic(t *testing.T) {
	server, client := netip.MustParsePrefix("10.9.0.1/24"), netip.MustParsePrefix("10.9.0.2/24")
	s, c := netlab.New(t, []netip.Prefix{server}, []netip.Prefix{client})
	p, err := openDns(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	long := strings.Repeat("a-rather-long-label.", 5) + "example"
	if err := block(p, []string{"evil.example", "ads.tracker.example.com.", long}); err != nil {
		t.Fatal(err)
	}
	// Generic mode: in that of the driver, veth needs a program on the other end too.
	if err := s.Do(func() error { _, err := p.AttachXDP(s.Index(), runtime.XDPGeneric); return err }); err != nil {
		t.Fatal(err)
	}
	listen := func(h *netlab.Host, addr string) (c net.PacketConn) {
		if err := h.Do(func() (err error) { c, err = net.ListenPacket("udp4", addr); return err }); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	in, out := listen(s, ":53"), listen(c, client.Addr().String()+":0")
	send := func(datagrams ...[]byte) {
		for _, d := range datagrams {
			if _, err := out.WriteTo(d, &net.UDPAddr{IP: server.Addr().AsSlice(), Port: 53}); err != nil {
				t.Fatal(err)
			}
		}
	}
	allowed := [][]byte{
		query(t, "www.evil.example"), query(t, "example"), query(t, "tracker.example.com"), query(t, "good.example"),
	}
	send(query(t, "evil.example"), query(t, "EVIL.eXample"), query(t, "ads.Tracker.example.com"), query(t, long), query(t, "evil.example")[:20])
	send(allowed...)
	for i, want := range allowed { // the datagrams arrive in order, so nothing else has
		in.SetReadDeadline(time.Now().Add(5 * time.Second))
		got := make([]byte, 512)
		n, _, err := in.ReadFrom(got)
		if err != nil {
			t.Fatalf("query %d: %v", i, err)
		}
		if !slices.Equal(got[:n], want) {
			t.Errorf("query %d arrived as %q, want %q", i, got[:n], want)
		}
	}
	for i, want := range []uint64{2, 1, 1} {
		if n, err := p.Counters.Dropped(uint32(i)); n != want || err != nil {
			t.Errorf("dropped[%d] = %d, %v; want %d", i, n, err, want)
		}
	}
	if n, err := p.Counters.Malformed(); n != 1 || err != nil {
		t.Errorf("malformed = %d, %v; want 1", n, err)
	}
}

func TestWireName(t *testing.T) {
	for name, want := range map[string]string{
		"evil.example": "\x04evil\x07example\x00", "Evil.Example.": "\x04evil\x07example\x00", ".": "\x00", "": "\x00",
	} {
		if wire, err := wireName(name); string(wire) != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", name, wire, err, want)
		}
	}
	if wire, _ := wireName("evil.example"); hashOf(wire) != 0xec366fde01fb2074 { // as in the tests of dns.tcc
		t.Errorf("the hash of evil.example is %#x", hashOf(wire))
	}
	for _, name := range []string{"a..b", strings.Repeat("x", 64), strings.Repeat("label.", 30)} {
		if wire, err := wireName(name); err == nil {
			t.Errorf("%q is taken as %q", name, wire)
		}
	}
}

package main

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// TestTraffic opens connections over IPv4 and IPv6 and asks the side that accepts them how large its segments may be.
func TestTraffic(t *testing.T) {
	prefixes := func(last string) []netip.Prefix {
		return []netip.Prefix{netip.MustParsePrefix("10.9.0." + last + "/24"), netip.MustParsePrefix("2001:db8::" + last + "/64")}
	}
	server, client := netlab.New(t, prefixes("1"), prefixes("2"))
	client.Offload(t, false) // a program on xdp can't know of checksums that are missing
	p, err := openMssclamp(limits(1300), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := server.Do(func() error { _, err := p.AttachXDP(server.Index(), runtime.XDPGeneric); return err }); err != nil {
		t.Fatal(err)
	}
	capture := server.Capture(t)
	const timestamps = 12 // bytes of each segment that the option of this name takes
	for addr, want := range map[string]int{"10.9.0.1:8000": 1300 - 40 - timestamps, "[2001:db8::1]:8000": 1300 - 60 - timestamps} {
		if got := segment(t, server, client, addr); got != want {
			t.Errorf("%s: segments of %d bytes, want %d", addr, got, want)
		}
	}
	for _, f := range capture.Frames(t) {
		if err := f.CheckSums(); err != nil && !f.Sent {
			t.Errorf("%v\n%x", err, f.Data)
		}
	}
	if n, err := p.Counters.Clamped(); n != 2 || err != nil {
		t.Errorf("clamped = %d, %v", n, err)
	}
}

// segment is the size of the largest segment that the server sends on a connection.
func segment(t *testing.T, server, client *netlab.Host, addr string) (size int) {
	t.Helper()
	var l net.Listener
	if err := server.Do(func() (err error) { l, err = net.Listen("tcp", addr); return err }); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var c net.Conn
	if err := client.Do(func() (err error) { c, err = net.DialTimeout("tcp", addr, 5*time.Second); return err }); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(fd uintptr) { size, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG) }
	if e := raw.Control(ask); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return size
}

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// TestTraffic sends datagrams to a virtual address. The sender is the server too: it gets them back, in a tunnel.
func TestTraffic(t *testing.T) {
	b, s := netlab.New(t, []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")})
	p, err := openL4lb(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	vip, err := parseVIP("10.9.0.1:7000/udp")
	if err != nil {
		t.Fatal(err)
	}
	mac := s.MAC()
	if err := fill(p, []l4lbVip{vip}, []server{{netip.MustParseAddr("10.9.0.2"), mac[:]}}); err != nil {
		t.Fatal(err)
	}
	// Generic mode: in that of the driver, veth needs a program on the other end too.
	if err := b.Do(func() error { _, err := p.AttachXDP(b.Index(), runtime.XDPGeneric); return err }); err != nil {
		t.Fatal(err)
	}
	var tunnel, out net.PacketConn
	if err := s.Do(func() (err error) {
		if tunnel, err = net.ListenPacket("ip4:4", "10.9.0.2"); err == nil {
			out, err = net.ListenPacket("udp4", "10.9.0.2:0")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()
	defer out.Close()
	if _, err := out.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(10, 9, 0, 1), Port: 7000}); err != nil {
		t.Fatal(err)
	}
	if err := tunnel.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	inner := make([]byte, 100)
	n, from, err := tunnel.ReadFrom(inner)
	if err != nil {
		t.Fatal(err)
	}
	if inner = inner[:n]; from.String() != "10.200.0.1" || n != 33 || !bytes.HasSuffix(inner, []byte("hello")) ||
		inner[9] != 17 || binary.BigEndian.Uint16(inner[22:]) != 7000 {
		t.Errorf("from %s, inside of the tunnel:\n%x", from, inner)
	}
	port := uint16(out.LocalAddr().(*net.UDPAddr).Port)
	var index uint32
	key := l4lbFlow{Src: [4]byte{10, 9, 0, 2}, Dst: vip.Addr, Sport: wire(port), Dport: vip.Port, Proto: vip.Proto}
	if err := p.Maps.Conns.Lookup(key, &index); err != nil || index != 0 {
		t.Errorf("the connection has server %d, %v", index, err)
	}
}

// TestRing: all servers have the same share, and if one goes, the others keep most of what they had.
func TestRing(t *testing.T) {
	var servers []server
	for i := range 10 {
		servers = append(servers, server{addr: netip.MustParseAddr(fmt.Sprintf("10.77.0.%d", 10+i))})
	}
	before, after := ring(servers), ring(servers[:9])
	share := make([]int, len(servers))
	changed := 0
	for slot, i := range before {
		share[i]++
		if i != 9 && after[slot] != i {
			changed++
		}
	}
	for i, n := range share {
		if n < ringSize/10 || n > ringSize/10+1 {
			t.Errorf("server %d has %d slots", i, n)
		}
	}
	if changed > ringSize/10 {
		t.Errorf("%d slots changed hands among those that stayed", changed)
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"", "10.0.0.1", "10.0.0.1,", "10.0.0.1,02:00:00:00:00", "::1,02:00:00:00:00:01"} {
		if r, err := parseServer(s); err == nil {
			t.Errorf("%q is taken as %v", s, r)
		}
	}
	for _, s := range []string{"", "10.0.0.1/tcp", "10.0.0.1:80", "10.0.0.1:80/icmp", "[::1]:80/tcp"} {
		if v, err := parseVIP(s); err == nil {
			t.Errorf("%q is taken as %v", s, v)
		}
	}
}

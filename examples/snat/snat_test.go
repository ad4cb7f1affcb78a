package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
)

// One host has an address of the network and the address outside, and translates at its own end of the cable: so packets
// are those of its sockets, whose checksums may be left to the card.
var (
	inside  = netip.MustParsePrefix("10.8.0.5/32")
	outside = netip.MustParsePrefix("192.0.2.1/24")
	server  = netip.MustParsePrefix("192.0.2.9/24")
)

// TestTraffic translates a TCP connection and datagrams, with checksums that are left to the card on either side, on one
// of them, and on none; and looks at what the other side gets.
func TestTraffic(t *testing.T) {
	for _, here := range []bool{true, false} {
		for _, there := range []bool{true, false} {
			t.Run(fmt.Sprintf("offload here %v, there %v", here, there), func(t *testing.T) { traffic(t, here, there) })
		}
	}
}

func traffic(t *testing.T, here, there bool) {
	client, peer := netlab.New(t, []netip.Prefix{outside, inside}, []netip.Prefix{server})
	client.Offload(t, here)
	peer.Offload(t, there)
	config, err := settings("10.8.0.0/16", outside.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p, err := openSnat(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := client.Do(func() error { return attach(p, client.Index()) }); err != nil {
		t.Fatal(err)
	}
	capture := peer.Capture(t)
	converse(t, client, peer)
	ask(t, client, peer)
	seen := map[string]int{}
	for _, f := range capture.Frames(t) {
		if err := f.CheckSums(); err != nil {
			t.Errorf("%v\n%x", err, f.Data)
		}
		if addrs, ok := ipv4(f.Data); ok && !f.Sent {
			seen[addrs]++
			if proto := f.Data[14+9]; f.Partial != here && proto != 1 {
				t.Errorf("checksum left to the card: %v, want %v\n%x", f.Partial, here, f.Data)
			}
		}
	}
	if len(seen) != 1 || seen["192.0.2.1 > 192.0.2.9"] == 0 {
		t.Errorf("the server saw %v", seen)
	}
	if n, err := p.Counters.Translated(); n < 10 || err != nil {
		t.Errorf("%d packets translated, %v", n, err)
	}
}

// ipv4 are the addresses of a frame.
func ipv4(frame []byte) (addrs string, ok bool) {
	if binary.BigEndian.Uint16(frame[12:]) != 0x0800 {
		return "", false
	}
	ip := frame[14:]
	return net.IP(ip[12:16]).String() + " > " + net.IP(ip[16:20]).String(), true
}

// converse sends lines of various lengths over a TCP connection and reads them back.
func converse(t *testing.T, client, peer *netlab.Host) {
	t.Helper()
	var l net.Listener
	if err := peer.Do(func() (err error) { l, err = net.Listen("tcp4", "192.0.2.9:8000"); return err }); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	var c net.Conn
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: inside.Addr().AsSlice()}, Timeout: 5 * time.Second}
	if err := client.Do(func() (err error) { c, err = dialer.Dial("tcp4", "192.0.2.9:8000"); return err }); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	for n := range 9 {
		line := strings.Repeat("abc", 1+n*17)
		if _, err := io.WriteString(c, line); err != nil {
			t.Fatal(err)
		}
		back := make([]byte, len(line))
		if _, err := io.ReadFull(c, back); err != nil || string(back) != line {
			t.Fatalf("got %q, %v", back, err)
		}
	}
}

// ask sends datagrams and gets answers.
func ask(t *testing.T, client, peer *netlab.Host) {
	t.Helper()
	listen := func(h *netlab.Host, addr string) (c net.PacketConn) {
		if err := h.Do(func() (err error) { c, err = net.ListenPacket("udp4", addr); return err }); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(5 * time.Second))
		return c
	}
	in, out := listen(peer, "192.0.2.9:5000"), listen(client, "10.8.0.5:5000")
	buf := make([]byte, 64)
	for n := range 9 {
		if _, err := out.WriteTo(buf[:n], in.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		_, from, err := in.ReadFrom(buf)
		if err != nil || from.String() != "192.0.2.1:5000" {
			t.Fatalf("from %v, %v", from, err)
		}
		if _, err := in.WriteTo(buf[:n+3], from); err != nil {
			t.Fatal(err)
		}
		if got, _, err := out.ReadFrom(buf); got != n+3 || err != nil {
			t.Fatalf("%d bytes came back, %v", got, err)
		}
	}
}

func TestSettings(t *testing.T) {
	c, err := settings("10.8.7.6/13", "192.0.2.1")
	if err != nil || c.Inside != [4]byte{10, 8} || c.Mask != [4]byte{255, 248} {
		t.Errorf("%+v, %v", c, err)
	}
	for _, s := range [][2]string{{"10.0.0.0", "192.0.2.1"}, {"2001:db8::/32", "192.0.2.1"}, {"10.0.0.0/8", "::1"}, {"10.0.0.0/8", ""}} {
		if c, err := settings(s[0], s[1]); err == nil {
			t.Errorf("%v are taken as %+v", s, c)
		}
	}
}

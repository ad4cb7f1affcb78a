package netlab

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestTraffic(t *testing.T) {
	a, b := New(t, []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")})
	var server, client net.PacketConn
	check(t, a.Do(func() (err error) { server, err = net.ListenPacket("udp4", "10.9.0.1:7000"); return err }))
	check(t, b.Do(func() (err error) { client, err = net.ListenPacket("udp4", "10.9.0.2:0"); return err }))
	defer server.Close()
	defer client.Close()
	if _, err := client.WriteTo([]byte("hello"), server.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	server.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, from, err := server.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	if string(buf[:n]) != "hello" || from.String() != client.LocalAddr().String() {
		t.Errorf("got %q from %s", buf[:n], from)
	}
}

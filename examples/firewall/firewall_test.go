package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// The test has two hosts and a cable: the server, guarded by the firewall, and a client with several addresses.
var (
	server = netip.MustParsePrefix("10.9.0.1/16")
	friend = netip.MustParsePrefix("10.9.0.2/16")  // inside 10.0.0.0/8: may use ssh
	banned = netip.MustParsePrefix("10.9.66.1/16") // its network will be banned
	alien  = netip.MustParsePrefix("192.0.2.7/24") // may not use ssh
	outer  = netip.MustParsePrefix("192.0.2.1/24") // the server's address there
)

const patience = 5 * time.Second       // until what should come must have come
const silence = 300 * time.Millisecond // after which what hasn't come won't

type lab struct {
	t              *testing.T
	server, client *netlab.Host
	fw             *firewallPipeline
	events         *firewallEvents
}

func newLab(t *testing.T, mode runtime.XDPMode) *lab {
	s, c := netlab.New(t, []netip.Prefix{server, outer}, []netip.Prefix{friend, banned, alien})
	fw, err := openFirewall(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fw.Close() })
	events, err := fw.Events()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { events.Close() })
	l := &lab{t, s, c, fw, events}
	l.do(s, func() error { _, err := fw.AttachXDP(s.Index(), mode); return err })
	return l
}

func (l *lab) do(h *netlab.Host, f func() error) {
	l.t.Helper()
	if err := h.Do(f); err != nil {
		l.t.Fatal(err)
	}
}

// listen answers every TCP connection to a port with "hello".
func (l *lab) listen(port int) {
	l.t.Helper()
	var ln net.Listener
	l.do(l.server, func() (err error) {
		ln, err = net.Listen("tcp4", fmt.Sprintf(":%d", port))
		return err
	})
	l.t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("hello"))
			c.Close()
		}
	}()
}

// dial connects from an address of the client and reads what the server says.
func (l *lab) dial(from, to netip.Prefix, port int, timeout time.Duration) (said string, err error) {
	d := net.Dialer{Timeout: timeout, LocalAddr: &net.TCPAddr{IP: from.Addr().AsSlice()}}
	var c net.Conn
	err = l.client.Do(func() (err error) {
		c, err = d.Dial("tcp4", netip.AddrPortFrom(to.Addr(), uint16(port)).String())
		return err
	})
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 16)
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) || os.IsTimeout(err) }

// wantEvent waits for a refusal of an address.
func (l *lab) wantEvent(src netip.Prefix, why firewallReason) {
	l.t.Helper()
	l.events.SetDeadline(time.Now().Add(patience))
	e, err := l.events.Read()
	if err != nil {
		l.t.Fatalf("no event: %v", err)
	}
	want := firewallRefused{Src: src.Addr().As4(), Why: why}
	if got, ok := e.(*firewallRefused); !ok || *got != want {
		l.t.Errorf("event %+v, want %+v", e, want)
	}
}

func (l *lab) dropped(why firewallReason) uint64 {
	l.t.Helper()
	n, err := l.fw.Counters.Dropped(why)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func TestTraffic(t *testing.T) {
	for name, mode := range map[string]runtime.XDPMode{"driver": runtime.XDPDriver, "generic": runtime.XDPGeneric} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, mode)
			l.listen(80)
			l.listen(22)
			l.allowed()
			l.sshFromOutside()
			l.banned()
			l.noState()
			l.slots()
			misses, err := l.fw.Misses()
			if err != nil || misses["others"] == 0 {
				t.Errorf("misses of others: %v, %v; clearing its slot should have caused some", misses, err)
			}
		})
	}
}

// allowed: what may pass arrives, and leaves its flow behind.
func (l *lab) allowed() {
	for _, port := range []int{80, 22} {
		if said, err := l.dial(friend, server, port, patience); said != "hello" {
			l.t.Errorf("port %d from inside: %q, %v", port, said, err)
		}
	}
	var flows, packets int
	var key firewallFlowKey
	var flow firewallFlow
	it := l.fw.Maps.Flows.Iterate()
	for it.Next(&key, &flow) {
		if key.Src == friend.Addr().As4() && key.Proto == unix.IPPROTO_TCP {
			flows++
			packets += int(flow.Packets)
		}
	}
	if flows != 2 || packets < 2*3 {
		l.t.Errorf("%d flows with %d packets, want 2 flows with at least 3 packets each", flows, packets)
	}
	if n := l.dropped(firewallReasonSsh) + l.dropped(firewallReasonBlocked); n != 0 {
		l.t.Errorf("%d packets dropped", n)
	}
}

// sshFromOutside: what is refused doesn't arrive, is counted, and reported.
func (l *lab) sshFromOutside() {
	if _, err := l.dial(alien, outer, 22, silence); !isTimeout(err) {
		l.t.Errorf("ssh from outside: %v, want a timeout", err)
	}
	l.wantEvent(alien, firewallReasonSsh)
	if n := l.dropped(firewallReasonSsh); n == 0 {
		l.t.Error("dropped[ssh] is 0")
	}
	if said, err := l.dial(alien, outer, 80, patience); said != "hello" {
		l.t.Errorf("the web from outside: %q, %v", said, err)
	}
}

// banned: an address in a banned prefix can do nothing at all, until it is unbanned.
func (l *lab) banned() {
	l.drain()
	if err := ban(l.fw, "10.9.66.0/24"); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.dial(banned, server, 80, silence); !isTimeout(err) {
		l.t.Errorf("the web from a banned address: %v, want a timeout", err)
	}
	l.wantEvent(banned, firewallReasonBlocked)
	before := l.dropped(firewallReasonBlocked)
	if before == 0 {
		l.t.Error("dropped[blocked] is 0")
	}
	if err := l.fw.Maps.Banned.Delete(&firewallTccPrefixIp4{Prefixlen: 24, Addr: [4]byte{10, 9, 66, 0}}); err != nil {
		l.t.Fatal(err)
	}
	if said, err := l.dial(banned, server, 80, patience); said != "hello" {
		l.t.Errorf("the web after the ban: %q, %v", said, err)
	}
}

// drain reads the events of retransmissions.
func (l *lab) drain() {
	l.events.SetDeadline(time.Now().Add(silence))
	for {
		if _, err := l.events.Read(); err != nil {
			return
		}
	}
}

// noState: a segment that belongs to no known flow is refused, once for each packet sent.
func (l *lab) noState() {
	l.drain()
	before := l.dropped(firewallReasonNoState)
	l.sendRaw(l.segment(friend.Addr(), 4000, 80, 0x10))
	l.wantEvent(friend, firewallReasonNoState)
	if n := l.dropped(firewallReasonNoState) - before; n != 1 {
		l.t.Errorf("dropped[no_state] grew by %d, want 1", n)
	}
}

// segment is a TCP segment to the server, its Ethernet header included.
func (l *lab) segment(src netip.Addr, sport, dport uint16, flags byte) []byte {
	dstMAC, srcMAC, a, b := l.server.MAC(), l.client.MAC(), src.As4(), server.Addr().As4()
	p := append(append(dstMAC[:], srcMAC[:]...), 0x08, 0x00)
	p = append(p, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, unix.IPPROTO_TCP, 0, 0)
	p = append(append(p, a[:]...), b[:]...)
	p = append(p, byte(sport>>8), byte(sport), byte(dport>>8), byte(dport), 0, 0, 0, 1, 0, 0, 0, 1)
	return append(p, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
}

// sendRaw puts a frame on the cable from the client's side.
func (l *lab) sendRaw(frame []byte) {
	l.t.Helper()
	l.do(l.client, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: l.client.Index(), Protocol: 0x0008, Halen: 6})
	})
}

// slots: while datagrams flow, the stage for UDP is taken away (they pass, uncounted, by the goto's else) and put back.
func (l *lab) slots() {
	var in, out net.PacketConn
	l.do(l.server, func() (err error) { in, err = net.ListenPacket("udp4", ":7000"); return err })
	l.do(l.client, func() (err error) { out, err = net.ListenPacket("udp4", friend.Addr().String()+":7001"); return err })
	defer in.Close()
	defer out.Close()
	datagram := func() {
		l.t.Helper()
		if _, err := out.WriteTo([]byte("x"), &net.UDPAddr{IP: server.Addr().AsSlice(), Port: 7000}); err != nil {
			l.t.Fatal(err)
		}
		in.SetReadDeadline(time.Now().Add(patience))
		if _, _, err := in.ReadFrom(make([]byte, 8)); err != nil {
			l.t.Fatalf("datagram lost: %v", err)
		}
	}
	key := firewallFlowKey{Src: friend.Addr().As4(), Dst: server.Addr().As4(), Sport: 7001, Dport: 7000, Proto: unix.IPPROTO_UDP}
	counted := func() uint64 {
		var f firewallFlow
		if err := l.fw.Maps.Flows.Lookup(&key, &f); err != nil {
			l.t.Fatal(err)
		}
		return f.Packets
	}
	datagram()
	datagram()
	if n := counted(); n != 2 {
		l.t.Errorf("%d datagrams counted, want 2", n)
	}
	if err := l.fw.Slots.Others.Clear(unix.IPPROTO_UDP); err != nil {
		l.t.Fatal(err)
	}
	datagram()
	if n := counted(); n != 2 {
		l.t.Errorf("%d datagrams counted with the slot empty, want 2 still", n)
	}
	if err := l.fw.Slots.Others.Set(unix.IPPROTO_UDP, firewallOthersUdpIn); err != nil {
		l.t.Fatal(err)
	}
	datagram()
	if n := counted(); n != 3 {
		l.t.Errorf("%d datagrams counted with the slot filled again, want 3", n)
	}
	l.toggleUnder(datagram)
	if err := l.fw.Slots.Others.Set(256, firewallOthersUdpIn); err == nil || !strings.Contains(err.Error(), "256 slots") {
		l.t.Errorf("slot 256 of 256: %v", err)
	}
}

// toggleUnder empties and fills the slot again and again while datagrams flow: every one of them must arrive.
func (l *lab) toggleUnder(datagram func()) {
	l.t.Helper()
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err := l.fw.Slots.Others.Clear(unix.IPPROTO_UDP)
			if err == nil {
				err = l.fw.Slots.Others.Set(unix.IPPROTO_UDP, firewallOthersUdpIn)
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	for range 300 {
		datagram()
	}
	close(stop)
	if err := <-done; err != nil {
		l.t.Error(err)
	}
}

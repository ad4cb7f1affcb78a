package main

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

var variants = []string{"whole", "cut"}

// TestTraffic sends datagrams over a veth pair through the policy on the receiving side, and reads what the pipeline
// made of them.
func TestTraffic(t *testing.T) {
	for _, variant := range variants {
		t.Run(variant, func(t *testing.T) { testTraffic(t, variant) })
	}
}

func testTraffic(t *testing.T, variant string) {
	receiver := netip.MustParsePrefix("10.0.8.10/8")
	sender := netip.MustParsePrefix("10.20.10.7/8") // a telephone
	r, s := netlab.New(t, []netip.Prefix{receiver}, []netip.Prefix{sender})
	p, err := openPolicy(&runtime.Options{Variant: variant})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := r.Do(func() error { _, err := p.AttachIngress(r.Index()); return err }); err != nil {
		t.Fatal(err)
	}
	var in, out net.PacketConn
	listen := func(h *netlab.Host, addr string) (c net.PacketConn) {
		if err := h.Do(func() (err error) { c, err = net.ListenPacket("udp4", addr); return err }); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	in, out = listen(r, ":20000"), listen(s, sender.Addr().String()+":0")
	blockedIn := listen(r, ":5353")
	send := func(port int) {
		if _, err := out.WriteTo([]byte("hello"), &net.UDPAddr{IP: receiver.Addr().AsSlice(), Port: port}); err != nil {
			t.Fatal(err)
		}
	}
	arrives := func(c net.PacketConn, within time.Duration) bool {
		c.SetReadDeadline(time.Now().Add(within))
		_, _, err := c.ReadFrom(make([]byte, 16))
		return err == nil
	}

	send(20000)
	if !arrives(in, 5*time.Second) {
		t.Error("a voice packet is lost")
	}
	send(5353)
	if arrives(blockedIn, 300*time.Millisecond) {
		t.Error("a blocked packet arrives")
	}
	if err := p.Vars.SetEnforce(false); err != nil {
		t.Fatal(err)
	}
	send(5353)
	if !arrives(blockedIn, 5*time.Second) {
		t.Error("a blocked packet is lost, although the policy only watches")
	}
	for class, want := range map[policyClass]uint64{policyClassVoice: 1, policyClassBlocked: 2} {
		if n, err := p.Counters.Packets(class); n != want || err != nil {
			t.Errorf("packets[%s] = %d, %v; want %d", class, n, err, want)
		}
		if n, err := p.Counters.Bytes(class); n != want*(14+20+8+5) || err != nil {
			t.Errorf("bytes[%s] = %d, %v", class, n, err)
		}
	}
}

// TestMark sends one packet through the loaded programs and reads its mark.
func TestMark(t *testing.T) {
	netlab.RequireRoot(t)
	for _, variant := range variants {
		p, err := openPolicy(&runtime.Options{Variant: variant})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if n := len(p.Programs()); (n == 1) != (variant == "whole") {
			t.Errorf("%s: %d programs", variant, n)
		}
		packet := make([]byte, 14+20+8)
		binary.BigEndian.PutUint16(packet[12:], 0x0800)
		copy(packet[14:], []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 20, 10, 7, 198, 51, 100, 1, 0, 1, 0x4e, 0x20})
		r, err := p.Test(packet)
		if err != nil {
			t.Fatal(err)
		}
		if r.Mark != uint32(policyClassVoice) || r.Code != -1 {
			t.Errorf("%s: mark %d, verdict %d; want %d and next (-1)", variant, r.Mark, r.Code, policyClassVoice)
		}
	}
}

// TestChoice: this kernel takes the pipeline whole.
func TestChoice(t *testing.T) {
	netlab.RequireRoot(t)
	p, err := openPolicy(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Variant() != "whole" || len(p.Refused()) != 0 {
		t.Errorf("variant %s, refused %v", p.Variant(), p.Refused())
	}
}

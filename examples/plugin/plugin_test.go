package main

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/runtime"
)

// The test has two hosts and a cable: the server, guarded by the firewall, and a client that asks it for names.
var (
	server = netip.MustParsePrefix("10.9.0.1/16")
	client = netip.MustParsePrefix("10.9.0.2/16")
)

const patience = 5 * time.Second       // until what should come must have come
const silence = 200 * time.Millisecond // after which what hasn't come won't

type lab struct {
	t       *testing.T
	fw      *firewallPipeline
	events  *firewallEvents
	in, out net.PacketConn
}

func newLab(t *testing.T) *lab {
	s, c := netlab.New(t, []netip.Prefix{server}, []netip.Prefix{client})
	fw, err := openFirewall(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fw.Close() })
	l := &lab{t: t, fw: fw}
	do := func(h *netlab.Host, f func() error) {
		if err := h.Do(f); err != nil {
			t.Fatal(err)
		}
	}
	do(s, func() (err error) { _, err = fw.AttachXDP(s.Index(), runtime.XDPGeneric); return err })
	do(s, func() (err error) { l.in, err = net.ListenPacket("udp4", ":53"); return err })
	do(c, func() (err error) { l.out, err = net.ListenPacket("udp4", client.Addr().String()+":5353"); return err })
	t.Cleanup(func() { l.in.Close(); l.out.Close() })
	if l.events, err = fw.Events(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.events.Close() })
	return l
}

// arrives sends a DNS message of so many questions and reports whether the server gets it.
func (l *lab) arrives(questions uint16, wait time.Duration) bool {
	l.t.Helper()
	message := make([]byte, 20)
	binary.BigEndian.PutUint16(message[4:], questions)
	if _, err := l.out.WriteTo(message, &net.UDPAddr{IP: server.Addr().AsSlice(), Port: 53}); err != nil {
		l.t.Fatal(err)
	}
	l.in.SetReadDeadline(time.Now().Add(wait))
	_, _, err := l.in.ReadFrom(make([]byte, 64))
	return err == nil
}

func (l *lab) guard() *dnsguardPipeline {
	l.t.Helper()
	guard, err := openDnsguard(l.fw.Pipeline, nil)
	if err == nil {
		err = l.fw.Slots.Others.SetStage(syscall.IPPROTO_UDP, guard.Stages.Dns)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return guard
}

func (l *lab) queries(guard *dnsguardPipeline) (n uint64) {
	l.t.Helper()
	key := client.Addr().As4()
	if err := guard.Maps.Queries.Lookup(&key, &n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// TestGuard puts the stage into the slot: it decides, counts in a map of its own, and in the firewall's counter and events.
func TestGuard(t *testing.T) {
	l := newLab(t)
	if !l.arrives(70, patience) {
		t.Fatal("the firewall alone lets no datagram in")
	}
	guard := l.guard()
	if !l.arrives(1, patience) || l.queries(guard) != 1 {
		t.Error("a plain query does not arrive, or isn't counted")
	}
	if l.arrives(70, silence) {
		t.Error("a message of 70 questions arrives")
	}
	l.events.SetDeadline(time.Now().Add(patience))
	e, err := l.events.Read()
	if err != nil {
		t.Fatalf("no event of the firewall: %v", err)
	}
	if r, ok := e.(*firewallRefused); !ok || *r != (firewallRefused{Src: client.Addr().As4(), Why: firewallReasonBlocked}) {
		t.Errorf("event %+v", e)
	}
	if n, err := l.fw.Counters.Dropped(firewallReasonBlocked); n != 1 || err != nil {
		t.Errorf("the firewall counts %d, %v", n, err)
	}
	if err := guard.Close(); err != nil { // it stays in the slot
		t.Fatal(err)
	}
	if l.arrives(70, silence) || !l.arrives(1, patience) {
		t.Error("the stage doesn't work once its pipeline is closed")
	}
	if err := l.fw.Slots.Others.Set(syscall.IPPROTO_UDP, firewallOthersUdpIn); err != nil {
		t.Fatal(err)
	}
	if !l.arrives(70, patience) {
		t.Error("with its own stage back, the firewall lets no datagram in")
	}
}

// TestReplace changes the slot between three stages while queries flow: each of them arrives.
func TestReplace(t *testing.T) {
	l := newLab(t)
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				old := l.guard()
				newer := l.guard()
				old.Close()
				if err := l.fw.Slots.Others.Set(syscall.IPPROTO_UDP, firewallOthersUdpIn); err != nil {
					t.Error(err)
				}
				newer.Close()
			}
		}
	}()
	for range 3000 {
		if !l.arrives(1, patience) {
			t.Error("a query is lost")
			break
		}
	}
	close(stop)
	<-done
	if misses, err := l.fw.Misses(); err != nil || misses["others"] != 0 {
		t.Errorf("misses %v, %v", misses, err)
	}
}

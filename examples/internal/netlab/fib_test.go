package netlab_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// The router sends packets on where the kernel would.
const router = `
counter seen[4]

stage start {
    eth := parse ethernet else pass
    match eth.type {
        0x0800 => goto v4(eth)
        0x86dd => goto v6(eth)
        _      => pass
    }
}

stage v4(eth ethernet) {
    ip := parse ipv4 else pass
    if ip.proto != 17 { pass }
    if hop := fib(ip.src, ip.dst, ip.len, ip.dscp << 2, ip.proto, 7000, 7000) {
        seen[0] += 1
        eth.src = hop.smac
        eth.dst = hop.dmac
        redirect(hop.ifindex)
    }
    seen[1] += 1
    drop
}

stage v6(eth ethernet) {
    ip := parse ipv6 else pass
    if ip.next != 17 { pass }
    if hop := fib(ip.src, ip.dst, ip.len + 40, ip.class) {
        seen[2] += 1
        eth.src = hop.smac
        eth.dst = hop.dmac
        redirect(hop.ifindex)
    } else {
        seen[3] += 1
        drop
    }
}
`

// TestFib lets a router look routes up in the kernel's tables, and send packets back to where they came from.
func TestFib(t *testing.T) {
	for name, attach := range map[string]func(p *runtime.Pipeline, ifindex int) (link.Link, error){
		"xdp": func(p *runtime.Pipeline, i int) (link.Link, error) { return p.AttachXDP(i, runtime.XDPGeneric) },
		"tc":  (*runtime.Pipeline).AttachIngress,
	} {
		for _, budget := range []int{0, 130} {
			t.Run(fmt.Sprint(name, ", budget ", budget), func(t *testing.T) { route(t, name, budget, attach) })
		}
	}
}

func route(t *testing.T, typ string, budget int, attach func(*runtime.Pipeline, int) (link.Link, error)) {
	prefixes := func(n int) []netip.Prefix {
		return []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.9.0.%d/24", n)), netip.MustParsePrefix(fmt.Sprintf("2001:db8::%d/64", n))}
	}
	a, b := netlab.New(t, prefixes(1), prefixes(2))
	program, list := check.Source("router.tcc", "pipeline router "+typ+" default drop\n"+router)
	must(t, list.Err())
	artifact, err := codegen.Compile(program, codegen.Options{Budget: budget})
	must(t, err)
	if n := len(artifact.Programs); budget > 0 && n < 2 {
		t.Errorf("%d programs, want several", n)
	}
	spec, err := artifact.Spec()
	must(t, err)
	var p *runtime.Pipeline
	must(t, b.Do(func() error {
		if err := routes(b.Index(), a.MAC()); err != nil {
			return err
		}
		if p, err = runtime.Open(spec, artifact.Layout, nil); err != nil {
			return err
		}
		_, err := attach(p, b.Index())
		return err
	}))
	defer p.Close()
	fd := -1
	must(t, a.Do(func() (err error) { fd, err = packetSocket(a.Index()); return err }))
	defer unix.Close(fd)
	for i, c := range []struct {
		to   string
		seen uint32 // the cell that counts it
		back bool
	}{
		{"10.99.0.5", 0, true},
		{"10.98.0.5", 1, false}, // no route
		{"10.99.1.5", 1, false}, // a route to a neighbour that nobody knows
		{"10.97.0.5", 1, false}, // a black hole
		{"2001:db8:99::5", 2, true},
		{"2001:db8:98::5", 3, false},
	} {
		before, err := p.Counter("seen").Sum(c.seen)
		must(t, err)
		frame := datagram(a.MAC(), b.MAC(), netip.MustParseAddr(c.to), byte(i))
		must(t, unix.Send(fd, frame, 0))
		back := receive(t, fd, frame[14:], c.back)
		if after, err := p.Counter("seen").Sum(c.seen); after != before+1 || err != nil {
			t.Errorf("%s: seen[%d] went from %d to %d, %v", c.to, c.seen, before, after, err)
		}
		from, to := b.MAC(), a.MAC()
		if c.back && !bytes.Equal(back[:12], append(to[:], from[:]...)) {
			t.Errorf("%s: came back with the addresses %x, want %x%x", c.to, back[:12], to, from)
		}
	}
}

// routes makes the namespace of an interface a router to what lies behind a neighbour.
func routes(ifindex int, neighbour [6]byte) error {
	for _, file := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+file, []byte("1"), 0); err != nil {
			return err
		}
	}
	for _, gateway := range []string{"10.9.0.1", "2001:db8::1"} {
		n := &netlink.Neigh{LinkIndex: ifindex, State: netlink.NUD_PERMANENT, IP: net.ParseIP(gateway), HardwareAddr: neighbour[:]}
		if err := netlink.NeighSet(n); err != nil {
			return err
		}
	}
	for to, gateway := range map[string]string{
		"10.99.0.0/24": "10.9.0.1", "10.99.1.0/24": "10.9.0.77", "2001:db8:99::/64": "2001:db8::1", "10.97.0.0/24": "",
	} {
		_, dst, err := net.ParseCIDR(to)
		if err != nil {
			return err
		}
		r := &netlink.Route{LinkIndex: ifindex, Dst: dst, Gw: net.ParseIP(gateway)}
		if gateway == "" {
			r = &netlink.Route{Dst: dst, Type: unix.RTN_BLACKHOLE}
		}
		if err := netlink.RouteAdd(r); err != nil {
			return fmt.Errorf("route to %s: %w", to, err)
		}
	}
	return nil
}

// packetSocket sends and receives whole frames.
func packetSocket(ifindex int) (int, error) {
	all := int(binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, all)
	if err != nil {
		return -1, err
	}
	timeout := unix.NsecToTimeval(int64(300 * time.Millisecond))
	err = errors.Join(unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(all), Ifindex: ifindex}),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout))
	return fd, err
}

// datagram is a frame with an empty UDP datagram, marked by a byte in it.
func datagram(from, to [6]byte, dst netip.Addr, mark byte) []byte {
	frame := append(append(to[:], from[:]...), 0x08, 0x00)
	if dst.Is4() {
		frame = append(frame, 0x45, 0, 0, 28, 0, mark, 0, 0, 64, 17, 0, 0)
		frame = append(frame, 10, 9, 0, 1)
	} else {
		frame[12], frame[13] = 0x86, 0xdd
		frame = append(frame, 0x60, 0, 0, mark, 0, 8, 17, 64)
		frame = append(frame, netip.MustParseAddr("2001:db8::1").AsSlice()...)
	}
	frame = append(frame, dst.AsSlice()...)
	frame = append(frame, 0x1b, 0x58, 0x1b, 0x58, 0, 8, 0, 0)
	return frame
}

// receive waits for a frame that carries some bytes; nil if none comes, which is as it should be unless wanted.
func receive(t *testing.T, fd int, packet []byte, wanted bool) []byte {
	t.Helper()
	buf := make([]byte, 2048)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		n, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EAGAIN) && !wanted:
			return nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		case err != nil:
			t.Fatal(err)
		case n >= 14+len(packet) && bytes.Equal(buf[14:14+len(packet)], packet):
			if !wanted {
				t.Errorf("%x came back", packet)
			}
			return buf[:n]
		}
	}
	t.Fatalf("%x didn't come back", packet)
	return nil
}

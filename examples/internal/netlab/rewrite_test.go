package netlab_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// masquerade gives what leaves with one IPv6 address another one and another port, and turns answers back.
const masquerade = `
pipeline p tc
default drop
counter changed

stage start {
    eth := parse ethernet
    if eth.type != 0x86dd { next }
    ip := parse ipv6
    if ip.src == 2001:db8:1::5 { goto leave(ip) }
    if ip.dst == 2001:db8:2::1 && ip.next != 58 { goto arrive(ip) }
    next
}

stage leave(ip ipv6) {
    match ip.next {
        6 => {
            t := parse tcp
            rewrite ip, t { ip.src = 2001:db8:2::1; t.sport ^= 0x8000; ip.hops -= 1 }
        }
        17 => {
            u := parse udp
            rewrite ip, u { ip.src = 2001:db8:2::1; u.sport ^= 0x8000; ip.class = 8 }
        }
        58 => {
            c := parse icmp6
            rewrite ip, c { ip.src = 2001:db8:2::1 }
        }
        _ => {}
    }
    changed += 1
    next
}

stage arrive(ip ipv6) {
    match ip.next {
        6 => {
            t := parse tcp
            rewrite ip, t { ip.dst = 2001:db8:1::5; t.dport ^= 0x8000 }
        }
        17 => {
            u := parse udp
            rewrite ip, u { ip.dst = 2001:db8:1::5; u.dport ^= 0x8000 }
        }
        _ => {}
    }
    changed += 1
    next
}
`

// TestRewriteIPv6 sends TCP and UDP through a translation of IPv6 addresses on tc, with checksums left to the network card
// and not, whole and cut into several programs.
func TestRewriteIPv6(t *testing.T) {
	for _, budget := range []int{0, 90} {
		for _, offload := range []bool{true, false} {
			t.Run(fmt.Sprintf("budget %d, offload %v", budget, offload), func(t *testing.T) { masqueraded(t, budget, offload) })
		}
	}
}

func masqueraded(t *testing.T, budget int, offload bool) {
	client, server := netlab.New(t,
		[]netip.Prefix{netip.MustParsePrefix("2001:db8:2::1/64"), netip.MustParsePrefix("2001:db8:1::5/128")},
		[]netip.Prefix{netip.MustParsePrefix("2001:db8:2::9/64")})
	client.Offload(t, offload)
	server.Offload(t, offload)
	program, list := check.Source("masquerade.tcc", masquerade)
	must(t, list.Err())
	artifact, err := codegen.Compile(program, codegen.Options{Budget: budget})
	must(t, err)
	spec, err := artifact.Spec()
	must(t, err)
	var p *runtime.Pipeline
	must(t, client.Do(func() error {
		if p, err = runtime.Open(spec, artifact.Layout, nil); err != nil {
			return err
		}
		if _, err = p.AttachEgress(client.Index()); err == nil {
			_, err = p.AttachIngress(client.Index())
		}
		return err
	}))
	defer p.Close()
	capture := server.Capture(t)
	echoTCP(t, client, server)
	echoUDP(t, client, server)
	partial := 0
	for _, f := range capture.Frames(t) {
		if err := f.CheckSums(); err != nil {
			t.Errorf("%v\n%x", err, f.Data)
		}
		if f.Partial && !f.Sent {
			partial++
		}
	}
	if offload != (partial > 0) {
		t.Errorf("%d packets with a checksum that is left to the card", partial)
	}
	if n, err := p.Counter("changed").Sum(0); n < 8 || err != nil {
		t.Errorf("%d packets changed, %v", n, err)
	}
}

func echoTCP(t *testing.T, client, server *netlab.Host) {
	t.Helper()
	var l net.Listener
	var c net.Conn
	must(t, server.Do(func() (err error) { l, err = net.Listen("tcp6", "[2001:db8:2::9]:8000"); return err }))
	defer l.Close()
	go func() {
		if s, err := l.Accept(); err == nil {
			io.Copy(s, s)
			s.Close()
		}
	}()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8:1::5")}, Timeout: 5 * time.Second}
	must(t, client.Do(func() (err error) { c, err = dialer.Dial("tcp6", "[2001:db8:2::9]:8000"); return err }))
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	for n := 1; n < 9; n++ {
		back := make([]byte, n)
		_, err := c.Write(back)
		must(t, err)
		_, err = io.ReadFull(c, back)
		must(t, err)
	}
}

func echoUDP(t *testing.T, client, server *netlab.Host) {
	t.Helper()
	var in, out net.PacketConn
	must(t, server.Do(func() (err error) { in, err = net.ListenPacket("udp6", "[2001:db8:2::9]:5000"); return err }))
	defer in.Close()
	must(t, client.Do(func() (err error) { out, err = net.ListenPacket("udp6", "[2001:db8:1::5]:5000"); return err }))
	defer out.Close()
	must(t, in.SetDeadline(time.Now().Add(5*time.Second)))
	must(t, out.SetDeadline(time.Now().Add(5*time.Second)))
	buf := make([]byte, 16)
	for n := range 8 {
		_, err := out.WriteTo(buf[:n], in.LocalAddr())
		must(t, err)
		_, from, err := in.ReadFrom(buf)
		must(t, err)
		if from.String() != "[2001:db8:2::1]:37768" {
			t.Fatalf("it comes from %v", from)
		}
		_, err = in.WriteTo(buf[:n], from)
		must(t, err)
		_, _, err = out.ReadFrom(buf)
		must(t, err)
	}
}

package netlab_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/examples/internal/netlab"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/runtime"
)

// The mirror sends each UDP packet back to where it came from. A swap of addresses and ports leaves checksums right.
const mirror = `
stage start {
    eth := parse ethernet else pass
    ip := parse ipv4 else pass
    if eth.type != 0x0800 || ip.proto != 17 { pass }
    u := parse udp
    seen += 1
    from := eth.src
    eth.src = eth.dst
    eth.dst = from
    addr := ip.src
    ip.src = ip.dst
    ip.dst = addr
    port := u.sport
    u.sport = u.dport
    u.dport = port
    goto send
}
`

// TestRedirect lets a mirror send packets over a real device: by its number, and through a map of devices.
func TestRedirect(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		attach func(p *runtime.Pipeline, ifindex int) (link.Link, error)
	}{
		"xdp, by number": {
			"pipeline p xdp default drop counter seen" + mirror + "stage send { redirect(packet.ifindex) }",
			func(p *runtime.Pipeline, i int) (link.Link, error) { return p.AttachXDP(i, runtime.XDPGeneric) },
		},
		"xdp, through a map": {
			"pipeline p xdp default drop counter seen map devs devmap max 4" + mirror + "stage send { redirect(devs[3]) }",
			func(p *runtime.Pipeline, i int) (link.Link, error) {
				if err := p.Map("devs").Put(uint32(3), uint32(i)); err != nil {
					return nil, err
				}
				return p.AttachXDP(i, runtime.XDPGeneric)
			},
		},
		"tc": {
			"pipeline p tc default drop counter seen" + mirror + "stage send { redirect(packet.ifindex) }",
			(*runtime.Pipeline).AttachIngress,
		},
	} {
		for _, budget := range []int{0, 90} {
			t.Run(name, func(t *testing.T) { reflect(t, c.source, budget, c.attach) })
		}
	}
}

func reflect(t *testing.T, source string, budget int, attach func(*runtime.Pipeline, int) (link.Link, error)) {
	a, b := netlab.New(t, []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")})
	program, list := check.Source("mirror.tcc", source)
	must(t, list.Err())
	artifact, err := codegen.Compile(program, codegen.Options{Budget: budget})
	must(t, err)
	spec, err := artifact.Spec()
	must(t, err)
	var p *runtime.Pipeline
	must(t, b.Do(func() error {
		if p, err = runtime.Open(spec, artifact.Layout, nil); err == nil {
			_, err = attach(p, b.Index())
		}
		return err
	}))
	defer p.Close()
	var client net.PacketConn
	must(t, a.Do(func() error { client, err = net.ListenPacket("udp4", "10.9.0.1:0"); return err }))
	defer client.Close()
	_, err = client.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(10, 9, 0, 2), Port: 7000})
	must(t, err)
	buf := make([]byte, 16)
	client.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, from, err := client.ReadFrom(buf)
	if err != nil {
		seen, _ := p.Counter("seen").Sum(0)
		t.Fatalf("%v; the mirror saw %d packets", err, seen)
	}
	if string(buf[:n]) != "hello" || from.String() != "10.9.0.2:7000" {
		t.Errorf("got %q from %s", buf[:n], from)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

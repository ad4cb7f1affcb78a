package netlab_test

import (
	"bytes"
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

// The censor drops what it can't read, and writes to what it can: near the header, and as far as far says.
const censor = `
pipeline censor tc
default drop
config far u32
counter seen[3]

stage start {
    eth := parse ethernet
    if eth.type != 0x0800 { next }
    ip := parse ipv4
    if ip.proto != 6 { next }
    t := parse tcp
    if t.dport != 7000 || packet.len < 2000 { next }
    seen[0] += 1
    if payload[1] != 0x61 { next }
    payload[1] = 0x62
    if payload[far] == 0x61 && payload.u16[far + 1] == 0x6161 { seen[1] += 1 }
    payload.u16[far] = 0x4142
    if t.dport == 7000 && ip.proto == 6 { seen[2] += 1 }
    ip.ttl = ip.ttl
    next
}
`

// TestFarPayload: on tc, the payload of a TCP segment lies in pages apart from its headers.
func TestFarPayload(t *testing.T) {
	for _, budget := range []int{0, 80} {
		a, b := netlab.New(t, []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")})
		program, list := check.Source("censor.tcc", censor)
		must(t, list.Err())
		artifact, err := codegen.Compile(program, codegen.Options{Budget: budget})
		must(t, err)
		if n := len(artifact.Programs); budget > 0 && n < 2 {
			t.Errorf("%d programs, want several", n)
		}
		spec, err := artifact.Spec()
		must(t, err)
		const far = 3000
		must(t, spec.Variables["far"].Set(uint32(far)))
		var p *runtime.Pipeline
		var server net.Listener
		must(t, b.Do(func() error {
			if p, err = runtime.Open(spec, artifact.Layout, nil); err == nil {
				_, err = p.AttachIngress(b.Index())
			}
			if err == nil {
				server, err = net.Listen("tcp4", ":7000")
			}
			return err
		}))
		defer p.Close()
		defer server.Close()
		var client net.Conn
		must(t, a.Do(func() error { client, err = net.DialTimeout("tcp4", "10.9.0.2:7000", 5*time.Second); return err }))
		defer client.Close()
		conn, err := server.Accept()
		must(t, err)
		defer conn.Close()
		sent := bytes.Repeat([]byte("a"), 8000) // one segment: devices that split them come later
		_, err = client.Write(sent)
		must(t, err)
		got := make([]byte, len(sent))
		must(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		if _, err := io.ReadFull(conn, got); err != nil {
			t.Fatalf("budget %d: %v", budget, err)
		}
		sent[1] = 'b'
		copy(sent[far:], "AB")
		if !bytes.Equal(got, sent) {
			i := 0
			for got[i] == sent[i] {
				i++
			}
			t.Errorf("budget %d: byte %d is %q, want %q", budget, i, got[i], sent[i])
		}
		for i := range uint32(3) {
			if n, err := p.Counter("seen").Sum(i); n != 1 || err != nil {
				t.Errorf("budget %d: seen[%d] = %d, %v, want 1", budget, i, n, err)
			}
		}
	}
}

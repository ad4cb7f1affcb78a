package interp_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/tcc-bpf/tcc/lang/interp"
)

// everything parses, reads and writes whatever comes, at offsets that the packet decides.
const everything = `
header odd { a u3; b u13; c u32; n u8; d u40 } length n * 3 + 11
struct seen { packets u64; last u32 }
map m hash[u32]seen max 8
map l lpm[ip6]u64 max 8
counter c[16]
event e { b u16; d u64 }
stage first {
    eth := parse ethernet
    match eth.type {
        0x0800 => goto v4
        0x86dd => goto v6
        1..1500 | 0xffff => goto strange(3)
        _ => goto table[eth.type % 5](u8(eth.type)) else goto strange(9)
    }
}
stage v4 {
    ip := parse ipv4 else goto strange(1)
    ip.ttl -= 1
    t := parse tcp else tx
    x := t.sport
    t.sport = t.dport
    t.dport = x
    if v := m[t.seq % 16] { v.packets += 1 v.last = t.ack_seq } else { m[t.seq % 16] = seen{packets: 1} else drop }
    if ip.frag > 9 { delete m[t.ack_seq % 16] }
    pass
}
stage v6 {
    ip := parse ipv6
    if v := l[ip.dst] { v /= 2 v -= u64(ip.flow) } else { l[ip.src] = ip.hops }
    ip.src = ip.dst
    skip ip.len
    goto strange(ip.next)
}
stage strange(n u8) {
    skip n
    o := parse odd else drop
    o.b += u16(o.c % n)
    o.d = o.d << n
    c[o.a] += o.d / o.n
    emit e{b: o.b, d: o.d}
    need o.n else tx
    pass
}
slots table[5](n u8) { 1 => strange }
stage again(n u8) { goto table[n % 7](n / 2) else goto strange(n) }
`

// FuzzPackets holds two machines against each other: the same packets must do the same, and never panic.
func FuzzPackets(f *testing.F) {
	firewall, err := os.ReadFile("../../examples/firewall/firewall.tcc")
	if err != nil {
		f.Fatal(err)
	}
	p, q := xdp(f, everything), program(f, string(firewall))
	f.Add(unhex("000000000000 000000000000 0800 45000028 00000000 40060000 01020304 05060708 0001000200000003000000045002000000000000"))
	f.Add(unhex("000000000000 000000000000 86dd 60000000 00000640 00000000000000000000000000000000 00000000000000000000000000000001 00010203"))
	f.Add(unhex("000000000000 000000000000 0007 ffffffffffffffffffffffffffffffffffffff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		in := bytes.Clone(packet)
		a, b := interp.New(p), interp.New(p)
		if err := errors.Join(a.SetSlot("table", 2, "again"), b.SetSlot("table", 2, "again")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			x, y := a.Run(packet), b.Run(packet)
			if !bytes.Equal(in, packet) {
				t.Fatal("the input was written to")
			}
			if x.Verdict == nil || x.Verdict != y.Verdict || !bytes.Equal(x.Packet, y.Packet) || len(x.Events) != len(y.Events) {
				t.Fatalf("two runs differ: %+v, %+v", x, y)
			}
			if len(x.Packet) != len(packet) || x.Changed == bytes.Equal(x.Packet, packet) {
				t.Fatalf("changed is %v", x.Changed)
			}
		}
		interp.New(q).Run(packet)
	})
}

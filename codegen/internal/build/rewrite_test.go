package build

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// rewritingSource writes to all headers that have checksums, and behind them.
const rewritingSource = `
default drop
header option  { kind u8; len u8 }
header segment { kind u8; len u8; size u16 }
header byte    { b u8 }
struct values { a ip4; b ip6; n u16; m u32; k u64 }
var v values

stage start {
    eth := parse ethernet
    match eth.type {
        0x0800 => {
            ip := parse ipv4
            match ip.proto {
                1 => {
                    c := parse icmp
                    o := peek byte
                    rewrite ip, c, o { ip.dst = v.a; c.code = u8(v.n); o.b += 1; ip.dscp = 3; payload[u32(v.n & 7)] = u8(v.m) }
                }
                6 => {
                    t := parse tcp
                    rewrite ip, t { ip.src = v.a; ip.ttl -= 1; t.sport = v.n; t.seq += v.m; t.psh = true; payload.u32[u32(v.n & 15)] ^= v.m }
                    goto behind(t)
                }
                _ => {
                    u := parse udp
                    rewrite ip, u {
                        if v.n > 3 { ip.src = v.a }
                        for i in 0..v.n & 3 max 3 { u.dport += i + v.n; payload[u32(i)] = u8(v.m) }
                    }
                }
            }
        }
        _ => {
            ip := parse ipv6
            match ip.next {
                6 => {
                    t := parse tcp
                    rewrite ip, t { ip.src = v.b; t.window = v.n; t.ack_seq = v.m; ip.flow = v.m & 0xfffff }
                    goto behind(t)
                }
                17 => {
                    u := parse udp
                    rewrite ip, u { ip.dst = v.b; u.sport = v.n; ip.hops -= 1; payload.u64[u32(v.n & 7)] = v.k }
                }
                _ => {
                    c := parse icmp6
                    rewrite ip, c { ip.src = v.b; c.rest = v.m; ip.class += 1 }
                }
            }
        }
    }
    pass
}

stage behind(t tcp) {
    skip v.n & 3
    o := peek option
    skip 2
    s := peek segment
    rewrite t, o, s { o.len = u8(v.m); s.size = v.n; t.fin = true; s.kind += 9 }
    pass
}
`

// TestRewriteKeepsChecksums sends packets whose checksums gopacket has computed, and lets it compute them again of what
// comes out: in the interpreter, and as IR in each of the states in which tc may see a packet.
func TestRewriteKeepsChecksums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	xdp, tc := program(t, "pipeline p xdp"+rewritingSource), program(t, "pipeline p tc"+rewritingSource)
	changed := 0
	direct, e := newEngine(t, xdp), newEngine(t, tc)
	for range 3000 {
		packet := summedPacket(t, rng)
		if rng.IntN(8) == 0 && packet[14+9] == 17 && packet[12] == 0x08 {
			clear(packet[sumAt(packet):][:2])
		}
		values := make([]byte, len(interp.New(tc).Global("v")))
		for i := range values {
			values[i] = byte(rng.Uint32())
		}
		m := interp.New(tc)
		if err := m.SetGlobal("v", values); err != nil {
			t.Fatal(err)
		}
		want := m.Run(packet).Packet
		if again := summed(want); !bytes.Equal(again, want) {
			t.Fatalf("gopacket makes\n%x of\n%x, which was\n%x", again, want, packet)
		}
		if !bytes.Equal(want, packet) {
			changed++
		}
		copy(direct.m.Globals["v"], values)
		if r, err := direct.Run(packet); err != nil || !bytes.Equal(r.Packet, want) {
			t.Fatalf("xdp makes\n%x, %v, want\n%x of\n%x", r.Packet, err, want, packet)
		}
		copy(e.m.Globals["v"], values)
		e.m.Partial, e.m.Sum = false, nativeSum(packet[14:])
		if r, err := e.Run(packet); err != nil || !bytes.Equal(r.Packet, want) {
			t.Fatalf("tc makes\n%x, %v, want\n%x of\n%x", r.Packet, err, want, packet)
		}
		if got, sum := e.m.Sum%0xffff, nativeSum(want[14:])%0xffff; got != sum {
			t.Fatalf("the kernel's sum is %#x, but that of the packet %#x:\n%x was\n%x", got, sum, want, packet)
		}
		partial(t, e.m, packet, want)
	}
	if changed < 2500 {
		t.Errorf("only %d packets are changed", changed)
	}
}

// partial runs a packet whose TCP or UDP checksum is left to the network card.
func partial(t *testing.T, m *eval.Machine, packet, want []byte) {
	t.Helper()
	at := sumAt(packet)
	if at == 0 {
		return
	}
	packet, want = bytes.Clone(packet), bytes.Clone(want)
	left := binary.BigEndian.Uint16(packet[at:]) > 0
	if left {
		binary.BigEndian.PutUint16(packet[at:], pseudoSum(packet))
		binary.BigEndian.PutUint16(want[at:], pseudoSum(want))
	}
	m.Partial, m.Packet, m.Linear, m.Sum = left, packet, len(packet), 0
	if _, err := m.Run(); err != nil || !bytes.Equal(m.Packet, want) {
		t.Fatalf("with a checksum that is left to the card, tc makes\n%x, %v, want\n%x", m.Packet, err, want)
	}
}

// sumAt is where the checksum of TCP or UDP lies, 0 if there is none.
func sumAt(packet []byte) int {
	proto, at := packet[14+6], 14+40
	if packet[12] == 0x08 {
		proto, at = packet[14+9], 14+int(packet[14]&15)*4
	}
	switch proto {
	case 6:
		return at + 16
	case 17:
		return at + 6
	}
	return 0
}

// pseudoSum is the sum of a pseudo header, never 0.
func pseudoSum(packet []byte) uint16 {
	addrs, length, proto := packet[14+8:14+40], len(packet)-14-40, packet[14+6]
	if packet[12] == 0x08 {
		addrs, length, proto = packet[14+12:14+20], len(packet)-14-int(packet[14]&15)*4, packet[14+9]
	}
	sum := uint64(proto) + uint64(length)
	for i, b := range addrs {
		sum += uint64(b) << (8 * (1 - i%2))
	}
	if sum %= 0xffff; sum == 0 {
		sum = 0xffff
	}
	return uint16(sum)
}

// nativeSum is the sum of a packet's words as the machine loads them.
func nativeSum(b []byte) (sum uint64) {
	for i, c := range b {
		sum += uint64(c) << (8 * (i % 2))
	}
	return sum
}

// summedPacket is a packet with right checksums. Its lengths are right too.
func summedPacket(t *testing.T, rng *rand.Rand) []byte {
	t.Helper()
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	eth := &layers.Ethernet{SrcMAC: random(6), DstMAC: random(6), EthernetType: layers.EthernetTypeIPv4}
	var stack []gopacket.SerializableLayer
	var network gopacket.NetworkLayer
	proto := []layers.IPProtocol{layers.IPProtocolTCP, layers.IPProtocolUDP, layers.IPProtocolICMPv4}[rng.IntN(3)]
	if rng.IntN(2) == 0 {
		if proto == layers.IPProtocolICMPv4 {
			proto = layers.IPProtocolICMPv6
		}
		ip := &layers.IPv6{Version: 6, HopLimit: byte(rng.Uint32()), NextHeader: proto, SrcIP: random(16), DstIP: random(16)}
		eth.EthernetType, network, stack = layers.EthernetTypeIPv6, ip, append(stack, ip)
	} else {
		ip := &layers.IPv4{Version: 4, TTL: byte(rng.Uint32()), Protocol: proto, SrcIP: random(4), DstIP: random(4)}
		if rng.IntN(4) == 0 {
			ip.Options = []layers.IPv4Option{{OptionType: 1}, {OptionType: 1}, {OptionType: 1}, {OptionType: 1}}
		}
		network, stack = ip, append(stack, ip)
	}
	switch proto {
	case layers.IPProtocolTCP:
		tcp := &layers.TCP{SrcPort: layers.TCPPort(rng.Uint32()), DstPort: 80, Seq: rng.Uint32(), SYN: true, Window: 9}
		for range rng.IntN(3) {
			tcp.Options = append(tcp.Options, layers.TCPOption{OptionType: 2, OptionLength: 4, OptionData: random(2)})
		}
		stack = append(stack, tcp)
	case layers.IPProtocolUDP:
		stack = append(stack, &layers.UDP{SrcPort: layers.UDPPort(rng.Uint32()), DstPort: 53})
	case layers.IPProtocolICMPv4:
		stack = append(stack, &layers.ICMPv4{TypeCode: 0x0800, Id: uint16(rng.Uint32()), Seq: 7})
	default:
		stack = append(stack, &layers.ICMPv6{TypeCode: 0x8000}, gopacket.Payload(random(4)))
	}
	stack = append(stack, gopacket.Payload(random(30+rng.IntN(40))))
	return serialized(t, network, append([]gopacket.SerializableLayer{eth}, stack...))
}

// summed is a packet with its checksums computed again, but for one of UDP that isn't there.
func summed(packet []byte) []byte {
	packet = bytes.Clone(packet)
	ip := packet[14:]
	addrs, proto, next := ip[8:40], ip[6], 40
	if packet[12] == 0x08 {
		addrs, proto, next = ip[12:20], ip[9], int(ip[0]&15)*4
		setSum(ip[:next], 10)
	}
	pseudo := binary.BigEndian.AppendUint32(bytes.Clone(addrs), uint32(len(ip)-next))
	pseudo = append(pseudo, 0, 0, 0, proto)
	switch at := map[byte]int{1: 2, 6: 16, 17: 6, 58: 2}[proto]; {
	case proto == 17 && binary.BigEndian.Uint16(ip[next+at:]) == 0:
	case proto == 1:
		setSum(ip[next:], at)
	default:
		setSum(ip[next:], at, pseudo...)
		if sum := ip[next+at:]; proto == 17 && sum[0]|sum[1] == 0 {
			sum[0], sum[1] = 0xff, 0xff
		}
	}
	return packet
}

// setSum computes the checksum of bytes, which lies among them, and of what comes before.
func setSum(b []byte, at int, before ...byte) {
	b[at], b[at+1] = 0, 0
	binary.BigEndian.PutUint16(b[at:], gopacket.FoldChecksum(gopacket.ComputeChecksum(b, gopacket.ComputeChecksum(before, 0))))
}

func serialized(t *testing.T, network gopacket.NetworkLayer, stack []gopacket.SerializableLayer) []byte {
	t.Helper()
	for _, l := range stack {
		if l, ok := l.(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := l.SetNetworkLayerForChecksum(network); err != nil {
				t.Fatal(err)
			}
		}
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, stack...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(buf.Bytes())
}

// TestRewriteOfKnownParity looks for what a rewrite on tc needs only where an offset may be odd.
func TestRewriteOfKnownParity(t *testing.T) {
	m := Module(program(t, "pipeline p tc"+rewritingSource), Options{})
	calls := 0
	for _, b := range m.Funcs[0].Blocks {
		for _, v := range b.Insts {
			if v.Op == ir.CsumL4 {
				calls++
			}
			if v.Op == ir.Shl && v.Args[1].Op == ir.Const && v.Args[1].Imm == 63 {
				t.Errorf("%s: %s tests whether an offset is even, which is known", v.Span, v.Long())
			}
		}
	}
	if calls < 9 {
		t.Errorf("%d checksums are changed by the kernel", calls)
	}
}

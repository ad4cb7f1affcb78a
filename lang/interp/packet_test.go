package interp_test

import (
	"bytes"
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// built builds the first packet of the first test.
func built(t *testing.T, packet string) []byte {
	t.Helper()
	p := xdp(t, `stage s { pass } header mine { n u8; pad u8 } length n * 2 test "x" { packet `+packet+` }`)
	b, err := interp.BuildPacket(p, p.Tests[0].Steps[0].(*syntax.TestPacket))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serialized is what another implementation makes of the same layers, padded to the 60 bytes of an
// Ethernet frame.
func serialized(t *testing.T, ls ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, ls...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A network layer of gopacket, as far as checksums are concerned.
type network interface {
	gopacket.SerializableLayer
	gopacket.NetworkLayer
}

func TestBuildPacketAgainstGopacket(t *testing.T) {
	hw := func(s string) net.HardwareAddr { h, _ := net.ParseMAC(s); return h }
	eth := func(typ layers.EthernetType) *layers.Ethernet {
		return &layers.Ethernet{SrcMAC: hw("02:00:00:00:00:01"), DstMAC: hw("02:00:00:00:00:02"), EthernetType: typ}
	}
	const ethernet = "ethernet{src: 02:00:00:00:00:01, dst: 02:00:00:00:00:02} "
	v4 := func(proto layers.IPProtocol) network {
		return &layers.IPv4{Version: 4, TTL: 64, Protocol: proto, SrcIP: net.IP{192, 0, 2, 7}, DstIP: net.IP{10, 1, 2, 3}}
	}
	const ipv4 = "ipv4{src: 192.0.2.7, dst: 10.1.2.3} "
	v6 := func(proto layers.IPProtocol) network {
		return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto,
			SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("fe80::2")}
	}
	const ipv6 = "ipv6{src: 2001:db8::1, dst: fe80::2} "
	tcp := func(ip network) *layers.TCP {
		l := &layers.TCP{SrcPort: 40000, DstPort: 22, Seq: 7, SYN: true, Window: 1000}
		_ = l.SetNetworkLayerForChecksum(ip)
		return l
	}
	udp := func(ip network) *layers.UDP {
		l := &layers.UDP{SrcPort: 1000, DstPort: 53}
		_ = l.SetNetworkLayerForChecksum(ip)
		return l
	}
	payload := gopacket.Payload("odd")
	ip4tcp, ip4udp, ip6tcp, ip6udp, ip6icmp := v4(6), v4(17), v6(6), v6(17), v6(58)
	icmp6 := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}
	_ = icmp6.SetNetworkLayerForChecksum(ip6icmp)
	tests := []struct {
		name, packet string
		want         []byte
	}{
		{"tcp", ethernet + ipv4 + "tcp{sport: 40000, dport: 22, seq: 7, syn: true, window: 1000}",
			serialized(t, eth(0x0800), ip4tcp, tcp(ip4tcp))},
		{"tcp with data", ethernet + ipv4 + `tcp{sport: 40000, dport: 22, seq: 7, syn: true, window: 1000} payload "odd"`,
			serialized(t, eth(0x0800), ip4tcp, tcp(ip4tcp), payload)},
		{"udp", ethernet + ipv4 + `udp{sport: 1000, dport: 53} payload "odd"`,
			serialized(t, eth(0x0800), ip4udp, udp(ip4udp), payload)},
		{"tcp over ipv6", ethernet + ipv6 + `tcp{sport: 40000, dport: 22, seq: 7, syn: true, window: 1000} payload "odd"`,
			serialized(t, eth(0x86dd), ip6tcp, tcp(ip6tcp), payload)},
		{"udp over ipv6", ethernet + ipv6 + "udp{sport: 1000, dport: 53}",
			serialized(t, eth(0x86dd), ip6udp, udp(ip6udp))},
		{"icmp", ethernet + ipv4 + `icmp{type: 8, rest: 0x00010002} payload "odd"`,
			serialized(t, eth(0x0800), v4(1), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 2}, payload)},
		{"icmp6", ethernet + ipv6 + `icmp6{type: 128, rest: 0x00010002}`,
			serialized(t, eth(0x86dd), ip6icmp, icmp6, gopacket.Payload("\x00\x01\x00\x02"))},
		{"vlan", ethernet + "vlan{id: 5, pcp: 3} " + ipv4 + "udp{sport: 1000, dport: 53}",
			serialized(t, eth(0x8100), &layers.Dot1Q{VLANIdentifier: 5, Priority: 3, Type: 0x0800}, ip4udp, udp(ip4udp))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := built(t, test.packet)
			got = append(got, make([]byte, max(0, 60-len(got)))...)
			if !bytes.Equal(got, test.want) {
				t.Errorf("got\n%x, want\n%x", got, test.want)
			}
		})
	}
}

func TestBuildPacketByHand(t *testing.T) {
	const zeros12 = "000000000000000000000000"
	tests := []struct{ name, packet, want string }{
		{"defaults", "ethernet{} ipv4{}", zeros12 + "0800 45000014 00000000 4000 7aeb 00000000 00000000"},
		{"nothing follows", "ethernet{}", zeros12 + "0000"},
		{"payload alone", `payload "\x01\xff\n"`, "01ff0a"},
		{"what is given stays", "ethernet{type: 5} ipv4{version: 3, ihl: 5, len: 9, ttl: 0, proto: 200, checksum: 1}",
			zeros12 + "0005 35000009 00000000 00c8 0001 00000000 00000000"},
		{"what is given as zero stays", "udp{len: 0, checksum: 0}", "0000000000000000"},
		{"options are zero", "ipv4{ihl: 6}", "46000018 00000000 4000 79e7 00000000 00000000 00000000"},
		{"a length below the fixed part", "ipv4{ihl: 1, checksum: 0}", "41000014 00000000 4000 0000 00000000 00000000"},
		{"a header of one's own", "mine{n: 3} mine{}", "0300 00000000 0000"},
		{"arp", "ethernet{} arp{op: 1, target_ip: 192.0.2.7}",
			zeros12 + "0806 0000 0000 00 00 0001 000000000000 00000000 000000000000 c0000207"},
		{"a tunnel", "ipv4{} ipv6{}", "4500003c 00000000 4029 7a9a 00000000 00000000 60000000 0000 0040" +
			"00000000000000000000000000000000 00000000000000000000000000000000"},
		// The pseudo header is that of the IP header next to it: 4 + 4 + 6 + 20 + 0x5000 + 0xffe0.
		{"a checksum in a tunnel", "ipv6{len: 0, src: 1::, next: 4} ipv4{src: 0.4.0.4, checksum: 0} tcp{window: 0xffe0}",
			"60000000 0000 0440 00010000000000000000000000000000 00000000000000000000000000000000" +
				"45000028 00000000 4006 0000 00040004 00000000 0000 0000 00000000 00000000 5000 ffe0 affc 0000"},
		// The outer sum is made when the inner header is complete: that sums up to 0xffff.
		{"checksums from inside out", "ipv4{checksum: 0} udp{dport: 4789} vxlan{flags: 8, vni: 5} ethernet{} ipv4{}",
			"45000046 00000000 4011 0000 00000000 00000000 0000 12b5 0032 d7d5 08000000 00000500" +
				zeros12 + "0800 45000014 00000000 4000 7aeb 00000000 00000000"},
		// Header and pseudo header sum to 0xffff, whose complement is 0: that is written as 0xffff.
		{"a udp checksum is never zero", "ipv4{proto: 17, checksum: 0} udp{sport: 0xffde, len: 8}",
			"4500001c 00000000 4011 0000 00000000 00000000 ffde 0000 0008 ffff"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := built(t, test.packet); !bytes.Equal(got, unhex(test.want)) {
				t.Errorf("got\n%x, want\n%x", got, unhex(test.want))
			}
		})
	}
}

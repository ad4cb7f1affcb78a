package interp

import (
	"encoding/binary"
	"slices"
)

// fixedFields are derived fields that depend on nothing else, by header.
var fixedFields = map[string]map[string]uint64{
	"ipv4": {"version": 4, "ihl": 5, "ttl": 64},
	"ipv6": {"version": 6, "hops": 64},
	"tcp":  {"offset": 5},
}

// etherTypes are the values of ethernet.type, vlan.type and gre.type before each header.
var etherTypes = map[string]uint64{
	"ipv4": etherIPv4, "arp": 0x0806, "vlan": 0x8100, "ipv6": etherIPv6, "mpls": 0x8847, "ethernet": 0x6558,
}

// protocols are the values of ipv4.proto and ipv6.next before each header.
var protocols = map[string]uint64{
	"icmp": 1, "ipv4": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "icmp6": 58, "mpls": 137,
}

// deriveFields fills the types and lengths of a layer.
func (pkt *testPacket) deriveFields(i int) {
	l, next := pkt.layers[i], pkt.name(i+1)
	b := pkt.bytes[l.start:]
	switch pkt.name(i) {
	case "ethernet", "vlan", "gre":
		l.derive(b, "type", etherTypes[next])
	case "ipv4":
		l.derive(b, "len", uint64(len(b)))
		l.derive(b, "proto", protocols[next])
	case "ipv6":
		l.derive(b, "len", uint64(len(pkt.bytes)-l.end))
		l.derive(b, "next", protocols[next])
	case "udp":
		l.derive(b, "len", uint64(len(b)))
	}
}

// deriveChecksum fills the checksum of a layer. Inner layers come first, for outer checksums may cover them.
func (pkt *testPacket) deriveChecksum(i int) {
	l := pkt.layers[i]
	b := pkt.bytes[l.start:]
	l.derive(b, "checksum", 0)
	switch pkt.name(i) {
	case "ipv4":
		l.derive(b, "checksum", checksum(pkt.bytes[l.start:l.end]))
	case "icmp":
		l.derive(b, "checksum", checksum(b))
	case "tcp", "icmp6":
		l.derive(b, "checksum", checksum(pkt.pseudo(i), b))
	case "udp":
		sum := checksum(pkt.pseudo(i), b)
		if sum == 0 {
			sum = 0xffff // zero would say that there is no checksum
		}
		l.derive(b, "checksum", sum)
	}
}

// name is that of a layer's header, "" beyond the last.
func (pkt *testPacket) name(i int) string {
	if i >= len(pkt.layers) {
		return ""
	}
	return pkt.layers[i].header.Type.Name
}

// pseudo is the pseudo header of a transport layer: that of the nearest IP header before it.
func (pkt *testPacket) pseudo(i int) []byte {
	size := uint32(len(pkt.bytes) - pkt.layers[i].start)
	proto := byte(protocols[pkt.name(i)])
	for j := range slices.Backward(pkt.layers[:i]) {
		ip := pkt.bytes[pkt.layers[j].start:]
		switch pkt.name(j) {
		case "ipv4":
			return append(slices.Clone(ip[12:20]), 0, proto, byte(size>>8), byte(size))
		case "ipv6":
			b := binary.BigEndian.AppendUint32(slices.Clone(ip[8:40]), size)
			return append(b, 0, 0, 0, proto)
		}
	}
	return nil
}

// checksum is the Internet checksum of RFC 1071 over parts of which all but the last have an even length.
func checksum(parts ...[]byte) uint64 {
	var sum uint64
	for _, b := range parts {
		for i, c := range b {
			sum += uint64(c) << (8 * (1 - i%2))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return sum ^ 0xffff
}

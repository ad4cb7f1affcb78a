package oracle

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/lang/types"
)

// A layer is a header of a packet and where it starts.
type layer struct {
	header *types.Header
	at     int
}

// transports are the protocols of headers whose checksum covers a pseudo header, and 0 for the one whose doesn't.
var transports = map[string]byte{"tcp": 6, "udp": 17, "icmp6": 58, "icmp": 0}

// sum fills in checksums, most of them right, from the innermost outwards.
func (t *traffic) sum(packet []byte, layers []layer) {
	for i := len(layers) - 1; i >= 0; i-- {
		name, at := layers[i].header.Name, layers[i].at
		proto, transport := transports[name]
		if !transport && name != "ipv4" || t.IntN(6) == 0 {
			continue
		}
		f := layers[i].header.Field("checksum")
		field := packet[at+f.BitOffset/8:][:2]
		clear(field)
		if name == "udp" && t.IntN(4) == 0 {
			continue // there is none
		}
		covered := packet[at:]
		if name == "ipv4" {
			covered = covered[:20]
		}
		sum := ^internetSum(pseudoHeader(packet, layers[:i], proto), covered)
		if sum == 0 && name == "udp" {
			sum = 0xffff
		}
		binary.BigEndian.PutUint16(field, sum)
	}
}

// pseudoHeader is that of a transport header behind some layers.
func pseudoHeader(packet []byte, before []layer, proto byte) []byte {
	if len(before) == 0 || proto == 0 {
		return nil
	}
	ip := packet[before[len(before)-1].at:]
	switch before[len(before)-1].header.Name {
	case "ipv4":
		return append(append([]byte(nil), ip[12:20]...), 0, proto)
	case "ipv6":
		return append(append([]byte(nil), ip[8:40]...), 0, proto)
	}
	return nil
}

// internetSum is the sum of RFC 1071 over parts of which all but the last have an even length.
func internetSum(parts ...[]byte) uint16 {
	sum := uint32(0)
	for _, b := range parts {
		for i, c := range b {
			sum += uint32(c) << (8 * (1 - i%2))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

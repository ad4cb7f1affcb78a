package kernel

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/tcc-bpf/tcc/runtime"
)

// generated are a few hundred packets that lead into every corner of the example pipelines: TCP, UDP and others over
// IPv4, with and without options, VLAN tags and fragments; IPv6; and the same cut short at every length.
func generated(pipelineType string) (packets [][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	keep := func(p []byte) {
		if p = asSeen(pipelineType, p); runtime.CheckTestPacket(pipelineType, p) == nil {
			packets = append(packets, p)
		}
	}
	for range 400 {
		keep(randomPacket(r))
	}
	for range 3 {
		whole := randomPacket(r)
		for n := range whole {
			keep(whole[:n])
		}
	}
	return packets
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomPacket(r *rand.Rand) []byte {
	p := make([]byte, 12, 200)
	if r.IntN(6) == 0 {
		p = binary.BigEndian.AppendUint16(p, pick(r, uint16(0x8100), 0x88a8))
		p = binary.BigEndian.AppendUint16(p, uint16(r.IntN(4096)))
	}
	if r.IntN(8) == 0 {
		return ipv6(r, binary.BigEndian.AppendUint16(p, 0x86dd))
	}
	if r.IntN(20) == 0 {
		return append(binary.BigEndian.AppendUint16(p, 0x0806), make([]byte, 46)...)
	}
	return ipv4(r, binary.BigEndian.AppendUint16(p, 0x0800))
}

func ipv4(r *rand.Rand, p []byte) []byte {
	proto := pick[byte](r, 6, 6, 6, 17, 17, 1, 47)
	ihl := pick(r, 5, 5, 5, 6, 15, 4)
	h := make([]byte, max(ihl, 5)*4)
	h[0] = 0x40 | byte(ihl)
	h[9] = proto
	if r.IntN(10) == 0 {
		h[7] = 100 // a later fragment
	}
	copy(h[12:], pick(r, []byte{10, 0, 0, 1}, []byte{10, 20, 10, 7}, []byte{10, 20, 99, 1}, []byte{10, 30, 1, 9},
		[]byte{192, 0, 2, 7}, []byte{203, 0, 113, 9}, []byte{10, 20, 0, byte(r.IntN(3))}))
	copy(h[16:], pick(r, []byte{10, 0, 0, 53}, []byte{10, 1, 2, 3}, []byte{10, 0, 7, 1}, []byte{198, 51, 100, 1}, []byte{10, 30, 0, 1}, []byte{10, 0, 8, 10}))
	return transport(r, append(p, h...), proto)
}

func ipv6(r *rand.Rand, p []byte) []byte {
	h := make([]byte, 40)
	h[0], h[6] = 0x60, 17
	copy(h[8:], pick(r, []byte{0x20, 1, 0x0d, 0xb8}, []byte{0xfe, 0x80}))
	return transport(r, append(p, h...), 17)
}

func transport(r *rand.Rand, p []byte, proto byte) []byte {
	ports := binary.BigEndian.AppendUint16(nil, uint16(1000+r.IntN(3)))
	ports = binary.BigEndian.AppendUint16(ports, pick[uint16](r, 22, 53, 80, 443, 445, 5060, 20000, 3478, 3389, 8080, 1024, 1023))
	switch proto {
	case 6:
		h := append(ports, make([]byte, 16)...)
		h[12] = pick[byte](r, 0x50, 0x50, 0x60, 0xf0, 0x40)
		h[13] = pick[byte](r, 0x02, 0x10, 0x18, 0x12, 0x01)
		return append(append(p, h...), make([]byte, r.IntN(60))...)
	case 17:
		return append(append(p, ports...), make([]byte, 4+r.IntN(30))...)
	}
	return append(p, make([]byte, r.IntN(40))...)
}

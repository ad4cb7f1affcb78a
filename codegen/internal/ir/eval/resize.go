package eval

import (
	"encoding/binary"
	"slices"
)

// What the kernel asks of packets that are resized, as lang/interp has it.
const (
	headroom    = 216
	etherHeader = 14
)

// resize changes the length of the packet by n and returns 0 or an error number. What comes in is noise.
func (m *Machine) resize(n int64) uint64 {
	at, least := int64(0), int64(etherHeader)
	if m.Module.ProgType == "tc" {
		at = etherHeader
		switch wire := m.Ctx["protocol"]; binary.BigEndian.Uint16([]byte{byte(wire), byte(wire >> 8)}) {
		case 0x0800:
			least += 20
		case 0x86dd:
			least += 40
		default:
			return errno(524)
		}
	} else if n > int64(m.room) {
		return errno(22)
	}
	if n < 0 && int64(len(m.Packet))+n < least {
		return errno(22)
	}
	if n < 0 {
		m.Packet = slices.Delete(m.Packet, int(at), int(at-n))
	} else {
		m.Packet = slices.Insert(m.Packet, int(at), slices.Repeat([]byte{0xa5}, int(n))...)
	}
	m.room -= int(n)
	m.Linear = max(0, m.Linear+int(n))
	return 0
}

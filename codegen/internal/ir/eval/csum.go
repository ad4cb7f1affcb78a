package eval

import (
	"encoding/binary"
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// Numbers that mean the same to the Internet checksum are equal modulo ones16. Here words are in native byte order, as
// the kernel adds them up.
const ones16 = 0xffff

// csumL4 does what the kernel does with bpf_l4_csum_replace for a difference.
func (m *Machine) csumL4(v *ir.Value, off int64, by uint64) error {
	off += v.Imm
	if off%2 != 0 || off+2 > int64(len(m.Packet)) {
		return fmt.Errorf("%s: no checksum can lie at %d", v.Long(), off)
	}
	flags, field := v.CsumFlags(), m.Packet[off:]
	old := uint64(binary.LittleEndian.Uint16(field))
	if flags.Optional && old == 0 {
		return nil
	}
	now := old
	switch {
	case !m.Partial:
		now = ones16 - folded(ones16-old+by)
		if flags.Pseudo {
			m.Sum += ones16 - by%ones16
		}
	case flags.Pseudo:
		now = folded(old + by)
	}
	if flags.Optional && now == 0 {
		now = ones16
	}
	binary.LittleEndian.PutUint16(field, uint16(now))
	m.Linear = max(m.Linear, int(off+2))
	return nil
}

// folded is the sum in 1 to ones16.
func folded(sum uint64) uint64 {
	if sum %= ones16; sum > 0 {
		return sum
	}
	return ones16
}

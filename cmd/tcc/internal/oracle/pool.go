package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// A pool holds the constants of one program. They are few, so that equal ones meet.
type pool struct {
	numbers  []uint64
	ip4, ip6 []netip.Addr
	macs     []string
}

// edges are numbers at which something may change: powers of two, the ends of types, and those beside them.
var edges = []uint64{0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000,
	math.MaxInt32, 1 << 31, math.MaxUint32, 1 << 32, math.MaxInt64, 1 << 63, math.MaxUint64 - 1, math.MaxUint64}

// wellKnown are numbers that headers of the prelude hold: EtherTypes, protocols, ports.
var wellKnown = []uint64{0x0800, 0x86dd, 0x8100, 0x0806, 1, 6, 17, 58, 22, 53, 80, 443}

func newPool(r *rand.Rand) pool {
	var p pool
	for range 3 + r.IntN(5) {
		p.numbers = append(p.numbers, r.Uint64()>>r.IntN(64), wellKnown[r.IntN(len(wellKnown))])
	}
	for range 3 {
		p.ip4 = append(p.ip4, netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.Uint32()), byte(r.IntN(4))}))
		b := [16]byte{0x20, 1, 0xd, 0xb8, 5: byte(r.IntN(3)), 9: byte(r.Uint32()), 15: byte(r.IntN(4))}
		p.ip6 = append(p.ip6, netip.AddrFrom16(b))
		p.macs = append(p.macs, fmt.Sprintf("02:00:%02x:00:00:%02x", r.IntN(256), r.IntN(4)))
	}
	return p
}

// maxOf is the largest unsigned number of so many bits.
func maxOf(bits int) uint64 { return math.MaxUint64 >> (64 - bits) }

// number is a constant of at most so many bits.
func (p *pool) number(r *rand.Rand, bits int) uint64 {
	var k uint64
	switch r.IntN(8) {
	case 0, 1, 2:
		k = pick(r, p.numbers)
	case 3, 4:
		k = pick(r, edges)
	case 5:
		k = maxOf(bits) - uint64(r.IntN(3))
	default:
		k = uint64(r.IntN(12))
	}
	return k & maxOf(bits)
}

// small is a constant that other small ones often equal.
func (p *pool) small(r *rand.Rand) uint64 { return uint64(r.IntN(3)) }

// prefix is a prefix of an address, whose other bits are clear.
func prefix(r *rand.Rand, a netip.Addr) netip.Prefix {
	bits := pick(r, []int{0, 1, 7, 8, 9, 15, 16, 23, 24, 25, 31, 32})
	if a.Is6() {
		bits = pick(r, []int{0, 1, 16, 31, 32, 33, 48, 63, 64, 65, 96, 97, 127, 128})
	}
	p, _ := a.Prefix(bits) // the length is one of the address's
	return p
}

// written is a number as a literal: decimal, hexadecimal or binary.
func written(r *rand.Rand, k uint64) string {
	switch {
	case k > 9 && r.IntN(3) == 0:
		return fmt.Sprintf("0x%x", k)
	case k > 9999 && r.IntN(4) == 0:
		s := fmt.Sprint(k)
		return s[:len(s)-3] + "_" + s[len(s)-3:]
	case k < 64 && r.IntN(12) == 0:
		return fmt.Sprintf("0b%b", k)
	}
	return fmt.Sprint(k)
}

// pick is one of some.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// commas joins what is in a list.
func commas(list []string) string { return strings.Join(list, ", ") }

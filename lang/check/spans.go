package check

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Patterns are compared as intervals of 128-bit numbers: integers, bools and enums by value, addresses by their
// bytes, most significant first. A prefix is an interval like any other.

// A key is a value as a 128-bit number.
type key struct{ hi, lo uint64 }

func (k key) compare(l key) int {
	return cmp.Or(cmp.Compare(k.hi, l.hi), cmp.Compare(k.lo, l.lo))
}

// next is k + 1; it wraps.
func (k key) next() key {
	k.lo++
	if k.lo == 0 {
		k.hi++
	}
	return k
}

// previous is k - 1; it wraps.
func (k key) previous() key {
	if k.lo == 0 {
		k.hi--
	}
	k.lo--
	return k
}

// append adds the bytes of k to b.
func (k key) append(b []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, k.hi), k.lo)
}

// keyOf is the number of a scalar constant; of a prefix, that of its first address.
func keyOf(k *Const) key {
	switch k.Type {
	case types.IP4, types.IP6:
		b := k.Addr.As16()
		if k.Type == types.IP4 {
			return key{lo: uint64(binary.BigEndian.Uint32(b[12:]))}
		}
		return key{binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])}
	case types.MAC:
		var b [8]byte
		copy(b[2:], k.MAC[:])
		return key{lo: binary.BigEndian.Uint64(b[:])}
	}
	return key{lo: k.Int}
}

// constant is the value of type t that has the number k.
func (k key) constant(t types.Type) *Const {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], k.hi)
	binary.BigEndian.PutUint64(b[8:], k.lo)
	switch t {
	case types.IP4:
		return &Const{Type: t, Addr: netip.AddrFrom4([4]byte(b[12:]))}
	case types.IP6:
		return &Const{Type: t, Addr: netip.AddrFrom16(b)}
	case types.MAC:
		return &Const{Type: t, MAC: [6]byte(b[10:])}
	}
	return &Const{Type: t, Int: k.lo}
}

// A span is an interval of keys, both ends included.
type span struct{ lo, hi key }

func (s span) contains(k key) bool { return s.lo.compare(k) <= 0 && k.compare(s.hi) <= 0 }

func (s span) covers(t span) bool { return s.contains(t.lo) && s.contains(t.hi) }

// spanOf is the interval of a constant: one value, or all of a prefix.
func spanOf(k *Const) span {
	s := span{keyOf(k), keyOf(k)}
	if k.IsPrefix {
		s.hi = s.hi.or(ones(bitsOf(k.Type) - k.Bits))
	}
	return s
}

// whole is the interval of all values of a type's size.
func whole(t types.Type) span { return span{hi: ones(bitsOf(t))} }

func bitsOf(t types.Type) int {
	if t == types.Bool {
		return 1
	}
	return 8 * t.Size()
}

// ones is the number of n low ones.
func ones(n int) key {
	switch {
	case n == 0:
		return key{}
	case n <= 64:
		return key{lo: maxOf(n)}
	}
	return key{maxOf(n - 64), maxInt}
}

func (k key) or(l key) key { return key{k.hi | l.hi, k.lo | l.lo} }

// A spanSet is a set of keys: disjoint intervals that don't touch, in order.
type spanSet []span

// covers reports whether all of s is in the set.
func (set spanSet) covers(s span) bool {
	i := set.find(s.lo)
	return i < len(set) && set[i].covers(s)
}

// find is the first interval that ends at k or beyond.
func (set spanSet) find(k key) int {
	i, _ := slices.BinarySearchFunc(set, k, func(s span, k key) int { return s.hi.compare(k) })
	return i
}

// add is the set with s in it; intervals that touch are joined.
func (set spanSet) add(s span) spanSet {
	i := set.find(s.lo)
	if i > 0 && set[i-1].hi.next() == s.lo {
		i--
	}
	j := i
	for j < len(set) && (set[j].lo.compare(s.hi) <= 0 || s.hi.next() == set[j].lo) {
		s.lo = minKey(s.lo, set[j].lo)
		s.hi = maxKey(s.hi, set[j].hi)
		j++
	}
	return slices.Replace(set, i, j, s)
}

func minKey(a, b key) key {
	if a.compare(b) <= 0 {
		return a
	}
	return b
}

func maxKey(a, b key) key {
	if a.compare(b) >= 0 {
		return a
	}
	return b
}

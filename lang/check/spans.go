package check

import (
	"cmp"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Patterns are compared as intervals of 128-bit numbers: integers, bools and enums by value (signed ones with a bias),
// addresses by their bytes, most significant first. A prefix is an interval like any other.

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
	return key{lo: k.Int ^ bias(k.Type)}
}

// bias is what brings the numbers of a signed type in order: the negative ones come first.
func bias(t types.Type) uint64 {
	if i := intOf(t); i != nil && i.Signed {
		return 1 << 63
	}
	return 0
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
	return &Const{Type: t, Int: k.lo ^ bias(t)}
}

// A span is an interval of keys, both ends included.
type span struct{ lo, hi key }

func (s span) contains(k key) bool { return s.lo.compare(k) <= 0 && k.compare(s.hi) <= 0 }

func (s span) covers(t span) bool { return s.contains(t.lo) && s.contains(t.hi) }

// text is the interval for people, a single value or a range.
func (s span) text(t types.Type) string {
	if s.lo == s.hi {
		return s.lo.text(t)
	}
	return s.lo.text(t) + ".." + s.hi.text(t)
}

// text is the value of type t that has the number k, as it is written.
func (k key) text(t types.Type) string {
	v := k.constant(t)
	switch e, isEnum := t.(*types.Enum); {
	case t == types.IP4 || t == types.IP6:
		return v.Addr.String()
	case t == types.MAC:
		return net.HardwareAddr(v.MAC[:]).String()
	case t == types.Bool:
		return strconv.FormatBool(v.Int == 1)
	case isEnum:
		i := slices.IndexFunc(e.Members, func(m types.EnumMember) bool { return m.Value == v.Int })
		return e.Name + "." + e.Members[i].Name
	case bias(t) != 0:
		return strconv.FormatInt(int64(v.Int), 10)
	}
	return strconv.FormatUint(v.Int, 10)
}

// spanOf is the interval of a constant: one value, or all of a prefix.
func spanOf(k *Const) span {
	s := span{keyOf(k), keyOf(k)}
	if k.IsPrefix {
		s.hi = s.hi.or(ones(bitsOf(k.Type) - k.Bits))
	}
	return s
}

// whole is the interval of all values of a type's size.
func whole(t types.Type) span {
	if i := intOf(t); i != nil && i.Signed {
		low := key{lo: 1<<63 - 1<<(i.Bits-1)}
		return span{low, key{lo: 1<<63 - 1 + 1<<(i.Bits-1)}}
	}
	return span{hi: ones(bitsOf(t))}
}

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

// setOf is the set of all keys in some intervals.
func setOf(spans []span) spanSet {
	if len(spans) == 1 {
		return spans
	}
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return a.lo.compare(b.lo) })
	set := spans[:0]
	for _, s := range spans {
		if n := len(set); n > 0 && (set[n-1].contains(s.lo) || set[n-1].hi.next() == s.lo) {
			set[n-1].hi = maxKey(set[n-1].hi, s.hi)
		} else {
			set = append(set, s)
		}
	}
	return set
}

func maxKey(a, b key) key {
	if a.compare(b) >= 0 {
		return a
	}
	return b
}

// covers reports whether all of s is in the set.
func (set spanSet) covers(s span) bool {
	i, _ := slices.BinarySearchFunc(set, s.lo, func(s span, k key) int { return s.hi.compare(k) })
	return i < len(set) && set[i].covers(s)
}

// A cover records which values of a type are taken. The values are cut into cells at the ends of all intervals that
// will be taken, so that each takes whole cells; and each taken cell points on to where a free one may be.
type cover struct {
	starts []key // the first value of each cell, in order
	next   []int // itself for a free cell; one beyond the last cell is always free
}

func newCover(t types.Type, spans []span) *cover {
	c := &cover{starts: cut(t, spans)}
	for i := range len(c.starts) + 1 {
		c.next = append(c.next, i)
	}
	return c
}

// cut lists where cells start, if the values of a type are cut at both ends of intervals.
func cut(t types.Type, spans []span) []key {
	all := whole(t)
	starts := []key{all.lo}
	for _, s := range spans {
		starts = append(starts, s.lo)
		if s.hi != all.hi {
			starts = append(starts, s.hi.next())
		}
	}
	slices.SortFunc(starts, key.compare)
	return slices.Compact(starts)
}

// free is the first free cell from i on.
func (c *cover) free(i int) int {
	for c.next[i] != i {
		c.next[i] = c.next[c.next[i]]
		i = c.next[i]
	}
	return i
}

// take takes an interval, and reports whether any of it was free.
func (c *cover) take(s span) bool {
	i, _ := slices.BinarySearchFunc(c.starts, s.lo, key.compare)
	some := false
	for i = c.free(i); i < len(c.starts) && c.starts[i].compare(s.hi) <= 0; i = c.free(i) {
		c.next[i] = i + 1
		some = true
	}
	return some
}

// left is the first interval that is free; there is one.
func (c *cover) left(t types.Type) span {
	i := c.free(0)
	s := span{c.starts[i], whole(t).hi}
	for i++; i < len(c.starts); i++ {
		if c.free(i) != i {
			s.hi = c.starts[i].previous()
			break
		}
	}
	return s
}

// full reports whether every value is taken.
func (c *cover) full() bool { return c.free(0) == len(c.starts) }

// has reports whether a value is taken.
func (c *cover) has(k key) bool {
	i, found := slices.BinarySearchFunc(c.starts, k, key.compare)
	if !found {
		i--
	}
	return c.next[i] != i
}

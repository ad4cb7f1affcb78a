package interp

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A Value holds one number for each leaf of its type (types.Leaves). Host and Swapped leaves are the numbers the
// program works with, signed ones extended to 64 bits, so that they need no widening; Wire leaves are the big-endian numbers of their bytes.
type Value []uint64

// Zero is the zero value of t.
func Zero(t types.Type) Value { return make(Value, types.NumLeaves(t)) }

// Encode lays v out in memory as C does, on a machine of the given byte order. Padding is zero.
func Encode(t types.Type, v Value, order binary.ByteOrder) []byte {
	b := make([]byte, t.Size())
	for i, leaf := range types.Leaves(t) {
		putUint(b[leaf.Offset:][:leaf.Size], v[i], leafOrder(leaf, order))
	}
	return b
}

// Decode reads the leaves of t from memory. The bytes must be at least as many as t has.
func Decode(t types.Type, b []byte, order binary.ByteOrder) Value {
	v := Zero(t)
	for i, leaf := range types.Leaves(t) {
		v[i] = wrap(getUint(b[leaf.Offset:][:leaf.Size], leafOrder(leaf, order)), leaf)
	}
	return v
}

// leafOrder is the byte order of a leaf in memory: only Host leaves depend on the machine.
func leafOrder(leaf types.Leaf, order binary.ByteOrder) binary.ByteOrder {
	if leaf.Kind == types.Host {
		return order
	}
	return binary.BigEndian
}

func putUint(b []byte, v uint64, order binary.ByteOrder) {
	switch len(b) {
	case 1:
		b[0] = byte(v)
	case 2:
		order.PutUint16(b, uint16(v))
	case 4:
		order.PutUint32(b, uint32(v))
	case 8:
		order.PutUint64(b, v)
	}
}

func getUint(b []byte, order binary.ByteOrder) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	case 8:
		return order.Uint64(b)
	}
	return 0
}

// mask keeps the low bits of x.
func mask(x uint64, bits int) uint64 {
	if bits >= 64 {
		return x
	}
	return x & (1<<bits - 1)
}

// wrap makes x a number of a leaf.
func wrap(x uint64, leaf types.Leaf) uint64 {
	bits := 8 * leaf.Size
	if leaf.Signed {
		return uint64(int64(x<<(64-bits)) >> (64 - bits))
	}
	return mask(x, bits)
}

// field is the part of a struct's value that holds f. It shares memory with v.
func (v Value) field(s *types.Struct, f *types.Field) Value {
	lo := 0
	for i := range s.Fields {
		n := types.NumLeaves(s.Fields[i].Type)
		if s.Fields[i].Name == f.Name {
			return v[lo : lo+n : lo+n]
		}
		lo += n
	}
	return nil
}

// constValue is the value of a constant where a t is wanted.
func constValue(c *check.Const, t types.Type) Value {
	switch t := t.(type) {
	case *types.Array:
		return elemValues(c, t.Len, func(int) types.Type { return t.Elem })
	case *types.Struct:
		return elemValues(c, len(t.Fields), func(i int) types.Type { return t.Fields[i].Type })
	}
	switch t {
	case types.IP4, types.IP6:
		return Decode(t, c.Addr.AsSlice(), binary.BigEndian)
	case types.MAC:
		return Decode(t, c.MAC[:], binary.BigEndian)
	}
	return Value{wrap(c.Int, types.Leaves(t)[0])}
}

// elemValues joins the values of the n parts of a constant; those that aren't there are zero.
func elemValues(c *check.Const, n int, typ func(i int) types.Type) Value {
	var v Value
	for i := range n {
		if i < len(c.Elems) && c.Elems[i] != nil {
			v = append(v, constValue(c.Elems[i], typ(i))...)
		} else {
			v = append(v, Zero(typ(i))...)
		}
	}
	return v
}

// hasPrefix reports whether the first n bits of an address are those of prefix.
func hasPrefix(addr, prefix []byte, n int) bool {
	return slices.Equal(maskBytes(addr, n), maskBytes(prefix, n))
}

// maskBytes is a copy of b with all but the first n bits cleared.
func maskBytes(b []byte, n int) []byte {
	m := make([]byte, len(b))
	for i := range min(n, len(b)*8) {
		m[i/8] |= b[i/8] & (0x80 >> (i % 8))
	}
	return m
}

// Format prints a value the way the language writes it.
func Format(t types.Type, v Value) string {
	switch t := t.(type) {
	case *types.Enum:
		for _, m := range t.Members {
			if m.Value == v[0] {
				return t.Name + "." + m.Name
			}
		}
	case *types.Struct:
		var fields []string
		for i := range t.Fields {
			f := &t.Fields[i]
			fields = append(fields, f.Name+": "+Format(f.Type, v.field(t, f)))
		}
		return t.Name + "{" + strings.Join(fields, ", ") + "}"
	case *types.Array:
		var elems []string
		n := types.NumLeaves(t.Elem)
		for i := range t.Len {
			elems = append(elems, Format(t.Elem, v[i*n:(i+1)*n]))
		}
		return "[" + strings.Join(elems, ", ") + "]"
	case *types.Int:
		if t.Signed {
			return fmt.Sprint(int64(v[0]))
		}
	case *types.Basic:
		return formatBasic(t, v)
	}
	return fmt.Sprint(v[0])
}

func formatBasic(t *types.Basic, v Value) string {
	switch t {
	case types.Bool:
		return fmt.Sprint(v[0] != 0)
	case types.IP4, types.IP6:
		addr, _ := netip.AddrFromSlice(Encode(t, v, binary.BigEndian))
		return addr.String()
	case types.MAC:
		return net.HardwareAddr(Encode(t, v, binary.BigEndian)).String()
	}
	return fmt.Sprint(v[0])
}

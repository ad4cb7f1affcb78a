// Package types holds the types of the language and their layout in memory (C's) and on the wire.
package types

import (
	"fmt"
	"strings"
)

// A Type is the type of a value. Types are compared with Identical; the predeclared ones are singletons.
type Type interface {
	String() string
	Size() int  // bytes in memory
	Align() int // bytes
}

// Int is u8 … u64, i8 … i64. Untyped constants have type Untyped until their context gives them one.
type Int struct {
	Bits   int // 8, 16, 32, 64
	Signed bool
}

// BE is be16, be32, be64: stored big-endian, read and written as an ordinary unsigned integer.
type BE struct{ Bits int }

// Basic is one of the types without parts: bool, ip4, ip6, mac, untyped integer, string (tests only).
type Basic struct {
	name        string
	size, align int
}

// Enum is a named set of constants over an unsigned integer. In memory it is its base.
type Enum struct {
	Name    string
	Base    *Int
	Members []EnumMember
}

// EnumMember is one name of an enum.
type EnumMember struct {
	Name  string
	Value uint64
}

// Struct is a C struct. Padding is always zero.
type Struct struct {
	Name        string
	Fields      []Field // in order, with offsets filled in by NewStruct
	size, align int
}

// Field is a field of a struct or event.
type Field struct {
	Name   string
	Type   Type
	Offset int // bytes
}

// Array is [N]ELEM.
type Array struct {
	Len  int
	Elem Type
}

// Header is a packet header. A value of this type is a view: a place in the packet.
type Header struct {
	Name   string
	Fields []HeaderField
	Fixed  int  // bytes of the fixed part
	HasLen bool // the whole length depends on fields (check.Header has the expression)
}

// HeaderField is a field of a header, in wire order.
type HeaderField struct {
	Name      string
	Type      Type // what reading gives: the smallest uN that holds the bits, or an address
	BitOffset int  // from the start of the header, counted from the most significant bit of byte 0
	Bits      int
}

// MapRef is the type of `v` in `if v := m[k]`: a reference to a value in a map. Never stored, never passed on.
type MapRef struct{ Elem Type }

// The predeclared types.
var (
	U8      = &Int{Bits: 8}
	U16     = &Int{Bits: 16}
	U32     = &Int{Bits: 32}
	U64     = &Int{Bits: 64}
	I8      = &Int{Bits: 8, Signed: true}
	I16     = &Int{Bits: 16, Signed: true}
	I32     = &Int{Bits: 32, Signed: true}
	I64     = &Int{Bits: 64, Signed: true}
	BE16    = &BE{16}
	BE32    = &BE{32}
	BE64    = &BE{64}
	Bool    = &Basic{"bool", 1, 1}
	IP4     = &Basic{"ip4", 4, 4}  // wire order in memory; C's struct in_addr
	IP6     = &Basic{"ip6", 16, 4} // C's struct in6_addr
	MAC     = &Basic{"mac", 6, 1}  // C's unsigned char[6]
	Untyped = &Basic{"integer", 8, 8}
	String  = &Basic{"string", 0, 1}
	Invalid = &Basic{"invalid", 0, 1} // of what is known to be wrong; it silences what would follow
)

// Hop is what a route leads to: the interface to send the packet out of, and what its Ethernet header says then.
var Hop = NewStruct("hop", []Field{{Name: "ifindex", Type: U32}, {Name: "smac", Type: MAC}, {Name: "dmac", Type: MAC}})

// Predeclared are the names every program knows.
var Predeclared = map[string]Type{
	"u8": U8, "u16": U16, "u32": U32, "u64": U64, "i8": I8, "i16": I16, "i32": I32, "i64": I64,
	"be16": BE16, "be32": BE32, "be64": BE64, "bool": Bool, "ip4": IP4, "ip6": IP6, "mac": MAC,
}

func (t *Int) String() string {
	if t.Signed {
		return fmt.Sprintf("i%d", t.Bits)
	}
	return fmt.Sprintf("u%d", t.Bits)
}
func (t *Int) Size() int         { return t.Bits / 8 }
func (t *Int) Align() int        { return t.Bits / 8 }
func (t *BE) String() string     { return fmt.Sprintf("be%d", t.Bits) }
func (t *BE) Size() int          { return t.Bits / 8 }
func (t *BE) Align() int         { return t.Bits / 8 }
func (t *Basic) String() string  { return t.name }
func (t *Basic) Size() int       { return t.size }
func (t *Basic) Align() int      { return t.align }
func (t *Enum) String() string   { return t.Name }
func (t *Enum) Size() int        { return t.Base.Size() }
func (t *Enum) Align() int       { return t.Base.Align() }
func (t *Struct) String() string { return t.Name }
func (t *Struct) Size() int      { return t.size }
func (t *Struct) Align() int     { return t.align }
func (t *Array) String() string  { return fmt.Sprintf("[%d]%s", t.Len, t.Elem) }
func (t *Array) Size() int       { return t.Len * t.Elem.Size() }
func (t *Array) Align() int      { return t.Elem.Align() }
func (t *Header) String() string { return t.Name }

// Size of a view is that of the fixed part on the wire.
func (t *Header) Size() int      { return t.Fixed }
func (t *Header) Align() int     { return 1 }
func (t *MapRef) String() string { return "reference to " + t.Elem.String() }
func (t *MapRef) Size() int      { return t.Elem.Size() }
func (t *MapRef) Align() int     { return t.Elem.Align() }

// NewStruct lays the fields out as C does.
func NewStruct(name string, fields []Field) *Struct {
	s := &Struct{Name: name, Fields: fields, align: 1}
	for i := range fields {
		a := fields[i].Type.Align()
		s.size = alignUp(s.size, a)
		fields[i].Offset = s.size
		s.size += fields[i].Type.Size()
		s.align = max(s.align, a)
	}
	s.size = alignUp(s.size, s.align)
	return s
}

// Field finds a field by name.
func (t *Struct) Field(name string) *Field {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// Field finds a field by name.
func (t *Header) Field(name string) *HeaderField {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// Member finds a member by name.
func (t *Enum) Member(name string) *EnumMember {
	for i := range t.Members {
		if t.Members[i].Name == name {
			return &t.Members[i]
		}
	}
	return nil
}

func alignUp(n, a int) int { return (n + a - 1) / a * a }

// A LeafKind tells how a leaf's bytes relate to its number.
type LeafKind int

// Host leaves are native integers; Wire leaves keep their bytes as they are in memory and on the wire
// (parts of addresses); Swapped leaves are stored big-endian but used as numbers (be16, be32, be64).
const (
	Host LeafKind = iota
	Wire
	Swapped
)

// A Leaf is one scalar of a value in memory. Every value of the language is a list of leaves:
// ip4 is one 4-byte Wire leaf, mac a 4- and a 2-byte Wire leaf, ip6 four 4-byte Wire leaves.
type Leaf struct {
	Path   string // ".flow.src", "" for a scalar
	Offset int    // bytes from the start of the value
	Size   int    // 1, 2, 4 or 8 bytes
	Kind   LeafKind
	Signed bool
}

// Leaves lists the scalars of t in memory order, padding left out.
func Leaves(t Type) []Leaf { return appendLeaves(nil, t, "", 0) }

func appendLeaves(ls []Leaf, t Type, path string, off int) []Leaf {
	leaf := func(size int, k LeafKind, signed bool) {
		ls = append(ls, Leaf{path, off, size, k, signed})
		off += size
	}
	switch t := t.(type) {
	case *Int:
		leaf(t.Size(), Host, t.Signed)
	case *BE:
		leaf(t.Size(), Swapped, false)
	case *Enum:
		leaf(t.Size(), Host, false)
	case *Basic:
		switch t {
		case Bool:
			leaf(1, Host, false)
		case IP4:
			leaf(4, Wire, false)
		case MAC:
			leaf(4, Wire, false)
			leaf(2, Wire, false)
		case IP6:
			for range 4 {
				leaf(4, Wire, false)
			}
		}
	case *Struct:
		for _, f := range t.Fields {
			ls = appendLeaves(ls, f.Type, path+"."+f.Name, off+f.Offset)
		}
	case *Array:
		for i := range t.Len {
			ls = appendLeaves(ls, t.Elem, fmt.Sprintf("%s[%d]", path, i), off+i*t.Elem.Size())
		}
	}
	return ls
}

// NumLeaves is the number of leaves of t.
func NumLeaves(t Type) int {
	switch t := t.(type) {
	case *Array:
		return t.Len * NumLeaves(t.Elem)
	case *Struct:
		n := 0
		for i := range t.Fields {
			n += NumLeaves(t.Fields[i].Type)
		}
		return n
	}
	return len(Leaves(t))
}

// Identical reports whether two types are the same. Named types are the same if they are the same object.
func Identical(a, b Type) bool {
	x, ok := a.(*Array)
	if !ok {
		return a == b
	}
	y, ok := b.(*Array)
	return ok && x.Len == y.Len && Identical(x.Elem, y.Elem)
}

// IsAddress reports whether t is ip4, ip6 or mac.
func IsAddress(t Type) bool { return t == IP4 || t == IP6 || t == MAC }

// Unsigned is the smallest of u8 … u64 that holds so many bits (1 to 64).
func Unsigned(bits int) *Int {
	switch {
	case bits <= 8:
		return U8
	case bits <= 16:
		return U16
	case bits <= 32:
		return U32
	}
	return U64
}

// ValueOf is the type of what reading a place of type t gives: be16 reads as u16, a reference as its element.
func ValueOf(t Type) Type {
	switch t := t.(type) {
	case *BE:
		return Unsigned(t.Bits)
	case *MapRef:
		return ValueOf(t.Elem)
	}
	return t
}

// Describe lists the fields of a struct, for messages and reports.
func (t *Struct) Describe() string {
	var b strings.Builder
	for i, f := range t.Fields {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s %s", f.Name, f.Type)
	}
	return b.String()
}

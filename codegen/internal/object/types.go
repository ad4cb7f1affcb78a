package object

import (
	"github.com/cilium/ebpf/btf"
	"github.com/tcc-bpf/tcc/lang/types"
)

// BTFType describes a type that values in memory can have. Go code generated from it has
//
//	u8 … i64, be16 …   the integer; be16 … are typedefs __be16 …
//	bool               bool
//	ip4, ip6, mac      [4]uint8, [16]uint8, [6]uint8: typedefs of arrays
//	enums, structs     types of the same names
//
// Views, references and untyped constants live in no memory; they are void.
func BTFType(t types.Type) btf.Type {
	switch t := t.(type) {
	case *types.Int:
		if t.Signed {
			return signed(t.Size())
		}
		return unsigned(t.Size())
	case *types.BE:
		return &btf.Typedef{Name: "__" + t.String(), Type: unsigned(t.Size())}
	case *types.Enum:
		e := &btf.Enum{Name: t.Name, Size: uint32(t.Size())}
		for _, m := range t.Members {
			e.Values = append(e.Values, btf.EnumValue{Name: m.Name, Value: m.Value})
		}
		return e
	case *types.Struct:
		return structType(t)
	case *types.Array:
		return &btf.Array{Index: unsigned(4), Type: BTFType(t.Elem), Nelems: uint32(t.Len)}
	}
	switch t {
	case types.Bool:
		return &btf.Int{Name: "_Bool", Size: 1, Encoding: btf.Bool}
	case types.IP4, types.IP6, types.MAC:
		return &btf.Typedef{Name: t.String(), Type: BTFType(&types.Array{Len: t.Size(), Elem: types.U8})}
	}
	return &btf.Void{}
}

// structType states the offset of every field, since C would not align an array of bytes as the language does ip4.
func structType(t *types.Struct) *btf.Struct {
	s := &btf.Struct{Name: t.Name, Size: uint32(t.Size())}
	for _, f := range t.Fields {
		s.Members = append(s.Members, btf.Member{Name: f.Name, Type: BTFType(f.Type), Offset: btf.Bits(f.Offset * 8)})
	}
	return s
}

// LPMKey describes the key of a trie of addresses: struct { prefixlen u32; addr }, named by the kind of address.
func LPMKey(addr types.Type) btf.Type {
	return structType(types.NewStruct("tcc_prefix_"+addr.String(), []types.Field{
		{Name: "prefixlen", Type: types.U32}, {Name: "addr", Type: addr},
	}))
}

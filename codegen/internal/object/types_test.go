package object

import (
	"strings"
	"testing"
	"unicode"

	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/lang/types"
)

// Go types made from BTF have the layout of the language: padding is explicit, wherever it comes from.
func TestGoTypes(t *testing.T) {
	nested := types.NewStruct("nested", []types.Field{
		{Name: "a", Type: types.U8},
		{Name: "addr", Type: types.IP6},
		{Name: "hw", Type: types.MAC},
		{Name: "keys", Type: &types.Array{Len: 2, Elem: flowKey}},
		{Name: "when", Type: types.I64},
		{Name: "n", Type: types.BE32},
	})
	for _, c := range []struct {
		typ  btf.Type
		want string
	}{
		{BTFType(flowKey), `type T struct {
	_     structs.HostLayout
	on    bool
	_     [3]byte
	src   [4]uint8
	hw    [6]uint8
	port  uint16
	proto uint8
	_     [3]byte
}`},
		{BTFType(nested), `type T struct {
	_    structs.HostLayout
	a    uint8
	_    [3]byte
	addr [16]uint8
	hw   [6]uint8
	_    [2]byte
	keys [2]struct {
		_     structs.HostLayout
		on    bool
		_     [3]byte
		src   [4]uint8
		hw    [6]uint8
		port  uint16
		proto uint8
		_     [3]byte
	}
	_    [4]byte
	when int64
	n    uint32
	_    [4]byte
}`},
		{LPMKey(types.IP6), `type T struct {
	_         structs.HostLayout
	prefixlen uint32
	addr      [16]uint8
}`},
		{BTFType(reason), `type T uint32

const (
	Tblocked  T = 0
	Tno_state T = 2
)`},
	} {
		got, err := new(btf.GoFormatter).TypeDeclaration("T", c.typ)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tokens(c.want), tokens(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// tokens is source without its layout.
func tokens(source string) string {
	return strings.Join(strings.FieldsFunc(source, func(r rune) bool { return r == ';' || unicode.IsSpace(r) }), " ")
}

// Sizes and offsets in BTF are those of the language.
func TestSizes(t *testing.T) {
	for _, typ := range []types.Type{
		types.U8, types.U16, types.U32, types.U64, types.I8, types.I16, types.I32, types.I64, types.BE16, types.BE32, types.BE64,
		types.Bool, types.IP4, types.IP6, types.MAC, reason, flowKey, flow, hit, &types.Array{Len: 3, Elem: flow},
	} {
		if n, err := btf.Sizeof(BTFType(typ)); err != nil || n != typ.Size() {
			t.Errorf("%v: %d bytes, %v, want %d", typ, n, err, typ.Size())
		}
	}
}

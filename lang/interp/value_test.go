package interp_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/types"
)

var (
	color = &types.Enum{Name: "color", Base: types.U16, Members: []types.EnumMember{{Name: "red", Value: 1}}}
	inner = types.NewStruct("inner", []types.Field{{Name: "flag", Type: types.Bool}, {Name: "wire", Type: types.BE32}})
	outer = types.NewStruct("outer", []types.Field{
		{Name: "c", Type: color}, {Name: "in", Type: inner}, {Name: "n", Type: types.U64},
		{Name: "four", Type: types.IP4}, {Name: "hw", Type: types.MAC}, {Name: "six", Type: types.IP6},
	})
)

// The layout is C's: 2 bytes, a hole of 2, the inner struct of 8 with a hole of 3, a hole of 4, and so on.
func TestEncodeDecode(t *testing.T) {
	v := interp.Value{1, 1, 0x01020304, 0x0a0b0c0d0e0f1011, 0xc0000207, 0x02000000, 0x0001, 0x20010db8, 0, 0, 1}
	const tail = "c0000207 020000000001 0000 20010db8000000000000000000000001 00000000"
	for order, want := range map[binary.ByteOrder]string{
		binary.LittleEndian: "0100 0000 01 000000 01020304 00000000 11100f0e0d0c0b0a" + tail,
		binary.BigEndian:    "0001 0000 01 000000 01020304 00000000 0a0b0c0d0e0f1011" + tail,
	} {
		got := interp.Encode(outer, v, order)
		if !bytes.Equal(got, unhex(want)) {
			t.Errorf("%s: got\n%x, want\n%x", order, got, unhex(want))
		}
		if back := interp.Decode(outer, got, order); !slices.Equal(back, v) {
			t.Errorf("%s: decoded %x, want %x", order, back, v)
		}
	}
}

func TestFormat(t *testing.T) {
	tests := []struct {
		typ  types.Type
		v    interp.Value
		want string
	}{
		{types.U64, interp.Value{7}, "7"},
		{types.Bool, interp.Value{1}, "true"},
		{types.Bool, interp.Value{0}, "false"},
		{color, interp.Value{1}, "color.red"},
		{color, interp.Value{9}, "9"},
		{types.IP4, interp.Value{0xc0000207}, "192.0.2.7"},
		{types.IP6, interp.Value{0x20010db8, 0, 0, 1}, "2001:db8::1"},
		{types.MAC, interp.Value{0x02000000, 1}, "02:00:00:00:00:01"},
		{inner, interp.Value{1, 5}, "inner{flag: true, wire: 5}"},
		{outer, interp.Zero(outer), "outer{c: 0, in: inner{flag: false, wire: 0}, n: 0, four: 0.0.0.0, " +
			"hw: 00:00:00:00:00:00, six: ::}"},
	}
	for _, test := range tests {
		if got := interp.Format(test.typ, test.v); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// The real environment moves on by itself.
func TestRealEnvironment(t *testing.T) {
	e := interp.Real()
	a, b := e.Now(), e.Now()
	if b < a {
		t.Errorf("the clock went from %d to %d", a, b)
	}
	if x, y, z := e.Random(), e.Random(), e.Random(); x == y && y == z {
		t.Errorf("three times the same random number: %d", x)
	}
}

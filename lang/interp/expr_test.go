package interp_test

import (
	"fmt"
	"testing"
)

// The operands are vars, so that nothing is folded before it reaches the interpreter.
const operands = `
var a8 u8 = 200
var b8 u8 = 100
var z8 u8 = 0
var n8 u8 = 9
var a16 u16 = 0xfff0
var n16 u16 = 17
var a32 u32 = 0xfffffff0
var b32 u32 = 0x20
var n32 u32 = 33
var z32 u32 = 0
var a64 u64 = 0xfffffffffffffff0
var b64 u64 = 0x20
var n64 u64 = 65
var z64 u64 = 0
var asked u32 = 0x0a010203
var yes bool = true
var no bool = false
var addr ip4 = 192.0.2.7
var other ip4 = 10.1.2.3
var six ip6 = 2001:db8::1
var hw mac = 02:00:00:00:00:01
`

func TestExpressions(t *testing.T) {
	tests := []struct {
		typ, expr string
		want      uint64
	}{
		// Arithmetic wraps at the width of its operands.
		{"u8", "a8 + b8", 44},
		{"u8", "b8 - a8", 156},
		{"u8", "a8 * b8", 20000 % 256},
		{"u16", "a16 + 0x20", 0x10},
		{"u32", "a32 + b32", 0x10},
		{"u32", "a32 * a32", 0x100},
		{"u64", "a64 + b64", 0x10},
		{"u64", "b64 - a64", 0x30},
		{"u32", "a8 + b32", 232},                 // the wider of the two
		{"u64", "a32 + b64", 0x1_0000_0010},      // carries into the upper half
		{"u64", "a8 + b8", 44},                   // u8 + u8 is u8, then it is widened
		{"u64", "u64(a8) + b8", 300},             // widened first
		{"u8", "-b8", 156},                       // two's complement
		{"u8", "~b8", 155},                       //
		{"u32", "~b32", 0xffffffdf},              //
		{"u64", "~z64", 0xffff_ffff_ffff_ffff},   //
		{"u8", "a8 / n8", 22},                    //
		{"u8", "a8 % n8", 2},                     //
		{"u8", "a8 / z8", 0},                     // by zero
		{"u8", "a8 % z8", 200},                   //
		{"u32", "a32 / z32", 0},                  //
		{"u32", "a32 % z32", 0xfffffff0},         //
		{"u64", "a64 / z64", 0},                  //
		{"u64", "a64 % z64", 0xfffffffffffffff0}, //
		{"u64", "a64 / b64", 0x7ffffffffffffff},  //
		{"u8", "a8 & b8", 64},                    //
		{"u8", "a8 | b8", 236},                   //
		{"u8", "a8 ^ b8", 172},                   //
		{"u32", "1 + b32 * 2", 0x41},             // precedence
		{"u32", "(1 + b32) * 2", 0x42},           //
		// Shift counts are taken modulo the width of the left operand, which is the width of the result.
		{"u8", "a8 << 1", 144},
		{"u8", "a8 << n8", 144}, // 9 & 7 = 1
		{"u8", "a8 >> n8", 100},
		{"u16", "a16 << n16", 0xffe0}, // 17 & 15 = 1
		{"u16", "a16 >> n16", 0x7ff8},
		{"u32", "a32 << n32", 0xffffffe0}, // 33 & 31 = 1
		{"u32", "a32 >> n32", 0x7ffffff8},
		{"u64", "a64 << n64", 0xffffffffffffffe0}, // 65 & 63 = 1
		{"u64", "a64 >> n64", 0x7ffffffffffffff8},
		{"u8", "b8 << n64", 200},
		{"u64", "b64 << n32", 0x20 << 33}, // 33 is within 64
		// Conversions keep the low bits.
		{"u8", "u8(a16)", 0xf0},
		{"u16", "u16(a64)", 0xfff0},
		{"u32", "u32(a64)", 0xfffffff0},
		{"u64", "u64(a8)", 200},
		{"u32", "u32(addr)", 0xc0000207},
		{"ip4", "ip4(asked)", 0x0a010203},
		// Comparisons are of unsigned numbers.
		{"bool", "a8 > b8", 1},
		{"bool", "a8 <= b8", 0},
		{"bool", "a64 > b64", 1},
		{"bool", "a64 < b64", 0},
		{"bool", "a8 >= 200", 1},
		{"bool", "a8 != b8", 1},
		{"bool", "a8 == 200", 1},
		{"bool", "a32 == a64", 0},
		{"bool", "addr == 192.0.2.7", 1},
		{"bool", "addr != other", 1},
		{"bool", "six == 2001:db8::1", 1},
		{"bool", "six == 2001:db8::2", 0},
		{"bool", "hw == 02:00:00:00:00:01", 1},
		{"bool", "hw != 02:00:00:00:01:01", 1},
		{"bool", "yes && no", 0},
		{"bool", "yes || no", 1},
		{"bool", "!yes", 0},
		{"bool", "!no", 1},
		{"bool", "yes == no", 0},
		// Membership.
		{"bool", "addr in 192.0.2.0/24", 1},
		{"bool", "addr in 192.0.3.0/24", 0},
		{"bool", "addr in 0.0.0.0/0", 1},
		{"bool", "addr in 192.0.2.7/32", 1},
		{"bool", "addr in 192.0.2.6/31", 1},
		{"bool", "addr in 192.0.2.4/31", 0},
		{"bool", "addr in 192.0.2.1..192.0.2.7", 1},
		{"bool", "addr in 192.0.2.8..192.0.3.0", 0},
		{"bool", "six in 2001:db8::/32", 1},
		{"bool", "six in 2001:db9::/32", 0},
		{"bool", "six in 2001:db8::/127", 1},
		{"bool", "six in 2001:db8::2/127", 0},
		{"bool", "a8 in 200..201", 1},
		{"bool", "a8 in 1..200", 1},
		{"bool", "a8 in 1..199", 0},
		// Masks of addresses.
		{"u32", "u32(addr & 255.255.255.0)", 0xc0000200},
		{"bool", "(addr & 255.0.0.0) == 192.0.0.0", 1},
		// The environment.
		{"u64", "now()", 1_000_000},
		{"u32", "cpu()", 3},
		{"u32", "random()", 0x9abc_def0},
	}
	for _, test := range tests {
		t.Run(test.expr, func(t *testing.T) {
			src := fmt.Sprintf("%s\nvar out %s\nstage s { out = %s pass }", operands, test.typ, test.expr)
			m := machine(t, src)
			expectRun(t, m, nil, "pass")
			got := number(t, m, "out")
			if test.typ == "ip4" {
				got = uint64(beUint32(m.Global("out")))
			}
			if got != test.want {
				t.Errorf("got %#x, want %#x", got, test.want)
			}
		})
	}
}

// A right operand that isn't needed isn't evaluated, and evaluation goes from left to right.
func TestOrderOfEvaluation(t *testing.T) {
	const src = `
var out u64
var yes bool = true
stage s {
    if yes || random() == 0 { out += 1 }
    if !yes && random() == 0 { out += 10 }
    x := random() * 10 + random()
    out += x * 100
    pass
}`
	m := machine(t, src)
	var calls uint64
	m.Env.Random = func() uint64 { calls++; return calls }
	expectRun(t, m, nil, "pass")
	if got := number(t, m, "out"); got != 1201 {
		t.Errorf("got %d, want 1201", got)
	}
}

func beUint32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

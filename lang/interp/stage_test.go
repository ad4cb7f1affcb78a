package interp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/interp"
)

func TestControl(t *testing.T) {
	tests := []struct {
		name, decls string
		verdict     string
		out         uint64 // of var out
	}{
		{"verdict", "stage s { drop }", "drop", 0},
		{"tx", "stage s { tx }", "tx", 0},
		{"if", "stage s { if out == 0 { out = 1 } else { out = 2 } pass }", "pass", 1},
		{"else", "stage s { if out != 0 { out = 1 } else { out = 2 } pass }", "pass", 2},
		{"else if", "stage s { if out == 1 { drop } else if out == 0 { out = 3 } else { tx } pass }", "pass", 3},
		{"if without else", "stage s { if out == 1 { drop } pass }", "pass", 0},
		{"locals change", "stage s { x := u64(1) x += 2 x = x * 10 out = x pass }", "pass", 30},
		{"a let copies", "stage s { out = 5 x := out out = 6 y := x x = 7 out = y pass }", "pass", 5},
		{"blocks have names of their own", "stage s { if out == 0 { x := u64(1) out = x } if out == 1 { x := u64(9) out += x } pass }", "pass", 10},
		{"goto", "stage s { goto t(2, 3) } stage t(a u64, b u8) { out = a * 10 + b pass }", "pass", 23},
		{"parameters are copies", `
			stage s { x := u64(1) goto t(x, x) }
			stage t(a u64, b u64) { a += 5 out = a * 10 + b pass }`, "pass", 61},
		{"match constant", "stage s { x := out + 5 match x { 4 => drop 5 => pass _ => tx } }", "pass", 0},
		{"match alternatives", "stage s { x := out + 5 match x { 1 | 5 => tx _ => drop } }", "tx", 0},
		{"match range", "stage s { x := out + 5 match x { 1..4 => drop 5..9 => pass _ => tx } }", "pass", 0},
		{"match takes the first row", "stage s { x := out + 5 match x { 1..5 => pass 5..9 => drop _ => tx } }", "pass", 0},
		{"match wildcard", "stage s { x := out + 5 match x { 1 => drop _ => pass } }", "pass", 0},
		{"match goes on", "stage s { x := out + 5 match x { 5 => { out = 7 } _ => drop } pass }", "pass", 7},
		{"match bool", "stage s { x := out == 0 match x { true => pass false => drop } }", "pass", 0},
		{"match table", `
			var a ip4 = 10.1.2.3
			var port u16 = 22
			stage s { match a, port { 10.0.0.0/8, 23 => drop  _, 22 => { out = 2 }  _, _ => tx } pass }`, "pass", 2},
		{"match table prefix", `
			var a ip4 = 10.1.2.3
			var port u16 = 22
			stage s { match a, port { 10.0.0.0/8, 20..30 => pass  _, _ => tx } }`, "pass", 0},
		{"match table, alternatives", `
			var a ip4 = 10.1.2.3
			var port u16 = 22
			stage s { match a, port { 11.0.0.0/8 | 10.1.0.0/16, 1 | 22 => pass  _, _ => tx } }`, "pass", 0},
		{"match enum", `
			enum e { a, b = 5, c }
			var x e
			stage s { x = e.c match x { e.a => drop e.b => tx e.c => pass } }`, "pass", 0},
		{"for", "stage s { for i in 2..5 { out = out * 10 + u64(i) } pass }", "pass", 234},
		{"for with a max", "stage s { x := u8(250) for i in x..255 max 3 { out += u64(i) } pass }", "pass", 753},
		{"for with a larger max", "stage s { x := u8(250) for i in x..252 max 30 { out = out * 1000 + u64(i) } pass }", "pass", 250251},
		{"for up to the largest number", "stage s { for i in u8(253)..255 { out += u64(i) } pass }", "pass", 507},
		{"for over nothing", "stage s { x := u8(3) for i in x..2 max 9 { out = 1 } pass }", "pass", 0},
		{"ends are computed once", "stage s { x := u8(3) for i in 0..x max 9 { x = 9 out += 1 } pass }", "pass", 3},
		{"break", "stage s { for i in 0..9 { if i == 4 { break } out += 1 } pass }", "pass", 4},
		{"continue", "stage s { for i in 0..9 { if i & 1 == 0 { continue } out += u64(i) } pass }", "pass", 16},
		{"inner loop", "stage s { for i in 0..3 { for j in 0..9 { if j == 2 { break } out = out * 10 + u64(i + j) } } pass }", "pass", 11223},
		{"break in a match", "stage s { for i in 0..9 { match i { 3 => break  5 => continue  _ => { out += 1 } } } pass }", "pass", 3},
		{"verdict in a loop", "stage s { for i in 0..9 { out = u64(i) if i == 4 { drop } } pass }", "drop", 4},
		{"goto out of a loop", "stage s { for i in 0..9 { if i == 4 { goto t(i) } } drop } stage t(i u32) { out = u64(i) pass }", "pass", 4},
		{"lets of a round are new", "stage s { for i in 0..3 { x := u64(1) x += out out = x } pass }", "pass", 3},
		{"goto back", "stage s { out += 1 goto s max 4 else pass }", "pass", 5},
		{"goto back, no else", "stage s { out += 1 goto s max 4 }", "abort", 5},
		{"goto back with arguments", `
			stage s { goto t(1, 10) }
			stage t(a u64, b u64) { out = a if b == 0 { pass } goto t(a * 2, b - 1) max 30 }`, "pass", 1024},
		{"each goto back has a count of its own", `
			stage s { out += 1 if out % 2 == 1 { goto s max 2 else tx } goto s max 30 }`, "tx", 5},
		{"a circle of stages", `
			stage s { out += 1 goto t }
			stage t { out += 10 goto s max 3 else goto u }
			stage u { if out < 60 { goto t max 2 } pass }`, "pass", 64},
		{"a count is the packet's, not the round's", `
			stage s { goto a(0) }
			stage a(n u8) { out += 1 goto a(n) max 2 else goto b(n) }
			stage b(n u8) { out += 100 goto a(n + 1) max 3 else pass }`, "pass", 406},
		{"max where nothing comes back", "stage s { goto t max 1 else tx } stage t { pass }", "pass", 0},
		{"struct", `
			struct inner { a u8; b u64 }
			struct o { x u16; i inner }
			stage s {
				v := o{x: 1, i: inner{b: 4}}
				w := v
				v.i.b += 3
				v.i.a = 2
				i := v.i
				i.b = 100
				out = v.i.b * 1000 + w.i.b * 100 + u64(v.i.a) * 10 + u64(v.x)
				pass
			}`, "pass", 7421},
		{"struct parameter", `
			struct q { a u8; b u64 }
			stage s { v := q{a: 3, b: 4} goto t(v, 2) }
			stage t(v q, n u64) { v.b += n out = v.b * 10 + v.a pass }`, "pass", 63},
		{"storage in wire order is a number", `
			struct q { a be16; b be32; c be64 }
			stage s { v := q{a: 0x1234, b: 7} v.b += 1 v.c = 0x100 out = u64(v.a) + v.b + v.c pass }`, "pass", 0x1234 + 8 + 0x100},
		{"assignments", `
			stage s {
				out += 10 out -= 3 out *= 5 out /= 4 out %= 5 out |= 8 out &= 10 out ^= 1 out <<= 4 out >>= 1
				pass
			}`, "pass", 88}, // 10 7 35 8 3 11 10 11 176 88
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := machine(t, "var out u64\n"+test.decls)
			expectRun(t, m, make([]byte, 64), test.verdict)
			if got := number(t, m, "out"); got != test.out {
				t.Errorf("out is %d, want %d", got, test.out)
			}
		})
	}
}

// The header has a length that can be shorter than the fixed part and longer than the packet.
const optional = `
header opt { size u8; b u8; c u16 } length size * 4
header two { a u8; b u8 }
var big u32 = 0xffffffff
var out u64
`

func TestCursor(t *testing.T) {
	tests := []struct {
		name, stage, packet string
		verdict             string
		out                 uint64
	}{
		{"parse", "t := parse two out = t.b pass", "0102", "pass", 2},
		{"parse fails", "t := parse two out = t.b pass", "01", "abort", 0},
		{"parse fails with else", "t := parse two else drop out = t.b pass", "01", "drop", 0},
		{"parse moves", "parse two t := parse two out = t.a pass", "01020304", "pass", 3},
		{"peek does not move", "x := peek two t := parse two out = u64(t.a) * 10 + x.b pass", "01020304", "pass", 12},
		{"peek fails", "peek two else tx pass", "01", "tx", 0},
		{"options are passed", "parse opt t := parse two out = t.a pass", "02000000 aaaaaaaa 07", "abort", 0},
		{"options are passed, then read", "parse opt t := parse two out = t.a pass", "02000000 aaaaaaaa 0708", "pass", 7},
		{"no options", "parse opt t := parse two out = t.a pass", "01000000 0708", "pass", 7},
		{"a length below the fixed part", "parse opt else drop pass", "00000000 0708", "drop", 0},
		{"options may be missing", "o := parse opt out = o.size pass", "ff000000", "pass", 255},
		{"a length is a u32", "parse opt else drop pass", "40000000", "pass", 0},
		{"peek knows no length", "o := peek opt else drop out = 1 pass", "00000000", "pass", 1},
		{"nothing follows missing options", "parse opt need 0 else drop pass", "02000000", "drop", 0},
		{"skip", "skip 2 t := parse two out = t.a pass", "01020304", "pass", 3},
		{"skip goes beyond the end", "skip 9 pass", "0102", "pass", 0},
		{"skip to the limit", "skip 0x7fff pass", "", "pass", 0},
		{"skip beyond the limit", "skip 0x8000 else drop pass", "", "drop", 0},
		{"skips add up", "skip 0x7fff skip 1 else drop pass", "", "drop", 0},
		{"skip by a huge number", "skip big else drop pass", "", "drop", 0},
		{"skip by a value", "o := peek opt skip o.size t := parse two out = t.a pass", "03000009 0a", "pass", 9},
		{"need", "need 4 else drop pass", "01020304", "pass", 0},
		{"need fails", "need 5 else drop pass", "01020304", "drop", 0},
		{"need counts from the cursor", "skip 2 need 3 else drop pass", "01020304", "drop", 0},
		{"need does not move", "need 4 t := parse two out = t.a pass", "01020304", "pass", 1},
		{"need of a huge number", "skip 1 need big else drop pass", "0102", "drop", 0},
		{"a failure leaves the cursor", `
			if out == 0 { parse opt else goto retry }
			pass }
			stage retry { t := parse two out = u64(t.a) * 10 + t.b pass`, "000203 04", "pass", 2},
		{"goto passes the cursor on", "parse two goto next } stage next { t := parse two out = t.a pass", "01020304", "pass", 3},
		{"views pass", "x := parse two goto next(x) } stage next(v two) { t := parse two out = u64(v.a) * 10 + t.b pass",
			"01020304", "pass", 14},
		{"packet.len", "out = packet.len pass", "0102030405", "pass", 5},
		{"an unnamed peek", "peek two pass", "0102", "pass", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := machine(t, optional+"stage s { "+test.stage+" }")
			r := expectRun(t, m, unhex(test.packet), test.verdict)
			if got := number(t, m, "out"); got != test.out {
				t.Errorf("out is %d, want %d", got, test.out)
			}
			if r.Changed {
				t.Error("packet changed")
			}
		})
	}
}

func TestCursorLimitInParse(t *testing.T) {
	m := machine(t, optional+"stage s { skip 0x7ffe parse two else drop pass }")
	expectRun(t, m, make([]byte, 0x9000), "drop")
	m = machine(t, optional+"stage s { skip 0x7ffd parse two else drop pass }")
	expectRun(t, m, make([]byte, 0x9000), "pass")
}

func TestBitFields(t *testing.T) {
	const header = `
header bits { a u3; b u13; c u1; d u63; m mac; six ip6; e u20; f u12; w u64; i ip4 }
var a u8 var b u16 var c u8 var d u64 var e u32 var f u16 var w u64 var m mac var six ip6 var i ip4
`
	const wire = "b001 ffffffffffffff7f 020000000001 20010db8000000000000000000000042 abcde123 0102030405060708 c0000207"
	const read = `stage s {
		h := parse bits
		a = u8(h.a) b = u16(h.b) c = u8(h.c) d = h.d e = u32(h.e) f = u16(h.f) w = h.w m = h.m six = h.six i = h.i
		pass
	}`
	m := machine(t, header+read)
	expectRun(t, m, unhex(wire), "pass")
	want := map[string]uint64{
		"a": 5, "b": 0x1001, "c": 1, "d": 0x7fffffffffffff7f, "e": 0xabcde, "f": 0x123, "w": 0x0102030405060708,
	}
	for name, v := range want {
		if got := number(t, m, name); got != v {
			t.Errorf("%s is %#x, want %#x", name, got, v)
		}
	}
	for name, v := range map[string]string{
		"m": "020000000001", "six": "20010db8000000000000000000000042", "i": "c0000207",
	} {
		if got := m.Global(name); !bytes.Equal(got, unhex(v)) {
			t.Errorf("%s is %x, want %s", name, got, v)
		}
	}
}

func TestWrites(t *testing.T) {
	tests := []struct{ name, decls, stage, before, after string }{
		{"a bit field keeps its neighbours", "header h { a u3; b u13 }", "v.a = 2", "ffff", "5fff"},
		{"a bit field over two bytes", "header h { a u3; b u10; c u3 }", "v.b = 0x155", "ffff", "eaaf"},
		{"high bits are lost", "header h { a u4; b u4 }", "x := v.b + 14 v.a = x", "23", "13"},
		{"compound", "header h { a u4; b u4 }", "v.b += 3", "2e", "21"},
		{"numbers go out in wire order", "header h { a u16; b u32 }", "v.a = 0x0102 v.b = 0x03040506", "000000000000", "010203040506"},
		{"60 bits", "header h { a u4; b u60 }", "v.b = 0x0123456789abcdef", "f000000000000000", "f123456789abcdef"},
		{"64 bits", "header h { a u8; b u64 }", "v.b = 0x0123456789abcdef", "ff0000000000000000", "ff0123456789abcdef"},
		{"addresses", "header h { a ip4; m mac; s ip6 }", "v.a = 192.0.2.1 v.m = 02:00:00:00:00:01 v.s = 2001:db8::7",
			strings.Repeat("00", 26), "c0000201 020000000001 20010db8000000000000000000000007"},
		{"a swap", "header h { a mac; b mac }", "x := v.a v.a = v.b v.b = x", "010203040506 0a0b0c0d0e0f", "0a0b0c0d0e0f 010203040506"},
		{"the same place by two views", "header h { a u8; b u8 } header g { c u16 }", "w := peek g v.a = 1 w.c += 1 v.b += 1", "0000", "0102"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := machine(t, test.decls+"\nstage s { v := peek h "+test.stage+" pass }")
			in := unhex(test.before)
			r := expectRun(t, m, in, "pass")
			if !bytes.Equal(r.Packet, unhex(test.after)) {
				t.Errorf("got %x, want %s", r.Packet, test.after)
			}
			if !r.Changed || !bytes.Equal(in, unhex(test.before)) {
				t.Error("Changed is false, or the input was written to")
			}
		})
	}
}

func TestSlots(t *testing.T) {
	m := machine(t, `
		header byte { v u8 }
		var out u8
		stage s { b := parse byte goto table[b.v](b, 7) else drop }
		stage one(b byte, n u8) { out = n + b.v pass }
		stage two(b byte, n u8) { goto single(n) }
		stage end(n u8) { out = n tx }
		slots table[4](b byte, n u8) { 1 => one 2 => two }
		slot single(n u8)`)
	expectRun(t, m, []byte{1}, "pass")
	if got := number(t, m, "out"); got != 8 {
		t.Errorf("out is %d, want 8", got)
	}
	expectRun(t, m, []byte{0}, "drop")  // empty
	expectRun(t, m, []byte{4}, "drop")  // out of range
	expectRun(t, m, []byte{2}, "abort") // single is empty, and has no else
	if m.Misses("table") != 2 || m.Misses("single") != 1 {
		t.Errorf("missed %d and %d, want 2 and 1", m.Misses("table"), m.Misses("single"))
	}
	for _, set := range []struct {
		table string
		index uint32
		stage string
		ok    bool
	}{
		{"single", 0, "end", true}, {"table", 1, "", true}, {"table", 3, "one", true},
		{"table", 4, "one", false}, {"table", 0, "end", false}, {"table", 0, "none", false}, {"none", 0, "one", false},
	} {
		if err := m.SetSlot(set.table, set.index, set.stage); (err == nil) != set.ok {
			t.Errorf("SetSlot(%s, %d, %s): %v", set.table, set.index, set.stage, err)
		}
	}
	expectRun(t, m, []byte{2}, "tx")
	expectRun(t, m, []byte{1}, "drop")
	expectRun(t, m, []byte{3}, "pass")
}

// User space can close a circle that the checker never sees. The packet goes round 33 times at most.
func TestCircleOfSlots(t *testing.T) {
	m := machine(t, `
		var rounds u32
		stage s { goto next(0) }
		stage again(n u8) { rounds += 1 goto next(n) else drop }
		slot next(n u8)`)
	if err := m.SetSlot("next", 0, "again"); err != nil {
		t.Fatal(err)
	}
	expectRun(t, m, nil, "drop")
	if n := number(t, m, "rounds"); n != 33 || m.Misses("next") != 1 {
		t.Errorf("%d rounds and %d misses, want 33 and 1", n, m.Misses("next"))
	}
}

func TestTC(t *testing.T) {
	p := program(t, `
		pipeline p tc
		default next
		stage s {
			eth := parse ethernet
			if packet.protocol == 0x0800 { packet.mark += 5 packet.priority = packet.ifindex pass }
			if packet.protocol == 0x86dd { drop }
			next
		}`)
	m := interp.New(p)
	m.Context.Mark, m.Context.IfIndex = 7, 9
	r := expectRun(t, m, unhex("000000000000 000000000000 0800"), "pass")
	if r.Context.Mark != 12 || r.Context.Priority != 9 || r.Code != 0 {
		t.Errorf("mark %d, priority %d, code %d; want 12, 9, 0", r.Context.Mark, r.Context.Priority, r.Code)
	}
	if r = expectRun(t, m, unhex("000000000000 000000000000 86dd"), "drop"); r.Code != 2 {
		t.Errorf("code of drop is %d, want 2", r.Code)
	}
	if r = expectRun(t, m, unhex("000000000000 000000000000 0100"), "next"); r.Code != -1 {
		t.Errorf("code of next is %d, want -1", r.Code)
	}
	expectRun(t, m, nil, "next")
}

func TestPacketFields(t *testing.T) {
	m := machine(t, `
		var out u64
		stage s { out = u64(packet.len) * 10000 + packet.ifindex * 100 + packet.queue pass }`)
	m.Context.IfIndex, m.Context.Queue = 12, 34
	expectRun(t, m, make([]byte, 5), "pass")
	if got := number(t, m, "out"); got != 51234 {
		t.Errorf("out is %d, want 51234", got)
	}
	p := program(t, `
		pipeline p tc
		default next
		var out u64
		stage s { out = u64(packet.hash) * 10000 + packet.vlan * 100 + packet.priority pass }`)
	m = interp.New(p)
	m.Context = interp.Context{Hash: 5, VLAN: 12, Priority: 34}
	expectRun(t, m, nil, "pass")
	if got := number(t, m, "out"); got != 51234 {
		t.Errorf("out is %d, want 51234", got)
	}
}

func TestXDPCodes(t *testing.T) {
	for verdict, code := range map[string]int32{"abort": 0, "drop": 1, "pass": 2, "tx": 3} {
		if r := expectRun(t, machine(t, "stage s { "+verdict+" }"), nil, verdict); r.Code != code {
			t.Errorf("code of %s is %d, want %d", verdict, r.Code, code)
		}
	}
}

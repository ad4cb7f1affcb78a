package interp_test

import (
	"bytes"
	"fmt"
	"testing"
)

const pair = "struct pair { a u32; b u64 }\nvar out u64\nheader byte { v u8 }\n"

func TestMaps(t *testing.T) {
	tests := []struct {
		name, decls, stage, verdict string
		out                         uint64
	}{
		{"a miss", "map m hash[u32]pair max 4", "if v := m[1] { drop } else { out = 1 } pass", "pass", 1},
		{"a hit", "map m hash[u32]pair max 4", "m[1] = pair{a: 2, b: 3} if v := m[1] { out = v.b * 10 + v.a } pass", "pass", 32},
		{"a reference writes", "map m hash[u32]pair max 4",
			"m[1] = pair{b: 3} if v := m[1] { v.b += 4 v.a = 1 } if v := m[1] { out = v.b * 10 + v.a } pass", "pass", 71},
		{"a reference reads now", "map m hash[u32]pair max 4",
			"m[1] = pair{b: 3} if v := m[1] { if w := m[1] { w.b = 8 out = v.b } } pass", "pass", 8},
		{"a let of a reference's field copies", "map m hash[u32]pair max 4",
			"m[1] = pair{b: 3} if v := m[1] { x := v.b v.b = 9 out = x } pass", "pass", 3},
		{"arithmetic wraps in memory", "map m hash[u32]pair max 4",
			"m[1] = pair{a: 0xffffffff} if v := m[1] { v.a += 2 out = v.a } pass", "pass", 1},
		{"update of a key", "map m hash[u32]u64 max 4", "m[1] = 2 m[1] = 3 if v := m[1] { out = v } pass", "pass", 3},
		{"an update copies", "map m hash[u32]pair max 4",
			"x := pair{b: 2} m[1] = x x.b = 9 if v := m[1] { out = v.b } pass", "pass", 2},
		{"delete", "map m hash[u32]u64 max 4", "m[1] = 2 delete m[1] if 1 in m { drop } pass", "pass", 0},
		{"delete of nothing", "map m hash[u32]u64 max 4", "delete m[1] pass", "pass", 0},
		{"in", "map m hash[u32]u64 max 4", "m[1] = 2 if 1 in m && !(2 in m) { out = 1 } pass", "pass", 1},
		{"a full map", "map m hash[u32]u64 max 2", "m[1] = 1 m[2] = 2 m[3] = 3 if 3 in m { drop } pass", "pass", 0},
		{"a full map, else", "map m hash[u32]u64 max 2", "m[1] = 1 m[2] = 2 m[3] = 3 else drop pass", "drop", 0},
		{"a full map takes known keys", "map m hash[u32]u64 max 2",
			"m[1] = 1 m[2] = 2 m[2] = 5 else drop if v := m[2] { out = v } pass", "pass", 5},
		{"a full map after delete", "map m hash[u32]u64 max 2", "m[1] = 1 m[2] = 2 delete m[1] m[3] = 3 else drop pass", "pass", 0},
		{"a full per-CPU map", "map m percpu_hash[u32]u64 max 1", "m[1] = 1 m[2] = 2 else drop pass", "drop", 0},
		{"array is zero", "map m array[u32]pair max 4", "if v := m[3] { v.b += 1 out = v.b } else { drop } pass", "pass", 1},
		{"array misses beyond the end", "map m array[u32]u64 max 4", "x := u32(4) + u32(out) if v := m[x] { drop } else { out = 1 } pass", "pass", 1},
		{"array update beyond the end", "map m array[u32]u64 max 4", "x := u32(4) + u32(out) m[x] = 1 else drop pass", "drop", 0},
		{"array update", "map m percpu_array[u32]u64 max 4", "m[3] = 6 else drop if v := m[3] { out = v } pass", "pass", 6},
		{"array update is seen by a reference", "map m array[u32]u64 max 4",
			"if v := m[0] { m[0] = 6 out = v } pass", "pass", 6},
		{"array in", "map m array[u32]u64 max 4", "x := u32(4) + u32(out) if 3 in m && !(x in m) { out = 1 } pass", "pass", 1},
		{"struct keys", "map m hash[pair]u64 max 4",
			"m[pair{a: 1, b: 2}] = 5 x := pair{a: 1, b: 3} if x in m { drop } y := pair{a: 1, b: 2} if v := m[y] { out = v } pass", "pass", 5},
		{"lpm takes the longest", "map m lpm[ip4]u64 max 4",
			"m[10.0.0.1] = 32 if v := m[10.0.0.1] { out = v } if 10.0.0.2 in m { drop } pass", "pass", 32},
		{"the right side comes first", "map m hash[u64]u64 max 4", "m[random()] = random() if v := m[2] { out = v } pass", "pass", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := machine(t, pair+test.decls+"\nstage s { "+test.stage+" }")
			var n uint64
			m.Env.Random = func() uint64 { n++; return n }
			expectRun(t, m, nil, test.verdict)
			if got := number(t, m, "out"); got != test.out {
				t.Errorf("out is %d, want %d", got, test.out)
			}
		})
	}
}

func TestLPM(t *testing.T) {
	m := machine(t, `
		map four lpm[ip4]u32 max 4
		map six lpm[ip6]u32 max 4
		var found u32
		var a ip4
		var b ip6
		stage s { if v := four[a] { found = v pass } if v := six[b] { found = v tx } drop }`)
	key := func(bits uint32, addr string) []byte { return append(u32(bits), unhex(addr)...) }
	four, six := m.Map("four"), m.Map("six")
	for i, bits := range []uint32{8, 16, 24, 32} {
		if err := four.Update(key(bits, "0a010203"), u32(uint32(i)+1)); err != nil {
			t.Fatal(err)
		}
	}
	if four.Update(key(9, "0a010203"), u32(9)) == nil {
		t.Error("a full trie took a fifth prefix")
	}
	if four.Update(key(33, "0a010203"), u32(9)) == nil {
		t.Error("a trie took a prefix of 33 bits")
	}
	if err := four.Update(key(16, "0a01ffff"), u32(20)); err != nil { // the same prefix
		t.Error(err)
	}
	if err := six.Update(key(0, "00000000000000000000000000000000"), u32(60)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		addr, verdict string
		found         uint64
	}{
		{"0a010203", "pass", 4}, {"0a010204", "pass", 3}, {"0a010304", "pass", 20}, {"0aff0304", "pass", 1}, {"0b010203", "tx", 60},
	} {
		if err := m.SetGlobal("a", unhex(test.addr)); err != nil {
			t.Fatal(err)
		}
		expectRun(t, m, nil, test.verdict)
		if got := number(t, m, "found"); got != test.found {
			t.Errorf("%s found %d, want %d", test.addr, got, test.found)
		}
	}
	// From outside a prefix finds the longest one that holds all of it; delete wants the very prefix.
	if v, ok := four.Lookup(key(20, "0a010203")); !ok || !bytes.Equal(v, u32(20)) {
		t.Errorf("lookup of /20 gave %x, %v", v, ok)
	}
	if four.Delete(key(20, "0a010203")) == nil {
		t.Error("deleted a prefix that isn't there")
	}
	if err := four.Delete(key(16, "0a010000")); err != nil {
		t.Error(err)
	}
	if v, _ := four.Lookup(key(20, "0a010203")); !bytes.Equal(v, u32(1)) {
		t.Errorf("lookup of /20 gave %x after delete of /16", v)
	}
}

// Keys and values are what C and the kernel see: native numbers, addresses as on the wire, padding zero.
func TestMapBytes(t *testing.T) {
	m := machine(t, `
		struct key { p u8; a ip4; w be16 }
		struct val { f bool; n u64; h mac }
		map m hash[key]val max 4
		stage s { m[key{p: 1, a: 192.0.2.7, w: 0x1234}] = val{f: true, n: 5, h: 02:00:00:00:00:01} pass }`)
	expectRun(t, m, nil, "pass")
	key := unhex("01 000000 c0000207 1234 0000")
	want := append(append(unhex("01 00000000000000"), u64(5)...), unhex("020000000001 0000")...)
	got, ok := m.Map("m").Lookup(key)
	if !ok || !bytes.Equal(got, want) {
		t.Errorf("got %x, %v; want %x", got, ok, want)
	}
	if err := m.Map("m").Update(key, got); err != nil {
		t.Error(err)
	}
	n := 0
	for k, v := range m.Map("m").Entries() {
		n++
		if !bytes.Equal(k, key) || !bytes.Equal(v, want) {
			t.Errorf("entry %x: %x", k, v)
		}
	}
	if n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	if m.Map("m").Update(key[1:], want) == nil || m.Map("m").Update(key, want[1:]) == nil || m.Map("m").Delete(nil) == nil {
		t.Error("a key or value of the wrong size was taken")
	}
	if _, ok := m.Map("m").Lookup(nil); ok || m.Map("none") != nil {
		t.Error("found what isn't there")
	}
}

func TestArrayFromOutside(t *testing.T) {
	m := machine(t, "map m array[u32]u64 max 3\nstage s { pass }")
	a := m.Map("m")
	if a.Update(u32(3), u64(1)) == nil || a.Delete(u32(0)) == nil {
		t.Error("an array took an index beyond its end, or let an entry go")
	}
	if err := a.Update(u32(1), u64(7)); err != nil {
		t.Error(err)
	}
	var got string
	for k, v := range a.Entries() {
		got += fmt.Sprintf("%x=%x ", k, v)
	}
	want := fmt.Sprintf("%x=%x %x=%x %x=%x ", u32(0), u64(0), u32(1), u64(7), u32(2), u64(0))
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLRUNeverFails(t *testing.T) {
	m := machine(t, "map m lru_hash[u32]u64 max 2\nstage s { m[1] = 1 m[2] = 2 m[3] = 3 else drop pass }")
	expectRun(t, m, nil, "pass")
}

func TestCounters(t *testing.T) {
	m := machine(t, `
		enum why { a, b }
		header byte { v u8 }
		counter one
		counter many[3]
		counter named[why]
		stage s { h := parse byte one += 1 many[h.v] += 2 named[why.b] += packet.len pass }`)
	for _, b := range []byte{0, 2, 2, 3, 255} {
		expectRun(t, m, []byte{b, 0}, "pass")
	}
	for name, want := range map[string][]uint64{"one": {5}, "many": {2, 0, 4}, "named": {0, 10}} {
		if got := m.Counter(name); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if m.Counter("none") != nil {
		t.Error("a counter that isn't there has cells")
	}
}

func TestEvents(t *testing.T) {
	m := machine(t, `
		enum why u8 { a, b }
		event first { x u8 }
		event second { src ip4; why why; n u64; s u16 }
		stage s { emit second{src: 192.0.2.7, why: why.b, n: 0x0102030405060708, s: 9} emit first{} pass }`)
	r := expectRun(t, m, nil, "pass")
	if len(r.Events) != 2 {
		t.Fatalf("%d events, want 2", len(r.Events))
	}
	second := append(append(unhex("c0000207 01 000000"), u64(0x0102030405060708)...), 9, 0, 0, 0, 0, 0, 0, 0)
	if u32(1)[0] == 0 { // big-endian
		copy(second[16:], unhex("0009"))
	}
	want := []struct {
		name   string
		record []byte
	}{
		{"second", append(append(u32(1), 0, 0, 0, 0), second...)},
		{"first", make([]byte, 16)},
	}
	for i, w := range want {
		if got := r.Events[i]; got.Name != w.name || !bytes.Equal(got.Record(), w.record) {
			t.Errorf("event %d is %s %x, want %s %x", i, got.Name, got.Record(), w.name, w.record)
		}
	}
	if r = m.Run(nil); len(r.Events) != 2 {
		t.Errorf("the second packet has %d events, want 2 of its own", len(r.Events))
	}
}

func TestGlobals(t *testing.T) {
	m := machine(t, `
		config limit u32 = 3
		config who ip4 = 192.0.2.1
		var seen u32
		stage s { seen += 1 if seen > limit { drop } pass }`)
	for _, verdict := range []string{"pass", "pass", "pass", "drop"} {
		expectRun(t, m, nil, verdict)
	}
	if err := m.SetGlobal("limit", u32(10)); err != nil {
		t.Error(err)
	}
	expectRun(t, m, nil, "pass")
	if got := m.Global("who"); !bytes.Equal(got, unhex("c0000201")) {
		t.Errorf("who is %x", got)
	}
	if m.SetGlobal("none", nil) == nil || m.SetGlobal("limit", nil) == nil || m.Global("none") != nil {
		t.Error("a global that isn't there, or of the wrong size, was taken")
	}
}

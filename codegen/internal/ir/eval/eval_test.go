package eval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// TestStrict runs code that the kernel's verifier would refuse, on packets for which it does no harm.
func TestStrict(t *testing.T) {
	const frame = `module pipe tc default 0 license "GPL"
map m hash key 4 value 8 max 2
func pipe {
b0: stage a start
	v0 = data
	v1 = dataend
	v2 i32 = const 1
%s
b8: stage a
	ret v2
b9: stage a cold
	ret v2
}
`
	for _, tc := range []struct{ body, want string }{
		{"v3 = load.1 [v0]\njump b8", "not covered by a check"},
		{"check v0, v1, 4 ? b1 : b9\nb1:\nv3 = load.4 [v0+1]\njump b8", "not covered by a check"},
		{"check v0, v1, 4 ? b1 : b9\nb1:\nv4 = data\nv3 = load.4 [v4]\njump b8", "not covered by a check"},
		{"v3 i64 = const 32768\nv4 = pktadd v0, v3\njump b8", "offset 32768"},
		{"check v0, v1, 4 ? b1 : b9\nb1:\npull v2\nv3 = load.4 [v0]\njump b8", "stale packet pointer"},
		{"v3 i64 = const 16\ncheck v0, v1, 4 ? b1 : b9\nb1:\ncsuml4 [v3+4], v2\nv4 = load.4 [v0]\njump b8", "stale packet pointer"},
		{"v3 i64 = const 16\ncsuml4 [v3+5], v2\njump b8", "no checksum can lie at 21"},
		{"v3 = obj.4 {0.4: v2}\nv4 = lookup m[v3]\nv5 = load.8 [v4]\njump b8", "null pointer"},
		{"v3 = ctxload.4 cb+18\njump b8", "outside of cb"},
		{"v3 = ctxload.8 cb+4\njump b8", "outside of cb"},
	} {
		m, err := ir.Parse(fmt.Sprintf(frame, tc.body))
		if err != nil {
			t.Fatal(err)
		}
		mc := New(m)
		mc.Packet, mc.Linear = make([]byte, 64), 64
		if _, err := mc.Run(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, not %s", tc.body, err, tc.want)
		}
	}
}

// TestMaps checks full hashes, bounds of arrays, longest prefixes and entries that are gone.
func TestMaps(t *testing.T) {
	hash := newTable(&ir.Map{Kind: "hash", KeySize: 4, ValueSize: 1, Max: 1})
	if hash.update([]byte("aaaa"), []byte{1}) != 0 || hash.update([]byte("bbbb"), []byte{2}) == 0 {
		t.Error("a hash of one holds one")
	}
	if hash.remove([]byte("bbbb")) == 0 || hash.remove([]byte("aaaa")) != 0 || hash.at([]byte("aaaa")) != nil {
		t.Error("what is deleted is gone, and nothing else")
	}
	array := newTable(&ir.Map{Kind: "array", KeySize: 4, ValueSize: 1, Max: 2})
	if array.at([]byte{1, 0, 0, 0}) == nil || array.at([]byte{2, 0, 0, 0}) != nil || array.update([]byte{2, 0, 0, 0}, []byte{1}) == 0 {
		t.Error("an array of two has two entries")
	}
	lpm := newTable(&ir.Map{Kind: "lpm", KeySize: 8, ValueSize: 1, Max: 9})
	for _, prefix := range [][]byte{{8, 0, 0, 0, 10, 0, 0, 0}, {12, 0, 0, 0, 10, 0x10, 0, 0}} {
		lpm.update(prefix, prefix[:1])
	}
	for addr, want := range map[[4]byte]byte{{10, 0x1f, 1, 1}: 12, {10, 0x20, 1, 1}: 8} {
		if got := lpm.at(append([]byte{32, 0, 0, 0}, addr[:]...)); got == nil || got[0] != want {
			t.Errorf("%v is in %v", addr, got)
		}
	}
	if lpm.at([]byte{32, 0, 0, 0, 11, 0, 0, 0}) != nil {
		t.Error("an address is in no prefix")
	}
}

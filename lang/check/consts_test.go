package check

import (
	"fmt"
	"testing"

	"github.com/tcc-bpf/tcc/lang/types"
)

// TestConstants folds the default value of a config.
func TestConstants(t *testing.T) {
	for _, tt := range []struct{ typ, expr, want string }{
		{"u32", "1 + 2 * 3", "7"},
		{"u32", "300 - 299", "1"},
		{"u8", "(1 << 8) - 1", "255"},
		{"u8", "~0", "255"},
		{"u16", "~0xff", "65280"},
		{"u64", "~0", "18446744073709551615"},
		{"u32", "7 / 0", "0"},
		{"u32", "7 % 0", "7"},
		{"u32", "u32(7) / 0", "0"},
		{"u32", "u32(7) % 0", "7"},
		{"u32", "0 - u32(1)", "4294967295"},
		{"u32", "-u32(1)", "4294967295"},
		{"u8", "u8(255) + 1", "0"},
		{"u16", "u8(1) << 8", "1"}, // the count is masked by 7
		{"u16", "u16(1) << 8", "256"},
		{"u64", "u32(1) << 31 >> 31", "1"},
		{"u16", "u8(200) + u16(100)", "300"},
		{"u32", "12 & 10 | 1 ^ 3", "10"},
		{"u64", "5s", "5000000000"},
		{"u64", "2 * 250ms", "500000000"},
		{"u32", "u32(192.0.2.1)", "3221225985"},
		{"ip4", "ip4(3221225985)", "192.0.2.1"},
		{"ip4", "192.0.2.77 & 255.255.255.0", "192.0.2.0"},
		{"ip6", "2001:db8::1 & ffff::", "2001::"},
		{"mac", "02:00:00:00:00:01", "02:00:00:00:00:01"},
		{"u32", "u32(colour.green)", "5"},
		{"u8", "u8(true)", "1"},
		{"bool", "1 < 2 && !(3 == 4)", "true"},
		{"bool", "colour.red == colour.green", "false"},
		{"bool", "false || colour.red != colour.green", "true"},
		{"bool", "192.0.2.1 in 192.0.2.0/24", "true"},
		{"bool", "192.0.3.1 in 192.0.2.0/24", "false"},
		{"bool", "2001:db8::1 in 2001:db8::/32", "true"},
		{"bool", "::1 in ::/0", "true"},
		{"bool", "7 in 1..6", "false"},
		{"bool", "192.0.2.1 in 192.0.2.0..192.0.2.9", "true"},
		{"colour", "colour.green", "5"},
	} {
		src := fmt.Sprintf("pipeline p xdp\ndefault pass\nenum colour { red, green = 5 }\nconfig x %s = %s\nstage s { pass }\n", tt.typ, tt.expr)
		p, diags := Source("c.tcc", src)
		if p == nil {
			t.Errorf("%s: %v", tt.expr, diags)
			continue
		}
		if got := constString(p.Globals[0].Init); got != tt.want {
			t.Errorf("%s %s = %s, want %s", tt.typ, tt.expr, got, tt.want)
		}
		checkTables(t, p)
	}
}

func constString(k *Const) string {
	switch k.Type {
	case types.Bool:
		return fmt.Sprint(k.Int == 1)
	case types.IP4, types.IP6:
		return k.Addr.String()
	case types.MAC:
		m := k.MAC
		return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
	}
	return fmt.Sprint(k.Int)
}

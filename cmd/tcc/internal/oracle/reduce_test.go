package oracle

import (
	"strings"
	"testing"

	"github.com/tcc-bpf/tcc/lang/check"
)

const large = `pipeline p xdp
default pass
enum colour { red, green }
struct point { x u8; y u32 }
config limit u32 = 3
map seen hash[point]u64 max 4
event found { at point; who ip4 }
counter n[colour]
stage entry {
    e := parse ethernet else drop
    match e.type {
        0x0800 | 0x86dd => goto v4(e, 1 + 2, colour.red)
        1..5 => {
            n[colour.green] += 1
            drop
        }
        _ => pass
    }
}
stage v4(e ethernet, limits u32, c colour) {
    ip := parse ipv4
    p := point{x: u8(limits), y: limit}
    if v := seen[p] {
        v += 1
        if v > 10 && (ip.ttl & 1) == 0 {
            emit found{at: p, who: ip.src}
            delete seen[point{y: u32(ip.ttl) * 2}]
        }
    } else if e.src == 02:00:00:00:00:01 {
        seen[p] = 1
        n[c] += 1
        goto others[3](ip) else drop
    }
    pass
}
stage last(ip ipv4) { ip.ttl -= 1 pass }
slots others[8](ip ipv4) { 1 => last; 3 => last }
`

// TestReduce looks for the smallest program that the checker takes and that still has some property.
func TestReduce(t *testing.T) {
	tests := []struct {
		keep    string // must stay in the source
		want    string // is the source then
		packets int
	}{
		{"delete", "pipeline p xdp\ndefault pass\nstruct point { x u8 }\nmap seen hash[point]u64 max 4\nstage v4 {\n    delete seen[point{}]\n    pass\n}\n", 0},
		{"ip.ttl -= 1", "pipeline p xdp\ndefault pass\nstage entry { pass }\nstage last(ip ipv4) {\n    ip.ttl -= 1\n    pass\n}\n", 0},
		{"emit", "pipeline p xdp\ndefault pass\nstruct point { y u32 }\nevent found { at point }\nstage v4 {\n    emit found{}\n    pass\n}\n", 2},
	}
	for _, test := range tests {
		c := Case{Source: large, Packets: []Packet{{Data: []byte{1, 2}}, {Data: []byte{3}}, {Now: 1}}, Settings: []Setting{{"limit", []byte{1, 2, 3, 4}}}}
		small := reduce(c, func(c *Case) bool {
			_, list := check.Source(fileName, c.Source)
			return !list.HasErrors() && strings.Contains(c.Source, test.keep) && len(c.Packets) >= test.packets
		})
		if small.Source != test.want || len(small.Packets) != test.packets || len(small.Settings) > 0 {
			t.Errorf("%s:\n%s\nwant\n%s", test.keep, small, test.want)
		}
	}
}

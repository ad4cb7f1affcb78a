package codegen

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/lang/check"
)

// TestPrograms: the parts of a program are all of it, what it calls exists, and all of this is the same every time.
func TestPrograms(t *testing.T) {
	for _, name := range examples {
		for _, budget := range []int{0, 100, 300} {
			a, err := Compile(load(t, name), Options{Budget: budget})
			if err != nil {
				t.Logf("%s at %d: %v", name, budget, err)
				continue
			}
			names := map[string]bool{}
			for _, pr := range a.Programs {
				names[pr.Name] = true
			}
			for _, s := range a.Layout.Slots {
				names[s.Name] = true
			}
			for _, pr := range a.Programs {
				sum := 0
				for _, part := range pr.Parts {
					sum += part.Instructions
				}
				if sum != pr.Instructions {
					t.Errorf("%s: program %s has %d instructions, its parts %d", name, pr.Name, pr.Instructions, sum)
				}
				for _, c := range pr.Calls {
					if !names[c.To] || c.Line == 0 {
						t.Errorf("%s: program %s calls %q at line %d", name, pr.Name, c.To, c.Line)
					}
				}
			}
			again, err := Compile(load(t, name), Options{Budget: budget})
			if err != nil || !reflect.DeepEqual(a.Programs, again.Programs) {
				t.Errorf("%s: another time %v\n%s", name, err, cmp.Diff(a.Programs, again.Programs))
			}
		}
	}
}

// TestOrigins follows values of many kinds to their names and types in the source.
func TestOrigins(t *testing.T) {
	const src = `pipeline origins xdp
default pass

struct pair { left u16; right [2]u8 }
map m hash[u32]pair max 16
var pause bool

fn twice(x u32) u32 { return x * 2 }

slots table[4](ip ipv4, p pair) { 1 => last }

stage start {
    eth := parse ethernet
    ip := parse ipv4
    t := parse tcp
    big := u64(ip.src in 10.0.0.0/8 && pause) + now()
    p := pair{left: t.dport}
    goto middle(ip, t, big, twice(t.seq), p)
}

stage middle(ip ipv4, t tcp, big u64, seq u32, p pair) {
    m[seq] = p
    m[seq + 1] = p
    if big > 7 { goto table[u32(ip.dscp)](ip, p) else drop }
    if t.sport == 9 { tx }
    pass
}

stage last(ip ipv4, p pair) {
    if ip.ttl == p.left { drop }
    pass
}
`
	p, list := check.Source("origins.tcc", src)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := Compile(p, Options{Verify: true, Cut: func() bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	kinds := map[string]bool{}
	for _, pr := range a.Programs {
		for _, c := range pr.Carried {
			types[c.Name] = c.Type
			if c.Line == 0 {
				t.Errorf("%s is computed nowhere", c.Name)
			}
		}
		for _, part := range pr.Parts {
			kinds[part.Kind+" "+part.Name] = true
		}
	}
	for name, typ := range map[string]string{
		"ip": "view of ipv4", "big": "u64", "x * 2": "u32", "p.left": "u16", "ip := parse ipv4": "part of an offset",
	} {
		if types[name] != typ {
			t.Errorf("%s: %q, want %q\n%v", name, types[name], typ, types)
		}
	}
	for _, want := range []string{"stage start", "stage middle", "stage last", "fn twice"} {
		if !kinds[want] {
			t.Errorf("no part is %s: %v", want, kinds)
		}
	}
	if !slices.Contains(a.Chain, "table[]") || a.MaxChain < 3 {
		t.Errorf("the longest chain is %v, %d tail calls", a.Chain, a.MaxChain)
	}
}

// TestForgotten tells what tables and loops make the verifier forget.
func TestForgotten(t *testing.T) {
	a, err := Compile(load(t, "policy"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Forgotten{{"dport", "u16", "policy.tcc", 51, manyRows}}
	if diff := cmp.Diff(want, a.Programs[0].Forgotten); diff != "" {
		t.Error(diff)
	}
}

// TestForgottenInLoop tells what a loop makes the verifier forget: the cursor, if each round may have moved it or not.
func TestForgottenInLoop(t *testing.T) {
	p, list := check.Source("loop.tcc", `pipeline loop xdp
default pass

stage start {
    parse ethernet
    sum := 0
    for i in 0..9 {
        b := parse udp
        sum += b.len
    }
    if u64(sum) == 77 { drop }
    pass
}
`)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := Compile(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Forgotten{{"cursor", "offset in the packet", "loop.tcc", 7, manyRounds}}
	if diff := cmp.Diff(want, a.Programs[0].Forgotten); diff != "" {
		t.Error(diff)
	}
}

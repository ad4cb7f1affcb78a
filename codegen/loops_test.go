package codegen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/lang/check"
)

const looped = `pipeline loops TYPE
default drop
var sum u32
fn unused(n u32) { for i in 0..n max 2000 { sum += payload[i] } }
stage start {
    parse ethernet
    ip := parse ipv4
    LOOP
    pass
}
`

// TestLoops: which bodies of loops become functions, and why others can't.
func TestLoops(t *testing.T) {
	tests := []struct {
		name, loop, target string
		budget             int
		want               string
	}{
		{"none", "", "5.10", 0, ""},
		{"short", "for i in 0..1024 { sum += payload[i] }", "6.1", 0, ""},
		{"long, old kernels", "for i in 0..1025 { sum += payload[i] }", "5.15", 0, "a loop of 1025 rounds can't be written out, and its body can't be a function: that takes bpf_loop"},
		{"long", "for i in 0..1025 { sum += payload[i] }", "6.1", 0, "1025 rounds: " + long},
		{"no plan otherwise", "for i in 0..300 { sum = (sum * 31 + payload[i]) ^ (sum >> 3) }", "6.1", 150, "300 rounds: " + noPlan},
		{"no plan, old kernels", "for i in 0..300 { sum = (sum * 31 + payload[i]) ^ (sum >> 3) }", "5.15", 150, "stage start: "},
		{"in a short one", "for k in 0..3 { for i in 0..2000 { sum += payload[i + k] } }", "6.18", 0, "2000 rounds: " + long + ", 2000 rounds: " + long + ", 2000 rounds: " + long},
		{"in too many rounds", "for k in 0..300 { for i in 0..2000 { sum += payload[i + k] } }", "6.18", 0, "a program has 256 functions at most, and there would be 301"},
	}
	for _, test := range tests {
		target, err := ParseTarget(test.target)
		if err != nil {
			t.Fatal(err)
		}
		p, list := check.Source("loops.tcc", strings.NewReplacer("TYPE", "xdp", "LOOP", test.loop).Replace(looped))
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		a, err := Compile(p, Options{Target: target, Budget: test.budget, Verify: true})
		var got []string
		if none := new(PlanError); errors.As(err, &none) {
			got = append(got, none.Error())
		} else if err != nil {
			t.Fatal(err)
		} else {
			for _, f := range a.Subprograms {
				got = append(got, fmt.Sprintf("%d rounds: %s", f.Rounds, f.Why))
			}
		}
		if text := strings.Join(got, ", "); !strings.Contains(text, test.want) || (text == "") != (test.want == "") {
			t.Errorf("%s: %q, want %q", test.name, text, test.want)
		}
	}
}

// TestLoopsPullNoMore: what the body of a loop looks at, through a view or behind the cursor, makes the entry bring in no
// more of a packet than the same loop does that is written out.
func TestLoopsPullNoMore(t *testing.T) {
	const body = "for i in 0..ROUNDS { if ip.ttl == i { goto found(ip) } sum += payload[i] }"
	largest := map[string]int64{}
	for _, rounds := range []string{"600", "2000"} {
		src := strings.NewReplacer("TYPE", "tc", "LOOP", strings.Replace(body, "ROUNDS", rounds, 1)).Replace(looped) + "stage found(ip ipv4) { if ip.id == 7 { drop } pass }\n"
		p, list := check.Source("loops.tcc", src)
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		target, _ := ParseTarget("6.1")
		a, err := Compile(p, Options{Target: target, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		spec, err := a.Spec()
		if err != nil {
			t.Fatal(err)
		}
		entry := spec.Programs[a.Programs[0].Name].Instructions
		pull := slices.IndexFunc(entry, func(ins asm.Instruction) bool { return ins.IsBuiltinCall() && ins.Constant == 39 })
		if pull < 0 {
			t.Fatalf("%s rounds: nothing is pulled", rounds)
		}
		for _, ins := range entry[:pull] {
			if !ins.OpCode.IsDWordLoad() { // the address of a variable
				largest[rounds] = max(largest[rounds], ins.Constant)
			}
		}
	}
	if largest["600"] != largest["2000"] { // both compare with the largest offset, too
		t.Errorf("numbers up to %v, by rounds", largest)
	}
}

package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/lang/check"
)

// called compiles a pipeline with a few fns, and tells which of them are subprograms, and why others aren't.
func called(t *testing.T, src string, opts Options) (*Artifact, string) {
	t.Helper()
	p, list := check.Source("calls.tcc", src)
	if err := list.Err(); err != nil {
		t.Fatal(list.Text(map[string]string{"calls.tcc": src}, false))
	}
	opts.Verify = true
	a, err := Compile(p, opts)
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	for _, f := range a.Subprograms {
		fmt.Fprintf(&s, "%s in %s\n", f.Name, strings.Join(f.Callers, ", "))
	}
	for _, f := range a.Inlined {
		fmt.Fprintf(&s, "%s not: %s\n", f.Name, f.Why)
	}
	return a, strings.TrimSuffix(s.String(), "\n")
}

const caller = `pipeline calls xdp
default pass
counter odd
slots more[4](ip ipv4) { 1 => slow }

fn half(n u32) u32 call { return n >> 1 }
fn weigh(ip ipv4) u32 call {
    if ip.ttl & 1 == 1 { odd += 1 }
    return half(ip.len) + half(ip.id)
}

stage start {
    parse ethernet
    ip := parse ipv4
    if weigh(ip) == 7 { drop }
    SLOT
}

stage slow(ip ipv4) {
    if weigh(ip) == 8 { drop }
    pass
}
`

// TestCalls: which fns that are marked become subprograms.
func TestCalls(t *testing.T) {
	plain := strings.Replace(caller, "SLOT", "pass", 1)
	slots := strings.Replace(caller, "SLOT", "goto more[packet.queue](ip)", 1)
	const both = "half in calls, slow\nweigh in calls, slow"
	const tailCalls = "half not: program `calls`, which would call it, makes tail calls too: not all kernels before 6.1 can do both\n" +
		"weigh not: program `calls`, which would call it, makes tail calls too: not all kernels before 6.1 can do both"
	const dear = "weigh not: the verifier would walk through about"
	tests := []struct {
		name, src, target string
		budget            int
		want              string
	}{
		{"no tail calls", plain, "5.10", 0, both},
		{"tail calls", slots, "5.10", 0, tailCalls},
		{"tail calls", slots, "5.15", 0, tailCalls},
		{"tail calls", slots, "6.1", 0, both},
		{"tail calls", slots, "6.18", 0, both},
		{"a small budget", plain, "6.18", 120, dear},
	}
	for _, test := range tests {
		target, err := ParseTarget(test.target)
		if err != nil {
			t.Fatal(err)
		}
		_, got := called(t, test.src, Options{Target: target, Budget: test.budget})
		if got != test.want && !(test.want == dear && strings.Contains(got, dear)) {
			t.Errorf("%s, target %s:\n%s\nwant\n%s", test.name, test.target, got, test.want)
		}
	}
}

// TestLargeFns: fns whose calls would become too much code are called, where that can be.
func TestLargeFns(t *testing.T) {
	src := "pipeline large xdp\ndefault pass\nslots more[4]() { 1 => other }\nfn f0(n u32) u32 { return n ^ 5 }\n"
	for i := range 16 {
		src += fmt.Sprintf("fn f%d(n u32) u32 { return f%d(n) + f%d(n + 1) }\n", i+1, i, i)
	}
	src += "stage start {\n    if f16(packet.len) == 3 { drop }\n    END\n}\nstage other { drop }\n"
	a, got := called(t, strings.Replace(src, "END", "pass", 1), Options{})
	if len(a.Subprograms) == 0 || len(a.Inlined) > 0 || a.Subprograms[0].Why != large || a.Programs[0].Instructions > 1000 {
		t.Errorf("%d instructions: %s", a.Programs[0].Instructions, got)
	}
	slots := strings.Replace(src, "END", "goto more[packet.queue]", 1)
	newest, _ := ParseTarget("6.18")
	if a, got = called(t, slots, Options{Target: newest}); len(a.Subprograms) == 0 || len(a.Inlined) > 0 {
		t.Error(got)
	}
	p, _ := check.Source("calls.tcc", slots)
	var none *PlanError
	if _, err := Compile(p, Options{}); !errors.As(err, &none) || !strings.Contains(none.Reason, "is too large to stand wherever it is called") {
		t.Errorf("got %v", err)
	}
}

// TestDeepCalls: functions are called at most eight deep.
func TestDeepCalls(t *testing.T) {
	var src strings.Builder
	src.WriteString("pipeline deep xdp\ndefault pass\nfn f0(n u32) u32 call { return n * 3 }\n")
	for i := range 9 {
		fmt.Fprintf(&src, "fn f%d(n u32) u32 call { return f%d(n) + n }\n", i+1, i)
	}
	src.WriteString("stage start {\n    if f9(packet.len) == 5 { drop }\n    pass\n}\n")
	a, got := called(t, src.String(), Options{})
	if len(a.Subprograms) > maxFrames-1 || len(a.Subprograms)+len(a.Inlined) != 10 {
		t.Error(got)
	}
}

// TestDeepStack: the stack of a program and of what it calls is bounded, the more so if it makes tail calls.
func TestDeepStack(t *testing.T) {
	const src = `pipeline stack xdp
default pass
struct wide { a [20]u64 }
map m hash[u32]wide max 10
slots more[4]() { 1 => other }

fn put(n u64) call { m[1] = wide{a: [n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n]} }

stage start {
    put(packet.len)
    m[2] = wide{a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]}
    END
}

stage other { drop }
`
	newest, _ := ParseTarget("6.18")
	for end, want := range map[string]string{
		"pass":                    "put in stack",
		"goto more[packet.queue]": "put not: with subprograms there is no plan: stage `start` comes to 384 bytes of stack, and the limit is 224",
	} {
		if _, got := called(t, strings.Replace(src, "END", end, 1), Options{Target: newest}); got != want {
			t.Errorf("%s: %s\nwant %s", end, got, want)
		}
	}
}

// TestCallsLink: loaders link to programs what they call, and nothing else.
func TestCallsLink(t *testing.T) {
	src := strings.Replace(caller, "SLOT", "goto slow(ip)", 1)
	a, _ := called(t, src, Options{})
	for _, object := range [][]byte{a.LittleEndian, a.BigEndian} {
		spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name, p := range spec.Programs {
			names = append(names, name)
			size := 0
			for i := range p.Instructions {
				size += int(p.Instructions[i].Width())
			}
			for _, pr := range a.Programs {
				if pr.Name == name && pr.Instructions != size {
					t.Errorf("%s has %d instructions, not %d", name, size, pr.Instructions)
				}
			}
		}
		slices.Sort(names)
		if want := []string{"calls", "slow"}; !slices.Equal(names, want) {
			t.Errorf("programs are %v, not %v", names, want)
		}
	}
}

package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// loopPackets are noise in which small numbers, single bits and zeroes are frequent: lengths and kinds.
func loopPackets(pipelineType string) (packets [][]byte, names []string) {
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range 1500 {
		b := make([]byte, runtime.MinTestPacket+rng.IntN(200))
		for k := range b {
			b[k] = byte(rng.Uint32()) >> rng.IntN(8)
		}
		if runtime.CheckTestPacket(pipelineType, b) == nil {
			packets, names = append(packets, b), append(names, fmt.Sprintf("random packet %d", i))
		}
	}
	return packets, names
}

// Loops and circles of stages, whole and cut between and within their rounds.
func TestLoopsAgree(t *testing.T) {
	kerneltest.Require(t)
	for _, name := range []string{"loops", "circles"} {
		p := load(t, filepath.Join("../../../../codegen/internal/build/testdata", name+".tcc"))
		packets, names := loopPackets(p.Type.Name)
		for _, budget := range []int{0, 2000, 500} {
			t.Run(fmt.Sprintf("%s/%d", name, budget), func(t *testing.T) {
				a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true, Verify: true})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d programs, %d packets", len(a.Programs), len(packets))
				newPair(t, p, a, func(interp.Engine) error { return nil }).all(t, packets, names)
			})
		}
	}
}

// longLoop is a loop with much to do in each round.
const longLoop = `
pipeline p xdp
default abort
map seen hash[u8]u64 max 64
counter odd
stage s {
    parse ethernet
    ip := parse ipv4
    sum := u32(1)
    last := u64(0)
    for i in 0..ip.ttl max 60 {
        c := payload[i]
        if c == 0 { break }
        if c & 1 == 1 { odd += 1 } else { payload[i] = c + 1 }
        if v := seen[c] { v += 1 } else { seen[c] = last }
        if c == 255 { goto wide(sum) }
        if c > 200 { continue }
        sum = sum * 31 + c
        last = (last << 8) | c
    }
    if sum % 3 == 0 { drop }
    if last > 0x100000000 { tx }
    pass
}
stage wide(sum u32) {
    odd += sum & 7
    drop
}`

// TestLoopInChunks: a loop that is too big for one program goes on in the next, over tail calls, with what the rounds before
// have left behind.
func TestLoopInChunks(t *testing.T) {
	kerneltest.Require(t)
	p, list := check.Source("loop.tcc", longLoop)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	whole, err := codegen.Compile(p, codegen.Options{Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	budget := whole.Programs[0].EstimatedCost / 6
	a, err := codegen.Compile(p, codegen.Options{Budget: budget, Pinned: true, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	inside := 0 // programs that begin in the loop
	for _, pr := range a.Programs {
		if pr.Line >= 11 && pr.Line <= 20 {
			inside++
		}
	}
	t.Logf("the whole is estimated at %d; at %d, %d programs, %d of them begin in the loop, and %d tail calls",
		whole.Programs[0].EstimatedCost, budget, len(a.Programs), inside, a.MaxChain)
	if len(whole.Programs) != 1 || inside < 4 || a.MaxChain < 4 {
		t.Errorf("%d programs, %d begin in the loop, %d tail calls", len(a.Programs), inside, a.MaxChain)
	}
	packets, names := loopPackets(p.Type.Name)
	for i, b := range packets { // IPv4 with a TTL, and few zeroes behind
		if len(b) < 40 {
			continue
		}
		b[14], b[22] = 0x45, byte(20+i%80)
		for k := 34; k < len(b); k++ {
			if b[k] == 0 && k%7 != 0 {
				b[k] = byte(k)
			}
		}
	}
	newPair(t, p, a, func(interp.Engine) error { return nil }).all(t, packets, names)
}

// optionWalk is a loop in which the cursor moves by what the packet says, with a counter and flags that are compared
// behind it.
const optionWalk = `
pipeline p xdp
default drop
header opt { kind u8  len u8 }
var sum u64
stage s {
    parse ethernet
    ip := parse ipv4
    count := u32(0)
    flags := u32(0)
    for i in 0..ip.len max %d {
        o := peek opt
        if o.kind == 0 { break }
        if o.kind == 1 { skip 1 continue }
        if o.kind == 2 { count += 1 }
        if o.kind == 3 { flags |= 1 }
        if o.kind == 4 { flags |= 2 }
        skip o.len
    }
    t := parse tcp
    if count > 3 || flags == 3 { drop }
    sum += t.dport
    pass
}`

// labelWalk is the same as a circle.
const labelWalk = `
pipeline p xdp
default drop
header piece { len u8 }
var sum u64
stage s { parse ethernet parse ipv4 parse udp skip 12 goto walk(0, 17) }
stage walk(n u8, h u32) {
    l := parse piece
    if l.len == 0 { goto done(n, h) }
    if l.len & 1 == 1 { h = h * 31 + l.len } else { h ^= 0x55 n += 1 }
    skip l.len
    goto walk(n + 1, h) max %d
}
stage done(n u8, h u32) {
    t := parse tcp
    if n > 5 { drop }
    if n == 3 { sum += 1 }
    sum += h + t.dport
    pass
}`

// What the verifier walks through grows with the number of rounds, not faster.
func TestLoopsVerified(t *testing.T) {
	kerneltest.Require(t)
	for name, source := range map[string]string{"options": optionWalk, "labels": labelWalk} {
		t.Run(name, func(t *testing.T) {
			few, many := verified(t, fmt.Sprintf(source, 64)), verified(t, fmt.Sprintf(source, 256))
			t.Logf("64 rounds: %d instructions, 256: %d", few, many)
			if few > 5000 {
				t.Errorf("64 rounds take %d instructions", few)
			}
			if many > 5*few {
				t.Errorf("256 rounds take %d instructions, 64 take %d", many, few)
			}
		})
	}
}

// verified is how many instructions the kernel went through to accept a pipeline of one program.
func verified(t *testing.T, source string) uint32 {
	t.Helper()
	p, list := check.Source("loop.tcc", source)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := codegen.Compile(p, codegen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(p, a)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Load(); err != nil {
		t.Fatalf("%+v", err)
	}
	info, err := k.Pipeline().Entry().Info()
	if err != nil {
		t.Fatal(err)
	}
	n, ok := info.VerifiedInstructions()
	if !ok {
		kerneltest.Unavailable(t, errors.New("the kernel doesn't tell how many instructions it processed"))
	}
	return n
}

// bodyPackets are UDP packets with all that the loops of those pipelines look for.
func bodyPackets(pipelineType string) (packets [][]byte, names []string) {
	rng := rand.New(rand.NewPCG(9, 10))
	const bytes = "0123456789abcdefg \x00\x01\x02\x02\x64\x65!\"#$%&'./"
	for i := range 300 {
		b := make([]byte, 42+rng.IntN(60)*rng.IntN(24))
		copy(b[12:], []byte{8, 0, 0x45})
		b[22], b[23], b[35], b[37] = byte(rng.Uint32())>>rng.IntN(8), 17, byte(rng.IntN(14)), byte(rng.IntN(8))
		binary.BigEndian.PutUint16(b[38:], uint16(len(b)-34+rng.IntN(3)*rng.IntN(3)))
		for k := 42; k < len(b); k++ {
			b[k] = bytes[rng.IntN(1+rng.IntN(len(bytes)))]
		}
		if pipelineType == "cgroup_skb" {
			b = b[14:]
		}
		packets, names = append(packets, b), append(names, fmt.Sprintf("UDP packet %d", i))
	}
	return packets, names
}

// TestLoopBodies: loops whose bodies are functions do what they say, whole and cut at random, on packets of all kinds, and
// their estimates are near what the verifier counts.
func TestLoopBodies(t *testing.T) {
	kerneltest.Require(t)
	files, err := filepath.Glob("../../../../codegen/internal/build/testdata/long/*.tcc")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		p := load(t, file)
		for _, release := range []string{"6.1", "6.18"} {
			target, err := codegen.ParseTarget(release)
			if err != nil {
				t.Fatal(err)
			}
			plans := 0
			for seed := range uint64(6) {
				opts := codegen.Options{Pinned: true, Verify: true, Target: target}
				if seed > 0 {
					r := rand.New(rand.NewPCG(seed, 2))
					opts.Cut = func() bool { return r.IntN(12) == 0 }
				}
				a, err := codegen.Compile(p, opts)
				if none := new(codegen.PlanError); seed > 0 && errors.As(err, &none) {
					continue // too much stack beside the tail calls
				}
				if err != nil {
					t.Fatalf("%s for %s, seed %d: %v", file, release, seed, err)
				}
				plans++
				for _, r := range interp.RunTests(p, func() (interp.Engine, error) { return New(p, a) }) {
					for _, f := range r.Failures {
						t.Errorf("%s for %s, seed %d: %s: %s: %s", file, release, seed, r.Name, f.Span, f.Message)
					}
				}
				checkEstimates(t, p, a)
				packets, names := bodyPackets(p.Type.Name)
				newPair(t, p, a, func(interp.Engine) error { return nil }).all(t, packets, names)
			}
			if plans < 3 {
				t.Errorf("%s for %s: only %d plans", file, release, plans)
			}
		}
	}
}

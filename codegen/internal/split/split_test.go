package split

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// planOf cuts a module given as text, and checks what must hold of every plan.
func planOf(t *testing.T, text string, opts Options) *Plan {
	t.Helper()
	m, err := ir.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	p, err := Module(m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pipeline is the text of a pipeline of n stages. Each reads a byte of the packet, mixes it into one of three numbers
// that travel on, and ends with a verdict if it is 255.
func pipeline(progType string, n int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "module pipe %s default 1 license \"GPL\"\nfunc pipe {\n", progType)
	fmt.Fprintf(&s, "b0: stage s0 start\n\tv0 = data\n\tv1 = dataend\n\tcheck v0, v1, %d ? b1 : b2\n", n)
	s.WriteString("b2: stage s0 cold\n\tv2 i32 = const 1\n\tret v2\n")
	s.WriteString("b1: stage s0\n\tv3 i32 = const 3\n\tv4 i32 = const 7\n\tv5 i64 = const 9\n\tjump b10(v3, v4, v5)\n")
	for i := range n {
		b, v := 10+2*i, 10+20*i
		fmt.Fprintf(&s, "b%d(v%d i32.4, v%d i32.2, v%d i64): stage s%d start\n", b, v, v+1, v+2, i)
		fmt.Fprintf(&s, "\tv%d = load.1 [v0+%d]\n\tv%d i32 = const 255\n\tv%d = add v%d, v%d\n", v+3, i, v+4, v+5, v, v+3)
		fmt.Fprintf(&s, "\tv%d = xor v%d, v%d\n\tv%d = zext v%d\n\tv%d = mul v%d, v%d\n", v+6, v+1, v+3, v+7, v+5, v+8, v+2, v+7)
		fmt.Fprintf(&s, "\tv%d i32 = const 65535\n\tv%d = and v%d, v%d\n", v+10, v+11, v+6, v+10)
		fmt.Fprintf(&s, "\tbr eq v%d, v%d ? b%d : b%d(v%d, v%d, v%d)\n", v+3, v+4, b+1, b+2, v+5, v+11, v+8)
		fmt.Fprintf(&s, "b%d: stage s%d cold\n\tret v%d\n", b+1, i, v+6)
	}
	b, v := 10+2*n, 10+20*n
	fmt.Fprintf(&s, "b%d(v%d i32.4, v%d i32.2, v%d i64): stage end start\n", b, v, v+1, v+2)
	fmt.Fprintf(&s, "\tv%d = trunc v%d\n\tv%d = add v%d, v%d\n\tv%d = xor v%d, v%d\n\tret v%d\n}\n", v+3, v+2, v+4, v, v+3, v+5, v+4, v+1, v+5)
	return s.String()
}

// packets reach every stage of pipeline, and every verdict.
func packets(n int) [][]byte {
	list := [][]byte{nil, make([]byte, n-1), make([]byte, n)}
	for i := range n {
		p := make([]byte, n)
		for j := range p {
			p[j] = byte(7*i + 13*j&0x7f)
		}
		list = append(list, slices.Clone(p))
		p[i] = 255
		list = append(list, p)
	}
	return list
}

// TestBudgets cuts one pipeline under budgets from huge to the least.
func TestBudgets(t *testing.T) {
	const stages = 60
	for _, progType := range []string{"xdp", "tc"} {
		m, err := ir.Parse(pipeline(progType, stages))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := run(t, m, packets(stages), nil)
		most := 0
		for _, budget := range []int{0, 700, 500, 300, 200, 150, 120, 100, 1} {
			p, err := Module(m, Options{Budget: budget, MaxTailCalls: 32})
			var failed *Error
			if errors.As(err, &failed) {
				if _, err := fmt.Sscanf(failed.Remedy, "a budget of %d", &budget); err != nil {
					t.Fatal(failed)
				}
				p, err = Module(m, Options{Budget: budget, MaxTailCalls: 32})
			}
			if err != nil {
				t.Fatalf("%s, budget %d: %v", progType, budget, err)
			}
			for _, pr := range p.Programs {
				if budget > 0 && pr.Cost.Processed > budget {
					t.Errorf("%s, budget %d: %s costs %d", progType, budget, pr.Name, pr.Cost.Processed)
				}
			}
			if len(p.Programs) < most {
				t.Errorf("%s, budget %d: %d programs, a larger budget had %d", progType, budget, len(p.Programs), most)
			}
			most = len(p.Programs)
			if budget == 0 && most != 1 {
				t.Errorf("%s: %d programs without a bound", progType, most)
			}
			got, mc := run(t, p.Apply(), packets(stages), nil)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, budget %d: %s", progType, budget, diff)
			}
			if progType == "tc" && mc.Tables[TableState] != nil {
				t.Errorf("14 bytes don't travel in cb")
			}
		}
		if most < 12 {
			t.Errorf("%s: only %d programs at most", progType, most)
		}
	}
}

const crossingText = `module pipe tc default 2 license "GPL"
map flows hash key 8 value 8 max 10
global limit 4 const
func pipe {
b0: stage a start
	v0 = data
	v1 = dataend
	check v0, v1, 34 ? b1 : b9
b9: stage a cold
	v2 i32 = const 2
	ret v2
b1: stage a
	v10 = load.1 [v0+14]
	v11 i32 = const 15
	v12:ihl = and v10, v11
	v13 i32 = const 2
	v14 = shl v12, v13
	v15 = zext v14
	v16 i64 = const 14
	v17:off = add v15, v16
	v18 = pktadd v0, v17
	check v18, v1, 20 ? b2 : b9
b2: stage a
	v20:sport = load.2 [v18]
	v21:src = load.4 [v0+26]
	v22 = ctxload mark
	v23 = ctxload len
	v24 = global limit
	v25 = load.4 [v24]
	v26 = obj.8 {0.4: v21, 4.2: v20}
	v27 i32 = const 77
	v29 = ctxload.4 hash
	ctxstore mark, v27
	jump b3
b3: stage b start
	v30 = load.2 [v18+12]
	v31 = load.1 [v0+33]
	v32 = lookup flows[v26]
	v33 i64 = const 0
	br eq v32, v33 ? b9 : b4
b4: stage b
	v40 = load.8 [v32]
	v41 = trunc v40
	v42 = add v41, v30
	v43 = add v42, v31
	v44 = add v43, v22
	v45 = add v44, v23
	v46 = add v45, v25
	v47 = add v46, v27
	v48 = add v47, v29
	v49 = trunc v17
	v50 = add v48, v49
	ret v50
}
`

// TestCrossing looks at what travels into one head, and what is made anew there.
func TestCrossing(t *testing.T) {
	m, err := ir.Parse(strings.ReplaceAll(crossingText, "ctxload mark", "ctxload.4 mark"))
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(m, m.Funcs[0], Options{})
	byID := map[int]*ir.Block{}
	for _, b := range g.order {
		byID[b.ID] = b
	}
	if g.crossing(byID[4]) != nil {
		t.Error("a program can begin with a map value in hand")
	}
	c := g.crossing(byID[3])
	var got []string
	for _, v := range c.carried {
		got = append(got, fmt.Sprintf("%s:%s %d", v, v.Name, g.width(v)))
	}
	// Not among them: constants, the packet's pointers, hash and len, which nobody writes, config, the key.
	want := []string{"v17:off 1", "v20:sport 2", "v21:src 4", "v22: 4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNarrow lets a byte travel in the place of the product that is made from it.
func TestNarrow(t *testing.T) {
	const text = `module pipe xdp default 2 license "GPL"
func pipe {
b0: stage a start
	v0 = random
	v1 i32 = const 255
	v2:low = and v0, v1
	v3 = zext v2
	v4 i64 = const 1099511628211
	v5:product = mul v3, v4
	jump b1
b1: stage b start
	v6 = trunc v5
	ret v6
}
`
	m := ir.MustParse(text)
	g := newGraph(m, m.Funcs[0], Options{})
	c := g.crossing(m.Funcs[0].Blocks[1])
	if len(c.carried) != 1 || c.carried[0].Name != "" || c.bytes != 1 {
		t.Errorf("%v travel, %d bytes", c.carried, c.bytes)
	}
}

// TestChop cuts a long straight block: a value from before the cut is used after it.
func TestChop(t *testing.T) {
	var s strings.Builder
	s.WriteString("module pipe xdp default 0 license \"GPL\"\nfunc pipe {\nb0: stage only start\n\tv0:seed = random\n\tv1:sum i32 = const 1\n")
	for i := range 200 {
		fmt.Fprintf(&s, "\tv%d = add v%d, v0\n\tv%d = mul v%d, v%d\n", 2*i+2, 2*i+1, 2*i+3, 2*i+2, 2*i+2)
	}
	s.WriteString("\tret v401\n}\n")
	p := planOf(t, s.String(), Options{Budget: 150})
	if len(p.Programs) < 4 {
		t.Fatalf("%d programs", len(p.Programs))
	}
	for i, pr := range p.Programs[1:] {
		if want := fmt.Sprintf("only_%d", i+1); pr.Name != want || pr.Stage != "only" {
			t.Errorf("program %s of stage %s, not %s", pr.Name, pr.Stage, want)
		}
		if pr.Bytes() != 8 || pr.Carried[0].Name != "seed" {
			t.Errorf("%s takes %v", pr.Name, pr.Carried)
		}
	}
	m := ir.MustParse(s.String())
	want, _ := run(t, m, [][]byte{nil, nil, nil}, nil)
	got, _ := run(t, p.Apply(), [][]byte{nil, nil, nil}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// seed travels through all of them, but is stored once.
	stores := strings.Count(p.Apply().Funcs[1].String(), "store.4")
	if stores != 1 {
		t.Errorf("the second program stores %d numbers", stores)
	}
}

// TestMiss takes programs away: the packet gets the default, and the miss is counted at its target.
func TestMiss(t *testing.T) {
	p := planOf(t, pipeline("xdp", 60), Options{Budget: 200})
	for _, pr := range p.Programs {
		if pr.Index < 0 {
			continue
		}
		packet := make([]byte, 60)
		got, mc := run(t, p.Apply(), [][]byte{packet}, func(table string, i uint32) bool {
			return table == tableStages && int(i) == pr.Index
		})
		if got.Verdicts[0] != 1 {
			t.Errorf("without %s the verdict is %d", pr.Name, got.Verdicts[0])
		}
		for key, value := range mc.Tables[tableMisses].Entries {
			i, n := binary.LittleEndian.Uint32([]byte(key)), binary.LittleEndian.Uint64(value)
			if want := int(i) == pr.Index; want != (n == 1) {
				t.Errorf("without %s the counter %d is %d", pr.Name, i, n)
			}
		}
	}
}

// TestChainLimit asks for more tail calls than there may be.
func TestChainLimit(t *testing.T) {
	m := ir.MustParse(pipeline("xdp", 60))
	_, err := Module(m, Options{Budget: 150, MaxTailCalls: 3})
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("error %v", err)
	}
	if failed.Constraint != "tail calls" || failed.Limit != 3 || failed.Have < 4 || failed.Stage != "s0" {
		t.Errorf("%+v", failed)
	}
	if !strings.HasPrefix(failed.Detail, "pipe → s") || strings.Count(failed.Detail, "→") != failed.Have {
		t.Errorf("the chain is %s", failed.Detail)
	}
	var budget int
	if _, err := fmt.Sscanf(failed.Remedy, "a budget of %d is enough", &budget); err != nil {
		t.Fatal(failed.Remedy)
	}
	if p, err := Module(m, Options{Budget: budget, MaxTailCalls: 3}); err != nil || p.TailCalls > 3 {
		t.Errorf("the remedy doesn't help: %v", err)
	}
}

// TestStack has a key that no stack can hold.
func TestStack(t *testing.T) {
	m := ir.MustParse(`module pipe xdp default 0 license "GPL"
map big hash key 480 value 8 max 10
func pipe {
b0: stage fat start
	v0 = random
	v1 = obj.480 {0.4: v0}
	v2 = delete big[v1]
	v3 = trunc v2
	ret v3
}
`)
	_, err := Module(m, Options{})
	var failed *Error
	if !errors.As(err, &failed) || failed.Constraint != stackBytes || failed.Stage != "fat" {
		t.Errorf("error %v", err)
	}
}

const slotsText = `module pipe %s default 0 license "GPL"
map first prog_array key 4 value 4 max 4 args 2 1 8 {0: one, 1: two}
map second prog_array key 4 value 4 max 4 args 8 8 8 {2: two}
func pipe {
root b20: stage one table first
root b30: stage two table first
root b40: stage two table second
b0: stage go start
	v0 = random
	v1 i32 = const 1
	v2 = and v0, v1
	v3 i32 = const 65535
	v4 = and v0, v3
	v5 = now
	slotcall first[v2](v4, v2, v5) else b1(v4)
b1(v6 i32): stage go
	v7 i32 = const 2
	slotcall second[v7](v5, v5, v5) else b2
b2: stage go
	ret v6
b20(v20:port i32.2, v21:flag i32.1, v22:when i64): stage one start
	v23 = trunc v22
	v24 = add v23, v20
	v25 = sub v24, v21
	ret v25
b30(v30:port i32.2, v31:flag i32.1, v32:when i64): stage two start
	ret v31
b40(v40:x i64, v41:y i64, v42:z i64): stage two start
	v43 = trunc v42
	ret v43
}
`

// TestSlots checks calling conventions, the names of programs and the counters of misses.
func TestSlots(t *testing.T) {
	for _, tc := range []struct {
		progType      string
		first, second string
		state         int
	}{
		{"tc", "cb", "tcc_state", 24},
		{"xdp", "tcc_state", "tcc_state", 24},
	} {
		text := fmt.Sprintf(slotsText, tc.progType)
		p := planOf(t, text, Options{})
		var names []string
		for _, pr := range p.Programs {
			names = append(names, fmt.Sprint(pr.Name, pr.Index))
		}
		if diff := cmp.Diff([]string{"pipe-1", "one-1", "two-1", "two_1-1"}, names); diff != "" {
			t.Error(diff)
		}
		want := []Carried{{Name: "port", Bytes: 2, Carrier: tc.first, Offset: 0}, {Name: "flag", Bytes: 1, Carrier: tc.first, Offset: 2}, {Name: "when", Bytes: 8, Carrier: tc.first, Offset: 8}}
		if diff := cmp.Diff(want, p.Programs[1].Carried); diff != "" {
			t.Error(diff)
		}
		want = []Carried{{Name: "x", Bytes: 8, Carrier: tc.second, Offset: 0}, {Name: "y", Bytes: 8, Carrier: tc.second, Offset: 8}, {Name: "z", Bytes: 8, Carrier: tc.second, Offset: 16}}
		if diff := cmp.Diff(want, p.Programs[3].Carried); diff != "" {
			t.Error(diff)
		}
		if p.State != tc.state {
			t.Errorf("%d bytes of state", p.State)
		}
		for _, m := range p.Apply().Maps {
			switch m.Name {
			case "first":
				if diff := cmp.Diff(map[uint32]string{0: "one", 1: "two"}, m.Programs); diff != "" {
					t.Error(diff)
				}
			case "second":
				if diff := cmp.Diff(map[uint32]string{2: "two_1"}, m.Programs); diff != "" {
					t.Error(diff)
				}
			case tableStages:
				t.Error("there are stages")
			}
		}
		if p.TailCalls != 2 {
			t.Errorf("%d tail calls: %v", p.TailCalls, p.Chain)
		}
		refuse := func(table string, i uint32) bool { return table == "first" }
		before, _ := run(t, ir.MustParse(text), [][]byte{nil, nil, nil, nil}, refuse)
		after, mc := run(t, p.Apply(), [][]byte{nil, nil, nil, nil}, refuse)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
		missed := mc.Tables[tableMisses].Entries
		if len(missed) != 1 || missed["\x00\x00\x00\x00"][0] != 4 {
			t.Errorf("misses are counted as %v", missed)
		}
	}
}

// TestSlotsInACircle can't have a bound of tail calls.
func TestSlotsInACircle(t *testing.T) {
	m := ir.MustParse(`module pipe xdp default 0 license "GPL"
map again prog_array key 4 value 4 max 4 {0: one}
func pipe {
root b1: stage one table again
b0: stage go start
	v0 = random
	slotcall again[v0] else b2
b1: stage one start
	v1 = random
	slotcall again[v1] else b3
b2: stage go
	ret v0
b3: stage one
	ret v1
}
`)
	if _, err := Module(m, Options{}); err == nil || !strings.Contains(err.Error(), "stage one can reach itself through slots") {
		t.Errorf("error %v", err)
	}
}

// TestPlaces checks that what never travels together shares bytes.
func TestPlaces(t *testing.T) {
	p := planOf(t, pipeline("tc", 60), Options{Budget: 150, MaxTailCalls: 32})
	for _, pr := range p.Programs {
		var taken [cbSize]string
		for _, c := range pr.Carried {
			if c.Carrier != carrierCB || c.Offset%c.Bytes != 0 {
				t.Fatalf("%s: %v", pr.Name, c)
			}
			for i := c.Offset; i < c.Offset+c.Bytes; i++ {
				if taken[i] != "" {
					t.Errorf("%s: %v and %s share byte %d", pr.Name, c, taken[i], i)
				}
				taken[i] = c.Name
			}
		}
	}
}

// TestStable asks for the same plan twice, and for targets before callers.
func TestStable(t *testing.T) {
	var text string
	for range 5 {
		p := planOf(t, pipeline("xdp", 60), Options{Budget: 150, MaxTailCalls: 32})
		now := p.String() + p.Apply().String()
		if text != "" && text != now {
			t.Fatal(cmp.Diff(text, now))
		}
		text = now
		if len(p.Order) != len(p.Programs) {
			t.Errorf("the order has %d programs of %d", len(p.Order), len(p.Programs))
		}
		for _, pr := range p.Programs {
			for _, to := range pr.targets() {
				if slices.Index(p.Order, to) > slices.Index(p.Order, pr.Name) {
					t.Errorf("%s comes before its target %s", pr.Name, to)
				}
			}
		}
	}
}

// TestRemade has a number that the second program makes anew from another and the third takes over.
func TestRemade(t *testing.T) {
	m := ir.MustParse(`module pipe xdp default 2 license "GPL"
global out 4
func pipe {
b0: stage a start
	v0:seed = random
	v1:twice = add v0, v0
	jump b1
b1: stage b start
	v2 = global out
	store.4 [v2], v0
	jump b2
b2: stage c start
	ret v1
}
`)
	p, err := force(m, false, crowded, func(*ir.Block) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"seed", "twice"} {
		if pr := p.Programs[i+1]; len(pr.Carried) != 1 || pr.Carried[0].Name != want {
			t.Errorf("%s takes %v, not %s", pr.Name, pr.Carried, want)
		}
	}
	want, _ := run(t, m, [][]byte{nil, nil}, nil)
	got, _ := run(t, p.Apply(), [][]byte{nil, nil}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFrequencies: what packets do is told of every tail call, and what comes in by calls is what a program sees.
func TestFrequencies(t *testing.T) {
	p := planOf(t, pipeline("xdp", 60), Options{Budget: 150, MaxTailCalls: 32})
	into := map[string]float64{p.Programs[0].Name: 1}
	for _, pr := range p.Programs {
		for _, c := range pr.Calls {
			into[c.To] += c.Freq
			if c.Freq > pr.Freq+1e-9 {
				t.Errorf("%s calls %s more often than it runs: %g of %g", pr.Name, c.To, c.Freq, pr.Freq)
			}
		}
	}
	for _, pr := range p.Programs {
		if math.Abs(into[pr.Name]-pr.Freq) > 1e-9 {
			t.Errorf("%s runs for %g packets and is called for %g", pr.Name, pr.Freq, into[pr.Name])
		}
	}
}

// TestCarriers cuts one pipeline for every carrier and kind of target: it means the same, and only what is allowed travels.
func TestCarriers(t *testing.T) {
	const stages = 60
	for _, tc := range []struct {
		progType, target string
		carrier          Carrier
		want             string // the carrier that places name, or why there is no plan
	}{
		{"xdp", "5.10", Auto, TableState},
		{"xdp", "5.10", PerCPU, TableState},
		{"xdp", "5.10", Meta, "meta"},
		{"xdp", "6.18,rt", Auto, "meta"},
		{"xdp", "6.18", CB, "xdp programs have no skb->cb"},
		{"xdp", "6.18,rt", PerCPU, "on a PREEMPT_RT kernel a per-CPU array can't carry state"},
		{"tc", "5.10", Auto, "cb"},
		{"tc", "5.10", CB, "cb"},
		{"tc", "5.10", PerCPU, TableState},
		{"tc", "6.1,rt", Auto, "cb"},
		{"tc", "6.1", Meta, "tc programs have no data_meta"},
	} {
		m := ir.MustParse(pipeline(tc.progType, stages))
		m.Target, _ = ir.ParseTarget(tc.target)
		want, _ := run(t, m, packets(stages), nil)
		p, err := Module(m, Options{Budget: 200, MaxTailCalls: 32, Carrier: tc.carrier})
		if err != nil {
			if !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("%s for %s by %q: %v", tc.progType, tc.target, tc.carrier, err)
			}
			continue
		}
		carried := 0
		for _, pr := range p.Programs {
			for _, c := range pr.Carried {
				carried++
				if c.Carrier != tc.want {
					t.Errorf("%s for %s by %q: %s travels in %s", tc.progType, tc.target, tc.carrier, c.Name, c.Carrier)
				}
			}
		}
		if carried == 0 {
			t.Errorf("%s for %s by %q: nothing travels", tc.progType, tc.target, tc.carrier)
		}
		got, mc := run(t, p.Apply(), packets(stages), nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s for %s by %q: %s", tc.progType, tc.target, tc.carrier, diff)
		}
		if len(mc.Notes) > 0 {
			t.Errorf("%s for %s by %q: %d bytes are left in front of the packet", tc.progType, tc.target, tc.carrier, len(mc.Notes))
		}
	}
}

// TestMixedCarriers lets what most packets carry travel in skb->cb, and the rest in the per-CPU array.
func TestMixedCarriers(t *testing.T) {
	var s strings.Builder
	s.WriteString("module pipe tc default 0 license \"GPL\"\nfunc pipe {\nb0: stage a start\n\tv0 = random\n\tv1 = random\n")
	for i := range 8 {
		fmt.Fprintf(&s, "\tv%d = now\n", 10+i)
	}
	s.WriteString("\tbr eq v0, v1 ? b1 : b2\nb1: stage rare start cold\n\tv30 = add v10, v11\n")
	for i := range 6 {
		fmt.Fprintf(&s, "\tv%d = add v%d, v%d\n", 31+i, 30+i, 12+i)
	}
	s.WriteString("\tv40 = trunc v36\n\tret v40\nb2: stage usual start\n\tv50 = add v10, v11\n\tv51 = trunc v50\n\tret v51\n}\n")
	m := ir.MustParse(s.String())
	p, err := force(m, false, crowded, func(b *ir.Block) bool { return b.Start })
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]map[string]int{}
	for _, pr := range p.Programs[1:] {
		by[pr.Name] = map[string]int{}
		for _, c := range pr.Carried {
			by[pr.Name][c.Carrier] += c.Bytes
		}
	}
	want := map[string]map[string]int{"usual": {"cb": 16}, "rare": {"cb": 16, TableState: 48}}
	if diff := cmp.Diff(want, by); diff != "" {
		t.Error(diff)
	}
	before, _ := run(t, m, [][]byte{nil, nil, nil}, nil)
	after, _ := run(t, p.Apply(), [][]byte{nil, nil, nil}, nil)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

// TestStays passes a number on as the parameter of one stage, then of another: it stays where it lies, and is neither loaded
// nor stored on the way.
func TestStays(t *testing.T) {
	m := ir.MustParse(`module pipe tc default 1 license "GPL"
func pipe {
b0: stage a start
	v1 = now
	v2 = now
	v3 i64 = const 7
	br ult v1, v3 ? b1(v1) : b2
b2: stage a
	br ult v2, v3 ? b1(v2) : b3(v2)
b1(v10 i64): stage b start
	v11 = now
	v12 i64 = const 7
	br ult v11, v12 ? b3(v10) : b4
b4: stage b
	v13 i32 = const 2
	ret v13
b3(v20 i64): stage c start
	v21 = trunc v20
	ret v21
}
`)
	p, err := force(m, false, crowded, func(b *ir.Block) bool { return b.Start })
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Apply().Funcs {
		if f.Name == "b" && strings.Contains(f.String(), "ctxstore") {
			t.Errorf("what b takes over and passes on is stored again:\n%s", f)
		}
	}
	for _, pr := range p.Programs {
		if pr.Name != "pipe" && (len(pr.Carried) != 1 || pr.Carried[0].Offset != 0) {
			t.Errorf("%s takes %v", pr.Name, pr.Carried)
		}
	}
}

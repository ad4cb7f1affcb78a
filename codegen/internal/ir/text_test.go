package ir

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `module firewall xdp default 1 license "GPL"
map flows lru_hash key 8 value 16 max 65536
map others prog_array key 4 value 4 max 256 args 2 2 {6: a, 17: udp_in}
map theirs prog_array key 4 value 4 max 1 foreign args 4 8 2
map tcc_events ringbuf key 0 value 0 max 262144
global guard_ssh 1 const
global panic 4

func firewall index 0 {
root b5: stage udp_in table others
b0: stage parse start
	v0 = data
	v1 = dataend
	v2:eth i64 = const 14 ; 3:7
	v3 i32 = const 1
	v4 i32 = const -1
	check v0, v1, 34 ? b1(v2, v3) : b2 ; 4:1
b1(v5:off i64, v6:src i32.2): stage v4 start
	v7 = load.2 [v0+12]
	v8 = wconst.2 0x800
	v9:"a b" = cmp ult v7, v8
	store.2 [v0], v8
	br set v7, v8 ? b3 : b4
b2: stage parse cold
	ret v3
b3: stage v4
	v10 = obj.8 {0.4: v9, 4.2: v7}
	v11 = lookup flows[v10]
	v12 = obj.16 {}
	v13 = update flows[v10], v12
	v14 = delete flows[v10]
	v15 = output tcc_events, v12
	v16 = global panic
	xadd.4 [v16+0], v9
	v17 = ctxload rx_queue
	v18 = ctxload.8 cb+8
	ctxstore.4 cb+4, v17
	v19 = now
	slotcall others[v9](v5, v6) else b2
b4: stage v4
	v20 = forget v5
	v21 = add v20, v5
	v22 i64 = add v3, v3
	v24 = call.8 weigh(v5, v3) ; 5:2
	v25 = call.2 none()
	csuml4 [v20+30], v3
	csuml4 optional_pseudo[v20], v3
	csumadd v3
	v26 = loop.24 body of 70000 {8.4: v3, 16.8: v5}
	v27 = load.8 [v26+16]
	jump b2
b5(v23:src i64.4): stage udp_in start
	tailcall others[v3] else b6
b6:
	ret v3
}

sub none result 2 {
b0:
	v0 i32 = const 7
	ret v0
}

sub weigh ctx result 8 {
b0(v0:ip i64.2, v1 i32.1): stage weigh
	ret v0
}

sub body loop result 8 {
b0(v0 i32.4): stage udp_in
	v1 = loopstate
	v2 = load.8 [v1+16]
	ret v2
}
`

func TestRoundTrip(t *testing.T) {
	m, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(sample, "[v16+0]", "[v16]")
	if diff := cmp.Diff(want, m.Listing()); diff != "" {
		t.Errorf("listing (-want +got):\n%s", diff)
	}
	plain := MustParse(m.String())
	if diff := cmp.Diff(m.String(), plain.String()); diff != "" {
		t.Errorf("second round (-want +got):\n%s", diff)
	}
	if strings.Contains(m.String(), ";") {
		t.Errorf("String has spans:\n%s", m)
	}
}

func TestParseFields(t *testing.T) {
	f := MustParse(sample).Funcs[0]
	b := f.Blocks[1]
	if p := b.Params[1]; p.Name != "src" || p.Size != 2 || p.Type != I32 || p.Block != b {
		t.Errorf("parameter %+v", p)
	}
	if f.NumBlocks() != 7 || f.Roots[0].Block != f.Blocks[5] {
		t.Errorf("blocks %d, root %v", f.NumBlocks(), f.Roots[0].Block)
	}
	if v := f.Blocks[0].Insts[2]; v.Span.Start.Line != 3 || v.Span.Start.Col != 7 {
		t.Errorf("span %v", v.Span)
	}
	if v := f.Blocks[4].Insts[1]; v.Type != I64 {
		t.Errorf("add of i64 is %s", v.Type)
	}
	fresh := f.NewValue(Const, I32, f.Blocks[0].Term.Span)
	for _, b := range f.Blocks {
		for _, v := range b.Insts {
			if v.ID >= fresh.ID {
				t.Errorf("%s has an ID that NewValue gives again", v.Long())
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	fn := func(body string) string { return "func f {\n" + body + "\n}" }
	tests := []struct{ name, text, want string }{
		{"declaration", "foo", `line 1: expected module, map, global, func or sub, found "foo"`},
		{"open function", "func f {\nb0:", "line 2: the function f has no }"},
		{"no blocks", "func f {\n}", "line 2: the function f has no blocks"},
		{"instruction first", fn("v0 = data"), `line 2: expected a block, found "v0"`},
		{"unknown op", fn("b0:\nv0 = frob v0"), `line 3: unknown operation "frob"`},
		{"param as op", fn("b0:\nv0 = param"), `line 3: unknown operation "param"`},
		{"undefined value", fn("b0:\nret v1"), "line 3: v1 is not defined"},
		{"undefined block", fn("b0:\njump b1"), "line 3: b1 is not defined"},
		{"no terminator", fn("b0:\nv0 = data"), "line 2: b0 has no terminator"},
		{"after terminator", fn("b0:\nv0 = cpu\nret v0\nv1 = data"), `line 5: "v1" stands after the terminator of b0`},
		{"twice", fn("b0:\nv0 = data\nv0 = data"), "line 4: v0 is defined twice"},
		{"block twice", fn("b0:\nb0:"), "line 3: b0 is defined twice"},
		{"nameless result", fn("b0:\ndata"), "line 3: the result of data needs a name"},
		{"nameless sum", fn("b0:\nadd v1, v2"), "line 3: the result of add needs a name"},
		{"condition", fn("b0:\nbr lt v1, v2 ? b1 : b2"), `line 3: expected a condition, found "lt"`},
		{"type", fn("b0(v0 int):"), `line 2: expected a type, found "int"`},
		{"bracket", fn("b0:\nv0 = load.4 [v1"), `line 3: expected "]", found the end of the line`},
		{"trailing", fn("b0:\nret v0 v1"), `line 3: unexpected "v1"`},
		{"number", fn("b0:\nv0 i64 = const x"), `line 3: expected a number, found "x"`},
		{"string", `module a xdp default 0 license "GPL`, "line 1: unterminated string"},
		{"huge ID", fn("b0:\nret v99999999999"), `line 3: expected a value, found "v99999999999"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		once := m.Listing()
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("%v in\n%s", err, once)
		}
		if diff := cmp.Diff(once, again.Listing()); diff != "" {
			t.Errorf("second round (-want +got):\n%s", diff)
		}
		Verify(m)
	})
}

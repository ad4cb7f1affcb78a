package ir

import (
	"fmt"
	"strings"
	"testing"
)

// head declares what the functions of the tests refer to.
const head = `map m hash key 4 value 8 max 1
map ring ringbuf key 0 value 0 max 4096
map table prog_array key 4 value 4 max 4
global g 4
`

func TestVerifyAccepts(t *testing.T) {
	tests := []struct{ name, text string }{
		{"displaced base", `
b0:
	v0 = data
	v1 = dataend
	v2 i64 = const 14
	v3 = pktadd v0, v2
	v9 i32 = const 0
	check v3, v1, 20 ? b1 : b2
b1:
	v4 = load.4 [v0+30]
	v5 = load.2 [v3+18]
	ret v4
b2:
	ret v9`},
		{"checked on both ways", `
b0:
	v0 = data
	v1 = dataend
	v9 i32 = const 0
	br eq v9, v9 ? b1 : b2
b1:
	check v0, v1, 4 ? b3 : b4
b2:
	check v0, v1, 8 ? b3 : b4
b3:
	v4 = load.4 [v0]
	ret v4
b4:
	ret v9`},
		{"not null on the else side", `
b0:
	v0 i32 = const 0
	v1 = obj.4 {0.4: v0}
	v2 = lookup m[v1]
	v3 i64 = const 0
	br eq v2, v3 ? b2 : b1
b1:
	xadd.4 [v2+4], v0
	ret v0
b2:
	ret v0`},
		{"copy of a header", `
b0:
	v0 i64 = const 14
	v1 = fetch.20 [v0+4]
	v2 = load.4 [v1+16]
	v3 = load.8 [v1+8]
	ret v2`},
		{"global", `
b0:
	v0 = global g
	v1 = load.4 [v0]
	ret v1`},
		{"pull first", `
b0:
	v0 i32 = const 54
	v1 = data
	pull v0
	v2 = data
	v3 = dataend
	check v2, v3, 54 ? b1 : b1
b1:
	ret v0`},
		{"a fact about a value of the last round of a loop is not used", `
b0:
	v0 i32 = const 0
	v1 i64 = const 0
	jump b1
b1:
	v2 = obj.4 {0.4: v0}
	v3 = lookup m[v2]
	br ne v3, v1 ? b2 : b3
b2:
	v4 = load.4 [v3]
	jump b1
b3:
	ret v0`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := Verify(MustParse(head + "func f {" + test.text + "\n}")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRejects(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"edge arguments", "b0:\nv0 i32 = const 1\njump b1(v0)\nb1:\nret v0", "b1(v0) passes 1 arguments for 0 parameters"},
		{"unreachable", "b0:\nv0 = cpu\nret v0\nb1:\njump b1", "f: b1: the block can't be reached"},
		{"jump to entry", "b0:\njump b0", "b0 jumps to an entry"},
		{"entry parameters", "b0(v0 i32):\nret v0", "the entry has parameters"},
		{"root with predecessor", "root b1: stage s table table\nb0:\njump b1\nb1:\nv0 = cpu\nret v0", "b1: b0 jumps to an entry"},
		{"entry twice", "root b0: stage s table table\nb0:\nv0 = cpu\nret v0", "the block is an entry twice"},
		{"number of arguments", "b0:\nv0 = cpu\nv1 = add v0\nret v0", "`v1 = add v0`: add has 1 arguments, not 2"},
		{"beyond an object", "b0:\nv0 i64 = const 0\nv1 = fetch.20 [v0]\nv2 = load.8 [v1+16]\nv3 = cpu\nret v3", "8 bytes at 16 aren't in an object of 20, or not aligned"},
		{"not aligned in an object", "b0:\nv0 i64 = const 0\nv1 = fetch.20 [v0]\nv2 = load.4 [v1+6]\nret v2", "4 bytes at 6 aren't in an object of 20, or not aligned"},
		{"store to an object", "b0:\nv0 i64 = const 0\nv1 = fetch.8 [v0]\nstore.8 [v1], v0\nv2 = cpu\nret v2", "v1 is obj, not a pointer"},
		{"width", "b0:\nv0 = cpu\nv1 = now\nv2 = add v0, v1\nret v0", "v1 is i64, but v0 is i32"},
		{"result", "b0:\nv0 = cpu\nv1 i64 = add v0, v0\nret v0", "the result is i64, not i32"},
		{"constant type", "b0:\nv1 mem = const 0\nv0 = cpu\nret v0", "a constant is no mem"},
		{"no number", "b0:\nv0 = data\nv1 = add v0, v0\nv2 = cpu\nret v2", "v0 is pkt, not a number"},
		{"zext", "b0:\nv0 = now\nv1 = zext v0\nv2 = cpu\nret v2", "v0 is i64, not i32"},
		{"trunc", "b0:\nv0 = cpu\nv1 = trunc v0\nret v1", "v0 is i32, not i64"},
		{"be64", "b0:\nv0 = cpu\nv1 = be64 v0\nret v0", "v0 is i32, not i64"},
		{"pktadd", "b0:\nv0 = cpu\nv1 = data\nv2 = pktadd v1, v0\nret v0", "v0 is i32, not i64"},
		{"load size", "b0:\nv0 = global g\nv1 = load.3 [v0]\nret v1", "the size 3 isn't one of [1 2 4 8]"},
		{"load from number", "b0:\nv0 = cpu\nv1 = load.4 [v0]\nret v1", "v0 is i32, not a pointer"},
		{"store width", "b0:\nv0 = global g\nv1 = now\nstore.4 [v0], v1\nv2 = cpu\nret v2", "v1 is i64, not i32"},
		{"atomic width", "b0:\nv0 = global g\nv1 = cpu\nxadd.2 [v0], v1\nret v1", "the size 2 isn't one of [4 8]"},
		{"unknown global", "b0:\nv0 = global h\nv1 = cpu\nret v1", "there is no global h"},
		{"unknown map", "b0:\nv0 = obj.4 {}\nv1 = lookup n[v0]\nv2 = cpu\nret v2", "there is no map n"},
		{"key size", "b0:\nv0 = obj.8 {}\nv1 = lookup m[v0]\nv2 = cpu\nret v2", "v0 has 8 bytes, the map's key has 4"},
		{"key type", "b0:\nv0 = cpu\nv1 = lookup m[v0]\nret v0", "v0 is i32, not obj"},
		{"map kind", "b0:\nv0 = obj.4 {}\nv1 = lookup table[v0]\nv2 = cpu\nret v2", "lookup does not go with a prog_array"},
		{"output kind", "b0:\nv0 = obj.4 {}\nv1 = output m, v0\nv2 = cpu\nret v2", "output does not go with a hash"},
		{"object overlap", "b0:\nv0 = cpu\nv1 = obj.8 {0.4: v0, 2.4: v0}\nret v0", "the field at 2 overlaps the one before"},
		{"object size", "b0:\nv0 = cpu\nv1 = obj.4 {4.4: v0}\nret v0", "the fields need 8 bytes of 4"},
		{"object field", "b0:\nv0 = now\nv1 = obj.4 {0.4: v0}\nv2 = cpu\nret v2", "v0 is i64, not i32"},
		{"compare pointers", "b0:\nv0 = data\nv1 = cmp eq v0, v0\nret v1", "v0 is pkt, not a number"},
		{"compare mem", "b0:\nv0 = global g\nv1 i64 = const 1\nv2 = cmp eq v0, v1\nret v2", "a pointer can only be eq or ne to an i64 constant 0"},
		{"check bases", "b0:\nv0 = data\nv1 = cpu\ncheck v0, v0, 4 ? b1 : b1\nb1:\nret v1", "v0 is pkt, not end"},
		{"ret", "b0:\nv0 = now\nret v0", "v0 is i64, not i32"},
		{"parameter type", "b0:\nv0 = data\njump b1(v0)\nb1(v1 pkt):\nv2 = cpu\nret v2", "parameter v1 is pkt, not a number"},
		{"argument type", "b0:\nv0 = now\njump b1(v0)\nb1(v1 i32):\nret v1", "v0 is i64, but parameter v1 is i32"},
		{"table", "b0:\nv0 = cpu\ntailcall t[v0] else b1\nb1:\nret v0", "there is no prog array t"},
		{"convention", "root b2: stage s table table\nb0:\nv0 = cpu\nslotcall table[v0](v0) else b1\nb1:\nret v0\nb2(v1 i64):\nv2 = cpu\nret v2",
			"stage s of the table takes (i64)"},
		{"dominance in a block", "b0:\nv0 = add v1, v1\nv1 = cpu\nret v0", "v1 isn't defined on every path here"},
		{"dominance of a join", "b0:\nv0 = cpu\nbr eq v0, v0 ? b1 : b2\nb1:\nv1 = cpu\njump b2\nb2:\nret v1", "v1 isn't defined on every path here"},
		{"dominance and roots", "root b1: stage s table table\nb0:\nv0 = cpu\njump b2\nb1:\njump b2\nb2:\nret v0", "v0 isn't defined on every path here"},
		{"no check", "b0:\nv0 = data\nv1 = load.4 [v0]\nret v1", "the access needs 4 bytes at v0, 0 are checked"},
		{"short check", "b0:\nv0 = data\nv1 = dataend\nv3 = cpu\ncheck v0, v1, 3 ? b1 : b2\nb1:\nv2 = load.4 [v0]\nret v2\nb2:\nret v3",
			"the access needs 4 bytes at v0, 3 are checked"},
		{"other base", "b0:\nv0 = data\nv4 = data\nv1 = dataend\nv3 = cpu\ncheck v0, v1, 4 ? b1 : b2\nb1:\nv2 = load.4 [v4]\nret v2\nb2:\nret v3",
			"the access needs 4 bytes at v4, 0 are checked"},
		{"failed check", "b0:\nv0 = data\nv1 = dataend\nv3 = cpu\ncheck v0, v1, 4 ? b2 : b1\nb1:\nv2 = load.4 [v0]\nret v2\nb2:\nret v3",
			"the access needs 4 bytes at v0, 0 are checked"},
		{"checked on one way", "b0:\nv0 = data\nv1 = dataend\nv3 = cpu\nbr eq v3, v3 ? b1 : b2\nb1:\ncheck v0, v1, 4 ? b2 : b3\nb2:\nv2 = load.4 [v0]\nret v2\nb3:\nret v3",
			"the access needs 4 bytes at v0, 0 are checked"},
		{"before the packet", "b0:\nv0 = data\nv1 = load.4 [v0-4]\nret v1", "the access begins 4 bytes before v0"},
		{"null", "b0:\nv0 = obj.4 {}\nv1 = lookup m[v0]\nv2 = load.4 [v1]\nret v2", "v1 may be null"},
		{"null side", "b0:\nv0 = obj.4 {}\nv1 = lookup m[v0]\nv2 i64 = const 0\nbr eq v1, v2 ? b1 : b2\nb1:\nv3 = load.4 [v1]\nret v3\nb2:\nv4 = cpu\nret v4", "v1 may be null"},
		{"over csuml4", "b0:\nv0 = data\nv1 = dataend\nv2 = cpu\nv3 i64 = const 16\ncsuml4 pseudo[v3], v2\ncheck v0, v1, 4 ? b1 : b1\nb1:\nret v2", "v0 is used afterwards"},
		{"csuml4", "b0:\nv2 = cpu\nv3 i64 = const 16\ncsuml4 any[v3], v2\nret v2", "there are no flags any"},
		{"over pull", "b0:\nv0 = data\nv1 = dataend\nv2 = cpu\npull v2\ncheck v0, v1, 4 ? b1 : b1\nb1:\nret v2", "`pull v2`: v0 is used afterwards"},
		{"over a call that misses", "b0:\nv0 = data\nv1 = dataend\nv2 = cpu\nslotcall table[v2] else b1\nb1:\ncheck v0, v1, 4 ? b2 : b2\nb2:\nret v2", "v0 is used after a tail call that missed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := MustParse(head + "func f {\n" + test.body + "\n}")
			err := Verify(m)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s in\n%s", err, test.want, m)
			}
		})
	}
}

// loop is a function with a loop whose object has a field.
func loop(rounds, offset int) string {
	return fmt.Sprintf("func f {\nb0:\nv0 = cpu\nv1 = loop.16 s of %d {%d.4: v0}\nret v0\n}\nsub s loop result 8 {\nb0(v0 i32.4):\nv1 i64 = const 0\nret v1\n}", rounds, offset)
}

// TestVerifySubs: what holds for subprograms and their calls.
func TestVerifySubs(t *testing.T) {
	const body = "func f {\nb0:\nv0 = cpu\nv1 = call.4 s(v0)\nret v1\n}\n"
	const good = "sub s result 4 {\nb0(v0 i32.4):\nret v0\n}\n"
	if err := Verify(MustParse(head + body + good)); err != nil {
		t.Error(err)
	}
	if err := Verify(MustParse(head + loop(3, 8))); err != nil {
		t.Error(err)
	}
	tests := []struct{ name, text, want string }{
		{"missing", body, "there is no subprogram s"},
		{"arguments", body + "sub s result 4 {\nb0(v0 i32.4, v1 i64.8):\nret v0\n}", "the subprogram takes (i32, i64)"},
		{"result", body + "sub s result 2 {\nb0(v0 i32.4):\nret v0\n}", "the result has 2 bytes"},
		{"returned", body + good + "sub u result 8 {\nb0(v0 i32.4):\nret v0\n}", "v0 is i32, not i64"},
		{"size", body + good + "sub u result 3 {\nb0(v0 i32.4):\nret v0\n}", "the size 3 isn't one of"},
		{"order", body + good + "sub u result 4 {\nb0:\nv0 = call.4 v()\nret v0\n}\nsub v result 4 {\nb0:\nv0 = cpu\nret v0\n}", "v isn't among the subprograms before this one"},
		{"itself", body + good + "sub u result 4 {\nb0:\nv0 = call.4 u()\nret v0\n}", "u isn't among the subprograms before this one"},
		{"moves", body + good + "sub u ctx result 4 {\nb0:\nv0 = cpu\npull v0\nret v0\n}", "a subprogram leaves the packet where it is"},
		{"tail call", body + good + "sub u ctx result 4 {\nb0:\nv0 = cpu\ntailcall table[v0] else b1\nb1:\nret v0\n}", "a subprogram makes no tail calls"},
		{"body", body + good + "sub u loop result 8 {\nb0:\nv0 i64 = const 0\nret v0\n}", "the body of a loop takes the number of the round, and returns 8 bytes"},
		{"body called", body + "sub s loop result 8 {\nb0(v0 i32.4):\nv1 i64 = const 0\nret v1\n}", "there is no subprogram s"},
		{"no body", "func f {\nb0:\nv0 = cpu\nv1 = loop.16 s of 3 {8.4: v0}\nret v0\n}\n" + good, "there is no body s of a loop"},
		{"no rounds", loop(0, 8), "a loop of 0 rounds"},
		{"context", loop(3, 4), "a field lies at 4, where the context is found"},
		{"state", body + "sub s result 4 {\nb0(v0 i32.4):\nv1 = loopstate\nv2 = load.4 [v1]\nret v2\n}", "this is no body of a loop"},
		{"name", body + good + "sub f result 4 {\nb0:\nv0 = cpu\nret v0\n}", "two functions are named f"},
	}
	for _, test := range tests {
		if err := Verify(MustParse(head + test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

// What the text can't express.
func TestVerifyForm(t *testing.T) {
	tests := []struct {
		name   string
		damage func(m *Module, f *Func)
		want   string
	}{
		{"no blocks", func(_ *Module, f *Func) { f.Blocks = nil }, "the function has no blocks"},
		{"block ID", func(_ *Module, f *Func) { f.Blocks[1].ID = 0 }, "b0: the ID isn't unique and below 2"},
		{"value ID", func(_ *Module, f *Func) { f.Blocks[0].Insts[1].ID = 0 }, "the ID of v0 isn't unique and below 3"},
		{"value beyond", func(_ *Module, f *Func) { f.Blocks[0].Insts[1].ID = 99 }, "the ID of v99 isn't unique and below 3"},
		{"place", func(_ *Module, f *Func) { f.Blocks[0].Insts[0].Block = f.Blocks[1] }, "v0 thinks it stands in another block"},
		{"param", func(_ *Module, f *Func) { f.Blocks[1].Params[0].Op = Const }, "an instruction stands among the parameters"},
		{"inst", func(_ *Module, f *Func) { f.Blocks[0].Insts[0].Op = Param }, "this is no instruction"},
		{"nil", func(_ *Module, f *Func) { f.Blocks[0].Insts[1].Args[0] = nil }, "nil is defined nowhere"},
		{"stranger", func(_ *Module, f *Func) { f.Blocks[1].Term.Args[0] = &Value{ID: 1, Op: CPU, Type: I32} }, "v1 is defined nowhere"},
		{"no terminator", func(_ *Module, f *Func) { f.Blocks[1].Term = Term{} }, "the block has no terminator"},
		{"successors", func(_ *Module, f *Func) { f.Blocks[1].Term.Op = Jump }, "jump has 0 successors, not 1"},
		{"arguments", func(_ *Module, f *Func) { f.Blocks[1].Term.Args = nil }, "ret has 0 arguments"},
		{"foreign block", func(_ *Module, f *Func) { f.Blocks[0].Term.Succs[0].To = &Block{} }, "b0(v1) isn't in the function"},
		{"no block", func(_ *Module, f *Func) { f.Blocks[0].Term.Succs[0].To = nil }, "nowhere isn't in the function"},
		{"root", func(_ *Module, f *Func) { f.Roots = []*Root{{Stage: "s", Block: &Block{}}} }, "the block of root s isn't in the function"},
		{"name", func(m *Module, f *Func) { m.Funcs = append(m.Funcs, f) }, "two functions are named f"},
		{"fields", func(_ *Module, f *Func) {
			f.Blocks[0].Append(f.NewValue(MakeObj, Obj, f.Blocks[0].Term.Span, f.Blocks[0].Insts[0]))
		}, "1 arguments have 0 places"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := MustParse("func f {\nb0:\nv0 = cpu\nv1 = add v0, v0\njump b1(v1)\nb1(v2 i32):\nret v2\n}")
			test.damage(m, m.Funcs[0])
			err := Verify(m)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestVerifyReportsAll(t *testing.T) {
	m := MustParse("func f {\nb0:\nv0 = cpu\nv1 = zext v0\nv2 = add v0, v1\nret v1\n}\nfunc g {\nb0:\nv0 = now\nret v0\n}")
	err := Verify(m)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three problems, got %v", err)
	}
}

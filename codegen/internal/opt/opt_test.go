package opt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// declarations are what the functions of the tests refer to.
const declarations = `map m hash key 4 value 8 max 4
map table prog_array key 4 value 4 max 4 args 4
global g 16
`

// parse reads a function and verifies it.
func parse(t *testing.T, body string) *ir.Module {
	t.Helper()
	m, err := ir.Parse(declarations + "func f {\n" + strings.TrimSpace(body) + "\n}")
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	return m
}

// A passTest is a function before and after one run of a pass. No after means that nothing changes.
type passTest struct{ name, before, after string }

func testPass(t *testing.T, run func(*ir.Func) bool, tests []passTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := parse(t, test.before)
			f := m.Funcs[0]
			want := f.String()
			if test.after != "" {
				want = parse(t, test.after).Funcs[0].String()
			}
			changed := run(f)
			f.Prune()
			if err := ir.Verify(m); err != nil {
				t.Error(err)
			}
			if changed == (test.after == "") {
				t.Errorf("reports %t", changed)
			}
			if diff := cmp.Diff(want, f.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrders(t *testing.T) {
	at := map[string]int{}
	for i, p := range passes {
		if _, twice := at[p.name]; twice || p.why == "" {
			t.Errorf("pass %s: twice, or without a reason", p.name)
		}
		at[p.name] = i
	}
	for _, o := range orders {
		first, ok := at[o.first]
		then, also := at[o.then]
		if !ok || !also || first >= then {
			t.Errorf("%s must come before %s: %s", o.first, o.then, o.because)
		}
	}
}

const program = `
b0: stage parse
	v0 i64 = const 0
	jump b1(v0)
b1(v1 i64): stage parse start
	v2 = data
	v3 = dataend
	v4 = pktadd v2, v1
	check v4, v3, 14 ? b2 : b9
b2: stage parse
	v5 i64 = const 14
	v6 = add v1, v5
	v7 = load.2 [v4+12]
	v8 = be16 v7
	v9 i32 = const 2048
	br eq v8, v9 ? b3(v6) : b8
b3(v10 i64): stage v4 start
	v11 = data
	v12 = dataend
	v13 = pktadd v11, v10
	check v13, v12, 20 ? b4 : b9
b4: stage v4
	v14 = load.1 [v13+9]
	v15 i32 = const 255
	v16 = and v14, v15
	v17 i32 = const 6
	v18 = cmp eq v16, v17
	v19 i32 = const 0
	br ne v18, v19 ? b5(v10) : b8
b5(v20 i64): stage tcp start
	v21 = data
	v22 = pktadd v21, v20
	v23 = dataend
	check v22, v23, 20 ? b6 : b9
b6: stage tcp
	v24 = load.4 [v22+12]
	v25 i32 = const 2
	ret v25
b8: stage v4 cold
	v26 i32 = const 2
	ret v26
b9: stage v4 cold
	v27 i32 = const 2
	ret v27
`

// The whole table on a small pipeline.
func TestRun(t *testing.T) {
	m := parse(t, program)
	var ran []string
	err := Run(m, Options{Verify: true, Dump: func(pass string, f *ir.Func) { ran = append(ran, pass) }})
	if err != nil {
		t.Fatal(err)
	}
	want := parse(t, `
b0: stage parse start
	v2 = data
	v3 = dataend
	check v2, v3, 34 ? b2 : b9
b2: stage parse
	v7 = load.2 [v2+12]
	v30 = wconst.2 0x800
	br eq v7, v30 ? b3 : b8
b3: stage v4 start
	v14 = load.1 [v2+23]
	v17 i32 = const 6
	br eq v14, v17 ? b5 : b8
b5: stage tcp start
	v25 i32 = const 2
	ret v25
b8: stage v4 cold
	v26 i32 = const 2
	ret v26
b9: stage v4 cold
	v27 i32 = const 2
	ret v27
`)
	if diff := cmp.Diff(want.String(), m.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Contains(ran, "checks") || !slices.Contains(ran, "cfg") {
		t.Errorf("passes that changed something: %s", ran)
	}
	ran = nil
	if err := Run(m, Options{Dump: func(pass string, f *ir.Func) { ran = append(ran, pass) }}); err != nil || ran != nil {
		t.Errorf("a second run changes something: %s, %v", ran, err)
	}
}

func TestRunVerifies(t *testing.T) {
	m := parse(t, program)
	m.Funcs[0].Blocks[0].Insts[0].Type = ir.Pkt
	err := Run(m, Options{Verify: true})
	if err == nil || !strings.HasPrefix(err.Error(), "before the passes: f: ") {
		t.Errorf("got %v", err)
	}
}

// show is an expression as nested calls; what has a name is a leaf.
func show(v *ir.Value) string {
	switch {
	case v.Name != "" && v.Op != ir.Const:
		return v.Name
	case v.Op == ir.Const:
		return fmt.Sprint(int64(v.Number()))
	case v.Op == ir.WConst:
		return fmt.Sprintf("wire%d(%#x)", v.Size, v.Imm)
	}
	var args []string
	if v.Op == ir.Cmp {
		args = append(args, v.Cond.String())
	}
	for _, a := range v.Args {
		args = append(args, show(a))
	}
	return fmt.Sprintf("%s(%s)", v.Op, strings.Join(args, ", "))
}

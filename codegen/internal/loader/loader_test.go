package loader

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/cmd/bpf2go/gen"
	"github.com/google/go-cmp/cmp"

	"github.com/tcc-bpf/tcc/codegen/internal/object"
	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime"
)

// The source doesn't depend on which of the objects it was generated from, nor on the run.
func TestDeterministic(t *testing.T) {
	want := generate(t, edgeInput(t, binary.LittleEndian))
	for range 5 {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if diff := cmp.Diff(string(want), string(generate(t, edgeInput(t, order)))); diff != "" {
				t.Fatalf("%v: %s", order, diff)
			}
		}
	}
}

// variantsInput is the input for edge in two variants, the first one of another object.
func variantsInput(t *testing.T, object []byte) Input {
	t.Helper()
	in := edgeInput(t, binary.LittleEndian)
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		t.Fatal(err)
	}
	first := in.Layout
	first.Slots = slices.Clone(first.Slots)
	first.Slots[1].Depth = 3
	in.Variants = []runtime.Variant{
		{Name: "objects", Spec: spec, Layout: first, Since: "5.10", RT: true},
		{Name: "fine", Spec: in.Spec, Layout: in.Layout, RT: true},
	}
	return in
}

// Variants add to what is declared, and change nothing of it.
func TestVariantsShape(t *testing.T) {
	in := variantsInput(t, edgeObject(t, binary.LittleEndian))
	source := generate(t, in)
	with := declarations(t, source)
	for name, want := range declarations(t, generate(t, edgeInput(t, binary.LittleEndian))) {
		if diff := cmp.Diff(want, with[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		delete(with, name)
	}
	added := slices.Sorted(maps.Keys(with))
	want := []string{"func _EdgeObjectsLayout", "func _EdgeVariants", "func loadEdgeObjects_", "var _EdgeObjectsBpfebBytes", "var _EdgeObjectsBpfelBytes"}
	if !slices.Equal(added, want) {
		t.Errorf("variants add %q, want %q", added, want)
	}
	for _, line := range []string{
		`{Name: "objects", Layout: _EdgeObjectsLayout(), Since: "5.10", RT: true},`, `{Name: "fine", Layout: _EdgeLayout(), RT: true},`,
		"l.Slots[1].Depth = 3", "runtime.OpenVariants(variants, opts)", "//go:embed edge_objects_bpfel.o", "//go:embed edge_bpfel.o",
	} {
		if !bytes.Contains(source, []byte(line)) {
			t.Errorf("%q is missing", line)
		}
	}
}

// Whatever bpf2go declares is declared here too, word for word, but for the two embedded objects.
func TestBpf2goShape(t *testing.T) {
	in := edgeInput(t, binary.LittleEndian)
	for _, ident := range []string{"edge", "Edge"} {
		in.Ident = ident
		g, err := newGenerator(in)
		if err != nil {
			t.Fatal(err)
		}
		var oracle bytes.Buffer
		args := gen.GenerateArgs{Package: in.Package, Stem: ident, ObjectFile: "edge_bpfel.o", Output: &oracle}
		for name := range g.typeNames { // bpf2go tells types apart by their identity
			typ, err := in.Spec.Types.AnyTypeByName(name)
			if err != nil {
				t.Fatal(err)
			}
			args.Types = append(args.Types, typ)
		}
		for _, o := range g.maps {
			args.Maps = append(args.Maps, o.name)
		}
		for _, o := range g.programs {
			args.Programs = append(args.Programs, o.name)
		}
		for _, o := range g.vars {
			args.Variables = append(args.Variables, o.name)
		}
		if err := gen.Generate(args); err != nil {
			t.Fatal(err)
		}
		ours := declarations(t, generate(t, in))
		for name, want := range declarations(t, oracle.Bytes()) {
			if name == "var _EdgeBytes" {
				continue
			}
			if diff := cmp.Diff(want, ours[name]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// declarations are the top-level declarations of a file, by name: types, constants and variables whole, functions
// without their bodies.
func declarations(t *testing.T, source []byte) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	text := func(n any) string {
		var b bytes.Buffer
		if err := format.Node(&b, fset, n); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(strings.Join(strings.Fields(b.String()), " "), "struct {", "struct{")
	}
	decls := make(map[string]string)
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			d.Body = nil
			name := "func " + d.Name.Name
			if d.Recv != nil {
				name = "func " + text(d.Recv.List[0].Type) + "." + d.Name.Name
			}
			decls[name] = text(d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					decls["type "+s.Name.Name] = text(s)
				case *ast.ValueSpec:
					decls[d.Tok.String()+" "+s.Names[0].Name] = text(s)
				}
			}
		}
	}
	return decls
}

func TestIdentifier(t *testing.T) {
	for name, want := range map[string]string{
		"flow_key": "FlowKey", "ip4": "Ip4", "back_1": "Back1", "a_b": "A_b", "_x": "X", "x__y": "X__y", "": "X", "_": "X", "_1": "X1", "MAC_addr": "MAC_addr",
	} {
		if got := identifier(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func TestBadInput(t *testing.T) {
	for want, spoil := range map[string]func(*Input){
		`"a b" is no name for a Go package`:   func(in *Input) { in.Package = "a b" },
		`"1x" is no beginning of Go names`:    func(in *Input) { in.Ident = "1x" },
		`"../x" is no name of a file`:         func(in *Input) { in.Stem = "../x" },
		`"x\n" is no name of a file to embed`: func(in *Input) { in.Stem = "x\n" },
		"has several lines":                   func(in *Input) { in.Source = "a\nb" },
		"event gone: ":                        func(in *Input) { in.Layout.Events = []runtime.EventLayout{{Name: "gone"}} },
	} {
		in := edgeInput(t, binary.LittleEndian)
		spoil(&in)
		if _, err := Generate(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// goTool runs the go command in the module as if files lay in a package of it. The files stay in memory.
func goTool(t *testing.T, files map[string][]byte, args ...string) {
	t.Helper()
	pkg, err := filepath.Abs("generated")
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for name, data := range files {
		path := filepath.Join(tmp, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(pkg, name)] = path
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(path, list, 0o644); err != nil {
		t.Fatal(err)
	}
	args = slices.Insert(args, 1, "-overlay", path)
	out, err := exec.Command("go", append(args, "./generated")...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// files are those that the compiler would write, by name.
func files(t *testing.T, in Input, little, big []byte) map[string][]byte {
	t.Helper()
	return map[string][]byte{in.Stem + "_tcc.go": generate(t, in), in.Stem + "_bpfel.o": little, in.Stem + "_bpfeb.o": big}
}

// Names that meet in Go are kept apart.
func TestNamesMeet(t *testing.T) {
	ret := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	u8 := func(name string) types.Field { return types.Field{Name: name, Type: types.U8} }
	fields := types.NewStruct("objects", []types.Field{u8("ab_c"), u8("abC"), u8("_"), u8("type")})
	enum := &types.Enum{Name: "event", Base: types.U64, Members: []types.EnumMember{{Name: "x_y", Value: 1 << 63}, {Name: "xxY"}, {Name: "xX_y"}}}
	s := &object.Spec{
		Section:  "tc",
		Programs: []object.Program{{Name: "close", Insns: ret}, {Name: "one_1", Insns: ret}, {Name: "one1", Insns: ret}},
		Maps: []object.Map{
			{Name: "Close", Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1},
			{Name: "slots", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1},
		},
		Globals: []object.Global{
			{Name: "it", Type: object.BTFType(types.U8)}, {Name: "set_it", Type: object.BTFType(enum)}, {Name: "setIt", Type: object.BTFType(fields)},
		},
		Types: []btf.Type{object.BTFType(types.NewStruct("MapClose", []types.Field{u8("n")})), object.BTFType(types.NewStruct("Config", nil))},
	}
	little, err := object.Write(s, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(little))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Package: "main", Ident: "x", Stem: "x", Spec: spec, Layout: runtime.Layout{
		Name: "close", Type: "tc", Default: -1,
		Slots:    []runtime.SlotsLayout{{Name: "Close", Len: 1, Initial: map[uint32]string{0: "one1"}}},
		Counters: []runtime.CounterLayout{{Name: "slots", Len: 1}},
		Events:   []runtime.EventLayout{{Name: "MapClose", Size: 1}, {Name: "Config"}},
	}}
	all := files(t, in, little, little)
	all["main.go"] = []byte("package main\n\nfunc main() {}\n")
	goTool(t, all, "build", "-o", os.DevNull)
}

// A pipeline with nothing but a program has a small loader.
func TestBarePipeline(t *testing.T) {
	ret := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	data, err := object.Write(&object.Spec{Section: "tc", Programs: []object.Program{{Name: "bare", Insns: ret}}}, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Package: "main", Ident: "Bare", Stem: "bare", Spec: spec, Layout: runtime.Layout{Name: "bare", Type: "tc"}}
	all := files(t, in, data, data)
	all["main.go"] = []byte("package main\n\nfunc main() { OpenBare(nil) }\n")
	goTool(t, all, "build", "-o", os.DevNull)
}

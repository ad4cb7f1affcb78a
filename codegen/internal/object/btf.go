package object

import (
	"encoding/binary"
	"fmt"
	"regexp"

	"github.com/cilium/ebpf/btf"
)

// A typeTable is .BTF in the making: types, and after their names the text that .BTF.ext refers to.
type typeTable struct {
	builder *btf.Builder
	text    stringTable
	base    uint32 // where text starts among the strings; known once the types are encoded
}

func newTypes() (*typeTable, error) {
	b, err := btf.NewBuilder(nil, &btf.BuilderOptions{Deduplicate: true})
	return &typeTable{builder: b}, err
}

// add adds a type and all that it refers to.
func (t *typeTable) add(typ btf.Type) (btf.TypeID, error) { return t.builder.Add(typ) }

// addSection describes the variables of a section.
func (t *typeTable) addSection(sec *section, vars []btf.VarSecinfo) error {
	_, err := t.add(&btf.Datasec{Name: sec.name, Size: uint32(len(sec.data)), Vars: vars})
	return err
}

// contextParam is struct context *ctx. The kernel goes by the name of the struct.
func contextParam(context string) btf.FuncParam {
	return btf.FuncParam{Name: "ctx", Type: &btf.Pointer{Target: &btf.Struct{Name: context}}}
}

// programType is int name(struct context *ctx).
func programType(context string) *btf.FuncProto {
	return &btf.FuncProto{Return: cInt(), Params: []btf.FuncParam{contextParam(context)}}
}

// noName is what the kernel takes for no part of a name: an argument may be a field of a parameter.
var noName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// typ is a subprogram's type: of numbers, behind the context if it takes that.
func (s *Sub) typ(context string) *btf.FuncProto {
	proto := &btf.FuncProto{Return: unsigned(s.Result)}
	if s.Loop {
		state := &btf.Pointer{Target: &btf.Void{}}
		proto.Params = []btf.FuncParam{{Name: "round", Type: unsigned(4)}, {Name: "state", Type: state}}
		return proto
	}
	if s.Ctx {
		proto.Params = append(proto.Params, contextParam(context))
	}
	for _, a := range s.Args {
		proto.Params = append(proto.Params, btf.FuncParam{Name: noName.ReplaceAllString(a.Name, "_"), Type: unsigned(a.Size)})
	}
	return proto
}

// stringsLen is where the BTF header keeps the length of the strings, which are last in .BTF.
const stringsLen = 20

// encode makes the contents of .BTF.
func (t *typeTable) encode(order binary.ByteOrder) ([]byte, error) {
	data, err := t.builder.Marshal(nil, &btf.MarshalOptions{Order: order})
	if err != nil {
		return nil, fmt.Errorf("types: %w", err)
	}
	t.base = order.Uint32(data[stringsLen:])
	order.PutUint32(data[stringsLen:], t.base+uint32(t.text.Len()))
	return append(data, t.text.Bytes()...), nil
}

// unsigned is C's unsigned integer of a size in bytes.
func unsigned(size int) *btf.Int {
	names := map[int]string{1: "unsigned char", 2: "unsigned short", 4: "unsigned int", 8: "unsigned long long"}
	return &btf.Int{Name: names[size], Size: uint32(size)}
}

// signed is C's signed integer of a size in bytes.
func signed(size int) *btf.Int {
	names := map[int]string{1: "signed char", 2: "short", 4: "int", 8: "long long"}
	return &btf.Int{Name: names[size], Size: uint32(size), Encoding: btf.Signed}
}

func cInt() *btf.Int { return signed(4) }

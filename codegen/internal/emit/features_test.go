package emit

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// skb is the start of struct __sk_buff, up to cb, as test runs take and give it.
type skb struct {
	Len, PktType, Mark, QueueMapping, Protocol, VlanPresent, VlanTCI, VlanProto, Priority uint32
	IngressIfindex, Ifindex, TCIndex                                                      uint32
	CB                                                                                    [5]uint32
	_                                                                                     [31]uint32
}

func TestContext(t *testing.T) {
	kerneltest.Require(t)
	coll, err := load(ir.MustParse(`module context tc default 0 license "GPL"
func context {
b0:
	v0 = ctxload mark
	v1 = ctxload priority
	v2 = add v0, v1
	ctxstore mark, v2
	v3 i32 = const 5
	ctxstore priority, v3
	v4 = ctxload.8 cb
	v5 i64 = const 3
	v6 = add v4, v5
	ctxstore.8 cb+8, v6
	v7 = ctxload cb+4
	ctxstore.4 cb+16, v7
	v8 = ctxload protocol
	v9 = be16 v8
	v10 = ctxload len
	v11 i32 = const 16
	v12 = shl v9, v11
	v13 = or v12, v10
	v14 = ctxload vlan
	v15 = ctxload hash
	v16 = ctxload queue
	v17 = headlen
	v18 = sub v17, v10
	v19 = add v13, v18
	ret v19
}
`))
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	packet := make([]byte, 60)
	packet[12] = 0x08 // IPv4
	in := skb{Mark: 7, Priority: 9, CB: [5]uint32{1, 2, 0, 0, 0}}
	var out skb
	verdict, err := coll.Programs["context"].Run(&ebpf.RunOptions{Data: packet, Context: &in, ContextOut: &out})
	if err != nil {
		t.Fatal(err)
	}
	if want := uint32(0x0800<<16 | 60); verdict != want {
		t.Errorf("verdict %#x, not %#x", verdict, want)
	}
	if out.Mark != 16 || out.Priority != 5 || out.CB != [5]uint32{1, 2, 4, 2, 2} {
		t.Errorf("context %+v", out)
	}
}

func TestTailCalls(t *testing.T) {
	kerneltest.Require(t)
	m := ir.MustParse(`module entry xdp default 0 license "GPL"
map programs prog_array key 4 value 4 max 4 {1: second}
map state percpu_array key 4 value 8 max 1

func entry index 0 {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 14 ? b1 : b9
b9: cold
	ret v2
b1:
	v3 = load.4 [v0]
	v4 = obj.4 {0.4: v2}
	v5 = lookup state[v4]
	v6 i64 = const 0
	br eq v5, v6 ? b9 : b2
b2:
	store.4 [v5+4], v3
	v7 i32 = const 1
	v8 = load.1 [v0+4]
	br eq v8, v7 ? b3 : b4
b3:
	tailcall programs[v7] else b5
b4:
	tailcall programs[v8] else b5
b5: cold
	v10 i32 = const 77
	ret v10
}

func second index 1 {
b0:
	v2 i32 = const 0
	v4 = obj.4 {0.4: v2}
	v5 = lookup state[v4]
	v6 i64 = const 0
	br eq v5, v6 ? b9 : b1
b9: cold
	ret v2
b1:
	v0 = load.4 [v5+4]
	ret v0
}
`)
	coll, err := load(m)
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	for index, want := range map[byte]uint32{1: 0x04030201, 2: 77, 200: 77} {
		packet := make([]byte, 20)
		copy(packet, []byte{1, 2, 3, 4, index})
		if got, err := coll.Programs["entry"].Run(&ebpf.RunOptions{Data: packet}); err != nil || got != want {
			t.Errorf("index %d: %#x (%v), not %#x", index, got, err, want)
		}
	}
}

// A direct jump needs its index right before the call.
func TestTailCallIndex(t *testing.T) {
	m := ir.MustParse(`module entry xdp default 0 license "GPL"
map programs prog_array key 4 value 4 max 4
func entry {
b0:
	v0 i32 = const 3
	tailcall programs[v0] else b1
b1:
	ret v0
}
`)
	fn, err := Compile(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `func entry
b0:
	r2 = map programs
	r3 =32 3
	call 12/3
b1:
	r0 =32 3
	exit
`
	if got := fn.Code.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// Packet pointers are loaded again after a pull, and what else is known survives it.
func TestPull(t *testing.T) {
	kerneltest.Require(t)
	m := ir.MustParse(`module pull tc default 0 license "GPL"
func pull {
b0:
	v0 = ctxload len
	v1 = headlen
	v2 i32 = const 40
	br ult v1, v2 ? b1 : b2
b1: cold
	v3 = pull v2
	jump b2
b2:
	v4 = data
	v5 = dataend
	check v4, v5, 40 ? b3 : b4
b3:
	v6 = load.1 [v4+39]
	v7 = pull v0
	v8 = data
	v9 = dataend
	check v8, v9, 41 ? b5 : b4
b5:
	v10 = load.1 [v8+40]
	v11 = add v6, v10
	ret v11
b4: cold
	ret v0
}
`)
	packet := make([]byte, 60)
	packet[39], packet[40] = 30, 12
	agree(t, m, packet, make([]byte, 20))
}

// A mac in a key lies as it comes; the parts that are not aligned are written in pieces.
func TestUnalignedFields(t *testing.T) {
	kerneltest.Require(t)
	m := ir.MustParse(`module macs xdp default 0 license "GPL"
map table hash key 12 value 16 max 8
func macs {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 14 ? b1 : b9
b9: cold
	ret v2
b1:
	v3 = load.4 [v0]
	v4 = load.2 [v0+4]
	v5 = load.4 [v0+6]
	v6 = load.2 [v0+10]
	v7 = obj.12 {0.4: v3, 4.2: v4, 6.4: v5, 10.2: v6}
	v8 = wconst.4 0x0a0b0c0d
	v9 = load.8 [v0]
	v10 i32 = const 0x11223344
	v11 = obj.16 {1.4: v8, 5.8: v9, 13.2: v4}
	v12 = update table[v7], v11
	v13 = trunc v12
	ret v13
}
`)
	agree(t, m, []byte("abcdefghijklmnop"))
}

// A number that had to go to the stack is still good for a pointer.
func TestSpilledOffset(t *testing.T) {
	kerneltest.Require(t)
	m := ir.MustParse(`module offset xdp default 0 license "GPL"
func offset {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 40 ? b1 : b9
b9: cold
	ret v2
b1:
	v3 = load.1 [v0]
	v4 i32 = const 15
	v5 = and v3, v4
	v6 = zext v5
	v11 = load.4 [v0+4]
	v12 = load.4 [v0+8]
	v13 = load.4 [v0+12]
	v14 = load.4 [v0+16]
	v15 = load.4 [v0+20]
	v20 = random
	v21 = and v20, v2
	v22 = add v21, v11
	v23 = add v22, v12
	v24 = xor v23, v13
	v25 = add v24, v14
	v26 = xor v25, v15
	v40 = mul v11, v12
	v41 = mul v13, v14
	v42 = mul v15, v40
	v43 = add v42, v41
	v44 = mul v43, v11
	v45 = xor v44, v12
	v46 = mul v45, v13
	v47 = xor v46, v14
	v48 = mul v47, v15
	store.4 [v0+4], v48
	v30 = pktadd v0, v6
	check v30, v1, 4 ? b2 : b9
b2:
	v31 = load.4 [v30]
	v32 = sub v31, v26
	v33 = add v32, v11
	v34 = xor v33, v12
	v35 = add v34, v13
	v36 = xor v35, v14
	ret v36
}
`)
	fn, err := Compile(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	if fn.Spills < 3 {
		t.Errorf("%d spills in\n%s", fn.Spills, fn.Code)
	}
	packet := make([]byte, 60)
	for i := range packet {
		packet[i] = byte(7 * (i + 1))
	}
	agree(t, m, packet)
}

func TestOutput(t *testing.T) {
	kerneltest.Require(t)
	m := ir.MustParse(`module output xdp default 0 license "GPL"
map ring ringbuf key 0 value 0 max 4096
func output {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 14 ? b1 : b9
b9: cold
	ret v2
b1:
	v3 = load.1 [v0]
	v4 i32 = const 7
	v5 = obj.24 {0.4: v4, 8.1: v3, 12.2: v3}
	v6 = output ring, v5
	v7 = trunc v6
	ret v7
}
`)
	agree(t, m, []byte("abcdefghijklmnop"), []byte("bbcdefghijklmnop"))
}

// Both byte orders have the same instructions, and only numbers in wire order differ.
func TestByteOrders(t *testing.T) {
	m := ir.MustParse(`module orders xdp default 0 license "GPL"
map table hash key 12 value 4 max 8
func orders {
b0:
	v0 = data
	v1 = dataend
	v2 i32 = const 0
	check v0, v1, 20 ? b1 : b9
b9: cold
	ret v2
b1:
	v3 = load.2 [v0+12]
	v4 = wconst.2 0x0800
	br eq v3, v4 ? b2 : b9
b2:
	v5 = load.4 [v0+14]
	v6 = wconst.4 0xff000000
	v7 = and v5, v6
	v8 = wconst.4 0x0a000000
	br eq v7, v8 ? b3 : b9
b3:
	v9 = wconst.8 0x0102030405060708
	store.8 [v0], v9
	v10 = obj.12 {0.2: v3, 2.4: v5}
	v11 = lookup table[v10]
	v12 = be16 v3
	ret v12
}
`)
	fn, err := Compile(m, m.Funcs[0])
	if err != nil {
		t.Fatal(err)
	}
	little, err := fn.Instructions(binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	big, err := fn.Instructions(binary.BigEndian)
	if err != nil {
		t.Fatal(err)
	}
	if len(little) != len(big) || int(little.Size()) != 8*fn.Size() {
		t.Fatalf("%d and %d instructions, %d bytes, said to be %d times 8", len(little), len(big), little.Size(), fn.Size())
	}
	type pair struct{ little, big int64 }
	var differ []pair
	for i, l := range little {
		b := big[i]
		if l.OpCode != b.OpCode || l.Dst != b.Dst || l.Src != b.Src || l.Offset != b.Offset {
			t.Errorf("%d: %v and %v", i, l, b)
		}
		if l.Constant != b.Constant {
			differ = append(differ, pair{l.Constant, b.Constant})
		}
	}
	want := []pair{
		{0x0008, 0x0800}, {0x000000ff, -0x01000000}, {0x0000000a, 0x0a000000},
		{0x0807060504030201, 0x0102030405060708}, {0, 16}, {16, 0},
	}
	if len(differ) != len(want) {
		t.Fatalf("constants %v, not %v", differ, want)
	}
	for i, d := range differ {
		if d != want[i] {
			t.Errorf("constants %#x and %#x, not %#x and %#x", d.little, d.big, want[i].little, want[i].big)
		}
	}
}

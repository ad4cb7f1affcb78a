package eval

import (
	"bytes"
	"fmt"
	"math"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// A pointer points into the packet (mem nil) or at a map value or global. The null pointer is a nil *pointer.
type pointer struct {
	mem   []byte
	off   int64
	epoch int // packet pointers die when the packet moves
}

// Table is the contents of a map. A per-CPU map is that of one CPU.
type Table struct {
	*ir.Map
	Entries map[string][]byte // by key
}

func newTable(m *ir.Map) *Table {
	return &Table{Map: m, Entries: map[string][]byte{}}
}

func (t *Table) array() bool { return t.Kind == "array" || t.Kind == "percpu_array" }

// at is the entry of a key, nil if there is none.
func (t *Table) at(key []byte) []byte {
	switch {
	case t.array():
		if load(key, 0, 4) >= uint64(t.Max) {
			return nil
		}
		if t.Entries[string(key)] == nil {
			t.Entries[string(key)] = make([]byte, t.ValueSize)
		}
	case t.Kind == "lpm":
		return t.longest(key)
	}
	return t.Entries[string(key)]
}

// longest finds the longest prefix (u32 length, then the bytes) that covers key.
func (t *Table) longest(key []byte) []byte {
	var found []byte
	longest := -1
	for k, v := range t.Entries {
		n := int(load([]byte(k), 0, 4))
		if n > longest && samePrefix([]byte(k)[4:], key[4:], n) {
			found, longest = v, n
		}
	}
	return found
}

func samePrefix(a, b []byte, bits int) bool {
	whole := bits / 8
	if !bytes.Equal(a[:whole], b[:whole]) {
		return false
	}
	return bits%8 == 0 || (a[whole]^b[whole])>>(8-bits%8) == 0
}

// update puts a value under a key and returns 0 or an error number.
func (t *Table) update(key, value []byte) uint64 {
	old, there := t.Entries[string(key)]
	switch {
	case t.array():
		if old = t.at(key); old == nil {
			return errno(7)
		}
		copy(old, value)
		return 0
	case !there && len(t.Entries) >= int(t.Max):
		return errno(7)
	}
	t.Entries[string(key)] = bytes.Clone(value)
	return 0
}

// remove deletes a key and returns 0 or an error number. Whoever points at the value keeps it.
func (t *Table) remove(key []byte) uint64 {
	if _, there := t.Entries[string(key)]; !there || t.array() {
		return errno(2)
	}
	delete(t.Entries, string(key))
	return 0
}

func errno(n uint64) uint64 { return -n }

// load reads a little-endian number.
func load(mem []byte, off int64, size int) uint64 {
	var x uint64
	for i := range size {
		x |= uint64(mem[off+int64(i)]) << (8 * i)
	}
	return x
}

func store(mem []byte, off int64, size int, x uint64) {
	for i := range size {
		mem[off+int64(i)] = byte(x >> (8 * i))
	}
}

// object builds the bytes of a MakeObj.
func object(v *ir.Value, args []operand) []byte {
	obj := make([]byte, v.Size)
	for i, f := range v.Fields {
		store(obj, int64(f.Offset), f.Size, args[i].n)
	}
	return obj
}

// bytesAt is the memory a pointer of the given access lies in and the offset there, or why the access is wrong.
func (r *run) bytesAt(v *ir.Value) ([]byte, int64, error) {
	p := r.val(v.Args[0]).p
	switch {
	case v.Args[0].Type == ir.Obj:
		return r.val(v.Args[0]).obj, v.Imm, nil
	case p == nil:
		return nil, 0, fmt.Errorf("%s: null pointer", v.Long())
	case p.mem != nil:
		if v.Imm < 0 || p.off+v.Imm+int64(v.Size) > int64(len(p.mem)) {
			return nil, 0, fmt.Errorf("%s: outside of the value", v.Long())
		}
		return p.mem, p.off + v.Imm, nil
	case p.epoch != r.epoch:
		return nil, 0, fmt.Errorf("%s: stale packet pointer", v.Long())
	}
	if base, disp := ir.PktBase(v.Args[0]); disp+v.Imm < 0 || disp+v.Imm+int64(v.Size) > r.proven[base] {
		return nil, 0, fmt.Errorf("%s: not covered by a check", v.Long())
	}
	return r.m.Packet, p.off + v.Imm, nil
}

// CursorMax bounds the variable part of a packet offset.
const CursorMax = math.MaxInt16

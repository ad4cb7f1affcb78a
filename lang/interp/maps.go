package interp

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A Map is a map of the pipeline. From outside it takes and gives bytes as the kernel's map does: keys and values
// in C layout, and for lpm maps keys that start with the length of the prefix, a u32.
type Map struct {
	decl    *check.Map
	entries map[string]*entry // by canonical key
}

// An entry keeps the key as it was given and the value's memory. References share the memory and outlive the entry.
type entry struct {
	key   []byte
	value Value
}

var (
	errFull  = errors.New("map is full")
	errIndex = errors.New("index is beyond the end of the array")
	errNone  = errors.New("map has no such key")
	errArray = errors.New("entries of an array can't be deleted")
)

func newMap(decl *check.Map) *Map {
	return &Map{decl: decl, entries: map[string]*entry{}}
}

// KeySize is the number of bytes of a key.
func (m *Map) KeySize() int {
	if m.decl.Kind == check.LPM {
		return 4 + m.decl.Key.Size()
	}
	return m.decl.Key.Size()
}

// Lookup finds the value of a key; in an lpm map, that of the longest prefix that holds the key.
func (m *Map) Lookup(key []byte) ([]byte, bool) {
	if m.checkKey(key) != nil {
		return nil, false
	}
	e := m.find(key)
	if e == nil {
		return nil, false
	}
	return Encode(m.decl.Value, e.value, native), true
}

// Update sets the value of a key.
func (m *Map) Update(key, value []byte) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	if len(value) != m.decl.Value.Size() {
		return fmt.Errorf("value has %d bytes, want %d", len(value), m.decl.Value.Size())
	}
	return m.put(key, Decode(m.decl.Value, value, native))
}

// Delete removes a key; in an lpm map, that very prefix.
func (m *Map) Delete(key []byte) error {
	if err := m.checkKey(key); err != nil {
		return err
	}
	return m.remove(key)
}

// Entries are the keys and values in the order of the keys' bytes; of an array, all in the order of the index.
func (m *Map) Entries() iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for key := range m.keys() {
			value, _ := m.Lookup(key)
			if !yield(key, value) {
				return
			}
		}
	}
}

func (m *Map) keys() iter.Seq[[]byte] {
	if !m.isArray() {
		byKey := func(a, b *entry) int { return bytes.Compare(a.key, b.key) }
		return func(yield func([]byte) bool) {
			for _, e := range slices.SortedFunc(maps.Values(m.entries), byKey) {
				if !yield(slices.Clone(e.key)) {
					return
				}
			}
		}
	}
	return func(yield func([]byte) bool) {
		for i := range m.decl.Max {
			if !yield(m.encodeKey(Value{uint64(i)})) {
				return
			}
		}
	}
}

func (m *Map) checkKey(key []byte) error {
	if len(key) != m.KeySize() {
		return fmt.Errorf("key has %d bytes, want %d", len(key), m.KeySize())
	}
	if m.decl.Kind == check.LPM && m.prefixLen(key) > 8*m.decl.Key.Size() {
		return fmt.Errorf("prefix of %d bits is longer than an %s", m.prefixLen(key), m.decl.Key)
	}
	return nil
}

// encodeKey is the key that the program means by v: in an lpm map, the whole address.
func (m *Map) encodeKey(v Value) []byte {
	return m.encodePrefix(v, 8*m.decl.Key.Size())
}

// encodePrefix is encodeKey for the first bits of an address.
func (m *Map) encodePrefix(v Value, bits int) []byte {
	key := Encode(m.decl.Key, v, native)
	if m.decl.Kind != check.LPM {
		return key
	}
	return append(Encode(types.U32, Value{uint64(bits)}, native), key...)
}

// find returns the entry of a key, or nil. Entries of an array come to be when they are first looked at.
func (m *Map) find(key []byte) *entry {
	switch {
	case m.decl.Kind == check.LPM:
		return m.longest(key)
	case m.isArray() && m.index(key) < uint64(m.decl.Max) && m.entries[string(key)] == nil:
		m.entries[string(key)] = m.newEntry(key, Zero(m.decl.Value))
	}
	return m.entries[string(key)]
}

func (m *Map) longest(key []byte) *entry {
	for n := m.prefixLen(key); n >= 0; n-- {
		if e := m.entries[canonicalPrefix(key[4:], n)]; e != nil {
			return e
		}
	}
	return nil
}

// put sets the value of a key. Arrays and per-CPU maps are written in place; the others get a new entry, as in the
// kernel, so that a reference taken before keeps the old value.
func (m *Map) put(key []byte, v Value) error {
	id := m.canonical(key)
	e := m.entries[id]
	switch {
	case m.isArray():
		if e = m.find(key); e == nil {
			return errIndex
		}
		copy(e.value, v)
	case e != nil && m.decl.Kind.PerCPU():
		copy(e.value, v)
	case e == nil && !m.isLRU() && len(m.entries) >= int(m.decl.Max):
		return errFull
	default:
		m.entries[id] = m.newEntry(key, v)
	}
	return nil
}

func (m *Map) remove(key []byte) error {
	id := m.canonical(key)
	if m.isArray() {
		return errArray
	}
	if m.entries[id] == nil {
		return errNone
	}
	delete(m.entries, id)
	return nil
}

func (m *Map) newEntry(key []byte, v Value) *entry {
	return &entry{key: slices.Clone(key), value: slices.Clone(v)}
}

// canonical is what two keys of the same entry have in common: of an lpm key, the bits of the prefix alone.
func (m *Map) canonical(key []byte) string {
	if m.decl.Kind == check.LPM {
		return canonicalPrefix(key[4:], m.prefixLen(key))
	}
	return string(key)
}

func canonicalPrefix(addr []byte, bits int) string {
	return string(append([]byte{byte(bits)}, maskBytes(addr, bits)...))
}

func (m *Map) prefixLen(key []byte) int {
	return int(native.Uint32(key))
}

func (m *Map) index(key []byte) uint64 { return Decode(types.U32, key, native)[0] }

func (m *Map) isArray() bool {
	return m.decl.Kind == check.ArrayMap || m.decl.Kind == check.PerCPUArray
}

func (m *Map) isLRU() bool {
	return m.decl.Kind == check.LRUHash || m.decl.Kind == check.PerCPULRUHash
}

package oracle

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
)

// A Change is what user space does to a pipeline, before its first packet or between two. What fails in the kernel, in a
// full map say, fails in the interpreter in the same way.
type Change interface {
	// fits reports whether it is about this program: of a reduced one some maps, variables and slots may be gone, or have
	// another type.
	fits(p *check.Program) bool
	toMachine(m *interp.Machine)
	toKernel(k *kernel.Engine)
	fmt.Stringer // its line in the text of a case, which parseChange reads
}

// A Setting is the value of a config or var, in native memory.
type Setting struct {
	Name  string
	Value []byte
}

func (s Setting) String() string { return fmt.Sprintf("set %s %x", s.Name, s.Value) }

func (s Setting) fits(p *check.Program) bool {
	return slices.ContainsFunc(p.Globals, func(g *check.Global) bool { return g.Name == s.Name && g.Type.Size() == len(s.Value) })
}

func (s Setting) toMachine(m *interp.Machine) { _ = m.SetGlobal(s.Name, s.Value) }
func (s Setting) toKernel(k *kernel.Engine)   { _ = k.SetGlobal(s.Name, s.Value) }

// An Entry is an entry that a map gets, in native memory; without a value, it is deleted.
type Entry struct {
	Map        string
	Key, Value []byte
}

func (e Entry) String() string {
	if e.Value == nil {
		return fmt.Sprintf("delete %s %x", e.Map, e.Key)
	}
	return fmt.Sprintf("entry %s %x %x", e.Map, e.Key, e.Value)
}

func (e Entry) fits(p *check.Program) bool {
	target := slices.ContainsFunc(p.Targets, func(t *check.Targets) bool {
		return t.Name == e.Map && len(e.Key) == 4 && len(e.Value) == 4 && u32(e.Key) < t.Max
	})
	return target || slices.ContainsFunc(slices.Concat(p.Maps, p.Routes), func(m *check.Map) bool {
		return m.Name == e.Map && keySize(m) == len(e.Key) && (e.Value == nil || m.Value.Size() == len(e.Value))
	})
}

// keySize is how many bytes the kernel's key has.
func keySize(m *check.Map) int {
	if m.Kind == check.LPM {
		return 4 + m.Key.Size()
	}
	return m.Key.Size()
}

func (e Entry) toMachine(m *interp.Machine) {
	switch d := m.Map(e.Map); {
	case d == nil:
		_ = m.SetTarget(e.Map, u32(e.Key), u32(e.Value))
	case e.Value == nil:
		_ = d.Delete(e.Key)
	default:
		_ = d.Update(e.Key, e.Value)
	}
}

func (e Entry) toKernel(k *kernel.Engine) {
	switch m := k.Pipeline().Map(e.Map); {
	case m == nil: // no program uses it
	case e.Value == nil:
		_ = k.DeleteMap(e.Map, e.Key)
	default:
		_ = k.UpdateMap(e.Map, e.Key, e.Value)
	}
}

// A Filling is a stage that a slot gets; without one, it becomes empty.
type Filling struct {
	Table string
	Index uint32
	Stage string
}

func (f Filling) String() string {
	if f.Stage == "" {
		return fmt.Sprintf("clear %s %d", f.Table, f.Index)
	}
	return fmt.Sprintf("fill %s %d %s", f.Table, f.Index, f.Stage)
}

func (f Filling) fits(p *check.Program) bool {
	return slices.ContainsFunc(p.Slots, func(t *check.Slots) bool {
		if t.Name != f.Table || f.Index >= t.Len {
			return false
		}
		for _, s := range t.Initial {
			if s.Name == f.Stage {
				return true
			}
		}
		return f.Stage == ""
	})
}

func (f Filling) toMachine(m *interp.Machine) { _ = m.SetSlot(f.Table, f.Index, f.Stage) }
func (f Filling) toKernel(k *kernel.Engine)   { _ = k.SetSlot(f.Table, f.Index, f.Stage) }

func nativeU32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func u32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }

// parseChange reads what a Change prints, word by word.
func parseChange(f []string) (Change, error) {
	switch {
	case len(f) == 3 && f[0] == "set":
		value, err := hex.DecodeString(f[2])
		return Setting{f[1], value}, err
	case len(f) == 4 && f[0] == "entry":
		key, err := hex.DecodeString(f[2])
		value, also := hex.DecodeString(f[3])
		return Entry{f[1], key, value}, errors.Join(err, also)
	case len(f) == 3 && f[0] == "delete":
		key, err := hex.DecodeString(f[2])
		return Entry{Map: f[1], Key: key}, err
	case len(f) == 4 && f[0] == "fill":
		c := Filling{Table: f[1], Stage: f[3]}
		_, err := fmt.Sscan(f[2], &c.Index)
		return c, err
	case len(f) == 3 && f[0] == "clear":
		c := Filling{Table: f[1]}
		_, err := fmt.Sscan(f[2], &c.Index)
		return c, err
	}
	return nil, fmt.Errorf("unknown line of a case")
}

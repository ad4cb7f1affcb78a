package codegen

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/lang/check"
)

var examples = []string{"firewall", "policy"}

func load(t testing.TB, name string) *check.Program {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("../examples", name, name+".tcc"))
	if err != nil {
		t.Fatal(err)
	}
	p, list := check.Source(name+".tcc", string(src))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBudget: whatever the budget, every program's estimate is within it, or there is an error that names a budget
// which is enough.
func TestBudget(t *testing.T) {
	for _, name := range examples {
		p := load(t, name)
		for budget := 2000; budget > 10; budget = budget * 7 / 10 {
			a, err := Compile(p, Options{Budget: budget, Verify: true})
			if err != nil {
				if !strings.Contains(err.Error(), "is enough") {
					t.Errorf("%s at %d: %v", name, budget, err)
				}
				continue
			}
			for _, pr := range a.Programs {
				if pr.EstimatedCost > budget {
					t.Errorf("%s at %d: program %s costs %d", name, budget, pr.Name, pr.EstimatedCost)
				}
			}
		}
	}
}

// TestSameBytes compiles twice and compares.
func TestSameBytes(t *testing.T) {
	for _, name := range examples {
		for _, budget := range []int{0, 300} {
			var first *Artifact
			for range 3 {
				a, err := Compile(load(t, name), Options{Budget: budget})
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = a
				}
				if !bytes.Equal(a.LittleEndian, first.LittleEndian) || !bytes.Equal(a.BigEndian, first.BigEndian) {
					t.Errorf("%s at %d: two compilations differ", name, budget)
				}
			}
		}
	}
}

// TestByteOrders reads both objects back: they have the same programs of the same length, and the same maps.
func TestByteOrders(t *testing.T) {
	for _, name := range examples {
		a, err := Compile(load(t, name), Options{Budget: 300})
		if err != nil {
			t.Fatal(err)
		}
		var specs []*ebpf.CollectionSpec
		for _, obj := range [][]byte{a.LittleEndian, a.BigEndian} {
			spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(obj))
			if err != nil {
				t.Fatal(err)
			}
			specs = append(specs, spec)
		}
		little, big := specs[0], specs[1]
		if len(little.Programs) != len(a.Programs) || len(big.Programs) != len(a.Programs) || len(little.Maps) != len(big.Maps) {
			t.Errorf("%s: %d and %d programs, %d and %d maps", name, len(little.Programs), len(big.Programs), len(little.Maps), len(big.Maps))
		}
		for _, p := range a.Programs {
			l, b := slots(little.Programs[p.Name]), slots(big.Programs[p.Name])
			if l != p.Instructions || b != p.Instructions {
				t.Errorf("%s: program %s has %d and %d instructions, want %d", name, p.Name, l, b, p.Instructions)
			}
		}
	}
}

// slots is a program's length as the kernel counts it: in units of 8 bytes.
func slots(p *ebpf.ProgramSpec) int {
	n := 0
	for it := p.Instructions.Iterate(); it.Next(); {
		n = int(it.Offset) + int(it.Ins.Width())
	}
	return n
}

// TestEntry: the entry program bears the pipeline's name and comes first; the others are the layout's targets or
// stages of slots.
func TestEntry(t *testing.T) {
	for _, name := range examples {
		a, err := Compile(load(t, name), Options{Budget: 300})
		if err != nil {
			t.Fatal(err)
		}
		if a.Programs[0].Name != name || a.Programs[0].Index != -1 {
			t.Errorf("%s: the first program is %+v", name, a.Programs[0])
		}
		for _, p := range a.Programs {
			if p.Index >= 0 && a.Layout.Targets[p.Index] != p.Name {
				t.Errorf("%s: target %d is %s, not %s", name, p.Index, a.Layout.Targets[p.Index], p.Name)
			}
		}
	}
}

// FuzzCompile: whatever the checker accepts is compiled, or refused for its size; nothing panics.
func FuzzCompile(f *testing.F) {
	for _, name := range examples {
		src, err := os.ReadFile(filepath.Join("../examples", name, name+".tcc"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src), 200)
	}
	f.Fuzz(func(t *testing.T, src string, budget int) {
		p, _ := check.Source("fuzz.tcc", src)
		if p == nil {
			return
		}
		if _, err := Compile(p, Options{Budget: max(budget, 1), Verify: true}); err != nil && !strings.Contains(err.Error(), "limit") {
			t.Error(err)
		}
	})
}

package object

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// contexts has, for each section of programs, the C struct that their argument points to.
var contexts = sections()

func sections() map[string]string {
	m := map[string]string{}
	for _, t := range ir.ProgTypes {
		m[t.Section] = t.Context
		if t.Section == "xdp" {
			m[t.Section+ir.FragsSuffix] = t.Context
		}
	}
	return m
}

// identifier is what the kernel takes for a name in BTF.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,126}$`)

// check refuses what could not be encoded, or what no loader would take.
func (s *Spec) check() error {
	if contexts[s.Section] == "" {
		return fmt.Errorf("section %q: no section of programs", s.Section)
	}
	if strings.Contains(s.License, "\x00") {
		return errors.New("license: contains a zero byte")
	}
	if len(s.Programs) == 0 {
		return errors.New("an object needs a program")
	}
	if err := s.checkNames(); err != nil {
		return err
	}
	for _, m := range s.Maps {
		if err := m.check(); err != nil {
			return fmt.Errorf("map %s: %w", m.Name, err)
		}
	}
	for _, g := range s.Globals {
		if err := g.check(); err != nil {
			return fmt.Errorf("variable %s: %w", g.Name, err)
		}
	}
	for i, t := range s.Types {
		if t == nil || t.TypeName() == "" {
			return fmt.Errorf("type %d: has no name", i)
		}
	}
	return nil
}

// checkNames wants every program, subprogram, map and variable to have a name of its own.
func (s *Spec) checkNames() error {
	seen := make(map[string]bool)
	claim := func(kind, name string) error {
		switch {
		case !identifier.MatchString(name):
			return fmt.Errorf("%s %q: not a valid name", kind, name)
		case seen[name]:
			return fmt.Errorf("%s %s: the name is taken", kind, name)
		}
		seen[name] = true
		return nil
	}
	for _, p := range s.Programs {
		if err := claim("program", p.Name); err != nil {
			return err
		}
	}
	for _, p := range s.Subs {
		if err := claim("subprogram", p.Name); err != nil {
			return err
		}
	}
	for _, m := range s.Maps {
		if err := claim("map", m.Name); err != nil {
			return err
		}
	}
	for _, g := range s.Globals {
		if err := claim("variable", g.Name); err != nil {
			return err
		}
	}
	return nil
}

func (m *Map) check() error {
	if m.MaxEntries == 0 {
		return errors.New("has no entries")
	}
	if m.Type == ebpf.RingBuf {
		if m.KeySize != 0 || m.ValueSize != 0 || m.Key != nil || m.Value != nil {
			return errors.New("a ring buffer has no keys and values")
		}
	} else if m.KeySize == 0 || m.ValueSize == 0 {
		return errors.New("needs the sizes of its keys and values")
	}
	if err := checkSize("key", m.Key, m.KeySize); err != nil {
		return err
	}
	if err := checkSize("value", m.Value, m.ValueSize); err != nil {
		return err
	}
	if m.Key != nil && (m.Type == ebpf.Array || m.Type == ebpf.PerCPUArray) {
		if _, ok := btf.As[*btf.Int](m.Key); !ok {
			return fmt.Errorf("the key of an array is an integer, not %s", m.Key)
		}
	}
	return m.checkPrograms()
}

func (m *Map) checkPrograms() error {
	if m.Type != ebpf.ProgramArray {
		if m.Programs != nil {
			return errors.New("only a prog array holds programs")
		}
		return nil
	}
	if m.KeySize != 4 || m.ValueSize != 4 || m.Key != nil || m.Value != nil {
		return errors.New("a prog array has untyped keys and values of 4 bytes")
	}
	for i, p := range m.Programs {
		if i >= m.MaxEntries {
			return fmt.Errorf("program %s is in slot %d of %d", p, i, m.MaxEntries)
		}
	}
	return nil
}

func (g *Global) check() error {
	if g.Type == nil {
		return errors.New("has no type")
	}
	n, err := btf.Sizeof(g.Type)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errors.New("has no size")
	case g.Init != nil && len(g.Init) != n:
		return fmt.Errorf("is %d bytes long, but starts as %d", n, len(g.Init))
	}
	return nil
}

// checkSize compares a size with that of its type, if the type is known.
func checkSize(what string, t btf.Type, want uint32) error {
	if t == nil {
		return nil
	}
	n, err := btf.Sizeof(t)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n != int(want) {
		return fmt.Errorf("a %s is %d bytes long, but its type %d", what, want, n)
	}
	return nil
}

package runtime

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
)

// CheckVariants finds what is wrong with a list of variants, before anything is loaded.
func CheckVariants(variants []Variant) error {
	if len(variants) == 0 {
		return errors.New("a pipeline without any variant can't be loaded")
	}
	first := variants[0]
	seen := map[string]bool{}
	for i, v := range variants {
		_, err := v.since()
		switch {
		case v.Name == "":
			return fmt.Errorf("variant %d has no name", i)
		case seen[v.Name]:
			return fmt.Errorf("there are two variants of the name `%s`", v.Name)
		case v.Spec == nil:
			return fmt.Errorf("variant %s has no object", v.Name)
		case err != nil:
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
		if err := cmp.Or(first.Layout.Alike(v.Layout), alikeMaps(first.Spec, v.Spec)); err != nil {
			return fmt.Errorf("variant %s is not of the same pipeline as %s: %w", v.Name, first.Name, err)
		}
		seen[v.Name] = true
	}
	return nil
}

// Alike says in what two layouts differ beyond that the pipeline is cut otherwise; nil if in nothing.
func (l Layout) Alike(other Layout) error {
	a, b := reflect.ValueOf(l.uncut()), reflect.ValueOf(other.uncut())
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			return fmt.Errorf("their layouts differ in %s", a.Type().Field(i).Name)
		}
	}
	return nil
}

// uncut is the layout without what depends on where the pipeline is cut.
func (l Layout) uncut() Layout {
	l.Targets = nil
	l.Slots, l.Stages = slices.Clone(l.Slots), slices.Clone(l.Stages)
	for i := range l.Slots {
		l.Slots[i].Depth = 0
	}
	for i := range l.Stages {
		l.Stages[i].TailCalls = 0
	}
	return l
}

// alikeMaps says in what the maps and variables of the source differ in two objects; nil if in nothing.
func alikeMaps(a, b *ebpf.CollectionSpec) error {
	for name := range both(a.Maps, b.Maps) {
		x, y := a.Maps[name], b.Maps[name]
		if x == nil || y == nil || x.Type != y.Type || x.KeySize != y.KeySize || x.ValueSize != y.ValueSize || x.MaxEntries != y.MaxEntries {
			return fmt.Errorf("their maps `%s` differ", name)
		}
	}
	for name := range both(a.Variables, b.Variables) {
		x, y := a.Variables[name], b.Variables[name]
		if x == nil || y == nil || x.Constant() != y.Constant() || len(x.Value) != len(y.Value) {
			return fmt.Errorf("their variables `%s` differ", name)
		}
	}
	return nil
}

// both are the names in either of two maps, in their order, but for the compiler's own, which depend on the cuts.
func both[V any](a, b map[string]V) iter.Seq[string] {
	return func(yield func(string) bool) {
		names := slices.Sorted(maps.Keys(a))
		names = append(names, slices.Sorted(maps.Keys(b))...)
		for _, name := range names {
			if !strings.HasPrefix(name, "tcc_") && !strings.HasPrefix(name, ".") && !yield(name) {
				return
			}
		}
	}
}

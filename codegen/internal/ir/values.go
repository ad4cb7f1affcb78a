package ir

import (
	"cmp"
	"slices"
)

// Values is a set of values, sorted by ID. Most are so small that looking for a place in it takes no time.
type Values []*Value

func (s Values) find(v *Value) (at int, found bool) {
	return slices.BinarySearchFunc(s, v, func(a, b *Value) int { return cmp.Compare(a.ID, b.ID) })
}

// Has reports whether v is in the set.
func (s Values) Has(v *Value) bool {
	_, found := s.find(v)
	return found
}

// Add puts v into the set.
func (s *Values) Add(v *Value) {
	if at, found := s.find(v); !found {
		*s = slices.Insert(*s, at, v)
	}
}

// Remove takes v out of the set.
func (s *Values) Remove(v *Value) {
	if at, found := s.find(v); found {
		*s = slices.Delete(*s, at, at+1)
	}
}

// union has what is in one of two sets; it may be one of them.
func union(s, t Values) Values {
	if len(t) == 0 || slices.Equal(s, t) {
		return s
	}
	if len(s) == 0 {
		return t
	}
	both := make(Values, 0, len(s)+len(t))
	for len(s) > 0 && len(t) > 0 {
		switch v, w := s[0], t[0]; {
		case v.ID < w.ID:
			both, s = append(both, v), s[1:]
		case v.ID > w.ID:
			both, t = append(both, w), t[1:]
		default:
			both, s, t = append(both, v), s[1:], t[1:]
		}
	}
	return append(append(both, s...), t...)
}

package opt

import "github.com/tcc-bpf/tcc/codegen/internal/ir"

// scopes is a table of expressions that are known in a block and those below it in the dominator tree: what was put in
// last is taken out first. It holds an expression for each value at most, so its size is known.
type scopes struct {
	last  []int32 // by hash: the newest entry, counted from 1
	known []known
}

type known struct {
	expr
	value *ir.Value
	next  int32 // that is older, of the same hash
	slot  uint32
}

func newScopes(values int) *scopes {
	size := 16
	for size < values {
		size *= 2
	}
	return &scopes{last: make([]int32, size)}
}

// find is the value that computes e; if there is none it is v from now on.
func (s *scopes) find(e expr, v *ir.Value) *ir.Value {
	slot := e.hash() & uint32(len(s.last)-1)
	for i := s.last[slot]; i > 0; i = s.known[i-1].next {
		if s.known[i-1].expr == e {
			return s.known[i-1].value
		}
	}
	s.known = append(s.known, known{e, v, s.last[slot], slot})
	s.last[slot] = int32(len(s.known))
	return v
}

// mark is what to go back to.
func (s *scopes) mark() int { return len(s.known) }

// back forgets what was found since a mark.
func (s *scopes) back(mark int) {
	for len(s.known) > mark {
		k := &s.known[len(s.known)-1]
		s.last[k.slot] = k.next
		s.known = s.known[:len(s.known)-1]
	}
}

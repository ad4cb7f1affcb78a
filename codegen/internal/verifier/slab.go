package verifier

// A slab hands out memory piece by piece, and takes it all back at once.
type slab[T any] struct{ free []T }

// take is n zero values.
func (s *slab[T]) take(n int) []T {
	if len(s.free)+n > cap(s.free) { // what was taken stays where it is
		s.free = make([]T, 0, max(2*cap(s.free), n, 64))
	}
	from := len(s.free)
	s.free = s.free[:from+n]
	taken := s.free[from : from+n : from+n]
	clear(taken)
	return taken
}

// reset takes everything back.
func (s *slab[T]) reset() { s.free = s.free[:0] }

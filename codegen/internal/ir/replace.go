package ir

// Replacements are what is to be put in the place of some values of a Func.
type Replacements struct {
	with []*Value // by ID
	n    int
}

// NewReplacements are none, of values that f has now.
func NewReplacements(f *Func) *Replacements { return &Replacements{with: make([]*Value, f.nextValue)} }

// Put lets w replace v.
func (r *Replacements) Put(v, w *Value) {
	if r.with[v.ID] == nil {
		r.n++
	}
	r.with[v.ID] = w
}

// Of is what replaces v; nil if v stays.
func (r *Replacements) Of(v *Value) *Value {
	if v.ID < len(r.with) { // it may be newer
		return r.with[v.ID]
	}
	return nil
}

// Any reports whether there is anything to replace.
func (r *Replacements) Any() bool { return r.n > 0 }

// Replace puts the replacements in the place of every use. A replacement may itself be replaced.
func (f *Func) Replace(r *Replacements) {
	if !r.Any() {
		return
	}
	for _, b := range f.Blocks {
		b.Operands(func(v **Value) {
			for w := r.Of(*v); w != nil; w = r.Of(w) {
				*v = w
			}
		})
	}
}

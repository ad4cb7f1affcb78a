package split

import (
	"errors"
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// shortest is how short the pieces of blocks are that forced cuts lie between.
const shortest = 3

// forced cuts where opts.Cut says so, whatever that costs. It makes cuts that no search would, so that tests see them.
func forced(m *ir.Module, opts Options, chop bool) (*Plan, error) {
	g := newGraph(m, m.Funcs[0].Clone(), opts)
	if chop && g.chop(g.order, shortest) {
		g = newGraph(m, g.f, opts)
	}
	if err := errors.Join(g.circle(), g.refuse()); err != nil {
		return nil, err
	}
	s := newSearch(g, opts)
	for _, b := range s.order {
		if s.crossing(b) != nil && opts.Cut(b) {
			s.heads[b.ID] = true
		}
	}
	ps := s.lay(s.list())
	for ps.over > 0 {
		if err := s.spare(ps); s.room() == StateSize {
			return nil, err
		}
		ps = s.lay(s.list())
	}
	p := &Plan{Notes: ps.notes}
	if err := ps.checkChains(p); err != nil {
		return nil, err
	}
	if err := ps.assemble(p); err != nil {
		return nil, err
	}
	if err := ir.Verify(p.module); err != nil {
		return nil, fmt.Errorf("the splitter made invalid code: %w", err)
	}
	return p, nil
}

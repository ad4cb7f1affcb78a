package split

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// chains finds the longest chains of tail calls. A slot call counts as one even where it misses, as some kernels count
// it; what the initial stages of its table do comes after it.
type chains struct {
	*search
	longest map[*ir.Block]link
	open    map[*ir.Block]bool // on the way to where we are, to find circles of slots
}

// A link is the longest chain from a block on.
type link struct {
	calls int
	next  *ir.Block // where the chain goes on
	via   string    // the slots table that is called on the way there
	jump  bool      // the way there is a tail call
}

func (c *chains) from(b *ir.Block) (link, error) {
	if l, ok := c.longest[b]; ok {
		return l, nil
	}
	if c.open[b] {
		return link{}, fmt.Errorf("stage %s can reach itself through slots, so its tail calls have no bound", b.Stage)
	}
	c.open[b] = true
	defer delete(c.open, b)
	var best link
	consider := func(l link) error {
		rest, err := c.from(l.next)
		l.calls += rest.calls
		if l.calls > best.calls || best.next == nil {
			best = l
		}
		return err
	}
	called := 0
	if b.Term.Op == ir.SlotCall {
		called = 1
		best = link{calls: 1, via: b.Term.Sym}
		for _, r := range c.f.Roots {
			if r.Table != b.Term.Sym {
				continue
			}
			if err := consider(link{calls: 1, next: r.Block, via: r.Table, jump: true}); err != nil {
				return link{}, err
			}
		}
	}
	for _, e := range b.Term.Succs {
		l := link{calls: called, next: e.To}
		if called > 0 {
			l.via = b.Term.Sym
		}
		if c.heads[e.To.ID] {
			l.calls, l.jump = l.calls+1, true
		}
		if err := consider(l); err != nil {
			return link{}, err
		}
	}
	c.longest[b] = best
	return best, nil
}

// chain is the longest chain from an entry: its tail calls, and the names of programs and tables along it.
func (c *chains) chain(entry *ir.Block, names map[*ir.Block]string) (int, []string, error) {
	l, err := c.from(entry)
	if err != nil {
		return 0, nil, err
	}
	path := []string{names[entry]}
	for l := l; l.next != nil; l = c.longest[l.next] {
		if l.via != "" {
			path = append(path, l.via+"[]")
		}
		if l.jump {
			path = append(path, names[l.next])
		}
	}
	return l.calls, path, nil
}

// checkChains finds the longest chain of all entries and holds it against the limit.
func (ps *programs) checkChains(p *Plan) error {
	c := &chains{search: ps.search, longest: map[*ir.Block]link{}, open: map[*ir.Block]bool{}}
	for i, e := range ps.f.Entries() {
		calls, path, err := c.chain(e, ps.names)
		if err != nil {
			return err
		}
		if i > 0 { // entered by a call
			calls++
			path = slices.Insert(path, 0, ps.roots[e].Table+"[]")
		}
		if calls > p.TailCalls || i == 0 {
			p.TailCalls, p.Chain = calls, path
		}
	}
	if p.TailCalls <= ps.opts.MaxTailCalls {
		return nil
	}
	entry := ps.f.Blocks[0]
	return &Error{
		Stage: entry.Stage, Span: span(entry), Constraint: "tail calls", Have: p.TailCalls, Limit: ps.opts.MaxTailCalls,
		Detail: strings.Join(ends(p.Chain), " → "),
	}
}

// ends is a chain without the middle of a very long one.
func ends(chain []string) []string {
	const most = 12
	if len(chain) <= most {
		return chain
	}
	return slices.Concat(chain[:most/2], []string{"…"}, chain[len(chain)-most/2:])
}

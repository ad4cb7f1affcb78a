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
	longest []link // by block ID
	done    []bool
}

// A link is the longest chain from a block on.
type link struct {
	calls int
	next  *ir.Block // where the chain goes on
	via   string    // the slots table that is called on the way there
	jump  bool      // the way there is a tail call
}

func (s *search) chains() *chains {
	return &chains{s, make([]link, s.f.NumBlocks()), make([]bool, s.f.NumBlocks())}
}

// from is the longest chain from a block on. There are no circles: see circle.
func (c *chains) from(b *ir.Block) link {
	if c.done[b.ID] {
		return c.longest[b.ID]
	}
	var best link
	consider := func(l link) {
		l.calls += c.from(l.next).calls
		if l.calls > best.calls || best.next == nil {
			best = l
		}
	}
	called, via := 0, ""
	if b.Term.Op == ir.SlotCall {
		called, via = 1, b.Term.Sym
		best = link{calls: 1, via: via}
		for _, root := range c.stages(via) {
			consider(link{calls: 1, next: root, via: via, jump: true})
		}
	}
	for _, e := range b.Term.Succs {
		l := link{calls: called, next: e.To, via: via}
		if c.heads[e.To.ID] {
			l.calls, l.jump = l.calls+1, true
		}
		consider(l)
	}
	c.longest[b.ID], c.done[b.ID] = best, true
	return best
}

// stages are the first blocks of the stages of a slots table.
func (g *graph) stages(table string) (blocks []*ir.Block) {
	for _, r := range g.f.Roots {
		if r.Table == table {
			blocks = append(blocks, r.Block)
		}
	}
	return blocks
}

// entered is the number of tail calls before an entry.
func (g *graph) entered(entry *ir.Block) int {
	if g.roots[entry] != nil {
		return 1
	}
	return 0
}

// chained is how many tail calls the longest chain has.
func (s *search) chained() int {
	c, most := s.chains(), 0
	for _, e := range s.f.Entries() {
		most = max(most, s.entered(e)+c.from(e).calls)
	}
	return most
}

// path names the programs and tables along the longest chain from an entry.
func (c *chains) path(entry *ir.Block, names map[*ir.Block]string) []string {
	path := []string{names[entry]}
	if root := c.roots[entry]; root != nil {
		path = slices.Insert(path, 0, root.Table+"[]")
	}
	for l := c.from(entry); l.next != nil; l = c.from(l.next) {
		if l.via != "" {
			path = append(path, l.via+"[]")
		}
		if l.jump {
			path = append(path, names[l.next])
		}
	}
	return path
}

// depth is the tail calls of the longest chain from a block up to one through a table, that included; 0: none leads there.
func (c *chains) depth(b *ir.Block, table string, known map[*ir.Block]int) int {
	if most, ok := known[b]; ok {
		return most
	}
	most, called := 0, 0
	consider := func(calls int, to *ir.Block) {
		if rest := c.depth(to, table, known); rest > 0 {
			most = max(most, calls+rest)
		}
	}
	if b.Term.Op == ir.SlotCall {
		called = 1
		if b.Term.Sym == table {
			most = 1
		}
		for _, root := range c.stages(b.Term.Sym) {
			consider(1, root)
		}
	}
	for _, e := range b.Term.Succs {
		if c.heads[e.To.ID] {
			consider(called+1, e.To)
		} else {
			consider(called, e.To)
		}
	}
	known[b] = most
	return most
}

// checkChains finds the longest chain of all entries and holds it against the limit.
func (ps *programs) checkChains(p *Plan) error {
	c := ps.chains()
	ps.after = map[*ir.Block]int{}
	for i, e := range ps.f.Entries() {
		ps.after[e] = c.from(e).calls
		if calls := ps.entered(e) + ps.after[e]; calls > p.TailCalls || i == 0 {
			p.TailCalls, p.Chain = calls, c.path(e, ps.names)
		}
	}
	if p.TailCalls <= ps.opts.MaxTailCalls {
		p.Depths = map[string]int{}
		for table := range ps.tables {
			p.Depths[table] = c.depth(ps.f.Blocks[0], table, map[*ir.Block]int{})
		}
		return nil
	}
	entry := ps.f.Blocks[0]
	return &Error{
		Stage: entry.Stage, Span: span(entry), Constraint: tailCalls, Have: p.TailCalls, Limit: ps.opts.MaxTailCalls,
		Detail: strings.Join(ends(p.Chain), " → "),
	}
}

// tailCalls is the constraint on chains.
const tailCalls = "tail calls"

// circle finds stages that can reach themselves through slots.
func (g *graph) circle() error {
	const open, done = 1, 2
	state := map[*ir.Block]int{}
	var visit func(entry *ir.Block) error
	visit = func(entry *ir.Block) error {
		switch state[entry] {
		case open:
			return fmt.Errorf("stage %s can reach itself through slots, so its tail calls have no bound", entry.Stage)
		case done:
			return nil
		}
		state[entry] = open
		for _, table := range g.called(entry) {
			for _, b := range g.stages(table) {
				if err := visit(b); err != nil {
					return err
				}
			}
		}
		state[entry] = done
		return nil
	}
	for _, e := range g.f.Entries() {
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// called lists the slots tables that are called from an entry on.
func (g *graph) called(entry *ir.Block) (tables []string) {
	seen := make([]bool, g.f.NumBlocks())
	seen[entry.ID] = true
	for todo := []*ir.Block{entry}; len(todo) > 0; {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if b.Term.Op == ir.SlotCall && !slices.Contains(tables, b.Term.Sym) {
			tables = append(tables, b.Term.Sym)
		}
		for _, e := range b.Term.Succs {
			if !seen[e.To.ID] {
				seen[e.To.ID] = true
				todo = append(todo, e.To)
			}
		}
	}
	return tables
}

// ends is a chain without the middle of a very long one.
func ends(chain []string) []string {
	const most = 12
	if len(chain) <= most {
		return chain
	}
	return slices.Concat(chain[:most/2], []string{"…"}, chain[len(chain)-most/2:])
}

package check

import (
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// resolveTable fills a slots table with the stages it holds at first.
func (c *checker) resolveTable(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.SlotsDecl:
		s := c.Defs[d.Name].(*Slots)
		for _, e := range d.Entries {
			c.slotEntry(s, e)
		}
	case *syntax.SlotDecl:
		s := c.Defs[d.Name].(*Slots)
		if d.Stage == nil {
			return
		}
		if st, ok := c.slotStage(s, d.Stage); ok {
			s.Initial[0] = st
			c.addEdge(s, jump{to: st, at: d.Stage.Span()})
		}
	}
}

func (c *checker) slotEntry(s *Slots, e *syntax.SlotEntry) {
	k := c.constant(e.Index, types.U32)
	st, ok := c.slotStage(s, e.Stage)
	if k == nil || !ok {
		return
	}
	switch _, dup := s.Initial[uint32(k.Int)]; {
	case k.Int >= uint64(s.Len):
		c.boundIndex(e.Index, s.Len, s.Name)
	case dup:
		c.errorf("E0414", e.Index.Span(), "slot %d is filled twice", k.Int)
	default:
		s.Initial[uint32(k.Int)] = st
		c.addEdge(s, jump{to: st, at: e.Stage.Span()})
	}
}

// slotStage is a stage that a slot holds; its parameters are those of the slot.
func (c *checker) slotStage(s *Slots, id *syntax.Ident) (*Stage, bool) {
	st, ok := find[*Stage](c, id, "stage")
	if !ok {
		return nil, false
	}
	if !c.takes(st, s) {
		d := c.errorf("E0412", id.Span(), "stage `%s` does not take the parameters of `%s`", st.Name, s.Name)
		d.Hint = "a stage in a slot takes the same types in the same order"
		note(d, st.Decl.Name.Span(), "the stage is declared here")
		return nil, false
	}
	return st, true
}

// declName is the name of a slots table where it is declared.
func declName(s *Slots) *syntax.Ident {
	switch d := s.Decl.(type) {
	case *syntax.SlotsDecl:
		return d.Name
	case *syntax.SlotDecl:
		return d.Name
	}
	return nil
}

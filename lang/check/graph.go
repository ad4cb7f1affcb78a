package check

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/syntax"
)

// Stage finds a stage by name, nil if there is none.
func (p *Program) Stage(name string) *Stage {
	for _, s := range p.Stages {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Callees are the stages that a stage goes to by name, in the order of its text, each once.
func (p *Program) Callees(s *Stage) []*Stage { return p.callees[s] }

// Tables are the slots tables that a stage goes through, in the order of its text, each once.
func (p *Program) Tables(s *Stage) []*Slots { return p.tables[s] }

// linkStages records who goes where.
func (c *checker) linkStages() {
	c.prog.callees, c.prog.tables = map[*Stage][]*Stage{}, map[*Stage][]*Slots{}
	for s, jumps := range c.gotos {
		for _, j := range jumps {
			if j.to != nil && !slices.Contains(c.prog.callees[s], j.to) {
				c.prog.callees[s] = append(c.prog.callees[s], j.to)
			}
			if j.slots != nil && !slices.Contains(c.prog.tables[s], j.slots) {
				c.prog.tables[s] = append(c.prog.tables[s], j.slots)
			}
		}
	}
}

// declName is the name of a slots table where it is declared.
func (s *Slots) declName() *syntax.Ident {
	switch d := s.Decl.(type) {
	case *syntax.SlotsDecl:
		return d.Name
	case *syntax.SlotDecl:
		return d.Name
	}
	return nil
}

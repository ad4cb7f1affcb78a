package check

import (
	"math"
	"slices"
	"strconv"

	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// Declarations are entered first, all of them, and resolved afterwards: a name can be used above its declaration.

// An enumDecl is an enum on its way from the source to its type.
type enumDecl struct {
	decl   *syntax.EnumDecl
	byName map[string]int // the members so far
	done   bool
}

// A structDecl is a struct on its way from the source to its type.
type structDecl struct {
	decl       *syntax.StructDecl
	busy, done bool
}

func (c *checker) declarePrelude(prelude *syntax.File) {
	for _, d := range prelude.Decls {
		if d, ok := d.(*syntax.HeaderDecl); ok {
			h := &Header{Type: &types.Header{Name: d.Name.Name}, Decl: d}
			c.Defs[d.Name] = h
			c.std[d.Name.Name] = h
		}
	}
}

func (c *checker) declareFiles() {
	for i, f := range c.files {
		refused := false
		for _, d := range f.Decls {
			word := rootLine(d)
			switch {
			case i == 0 || word == "":
				c.decls = append(c.decls, d)
			case word != "test" && !refused && !slices.Contains(c.hostFiles, f):
				c.inRoot(d, word)
				refused = true // the others are the same mistake
			}
		}
	}
	scope := goScope{}
	for _, d := range c.decls {
		if id := c.declareOne(d); id != nil {
			c.collide(scope, id, id.Name)
		}
	}
	for _, d := range c.decls {
		if e, ok := d.(*syntax.EnumDecl); ok {
			for _, m := range e.Members {
				c.collide(scope, m.Name, e.Name.Name+"."+m.Name.Name)
			}
		}
	}
	c.requireHead()
	if c.prog.Host != nil && c.prog.Type != nil {
		c.addEntry()
		c.sameType()
	}
}

// rootLine is the word of a declaration that an import does not bring in, or empty.
func rootLine(d syntax.Decl) string {
	switch d.(type) {
	case *syntax.PipelineDecl:
		return "pipeline"
	case *syntax.DefaultDecl:
		return "default"
	case *syntax.LicenseDecl:
		return "license"
	case *syntax.TestDecl:
		return "test"
	}
	return ""
}

// declareOne enters a declaration and returns the name that the generated Go will bear, if any.
func (c *checker) declareOne(d syntax.Decl) *syntax.Ident {
	switch d := d.(type) {
	case *syntax.PipelineDecl:
		c.declarePipeline(d)
	case *syntax.DefaultDecl:
		c.once("default", d)
	case *syntax.LicenseDecl:
		c.once("license", d)
	case *syntax.ConfigDecl:
		c.declareGlobal(&Global{Name: d.Name.Name, Config: true, Decl: d.Name}, d.Type)
		return d.Name
	case *syntax.VarDecl:
		c.declareGlobal(&Global{Name: d.Name.Name, Decl: d.Name}, d.Type)
		return d.Name
	case *syntax.EnumDecl:
		t := &types.Enum{Name: d.Name.Name, Base: types.U32}
		c.enums[t] = &enumDecl{decl: d, byName: map[string]int{}}
		c.declare(d.Name, &TypeName{t})
		return d.Name
	case *syntax.StructDecl:
		t := &TypeName{}
		c.structs[t] = &structDecl{decl: d}
		c.declare(d.Name, t)
		return d.Name
	case *syntax.HeaderDecl:
		c.declare(d.Name, &Header{Type: &types.Header{Name: d.Name.Name}, Decl: d})
	case *syntax.MapDecl:
		return c.declareMap(d)
	case *syntax.CounterDecl:
		c.declare(d.Name, &Counter{Name: d.Name.Name, Len: 1, Decl: d})
		return d.Name
	case *syntax.EventDecl:
		c.declare(d.Name, &Event{Name: d.Name.Name, Decl: d})
		return d.Name
	case *syntax.StageDecl:
		c.declareStage(d)
		return d.Name
	case *syntax.SlotsDecl:
		c.declare(d.Name, &Slots{Name: d.Name.Name, Initial: map[uint32]*Stage{}, Decl: d})
		return d.Name
	case *syntax.SlotDecl:
		c.declare(d.Name, &Slots{Name: d.Name.Name, Len: 1, Single: true, Initial: map[uint32]*Stage{}, Decl: d})
		return d.Name
	case *syntax.FnDecl:
		c.declareFn(d)
	}
	return nil
}

func (c *checker) declareGlobal(g *Global, te syntax.TypeExpr) {
	c.globals[g] = te
	c.declare(g.Decl, g)
}

func (c *checker) declareMap(d *syntax.MapDecl) *syntax.Ident {
	switch d.Kind.Name {
	case "devmap", "cpumap", "xskmap":
		c.declare(d.Name, &Targets{Name: d.Name.Name, Kind: MapKind(d.Kind.Name), Decl: d})
	default:
		c.declare(d.Name, &Map{Name: d.Name.Name, Decl: d, Key: types.Invalid, Value: types.Invalid})
	}
	return d.Name
}

func (c *checker) declareStage(d *syntax.StageDecl) {
	if d.For != nil && !c.isRoot(d) {
		c.errorf("E0440", d.For.Span(), "a stage for a slot of another pipeline stands in a root file, and this one is imported")
	}
	s := &Stage{Name: d.Name.Name, Index: len(c.prog.Stages), Decl: d}
	c.declare(d.Name, s)
	c.prog.Stages = append(c.prog.Stages, s)
}

// resolveDecls gives the declared objects their types and sizes, and the stages their parameters.
func (c *checker) resolveDecls() {
	for _, d := range c.decls {
		switch d := d.(type) {
		case *syntax.EnumDecl:
			c.resolveEnum(c.Defs[d.Name].(*TypeName).Type.(*types.Enum))
		case *syntax.StructDecl:
			c.resolveStruct(c.Defs[d.Name].(*TypeName))
		case *syntax.HeaderDecl:
			c.resolveHeader(c.Defs[d.Name].(*Header))
		}
	}
	for _, d := range c.prelude.Decls {
		if d, ok := d.(*syntax.HeaderDecl); ok {
			c.resolveHeader(c.std[d.Name.Name])
		}
	}
	for _, d := range c.decls {
		c.resolveState(d)
	}
	for _, d := range c.decls {
		c.resolveTable(d)
	}
	for _, s := range c.prog.Stages {
		if s.Decl.For != nil && c.isRoot(s.Decl) {
			c.checkFor(s)
		}
	}
	if d, ok := c.heads["default"].(*syntax.DefaultDecl); ok {
		c.prog.Default = c.defaultVerdict(d)
	}
}

// resolveState resolves what can be named by an expression, and the stages' parameters.
func (c *checker) resolveState(d syntax.Decl) {
	switch d := d.(type) {
	case *syntax.LicenseDecl:
		if d == c.heads["license"] {
			c.prog.License, _ = strconv.Unquote(d.Text.Text)
		}
	case *syntax.ConfigDecl:
		c.resolveGlobal(c.Defs[d.Name].(*Global), d.Value)
	case *syntax.VarDecl:
		c.resolveGlobal(c.Defs[d.Name].(*Global), d.Value)
	case *syntax.MapDecl:
		switch m := c.Defs[d.Name].(type) {
		case *Map:
			c.resolveMap(m)
		case *Targets:
			c.resolveTargets(m)
		}
	case *syntax.CounterDecl:
		c.resolveCounter(c.Defs[d.Name].(*Counter))
	case *syntax.EventDecl:
		e := c.Defs[d.Name].(*Event)
		e.ID = c.eventID(e)
		e.Layout = types.NewStruct(e.Name, c.fields(d.Fields))
		if !c.limitStruct(d.Name, e.Layout, "event") {
			e.Layout = nil
		}
		c.prog.Events = append(c.prog.Events, e)
	case *syntax.StageDecl:
		s := c.Defs[d.Name].(*Stage)
		s.Params = c.params(d.Params)
		if s.Index == 0 && len(s.Params) > 0 && c.isRoot(d) && d.For == nil {
			d := c.errorf("E0405", d.Params[0].Span(), "the first stage is the entry and has no parameters")
			d.Hint = "a packet enters at the first stage of the file"
		}
	case *syntax.FnDecl:
		c.resolveFn(c.Defs[d.Name].(*Fn))
	case *syntax.SlotsDecl:
		s := c.Defs[d.Name].(*Slots)
		s.Params = c.params(d.Params)
		s.Len = uint32(c.size(d.Size, maxSlots, "E0804", "a slots table has a size"))
		c.addSlots(s)
	case *syntax.SlotDecl:
		s := c.Defs[d.Name].(*Slots)
		s.Params = c.params(d.Params)
		c.addSlots(s)
	}
}

// addSlots adds a table, unless it is the host's.
func (c *checker) addSlots(s *Slots) {
	if !c.prog.hosts[s] {
		c.prog.Slots = append(c.prog.Slots, s)
	}
}

// eventID is the position of an event among the pipeline's, or if it is the host's, among the host's.
func (c *checker) eventID(e *Event) uint32 {
	if c.prog.hosts[e] {
		i := slices.IndexFunc(c.prog.Host.Events, func(h *Event) bool { return h.Name == e.Name })
		return c.prog.Host.Events[i].ID
	}
	return uint32(len(c.prog.OwnEvents()))
}

func (c *checker) resolveGlobal(g *Global, value syntax.Expr) {
	t := c.globalType(g)
	if value != nil {
		g.Init = c.constant(value, t)
	}
	c.prog.Globals = append(c.prog.Globals, g)
}

// globalType is the type of a config or var, resolved when it is first needed.
func (c *checker) globalType(g *Global) types.Type {
	if te, open := c.globals[g]; open {
		delete(c.globals, g)
		g.Type = types.Invalid
		g.Type = c.typeExpr(te, globalPlace)
	}
	return g.Type
}

func (c *checker) resolveEnum(t *types.Enum) {
	e := c.enums[t]
	if e.done {
		return
	}
	e.done = true
	if base := e.decl.Base; base != nil {
		t.Base = c.enumBase(base)
	}
	if len(e.decl.Members) == 0 {
		c.errorf("E0211", e.decl.Name.Span(), "enum `%s` has no members", t.Name)
	}
	byValue := map[uint64]string{}
	next := uint64(0)
	for i, m := range e.decl.Members {
		if first, dup := e.byName[m.Name.Name]; dup {
			d := c.errorf("E0202", m.Name.Span(), "`%s` is declared twice", m.Name.Name)
			note(d, e.decl.Members[first].Name.Span(), "first declared here")
			t.Members = append(t.Members, types.EnumMember{Name: m.Name.Name})
			continue
		}
		e.byName[m.Name.Name] = len(t.Members)
		v, ok := c.memberValue(t, m, next, i > 0 && next == 0)
		if first, dup := byValue[v]; ok && dup {
			c.errorf("E0212", m.Span(), "`%s` has the same value as `%s`", m.Name.Name, first)
		}
		byValue[v] = m.Name.Name
		t.Members = append(t.Members, types.EnumMember{Name: m.Name.Name, Value: v})
		next = v + 1
	}
	c.prog.Enums = append(c.prog.Enums, t)
}

// memberValue is the written value of a member, or the next one; wrapped tells that the last was the largest of all.
func (c *checker) memberValue(t *types.Enum, m *syntax.EnumMember, next uint64, wrapped bool) (uint64, bool) {
	if m.Value != nil {
		v := c.constant(m.Value, t.Base)
		if v == nil {
			return next, false
		}
		return v.Int, true
	}
	if wrapped || next > maxOf(t.Base.Bits) {
		c.errorf("E0303", m.Name.Span(), "the value of `%s` does not fit `%s`", m.Name.Name, t.Base)
		return next, false
	}
	return next, true
}

func (c *checker) enumBase(base *syntax.Ident) *types.Int {
	t, ok := types.Predeclared[base.Name].(*types.Int)
	if !ok || t.Signed {
		c.errorf("E0312", base.Span(), "the base of an enum is `u8`, `u16`, `u32` or `u64`")
		return types.U32
	}
	return t
}

func (c *checker) resolveStruct(tn *TypeName) types.Type {
	s := c.structs[tn]
	switch {
	case s.done:
		return tn.Type
	case s.busy:
		c.errorf("E0209", s.decl.Name.Span(), "struct `%s` contains itself", s.decl.Name.Name)
		tn.Type = types.Invalid
		s.done = true
		return types.Invalid
	}
	s.busy = true
	fields := c.fields(s.decl.Fields)
	if s.done { // it contains itself
		return tn.Type
	}
	s.done = true
	t := types.NewStruct(s.decl.Name.Name, fields)
	tn.Type = t
	if !c.limitStruct(s.decl.Name, t, "struct") {
		tn.Type = types.Invalid
	}
	c.prog.Structs = append(c.prog.Structs, t)
	return tn.Type
}

// fields resolves the fields of a struct or event.
func (c *checker) fields(list []*syntax.Field) []types.Field {
	scope, byName := goScope{}, map[string]*syntax.Ident{}
	var fields []types.Field
	for _, f := range list {
		if c.duplicateField(byName, f, "fields") {
			continue
		}
		c.collide(scope, f.Name, f.Name.Name)
		fields = append(fields, types.Field{Name: f.Name.Name, Type: c.typeExpr(f.Type, fieldPlace)})
	}
	return fields
}

// duplicateField reports a second field of the same name.
func (c *checker) duplicateField(byName map[string]*syntax.Ident, f *syntax.Field, kind string) bool {
	first, dup := byName[f.Name.Name]
	if dup {
		d := c.errorf("E0202", f.Name.Span(), "two %s are named `%s`", kind, f.Name.Name)
		note(d, first.Span(), "first declared here")
		return true
	}
	byName[f.Name.Name] = f.Name
	return false
}

func (c *checker) limitStruct(name *syntax.Ident, t *types.Struct, kind string) bool {
	switch {
	case len(t.Fields) == 0:
		c.errorf("E0211", name.Span(), "%s `%s` has no fields", kind, t.Name)
	case t.Size() > maxStruct:
		c.errorf("E0802", name.Span(), "%s `%s` has %d bytes, %d at most", kind, t.Name, t.Size(), maxStruct)
		return false
	case depthOf(t) > maxDepth:
		c.errorf("E0802", name.Span(), "arrays and structs nest at most %d deep", maxDepth)
		return false
	}
	return true
}

// params resolves the parameters of a stage or slots table.
func (c *checker) params(list []*syntax.Field) []*Local {
	byName := map[string]*syntax.Ident{}
	var params []*Local
	leaves := 0
	for _, f := range list {
		if c.duplicateField(byName, f, "parameters") {
			continue
		}
		l := &Local{Name: f.Name.Name, Type: c.typeExpr(f.Type, paramPlace), Decl: f.Name}
		c.Defs[f.Name] = l
		params = append(params, l)
		leaves += numLeavesOf(l.Type)
	}
	if leaves > maxLeaves {
		at := list[0].Span().To(list[len(list)-1].Span())
		c.errorf("E0806", at, "the parameters have %d scalars, %d at most", leaves, maxLeaves)
	}
	return params
}

// size is a constant from 1 to limit, or 0 after an error, whose message begins with what.
func (c *checker) size(e syntax.Expr, limit uint64, code, what string) uint64 {
	v := c.constant(e, types.U64)
	if v == nil {
		return 0
	}
	if v.Int < 1 || v.Int > limit {
		c.errorf(code, e.Span(), "%s from 1 to %d", what, limit)
		return 0
	}
	return v.Int
}

// maxOf is the largest unsigned number of so many bits.
func maxOf(bits int) uint64 { return math.MaxUint64 >> (64 - bits) }

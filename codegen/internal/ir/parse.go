package ir

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Parse reads the text of a module, as String or Listing print it. The module line may be missing. Instructions
// without a result get fresh IDs; all other IDs are those of the text. Parse checks the form only: see Verify.
func Parse(text string) (m *Module, err error) {
	defer func() {
		if r := recover(); r != nil {
			se, ok := r.(*syntaxError)
			if !ok {
				panic(r)
			}
			m, err = nil, se
		}
	}()
	p := &parser{lines: strings.Split(text, "\n"), m: &Module{}}
	for s := p.line(); s != nil; s = p.line() {
		p.decl(s)
	}
	return p.m, nil
}

// MustParse is Parse for text that is known to be good: tests.
func MustParse(text string) *Module {
	m, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return m
}

type parser struct {
	lines []string
	at    int // lines consumed
	m     *Module

	// The function that is being read. A value or block exists from its first mention on.
	f      *Func
	block  *Block
	values map[int]*Value
	blocks map[int]*Block
	where  map[any]int // *Value or *Block → line of the first mention
	done   map[any]bool
	typed  map[*Value]bool // its type is written or settled
	voids  []*Value
}

// line is the next line that isn't empty; nil at the end.
func (p *parser) line() *scanner {
	for p.at < len(p.lines) {
		p.at++
		if s := newScanner(p.at, p.lines[p.at-1]); s.rest != "" {
			return s
		}
	}
	return nil
}

func (p *parser) decl(s *scanner) {
	switch kind := s.word("a declaration"); kind {
	case "module":
		p.m.Name, p.m.ProgType = s.word("a name"), s.word("a program type")
		p.m.Frags = s.accept("frags")
		s.expect("default")
		p.m.Default = int32(s.number("a verdict code"))
		s.expect("license")
		p.m.License = s.text("a license")
		if s.accept("target") {
			p.m.Target = parseTarget(s)
		}
	case "map":
		p.m.Maps = append(p.m.Maps, parseMap(s))
	case "global":
		g := &Global{Name: s.word("a name"), Size: s.count("a size")}
		g.Const = s.accept("const")
		p.m.Globals = append(p.m.Globals, g)
	case "func":
		p.m.Funcs = append(p.m.Funcs, p.fn(s, false))
	case "sub":
		p.m.Subs = append(p.m.Subs, p.fn(s, true))
	default:
		s.fail("expected module, map, global, func or sub, found %q", kind)
	}
	s.end()
}

func parseMap(s *scanner) *Map {
	m := &Map{Name: s.word("a name"), Kind: MapKind(s.word("a map kind"))}
	s.expect("key")
	m.KeySize = s.count("a size")
	s.expect("value")
	m.ValueSize = s.count("a size")
	s.expect("max")
	m.Max = uint32(s.number("a number of entries"))
	m.Foreign = s.accept("foreign")
	if s.accept("args") {
		for more := true; more; more = s.peek() != "" && s.peek() != "{" {
			m.Args = append(m.Args, s.count("the bytes of an argument"))
		}
	}
	if !s.accept("{") {
		return m
	}
	m.Programs = map[uint32]string{}
	for more := true; more; more = s.accept(",") {
		i := uint32(s.count("an index"))
		s.expect(":")
		m.Programs[i] = s.word("a function")
	}
	s.expect("}")
	return m
}

func (p *parser) fn(s *scanner, called bool) *Func {
	p.f = &Func{Name: s.word("a name"), Index: -1}
	p.values, p.blocks = map[int]*Value{}, map[int]*Block{}
	p.where, p.done, p.typed = map[any]int{}, map[any]bool{}, map[*Value]bool{}
	p.voids, p.block = nil, nil
	if called {
		p.f.Loop = s.accept("loop")
		p.f.Ctx = p.f.Loop || s.accept("ctx")
		s.expect("result")
		p.f.Result = s.count("a size")
	} else if s.accept("index") {
		p.f.Index = s.count("an index")
	}
	s.expect("{")
	s.end()
	for {
		if s = p.line(); s == nil {
			panic(&syntaxError{p.at, "the function " + p.f.Name + " has no }"})
		}
		if s.accept("}") {
			break
		}
		p.fnLine(s)
		s.end()
	}
	p.finish(s)
	return p.f
}

func (p *parser) fnLine(s *scanner) {
	word := s.peek()
	switch {
	case word == "root":
		s.next()
		r := &Root{Block: p.blockRef(s)}
		s.expect(":", "stage")
		r.Stage = s.word("a stage")
		s.expect("table")
		r.Table = s.word("a table")
		p.f.Roots = append(p.f.Roots, r)
	case p.isBlockHead(word):
		p.head(s)
	case p.block == nil:
		s.fail("expected a block, found %s", s.found())
	case p.block.Term.Op != NoTerm:
		s.fail("%s stands after the terminator of %s", s.found(), p.block)
	case slices.Contains(termNames[1:], word):
		p.term(s)
	default:
		p.inst(s)
	}
}

func (p *parser) isBlockHead(word string) bool {
	digits, ok := strings.CutPrefix(word, "b")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// head reads the first line of a block.
func (p *parser) head(s *scanner) {
	b := p.blockRef(s)
	p.define(s, b, b.String())
	p.f.Blocks = append(p.f.Blocks, b)
	p.block = b
	if s.accept("(") {
		for more := true; more; more = s.accept(",") {
			p.param(s, b)
		}
		s.expect(")")
	}
	s.expect(":")
	if s.accept("stage") {
		b.Stage = s.word("a stage")
	}
	b.Start = s.accept("start")
	b.Cold = s.accept("cold")
}

func (p *parser) param(s *scanner, b *Block) {
	v := p.def(s)
	v.Op, v.Block = Param, b
	v.Type = p.typ(s)
	p.typed[v] = true
	if s.accept(".") {
		v.Size = s.count("a size")
	}
	b.Params = append(b.Params, v)
}

// def reads a value where it is defined.
func (p *parser) def(s *scanner) *Value {
	v := p.value(s)
	p.define(s, v, v.String())
	v.Block, v.Span = p.block, s.span
	if s.accept(":") {
		if strings.HasPrefix(s.rest, `"`) {
			v.Name = s.text("a name")
		} else {
			v.Name = s.word("a name")
		}
	}
	return v
}

func (p *parser) define(s *scanner, x any, name string) {
	if p.done[x] {
		s.fail("%s is defined twice", name)
	}
	p.done[x] = true
}

func (p *parser) typ(s *scanner) Type {
	if i := slices.Index(typeNames[:], s.peek()); i > 0 {
		s.next()
		return Type(i)
	}
	s.fail("expected a type, found %s", s.found())
	return None
}

func (p *parser) value(s *scanner) *Value {
	id := s.id("v", "a value")
	v := p.values[id]
	if v == nil {
		v = &Value{ID: id}
		p.values[id] = v
		p.where[v] = s.line
	}
	return v
}

func (p *parser) valueList(s *scanner) []*Value {
	var list []*Value
	for more := true; more; more = s.accept(",") {
		list = append(list, p.value(s))
	}
	return list
}

func (p *parser) blockRef(s *scanner) *Block {
	id := s.id("b", "a block")
	b := p.blocks[id]
	if b == nil {
		b = &Block{ID: id}
		p.blocks[id] = b
		p.where[b] = s.line
	}
	return b
}

func (p *parser) edge(s *scanner) Edge {
	e := Edge{To: p.blockRef(s)}
	if s.accept("(") {
		e.Args = p.valueList(s)
		s.expect(")")
	}
	return e
}

// term reads a terminator.
func (p *parser) term(s *scanner) {
	t := &p.block.Term
	t.Span = s.span
	switch t.Op = TermOp(slices.Index(termNames[:], s.next())); t.Op {
	case Jump:
		t.Succs = []Edge{p.edge(s)}
	case Br:
		t.Cond = p.cond(s)
		t.Args = p.valueList(s)
		p.choice(s, t)
	case Check:
		t.Args = []*Value{p.value(s)}
		s.expect(",")
		t.Args = append(t.Args, p.value(s))
		s.expect(",")
		t.Imm = s.number("a number of bytes")
		p.choice(s, t)
	case Ret:
		t.Args = []*Value{p.value(s)}
	case SlotCall, TailCall:
		t.Sym = s.word("a table")
		s.expect("[")
		t.Args = []*Value{p.value(s)}
		s.expect("]")
		if s.accept("(") {
			t.Args = append(t.Args, p.valueList(s)...)
			s.expect(")")
		}
		s.expect("else")
		t.Succs = []Edge{p.edge(s)}
	}
}

func (p *parser) choice(s *scanner, t *Term) {
	s.expect("?")
	yes := p.edge(s)
	s.expect(":")
	t.Succs = []Edge{yes, p.edge(s)}
}

func (p *parser) cond(s *scanner) Cond {
	if i := slices.Index(condNames[:], s.peek()); i > 0 {
		s.next()
		return Cond(i)
	}
	s.fail("expected a condition, found %s", s.found())
	return NoCond
}

// inst reads an instruction.
func (p *parser) inst(s *scanner) {
	var v *Value
	if digits, ok := strings.CutPrefix(s.peek(), "v"); ok && strings.Trim(digits, "0123456789") == "" {
		v = p.def(s)
		if !s.accept("=") {
			v.Type = p.typ(s)
			p.typed[v] = true
			s.expect("=")
		}
		p.operation(s, v)
	} else {
		v = &Value{Span: s.span}
		p.voids = append(p.voids, v)
		p.operation(s, v)
		if v.natural() != None || slices.Contains(sameType, v.Op) {
			s.fail("the result of %s needs a name", v.Op)
		}
	}
	p.block.Append(v)
}

// sameType lists the operations whose result has the type of their first argument.
var sameType = []Op{Add, Sub, Mul, Div, Mod, SDiv, SMod, And, Or, Xor, Shl, Shr, Sar, Forget}

// operation reads what stands right of the equals sign; it mirrors Value.operation.
func (p *parser) operation(s *scanner, v *Value) {
	name := s.word("an operation")
	op := slices.IndexFunc(Optable[:], func(i OpInfo) bool { return i.Name == name })
	if v.Op = Op(max(op, 0)); v.Op <= Param {
		s.fail("unknown operation %q", name)
	}
	if s.accept(".") {
		v.Size = s.count("a size")
	}
	switch v.Op {
	case Const, WConst, NotesGrow:
		v.Imm = s.number("a number")
	case Cmp:
		v.Cond = p.cond(s)
		v.Args = p.valueList(s)
	case Load, Store, XAdd, Fetch, StoreBytes:
		s.expect("[")
		v.Args = []*Value{p.value(s)}
		v.Imm = displaced(s)
		s.expect("]")
		p.more(s, v)
	case Redirect, CsumL4:
		if s.peek() != "[" {
			v.Sym = s.word("a map or flags")
		}
		s.expect("[")
		v.Args = []*Value{p.value(s)}
		v.Imm = displaced(s)
		s.expect("]")
		p.more(s, v)
	case CallFn:
		v.Sym = s.word("a subprogram")
		s.expect("(")
		if s.peek() != ")" {
			v.Args = p.valueList(s)
		}
		s.expect(")")
	case CtxLoad, CtxStore:
		v.Sym = s.word("a context field")
		v.Imm = displaced(s)
		p.more(s, v)
	case MemAdd:
		v.Args = []*Value{p.value(s)}
		s.expect("[")
		v.Args = append(v.Args, p.value(s))
		s.expect("]")
		s.expect("of")
		v.Imm = s.number("a number of elements")
	case MakeObj, Fib:
		p.fields(s, v)
	case Loop:
		v.Sym = s.word("a subprogram")
		s.expect("of")
		v.Imm = s.number("a number of rounds")
		p.fields(s, v)
	case GlobalAddr, Output:
		v.Sym = s.word("a name")
		p.more(s, v)
	case Lookup, Update, Delete:
		v.Sym = s.word("a map")
		s.expect("[")
		v.Args = []*Value{p.value(s)}
		s.expect("]")
		p.more(s, v)
	default:
		if s.rest != "" {
			v.Args = p.valueList(s)
		}
	}
}

// more reads the arguments that follow a comma.
func (p *parser) more(s *scanner, v *Value) {
	if s.accept(",") {
		v.Args = append(v.Args, p.valueList(s)...)
	}
}

func (p *parser) fields(s *scanner, v *Value) {
	s.expect("{")
	if s.accept("}") {
		return
	}
	for more := true; more; more = s.accept(",") {
		f := ObjField{Offset: s.count("an offset")}
		s.expect(".")
		f.Size = s.count("a size")
		s.expect(":")
		v.Fields = append(v.Fields, f)
		v.Args = append(v.Args, p.value(s))
	}
	s.expect("}")
}

func displaced(s *scanner) int64 {
	if s.accept("+") || s.peek() == "-" {
		return s.number("a displacement")
	}
	return 0
}

// finish checks that all that was mentioned is there, and settles IDs and types.
func (p *parser) finish(s *scanner) {
	if len(p.f.Blocks) == 0 {
		s.fail("the function %s has no blocks", p.f.Name)
	}
	var missing []*syntaxError
	for id, v := range p.values {
		p.f.nextValue = max(p.f.nextValue, id+1)
		if !p.done[v] {
			missing = append(missing, &syntaxError{p.where[v], v.String() + " is not defined"})
		}
	}
	for id, b := range p.blocks {
		p.f.nextBlock = max(p.f.nextBlock, id+1)
		if !p.done[b] {
			missing = append(missing, &syntaxError{p.where[b], b.String() + " is not defined"})
		} else if b.Term.Op == NoTerm {
			missing = append(missing, &syntaxError{p.where[b], b.String() + " has no terminator"})
		}
	}
	if len(missing) > 0 {
		panic(slices.MinFunc(missing, func(a, b *syntaxError) int {
			return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
		}))
	}
	for _, v := range p.voids {
		v.ID = p.f.nextValue
		p.f.nextValue++
	}
	for _, id := range slices.Sorted(maps.Keys(p.values)) {
		p.settle(p.values[id])
	}
}

// settle gives a value its natural type, and those it depends on before it.
func (p *parser) settle(v *Value) {
	if p.typed[v] {
		return
	}
	p.typed[v] = true
	if slices.Contains(sameType, v.Op) && len(v.Args) > 0 {
		p.settle(v.Args[0])
	}
	v.Type = v.natural()
}

func parseTarget(s *scanner) Target {
	t, err := ParseTarget(s.text("a target"))
	if err != nil {
		s.fail("%v", err)
	}
	return t
}

package build

import (
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// stage builds one stage.
type stage struct {
	*builder
	name   string
	copy   stageCopy
	cur    *ir.Block // where code goes; nil behind a verdict or goto
	failed *ir.Block // returns the default; made on demand
	views  map[*check.Local]view
	refs   map[*check.Local]memPlace
	ptrs   *pointer // the packet pointers in scope
	moves  int      // places in the text so far at which the packet may have moved

	// onFailure is the else of the statement that is being built; nil: the default.
	onFailure *ir.Block
	// payloadParts is where, in a rewrite, what is written to the payload is added.
	payloadParts *parts
	called       *called // the fn whose code is being built
	sub          *sub    // nil: this is no fn, but a stage
	loop         *loop   // the innermost; nil outside of loops
	round        *body   // of the loop whose body this is, as a function; nil: of none

	// While a header's length is computed:
	measured *view     // the header
	site     diag.Span // the statement that parses it
}

// at is the place that the code of a node is put down to: its own, or in the length expression of a header, which
// stands elsewhere, that of the statement that parses it.
func (s *stage) at(n syntax.Node) diag.Span {
	if s.site.IsValid() {
		return s.site
	}
	return n.Span()
}

func (b *builder) buildStage(c stageCopy) {
	decl := c.stage
	s := &stage{
		builder: b,
		name:    decl.Name,
		copy:    c,
		views:   map[*check.Local]view{},
		refs:    map[*check.Local]memPlace{},
	}
	s.enter(b.stages[c])
	params := s.blurParams(decl, s.cur.Params)
	s.write(s.cur, cursor, params[len(params)-1])
	s.bindParams(decl.Params, params)
	s.block(decl.Decl.Body)
	if s.cur != nil {
		s.jump(s.failBlock(), decl.Decl.Name.Span())
	}
}

// bindParams gives the parameters their values. First all numbers, which are there from the first block on; then the
// views, whose check splits it.
func (s *stage) bindParams(params []*check.Local, values []*ir.Value) {
	offsets := map[*check.Local]*ir.Value{}
	for _, p := range params {
		leaves := check.LeavesOf(p.Type)
		if isView(p) {
			offsets[p] = values[0]
		} else {
			s.setLocal(p, 0, values[:len(leaves)])
		}
		values = values[len(leaves):]
	}
	for _, p := range params {
		h, ok := p.Type.(*types.Header)
		if !ok {
			continue
		}
		at := spot{root: offsets[p]}
		if s.readViews[p] {
			s.views[p] = s.viewAt(at, h, p.Decl.Span(), s.failBlock())
		} else {
			s.views[p] = view{at: at, header: h}
		}
	}
}

// enter goes on in a block that has all its predecessors.
func (s *stage) enter(b *ir.Block) {
	s.seal(b)
	s.cur = b
}

func (s *stage) newBlock() *ir.Block { return s.builder.newBlock(s.name) }

// coldBlock is a block for what leads to default, drop or an else.
func (s *stage) coldBlock() *ir.Block {
	b := s.newBlock()
	b.Cold = true
	return b
}

// failBlock returns the default, or says that a fn has come to that. It is shared by all that fails in the stage.
func (s *stage) failBlock() *ir.Block {
	if s.failed == nil {
		s.failed = s.coldBlock()
		at, cur := s.defaultSpan(), s.cur
		s.cur = s.failed
		s.end(ir.Term{Op: ir.Ret, Args: []*ir.Value{s.failCode(at)}, Span: at})
		s.cur = cur
	}
	return s.failed
}

// failCode is what is returned on failure, of a fn or of the pipeline.
func (s *stage) failCode(at diag.Span) *ir.Value {
	switch {
	case s.sub == nil:
		return s.konst(at, ir.I32, uint64(verdictCode(s.p.Default)))
	case s.sub.Fails:
		return s.konst(at, ir.I64, failedBit)
	}
	return s.konst(at, ir.Number(s.sub.f.Result), 0) // a view that isn't there any more: it never comes to that
}

// failing is where what fails in a statement leads: its else, or the default.
func (s *stage) failing() *ir.Block {
	if s.onFailure != nil {
		return s.onFailure
	}
	return s.failBlock()
}

// verdictCode is a verdict as an I32.
func verdictCode(v *check.Verdict) int64 { return int64(uint32(v.Code)) }

// ---- instructions ----

func (s *stage) emit(at diag.Span, op ir.Op, t ir.Type, args ...*ir.Value) *ir.Value {
	return s.cur.Append(s.fn.NewValue(op, t, at, args...))
}

func (s *stage) konst(at diag.Span, t ir.Type, n uint64) *ir.Value {
	v := s.emit(at, ir.Const, t)
	v.Imm = int64(n)
	return v
}

// wconst is a constant as its bytes lie in memory.
func (s *stage) wconst(at diag.Span, size int, n uint64) *ir.Value {
	v := s.emit(at, ir.WConst, ir.Number(size))
	v.Size, v.Imm = size, int64(n)
	return v
}

func (s *stage) load(at diag.Span, size int, base *ir.Value, disp int64) *ir.Value {
	v := s.emit(at, ir.Load, ir.Number(size), base)
	v.Size, v.Imm = size, disp
	return v
}

func (s *stage) store(at diag.Span, size int, base *ir.Value, disp int64, x *ir.Value) {
	v := s.emit(at, ir.Store, ir.None, base, x)
	v.Size, v.Imm = size, disp
}

// as makes a number one of type t. A wider number loses its high bits.
func (s *stage) as(at diag.Span, t ir.Type, x *ir.Value) *ir.Value {
	switch {
	case x.Type == t:
		return x
	case x.Op == ir.Const:
		return s.konst(at, t, x.Number()&t.Mask())
	case t == ir.I64:
		return s.emit(at, ir.Zext, ir.I64, x)
	}
	return s.emit(at, ir.Trunc, ir.I32, x)
}

// ---- terminators ----

func (s *stage) end(t ir.Term) {
	if s.round != nil {
		t = s.round.leave(s, t)
	}
	if t.Op == ir.SlotCall {
		s.calls[t.Sym] = append(s.calls[t.Sym], &s.cur.Term)
	}
	s.graph.end(s.cur, t)
	s.cur = nil
}

func (s *stage) jump(to *ir.Block, at diag.Span, args ...*ir.Value) {
	s.end(ir.Term{Op: ir.Jump, Succs: []ir.Edge{{To: to, Args: args}}, Span: at})
}

// br goes to yes or no. The last successor is the one that the code falls through to: next, if it is one of them.
func (s *stage) br(at diag.Span, c ir.Cond, x, y *ir.Value, to way) {
	negated, ok := c.Negated()
	t := ir.Term{Op: ir.Br, Cond: c, Args: []*ir.Value{x, y}, Span: at, Succs: []ir.Edge{{To: to.yes}, {To: to.no}}}
	if ok && to.next == to.yes {
		t.Cond = negated
		t.Succs[0], t.Succs[1] = t.Succs[1], t.Succs[0]
	}
	s.end(t)
}

// failIf goes to failed under a condition and on in a new block otherwise.
func (s *stage) failIf(at diag.Span, c ir.Cond, x, y *ir.Value, failed *ir.Block) {
	on := s.newBlock()
	s.br(at, c, x, y, way{yes: failed, no: on, next: on})
	s.enter(on)
}

// ret returns a verdict.
func (s *stage) ret(at diag.Span, v *check.Verdict) {
	s.end(ir.Term{Op: ir.Ret, Args: []*ir.Value{s.konst(at, ir.I32, uint64(verdictCode(v)))}, Span: at})
}

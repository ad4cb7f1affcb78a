package ir

import (
	"errors"
	"fmt"
	"slices"
)

// Verify checks the invariants that passes rely on and keep. The error lists all violations. In order:
//
//   - form: blocks, edges and IDs are consistent, every block is reachable (see Prune), an entry has no predecessors;
//   - types: of the arguments of each operation, terminator and edge (verifytypes.go);
//   - dominance: a value is defined before it is used, on every path;
//   - memory: a packet access is proved by a Check of the same pointer, a Mem is dereferenced only where a branch
//     proved that it isn't null, and no packet pointer outlives what moves the packet.
//
// A later group is checked only if the earlier ones hold, as it relies on them.
func Verify(m *Module) error {
	v := newVerifier(m)
	names := map[string]bool{}
	for _, f := range m.All() {
		if names[f.Name] {
			v.errs = append(v.errs, fmt.Errorf("two functions are named %s", f.Name))
		}
		names[f.Name] = true
		v.fn(f)
	}
	return errors.Join(v.errs...)
}

// VerifyFunc checks one function of a module, as Verify does with all of them.
func VerifyFunc(m *Module, f *Func) error {
	v := newVerifier(m)
	v.fn(f)
	return errors.Join(v.errs...)
}

type verifier struct {
	m    *Module
	f    *Func
	errs []error

	// Where complaints belong.
	block *Block
	about any // *Value, *Term, or the *Block with its parameters; nil: the block as a whole
}

func newVerifier(m *Module) *verifier { return &verifier{m: m} }

func (v *verifier) fn(f *Func) {
	v.f = f
	before := len(v.errs)
	v.sub()
	for _, group := range []func(){v.form, v.types, v.dominance, v.memory} {
		if group(); len(v.errs) > before {
			return
		}
	}
}

// sub checks what a subprogram can't have.
func (v *verifier) sub() {
	v.at(nil, nil)
	i := slices.Index(v.m.Subs, v.f)
	if i < 0 {
		if v.f.Result != 0 {
			v.errorf("a program has no result of %d bytes", v.f.Result)
		}
		return
	}
	v.size(v.f.Result, 1, 2, 4, 8)
	if len(v.f.Roots) > 0 {
		v.errorf("a subprogram has no roots")
	}
	if v.f.Loop && (v.f.Result != 8 || len(v.f.Blocks) > 0 && signature(v.f.Blocks[0].Params) != "i32") {
		v.errorf("the body of a loop takes the number of the round, and returns 8 bytes")
	}
	for _, b := range v.f.Blocks {
		if b.Term.Op == SlotCall || b.Term.Op == TailCall {
			v.at(b, &b.Term)
			v.errorf("a subprogram makes no tail calls")
		}
		for _, x := range b.Insts {
			v.at(b, x)
			if x.Op.Info().Moves && !v.f.Loop {
				v.errorf("a subprogram leaves the packet where it is")
			}
			if x.Op == CallFn && !slices.ContainsFunc(v.m.Subs[:i], func(f *Func) bool { return f.Name == x.Sym }) {
				v.errorf("%s isn't among the subprograms before this one", x.Sym)
			}
		}
	}
}

// at sets what complaints are about.
func (v *verifier) at(b *Block, about any) { v.block, v.about = b, about }

func (v *verifier) errorf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case v.block == nil:
		v.errs = append(v.errs, fmt.Errorf("%s: %s", v.f.Name, text))
	case v.about == nil:
		v.errs = append(v.errs, fmt.Errorf("%s: %s: %s", v.f.Name, v.block, text))
	default:
		v.errs = append(v.errs, fmt.Errorf("%s: %s: `%s`: %s", v.f.Name, v.block, v.line(), text))
	}
}

// line is the text of what complaints are about.
func (v *verifier) line() string {
	switch x := v.about.(type) {
	case *Value:
		return x.Long()
	case *Term:
		return x.String()
	}
	return v.block.head()
}

// form checks what every analysis takes for granted.
func (v *verifier) form() {
	v.at(nil, nil)
	if len(v.f.Blocks) == 0 {
		v.errorf("the function has no blocks")
		return
	}
	blocks := make(blockSet, v.f.nextBlock)
	for _, b := range v.f.Blocks {
		if b.ID < 0 || b.ID >= len(blocks) || blocks[b.ID] != nil {
			v.errorf("%s: the ID isn't unique and below %d", b, v.f.nextBlock)
			continue
		}
		blocks[b.ID] = b
	}
	values := make([]*Value, v.f.nextValue)
	for _, b := range v.f.Blocks {
		v.values(b, values)
	}
	for _, b := range v.f.Blocks {
		v.uses(b, values)
		v.at(b, &b.Term)
		v.shape(&b.Term, blocks)
	}
	for _, r := range v.f.Roots {
		if !blocks.has(r.Block) {
			v.at(nil, nil)
			v.errorf("the block of root %s isn't in the function", r.Stage)
			return
		}
	}
	if len(v.errs) == 0 {
		v.reach()
	}
}

// A blockSet is the blocks of a function, by ID.
type blockSet []*Block

func (s blockSet) has(b *Block) bool { return b != nil && b.ID >= 0 && b.ID < len(s) && s[b.ID] == b }

// values checks the IDs of what a block defines, and collects them.
func (v *verifier) values(b *Block, values []*Value) {
	define := func(x *Value) {
		v.at(b, x)
		if x.ID < 0 || x.ID >= len(values) || values[x.ID] != nil {
			v.errorf("the ID of %s isn't unique and below %d", x, len(values))
			return
		}
		values[x.ID] = x
		if x.Block != b {
			v.errorf("%s thinks it stands in another block", x)
		}
	}
	for _, x := range b.Params {
		define(x)
		if x.Op != Param {
			v.errorf("an instruction stands among the parameters")
		}
	}
	for _, x := range b.Insts {
		define(x)
		if x.Op <= Param || x.Op >= opCount {
			v.errorf("this is no instruction")
		}
	}
}

// uses checks that whatever is named is defined somewhere.
func (v *verifier) uses(b *Block, values []*Value) {
	check := func(x *Value) {
		if x == nil || x.ID < 0 || x.ID >= len(values) || values[x.ID] != x {
			v.errorf("%s is defined nowhere", list([]*Value{x}))
		}
	}
	for _, x := range b.Insts {
		v.at(b, x)
		for _, a := range x.Args {
			check(a)
		}
	}
	v.at(b, &b.Term)
	b.Term.Operands(func(x **Value) { check(*x) })
}

// shapes is how many successors and arguments (-1: one or more) a terminator has.
var shapes = [...]struct{ succs, args int }{
	Jump: {1, 0}, Br: {2, 2}, Check: {2, 2}, Ret: {0, 1}, SlotCall: {1, -1}, TailCall: {1, 1},
}

func (v *verifier) shape(t *Term, blocks blockSet) {
	if t.Op == NoTerm || int(t.Op) >= len(shapes) {
		v.errorf("the block has no terminator")
		return
	}
	want := shapes[t.Op]
	if len(t.Succs) != want.succs {
		v.errorf("%s has %d successors, not %d", t.Op, len(t.Succs), want.succs)
	}
	if want.args >= 0 && len(t.Args) != want.args || len(t.Args) == 0 && want.args < 0 {
		v.errorf("%s has %d arguments", t.Op, len(t.Args))
	}
	for _, e := range t.Succs {
		switch {
		case !blocks.has(e.To):
			v.errorf("%s isn't in the function", e)
		case len(e.Args) != len(e.To.Params):
			v.errorf("%s passes %d arguments for %d parameters", e, len(e.Args), len(e.To.Params))
		}
	}
}

// reach checks that entries are entries and that everything else can be reached from one.
func (v *verifier) reach() {
	preds := v.f.Preds()
	reached := make([]bool, v.f.nextBlock)
	for _, b := range v.f.ReversePostorder() {
		reached[b.ID] = true
	}
	for _, b := range v.f.Blocks {
		if !reached[b.ID] {
			v.at(b, nil)
			v.errorf("the block can't be reached")
		}
	}
	for i, b := range v.f.Entries() {
		v.at(b, nil)
		if len(preds.Of(b)) > 0 {
			v.errorf("%s jumps to an entry", preds.Of(b)[0].From)
		}
		if i == 0 && len(b.Params) > 0 && v.f.Result == 0 {
			v.errorf("the entry has parameters")
		}
		if slices.Index(v.f.Entries(), b) != i {
			v.errorf("the block is an entry twice")
		}
	}
}

// dominance checks that definitions reach their uses.
func (v *verifier) dominance() {
	dom := Dominators(v.f)
	place := make([]int, v.f.nextValue) // position in the block; parameters 0
	for _, b := range v.f.Blocks {
		for i, x := range b.Insts {
			place[x.ID] = i + 1
		}
	}
	for _, b := range v.f.Blocks {
		use := func(a *Value, at int) {
			if a.Block == b && place[a.ID] < at || a.Block != b && dom.Dominates(a.Block, b) {
				return
			}
			v.errorf("%s isn't defined on every path here", a)
		}
		for i, x := range b.Insts {
			v.at(b, x)
			for _, a := range x.Args {
				use(a, i+1)
			}
		}
		v.at(b, &b.Term)
		b.Term.Operands(func(a **Value) { use(*a, len(b.Insts)+1) })
	}
}

// memory checks that every access is proved.
func (v *verifier) memory() {
	facts := Prove(v.f)
	moves := false
	for _, b := range v.f.Blocks {
		for _, x := range b.Insts {
			v.at(b, x)
			switch x.Op {
			case Load, Store, XAdd, MemAdd:
				v.access(facts, b, x)
			}
			moves = moves || x.Op.Info().Moves
		}
		moves = moves || b.Term.Op == SlotCall || b.Term.Op == TailCall
	}
	if moves {
		v.overMoves()
	}
}

func (v *verifier) access(facts *Facts, b *Block, x *Value) {
	p := x.Args[0]
	if p.Type == Mem {
		if !facts.NonNull(b, p) {
			v.errorf("%s may be null", p)
		}
		return
	}
	if p.Type == Obj {
		if x.Imm < 0 || x.Imm+int64(x.Size) > int64(p.Size) || x.Imm%int64(x.Size) != 0 {
			v.errorf("%d bytes at %d aren't in an object of %d, or not aligned", x.Size, x.Imm, p.Size)
		}
		return
	}
	base, disp := PktBase(p)
	lo, hi := disp+x.Imm, disp+x.Imm+int64(x.Size)
	switch proved := facts.Bytes(b, base); {
	case lo < 0:
		v.errorf("the access begins %d bytes before %s", -lo, base)
	case hi > proved:
		v.errorf("the access needs %d bytes at %s, %d are checked", hi, base, max(proved, 0))
	}
}

// overMoves checks that no packet pointer that was made before the packet moved is used after it. A tail call that
// misses counts as a move.
func (v *verifier) overMoves() {
	live := Live(v.f)
	for _, b := range v.f.Blocks {
		after := slices.Clone(live.Out(b))
		for _, x := range after {
			if missed := b.Term.Op == SlotCall || b.Term.Op == TailCall; missed && (x.Type == Pkt || x.Type == End) {
				v.at(b, nil)
				v.errorf("%s is used after a tail call that missed", x)
			}
		}
		b.Term.Operands(func(a **Value) { after.Add(*a) })
		for _, x := range slices.Backward(b.Insts) {
			after.Remove(x)
			if x.Op.Info().Moves {
				v.at(b, x)
				for _, a := range after {
					if a.Type == Pkt || a.Type == End {
						v.errorf("%s is used afterwards", a)
					}
				}
			}
			for _, a := range x.Args {
				after.Add(a)
			}
		}
	}
}

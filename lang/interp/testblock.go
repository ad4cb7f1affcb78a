package interp

import (
	"errors"
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A TestResult is what became of one test block. It passed if there are no failures.
type TestResult struct {
	Name     string
	Span     diag.Span
	Failures []Failure
}

// A Failure is an expectation that wasn't met, or a step that couldn't be taken.
type Failure struct {
	Span    diag.Span
	Message string
}

// RunTests runs the test blocks of a program, each on an engine of its own.
func RunTests(p *check.Program, open func() (Engine, error)) []TestResult {
	results := make([]TestResult, len(p.Tests))
	for i, t := range p.Tests {
		results[i] = runTest(p, t, open)
	}
	return results
}

func runTest(p *check.Program, t *syntax.TestDecl, open func() (Engine, error)) TestResult {
	name, err := unquote(t.Name)
	r := TestResult{Name: name, Span: t.Span()}
	fail := func(at syntax.Node, err error) {
		r.Failures = append(r.Failures, Failure{Span: at.Span(), Message: err.Error()})
	}
	if err != nil {
		fail(t.Name, err)
		return r
	}
	e, err := open()
	if err != nil {
		fail(t.Name, err)
		return r
	}
	defer e.Close()
	if err := e.Pin(0); err != nil {
		fail(t.Name, err)
		return r
	}
	run := &tester{Engine: e, run: New(p).outside()}
	for _, step := range t.Steps {
		err := run.step(step)
		if err != nil {
			fail(step, err)
		}
		if errors.As(err, new(stopError)) {
			break
		}
	}
	return r
}

// Apply takes steps that set something on an engine, which may be of another reading of the same source. It tells the first
// that fails, by its place in the list.
func Apply(p *check.Program, steps []syntax.TestStep, e Engine) (int, error) {
	if len(steps) == 0 {
		return 0, nil
	}
	t := &tester{Engine: e, run: New(p).outside()}
	for i, step := range steps {
		if err := t.step(step); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// A tester takes the steps of one test.
type tester struct {
	Engine
	run    *run // evaluates what stands in the test itself
	sent   *testPacket
	result Result
}

// A stopError is that of a step without which the rest of the test has no meaning.
type stopError struct{ error }

func stop(err error) error {
	if err == nil {
		return nil
	}
	return stopError{err}
}

func (t *tester) step(s syntax.TestStep) error {
	switch s := s.(type) {
	case *syntax.TestConfig:
		return stop(t.setGlobal(s.Name, s.Value))
	case *syntax.TestVar:
		return stop(t.setGlobal(s.Name, s.Value))
	case *syntax.TestNow:
		return stop(t.Pin(t.run.eval(s.Value)[0]))
	case *syntax.TestRoute:
		return stop(t.setRoute(s))
	case *syntax.TestMap:
		return stop(t.setMap(s))
	case *syntax.TestPacket:
		return stop(t.send(s))
	case *syntax.ExpectVerdict:
		return t.expectVerdict(s)
	case *syntax.ExpectEqual:
		return t.expectEqual(s)
	}
	return nil
}

func (t *tester) setGlobal(name *syntax.Ident, value syntax.Expr) error {
	g, ok := t.run.prog.Uses[name].(*check.Global)
	if !ok {
		return fmt.Errorf("%s is neither config nor var", name.Name)
	}
	return t.SetGlobal(g.Name, Encode(g.Type, t.run.eval(value), native))
}

func (t *tester) setMap(s *syntax.TestMap) error {
	if o, ok := t.run.prog.Uses[s.Name].(*check.Targets); ok {
		u32 := func(e syntax.Expr) []byte { return Encode(types.U32, t.run.eval(e), native) }
		return t.UpdateMap(o.Name, u32(s.Key), u32(s.Value))
	}
	m, ok := t.run.prog.Uses[s.Name].(*check.Map)
	if !ok {
		return fmt.Errorf("%s is not a map", s.Name.Name)
	}
	return t.UpdateMap(m.Name, t.key(m, s.Key), Encode(m.Value, t.run.eval(s.Value), native))
}

// key is the key of a map as a test writes it: of an lpm map an address or a prefix.
func (t *tester) key(m *check.Map, e syntax.Expr) []byte {
	layout := t.run.maps[m]
	if c := t.run.prog.Consts[e]; c != nil && c.IsPrefix {
		return layout.encodePrefix(constValue(c, m.Key), c.Bits)
	}
	return layout.encodeKey(t.run.eval(e))
}

func (t *tester) send(s *syntax.TestPacket) (err error) {
	if t.sent, err = t.run.buildPacket(s); err != nil {
		return err
	}
	t.result, err = t.Run(t.sent.bytes)
	return err
}

var errNoPacket = errors.New("no packet was sent before")

func (t *tester) expectVerdict(s *syntax.ExpectVerdict) error {
	if t.sent == nil {
		return errNoPacket
	}
	if t.run.prog.Redirects[s.Verdict] != nil {
		return t.expectRedirect(s.Verdict)
	}
	want := t.run.verdict(s.Verdict)
	if want.code != t.result.Code {
		typ := t.run.prog.Type
		return fmt.Errorf("expected %s, got %s", typ.FormatVerdict(want.code), typ.FormatVerdict(t.result.Code))
	}
	return nil
}

func (t *tester) expectEqual(s *syntax.ExpectEqual) error {
	got, err := t.observe(s.X, s.Packet)
	if err != nil {
		return err
	}
	if want := t.run.eval(s.Y); !compare("==", t.run.typeOf(s.X), got, want) {
		typ := t.run.typeOf(s.X)
		return fmt.Errorf("expected %s, got %s", Format(typ, want), Format(typ, got))
	}
	return nil
}

// observe reads what an expectation is about: a field of the packet, or of the engine's state.
func (t *tester) observe(x syntax.Expr, packet bool) (Value, error) {
	if packet {
		return t.packetField(x)
	}
	switch x := check.Unparen(x).(type) {
	case *syntax.Ident:
		return t.named(x)
	case *syntax.Index:
		return t.indexed(x)
	case *syntax.Select:
		ref := t.run.prog.Fields[x]
		if ref != nil && ref.Packet != nil {
			if t.sent == nil {
				return nil, errNoPacket
			}
			return Value{uint64(*t.result.Context.field(ref.Packet.Name))}, nil
		}
		if ref != nil && ref.Struct != nil {
			base, err := t.observe(x.X, false)
			if err != nil {
				return nil, err
			}
			return base.field(t.run.typeOf(x.X).(*types.Struct), ref.Struct), nil
		}
	}
	return t.run.eval(x), nil
}

func (t *tester) named(x *syntax.Ident) (Value, error) {
	switch o := t.run.prog.Uses[x].(type) {
	case *check.Counter:
		return t.counter(o, 0)
	case *check.Global:
		b, err := t.Global(o.Name)
		if err != nil {
			return nil, err
		}
		return Decode(o.Type, b, native), nil
	}
	return t.run.eval(x), nil
}

func (t *tester) indexed(x *syntax.Index) (Value, error) {
	if a, ok := t.run.typeOf(x.X).(*types.Array); ok {
		array, err := t.observe(x.X, false)
		if err != nil {
			return nil, err
		}
		n, i := types.NumLeaves(a.Elem), int(t.run.eval(x.Index)[0])
		return array[i*n : (i+1)*n], nil
	}
	switch o := t.run.prog.Uses[rootName(x.X)].(type) {
	case *check.Counter:
		return t.counter(o, t.run.eval(x.Index)[0])
	case *check.Map:
		b, err := t.LookupMap(o.Name, t.key(o, x.Index))
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, fmt.Errorf("%s has no such entry", o.Name)
		}
		return Decode(o.Value, b, native), nil
	}
	return t.run.eval(x), nil
}

func (t *tester) counter(c *check.Counter, i uint64) (Value, error) {
	cells, err := t.Counter(c.Name)
	if err != nil {
		return nil, err
	}
	if i >= uint64(len(cells)) {
		return nil, fmt.Errorf("%s has %d cells, so no cell %d", c.Name, len(cells), i)
	}
	return Value{cells[i]}, nil
}

// packetField reads a field of the packet as it came out.
func (t *tester) packetField(x syntax.Expr) (Value, error) {
	if t.sent == nil {
		return nil, errNoPacket
	}
	if e, ok := x.(*syntax.Index); ok {
		return t.payloadField(e)
	}
	sel, ok := check.Unparen(x).(*syntax.Select)
	if !ok {
		return nil, errors.New("not a field of a header")
	}
	name := rootName(sel.X)
	h, _ := t.run.prog.Uses[name].(*check.Header)
	l := t.sent.find(h)
	if l == nil {
		return nil, fmt.Errorf("the packet has no header %s", name.Name)
	}
	if len(t.result.Packet) < l.end {
		return nil, fmt.Errorf("the packet ends inside of its header %s", name.Name)
	}
	return loadField(t.result.Packet[l.start:], t.run.prog.Fields[sel].Header), nil
}

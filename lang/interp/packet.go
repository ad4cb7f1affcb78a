package interp

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// BuildPacket makes the packet of a test: its headers one after the other, then the payload. What follows from the
// rest (types, lengths, checksums) is filled in unless it is given; other fields that aren't given are zero.
func BuildPacket(p *check.Program, t *syntax.TestPacket) ([]byte, error) {
	pkt, err := New(p).buildPacket(t)
	if err != nil {
		return nil, err
	}
	return pkt.bytes, nil
}

// A testPacket is a packet under construction.
type testPacket struct {
	bytes  []byte
	layers []*layer
}

// A layer is a header and its place in the packet.
type layer struct {
	header     *check.Header
	given      map[string]bool // fields that the test sets itself
	start, end int
}

func (m *Machine) buildPacket(t *syntax.TestPacket) (*testPacket, error) {
	pkt := &testPacket{}
	for _, lit := range t.Headers {
		if err := m.addHeader(pkt, lit); err != nil {
			return nil, err
		}
	}
	payload, err := unquote(t.Payload)
	if err != nil {
		return nil, err
	}
	pkt.bytes = append(pkt.bytes, payload...)
	for i := range pkt.layers {
		pkt.deriveFields(i)
	}
	for i := range slices.Backward(pkt.layers) {
		pkt.deriveChecksum(i)
	}
	return pkt, nil
}

// addHeader appends a header. If its length says that it is longer than its fixed part, zeros fill the rest.
func (m *Machine) addHeader(pkt *testPacket, lit *syntax.StructLit) error {
	h, ok := m.prog.Uses[lit.Name].(*check.Header)
	if !ok {
		return fmt.Errorf("%s is not a header", lit.Name.Name)
	}
	l := &layer{header: h, given: map[string]bool{}, start: len(pkt.bytes)}
	b := make([]byte, h.Type.Fixed)
	for _, fv := range lit.Fields {
		if f := h.Type.Field(fv.Name.Name); f != nil {
			l.given[f.Name] = true
			storeField(b, f, m.outside().eval(fv.Value))
		}
	}
	for name, v := range fixedFields[h.Type.Name] {
		l.derive(b, name, v)
	}
	if h.Decl.Length != nil {
		n := m.lengthOf(h, b)
		if n > check.CursorMax {
			return fmt.Errorf("%s has a length of %d bytes, more than a packet holds", lit.Name.Name, n)
		}
		b = append(b, make([]byte, max(0, int(n)-len(b)))...)
	}
	l.end = l.start + len(b)
	pkt.bytes = append(pkt.bytes, b...)
	pkt.layers = append(pkt.layers, l)
	return nil
}

// outside evaluates expressions that stand outside of stages.
func (m *Machine) outside() *run { return &run{Machine: m} }

// unquote is the text of a string literal; nil is the empty string.
func unquote(lit *syntax.Literal) (string, error) {
	if lit == nil {
		return "", nil
	}
	text, err := strconv.Unquote(lit.Text)
	if err != nil {
		return "", fmt.Errorf("%s is not a string", lit.Text)
	}
	return text, nil
}

// derive sets a field that isn't given; b starts with the header.
func (l *layer) derive(b []byte, name string, v uint64) {
	if f := l.header.Type.Field(name); f != nil && !l.given[name] {
		storeField(b, f, Value{v})
	}
}

// find returns the first layer of a header.
func (pkt *testPacket) find(h *check.Header) *layer {
	for _, l := range pkt.layers {
		if l.header == h {
			return l
		}
	}
	return nil
}

package interp

import (
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// noPayload ends the statement that looks at bytes of the payload that aren't there, and leads to its else. Where it has
// none it is as outOfRange.
type noPayload struct{}

// orElseIfShort runs a part of a statement with an else, which is taken if that part looks beyond the payload.
func (r *run) orElseIfShort(e *syntax.Else, try func() *exit) (out *exit) {
	if e == nil {
		return try()
	}
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case noPayload:
			out = r.orElse(e)
		default:
			panic(failure)
		}
	}()
	return try()
}

// endShort makes what looks beyond the payload in a fn, or in an else, end in the default, whatever the else of the
// statement around it says.
func endShort() {
	switch failure := recover().(type) {
	case nil:
	case noPayload:
		panic(outOfRange{})
	default:
		panic(failure)
	}
}

// payloadAt is the bytes that an access means, and their offset from the packet's start. They are there, and start at an
// offset that a cursor can have.
func (r *run) payloadAt(e *syntax.Index) (b []byte, at uint64) {
	at = r.cursor + r.eval(e.Index)[0]
	size := uint64(r.prog.Payload[e].Size())
	if at > check.CursorMax || at+size > uint64(len(r.packet)) {
		panic(noPayload{})
	}
	return r.packet[at : at+size], at
}

// payload reads an access.
func (r *run) payload(e *syntax.Index) Value {
	b, _ := r.payloadAt(e)
	return Value{loadBits(b, 0, 8*len(b))}
}

// storePayload writes to an access; false if lhs is something else.
func (r *run) storePayload(lhs syntax.Expr, op string, v Value) bool {
	e, ok := lhs.(*syntax.Index)
	if !ok || r.prog.Payload[e] == nil {
		return false
	}
	b, at := r.payloadAt(e)
	if op != "" {
		v = arith(op, r.typeOf(e), Value{loadBits(b, 0, 8*len(b))}, v)
	}
	r.writePayload(at, b, v)
	return true
}

// payloadField reads the payload of the packet as it came out: what lies behind the last header that the test gave.
func (t *tester) payloadField(e *syntax.Index) (Value, error) {
	start := 0
	for _, l := range t.sent.layers {
		start = l.end
	}
	size := t.run.prog.Payload[e].Size()
	at := start + int(t.run.eval(e.Index)[0])
	if at+size > len(t.result.Packet) {
		return nil, fmt.Errorf("the packet has %d bytes of payload", max(0, len(t.result.Packet)-start))
	}
	return Value{loadBits(t.result.Packet[at:], 0, 8*size)}, nil
}

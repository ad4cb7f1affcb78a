package interp

import (
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// parse runs `parse H` and `peek H`. A failure leaves the cursor where it was.
func (r *run) parse(s *syntax.ParseStmt) *exit {
	h := r.prog.Uses[s.Header].(*check.Header)
	at := r.cursor
	if !r.follow(uint64(h.Type.Fixed)) {
		return r.orElse(s.Else)
	}
	if !s.Peek && !r.move(r.headerLen(h, at), uint64(h.Type.Fixed)) {
		return r.orElse(s.Else)
	}
	if s.Name != nil {
		r.bind(s.Name, Value{at})
	}
	return nil
}

// skip runs `skip n` and `need n`.
func (r *run) skip(s *syntax.SkipStmt) *exit {
	n := r.eval(s.N)[0]
	if s.Need && !r.follow(n) || !s.Need && !r.move(n, 0) {
		return r.orElse(s.Else)
	}
	return nil
}

// follow reports whether n bytes follow the cursor in the packet.
func (r *run) follow(n uint64) bool {
	size := uint64(len(r.packet))
	return r.cursor <= size && n <= size-r.cursor
}

// move takes the cursor past n bytes, which may lie beyond the packet's end; n is at least atLeast.
func (r *run) move(n, atLeast uint64) bool {
	if n < atLeast || n > check.CursorMax-r.cursor {
		return false
	}
	r.cursor += n
	return true
}

// headerLen is the whole length of the header at an offset.
func (r *run) headerLen(h *check.Header, at uint64) uint64 {
	if h.Decl.Length == nil {
		return uint64(h.Type.Fixed)
	}
	return r.lengthOf(h, r.packet[at:])
}

// lengthOf evaluates a header's length expression, a u32, over the header's bytes.
func (m *Machine) lengthOf(h *check.Header, header []byte) uint64 {
	fields := &run{Machine: m, packet: header}
	return mask(fields.eval(h.Decl.Length)[0], types.U32.Bits)
}

// packetField reads a field of `packet`.
func (r *run) packetField(name string) uint32 {
	if name == "len" {
		return uint32(len(r.packet))
	}
	if f := r.ctx.field(name); f != nil {
		return *f
	}
	return 0
}

func (r *run) setPacketField(name string, v uint32) {
	if f := r.ctx.field(name); f != nil {
		*f = v
	}
}

// field finds a field of the context by its name in the language.
func (c *Context) field(name string) *uint32 {
	switch name {
	case "ifindex":
		return &c.IfIndex
	case "queue":
		return &c.Queue
	case "mark":
		return &c.Mark
	case "priority":
		return &c.Priority
	case "protocol":
		return &c.Protocol
	case "hash":
		return &c.Hash
	case "vlan":
		return &c.VLAN
	}
	return nil
}

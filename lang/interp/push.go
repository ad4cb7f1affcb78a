package interp

import (
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// What the kernel asks of a push or pop. On tc it changes the room behind the Ethernet header of what it takes for an
// IP packet, and the IP header must stay whole.
const (
	headroom    = 216 // bytes in front of the packet: on xdp those of a test run, which are not more than drivers leave
	etherHeader = 14  // must remain on xdp
)

// push runs `push H{…} after v`. A failure leaves packet and cursor as they were.
func (r *run) push(s *syntax.PushStmt) *exit {
	h := r.prog.Uses[s.Header.Name].(*check.Header)
	b := make([]byte, h.Type.Fixed)
	for _, fv := range s.Header.Fields {
		storeField(b, h.Type.Field(fv.Name.Name), r.eval(fv.Value))
	}
	at, n := uint64(0), uint64(len(b))
	ok := true
	if s.After != nil {
		start, size, whole := r.header(s.After)
		at, ok = start+size, whole
	}
	cursor := r.cursor
	if at <= cursor {
		cursor += n
	}
	if !ok || at > check.FrontMax || cursor > check.CursorMax || !r.makeRoom(n) {
		return r.orElse(s.Else)
	}
	r.packet = slices.Insert(r.packet, int(at), b...)
	r.cursor = cursor
	return nil
}

// pop runs `pop v`. A failure leaves packet and cursor as they were.
func (r *run) pop(s *syntax.PopStmt) *exit {
	at, n, ok := r.header(s.View)
	if !ok || at > check.FrontMax || n > check.PopMax || !r.takeRoom(n) {
		return r.orElse(s.Else)
	}
	r.packet = slices.Delete(r.packet, int(at), int(at+n))
	switch {
	case r.cursor >= at+n:
		r.cursor -= n
	case r.cursor > at:
		r.cursor = at
	}
	return nil
}

// header is where the header of a view starts and how long it is by what its fields say now; false if they say less than
// its fixed part, or more than the packet has.
func (r *run) header(view *syntax.Ident) (start, size uint64, ok bool) {
	l := r.prog.Uses[view].(*check.Local)
	start = r.frame[l][0]
	h := r.prog.HeaderOf(l.Type.(*types.Header))
	size = r.headerLen(h, start)
	return start, size, size >= uint64(h.Type.Fixed) && size <= uint64(len(r.packet))-start
}

// makeRoom reports whether the kernel lets the packet grow by n bytes.
func (r *run) makeRoom(n uint64) bool {
	if r.prog.Type.Name == "tc" {
		return r.ipHeader() > 0
	}
	if n > r.room {
		return false
	}
	r.room -= n
	return true
}

// takeRoom reports whether the kernel lets the packet shrink by n bytes.
func (r *run) takeRoom(n uint64) bool {
	least := uint64(etherHeader)
	if r.prog.Type.Name == "tc" {
		ip := r.ipHeader()
		if ip == 0 {
			return false
		}
		least += ip
	}
	if uint64(len(r.packet)) < n+least {
		return false
	}
	r.room += n
	return true
}

// ipHeader is the size of the IP header that the kernel takes the packet to have; 0: none.
func (r *run) ipHeader() uint64 {
	switch r.ctx.Protocol {
	case etherIPv4:
		return 20
	case etherIPv6:
		return 40
	}
	return 0
}

package interp

import (
	"bytes"
	"slices"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A Result is what became of one packet.
type Result struct {
	Verdict *check.Verdict
	Code    int32 // the verdict's, as the kernel sees it
	Packet  []byte
	Changed bool    // Packet differs from what went in
	Context Context // after the run: on tc, mark and priority may have been written
	Events  []Event
	Target  *Target // of a redirected packet; nil also if the engine doesn't know
}

// maxSlotJumps is how many gotos through slots a packet can take: user space can close a circle of slots, which the
// kernel's limit on tail calls would end. The next one counts as a miss.
const maxSlotJumps = 33

// A run is the life of one packet.
type run struct {
	*Machine
	packet []byte
	ctx    Context
	events []Event
	jumps  int // gotos through slots so far
	taken  map[*check.Back]int
	cursor uint64
	room   uint64 // bytes that can still be pushed, on xdp
	frame  frame

	rewriting *rewriting // nil outside of rewrites
}

// A frame is what a stage or fn knows: its parameters and lets. A view is its offset, a reference the entry's own memory.
type frame map[*check.Local]Value

// An exit is how control leaves a stage, with a verdict or else to another stage; or a fn, with its result.
type exit struct {
	verdict *check.Verdict
	code    int32
	target  *Target
	stage   *check.Stage
	args    []Value
	result  Value // of a fn, that is left with neither verdict nor stage
}

// Run sends a packet through the pipeline. The slice is left alone.
func (m *Machine) Run(packet []byte) Result {
	r := &run{Machine: m, packet: slices.Clone(packet), ctx: m.Context, taken: map[*check.Back]int{}, room: headroom}
	if r.ctx.Protocol == 0 {
		r.ctx.Protocol = Protocol(m.prog.Type.Name, packet)
	}
	at := &exit{stage: m.prog.Stages[0]}
	for at.verdict == nil {
		at = r.stage(at.stage, at.args)
	}
	return Result{
		Verdict: m.prog.Type.Returned(at.code),
		Code:    at.code,
		Packet:  r.packet,
		Changed: !bytes.Equal(packet, r.packet),
		Context: r.ctx,
		Events:  r.events,
		Target:  at.target,
	}
}

func (r *run) stage(s *check.Stage, args []Value) (out *exit) {
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case outOfRange, noPayload:
			out = r.fallback()
		default:
			panic(failure)
		}
	}()
	if r.OnStage != nil {
		r.OnStage(s)
	}
	r.frame = frame{}
	for i, p := range s.Params {
		r.frame[p] = args[i]
	}
	if out := r.block(s.Decl.Body); out != nil {
		return out
	}
	return r.fallback()
}

// fallback is the exit of a packet that nothing decided on.
func (r *run) fallback() *exit { return &exit{verdict: r.prog.Default, code: r.prog.Default.Code} }

// verdict is the exit of `pass`, `keep(n)` and so on.
func (r *run) verdict(s *syntax.VerdictStmt) *exit {
	v := r.prog.Verdict[s]
	if to := r.prog.Redirects[s]; to != nil {
		return r.redirect(v, to)
	}
	if v.Computed {
		return &exit{verdict: v, code: int32(r.eval(s.Args[0])[0])}
	}
	return &exit{verdict: v, code: v.Code}
}

// orElse takes an else, or the default where none is written.
func (r *run) orElse(e *syntax.Else) *exit {
	if e == nil {
		return r.fallback()
	}
	defer endShort()
	return r.stmt(e.Body)
}

// Protocol is the EtherType of a packet of a pipeline of that type, as the kernel finds it: cgroup_skb programs see
// packets from the IP header on.
func Protocol(pipelineType string, packet []byte) uint32 {
	if pipelineType != "cgroup_skb" {
		return etherType(packet)
	}
	switch {
	case len(packet) > 0 && packet[0]>>4 == 4:
		return etherIPv4
	case len(packet) > 0 && packet[0]>>4 == 6:
		return etherIPv6
	}
	return 0
}

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

// etherType is skb->protocol as eth_type_trans sets it.
func etherType(packet []byte) uint32 {
	const header, firstType, p8023, p8022 = 14, 0x600, 1, 4
	if len(packet) < header {
		return 0
	}
	t := uint32(packet[12])<<8 | uint32(packet[13])
	switch {
	case t >= firstType:
		return t
	case len(packet) >= header+2 && packet[header] == 0xff && packet[header+1] == 0xff:
		return p8023
	default:
		return p8022
	}
}

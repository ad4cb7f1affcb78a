// Package eval runs IR: the meaning of a module, without a kernel.
//
// It is stricter than the machine. Packet accesses must be covered by a check on the very same pointer value, offsets
// must stay within CursorMax, stale pointers must not be touched: what the kernel's verifier would refuse is an error
// here even on a packet for which it would do no harm. Passes are tested by running a module before and after.
package eval

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
)

// MaxTailCalls is the kernel's limit of tail calls for one packet.
const MaxTailCalls = 33

// Machine is a module and the world around it. The maps live on from run to run.
type Machine struct {
	Module  *ir.Module
	Packet  []byte
	Linear  int               // bytes of the packet that can be pointed at (tc); the rest after Pull
	Ctx     map[string]uint64 // context fields
	CB      [20]byte          // skb->cb
	Notes   []byte            // in front of the packet
	Tables  map[string]*Table
	Globals map[string][]byte
	Records [][]byte                            // what Output wrote
	Full    bool                                // the ring buffer is full
	Partial bool                                // TCP and UDP checksums are sums of the pseudo header so far: the network card will do the rest (tc)
	Sum     uint64                              // what CHECKSUM_COMPLETE holds, unfolded (tc)
	Route   func(params []byte) (status uint32) // works on a struct bpf_fib_lookup; nil: there are no routes
	Clock   uint64                              // Now, Random and CPU count on from here, so that no call can be doubled or lost unseen

	// Refuse, if set, makes tail calls to the entries of a prog array miss.
	Refuse    func(table string, index uint32) bool
	TailCalls int            // of the last run
	room      int            // bytes that a packet can still grow by, on xdp
	Missed    map[string]int // calls that missed, by prog array
}

// New makes a machine with empty maps and zeroed globals.
func New(m *ir.Module) *Machine {
	mc := &Machine{Module: m, Ctx: map[string]uint64{}, Tables: map[string]*Table{}, Globals: map[string][]byte{}, Missed: map[string]int{}}
	for _, t := range m.Maps {
		mc.Tables[t.Name] = newTable(t)
	}
	for _, g := range m.Globals {
		mc.Globals[g.Name] = make([]byte, g.Size)
	}
	return mc
}

// run is the execution of one program or subprogram.
type run struct {
	m      *Machine
	values map[*ir.Value]operand
	proven map[*ir.Value]int64 // bytes that a check has proved behind a packet pointer
	epoch  int
	state  []byte // of the loop that this is a round of
}

// operand is the value of a value: number, pointer or object.
type operand struct {
	n   uint64
	p   *pointer
	obj []byte
}

// start is where a tail call or slot call goes on.
type start struct {
	block *ir.Block
	args  []operand
}

// Run handles one packet and returns the verdict code.
func (m *Machine) Run() (int32, error) {
	m.TailCalls, m.room = 0, headroom
	next := &start{block: m.Module.Funcs[0].Blocks[0]}
	for {
		r := m.newRun(0)
		verdict, call, err := r.blocks(next)
		if err != nil || call == nil {
			return int32(verdict), err
		}
		next = call
	}
}

func (m *Machine) newRun(epoch int) *run {
	return &run{m: m, values: map[*ir.Value]operand{}, proven: map[*ir.Value]int64{}, epoch: epoch}
}

// sub runs a subprogram.
func (r *run) sub(v *ir.Value) error {
	f := r.m.Module.Sub(v.Sym)
	if f == nil {
		return fmt.Errorf("no subprogram %s", v.Sym)
	}
	in := r.m.newRun(r.epoch)
	result, call, err := in.blocks(&start{block: f.Blocks[0], args: r.vals(v.Args)})
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", f.Name, err)
	case call != nil || in.epoch != r.epoch:
		return fmt.Errorf("%s moves the packet or makes a tail call", f.Name)
	}
	r.values[v] = operand{n: result}
	return nil
}

// loop runs the body of a loop, on a copy of the object.
func (r *run) loop(v *ir.Value) error {
	f := r.m.Module.Sub(v.Sym)
	if f == nil {
		return fmt.Errorf("no body %s", v.Sym)
	}
	state := object(v, r.vals(v.Args))
	for i := range uint64(v.Imm) {
		in := r.m.newRun(r.epoch)
		in.state = state
		last, call, err := in.blocks(&start{block: f.Blocks[0], args: []operand{{n: i}}})
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", f.Name, err)
		case call != nil || last > 1:
			return fmt.Errorf("%s makes a tail call, or returns %d", f.Name, last)
		}
		if r.epoch = in.epoch; last == 1 {
			break
		}
	}
	r.epoch++
	clear(r.proven)
	r.values[v] = operand{obj: state}
	return nil
}

func (r *run) val(v *ir.Value) operand { return r.values[v] }

func (r *run) vals(vs []*ir.Value) []operand {
	args := make([]operand, len(vs))
	for i, v := range vs {
		args[i] = r.val(v)
	}
	return args
}

func (r *run) num(v *ir.Value) uint64 { return r.values[v].n }

func (r *run) nums(vs []*ir.Value) []uint64 {
	ns := make([]uint64, len(vs))
	for i, v := range vs {
		ns[i] = r.num(v)
	}
	return ns
}

// blocks runs from a start to a verdict, or the result of a subprogram, or the next start.
func (r *run) blocks(at *start) (uint64, *start, error) {
	b, args := at.block, at.args
	if len(args) != len(b.Params) {
		return 0, nil, fmt.Errorf("%s has %d parameters, not %d", b, len(b.Params), len(args))
	}
	for steps := 0; steps < 1_000_000; steps++ {
		for i, p := range b.Params {
			r.values[p] = args[i]
		}
		for _, v := range b.Insts {
			if err := r.inst(v); err != nil {
				return 0, nil, fmt.Errorf("%s: %w", b, err)
			}
		}
		t := &b.Term
		if t.Op == ir.Ret {
			return r.num(t.Args[0]), nil, nil
		}
		e, call, err := r.term(t)
		if err != nil || call != nil {
			return 0, call, err
		}
		args = nil
		for _, a := range e.Args {
			args = append(args, r.val(a))
		}
		b = e.To
	}
	return 0, nil, errors.New("endless loop")
}

// term picks the edge, or the start of the program that is called.
func (r *run) term(t *ir.Term) (*ir.Edge, *start, error) {
	choose := func(yes bool) *ir.Edge {
		if yes {
			return &t.Succs[0]
		}
		return &t.Succs[1]
	}
	switch t.Op {
	case ir.Jump:
		return &t.Succs[0], nil, nil
	case ir.Br:
		a, b := r.val(t.Args[0]), r.val(t.Args[1])
		if a.p != nil { // compared with null
			return choose(t.Cond == ir.Ne), nil, nil
		}
		return choose(t.Cond.Eval(t.Args[0].Type, a.n, b.n)), nil, nil
	case ir.Check:
		p := r.val(t.Args[0]).p
		if p.epoch != r.epoch {
			return nil, nil, fmt.Errorf("%s: stale packet pointer", t.String())
		}
		yes := p.off+t.Imm <= int64(r.m.linear())
		if yes {
			base, disp := ir.PktBase(t.Args[0])
			r.proven[base] = max(r.proven[base], disp+t.Imm)
		}
		return choose(yes), nil, nil
	case ir.SlotCall, ir.TailCall:
		call, err := r.call(t)
		return &t.Succs[0], call, err
	}
	return nil, nil, fmt.Errorf("terminator %s", t.Op)
}

// call finds the program that a prog array holds; nil is a miss.
func (r *run) call(t *ir.Term) (*start, error) {
	i := uint32(r.num(t.Args[0]))
	name, ok := r.m.Tables[t.Sym].Programs[i]
	if !ok || i >= r.m.Tables[t.Sym].Max || r.m.Refuse != nil && r.m.Refuse(t.Sym, i) {
		r.m.Missed[t.Sym]++
		return nil, nil
	}
	if r.m.TailCalls++; r.m.TailCalls > MaxTailCalls {
		return nil, errors.New("too many tail calls")
	}
	if t.Op == ir.SlotCall {
		for _, root := range r.m.Module.Funcs[0].Roots {
			if root.Stage == name && root.Table == t.Sym {
				next := &start{block: root.Block}
				for _, a := range t.Args[1:] {
					next.args = append(next.args, r.val(a))
				}
				return next, nil
			}
		}
		return nil, fmt.Errorf("no root %s for table %s", name, t.Sym)
	}
	for _, f := range r.m.Module.Funcs {
		if f.Name == name {
			return &start{block: f.Blocks[0]}, nil
		}
	}
	return nil, fmt.Errorf("no program %s", name)
}

// linear is how many bytes of the packet can be pointed at.
func (m *Machine) linear() int {
	if t := m.Module.Type(); t.Pull || t.Frags {
		return m.Linear
	}
	return len(m.Packet)
}

func (m *Machine) tick() uint64 {
	m.Clock++
	return m.Clock * 0x9e3779b97f4a7c15
}

// inst computes one instruction.
func (r *run) inst(v *ir.Value) error {
	set := func(n uint64) { r.values[v] = operand{n: n} }
	if v.Type != ir.Pkt && v.Type != ir.Mem && v.Op.Info().Pure && v.Op != ir.MakeObj {
		if v.Op == ir.Cmp && r.val(v.Args[0]).p != nil { // with null
			n := uint64(0)
			if v.Cond == ir.Ne {
				n = 1
			}
			set(n)
			return nil
		}
		n, ok := Number(v, r.nums(v.Args)...)
		if !ok {
			return fmt.Errorf("%s: unknown operation", v.Long())
		}
		set(n)
		return nil
	}
	switch v.Op {
	case ir.Forget:
		set(r.num(v.Args[0]))
	case ir.Data, ir.DataEnd:
		r.values[v] = operand{p: &pointer{epoch: r.epoch}}
	case ir.HeadLen:
		set(uint64(r.m.linear()))
	case ir.PktAdd:
		if r.num(v.Args[1]) > CursorMax {
			return fmt.Errorf("%s: offset %d", v.Long(), r.num(v.Args[1]))
		}
		p := r.val(v.Args[0]).p
		r.values[v] = operand{p: &pointer{off: p.off + int64(r.num(v.Args[1])), epoch: p.epoch}}
	case ir.MemAdd:
		i := r.num(v.Args[1])
		if i >= uint64(v.Imm) {
			i = 0
		}
		p := r.val(v.Args[0]).p
		r.values[v] = operand{p: &pointer{mem: p.mem, off: p.off + int64(i)*int64(v.Size)}}
	case ir.Pull:
		r.m.Linear = max(r.m.Linear, min(int(r.num(v.Args[0])), len(r.m.Packet)))
		r.epoch++
		clear(r.proven)
	case ir.CsumL4:
		if err := r.m.csumL4(v, int64(r.num(v.Args[0])), r.num(v.Args[1])); err != nil {
			return err
		}
		r.epoch++
		clear(r.proven)
	case ir.CsumAdd:
		r.m.Sum += r.num(v.Args[0])
	case ir.Resize:
		set(r.m.resize(int64(int32(r.num(v.Args[0])))))
		r.epoch++
		clear(r.proven)
	case ir.NetByte:
		set(0)
		if etherHeader+r.num(v.Args[0]) >= uint64(r.m.linear()) {
			set(errno(14))
		}
	case ir.Notes:
		r.values[v] = operand{}
		if len(r.m.Notes) >= v.Size {
			r.values[v] = operand{p: &pointer{mem: r.m.Notes}}
		}
	case ir.NotesGrow:
		set(r.grow(v.Imm))
	case ir.Redirect:
		n := r.m.redirect(v, uint32(r.num(v.Args[0])))
		set(uint64(uint32(n)))
	case ir.Fetch:
		from, size := int64(r.num(v.Args[0]))+v.Imm, int64(v.Size)
		if from+size > int64(len(r.m.Packet)) {
			return fmt.Errorf("%s: beyond the end of the packet", v.Long())
		}
		r.values[v] = operand{obj: bytes.Clone(r.m.Packet[from : from+size])}
	case ir.BufLen:
		set(uint64(len(r.m.Packet)))
	case ir.StoreBytes:
		from, bytes := int64(r.num(v.Args[0]))+v.Imm, r.val(v.Args[1]).obj
		if from+int64(len(bytes)) > int64(len(r.m.Packet)) {
			return fmt.Errorf("%s: beyond the end of the packet", v.Long())
		}
		copy(r.m.Packet[from:], bytes)
	case ir.Load, ir.Store, ir.XAdd:
		return r.access(v)
	case ir.CtxLoad, ir.CtxStore:
		return r.context(v)
	case ir.GlobalAddr:
		r.values[v] = operand{p: &pointer{mem: r.m.Globals[v.Sym]}}
	case ir.Fib:
		r.values[v] = operand{obj: r.m.fib(object(v, r.vals(v.Args)))}
	case ir.MakeObj:
		r.values[v] = operand{obj: object(v, r.vals(v.Args))}
	case ir.CallFn:
		return r.sub(v)
	case ir.Loop:
		return r.loop(v)
	case ir.LoopState:
		r.values[v] = operand{p: &pointer{mem: r.state}}
	case ir.Now:
		set(r.m.tick())
	case ir.Random, ir.CPU:
		set(r.m.tick() >> 32)
	default:
		return r.helper(v)
	}
	return nil
}

func (r *run) access(v *ir.Value) error {
	mem, off, err := r.bytesAt(v)
	if err != nil {
		return err
	}
	switch v.Op {
	case ir.Load:
		r.values[v] = operand{n: load(mem, off, v.Size)}
	case ir.Store:
		store(mem, off, v.Size, r.num(v.Args[1]))
	case ir.XAdd:
		store(mem, off, v.Size, load(mem, off, v.Size)+r.num(v.Args[1]))
	}
	return nil
}

func (r *run) context(v *ir.Value) error {
	if v.Sym == "cb" {
		if v.Imm%int64(v.Size) != 0 || v.Imm+int64(v.Size) > int64(len(r.m.CB)) {
			return fmt.Errorf("%s: outside of cb", v.Long())
		}
		if v.Op == ir.CtxLoad {
			r.values[v] = operand{n: load(r.m.CB[:], v.Imm, v.Size)}
		} else {
			store(r.m.CB[:], v.Imm, v.Size, r.num(v.Args[0]))
		}
		return nil
	}
	if v.Op == ir.CtxStore {
		r.m.Ctx[v.Sym] = r.num(v.Args[0])
		return nil
	}
	n := r.m.Ctx[v.Sym]
	if v.Sym == "len" {
		n = uint64(len(r.m.Packet))
	}
	r.values[v] = operand{n: n}
	return nil
}

// helper does what the kernel's helpers do.
func (r *run) helper(v *ir.Value) error {
	if v.Op == ir.Output {
		n := errno(11)
		if !r.m.Full {
			r.m.Records = append(r.m.Records, bytes.Clone(r.val(v.Args[0]).obj))
			n = 0
		}
		r.values[v] = operand{n: n}
		return nil
	}
	t := r.m.Tables[v.Sym]
	if t == nil {
		return fmt.Errorf("%s: no such map", v.Long())
	}
	key := r.val(v.Args[0]).obj
	if len(key) != t.KeySize {
		return fmt.Errorf("%s: the key has %d bytes", v.Long(), len(key))
	}
	switch v.Op {
	case ir.Lookup:
		r.values[v] = operand{}
		if mem := t.at(key); mem != nil {
			r.values[v] = operand{p: &pointer{mem: mem}}
		}
	case ir.Update:
		r.values[v] = operand{n: t.update(key, r.val(v.Args[1]).obj)}
	case ir.Delete:
		r.values[v] = operand{n: t.remove(key)}
	default:
		return fmt.Errorf("%s: unknown operation", v.Long())
	}
	return nil
}

// fib is the object of a Fib.
func (m *Machine) fib(object []byte) []byte {
	status := uint32(4) // BPF_FIB_LKUP_RET_NOT_FWDED
	if m.Route != nil {
		status = m.Route(object[:ir.FibParams])
	}
	store(object, ir.FibParams, 4, uint64(status))
	return object
}

// grow moves the begin of the notes. What they held is lost, so that nobody relies on it.
func (r *run) grow(n int64) uint64 {
	size := int64(len(r.m.Notes)) + n
	if size < 0 || size > int64(r.m.Module.Target.MetaBytes()) || size%4 != 0 {
		return errno(22)
	}
	r.m.Notes = bytes.Repeat([]byte{0xaa}, int(size))
	r.epoch++
	clear(r.proven)
	return 0
}

// redirect is the verdict code of a redirection.
func (m *Machine) redirect(v *ir.Value, number uint32) int64 {
	if v.Sym != "" && m.Tables[v.Sym].Entries[string([]byte{byte(number), byte(number >> 8), byte(number >> 16), byte(number >> 24)})] == nil {
		return v.Imm
	}
	if m.Module.ProgType == "xdp" {
		return 4
	}
	return 7
}

package oracle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

// A form is a case's program in the kernel: the engine that packets go to, and that of the guests if these are apart.
type form []*kernel.Engine

// engine prepares a compiled program.
func engine(p *check.Program, a *codegen.Artifact) (*kernel.Engine, *Failure) {
	k, err := kernel.New(p, a)
	if err != nil {
		return nil, fail("object: "+normal(err.Error()), "%v", err)
	}
	return k, nil
}

// compare runs the case in the kernel, after some changes before all others, and closes the form.
func (c *Case) compare(p *check.Program, f form, want trace, first ...Change) *Failure {
	defer func() {
		for _, k := range f {
			k.Close()
		}
	}()
	for i, k := range f {
		k.CPU, k.Strict = c.CPU, c.Strict
		if failure := c.load(p, k, i > 0); failure != nil {
			return failure
		}
	}
	for _, change := range slices.Concat(first, fitting(p, c.Changes)) {
		f.change(change)
	}
	for i, packet := range c.Packets {
		for _, change := range fitting(p, packet.Before) {
			f.change(change)
		}
		got, err := f.run(packet)
		if err != nil {
			return fail("run: "+normal(err.Error()), "packet %d: %v", i, err)
		}
		if failure := difference(got, want.results[i]); failure != nil {
			failure.Detail = fmt.Sprintf("packet %d, %x: %s", i, packet.Data, failure.Detail)
			return failure
		}
	}
	return f.compareState(p, want)
}

// load puts a case into the kernel. Guests take the values of the host's configs from the host. Where the kernel's verifier
// contradicts itself and is asked to be strict about that, it ends with a fault: mostly in code that is never reached, by
// what it doesn't see. Else it goes on, knowing nothing of the number in question.
func (c *Case) load(p *check.Program, k *kernel.Engine, guest bool) *Failure {
	for _, s := range c.Settings {
		if s.fits(p) && (!guest || strings.HasPrefix(s.Name, guestPrefix)) {
			s.toKernel(k)
		}
	}
	err := k.Load()
	if errors.Is(err, syscall.EFAULT) && k.Strict {
		k.Strict = false
		if err = k.Load(); err == nil {
			c.contradictions++
		}
	}
	var v *runtime.VerifierError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &v):
		return fail("verifier: "+normal(v.Reason), "%+v", err)
	}
	return fail("load: "+normal(err.Error()), "%+v", err)
}

// change does what user space does. What both pipelines know is the same in both.
func (f form) change(c Change) {
	for _, k := range f {
		c.toKernel(k)
	}
}

// env is what the program sees of its surroundings.
func (p Packet) env() interp.Env { return interp.Pinned(p.Now, p.Random, p.CPU) }

// run sends a packet through the kernel.
func (f form) run(p Packet) (interp.Result, error) {
	for _, s := range []Setting{
		{"tcc_now", binary.NativeEndian.AppendUint64(nil, p.Now)},
		{"tcc_random", binary.NativeEndian.AppendUint64(nil, p.Random)},
		{"tcc_cpu", binary.NativeEndian.AppendUint32(nil, p.CPU)},
	} {
		for _, k := range f {
			if err := k.SetGlobal(s.Name, s.Value); err != nil {
				return interp.Result{}, err
			}
		}
	}
	r, err := f[0].Run(p.Data)
	for _, k := range f[1:] {
		events, also := k.Events()
		r.Events, err = append(r.Events, events...), errors.Join(err, also)
	}
	return r, err
}

func name(r interp.Result) string { return fmt.Sprintf("%s (%d)", r.Verdict.Name, r.Code) }

// difference is that of two results of a packet.
func difference(got, want interp.Result) *Failure {
	switch {
	case got.Code != want.Code:
		return fail("verdict", "the kernel says %s, the interpreter %s", name(got), name(want))
	case !bytes.Equal(got.Packet, want.Packet):
		return fail("bytes", "\nkernel      %x\ninterpreter %x", got.Packet, want.Packet)
	case got.Context.Mark != want.Context.Mark:
		return fail("mark", "kernel %#x, interpreter %#x", got.Context.Mark, want.Context.Mark)
	case got.Context.Priority != want.Context.Priority:
		return fail("priority", "kernel %#x, interpreter %#x", got.Context.Priority, want.Context.Priority)
	}
	same := slices.EqualFunc(got.Events, want.Events, func(a, b interp.Event) bool {
		return a.ID == b.ID && bytes.Equal(a.Data, b.Data)
	})
	if !same {
		return fail("events", "\nkernel      %v\ninterpreter %v", got.Events, want.Events)
	}
	return nil
}

// compareState compares what outlives the packets: of what no program uses, the objects have nothing.
func (f form) compareState(p *check.Program, want trace) *Failure {
	for _, g := range p.Globals {
		k := f.which(func(p *runtime.Pipeline) bool { return p.Variable(g.Name) != nil })
		if k == nil {
			continue
		}
		got, err := k.Global(g.Name)
		if failure := want.differs("var", g.Name, fmt.Sprintf("%x", got), err); failure != nil {
			return failure
		}
	}
	for _, n := range p.Counters {
		k := f.which(func(p *runtime.Pipeline) bool { return p.Map(n.Name) != nil })
		if k == nil {
			continue
		}
		got, err := k.Counter(n.Name)
		if failure := want.differs("counter", n.Name, fmt.Sprint(got), err); failure != nil {
			return failure
		}
	}
	for _, m := range p.Maps {
		k := f.which(func(p *runtime.Pipeline) bool { return p.Map(m.Name) != nil })
		if k == nil {
			continue
		}
		got, err := k.Entries(m.Name)
		if failure := want.differs("map", m.Name, entriesText(got), err); failure != nil {
			return failure
		}
	}
	return f.missed(p, want)
}

// which is the first engine whose pipeline has something, nil if none has.
func (f form) which(has func(*runtime.Pipeline) bool) *kernel.Engine {
	for _, k := range f {
		if has(k.Pipeline()) {
			return k
		}
	}
	return nil
}

// differs compares what the kernel holds with what it ought to.
func (t trace) differs(kind, name, got string, err error) *Failure {
	if err != nil {
		return fail("read a "+kind, "%s: %v", name, err)
	}
	if want := t.state[kind+" "+name]; got != want {
		return fail(kind, "%s %s\nkernel      %s\ninterpreter %s", kind, name, got, want)
	}
	return nil
}

// missed compares the tail calls that found no program. Inside of a pipeline there are none.
func (f form) missed(p *check.Program, want trace) *Failure {
	ofTables := map[string]uint64{}
	for _, k := range f {
		misses, err := k.Pipeline().Misses()
		if err != nil {
			return fail("read the misses", "%v", err)
		}
		layout := k.Pipeline().Layout()
		for _, target := range layout.Targets {
			if misses[target] != 0 {
				return fail("miss", "%d tail calls to %s missed", misses[target], target)
			}
		}
		for _, s := range layout.Slots {
			ofTables[s.Name] = misses[s.Name]
		}
	}
	for _, table := range p.Slots {
		if failure := want.differs("misses of", table.Name, fmt.Sprint(ofTables[table.Name]), nil); failure != nil {
			return failure
		}
	}
	return nil
}

// Package kernel runs compiled pipelines in the kernel behind the interface of the reference interpreter, so that the
// same packets and the same tests go through both.
package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

// Engine is a compiled pipeline in the kernel. It is loaded by Load or by the first use of anything but a config,
// which can't change afterwards.
type Engine struct {
	CPU    int  // where all packets run, so that per-CPU maps can be read like ordinary ones
	Strict bool // a program that makes the kernel's verifier contradict itself can't be loaded; see CanBeStrict

	program  *check.Program
	artifact *codegen.Artifact
	spec     *ebpf.CollectionSpec
	pipeline *runtime.Pipeline // nil: not loaded yet
	events   *runtime.EventReader
}

var _ interp.Engine = (*Engine)(nil)

// New prepares an engine for a compiled program. Nothing is loaded yet.
func New(p *check.Program, a *codegen.Artifact) (*Engine, error) {
	spec, err := a.Spec()
	return &Engine{program: p, artifact: a, spec: spec}, err
}

// Load loads the programs, if they aren't loaded yet.
func (e *Engine) Load() error {
	if e.pipeline != nil {
		return nil
	}
	for _, p := range e.spec.Programs {
		if e.Strict {
			p.Flags |= testRegInvariants
		}
	}
	p, err := runtime.Open(e.spec, e.artifact.Layout, nil)
	if err != nil {
		return err
	}
	e.pipeline = p
	if len(e.artifact.Layout.Events) > 0 {
		if e.events, err = p.Events(); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	return nil
}

// Pipeline is the loaded pipeline, nil before Load.
func (e *Engine) Pipeline() *runtime.Pipeline { return e.pipeline }

// Pin sets the clock of a pipeline that was compiled Pinned.
func (e *Engine) Pin(now uint64) error {
	return e.SetGlobal("tcc_now", binary.NativeEndian.AppendUint64(nil, now))
}

// SetGlobal sets a config before the pipeline is loaded, a var at any time.
func (e *Engine) SetGlobal(name string, value []byte) error {
	if e.pipeline == nil {
		if v := e.spec.Variables[name]; v != nil {
			return v.Set(value)
		}
		return nil // no program reads it
	}
	if v := e.pipeline.Variable(name); v != nil {
		return v.Set(value)
	}
	return nil
}

// Global reads a config or var.
func (e *Engine) Global(name string) ([]byte, error) {
	if err := e.Load(); err != nil {
		return nil, err
	}
	v := e.pipeline.Variable(name)
	if v == nil {
		return nil, fmt.Errorf("no config or var `%s` in the object", name)
	}
	b := make([]byte, v.Size())
	return b, v.Get(b)
}

func (e *Engine) mapNamed(name string) (*ebpf.Map, error) {
	if err := e.Load(); err != nil {
		return nil, err
	}
	m := e.pipeline.Map(name)
	if m == nil {
		return nil, fmt.Errorf("no map `%s` in the object", name)
	}
	return m, nil
}

// UpdateMap writes an entry; into a per-CPU map, for every CPU.
func (e *Engine) UpdateMap(name string, key, value []byte) error {
	m, err := e.mapNamed(name)
	if err != nil {
		return err
	}
	if !perCPU(m) {
		return m.Put(key, value)
	}
	n, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	each := make([][]byte, n)
	for i := range each {
		each[i] = value
	}
	return m.Put(key, each)
}

// SetSlot puts a stage, one of those that a table of slots holds at first, into a slot of it; with an empty name the slot
// becomes empty.
func (e *Engine) SetSlot(table string, index uint32, stage string) error {
	if m, err := e.mapNamed(table); m == nil {
		return err
	}
	slots := e.pipeline.Slots(table)
	if stage == "" {
		return slots.Clear(index)
	}
	program, err := e.slotProgram(table, stage)
	if err != nil {
		return err
	}
	return slots.Set(index, e.pipeline.Programs()[program])
}

// slotProgram is the program of a stage in a table of slots.
func (e *Engine) slotProgram(table, stage string) (string, error) {
	for n, s := range e.program.Slots {
		for i, initial := range s.Initial {
			if s.Name == table && initial.Name == stage {
				return e.artifact.Layout.Slots[n].Initial[i], nil
			}
		}
	}
	return "", fmt.Errorf("no slot of `%s` holds `%s` at first", table, stage)
}

// LookupMap reads an entry; nil if there is none.
func (e *Engine) LookupMap(name string, key []byte) ([]byte, error) {
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
	var value []byte
	if perCPU(m) {
		var each [][]byte
		if err = m.Lookup(key, &each); err == nil {
			value = each[e.CPU]
		}
	} else {
		err = m.Lookup(key, &value)
	}
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil, nil
	}
	return value, err
}

// Entries reads all entries of a map.
func (e *Engine) Entries(name string) (map[string][]byte, error) {
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	it := m.Iterate()
	var key, value []byte
	var each [][]byte
	if perCPU(m) {
		for it.Next(&key, &each) {
			all[string(key)] = bytes.Clone(each[e.CPU])
		}
	} else {
		for it.Next(&key, &value) {
			all[string(key)] = bytes.Clone(value)
		}
	}
	return all, it.Err()
}

func perCPU(m *ebpf.Map) bool {
	switch m.Type() {
	case ebpf.PerCPUArray, ebpf.PerCPUHash, ebpf.LRUCPUHash:
		return true
	}
	return false
}

// Counter reads the sums of a counter's cells.
func (e *Engine) Counter(name string) ([]uint64, error) {
	if err := e.Load(); err != nil {
		return nil, err
	}
	c := e.pipeline.Counter(name)
	cells := make([]uint64, c.Len())
	for i := range cells {
		n, err := c.Sum(uint32(i))
		if err != nil {
			return nil, err
		}
		cells[i] = n
	}
	return cells, nil
}

// Run sends a packet through the programs by BPF_PROG_TEST_RUN.
func (e *Engine) Run(packet []byte) (interp.Result, error) {
	if err := e.Load(); err != nil {
		return interp.Result{}, err
	}
	var out runtime.TestResult
	err := OnCPU(e.CPU, func() (err error) {
		out, err = e.pipeline.Test(packet)
		return err
	})
	if err != nil {
		return interp.Result{}, err
	}
	r := interp.Result{
		Verdict: e.program.Type.Returned(out.Code),
		Code:    out.Code,
		Packet:  out.Packet,
		Changed: !bytes.Equal(packet, out.Packet),
		Context: interp.Context{Mark: out.Mark},
	}
	if r.Verdict == nil {
		return r, fmt.Errorf("the programs returned %d, which is no verdict of %s", out.Code, e.program.Type.Name)
	}
	r.Events, err = e.drain()
	return r, err
}

// drain reads the events that are waiting.
func (e *Engine) drain() (events []interp.Event, err error) {
	for e.events != nil && e.events.Pending() {
		ev, err := e.events.Read()
		if err != nil {
			return events, err
		}
		events = append(events, interp.Event{ID: ev.ID, Name: ev.Name, Data: ev.Data})
	}
	return events, nil
}

// Close unloads the pipeline.
func (e *Engine) Close() error {
	var errs []error
	if e.events != nil {
		errs = append(errs, e.events.Close())
		e.events = nil
	}
	if e.pipeline != nil {
		errs = append(errs, e.pipeline.Close())
		e.pipeline = nil
	}
	return errors.Join(errs...)
}

// Package kernel runs compiled pipelines in the kernel behind the interface of the reference interpreter, so that the
// same packets and the same tests go through both.
package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

// Engine is a compiled pipeline in the kernel. It is loaded by Load or by the first use of anything but a config,
// which can't change afterwards.
type Engine struct {
	CPU    int        // where all packets run, so that per-CPU maps can be read like ordinary ones
	Strict bool       // a program that makes the kernel's verifier contradict itself can't be loaded; see CanBeStrict
	Host   *Engine    // the loaded pipeline for whose slots this one has stages, if it has any
	Tape   func(Call) // if set, is told of every call that loads, writes, reads or runs something, and what came of it

	program  *check.Program // nil where a recording is played
	kind     *check.PipelineType
	variants []runtime.Variant // of which the kernel's choice is loaded; a single one without a name: there are none
	pipeline *runtime.Pipeline // nil: not loaded yet
	guest    *Engine           // the one whose Host this is, loaded last
	events   *runtime.EventReader
}

var _ interp.Engine = (*Engine)(nil)

// New prepares an engine for a compiled program. Nothing is loaded yet.
func New(p *check.Program, a *codegen.Artifact) (*Engine, error) {
	return NewVariants(p, []*codegen.Artifact{a})
}

// NewVariants prepares an engine for the first of some variants that the kernel takes. Nothing is loaded yet.
func NewVariants(p *check.Program, all []*codegen.Artifact) (*Engine, error) {
	variants, err := codegen.Variants(all)
	return &Engine{program: p, kind: p.Type, variants: variants}, err
}

// Load loads the programs, if they aren't loaded yet.
func (e *Engine) Load() (err error) {
	if e.pipeline != nil {
		return nil
	}
	defer func() { e.note(Call{Op: opLoad}, err) }()
	for _, v := range e.variants {
		for _, p := range v.Spec.Programs {
			if p.Flags &^= testRegInvariants; e.Strict {
				p.Flags |= testRegInvariants
			}
		}
	}
	p, err := e.open()
	if err != nil {
		return err
	}
	e.pipeline = p
	if len(p.Layout().Events) > 0 {
		if e.events, err = p.Events(); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	return nil
}

func (e *Engine) open() (*runtime.Pipeline, error) {
	one := e.variants[0]
	switch host := e.Host; {
	case host == nil && one.Name == "":
		return runtime.Open(one.Spec, one.Layout, nil)
	case host == nil:
		return runtime.OpenVariants(e.variants, nil)
	case one.Name == "":
		host.guest = e
		return runtime.OpenFor(host.pipeline, one.Spec, one.Layout, nil)
	default:
		host.guest = e
		return runtime.OpenVariantsFor(host.pipeline, e.variants, nil)
	}
}

// Pipeline is the loaded pipeline, nil before Load.
func (e *Engine) Pipeline() *runtime.Pipeline { return e.pipeline }

// Pin sets the clock of a pipeline that was compiled Pinned.
func (e *Engine) Pin(now uint64) error {
	return e.SetGlobal("tcc_now", binary.NativeEndian.AppendUint64(nil, now))
}

// SetGlobal sets a config before the pipeline is loaded, a var at any time.
func (e *Engine) SetGlobal(name string, value []byte) (err error) {
	defer func() { e.note(Call{Op: opSetGlobal, Name: name, Value: value}, err) }()
	if e.pipeline == nil {
		for _, of := range e.variants {
			if v := of.Spec.Variables[name]; v != nil { // else no program reads it
				err = errors.Join(err, v.Set(value))
			}
		}
		return err
	}
	if v := e.pipeline.Variable(name); v != nil {
		return v.Set(value)
	}
	return nil
}

// Global reads a config or var.
func (e *Engine) Global(name string) (value []byte, err error) {
	defer func() { e.note(Call{Op: opGlobal, Name: name, Read: value}, err) }()
	if err := e.Load(); err != nil {
		return nil, err
	}
	v := e.pipeline.Variable(name)
	if v == nil {
		return nil, fmt.Errorf("no config or var `%s` in the object", name)
	}
	value = make([]byte, v.Size())
	return value, v.Get(value)
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
func (e *Engine) UpdateMap(name string, key, value []byte) (err error) {
	defer func() { e.note(Call{Op: opUpdate, Name: name, Key: key, Value: value}, err) }()
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

// DeleteMap deletes an entry, which must be there.
func (e *Engine) DeleteMap(name string, key []byte) (err error) {
	defer func() { e.note(Call{Op: opDelete, Name: name, Key: key}, err) }()
	m, err := e.mapNamed(name)
	if err != nil {
		return err
	}
	return m.Delete(key)
}

// SetSlot puts a stage into a slot of a table: one of those that the table holds at first, or one of the guest for it. With
// an empty name the slot becomes empty.
func (e *Engine) SetSlot(table string, index uint32, stage string) error {
	if m, err := e.mapNamed(table); m == nil {
		return err
	}
	if e.guest != nil && e.guest.isFor(table, stage) {
		return e.pipeline.Slots(table).SetStage(index, e.guest.pipeline.Stage(stage))
	}
	program := ""
	if stage != "" {
		var err error
		if program, err = e.slotProgram(table, stage); err != nil {
			return err
		}
	}
	return e.setProgram(table, index, program)
}

// isFor reports whether the pipeline has a stage that was compiled for a table of its host.
func (e *Engine) isFor(table, stage string) bool {
	return slices.ContainsFunc(e.variants[0].Layout.Stages, func(s runtime.StageLayout) bool { return s.Table == table && s.Name == stage })
}

// setProgram puts a program into a slot; with an empty name the slot becomes empty.
func (e *Engine) setProgram(table string, index uint32, program string) (err error) {
	defer func() {
		e.note(Call{Op: opSlot, Name: table, Key: binary.NativeEndian.AppendUint32(nil, index), Value: []byte(program)}, err)
	}()
	slots := e.pipeline.Slots(table)
	if program == "" {
		return slots.Clear(index)
	}
	return slots.Set(index, e.pipeline.Programs()[program])
}

// slotProgram is the program of a stage in a table of slots.
func (e *Engine) slotProgram(table, stage string) (string, error) {
	for n, s := range e.program.Slots {
		for i, initial := range s.Initial {
			if s.Name == table && initial.Name == stage {
				return e.variants[0].Layout.Slots[n].Initial[i], nil // the same in all
			}
		}
	}
	return "", fmt.Errorf("no slot of `%s` holds `%s` at first", table, stage)
}

// LookupMap reads an entry; nil if there is none.
func (e *Engine) LookupMap(name string, key []byte) (value []byte, err error) {
	defer func() { e.note(Call{Op: opLookup, Name: name, Key: key, Read: value}, err) }()
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
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
func (e *Engine) Entries(name string) (all map[string][]byte, err error) {
	defer func() { e.note(Call{Op: opEntries, Name: name, Entries: all}, err) }()
	m, err := e.mapNamed(name)
	if err != nil {
		return nil, err
	}
	all = map[string][]byte{}
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
func (e *Engine) Counter(name string) (cells []uint64, err error) {
	defer func() { e.note(Call{Op: opCounter, Name: name, Cells: cells}, err) }()
	if err := e.Load(); err != nil {
		return nil, err
	}
	c := e.pipeline.Counter(name)
	cells = make([]uint64, c.Len())
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
func (e *Engine) Run(packet []byte) (r interp.Result, err error) {
	defer func() {
		e.note(Call{Op: opRun, Value: packet, Read: r.Packet, Code: r.Code, Mark: r.Context.Mark, Priority: r.Context.Priority, Events: r.Events}, err)
	}()
	if err := e.Load(); err != nil {
		return interp.Result{}, err
	}
	var out runtime.TestResult
	err = OnCPU(e.CPU, func() (err error) {
		out, err = e.pipeline.Test(packet)
		return err
	})
	if err != nil {
		return interp.Result{}, err
	}
	r = interp.Result{
		Verdict: e.kind.Returned(out.Code),
		Code:    out.Code,
		Packet:  out.Packet,
		Changed: !bytes.Equal(packet, out.Packet),
		Context: interp.Context{Mark: out.Mark, Priority: out.Priority},
	}
	if r.Verdict == nil {
		return r, fmt.Errorf("the programs returned %d, which is no verdict of %s", out.Code, e.kind.Name)
	}
	r.Events, err = e.Events()
	return r, err
}

// Events reads the events that are waiting: after Run, of a guest, what its stages have sent.
func (e *Engine) Events() (events []interp.Event, err error) {
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

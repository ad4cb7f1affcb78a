package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

// A Recording is a compiled pipeline, and all that was done with it on one kernel. Played on another kernel it must come
// to the same.
type Recording struct {
	Title    string
	Type     string         // of the pipeline
	Target   codegen.Target // that it was compiled for
	Layout   runtime.Layout
	Object   []byte // an ELF file in this machine's byte order
	Programs int
	Calls    []Call
	Variant  string    // the object's name, if it is a variant
	Coarser  []Coarser // the variants that are tried before it
}

// A Call is one use of an Engine, and what came of it.
type Call struct {
	Op         string
	Name       string // of the map, variable or counter
	Key, Value []byte // what was looked up or written; the packet
	Failed     bool

	Read    []byte // what came out: a value, or the packet
	Entries map[string][]byte
	Cells   []uint64
	Code    int32
	Mark    uint32
	// Priority is skb->priority, like Mark.
	Priority uint32
	Events   []interp.Event
}

// The operations.
const (
	opLoad      = "load"
	opSetGlobal = "set variable"
	opGlobal    = "variable"
	opUpdate    = "update map"
	opDelete    = "delete from map"
	opLookup    = "look up in map"
	opEntries   = "map"
	opCounter   = "counter"
	opRun       = "packet"
	opSlot      = "set slot"
)

// NewRecording is the empty recording of a pipeline. Its Add is for the Tape of an engine of the pipeline.
func NewRecording(title string, p *check.Program, a *codegen.Artifact) *Recording {
	return &Recording{Title: title, Type: p.Type.Name, Layout: a.Layout, Object: a.Native(), Programs: len(a.Programs)}
}

// Add adds a call. What it holds is copied, since callers may use their bytes again.
func (r *Recording) Add(c Call) {
	c.Key, c.Value, c.Read = bytes.Clone(c.Key), bytes.Clone(c.Value), bytes.Clone(c.Read)
	r.Calls = append(r.Calls, c)
}

// Packets is how many packets were sent.
func (r *Recording) Packets() int {
	n := 0
	for _, c := range r.Calls {
		if c.Op == opRun {
			n++
		}
	}
	return n
}

// CPUs is how many there must be: a map of CPUs takes no other numbers.
func (r *Recording) CPUs() (int, error) {
	spec, err := r.spec()
	n := 1
	for _, c := range r.Calls {
		if c.Op == opUpdate && err == nil && spec.Maps[c.Name].Type == ebpf.CPUMap {
			n = max(n, int(binary.NativeEndian.Uint32(c.Key))+1)
		}
	}
	return n, err
}

func (r *Recording) spec() (*ebpf.CollectionSpec, error) {
	return ebpf.LoadCollectionSpecFromReader(bytes.NewReader(r.Object))
}

// note tells the tape of a call.
func (e *Engine) note(c Call, err error) {
	if e.Tape != nil {
		c.Failed = err != nil
		e.Tape(c)
	}
}

// Play does everything again, on this kernel, whose target has this place among codegen.Targets, and tells the first
// difference.
func (r *Recording) Play(target int) error {
	variants, err := r.variants()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(check.PipelineTypes, func(t *check.PipelineType) bool { return t.Name == r.Type })
	e := &Engine{kind: check.PipelineTypes[i], variants: variants}
	defer e.Close()
	for n, want := range r.Calls {
		var got Call
		e.Tape = func(c Call) { got = c } // the last one is that of the call itself
		why := e.play(want)
		if diff := got.differs(want); diff != "" {
			err := errors.Join(fmt.Errorf("call %d, %s %s: %s", n, want.Op, want.Name, diff), why)
			if e.fullTrie() {
				return &FullTrieError{err}
			}
			return err
		}
		if want.Op == opLoad && !want.Failed {
			if err := r.chose(e.pipeline, target); err != nil {
				return err
			}
		}
	}
	return nil
}

// A FullTrieError is a difference that was found while an LPM trie was full. Kernels differ in whether they replace a
// value in a full one.
type FullTrieError struct{ Diff error }

func (e *FullTrieError) Error() string { return e.Diff.Error() }
func (e *FullTrieError) Unwrap() error { return e.Diff }

// fullTrie reports whether one of the pipeline's LPM tries is full.
func (e *Engine) fullTrie() bool {
	for name, m := range e.variants[0].Spec.Maps {
		if m.Type != ebpf.LPMTrie {
			continue
		}
		if all, err := e.Entries(name); err == nil && len(all) == int(m.MaxEntries) {
			return true
		}
	}
	return false
}

// play does one call.
func (e *Engine) play(c Call) (err error) {
	switch c.Op {
	case opLoad:
		err = e.Load()
	case opSetGlobal:
		err = e.SetGlobal(c.Name, c.Value)
	case opGlobal:
		_, err = e.Global(c.Name)
	case opUpdate:
		err = e.UpdateMap(c.Name, c.Key, c.Value)
	case opDelete:
		err = e.DeleteMap(c.Name, c.Key)
	case opLookup:
		_, err = e.LookupMap(c.Name, c.Key)
	case opEntries:
		_, err = e.Entries(c.Name)
	case opCounter:
		_, err = e.Counter(c.Name)
	case opRun:
		_, err = e.Run(c.Value)
	case opSlot:
		err = e.setProgram(c.Name, binary.NativeEndian.Uint32(c.Key), string(c.Value))
	}
	return err
}

// differs says what came of a call that hadn't come of it before; empty if nothing.
func (c Call) differs(want Call) string {
	switch {
	case c.Failed != want.Failed:
		return fmt.Sprintf("fails: %t, before %t", c.Failed, want.Failed)
	case c.Failed:
		return ""
	case c.Code != want.Code:
		return fmt.Sprintf("verdict %d, before %d, of %x", c.Code, want.Code, c.Value)
	case !bytes.Equal(c.Read, want.Read):
		return fmt.Sprintf("%x, before %x", c.Read, want.Read)
	case c.Mark != want.Mark:
		return fmt.Sprintf("mark %#x, before %#x", c.Mark, want.Mark)
	case c.Priority != want.Priority:
		return fmt.Sprintf("priority %#x, before %#x", c.Priority, want.Priority)
	case !maps.EqualFunc(c.Entries, want.Entries, bytes.Equal):
		return fmt.Sprintf("%x, before %x", c.Entries, want.Entries)
	case !slices.Equal(c.Cells, want.Cells):
		return fmt.Sprintf("%d, before %d", c.Cells, want.Cells)
	case !slices.EqualFunc(c.Events, want.Events, func(a, b interp.Event) bool { return a.ID == b.ID && bytes.Equal(a.Data, b.Data) }):
		return fmt.Sprintf("events %v, before %v", c.Events, want.Events)
	}
	return ""
}

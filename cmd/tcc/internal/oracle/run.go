package oracle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/runtime"
)

// A Failure is what went wrong with a case.
type Failure struct {
	Kind   string // failures of the same kind are taken for the same mistake
	Plan   Plan   // that failed
	Detail string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s (%s)\n%s", f.Kind, f.Plan, f.Detail)
}

// Slug is the kind of failure as part of a file's name.
func (f *Failure) Slug() string {
	return fmt.Sprintf("%.40s", strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, f.Kind))
}

// A Summary is what a run of a case did.
type Summary struct {
	Plans    int // forms of the pipeline that were loaded
	Programs int // that were loaded, for all plans
	Cuts     int // places in them where a program begins that a packet doesn't enter through
	Most     int // programs of the finest plan
	Packets  int // sent to the kernel
	Refused  int // pipelines that need more stack or code than there can be

	Statements, Reached int                 // of the source, and those that packets came to
	Coverage            map[string]Coverage // by pipeline type
}

// Add adds up what runs did.
func (s *Summary) Add(t Summary) {
	s.Plans += t.Plans
	s.Programs += t.Programs
	s.Cuts += t.Cuts
	s.Most = max(s.Most, t.Most)
	s.Packets += t.Packets
	s.Refused += t.Refused
	s.Statements += t.Statements
	s.Reached += t.Reached
	for typ, c := range t.Coverage {
		if s.Coverage == nil {
			s.Coverage = map[string]Coverage{}
		}
		if s.Coverage[typ] == nil {
			s.Coverage[typ] = Coverage{}
		}
		s.Coverage[typ].Add(c)
	}
}

// A trace is what became of a case's packets, and the state they left behind.
type trace struct {
	results []interp.Result
	state   map[string]string
	reached map[syntax.Stmt]bool
	profile *codegen.Profile
}

// Run sends the packets of a case through the interpreter and through compiled forms of the pipeline, and tells the
// first difference, nil if there is none.
func (c *Case) Run() (s Summary, failure *Failure) {
	p, list := check.Source(fileName, c.Source)
	if list.HasErrors() {
		return s, fail("checker: "+codes(list), "%s", list.Text(map[string]string{fileName: c.Source}, false))
	}
	want, failure := c.interpret(p)
	if failure != nil {
		return s, failure
	}
	covered := cover(p, want.reached)
	for _, packet := range c.Packets {
		for _, change := range fitting(p, packet.Before) {
			word, _, _ := strings.Cut(change.String(), " ")
			covered["user space: "+word]++
		}
	}
	s.Statements, s.Reached, s.Coverage = statements(p), len(want.reached), map[string]Coverage{p.Type.Name: covered}
	ops := newOps(p, want.reached)
	plans, failure := c.plans(p)
	if failure != nil {
		return s, failure
	}
	whole := 0
	for _, plan := range plans {
		if plan.Part > 0 {
			plan.Budget = whole/plan.Part + 1
		}
		opts := codegen.Options{Verify: c.Verify, Emitted: ops.emitted}
		if plan.Profiled {
			opts.Profile = want.profile
		}
		a, failure := plan.compile(p, opts)
		switch {
		case failure == nil:
		case failure.Kind == noPlan && plan != Plan{}:
			continue // the search doesn't find all plans, and random cuts may make too many programs in a row
		case failure.Kind == noPlan && tooLarge.MatchString(failure.Detail):
			s.Refused++ // many large values, or much code that looks for far bytes in one place
			return s, nil
		default:
			return s, failure
		}
		if plan == (Plan{}) {
			whole = largest(a)
		}
		s.Plans++
		s.Programs += len(a.Programs)
		s.Cuts += cuts(a)
		covered.Add(shape(a))
		s.Most = max(s.Most, len(a.Programs))
		s.Packets += len(c.Packets)
		if failure := c.compare(p, a, plan, want); failure != nil {
			failure.Plan = plan
			return s, failure
		}
	}
	covered.Add(ops.counts)
	return s, nil
}

// shape counts what is special about the programs of a pipeline.
func shape(a *codegen.Artifact) Coverage {
	c := Coverage{}
	if len(a.Programs) > 16 {
		c["more than 16 programs"]++
	}
	for _, p := range a.Programs {
		if p.CarriedBytes >= 32 {
			c["32 bytes carried"]++
		}
		if p.Stack >= 128 {
			c["128 bytes of stack"]++
		}
	}
	return c
}

// largest is the estimate for a pipeline's largest program.
func largest(a *codegen.Artifact) (most int) {
	for _, p := range a.Programs {
		most = max(most, p.EstimatedCost)
	}
	return most
}

// cuts is how many programs of a pipeline are reached through tail calls that the compiler made.
func cuts(a *codegen.Artifact) (n int) {
	for _, p := range a.Programs {
		if p.Index >= 0 {
			n++
		}
	}
	return n
}

// tooLarge are the constraints that no budget cures: the stack, and the code of a program where it can't be cut.
var tooLarge = regexp.MustCompile("bytes of stack|[0-9] instructions, ")

// codes are those of all errors.
func codes(list diag.List) string {
	var all []string
	for _, d := range list {
		if d.Severity == diag.Error {
			all = append(all, d.Code)
		}
	}
	return commas(all)
}

// statements is how many a program has; a block is none by itself.
func statements(p *check.Program) (n int) {
	for _, s := range p.Stages {
		syntax.Walk(s.Decl.Body, func(node syntax.Node) bool {
			_, stmt := node.(syntax.Stmt)
			if _, block := node.(*syntax.Block); stmt && !block {
				n++
			}
			return true
		})
	}
	return n
}

func fail(kind string, format string, args ...any) *Failure {
	return &Failure{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

var variable = regexp.MustCompile("0x[0-9a-f]+|[0-9]+|`[^`]*`|\"[^\"]*\"")

// normal is a message without what differs from program to program.
func normal(message string) string {
	first, _, _ := strings.Cut(message, "\n")
	if len(first) > 200 {
		first = first[:200]
	}
	return variable.ReplaceAllString(first, "…")
}

// machine is the interpreter, with all that the case says.
func (c *Case) machine(p *check.Program) *interp.Machine {
	m := interp.New(p)
	for _, s := range c.Settings {
		if s.fits(p) {
			s.toMachine(m)
		}
	}
	for _, change := range fitting(p, c.Changes) {
		change.toMachine(m)
	}
	return m
}

// fitting are the changes that are about a program.
func fitting(p *check.Program, all []Change) (fit []Change) {
	for _, change := range all {
		if change.fits(p) {
			fit = append(fit, change)
		}
	}
	return fit
}

// interpret is what ought to happen.
func (c *Case) interpret(p *check.Program) (t trace, failure *Failure) {
	defer func() {
		if what := recover(); what != nil {
			failure = fail("interpreter panics: "+normal(fmt.Sprint(what)), "packet %d: %v\n%s", len(t.results), what, debug.Stack())
		}
	}()
	m := c.machine(p)
	t.reached = map[syntax.Stmt]bool{}
	recorder := codegen.NewProfileRecorder(p)
	m.OnStage = recorder.Stage
	m.OnStmt = func(s syntax.Stmt) {
		recorder.Stmt(s)
		if _, block := s.(*syntax.Block); !block {
			t.reached[s] = true
		}
	}
	for _, packet := range c.Packets {
		for _, change := range fitting(p, packet.Before) {
			change.toMachine(m)
		}
		m.Env = packet.env()
		t.results = append(t.results, m.Run(packet.Data))
	}
	t.profile = recorder.Profile(uint64(len(c.Packets)))
	t.state = map[string]string{}
	for _, g := range p.Globals {
		t.state["var "+g.Name] = fmt.Sprintf("%x", m.Global(g.Name))
	}
	for _, n := range p.Counters {
		t.state["counter "+n.Name] = fmt.Sprint(m.Counter(n.Name))
	}
	for _, table := range p.Slots {
		t.state["misses of "+table.Name] = fmt.Sprint(m.Misses(table.Name))
	}
	for _, d := range p.Maps {
		all := map[string][]byte{}
		for k, v := range m.Map(d.Name).Entries() {
			all[string(k)] = v
		}
		t.state["map "+d.Name] = entriesText(all)
	}
	return t, nil
}

// entriesText prints the entries of a map in the order of their keys.
func entriesText(all map[string][]byte) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, " %x:%x", k, all[k])
	}
	return b.String()
}

// compare runs the case in the kernel.
func (c *Case) compare(p *check.Program, a *codegen.Artifact, plan Plan, want trace) *Failure {
	k, err := kernel.New(p, a)
	if err != nil {
		return fail("object: "+normal(err.Error()), "%v", err)
	}
	defer k.Close()
	k.CPU, k.Strict = c.CPU, c.Strict
	if c.Record != nil {
		k.Tape = c.Record(p, a, plan)
	}
	if failure := c.load(p, k); failure != nil {
		return failure
	}
	for i, packet := range c.Packets {
		for _, change := range fitting(p, packet.Before) {
			change.toKernel(k)
		}
		got, err := packet.run(k)
		if err != nil {
			return fail("run: "+normal(err.Error()), "packet %d: %v", i, err)
		}
		if failure := difference(got, want.results[i]); failure != nil {
			failure.Detail = fmt.Sprintf("packet %d, %x: %s", i, packet.Data, failure.Detail)
			return failure
		}
	}
	return c.compareState(p, k, want)
}

// env is what the program sees of its surroundings.
func (p Packet) env() interp.Env { return interp.Pinned(p.Now, p.Random, p.CPU) }

// run sends a packet through the kernel.
func (p Packet) run(k *kernel.Engine) (interp.Result, error) {
	for _, s := range []Setting{
		{"tcc_now", binary.NativeEndian.AppendUint64(nil, p.Now)},
		{"tcc_random", binary.NativeEndian.AppendUint64(nil, p.Random)},
		{"tcc_cpu", binary.NativeEndian.AppendUint32(nil, p.CPU)},
	} {
		if err := k.SetGlobal(s.Name, s.Value); err != nil {
			return interp.Result{}, err
		}
	}
	return k.Run(p.Data)
}

// load puts a case into the kernel.
func (c *Case) load(p *check.Program, k *kernel.Engine) *Failure {
	for _, s := range c.Settings {
		if s.fits(p) {
			s.toKernel(k)
		}
	}
	if err := k.Load(); err != nil {
		var v *runtime.VerifierError
		if errors.As(err, &v) {
			return fail("verifier: "+normal(v.Reason), "%+v", err)
		}
		return fail("load: "+normal(err.Error()), "%+v", err)
	}
	for _, change := range fitting(p, c.Changes) {
		change.toKernel(k)
	}
	return nil
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
	}
	same := slices.EqualFunc(got.Events, want.Events, func(a, b interp.Event) bool {
		return a.ID == b.ID && bytes.Equal(a.Data, b.Data)
	})
	if !same {
		return fail("events", "\nkernel      %v\ninterpreter %v", got.Events, want.Events)
	}
	return nil
}

// compareState compares what outlives the packets: of what no program uses, the object has nothing.
func (c *Case) compareState(p *check.Program, k *kernel.Engine, want trace) *Failure {
	for _, g := range p.Globals {
		if k.Pipeline().Variable(g.Name) == nil {
			continue
		}
		got, err := k.Global(g.Name)
		if failure := want.differs("var", g.Name, fmt.Sprintf("%x", got), err); failure != nil {
			return failure
		}
	}
	for _, n := range p.Counters {
		if k.Pipeline().Map(n.Name) == nil {
			continue
		}
		got, err := k.Counter(n.Name)
		if failure := want.differs("counter", n.Name, fmt.Sprint(got), err); failure != nil {
			return failure
		}
	}
	for _, m := range p.Maps {
		if k.Pipeline().Map(m.Name) == nil {
			continue
		}
		got, err := k.Entries(m.Name)
		if failure := want.differs("map", m.Name, entriesText(got), err); failure != nil {
			return failure
		}
	}
	return missed(p, k, want)
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

// missed compares the tail calls that found no program. Inside the pipeline there are none.
func missed(p *check.Program, k *kernel.Engine, want trace) *Failure {
	misses, err := k.Pipeline().Misses()
	if err != nil {
		return fail("read the misses", "%v", err)
	}
	for _, target := range k.Pipeline().Layout().Targets {
		if misses[target] != 0 {
			return fail("miss", "%d tail calls to %s missed", misses[target], target)
		}
	}
	for _, table := range p.Slots {
		if failure := want.differs("misses of", table.Name, fmt.Sprint(misses[table.Name]), nil); failure != nil {
			return failure
		}
	}
	return nil
}

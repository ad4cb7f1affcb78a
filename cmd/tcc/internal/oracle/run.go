package oracle

import (
	"fmt"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
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

	Contradictions int // forms that make the kernel's verifier contradict itself

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
	s.Contradictions += t.Contradictions
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
	c.contradictions = 0
	defer func() { s.Contradictions = c.contradictions }()
	p, list := c.Program()
	if list.HasErrors() {
		return s, fail("checker: "+codes(list), "%s", c.tree(c.Source).explain(list))
	}
	want, failure := c.interpret(p)
	if failure != nil {
		return s, failure
	}
	if failure := c.asOne(want); failure != nil {
		return s, failure
	}
	x, failure := c.apart(p)
	if failure != nil {
		return s, failure
	}
	covered := cover(p, want.reached)
	for _, packet := range c.Packets {
		for _, change := range fitting(p, packet.Before) {
			word, _, _ := strings.Cut(change.String(), " ")
			if f, ok := change.(Filling); ok && f.Stage == firstGuest {
				word = "put"
			}
			covered["user space: "+word]++
		}
	}
	if c.Files > 1 {
		covered[fmt.Sprintf("%d files", c.Files)]++
	}
	s.Statements, s.Reached, s.Coverage = statements(p), len(want.reached), map[string]Coverage{p.Type.Name: covered}
	plans, failure := c.plans(p)
	if failure != nil {
		return s, failure
	}
	r := &runner{Case: c, p: p, want: want, ops: newOps(p, want.reached), s: &s, covered: covered}
	for _, plan := range plans {
		if plan.Part > 0 {
			plan.Budget = r.whole/plan.Part + 1
		}
		goOn, failure := r.plan(plan)
		if failure == nil && goOn && x != nil {
			failure = r.apart(x, plan)
		}
		if failure != nil {
			failure.Plan = plan
		}
		if failure != nil || !goOn {
			return s, failure
		}
	}
	covered.Add(r.ops.counts)
	return s, nil
}

// A runner runs the plans of a case.
type runner struct {
	*Case
	p       *check.Program
	want    trace
	ops     *ops
	s       *Summary
	covered Coverage
	whole   int // what the largest program of the default plan is estimated at
}

// plan runs the case by a plan. It tells whether it makes sense to go on with others.
func (r *runner) plan(plan Plan) (goOn bool, failure *Failure) {
	opts := codegen.Options{Verify: r.Verify, Emitted: r.ops.emitted}
	if plan.Profiled {
		opts.Profile = r.want.profile
	}
	a, failure := plan.compile(r.p, opts)
	switch {
	case failure == nil:
	case failure.Kind == noPlan && plan != Plan{}:
		return true, nil // the search doesn't find all plans, and random cuts may make too many programs in a row
	case failure.Kind == noPlan && tooLarge.MatchString(failure.Detail):
		r.s.Refused++ // many large values, or much code that looks for far bytes in one place
		return false, nil
	default:
		return false, failure
	}
	if plan == (Plan{}) {
		r.whole = largest(a)
	}
	k, failure := engine(r.p, a)
	if failure != nil {
		return false, failure
	}
	if r.Record != nil {
		k.Tape = r.Record(r.p, a, plan)
	}
	r.count(a)
	return true, r.compare(r.p, form{k}, r.want)
}

// apart runs the case by a plan, host and guests apart, if there is such a plan for both.
func (r *runner) apart(x *apart, plan Plan) *Failure {
	f, objects, failure := x.compile(plan, r.Verify)
	if failure != nil || f == nil {
		return failure
	}
	switch failure := r.compare(r.p, f, x.expect(r.want), x.slots...); {
	case failure == nil:
	case strings.Contains(failure.Detail, tooFar):
		return nil
	default:
		failure.Kind = "apart, " + failure.Kind
		return failure
	}
	for _, a := range objects {
		r.count(a)
	}
	r.covered["compiled apart"]++
	return nil
}

// count counts what is loaded.
func (r *runner) count(a *codegen.Artifact) {
	r.s.Plans++
	r.s.Programs += len(a.Programs)
	r.s.Cuts += cuts(a)
	r.s.Most = max(r.s.Most, len(a.Programs))
	r.s.Packets += len(r.Packets)
	r.covered.Add(shape(a))
}

// shape counts what is special about the programs of a pipeline.
func shape(a *codegen.Artifact) Coverage {
	c := Coverage{}
	if len(a.Programs) > 16 {
		c["more than 16 programs"]++
	}
	if len(a.Programs) == 1 && a.StateBytes > 0 {
		c["numbers off the stack"]++
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

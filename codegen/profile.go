package codegen

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/diag"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A Profile is how often packets came to the statements of a pipeline. It takes the place of the compiler's guess.
//
// Places are lines and columns inside a stage or fn, so that a change elsewhere in the source moves none. Of a stage that
// has changed itself, nothing is used.
type Profile struct {
	Pipeline string           `json:"pipeline"`
	Packets  uint64           `json:"packets"`
	Texts    map[string]Text  `json:"texts"` // "stage NAME" and "fn NAME" that were there
	Counts   []StatementCount `json:"counts"`
}

// A Text is a stage or fn of the source as it was.
type Text struct {
	Hash string `json:"hash"` // of its text
}

// A StatementCount is how often packets in a stage came to a statement.
type StatementCount struct {
	Stage string `json:"stage"`
	In    string `json:"in"`   // the text it is in: the stage's own, or that of a fn called from there
	From  place  `json:"from"` // where it begins
	To    place  `json:"to"`   // where it ends
	Count uint64 `json:"count"`
}

// A place in a text: the line, 0 for that of the declaration, and the column.
type place [2]int

func (p place) compare(q place) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) }

// declarations are the texts of a program by name.
func declarations(p *check.Program) map[string]syntax.Node {
	all := map[string]syntax.Node{}
	for _, s := range p.Stages {
		all["stage "+s.Name] = s.Decl
	}
	for _, f := range p.Fns {
		all["fn "+f.Name] = f.Decl
	}
	return all
}

// in is a place of the source as one in a text.
func in(text syntax.Node, at diag.Pos) place {
	return place{at.Line - text.Span().Start.Line, at.Col}
}

// hash is that of a text.
func hash(p *check.Program, text syntax.Node) string {
	span := text.Span()
	for _, f := range p.Files {
		if f.Name == span.File {
			return fmt.Sprintf("%.8x", sha256.Sum256([]byte(f.Source[span.Start.Offset:span.End.Offset])))
		}
	}
	return ""
}

// A ProfileRecorder counts statements for a Profile.
type ProfileRecorder struct {
	p      *check.Program
	stage  *check.Stage
	counts map[*check.Stage]map[syntax.Stmt]uint64
}

// NewProfileRecorder begins to count.
func NewProfileRecorder(p *check.Program) *ProfileRecorder {
	return &ProfileRecorder{p: p, counts: map[*check.Stage]map[syntax.Stmt]uint64{}}
}

// Program is whose statements are counted.
func (r *ProfileRecorder) Program() *check.Program { return r.p }

// Stage is to be told of each stage that a packet enters.
func (r *ProfileRecorder) Stage(s *check.Stage) { r.stage = s }

// Stmt is to be told of each statement that a packet comes to in it.
func (r *ProfileRecorder) Stmt(s syntax.Stmt) {
	if _, block := s.(*syntax.Block); block {
		return
	}
	if r.counts[r.stage] == nil {
		r.counts[r.stage] = map[syntax.Stmt]uint64{}
	}
	r.counts[r.stage][s]++
}

// Profile is what was counted, over so many packets.
func (r *ProfileRecorder) Profile(packets uint64) *Profile {
	f := &Profile{Pipeline: r.p.Name, Packets: packets, Texts: map[string]Text{}}
	texts := declarations(r.p)
	for name, text := range texts {
		f.Texts[name] = Text{hash(r.p, text)}
	}
	for _, s := range r.p.Stages {
		r.statements(f, s, "stage "+s.Name, s.Decl)
		for _, fn := range r.p.Fns {
			r.statements(f, s, "fn "+fn.Name, fn.Decl)
		}
	}
	return f
}

// statements adds the statements of a text: all of the stage's own, those that packets came to of a fn's.
func (r *ProfileRecorder) statements(f *Profile, stage *check.Stage, name string, text syntax.Node) {
	syntax.Walk(text, func(n syntax.Node) bool {
		s, ok := n.(syntax.Stmt)
		if _, block := s.(*syntax.Block); !ok || block {
			return true
		}
		count := r.counts[stage][s]
		if text == syntax.Node(stage.Decl) || count > 0 {
			f.Counts = append(f.Counts, StatementCount{stage.Name, name, in(text, s.Span().Start), in(text, s.Span().End), count})
		}
		return true
	})
}

// ReadProfile reads what JSON wrote.
func ReadProfile(data []byte) (*Profile, error) {
	f := &Profile{}
	if err := json.Unmarshal(data, f); err != nil {
		return nil, fmt.Errorf("no profile: %w", err)
	}
	return f, nil
}

// JSON is the profile as text.
func (f *Profile) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(f, "", " ")
	return append(data, '\n'), err
}

// Stale tells what of the profile can't be used for a program, one line each.
func (f *Profile) Stale(p *check.Program) (list []string) {
	if f.Packets == 0 {
		return []string{"the profile has no packets"}
	}
	if f.Pipeline != p.Name {
		return []string{fmt.Sprintf("the profile is that of pipeline `%s`", f.Pipeline)}
	}
	var changed []string
	for name, text := range declarations(p) {
		if f.Texts[name].Hash != hash(p, text) {
			changed = append(changed, strings.Replace(name, " ", " `", 1)+"`")
		}
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		list = append(list, fmt.Sprintf("not in the profile as they are now, so how often packets come there is guessed: %s", strings.Join(changed, ", ")))
	}
	return list
}

// lookup finds the statement at a place in a stage's code: its number, and the share of packets that come to it.
func (f *Profile) lookup(p *check.Program) func(stage string, at diag.Span) (statement int, share float64, ok bool) {
	if f == nil || f.Packets == 0 || f.Pipeline != p.Name {
		return nil
	}
	texts := declarations(p)
	for name, text := range texts {
		if f.Texts[name].Hash != hash(p, text) {
			delete(texts, name)
		}
	}
	byStage := map[string][]int{}
	for i, c := range f.Counts {
		if texts[c.In] != nil && texts["stage "+c.Stage] != nil {
			byStage[c.Stage] = append(byStage[c.Stage], i)
		}
	}
	type key struct {
		stage string
		at    diag.Pos
		file  string
	}
	found := map[key]int{} // -1: there is none
	return func(stage string, at diag.Span) (int, float64, bool) {
		k := key{stage, at.Start, at.File}
		best, known := found[k]
		if !known {
			best = f.find(byStage[stage], texts, at)
			found[k] = best
		}
		if best < 0 {
			return 0, 0, false
		}
		return best, float64(f.Counts[best].Count) / float64(f.Packets), true
	}
}

// find is the innermost of some counted statements at a place, -1 if there is none.
func (f *Profile) find(counts []int, texts map[string]syntax.Node, at diag.Span) int {
	best := -1
	for _, i := range counts {
		c := &f.Counts[i]
		text := texts[c.In]
		if span := text.Span(); at.File != span.File || at.Start.Offset < span.Start.Offset || at.Start.Offset >= span.End.Offset {
			continue
		}
		here := in(text, at.Start)
		if c.From.compare(here) <= 0 && here.compare(c.To) < 0 && (best < 0 || c.From.compare(f.Counts[best].From) >= 0) {
			best = i
		}
	}
	return best
}

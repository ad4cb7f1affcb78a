package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

// A program with guests is one pipeline for the interpreter. Of Case.Apart, the kernel runs two pipelines as well: one of the
// host's declarations, and one of the guests', which imports the first and whose first guest user space puts into the slots
// where the whole program has it. Nothing but that may differ.

// An apart is the two halves of a program.
type apart struct {
	host, guest *check.Program
	slots       []Change // what puts the first guest where the whole program has it
}

// guestFile is the root file of the guests.
const guestFile = "guest.tcc"

// apart takes the program apart; nil if it isn't to be, or has no guest in a slot.
func (c *Case) apart(p *check.Program) (*apart, *Failure) {
	if !c.Apart {
		return nil, nil
	}
	x := &apart{}
	for _, s := range p.Slots {
		for _, i := range slices.Sorted(keys(s.Initial)) {
			if s.Initial[i].Name == firstGuest {
				x.slots = append(x.slots, Filling{s.Name, i, firstGuest})
			}
		}
	}
	if len(x.slots) == 0 {
		return nil, nil
	}
	host, guest := halves(c.Source, x.slots[0].(Filling).Table)
	t := c.tree(host)
	t[guestFile] = guest
	for name, to := range map[string]**check.Program{fileName: &x.host, guestFile: &x.guest} {
		half, list := t.load(name)
		if list.HasErrors() {
			return nil, fail("checker, apart: "+codes(list), "%s", t.explain(list))
		}
		*to = half
	}
	return x, nil
}

// halves are the texts of host and guests. The first guest is for a table of the host.
func halves(src, table string) (host, guest string) {
	file, _ := syntax.Parse(fileName, src)
	var head, body string
	for _, d := range file.Decls {
		text := textOf(src, d)
		switch d := d.(type) {
		case *syntax.PipelineDecl:
			head += "pipeline guests" + src[d.Name.Span().End.Offset:d.Span().End.Offset] + "\n"
			host += text + "\n"
		case *syntax.DefaultDecl, *syntax.LicenseDecl:
			head += text + "\n"
			host += text + "\n"
		default:
			if strings.HasPrefix(declared(src, d), guestPrefix) {
				body += forTable(src, d, table) + "\n"
			} else {
				host += withoutGuest(src, d) + "\n"
			}
		}
	}
	return host, head + fmt.Sprintf("import %q\n", fileName) + body
}

// forTable is the text of what guests declare.
func forTable(src string, d syntax.Decl, table string) string {
	stage, ok := d.(*syntax.StageDecl)
	if !ok || stage.Name.Name != firstGuest {
		return textOf(src, d)
	}
	from, _ := at(stage)
	body, _ := at(stage.Body)
	return src[from:body] + "for " + table + " " + textOf(src, stage.Body)
}

// withoutGuest is the text of what the host declares, in whose slots there is no guest.
func withoutGuest(src string, d syntax.Decl) string {
	var edits []edit
	from, _ := at(d)
	remove := func(begin, end int) { edits = append(edits, edit{from: begin - from, to: end - from}) }
	switch d := d.(type) {
	case *syntax.SlotsDecl:
		for _, e := range d.Entries {
			if e.Stage.Name == firstGuest {
				begin, end := at(e)
				if strings.HasPrefix(src[end:], ";") {
					end++
				}
				remove(begin, end)
			}
		}
	case *syntax.SlotDecl:
		if d.Stage != nil && d.Stage.Name == firstGuest {
			begin, end := at(d.Stage)
			remove(strings.LastIndexByte(src[:begin], '='), end)
		}
	}
	return apply(textOf(src, d), edits)
}

// compile compiles both halves; there is no form if one can't be cut like that.
func (x *apart) compile(plan Plan, verify bool) (f form, objects []*codegen.Artifact, failure *Failure) {
	plan.Profiled = false
	for _, p := range []*check.Program{x.host, x.guest} {
		a, failure := plan.compile(p, codegen.Options{Verify: verify})
		if failure != nil && failure.Kind == noPlan {
			return nil, nil, nil
		}
		if failure != nil {
			return nil, nil, failure
		}
		k, failure := engine(p, a)
		if failure != nil {
			return nil, nil, failure
		}
		f, objects = append(f, k), append(objects, a)
	}
	f[1].Host = f[0]
	return f, objects, nil
}

// tooFar is how the runtime refuses a guest that makes too many tail calls behind those of the host.
const tooFar = "and a packet can make"

// expect is what ought to happen, with the events as the two readers give them: first those of the host, and each by its
// number there.
func (x *apart) expect(want trace) trace {
	want.results = slices.Clone(want.results)
	for i := range want.results {
		r := &want.results[i]
		events := r.Events
		r.Events = nil
		for _, declared := range [][]*check.Event{x.host.Events, x.guest.OwnEvents()} {
			for _, e := range events {
				if id := slices.IndexFunc(declared, func(d *check.Event) bool { return d.Name == e.Name }); id >= 0 {
					r.Events = append(r.Events, interp.Event{ID: uint32(id), Name: e.Name, Data: e.Data})
				}
			}
		}
	}
	return want
}

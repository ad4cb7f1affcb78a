package codegen

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/tcc-bpf/tcc/codegen/internal/build"
	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime"
)

// A stage that is compiled apart runs on what its host has left: arguments in a carrier, and maps. Both sides write down
// what they rely on, from the same declarations, and the runtime compares the hashes of that. Whatever the code of either
// side takes for granted of the other must be written here.

// fingerprint is the hash of a text: 128 bits, as hex.
func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x", sum[:16])
}

// conventionVersion changes with the way in which stages of slots are called.
const conventionVersion = 1

// convention is how the stages of a table are called: in which programs, with what, and where that lies.
func convention(p *check.Program, s *check.Slots) string { return fingerprint(conventionText(p, s)) }

func conventionText(p *check.Program, s *check.Slots) string {
	var b strings.Builder
	sizes := build.ArgSizes(s)
	carrier, offsets := split.Convention(ir.ProgTypes[p.Type.Name], sizes)
	fmt.Fprintf(&b, "slots %d\ntype %s frags %t\ncarrier %s", conventionVersion, p.Type.Name, p.Frags, carrier)
	if carrier == split.TableState {
		fmt.Fprintf(&b, " of %d bytes", split.StateSize)
	}
	for _, l := range s.Params {
		fmt.Fprintf(&b, "\n%s", describe(l.Type))
	}
	for i, n := range sizes {
		fmt.Fprintf(&b, "\n%d bytes at %d", n, offsets[i])
	}
	fmt.Fprintf(&b, "\nthe last is the cursor, at most %d\n", check.CursorMax)
	return b.String()
}

// eventsName is the host's ring buffer, which is shared as one.
const eventsName = "tcc_events"

// shared is the fingerprints of what stages compiled apart can share with a pipeline, by name.
func shared(p *check.Program) map[string]string {
	all := map[string]string{}
	for _, m := range p.Maps {
		all[m.Name] = fingerprint(fmt.Sprintf("map %s[%s]%s max %d", m.Kind, describe(m.Key), describe(m.Value), m.Max))
	}
	for _, o := range p.Targets {
		all[o.Name] = fingerprint(fmt.Sprintf("map %s max %d", o.Kind, o.Max))
	}
	for _, c := range p.Counters {
		index := "number"
		if c.Enum != nil {
			index = describe(c.Enum)
		}
		all[c.Name] = fingerprint(fmt.Sprintf("counter[%d] by %s", c.Len, index))
	}
	for _, g := range p.Globals {
		if g.Config {
			all[g.Name] = fingerprint("config " + describe(g.Type))
		}
	}
	if len(p.Events) > 0 {
		var text strings.Builder
		for _, e := range p.Events {
			fmt.Fprintf(&text, "event %s %s\n", e.Name, describe(e.Layout))
		}
		all[eventsName] = fingerprint(text.String())
	}
	return all
}

// host is what a program shares with its host.
func host(p *check.Program, m *ir.Module) *runtime.HostLayout {
	h := &runtime.HostLayout{Name: p.Host.Name, Shared: map[string]string{}}
	for _, s := range p.Stages {
		if s.For != nil {
			carrier, _ := split.Convention(m.Type(), build.ArgSizes(s.For))
			h.State = h.State || carrier == split.TableState
		}
	}
	all := shared(p.Host)
	for _, name := range p.HostNames() {
		if has(m, name) {
			h.Shared[name] = all[name]
		}
	}
	if has(m, build.HostEventsMap) {
		h.Shared[eventsName] = all[eventsName]
	}
	return h
}

// has reports whether a module has a map or variable.
func has(m *ir.Module, name string) bool {
	return slices.ContainsFunc(m.Maps, func(m *ir.Map) bool { return m.Name == name }) ||
		slices.ContainsFunc(m.Globals, func(g *ir.Global) bool { return g.Name == name })
}

// stagesApart are the stages for slots of the host.
func stagesApart(p *check.Program, plan *split.Plan) []runtime.StageLayout {
	var all []runtime.StageLayout
	for _, s := range p.Stages {
		if s.For == nil {
			continue
		}
		for _, pr := range plan.Programs {
			if pr.Stage == s.Name && pr.Table == s.For.Name {
				table := p.Host.Slots[slices.IndexFunc(p.Host.Slots, func(t *check.Slots) bool { return t.Name == s.For.Name })]
				all = append(all, runtime.StageLayout{
					Name: s.Name, Program: pr.Name, Table: table.Name, Convention: convention(p.Host, table), TailCalls: pr.After,
				})
			}
		}
	}
	return all
}

// describe writes a type down with all that its layout depends on.
func describe(t types.Type) string {
	switch t := t.(type) {
	case *types.Enum:
		var b strings.Builder
		fmt.Fprintf(&b, "enum %s %s {", t.Name, t.Base)
		for _, m := range t.Members {
			fmt.Fprintf(&b, " %s=%d", m.Name, m.Value)
		}
		return b.String() + " }"
	case *types.Struct:
		var b strings.Builder
		fmt.Fprintf(&b, "struct %s of %d {", t.Name, t.Size())
		for _, f := range t.Fields {
			fmt.Fprintf(&b, " %s %s at %d;", f.Name, describe(f.Type), f.Offset)
		}
		return b.String() + " }"
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len, describe(t.Elem))
	case *types.Header:
		var b strings.Builder
		fmt.Fprintf(&b, "header %s of %d {", t.Name, t.Fixed)
		for _, f := range t.Fields {
			fmt.Fprintf(&b, " %s %s at %d of %d bits;", f.Name, f.Type, f.BitOffset, f.Bits)
		}
		return b.String() + " }"
	}
	return t.String()
}

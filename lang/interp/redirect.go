package interp

import (
	"errors"
	"fmt"

	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/syntax"
	"github.com/tcc-bpf/tcc/lang/types"
)

// A Target is where a packet is redirected to.
type Target struct {
	Map     string // the devmap, cpumap or xskmap; empty: an interface
	Number  uint32 // the index in the map, or the interface's
	Ingress bool   // as if the interface had received the packet
}

// String is the target as the language writes it.
func (t Target) String() string {
	switch {
	case t.Map != "":
		return fmt.Sprintf("redirect(%s[%d])", t.Map, t.Number)
	case t.Ingress:
		return fmt.Sprintf("redirect(%d, ingress)", t.Number)
	}
	return fmt.Sprintf("redirect(%d)", t.Number)
}

// target is where a `redirect` leads.
func (r *run) target(to *check.Redirect) Target {
	t := Target{Number: uint32(r.eval(to.Number)[0]), Ingress: to.Ingress}
	if to.Targets != nil {
		t.Map = to.Targets.Name
	}
	return t
}

// redirect is the exit of `redirect(…)`: the default where the map has no such entry. Whether the interface is there
// shows only when the packet is on its way.
func (r *run) redirect(v *check.Verdict, to *check.Redirect) *exit {
	t := r.target(to)
	if to.Targets != nil {
		if _, ok := r.targets[to.Targets][t.Number]; !ok {
			return r.fallback()
		}
	}
	return &exit{verdict: v, code: v.Code, target: &t}
}

// SetTarget puts a device, CPU or socket into a map of targets. The machine minds only that it is there.
func (m *Machine) SetTarget(name string, index, target uint32) error {
	for _, o := range m.prog.Targets {
		switch {
		case o.Name != name:
		case index >= o.Max:
			return errIndex
		default:
			if m.targets[o] == nil {
				m.targets[o] = map[uint32]uint32{}
			}
			m.targets[o][index] = target
			return nil
		}
	}
	return fmt.Errorf("no targets are named %s", name)
}

// setTarget is SetTarget with the bytes of an update.
func (m *Machine) setTarget(name string, key, value []byte) error {
	if len(key) != types.U32.Size() || len(value) != types.U32.Size() {
		return errors.New("keys and values of targets have 4 bytes")
	}
	return m.SetTarget(name, native.Uint32(key), native.Uint32(value))
}

// expectRedirect is `expect redirect(…)`. An engine that doesn't know the target is asked for the verdict alone.
func (t *tester) expectRedirect(s *syntax.VerdictStmt) error {
	want, typ := t.run.target(t.run.prog.Redirects[s]), t.run.prog.Type
	got := typ.FormatVerdict(t.result.Code)
	if t.result.Target != nil {
		got = t.result.Target.String()
	}
	if t.result.Code != t.run.prog.Verdict[s].Code || t.result.Target != nil && *t.result.Target != want {
		return fmt.Errorf("expected %s, got %s", want, got)
	}
	return nil
}

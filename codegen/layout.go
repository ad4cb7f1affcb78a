package codegen

import (
	"encoding/binary"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/split"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/types"
	"github.com/tcc-bpf/tcc/runtime"
)

// layout is what generated code and the runtime must know of the pipeline beside its objects.
func layout(p *check.Program, m *ir.Module, plan *split.Plan) runtime.Layout {
	l := runtime.Layout{Name: m.Name, Type: m.ProgType, Frags: m.Frags, Default: m.Default, Targets: targets(m)}
	for _, s := range p.Slots {
		l.Slots = append(l.Slots, runtime.SlotsLayout{
			Name: s.Name, Len: s.Len, Initial: programsOf(m, s.Name),
			Convention: convention(p, s), Depth: plan.Depths[s.Name],
		})
	}
	if len(p.Slots) > 0 {
		l.Shared = shared(p)
	}
	if p.Host != nil {
		l.Host = host(p, m)
		l.Stages = stagesApart(p, plan)
	}
	for _, c := range p.Counters {
		if p.OfHost(c) && !has(m, c.Name) {
			continue
		}
		cl := runtime.CounterLayout{Name: c.Name, Len: c.Len}
		if c.Enum != nil {
			cl.Enum, cl.Members = c.Enum.Name, map[string]uint32{}
			for _, e := range c.Enum.Members {
				cl.Members[e.Name] = uint32(e.Value)
			}
		}
		l.Counters = append(l.Counters, cl)
	}
	for _, e := range p.OwnEvents() {
		l.Events = append(l.Events, runtime.EventLayout{Name: e.Name, Size: e.Layout.Size()})
	}
	return l
}

// targets are the programs of the internal prog array by index.
func targets(m *ir.Module) []string {
	n := 0
	for _, f := range m.Funcs {
		n = max(n, f.Index+1)
	}
	names := make([]string, n)
	for _, f := range m.Funcs {
		if f.Index >= 0 {
			names[f.Index] = f.Name
		}
	}
	return names
}

// programsOf are the programs that a slots table holds at first.
func programsOf(m *ir.Module, table string) map[uint32]string {
	for _, mm := range m.Maps {
		if mm.Name == table {
			return mm.Programs
		}
	}
	return nil
}

// encode lays a constant out in memory.
func encode(c *check.Const, t types.Type, order binary.ByteOrder) []byte {
	b := make([]byte, max(8, t.Size()))
	switch t := t.(type) {
	case *types.Array:
		for i, elem := range c.Elems {
			copy(b[i*t.Elem.Size():], encode(elem, t.Elem, order))
		}
		return b[:t.Size()]
	case *types.Struct:
		for i, field := range c.Elems {
			if field != nil {
				copy(b[t.Fields[i].Offset:], encode(field, t.Fields[i].Type, order))
			}
		}
		return b[:t.Size()]
	}
	switch t {
	case types.IP4, types.IP6:
		return c.Addr.AsSlice()
	case types.MAC:
		return c.MAC[:]
	}
	if _, ok := t.(*types.BE); ok || order == binary.BigEndian {
		binary.BigEndian.PutUint64(b, c.Int)
		return b[8-t.Size():]
	}
	binary.LittleEndian.PutUint64(b, c.Int)
	return b[:t.Size()]
}

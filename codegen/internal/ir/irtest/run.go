package irtest

import (
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/tcc-bpf/tcc/codegen/internal/ir"
	"github.com/tcc-bpf/tcc/codegen/internal/ir/eval"
)

// Outcome is all that a run of a module that Draw made shows to the world.
type Outcome struct {
	Verdict int32
	Packet  []byte
	Global  []byte
	Entries map[string][]byte
}

// Run sends a packet through such a module, whose global is given.
func Run(t *rapid.T, m *ir.Module, packet, global []byte) Outcome {
	mc := eval.New(m)
	mc.Packet = slices.Clone(packet)
	copy(mc.Globals["g"], global)
	verdict, err := mc.Run()
	if err != nil {
		t.Fatalf("%v in\n%s", err, m)
	}
	return Outcome{verdict, mc.Packet, mc.Globals["g"], maps.Clone(mc.Tables["m"].Entries)}
}

package loader

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cilium/ebpf/asm"

	"github.com/tcc-bpf/tcc/codegen/internal/object"
	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// A program that uses the generated loader of edge in the kernel, in both its halves.
const user = `package main

import (
	"log"
	"time"

	"github.com/cilium/ebpf"
)

func check(err error) {
	if err != nil {
		log.Fatalf("%+v", err)
	}
}

func want[T comparable](what string, got T, err error, want T) {
	check(err)
	if got != want {
		log.Fatalf("%s is %v, want %v", what, got, want)
	}
}

func main() {
	log.SetFlags(log.Lshortfile)
	objects()
	config := defaultEdgeConfig()
	config.Gate = [4]uint8{10, 1, 2, 3}
	edge, err := openEdge(config, nil)
	check(err)
	defer edge.Close()
	events, err := edge.Events()
	check(err)
	defer events.Close()

	run := func(verdict int32) {
		r, err := edge.Test(make([]byte, 64))
		want("verdict", r.Code, err, verdict)
	}
	run(2)
	n, err := edge.Counters.Dropped(edgeReasonNoState)
	want("dropped[no_state]", n, err, 1)
	n, err = edge.Counters.Dropped(edgeReasonBlocked)
	want("dropped[blocked]", n, err, 0)
	n, err = edge.Counters.PerPort(7)
	want("per_port[7]", n, err, 0)

	events.SetDeadline(time.Now().Add(5 * time.Second))
	event, err := events.Read()
	check(err)
	refused, ok := event.(*edgeRefused)
	want("type of the event", ok, nil, true)
	want("event", *refused, nil, edgeRefused{Src: [4]uint8{10, 1, 2, 3}, Why: edgeReasonNoState, Proto: 6, N: 7})
	want("name", refused.Why.String()+edgeReason(9).String(), nil, "no_statereason(9)")

	check(edge.Slots.Others.Set(3, edgeOthersBack1))
	run(3)
	check(edge.Slots.Others.Clear(3))
	run(1)
	check(edge.Slots.Others.Set(3, edgeOthersAllow))
	run(2)
	check(edge.Vars.SetPanic(true))
	run(1)
	panicking, err := edge.Vars.Panic()
	want("panic", panicking, err, true)
	seen := edgeFlow{Packets: 3, Key: edgeFlowKey{Port: 80}}
	check(edge.Vars.SetSeen(seen))
	got, err := edge.Vars.Seen()
	want("seen", got, err, seen)

	key, flow := edgeFlowKey{On: true, Src: [4]uint8{1, 2, 3, 4}}, edgeFlow{Packets: 5}
	check(edge.Maps.Flows.Put(key, flow))
	check(edge.Maps.Flows.Lookup(key, &got))
	want("flow", got, nil, flow)
	check(edge.Maps.Banned.Put(edgeTccPrefixIp4{Prefixlen: 8, Addr: [4]uint8{10}}, uint32(1)))
}

// objects does without the runtime, as with bpf2go.
func objects() {
	var objs edgeObjects
	check(loadEdgeObjects(&objs, nil))
	defer objs.Close()
	code, err := objs.edgePrograms.Edge.Run(&ebpf.RunOptions{Data: make([]byte, 64)})
	want("verdict", code, err, 2)
	var guard bool
	check(objs.Guard.Get(&guard))
	want("guard", guard, nil, true)
}
`

func TestGeneratedLoader(t *testing.T) {
	kerneltest.Require(t)
	in := edgeInput(t, binary.LittleEndian)
	all := files(t, in, edgeObject(t, binary.LittleEndian), edgeObject(t, binary.BigEndian))
	all["main.go"] = []byte(user)
	goTool(t, all, "run")
}

// TestGeneratedVariants does the same with a variant that every kernel refuses, whose name is like that of a function.
func TestGeneratedVariants(t *testing.T) {
	kerneltest.Require(t)
	refused := func(order binary.ByteOrder) []byte {
		s := edge(order)
		entry := &s.Programs[0]
		entry.Insns = append(asm.Instructions{asm.BuiltinFunc(9999).Call()}, entry.Insns...)
		data, err := object.Write(s, order)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	in := variantsInput(t, refused(binary.LittleEndian))
	all := files(t, in, edgeObject(t, binary.LittleEndian), edgeObject(t, binary.BigEndian))
	all["edge_objects_bpfel.o"], all["edge_objects_bpfeb.o"] = refused(binary.LittleEndian), refused(binary.BigEndian)
	all["main.go"] = []byte(strings.Replace(user, "defer edge.Close()\n", `defer edge.Close()
	want("variant", edge.Variant(), nil, "fine")
	want("refused variant", edge.Refused()[0].Variant, nil, "objects")
`, 1))
	goTool(t, all, "run")
}

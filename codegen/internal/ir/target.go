package ir

import (
	"fmt"
	"strings"
)

// A Target is a line of kernels: what programs may use that has to run there. The zero value is the oldest.
type Target struct {
	Name   string // the oldest release of the line; empty: Targets[0]'s
	SDiv   bool   // signed division, and sign extension in a move or load (the fourth instruction set, 6.6)
	Safe   bool   // and the least number divided by -1 harms no kernel of the line (fixed in 6.12 and some before)
	Inline bool   // lookups in per-CPU arrays are no calls (6.10)
	Calls  int    // bytes of stack that the functions of a program may take together that makes tail calls; 0: it may have only one
	Meta   int    // bytes that fit in front of an xdp packet, where programs leave notes for each other
	Loop   bool   // functions can be called in a loop (bpf_loop, 5.17)
	RT     bool   // built with PREEMPT_RT: programs are preempted, by others that use the same per-CPU memory
}

// Targets has a row for every line of kernels, the oldest first. From one to the next nothing is lost.
var Targets = []Target{
	{Name: "5.10", Meta: 32},
	{Name: "5.15", Meta: 32},
	{Name: "6.1", Meta: 32, Calls: 224, Loop: true},
	{Name: "6.6", Meta: 32, SDiv: true, Calls: 224, Loop: true},
	{Name: "6.12", Meta: 252, SDiv: true, Safe: true, Inline: true, Calls: 256, Loop: true},
	{Name: "6.18", Meta: 252, SDiv: true, Safe: true, Inline: true, Calls: 256, Loop: true},
}

// rtSuffix marks a kernel built with PREEMPT_RT.
const rtSuffix = ",rt"

// ParseTarget reads a target as it is written: a release, followed by ,rt for kernels built with PREEMPT_RT.
func ParseTarget(text string) (Target, error) {
	name, rt := strings.CutSuffix(text, rtSuffix)
	var names []string
	for _, t := range Targets {
		if t.Name == name {
			t.RT = rt
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Target{}, fmt.Errorf("there is no target `%s`; there are %s, each with or without %s", text, strings.Join(names, ", "), rtSuffix)
}

// String is how a target is written.
func (t Target) String() string {
	name := t.full().Name
	if t.RT {
		name += rtSuffix
	}
	return name
}

// full is the target, the zero value replaced by what it stands for.
func (t Target) full() Target {
	if t.Name == "" {
		oldest := Targets[0]
		oldest.RT = t.RT
		return oldest
	}
	return t
}

// MetaBytes is how many bytes fit in front of an xdp packet.
func (t Target) MetaBytes() int { return t.full().Meta }

// CallStack is how many bytes of stack the functions of a program may take together that calls subprograms and makes tail
// calls; 0: it must not do both. On x86 kernels can do that from 5.10 on, on arm64 from 6.0 on, and an object doesn't say where
// it will run. From 256 bytes on they refuse it for those that make tail calls (check_max_stack_depth in
// kernel/bpf/verifier.c), and old ones count in steps of 32.
func (t Target) CallStack() int { return t.full().Calls }

// Loops reports whether the body of a loop can be a function.
func (t Target) Loops() bool { return t.full().Loop }

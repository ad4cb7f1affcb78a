package oracle

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/kernel"
	"github.com/tcc-bpf/tcc/codegen"
	"github.com/tcc-bpf/tcc/lang/check"
)

// A Case is a program and all that happens to it.
type Case struct {
	Source   string
	Settings []Setting // of configs and vars, before the first packet
	Changes  []Change  // of maps and slots, before the first packet
	Packets  []Packet

	Choice  uint64 // chooses the plans
	Cuts    int    // how many plans with random cuts to run, besides the default one
	Part    bool   // run a plan for a part of the default one's budget, too
	Budgets bool   // run plans for the least budgets, too, which takes a search
	Verify  bool   // let the compiler verify its own work
	CPU     int    // where the packets run
	Strict  bool   // it is noted where the kernel's verifier contradicts itself

	Files int  // how many the declarations are spread over; 0: one
	Apart bool // the guests, if the program has any, are compiled apart, too

	// Record, if set, is asked for the tape of the engine that a compiled form of the pipeline runs in.
	Record func(*check.Program, *codegen.Artifact, Plan) func(kernel.Call)

	contradictions int // forms that make the kernel's verifier contradict itself
}

// A Packet is what comes in, and what the clock, the dice and the CPU show then.
type Packet struct {
	Before      []Change // since the packet before
	Now, Random uint64
	CPU         uint32
	Data        []byte
}

// New makes the case of a seed.
func New(seed uint64) *Case {
	r := rand.New(rand.NewPCG(seed, 2))
	c := &Case{Source: Generate(seed), Choice: r.Uint64()}
	c.Cuts, c.Part, c.Budgets, c.Verify = 1, seed%4 == 1, seed%16 == 0, seed%8 == 2
	c.Apart = withGuests(seed)
	if seed%8 == 3 {
		c.Files = 2 + int(c.Choice>>16%2)
	}
	if p, list := c.Program(); !list.HasErrors() {
		newTraffic(r, p, c).fill()
	}
	return c
}

// mark starts the comments that hold what a case has besides its source.
const mark = "// oracle: "

// String is the case as a source, with the rest of it in comments. Parse reads it.
func (c *Case) String() string {
	var b strings.Builder
	b.WriteString(c.Source)
	if c.Files > 0 {
		fmt.Fprintf(&b, "%sfiles %d\n", mark, c.Files)
	}
	if c.Apart {
		fmt.Fprintf(&b, "%sapart\n", mark)
	}
	for _, s := range c.Settings {
		fmt.Fprintf(&b, "%s%v\n", mark, s)
	}
	for _, change := range c.Changes {
		fmt.Fprintf(&b, "%s%v\n", mark, change)
	}
	for _, p := range c.Packets {
		for _, change := range p.Before {
			fmt.Fprintf(&b, "%sthen %v\n", mark, change)
		}
		fmt.Fprintf(&b, "%spacket %d %d %d %x\n", mark, p.Now, p.Random, p.CPU, p.Data)
	}
	return b.String()
}

// Parse reads what String wrote. The case runs with many plans.
func Parse(text string) (*Case, error) {
	var before []Change // the next packet
	c := &Case{Choice: 1, Cuts: 8, Part: true, Budgets: true, Verify: true}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, mark)
		if !ok {
			c.Source += line
			continue
		}
		if err := c.parseLine(strings.Fields(rest), &before); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return c, nil
}

// parseLine reads a line, word by word. Before has the changes since the last packet.
func (c *Case) parseLine(f []string, before *[]Change) error {
	switch {
	case len(f) == 2 && f[0] == "files":
		_, err := fmt.Sscan(f[1], &c.Files)
		return err
	case len(f) == 1 && f[0] == "apart":
		c.Apart = true
		return nil
	case len(f) > 3 && len(f) < 6 && f[0] == "packet":
		p := Packet{Before: *before}
		*before = nil
		if _, err := fmt.Sscan(strings.Join(f[1:4], " "), &p.Now, &p.Random, &p.CPU); err != nil {
			return err
		}
		data, err := hex.DecodeString(strings.Join(f[4:], "")) // nothing, of an empty packet
		p.Data = data
		c.Packets = append(c.Packets, p)
		return err
	case len(f) > 0 && f[0] == "then":
		change, err := parseChange(f[1:])
		*before = append(*before, change)
		return err
	}
	change, err := parseChange(f)
	if s, ok := change.(Setting); ok {
		c.Settings = append(c.Settings, s)
	} else {
		c.Changes = append(c.Changes, change)
	}
	return err
}

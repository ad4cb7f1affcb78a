package oracle

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tcc-bpf/tcc/lang/check"
)

// A Case is a program and all that happens to it.
type Case struct {
	Source   string
	Settings []Setting // of configs and vars, before the first packet
	Entries  []Entry   // of maps, before the first packet
	Packets  []Packet

	Choice  uint64 // chooses the plans
	Cuts    int    // how many plans with random cuts to run, besides the default one
	Part    bool   // run a plan for a part of the default one's budget, too
	Budgets bool   // run plans for the least budgets, too, which takes a search
	Verify  bool   // let the compiler verify its own work
	CPU     int    // where the packets run
	Strict  bool   // nor may the kernel's verifier contradict itself
}

// A Setting is the value of a config or var, in native memory.
type Setting struct {
	Name  string
	Value []byte
}

// A Packet is what comes in, and what the clock, the dice and the CPU show then.
type Packet struct {
	Now, Random uint64
	CPU         uint32
	Data        []byte
}

// An Entry is an entry of a map, in native memory.
type Entry struct {
	Map        string
	Key, Value []byte
}

// New makes the case of a seed.
func New(seed uint64) *Case {
	r := rand.New(rand.NewPCG(seed, 2))
	c := &Case{Source: Generate(seed), Choice: r.Uint64()}
	c.Cuts, c.Part, c.Budgets, c.Verify = 1, seed%4 == 1, seed%16 == 0, seed%8 == 2
	if p, list := check.Source(fileName, c.Source); !list.HasErrors() {
		newTraffic(r, p, c).fill()
	}
	return c
}

// fileName is what diagnostics call a case's source.
const fileName = "p.tcc"

// mark starts the comments that hold what a case has besides its source.
const mark = "// oracle: "

// String is the case as a source, with the rest of it in comments. Parse reads it.
func (c *Case) String() string {
	var b strings.Builder
	b.WriteString(c.Source)
	for _, s := range c.Settings {
		fmt.Fprintf(&b, "%sset %s %x\n", mark, s.Name, s.Value)
	}
	for _, e := range c.Entries {
		fmt.Fprintf(&b, "%sentry %s %x %x\n", mark, e.Map, e.Key, e.Value)
	}
	for _, p := range c.Packets {
		fmt.Fprintf(&b, "%spacket %d %d %d %x\n", mark, p.Now, p.Random, p.CPU, p.Data)
	}
	return b.String()
}

// Parse reads what String wrote. The case runs with many plans.
func Parse(text string) (*Case, error) {
	c := &Case{Choice: 1, Cuts: 8, Part: true, Budgets: true, Verify: true}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, mark)
		if !ok {
			c.Source += line
			continue
		}
		if err := c.parseLine(strings.Fields(rest)); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return c, nil
}

func (c *Case) parseLine(f []string) error {
	switch {
	case len(f) == 3 && f[0] == "set":
		value, err := hex.DecodeString(f[2])
		c.Settings = append(c.Settings, Setting{f[1], value})
		return err
	case len(f) == 4 && f[0] == "entry":
		key, err := hex.DecodeString(f[2])
		if err != nil {
			return err
		}
		value, err := hex.DecodeString(f[3])
		c.Entries = append(c.Entries, Entry{f[1], key, value})
		return err
	case len(f) > 3 && len(f) < 6 && f[0] == "packet":
		var p Packet
		if _, err := fmt.Sscan(strings.Join(f[1:4], " "), &p.Now, &p.Random, &p.CPU); err != nil {
			return err
		}
		data, err := hex.DecodeString(strings.Join(f[4:], "")) // nothing, of an empty packet
		p.Data = data
		c.Packets = append(c.Packets, p)
		return err
	}
	return fmt.Errorf("unknown line of a case")
}

// fitting drops what isn't about this program: of a reduced one some maps, configs and vars may be gone, or have
// another type.
func (c *Case) fitting(p *check.Program) (settings []Setting, entries []Entry) {
	for _, s := range c.Settings {
		for _, g := range p.Globals {
			if g.Name == s.Name && g.Type.Size() == len(s.Value) {
				settings = append(settings, s)
			}
		}
	}
	for _, e := range c.Entries {
		for _, m := range p.Maps {
			if m.Name == e.Map && keySize(m) == len(e.Key) && m.Value.Size() == len(e.Value) {
				entries = append(entries, e)
			}
		}
	}
	return settings, entries
}

// keySize is how many bytes the kernel's key has.
func keySize(m *check.Map) int {
	if m.Kind == check.LPM {
		return 4 + m.Key.Size()
	}
	return m.Key.Size()
}

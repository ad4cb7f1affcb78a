package main

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gopacket/gopacket/layers"

	"github.com/tcc-bpf/tcc/cmd/tcc/internal/pcap"
	"github.com/tcc-bpf/tcc/lang/check"
	"github.com/tcc-bpf/tcc/lang/interp"
	"github.com/tcc-bpf/tcc/runtime"
)

var runCommand = &command{
	name: "run", args: "[flags] FILE.tcc PCAP…", summary: "send captured packets through a pipeline",
	setup: func(fs *flag.FlagSet) func(*env, []string) error {
		var plan planFlags
		kernel := fs.Bool("kernel", false, "run the compiled programs in the kernel (as root) instead of the interpreter")
		asJSON := fs.Bool("json", false, "print a line of JSON for each packet, and one with the counters")
		profilePath := fs.String("profile", "", "write how often packets came to each statement into `FILE`, for tcc compile -profile")
		var set settings
		set.declare(fs)
		plan.declare(fs)
		return func(e *env, args []string) error {
			if len(args) < 2 {
				return usageError("a source file and at least one pcap expected")
			}
			variants, err := plan.all()
			if err != nil {
				return err
			}
			if *profilePath != "" {
				f, err := profile(e.failing(*asJSON), args[0], *profilePath, *kernel, &set)
				if err != nil {
					return err
				}
				return errors.Join(replay(e, f, f.recorder.Program(), args[1:], *asJSON), f.Close())
			}
			m, err := engines(e.failing(*asJSON), args[0], variants, *kernel)
			if err != nil {
				return err
			}
			first, err := set.check(e.failing(*asJSON), args[0], m.source, m.program)
			if err != nil {
				return err
			}
			eng, err := m.load(e, first)
			if err != nil {
				return err
			}
			return errors.Join(replay(e, eng, m.program, args[1:], *asJSON), eng.Close())
		}
	},
}

// packetLine is what became of a packet.
type packetLine struct {
	File    string `json:"file"`
	N       int    `json:"n"` // from 1 in each file
	Verdict string `json:"verdict,omitempty"`
	Code    *int32 `json:"code,omitempty"`
	Out     string `json:"out,omitempty"`     // hex, only if the bytes changed
	Skipped string `json:"skipped,omitempty"` // why the packet was not sent
	Length  int    `json:"length,omitempty"`  // bytes of the packet on the wire, only if the capture kept fewer
}

// A printer shows results as they come.
type printer interface {
	packet(packetLine) error
	fileEnd(file string, err error) error // err: why the file has an early end
	counters(*check.Program, map[string][]uint64) error
}

// replay sends the packets of all files. A damaged file is reported and the next one goes on; the error comes at the end.
func replay(e *env, eng interp.Engine, p *check.Program, files []string, asJSON bool) error {
	out := bufio.NewWriter(e.stdout)
	var pr printer = &textPrinter{w: out}
	if asJSON {
		pr = jsonPrinter{json.NewEncoder(out)}
	}
	var errs []error
	for _, f := range files {
		err := replayFile(eng, p, f, pr)
		errs = append(errs, err, pr.fileEnd(f, err))
	}
	counts, err := readCounters(eng, p)
	if err == nil {
		err = pr.counters(p, counts)
	}
	return errors.Join(append(errs, err, out.Flush())...)
}

func replayFile(eng interp.Engine, p *check.Program, file string, pr printer) error {
	n := 0
	return pcap.Read(file, func(pkt pcap.Packet) error {
		n++
		line, err := sendOne(eng, p, pkt)
		if err != nil {
			return fmt.Errorf("%s: packet %d: %w", file, n, err)
		}
		line.File, line.N = file, n
		if pkt.Length > len(pkt.Data) {
			line.Length = pkt.Length
		}
		return pr.packet(line)
	})
}

func sendOne(eng interp.Engine, p *check.Program, pkt pcap.Packet) (packetLine, error) {
	data, err := asSeen(p.Type.Name, pkt)
	if err != nil {
		return packetLine{Skipped: err.Error()}, nil
	}
	if err := runtime.CheckTestPacket(p.Type.Name, data); err != nil {
		return packetLine{Skipped: err.Error()}, nil
	}
	r, err := eng.Run(data)
	if err != nil {
		return packetLine{}, err
	}
	line := packetLine{Verdict: r.Verdict.Name, Code: &r.Code}
	if r.Changed {
		line.Out = hex.EncodeToString(r.Packet)
	}
	return line, nil
}

// asSeen is a captured packet as a pipeline of that type sees it: from the IP header on if it is cgroup_skb, else from
// the Ethernet header on.
func asSeen(pipelineType string, pkt pcap.Packet) ([]byte, error) {
	const ethernet = 14
	switch ip := pipelineType == "cgroup_skb"; {
	case pkt.Link == layers.LinkTypeEthernet && !ip:
		return pkt.Data, nil
	case pkt.Link == layers.LinkTypeEthernet && len(pkt.Data) >= ethernet:
		switch binary.BigEndian.Uint16(pkt.Data[12:]) {
		case uint16(layers.EthernetTypeIPv4), uint16(layers.EthernetTypeIPv6):
			return pkt.Data[ethernet:], nil
		}
		return nil, errors.New("not IP behind the Ethernet header; a cgroup_skb pipeline takes IP")
	case ip && (pkt.Link == layers.LinkTypeRaw || pkt.Link == layers.LinkTypeIPv4 || pkt.Link == layers.LinkTypeIPv6):
		return pkt.Data, nil
	case ip:
		return nil, fmt.Errorf("link layer %s; a cgroup_skb pipeline takes Ethernet or raw IP", pkt.Link)
	}
	return nil, fmt.Errorf("link layer %s; %s pipeline takes Ethernet", pkt.Link, article(pipelineType))
}

// article is a type of pipelines with the article before it.
func article(pipelineType string) string {
	if pipelineType == "xdp" {
		return "an xdp"
	}
	return "a " + pipelineType
}

func readCounters(eng interp.Engine, p *check.Program) (map[string][]uint64, error) {
	counts := map[string][]uint64{}
	for _, c := range p.Counters {
		n, err := eng.Counter(c.Name)
		if err != nil {
			return nil, err
		}
		counts[c.Name] = n
	}
	return counts, nil
}

// jsonPrinter prints an object a line.
type jsonPrinter struct{ enc *json.Encoder }

func (j jsonPrinter) packet(l packetLine) error { return j.enc.Encode(l) }

func (j jsonPrinter) fileEnd(string, error) error { return nil }

// counters prints {"counters": {name: n}}; an indexed counter is an object of those of its indices that are not 0, an
// enum's by name.
func (j jsonPrinter) counters(p *check.Program, counts map[string][]uint64) error {
	all := map[string]any{}
	for _, c := range p.Counters {
		if !c.Indexed {
			all[c.Name] = counts[c.Name][0]
			continue
		}
		byIndex := map[string]uint64{}
		for i, n := range counts[c.Name] {
			if n != 0 {
				byIndex[indexName(c, i)] = n
			}
		}
		all[c.Name] = byIndex
	}
	return j.enc.Encode(map[string]any{"counters": all})
}

// indexName is a counter's index as the source would write it.
func indexName(c *check.Counter, i int) string {
	if c.Enum != nil {
		for _, m := range c.Enum.Members {
			if m.Value == uint64(i) {
				return m.Name
			}
		}
	}
	return fmt.Sprint(i)
}

// textPrinter prints a line a file and a line a counter.
type textPrinter struct {
	w io.Writer
	tally
}

// A tally is of the packets of one file.
type tally struct {
	seen         map[string]int // by verdict
	skipped, cut int            // not sent; longer on the wire than in the capture
	why          string         // the first was skipped
}

func (t *textPrinter) packet(l packetLine) error {
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	if l.Skipped == "" {
		t.seen[l.Verdict]++
	} else {
		t.skipped++
		t.why = cmp.Or(t.why, l.Skipped)
	}
	if l.Length != 0 {
		t.cut++
	}
	return nil
}

// fileEnd prints nothing of a file that could not be read at all.
func (t *textPrinter) fileEnd(file string, err error) error {
	of := t.tally
	t.tally = tally{}
	if err != nil && of.seen == nil {
		return nil
	}
	line := file + ":"
	for _, verdict := range slices.Sorted(maps.Keys(of.seen)) {
		line += fmt.Sprintf(" %d %s", of.seen[verdict], verdict)
	}
	if of.skipped > 0 {
		line += fmt.Sprintf(" %d skipped (the first: %s)", of.skipped, of.why)
	}
	if of.seen == nil {
		line += " no packets"
	}
	if of.cut > 0 {
		line += fmt.Sprintf(" (cut short by the capture: %d)", of.cut)
	}
	_, err = fmt.Fprintln(t.w, line)
	return err
}

func (t *textPrinter) counters(p *check.Program, counts map[string][]uint64) error {
	for _, c := range p.Counters {
		for i, n := range counts[c.Name] {
			switch {
			case !c.Indexed:
				fmt.Fprintf(t.w, "%s = %d\n", c.Name, n)
			case n != 0:
				fmt.Fprintf(t.w, "%s[%s] = %d\n", c.Name, indexName(c, i), n)
			}
		}
	}
	return nil
}

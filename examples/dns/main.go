// Command dns attaches the pipeline of dns.tcc to an interface and drops queries for some names.
package main

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tcc-bpf/tcc/runtime"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("dns: ")
	device := flag.String("i", "", "attach to this `interface`")
	every := flag.Duration("every", 5*time.Second, "print the counters at this interval")
	flag.Parse()
	if *device == "" || flag.NArg() == 0 || *every <= 0 {
		fmt.Fprintln(os.Stderr, "usage: dns -i INTERFACE [flags] NAME…")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, flag.Args(), *every); err != nil {
		log.Fatal(err)
	}
}

// run drops queries for the names until ctx ends.
func run(ctx context.Context, device string, names []string, every time.Duration) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openDns(nil)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := block(p, names); err != nil {
		return err
	}
	if _, err := p.AttachXDP(ifi.Index, runtime.XDPAuto); err != nil {
		return err
	}
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			if err := printCounters(p, names); err != nil {
				return err
			}
		}
	}
}

// block puts names on the list, numbered from 0 on.
func block(p *dnsPipeline, names []string) error {
	for i, name := range names {
		wire, err := wireName(name)
		if err != nil {
			return err
		}
		if err := p.Maps.Blocked.Put(hashOf(wire), uint32(i)); err != nil {
			return fmt.Errorf("name %s: %w", name, err)
		}
	}
	return nil
}

// longest is how many bytes of a name, with the zero at its end, the pipeline looks at.
const longest = 128

// wireName is a name as a query has it, in small letters: each label behind its length, and a zero.
func wireName(name string) ([]byte, error) {
	var wire []byte
	if name = strings.TrimSuffix(name, "."); name != "" {
		for _, label := range strings.Split(name, ".") {
			if len(label) == 0 || len(label) > 63 {
				return nil, fmt.Errorf("name %q: a label has 1 to 63 bytes, %q has %d", name, label, len(label))
			}
			wire = append(wire, byte(len(label)))
			wire = append(wire, lower(label)...)
		}
	}
	wire = append(wire, 0)
	if len(wire) > longest {
		return nil, fmt.Errorf("name %q: %d bytes on the wire, %d at most", name, len(wire), longest)
	}
	return wire, nil
}

// lower makes the letters small, as the pipeline does: those of ASCII alone.
func lower(label string) []byte {
	b := []byte(label)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return b
}

// hashOf is the key of a name on the list.
func hashOf(wire []byte) uint64 {
	h := fnv.New64a()
	h.Write(wire[:len(wire)-1])
	return h.Sum64()
}

func printCounters(p *dnsPipeline, names []string) error {
	queries, err := p.Counters.Queries()
	if err != nil {
		return err
	}
	malformed, err := p.Counters.Malformed()
	if err != nil {
		return err
	}
	fmt.Printf("%d queries, %d of them malformed\n", queries, malformed)
	for i, name := range names {
		dropped, err := p.Counters.Dropped(uint32(i))
		if err != nil {
			return err
		}
		fmt.Printf("%12d dropped %s\n", dropped, name)
	}
	return nil
}

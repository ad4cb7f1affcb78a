// Command ratelimit attaches the pipeline of ratelimit.tcc to an interface and limits what some prefixes may send.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tcc-bpf/tcc/runtime"
)

// A limit is what a prefix may send.
type limit struct {
	prefix netip.Prefix
	rate   float64 // packets a second
	burst  uint64  // packets at once
}

// parseLimit reads PREFIX=RATE,BURST.
func parseLimit(s string) (l limit, err error) {
	prefix, rest, ok1 := strings.Cut(s, "=")
	rate, burst, ok2 := strings.Cut(rest, ",")
	if !ok1 || !ok2 {
		return l, fmt.Errorf("%q is not PREFIX=RATE,BURST", s)
	}
	if l.prefix, err = netip.ParsePrefix(prefix); err != nil {
		return l, err
	}
	if l.rate, err = strconv.ParseFloat(rate, 64); err != nil {
		return l, err
	}
	if !(l.rate >= 1e-6 && l.rate <= 1e9) {
		return l, fmt.Errorf("%q: the rate must be between 0.000001 and 1000000000 packets a second", s)
	}
	l.burst, err = strconv.ParseUint(burst, 10, 16)
	return l, err
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("ratelimit: ")
	var limits []limit
	device := flag.String("i", "", "attach to this `interface`")
	every := flag.Duration("every", 5*time.Second, "print the counters at this interval")
	flag.Func("limit", "`PREFIX=RATE,BURST`: RATE packets a second, BURST at once; can be repeated", func(s string) error {
		l, err := parseLimit(s)
		limits = append(limits, l)
		return err
	})
	flag.Parse()
	if *device == "" || len(limits) == 0 || *every <= 0 {
		fmt.Fprintln(os.Stderr, "usage: ratelimit -i INTERFACE -limit PREFIX=RATE,BURST [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, limits, *every); err != nil {
		log.Fatal(err)
	}
}

// run limits the prefixes until ctx ends.
func run(ctx context.Context, device string, limits []limit, every time.Duration) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openRatelimit(nil)
	if err != nil {
		return err
	}
	defer p.Close()
	for id, l := range limits {
		if err := set(p, uint32(id), l); err != nil {
			return fmt.Errorf("limit %s: %w", l.prefix, err)
		}
	}
	if _, err := p.AttachXDP(ifi.Index, runtime.XDPAuto); err != nil {
		return err
	}
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			if err := printCounters(p, limits); err != nil {
				return err
			}
		}
	}
}

// set gives a prefix the bucket of a number.
func set(p *ratelimitPipeline, id uint32, l limit) error {
	cost := uint64(float64(time.Second) / l.rate)
	if err := p.Maps.Buckets.Put(id, ratelimitBucket{Cost: cost, Depth: l.burst * cost}); err != nil {
		return err
	}
	bits := uint32(l.prefix.Bits())
	if addr := l.prefix.Masked().Addr(); addr.Is4() {
		return p.Maps.Limited4.Put(ratelimitTccPrefixIp4{Prefixlen: bits, Addr: addr.As4()}, id)
	} else {
		return p.Maps.Limited6.Put(ratelimitTccPrefixIp6{Prefixlen: bits, Addr: addr.As16()}, id)
	}
}

func printCounters(p *ratelimitPipeline, limits []limit) error {
	for id, l := range limits {
		passed, err := p.Counters.Passed(uint32(id))
		if err != nil {
			return err
		}
		dropped, err := p.Counters.Dropped(uint32(id))
		if err != nil {
			return err
		}
		fmt.Printf("%-24s %12d passed %12d dropped\n", l.prefix, passed, dropped)
	}
	return nil
}

// Command policy attaches the pipeline of policy.tcc to what an interface receives and prints its counters.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tcc-bpf/tcc/runtime"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("policy: ")
	device := flag.String("i", "", "attach to this `interface`")
	watch := flag.Bool("watch", false, "mark and count blocked packets, but let them pass")
	variant := flag.String("variant", "", "load the variant of this `name` (whole, cut) and no other")
	every := flag.Duration("every", 5*time.Second, "print the counters at this interval")
	flag.Parse()
	if *device == "" || *every <= 0 {
		fmt.Fprintln(os.Stderr, "usage: policy -i INTERFACE [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, *variant, !*watch, *every); err != nil {
		log.Fatal(err)
	}
}

// run lets the policy work until ctx ends.
func run(ctx context.Context, device, variant string, enforce bool, every time.Duration) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openPolicy(&runtime.Options{Variant: variant})
	if err != nil {
		return err
	}
	defer p.Close()
	for _, r := range p.Refused() {
		fmt.Printf("not loaded: %s: %v\n", r.Variant, r.Err)
	}
	fmt.Printf("loaded: %s\n", p.Variant())
	if err := p.Vars.SetEnforce(enforce); err != nil {
		return err
	}
	if _, err := p.AttachIngress(ifi.Index); err != nil {
		return err
	}
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			if err := printCounters(p); err != nil {
				return err
			}
		}
	}
}

func printCounters(p *policyPipeline) error {
	for class := policyClassOther; class <= policyClassBlocked; class++ {
		packets, err := p.Counters.Packets(class)
		if err != nil {
			return err
		}
		bytes, err := p.Counters.Bytes(class)
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %12d packets %15d bytes\n", class, packets, bytes)
	}
	fmt.Println()
	return nil
}

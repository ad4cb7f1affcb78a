// Command snat attaches the pipeline of snat.tcc to an interface, in both directions: what leaves by it gets its address.
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
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("snat: ")
	device := flag.String("i", "", "attach to this `interface`")
	inside := flag.String("inside", "10.0.0.0/8", "the `prefix` of the network behind this machine")
	outside := flag.String("outside", "", "the `address` that it gets")
	every := flag.Duration("every", 5*time.Second, "print the counters at this interval")
	flag.Parse()
	config, err := settings(*inside, *outside)
	if *device == "" || *every <= 0 || err != nil {
		if err != nil {
			log.Print(err)
		}
		fmt.Fprintln(os.Stderr, "usage: snat -i INTERFACE -outside ADDRESS [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, config, *every); err != nil {
		log.Fatal(err)
	}
}

// settings are the pipeline's, of an IPv4 prefix and address.
func settings(inside, outside string) (*snatConfig, error) {
	prefix, err := netip.ParsePrefix(inside)
	if err != nil {
		return nil, err
	}
	addr, err := netip.ParseAddr(outside)
	if err != nil {
		return nil, err
	}
	if !prefix.Addr().Is4() || !addr.Is4() {
		return nil, fmt.Errorf("%s and %s are not both IPv4", inside, outside)
	}
	return &snatConfig{
		Inside:  prefix.Masked().Addr().As4(),
		Mask:    [4]byte(net.CIDRMask(prefix.Bits(), 32)),
		Outside: addr.As4(),
	}, nil
}

// run translates until ctx ends.
func run(ctx context.Context, device string, config *snatConfig, every time.Duration) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openSnat(config, nil)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := attach(p, ifi.Index); err != nil {
		return err
	}
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			translated, err := p.Counters.Translated()
			if err != nil {
				return err
			}
			exhausted, err := p.Counters.Exhausted()
			if err != nil {
				return err
			}
			fmt.Printf("%12d translated %12d without a port\n", translated, exhausted)
		}
	}
}

// attach lets the pipeline see both what leaves and what arrives.
func attach(p *snatPipeline, ifindex int) error {
	if _, err := p.AttachEgress(ifindex); err != nil {
		return err
	}
	_, err := p.AttachIngress(ifindex)
	return err
}

// Command firewall attaches the pipeline of firewall.tcc to an interface and prints what it refuses.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/tcc-bpf/tcc/runtime"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("firewall: ")
	device := flag.String("i", "", "attach to this `interface`")
	openSSH := flag.Bool("open-ssh", false, "let ssh in from everywhere")
	generic := flag.Bool("generic", false, "run behind the driver: slower, but on any device")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: firewall -i INTERFACE [flags] [BANNED_PREFIX…]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *device == "" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, !*openSSH, *generic, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

// run lets the firewall work until ctx ends.
func run(ctx context.Context, device string, guardSSH, generic bool, banned []string) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	fw, err := openFirewall(&firewallConfig{GuardSsh: guardSSH}, nil)
	if err != nil {
		return err
	}
	defer fw.Close()
	for _, b := range banned {
		if err := ban(fw, b); err != nil {
			return err
		}
	}
	events, err := fw.Events()
	if err != nil {
		return err
	}
	mode := runtime.XDPAuto
	if generic {
		mode = runtime.XDPGeneric
	}
	if _, err := fw.AttachXDP(ifi.Index, mode); err != nil {
		return err
	}
	fmt.Printf("guarding %s; Ctrl-C ends it\n", device)
	go func() {
		<-ctx.Done()
		events.Close()
	}()
	if err := printEvents(events); err != nil {
		return err
	}
	return printCounters(fw)
}

// ban refuses all packets from a network.
func ban(fw *firewallPipeline, network string) error {
	p, err := netip.ParsePrefix(network)
	if err != nil || !p.Addr().Is4() {
		return fmt.Errorf("%q is no IPv4 prefix such as 192.0.2.0/24", network)
	}
	key := firewallTccPrefixIp4{Prefixlen: uint32(p.Bits()), Addr: p.Masked().Addr().As4()}
	return fw.Maps.Banned.Put(&key, uint32(1))
}

// printEvents prints what is refused until the reader is closed.
func printEvents(events *firewallEvents) error {
	for {
		e, err := events.Read()
		if errors.Is(err, ringbuf.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if r, ok := e.(*firewallRefused); ok {
			fmt.Printf("refused %s: %s\n", netip.AddrFrom4(r.Src), r.Why)
		}
	}
}

func printCounters(fw *firewallPipeline) error {
	for _, why := range []firewallReason{firewallReasonBlocked, firewallReasonSsh, firewallReasonNoState} {
		n, err := fw.Counters.Dropped(why)
		if err != nil {
			return err
		}
		fmt.Printf("dropped[%s] = %d\n", why, n)
	}
	return nil
}

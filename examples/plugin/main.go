// Command plugin attaches the firewall to an interface, and puts a stage that was compiled apart into its slot for UDP
// and takes it out again, while packets flow.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/tcc-bpf/tcc/runtime"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("plugin: ")
	device := flag.String("i", "", "attach to this `interface`")
	generic := flag.Bool("generic", false, "run behind the driver: slower, but on any device")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: plugin -i INTERFACE [-generic]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *device == "" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, *generic, os.Stdin); err != nil {
		log.Fatal(err)
	}
}

// run lets the firewall work until ctx ends. Each line of input changes the stage in the slot.
func run(ctx context.Context, device string, generic bool, input io.Reader) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	fw, err := openFirewall(nil, nil)
	if err != nil {
		return err
	}
	defer fw.Close()
	mode := runtime.XDPAuto
	if generic {
		mode = runtime.XDPGeneric
	}
	if _, err := fw.AttachXDP(ifi.Index, mode); err != nil {
		return err
	}
	fmt.Printf("guarding %s; Enter changes the stage for UDP, Ctrl-C ends it\n", device)
	lines := make(chan bool)
	go func() {
		for s := bufio.NewScanner(input); s.Scan(); {
			lines <- true
		}
	}()
	s := &slot{fw: fw}
	for {
		select {
		case <-ctx.Done():
			return s.leave()
		case <-lines:
			if err := s.change(); err != nil {
				return err
			}
		}
	}
}

// slot is the firewall's slot for UDP.
type slot struct {
	fw    *firewallPipeline
	guard *dnsguardPipeline // nil: the firewall's own stage is in it
}

// change puts the other stage into the slot.
func (s *slot) change() error {
	if s.guard != nil {
		return s.leave()
	}
	guard, err := openDnsguard(s.fw.Pipeline, nil)
	if err != nil {
		return err
	}
	if err := s.fw.Slots.Others.SetStage(syscall.IPPROTO_UDP, guard.Stages.Dns); err != nil {
		guard.Close()
		return err
	}
	s.guard = guard
	fmt.Println("the DNS guard is in the slot")
	return nil
}

// leave puts the firewall's own stage back.
func (s *slot) leave() error {
	if s.guard == nil {
		return nil
	}
	if err := s.fw.Slots.Others.Set(syscall.IPPROTO_UDP, firewallOthersUdpIn); err != nil {
		return err
	}
	other, err := s.guard.Counters.NotDns()
	if err != nil {
		return err
	}
	fmt.Printf("the firewall's own stage is in the slot; %d datagrams were no DNS\n", other)
	err = s.guard.Close()
	s.guard = nil
	return err
}

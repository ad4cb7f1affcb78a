// Command egress attaches the pipeline of egress.tcc to a cgroup and prints what it refuses.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/tcc-bpf/tcc/runtime"
)

// A rule is what may be reached behind a prefix.
type rule struct {
	prefix  netip.Prefix
	service egressService
}

// parseRule reads PREFIX=SERVICE.
func parseRule(s string) (r rule, err error) {
	prefix, name, ok := strings.Cut(s, "=")
	if !ok {
		return r, fmt.Errorf("%q is not PREFIX=SERVICE", s)
	}
	if r.prefix, err = netip.ParsePrefix(prefix); err != nil {
		return r, err
	}
	for r.service = egressServiceAll; r.service <= egressServiceMail; r.service++ {
		if r.service.String() == name {
			return r, nil
		}
	}
	return r, fmt.Errorf("%q: the services are all, web, names and mail", name)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("egress: ")
	var rules []rule
	cgroup := flag.String("cgroup", "", "attach to this cgroup: a `folder` of the cgroup2 file system")
	watch := flag.Bool("watch", false, "print what would be refused, and let it out")
	flag.Func("allow", "`PREFIX=SERVICE`: all, web, names or mail; can be repeated", func(s string) error {
		r, err := parseRule(s)
		rules = append(rules, r)
		return err
	})
	flag.Parse()
	if *cgroup == "" {
		fmt.Fprintln(os.Stderr, "usage: egress -cgroup FOLDER -allow PREFIX=SERVICE [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *cgroup, rules, !*watch); err != nil {
		log.Fatal(err)
	}
}

// run guards the cgroup until ctx ends.
func run(ctx context.Context, cgroup string, rules []rule, enforce bool) error {
	p, err := openEgress(nil)
	if err != nil {
		return err
	}
	defer p.Close()
	for _, r := range rules {
		if err := allow(p, r); err != nil {
			return fmt.Errorf("allow %s: %w", r.prefix, err)
		}
	}
	if err := p.Vars.SetEnforce(enforce); err != nil {
		return err
	}
	events, err := p.Events()
	if err != nil {
		return err
	}
	if _, err := p.AttachCgroup(cgroup, runtime.CgroupEgress); err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		events.Close()
	}()
	return printEvents(events)
}

// allow lets the cgroup reach a service behind a prefix.
func allow(p *egressPipeline, r rule) error {
	bits := uint32(r.prefix.Bits())
	if addr := r.prefix.Masked().Addr(); addr.Is4() {
		return p.Maps.Allowed4.Put(egressTccPrefixIp4{Prefixlen: bits, Addr: addr.As4()}, r.service)
	} else {
		return p.Maps.Allowed6.Put(egressTccPrefixIp6{Prefixlen: bits, Addr: addr.As16()}, r.service)
	}
}

// printEvents prints what is refused until the reader is closed.
func printEvents(events *egressEvents) error {
	for {
		event, err := events.Read()
		switch {
		case errors.Is(err, ringbuf.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		switch e := event.(type) {
		case *egressRefusal4:
			fmt.Printf("%s proto %d port %d: %s\n", netip.AddrFrom4(e.Dst), e.Proto, e.Dport, e.Why)
		case *egressRefusal6:
			fmt.Printf("%s proto %d port %d: %s\n", netip.AddrFrom16(e.Dst), e.Proto, e.Dport, e.Why)
		}
	}
}

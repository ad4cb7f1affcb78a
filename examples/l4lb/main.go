// Command l4lb attaches the pipeline of l4lb.tcc to an interface and spreads the connections to some virtual addresses
// over some servers.
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/tcc-bpf/tcc/runtime"
)

// A server is where packets are sent: the MAC is that of the next hop towards it.
type server struct {
	addr netip.Addr
	mac  net.HardwareAddr
}

// parseServer reads ADDR,MAC.
func parseServer(s string) (r server, err error) {
	addr, mac, ok := strings.Cut(s, ",")
	if !ok {
		return r, fmt.Errorf("%q is not ADDR,MAC", s)
	}
	if r.addr, err = netip.ParseAddr(addr); err != nil {
		return r, err
	}
	if r.mac, err = net.ParseMAC(mac); err == nil && (len(r.mac) != 6 || !r.addr.Is4()) {
		err = fmt.Errorf("%q: only IPv4 over Ethernet is supported", s)
	}
	return r, err
}

// parseVIP reads ADDR:PORT/tcp or ADDR:PORT/udp.
func parseVIP(s string) (v l4lbVip, err error) {
	at, proto, _ := strings.Cut(s, "/")
	addr, err := netip.ParseAddrPort(at)
	switch {
	case err != nil:
		return v, err
	case !addr.Addr().Is4():
		return v, fmt.Errorf("%q: only IPv4 is supported", s)
	case proto == "tcp":
		v.Proto = syscall.IPPROTO_TCP
	case proto == "udp":
		v.Proto = syscall.IPPROTO_UDP
	default:
		return v, fmt.Errorf("%q is not ADDR:PORT/tcp or ADDR:PORT/udp", s)
	}
	v.Addr, v.Port = addr.Addr().As4(), wire(addr.Port())
	return v, nil
}

// wire is a port in wire order.
func wire(port uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, port))
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("l4lb: ")
	var servers []server
	var vips []l4lbVip
	device := flag.String("i", "", "attach to this `interface`")
	flag.Func("vip", "`ADDR:PORT/tcp` or /udp: spread connections to this address; can be repeated", func(s string) error {
		v, err := parseVIP(s)
		vips = append(vips, v)
		return err
	})
	flag.Func("server", "`ADDR,MAC`: a server; can be repeated, in an order that stays the same", func(s string) error {
		r, err := parseServer(s)
		servers = append(servers, r)
		return err
	})
	flag.Parse()
	if *device == "" || len(vips) == 0 || len(servers) == 0 {
		fmt.Fprintln(os.Stderr, "usage: l4lb -i INTERFACE -vip ADDR:PORT/tcp -server ADDR,MAC")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, vips, servers); err != nil {
		log.Fatal(err)
	}
}

// run balances until ctx ends.
func run(ctx context.Context, device string, vips []l4lbVip, servers []server) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openL4lb(nil)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := fill(p, vips, servers); err != nil {
		return err
	}
	if _, err := p.AttachXDP(ifi.Index, runtime.XDPAuto); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// fill writes the maps. Servers are numbered from 0.
func fill(p *l4lbPipeline, vips []l4lbVip, servers []server) error {
	for i, r := range servers {
		if err := p.Maps.Reals.Put(uint32(i), l4lbReal{Addr: r.addr.As4(), Mac: [6]byte(r.mac)}); err != nil {
			return fmt.Errorf("server %s: %w", r.addr, err)
		}
	}
	for slot, i := range ring(servers) {
		if err := p.Maps.Ring.Put(uint32(slot), i); err != nil {
			return err
		}
	}
	for i, v := range vips {
		if err := p.Maps.Vips.Put(v, runtime.Hash(uint32(i))); err != nil {
			return err
		}
	}
	return nil
}

// Command mssclamp attaches the pipeline of mssclamp.tcc to an interface: no TCP connection that is opened by what arrives
// there gets segments larger than a limit.
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

// What is in a packet beside the segment: the IP and the TCP header, without options.
const overhead4, overhead6 = 20 + 20, 40 + 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("mssclamp: ")
	device := flag.String("i", "", "attach to this `interface`")
	mtu := flag.Int("mtu", 1400, "the largest packet that the path takes, in `bytes`")
	every := flag.Duration("every", 5*time.Second, "print the counter at this interval")
	flag.Parse()
	if *device == "" || *mtu < 576 || *mtu > 65535 || *every <= 0 {
		fmt.Fprintln(os.Stderr, "usage: mssclamp -i INTERFACE [flags]; an MTU is 576 to 65535 bytes")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *device, limits(*mtu), *every); err != nil {
		log.Fatal(err)
	}
}

// limits are the largest segments of a path that takes packets of so many bytes.
func limits(mtu int) *mssclampConfig {
	return &mssclampConfig{Limit4: uint16(mtu - overhead4), Limit6: uint16(mtu - overhead6)}
}

// run clamps until ctx ends.
func run(ctx context.Context, device string, config *mssclampConfig, every time.Duration) error {
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	p, err := openMssclamp(config, nil)
	if err != nil {
		return err
	}
	defer p.Close()
	if _, err := p.AttachXDP(ifi.Index, runtime.XDPAuto); err != nil {
		return err
	}
	for tick := time.Tick(every); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			n, err := p.Counters.Clamped()
			if err != nil {
				return err
			}
			fmt.Printf("%12d connections clamped\n", n)
		}
	}
}

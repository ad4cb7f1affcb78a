//go:build !windows

package runtime

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// XDPMode says where an XDP program runs.
type XDPMode int

// Auto lets the kernel choose: in the driver if it can, else in the generic path.
const (
	XDPAuto    XDPMode = iota
	XDPDriver          // in the driver, or fail
	XDPGeneric         // after the driver has made an skb: any device, slower
)

// AttachXDP attaches an xdp pipeline to an interface. The link is closed with the pipeline; closing it earlier detaches.
func (p *Pipeline) AttachXDP(ifindex int, mode XDPMode) (link.Link, error) {
	if err := p.wantType("xdp"); err != nil {
		return nil, err
	}
	flags := map[XDPMode]link.XDPAttachFlags{XDPDriver: link.XDPDriverMode, XDPGeneric: link.XDPGenericMode}[mode]
	l, err := link.AttachXDP(link.XDPOptions{Program: p.Entry(), Interface: ifindex, Flags: flags})
	return p.keep(l, ifindex, err)
}

// AttachIngress attaches a tc pipeline to what an interface receives, by TCX (Linux 6.6).
func (p *Pipeline) AttachIngress(ifindex int) (link.Link, error) {
	return p.attachTCX(ifindex, ebpf.AttachTCXIngress)
}

// AttachEgress attaches a tc pipeline to what an interface sends, by TCX (Linux 6.6).
func (p *Pipeline) AttachEgress(ifindex int) (link.Link, error) {
	return p.attachTCX(ifindex, ebpf.AttachTCXEgress)
}

func (p *Pipeline) attachTCX(ifindex int, at ebpf.AttachType) (link.Link, error) {
	if err := p.wantType("tc"); err != nil {
		return nil, err
	}
	l, err := link.AttachTCX(link.TCXOptions{Program: p.Entry(), Interface: ifindex, Attach: at})
	return p.keep(l, ifindex, err)
}

func (p *Pipeline) wantType(want string) error {
	if p.layout.Type != want {
		return fmt.Errorf("pipeline %s is of type %s, not %s", p.layout.Name, p.layout.Type, want)
	}
	return nil
}

func (p *Pipeline) keep(l link.Link, ifindex int, err error) (link.Link, error) {
	if err != nil {
		return nil, fmt.Errorf("attach pipeline %s to interface %d: %w", p.layout.Name, ifindex, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links = append(p.links, l)
	return l, nil
}

//go:build !windows

package runtime

import (
	"fmt"
	"net"
	"strings"
	"syscall"

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
	return p.keepDevice(l, ifindex, err)
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
	return p.keepDevice(l, ifindex, err)
}

// CgroupDirection says which packets of a cgroup's processes a cgroup_skb pipeline sees.
type CgroupDirection int

// CgroupIngress is what they receive, CgroupEgress what they send.
const (
	CgroupIngress CgroupDirection = iota
	CgroupEgress
)

// AttachCgroup attaches a cgroup_skb pipeline to a cgroup (version 2), such as /sys/fs/cgroup/system.slice/web.service,
// and all below it.
func (p *Pipeline) AttachCgroup(path string, direction CgroupDirection) (link.Link, error) {
	if err := p.wantType("cgroup_skb"); err != nil {
		return nil, err
	}
	at := map[CgroupDirection]ebpf.AttachType{
		CgroupIngress: ebpf.AttachCGroupInetIngress, CgroupEgress: ebpf.AttachCGroupInetEgress,
	}[direction]
	l, err := link.AttachCgroup(link.CgroupOptions{Path: path, Attach: at, Program: p.Entry()})
	return p.keep(l, "cgroup "+path, err)
}

// AttachSocket attaches a socket pipeline to a socket, in the place of the filter that it has, if any. It stays until the
// socket is closed or DetachSocket is called, even after the pipeline is closed; but then its tail calls miss.
func (p *Pipeline) AttachSocket(s syscall.Conn) error {
	if err := p.wantType("socket"); err != nil {
		return err
	}
	if err := link.AttachSocketFilter(s, p.Entry()); err != nil {
		return fmt.Errorf("attach pipeline %s to a socket: %w", p.layout.Name, err)
	}
	return nil
}

// DetachSocket takes a socket's filter away.
func (p *Pipeline) DetachSocket(s syscall.Conn) error {
	if err := link.DetachSocketFilter(s); err != nil {
		return fmt.Errorf("detach pipeline %s from a socket: %w", p.layout.Name, err)
	}
	return nil
}

func (p *Pipeline) wantType(want string) error {
	if p.layout.Type != want {
		return fmt.Errorf("pipeline %s is of type %s, not %s", p.layout.Name, p.layout.Type, want)
	}
	return nil
}

// keepDevice keeps the link to an interface. Where there is no such interface the error lists those that there are.
func (p *Pipeline) keepDevice(l link.Link, ifindex int, err error) (link.Link, error) {
	to := fmt.Sprintf("interface %d", ifindex)
	if err == nil {
		return p.keep(l, to, nil)
	}
	all, unknown := net.Interfaces()
	if unknown != nil {
		return p.keep(nil, to, err)
	}
	var names []string
	for _, i := range all {
		if i.Index == ifindex {
			return p.keep(nil, fmt.Sprintf("%s (%s)", to, i.Name), err)
		}
		names = append(names, fmt.Sprintf("%d (%s)", i.Index, i.Name))
	}
	return p.keep(nil, to, fmt.Errorf("there is none of this number, but %s: %w", strings.Join(names, ", "), err))
}

func (p *Pipeline) keep(l link.Link, to string, err error) (link.Link, error) {
	if err != nil {
		return nil, fmt.Errorf("attach pipeline %s to %s: %w", p.layout.Name, to, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links = append(p.links, l)
	return l, nil
}

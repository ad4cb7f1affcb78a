// Package netlab makes two hosts joined by a cable: network namespaces and a veth pair, for tests with real traffic.
package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/tcc-bpf/tcc/runtime/kerneltest"
)

// A Host is a network namespace with one end of the cable, named veth0.
type Host struct {
	ns   netns.NsHandle
	link netlink.Link
}

// New makes two hosts with the given addresses on their ends of the cable. They vanish when the test ends. Without the
// privilege to do so the test is skipped, or fails if TCC_REQUIRE_KERNEL is set.
func New(t *testing.T, a, b []netip.Prefix) (*Host, *Host) {
	t.Helper()
	RequireRoot(t)
	ha, hb := newHost(t), newHost(t)
	check(t, ha.Do(func() error { return ha.cable(hb) }))
	check(t, ha.Do(func() error { return ha.up(a) }))
	check(t, hb.Do(func() error { return hb.up(b) }))
	check(t, ha.Do(ha.ready))
	check(t, hb.Do(hb.ready))
	return ha, hb
}

// RequireRoot skips a test that needs the kernel where there is no privilege to use it, or fails it if
// TCC_REQUIRE_KERNEL is set.
func RequireRoot(t *testing.T) {
	t.Helper()
	kerneltest.Require(t)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHost(t *testing.T) *Host {
	h := &Host{}
	check(t, inNamespace(netns.None(), func() (err error) {
		h.ns, err = netns.New()
		return err
	}))
	t.Cleanup(func() { h.ns.Close() })
	return h
}

// cable makes the veth pair, one end here and one there.
func (h *Host) cable(peer *Host) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "veth0"
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "veth0", PeerNamespace: netlink.NsFd(peer.ns)})
}

// up gives this end its addresses and switches it on.
func (h *Host) up(addrs []netip.Prefix) (err error) {
	if h.link, err = netlink.LinkByName("veth0"); err != nil {
		return err
	}
	for _, a := range addrs {
		addr, err := netlink.ParseAddr(a.String())
		if err != nil {
			return err
		}
		if a.Addr().Is6() {
			addr.Flags = unix.IFA_F_NODAD // nobody else has it
		}
		if err := netlink.AddrAdd(h.link, addr); err != nil {
			return fmt.Errorf("address %s: %w", a, err)
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	return netlink.LinkSetUp(h.link)
}

// ready waits until this end of the cable sends. The kernel notices a moment later that the other end is there too, and
// drops what is sent before.
func (h *Host) ready() error {
	for range 500 {
		l, err := netlink.LinkByName("veth0")
		if err != nil || l.Attrs().OperState == netlink.OperUp {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the cable doesn't come up")
}

// Index is the interface index of this end of the cable.
func (h *Host) Index() int { return h.link.Attrs().Index }

// MAC is the hardware address of this end of the cable.
func (h *Host) MAC() [6]byte { return [6]byte(h.link.Attrs().HardwareAddr) }

// Do calls f on this host: sockets that f opens stay there. f must not start goroutines that use the network.
func (h *Host) Do(f func() error) error { return inNamespace(h.ns, f) }

// inNamespace calls f in a namespace (or in the caller's, if it is None), and returns to the caller's afterwards.
func inNamespace(ns netns.NsHandle, f func() error) error {
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if ns.IsOpen() {
		err = netns.Set(ns)
	}
	if err == nil {
		err = f()
	}
	if back := netns.Set(home); back != nil {
		return back // the thread stays locked and dies with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

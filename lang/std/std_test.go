package std_test

import (
	"slices"
	"testing"

	"github.com/tcc-bpf/tcc/lang/std"
	"github.com/tcc-bpf/tcc/lang/syntax"
)

func TestPreludeHasTheHeaders(t *testing.T) {
	file, diags := syntax.Parse(std.Name, std.Source())
	for _, d := range diags {
		t.Error(d)
	}
	var got []string
	for _, d := range file.Decls {
		h, ok := d.(*syntax.HeaderDecl)
		if !ok {
			t.Fatalf("%s: the prelude holds headers only, found %T", d.Span(), d)
		}
		got = append(got, h.Name.Name)
	}
	want := []string{
		"ethernet", "vlan", "arp", "mpls", "ipv4", "ipv6", "tcp", "udp", "icmp", "icmp6", "gre", "vxlan", "dns",
	}
	if !slices.Equal(got, want) {
		t.Errorf("headers are %v, want %v", got, want)
	}
}

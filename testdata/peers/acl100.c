/* acl100 - XDP 5-tuple access list, 100 rules as straight-line code, first match
 *
 * SPECIFICATION
 *  1. Ethernet header, 14 bytes, no VLANs. EtherType not 0x0800: PASS.
 *  2. IPv4: 20 bytes must be there, version 4, IHL >= 5, else DROP. Fragment offset
 *     (frag_off & 0x1fff) not 0: DROP.
 *  3. Protocol 6 or 17: the 4 port bytes at IHL*4 must be there, else DROP. Other
 *     protocols: both ports count as 0.
 *  4. The rules of acl100_rules.json are tried in order. A rule matches if the source
 *     address is in src, the destination address in dst, the protocol is proto (0: any)
 *     and both ports lie in their inclusive ranges. The first match decides: allow:
 *     PASS, deny: DROP. No match: DROP.
 *
 * Maps: none that matters (scratch only holds the 5-tuple). The frame is never
 * changed.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "eth.h"
#include "acl100_rules.h"

struct tuple {
	__be32 saddr, daddr;
	__be16 sport, dport;
	__u8 proto, pad[3];
};

struct ports_hdr {
	__be16 source;
	__be16 dest;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tuple);
} scratch SEC(".maps");

SEC("xdp")
int acl(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct eth *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > data_end)
		return XDP_DROP;
	if (eth->proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if ((void *)(ip + 1) > data_end)
		return XDP_DROP;
	if (ip->version != 4 || ip->ihl < 5)
		return XDP_DROP;
	if (ip->frag_off & bpf_htons(0x1fff))
		return XDP_DROP;

	__u32 zero = 0;
	struct tuple *t = bpf_map_lookup_elem(&scratch, &zero);
	if (!t)
		return XDP_DROP;
	t->saddr = ip->saddr;
	t->daddr = ip->daddr;
	t->proto = ip->protocol;
	if (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) {
		struct ports_hdr *l4 = (void *)ip + ip->ihl * 4;
		if ((void *)(l4 + 1) > data_end)
			return XDP_DROP;
		t->sport = l4->source;
		t->dport = l4->dest;
	} else {
		t->sport = 0;
		t->dport = 0;
	}
	return acl100(&t->saddr, &t->daddr, &t->sport, &t->dport, &t->proto);
}

char LICENSE[] SEC("license") = "GPL";

/* firewall.tcc as an expert writes it in C, to measure the compiler and the code against:
 *
 *   clang-19 -O2 -g -target bpf -mcpu=v3 -c firewall.c
 *
 * The stages are inlined into one program; only the slots are tail calls.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum reason { blocked, ssh, no_state, reasons };

struct flow_key { __be32 src, dst; __u16 sport, dport; __u8 proto, pad[3]; };
struct flow { __u64 packets, bytes, last_seen; };
struct lpm_key { __u32 len; __be32 addr; };
struct refused { __be32 src; __u32 why; };

volatile const __u8 guard_ssh = 1;
volatile __u8 panic;

struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 65536);
	 __type(key, struct flow_key); __type(value, struct flow); } flows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 10000); __uint(map_flags, BPF_F_NO_PREALLOC);
	 __type(key, struct lpm_key); __type(value, __u32); } banned SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, reasons);
	 __type(key, __u32); __type(value, __u64); } dropped SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 256 * 1024); } events SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, __u32); __type(value, __u32); } state SEC(".maps");

int udp_in(struct xdp_md *ctx);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 256);
	 __uint(key_size, 4); __array(values, int (void *)); } others SEC(".maps") = { .values = { [17] = (void *)udp_in } };

static __always_inline int refuse(__be32 src, __u32 why)
{
	__u64 *n = bpf_map_lookup_elem(&dropped, &why);
	if (n)
		*n += 1;
	struct refused *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
	if (r) {
		r->src = src;
		r->why = why;
		bpf_ringbuf_submit(r, 0);
	}
	return XDP_DROP;
}

static __always_inline int known(struct flow_key *key, __u64 len)
{
	struct flow *f = bpf_map_lookup_elem(&flows, key);
	if (!f)
		return 0;
	__sync_fetch_and_add(&f->packets, 1);
	__sync_fetch_and_add(&f->bytes, len);
	f->last_seen = bpf_ktime_get_ns();
	return 1;
}

static __always_inline void open_flow(struct flow_key *key, __u64 len)
{
	struct flow f = { .packets = 1, .bytes = len, .last_seen = bpf_ktime_get_ns() };
	bpf_map_update_elem(&flows, key, &f, BPF_ANY);
}

static __always_inline int tcp_in(struct xdp_md *ctx, struct iphdr *ip, void *at, void *end)
{
	struct tcphdr *t = at;
	if ((void *)(t + 1) > end)
		return XDP_PASS;
	if (guard_ssh && t->dest == bpf_htons(22) && (ip->saddr & bpf_htonl(0xff000000)) != bpf_htonl(0x0a000000))
		return refuse(ip->saddr, ssh);
	struct flow_key key = { ip->saddr, ip->daddr, bpf_ntohs(t->source), bpf_ntohs(t->dest), ip->protocol };
	__u64 len = ctx->data_end - ctx->data;
	if (known(&key, len))
		return XDP_PASS;
	if (!t->syn)
		return refuse(ip->saddr, no_state);
	open_flow(&key, len);
	return XDP_PASS;
}

SEC("xdp")
int udp_in(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 zero = 0, *cursor = bpf_map_lookup_elem(&state, &zero);
	struct iphdr *ip = data + sizeof(struct ethhdr);
	if (!cursor || (void *)(ip + 1) > end)
		return XDP_PASS;
	struct udphdr *u = data + (*cursor & 0x7f);
	if ((void *)(u + 1) > end)
		return XDP_PASS;
	struct flow_key key = { ip->saddr, ip->daddr, bpf_ntohs(u->source), bpf_ntohs(u->dest), ip->protocol };
	__u64 len = end - data;
	if (known(&key, len))
		return XDP_PASS;
	if (panic)
		return refuse(ip->saddr, blocked);
	open_flow(&key, len);
	return XDP_PASS;
}

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *v6 = (void *)(eth + 1);
		if ((void *)(v6 + 1) > end)
			return XDP_DROP;
		if (panic && (v6->saddr.s6_addr32[0] & bpf_htonl(0xffc00000)) != bpf_htonl(0xfe800000))
			return XDP_DROP;
		return XDP_PASS;
	}
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end || ip->ihl < 5)
		return XDP_DROP;
	struct lpm_key src = { 32, ip->saddr };
	if (bpf_map_lookup_elem(&banned, &src))
		return refuse(ip->saddr, blocked);
	if (ip->protocol == IPPROTO_TCP)
		return tcp_in(ctx, ip, (void *)ip + ip->ihl * 4, end);
	__u32 zero = 0, *cursor = bpf_map_lookup_elem(&state, &zero);
	if (!cursor)
		return XDP_PASS;
	*cursor = sizeof(*eth) + ip->ihl * 4;
	bpf_tail_call(ctx, &others, ip->protocol);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";

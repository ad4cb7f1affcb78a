/* Wraps an xdp or tc program that changes its packet, for benchmarks: a test run gives a program the same buffer again
 * and again, so what was changed has to be put back.
 *
 *   clang-19 -O2 -g -target bpf -mcpu=v3 -c putback.c
 *
 * The program in target[0] is tail-called by a function, so that its exit comes back here. Then `front` bytes are taken
 * off the front of the packet, and `words` words of 8 bytes are written at byte `at`. What it takes is measured with a
 * program in target[0] that does nothing, or nothing but to grow the packet by `front` bytes.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#define MOST 16

volatile const __u32 front, at, words;
volatile const __u64 bytes[MOST];

struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1);
	 __type(key, __u32); __type(value, __u32); } target SEC(".maps");

static __noinline int call(void *ctx)
{
	int verdict = -1;
	bpf_tail_call(ctx, &target, 0);
	asm volatile("" : "+r"(verdict)); /* clang believes that a tail call comes back */
	return verdict;
}

static __always_inline int put(void *data, void *end)
{
	if (data + at + 8 * words > end)
		return 0;
#pragma unroll
	for (int i = 0; i < MOST; i++)
		if (i < words)
			*(__u64 *)(data + at + 8 * i) = bytes[i];
	return 1;
}

SEC("xdp")
int put_xdp(struct xdp_md *ctx)
{
	int verdict = call(ctx);
	if (front && bpf_xdp_adjust_head(ctx, front))
		return -1;
	return put((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? verdict : -1;
}

SEC("tc")
int put_tc(struct __sk_buff *skb)
{
	int verdict = call(skb);
	return put((void *)(long)skb->data, (void *)(long)skb->data_end) ? verdict : -1;
}

SEC("xdp")
int grow(struct xdp_md *ctx)
{
	return front && bpf_xdp_adjust_head(ctx, -(int)front) ? -1 : XDP_PASS;
}

SEC("tc")
int nothing(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

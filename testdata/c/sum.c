/* A sum of the bytes of a UDP packet up to the first zero, as an expert writes it in C for kernels with bpf_loop:
 *
 *   clang-19 -O2 -g -target bpf -mcpu=v3 -c sum.c
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_OFF 0x7fff

volatile __u32 sum;

struct walk {
	struct xdp_md *ctx;
	__u32 off, total, failed;
};

static long add(__u32 i, void *arg)
{
	struct walk *w = arg;
	void *data = (void *)(long)w->ctx->data, *end = (void *)(long)w->ctx->data_end;
	__u32 off = w->off + i;

	if (off > MAX_OFF)
		goto fail;
	__u8 *p = data + off;
	if ((void *)(p + 1) > end)
		goto fail;
	if (*p == 0)
		return 1;
	w->total += *p;
	return 0;
fail:
	w->failed = 1;
	return 1;
}

SEC("xdp")
int sums(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	__u32 len = ip->ihl * 4;
	if (len < sizeof(*ip))
		return XDP_DROP;
	struct udphdr *udp = (void *)ip + len;
	if ((void *)(udp + 1) > end)
		return XDP_DROP;
	__u32 n = bpf_ntohs(udp->len);
	struct walk w = { .ctx = ctx, .off = sizeof(*eth) + len + sizeof(*udp) };
	if (n > 8)
		bpf_loop(n - 8 < 9000 ? n - 8 : 9000, add, &w, 0);
	if (w.failed)
		return XDP_DROP;
	sum = w.total;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";

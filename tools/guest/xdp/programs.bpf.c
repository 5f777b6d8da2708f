// SPDX-License-Identifier: GPL-2.0
/*
 * XDP programs for tests. A frame of UDP to port 9 is the test's; a program
 * passes all others.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT	9

/* Element 0: the interface that p_redirect and p_redirect_frags send to */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

#pragma pack(push, 2)
struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
};

#pragma pack(pop)

static __always_inline struct frame *test_frame(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct frame *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > end || f->eth.h_proto != bpf_htons(ETH_P_IP) ||
	    f->ip.protocol != IPPROTO_UDP || f->udp.dest != bpf_htons(PORT))
		return NULL;
	return f;
}

static __always_inline int send_back(struct xdp_md *ctx)
{
	struct frame *f = test_frame(ctx);
	unsigned char mac[ETH_ALEN];
	__be32 addr;
	__be16 port;

	if (!f)
		return XDP_PASS;
	__builtin_memcpy(mac, f->eth.h_dest, ETH_ALEN);
	__builtin_memcpy(f->eth.h_dest, f->eth.h_source, ETH_ALEN);
	__builtin_memcpy(f->eth.h_source, mac, ETH_ALEN);
	addr = f->ip.saddr;
	f->ip.saddr = f->ip.daddr;
	f->ip.daddr = addr;
	port = f->udp.source;
	f->udp.source = f->udp.dest;
	f->udp.dest = port;
	return XDP_TX;
}

static __always_inline int redirect(struct xdp_md *ctx)
{
	__u32 key = 0, *ifindex = bpf_map_lookup_elem(&target, &key);

	return ifindex ? bpf_redirect(*ifindex, 0) : XDP_ABORTED;
}

SEC("xdp")
int p_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int p_drop(struct xdp_md *ctx)
{
	return test_frame(ctx) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int p_abort(struct xdp_md *ctx)
{
	return test_frame(ctx) ? XDP_ABORTED : XDP_PASS;
}

SEC("xdp")
int p_tx(struct xdp_md *ctx)
{
	return send_back(ctx);
}

/* Moves the start there and back, and adds metadata, which the stack ignores. */
SEC("xdp")
int p_move(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -128) || bpf_xdp_adjust_head(ctx, 128) ||
	    bpf_xdp_adjust_meta(ctx, -8))
		return XDP_ABORTED;
	return send_back(ctx);
}

SEC("xdp")
int p_redirect(struct xdp_md *ctx)
{
	return redirect(ctx);
}

SEC("xdp.frags")
int p_pass_frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp.frags")
int p_drop_frags(struct xdp_md *ctx)
{
	return test_frame(ctx) ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags")
int p_tx_frags(struct xdp_md *ctx)
{
	return send_back(ctx);
}

char _license[] SEC("license") = "GPL";

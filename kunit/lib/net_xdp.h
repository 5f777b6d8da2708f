/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program of XDP on an interface of the fixture, and frames of others. The
 * program calls a function of this file, which decides.
 */
#ifndef VFE_KUNIT_NET_XDP_H
#define VFE_KUNIT_NET_XDP_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <net/xdp.h>

#include "net_fixture.h"

#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_NET_F_STATUS))
#define MERGE	(PLAIN | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define LARGE \
	(BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))
#define SWITCH \
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))

static u32 verdict;		/* what the program decides */
static unsigned int seen;	/* packets that it saw */
static unsigned int seen_len;	/* bytes of the last one */
static int shift;		/* it moves the begin of the packet by this */
static int meta;		/* bytes of its own that it puts before it */
static int to;			/* it redirects to this interface, if not 0 */

/* What the driver says about the packet's hash */
static struct {
	int err;
	u32 hash;
	enum xdp_rss_hash_type type;
} hint;

static inline u64 decide(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct xdp_buff *xdp = (void *)(unsigned long)ctx;
	struct bpf_redirect_info *ri;

	seen++;
	seen_len = xdp_get_buff_len(xdp);
	xdp->data += shift;
	xdp->data_meta = xdp->data - meta;
	hint.err = xdp->rxq->dev->xdp_metadata_ops->xmo_rx_hash((void *)xdp,
								&hint.hash,
								&hint.type);
	if (to) {
		ri = bpf_net_ctx_get_ri();
		ri->tgt_index = to;
		ri->map_id = INT_MAX;
		ri->map_type = BPF_MAP_TYPE_UNSPEC;
	}
	return verdict;
}

static inline void free_prog(void *data)
{
	struct bpf_prog *prog = data;

	synchronize_rcu();
	bpf_prog_free(prog);
}

/* A program that calls decide(); the test frees it. */
static inline struct bpf_prog *make_prog(struct kunit *test, bool frags)
{
	const struct bpf_insn insns[] = {
		BPF_EMIT_CALL(decide),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog;
	int err = 0;

	verdict = XDP_PASS;
	seen = 0;
	shift = 0;
	meta = 0;
	to = 0;
	prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->type = BPF_PROG_TYPE_XDP;
	prog->gpl_compatible = 1;
	prog->len = ARRAY_SIZE(insns);
	prog->aux->xdp_has_frags = frags;
	memcpy(prog->insnsi, insns, sizeof(insns));
	/* one reference is the test's */
	atomic64_set(&prog->aux->refcnt, 1);
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, free_prog, prog), 0);
	return prog;
}

/* The driver gets a reference, as it does from the network stack. */
static inline int load(struct tnet *t, struct bpf_prog *prog)
{
	struct netlink_ext_ack extack = {};
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG, .prog = prog, .extack = &extack,
	};
	int err;

	if (prog)
		bpf_prog_inc(prog);
	rtnl_lock();
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	rtnl_unlock();
	if (err && prog)
		bpf_prog_put(prog);
	if (err)
		KUNIT_EXPECT_NOT_NULL(t->test, extack._msg);
	return err;
}

static inline u64 rx_drops(struct tnet *t)
{
	return u64_stats_read(&t->vn->rxq[0].stats.xdp_drops);
}

static inline u64 tx_drops(struct tnet *t)
{
	return u64_stats_read(&t->vn->txq[0].stats.xdp_tx_drops);
}

/* Uses up the buffers from before the program was loaded. */
static inline void use_old_buffers(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < 70; i++)
		tnet_expect_receives(t, 200, i);
}

/* A packet of 300 bytes is sent back, and the frame is freed. */
static inline void expect_sent_back(struct tnet *t)
{
	struct kunit *test = t->test;
	const struct vfe_mock_seg *seg;
	const u8 *byte;

	verdict = XDP_TX;
	KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, 0x77));
	KUNIT_EXPECT_NULL(test, tnet_next(t));
	KUNIT_ASSERT_TRUE(test, tnet_take(t));
	KUNIT_EXPECT_EQ(test, t->chain->in, 0U);
	seg = &t->chain->segs[t->chain->out - 1];
	byte = vfe_mock_mem(seg->addr);
	KUNIT_ASSERT_NOT_NULL(test, byte);
	KUNIT_EXPECT_GE(test, seg->len, 300U);
	KUNIT_EXPECT_EQ(test, byte[seg->len - 1], 0x77);
	verdict = XDP_PASS;
}

/* A frame of another interface */
static inline struct xdp_frame *make_frame(struct kunit *test, unsigned int headroom)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct xdp_frame *frame;

	KUNIT_ASSERT_NOT_NULL(test, page);
	frame = page_address(page);
	memset(frame, 0, PAGE_SIZE);
	frame->data = (void *)frame + sizeof(*frame) + headroom;
	frame->len = 200;
	frame->headroom = headroom;
	frame->frame_sz = PAGE_SIZE;
	memset(frame->data, 0x33, frame->len);
	return frame;
}

static inline int xmit(struct tnet *t, struct xdp_frame *frame, u32 flags)
{
	int sent;

	local_bh_disable();
	sent = t->dev->netdev_ops->ndo_xdp_xmit(t->dev, 1, &frame, flags);
	local_bh_enable();
	if (sent < 1)
		xdp_return_frame(frame);
	return sent;
}

/**
 * struct layout_row - a layout of receive buffers
 * @name: of the row
 * @features: of the device
 * @translated: the bus translates
 */
struct layout_row {
	const char *name;
	u64 features;
	bool translated;
};

static const struct layout_row layouts[] = {
	{ "small", PLAIN },
	{ "mergeable", MERGE },
	{ "big", PLAIN | LARGE | SWITCH },
	{ "packed", MERGE | BIT_ULL(VIRTIO_F_RING_PACKED) },
	{ "small, in order", PLAIN | BIT_ULL(VIRTIO_F_IN_ORDER) },
	{ "mergeable, DMA API", MERGE | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	  true },
	{ "small, DMA API", PLAIN | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true },
	{ "big, DMA API", PLAIN | LARGE | SWITCH |
	  BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true },
};

static inline struct tnet *switch_up(struct kunit *test)
{
	return tnet_pairs_up(test, MERGE | LARGE | SWITCH |
			     BIT_ULL(VIRTIO_NET_F_MQ), 2);
}

#endif /* VFE_KUNIT_NET_XDP_H */

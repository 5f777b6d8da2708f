/* SPDX-License-Identifier: GPL-2.0 */
/* Suites of XDP: layouts of receive buffers, and frames of other interfaces */
#ifndef VFE_KUNIT_NET_XDP_H
#define VFE_KUNIT_NET_XDP_H

#include "net_packet.h"
#include "net_prog.h"

#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_NET_F_STATUS))
#define MERGE	(PLAIN | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define LARGE \
	(BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))
#define SWITCH \
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))

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
	KUNIT_ASSERT_TRUE(test, tnet_read(t));
	KUNIT_EXPECT_EQ(test, t->chain->in, 0U);
	seg = &t->chain->segs[t->chain->out - 1];
	byte = vfe_mock_mem(seg->addr);
	KUNIT_ASSERT_NOT_NULL(test, byte);
	KUNIT_EXPECT_GE(test, seg->len, 300U);
	KUNIT_EXPECT_EQ(test, byte[seg->len - 1], 0x77);
	tnet_sent(t);
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

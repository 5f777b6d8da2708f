/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of several pieces, sent and received */
#ifndef VFE_KUNIT_NET_PACKET_H
#define VFE_KUNIT_NET_PACKET_H

#include "net_fixture.h"

#define TNET_FRAG	50U	/* bytes of a fragment */

/* A frame of 100 bytes, and @n fragments, the bytes of the first @fill */
static inline struct sk_buff *tnet_frame_with_frags(struct tnet *t,
						    unsigned int n, u8 fill)
{
	struct sk_buff *skb = tnet_frame(t, 100, 0x21);
	struct page *page;
	unsigned int i;

	for (i = 0; i < n; i++) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(t->test, page);
		memset(page_address(page), fill + i, PAGE_SIZE);
		skb_add_rx_frag(skb, i, page, 8, TNET_FRAG, PAGE_SIZE);
	}
	return skb;
}

/*
 * The device reads the next packet, in @chain. The driver frees its bytes only
 * after tnet_sent(). Return: whether there is a packet
 */
static inline bool tnet_read(struct tnet *t)
{
	return vfe_mock_pop(t->tx, t->chain) == 1;
}

static inline void tnet_sent(struct tnet *t)
{
	vfe_mock_push(t->tx, t->chain->id, 0, t->chain->descs);
}

/* The bytes of the packet in t->chain, its header included */
static inline unsigned int tnet_chain_len(const struct tnet *t)
{
	unsigned int i, len = 0;

	for (i = 0; i < t->chain->out; i++)
		len += t->chain->segs[i].len;
	return len;
}

/* The byte at this place of it */
static inline u8 tnet_chain_byte(const struct tnet *t, unsigned int at)
{
	unsigned int i;

	for (i = 0; i < t->chain->out; i++) {
		const struct vfe_mock_seg *seg = &t->chain->segs[i];

		if (at < seg->len)
			return *(u8 *)vfe_mock_mem(seg->addr + at);
		at -= seg->len;
	}
	return 0;
}

/*
 * A packet of three buffers, by its header, whose first has the used length
 * @len. The two others are whole packets by themselves.
 */
static inline void tnet_arrive_wrong(struct tnet *t, u32 len)
{
	struct virtio_net_hdr_mrg_rxbuf *hdr;
	unsigned int i;
	u8 bytes[64];

	for (i = 0; i < 3; i++) {
		memset(bytes, 0, sizeof(bytes));
		hdr = (struct virtio_net_hdr_mrg_rxbuf *)bytes;
		hdr->num_buffers = (__force __virtio16)cpu_to_le16(i ? 1 : 3);
		KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, sizeof(bytes),
						     i ? sizeof(bytes) : len));
	}
	tnet_deliver(t);
}

#endif /* VFE_KUNIT_NET_PACKET_H */

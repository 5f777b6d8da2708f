/* SPDX-License-Identifier: GPL-2.0 */
/* Receive buffers and their tokens: for the files that receive packets. */
#ifndef VFE_NET_RX_H
#define VFE_NET_RX_H

#include <linux/bpf.h>
#include <linux/mm.h>

#include "net.h"

/* An XDP buffer: a page, with room before and after the device's part */
#define VFE_NET_XDP_HEAD	XDP_PACKET_HEADROOM
#define VFE_NET_XDP_ROOM	\
	(PAGE_SIZE - VFE_NET_XDP_HEAD - \
	 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/**
 * struct vfe_net_big - a receive buffer of several pages
 * @next: of the queue's spare ones
 * @n: number of pages
 * @page: their addresses; NULL: a packet took the page of a spare one
 */
struct vfe_net_big {
	struct vfe_net_big *next;
	unsigned int n;
	void *page[];
};

static inline void *vfe_net_token(void *buf, enum vfe_net_rx_class class)
{
	return (void *)((unsigned long)buf | class);
}

static inline void *vfe_net_buf(void *token)
{
	return (void *)((unsigned long)token & ~VFE_NET_BUF_CLASS);
}

static inline enum vfe_net_rx_class vfe_net_class(void *token)
{
	return (unsigned long)token & VFE_NET_BUF_CLASS;
}

/* Where the device writes in a buffer of one piece */
static inline void *vfe_net_at(void *buf, enum vfe_net_rx_class class)
{
	return likely(class != VFE_NET_BUF_XDP) ? buf : buf + VFE_NET_XDP_HEAD;
}

/* The first byte that the device wrote */
static inline void *vfe_net_data(const struct vfe_net_rxq *rxq, void *token)
{
	enum vfe_net_rx_class class = vfe_net_class(token);
	void *buf = vfe_net_buf(token);

	if (unlikely(class == VFE_NET_BUF_XSK))
		return ((struct xdp_buff *)buf)->data - rxq->hdr_len;
	if (unlikely(class == VFE_NET_BUF_BIG))
		return ((struct vfe_net_big *)buf)->page[0];
	return vfe_net_at(buf, class);
}

/* The hash of the device, if there is one and users want it */
static inline void vfe_net_set_hash(const struct vfe_net_rxq *rxq,
				    struct sk_buff *skb,
				    const struct vfe_net_hdr *hdr)
{
	if (rxq->hash && rxq->vn->netdev->features & NETIF_F_RXHASH)
		vfe_net_hash_to_skb(skb, hdr);
}

/* Buffers of a packet after the first one, by its header's num_buffers */
static inline unsigned int vfe_net_rx_more(const struct vfe_net_rxq *rxq,
					   __le16 num_buffers)
{
	unsigned int n = rxq->vn->mode == VFE_NET_RX_MERGEABLE ?
			 le16_to_cpu(num_buffers) : 0;

	return n - !!n;
}

/* rx.c */
void vfe_net_free(void *buf, bool napi);
void vfe_net_free_token(struct vfe_net_rxq *rxq, void *token, bool napi);
void *vfe_net_alloc(struct vfe_net_rxq *rxq, unsigned int size, gfp_t gfp);
void *vfe_net_alloc_from(struct page_pool *pool, unsigned int size, gfp_t gfp);
/* The segments of a buffer in one piece. Return: their number */
unsigned int vfe_net_frame_segs(const struct vfe_net_rxq *rxq,
				struct vfe_seg *segs, dma_addr_t addr,
				unsigned int len);
/* The CPU is about to read a buffer, or the first page of it. */
void vfe_net_sync(struct vfe_net_rxq *rxq, const struct vfe_used *used);
/* The next buffer of a packet that has @most more buffers, or NULL */
struct vfe_used *vfe_net_next_used(struct vfe_net_rxq *rxq, unsigned int most);
/*
 * Drops a packet with its first buffer @used, whose length is wrong: too small,
 * or 0 for one beyond the buffer. If the device wrote a header, num_buffers says
 * which buffers are the rest: their data must not count as headers.
 */
void vfe_net_drop_packet(struct vfe_net_rxq *rxq, struct vfe_used *used);
/* Frees the rest of a packet that is dropped. */
void vfe_net_drop_rest(struct vfe_net_rxq *rxq, unsigned int n);
void vfe_net_count_drop(struct vfe_net_rxq *rxq, bool bad);
void vfe_net_to_stack(struct vfe_net_rxq *rxq, struct sk_buff *skb);

/* rx_setup.c; from NAPI, or while it is off */
struct vfe_net_big *vfe_net_alloc_big(struct vfe_net_rxq *rxq, gfp_t gfp);
void vfe_net_keep_big(struct vfe_net_rxq *rxq, struct vfe_net_big *big);
void vfe_net_free_big(struct vfe_net_big *big, bool napi);
void vfe_net_free_spare(struct vfe_net_rxq *rxq);

#endif /* VFE_NET_RX_H */

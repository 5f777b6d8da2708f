// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: buffers for the device, and packets from them (virtio 1.4, 5.1.9.3
 * and 5.1.9.4). A short packet is copied, and its buffer goes back to the
 * device at once, without any allocation of pages; of a longer one the buffer
 * becomes a fragment of the skb.
 */
#include <linux/etherdevice.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "net.h"
#include "rx.h"
#include "tunnel.h"
#include "xdp.h"
#include "xsk.h"

/*
 * The longest packet that is copied: as a fragment, it would take half as much
 * again of its socket's receive buffer. Packets of streams are longer.
 */
#define VFE_NET_COPY	1204
#define VFE_NET_COPY_MIN	256	/* room in the skb of a copy */
#define VFE_NET_HEAD	128	/* room for the headers of a longer one */
#define VFE_NET_BATCH	32U	/* buffers that are given back at a time */
#define VFE_NET_RETRY	(HZ / 50 ?: 1)	/* after a refill found no memory */
#define VFE_NET_LARGEST	(VFE_NET_HDR_LEN_TUNNEL + VFE_NET_GSO_FRAME)
/* Fewest small buffers, and fewest large ones, that any packet fits */
#define VFE_NET_SMALL_ENOUGH	DIV_ROUND_UP(VFE_NET_LARGEST, VFE_NET_FRAME)
#define VFE_NET_LARGE_ENOUGH	DIV_ROUND_UP(VFE_NET_LARGEST, VFE_NET_XDP_ROOM)

static unsigned int vfe_net_class_size(const struct vfe_net_rxq *rxq,
				       enum vfe_net_rx_class class)
{
	return class == VFE_NET_BUF_SMALL ? rxq->small : PAGE_SIZE;
}

/* Bytes that the device may write into a buffer of one piece */
static unsigned int vfe_net_class_room(const struct vfe_net_rxq *rxq,
				       enum vfe_net_rx_class class)
{
	return class == VFE_NET_BUF_XDP ? VFE_NET_XDP_ROOM :
					  vfe_net_class_size(rxq, class);
}

/* --- memory --- */

void *vfe_net_alloc_from(struct page_pool *pool, unsigned int size, gfp_t gfp)
{
	unsigned int offset;
	struct page *page;

	page = page_pool_alloc_frag(pool, &offset, size, gfp);
	return page ? page_address(page) + offset : NULL;
}

/* A piece of a large page, or of a single page if there is none */
void *vfe_net_alloc(struct vfe_net_rxq *rxq, unsigned int size, gfp_t gfp)
{
	gfp_t large = (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NORETRY;

	return vfe_net_alloc_from(rxq->pool, size, large | __GFP_NOWARN) ?:
	       vfe_net_alloc_from(rxq->pool0, size, gfp | __GFP_NOWARN);
}

void vfe_net_free(void *buf, bool napi)
{
	struct page *page = virt_to_head_page(buf);

	page_pool_put_full_page(page->pp, page, napi);
}

static dma_addr_t vfe_net_page_dma(void *buf)
{
	struct page *page = virt_to_head_page(buf);

	return page_pool_get_dma_addr(page) + (buf - page_address(page));
}

/* The device's address of a buffer that it is about to write */
static dma_addr_t vfe_net_for_device(struct vfe_net_rxq *rxq, void *buf,
				     unsigned int len)
{
	dma_addr_t addr;

	if (likely(!rxq->dma))
		return virt_to_phys(buf);
	addr = vfe_net_page_dma(buf);
	dma_sync_single_for_device(vfe_dev(rxq->vn->vd), addr, len,
				   DMA_FROM_DEVICE);
	return addr;
}

static void vfe_net_for_cpu(struct vfe_net_rxq *rxq, void *buf,
			    unsigned int len)
{
	if (unlikely(rxq->dma))
		dma_sync_single_for_cpu(vfe_dev(rxq->vn->vd),
					vfe_net_page_dma(buf), len,
					DMA_FROM_DEVICE);
}

void vfe_net_free_token(struct vfe_net_rxq *rxq, void *token, bool napi)
{
	enum vfe_net_rx_class class = vfe_net_class(token);
	void *buf = vfe_net_buf(token);

	if (unlikely(class == VFE_NET_BUF_BIG))
		vfe_net_free_big(buf, napi);
	else if (unlikely(class == VFE_NET_BUF_XSK))
		xsk_buff_free(buf);
	else
		vfe_net_free(buf, napi);
}

void vfe_net_sync(struct vfe_net_rxq *rxq, const struct vfe_used *used)
{
	if (unlikely(vfe_net_class(used->token) == VFE_NET_BUF_XSK))
		vfe_net_xsk_sync(rxq, vfe_net_buf(used->token));
	else
		vfe_net_for_cpu(rxq, vfe_net_data(rxq, used->token),
				min_t(u32, used->len, PAGE_SIZE));
}

/* --- refill --- */

/*
 * 5.1.9.8: a device without VERSION_1 and ANY_LAYOUT wants a descriptor for the
 * header alone, unless it merges buffers. Return: the number of segments
 */
unsigned int vfe_net_frame_segs(const struct vfe_net_rxq *rxq,
				struct vfe_seg *segs, dma_addr_t addr,
				unsigned int len)
{
	if (likely(rxq->vn->any_layout ||
		   rxq->vn->mode == VFE_NET_RX_MERGEABLE)) {
		segs[0].addr = addr;
		segs[0].len = len;
		return 1;
	}
	segs[0].addr = addr;
	segs[0].len = rxq->hdr_len;
	segs[1].addr = addr + rxq->hdr_len;
	segs[1].len = len - rxq->hdr_len;
	return 2;
}

/* Gives a buffer to the device. Return: whether there was room */
static bool vfe_net_post(struct vfe_net_rxq *rxq, void *buf,
			 enum vfe_net_rx_class class)
{
	unsigned int len = vfe_net_class_room(rxq, class);
	void *at = vfe_net_at(buf, class);
	struct vfe_seg segs[2];
	unsigned int n;

	n = vfe_net_frame_segs(rxq, segs, vfe_net_for_device(rxq, at, len),
			       len);
	if (unlikely(vfe_queue_add(rxq->vq, segs, 0, n,
				   vfe_net_token(buf, class))))
		return false;
	rxq->posted++;
	rxq->fresh++;
	return true;
}

/* Gives a buffer back to the device, or frees it. No program is loaded. */
static void vfe_net_repost(struct vfe_net_rxq *rxq, void *buf,
			   enum vfe_net_rx_class class)
{
	if (unlikely(class == VFE_NET_BUF_XDP ||
		     !vfe_net_post(rxq, buf, class)))
		vfe_net_free(buf, true);
}

static int vfe_net_post_big(struct vfe_net_rxq *rxq, gfp_t gfp)
{
	struct vfe_net_big *big = vfe_net_alloc_big(rxq, gfp);
	struct vfe_seg segs[VFE_NET_MAX_SEGS];
	unsigned int i, n;
	int err;

	if (!big)
		return -ENOMEM;
	n = vfe_net_frame_segs(rxq, segs,
			       vfe_net_for_device(rxq, big->page[0], PAGE_SIZE),
			       PAGE_SIZE);
	for (i = 1; i < big->n; i++, n++) {
		segs[n].addr = vfe_net_for_device(rxq, big->page[i], PAGE_SIZE);
		segs[n].len = PAGE_SIZE;
	}
	err = vfe_queue_add(rxq->vq, segs, 0, n,
			    vfe_net_token(big, VFE_NET_BUF_BIG));
	if (err)
		vfe_net_keep_big(rxq, big);
	else
		rxq->posted++;
	return err;
}

/*
 * A ring of few small buffers has no room for a packet of 64 KiB, for which the
 * device would wait for ever. And packets that use several small buffers cost
 * less in large ones. The average is that of packets.
 */
static bool vfe_net_wants_large(const struct vfe_net_rxq *rxq)
{
	return unlikely(vfe_queue_size(rxq->vq) < VFE_NET_SMALL_ENOUGH) ||
	       rxq->average / 64 + rxq->hdr_len > rxq->small;
}

static enum vfe_net_rx_class vfe_net_next_class(const struct vfe_net_rxq *rxq)
{
	enum vfe_net_rx_mode mode = READ_ONCE(rxq->vn->mode);

	if (unlikely(rxq->xsk))
		return VFE_NET_BUF_XSK;
	if (unlikely(rcu_access_pointer(rxq->xdp_prog)))
		return VFE_NET_BUF_XDP;
	if (unlikely(mode == VFE_NET_RX_BIG))
		return VFE_NET_BUF_BIG;
	return mode == VFE_NET_RX_MERGEABLE && vfe_net_wants_large(rxq) ?
	       VFE_NET_BUF_PAGE : VFE_NET_BUF_SMALL;
}

static void *vfe_net_alloc_xdp(struct vfe_net_rxq *rxq, gfp_t gfp)
{
	struct page *page = page_pool_alloc_pages(rxq->xdp_pool,
						  gfp | __GFP_NOWARN);

	return page ? page_address(page) : NULL;
}

static int vfe_net_post_new(struct vfe_net_rxq *rxq, gfp_t gfp)
{
	enum vfe_net_rx_class class = vfe_net_next_class(rxq);
	void *buf;

	if (unlikely(class == VFE_NET_BUF_XSK))
		return vfe_net_xsk_post(rxq);
	if (unlikely(class == VFE_NET_BUF_BIG))
		return vfe_net_post_big(rxq, gfp);
	if (unlikely(class == VFE_NET_BUF_XDP))
		buf = vfe_net_alloc_xdp(rxq, gfp);
	else
		buf = vfe_net_alloc(rxq, vfe_net_class_size(rxq, class), gfp);
	if (!buf)
		return -ENOMEM;
	if (vfe_net_post(rxq, buf, class))
		return 0;
	vfe_net_free(buf, false);
	return -ENOSPC;
}

/* Descriptors of the ring that a buffer takes */
static unsigned int vfe_net_rx_need(const struct vfe_net_rxq *rxq)
{
	if (READ_ONCE(rxq->vn->mode) == VFE_NET_RX_BIG &&
	    vfe_queue_makes_tables(rxq->vq))
		return 1;
	return READ_ONCE(rxq->vn->rx_segs);
}

/*
 * The number of buffers at which the ring, which was just filled, is refilled.
 * They must have room for a packet: a device that lacks it waits for more, and
 * does not interrupt.
 */
static unsigned int vfe_net_rx_low(const struct vfe_net_rxq *rxq)
{
	unsigned int low = rxq->posted - min(rxq->posted / 4, VFE_NET_BATCH);

	if (likely(low >= VFE_NET_SMALL_ENOUGH) ||
	    rxq->vn->mode != VFE_NET_RX_MERGEABLE)
		return low;
	return max(low, vfe_queue_size(rxq->vq) < VFE_NET_SMALL_ENOUGH ?
			VFE_NET_LARGE_ENOUGH : VFE_NET_SMALL_ENOUGH);
}

/**
 * vfe_net_rx_refill() - fill the ring with buffers
 * @rxq: the queue
 * @gfp: GFP_ATOMIC from NAPI, GFP_KERNEL before it is enabled
 *
 * Return: false if there was no memory.
 */
bool vfe_net_rx_refill(struct vfe_net_rxq *rxq, gfp_t gfp)
{
	unsigned int need = vfe_net_rx_need(rxq);
	int err = 0;

	while (!err && vfe_queue_room(rxq->vq) >= need)
		err = vfe_net_post_new(rxq, gfp);
	rxq->fresh = 0;
	rxq->low = vfe_net_rx_low(rxq);
	if (vfe_queue_kick_prepare(rxq->vq))
		vfe_queue_notify(rxq->vq);
	if (unlikely(rxq->xsk)) {
		vfe_net_xsk_refilled(rxq, err == -ENOMEM);
		return true;
	}
	return err != -ENOMEM;
}

/*
 * Refills after a poll, if enough is missing; if memory is short, tries again a
 * little later.
 */
static void vfe_net_refill_or_retry(struct vfe_net_rxq *rxq)
{
	if (likely(rxq->posted - rxq->fresh > rxq->low) ||
	    likely(vfe_net_rx_refill(rxq, GFP_ATOMIC)))
		return;
	u64_stats_update_begin(&rxq->stats.syncp);
	u64_stats_inc(&rxq->stats.no_memory);
	u64_stats_update_end(&rxq->stats.syncp);
	mod_timer(&rxq->refill, jiffies + VFE_NET_RETRY);
}

static void vfe_net_refill_timer(struct timer_list *t)
{
	struct vfe_net_rxq *rxq = vfe_timer_container_of(rxq, t, refill);

	WRITE_ONCE(rxq->low, U32_MAX);
	napi_schedule(&rxq->napi);
}

/* --- packets --- */

/* Reaps up to @most buffers. Return: whether there is one */
static bool vfe_net_reap(struct vfe_net_rxq *rxq, unsigned int most)
{
	rxq->used_i = 0;
	rxq->used_n = vfe_queue_get_many(rxq->vq, rxq->used,
					 min(most, VFE_NET_REAP));
	rxq->posted -= rxq->used_n;
	if (unlikely(rxq->convert))
		vfe_net_xsk_convert(rxq);
	return rxq->used_n;
}

struct vfe_used *vfe_net_next_used(struct vfe_net_rxq *rxq, unsigned int most)
{
	if (rxq->used_i == rxq->used_n && !vfe_net_reap(rxq, most))
		return NULL;
	return &rxq->used[rxq->used_i++];
}

static void vfe_net_add_frag(struct sk_buff *skb, void *at, unsigned int len,
			     unsigned int size)
{
	struct page *page = virt_to_head_page(at);
	unsigned int offset = at - page_address(page);
	int i = skb_shinfo(skb)->nr_frags;

	skb_add_rx_frag(skb, i, page, offset, len, size);
}

/*
 * Copies the Ethernet header, and makes the rest a fragment: GRO and the stack
 * read and pull the other headers from there.
 */
static struct sk_buff *vfe_net_frag_skb(struct vfe_net_rxq *rxq, void *frame,
					unsigned int len, unsigned int size)
{
	struct sk_buff *skb = napi_alloc_skb(&rxq->napi, VFE_NET_HEAD);

	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	skb_put_data(skb, frame, ETH_HLEN);
	if (likely(len > ETH_HLEN))
		vfe_net_add_frag(skb, frame + ETH_HLEN, len - ETH_HLEN, size);
	return skb;
}

static struct sk_buff *vfe_net_copy_skb(struct vfe_net_rxq *rxq, void *frame,
					unsigned int len)
{
	struct sk_buff *skb;

	skb = napi_alloc_skb(&rxq->napi, max(len, VFE_NET_COPY_MIN + 0U));
	if (unlikely(!skb))
		return NULL;
	/* GRO merges only skbs that agree in this: the end of a message, too */
	skb_mark_for_recycle(skb);
	skb_put_data(skb, frame, len);
	return skb;
}

void vfe_net_drop_rest(struct vfe_net_rxq *rxq, unsigned int n)
{
	struct vfe_used *used;

	while (n && (used = vfe_net_next_used(rxq, n))) {
		vfe_net_free_token(rxq, used->token, true);
		n--;
	}
}

/* The skb that takes the next fragment: @tail, or a new one behind it */
static struct sk_buff *vfe_net_tail(struct sk_buff *head, struct sk_buff *tail)
{
	struct sk_buff *skb;

	if (likely(skb_shinfo(tail)->nr_frags < MAX_SKB_FRAGS))
		return tail;
	skb = alloc_skb(0, GFP_ATOMIC);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	if (tail == head)
		skb_shinfo(head)->frag_list = skb;
	else
		tail->next = skb;
	head->truesize += skb->truesize;
	return skb;
}

/* Adds a buffer at the end of a packet. Return: the last skb, or NULL */
static struct sk_buff *vfe_net_append(struct sk_buff *head,
				      struct sk_buff *tail, void *buf,
				      unsigned int len, unsigned int size)
{
	struct page *page = virt_to_head_page(buf);
	unsigned int offset = buf - page_address(page);
	int n = skb_shinfo(tail)->nr_frags;

	if (n && skb_can_coalesce(tail, n, page, offset)) {
		skb_coalesce_rx_frag(tail, n - 1, len, size);
		/* one reference for the fragment */
		vfe_net_free(buf, true);
	} else {
		tail = vfe_net_tail(head, tail);
		if (unlikely(!tail))
			return NULL;
		vfe_net_add_frag(tail, buf, len, size);
	}
	if (tail != head) {
		head->len += len;
		head->data_len += len;
		head->truesize += size;
	}
	return tail;
}

/*
 * 5.1.9.4: adds the other buffers of a packet. The device has used all of them,
 * or num_buffers is wrong. Return: whether the packet is whole
 */
static bool vfe_net_merge(struct vfe_net_rxq *rxq, struct sk_buff *head,
			  unsigned int n)
{
	struct sk_buff *tail = head;
	enum vfe_net_rx_class class;
	struct vfe_used *used;
	void *buf, *at;

	for (; n; n--) {
		used = vfe_net_next_used(rxq, n);
		if (unlikely(!used))
			return false;
		class = vfe_net_class(used->token);
		buf = vfe_net_buf(used->token);
		at = vfe_net_at(buf, class);
		if (unlikely(!used->len || class == VFE_NET_BUF_XSK ||
			     head->len + used->len > VFE_NET_MAX_FRAME)) {
			vfe_net_free_token(rxq, used->token, true);
			vfe_net_drop_rest(rxq, n - 1);
			return false;
		}
		vfe_net_for_cpu(rxq, at, used->len);
		tail = vfe_net_append(head, tail, at, used->len,
				      vfe_net_class_size(rxq, class));
		if (unlikely(!tail)) {
			vfe_net_free(buf, true);
			vfe_net_drop_rest(rxq, n - 1);
			return false;
		}
	}
	return true;
}

/* @bad: the device wrote a wrong header or length; else memory was short */
void vfe_net_count_drop(struct vfe_net_rxq *rxq, bool bad)
{
	u64_stats_update_begin(&rxq->stats.syncp);
	if (bad)
		u64_stats_inc(&rxq->stats.bad);
	else
		u64_stats_inc(&rxq->stats.drops);
	u64_stats_update_end(&rxq->stats.syncp);
}

/* An skb of a single piece and, in mode mergeable, of @more others */
static struct sk_buff *vfe_net_piece_skb(struct vfe_net_rxq *rxq, void *buf,
					 enum vfe_net_rx_class class,
					 unsigned int len, unsigned int more)
{
	void *frame = vfe_net_at(buf, class) + rxq->hdr_len;
	struct sk_buff *skb;

	len -= rxq->hdr_len;
	if (len <= VFE_NET_COPY && !more) {
		skb = vfe_net_copy_skb(rxq, frame, len);
		vfe_net_repost(rxq, buf, class);
		if (unlikely(!skb))
			vfe_net_count_drop(rxq, false);
		return skb;
	}
	skb = vfe_net_frag_skb(rxq, frame, len,
			       vfe_net_class_size(rxq, class));
	if (unlikely(!skb)) {
		vfe_net_repost(rxq, buf, class);
		vfe_net_drop_rest(rxq, more);
		vfe_net_count_drop(rxq, false);
		return NULL;
	}
	if (unlikely(len == ETH_HLEN))
		vfe_net_repost(rxq, buf, class);
	if (!more || likely(vfe_net_merge(rxq, skb, more)))
		return skb;
	dev_kfree_skb_any(skb);
	vfe_net_count_drop(rxq, true);
	return NULL;
}

void vfe_net_to_stack(struct vfe_net_rxq *rxq, struct sk_buff *skb)
{
	skb_record_rx_queue(skb, rxq->index);
	skb->protocol = eth_type_trans(skb, rxq->vn->netdev);
	napi_gro_receive(&rxq->napi, skb);
}

/* Sets the offloads of an skb. Return: 0 or an error: drop it */
static int vfe_net_set_rx_offloads(const struct vfe_net_rxq *rxq,
				   struct sk_buff *skb,
				   const union vfe_net_rx_hdr *hdr)
{
	const struct vfe_net *vn = rxq->vn;

	if (likely(!vfe_net_in_tunnel(hdr)))
		return vfe_net_hdr_to_skb(skb, &hdr->v1.hdr);
	return vfe_net_tunnel_to_skb(skb, &hdr->full,
			vfe_net_has(vn, VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO),
			vfe_net_has(vn, VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM));
}

/* Gives an skb, with the header that the device wrote, to the stack. */
static void vfe_net_deliver(struct vfe_net_rxq *rxq, struct sk_buff *skb,
			    const union vfe_net_rx_hdr *hdr)
{
	if (unlikely(vfe_net_set_rx_offloads(rxq, skb, hdr))) {
		dev_kfree_skb_any(skb);
		vfe_net_count_drop(rxq, true);
		return;
	}
	vfe_net_set_hash(rxq, skb, &hdr->full);
	rxq->packets++;
	rxq->bytes += skb->len;
	rxq->average += skb->len - rxq->average / 64;
	vfe_net_to_stack(rxq, skb);
}

/* The skb of the first page, which it keeps if it is not short */
static struct sk_buff *vfe_net_big_skb(struct vfe_net_rxq *rxq,
				       struct vfe_net_big *big,
				       unsigned int len)
{
	void *frame = big->page[0] + rxq->hdr_len;
	struct sk_buff *skb;

	if (len <= VFE_NET_COPY)
		return vfe_net_copy_skb(rxq, frame, len);
	skb = vfe_net_frag_skb(rxq, frame, len, PAGE_SIZE);
	if (likely(skb))
		big->page[0] = NULL;
	return skb;
}

/*
 * A buffer of several pages. The core has made sure that @len is not beyond the
 * buffer.
 */
static void vfe_net_rx_big(struct vfe_net_rxq *rxq, struct vfe_net_big *big,
			   unsigned int len)
{
	union vfe_net_rx_hdr hdr;
	struct sk_buff *skb = NULL;
	unsigned int i, at, piece;
	bool bad = len < rxq->hdr_len + ETH_HLEN;

	if (!bad) {
		piece = min_t(unsigned int, len, PAGE_SIZE);
		vfe_net_for_cpu(rxq, big->page[0], piece);
		memcpy(&hdr, big->page[0], sizeof(hdr));
		skb = vfe_net_big_skb(rxq, big, piece - rxq->hdr_len);
	}
	for (i = 1, at = PAGE_SIZE; skb && at < len; i++, at += PAGE_SIZE) {
		piece = min_t(unsigned int, len - at, PAGE_SIZE);
		vfe_net_for_cpu(rxq, big->page[i], piece);
		vfe_net_add_frag(skb, big->page[i], piece, PAGE_SIZE);
		big->page[i] = NULL;
	}
	vfe_net_keep_big(rxq, big);
	if (likely(skb))
		vfe_net_deliver(rxq, skb, &hdr);
	else
		vfe_net_count_drop(rxq, bad);
}

static void vfe_net_rx_piece(struct vfe_net_rxq *rxq, void *buf,
			     enum vfe_net_rx_class class, unsigned int len)
{
	union vfe_net_rx_hdr hdr;
	void *at = vfe_net_at(buf, class);
	struct sk_buff *skb;
	unsigned int more;

	vfe_net_for_cpu(rxq, at, len);
	/*
	 * the device may write again: read the header once, then check it. A
	 * shorter header is read with the begin of the frame
	 */
	memcpy(&hdr, at, sizeof(hdr));
	more = vfe_net_rx_more(rxq, (__force __le16)hdr.v1.num_buffers);
	skb = vfe_net_piece_skb(rxq, buf, class, len, more);
	if (likely(skb))
		vfe_net_deliver(rxq, skb, &hdr);
}

void vfe_net_drop_packet(struct vfe_net_rxq *rxq, struct vfe_used *used)
{
	struct virtio_net_hdr_mrg_rxbuf hdr = {};

	if (!used->len || used->len >= sizeof(hdr)) {
		used->len = max_t(u32, used->len, sizeof(hdr));
		vfe_net_sync(rxq, used);
		memcpy(&hdr, vfe_net_data(rxq, used->token), sizeof(hdr));
	}
	vfe_net_free_token(rxq, used->token, true);
	vfe_net_drop_rest(rxq, vfe_net_rx_more(rxq, (__force __le16)
					       hdr.num_buffers));
}

static void vfe_net_rx_one(struct vfe_net_rxq *rxq, struct vfe_used *used)
{
	enum vfe_net_rx_class class = vfe_net_class(used->token);
	void *buf = vfe_net_buf(used->token);

	if (unlikely(class == VFE_NET_BUF_BIG)) {
		vfe_net_rx_big(rxq, buf, used->len);
	} else if (unlikely(class == VFE_NET_BUF_XSK)) {
		/* vfe_net_xsk_convert() could not copy it */
		vfe_net_drop_packet(rxq, used);
		vfe_net_count_drop(rxq, false);
	} else if (unlikely(used->len < rxq->hdr_len + ETH_HLEN)) {
		vfe_net_drop_packet(rxq, used);
		vfe_net_count_drop(rxq, true);
	} else {
		vfe_net_rx_piece(rxq, buf, class, used->len);
	}
}

static void vfe_net_rx_count(struct vfe_net_rxq *rxq)
{
	u64_stats_update_begin(&rxq->stats.syncp);
	u64_stats_add(&rxq->stats.packets, rxq->packets);
	u64_stats_add(&rxq->stats.bytes, rxq->bytes);
	u64_stats_update_end(&rxq->stats.syncp);
	rxq->packets = 0;
	rxq->bytes = 0;
}

/* The next packet's first buffer, if less than @budget packets were handled */
static struct vfe_used *vfe_net_first_used(struct vfe_net_rxq *rxq,
					   unsigned int n, unsigned int budget)
{
	/*
	 * Never reap more buffers than packets are left: all of them are
	 * handled before the poll ends.
	 */
	return n < budget ? vfe_net_next_used(rxq, budget - n) : NULL;
}

static unsigned int vfe_net_rx_poll_xdp(struct vfe_net_rxq *rxq,
					struct bpf_prog *prog,
					unsigned int budget)
{
	struct vfe_net_xdp_run run = { .prog = prog };
	struct vfe_used *used;
	unsigned int n;

	for (n = 0; (used = vfe_net_first_used(rxq, n, budget)); n++)
		vfe_net_xdp_receive(rxq, &run, used);
	vfe_net_xdp_finish(rxq, &run);
	return n;
}

/**
 * vfe_net_rx_poll() - receive packets, and refill the ring
 * @rxq: the queue
 * @budget: most packets, not 0
 *
 * Context: NAPI.
 * Return: number of packets.
 */
unsigned int vfe_net_rx_poll(struct vfe_net_rxq *rxq, unsigned int budget)
{
	struct bpf_prog *prog = rcu_dereference_bh(rxq->xdp_prog);
	struct vfe_used *used;
	unsigned int n = 0;

	rxq->convert = unlikely(rxq->xsk) && !prog;
	if (unlikely(prog))
		n = vfe_net_rx_poll_xdp(rxq, prog, budget);
	else
		for (; (used = vfe_net_first_used(rxq, n, budget)); n++)
			vfe_net_rx_one(rxq, used);
	if (n) {
		vfe_net_rx_count(rxq);
		vfe_count_by(vfe_stats_of(rxq->vn->vd), operations, n);
		vfe_recovery_completes(&rxq->vn->recovery);
	}
	vfe_net_refill_or_retry(rxq);
	return n;
}

/* --- life --- */

/* Drops packets that came while nobody listened. NAPI is off. */
void vfe_net_rx_flush(struct vfe_net_rxq *rxq)
{
	while (vfe_net_reap(rxq, VFE_NET_REAP))
		while (rxq->used_i < rxq->used_n)
			vfe_net_free_token(rxq, rxq->used[rxq->used_i++].token,
					   false);
}

/* The ring was reset, NAPI is off. */
void vfe_net_rx_detach(struct vfe_net_rxq *rxq)
{
	void *token;

	while ((token = vfe_queue_detach(rxq->vq)))
		vfe_net_free_token(rxq, token, false);
	vfe_net_free_spare(rxq);
	rxq->posted = 0;
	rxq->fresh = 0;
}

void vfe_net_rx_setup(struct vfe_net_rxq *rxq)
{
	u64_stats_init(&rxq->stats.syncp);
	timer_setup(&rxq->refill, vfe_net_refill_timer, 0);
}

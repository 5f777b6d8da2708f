// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of XDP in the transmit rings, which they share with the stack: those
 * that a program sends back, and those that others redirect to this netdev.
 * BQL does not count them.
 */
#include <linux/filter.h>
#include <linux/io.h>
#include <linux/netdevice.h>
#include <net/xdp.h>

#include "net.h"
#include "xdp.h"
#include "xsk.h"

static void *vfe_net_xdp_token(struct xdp_frame *frame)
{
	return (void *)((unsigned long)frame | VFE_NET_TX_XDP);
}

static struct xdp_frame *vfe_net_xdp_frame(void *token)
{
	return (void *)((unsigned long)token & ~VFE_NET_TX_KIND);
}

/*
 * Writes the segments, with an empty header. Nobody reads the frame's dev_rx
 * from now on: it keeps the mapped pieces. Return: the number of segments
 */
static unsigned int vfe_net_xdp_segs(struct vfe_net_txq *txq,
				     struct xdp_frame *frame)
{
	const struct skb_shared_info *sinfo;
	struct vfe_seg *seg = txq->segs;
	unsigned int i;

	if (likely(txq->push && frame->headroom >= txq->hdr_len)) {
		memset(frame->data - txq->hdr_len, 0, txq->hdr_len);
		seg->addr = virt_to_phys(frame->data - txq->hdr_len);
		seg->len = frame->len + txq->hdr_len;
	} else {
		seg->addr = page_to_phys(ZERO_PAGE(0));
		seg->len = txq->hdr_len;
		seg++;
		seg->addr = virt_to_phys(frame->data);
		seg->len = frame->len;
	}
	if (likely(!xdp_frame_has_frags(frame)))
		return seg - txq->segs + 1;
	sinfo = xdp_get_shared_info_from_frame(frame);
	for (i = 0; i < sinfo->nr_frags; i++) {
		const skb_frag_t *frag = &sinfo->frags[i];

		seg++;
		seg->addr = page_to_phys(skb_frag_page(frag)) +
			    skb_frag_off(frag);
		seg->len = skb_frag_size(frag);
	}
	return seg - txq->segs + 1;
}

static u16 vfe_net_xdp_map(const struct xdp_frame *frame)
{
	return (unsigned long)frame->dev_rx;
}

static int vfe_net_xdp_add(struct vfe_net_txq *txq, struct xdp_frame *frame)
{
	unsigned int n = vfe_net_xdp_segs(txq, frame);
	u16 map = U16_MAX;
	int err;

	/* a ring of very few entries */
	if (unlikely(n > vfe_queue_max_segs(txq->vq)))
		return -EMSGSIZE;
	if (unlikely(n > txq->room))
		return -ENOSPC;
	if (unlikely(txq->dma) && !vfe_net_tx_map(txq, &map, n))
		return -ENOMEM;
	err = vfe_queue_add(txq->vq, txq->segs, n, 0,
			    vfe_net_xdp_token(frame));
	if (likely(!err)) {
		frame->dev_rx = (void *)(unsigned long)map;
		vfe_net_tx_added(txq, n);
	} else if (txq->dma) {
		vfe_net_tx_unmap(txq, map);
	}
	return err;
}

/*
 * Adds frames, and frees those that can never be sent. The lock is held.
 * Return: the number of frames that are no longer the caller's
 */
static unsigned int vfe_net_xdp_add_many(struct vfe_net_txq *txq,
					 struct xdp_frame **frames,
					 unsigned int n)
{
	unsigned int i, bad = 0;
	int err;

	vfe_net_tx_reclaim(txq, 1);
	for (i = 0; i < n; i++) {
		err = vfe_net_xdp_add(txq, frames[i]);
		if (unlikely(err == -ENOSPC || err == -EIO))
			break;
		if (unlikely(err)) {
			xdp_return_frame_rx_napi(frames[i]);
			bad++;
		}
	}
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_add(&txq->stats.xdp_tx, n);
	u64_stats_add(&txq->stats.xdp_tx_drops, n - i + bad);
	u64_stats_update_end(&txq->stats.syncp);
	/*
	 * no transmit timeout because XDP leaves the stack no room, but one if
	 * the device uses nothing
	 */
	if (likely(i > bad))
		txq_trans_cond_update(txq->nq);
	vfe_net_tx_stop_if_full(txq);
	return i;
}

/**
 * vfe_net_xdp_send_back() - transmit the frames that a program sends back
 * @rxq: the receive queue; the frames go to the transmit queue of its pair
 * @run: has the frames
 * @last: those of this poll end: notify the device of all of them
 *
 * Context: NAPI.
 */
void vfe_net_xdp_send_back(struct vfe_net_rxq *rxq,
			   struct vfe_net_xdp_run *run, bool last)
{
	struct vfe_net_txq *txq = &rxq->vn->txq[rxq->index];
	unsigned int sent = 0;

	__netif_tx_lock(txq->nq, smp_processor_id());
	if (likely(txq->open)) {
		sent = vfe_net_xdp_add_many(txq, run->frames, run->n);
		/* the next ones may need the room of these, and many pieces */
		if (last || txq->room < 2 * VFE_NET_XDP_BULK ||
		    run->prog->aux->xdp_has_frags)
			vfe_net_tx_end_batch(txq);
	}
	__netif_tx_unlock(txq->nq);
	run->drops += run->n - sent;
	while (unlikely(sent < run->n))
		xdp_return_frame_rx_napi(run->frames[sent++]);
	run->n = 0;
}

/**
 * vfe_net_xdp_xmit() - transmit frames that were redirected to this netdev
 * @dev: the netdev
 * @n: number of frames
 * @frames: the frames
 * @flags: XDP_XMIT_FLUSH: the last ones for now, notify the device
 *
 * Context: BH is disabled.
 * Return: number of frames sent; the others are still the caller's; or an
 * error.
 */
int vfe_net_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		     u32 flags)
{
	struct vfe_net *vn = netdev_priv(dev);
	unsigned int pairs = READ_ONCE(vn->state.pairs);
	unsigned int cpu = smp_processor_id();
	struct vfe_net_txq *txq = &vn->txq[cpu % pairs];
	int sent = -ENETDOWN;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	__netif_tx_lock(txq->nq, cpu);
	if (likely(txq->open)) {
		sent = vfe_net_xdp_add_many(txq, frames, n);
		if (flags & XDP_XMIT_FLUSH)
			vfe_net_tx_end_batch(txq);
		else	/* the flush may not come */
			vfe_net_tx_set_timer(txq);
	}
	__netif_tx_unlock(txq->nq);
	return sent;
}

/* --- taking back --- */

/* Frees frames that could not be freed with interrupts disabled. */
static void vfe_net_xdp_free_late(struct vfe_net_txq *txq)
{
	struct xdp_frame *frame;

	while ((frame = txq->late)) {
		txq->late = (void *)frame->dev_rx;
		xdp_return_frame(frame);
	}
}

/* Page pools cannot take pages with interrupts disabled. */
static void vfe_net_xdp_keep(struct vfe_net_txq *txq, struct xdp_frame *frame)
{
	frame->dev_rx = (void *)txq->late;
	txq->late = frame;
}

/**
 * vfe_net_xdp_tx_done() - take frames of XDP and descriptors of AF_XDP back
 * @txq: the queue
 * @used: their tokens
 * @n: number of tokens; 0 to free those that were kept
 * @budget: 0 if interrupts may be disabled
 *
 * Context: the xmit lock is held.
 * Return: their bytes.
 */
unsigned int vfe_net_xdp_tx_done(struct vfe_net_txq *txq,
				 const struct vfe_used *used, unsigned int n,
				 int budget)
{
	struct xdp_frame_bulk bulk;
	struct xdp_frame *frame;
	unsigned int i, bytes = 0;
	bool xsk = false;

	xdp_frame_bulk_init(&bulk);
	rcu_read_lock();
	for (i = 0; i < n; i++) {
		if (vfe_net_tx_kind(used[i].token) == VFE_NET_TX_XSK) {
			bytes += vfe_net_xsk_tx_done(txq, used[i].token);
			xsk = true;
			continue;
		}
		frame = vfe_net_xdp_frame(used[i].token);
		bytes += xdp_get_frame_len(frame);
		if (unlikely(txq->dma))
			vfe_net_tx_unmap(txq, vfe_net_xdp_map(frame));
		if (likely(budget))
			xdp_return_frame_bulk(frame, &bulk);
		else
			vfe_net_xdp_keep(txq, frame);
	}
	xdp_flush_frame_bulk(&bulk);
	rcu_read_unlock();
	if (xsk)
		vfe_net_xsk_tx_complete(txq);
	if (budget)
		vfe_net_xdp_free_late(txq);
	return bytes;
}

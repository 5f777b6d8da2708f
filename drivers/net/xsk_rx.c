// SPDX-License-Identifier: GPL-2.0
/*
 * Receive into the memory of an AF_XDP socket. The virtio header lies in the
 * headroom that each chunk has before its data.
 */
#include <linux/filter.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>

#include "net.h"
#include "rx.h"
#include "xdp.h"
#include "xsk.h"

/* Pauses before a look at an empty fill ring, without and with wakeups */
#define VFE_NET_XSK_RETRY	(HZ / 50 ?: 1)
#define VFE_NET_XSK_LOOK	HZ

/**
 * vfe_net_xsk_post() - give a buffer from the fill ring to the device
 * @rxq: the queue
 *
 * Return: 0; -ENOMEM if the fill ring is empty; or that of vfe_queue_add().
 */
int vfe_net_xsk_post(struct vfe_net_rxq *rxq)
{
	struct xdp_buff *xdp = xsk_buff_alloc(rxq->xsk);
	struct vfe_seg segs[2];
	unsigned int n, len;
	int err;

	if (unlikely(!xdp))
		return -ENOMEM;
	len = rxq->hdr_len + xsk_pool_get_rx_frame_size(rxq->xsk);
	n = vfe_net_frame_segs(rxq, segs,
			       xsk_buff_xdp_get_dma(xdp) - rxq->hdr_len, len);
	err = vfe_queue_add(rxq->vq, segs, 0, n,
			    vfe_net_token(xdp, VFE_NET_BUF_XSK));
	if (unlikely(err))
		xsk_buff_free(xdp);
	else
		rxq->posted++;
	return err;
}

/**
 * vfe_net_xsk_refilled() - the end of a refill
 * @rxq: the queue
 * @empty: the fill ring had too few buffers
 *
 * The user wakes the driver up when there are buffers again, if it promised to
 * do that. It may miss the flag, since no barrier orders its accesses: a timer
 * looks, too.
 */
void vfe_net_xsk_refilled(struct vfe_net_rxq *rxq, bool empty)
{
	bool wakes = xsk_uses_need_wakeup(rxq->xsk);

	if (wakes && empty)
		xsk_set_rx_need_wakeup(rxq->xsk);
	else if (wakes)
		xsk_clear_rx_need_wakeup(rxq->xsk);
	if (empty)
		mod_timer(&rxq->refill, jiffies + (wakes ? VFE_NET_XSK_LOOK :
						   VFE_NET_XSK_RETRY));
}

/* The CPU is about to read a buffer; the core syncs only from the data on. */
void vfe_net_xsk_sync(struct vfe_net_rxq *rxq, struct xdp_buff *xdp)
{
	if (unlikely(rxq->dma))
		dma_sync_single_for_cpu(vfe_dev(rxq->vn->vd),
					xsk_buff_xdp_get_dma(xdp) -
					rxq->hdr_len, rxq->hdr_len,
					DMA_BIDIRECTIONAL);
	vfe_xsk_sync_for_cpu(xdp);
}

/**
 * vfe_net_xsk_convert() - copy reaped buffers into those of the stack
 * @rxq: the queue; no program is loaded
 *
 * A buffer that cannot be copied remains: its packet is dropped.
 */
void vfe_net_xsk_convert(struct vfe_net_rxq *rxq)
{
	struct vfe_used *used;
	struct xdp_buff *xdp;
	unsigned int i;
	void *buf;

	for (i = 0; i < rxq->used_n; i++) {
		used = &rxq->used[i];
		if (vfe_net_class(used->token) != VFE_NET_BUF_XSK)
			continue;
		xdp = vfe_net_buf(used->token);
		buf = used->len && used->len <= PAGE_SIZE ?
		      vfe_net_alloc(rxq, PAGE_SIZE, GFP_ATOMIC) : NULL;
		if (unlikely(!buf))
			continue;
		vfe_net_xsk_sync(rxq, xdp);
		memcpy(buf, vfe_net_data(rxq, used->token), used->len);
		xsk_buff_free(xdp);
		used->token = vfe_net_token(buf, VFE_NET_BUF_PAGE);
	}
}

/* Gives a copy of a packet that the program passed to the stack. */
void vfe_net_xsk_pass(struct vfe_net_rxq *rxq, struct xdp_buff *xdp,
		      const struct vfe_net_hdr *hdr)
{
	unsigned int meta = xdp->data - xdp->data_meta;
	unsigned int len = xdp->data_end - xdp->data_meta;
	struct sk_buff *skb = napi_alloc_skb(&rxq->napi, len);

	if (unlikely(!skb)) {
		xsk_buff_free(xdp);
		vfe_net_count_drop(rxq, false);
		return;
	}
	skb_put_data(skb, xdp->data_meta, len);
	if (meta) {
		skb_metadata_set(skb, meta);
		__skb_pull(skb, meta);
	}
	xsk_buff_free(xdp);
	vfe_net_xdp_tell(rxq, skb, hdr);
	vfe_net_to_stack(rxq, skb);
}

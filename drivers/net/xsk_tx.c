// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit from the memory of an AF_XDP socket. NAPI does that, in the ring
 * that the stack uses, too, under its lock. BQL does not count these packets.
 */
#include <linux/netdevice.h>

#include "net.h"
#include "xsk.h"

#define VFE_NET_XSK_BUDGET	64	/* most packets of a poll */
#define VFE_NET_XSK_SEGS	2	/* header and data */

static void *vfe_net_xsk_token(u32 number)
{
	return (void *)(((unsigned long)number << 2) | VFE_NET_TX_XSK);
}

static u32 vfe_net_xsk_number(const struct vfe_net_xsk_tx *tx, void *token)
{
	/* on a machine of 32 bits the highest bits are lost */
	return ((unsigned long)token >> 2) & tx->mask;
}

static int vfe_net_xsk_add(struct vfe_net_txq *txq,
			   const struct xdp_desc *desc)
{
	struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	dma_addr_t addr = xsk_buff_raw_get_dma(tx->pool, desc->addr);

	xsk_buff_raw_dma_sync_for_device(tx->pool, addr, desc->len);
	txq->segs[0].addr = tx->hdr;
	txq->segs[0].len = txq->hdr_len;
	txq->segs[1].addr = addr;
	txq->segs[1].len = desc->len;
	return vfe_queue_add(txq->vq, txq->segs, VFE_NET_XSK_SEGS, 0,
			     vfe_net_xsk_token(tx->head));
}

/*
 * The stack's next skb must fit, too; but in a small ring AF_XDP gets room for
 * at least a packet when the ring is empty. Return: number of packets that fit
 */
static unsigned int vfe_net_xsk_room(const struct vfe_net_txq *txq)
{
	const struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	unsigned int room = vfe_queue_room(txq->vq);
	unsigned int slots = tx->mask + 1 - (tx->head - tx->tail);

	if (room >= txq->need + VFE_NET_XSK_SEGS)
		room -= txq->need;
	else if (vfe_net_tx_pending(txq))
		room = 0;
	return min3(room / VFE_NET_XSK_SEGS, slots, VFE_NET_XSK_BUDGET + 0U);
}

/**
 * vfe_net_xsk_tx() - transmit what the user has put into the ring of a socket
 * @txq: the queue, open
 *
 * Context: NAPI; the xmit lock is held.
 * Return: whether there may be more to transmit right now.
 */
bool vfe_net_xsk_tx(struct vfe_net_txq *txq)
{
	struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	unsigned int n = vfe_net_xsk_room(txq), i, bad = 0;
	u32 *slot;

	if (xsk_uses_need_wakeup(tx->pool))
		xsk_set_tx_need_wakeup(tx->pool);
	if (n)
		n = xsk_tx_peek_release_desc_batch(tx->pool, n);
	for (i = 0; i < n; i++) {
		slot = &tx->slot[tx->head & tx->mask];
		*slot = tx->pool->tx_descs[i].len & ~VFE_NET_XSK_DONE;
		if (likely(!vfe_net_xsk_add(txq, &tx->pool->tx_descs[i]))) {
			vfe_net_tx_added(txq, VFE_NET_XSK_SEGS);
		} else {
			/* the user gets it back nevertheless */
			*slot |= VFE_NET_XSK_DONE;
			bad++;
		}
		tx->head++;
	}
	if (!n)
		return false;
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_add(&txq->stats.xdp_tx, n);
	u64_stats_add(&txq->stats.xdp_tx_drops, bad);
	u64_stats_update_end(&txq->stats.syncp);
	if (unlikely(bad))
		vfe_net_xsk_tx_complete(txq);
	txq_trans_cond_update(txq->nq);
	vfe_net_tx_stop_if_full(txq);
	/* the user waits for all of them */
	txq->watch = txq->end;
	vfe_net_tx_end_batch(txq);
	return n == VFE_NET_XSK_BUDGET;
}

/* Marks a used descriptor. Return: its bytes */
unsigned int vfe_net_xsk_tx_done(struct vfe_net_txq *txq, void *token)
{
	struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	u32 *slot = &tx->slot[vfe_net_xsk_number(tx, token)];
	unsigned int bytes = *slot;

	*slot |= VFE_NET_XSK_DONE;
	return bytes;
}

/* Gives the oldest descriptors back to the user, as far as all are used. */
void vfe_net_xsk_tx_complete(struct vfe_net_txq *txq)
{
	struct vfe_net_xsk_tx *tx = txq->xsk_tx;
	unsigned int n = 0;

	while (tx->tail != tx->head &&
	       tx->slot[tx->tail & tx->mask] & VFE_NET_XSK_DONE) {
		tx->tail++;
		n++;
	}
	if (n)
		xsk_tx_completed(tx->pool, n);
}

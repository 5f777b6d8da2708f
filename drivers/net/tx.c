// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit (virtio 1.4, 5.1.9.2), and taking buffers back.
 *
 * While traffic flows, ndo_start_xmit() and NAPI take back what the device has
 * used. An interrupt is requested only if somebody may be waiting for a buffer,
 * see vfe_net_tx_awaited(). A timer takes the rest back, so that a used buffer is
 * at most about VFE_NET_MAX_AGE old. If an interrupt was requested, the timer
 * waits for it, at most VFE_NET_MAX_RUNS times. If the device uses nothing
 * meanwhile, the timer kicks it again.
 */
#include <linux/io.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "net.h"
#include "xsk.h"

#define VFE_NET_TX_BATCH	32	/* take back when so many are pending */
#define VFE_NET_TX_TABLES	8	/* full rings of tables after a stop */

/**
 * struct vfe_net_tx_cb - the driver's part of &sk_buff.cb while in flight
 * @hdr: the virtio header, if it does not fit before the data
 * @map: the first mapped piece, with ACCESS_PLATFORM
 */
struct vfe_net_tx_cb {
	u8 hdr[VFE_NET_HDR_LEN_TUNNEL];
	u16 map;
};

static struct vfe_net_tx_cb *vfe_net_tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct vfe_net_tx_cb) > sizeof(skb->cb));
	return (struct vfe_net_tx_cb *)skb->cb;
}

/* --- taking buffers back --- */

static unsigned int vfe_net_tx_free_skb(struct vfe_net_txq *txq,
					struct sk_buff *skb, int budget)
{
	unsigned int bytes = skb->len;

	if (unlikely(txq->dma))
		vfe_net_tx_unmap(txq, vfe_net_tx_cb(skb)->map);
	napi_consume_skb(skb, budget);
	return bytes;
}

/* The skb of a buffer whose table, if any, is freed; NULL if it has none */
static struct sk_buff *vfe_net_tx_skb(struct vfe_net_txq *txq, void *token)
{
	if (likely(vfe_net_tx_kind(token) == VFE_NET_TX_SKB))
		return token;
	if (vfe_net_tx_kind(token) == VFE_NET_TX_TABLE)
		return vfe_net_tx_end_table(txq, token);
	return NULL;
}

/*
 * Frees the skbs of @n used buffers, and moves the @others to the front. Return:
 * bytes of the skbs
 */
static unsigned int vfe_net_tx_free_skbs(struct vfe_net_txq *txq,
					 unsigned int n, unsigned int *others,
					 int budget)
{
	unsigned int i, bytes = 0;
	struct sk_buff *skb;

	*others = 0;
	for (i = 0; i < n; i++) {
		skb = vfe_net_tx_skb(txq, txq->used[i].token);
		if (likely(skb))
			bytes += vfe_net_tx_free_skb(txq, skb, budget);
		else
			txq->used[(*others)++].token = txq->used[i].token;
	}
	return bytes;
}

static void vfe_net_tx_wake(struct vfe_net_txq *txq)
{
	if (!txq->open || txq->room < txq->need)
		return;
	netif_tx_wake_queue(txq->nq);
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_inc(&txq->stats.wakes);
	u64_stats_update_end(&txq->stats.syncp);
}

/* @packets buffers were taken back. */
static void vfe_net_tx_freed(struct vfe_net_txq *txq, unsigned int packets)
{
	u16 room = vfe_queue_room(txq->vq);

	txq->done += packets;
	txq->runs = 0;
	txq->begin += txq->packed ? room - txq->room : packets;
	txq->room = room;
	if (unlikely(txq->tables))
		txq->tables = txq->tables_left ||
			      room < txq->most - txq->most / 8;
}

/**
 * vfe_net_tx_reclaim() - take back what the device has used
 * @txq: the queue
 * @budget: as for napi_consume_skb(): 0 if interrupts may be disabled
 *
 * Context: the xmit lock is held, BH or interrupts are disabled.
 */
void vfe_net_tx_reclaim(struct vfe_net_txq *txq, int budget)
{
	unsigned int packets = 0, bytes = 0, xdp = 0, xdp_bytes = 0, n, k;

	do {
		n = vfe_queue_get_many(txq->vq, txq->used, VFE_NET_REAP);
		bytes += vfe_net_tx_free_skbs(txq, n, &k, budget);
		if (unlikely(k)) {
			xdp_bytes += vfe_net_xdp_tx_done(txq, txq->used, k,
							 budget);
			xdp += k;
		}
		packets += n;
	} while (n == VFE_NET_REAP);
	if (!packets)
		return;
	vfe_net_tx_freed(txq, packets);
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_add(&txq->stats.packets, packets);
	u64_stats_add(&txq->stats.bytes, bytes + xdp_bytes);
	u64_stats_update_end(&txq->stats.syncp);
	netdev_tx_completed_queue(txq->nq, packets - xdp, bytes);
	if (unlikely(netif_tx_queue_stopped(txq->nq)))
		vfe_net_tx_wake(txq);
	vfe_count_by(vfe_stats_of(txq->vn->vd), operations, packets);
	vfe_recovery_completes(&txq->vn->recovery);
}

/* --- interrupts --- */

/**
 * vfe_net_tx_kick() - publish what was added, and notify the device
 * @txq: the queue
 *
 * Context: the xmit lock is held.
 */
void vfe_net_tx_kick(struct vfe_net_txq *txq)
{
	if (vfe_queue_kick_prepare(txq->vq))
		vfe_queue_notify(txq->vq);
}

/*
 * May TCP wait for this skb? While more than twice its size is in flight, TSQ
 * holds the next one back (tcp_small_queue_check()); while anything is in
 * flight, autocorking holds back what is written next (tcp_should_autocork()).
 * A single small skb gives up its socket instead: nobody waits for it then.
 */
static bool vfe_net_tx_tcp_awaited(const struct vfe_net_txq *txq,
				   struct sk_buff *skb)
{
	if (skb_is_tcp_pure_ack(skb))
		return false;
	if (vfe_net_tx_pending(txq) > 1 ||
	    skb->truesize > 2 * SKB_TRUESIZE(MAX_TCP_HEADER))
		return true;
	skb_orphan(skb);
	return false;
}

/*
 * May somebody be waiting for this skb to be freed? A socket that sends
 * datagrams waits only when its send buffer is full. Unknown owners, for
 * example rings of AF_PACKET and copies of AF_XDP, always wait. An skb without
 * an owner is forwarded, or the kernel's own, as for ARP.
 */
static bool vfe_net_tx_awaited(const struct vfe_net_txq *txq,
			       struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (unlikely(skb_zcopy(skb)))
		return true;
	if (!skb->destructor)
		return false;
	if (!sk || !sk_fullsock(sk))
		return true;
	if (skb->destructor == sock_wfree)
		return !sock_writeable(sk);
	if (sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM)
		return vfe_net_tx_tcp_awaited(txq, skb);
	return true;
}

/*
 * Must an interrupt come? If the stack waits, for room in the ring or for BQL,
 * then when any buffer is used.
 */
static bool vfe_net_tx_needs_irq(const struct vfe_net_txq *txq)
{
	return (s32)(txq->watch - txq->begin) > 0 ||
	       (netif_xmit_stopped(txq->nq) && vfe_net_tx_pending(txq));
}

/* Is an interrupt coming, unless it is lost? */
static bool vfe_net_tx_irq_comes(const struct vfe_net_txq *txq)
{
	return (s32)(txq->armed - txq->begin) > 0;
}

/*
 * Is it far enough ahead? The sender moves it on after each quarter of a batch,
 * so that it comes only when the sender stops.
 */
static bool vfe_net_tx_is_armed(const struct vfe_net_txq *txq)
{
	return vfe_net_tx_irq_comes(txq) &&
	       txq->end - txq->armed_at <= txq->armed_for / 4;
}

/*
 * Requests an interrupt when three quarters of what is in flight are used:
 * senders go on meanwhile. Return: false if they are used already
 */
static bool vfe_net_tx_arm(struct vfe_net_txq *txq)
{
	u32 in_flight = txq->end - txq->begin;
	u32 n = in_flight - in_flight / 4;

	if (!netif_xmit_stopped(txq->nq))
		n = min(n, txq->watch - txq->begin);
	txq->armed = txq->begin + n;
	txq->armed_at = txq->end;
	txq->armed_for = in_flight;
	return vfe_queue_enable_cb_after(txq->vq, n);
}

static void vfe_net_tx_disarm(struct vfe_net_txq *txq)
{
	vfe_queue_disable_cb(txq->vq);
	txq->armed = txq->begin;
}

/* Arms an interrupt if one is needed; takes the used buffers back. */
static void vfe_net_tx_arm_if_needed(struct vfe_net_txq *txq, int budget)
{
	while (vfe_net_tx_needs_irq(txq) && !vfe_net_tx_arm(txq))
		vfe_net_tx_reclaim(txq, budget);
}

/*
 * After buffers were taken back: requests the interrupt for three quarters of
 * the rest. Received packets make NAPI take buffers back, which moves the
 * request on, so that no interrupt comes. If none is needed, disables it even if
 * none is armed: without EVENT_IDX an interrupt does not disable the next one.
 */
static void vfe_net_tx_rearm(struct vfe_net_txq *txq, int budget)
{
	if (!vfe_net_tx_needs_irq(txq)) {
		vfe_net_tx_disarm(txq);
		return;
	}
	/* frames that XDP has not flushed raise no interrupt */
	vfe_net_tx_kick(txq);
	vfe_net_tx_arm_if_needed(txq, budget);
}

/* Starts the timer, if it does not run. The lock is held. */
void vfe_net_tx_set_timer(struct vfe_net_txq *txq)
{
	if (!timer_pending(&txq->timer))
		mod_timer(&txq->timer, jiffies + VFE_NET_MAX_AGE);
}

/*
 * Does the timer leave the used buffers to the interrupt, which has not come?
 * BQL raises its limit when one completion covers all that was in flight at the
 * last one. If the timer took a few buffers at a time, the limit would stay low
 * on a slow device.
 */
static bool vfe_net_tx_leaves(const struct vfe_net_txq *txq)
{
	return txq->open && !txq->fired && vfe_net_tx_needs_irq(txq) &&
	       vfe_net_tx_irq_comes(txq) && txq->runs < VFE_NET_MAX_RUNS;
}

/*
 * The device has used nothing for many runs: it is slow, or it does not know of
 * the buffers. QEMU's, when its back end was busy, asks for a kick at a place
 * that a packed ring has passed. A kick too many does no harm (2.7.10.2).
 */
static void vfe_net_tx_kick_again(struct vfe_net_txq *txq)
{
	if (txq->runs < VFE_NET_MAX_RUNS || !vfe_net_tx_pending(txq) ||
	    !READ_ONCE(txq->ready) || vfe_queue_broken(txq->vq))
		return;
	txq->runs = 0;
	/*
	 * AF_XDP leaves the stack room, but the watchdog looks only at queues
	 * that are stopped, and counts from when they were stopped last
	 */
	if (unlikely(txq->xsk) && txq->open &&
	    !netif_tx_queue_stopped(txq->nq) &&
	    time_after(jiffies, READ_ONCE(txq->nq->trans_start) + HZ))
		netif_tx_stop_queue(txq->nq);
	vfe_queue_notify(txq->vq);
}

/*
 * After an interrupt, which may come early: without EVENT_IDX, for each buffer.
 * The lock is held.
 */
static void vfe_net_tx_see_irq(struct vfe_net_txq *txq)
{
	if (!txq->fired)
		return;
	/* an interrupt that sees it set does not schedule NAPI again */
	smp_store_mb(txq->fired, false);
	txq->armed = txq->begin;
}

/* What the timer does about used buffers. The lock is held. */
static void vfe_net_tx_look(struct vfe_net_txq *txq)
{
	/*
	 * where memory order is weak, NAPI can miss that an interrupt came: the
	 * kernel's threads read the state of NAPI without a barrier
	 */
	vfe_net_tx_see_irq(txq);
	vfe_net_tx_reclaim(txq, 1);
	if (txq->open)
		vfe_net_tx_rearm(txq, 1);
	/* a closed interface has buffers in flight, too */
	vfe_net_tx_kick_again(txq);
}

static void vfe_net_tx_timer(struct timer_list *t)
{
	struct vfe_net_txq *txq = vfe_timer_container_of(txq, t, timer);

	/* the holder of the lock is adding buffers: look again soon */
	if (!__netif_tx_trylock(txq->nq)) {
		mod_timer(&txq->timer, jiffies + 1);
		return;
	}
	txq->runs++;
	/* a position that is 2^31 old would look like a future one */
	if ((s32)(txq->watch - txq->begin) < 0)
		txq->watch = txq->begin;
	/* frames of XDP whose flush did not come, or goes to another queue */
	if (txq->open)
		vfe_net_tx_kick(txq);
	if (unlikely(txq->late))
		vfe_net_xdp_tx_done(txq, NULL, 0, 1);
	if (!vfe_net_tx_leaves(txq))
		vfe_net_tx_look(txq);
	if (vfe_net_tx_pending(txq))
		vfe_net_tx_set_timer(txq);
	/* others may have taken the last buffers back; NAPI sends for AF_XDP */
	if (unlikely(txq->xsk) && txq->open)
		napi_schedule(&txq->vn->rxq[txq->index].napi);
	__netif_tx_unlock(txq->nq);
}

/**
 * vfe_net_tx_poll() - take buffers back
 * @txq: the queue
 * @budget: NAPI's, 0 from netpoll, which may hold the xmit lock
 *
 * Context: NAPI.
 * Return: whether there may be more to transmit for AF_XDP right now.
 */
bool vfe_net_tx_poll(struct vfe_net_txq *txq, int budget)
{
	bool more = false;

	if (!vfe_queue_pending(txq->vq) && !READ_ONCE(txq->fired) &&
	    likely(!READ_ONCE(txq->xsk)))
		return false;
	if (likely(budget))
		__netif_tx_lock(txq->nq, smp_processor_id());
	else if (!__netif_tx_trylock(txq->nq))
		return false;
	vfe_net_tx_see_irq(txq);
	vfe_net_tx_reclaim(txq, budget);
	if (unlikely(txq->xsk) && txq->open && budget)
		more = vfe_net_xsk_tx(txq);
	vfe_net_tx_rearm(txq, budget);
	__netif_tx_unlock(txq->nq);
	return more;
}

/* --- adding --- */

/* For napi_consume_skb(): netpoll disables interrupts. */
static int vfe_net_tx_budget(void)
{
	return irqs_disabled() ? 0 : 1;
}

/* May the header be written into the headroom? */
static bool vfe_net_can_push(const struct vfe_net_txq *txq,
			     const struct sk_buff *skb)
{
	return txq->push && !skb_header_cloned(skb) &&
	       skb_headroom(skb) >= txq->hdr_len &&
	       (IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) ||
		IS_ALIGNED((unsigned long)skb->data - txq->hdr_len, 2));
}

/* Writes the header, and the segments. Return: their number */
static unsigned int vfe_net_tx_segs(struct vfe_net_txq *txq,
				    struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct vfe_seg *seg = txq->segs;
	unsigned int i;
	void *hdr;

	if (likely(vfe_net_can_push(txq, skb))) {
		hdr = skb->data - txq->hdr_len;
		seg->addr = virt_to_phys(hdr);
		seg->len = skb_headlen(skb) + txq->hdr_len;
	} else {
		hdr = vfe_net_tx_cb(skb)->hdr;
		seg->addr = virt_to_phys(hdr);
		seg->len = txq->hdr_len;
		if (likely(skb_headlen(skb))) {
			seg++;
			seg->addr = virt_to_phys(skb->data);
			seg->len = skb_headlen(skb);
		}
	}
	vfe_net_hdr_from_skb(hdr, txq->hdr_len, skb);
	for (i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		seg++;
		seg->addr = page_to_phys(skb_frag_page(frag)) +
			    skb_frag_off(frag);
		seg->len = skb_frag_size(frag);
	}
	return seg - txq->segs + 1;
}

/* Does a packet of @n pieces get a table: has a slow device filled the ring? */
static bool vfe_net_tx_wants_table(struct vfe_net_txq *txq, unsigned int n)
{
	if (likely(!txq->tables && txq->room >= n + txq->low))
		return false;
	/* it may have used some meanwhile */
	if (!txq->tables) {
		vfe_net_tx_reclaim(txq, vfe_net_tx_budget());
		txq->tables = txq->low && txq->room < n + txq->low;
	}
	if (!txq->tables || n == 1)
		return false;
	if (txq->tables_left)
		txq->tables_left--;
	return true;
}

/* Adds an skb. Return: 0 or an error, the skb is still the caller's then */
static int vfe_net_tx_add(struct vfe_net_txq *txq, struct sk_buff *skb)
{
	unsigned int n = vfe_net_tx_segs(txq, skb);
	int err;

	/* a ring of very few entries */
	if (unlikely(n > txq->need)) {
		err = skb_linearize(skb) ?: skb_cow_head(skb, txq->hdr_len);
		if (err)
			return err;
		n = vfe_net_tx_segs(txq, skb);
	}
	if (unlikely(vfe_net_tx_wants_table(txq, n))) {
		vfe_net_tx_cb(skb)->map = U16_MAX;
		if (!vfe_net_tx_add_table(txq, skb, n))
			return 0;
	}
	if (unlikely(txq->dma) &&
	    !vfe_net_tx_map(txq, &vfe_net_tx_cb(skb)->map, n))
		return -ENOMEM;
	err = vfe_queue_add(txq->vq, txq->segs, n, 0, skb);
	if (likely(!err)) {
		vfe_net_tx_added(txq, n);
		return 0;
	}
	if (txq->dma)
		vfe_net_tx_unmap(txq, vfe_net_tx_cb(skb)->map);
	return err;
}

/* Stops the queue if it has no room for an skb. The lock is held. */
void vfe_net_tx_stop_if_full(struct vfe_net_txq *txq)
{
	if (likely(txq->room >= txq->need) ||
	    netif_tx_queue_stopped(txq->nq))
		return;
	netif_tx_stop_queue(txq->nq);
	/* the ring is nearly empty when the queue is woken, but fills again */
	txq->tables = txq->low;
	txq->tables_left = VFE_NET_TX_TABLES * txq->most;
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_inc(&txq->stats.stops);
	u64_stats_update_end(&txq->stats.syncp);
}

static void vfe_net_tx_drop(struct vfe_net_txq *txq, struct sk_buff *skb)
{
	dev_kfree_skb_any(skb);
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_inc(&txq->stats.drops);
	u64_stats_update_end(&txq->stats.syncp);
}

/* The end of a batch: the device gets it, and an interrupt is armed. */
void vfe_net_tx_end_batch(struct vfe_net_txq *txq)
{
	vfe_net_tx_kick(txq);
	/*
	 * As vfe_net_tx_rearm(), but cheaper: most batches have no interrupt to
	 * disable, and a new request costs a barrier.
	 */
	if (!vfe_net_tx_needs_irq(txq)) {
		if (vfe_net_tx_irq_comes(txq))
			vfe_net_tx_disarm(txq);
	} else if (!vfe_net_tx_is_armed(txq)) {
		vfe_net_tx_arm_if_needed(txq, vfe_net_tx_budget());
	}
	vfe_net_tx_set_timer(txq);
}

/**
 * vfe_net_start_xmit() - transmit a packet
 * @skb: the packet
 * @dev: the netdev
 *
 * Context: the xmit lock is held; BH or interrupts are disabled.
 * Return: NETDEV_TX_OK, or NETDEV_TX_BUSY if the queue is closed.
 */
netdev_tx_t vfe_net_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_txq *txq = &vn->txq[skb_get_queue_mapping(skb)];
	bool more = netdev_xmit_more();
	unsigned int bytes = skb->len;

	if (unlikely(!txq->open)) {
		if (vfe_net_pair_on(vn, txq->index)) {
			netif_tx_stop_queue(txq->nq);
			return NETDEV_TX_BUSY;
		}
		/* the sender chose the queue before its pair was disabled */
		vfe_net_tx_drop(txq, skb);
		return NETDEV_TX_OK;
	}
	if (vfe_net_tx_pending(txq) >= VFE_NET_TX_BATCH)
		vfe_net_tx_reclaim(txq, vfe_net_tx_budget());
	if (unlikely(vfe_net_tx_add(txq, skb))) {
		vfe_net_tx_drop(txq, skb);
		if (!more)
			vfe_net_tx_end_batch(txq);
		return NETDEV_TX_OK;
	}
	skb_tx_timestamp(skb);
	/* a device may keep the packet for long, but not the namespace */
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	if (vfe_net_tx_awaited(txq, skb))
		txq->watch = txq->end;
	vfe_net_tx_stop_if_full(txq);
	if (__netdev_tx_sent_queue(txq->nq, bytes, more))
		vfe_net_tx_end_batch(txq);
	return NETDEV_TX_OK;
}

/**
 * vfe_net_tx_rescue() - take buffers back after a transmit timeout
 * @txq: the queue
 *
 * Context: the watchdog's timer.
 * Return: whether that helped: an interrupt was lost.
 */
bool vfe_net_tx_rescue(struct vfe_net_txq *txq)
{
	bool helped = true;

	__netif_tx_lock(txq->nq, smp_processor_id());
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_inc(&txq->stats.timeouts);
	u64_stats_update_end(&txq->stats.syncp);
	if (txq->open) {
		vfe_net_tx_reclaim(txq, 1);
		helped = !netif_xmit_stopped(txq->nq);
	}
	__netif_tx_unlock(txq->nq);
	return helped;
}

/* --- life --- */

/* Numbers that no buffer has: all are taken back. The lock is held. */
static void vfe_net_tx_forget(struct vfe_net_txq *txq)
{
	txq->done = txq->added;
	txq->begin = txq->end;
	txq->watch = txq->begin;
	txq->armed = txq->begin;
	netdev_tx_reset_queue(txq->nq);
}

static void vfe_net_tx_drop_skb(struct vfe_net_txq *txq, struct sk_buff *skb)
{
	if (txq->dma)
		vfe_net_tx_unmap(txq, vfe_net_tx_cb(skb)->map);
	dev_kfree_skb_any(skb);
}

/**
 * vfe_net_tx_detach() - drop all buffers of a ring that was reset
 * @txq: the queue, closed
 *
 * Context: process context; @recovery.lock is held.
 */
void vfe_net_tx_detach(struct vfe_net_txq *txq)
{
	struct vfe_used one = {};
	struct sk_buff *skb;
	unsigned int n;

	__netif_tx_lock_bh(txq->nq);
	for (n = 0; (one.token = vfe_queue_detach(txq->vq)); n++) {
		skb = vfe_net_tx_skb(txq, one.token);
		if (skb)
			vfe_net_tx_drop_skb(txq, skb);
		else
			vfe_net_xdp_tx_done(txq, &one, 1, 1);
	}
	vfe_net_xdp_tx_done(txq, NULL, 0, 1);
	vfe_net_tx_forget(txq);
	u64_stats_update_begin(&txq->stats.syncp);
	u64_stats_add(&txq->stats.drops, n);
	u64_stats_update_end(&txq->stats.syncp);
	__netif_tx_unlock_bh(txq->nq);
}

/*
 * A ring that a full skb does not fit gets only linear ones, see
 * vfe_net_fix_features().
 */
static void vfe_net_tx_set_need(struct vfe_net_txq *txq)
{
	unsigned int most = vfe_queue_capacity(txq->vq);

	txq->need = most >= VFE_NET_MAX_SEGS ? VFE_NET_MAX_SEGS : min(most, 2);
	txq->room = vfe_queue_room(txq->vq);
	/* in a small ring, before the queue stops */
	txq->low = vfe_queue_max_table(txq->vq) ?
		   max_t(u16, most / 4, txq->need) : 0;
	txq->most = most;
	txq->tables = false;
	txq->tables_left = 0;
}

/**
 * vfe_net_tx_update() - open or close a transmit queue, as it should be
 * @txq: the queue
 *
 * Context: process context; @recovery.lock is held.
 */
void vfe_net_tx_update(struct vfe_net_txq *txq)
{
	bool on = txq->ready && vfe_net_pair_on(txq->vn, txq->index);

	__netif_tx_lock_bh(txq->nq);
	txq->open = on;
	if (on) {
		vfe_net_tx_reclaim(txq, 1);
		txq->runs = 0;
		txq->armed = txq->begin;
		vfe_net_tx_set_need(txq);
		/* a closed interface leaves a full ring as it is */
		if (txq->room < txq->need)
			netif_tx_stop_queue(txq->nq);
		vfe_net_tx_rearm(txq, 1);
		txq_trans_cond_update(txq->nq);
		if (txq->room >= txq->need)
			netif_tx_wake_queue(txq->nq);
	} else if (vfe_net_pair_on(txq->vn, txq->index)) {
		netif_tx_stop_queue(txq->nq);
	} else {
		/* the watchdog reports unused queues that are stopped, too */
		netif_tx_start_queue(txq->nq);
	}
	__netif_tx_unlock_bh(txq->nq);
}

void vfe_net_tx_setup(struct vfe_net_txq *txq)
{
	u64_stats_init(&txq->stats.syncp);
	timer_setup(&txq->timer, vfe_net_tx_timer, 0);
}

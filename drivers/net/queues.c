// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up the virtqueues: their number, their vectors, and which CPUs use
 * which.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "net.h"
#include "rss.h"

#define VFE_NET_DRAIN	(HZ / 10)	/* wait for packets in flight */

static void vfe_net_fill_rx_spec(struct vfe_net *vn, unsigned int i,
				 struct vfe_queue_spec *spec)
{
	struct vfe_net_rxq *rxq = &vn->rxq[i];

	rxq->vn = vn;
	rxq->index = i;
	rxq->hdr_len = vn->hdr_len;
	rxq->dma = vn->dma;
	rxq->hash = vfe_net_has(vn, VIRTIO_NET_F_HASH_REPORT);
	vfe_net_rx_setup(rxq);
	snprintf(rxq->name, sizeof(rxq->name), "rx.%u", i);
	spec->name = rxq->name;
	spec->done = vfe_net_rx_irq;
	spec->priv = rxq;
	spec->max_segs = VFE_NET_MAX_SEGS;
	spec->index = 2 * i;
	/* one descriptor for a buffer, unless it has many pages */
	spec->own_tables = vn->mode != VFE_NET_RX_BIG;
	/* the only place that has the length of a packet */
	spec->used_len = true;
}

static void vfe_net_fill_tx_spec(struct vfe_net *vn, unsigned int i,
				 struct vfe_queue_spec *spec)
{
	struct vfe_net_txq *txq = &vn->txq[i];

	txq->vn = vn;
	txq->index = i;
	txq->hdr_len = vn->hdr_len;
	txq->packed = vfe_net_has(vn, VIRTIO_F_RING_PACKED);
	txq->push = vn->any_layout;
	txq->dma = vn->dma;
	txq->nq = netdev_get_tx_queue(vn->netdev, i);
	vfe_net_tx_setup(txq);
	snprintf(txq->name, sizeof(txq->name), "tx.%u", i);
	spec->name = txq->name;
	spec->done = vfe_net_tx_irq;
	spec->priv = txq;
	spec->max_segs = VFE_NET_MAX_SEGS;
	spec->index = 2 * i + 1;
	spec->vector = VFE_VECTOR_PREVIOUS;
	/* tx_table.c makes them, for a ring that fills */
	spec->own_tables = true;
}

static struct vfe_queue_spec *vfe_net_make_specs(struct vfe_net *vn,
						 unsigned int *n)
{
	struct vfe_queue_spec *specs;
	unsigned int i;

	specs = kcalloc(2 * vn->max_pairs + 1, sizeof(*specs), GFP_KERNEL);
	if (!specs)
		return NULL;
	for (i = 0; i < vn->max_pairs; i++) {
		vfe_net_fill_rx_spec(vn, i, &specs[2 * i]);
		vfe_net_fill_tx_spec(vn, i, &specs[2 * i + 1]);
	}
	*n = 2 * vn->max_pairs;
	if (vfe_net_has(vn, VIRTIO_NET_F_CTRL_VQ)) {
		/* 5.1.2: after the queues of all pairs of the device */
		specs[*n].index = 2 * vn->device_pairs;
		vfe_net_ctrl_spec(vn, &specs[*n]);
		(*n)++;
	}
	return specs;
}

static int vfe_net_init_pairs(struct vfe_net *vn)
{
	unsigned int i;
	int err;

	for (i = 0; i < vn->max_pairs; i++) {
		vn->rxq[i].vq = vfe_get_queue(vn->vd, 2 * i);
		vn->txq[i].vq = vfe_get_queue(vn->vd, 2 * i + 1);
		err = vfe_net_rx_init(&vn->rxq[i]) ?:
		      vfe_net_tx_init(&vn->txq[i]);
		if (err)
			return err;
	}
	return 0;
}

/**
 * vfe_net_queues_init() - set up the virtqueues
 * @vn: the network device, its configuration read
 * @irqs: the preferred kind of interrupt
 *
 * Return: 0, or an error; call vfe_net_queues_exit() in either case.
 */
int vfe_net_queues_init(struct vfe_net *vn, enum vfe_interrupts irqs)
{
	struct vfe_queue_spec *specs;
	unsigned int n;
	int err;

	vn->rxq = kvcalloc(vn->max_pairs, sizeof(*vn->rxq), GFP_KERNEL);
	vn->txq = kvcalloc(vn->max_pairs, sizeof(*vn->txq), GFP_KERNEL);
	if (!vn->rxq || !vn->txq)
		return -ENOMEM;
	specs = vfe_net_make_specs(vn, &n);
	if (!specs)
		return -ENOMEM;
	err = vfe_queues_create(vn->vd, specs, n, irqs);
	kfree(specs);
	if (!err)
		err = vfe_net_init_pairs(vn);
	vn->state.pairs = min_t(unsigned int, vn->max_pairs,
				num_online_cpus());
	return err;
}

/**
 * vfe_net_queues_exit() - free what vfe_net_queues_init() allocated
 * @vn: the network device; the device is reset, its buffers were detached
 */
void vfe_net_queues_exit(struct vfe_net *vn)
{
	unsigned int i;

	for (i = 0; vn->rxq && vn->txq && i < vn->max_pairs; i++) {
		if (!vn->rxq[i].vn)
			continue;
		/* free_netdev() would find it in freed memory */
		if (vn->rxq[i].napi.dev)
			netif_napi_del(&vn->rxq[i].napi);
		vfe_timer_delete_sync(&vn->txq[i].timer);
		vfe_timer_delete_sync(&vn->rxq[i].refill);
		vfe_net_rx_exit(&vn->rxq[i]);
		vfe_net_tx_exit(&vn->txq[i]);
	}
	kvfree(vn->rxq);
	kvfree(vn->txq);
}

int vfe_net_reset_queue(struct vfe_net *vn, unsigned int queue)
{
	struct vfe_queue *vq = vfe_get_queue(vn->vd, queue);
	int err;

	vfe_net_recovery_ops.close(vn->vd, queue, 1);
	err = vfe_queue_reset(vq);
	if (err)
		return err;
	vfe_net_recovery_ops.take_back(vn->vd, queue);
	err = vfe_queue_restart(vq);
	if (!err)
		vfe_net_recovery_ops.open(vn->vd, queue);
	return err;
}

/* Has the device sent all packets of a queue? Waits for that, but not long. */
static bool vfe_net_is_drained(struct vfe_net_txq *txq, unsigned long end)
{
	u32 pending;

	for (;;) {
		__netif_tx_lock_bh(txq->nq);
		vfe_net_tx_reclaim(txq, 1);
		pending = vfe_net_tx_pending(txq);
		__netif_tx_unlock_bh(txq->nq);
		if (!pending || time_after(jiffies, end))
			return !pending;
		usleep_range(1000, 2000);
	}
}

/*
 * The device need not send the packets of queues that it is about to disable:
 * gives it time to do so, then drops the others. The stack does not use these
 * queues any more.
 */
static void vfe_net_drain(struct vfe_net *vn, unsigned int first,
			  unsigned int end)
{
	unsigned long until = jiffies + VFE_NET_DRAIN;

	if (vfe_recovery_state(&vn->recovery) != VFE_RUN_LIVE)
		return;
	for (; first < end; first++)
		if (!vfe_net_is_drained(&vn->txq[first], until) &&
		    vfe_net_has(vn, VIRTIO_F_RING_RESET) &&
		    vfe_net_reset_queue(vn, 2 * first + 1)) {
			vfe_recovery_force(&vn->recovery);
			return;
		}
}

/*
 * Has the stack use this number of pairs. Receive queues of the others deliver
 * packets until they are closed: the caller lowers their number then.
 */
int vfe_net_netdev_queues(struct vfe_net *vn, unsigned int pairs)
{
	struct net_device *dev = vn->netdev;

	return netif_set_real_num_queues(dev, pairs,
					 max(dev->real_num_rx_queues, pairs));
}

/**
 * vfe_net_use_pairs() - change the number of pairs in use
 * @vn: the network device
 * @pairs: the number, 1 to @max_pairs
 *
 * Context: process context; rtnl and @recovery.lock are held.
 * Return: 0, or an error and nothing has changed.
 */
int vfe_net_use_pairs(struct vfe_net *vn, unsigned int pairs)
{
	unsigned int old = vn->state.pairs;
	int err;

	if (pairs == old) {
		/* nor are more wanted that the device has not enabled yet */
		vfe_net_rss_use_pairs(vn, pairs);
		vn->state.pairs_wanted = pairs;
		return 0;
	}
	/* 5.1.9.5.5: the driver does not use queues that are not enabled */
	if (pairs > old) {
		err = vfe_net_ctrl_set_pairs(vn, pairs);
		if (err)
			return err;
	}
	err = vfe_net_netdev_queues(vn, pairs);
	if (!err && pairs < old) {
		vfe_net_drain(vn, pairs, old);
		err = vfe_net_ctrl_set_pairs(vn, pairs);
	}
	if (err) {
		vfe_net_netdev_queues(vn, old);
		vfe_net_set_affinity(vn);
		vfe_net_ctrl_set_pairs(vn, old);
		/* a queue that was reset is closed */
		vfe_net_update_queues(vn);
		netif_set_real_num_rx_queues(vn->netdev, old);
		return err;
	}
	vfe_net_rss_use_pairs(vn, pairs);
	WRITE_ONCE(vn->state.pairs, pairs);
	vn->state.pairs_wanted = pairs;
	vfe_net_update_queues(vn);
	netif_set_real_num_rx_queues(vn->netdev, pairs);
	vfe_net_set_affinity(vn);
	return 0;
}

/*
 * Gives a queue that is reset a ring of another size, or of the old one if there
 * is no memory for it.
 */
static int vfe_net_make_ring(struct vfe_queue *vq, u16 size)
{
	u16 old = vfe_queue_size(vq);
	int err;

	vfe_queue_set_size(vq, size);
	err = vfe_queue_restart(vq);
	if (err != -ENOMEM)
		return err;
	vfe_queue_set_size(vq, old);
	return vfe_queue_restart(vq) ?: -ENOMEM;
}

/* Packets in the old ring are lost. */
static int vfe_net_resize_queue(struct vfe_net *vn, unsigned int queue,
				u16 size)
{
	struct vfe_queue *vq = vfe_get_queue(vn->vd, queue);
	int err;

	if (!size || size == vfe_queue_size(vq))
		return 0;
	vfe_net_recovery_ops.close(vn->vd, queue, 1);
	err = vfe_queue_reset(vq);
	if (!err) {
		vfe_net_recovery_ops.take_back(vn->vd, queue);
		err = vfe_net_make_ring(vq, size);
	}
	/* without memory, the queue may have its old ring, or none */
	if (err && (err != -ENOMEM || vfe_queue_broken(vq))) {
		vfe_recovery_force(&vn->recovery);
		return err;
	}
	vfe_net_recovery_ops.open(vn->vd, queue);
	return err;
}

/**
 * vfe_net_resize() - change the size of the rings
 * @vn: the network device, which has RING_RESET
 * @rx: entries of each receive queue, a power of two; 0: as they are
 * @tx: likewise for the transmit queues
 *
 * Resets queue after queue; the others run on. Call netdev_update_features()
 * later, without @recovery.lock: a full skb may not fit into small rings.
 *
 * Context: process context; rtnl and @recovery.lock are held.
 * Return: 0; -EBUSY while the device is not live; or another error: queues may
 * have different sizes then, and all of them work, or the device is being reset.
 */
int vfe_net_resize(struct vfe_net *vn, unsigned int rx, unsigned int tx)
{
	unsigned int i;
	int err = 0;

	if (vfe_recovery_state(&vn->recovery) != VFE_RUN_LIVE)
		return -EBUSY;
	for (i = 0; !err && i < vn->max_pairs; i++)
		err = vfe_net_resize_queue(vn, 2 * i, rx) ?:
		      vfe_net_resize_queue(vn, 2 * i + 1, tx);
	vfe_net_update_queues(vn);
	return err;
}

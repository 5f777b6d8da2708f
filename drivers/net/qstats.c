// SPDX-License-Identifier: GPL-2.0
/*
 * The standard statistics of queues (netdev's qstats): the driver's counts, and
 * those of the device where it has them.
 */
#include <linux/netdevice.h>

#include "ctrl.h"
#include "device_stats.h"
#include "ethtool.h"
#include "net.h"

#ifdef VFE_QSTATS

static bool vfe_net_has_stats(const struct vfe_net *vn, u64 type)
{
	return READ_ONCE(vn->state.stats_types) & type;
}

/*
 * A user reads all queues in one operation, which holds rtnl: the bound in time
 * that begins here is that of all commands until the next call.
 */
static void vfe_net_qstats_begin(struct vfe_net *vn)
{
	if (!vn->ctrl)
		return;
	vfe_net_ctrl_begin(vn);
	vn->ctrl->qstats_deadline = vn->ctrl->deadline;
	vfe_net_ctrl_end(vn);
}

static void vfe_net_device_stats(struct vfe_net *vn, u16 vq, u64 types,
				 struct vfe_net_device_stats *d)
{
	vfe_net_ctrl_begin(vn);
	if (vn->ctrl)
		vn->ctrl->deadline = vn->ctrl->qstats_deadline;
	vfe_net_device_stats_get(vn, vq, types, d);
	vfe_net_ctrl_end(vn);
}

static void vfe_net_qstats_rx_device(struct vfe_net *vn,
				     const struct vfe_net_device_stats *d,
				     struct netdev_queue_stats_rx *s)
{
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(RX_BASIC))) {
		s->hw_drops = le64_to_cpu(d->rx_basic.rx_drops);
		s->hw_drop_overruns =
			le64_to_cpu(d->rx_basic.rx_drop_overruns);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(RX_CSUM))) {
		s->csum_unnecessary = le64_to_cpu(d->rx_csum.rx_csum_valid);
		s->csum_none = le64_to_cpu(d->rx_csum.rx_csum_none);
		s->csum_bad = le64_to_cpu(d->rx_csum.rx_csum_bad);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(RX_GSO))) {
		s->hw_gro_packets = le64_to_cpu(d->rx_gso.rx_gso_packets);
		s->hw_gro_bytes = le64_to_cpu(d->rx_gso.rx_gso_bytes);
		s->hw_gro_wire_packets =
			le64_to_cpu(d->rx_gso.rx_gso_packets_coalesced);
		s->hw_gro_wire_bytes =
			le64_to_cpu(d->rx_gso.rx_gso_bytes_coalesced);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(RX_SPEED)))
		s->hw_drop_ratelimits =
			le64_to_cpu(d->rx_speed.rx_packets_allowance_exceeded);
}

static void vfe_net_qstats_tx_device(struct vfe_net *vn,
				     const struct vfe_net_device_stats *d,
				     struct netdev_queue_stats_tx *s)
{
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(TX_BASIC))) {
		s->hw_drops = le64_to_cpu(d->tx_basic.tx_drops);
		s->hw_drop_errors = le64_to_cpu(d->tx_basic.tx_drop_malformed);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(TX_CSUM))) {
		s->csum_none = le64_to_cpu(d->tx_csum.tx_csum_none);
		s->needs_csum = le64_to_cpu(d->tx_csum.tx_needs_csum);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(TX_GSO))) {
		s->hw_gso_packets = le64_to_cpu(d->tx_gso.tx_gso_packets);
		s->hw_gso_bytes = le64_to_cpu(d->tx_gso.tx_gso_bytes);
		s->hw_gso_wire_packets =
			le64_to_cpu(d->tx_gso.tx_gso_segments);
		s->hw_gso_wire_bytes =
			le64_to_cpu(d->tx_gso.tx_gso_segments_bytes);
	}
	if (vfe_net_has_stats(vn, VFE_NET_STATS_BIT(TX_SPEED)))
		s->hw_drop_ratelimits =
			le64_to_cpu(d->tx_speed.tx_packets_allowance_exceeded);
}

static void vfe_net_qstats_rx_driver(struct vfe_net_rxq *rxq,
				     struct netdev_queue_stats_rx *s)
{
	struct vfe_net_rx_stats *c = &rxq->stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&c->syncp);
		s->packets = u64_stats_read(&c->packets);
		s->bytes = u64_stats_read(&c->bytes);
		s->alloc_fail = u64_stats_read(&c->no_memory);
	} while (u64_stats_fetch_retry(&c->syncp, start));
}

static void vfe_net_qstats_tx_driver(struct vfe_net_txq *txq,
				     struct netdev_queue_stats_tx *s)
{
	struct vfe_net_tx_stats *c = &txq->stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&c->syncp);
		s->packets = u64_stats_read(&c->packets);
		s->bytes = u64_stats_read(&c->bytes);
		s->stop = u64_stats_read(&c->stops);
		s->wake = u64_stats_read(&c->wakes);
	} while (u64_stats_fetch_retry(&c->syncp, start));
}

static void vfe_net_qstats_rx(struct net_device *dev, int i,
			      struct netdev_queue_stats_rx *s)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_device_stats d;

	/* the first queue of a dump */
	if (!i)
		vfe_net_qstats_begin(vn);
	vfe_net_qstats_rx_driver(&vn->rxq[i], s);
	vfe_net_device_stats(vn, 2 * i, VFE_NET_STATS_RX, &d);
	vfe_net_qstats_rx_device(vn, &d, s);
}

static void vfe_net_qstats_tx(struct net_device *dev, int i,
			      struct netdev_queue_stats_tx *s)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct vfe_net_device_stats d;

	vfe_net_qstats_tx_driver(&vn->txq[i], s);
	vfe_net_device_stats(vn, 2 * i + 1, VFE_NET_STATS_TX, &d);
	vfe_net_qstats_tx_device(vn, &d, s);
}

/* Adds @n members of a structure of counts, all of them u64. */
static void vfe_net_qstats_add(void *sum, const void *more, size_t size)
{
	const u64 *from = more;
	u64 *to = sum;
	size_t i;

	for (i = 0; i < size / sizeof(*to); i++)
		to[i] += from[i];
}

/* A member that is 0 here is one that vfe_net_qstats_rx() and _tx() set. */
static void vfe_net_qstats_zero(struct vfe_net *vn,
				struct netdev_queue_stats_rx *rx,
				struct netdev_queue_stats_tx *tx)
{
	static const struct vfe_net_device_stats none;

	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	vfe_net_qstats_rx_device(vn, &none, rx);
	tx->packets = 0;
	tx->bytes = 0;
	tx->stop = 0;
	tx->wake = 0;
	vfe_net_qstats_tx_device(vn, &none, tx);
}

/* The counts of queues that are not in use now */
static void vfe_net_qstats_base(struct net_device *dev,
				struct netdev_queue_stats_rx *rx,
				struct netdev_queue_stats_tx *tx)
{
	struct vfe_net *vn = netdev_priv(dev);
	struct netdev_queue_stats_rx more_rx;
	struct netdev_queue_stats_tx more_tx;
	unsigned int i;

	vfe_net_qstats_begin(vn);
	vfe_net_qstats_zero(vn, rx, tx);
	for (i = dev->real_num_rx_queues; i < vn->max_pairs; i++) {
		memset(&more_rx, 0, sizeof(more_rx));
		vfe_net_qstats_rx(dev, i, &more_rx);
		vfe_net_qstats_add(rx, &more_rx, sizeof(more_rx));
	}
	for (i = dev->real_num_tx_queues; i < vn->max_pairs; i++) {
		memset(&more_tx, 0, sizeof(more_tx));
		vfe_net_qstats_tx(dev, i, &more_tx);
		vfe_net_qstats_add(tx, &more_tx, sizeof(more_tx));
	}
}

static const struct netdev_stat_ops vfe_net_stat_ops = {
	.get_queue_stats_rx = vfe_net_qstats_rx,
	.get_queue_stats_tx = vfe_net_qstats_tx,
	.get_base_stats = vfe_net_qstats_base,
};

void vfe_net_qstats_netdev(struct net_device *dev)
{
	dev->stat_ops = &vfe_net_stat_ops;
}

#else

void vfe_net_qstats_netdev(struct net_device *dev)
{
}

#endif

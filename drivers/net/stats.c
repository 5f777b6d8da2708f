// SPDX-License-Identifier: GPL-2.0
/* The netdev's statistics, from the counts of its queues. */
#include "net.h"

static void vfe_net_add_rx(struct vfe_net_rx_stats *s,
			   struct rtnl_link_stats64 *sum)
{
	u64 packets, bytes, drops, bad, xdp;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		packets = u64_stats_read(&s->packets);
		bytes = u64_stats_read(&s->bytes);
		drops = u64_stats_read(&s->drops);
		bad = u64_stats_read(&s->bad);
		xdp = u64_stats_read(&s->xdp_drops);
	} while (u64_stats_fetch_retry(&s->syncp, start));
	sum->rx_packets += packets;
	sum->rx_bytes += bytes;
	sum->rx_dropped += drops + xdp;
	sum->rx_errors += bad;
	sum->rx_frame_errors += bad;
}

static void vfe_net_add_tx(struct vfe_net_tx_stats *s,
			   struct rtnl_link_stats64 *sum)
{
	u64 packets, bytes, drops;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		packets = u64_stats_read(&s->packets);
		bytes = u64_stats_read(&s->bytes);
		drops = u64_stats_read(&s->drops);
	} while (u64_stats_fetch_retry(&s->syncp, start));
	sum->tx_packets += packets;
	sum->tx_bytes += bytes;
	sum->tx_dropped += drops;
}

/**
 * vfe_net_get_stats64() - sum the counts of all queues
 * @dev: the netdev
 * @sum: where to put them
 *
 * Context: any.
 */
void vfe_net_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *sum)
{
	struct vfe_net *vn = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++) {
		vfe_net_add_rx(&vn->rxq[i].stats, sum);
		vfe_net_add_tx(&vn->txq[i].stats, sum);
	}
}

/**
 * vfe_net_moved() - count the packets that the device has moved
 * @vn: the interface
 *
 * Context: any.
 * Return: the number, in both directions.
 */
u64 vfe_net_moved(struct vfe_net *vn)
{
	struct rtnl_link_stats64 sum = {};

	vfe_net_get_stats64(vn->netdev, &sum);
	return sum.rx_packets + sum.tx_packets;
}

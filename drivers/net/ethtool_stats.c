// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -S: sums, the control queue, then each queue in use. All names of
 * virtio_net are here with the same meaning; there are more counts of each
 * queue.
 */
#include <linux/slab.h>

#include "ctrl.h"
#include "device_stats.h"
#include "ethtool.h"
#include "net.h"

/**
 * struct vfe_net_stat - a statistic in a structure of counts
 * @name: its name, without the queue's
 * @offset: in the structure
 * @type: of the device's answer it is in, for its own statistics
 */
struct vfe_net_stat {
	const char *name;
	u16 offset;
	u8 type;
};

#define VFE_NET_RX_STAT(label, field) \
	{ label, offsetof(struct vfe_net_rx_stats, field) }
#define VFE_NET_TX_STAT(label, field) \
	{ label, offsetof(struct vfe_net_tx_stats, field) }
#define VFE_NET_QUEUE_STAT(field) \
	{ #field, offsetof(struct vfe_queue_counts, field) }
#define VFE_NET_CTRL_STAT(field) \
	{ #field, offsetof(struct vfe_net_ctrl_counts, field) }
#define VFE_NET_HW_STAT(id, part, label, field) \
	{ label, offsetof(struct vfe_net_device_stats, part.field), \
	  VFE_NET_STATS_##id }

static const struct vfe_net_stat vfe_net_rx_table[] = {
	VFE_NET_RX_STAT("packets", packets),
	VFE_NET_RX_STAT("bytes", bytes),
	VFE_NET_RX_STAT("drops", drops),
	VFE_NET_RX_STAT("bad", bad),
	VFE_NET_RX_STAT("no_memory", no_memory),
	VFE_NET_RX_STAT("xdp_packets", xdp_packets),
	VFE_NET_RX_STAT("xdp_tx", xdp_tx),
	VFE_NET_RX_STAT("xdp_redirects", xdp_redirects),
	VFE_NET_RX_STAT("xdp_drops", xdp_drops),
};

static const struct vfe_net_stat vfe_net_tx_table[] = {
	VFE_NET_TX_STAT("packets", packets),
	VFE_NET_TX_STAT("bytes", bytes),
	VFE_NET_TX_STAT("drops", drops),
	VFE_NET_TX_STAT("tables", tables),
	VFE_NET_TX_STAT("stops", stops),
	VFE_NET_TX_STAT("wakes", wakes),
	VFE_NET_TX_STAT("xdp_tx", xdp_tx),
	VFE_NET_TX_STAT("xdp_tx_drops", xdp_tx_drops),
	VFE_NET_TX_STAT("tx_timeouts", timeouts),
};

/* Counts of a virtqueue, and "exits" after them */
static const struct vfe_net_stat vfe_net_queue_table[] = {
	VFE_NET_QUEUE_STAT(kicks),
	VFE_NET_QUEUE_STAT(kicks_suppressed),
	VFE_NET_QUEUE_STAT(interrupts),
};

#define VFE_NET_QUEUE_STATS	(ARRAY_SIZE(vfe_net_queue_table) + 1)

static const struct vfe_net_stat vfe_net_ctrl_table[] = {
	VFE_NET_CTRL_STAT(commands),
	VFE_NET_CTRL_STAT(refused),
	VFE_NET_CTRL_STAT(timeouts),
	VFE_NET_CTRL_STAT(late),
	VFE_NET_CTRL_STAT(failed),
};

static const struct vfe_net_stat vfe_net_hw_ctrl_table[] = {
	VFE_NET_HW_STAT(CVQ, cvq, "command_num", command_num),
	VFE_NET_HW_STAT(CVQ, cvq, "ok_num", ok_num),
};

static const struct vfe_net_stat vfe_net_hw_rx_table[] = {
	VFE_NET_HW_STAT(RX_BASIC, rx_basic, "packets", rx_packets),
	VFE_NET_HW_STAT(RX_BASIC, rx_basic, "bytes", rx_bytes),
	VFE_NET_HW_STAT(RX_BASIC, rx_basic, "notifications", rx_notifications),
	VFE_NET_HW_STAT(RX_BASIC, rx_basic, "interrupts", rx_interrupts),
	VFE_NET_HW_STAT(RX_CSUM, rx_csum, "needs_csum", rx_needs_csum),
	VFE_NET_HW_STAT(RX_SPEED, rx_speed, "ratelimit_bytes",
			rx_bytes_allowance_exceeded),
};

static const struct vfe_net_stat vfe_net_hw_tx_table[] = {
	VFE_NET_HW_STAT(TX_BASIC, tx_basic, "packets", tx_packets),
	VFE_NET_HW_STAT(TX_BASIC, tx_basic, "bytes", tx_bytes),
	VFE_NET_HW_STAT(TX_BASIC, tx_basic, "notifications", tx_notifications),
	VFE_NET_HW_STAT(TX_BASIC, tx_basic, "interrupts", tx_interrupts),
	VFE_NET_HW_STAT(TX_GSO, tx_gso, "gso_packets_noseg",
			tx_gso_packets_noseg),
	VFE_NET_HW_STAT(TX_GSO, tx_gso, "gso_bytes_noseg", tx_gso_bytes_noseg),
	VFE_NET_HW_STAT(TX_SPEED, tx_speed, "ratelimit_bytes",
			tx_bytes_allowance_exceeded),
};

/**
 * struct vfe_net_hw_table - the device's statistics of a kind of queue
 * @table: see above
 * @n: entries of @table
 */
struct vfe_net_hw_table {
	const struct vfe_net_stat *table;
	unsigned int n;
};

static const struct vfe_net_hw_table vfe_net_hw_rx = {
	vfe_net_hw_rx_table, ARRAY_SIZE(vfe_net_hw_rx_table) };
static const struct vfe_net_hw_table vfe_net_hw_tx = {
	vfe_net_hw_tx_table, ARRAY_SIZE(vfe_net_hw_tx_table) };
static const struct vfe_net_hw_table vfe_net_hw_ctrl = {
	vfe_net_hw_ctrl_table, ARRAY_SIZE(vfe_net_hw_ctrl_table) };

/* --- numbers --- */

/* Is a statistic of the device among those that get_sset_count() counted? */
static bool vfe_net_hw_shown(const struct vfe_net *vn,
			     const struct vfe_net_stat *stat)
{
	return vn->state.stats_shown & BIT_ULL(stat->type);
}

/* Statistics of a table that the device has */
static unsigned int vfe_net_hw_count(const struct vfe_net *vn,
				     const struct vfe_net_hw_table *hw)
{
	unsigned int i, n = 0;

	for (i = 0; i < hw->n; i++)
		n += vfe_net_hw_shown(vn, &hw->table[i]);
	return n;
}

/* Pairs in use; only a holder of rtnl changes the netdev's number. */
static unsigned int vfe_net_stats_pairs(const struct vfe_net *vn)
{
	return vn->netdev->real_num_tx_queues;
}

static unsigned int vfe_net_num_rx_stats(const struct vfe_net *vn)
{
	return ARRAY_SIZE(vfe_net_rx_table) + VFE_NET_QUEUE_STATS +
	       vfe_net_hw_count(vn, &vfe_net_hw_rx);
}

static unsigned int vfe_net_num_tx_stats(const struct vfe_net *vn)
{
	return ARRAY_SIZE(vfe_net_tx_table) + VFE_NET_QUEUE_STATS +
	       vfe_net_hw_count(vn, &vfe_net_hw_tx);
}

static unsigned int vfe_net_ctrl_count(const struct vfe_net *vn)
{
	if (!vn->ctrl)
		return 0;
	return ARRAY_SIZE(vfe_net_ctrl_table) +
	       vfe_net_hw_count(vn, &vfe_net_hw_ctrl);
}

/*
 * The caller allocates memory for this number of values, then reads them. The
 * device may tell meanwhile which ones it has: they are not shown before the
 * next call.
 */
int vfe_net_get_sset_count(struct net_device *dev, int set)
{
	struct vfe_net *vn = netdev_priv(dev);

	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	vn->state.stats_shown = READ_ONCE(vn->state.stats_types);
	return (vfe_net_stats_pairs(vn) + 1) *
	       (vfe_net_num_rx_stats(vn) + vfe_net_num_tx_stats(vn)) +
	       vfe_net_ctrl_count(vn);
}

/* --- names --- */

static void vfe_net_put_names(u8 **p, const char *prefix,
			      const struct vfe_net_stat *table, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		ethtool_sprintf(p, "%s_%s", prefix, table[i].name);
}

static void vfe_net_put_hw_names(const struct vfe_net *vn, u8 **p,
				 const char *prefix,
				 const struct vfe_net_hw_table *hw)
{
	unsigned int i;

	for (i = 0; i < hw->n; i++)
		if (vfe_net_hw_shown(vn, &hw->table[i]))
			ethtool_sprintf(p, "%s_hw_%s", prefix,
					hw->table[i].name);
}

static void vfe_net_put_queue_names(const struct vfe_net *vn, u8 **p,
				    const char *prefix, bool tx)
{
	if (tx)
		vfe_net_put_names(p, prefix, vfe_net_tx_table,
				  ARRAY_SIZE(vfe_net_tx_table));
	else
		vfe_net_put_names(p, prefix, vfe_net_rx_table,
				  ARRAY_SIZE(vfe_net_rx_table));
	vfe_net_put_names(p, prefix, vfe_net_queue_table,
			  ARRAY_SIZE(vfe_net_queue_table));
	ethtool_sprintf(p, "%s_exits", prefix);
	vfe_net_put_hw_names(vn, p, prefix, tx ? &vfe_net_hw_tx :
						 &vfe_net_hw_rx);
}

static void vfe_net_put_pair_names(const struct vfe_net *vn, u8 **p, bool tx)
{
	char prefix[16];
	unsigned int i;

	for (i = 0; i < vfe_net_stats_pairs(vn); i++) {
		snprintf(prefix, sizeof(prefix), "%s%u", tx ? "tx" : "rx", i);
		vfe_net_put_queue_names(vn, p, prefix, tx);
	}
}

void vfe_net_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	struct vfe_net *vn = netdev_priv(dev);

	if (set != ETH_SS_STATS)
		return;
	vfe_net_put_queue_names(vn, &data, "rx", false);
	vfe_net_put_queue_names(vn, &data, "tx", true);
	if (vn->ctrl) {
		vfe_net_put_names(&data, "cq", vfe_net_ctrl_table,
				  ARRAY_SIZE(vfe_net_ctrl_table));
		vfe_net_put_hw_names(vn, &data, "cq", &vfe_net_hw_ctrl);
	}
	vfe_net_put_pair_names(vn, &data, false);
	vfe_net_put_pair_names(vn, &data, true);
}

/* --- values --- */

/* Reads counts that one context writes; @base has @syncp in it. */
static u64 *vfe_net_put_counts(u64 *p, const void *base,
			       struct u64_stats_sync *syncp,
			       const struct vfe_net_stat *table, unsigned int n)
{
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(syncp);
		for (i = 0; i < n; i++)
			p[i] = u64_stats_read(base + table[i].offset);
	} while (u64_stats_fetch_retry(syncp, start));
	return p + n;
}

static u64 *vfe_net_put_vq(u64 *p, const struct vfe_queue *vq)
{
	struct vfe_queue_counts counts;
	unsigned int i;

	vfe_queue_get_counts(vq, &counts);
	for (i = 0; i < ARRAY_SIZE(vfe_net_queue_table); i++)
		*p++ = *(u64 *)((void *)&counts +
				vfe_net_queue_table[i].offset);
	*p++ = vfe_queue_kick_traps(vq) ? counts.kicks : 0;
	return p;
}

/* 0 for all of them if the device does not answer */
static u64 *vfe_net_put_hw(struct vfe_net *vn, u64 *p, unsigned int vq,
			   const struct vfe_net_hw_table *hw)
{
	struct vfe_net_device_stats stats;
	unsigned int i;
	u64 types = 0;

	for (i = 0; i < hw->n; i++)
		types |= BIT_ULL(hw->table[i].type);
	vfe_net_device_stats_get(vn, vq, types, &stats);
	for (i = 0; i < hw->n; i++)
		if (vfe_net_hw_shown(vn, &hw->table[i]))
			*p++ = le64_to_cpup((void *)&stats +
					    hw->table[i].offset);
	return p;
}

static u64 *vfe_net_put_rx(struct vfe_net *vn, u64 *p, unsigned int i)
{
	struct vfe_net_rxq *rxq = &vn->rxq[i];

	p = vfe_net_put_counts(p, &rxq->stats, &rxq->stats.syncp,
			       vfe_net_rx_table, ARRAY_SIZE(vfe_net_rx_table));
	p = vfe_net_put_vq(p, rxq->vq);
	return vfe_net_put_hw(vn, p, 2 * i, &vfe_net_hw_rx);
}

static u64 *vfe_net_put_tx(struct vfe_net *vn, u64 *p, unsigned int i)
{
	struct vfe_net_txq *txq = &vn->txq[i];

	p = vfe_net_put_counts(p, &txq->stats, &txq->stats.syncp,
			       vfe_net_tx_table, ARRAY_SIZE(vfe_net_tx_table));
	p = vfe_net_put_vq(p, txq->vq);
	return vfe_net_put_hw(vn, p, 2 * i + 1, &vfe_net_hw_tx);
}

static u64 *vfe_net_put_ctrl(struct vfe_net *vn, u64 *p)
{
	const struct vfe_net_ctrl_counts counts = vn->ctrl->counts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_net_ctrl_table); i++)
		*p++ = *(u64 *)((void *)&counts + vfe_net_ctrl_table[i].offset);
	return vfe_net_put_hw(vn, p, 2 * vn->device_pairs, &vfe_net_hw_ctrl);
}

/* Sums of @n statistics each of several queues */
static void vfe_net_sum(u64 *sum, const u64 *values, unsigned int n,
			unsigned int queues)
{
	unsigned int i;

	memset(sum, 0, n * sizeof(*sum));
	for (i = 0; i < n * queues; i++)
		sum[i % n] += values[i];
}

void vfe_net_get_ethtool_stats(struct net_device *dev,
			       struct ethtool_stats *stats, u64 *data)
{
	struct vfe_net *vn = netdev_priv(dev);
	unsigned int rx = vfe_net_num_rx_stats(vn), tx = vfe_net_num_tx_stats(vn);
	unsigned int i, pairs = vfe_net_stats_pairs(vn);
	u64 *values, *p = data + rx + tx;

	vfe_net_ctrl_begin(vn);
	if (vn->ctrl)
		p = vfe_net_put_ctrl(vn, p);
	values = p;
	for (i = 0; i < pairs; i++)
		p = vfe_net_put_rx(vn, p, i);
	for (i = 0; i < pairs; i++)
		p = vfe_net_put_tx(vn, p, i);
	vfe_net_ctrl_end(vn);
	vfe_net_sum(data, values, rx, pairs);
	vfe_net_sum(data + rx, values + rx * pairs, tx, pairs);
}

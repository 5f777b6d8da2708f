/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of the device's own statistics: see device_stats.c. */
#ifndef VFE_NET_DEVICE_STATS_H
#define VFE_NET_DEVICE_STATS_H

#include <linux/types.h>

#include <vfe/wire_net.h>

struct vfe_net;

/**
 * struct vfe_net_device_stats - the statistics of a virtqueue
 * @rx_basic: VFE_NET_STATS_RX_BASIC, and so on
 * @rx_csum: see above
 * @rx_gso: see above
 * @rx_speed: see above
 * @tx_basic: see above
 * @tx_csum: see above
 * @tx_gso: see above
 * @tx_speed: see above
 * @cvq: see above
 *
 * 0 where the device has not answered.
 */
struct vfe_net_device_stats {
	struct vfe_net_stats_rx_basic rx_basic;
	struct vfe_net_stats_rx_csum rx_csum;
	struct vfe_net_stats_rx_gso rx_gso;
	struct vfe_net_stats_rx_speed rx_speed;
	struct vfe_net_stats_tx_basic tx_basic;
	struct vfe_net_stats_tx_csum tx_csum;
	struct vfe_net_stats_tx_gso tx_gso;
	struct vfe_net_stats_tx_speed tx_speed;
	struct vfe_net_stats_cvq cvq;
};

#define VFE_NET_STATS_BIT(type)	BIT_ULL(VFE_NET_STATS_##type)
#define VFE_NET_STATS_RX \
	(VFE_NET_STATS_BIT(RX_BASIC) | VFE_NET_STATS_BIT(RX_CSUM) | \
	 VFE_NET_STATS_BIT(RX_GSO) | VFE_NET_STATS_BIT(RX_SPEED))
#define VFE_NET_STATS_TX \
	(VFE_NET_STATS_BIT(TX_BASIC) | VFE_NET_STATS_BIT(TX_CSUM) | \
	 VFE_NET_STATS_BIT(TX_GSO) | VFE_NET_STATS_BIT(TX_SPEED))
#define VFE_NET_STATS_ALL \
	(VFE_NET_STATS_RX | VFE_NET_STATS_TX | VFE_NET_STATS_BIT(CVQ))

/**
 * vfe_net_device_stats_parse() - take the device's answer apart
 * @reply: the answer
 * @len: its length in bytes
 * @vq: the virtqueue whose statistics the command requested
 * @stats: where to put the statistics
 *
 * Stops at a part whose length is wrong; ignores parts of other types or
 * queues.
 */
void vfe_net_device_stats_parse(const u8 *reply, unsigned int len, u16 vq,
				struct vfe_net_device_stats *stats);

/* A step of the replay: which statistics the device has; in a series */
int vfe_net_query_stats(struct vfe_net *vn);

/**
 * vfe_net_device_stats_get() - get the statistics of a virtqueue
 * @vn: the network device, in a series of commands
 * @vq: index of the virtqueue in the device
 * @types: the types that are wanted, of those that the device has
 * @stats: where to put them; zeroed first
 *
 * Return: 0 or the error of vfe_net_ctrl_send().
 */
int vfe_net_device_stats_get(struct vfe_net *vn, u16 vq, u64 types,
			     struct vfe_net_device_stats *stats);

#endif /* VFE_NET_DEVICE_STATS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The operations of ethtool. Each file defines those of one subject, which
 * ethtool.c puts into the table.
 */
#ifndef VFE_NET_ETHTOOL_H
#define VFE_NET_ETHTOOL_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/types.h>

/* ethtool_coalesce.c: -c, -C */
int vfe_net_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			 struct kernel_ethtool_coalesce *kernel,
			 struct netlink_ext_ack *extack);
int vfe_net_set_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			 struct kernel_ethtool_coalesce *kernel,
			 struct netlink_ext_ack *extack);
int vfe_net_get_queue_coalesce(struct net_device *dev, u32 queue,
			       struct ethtool_coalesce *ec);
int vfe_net_set_queue_coalesce(struct net_device *dev, u32 queue,
			       struct ethtool_coalesce *ec);

/* ethtool_rss.c: -x, -X, rx-flow-hash of -n and -N */
u32 vfe_net_get_rxfh_key_size(struct net_device *dev);
u32 vfe_net_get_rxfh_indir_size(struct net_device *dev);
/* @indir, @key: NULL for what the caller does not want */
int vfe_net_get_rss(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc);
/* @indir, @key: NULL for what does not change */
int vfe_net_set_rss(struct net_device *dev, const u32 *indir, const u8 *key,
		    u8 hfunc, struct netlink_ext_ack *extack);
u32 vfe_net_get_rings(struct net_device *dev);
int vfe_net_get_flow_hash(struct net_device *dev, u32 flow, u32 *fields);
int vfe_net_set_flow_hash(struct net_device *dev, u32 flow, u32 fields,
			  struct netlink_ext_ack *extack);

/* ethtool_stats.c: -S */
void vfe_net_get_strings(struct net_device *dev, u32 set, u8 *data);
int vfe_net_get_sset_count(struct net_device *dev, int set);
void vfe_net_get_ethtool_stats(struct net_device *dev,
			       struct ethtool_stats *stats, u64 *data);

/* qstats.c: the standard statistics of queues, on kernels that have them */
void vfe_net_qstats_netdev(struct net_device *dev);

/**
 * vfe_net_ring_check() - check the size of a ring
 * @name: "rx" or "tx"
 * @size: the size that the user wants
 * @most: the largest size that the device offers
 * @any: the size need not be a power of two (packed rings)
 * @extack: for the reason of a refusal, or NULL
 *
 * Return: 0 or -EINVAL.
 */
int vfe_net_ring_check(const char *name, u32 size, u32 most, bool any,
		       struct netlink_ext_ack *extack);

#endif /* VFE_NET_ETHTOOL_H */

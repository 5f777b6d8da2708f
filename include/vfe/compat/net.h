/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3), for vfe_net. */
#ifndef VFE_COMPAT_NET_H
#define VFE_COMPAT_NET_H

#include <linux/dim.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/timer.h>
#include <linux/version.h>

/* 6.6 split the header of the page pool. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#include <net/page_pool.h>
#else
#include <net/page_pool/helpers.h>
#endif

/* Until 6.6 a page pool needs a flag to hand out parts of pages. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define VFE_PP_FLAG_PAGE_FRAG PP_FLAG_PAGE_FRAG
#else
#define VFE_PP_FLAG_PAGE_FRAG 0
#endif

/* Until 6.1 virtio_net_hdr_to_skb() refuses merged datagrams (USO). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VFE_NET_RX_USO 0
#else
#define VFE_NET_RX_USO 1
#endif

/* 6.15 renamed these two. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define vfe_timer_delete_sync(timer) del_timer_sync(timer)
#else
#define vfe_timer_delete_sync(timer) timer_delete_sync(timer)
#endif

/* 6.16 renamed from_timer(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define vfe_timer_container_of(var, timer, member) \
	from_timer(var, timer, member)
#else
#define vfe_timer_container_of(var, timer, member) \
	timer_container_of(var, timer, member)
#endif

/* 6.12 moved the functions for unaligned numbers. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* Until 6.1 the message of a refusal is a constant: only the log has values. */
#ifdef NL_SET_ERR_MSG_FMT_MOD
#define vfe_extack(extack, fmt, ...) \
	NL_SET_ERR_MSG_FMT_MOD(extack, fmt, ##__VA_ARGS__)
#else
#define vfe_extack(extack, fmt, ...) do { \
	NL_SET_ERR_MSG_MOD(extack, "value out of range: see the kernel's log"); \
	net_info_ratelimited(KBUILD_MODNAME ": " fmt "\n", ##__VA_ARGS__); \
} while (0)
#endif

/* 6.13 passes the sample by reference. */
static inline void vfe_net_dim(struct dim *dim, struct dim_sample *sample)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	net_dim(dim, *sample);
#else
	net_dim(dim, sample);
#endif
}

/*
 * Operations of ethtool for receive steering: since 6.8 get_rxfh() and
 * set_rxfh() have a structure, since 6.17 the hashed fields and since 6.18 the
 * number of rings have operations of their own.
 *
 * VFE_RXFH_FNS(name, get, set, get_fields, set_fields, rings) defines them. It
 * needs these functions; rings() returns the number of receive queues.
 *   int get(dev, u32 *indir, u8 *key, u8 *hfunc)
 *   int set(dev, const u32 *indir, const u8 *key, u8 hfunc, extack)
 *   int get_fields(dev, u32 flow, u32 *fields)
 *   int set_fields(dev, u32 flow, u32 fields, extack)
 *   u32 rings(dev)
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define VFE_RXFH_TABLE_FNS(name, get, set) \
	static int name##_get(struct net_device *dev, u32 *indir, u8 *key, \
			      u8 *hfunc) \
	{ \
		return get(dev, indir, key, hfunc); \
	} \
	static int name##_set(struct net_device *dev, const u32 *indir, \
			      const u8 *key, const u8 hfunc) \
	{ \
		return set(dev, indir, key, hfunc, NULL); \
	}
#else
#define VFE_RXFH_TABLE_FNS(name, get, set) \
	static int name##_get(struct net_device *dev, \
			      struct ethtool_rxfh_param *rxfh) \
	{ \
		return get(dev, rxfh->indir, rxfh->key, &rxfh->hfunc); \
	} \
	static int name##_set(struct net_device *dev, \
			      struct ethtool_rxfh_param *rxfh, \
			      struct netlink_ext_ack *extack) \
	{ \
		return set(dev, rxfh->indir, rxfh->key, rxfh->hfunc, extack); \
	}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define VFE_RXFH_FIELD_FNS(name, get_fields, set_fields, rings) \
	static int name##_get_rxnfc(struct net_device *dev, \
				    struct ethtool_rxnfc *info, u32 *rules) \
	{ \
		u32 fields; \
		int err; \
		\
		if (info->cmd == ETHTOOL_GRXRINGS) { \
			info->data = rings(dev); \
			return 0; \
		} \
		if (info->cmd != ETHTOOL_GRXFH) \
			return -EOPNOTSUPP; \
		err = get_fields(dev, info->flow_type, &fields); \
		info->data = fields; \
		return err; \
	} \
	static int name##_set_rxnfc(struct net_device *dev, \
				    struct ethtool_rxnfc *info) \
	{ \
		if (info->cmd != ETHTOOL_SRXFH) \
			return -EOPNOTSUPP; \
		return set_fields(dev, info->flow_type, info->data, NULL); \
	}
#define VFE_RXFH_FIELD_OPS(name) \
	.get_rxnfc = name##_get_rxnfc, .set_rxnfc = name##_set_rxnfc,
#else
#define VFE_RXFH_FIELD_FNS(name, get_fields, set_fields, rings) \
	static int name##_get_fields(struct net_device *dev, \
				     struct ethtool_rxfh_fields *rxfh) \
	{ \
		return get_fields(dev, rxfh->flow_type, &rxfh->data); \
	} \
	static int name##_set_fields(struct net_device *dev, \
				     const struct ethtool_rxfh_fields *rxfh, \
				     struct netlink_ext_ack *extack) \
	{ \
		return set_fields(dev, rxfh->flow_type, rxfh->data, extack); \
	} \
	static u32 name##_rings(struct net_device *dev) \
	{ \
		return rings(dev); \
	}
#define VFE_RXFH_FIELD_OPS(name) \
	.get_rxfh_fields = name##_get_fields, \
	.set_rxfh_fields = name##_set_fields, \
	.get_rx_ring_count = name##_rings,
#endif

#define VFE_RXFH_FNS(name, get, set, get_fields, set_fields, rings) \
	VFE_RXFH_TABLE_FNS(name, get, set) \
	VFE_RXFH_FIELD_FNS(name, get_fields, set_fields, rings)
#define VFE_RXFH_OPS(name) \
	.get_rxfh = name##_get, .set_rxfh = name##_set, \
	VFE_RXFH_FIELD_OPS(name)

/* Standard statistics of queues: the counts that a device has came with 6.11 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#include <net/netdev_queues.h>
#define VFE_QSTATS
#endif

/*
 * Adds the NAPI context of a pair, before the netdev is visible. Since 6.8
 * userspace can ask for that of a queue (to poll it, for example). Since 6.13
 * its id and its settings persist while it is disabled; userspace requires
 * ids in the order of the pairs.
 */
static inline void vfe_net_napi_add(struct net_device *dev,
				    struct napi_struct *napi,
				    int (*poll)(struct napi_struct *, int),
				    int pair)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	netif_napi_add(dev, napi, poll);
#else
	netif_napi_add_config(dev, napi, poll, pair);
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	netif_queue_set_napi(dev, pair, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(dev, pair, NETDEV_QUEUE_TYPE_TX, napi);
#endif
}

#endif /* VFE_COMPAT_NET_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3), for vfe_net. */
#ifndef VFE_COMPAT_NET_H
#define VFE_COMPAT_NET_H

#include <linux/dim.h>
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

/* --- XDP --- */

/* 6.5 gave this a name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
static inline void vfe_fill_frag(skb_frag_t *frag, struct page *page,
				 unsigned int offset, unsigned int len)
{
	__skb_frag_set_page(frag, page);
	skb_frag_off_set(frag, offset);
	skb_frag_size_set(frag, len);
}
#else
#define vfe_fill_frag(frag, page, offset, len) \
	skb_frag_fill_page_desc(frag, page, offset, len)
#endif

/* 6.15 counts the memory of XDP's fragments beside their bytes. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
static inline void vfe_xdp_set_truesize(struct skb_shared_info *sinfo,
					unsigned int size)
{
}

#define vfe_xdp_update_skb(skb, frags, size, truesize, xdp)		\
	xdp_update_skb_shared_info(skb, frags, size, truesize,		\
				   xdp_buff_is_frag_pfmemalloc(xdp))
#else
#define vfe_xdp_set_truesize(sinfo, size) \
	((sinfo)->xdp_frags_truesize = (size))
#define vfe_xdp_update_skb(skb, frags, size, truesize, xdp) \
	xdp_update_skb_frags_info(skb, frags, size, truesize, (xdp)->flags)
#endif

/* 6.3 has netdevs tell what their XDP can do. */
static inline void vfe_xdp_set_features(struct net_device *dev, bool frags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			    NETDEV_XDP_ACT_NDO_XMIT |
			    NETDEV_XDP_ACT_NDO_XMIT_SG;
	if (frags)
		dev->xdp_features |= NETDEV_XDP_ACT_RX_SG;
#endif
}

#endif /* VFE_COMPAT_NET_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3) in XDP and AF_XDP. */
#ifndef VFE_COMPAT_XDP_H
#define VFE_COMPAT_XDP_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/version.h>
#include <net/xdp.h>
#include <net/xdp_sock_drv.h>

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
			    NETDEV_XDP_ACT_XSK_ZEROCOPY |
			    NETDEV_XDP_ACT_NDO_XMIT_SG;
	if (frags)
		dev->xdp_features |= NETDEV_XDP_ACT_RX_SG;
#endif
}

/* 6.3 has programs ask for a packet's hash, also in buffers of AF_XDP. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define VFE_XDP_HINTS
#endif

/* Until 6.10 the pool is an argument, too. */
static inline void vfe_xsk_sync_for_cpu(struct xdp_buff *xdp)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0) && \
	IS_ENABLED(CONFIG_XDP_SOCKETS)
	xsk_buff_dma_sync_for_cpu(xdp, container_of(xdp, struct xdp_buff_xsk,
						    xdp)->pool);
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	xsk_buff_dma_sync_for_cpu(xdp, NULL);
#else
	xsk_buff_dma_sync_for_cpu(xdp);
#endif
}

#endif /* VFE_COMPAT_XDP_H */

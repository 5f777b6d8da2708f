// SPDX-License-Identifier: GPL-2.0
/*
 * What a program can ask about a packet beside its bytes: the hash that the
 * device computed for receive steering (virtio 1.4, 5.1.9.4.4).
 */
#include <linux/filter.h>
#include <linux/virtio_net.h>

#include "net.h"
#include "xdp.h"

#ifdef VFE_XDP_HINTS
static const enum xdp_rss_hash_type vfe_net_xdp_hash_types[] = {
	[VIRTIO_NET_HASH_REPORT_IPv4] = XDP_RSS_TYPE_L3_IPV4,
	[VIRTIO_NET_HASH_REPORT_TCPv4] = XDP_RSS_TYPE_L4_IPV4_TCP,
	[VIRTIO_NET_HASH_REPORT_UDPv4] = XDP_RSS_TYPE_L4_IPV4_UDP,
	[VIRTIO_NET_HASH_REPORT_IPv6] = XDP_RSS_TYPE_L3_IPV6,
	[VIRTIO_NET_HASH_REPORT_TCPv6] = XDP_RSS_TYPE_L4_IPV6_TCP,
	[VIRTIO_NET_HASH_REPORT_UDPv6] = XDP_RSS_TYPE_L4_IPV6_UDP,
	[VIRTIO_NET_HASH_REPORT_IPv6_EX] = XDP_RSS_TYPE_L3_IPV6_EX,
	[VIRTIO_NET_HASH_REPORT_TCPv6_EX] = XDP_RSS_TYPE_L4_IPV6_TCP_EX,
	[VIRTIO_NET_HASH_REPORT_UDPv6_EX] = XDP_RSS_TYPE_L4_IPV6_UDP_EX,
};

/* The packet is in a struct vfe_net_xdp_buff: the program cannot change @hdr. */
static int vfe_net_xdp_rx_hash(const struct xdp_md *ctx, u32 *hash,
			       enum xdp_rss_hash_type *type)
{
	const struct vfe_net_xdp_buff *b = (const void *)ctx;
	const struct net_device *dev = b->xdp.rxq->dev;
	const struct vfe_net *vn = netdev_priv(dev);
	u16 report;

	if (!vfe_net_has(vn, VIRTIO_NET_F_HASH_REPORT) ||
	    !(dev->features & NETIF_F_RXHASH))
		return -ENODATA;
	report = le16_to_cpu(b->hdr.hash_report);
	if (report >= ARRAY_SIZE(vfe_net_xdp_hash_types))
		report = VIRTIO_NET_HASH_REPORT_NONE;
	*type = vfe_net_xdp_hash_types[report];
	*hash = vfe_net_hash_value(&b->hdr);
	return 0;
}

static const struct xdp_metadata_ops vfe_net_xdp_hints = {
	.xmo_rx_hash = vfe_net_xdp_rx_hash,
};

void vfe_net_xdp_set_hints(struct net_device *dev)
{
	dev->xdp_metadata_ops = &vfe_net_xdp_hints;
}
#else
void vfe_net_xdp_set_hints(struct net_device *dev)
{
}
#endif

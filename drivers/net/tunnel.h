/* SPDX-License-Identifier: GPL-2.0 */
/* Packets in a UDP tunnel: see tunnel.c. */
#ifndef VFE_NET_TUNNEL_H
#define VFE_NET_TUNNEL_H

#include "net.h"

#define VFE_NET_SKB_TUNNEL \
	(SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)

/* Does a received header say anything about a tunnel? */
static inline bool vfe_net_in_tunnel(const union vfe_net_rx_hdr *hdr)
{
	return hdr->kind & cpu_to_le16(VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM |
				       VIRTIO_NET_HDR_GSO_UDP_TUNNEL << 8);
}

int vfe_net_tunnel_to_skb(struct sk_buff *skb, const struct vfe_net_hdr *hdr,
			  bool gso, bool csum);
void vfe_net_tunnel_from_skb(struct vfe_net_hdr *hdr,
			     const struct sk_buff *skb);
netdev_features_t vfe_net_tunnel_features(const struct sk_buff *skb,
					  netdev_features_t features);

#endif /* VFE_NET_TUNNEL_H */

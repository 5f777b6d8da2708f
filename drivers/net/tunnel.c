// SPDX-License-Identifier: GPL-2.0
/*
 * Packets in a UDP tunnel whose inner TCP or UDP the device segments (virtio
 * 1.4, 5.1.9): the tunnel's part of the virtio header, from an skb, and to an
 * skb after a check of every field. Nothing here accesses a queue or a device.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "tunnel.h"

#define VFE_NET_VLANS	2	/* most VLAN tags before a tunnel */

static u8 vfe_net_inner_type(const struct vfe_net_hdr *hdr)
{
	return hdr->gso_type & ~(VIRTIO_NET_HDR_GSO_ECN |
				 VIRTIO_NET_HDR_GSO_UDP_TUNNEL);
}

/*
 * 5.1.9.4.2: may the driver accept it, and are the headers in their order? By
 * the specification the bit of the tunnel names the inner IP version, and by
 * Linux the outer one: what the packet has counts.
 */
static bool vfe_net_tunnel_hdr_valid(const struct vfe_net_hdr *hdr)
{
	unsigned int th = le16_to_cpu(hdr->outer_th_offset);
	unsigned int nh = le16_to_cpu(hdr->inner_nh_offset);
	unsigned int l4 = le16_to_cpu(hdr->csum_start);
	u8 bits = hdr->gso_type & VIRTIO_NET_HDR_GSO_UDP_TUNNEL;
	u8 type = vfe_net_inner_type(hdr);

	return bits != VIRTIO_NET_HDR_GSO_UDP_TUNNEL &&
	       hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
	       !(hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) &&
	       (type == VIRTIO_NET_HDR_GSO_TCPV4 ||
		type == VIRTIO_NET_HDR_GSO_TCPV6 ||
		type == VIRTIO_NET_HDR_GSO_UDP_L4) &&
	       th >= ETH_HLEN + sizeof(struct iphdr) &&
	       nh >= th + sizeof(struct udphdr) &&
	       l4 >= nh + sizeof(struct iphdr);
}

/* Where the packet's own IP header is, behind its VLAN tags, up to @end */
static unsigned int vfe_net_outer_nh(const struct sk_buff *skb,
				     unsigned int end)
{
	unsigned int i, at = ETH_HLEN;
	__be16 proto = ((struct ethhdr *)skb->data)->h_proto;

	for (i = 0; i < VFE_NET_VLANS && eth_type_vlan(proto) &&
	     at + VLAN_HLEN <= end; i++, at += VLAN_HLEN)
		proto = ((struct vlan_hdr *)(skb->data + at))->
			h_vlan_encapsulated_proto;
	return at;
}

/*
 * Is there an IP header at @nh, with which @protocol begins at @l4? All of that
 * is in the linear part.
 */
static bool vfe_net_leads_to(const struct sk_buff *skb, unsigned int nh,
			     unsigned int l4, u8 protocol)
{
	const struct ipv6hdr *ip6 = (void *)(skb->data + nh);
	const struct iphdr *ip = (void *)(skb->data + nh);
	__be16 fragment;
	u8 next;

	if (nh + sizeof(*ip) > l4)
		return false;
	if (ip->version == 4)
		return ip->protocol == protocol && nh + ip->ihl * 4 == l4 &&
		       !ip_is_fragment(ip);
	if (ip->version != 6 || nh + sizeof(*ip6) > l4)
		return false;
	next = ip6->nexthdr;
	return ipv6_skip_exthdr(skb, nh + sizeof(*ip6), &next, &fragment) ==
	       (int)l4 && next == protocol && !fragment;
}

static bool vfe_net_tunnel_valid(const struct sk_buff *skb,
				 const struct vfe_net_hdr *hdr)
{
	unsigned int th = le16_to_cpu(hdr->outer_th_offset);
	unsigned int nh = le16_to_cpu(hdr->inner_nh_offset);
	unsigned int l4 = le16_to_cpu(hdr->csum_start);
	u8 type = vfe_net_inner_type(hdr);
	u8 version = ((struct iphdr *)(skb->data + nh))->version;

	if ((type == VIRTIO_NET_HDR_GSO_TCPV4 && version != 4) ||
	    (type == VIRTIO_NET_HDR_GSO_TCPV6 && version != 6))
		return false;
	return vfe_net_leads_to(skb, vfe_net_outer_nh(skb, th), th,
				IPPROTO_UDP) &&
	       vfe_net_leads_to(skb, nh, l4,
				type == VIRTIO_NET_HDR_GSO_UDP_L4 ?
				IPPROTO_UDP : IPPROTO_TCP);
}

/*
 * A packet of one segment needs no segmentation: completes the tunnel's
 * checksum, of which there is the sum of the pseudo header.
 */
static void vfe_net_complete_outer(struct sk_buff *skb)
{
	struct udphdr *uh = udp_hdr(skb);

	uh->check = csum_fold(lco_csum(skb)) ?: CSUM_MANGLED_0;
}

static void vfe_net_set_tunnel(struct sk_buff *skb,
			       const struct vfe_net_hdr *hdr)
{
	unsigned int th = le16_to_cpu(hdr->outer_th_offset);
	unsigned int nh = le16_to_cpu(hdr->inner_nh_offset);
	bool sum = hdr->flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	bool v6 = ((struct iphdr *)(skb->data + nh))->version == 6;

	skb_set_inner_protocol(skb, htons(v6 ? ETH_P_IPV6 : ETH_P_IP));
	/* an Ethernet header in the tunnel counts as a part of the tunnel's */
	skb_set_inner_mac_header(skb, nh);
	skb_set_inner_network_header(skb, nh);
	skb_set_inner_transport_header(skb, le16_to_cpu(hdr->csum_start));
	skb_set_transport_header(skb, th);
	skb->encapsulation = 1;
	if (skb_is_gso(skb))
		skb_shinfo(skb)->gso_type |= sum ? SKB_GSO_UDP_TUNNEL_CSUM :
						   SKB_GSO_UDP_TUNNEL;
	else if (sum)
		vfe_net_complete_outer(skb);
}

/* Not in a tunnel, as far as the header says, but with the flag of one */
static int vfe_net_flag_to_skb(struct sk_buff *skb,
			       const struct virtio_net_hdr *hdr)
{
	int err;

	/* 5.1.9.4.2 */
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return -EINVAL;
	err = vfe_net_hdr_to_skb(skb, hdr);
	/* 5.1.9.4: the device has verified both checksums */
	if (!err && skb->ip_summed == CHECKSUM_UNNECESSARY)
		skb->csum_level = 1;
	return err;
}

/**
 * vfe_net_tunnel_to_skb() - as vfe_net_hdr_to_skb(), if vfe_net_in_tunnel()
 * @skb: the packet; its data starts with the Ethernet header
 * @hdr: a copy of the device's header; @gso or @csum, or it is shorter
 * @gso: GUEST_UDP_TUNNEL_GSO was negotiated
 * @csum: GUEST_UDP_TUNNEL_GSO_CSUM was negotiated
 *
 * Context: any.
 * Return: 0, or -EINVAL for a header that makes no sense: drop the packet.
 */
int vfe_net_tunnel_to_skb(struct sk_buff *skb, const struct vfe_net_hdr *hdr,
			  bool gso, bool csum)
{
	bool flag = hdr->flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	struct virtio_net_hdr plain;
	int err;

	BUILD_BUG_ON(offsetof(struct vfe_net_hdr, num_buffers) !=
		     sizeof(plain));
	memcpy(&plain, hdr, sizeof(plain));
	if (!(hdr->gso_type & VIRTIO_NET_HDR_GSO_UDP_TUNNEL))
		/* without the feature it is a flag that nobody knows */
		return flag && csum ? vfe_net_flag_to_skb(skb, &plain) :
				      vfe_net_hdr_to_skb(skb, &plain);
	if (!gso || (flag && !csum) || !vfe_net_tunnel_hdr_valid(hdr))
		return -EINVAL;
	/* the rest is as without a tunnel; this makes the headers linear */
	plain.gso_type &= ~VIRTIO_NET_HDR_GSO_UDP_TUNNEL;
	err = vfe_net_hdr_to_skb(skb, &plain);
	if (err)
		return err;
	if (!vfe_net_tunnel_valid(skb, hdr))
		return -EINVAL;
	vfe_net_set_tunnel(skb, hdr);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_net_tunnel_to_skb);

/**
 * vfe_net_tunnel_from_skb() - write the tunnel's part of a header
 * @hdr: the header; what it has of a packet without a tunnel is written
 * @skb: the packet, with SKB_GSO_UDP_TUNNEL or SKB_GSO_UDP_TUNNEL_CSUM
 *
 * 5.1.9.2.1: csum_start is that of the inner header already.
 *
 * Context: any.
 */
void vfe_net_tunnel_from_skb(struct vfe_net_hdr *hdr,
			     const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	unsigned int headers = skb_inner_transport_offset(skb);

	headers += type & SKB_GSO_UDP_L4 ? sizeof(struct udphdr) :
					   inner_tcp_hdrlen(skb);
	hdr->hdr_len = cpu_to_le16(headers);
	hdr->gso_type |= inner_ip_hdr(skb)->version == 6 ?
			 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
			 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
	if (type & SKB_GSO_UDP_TUNNEL_CSUM)
		hdr->flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	hdr->outer_th_offset = cpu_to_le16(skb_transport_offset(skb));
	hdr->inner_nh_offset = cpu_to_le16(skb_inner_network_offset(skb));
}

/* Are all headers of a packet in a tunnel where they can be read? */
static bool vfe_net_tunnel_is_linear(const struct sk_buff *skb)
{
	int at = skb_inner_transport_offset(skb);
	unsigned int len = skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4 ?
			   sizeof(struct udphdr) : sizeof(struct tcphdr);

	return at > 0 && at + len <= skb_headlen(skb);
}

/**
 * vfe_net_tunnel_features() - features for a packet in a tunnel
 * @skb: the packet, with &sk_buff.encapsulation
 * @features: those that the netdev has for it
 *
 * The device segments no packet of IPv6 in a tunnel of IPv4, or vice versa: the
 * specification wants the bit of the inner version, Linux that of the outer
 * one, and a device that expects the other one drops the packet.
 *
 * Context: any.
 * Return: the features to use.
 */
netdev_features_t vfe_net_tunnel_features(const struct sk_buff *skb,
					  netdev_features_t features)
{
	if (!skb_is_gso(skb) ||
	    !(skb_shinfo(skb)->gso_type & VFE_NET_SKB_TUNNEL))
		return features;
	if (vfe_net_tunnel_is_linear(skb) &&
	    ip_hdr(skb)->version == inner_ip_hdr(skb)->version)
		return features;
	return features & ~NETIF_F_GSO_MASK;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_net_tunnel_features);

// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio header of a packet (virtio 1.4, 5.1.9): from an skb, and to an skb
 * after a check of every field. Nothing here accesses a queue or a device.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/virtio_net.h>

#include "tunnel.h"

/*
 * Do the fields fit a frame of @len bytes? 5.1.9.4.2: unknown flags are
 * ignored, hdr_len is a hint, and the checksum fields are only valid with
 * NEEDS_CSUM.
 */
static bool vfe_net_hdr_valid(const struct virtio_net_hdr *hdr,
			      unsigned int len)
{
	unsigned int start = le16_to_cpu((__force __le16)hdr->csum_start);
	unsigned int offset = le16_to_cpu((__force __le16)hdr->csum_offset);

	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE && !hdr->gso_size)
		return false;
	return !(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	       (start >= ETH_HLEN &&
		start + offset + sizeof(__sum16) <= len);
}

/**
 * vfe_net_hdr_to_skb() - set the offloads of a received packet
 * @skb: the packet; its data starts with the Ethernet header
 * @hdr: a copy of the device's header, so that the device cannot change it
 *
 * Context: any.
 * Return: 0, or -EINVAL for a header that makes no sense: drop the packet.
 */
int vfe_net_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (likely(!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
		   hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE))
		return 0;
	if (!vfe_net_hdr_valid(hdr, skb->len))
		return -EINVAL;
	return virtio_net_hdr_to_skb(skb, hdr, true);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_net_hdr_to_skb);

static u8 vfe_net_gso_type(unsigned int type)
{
	u8 ecn = type & SKB_GSO_TCP_ECN ? VIRTIO_NET_HDR_GSO_ECN : 0;

	if (type & SKB_GSO_TCPV4)
		return VIRTIO_NET_HDR_GSO_TCPV4 | ecn;
	if (type & SKB_GSO_TCPV6)
		return VIRTIO_NET_HDR_GSO_TCPV6 | ecn;
	return VIRTIO_NET_HDR_GSO_UDP_L4;
}

static void vfe_net_hdr_offloads(struct virtio_net_hdr *hdr,
				 const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u16 start, headers;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		start = skb_checksum_start_offset(skb);
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = (__force __virtio16)cpu_to_le16(start);
		hdr->csum_offset = (__force __virtio16)cpu_to_le16(skb->csum_offset);
	}
	if (!shinfo->gso_size)
		return;
	hdr->gso_size = (__force __virtio16)cpu_to_le16(shinfo->gso_size);
	hdr->gso_type = vfe_net_gso_type(shinfo->gso_type);
	/* the header is a long one: the netdev has this feature */
	if (unlikely(shinfo->gso_type & VFE_NET_SKB_TUNNEL)) {
		vfe_net_tunnel_from_skb((struct vfe_net_hdr *)hdr, skb);
		return;
	}
	headers = skb_transport_offset(skb) +
		  (shinfo->gso_type & SKB_GSO_UDP_L4 ? sizeof(struct udphdr) :
						       tcp_hdrlen(skb));
	hdr->hdr_len = (__force __virtio16)cpu_to_le16(headers);
}

/* Zeroes the hash, and what a packet without a tunnel has of one. */
static void vfe_net_hdr_zero_rest(u8 *hdr, unsigned int hdr_len)
{
	memset(hdr + VFE_NET_HDR_LEN, 0,
	       VFE_NET_HDR_LEN_HASH - VFE_NET_HDR_LEN);
	if (hdr_len > VFE_NET_HDR_LEN_HASH)
		memset(hdr + VFE_NET_HDR_LEN_HASH, 0,
		       VFE_NET_HDR_LEN_TUNNEL - VFE_NET_HDR_LEN_HASH);
}

/**
 * vfe_net_hdr_from_skb() - write the header of a packet to transmit
 * @hdr: the header, @hdr_len bytes
 * @hdr_len: 10, or 12, 20 or 24 with num_buffers
 * @skb: the packet; the netdev's features are those that were negotiated
 *
 * 5.1.9.2.1: num_buffers is 0, flags only have NEEDS_CSUM.
 *
 * Context: any.
 */
void vfe_net_hdr_from_skb(struct virtio_net_hdr_mrg_rxbuf *hdr,
			  unsigned int hdr_len, const struct sk_buff *skb)
{
	memset(&hdr->hdr, 0, sizeof(hdr->hdr));
	if (likely(hdr_len >= sizeof(*hdr)))
		hdr->num_buffers = 0;
	if (unlikely(hdr_len > VFE_NET_HDR_LEN))
		vfe_net_hdr_zero_rest((u8 *)hdr, hdr_len);
	if (skb->ip_summed == CHECKSUM_PARTIAL || skb_is_gso(skb))
		vfe_net_hdr_offloads(&hdr->hdr, skb);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_net_hdr_from_skb);

/* 5.1.9.4.4: what the device hashed, by VIRTIO_NET_HASH_REPORT_* */
static const u8 vfe_net_hash_kinds[] = {
	[VIRTIO_NET_HASH_REPORT_NONE] = PKT_HASH_TYPE_NONE,
	[VIRTIO_NET_HASH_REPORT_IPv4] = PKT_HASH_TYPE_L3,
	[VIRTIO_NET_HASH_REPORT_TCPv4] = PKT_HASH_TYPE_L4,
	[VIRTIO_NET_HASH_REPORT_UDPv4] = PKT_HASH_TYPE_L4,
	[VIRTIO_NET_HASH_REPORT_IPv6] = PKT_HASH_TYPE_L3,
	[VIRTIO_NET_HASH_REPORT_TCPv6] = PKT_HASH_TYPE_L4,
	[VIRTIO_NET_HASH_REPORT_UDPv6] = PKT_HASH_TYPE_L4,
	[VIRTIO_NET_HASH_REPORT_IPv6_EX] = PKT_HASH_TYPE_L3,
	[VIRTIO_NET_HASH_REPORT_TCPv6_EX] = PKT_HASH_TYPE_L4,
	[VIRTIO_NET_HASH_REPORT_UDPv6_EX] = PKT_HASH_TYPE_L4,
};

/**
 * vfe_net_hash_to_skb() - set the hash of a packet that the device computed
 * @skb: the packet
 * @hdr: its header, with HASH_REPORT; an unknown report means no hash
 *
 * Context: any.
 */
void vfe_net_hash_to_skb(struct sk_buff *skb, const struct vfe_net_hdr *hdr)
{
	unsigned int report = le16_to_cpu(hdr->hash_report);

	if (report < ARRAY_SIZE(vfe_net_hash_kinds) && report)
		skb_set_hash(skb, vfe_net_hash_value(hdr),
			     vfe_net_hash_kinds[report]);
}

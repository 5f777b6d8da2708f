/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in a UDP tunnel (VXLAN) that are segmented later, in all shapes, and
 * the virtio headers that go with them.
 */
#ifndef VFE_KUNIT_TUNNEL_PACKETS_H
#define VFE_KUNIT_TUNNEL_PACKETS_H

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "net_fixture.h"
#include "../../drivers/net/tunnel.h"

#define VXLAN	8	/* bytes of a VXLAN header */
#define PAYLOAD	1000
#define SEGMENT	400
#define SEGMENTS	DIV_ROUND_UP(PAYLOAD, SEGMENT)

#define NEEDS	VIRTIO_NET_HDR_F_NEEDS_CSUM
#define VALID	VIRTIO_NET_HDR_F_DATA_VALID
#define SUM	VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM
#define T4	VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4
#define T6	VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6
#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4

/**
 * struct shape - what a packet has
 * @name: of the shape
 * @vlans: VLAN tags
 * @outer6: the tunnel is on IPv6
 * @inner6: IPv6 is in it
 * @udp: UDP is in it, not TCP
 * @options: bytes of options that both IP headers have
 * @sum: the tunnel has a checksum
 */
struct shape {
	const char *name;
	unsigned int vlans;
	bool outer6;
	bool inner6;
	bool udp;
	unsigned int options;
	bool sum;
};

static const struct shape shapes[] = {
	{ "4 in 4" },
	{ "6 in 6", .outer6 = true, .inner6 = true },
	{ "6 in 4", .inner6 = true },
	{ "4 in 6", .outer6 = true },
	{ "UDP of 4 in 4", .udp = true },
	{ "UDP of 6 in 6", .udp = true, .outer6 = true, .inner6 = true },
	{ "UDP of 6 in 4", .udp = true, .inner6 = true },
	{ "4 in 4 with a checksum", .sum = true },
	{ "6 in 6 with a checksum", .outer6 = true, .inner6 = true,
	  .sum = true },
	{ "UDP of 4 in 6 with a checksum", .udp = true, .outer6 = true,
	  .sum = true },
	{ "a VLAN", .vlans = 1 },
	{ "two VLANs, a checksum", .vlans = 2, .sum = true },
	{ "options", .options = 8 },
	{ "extension headers", .options = 8, .outer6 = true, .inner6 = true },
};

/* Where the headers of a packet are */
struct places {
	unsigned int outer_nh;
	unsigned int outer_th;
	unsigned int inner_nh;
	unsigned int l4;
	unsigned int headers;
	unsigned int len;
};

static inline unsigned int ip_len(const struct shape *s, bool v6)
{
	return (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
	       s->options;
}

static inline struct places places_of(const struct shape *s,
				      unsigned int payload)
{
	struct places p;

	p.outer_nh = ETH_HLEN + s->vlans * VLAN_HLEN;
	p.outer_th = p.outer_nh + ip_len(s, s->outer6);
	p.inner_nh = p.outer_th + sizeof(struct udphdr) + VXLAN + ETH_HLEN;
	p.l4 = p.inner_nh + ip_len(s, s->inner6);
	p.headers = p.l4 + (s->udp ? sizeof(struct udphdr) :
				     sizeof(struct tcphdr));
	p.len = p.headers + payload;
	return p;
}

/* An IP header; @len: bytes of it and all behind it */
static inline void put_ip(const struct shape *s, u8 *at, bool v6, u8 protocol,
			  unsigned int len)
{
	struct ipv6hdr *ip6 = (void *)at;
	struct iphdr *ip = (void *)at;

	if (v6) {
		ip6->version = 6;
		ip6->payload_len = htons(len - sizeof(*ip6));
		ip6->nexthdr = s->options ? NEXTHDR_DEST : protocol;
		if (s->options)
			at[sizeof(*ip6)] = protocol;
		ip6->saddr.s6_addr[0] = 0xfd;
		ip6->saddr.s6_addr[15] = 1;
		ip6->daddr.s6_addr[0] = 0xfd;
		ip6->daddr.s6_addr[15] = 2;
		return;
	}
	ip->version = 4;
	ip->ihl = (sizeof(*ip) + s->options) / 4;
	ip->tot_len = htons(len);
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->saddr = htonl(0x0a000001);
	ip->daddr = htonl(0x0a000002);
	memset(ip + 1, 1, s->options);
	ip->check = ip_fast_csum(at, ip->ihl);
}

/* The sum of a pseudo header; @len: of the transport header and its data */
static inline __wsum pseudo(const u8 *at, bool v6, u8 protocol,
			    unsigned int len)
{
	const struct ipv6hdr *ip6 = (const void *)at;
	const struct iphdr *ip = (const void *)at;
	__sum16 sum;

	sum = v6 ? csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len, protocol, 0) :
		   csum_tcpudp_magic(ip->saddr, ip->daddr, len, protocol, 0);
	return ~csum_unfold(sum);
}

static inline void put_ethernet(u8 *at, unsigned int vlans, bool v6)
{
	__be16 *proto = (void *)(at + 2 * ETH_ALEN);
	unsigned int i;

	eth_broadcast_addr(at);
	at[ETH_ALEN] = 2;
	for (i = 0; i < vlans; i++, proto += 2)
		*proto = htons(ETH_P_8021Q);
	*proto = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
}

static inline void put_udp(u8 *at, unsigned int len, __wsum sum)
{
	struct udphdr *uh = (void *)at;

	uh->source = htons(40000);
	uh->dest = htons(4789);
	uh->len = htons(len);
	uh->check = ~csum_fold(sum);
}

static inline void put_l4(const struct shape *s, u8 *data,
			  const struct places *p)
{
	unsigned int len = p->len - p->l4;
	u8 protocol = s->udp ? IPPROTO_UDP : IPPROTO_TCP;
	__wsum sum = pseudo(data + p->inner_nh, s->inner6, protocol, len);
	struct tcphdr *tcp = (void *)(data + p->l4);

	if (s->udp) {
		put_udp(data + p->l4, len, sum);
		return;
	}
	tcp->doff = sizeof(*tcp) / 4;
	tcp->ack = 1;
	tcp->psh = 1;
	tcp->seq = htonl(1000);
	tcp->check = ~csum_fold(sum);
}

static inline void put_frame(const struct shape *s, u8 *data,
			     const struct places *p)
{
	unsigned int i;

	memset(data, 0, p->headers);
	put_ethernet(data, s->vlans, s->outer6);
	put_ip(s, data + p->outer_nh, s->outer6, IPPROTO_UDP,
	       p->len - p->outer_nh);
	put_udp(data + p->outer_th, p->len - p->outer_th,
		s->sum ? pseudo(data + p->outer_nh, s->outer6, IPPROTO_UDP,
				p->len - p->outer_th) : (__force __wsum)~0U);
	if (!s->sum)
		((struct udphdr *)(data + p->outer_th))->check = 0;
	put_ethernet(data + p->inner_nh - ETH_HLEN, 0, s->inner6);
	put_ip(s, data + p->inner_nh, s->inner6,
	       s->udp ? IPPROTO_UDP : IPPROTO_TCP, p->len - p->inner_nh);
	put_l4(s, data, p);
	for (i = p->headers; i < p->len; i++)
		data[i] = i;
}

static inline struct sk_buff *packet_of(struct kunit *test,
					const struct shape *s,
					unsigned int payload)
{
	struct places p = places_of(s, payload);
	struct sk_buff *skb = alloc_skb(p.len + 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 64);
	put_frame(s, skb_put(skb, p.len), &p);
	skb->dev = init_net.loopback_dev;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	return skb;
}

/* The header of such a packet, by the specification: the inner version */
static inline struct vfe_net_hdr header_of(const struct shape *s)
{
	struct places p = places_of(s, PAYLOAD);
	u8 tcp = s->inner6 ? TCP6 : TCP4;

	return (struct vfe_net_hdr) {
		.flags = NEEDS | (s->sum ? SUM : 0),
		.gso_type = (s->inner6 ? T6 : T4) | (s->udp ? USO : tcp),
		.hdr_len = cpu_to_le16(p.headers),
		.gso_size = cpu_to_le16(SEGMENT),
		.csum_start = cpu_to_le16(p.l4),
		.csum_offset = cpu_to_le16(s->udp ? 6 : 16),
		.outer_th_offset = cpu_to_le16(p.outer_th),
		.inner_nh_offset = cpu_to_le16(p.inner_nh),
	};
}

/* A packet as the stack hands it over for segmentation */
static inline struct sk_buff *packet_to_send(struct kunit *test,
					     const struct shape *s)
{
	struct sk_buff *skb = packet_of(test, s, PAYLOAD);
	struct places p = places_of(s, PAYLOAD);

	skb->protocol = ((struct ethhdr *)skb->data)->h_proto;
	skb_set_network_header(skb, p.outer_nh);
	skb_set_transport_header(skb, p.outer_th);
	skb_set_inner_mac_header(skb, p.inner_nh - ETH_HLEN);
	skb_set_inner_network_header(skb, p.inner_nh);
	skb_set_inner_transport_header(skb, p.l4);
	skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	skb->encapsulation = 1;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + p.l4;
	skb->csum_offset = s->udp ? 6 : 16;
	skb_shinfo(skb)->gso_size = SEGMENT;
	skb_shinfo(skb)->gso_type = s->udp ? SKB_GSO_UDP_L4 :
				    s->inner6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	skb_shinfo(skb)->gso_type |= s->sum ? SKB_GSO_UDP_TUNNEL_CSUM :
					      SKB_GSO_UDP_TUNNEL;
	return skb;
}

#endif /* VFE_KUNIT_TUNNEL_PACKETS_H */

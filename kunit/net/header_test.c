// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio header: every header that a device may write, right or wrong, and
 * the headers that the driver writes. No device is needed.
 */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "lib/net_fixture.h"

#define PAYLOAD	1000
#define TCP_AT	(ETH_HLEN + sizeof(struct iphdr))

/* An Ethernet frame with IPv4 and TCP or UDP */
static struct sk_buff *packet(struct kunit *test, u8 protocol)
{
	unsigned int l4 = protocol == IPPROTO_TCP ? sizeof(struct tcphdr) :
						    sizeof(struct udphdr);
	unsigned int len = TCP_AT + l4 + PAYLOAD;
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);
	struct tcphdr *tcp;
	struct iphdr *ip;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, 32);
	skb_reset_mac_header(skb);
	memset(skb_put(skb, len), 0, len);
	((struct ethhdr *)skb->data)->h_proto = htons(ETH_P_IP);
	skb->protocol = htons(ETH_P_IP);
	skb_set_network_header(skb, ETH_HLEN);
	ip = ip_hdr(skb);
	ip->version = 4;
	ip->ihl = 5;
	ip->protocol = protocol;
	ip->tot_len = htons(len - ETH_HLEN);
	skb_set_transport_header(skb, TCP_AT);
	if (protocol == IPPROTO_TCP) {
		tcp = tcp_hdr(skb);
		tcp->doff = sizeof(*tcp) / 4;
	} else {
		udp_hdr(skb)->len = htons(l4 + PAYLOAD);
	}
	return skb;
}

static __virtio16 v16(u16 value)
{
	return (__force __virtio16)cpu_to_le16(value);
}

/* --- headers that a device writes --- */

/**
 * struct in_row - a header, and what becomes of its packet
 * @name: of the row
 * @flags: of the header
 * @gso: its gso_type
 * @udp: the packet is UDP, not TCP
 * @gso_size: of the header
 * @start: csum_start
 * @offset: csum_offset
 * @hdr_len: of the header
 * @err: the driver drops the packet
 * @summed: &sk_buff.ip_summed
 * @type: bits that &skb_shared_info.gso_type has
 */
struct in_row {
	const char *name;
	u8 flags;
	u8 gso;
	bool udp;
	u16 gso_size;
	u16 start;
	u16 offset;
	u16 hdr_len;
	bool err;
	u8 summed;
	unsigned int type;
};

#define NEEDS	VIRTIO_NET_HDR_F_NEEDS_CSUM
#define TCPCSUM	.start = TCP_AT, .offset = offsetof(struct tcphdr, check)
#define UDPCSUM	.start = TCP_AT, .offset = offsetof(struct udphdr, check)

static const struct in_row in_rows[] = {
	{ "nothing", .summed = CHECKSUM_NONE },
	{ "verified", VIRTIO_NET_HDR_F_DATA_VALID,
	  .summed = CHECKSUM_UNNECESSARY },
	{ "a checksum to compute", NEEDS, TCPCSUM, .summed = CHECKSUM_PARTIAL },
	{ "a checksum at the last two bytes", NEEDS, .start = TCP_AT,
	  .offset = sizeof(struct tcphdr) + PAYLOAD - 2,
	  .summed = CHECKSUM_PARTIAL },
	{ "a checksum one byte beyond", NEEDS, .start = TCP_AT,
	  .offset = sizeof(struct tcphdr) + PAYLOAD - 1, .err = true },
	{ "csum_start beyond the packet", NEEDS, .start = 4000, .offset = 16,
	  .err = true },
	{ "csum_start 65535", NEEDS, .start = U16_MAX, .offset = 16,
	  .err = true },
	{ "csum_offset 65535", NEEDS, .start = TCP_AT, .offset = U16_MAX,
	  .err = true },
	{ "both 65535", NEEDS, .start = U16_MAX, .offset = U16_MAX,
	  .err = true },
	{ "csum_start in the Ethernet header", NEEDS, .start = 4, .offset = 2,
	  .err = true },
	{ "checksum fields without the flag", .start = U16_MAX,
	  .offset = U16_MAX, .summed = CHECKSUM_NONE },
	{ "unknown flags", 0xf8, .summed = CHECKSUM_NONE },
	{ "TSO", NEEDS, VIRTIO_NET_HDR_GSO_TCPV4, TCPCSUM, .gso_size = 500,
	  .hdr_len = TCP_AT + 20, .summed = CHECKSUM_PARTIAL,
	  .type = SKB_GSO_TCPV4 | SKB_GSO_DODGY },
	{ "TSO with ECN", NEEDS,
	  VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, TCPCSUM,
	  .gso_size = 500, .summed = CHECKSUM_PARTIAL,
	  .type = SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN },
	{ "TSO, hdr_len lies", NEEDS, VIRTIO_NET_HDR_GSO_TCPV4, TCPCSUM,
	  .gso_size = 500, .hdr_len = U16_MAX, .summed = CHECKSUM_PARTIAL,
	  .type = SKB_GSO_TCPV4 },
	{ "TSO without a size", NEEDS, VIRTIO_NET_HDR_GSO_TCPV4, TCPCSUM,
	  .err = true },
	{ "ECN alone", NEEDS, VIRTIO_NET_HDR_GSO_ECN, TCPCSUM, .gso_size = 500,
	  .err = true },
	{ "an unknown type", NEEDS, 0x7f, TCPCSUM, .gso_size = 500,
	  .err = true },
	{ "USO", NEEDS, VIRTIO_NET_HDR_GSO_UDP_L4, UDPCSUM, .udp = true,
	  .gso_size = 500, .summed = CHECKSUM_PARTIAL,
	  .type = SKB_GSO_UDP_L4 },
	{ "UFO", NEEDS, VIRTIO_NET_HDR_GSO_UDP, UDPCSUM, .udp = true,
	  .gso_size = 500, .summed = CHECKSUM_PARTIAL, .type = SKB_GSO_UDP },
	{ "TSO without a checksum", 0, VIRTIO_NET_HDR_GSO_TCPV4,
	  .gso_size = 500, .summed = CHECKSUM_NONE, .type = SKB_GSO_TCPV4 },
	{ "TSO in a tunnel, which was not negotiated", NEEDS,
	  VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4,
	  TCPCSUM, .gso_size = 500, .err = true },
	{ "USO in a tunnel of IPv6", NEEDS,
	  VIRTIO_NET_HDR_GSO_UDP_L4 | VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6,
	  UDPCSUM, .udp = true, .gso_size = 500, .err = true },
	{ "USO for TCP", NEEDS, VIRTIO_NET_HDR_GSO_UDP_L4, TCPCSUM,
	  .gso_size = 500, .err = true },
	{ "TSO for UDP", NEEDS, VIRTIO_NET_HDR_GSO_TCPV4, UDPCSUM, .udp = true,
	  .gso_size = 500, .err = true },
};

/* What a header of the table becomes */
static void check_in(struct kunit *test, const struct in_row *row)
{
	struct virtio_net_hdr hdr = {
		.flags = row->flags,
		.gso_type = row->gso,
		.hdr_len = v16(row->hdr_len),
		.gso_size = v16(row->gso_size),
		.csum_start = v16(row->start),
		.csum_offset = v16(row->offset),
	};
	struct sk_buff *skb = packet(test, row->udp ? IPPROTO_UDP :
						      IPPROTO_TCP);
	int err = vfe_net_hdr_to_skb(skb, &hdr);

	KUNIT_EXPECT_EQ_MSG(test, !!err, row->err, "%s", row->name);
	if (!err) {
		KUNIT_EXPECT_EQ_MSG(test, (u8)skb->ip_summed, row->summed, "%s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, skb_shinfo(skb)->gso_type & row->type,
				    row->type, "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, skb_is_gso(skb), !!row->type, "%s",
				    row->name);
	}
	if (!err && row->summed == CHECKSUM_PARTIAL)
		KUNIT_EXPECT_LE_MSG(test, skb_checksum_start_offset(skb) +
				    skb->csum_offset + 2, (int)skb->len, "%s",
				    row->name);
	kfree_skb(skb);
}

static void headers_of_a_device(struct kunit *test)
{
	unsigned int i;

	VFE_DUTY(test, "N04", "5.1.9.4.2",
		 "flags that the driver does not know are ignored");
	for (i = 0; i < ARRAY_SIZE(in_rows); i++)
		check_in(test, &in_rows[i]);
}

/*
 * Every byte of a header takes every value: no access beyond the packet (KASAN
 * watches), and no offload that reaches beyond it.
 */
static void any_header_is_bounded(struct kunit *test)
{
	unsigned int at, value;

	for (at = 0; at < sizeof(struct virtio_net_hdr); at++) {
		for (value = 0; value < 256; value++) {
			struct virtio_net_hdr hdr = {
				.flags = NEEDS,
				.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
				.hdr_len = v16(TCP_AT + 20),
				.gso_size = v16(500),
				.csum_start = v16(TCP_AT),
				.csum_offset = v16(16),
			};
			struct sk_buff *skb = packet(test, IPPROTO_TCP);

			((u8 *)&hdr)[at] = value;
			if (!vfe_net_hdr_to_skb(skb, &hdr) &&
			    skb->ip_summed == CHECKSUM_PARTIAL)
				KUNIT_EXPECT_LE(test,
						skb_checksum_start_offset(skb) +
						skb->csum_offset + 2,
						(int)skb->len);
			kfree_skb(skb);
		}
	}
}

/* --- headers that the driver writes --- */

static u16 u16_of(__virtio16 value)
{
	return le16_to_cpu((__force __le16)value);
}

static void write_header(const struct sk_buff *skb, void *hdr, unsigned int len)
{
	memset(hdr, 0xff, VFE_NET_HDR_LEN_TUNNEL);
	vfe_net_hdr_from_skb(hdr, len, skb);
}

static void plain_packets_have_a_header_of_zeroes(struct kunit *test)
{
	static const unsigned int lens[] = { 10, 12, 20 };
	struct sk_buff *skb = packet(test, IPPROTO_TCP);
	u8 hdr[VFE_NET_HDR_LEN_TUNNEL];
	unsigned int i;

	VFE_DUTY(test, "N02", "5.1.9.2.1",
		 "num_buffers is 0, flags have nothing but NEEDS_CSUM");
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		write_header(skb, hdr, lens[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(hdr, 0, lens[i]));
		/* and not a byte more */
		KUNIT_EXPECT_NULL(test, memchr_inv(hdr + lens[i], 0xff,
						   sizeof(hdr) - lens[i]));
	}
	kfree_skb(skb);
}

static void a_checksum_is_left_to_the_device(struct kunit *test)
{
	struct sk_buff *skb = packet(test, IPPROTO_TCP);
	u8 buf[VFE_NET_HDR_LEN_TUNNEL];
	struct virtio_net_hdr *hdr = (void *)buf;

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + TCP_AT;
	skb->csum_offset = offsetof(struct tcphdr, check);
	write_header(skb, buf, 12);
	KUNIT_EXPECT_EQ(test, hdr->flags, NEEDS);
	KUNIT_EXPECT_EQ(test, u16_of(hdr->csum_start), (u16)TCP_AT);
	KUNIT_EXPECT_EQ(test, u16_of(hdr->csum_offset), 16);
	KUNIT_EXPECT_EQ(test, hdr->gso_type, VIRTIO_NET_HDR_GSO_NONE);
	kfree_skb(skb);
}

/* A type of GSO, and what the header must say */
struct out_row {
	unsigned int type;
	u8 gso;
	u8 protocol;
	u16 headers;
};

static const struct out_row out_rows[] = {
	{ SKB_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV4, IPPROTO_TCP, TCP_AT + 20 },
	{ SKB_GSO_TCPV6, VIRTIO_NET_HDR_GSO_TCPV6, IPPROTO_TCP, TCP_AT + 20 },
	{ SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN,
	  VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, IPPROTO_TCP,
	  TCP_AT + 20 },
	{ SKB_GSO_UDP_L4, VIRTIO_NET_HDR_GSO_UDP_L4, IPPROTO_UDP, TCP_AT + 8 },
};

static void segmentation_is_left_to_the_device(struct kunit *test)
{
	u8 buf[VFE_NET_HDR_LEN_TUNNEL];
	struct virtio_net_hdr *hdr = (void *)buf;
	const struct out_row *row;
	struct sk_buff *skb;

	for (row = out_rows; row < out_rows + ARRAY_SIZE(out_rows); row++) {
		skb = packet(test, row->protocol);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + TCP_AT;
		skb->csum_offset = row->protocol == IPPROTO_TCP ? 16 : 6;
		skb_shinfo(skb)->gso_type = row->type;
		skb_shinfo(skb)->gso_size = 400;
		write_header(skb, buf, 12);
		KUNIT_EXPECT_EQ(test, hdr->gso_type, row->gso);
		KUNIT_EXPECT_EQ(test, u16_of(hdr->gso_size), 400);
		KUNIT_EXPECT_EQ(test, u16_of(hdr->hdr_len), row->headers);
		KUNIT_EXPECT_EQ(test, hdr->flags, NEEDS);
		kfree_skb(skb);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(headers_of_a_device),
	KUNIT_CASE(any_header_is_bounded),
	KUNIT_CASE(plain_packets_have_a_header_of_zeroes),
	KUNIT_CASE(a_checksum_is_left_to_the_device),
	KUNIT_CASE(segmentation_is_left_to_the_device),
	{}
};

VFE_SUITE(cases);

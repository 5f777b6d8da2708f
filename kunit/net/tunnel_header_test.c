// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio header of packets in a UDP tunnel: every header that a device may
 * write, right or wrong, and the headers that the driver writes. Packets that
 * the driver takes are segmented in software, with KASAN on watch, and the
 * segments are checked. No device is needed.
 */
#include <net/gso.h>

#include "lib/tunnel_packets.h"

/* --- segments --- */

/* Segments in software, as on the way to a device without any offloads */
static struct sk_buff *segment(struct sk_buff *skb)
{
	skb->protocol = ((struct ethhdr *)skb->data)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb->mac_len = ETH_HLEN;
	return skb_gso_segment(skb, 0);
}

/* Is this checksum right? 0 stands for none. */
static bool sum_is_right(const struct sk_buff *skb, unsigned int nh, bool v6,
			 unsigned int l4, u8 protocol)
{
	__wsum sum = pseudo(skb->data + nh, v6, protocol, skb->len - l4);

	return !csum_fold(skb_checksum(skb, l4, skb->len - l4, sum));
}

static u16 ip_says(const u8 *at, bool v6)
{
	return v6 ? ntohs(((struct ipv6hdr *)at)->payload_len) +
		    sizeof(struct ipv6hdr) :
		    ntohs(((struct iphdr *)at)->tot_len);
}

static void check_segment(struct kunit *test, const struct shape *s,
			  const struct sk_buff *skb, unsigned int payload)
{
	struct places p = places_of(s, payload);
	const struct udphdr *uh = (void *)(skb->data + p.outer_th);

	KUNIT_ASSERT_EQ_MSG(test, skb->len, p.len, "%s", s->name);
	KUNIT_EXPECT_EQ_MSG(test, ip_says(skb->data + p.outer_nh, s->outer6),
			    p.len - p.outer_nh, "%s", s->name);
	KUNIT_EXPECT_EQ_MSG(test, ntohs(uh->len), p.len - p.outer_th, "%s",
			    s->name);
	KUNIT_EXPECT_EQ_MSG(test, !!uh->check, s->sum, "%s", s->name);
	if (s->sum)
		KUNIT_EXPECT_TRUE_MSG(test, sum_is_right(skb, p.outer_nh,
							 s->outer6, p.outer_th,
							 IPPROTO_UDP),
				      "%s", s->name);
	KUNIT_EXPECT_EQ_MSG(test, ip_says(skb->data + p.inner_nh, s->inner6),
			    p.len - p.inner_nh, "%s", s->name);
	KUNIT_EXPECT_TRUE_MSG(test, sum_is_right(skb, p.inner_nh, s->inner6,
						 p.l4, s->udp ? IPPROTO_UDP :
								IPPROTO_TCP),
			      "%s", s->name);
}

/* Segments a packet of this shape, checks and frees all. */
static void check_segments(struct kunit *test, const struct shape *s,
			   struct sk_buff *skb)
{
	struct sk_buff *seg, *next, *segs = segment(skb);
	unsigned int n = 0, left = PAYLOAD;

	kfree_skb(skb);
	/* a kernel without IPv6 cannot segment its UDP */
	if (!IS_ENABLED(CONFIG_IPV6) && segs == ERR_PTR(-EPROTONOSUPPORT) &&
	    (s->outer6 || (s->inner6 && s->udp)))
		return;
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_OR_NULL(segs), "%s: %ld", s->name,
			       PTR_ERR(segs));
	skb_list_walk_safe(segs, seg, next) {
		/* the loopback device leaves one checksum for later */
		if (seg->ip_summed == CHECKSUM_PARTIAL)
			KUNIT_EXPECT_EQ(test, skb_checksum_help(seg), 0);
		check_segment(test, s, seg, min_t(u32, left, SEGMENT));
		left -= min_t(u32, left, SEGMENT);
		n++;
		kfree_skb(seg);
	}
	KUNIT_EXPECT_EQ_MSG(test, n, SEGMENTS, "%s", s->name);
}

/* Segments the packet that any header made: KASAN watches. */
static void segment_anything(struct sk_buff *skb)
{
	struct sk_buff *segs = skb_is_gso(skb) ? segment(skb) : NULL;

	kfree_skb(skb);
	if (!IS_ERR_OR_NULL(segs))
		kfree_skb_list(segs);
}

/* --- headers that a device writes --- */

static void expect_taken(struct kunit *test, const struct shape *s, u8 bits)
{
	struct sk_buff *skb = packet_of(test, s, PAYLOAD);
	struct places p = places_of(s, PAYLOAD);
	struct vfe_net_hdr hdr = header_of(s);

	hdr.gso_type = (hdr.gso_type & ~(T4 | T6)) | bits;
	KUNIT_ASSERT_EQ_MSG(test, 0, vfe_net_tunnel_to_skb(skb, &hdr, true,
							   true),
			    "%s", s->name);
	KUNIT_EXPECT_TRUE(test, skb->encapsulation);
	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, CHECKSUM_PARTIAL);
	KUNIT_EXPECT_EQ(test, skb_checksum_start_offset(skb), (int)p.l4);
	KUNIT_EXPECT_EQ(test, skb_transport_offset(skb), (int)p.outer_th);
	KUNIT_EXPECT_EQ(test, skb_inner_network_offset(skb), (int)p.inner_nh);
	KUNIT_EXPECT_EQ(test, skb_inner_transport_offset(skb), (int)p.l4);
	KUNIT_EXPECT_EQ(test, skb->inner_protocol,
			htons(s->inner6 ? ETH_P_IPV6 : ETH_P_IP));
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_type & VFE_NET_SKB_TUNNEL,
			s->sum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL);
	KUNIT_EXPECT_TRUE(test, skb_shinfo(skb)->gso_type & SKB_GSO_DODGY);
	check_segments(test, s, skb);
}

/* The bit of the tunnel names the inner version, or the outer: see tunnel.c */
static void packets_in_tunnels(struct kunit *test)
{
	const struct shape *s;

	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++) {
		expect_taken(test, s, s->inner6 ? T6 : T4);
		expect_taken(test, s, s->outer6 ? T6 : T4);
	}
}

/**
 * struct in_row - a header that is wrong
 * @name: of the row
 * @flags: of the header, 0 for NEEDS_CSUM
 * @gso: its gso_type, 0 for TCP over IPv4 in a tunnel
 * @size: gso_size, 0 for SEGMENT
 * @th: added to outer_th_offset
 * @nh: added to inner_nh_offset
 * @start: added to csum_start
 * @offset: csum_offset, 0 for that of TCP
 * @no_gso: GUEST_UDP_TUNNEL_GSO was not negotiated
 * @no_sum: GUEST_UDP_TUNNEL_GSO_CSUM was not negotiated
 * @taken: it is not wrong
 */
struct in_row {
	const char *name;
	u8 flags;
	u8 gso;
	u16 size;
	u16 th;
	u16 nh;
	u16 start;
	u16 offset;
	bool no_gso;
	bool no_sum;
	bool taken;
};

static const struct in_row in_rows[] = {
	{ "nothing wrong", .taken = true },
	{ "nothing wrong, no checksums", .no_sum = true, .taken = true },
	{ "with ECN", .gso = TCP4 | T4 | VIRTIO_NET_HDR_GSO_ECN,
	  .taken = true },
	{ "not negotiated", .no_gso = true, .no_sum = true },
	{ "both kinds", .gso = TCP4 | T4 | T6 },
	{ "nothing to segment", .gso = T4 },
	{ "ECN alone", .gso = T4 | VIRTIO_NET_HDR_GSO_ECN },
	{ "UFO", .gso = VIRTIO_NET_HDR_GSO_UDP | T4 },
	{ "an unknown type", .gso = 2 | T4 },
	{ "another unknown type", .gso = 0x1f | T4 },
	{ "the other IP version", .gso = TCP6 | T6 },
	{ "the other protocol", .gso = USO | T4, .offset = 6 },
	{ "no NEEDS_CSUM", .flags = 0x80 },
	{ "DATA_VALID alone", .flags = VALID },
	{ "DATA_VALID, too", .flags = NEEDS | VALID },
	{ "a checksum, not negotiated", .flags = NEEDS | SUM, .no_sum = true },
	{ "gso_size 65535", .size = U16_MAX },
	{ "outer header in Ethernet's", .th = -34 },
	{ "outer header at 0", .th = -34 - 8 },
	{ "outer header in its IP header", .th = -4 },
	{ "outer header behind its place", .th = 4 },
	{ "outer header at the inner one", .th = 8 + VXLAN + ETH_HLEN },
	{ "outer header beyond the packet", .th = 4000 },
	{ "inner header before the outer one", .nh = -40 },
	{ "inner header in the outer UDP header",
	  .nh = -(VXLAN + ETH_HLEN) - 2 },
	{ "inner header in the tunnel's", .nh = -4 },
	{ "inner header behind its place", .nh = 4 },
	{ "inner header at the transport header", .nh = 20 },
	{ "inner header beyond the packet", .nh = 4000 },
	{ "csum_start in the inner IP header", .start = -4 },
	{ "csum_start before it", .start = -30 },
	{ "csum_start behind its place", .start = 4 },
	{ "csum_start beyond the packet", .start = 4000 },
	{ "csum_offset of UDP", .offset = 6 },
	{ "csum_offset beyond the packet", .offset = U16_MAX },
};

static void check_in(struct kunit *test, const struct in_row *row)
{
	struct sk_buff *skb = packet_of(test, &shapes[0], PAYLOAD);
	struct vfe_net_hdr hdr = header_of(&shapes[0]);
	int err;

	hdr.flags = row->flags ?: hdr.flags;
	hdr.gso_type = row->gso ?: hdr.gso_type;
	hdr.csum_offset = row->offset ? cpu_to_le16(row->offset) :
					hdr.csum_offset;
	hdr.gso_size = row->size ? cpu_to_le16(row->size) : hdr.gso_size;
	le16_add_cpu(&hdr.outer_th_offset, row->th);
	le16_add_cpu(&hdr.inner_nh_offset, row->nh);
	le16_add_cpu(&hdr.csum_start, row->start);
	err = vfe_net_tunnel_to_skb(skb, &hdr, !row->no_gso, !row->no_sum);
	KUNIT_EXPECT_EQ_MSG(test, err, row->taken ? 0 : -EINVAL, "%s",
			    row->name);
	if (!err)
		KUNIT_EXPECT_TRUE_MSG(test, skb_is_gso(skb), "%s", row->name);
	kfree_skb(skb);
}

static void headers_that_are_wrong(struct kunit *test)
{
	unsigned int i;

	VFE_DUTY(test, "N06", "5.1.9.4.2",
		 "no packet with both bits, without NEEDS_CSUM, with DATA_VALID, or with nothing to segment");
	for (i = 0; i < ARRAY_SIZE(in_rows); i++)
		check_in(test, &in_rows[i]);
}

/* The flag alone: 5.1.9.4.2 with NEEDS_CSUM, 5.1.9.4 with DATA_VALID */
static void flag_without_a_tunnel(struct kunit *test)
{
	static const struct {
		u8 flags;
		bool known;
		int err;
		u8 summed;
		u8 level;
	} rows[] = {
		{ SUM, true, 0, CHECKSUM_NONE, 0 },
		{ SUM | VALID, true, 0, CHECKSUM_UNNECESSARY, 1 },
		{ SUM | VALID, false, 0, CHECKSUM_UNNECESSARY, 0 },
		{ SUM | NEEDS, true, -EINVAL, CHECKSUM_NONE, 0 },
		{ SUM | NEEDS, false, 0, CHECKSUM_PARTIAL, 0 },
		{ SUM | NEEDS | VALID, true, -EINVAL, CHECKSUM_NONE, 0 },
	};
	struct vfe_net_hdr hdr;
	struct sk_buff *skb;
	unsigned int i;
	int err;

	VFE_DUTY(test, "N06", "5.1.9.4.2",
		 "no packet with UDP_TUNNEL_CSUM and NEEDS_CSUM that is in no tunnel");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		skb = packet_of(test, &shapes[0], PAYLOAD);
		hdr = header_of(&shapes[0]);
		hdr.flags = rows[i].flags;
		hdr.gso_type = 0;
		err = vfe_net_tunnel_to_skb(skb, &hdr, rows[i].known,
					    rows[i].known);
		KUNIT_EXPECT_EQ_MSG(test, err, rows[i].err, "row %u", i);
		if (!err) {
			KUNIT_EXPECT_EQ_MSG(test, (u8)skb->ip_summed,
					    rows[i].summed, "row %u", i);
			KUNIT_EXPECT_EQ_MSG(test, (u8)skb->csum_level,
					    rows[i].level, "row %u", i);
		}
		KUNIT_EXPECT_FALSE(test, skb->encapsulation);
		kfree_skb(skb);
	}
}

/* A packet of one segment is none of GSO: its checksums are complete. */
static void one_segment(struct kunit *test)
{
	const struct shape *s;

	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++) {
		struct sk_buff *skb = packet_of(test, s, SEGMENT);
		struct vfe_net_hdr hdr = header_of(s);

		KUNIT_ASSERT_EQ(test, 0, vfe_net_tunnel_to_skb(skb, &hdr, true,
							       true));
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
		KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_type, 0U);
		KUNIT_EXPECT_EQ(test, skb_checksum_help(skb), 0);
		check_segment(test, s, skb, SEGMENT);
		kfree_skb(skb);
	}
}

/* Headers in fragments, as packets have them that were received */
static void headers_in_fragments(struct kunit *test)
{
	struct sk_buff *whole = packet_of(test, &shapes[0], PAYLOAD);
	struct vfe_net_hdr hdr = header_of(&shapes[0]);
	struct page *page = alloc_page(GFP_KERNEL);
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	memcpy(page_address(page), whole->data, whole->len);
	skb->dev = whole->dev;
	skb_put_data(skb, whole->data, ETH_HLEN);
	skb_reset_mac_header(skb);
	skb_add_rx_frag(skb, 0, page, ETH_HLEN, whole->len - ETH_HLEN,
			PAGE_SIZE);
	kfree_skb(whole);
	KUNIT_ASSERT_EQ(test, 0, vfe_net_tunnel_to_skb(skb, &hdr, true, true));
	check_segments(test, &shapes[0], skb);
}

/* Every byte of a header takes every value, in packets of all shapes. */
static void any_header_is_bounded(struct kunit *test)
{
	unsigned int at, value, i;
	struct vfe_net_hdr hdr;
	struct sk_buff *skb;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (at = 0; at < sizeof(hdr); at++) {
			for (value = 0; value < 256; value += i ? 31 : 1) {
				skb = packet_of(test, &shapes[i], PAYLOAD);
				hdr = header_of(&shapes[i]);
				((u8 *)&hdr)[at] = value;
				if (vfe_net_tunnel_to_skb(skb, &hdr, true,
							  true))
					kfree_skb(skb);
				else
					segment_anything(skb);
			}
		}
	}
}

/* Every byte of the packet's headers takes many values. */
static void any_packet_is_bounded(struct kunit *test)
{
	static const u8 values[] = {
		0, 1, 4, 5, 6, 8, 17, 44, 60, 0x40, 0x44, 0x46, 0x4f, 0x60,
		0x80, 0xff,
	};
	unsigned int at, k, i;
	struct vfe_net_hdr hdr;
	struct sk_buff *skb;
	struct places p;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		hdr = header_of(&shapes[i]);
		p = places_of(&shapes[i], PAYLOAD);
		for (at = 0; at < p.headers; at++) {
			for (k = i % 3; k < ARRAY_SIZE(values); k += 3) {
				skb = packet_of(test, &shapes[i], PAYLOAD);
				skb->data[at] = values[k];
				if (vfe_net_tunnel_to_skb(skb, &hdr, true,
							  true))
					kfree_skb(skb);
				else
					segment_anything(skb);
			}
		}
	}
}

/* Packets that end anywhere */
static void any_length_is_bounded(struct kunit *test)
{
	struct vfe_net_hdr hdr;
	struct sk_buff *skb;
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		hdr = header_of(&shapes[i]);
		for (len = ETH_HLEN; len < 2 * SEGMENT; len += len > 200 ? 50 : 1) {
			skb = packet_of(test, &shapes[i], PAYLOAD);
			skb_trim(skb, len);
			if (vfe_net_tunnel_to_skb(skb, &hdr, true, true))
				kfree_skb(skb);
			else
				segment_anything(skb);
		}
	}
}

/* --- headers that the driver writes --- */

static void headers_of_the_driver(struct kunit *test)
{
	struct vfe_net_hdr wants, hdr;
	const struct shape *s;
	struct sk_buff *skb;

	VFE_DUTY(test, "N07", "5.1.9.2.1",
		 "the bit of the inner IP version, both offsets, the inner checksum's place, a length up to the inner transport header; UDP_TUNNEL_CSUM for a tunnel with a checksum");
	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++) {
		skb = packet_to_send(test, s);
		memset(&hdr, 0xff, sizeof(hdr));
		vfe_net_hdr_from_skb((void *)&hdr, sizeof(hdr), skb);
		wants = header_of(s);
		KUNIT_EXPECT_MEMEQ_MSG(test, &hdr, &wants, sizeof(hdr), "%s",
				       s->name);
		kfree_skb(skb);
	}
}

/* A packet without a tunnel, although the header has room for one */
static void no_tunnel_is_a_header_of_zeroes(struct kunit *test)
{
	struct sk_buff *skb = packet_of(test, &shapes[0], PAYLOAD);
	struct vfe_net_hdr hdr;

	memset(&hdr, 0xff, sizeof(hdr));
	vfe_net_hdr_from_skb((void *)&hdr, sizeof(hdr), skb);
	KUNIT_EXPECT_NULL(test, memchr_inv(&hdr, 0, sizeof(hdr)));
	kfree_skb(skb);
}

/* Which packets the device segments, and which the stack */
static void versions_that_differ_are_not_left_to_the_device(struct kunit *test)
{
	netdev_features_t all = NETIF_F_GSO_MASK | NETIF_F_HW_CSUM, f;
	const struct shape *s;
	struct sk_buff *skb;

	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++) {
		skb = packet_to_send(test, s);
		f = vfe_net_tunnel_features(skb, all);
		KUNIT_EXPECT_EQ_MSG(test, f, s->outer6 == s->inner6 ? all :
				    NETIF_F_HW_CSUM, "%s", s->name);
		/* of other tunnels, and without GSO, nothing is withheld */
		skb_shinfo(skb)->gso_type &= ~VFE_NET_SKB_TUNNEL;
		KUNIT_EXPECT_EQ(test, vfe_net_tunnel_features(skb, all), all);
		skb_shinfo(skb)->gso_size = 0;
		KUNIT_EXPECT_EQ(test, vfe_net_tunnel_features(skb, all), all);
		kfree_skb(skb);
	}
	/* inner headers that nobody can read */
	skb = packet_to_send(test, &shapes[0]);
	skb->inner_transport_header = skb_headroom(skb) + skb->len - 4;
	KUNIT_EXPECT_EQ(test, vfe_net_tunnel_features(skb, all),
			NETIF_F_HW_CSUM);
	kfree_skb(skb);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(packets_in_tunnels),
	KUNIT_CASE(headers_that_are_wrong),
	KUNIT_CASE(flag_without_a_tunnel),
	KUNIT_CASE(one_segment),
	KUNIT_CASE(headers_in_fragments),
	KUNIT_CASE(any_header_is_bounded),
	KUNIT_CASE(any_packet_is_bounded),
	KUNIT_CASE(any_length_is_bounded),
	KUNIT_CASE(headers_of_the_driver),
	KUNIT_CASE(no_tunnel_is_a_header_of_zeroes),
	KUNIT_CASE(versions_that_differ_are_not_left_to_the_device),
	{}
};

VFE_SUITE(cases);

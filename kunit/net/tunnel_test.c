// SPDX-License-Identifier: GPL-2.0
/*
 * An interface whose device segments packets in a UDP tunnel: what is
 * negotiated, packets in both directions, and what users switch.
 */
#include "lib/net_packet.h"
#include "lib/tunnel_packets.h"

#define HIGH(name)	BIT_ULL(VIRTIO_NET_F_##name - 64)
#define GUEST_TUNNEL	HIGH(GUEST_UDP_TUNNEL_GSO)
#define GUEST_SUM	HIGH(GUEST_UDP_TUNNEL_GSO_CSUM)
#define HOST_TUNNEL	HIGH(HOST_UDP_TUNNEL_GSO)
#define HOST_SUM	HIGH(HOST_UDP_TUNNEL_GSO_CSUM)
#define ALL_TUNNELS	(GUEST_TUNNEL | GUEST_SUM | HOST_TUNNEL | HOST_SUM)

#define SEGMENTING \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_HOST_USO) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | BIT_ULL(VIRTIO_NET_F_GUEST_USO6))
#define CONTROL \
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
#define REPORT	BIT_ULL(VIRTIO_NET_F_HASH_REPORT)
#define RSS	BIT_ULL(VIRTIO_NET_F_RSS)
#define TUNNEL_GSO	(NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM)

static struct tnet *tunnel_up(struct kunit *test, u64 features, u64 high)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(1),
		.mtu = cpu_to_le16(1500),
		.rss_max_key_size = 40,
		.rss_max_indirection_table_length = cpu_to_le16(128),
		.supported_hash_types = cpu_to_le32(0x1ff),
	};
	struct vfe_mock_spec spec = {
		.features = features, .features_high = high,
	};
	struct tnet *t = tnet_up(test, &spec, &config);

	KUNIT_EXPECT_EQ(test, t->m->accepted_high, high & ALL_TUNNELS);
	return t;
}

/* What is negotiated, and what the netdev offers because of that */
static void features_and_headers(struct kunit *test)
{
	static const struct {
		u64 features;
		u64 high;
		u8 hdr_len;
		netdev_features_t netdev;
	} rows[] = {
		{ SEGMENTING, 0, 12, 0 },
		{ SEGMENTING, ~ALL_TUNNELS, 12, 0 },
		{ SEGMENTING, HOST_TUNNEL, 24, NETIF_F_GSO_UDP_TUNNEL },
		{ SEGMENTING, HOST_TUNNEL | HOST_SUM, 24, TUNNEL_GSO },
		{ SEGMENTING, GUEST_TUNNEL, 24, 0 },
		{ SEGMENTING, ALL_TUNNELS, 24, TUNNEL_GSO },
		{ SEGMENTING | CONTROL | REPORT, 0, 20, 0 },
		{ SEGMENTING | CONTROL | REPORT, ALL_TUNNELS, 24, TUNNEL_GSO },
		{ SEGMENTING & ~BIT_ULL(VIRTIO_NET_F_MRG_RXBUF), ALL_TUNNELS,
		  24, TUNNEL_GSO },
	};
	unsigned int i;

	VFE_DUTY(test, "N03", "5.1.9.3.1",
		 "the header has the fields of the features, and those before");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tnet *t = tunnel_up(test, rows[i].features,
					   rows[i].high);

		KUNIT_EXPECT_EQ_MSG(test, t->vn->hdr_len, rows[i].hdr_len,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, t->dev->features & TUNNEL_GSO,
				    rows[i].netdev, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, t->dev->hw_features & TUNNEL_GSO,
				    rows[i].netdev, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test,
				    t->dev->hw_enc_features & TUNNEL_GSO,
				    rows[i].netdev, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test,
				    t->dev->hw_enc_features & NETIF_F_TSO,
				    rows[i].netdev ? NETIF_F_TSO : 0, "row %u",
				    i);
		tnet_expect_works(t);
		vfe_mock_needs_reset(t->m);
		tnet_wait_live(t);
		tnet_take_all(t);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* Sends a packet, and compares the header that the device gets. */
static void expect_sent(struct tnet *t, const struct shape *s)
{
	struct kunit *test = t->test;
	struct sk_buff *skb = packet_to_send(test, s);
	struct vfe_net_hdr wants = header_of(s);
	netdev_features_t f;

	skb->dev = t->dev;
	f = netif_skb_features(skb);
	KUNIT_EXPECT_TRUE_MSG(test, skb_gso_ok(skb, f), "%s", s->name);
	tnet_xmit(t, skb);
	KUNIT_ASSERT_TRUE(test, tnet_read(t));
	KUNIT_EXPECT_MEMEQ_MSG(test, vfe_mock_mem(t->chain->segs[0].addr),
			       &wants, sizeof(wants), "%s", s->name);
	tnet_sent(t);
}

static void packets_leave_in_one_piece(struct kunit *test)
{
	struct tnet *t = tunnel_up(test, SEGMENTING, ALL_TUNNELS);
	const struct shape *s;
	struct sk_buff *skb;

	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++)
		if (s->outer6 == s->inner6)
			expect_sent(t, s);
	/* the stack segments the others */
	skb = packet_to_send(test, &shapes[2]);
	skb->dev = t->dev;
	KUNIT_EXPECT_FALSE(test, skb_gso_ok(skb, netif_skb_features(skb)));
	kfree_skb(skb);
	tnet_clean(t);
}

/* Without the second feature the stack computes the tunnel's checksum. */
static void no_checksum_is_left_to_a_device_without(struct kunit *test)
{
	struct tnet *t = tunnel_up(test, SEGMENTING, HOST_TUNNEL);
	struct sk_buff *skb = packet_to_send(test, &shapes[7]);

	VFE_DUTY(test, "N07", "5.1.9.2.1",
		 "no packet in a tunnel with a checksum for the device, unless HOST_UDP_TUNNEL_GSO_CSUM was negotiated");
	skb->dev = t->dev;
	KUNIT_EXPECT_TRUE(test, shapes[7].sum);
	KUNIT_EXPECT_FALSE(test, skb_gso_ok(skb, netif_skb_features(skb)));
	kfree_skb(skb);
	expect_sent(t, &shapes[0]);
	tnet_clean(t);
}

/* The device puts a packet into the ring. */
static void arrive(struct tnet *t, const struct vfe_net_hdr *hdr,
		   const struct shape *s)
{
	struct places p = places_of(s, PAYLOAD);
	unsigned int hdr_len = t->vn->hdr_len;
	u8 *bytes = kunit_kzalloc(t->test, hdr_len + p.len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, bytes);
	memcpy(bytes, hdr, hdr_len);
	((struct vfe_net_hdr *)bytes)->num_buffers = cpu_to_le16(1);
	put_frame(s, bytes + hdr_len, &p);
	KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, hdr_len + p.len,
					     hdr_len + p.len));
	kunit_kfree(t->test, bytes);
	tnet_deliver(t);
}

static void packets_arrive_in_one_piece(struct kunit *test)
{
	struct tnet *t = tunnel_up(test, SEGMENTING, ALL_TUNNELS);
	struct vfe_net_hdr hdr;
	const struct shape *s;
	struct sk_buff *skb;

	for (s = shapes; s < shapes + ARRAY_SIZE(shapes); s++) {
		hdr = header_of(s);
		arrive(t, &hdr, s);
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL_MSG(test, skb, "%s", s->name);
		KUNIT_EXPECT_TRUE_MSG(test, skb_is_gso(skb), "%s", s->name);
		KUNIT_EXPECT_TRUE_MSG(test, skb->encapsulation, "%s", s->name);
		kfree_skb(skb);
		/* 5.1.9.4.2: nor is it taken if it makes no sense */
		hdr.gso_type |= T4 | T6;
		arrive(t, &hdr, s);
		KUNIT_EXPECT_NULL_MSG(test, tnet_next(t), "%s", s->name);
	}
	KUNIT_EXPECT_EQ(test, u64_stats_read(&t->vn->rxq[0].stats.bad),
			(u64)ARRAY_SIZE(shapes));
	tnet_clean(t);
}

/* A device that says so, although nobody asked */
static void packets_that_were_not_negotiated(struct kunit *test)
{
	static const u64 sets[] = { 0, HOST_TUNNEL | HOST_SUM };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		struct tnet *t = tunnel_up(test, SEGMENTING, sets[i]);
		struct vfe_net_hdr hdr = header_of(&shapes[0]);

		arrive(t, &hdr, &shapes[0]);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->rxq[0].stats.bad), 1ULL);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* The longer header has room for a hash, which counts with HASH_REPORT only. */
static void hashes(struct kunit *test)
{
	static const u64 sets[] = { RSS, REPORT, RSS | REPORT };
	struct vfe_net_hdr hdr;
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		struct tnet *t = tunnel_up(test,
					   SEGMENTING | CONTROL | sets[i],
					   ALL_TUNNELS);

		tnet_switch_feature(t, NETIF_F_RXHASH, true);
		KUNIT_EXPECT_TRUE(test, t->dev->features & NETIF_F_RXHASH);
		hdr = header_of(&shapes[0]);
		hdr.hash_value_lo = cpu_to_le16(0x1234);
		hdr.hash_report = cpu_to_le16(VIRTIO_NET_HASH_REPORT_TCPv4);
		arrive(t, &hdr, &shapes[0]);
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, skb->hash, sets[i] & REPORT ? 0x1234 : 0);
		kfree_skb(skb);
		tnet_clean(t);
	}
}

/* Tunnels have bits of their own in the command: 46 and 47 */
static void offloads_are_switched(struct kunit *test)
{
	static const struct {
		u64 high;
		u64 bits;
	} rows[] = {
		{ ALL_TUNNELS, BIT_ULL(46) | BIT_ULL(47) },
		{ GUEST_TUNNEL, BIT_ULL(46) },
		{ HOST_TUNNEL, 0 },
	};
	const u64 plain = BIT_ULL(VIRTIO_NET_F_GUEST_CSUM);
	const u64 merging = BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
			    BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) |
			    BIT_ULL(VIRTIO_NET_F_GUEST_USO4) |
			    BIT_ULL(VIRTIO_NET_F_GUEST_USO6);
	unsigned int i;

	VFE_DUTY(test, "N08", "5.1.9.5.9",
		 "no offload is enabled whose feature was not negotiated");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tnet *t = tunnel_up(test, SEGMENTING | CONTROL,
					   rows[i].high);

		tnet_switch_gro(t, false);
		KUNIT_EXPECT_EQ(test, tnet_offloads_sent(t), plain);
		tnet_switch_gro(t, true);
		KUNIT_EXPECT_EQ(test, tnet_offloads_sent(t),
				plain | merging | rows[i].bits);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(features_and_headers),
	KUNIT_CASE(packets_leave_in_one_piece),
	KUNIT_CASE(no_checksum_is_left_to_a_device_without),
	KUNIT_CASE(packets_arrive_in_one_piece),
	KUNIT_CASE(packets_that_were_not_negotiated),
	KUNIT_CASE(hashes),
	KUNIT_CASE(offloads_are_switched),
	{}
};

VFE_SUITE(cases);

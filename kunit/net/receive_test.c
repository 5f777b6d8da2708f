// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: packets in buffers of each layout, lengths and headers that lie, and
 * a refill that finds no memory.
 */
#include "lib/failslab.h"
#include "lib/net_fixture.h"

#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)

static u64 bad(struct tnet *t)
{
	return u64_stats_read(&t->vn->rxq[0].stats.bad);
}

/* Packets of every size that matters arrive whole. */
static void expect_sizes(struct tnet *t, unsigned int most)
{
	static const unsigned int sizes[] = {
		14, 15, 60, 127, 128, 142, 255, 256, 257, 270, 271, 512, 1500,
		1514, 1518, 4000, 9014, 60000, 65535,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i] <= most; i++)
		tnet_expect_receives(t, sizes[i], i + 1);
}

static void small_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);

	VFE_DUTY(test, "N03", "5.1.9.3.1",
		 "buffers of 1526 bytes at least without large packets");
	KUNIT_EXPECT_EQ(test, t->vn->mode, VFE_NET_RX_SMALL);
	expect_sizes(t, 1518);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->rx, t->chain), 1);
	/* a device may write header and packet into one descriptor only */
	KUNIT_EXPECT_EQ(test, t->chain->in, 1U);
	KUNIT_EXPECT_GE(test, t->chain->in_len, 1526U);
	tnet_clean(t);
}

static void big_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) |
			    BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |
			    BIT_ULL(VIRTIO_NET_F_GUEST_TSO4),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);

	VFE_DUTY(test, "N03", "5.1.9.3.1",
		 "buffers of 65562 bytes if the device may send large packets");
	KUNIT_EXPECT_EQ(test, t->vn->mode, VFE_NET_RX_BIG);
	expect_sizes(t, 65535);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->rx, t->chain), 1);
	KUNIT_EXPECT_GE(test, t->chain->in_len, 65562U);
	tnet_clean(t);
}

static void mergeable_buffers(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb;
	unsigned int n;

	VFE_DUTY(test, "N03", "5.1.9.3.1",
		 "each buffer is larger than the header");
	KUNIT_EXPECT_EQ(test, t->vn->mode, VFE_NET_RX_MERGEABLE);
	expect_sizes(t, 1514);
	for (n = 2; n <= 40; n++) {
		tnet_arrive_merged(t, n, 1400, n);
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL_MSG(test, skb, "%u buffers", n);
		KUNIT_EXPECT_EQ(test, skb->len,
				1400 + (n - 1) * (1400 + HDR) - ETH_HLEN);
		kfree_skb(skb);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Counts of buffers that lie: dropped and counted; later packets arrive. */
static void num_buffers_that_lie(struct kunit *test)
{
	static const u16 says[] = { 3, 17, 256, U16_MAX };
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(says); i++) {
		before = bad(t);
		tnet_arrive_merged(t, 2, 500, says[i]);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ_MSG(test, bad(t), before + 1, "num_buffers %u",
				    says[i]);
		tnet_expect_works(t);
	}
	/* 0: some devices of old leave it so; the packet has one buffer */
	tnet_arrive_merged(t, 1, 500, 0);
	kfree_skb(tnet_next(t));
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A used length, and whether the packet is dropped */
static void lengths_that_lie(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 11, 12, 13, 25 };
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;
	u64 before;
	u8 bytes[64] = {};

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		before = bad(t);
		KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes, sizeof(bytes),
						  lens[i]));
		tnet_deliver(t);
		KUNIT_EXPECT_EQ_MSG(test, bad(t), before + 1, "length %u",
				    lens[i]);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A length beyond the buffer never exposes memory behind it. */
static void a_length_beyond_the_buffer(struct kunit *test)
{
	static const u32 lens[] = { 1537, 4096, 65536, U32_MAX };
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb;
	unsigned int i;
	u8 bytes[64] = {};
	u32 room;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes, sizeof(bytes),
						  lens[i]));
		room = t->chain->in_len;
		tnet_deliver(t);
		skb = tnet_next(t);
		if (skb)
			KUNIT_EXPECT_LE(test, skb->len + ETH_HLEN + HDR, room);
		kfree_skb(skb);
		msleep(1000);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

/* Buffers that the device has at most; the ring is never left empty. */
static void the_ring_is_refilled(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i, full = vfe_mock_available(t->rx);

	KUNIT_EXPECT_EQ(test, full, 64U);
	for (i = 0; i < 500; i++)
		tnet_expect_receives(t, 1000, i);
	KUNIT_EXPECT_GE(test, vfe_mock_available(t->rx), full / 2);
	tnet_clean(t);
}

/* Memory runs out in NAPI for a while; receive comes back by itself. */
static void a_refill_without_memory_is_tried_again(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;
	u8 bytes[1200] = {};

	fail_require(test);
	/* the device fills the ring, and NAPI runs while nothing is free */
	for (i = 0; tnet_fill(t, bytes, sizeof(bytes), sizeof(bytes)); i++)
		;
	KUNIT_EXPECT_EQ(test, i, 64U);
	fail_from(1);
	tnet_deliver(t);
	fail_end();
	skb_queue_purge(&t->got);
	msleep(1000);
	tnet_run_softirqs();
	KUNIT_EXPECT_GE(test, vfe_mock_available(t->rx), 48U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Headers that make no sense cost their packet, no other one. */
static void wrong_headers_are_dropped(struct kunit *test)
{
	static const struct virtio_net_hdr wrong[] = {
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		  .csum_start = (__force __virtio16)cpu_to_le16(60000) },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 },
		{ .gso_type = 0x55,
		  .gso_size = (__force __virtio16)cpu_to_le16(100) },
	};
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, &wrong[i], 500, 7));
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ(test, bad(t), i + 1);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(small_buffers),
	KUNIT_CASE(big_buffers),
	KUNIT_CASE(mergeable_buffers),
	KUNIT_CASE(num_buffers_that_lie),
	KUNIT_CASE(lengths_that_lie),
	KUNIT_CASE(a_length_beyond_the_buffer),
	KUNIT_CASE(the_ring_is_refilled),
	KUNIT_CASE(a_refill_without_memory_is_tried_again),
	KUNIT_CASE(wrong_headers_are_dropped),
	{}
};

VFE_SUITE(cases);

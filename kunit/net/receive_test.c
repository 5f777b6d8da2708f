// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: packets in buffers of each layout, lengths and headers that lie, and
 * a refill that finds no memory.
 */
#include <linux/ip.h>
#include <linux/tcp.h>

#include "lib/net_packet.h"
#include "../../drivers/net/rx.h"

#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define BIG	(TNET_FEATURES & ~BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define SMALL	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC))

static u64 bad(struct tnet *t)
{
	return u64_stats_read(&t->vn->rxq[0].stats.bad);
}

/* Packets of every size that matters arrive whole. */
static void expect_sizes(struct tnet *t, unsigned int most)
{
	static const unsigned int sizes[] = {
		14, 15, 60, 127, 128, 142, 255, 256, 257, 270, 271, 512, 1204,
		1205, 1500, 1514, 1518, 4000, 9014, 60000, 65535,
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

/* Pages that short packets did not need are in the next buffers. */
static void pages_of_big_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = BIG };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct vfe_net_rxq *rxq = &t->vn->rxq[0];
	struct vfe_net_big *big;
	unsigned int i, kept = 0;

	for (i = 0; i < 200; i++) {
		tnet_expect_receives(t, 60, i);
		tnet_expect_receives(t, 5000, i);
		for (kept = 0, big = rxq->spare; big; big = big->next)
			kept++;
		KUNIT_EXPECT_LE(test, kept, vfe_queue_size(rxq->vq));
	}
	/* another size of buffers: those of the old one are freed */
	tnet_close(t);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 1400), 0);
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	for (i = 0; i < 200; i++)
		tnet_expect_receives(t, 1000, i);
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

/*
 * What a packet takes of its socket's receive buffer: a buffer of the ring and
 * an skb, or a little more. The longest ones would not leave room for the shared
 * part of an skb behind them.
 */
static void truesize(struct kunit *test)
{
	static const unsigned int sizes[] = { 60, 256, 257, 600, 1000, 1204 };
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, sizes[i], 1));
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_LE_MSG(test, skb->truesize, t->vn->rxq[0].small +
				    sizeof(*skb) + 2 * L1_CACHE_BYTES,
				    "%u bytes", sizes[i]);
		kfree_skb(skb);
	}
	tnet_clean(t);
}

/* A wrong num_buffers: the packet is dropped and counted, later ones arrive. */
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

/*
 * A length beyond the buffer exposes neither the memory behind it, nor what the
 * buffer had before: the device may have written less. @size: of a buffer
 */
static void lengths_beyond_the_buffer(struct kunit *test, u64 features,
				      u32 size)
{
	const u32 lens[] = { size + 1, 1 << 20, U32_MAX };
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	u8 bytes[64] = {};
	unsigned int i;
	u64 before;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		before = bad(t);
		KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes, sizeof(bytes),
						  lens[i]));
		KUNIT_ASSERT_LT(test, t->chain->in_len, lens[i]);
		tnet_deliver(t);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ_MSG(test, bad(t), before + 1, "length %u",
				    lens[i]);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

/*
 * The other buffers of such a packet are not packets; but those behind a length
 * that is shorter than a header are: nothing says that they belong to it.
 */
static void the_rest_is_no_packet(struct kunit *test, u64 features)
{
	static const u32 lens[] = { 0, 12, 25, 65536, 1, 11 };
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		before = bad(t);
		tnet_arrive_wrong(t, lens[i]);
		KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&t->got),
				    lens[i] && lens[i] < HDR ? 2U : 0U,
				    "length %u", lens[i]);
		skb_queue_purge(&t->got);
		KUNIT_EXPECT_EQ(test, bad(t), before + 1);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

static void a_length_beyond_the_buffer(struct kunit *test)
{
	the_rest_is_no_packet(test, TNET_FEATURES);
	the_rest_is_no_packet(test, TNET_FEATURES |
				    BIT_ULL(VIRTIO_F_RING_PACKED));
	lengths_beyond_the_buffer(test, TNET_FEATURES, PAGE_SIZE);
	lengths_beyond_the_buffer(test, TNET_FEATURES |
					BIT_ULL(VIRTIO_F_RING_PACKED),
				  PAGE_SIZE);
	lengths_beyond_the_buffer(test, BIG, 17 * PAGE_SIZE);
	lengths_beyond_the_buffer(test, BIG | BIT_ULL(VIRTIO_F_RING_PACKED),
				  17 * PAGE_SIZE);
}

/* --- packets of several buffers --- */

/* A buffer of a packet in mode mergeable; the first one has @num_buffers. */
static void put_buffer(struct tnet *t, u16 num_buffers, unsigned int len,
		       u8 fill)
{
	static u8 bytes[8192];

	memset(bytes, fill, sizeof(bytes));
	if (num_buffers) {
		memset(bytes, 0, HDR + ETH_HLEN);
		((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
			(__force __virtio16)cpu_to_le16(num_buffers);
	}
	KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, len, len));
}

/* The next packet has @n buffers of @len bytes, the first one a header more. */
static void expect_buffers(struct tnet *t, unsigned int n, unsigned int len,
			   u8 fill)
{
	struct sk_buff *skb = tnet_next(t);
	unsigned int i;
	u8 byte;

	KUNIT_ASSERT_NOT_NULL(t->test, skb);
	KUNIT_EXPECT_EQ(t->test, skb->len, n * len);
	for (i = 0; i < skb->len; i++) {
		KUNIT_EXPECT_EQ(t->test, skb_copy_bits(skb, i, &byte, 1), 0);
		if (byte != fill + i / len)
			break;
	}
	KUNIT_EXPECT_EQ_MSG(t->test, i, skb->len, "%u buffers of %u", n, len);
	kfree_skb(skb);
}

/* Whole buffers, which follow each other in memory, become one fragment. */
static void buffers_that_are_full(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i, n, room;

	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->rx, t->chain), 1);
	room = t->chain->in_len;
	vfe_mock_push(t->rx, t->chain->id, 0, t->chain->descs);
	tnet_deliver(t);
	for (n = 2; n <= 20; n++) {
		put_buffer(t, n, room, 0x10);
		for (i = 1; i < n; i++)
			put_buffer(t, 0, room - HDR - ETH_HLEN, 0x10 + i);
		tnet_deliver(t);
		expect_buffers(t, n, room - HDR - ETH_HLEN, 0x10);
		for (i = 0; i < n; i++)
			put_buffer(t, i ? 0 : n, room, 0x20);
		tnet_deliver(t);
		KUNIT_ASSERT_EQ(test, skb_queue_len(&t->got), 1U);
		KUNIT_EXPECT_EQ(test, t->got.next->len,
				n * room - HDR - ETH_HLEN);
		skb_queue_purge(&t->got);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A buffer without a byte, or more bytes than any packet has: dropped. */
static void buffers_that_lie(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i, at;
	u64 before;

	for (at = 1; at < 4; at++) {
		before = bad(t);
		for (i = 0; i < 4; i++)
			put_buffer(t, i ? 0 : 4, i == at ? 0 : 500, 0x30);
		tnet_deliver(t);
		KUNIT_EXPECT_EQ_MSG(test, bad(t), before + 1, "buffer %u", at);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		tnet_expect_works(t);
	}
	before = bad(t);
	for (i = 0; i < 48; i++)
		put_buffer(t, i ? 0 : 48, 1500, 0x30);
	tnet_deliver(t);
	KUNIT_EXPECT_EQ(test, bad(t), before + 1);
	KUNIT_EXPECT_NULL(test, tnet_next(t));
	/* the first has nothing but the headers */
	put_buffer(t, 3, HDR + ETH_HLEN, 0);
	put_buffer(t, 0, 500, 0x40);
	put_buffer(t, 0, 500, 0x41);
	tnet_deliver(t);
	expect_buffers(t, 2, 500, 0x40);
	tnet_expect_works(t);
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

static u64 drops(struct tnet *t)
{
	return u64_stats_read(&t->vn->rxq[0].stats.drops);
}

/*
 * Memory runs out in NAPI for a while, at any time: packets are dropped and
 * counted, the ring is filled again by itself.
 */
static void try_refill(struct kunit *test, u64 features, unsigned int len)
{
	const unsigned int frames = 60;
	const unsigned int step = VFE_STEP(features == BIG ? 3 : 9);
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, nth, got;
	u8 bytes[1500] = {};
	bool failed = true;
	u64 before;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (nth = 1; failed && nth < 400; nth += step) {
		before = drops(t) + bad(t);
		for (i = 0; i < frames; i++)
			KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes, len, len));
		failed = tnet_poll_without_memory(t, nth, true);
		/* the stack has their memory meanwhile */
		got = skb_queue_len(&t->got);
		KUNIT_EXPECT_EQ_MSG(test, got + drops(t) + bad(t) - before,
				    (u64)frames, "allocation %u", nth);
		msleep(300);
		tnet_run_softirqs();
		KUNIT_EXPECT_GE_MSG(test, vfe_mock_available(t->rx), 48U,
				    "allocation %u", nth);
		skb_queue_purge(&t->got);
		tnet_expect_works(t);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	/* short packets are copied, and need no new buffer */
	if (len > 1300)
		KUNIT_EXPECT_GT(test,
				u64_stats_read(&t->vn->rxq[0].stats.no_memory),
				0ULL);
	tnet_clean(t);
}

static void a_refill_without_memory_is_tried_again(struct kunit *test)
{
	fail_require(test);
	try_refill(test, TNET_FEATURES, 1500);
	try_refill(test, TNET_FEATURES, 100);
}

static void a_refill_of_big_buffers_without_memory(struct kunit *test)
{
	fail_require(test);
	try_refill(test, BIG, 1500);
}

/*
 * Puts a packet of @n buffers into the ring, without an interrupt. In any
 * context.
 */
static void put_packet(struct tnet *t, unsigned int n, unsigned int len)
{
	static u8 bytes[60000];
	unsigned int i;

	if (t->vn->hdr_len >= HDR)
		((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
			(__force __virtio16)cpu_to_le16(n);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE(t->test, tnet_fill(t, bytes, len, len));
}

/**
 * struct memory_row - a packet for which there is no memory
 * @name: of the row
 * @features: of the device
 * @translated: the bus translates
 * @n: buffers of the packet
 * @len: bytes of each
 */
static const struct memory_row {
	const char *name;
	u64 features;
	bool translated;
	unsigned int n;
	unsigned int len;
} memory_rows[] = {
	{ "short", TNET_FEATURES, false, 1, 100 },
	{ "long", TNET_FEATURES, false, 1, 1500 },
	{ "only a header", TNET_FEATURES, false, 1, HDR + ETH_HLEN },
	{ "merged", TNET_FEATURES, false, 3, 1500 },
	{ "more pieces than an skb has", TNET_FEATURES, false, 40, 1500 },
	{ "merged, DMA API", TNET_FEATURES |
	  BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true, 3, 1500 },
	{ "big", BIG, false, 1,
	  60000 },
	{ "big, only a header",
	  BIG, false, 1,
	  HDR + ETH_HLEN },
	{ "small", VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC), false, 1,
	  1500 },
};

/* Each allocation fails: the packet arrives whole, or is dropped and counted. */
static void try_packet(struct kunit *test, const struct memory_row *row)
{
	struct vfe_mock_spec spec = {
		.features = row->features, .translated = row->translated,
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int nth, got, lost = 0;
	bool failed = true;
	u64 before;

	for (nth = 1; failed && nth < 200; nth++) {
		before = drops(t) + bad(t);
		put_packet(t, row->n, row->len);
		failed = tnet_poll_without_memory(t, nth, false);
		got = skb_queue_len(&t->got);
		KUNIT_EXPECT_EQ_MSG(test, got + drops(t) + bad(t) - before,
				    1ULL, "%s, allocation %u", row->name, nth);
		lost += !got;
		skb_queue_purge(&t->got);
		msleep(100);
		tnet_run_softirqs();
		KUNIT_EXPECT_GE_MSG(test, vfe_mock_available(t->rx), 20U,
				    "%s, allocation %u", row->name, nth);
		tnet_expect_works(t);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	kunit_info(test, "%s: %u allocations, %u packets lost", row->name,
		   nth, lost);
	tnet_clean(t);
}

static void packets_without_memory(struct kunit *test)
{
	unsigned int i;

	fail_require(test);
	for (i = 0; i < ARRAY_SIZE(memory_rows); i++)
		try_packet(test, &memory_rows[i]);
}

/* --- a ring that breaks --- */

/*
 * The device uses a buffer that it does not have, behind packets of any length:
 * they arrive, the rest is given back or freed, the ring is reset.
 */
static void a_ring_that_breaks_in_a_poll(struct kunit *test)
{
	static const u64 layouts[] = {
		TNET_FEATURES, SMALL, BIG,
		TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
		TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET),
		BIG | BIT_ULL(VIRTIO_F_RING_RESET),
	};
	static const unsigned int lens[] = { 100, 1200 };
	unsigned int i, j, n;

	for (i = 0; i < 2 * ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = { .features = layouts[i / 2] };
		struct tnet *t = tnet_up(test, &spec, NULL);

		n = i % 2 ? 20 : 1;
		for (j = 0; j < n; j++)
			put_packet(t, 1, lens[j % 2]);
		vfe_mock_push(t->rx, t->rx->size + 3, 100, 1);
		tnet_deliver(t);
		KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&t->got), n,
				    "features %#llx", layouts[i / 2]);
		skb_queue_purge(&t->got);
		msleep(2000);
		tnet_wait_live(t);
		KUNIT_EXPECT_GE(test, vfe_mock_available(t->rx), 48U);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* --- a packet that comes at the end of a poll --- */

static struct tnet *late_for;	/* gets one more packet, or NULL */

/* Runs when the poll ends: packets for the stack are delivered in batches. */
static int late_tap(struct sk_buff *skb, struct net_device *dev,
		    struct packet_type *tap, struct net_device *orig)
{
	struct tnet *t = late_for;

	late_for = NULL;
	if (t && skb->pkt_type != PACKET_OUTGOING)
		put_packet(t, 1, 400);
	kfree_skb(skb);
	return 0;
}

/*
 * The packet comes while interrupts are disabled: NAPI must find it, or it waits
 * for the next one.
 */
static void a_packet_at_the_end_of_a_poll(struct kunit *test)
{
	static const u64 layouts[] = {
		TNET_FEATURES, TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
		TNET_FEATURES & ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
	};
	struct packet_type tap = {
		.type = htons(ETH_P_ALL), .func = late_tap,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = { .features = layouts[i] };
		struct tnet *t = tnet_up(test, &spec, NULL);

		tap.dev = t->dev;
		dev_add_pack(&tap);
		late_for = t;
		KUNIT_EXPECT_TRUE(test, tnet_arrive(t, NULL, 400, 1));
		KUNIT_EXPECT_NULL(test, late_for);
		KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&t->got), 2U,
				    "features %#llx", layouts[i]);
		dev_remove_pack(&tap);
		skb_queue_purge(&t->got);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* --- the hash that the device computed --- */

/**
 * struct hash_row - a report, and what the stack gets
 * @report: VIRTIO_NET_HASH_REPORT_*
 * @hash: there is a hash
 * @l4: it is one of ports, too
 */
static const struct hash_row {
	u16 report;
	bool hash;
	bool l4;
} hash_rows[] = {
	{ VIRTIO_NET_HASH_REPORT_NONE },
	{ VIRTIO_NET_HASH_REPORT_IPv4, true },
	{ VIRTIO_NET_HASH_REPORT_TCPv4, true, true },
	{ VIRTIO_NET_HASH_REPORT_UDPv6, true, true },
	{ VIRTIO_NET_HASH_REPORT_UDPv6_EX, true, true },
	{ VIRTIO_NET_HASH_REPORT_UDPv6_EX + 1 },
	{ U16_MAX },
};

static void hash_reports(struct kunit *test)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(1),
		.rss_max_key_size = 40,
		.rss_max_indirection_table_length = cpu_to_le16(128),
		.supported_hash_types = cpu_to_le32(0x3f),
	};
	struct vfe_mock_spec spec = {
		.features = TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |
			    BIT_ULL(VIRTIO_NET_F_HASH_REPORT),
	};
	struct tnet *t = tnet_up(test, &spec, &config);
	const struct hash_row *row;
	struct sk_buff *skb;
	unsigned int i, off;

	/* 5.1.9.4.4: an unknown hash report is no hash */
	for (i = 0; i < 2 * ARRAY_SIZE(hash_rows); i++) {
		row = &hash_rows[i / 2];
		/* users can switch it off */
		off = i % 2;
		tnet_switch_feature(t, NETIF_F_RXHASH, !off);
		tnet_arrive_hashed(t, row->report, 0x89abcdef);
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ_MSG(test, skb->hash,
				    row->hash && !off ? 0x89abcdef : 0,
				    "report %u", row->report);
		KUNIT_EXPECT_EQ_MSG(test, !!skb->l4_hash, row->l4 && !off,
				    "report %u", row->report);
		kfree_skb(skb);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- packets that the stack merges --- */

#define SEGMENT	400U	/* bytes of TCP; more than a packet that is copied */

/* A segment of a TCP stream whose checksum the device has verified */
struct segment {
	struct virtio_net_hdr_mrg_rxbuf h;
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	u8 data[SEGMENT];
} __packed;

static void fill_segment(struct tnet *t, unsigned int index, unsigned int len)
{
	unsigned int size = offsetof(struct segment, data) + len;
	struct segment *s = kunit_kzalloc(t->test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, s);
	s->h.hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	s->h.num_buffers = (__force __virtio16)cpu_to_le16(1);
	eth_broadcast_addr(s->eth.h_dest);
	s->eth.h_source[0] = 2;
	s->eth.h_proto = htons(ETH_P_IP);
	s->ip = (struct iphdr) {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
		.tot_len = htons(sizeof(s->ip) + sizeof(s->tcp) + len),
		.frag_off = htons(IP_DF),
		.saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002),
	};
	s->ip.check = ip_fast_csum(&s->ip, s->ip.ihl);
	s->tcp = (struct tcphdr) {
		.source = htons(1), .dest = htons(2), .doff = 5, .ack = 1,
		.seq = htonl(1000 + index * SEGMENT), .window = htons(1000),
	};
	KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, s, size, size));
	kunit_kfree(t->test, s);
}

/* Received packets go through GRO: one poll gives the stack one packet. */
static void segments_of_a_stream(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < 3; i++)
		fill_segment(t, i, SEGMENT);
	/* the end of the message, which is copied */
	fill_segment(t, i, 10);
	tnet_deliver(t);
	skb = tnet_next(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb->len, sizeof(struct iphdr) +
					sizeof(struct tcphdr) +
					3 * SEGMENT + 10);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, 4);
	kfree_skb(skb);
	KUNIT_EXPECT_NULL(test, tnet_next(t));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&t->vn->rxq[0].stats.packets),
			4ULL);
	tnet_clean(t);
}

/* --- headers --- */

/* Headers that make no sense cost their packet, no other one. */
static void wrong_headers_are_dropped(struct kunit *test)
{
	static const struct virtio_net_hdr wrong[] = {
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		  .csum_start = (__force __virtio16)cpu_to_le16(60000) },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		  .csum_start = (__force __virtio16)cpu_to_le16(499) },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		  .csum_start = (__force __virtio16)cpu_to_le16(100),
		  .csum_offset = (__force __virtio16)cpu_to_le16(U16_MAX) },
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		  .csum_start = (__force __virtio16)cpu_to_le16(13) },
		{ .gso_type = VIRTIO_NET_HDR_GSO_ECN,
		  .gso_size = (__force __virtio16)cpu_to_le16(100) },
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
	KUNIT_CASE(pages_of_big_buffers),
	KUNIT_CASE(mergeable_buffers),
	KUNIT_CASE(truesize),
	KUNIT_CASE(num_buffers_that_lie),
	KUNIT_CASE(lengths_that_lie),
	KUNIT_CASE(a_length_beyond_the_buffer),
	KUNIT_CASE(buffers_that_are_full),
	KUNIT_CASE(buffers_that_lie),
	KUNIT_CASE(the_ring_is_refilled),
	KUNIT_CASE(a_refill_without_memory_is_tried_again),
	KUNIT_CASE(a_refill_of_big_buffers_without_memory),
	KUNIT_CASE(packets_without_memory),
	KUNIT_CASE(a_ring_that_breaks_in_a_poll),
	KUNIT_CASE(a_packet_at_the_end_of_a_poll),
	KUNIT_CASE(hash_reports),
	KUNIT_CASE(segments_of_a_stream),
	KUNIT_CASE(wrong_headers_are_dropped),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * XDP: loading programs and unloading them, their decisions on packets in
 * buffers of each layout, BQL's counts meanwhile, frames from other interfaces.
 */
#include <linux/pm.h>

#include "lib/net_xdp.h"

/* --- decisions --- */

static void any_layout(struct kunit *test)
{
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct bpf_prog *prog = make_prog(test, false);
		struct tnet *t = tnet_up(test, &spec, NULL);

		kunit_info(test, "%s", layouts[i].name);
		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		/* first with buffers from before, then with its own */
		for (round = 0; round < 2; round++) {
			tnet_expect_works(t);
			expect_sent_back(t);
			use_old_buffers(t);
		}
		KUNIT_EXPECT_GE(test, seen, 140U);
		KUNIT_EXPECT_EQ(test, seen_len, 200U);
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

static void decisions(struct kunit *test)
{
	static const u32 drops[] = { XDP_DROP, XDP_ABORTED, XDP_REDIRECT, 17 };
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	use_old_buffers(t);
	for (i = 0; i < ARRAY_SIZE(drops); i++) {
		before = rx_drops(t);
		verdict = drops[i];
		KUNIT_EXPECT_TRUE(test, tnet_arrive(t, NULL, 300, 1));
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ_MSG(test, rx_drops(t), before + 1,
				    "decision %u", drops[i]);
	}
	/* the program may cut the packet's begin */
	verdict = XDP_PASS;
	shift = 20;
	KUNIT_EXPECT_TRUE(test, tnet_arrive(t, NULL, 300, 1));
	skb_queue_purge(&t->got);
	shift = 0;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* Bytes that a program puts before the packet go to the stack, too. */
static void bytes_of_a_program(struct kunit *test)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct bpf_prog *prog = make_prog(test, false);
		struct tnet *t = tnet_up(test, &spec, NULL);
		struct sk_buff *skb;

		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		for (n = 0; n < 72; n++) {
			meta = n % 3 * 4;
			KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, n));
			skb = tnet_next(t);
			KUNIT_ASSERT_NOT_NULL(test, skb);
			KUNIT_EXPECT_EQ_MSG(test, skb_metadata_len(skb), meta,
					    "%s", layouts[i].name);
			KUNIT_EXPECT_EQ(test, skb->len, 300U - ETH_HLEN);
			kfree_skb(skb);
		}
		meta = 0;
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_clean(t);
	}
}

/* It leaves no room for struct xdp_frame: not sent back, and not lost. */
static void a_packet_without_headroom(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	for (i = 0; i < 70; i++) {
		before = rx_drops(t);
		verdict = XDP_TX;
		shift = 20 - (int)(XDP_PACKET_HEADROOM + HDR);
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, rx_drops(t), before + 1);
		KUNIT_EXPECT_FALSE(test, tnet_take(t));
		/* the stack takes it */
		verdict = XDP_PASS;
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, skb_queue_len(&t->got), 1U);
		skb_queue_purge(&t->got);
	}
	shift = 0;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- hints --- */

static void arrive_with_hash(struct tnet *t, u16 report, u32 hash)
{
	tnet_arrive_hashed(t, report, hash);
	skb_queue_purge(&t->got);
}

/**
 * struct hint_row - what the device reports, and what a program gets
 * @report: VIRTIO_NET_HASH_REPORT_*
 * @type: of the hash
 */
static const struct hint_row {
	u16 report;
	enum xdp_rss_hash_type type;
} hint_rows[] = {
	{ VIRTIO_NET_HASH_REPORT_NONE, XDP_RSS_TYPE_NONE },
	{ VIRTIO_NET_HASH_REPORT_IPv4, XDP_RSS_TYPE_L3_IPV4 },
	{ VIRTIO_NET_HASH_REPORT_TCPv4, XDP_RSS_TYPE_L4_IPV4_TCP },
	{ VIRTIO_NET_HASH_REPORT_UDPv6, XDP_RSS_TYPE_L4_IPV6_UDP },
	{ VIRTIO_NET_HASH_REPORT_UDPv6_EX, XDP_RSS_TYPE_L4_IPV6_UDP_EX },
	{ VIRTIO_NET_HASH_REPORT_UDPv6_EX + 1, XDP_RSS_TYPE_NONE },
	{ U16_MAX, XDP_RSS_TYPE_NONE },
};

/* The hash that the device computed: in buffers from before, and in its own */
static void a_program_that_asks_for_the_hash(struct kunit *test)
{
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_pairs_up(test, MERGE |
				       BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |
				       BIT_ULL(VIRTIO_NET_F_HASH_REPORT), 1);
	const struct hint_row *row;
	unsigned int i;

	tnet_switch_feature(t, NETIF_F_RXHASH, true);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	for (i = 0; i < 20 * ARRAY_SIZE(hint_rows); i++) {
		row = &hint_rows[i % ARRAY_SIZE(hint_rows)];
		arrive_with_hash(t, row->report, 0x12345678 + i);
		KUNIT_EXPECT_EQ(test, hint.err, 0);
		KUNIT_EXPECT_EQ_MSG(test, hint.type, row->type, "report %u",
				    row->report);
		KUNIT_EXPECT_EQ(test, hint.hash, 0x12345678 + i);
	}
	/* the user has switched it off */
	tnet_switch_feature(t, NETIF_F_RXHASH, false);
	arrive_with_hash(t, VIRTIO_NET_HASH_REPORT_TCPv4, 1);
	KUNIT_EXPECT_EQ(test, hint.err, -ENODATA);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
	/* the device has none */
	t = tnet_pairs_up(test, MERGE, 1);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, hint.err, -ENODATA);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* The stack learns what the device knows of a packet that a program passes. */
static void a_hash_and_a_checksum_of_the_device(struct kunit *test)
{
	static const struct virtio_net_hdr verified = {
		.flags = VIRTIO_NET_HDR_F_DATA_VALID,
	};
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_pairs_up(test, MERGE |
				       BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |
				       BIT_ULL(VIRTIO_NET_F_HASH_REPORT), 1);
	struct sk_buff *skb;
	unsigned int i;

	tnet_switch_feature(t, NETIF_F_RXHASH, true);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	/* in buffers from before the program, then in its own */
	for (i = 0; i < 80; i++) {
		tnet_arrive_hashed(t, VIRTIO_NET_HASH_REPORT_TCPv4, 77 + i);
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, skb->hash, 77 + i);
		KUNIT_EXPECT_TRUE(test, skb->l4_hash);
		KUNIT_EXPECT_TRUE(test, skb->ip_summed == CHECKSUM_NONE);
		kfree_skb(skb);
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, &verified, 300, i));
		skb = tnet_next(t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_TRUE(test, skb->ip_summed == CHECKSUM_UNNECESSARY);
		KUNIT_EXPECT_EQ(test, skb->hash, 0U);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- many packets --- */

/* A packet in the next buffer, without an interrupt; its last byte is @last. */
static void fill_packet(struct tnet *t, u8 last)
{
	u8 bytes[200] = {};

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	bytes[sizeof(bytes) - 1] = last;
	KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, sizeof(bytes),
					     sizeof(bytes)));
}

/* Packets of one poll are sent back with one kick, in their order. */
static void a_poll_with_many_packets(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = MERGE & ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
		.queue_size = 256,
	};
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, round, kicks;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	verdict = XDP_TX;
	for (round = 0; round < 10; round++) {
		kicks = t->tx->kicks;
		for (i = 0; i < 40; i++)
			fill_packet(t, i);
		tnet_deliver(t);
		for (i = 0; i < 40; i++) {
			const struct vfe_mock_seg *seg = t->chain->segs;

			KUNIT_ASSERT_TRUE(test, tnet_read(t));
			seg += t->chain->out - 1;
			KUNIT_EXPECT_EQ(test, *(u8 *)vfe_mock_mem(seg->addr +
								  seg->len - 1),
					i);
			tnet_sent(t);
		}
		KUNIT_EXPECT_EQ(test, t->tx->kicks, kicks + 1);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
	}
	KUNIT_EXPECT_EQ(test, rx_drops(t), 0ULL);
	verdict = XDP_PASS;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* The mock's hook: a packet comes with the notification of new buffers. */
static bool arrive_at_refill(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_NOTIFY) {
		m->knobs.access = NULL;
		fill_packet(m->knobs.priv, 0);
	}
	return false;
}

/* NAPI must find the transmit queue open. */
static void packets_while_the_interface_comes_up(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, n, before;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	verdict = XDP_TX;
	t->m->knobs.priv = t;
	for (i = 0; i < 5; i++) {
		tnet_close(t);
		for (n = 0; n < 50; n++)
			fill_packet(t, 0);
		vfe_mock_set_avail_event(t->rx, vfe_mock_avail_idx(t->rx));
		before = seen;
		t->m->knobs.access = arrive_at_refill;
		KUNIT_ASSERT_EQ(test, tnet_open(t), 0);
		KUNIT_ASSERT_NULL(test, t->m->knobs.access);
		KUNIT_EXPECT_EQ(test, seen, before + 1);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 1U);
	}
	KUNIT_EXPECT_EQ(test, rx_drops(t), 0ULL);
	verdict = XDP_PASS;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* More packets than the transmit ring takes are dropped, none is lost. */
static void a_full_ring_of_packets_sent_back(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, sent;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	verdict = XDP_TX;
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
	sent = tnet_take_all(t);
	KUNIT_EXPECT_GT(test, sent, 16U);
	KUNIT_EXPECT_EQ(test, sent + rx_drops(t), 300U);
	/* the stack and the program share the ring */
	for (i = 0; i < 200; i++) {
		tnet_send(t, tnet_frame(t, 100, i));
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
		if (i % 7 == 0)
			tnet_take_and_interrupt(t);
	}
	tnet_take_and_interrupt(t);
	msleep(1000);
	tnet_take_and_interrupt(t);
	verdict = XDP_PASS;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/*
 * The device uses nothing of a full ring. Packets that find no room in it must
 * not keep the watchdog from the queue.
 */
static void a_stuck_ring_of_packets_sent_back(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = MERGE | BIT_ULL(VIRTIO_F_RING_RESET),
	};
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	verdict = XDP_TX;
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
	KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq));
	for (i = 0; i < 30 && !t->tx->resets; i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
		msleep(1000);
	}
	KUNIT_EXPECT_EQ(test, t->tx->resets, 1U);
	msleep(1000);
	verdict = XDP_PASS;
	tnet_take_all(t);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* Redirected packets leave by ndo_xdp_xmit(), all of a poll in one batch. */
static void packets_that_are_redirected(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	use_old_buffers(t);
	to = t->dev->ifindex;
	for (i = 0; i < 40; i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, i));
		tnet_arrive_merged(t, 3, 400, 3);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 2U);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
	}
	KUNIT_EXPECT_EQ(test, rx_drops(t), 0ULL);
	KUNIT_EXPECT_EQ(test,
			u64_stats_read(&t->vn->rxq[0].stats.xdp_redirects),
			80ULL);
	to = 0;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- several buffers --- */

static void packets_of_several_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *frags = make_prog(test, true);
	struct bpf_prog *plain = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, n;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, frags), 0);
	for (i = 0; i < 2; i++) {
		for (n = 2; n <= 17; n++) {
			verdict = n % 3 ? XDP_PASS : XDP_TX;
			tnet_arrive_merged(t, n, 1400, n);
			KUNIT_EXPECT_EQ(test, seen_len,
					1400 + (n - 1) * (1400 + HDR));
			tnet_take_and_interrupt(t);
		}
		KUNIT_EXPECT_GT(test, skb_queue_len(&t->got), 8U);
		skb_queue_purge(&t->got);
	}
	verdict = XDP_DROP;
	tnet_arrive_merged(t, 5, 1400, 5);
	/* more than an skb has fragments */
	before = rx_drops(t);
	tnet_arrive_merged(t, 25, 1400, 25);
	KUNIT_EXPECT_EQ(test, rx_drops(t), before + 1);
	/* without fragments it is copied into the first buffer, or lost */
	KUNIT_ASSERT_EQ(test, load(t, plain), 0);
	verdict = XDP_PASS;
	tnet_arrive_merged(t, 3, 500, 3);
	KUNIT_EXPECT_EQ(test, seen_len, 500 + 2 * (500 + HDR));
	KUNIT_EXPECT_EQ(test, skb_queue_len(&t->got), 1U);
	skb_queue_purge(&t->got);
	before = rx_drops(t);
	tnet_arrive_merged(t, 10, 1400, 10);
	KUNIT_EXPECT_EQ(test, rx_drops(t), before + 1);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- loading --- */

static void load_and_unload_under_traffic(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *a = make_prog(test, true), *b = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, load(t, i % 2 ? a : b), 0);
		verdict = i % 3 ? XDP_TX : XDP_PASS;
		tnet_send_many(t, 5);
		tnet_arrive(t, NULL, 400, i);
		if (i % 4 == 0)
			KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_arrive(t, NULL, 400, i);
		if (i % 5 == 0) {
			tnet_close(t);
			KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
		}
		tnet_take_and_interrupt(t);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	skb_queue_purge(&t->got);
	tnet_take_and_interrupt(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/*
 * Packets are in flight while programs come and go, and their frames beside
 * them: BQL counts the stack's packets, all of them, at any time.
 */
static void bql_while_programs_come_and_go(struct kunit *test)
{
	struct bpf_prog *a = make_prog(test, true), *b = make_prog(test, false);
	struct tnet *t = switch_up(test);
	const unsigned int n = 10;
	unsigned int i;

	if (!IS_ENABLED(CONFIG_BQL))
		kunit_skip(test, "needs BQL");
	tnet_no_bql_limit(t);
	for (i = 0; i < 24; i++) {
		KUNIT_EXPECT_EQ(test, tnet_send_many(t, n), n);
		KUNIT_EXPECT_EQ(test, tnet_bql(t, 0), n * ETH_ZLEN);
		KUNIT_ASSERT_EQ(test, load(t, i % 3 == 2 ? NULL :
					      i % 3 ? a : b), 0);
		KUNIT_EXPECT_EQ_MSG(test, tnet_bql(t, 0), n * ETH_ZLEN,
				    "load %u", i);
		verdict = XDP_TX;
		tnet_arrive(t, NULL, 300, i);
		KUNIT_EXPECT_EQ_MSG(test, tnet_bql(t, 0), n * ETH_ZLEN,
				    "packet %u", i);
		verdict = XDP_PASS;
		skb_queue_purge(&t->got);
		if (i % 4 == 3) {
			tnet_close(t);
			KUNIT_EXPECT_EQ(test, load(t, i % 8 == 7 ? a : b), 0);
			KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
			KUNIT_EXPECT_EQ_MSG(test, tnet_bql(t, 0), n * ETH_ZLEN,
					    "open %u", i);
		}
		/* the stack's packets are in front of the program's */
		KUNIT_EXPECT_TRUE(test, tnet_take(t));
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_EQ_MSG(test, tnet_bql(t, 0), (n - 1) * ETH_ZLEN,
				    "one sent %u", i);
		tnet_take_all(t);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_EQ_MSG(test, tnet_bql(t, 0), 0U, "sent %u", i);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/*
 * The ring is full, and the stack waits for an interrupt. A frame of XDP takes
 * buffers back, and wakes the stack: the interrupt is no longer needed.
 */
static void a_frame_that_ends_a_wait(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int i, j;

	tnet_no_bql_limit(t);
	for (i = 0; i < 5; i++) {
		while (!netif_xmit_stopped(nq))
			tnet_xmit(t, tnet_frame(t, 100, i));
		/* not so many that an interrupt comes */
		for (j = 0; j < 25; j++)
			KUNIT_ASSERT_TRUE(test, tnet_take(t));
		KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq));
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 1);
		KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
		/* nobody waits any more */
		KUNIT_EXPECT_FALSE(test, tnet_take_and_interrupt(t));
		msleep(30);
		KUNIT_EXPECT_EQ(test, vfe_net_tx_pending(&t->vn->txq[0]), 0U);
	}
	tnet_expect_no_bql(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Frames in the ring are freed by a reset; the program stays. */
static void resets_with_a_program(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct device *dev = &t->m->pdev->dev;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	for (i = 0; i < 4; i++) {
		verdict = XDP_TX;
		tnet_arrive(t, NULL, 400, i);
		tnet_send_many(t, 10);
		if (i % 2) {
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		} else {
			vfe_mock_needs_reset(t->m);
		}
		tnet_wait_live(t);
		tnet_expect_no_bql(t);
		verdict = XDP_PASS;
		tnet_expect_works(t);
		expect_sent_back(t);
	}
	tnet_arrive(t, NULL, 400, i);
	tnet_close(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* A program sees no packets that were merged, or lack their checksum. */
static void offloads_are_off_while_a_program_is_loaded(struct kunit *test)
{
	struct ethtool_channels channels = { .combined_count = 2 };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = switch_up(test);
	int err;

	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, load(t, prog), 0);
	t->ack = VIRTIO_NET_OK;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, seen, 0U);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	KUNIT_EXPECT_EQ(test, tnet_offloads_sent(t), 0ULL);
	tnet_expect_works(t);
	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 9000), -EINVAL);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 1400), 0);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	KUNIT_EXPECT_EQ(test, tnet_offloads_sent(t), LARGE);
	tnet_expect_works(t);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 9000), 0);
	rtnl_unlock();
	/* a program without fragments cannot see frames of that MTU */
	KUNIT_EXPECT_EQ(test, load(t, prog), -EINVAL);
	tnet_clean(t);
}

static void devices_that_programs_cannot_use(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE | LARGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netdev_bpf bpf = { .command = XDP_SETUP_PROG_HW };
	int err;

	KUNIT_EXPECT_EQ(test, load(t, prog), -EOPNOTSUPP);
	rtnl_lock();
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- frames from other interfaces --- */

static void frames_of_other_interfaces(struct kunit *test)
{
	unsigned int i, n, sent;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct tnet *t = tnet_up(test, &spec, NULL);

		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 0),
					   XDP_XMIT_FLUSH), 1);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 1);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 2U);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64), 1U << 31),
				-EINVAL);
		for (n = 0, sent = 0; n < 200; n++)
			sent += xmit(t, make_frame(test, n % 2 * 64), 0);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 0);
		KUNIT_EXPECT_GT(test, sent, 16U);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), sent);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		tnet_expect_works(t);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 1);
		tnet_close(t);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), -ENETDOWN);
		tnet_clean(t);
	}
}

/*
 * Frames fill the ring before they are flushed, so that the stack waits: the
 * device gets them, and its interrupt wakes the queue.
 */
static void frames_before_a_flush(struct kunit *test)
{
	struct netdev_queue *nq;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct tnet *t = tnet_up(test, &spec, NULL);

		nq = netdev_get_tx_queue(t->dev, 0);
		tnet_no_bql_limit(t);
		tnet_xmit(t, tnet_frame(t, 60, 1));
		while (!netif_xmit_stopped(nq))
			KUNIT_ASSERT_EQ(test,
					xmit(t, make_frame(test, 64), 0), 1);
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_GT(test, vfe_mock_available(t->tx), 1U);
		KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
		KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
		tnet_clean(t);
	}
}

/* The flush does not come, on an idle ring and beside a packet. */
static void frames_without_a_flush(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	tnet_no_bql_limit(t);
	for (i = 0; i < 4; i++) {
		if (i % 2)
			tnet_xmit(t, tnet_frame(t, 60, 1));
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64), 0), 1);
		if (i % 2)
			KUNIT_EXPECT_TRUE(test, tnet_take(t));
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 1U);
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_EQ(test, vfe_net_tx_pending(&t->vn->txq[0]), 0U);
	}
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(any_layout),
	KUNIT_CASE(decisions),
	KUNIT_CASE(bytes_of_a_program),
	KUNIT_CASE(a_packet_without_headroom),
	KUNIT_CASE(a_program_that_asks_for_the_hash),
	KUNIT_CASE(a_hash_and_a_checksum_of_the_device),
	KUNIT_CASE(a_poll_with_many_packets),
	KUNIT_CASE(packets_while_the_interface_comes_up),
	KUNIT_CASE(a_full_ring_of_packets_sent_back),
	KUNIT_CASE(a_stuck_ring_of_packets_sent_back),
	KUNIT_CASE(packets_that_are_redirected),
	KUNIT_CASE(packets_of_several_buffers),
	KUNIT_CASE(load_and_unload_under_traffic),
	KUNIT_CASE(bql_while_programs_come_and_go),
	KUNIT_CASE(a_frame_that_ends_a_wait),
	KUNIT_CASE(resets_with_a_program),
	KUNIT_CASE(offloads_are_off_while_a_program_is_loaded),
	KUNIT_CASE(devices_that_programs_cannot_use),
	KUNIT_CASE(frames_of_other_interfaces),
	KUNIT_CASE(frames_before_a_flush),
	KUNIT_CASE(frames_without_a_flush),
	{}
};

VFE_SUITE(cases);

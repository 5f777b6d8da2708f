// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables of packets of several pieces: the device keeps packets, and
 * the ring fills.
 */
#include "lib/net_packet.h"

#define FRAGS	3U
#define PIECES	(1 + FRAGS)
#define LEN	(112 + FRAGS * TNET_FRAG)

#define RING	128U
#define SMALL	32U

/* Packets that a ring takes without tables, until a full skb has no room */
#define NO_TABLES DIV_ROUND_UP(RING - VFE_NET_MAX_SEGS + 1, PIECES)

static const u64 kinds[] = {
	TNET_FEATURES,
	TNET_FEATURES | BIT_ULL(VIRTIO_F_IN_ORDER),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED) |
		BIT_ULL(VIRTIO_F_IN_ORDER),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED) |
		BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	TNET_FEATURES & ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET),
};

/* The device keeps packets; the ring stops the queue, not BQL. */
static struct tnet *keeping(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = {
		.features = features, .queue_size = RING,
		.translated = features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);

	tnet_no_bql_limit(t);
	return t;
}

/* Chains that leave a quarter of the ring, and room for a full skb */
static unsigned int chains_of(struct tnet *t)
{
	unsigned int most = vfe_queue_capacity(t->vn->txq[0].vq);

	return (most - max(most / 4, VFE_NET_MAX_SEGS + 0U)) / PIECES;
}

/* With tables behind them, until a full skb has no room */
static unsigned int most_of(struct tnet *t)
{
	unsigned int most = vfe_queue_capacity(t->vn->txq[0].vq);
	unsigned int chains = chains_of(t);

	return most - VFE_NET_MAX_SEGS + 1 - chains * (PIECES - 1);
}

/* After a stop, all have tables. */
static unsigned int all_tables(struct tnet *t)
{
	return vfe_queue_capacity(t->vn->txq[0].vq) - VFE_NET_MAX_SEGS + 1;
}

static unsigned int pending(struct tnet *t)
{
	return vfe_net_tx_pending(&t->vn->txq[0]);
}

/* Sends until the queue stops. Return: the number of packets */
static unsigned int fill_up(struct tnet *t)
{
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int n;

	for (n = 0; n < RING && !netif_xmit_stopped(nq); n++)
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, n));
	return n;
}

/* The same, with an empty ring */
static unsigned int fill(struct tnet *t)
{
	unsigned int n = fill_up(t);

	KUNIT_EXPECT_EQ(t->test, pending(t), n);
	return n;
}

/* The device sends the packets of fill(): all their bytes are there. */
static void expect_packets(struct tnet *t, unsigned int chains, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_TRUE_MSG(t->test, tnet_read(t), "packet %u", i);
		KUNIT_EXPECT_EQ_MSG(t->test, t->chain->indirect, i >= chains,
				    "packet %u", i);
		KUNIT_EXPECT_EQ(t->test, t->chain->out, PIECES);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_len(t), LEN);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 0), 0);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 111), 0x21);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 112), i);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, LEN - 1),
				i + FRAGS - 1);
		tnet_sent(t);
	}
	KUNIT_EXPECT_FALSE(t->test, tnet_take(t));
}

/* The driver takes all packets back, without waiting for its timer. */
static void take_back(struct tnet *t)
{
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
	KUNIT_EXPECT_EQ(t->test, pending(t), 0U);
	KUNIT_EXPECT_FALSE(t->test,
			   netif_xmit_stopped(netdev_get_tx_queue(t->dev, 0)));
}

static void a_ring_that_fills_has_tables(struct kunit *test)
{
	unsigned int i, round;
	struct tnet *t;

	VFE_DUTY(test, "S05", "2.7.5.3.1", "a packet by an indirect table");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		KUNIT_EXPECT_EQ_MSG(test, fill(t), most_of(t),
				    "features %#llx", kinds[i]);
		expect_packets(t, chains_of(t), most_of(t));
		take_back(t);
		for (round = 0; round < 4; round++) {
			KUNIT_EXPECT_EQ_MSG(test, fill(t), all_tables(t),
					    "features %#llx", kinds[i]);
			expect_packets(t, 0, all_tables(t));
			take_back(t);
		}
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* The queue that stops while it has tables is woken by an interrupt. */
static void a_stopped_queue_has_an_interrupt(struct kunit *test)
{
	unsigned int i, round;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		for (round = 0; round < 4; round++) {
			fill(t);
			KUNIT_EXPECT_TRUE_MSG(test, tnet_take_and_interrupt(t),
					      "features %#llx", kinds[i]);
			KUNIT_EXPECT_EQ(test, pending(t), 0U);
		}
		tnet_clean(t);
	}
}

/* The device keeps up, though nobody looks: no table */
static void a_device_that_keeps_up_has_chains(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);
	unsigned int i;

	for (i = 0; i < 500; i++) {
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
		KUNIT_ASSERT_TRUE(test, tnet_take(t));
		KUNIT_EXPECT_FALSE_MSG(test, t->chain->indirect, "packet %u",
				       i);
	}
	KUNIT_EXPECT_EQ(test, u64_stats_read(&t->vn->txq[0].stats.tables),
			0ULL);
	tnet_clean(t);
}

/*
 * Once the ring is nearly full, packets have tables until it is nearly empty, if
 * the queue does not stop.
 */
static void tables_until_the_ring_is_nearly_empty(struct kunit *test)
{
	unsigned int i, k, n;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		for (n = 0; n < chains_of(t) + 4; n++)
			tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, n));
		for (; pending(t); n--) {
			/* both go on, down to an eighth of the ring */
			for (k = 0; n > RING / 8 + 1 && k < 8; k++) {
				KUNIT_ASSERT_TRUE(test, tnet_take(t));
				vfe_mock_interrupt(t->tx);
				tnet_run_softirqs();
				KUNIT_EXPECT_TRUE(test, t->vn->txq[0].tables);
				tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
			}
			KUNIT_ASSERT_TRUE(test, tnet_take(t));
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
		}
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->txq[0].stats.stops),
				0ULL);
		KUNIT_EXPECT_FALSE(test, t->vn->txq[0].tables);
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
		expect_packets(t, 1, 1);
		take_back(t);
		tnet_clean(t);
	}
}

/* After a stop, the next packets have tables though the ring is empty. */
static void tables_after_a_stop(struct kunit *test)
{
	unsigned int i, k, more;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		more = 8 * vfe_queue_capacity(t->vn->txq[0].vq);
		fill(t);
		tnet_take_all(t);
		take_back(t);
		for (k = 0; k < more; k++) {
			tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
			expect_packets(t, 0, 1);
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
		}
		for (k = 0; k < 100; k++) {
			tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
			expect_packets(t, 1, 1);
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
		}
		tnet_clean(t);
	}
}

/* The header of a clone has a piece of its own, in the skb. */
static void clones_have_a_header_apart(struct kunit *test)
{
	struct sk_buff_head held;
	unsigned int i, n = 0;
	struct sk_buff *skb;
	struct tnet *t;

	skb_queue_head_init(&held);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		while (!netif_xmit_stopped(netdev_get_tx_queue(t->dev, 0))) {
			skb = tnet_frame_with_frags(t, FRAGS, 7);
			skb_queue_tail(&held, skb);
			skb = skb_clone(skb, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, skb);
			tnet_xmit(t, skb);
		}
		for (n = 0; tnet_read(t); n += t->chain->indirect) {
			KUNIT_EXPECT_EQ(test, t->chain->out, PIECES + 1);
			KUNIT_EXPECT_EQ(test, tnet_chain_len(t), LEN);
			KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 112), 7);
			tnet_sent(t);
		}
		KUNIT_EXPECT_GT(test, n, 0U);
		take_back(t);
		skb_queue_purge(&held);
		tnet_clean(t);
	}
}

/* A packet of one piece needs no table. */
static void a_packet_of_one_piece_has_none(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);

	while (!netif_xmit_stopped(nq))
		tnet_xmit(t, tnet_frame(t, 100, 1));
	KUNIT_EXPECT_EQ(test, pending(t), RING - VFE_NET_MAX_SEGS + 1);
	while (tnet_take(t))
		KUNIT_EXPECT_FALSE(test, t->chain->indirect);
	take_back(t);
	tnet_clean(t);
}

static void without_indirect_desc_there_are_none(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES &
				  ~BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC));

	KUNIT_EXPECT_EQ(test, fill(t), NO_TABLES);
	expect_packets(t, NO_TABLES, NO_TABLES);
	take_back(t);
	/* nor is one tried */
	KUNIT_EXPECT_FALSE(test, t->vn->txq[0].tables);
	tnet_clean(t);
}

/* No memory for a table: the packet has a chain, and is not dropped. */
static void no_memory_for_a_table(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	struct sk_buff *skb;
	unsigned int n;

	fail_require(test);
	for (n = 0; !netif_xmit_stopped(nq); n++) {
		skb = tnet_frame_with_frags(t, FRAGS, n);
		fail_from(1);
		tnet_xmit(t, skb);
		fail_end();
	}
	KUNIT_EXPECT_EQ(test, n, NO_TABLES);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&t->vn->txq[0].stats.drops), 0ULL);
	expect_packets(t, NO_TABLES, NO_TABLES);
	take_back(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Fills the ring until the next packet would get a table. */
static void fill_with_chains(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < chains_of(t); i++)
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, i));
}

/* Each piece in turn cannot be mapped: the packet is dropped and counted. */
static void pieces_that_cannot_be_mapped(struct kunit *test)
{
	struct sk_buff *skb;
	unsigned int i;
	struct tnet *t;
	void *piece;

	tnet_require_hide(test);
	t = keeping(test, TNET_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	fill_with_chains(t);
	for (i = 0; i < 4 * PIECES; i++) {
		skb = tnet_frame_with_frags(t, FRAGS, i);
		piece = i % PIECES ?
			skb_frag_address(&skb_shinfo(skb)->frags[i % PIECES - 1]) :
			skb->data;
		vfe_mock_hide(t->m, piece);
		tnet_xmit(t, skb);
		vfe_mock_hide(t->m, NULL);
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->txq[0].stats.drops),
				i + 1ULL);
		KUNIT_EXPECT_EQ(test, pending(t), chains_of(t));
	}
	expect_packets(t, chains_of(t), chains_of(t));
	take_back(t);
	tnet_clean(t);
}

/* A ring that broke takes no table, either. */
static void a_table_for_a_broken_ring(struct kunit *test)
{
	struct tnet *t;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		fill_with_chains(t);
		t->vn->txq[0].vq->broken = true;
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
		t->vn->txq[0].vq->broken = false;
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->txq[0].stats.drops),
				1ULL);
		expect_packets(t, chains_of(t), chains_of(t));
		take_back(t);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* The device asks for a reset, which drops what it has not sent. */
static void reset(struct tnet *t)
{
	unsigned int i;

	vfe_mock_needs_reset(t->m);
	for (i = 0; i < 50 && pending(t); i++)
		msleep(100);
	tnet_wait_live(t);
	KUNIT_EXPECT_EQ(t->test, pending(t), 0U);
}

/* Resets of the device and unbinding free what has tables in the ring. */
static void a_reset_frees_tables(struct kunit *test)
{
	struct tnet *t;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		fill(t);
		reset(t);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
		tnet_no_bql_limit(t);
		fill(t);
		tnet_clean(t);
	}
}

/* What the old ring had is dropped, and the new one has tables. */
static void a_ring_of_another_size(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES |
				       BIT_ULL(VIRTIO_F_RING_RESET));

	fill(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, RING, SMALL, NULL), 0);
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_no_bql_limit(t);
	KUNIT_EXPECT_EQ(test, fill(t), most_of(t));
	expect_packets(t, chains_of(t), most_of(t));
	take_back(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, RING, RING, NULL), 0);
	tnet_no_bql_limit(t);
	KUNIT_EXPECT_EQ(test, fill(t), most_of(t));
	expect_packets(t, chains_of(t), most_of(t));
	take_back(t);
	tnet_clean(t);
}

/* Netpoll takes them back with interrupts disabled. */
static void netpoll_frees_tables(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);

	fill(t);
	tnet_take_all(t);
	tnet_netpoll(t);
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_ring_that_fills_has_tables),
	KUNIT_CASE(a_stopped_queue_has_an_interrupt),
	KUNIT_CASE(a_device_that_keeps_up_has_chains),
	KUNIT_CASE(tables_until_the_ring_is_nearly_empty),
	KUNIT_CASE(tables_after_a_stop),
	KUNIT_CASE(clones_have_a_header_apart),
	KUNIT_CASE(a_packet_of_one_piece_has_none),
	KUNIT_CASE(without_indirect_desc_there_are_none),
	KUNIT_CASE(no_memory_for_a_table),
	KUNIT_CASE(pieces_that_cannot_be_mapped),
	KUNIT_CASE(a_table_for_a_broken_ring),
	KUNIT_CASE(a_reset_frees_tables),
	KUNIT_CASE(a_ring_of_another_size),
	KUNIT_CASE(netpoll_frees_tables),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables of packets of several pieces: the device keeps packets, and
 * the ring fills.
 */
#include "lib/net_packet.h"

#define FRAGS	3U
#define PIECES	(1 + FRAGS)
#define LEN	(112 + FRAGS * TNET_FRAG)

/*
 * Packets that a ring takes until it has no room for a full skb: chains up to
 * the middle, tables from there on. Without tables: chains alone
 */
#define RING	128U
#define CHAINS	(RING / 2 / PIECES + 1)
#define TABLES	(RING - CHAINS * PIECES - VFE_NET_MAX_SEGS + 1)
#define NO_TABLES DIV_ROUND_UP(RING - VFE_NET_MAX_SEGS + 1, PIECES)

/* A small one has tables from the second packet on. */
#define SMALL	32U
#define IN_SMALL (1 + SMALL - PIECES - VFE_NET_MAX_SEGS + 1)

static const u64 kinds[] = {
	TNET_FEATURES,
	TNET_FEATURES | BIT_ULL(VIRTIO_F_IN_ORDER),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
	TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED) |
		BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
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

static unsigned int pending(struct tnet *t)
{
	return vfe_net_tx_pending(&t->vn->txq[0]);
}

/* Sends until the queue stops. Return: the number of packets */
static unsigned int fill(struct tnet *t)
{
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int n;

	for (n = 0; n < 100 && !netif_xmit_stopped(nq); n++)
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, n));
	KUNIT_EXPECT_EQ(t->test, pending(t), n);
	return n;
}

/* The device sends the packets of fill(): all their bytes are there. */
static void expect_packets(struct tnet *t, unsigned int chains, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_TRUE_MSG(t->test, tnet_take(t), "packet %u", i);
		KUNIT_EXPECT_EQ_MSG(t->test, t->chain->indirect, i >= chains,
				    "packet %u", i);
		KUNIT_EXPECT_EQ(t->test, t->chain->out, PIECES);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_len(t), LEN);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 0), 0);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 111), 0x21);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, 112), i);
		KUNIT_EXPECT_EQ(t->test, tnet_chain_byte(t, LEN - 1),
				i + FRAGS - 1);
	}
	KUNIT_EXPECT_FALSE(t->test, tnet_take(t));
}

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

	VFE_DUTY(test, "N02", "2.7.5.3", "a packet by an indirect table");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		t = keeping(test, kinds[i]);
		for (round = 0; round < 4; round++) {
			KUNIT_EXPECT_EQ_MSG(test, fill(t), CHAINS + TABLES,
					    "features %#llx", kinds[i]);
			expect_packets(t, CHAINS, CHAINS + TABLES);
			take_back(t);
		}
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* The device keeps up: no table */
static void a_ring_that_has_room_has_chains(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);
	unsigned int i;

	for (i = 0; i < 100; i++) {
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
		expect_packets(t, 1, 1);
		take_back(t);
	}
	tnet_clean(t);
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

/* Fills the ring as far as the next packet has a table. */
static void fill_half(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < CHAINS; i++)
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
	fill_half(t);
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
		KUNIT_EXPECT_EQ(test, pending(t), CHAINS);
	}
	expect_packets(t, CHAINS, CHAINS);
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
		fill_half(t);
		t->vn->txq[0].vq->broken = true;
		tnet_xmit(t, tnet_frame_with_frags(t, FRAGS, 0));
		t->vn->txq[0].vq->broken = false;
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->txq[0].stats.drops),
				1ULL);
		expect_packets(t, CHAINS, CHAINS);
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
	KUNIT_EXPECT_EQ(test, fill(t), IN_SMALL);
	expect_packets(t, 1, IN_SMALL);
	take_back(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, RING, RING, NULL), 0);
	tnet_no_bql_limit(t);
	KUNIT_EXPECT_EQ(test, fill(t), CHAINS + TABLES);
	expect_packets(t, CHAINS, CHAINS + TABLES);
	take_back(t);
	tnet_clean(t);
}

/* Netpoll takes them back with interrupts disabled. */
static void netpoll_frees_tables(struct kunit *test)
{
	struct tnet *t = keeping(test, TNET_FEATURES);
	struct napi_struct *napi = &t->vn->rxq[0].napi;
	unsigned long flags;

	fill(t);
	tnet_take_all(t);
	local_irq_save(flags);
	KUNIT_EXPECT_EQ(test, napi->poll(napi, 0), 0);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_ring_that_fills_has_tables),
	KUNIT_CASE(a_ring_that_has_room_has_chains),
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

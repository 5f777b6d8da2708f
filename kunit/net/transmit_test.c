// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: descriptors of a packet, kicks, a ring that fills, interrupts for
 * those who wait, and buffers that nobody waits for.
 */
#include <linux/pm.h>
#include <linux/udp.h>
#include <net/dst_metadata.h>
#include <net/sock.h>

#include "lib/net_packet.h"

static unsigned int pending(struct tnet *t)
{
	return vfe_net_tx_pending(&t->vn->txq[0]);
}

static void a_packet_is_one_descriptor(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	VFE_DUTY(test, "N02", "5.1.9.2.1", "the header comes before the packet");
	KUNIT_EXPECT_EQ(test, tnet_send(t, tnet_frame(t, 200, 0x17)), 0);
	KUNIT_EXPECT_EQ(test, t->tx->kicks, 1U);
	KUNIT_ASSERT_TRUE(test, tnet_read(t));
	KUNIT_EXPECT_EQ(test, t->chain->out, 1U);
	KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 212U);
	KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 0), 0);
	KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 12), 0xff);
	KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 211), 0x17);
	tnet_sent(t);
	tnet_clean(t);
}

/* 5.1.9.2: a legacy device without ANY_LAYOUT reads the header alone. */
static void a_legacy_device_gets_the_header_apart(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.legacy = true, .device = VFE_PCI_OLD_NET,
		.features = BIT_ULL(VIRTIO_NET_F_MAC),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);

	KUNIT_EXPECT_EQ(test, tnet_send(t, tnet_frame(t, 200, 0x17)), 0);
	KUNIT_ASSERT_TRUE(test, tnet_take(t));
	KUNIT_EXPECT_EQ(test, t->chain->out, 2U);
	KUNIT_EXPECT_EQ(test, t->chain->segs[0].len, 10U);
	KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 210U);
	tnet_clean(t);
}

static struct sk_buff *frame_with_frags(struct tnet *t, unsigned int n)
{
	return tnet_frame_with_frags(t, n, 0x30);
}

/*
 * AF_XDP without zero copy gives skbs whose bytes are all in pages; no
 * descriptor is empty, whether the header has room before them or not.
 */
static void no_bytes_beside_fragments(struct kunit *test)
{
	static const unsigned int headrooms[] = { 0, 64 };
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb;
	struct page *page;
	unsigned int i, k;

	KUNIT_EXPECT_TRUE(test, t->dev->priv_flags & IFF_TX_SKB_NO_LINEAR);
	for (i = 0; i < ARRAY_SIZE(headrooms); i++) {
		skb = alloc_skb(headrooms[i], GFP_KERNEL);
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_ASSERT_NOT_NULL(test, page);
		skb_reserve(skb, headrooms[i]);
		memset(page_address(page), 0x44, PAGE_SIZE);
		skb_add_rx_frag(skb, 0, page, 0, 200, PAGE_SIZE);
		skb->dev = t->dev;
		tnet_xmit(t, skb);
		KUNIT_ASSERT_TRUE(test, tnet_read(t));
		KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 212U);
		for (k = 0; k < t->chain->out; k++)
			KUNIT_EXPECT_GT(test, t->chain->segs[k].len, 0U);
		KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 12), 0x44);
		tnet_sent(t);
	}
	tnet_clean(t);
}

static void fragments_have_descriptors(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	KUNIT_EXPECT_EQ(test, tnet_send(t, frame_with_frags(t, 3)), 0);
	KUNIT_ASSERT_TRUE(test, tnet_read(t));
	KUNIT_EXPECT_EQ(test, t->chain->out, 4U);
	KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 262U);
	KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 112), 0x30);
	KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 261), 0x32);
	tnet_sent(t);
	tnet_clean(t);
}

/*
 * A ring of 4 holds no skb of 18 pieces. Interface and stack agree on
 * something that fits.
 */
static void a_tiny_ring_sends_any_packet(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queue_size = 4 };
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test,
				tnet_send(t, frame_with_frags(t, MAX_SKB_FRAGS)),
				0);
		/* the queue may have been stopped before: the qdisc has it */
		tnet_run_softirqs();
		KUNIT_ASSERT_TRUE_MSG(test, tnet_take(t), "packet %u", i);
		KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 112 + 50 * MAX_SKB_FRAGS);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
	}
	tnet_clean(t);
}

/* --- mappings that fail --- */

static u64 drops(struct tnet *t)
{
	return u64_stats_read(&t->vn->txq[0].stats.drops);
}

#define PIECES	5U	/* header, head, fragments */

/* The memory of a piece that the driver maps */
static void *piece_of(struct sk_buff *skb, unsigned int i)
{
	if (!i)
		return skb->cb;
	if (i == 1)
		return skb->data;
	return skb_frag_address(&skb_shinfo(skb)->frags[i - 2]);
}

/*
 * Each piece in turn cannot be mapped, more often than there are descriptors:
 * the packet is dropped and counted, no mapping stays, the next one is sent.
 */
static void mappings_that_fail(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = TNET_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
		.translated = true,
	};
	struct sk_buff *skb, *held;
	unsigned int i;
	struct tnet *t;
	u64 before;

	tnet_require_hide(test);
	t = tnet_up(test, &spec, NULL);
	tnet_no_bql_limit(t);
	for (i = 0; i < 200; i++) {
		held = frame_with_frags(t, PIECES - 2);
		/* the header has a piece of its own */
		skb = skb_clone(held, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		before = drops(t);
		vfe_mock_hide(t->m, piece_of(skb, i % PIECES));
		tnet_xmit(t, skb);
		vfe_mock_hide(t->m, NULL);
		KUNIT_EXPECT_EQ_MSG(test, drops(t), before + 1, "piece %u",
				    i % PIECES);
		KUNIT_EXPECT_FALSE(test, tnet_take(t));
		KUNIT_EXPECT_EQ(test, pending(t), 0U);
		kfree_skb(held);
		if (i % 10 == 0)
			tnet_expect_works(t);
		tnet_take_and_interrupt(t);
		msleep(20);
	}
	tnet_expect_no_bql(t);
	/* a reset unmaps what is in flight */
	for (i = 0; i < 2; i++) {
		tnet_xmit(t, frame_with_frags(t, 3));
		vfe_mock_needs_reset(t->m);
		tnet_wait_live(t);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

static void a_full_ring_stops_the_queue_and_goes_on(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int round, sent;

	/* the ring stops it, not BQL */
	tnet_no_bql_limit(t);
	for (round = 0; round < 5; round++) {
		/* more than fit: the rest waits in the qdisc */
		sent = tnet_send_many(t, 100);
		KUNIT_EXPECT_EQ(test, sent, 100U);
		KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq));
		for (sent = 0; sent < 100;) {
			unsigned int n = tnet_take_all(t);

			KUNIT_ASSERT_GT_MSG(test, n, 0U, "round %u, %u", round,
					    sent);
			sent += n;
			/* whoever stops the queue wants an interrupt */
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
		}
		KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
	}
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

/* The interrupt that wakes a stopped queue is requested from the device. */
static void a_stopped_queue_has_an_interrupt(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int i;

	tnet_send_many(t, 100);
	for (i = 0; i < 100 && netif_xmit_stopped(nq); i++)
		KUNIT_ASSERT_TRUE(test, tnet_take_and_interrupt(t));
	KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
	tnet_clean(t);
}

/* Nobody waits: no interrupt, and the timer frees the packet. */
static void the_last_packet_is_freed_within_the_bound(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	tnet_no_bql_limit(t);
	KUNIT_EXPECT_EQ(test, tnet_send(t, tnet_frame(t, 100, 1)), 0);
	KUNIT_EXPECT_FALSE(test, tnet_take_and_interrupt(t));
	KUNIT_EXPECT_EQ(test, pending(t), 1U);
	msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

/* The same while the interface is down */
static void packets_of_an_interface_that_went_down_are_freed(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	tnet_send_many(t, 10);
	tnet_close(t);
	tnet_take_all(t);
	msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void a_destructor(struct sk_buff *skb)
{
}

/* Sends packets of an owner that the driver does not know, without a qdisc. */
static void send_awaited(struct tnet *t, unsigned int n)
{
	struct sk_buff *skb;

	while (n--) {
		skb = tnet_frame(t, 100, n);
		skb->destructor = a_destructor;
		tnet_xmit(t, skb);
	}
}

/* Whoever the driver does not know may be waiting: an interrupt, at once. */
static void a_packet_that_is_awaited_has_an_interrupt(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb = tnet_frame(t, 100, 1);

	skb->destructor = a_destructor;
	KUNIT_EXPECT_EQ(test, tnet_send(t, skb), 0);
	KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

/*
 * A sender that is not held up takes back what the device has used, and needs
 * no interrupt, even if somebody may be waiting. Only the last packets have
 * one.
 */
static void a_sender_that_goes_on_has_no_interrupt(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;
	u16 old;

	send_awaited(t, 40);
	for (i = 0; i < 200; i++) {
		old = t->tx->used;
		KUNIT_ASSERT_TRUE(test, tnet_take(t));
		KUNIT_ASSERT_FALSE_MSG(test,
				       vfe_mock_wants_interrupt(t->tx, old),
				       "packet %u", i);
		send_awaited(t, 1);
	}
	KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

/*
 * A burst by xmit_more is one kick. The test is the qdisc: it holds the lock
 * and says that more follow.
 */
static void a_burst_is_one_kick(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int kicks = t->tx->kicks;
	unsigned int i;

	local_bh_disable();
	HARD_TX_LOCK(t->dev, nq, smp_processor_id());
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test,
				netdev_start_xmit(tnet_frame(t, 60, i), t->dev,
						  nq, i < 7),
				NETDEV_TX_OK);
	HARD_TX_UNLOCK(t->dev, nq);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, t->tx->kicks, kicks + 1);
	KUNIT_EXPECT_EQ(test, tnet_take_all(t), 8U);
	tnet_clean(t);
}

/*
 * netpoll: interrupts are off, and the budget is 0. (The xmit lock may be held,
 * too; but on one processor the kernel takes a trylock that fails for a bug.)
 */
static void netpoll_frees_what_was_sent(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	/* or the qdisc sends the rest as soon as the first ones are freed */
	tnet_no_bql_limit(t);
	tnet_send_many(t, 4);
	tnet_take_all(t);
	tnet_netpoll(t);
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	tnet_clean(t);
}

/* Sends without a qdisc, and without a look at whether the queue is stopped */
static netdev_tx_t send_now(struct tnet *t, struct sk_buff *skb)
{
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	netdev_tx_t ret;

	local_bh_disable();
	HARD_TX_LOCK(t->dev, nq, smp_processor_id());
	ret = netdev_start_xmit(skb, t->dev, nq, false);
	HARD_TX_UNLOCK(t->dev, nq);
	local_bh_enable();
	return ret;
}

/* A sender that does not look finds the queue closed, and keeps its packet. */
static void a_closed_queue(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct device *dev = &t->m->pdev->dev;
	struct sk_buff *skb = tnet_frame(t, 100, 1);

	KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
	KUNIT_EXPECT_EQ(test, send_now(t, skb), NETDEV_TX_BUSY);
	kfree_skb(skb);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A ring of few entries: packets in pieces that the stack did not check */
static void pieces_for_a_tiny_ring(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.queue_size = 4,
		.features = TNET_FEATURES &
			    ~BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sk_buff *skb;
	unsigned int i;
	u64 before;

	tnet_no_bql_limit(t);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, send_now(t, frame_with_frags(t, 5)),
				NETDEV_TX_OK);
		KUNIT_ASSERT_TRUE(test, tnet_read(t));
		KUNIT_EXPECT_EQ(test, t->chain->out, 1U);
		KUNIT_EXPECT_EQ(test, tnet_chain_len(t), 112 + 50 * 5U);
		KUNIT_EXPECT_EQ(test, tnet_chain_byte(t, 361), 0x34);
		tnet_sent(t);
		tnet_take_and_interrupt(t);
		msleep(30);
	}
	/* there is no memory for it in one piece */
	fail_require(test);
	before = drops(t);
	skb = frame_with_frags(t, 5);
	fail_from(1);
	KUNIT_EXPECT_EQ(test, send_now(t, skb), NETDEV_TX_OK);
	fail_end();
	KUNIT_EXPECT_EQ(test, drops(t), before + 1);
	KUNIT_EXPECT_FALSE(test, tnet_take(t));
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The device sends as soon as it is notified. */
static bool sends_at_once(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct tnet *t = m->knobs.priv;

	if (a->reg != VFE_REG_NOTIFY)
		return false;
	tnet_take_all(t);
	if (!t->tx->packed)
		vfe_mock_set_avail_event(t->tx, vfe_mock_avail_idx(t->tx));
	return false;
}

/* It used the packet before an interrupt was requested: none, and it is free. */
static void a_device_that_is_faster(struct kunit *test)
{
	static const u64 layouts[] = {
		TNET_FEATURES, TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = { .features = layouts[i] };
		struct tnet *t = tnet_up(test, &spec, NULL);

		tnet_no_bql_limit(t);
		t->m->knobs.access = sends_at_once;
		for (n = 0; n < 100; n++) {
			send_awaited(t, 1);
			KUNIT_EXPECT_EQ(test, pending(t), 0U);
		}
		t->m->knobs.access = tnet_access;
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/*
 * The device uses a buffer that it does not have, and the sender finds it: its
 * packet is dropped, the ring is reset, and all works again.
 */
static void a_ring_that_breaks(struct kunit *test)
{
	static const u64 layouts[] = {
		TNET_FEATURES, TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
		TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET),
		TNET_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	};
	unsigned int i;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i],
			.translated = layouts[i] &
				      BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
		};
		struct tnet *t = tnet_up(test, &spec, NULL);

		tnet_no_bql_limit(t);
		/* so many that the next one takes them back */
		KUNIT_EXPECT_EQ(test, tnet_send_many(t, 34), 34U);
		tnet_take(t);
		vfe_mock_push(t->tx, t->tx->size + 3, 0, 1);
		before = drops(t);
		tnet_xmit(t, tnet_frame(t, 100, 1));
		KUNIT_EXPECT_EQ_MSG(test, drops(t), before + 1,
				    "features %#llx", layouts[i]);
		msleep(2000);
		tnet_wait_live(t);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

static const struct vfe_mock_spec resettable = {
	.features = TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET),
};

/* The device sends what it has, and all works. */
static void it_sends_again(struct tnet *t)
{
	tnet_take_all(t);
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
	tnet_expect_works(t);
}

/* The watchdog finds that all is sent: it takes it back, and resets nothing. */
static void a_watchdog_that_finds_all_sent(struct kunit *test)
{
	struct tnet *t = tnet_up(test, &resettable, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);

	tnet_no_bql_limit(t);
	while (!netif_xmit_stopped(nq))
		tnet_xmit(t, tnet_frame(t, 100, 1));
	tnet_take_all(t);
	vfe_mock_log_clear(t->m);
	local_bh_disable();
	t->dev->netdev_ops->ndo_tx_timeout(t->dev, 0);
	local_bh_enable();
	KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
	KUNIT_EXPECT_EQ(test, pending(t), 0U);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, t->tx->resets, 0U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), 0U);
	/* while it sleeps, the watchdog leaves it alone */
	t->m->pdev->dev.driver->pm->suspend(&t->m->pdev->dev);
	local_bh_disable();
	t->dev->netdev_ops->ndo_tx_timeout(t->dev, 0);
	local_bh_enable();
	t->m->pdev->dev.driver->pm->resume(&t->m->pdev->dev);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/*
 * A device that moves nothing may stand still with its process: while it may,
 * the driver reads no register, and goes on when the device does.
 */
static void a_device_that_stands_still(struct kunit *test)
{
	struct tnet *t = tnet_up(test, &resettable, NULL);

	tnet_send_many(t, 100);
	vfe_mock_log_clear(t->m);
	msleep(24 * 1000);
	KUNIT_EXPECT_GT(test, (u64)u64_stats_read(&t->vn->txq[0].stats.timeouts),
			2ULL);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 0U);
	KUNIT_EXPECT_EQ(test, t->tx->resets, 0U);
	it_sends_again(t);
	tnet_clean(t);
}

/* The interface goes down and up: a ring without room is still full. */
static void a_full_ring_over_down_and_up(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	u64 before;

	tnet_no_bql_limit(t);
	while (!netif_xmit_stopped(nq))
		tnet_xmit(t, tnet_frame(t, 100, 1));
	before = drops(t);
	tnet_close(t);
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq));
	tnet_send_many(t, 100);
	KUNIT_EXPECT_EQ(test, drops(t), before);
	/* an interrupt comes although the ring was filled before */
	KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
	while (pending(t))
		tnet_take_and_interrupt(t);
	KUNIT_EXPECT_FALSE(test, netif_xmit_stopped(nq));
	KUNIT_EXPECT_EQ(test, drops(t), before);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The device receives, and sends nothing: the queue is stuck, soon. */
static void a_stuck_queue_beside_others(struct kunit *test)
{
	struct tnet *t = tnet_up(test, &resettable, NULL);
	unsigned int i;

	tnet_send_many(t, 100);
	for (i = 0; i < 14 && !t->tx->resets; i++) {
		tnet_expect_receives(t, 100, i);
		msleep(1000);
	}
	KUNIT_EXPECT_EQ(test, t->tx->resets, 1U);
	msleep(1000);
	it_sends_again(t);
	tnet_clean(t);
}

/* A queue that sends nothing is reset by the watchdog, and works again. */
static void a_stuck_queue_is_reset(struct kunit *test)
{
	struct tnet *t = tnet_up(test, &resettable, NULL);
	unsigned int i;

	tnet_send_many(t, 100);
	for (i = 0; i < 60 && !t->tx->resets; i++)
		msleep(1000);
	KUNIT_EXPECT_EQ(test, t->tx->resets, 1U);
	KUNIT_EXPECT_EQ(test, t->rx->resets, 0U);
	msleep(1000);
	it_sends_again(t);
	tnet_clean(t);
}

/*
 * The reset helped for some packets only, as with a device that has another
 * size of the ring in mind: the second time the device is reset.
 */
static void a_queue_that_is_stuck_again_resets_the_device(struct kunit *test)
{
	struct tnet *t = tnet_up(test, &resettable, NULL);
	unsigned int i;

	tnet_send_many(t, 100);
	for (i = 0; i < 60 && !t->tx->resets; i++)
		msleep(1000);
	KUNIT_EXPECT_EQ(test, t->tx->resets, 1U);
	msleep(1000);
	tnet_take_all(t);
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
	vfe_mock_log_clear(t->m);
	tnet_send_many(t, 100);
	for (i = 0; i < 60 && !vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					      VFE_WRITE); i++)
		msleep(1000);
	KUNIT_EXPECT_EQ(test, t->tx->resets, 1U);
	KUNIT_EXPECT_GT(test, vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), 0U);
	msleep(2000);
	it_sends_again(t);
	tnet_clean(t);
}

/* Without RING_RESET the device is reset. */
static void a_stuck_queue_resets_the_device(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	tnet_send_many(t, 100);
	vfe_mock_log_clear(t->m);
	for (i = 0; i < 60 && !vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					      VFE_WRITE); i++)
		msleep(1000);
	for (i = 0; i < 30 && vfe_recovery_state(&t->vn->recovery) !=
				      VFE_RUN_LIVE; i++)
		msleep(1000);
	msleep(2000);
	KUNIT_EXPECT_GT(test, vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					     VFE_WRITE), 0U);
	it_sends_again(t);
	tnet_clean(t);
}

/*
 * A device may keep a packet for ever: it must not keep a route, and thereby a
 * namespace, too.
 */
static void a_packet_in_the_ring_keeps_no_route(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct sk_buff *skb = tnet_frame(t, 100, 1);
	struct metadata_dst *md;

	md = metadata_dst_alloc(0, METADATA_IP_TUNNEL, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, md);
	dst_hold(&md->dst);
	skb_dst_set(skb, &md->dst);
	tnet_xmit(t, skb);
	KUNIT_EXPECT_EQ(test, pending(t), 1U);
	KUNIT_EXPECT_EQ(test, rcuref_read(&md->dst.__rcuref), 1U);
	dst_release(&md->dst);
	tnet_clean(t);
}

/* A queue that was never stopped is not woken when it opens. */
static void wakes_are_those_of_stops(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = TNET_ALL };
	struct tnet *t = tnet_up(test, &spec, NULL);
	const struct vfe_net_tx_stats *stats = &t->vn->txq[0].stats;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		tnet_close(t);
		KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
		KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 64, 32 << (i & 1),
						     NULL), 0);
	}
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&stats->stops), 0ULL);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&stats->wakes), 0ULL);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_packet_is_one_descriptor),
	KUNIT_CASE(a_legacy_device_gets_the_header_apart),
	KUNIT_CASE(fragments_have_descriptors),
	KUNIT_CASE(no_bytes_beside_fragments),
	KUNIT_CASE(a_tiny_ring_sends_any_packet),
	KUNIT_CASE(mappings_that_fail),
	KUNIT_CASE(a_full_ring_stops_the_queue_and_goes_on),
	KUNIT_CASE(a_stopped_queue_has_an_interrupt),
	KUNIT_CASE(the_last_packet_is_freed_within_the_bound),
	KUNIT_CASE(packets_of_an_interface_that_went_down_are_freed),
	KUNIT_CASE(a_packet_that_is_awaited_has_an_interrupt),
	KUNIT_CASE(a_sender_that_goes_on_has_no_interrupt),
	KUNIT_CASE(a_burst_is_one_kick),
	KUNIT_CASE(netpoll_frees_what_was_sent),
	KUNIT_CASE(a_closed_queue),
	KUNIT_CASE(pieces_for_a_tiny_ring),
	KUNIT_CASE(a_device_that_is_faster),
	KUNIT_CASE(a_ring_that_breaks),
	KUNIT_CASE(a_watchdog_that_finds_all_sent),
	KUNIT_CASE(a_packet_in_the_ring_keeps_no_route),
	KUNIT_CASE(wakes_are_those_of_stops),
	KUNIT_CASE(a_stuck_queue_is_reset),
	KUNIT_CASE(a_device_that_stands_still),
	KUNIT_CASE(a_full_ring_over_down_and_up),
	KUNIT_CASE(a_stuck_queue_beside_others),
	KUNIT_CASE(a_queue_that_is_stuck_again_resets_the_device),
	KUNIT_CASE(a_stuck_queue_resets_the_device),
	{}
};

VFE_SUITE(cases);

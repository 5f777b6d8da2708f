// SPDX-License-Identifier: GPL-2.0
/*
 * Values at their limits: numbers of buffers that wrap, rings and MTUs that no
 * receive buffer fits, operations of many commands.
 */
#include <linux/ethtool.h>
#include <net/netdev_queues.h>

#include "lib/net_fixture.h"
#include "../../drivers/net/device_stats.h"

/* The device may send large packets, and cannot split them. */
#define BIG	((TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET)) & \
		 ~BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define TABLES	BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_F_RING_RESET))
#define STATS	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
		 BIT_ULL(VIRTIO_NET_F_MQ) | \
		 BIT_ULL(VIRTIO_NET_F_DEVICE_STATS))

/* --- numbers that wrap --- */

/*
 * A router sends packets that nobody awaits, more than 2^31 of them: it gets no
 * interrupts then, as before.
 */
static void many_packets_that_nobody_awaits(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct vfe_net_txq *txq = &t->vn->txq[0];
	u32 begin = txq->begin;
	unsigned int i, wanted = 0;

	tnet_no_bql_limit(t);
	for (i = 0; i < 8; i++) {
		/* as if 2^28 more were sent, within a second */
		local_bh_disable();
		txq->begin += BIT(28);
		txq->end += BIT(28);
		local_bh_enable();
		tnet_send_many(t, 3);
		wanted += tnet_take_and_interrupt(t);
		msleep(100);
	}
	KUNIT_EXPECT_GE(test, txq->begin - begin, (u32)BIT(31));
	tnet_send_many(t, 3);
	wanted += tnet_take_and_interrupt(t);
	KUNIT_EXPECT_EQ(test, wanted, 0U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- rings and MTUs --- */

/*
 * A buffer of 17 pages does not fit a ring of 16: it would receive nothing. A
 * table would need one descriptor, but 2.7.5.3.1 limits its length, too.
 */
static void a_ring_that_is_smaller_than_a_buffer(struct kunit *test,
						 u64 features)
{
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, t->vn->mode, VFE_NET_RX_BIG);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 16, 64, &extack), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 32, 64, &extack), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void a_ring_that_is_smaller_than_a_chain(struct kunit *test)
{
	a_ring_that_is_smaller_than_a_buffer(test, BIG & ~TABLES);
}

static void a_ring_that_is_smaller_than_a_table(struct kunit *test)
{
	a_ring_that_is_smaller_than_a_buffer(test, BIG);
}

/* On a packed ring in order, one descriptor stays free. */
static void a_packed_ring_that_is_smaller_than_a_buffer(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = (BIG & ~TABLES) | BIT_ULL(VIRTIO_F_RING_PACKED) |
			    BIT_ULL(VIRTIO_F_IN_ORDER),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);

	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 17, 64, NULL), -EINVAL);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 18, 64, NULL), 0);
	tnet_expect_works(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The same, by an MTU that needs buffers of several pages */
static void an_mtu_that_is_larger_than_a_ring(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = PLAIN & ~TABLES,
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 2, 64, &extack), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), -EINVAL);
	KUNIT_EXPECT_EQ(test, t->dev->mtu, 1500U);
	tnet_expect_works(t);
	tnet_expect_works(t);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 64, 64, &extack), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* And by an MTU whose buffers are in tables, which are as short as the ring */
static void an_mtu_that_is_larger_than_a_table(struct kunit *test)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 }, .mtu = cpu_to_le16(9000),
	};
	struct vfe_mock_spec spec = {
		.features = PLAIN | TABLES | BIT_ULL(VIRTIO_NET_F_MTU),
	};
	struct tnet *t = tnet_up(test, &spec, &config);
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, t->vn->mode, VFE_NET_RX_BIG);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 2, 64, &extack), -EINVAL);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 1500), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 2, 64, &extack), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), -EINVAL);
	tnet_expect_works(t);
	tnet_expect_works(t);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 4, 64, &extack), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- rings that packets of 64 KiB fit --- */

#define MERGED		(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET))
#define LARGEST		(12 + 14 + 65536)	/* bytes, with the headers */

/*
 * A device that merges buffers waits until there are enough for its next
 * packet, and the driver adds none before an interrupt: whatever arrives, those
 * that are there must have room for 64 KiB. All have the same size.
 */
static void try_merged(struct kunit *test, u64 features, u32 size)
{
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, size, 64, NULL), 0);
	for (i = 0; i < 70; i++) {
		tnet_expect_receives(t, i & 1 ? 200 : 1000, i);
		KUNIT_EXPECT_GE_MSG(test, vfe_mock_available(t->rx) *
				    t->chain->in_len, LARGEST, "ring of %u",
				    size);
	}
	tnet_clean(t);
}

static void rings_have_room_for_a_merged_packet(struct kunit *test)
{
	static const u32 sizes[] = { 19, 32, 43, 44, 50, 57, 64 };
	unsigned int i;

	try_merged(test, MERGED, 32);
	try_merged(test, MERGED, 64);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		try_merged(test, MERGED | BIT_ULL(VIRTIO_F_RING_PACKED),
			   sizes[i]);
}

/* No buffers of a ring of 16 are large enough: the device must not merge. */
static void a_ring_that_is_smaller_than_a_merged_packet(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = MERGED | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |
			    BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 16, 64, &extack), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
	tnet_expect_works(t);
	tnet_switch_gro(t, false);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 16, 64, NULL), 0);
	tnet_switch_gro(t, true);
	KUNIT_EXPECT_FALSE(test, t->dev->features & NETIF_F_GRO_HW);
	KUNIT_EXPECT_FALSE(test, tnet_offloads_sent(t) & VFE_NET_GRO_OFFLOADS);
	tnet_expect_works(t);
	/* frames of 9000 bytes fit into no ring of 2 */
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 2, 64, NULL), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), -EINVAL);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 64, 64, NULL), 0);
	KUNIT_EXPECT_TRUE(test, t->dev->features & NETIF_F_GRO_HW);
	KUNIT_EXPECT_TRUE(test, tnet_offloads_sent(t) & VFE_NET_GRO_OFFLOADS);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- operations of many commands --- */

static struct tnet *slow;
static unsigned int slow_ms;
static bool slow_stop;

static void answer_slowly(struct work_struct *work)
{
	while (!READ_ONCE(slow_stop)) {
		msleep(slow_ms);
		if (vfe_mock_available(slow->ctrl))
			tnet_answer(slow);
	}
}

static DECLARE_WORK(slow_work, answer_slowly);

static void reply_types(const struct tnet_command *c,
			const struct vfe_mock_seg *seg)
{
	if (c->cmd == VIRTIO_NET_CTRL_STATS_QUERY)
		put_unaligned_le64(VFE_NET_STATS_ALL,
				   vfe_mock_mem(seg->addr));
}

/* As netdev's dump of a device's queues: rtnl is held all the time. */
static void dump_queues(struct tnet *t, struct netdev_queue_stats_rx *rx0)
{
	const struct netdev_stat_ops *ops = t->dev->stat_ops;
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;
	unsigned int i;

	rtnl_lock();
	ops->get_base_stats(t->dev, &rx, &tx);
	ops->get_queue_stats_rx(t->dev, 0, rx0);
	for (i = 1; i < t->dev->real_num_rx_queues; i++)
		ops->get_queue_stats_rx(t->dev, i, &rx);
	for (i = 0; i < t->dev->real_num_tx_queues; i++)
		ops->get_queue_stats_tx(t->dev, i, &tx);
	rtnl_unlock();
}

/* A device answers each command just in time: a dump has a bound, too. */
static void statistics_of_a_slow_device(struct kunit *test)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(3),
	};
	struct vfe_mock_spec spec = { .features = STATS, .queues = 7 };
	struct tnet *t = tnet_unbound(test, &spec, &config);
	struct netdev_queue_stats_rx rx0;
	unsigned long begin;
	unsigned int i;

	t->reply = reply_types;
	tnet_bring_up(t);
	msleep(500);
	slow = t;
	slow_ms = 2000;
	slow_stop = false;
	t->silent = true;
	schedule_work(&slow_work);
	for (i = 0; i < 3; i++) {
		memset(&rx0, 0xff, sizeof(rx0));
		begin = jiffies;
		dump_queues(t, &rx0);
		KUNIT_EXPECT_LE(test, jiffies_to_msecs(jiffies - begin), 7000U);
		msleep(15000);
	}
	slow_ms = 1;
	msleep(15000);
	begin = jiffies;
	dump_queues(t, &rx0);
	KUNIT_EXPECT_LE(test, jiffies_to_msecs(jiffies - begin), 1000U);
	KUNIT_EXPECT_EQ(test, rx0.hw_drops, 0ULL);
	WRITE_ONCE(slow_stop, true);
	flush_work(&slow_work);
	t->silent = false;
	tnet_answer(t);
	msleep(1000);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(many_packets_that_nobody_awaits),
	KUNIT_CASE(a_ring_that_is_smaller_than_a_chain),
	KUNIT_CASE(a_ring_that_is_smaller_than_a_table),
	KUNIT_CASE(a_packed_ring_that_is_smaller_than_a_buffer),
	KUNIT_CASE(an_mtu_that_is_larger_than_a_ring),
	KUNIT_CASE(an_mtu_that_is_larger_than_a_table),
	KUNIT_CASE(rings_have_room_for_a_merged_packet),
	KUNIT_CASE(a_ring_that_is_smaller_than_a_merged_packet),
	KUNIT_CASE(statistics_of_a_slow_device),
	{}
};

VFE_SUITE(cases);

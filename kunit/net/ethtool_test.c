// SPDX-License-Identifier: GPL-2.0
/*
 * What users set with ethtool: right values, values out of range, a device that
 * refuses them, and the counts of BQL over all that resets a ring.
 */
#include <linux/ethtool.h>
#include <linux/pm.h>

#include "lib/failslab.h"
#include "lib/net_fixture.h"

#define RESIZE	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET))
#define ALL	(RESIZE | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
		 BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS) | \
		 BIT_ULL(VIRTIO_NET_F_HASH_REPORT) | \
		 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
		 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) | \
		 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
		 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX))
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_F_RING_RESET))

static struct tnet *all_up(struct kunit *test)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(3),
		.speed = cpu_to_le32(10000),
		.duplex = 1,
		.rss_max_key_size = 40,
		.rss_max_indirection_table_length = cpu_to_le16(128),
		.supported_hash_types = cpu_to_le32(0x3f),
	};
	struct vfe_mock_spec spec = { .features = ALL, .queues = 7 };

	return tnet_up(test, &spec, &config);
}

/* --- channels --- */

static int set_channels(struct tnet *t, struct ethtool_channels channels)
{
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	rtnl_unlock();
	return err;
}

static int use_pairs(struct tnet *t, unsigned int pairs)
{
	return set_channels(t, (struct ethtool_channels) {
		.combined_count = pairs });
}

static void channels(struct kunit *test)
{
	struct tnet *t = all_up(test);
	struct ethtool_channels now = {};
	unsigned int i;

	t->dev->ethtool_ops->get_channels(t->dev, &now);
	KUNIT_EXPECT_EQ(test, now.max_combined, 3U);
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, use_pairs(t, i), 0);
		t->dev->ethtool_ops->get_channels(t->dev, &now);
		KUNIT_EXPECT_EQ(test, now.combined_count, i);
		KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, i);
		tnet_expect_receives(t, 300, i);
	}
	KUNIT_EXPECT_EQ(test, use_pairs(t, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, use_pairs(t, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_channels(t, (struct ethtool_channels) {
		.combined_count = 1, .rx_count = 1 }), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_channels(t, (struct ethtool_channels) {
		.combined_count = 1, .tx_count = 1 }), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_channels(t, (struct ethtool_channels) {
		.combined_count = 1, .other_count = 1 }), -EINVAL);
	t->dev->ethtool_ops->get_channels(t->dev, &now);
	KUNIT_EXPECT_EQ(test, now.combined_count, 3U);
	/* the device refuses: nothing changes */
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, use_pairs(t, 1), 0);
	t->dev->ethtool_ops->get_channels(t->dev, &now);
	KUNIT_EXPECT_EQ(test, now.combined_count, 3U);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 3U);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- rings --- */

static int set_rings(struct tnet *t, u32 rx, u32 tx)
{
	struct ethtool_ringparam ring = { .rx_pending = rx, .tx_pending = tx };
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_ringparam(t->dev, &ring, &kernel,
						 &extack);
	rtnl_unlock();
	tnet_run_softirqs();
	return err;
}

static struct ethtool_ringparam rings(struct tnet *t)
{
	struct ethtool_ringparam ring = {};
	struct kernel_ethtool_ringparam kernel = {};

	t->dev->ethtool_ops->get_ringparam(t->dev, &ring, &kernel, NULL);
	return ring;
}

/**
 * struct ring_row - sizes of rings
 * @rx: entries
 * @tx: entries
 * @split: the result with split rings
 * @packed: with packed ones
 */
struct ring_row {
	u32 rx;
	u32 tx;
	int split;
	int packed;
};

static const struct ring_row ring_rows[] = {
	{ 64, 64 },
	{ 32, 64 },
	{ 64, 16 },
	{ 8, 8 },
	{ 2, 2 },
	{ 1, 64 },
	{ 64, 1 },
	{ 63, 64, -EINVAL },
	{ 64, 33, -EINVAL },
	{ 0, 64, -EINVAL, -EINVAL },
	{ 64, 0, -EINVAL, -EINVAL },
	{ 128, 64, -EINVAL, -EINVAL },
	{ 64, U32_MAX, -EINVAL, -EINVAL },
	{ 64, 65536 + 32, -EINVAL, -EINVAL },
	{ 64, 64 },
};

static void try_rings(struct kunit *test, u64 features, bool packed)
{
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct ethtool_ringparam before, now;
	unsigned int i;
	int want;

	for (i = 0; i < ARRAY_SIZE(ring_rows); i++) {
		const struct ring_row *row = &ring_rows[i];

		tnet_send_many(t, 3);
		before = rings(t);
		want = packed ? row->packed : row->split;
		KUNIT_EXPECT_EQ_MSG(test, set_rings(t, row->rx, row->tx), want,
				    "rx %u tx %u", row->rx, row->tx);
		now = rings(t);
		KUNIT_EXPECT_EQ(test, now.rx_pending,
				want ? before.rx_pending : row->rx);
		KUNIT_EXPECT_EQ(test, now.tx_pending,
				want ? before.tx_pending : row->tx);
		KUNIT_EXPECT_EQ(test, now.rx_max_pending, 64U);
		KUNIT_EXPECT_EQ(test, now.tx_max_pending, 64U);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

static void rings_of_any_size(struct kunit *test)
{
	try_rings(test, RESIZE, false);
	try_rings(test, RESIZE | BIT_ULL(VIRTIO_F_RING_PACKED), true);
	try_rings(test, PLAIN, false);
}

static void rings_of_a_fixed_size(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	KUNIT_EXPECT_EQ(test, set_rings(t, 64, 64), 0);
	KUNIT_EXPECT_EQ(test, set_rings(t, 32, 64), -EOPNOTSUPP);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A queue that was reset has forgotten its moderation. */
static void a_resized_queue_gets_its_moderation(struct kunit *test)
{
	struct ethtool_coalesce ec = {
		.rx_coalesce_usecs = 21, .rx_max_coalesced_frames = 22,
		.tx_coalesce_usecs = 23, .tx_max_coalesced_frames = 24,
	};
	struct tnet *t = all_up(test);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 1, &ec), 0);
	rtnl_unlock();
	t->num_commands = 0;
	KUNIT_EXPECT_EQ(test, set_rings(t, 32, 32), 0);
	KUNIT_EXPECT_EQ(test,
			tnet_commands(t, VIRTIO_NET_CTRL_NOTF_COAL,
				      VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET), 2U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* No packet of several pieces fits: the stack sends it in one. */
static void rings_without_room_for_a_full_skb(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = RESIZE & ~BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, t->dev->features & NETIF_F_SG);
	KUNIT_EXPECT_EQ(test, set_rings(t, 64, 4), 0);
	KUNIT_EXPECT_FALSE(test, t->dev->features & NETIF_F_SG);
	KUNIT_EXPECT_FALSE(test, t->dev->features & NETIF_F_TSO);
	for (i = 0; i < 20; i++) {
		struct sk_buff *skb = tnet_frame(t, 200, i);
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		KUNIT_ASSERT_NOT_NULL(test, page);
		skb_add_rx_frag(skb, 0, page, 0, 1000, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, tnet_send(t, skb), 0);
		KUNIT_EXPECT_TRUE(test, tnet_take(t));
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
	}
	KUNIT_EXPECT_EQ(test, set_rings(t, 64, 64), 0);
	KUNIT_EXPECT_TRUE(test, t->dev->features & NETIF_F_SG);
	tnet_expect_no_bql(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/**
 * struct fail_rings - for fail_a_resize()
 * @t: the interface
 * @size: the size that the last call requested
 */
struct fail_rings {
	struct tnet *t;
	u32 size;
};

/* Some of its allocations fail: the sizes are the new or the old ones. */
static bool fail_a_resize(void *data, unsigned int nth)
{
	struct ethtool_ringparam ring = {}, now;
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};
	struct fail_rings *f = data;
	struct tnet *t = f->t;
	bool failed;
	int err;

	f->size = f->size == 64 ? 32 : 64;
	ring.rx_pending = f->size;
	ring.tx_pending = f->size;
	tnet_take_all(t);
	tnet_send_many(t, 3);
	rtnl_lock();
	fail_nth(nth);
	err = t->dev->ethtool_ops->set_ringparam(t->dev, &ring, &kernel,
						 &extack);
	failed = fail_end();
	rtnl_unlock();
	tnet_wait_live(t);
	now = rings(t);
	KUNIT_EXPECT_TRUE_MSG(t->test, !err || err == -ENOMEM,
			      "allocation %u: error %d", nth, err);
	if (!err)
		KUNIT_EXPECT_EQ(t->test, now.rx_pending, f->size);
	tnet_expect_no_bql(t);
	tnet_expect_works(t);
	return failed;
}

static void allocations_of_a_resize(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = RESIZE };
	struct fail_rings f = { .size = 64 };

	fail_require(test);
	f.t = tnet_up(test, &spec, NULL);
	KUNIT_EXPECT_GT(test, fail_in_turn(fail_a_resize, &f, 30, 7), 1U);
	tnet_clean(f.t);
}

/*
 * Neither for the new ring nor for the old one: the device is reset, until there
 * is memory.
 */
static void no_memory_at_all_for_a_resize(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = RESIZE };
	struct ethtool_ringparam ring = {};
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};
	unsigned int nth, refused = 0;
	bool failed = true;
	struct tnet *t;
	int err;

	fail_require(test);
	t = tnet_up(test, &spec, NULL);
	for (nth = 1; failed && nth < 30; nth++) {
		ring.rx_pending = nth % 2 ? 32 : 64;
		ring.tx_pending = nth % 2 ? 16 : 64;
		tnet_send_many(t, 3);
		rtnl_lock();
		fail_from(nth);
		err = t->dev->ethtool_ops->set_ringparam(t->dev, &ring,
							 &kernel, &extack);
		failed = fail_end();
		rtnl_unlock();
		KUNIT_EXPECT_TRUE_MSG(test, !err || err == -ENOMEM,
				      "allocation %u: error %d", nth, err);
		refused += !!err;
		tnet_wait_live(t);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
	}
	KUNIT_EXPECT_GT(test, refused, 0U);
	tnet_clean(t);
}

/* dynamic_queue_limits has a BUG_ON() for counts that are wrong. */
static void bql_over_resets(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = RESIZE };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct device *dev = &t->m->pdev->dev;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		tnet_send_many(t, 20);
		if (i & 1)
			tnet_take(t);
		switch (i / 2 % 4) {
		case 0:
			tnet_close(t);
			if (i & 1)
				tnet_take_all(t);
			KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
			break;
		case 1:
			KUNIT_EXPECT_EQ(test, set_rings(t, 64, 16 << (i & 1)),
					0);
			break;
		case 2:
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
			break;
		case 3:
			vfe_mock_needs_reset(t->m);
			tnet_wait_live(t);
			break;
		}
		tnet_send_many(t, 3);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
		tnet_expect_no_bql(t);
	}
	tnet_clean(t);
}

/* --- coalescing --- */

/**
 * struct coalesce_row - parameters
 * @ec: see struct ethtool_coalesce
 * @none: the result without NOTF_COAL
 * @all: with NOTF_COAL and VQ_NOTF_COAL
 */
struct coalesce_row {
	struct ethtool_coalesce ec;
	int none;
	int all;
};

#define EC(rx_us, rx_n, tx_us, tx_n) \
	{ .rx_coalesce_usecs = rx_us, .rx_max_coalesced_frames = rx_n, \
	  .tx_coalesce_usecs = tx_us, .tx_max_coalesced_frames = tx_n }

static const struct coalesce_row coalesce_rows[] = {
	{ EC(0, 1, 0, 0) },
	{ EC(0, 1, 0, 1) },
	{ EC(0, 1, 0, 2), -EINVAL },
	{ EC(0, 0, 0, 1), -EINVAL },
	{ EC(0, 2, 0, 1), -EINVAL },
	{ EC(1, 1, 0, 1), -EOPNOTSUPP },
	{ EC(0, 1, 1, 1), -EOPNOTSUPP },
	{ EC(50, 32, 60, 16), -EOPNOTSUPP },
	{ EC(U32_MAX, 1, 0, 1), -EOPNOTSUPP, -EINVAL },
	{ EC(0, U32_MAX, 0, 1), -EINVAL, -EINVAL },
	{ EC(0, 1, U32_MAX, 1), -EOPNOTSUPP, -EINVAL },
	{ EC(0, 1, 0, U32_MAX), -EINVAL, -EINVAL },
	{ { .use_adaptive_rx_coalesce = 1, .rx_coalesce_usecs = 77 },
	  -EOPNOTSUPP, -EINVAL },
};

static int set_coalesce(struct tnet *t, const struct ethtool_coalesce *wanted)
{
	struct kernel_ethtool_coalesce kernel = {};
	struct netlink_ext_ack extack = {};
	struct ethtool_coalesce ec = *wanted;
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_coalesce(t->dev, &ec, &kernel, &extack);
	rtnl_unlock();
	return err;
}

static struct ethtool_coalesce coalesce(struct tnet *t)
{
	struct kernel_ethtool_coalesce kernel = {};
	struct ethtool_coalesce ec = {};

	t->dev->ethtool_ops->get_coalesce(t->dev, &ec, &kernel, NULL);
	return ec;
}

static void try_coalesce(struct tnet *t, bool all)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(coalesce_rows); i++) {
		const struct coalesce_row *row = &coalesce_rows[i];
		struct ethtool_coalesce before = coalesce(t), now;
		int want = all ? row->all : row->none;

		KUNIT_EXPECT_EQ_MSG(t->test, set_coalesce(t, &row->ec), want,
				    "row %u", i);
		now = coalesce(t);
		if (want)
			KUNIT_EXPECT_MEMEQ(t->test, &now, &before, sizeof(now));
		else if (all)
			KUNIT_EXPECT_MEMEQ(t->test, &now, &row->ec,
					   sizeof(now));
		tnet_expect_works(t);
	}
}

static void coalescing(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	try_coalesce(t, false);
	tnet_clean(t);
	t = all_up(test);
	try_coalesce(t, true);
	KUNIT_EXPECT_GT(test, tnet_commands(t, VIRTIO_NET_CTRL_NOTF_COAL,
					    VIRTIO_NET_CTRL_NOTF_COAL_RX_SET),
			0U);
	KUNIT_EXPECT_GT(test, tnet_commands(t, VIRTIO_NET_CTRL_NOTF_COAL,
					    VIRTIO_NET_CTRL_NOTF_COAL_TX_SET),
			0U);
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, set_coalesce(t, &(struct ethtool_coalesce)
					   EC(11, 12, 13, 14)), 0);
	KUNIT_EXPECT_NE(test, coalesce(t).rx_coalesce_usecs, 11U);
	t->ack = VIRTIO_NET_OK;
	tnet_expect_works(t);
	tnet_clean(t);
}

static void coalescing_of_a_queue(struct kunit *test)
{
	struct ethtool_coalesce ec = EC(21, 22, 23, 24), now = {};
	struct tnet *t = all_up(test);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	const struct tnet_command *c;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 1, &ec), 0);
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 1, &now), 0);
	KUNIT_EXPECT_MEMEQ(test, &now, &ec, sizeof(ec));
	c = tnet_last_command(t, VIRTIO_NET_CTRL_NOTF_COAL,
			      VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, c->len, 12U);
	/* 5.1.9.5.10: the number of a virtqueue, of pair 1 */
	KUNIT_EXPECT_EQ(test, c->data[0] / 2, 1);
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 3, &ec),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 3, &now),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, U32_MAX, &ec),
			-EINVAL);
	ec.rx_coalesce_usecs = U32_MAX;
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &ec),
			-EINVAL);
	/* the device moderates by itself */
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 0, &ec), 0);
	ec.use_adaptive_rx_coalesce = 1;
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &ec), 0);
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 0, &now), 0);
	KUNIT_EXPECT_EQ(test, now.use_adaptive_rx_coalesce, 1U);
	ec.rx_coalesce_usecs = 999;
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &ec),
			-EINVAL);
	rtnl_unlock();
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Dynamic moderation follows the traffic. */
static void dynamic_moderation(struct kunit *test)
{
	struct tnet *t = all_up(test);
	struct ethtool_coalesce ec = coalesce(t);
	unsigned int i, before;

	ec.use_adaptive_rx_coalesce = 1;
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &ec), 0);
	before = t->num_commands;
	for (i = 0; i < 600; i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 1000, i));
		skb_queue_purge(&t->got);
		if (i % 50 == 0)
			msleep(20);
	}
	msleep(1000);
	KUNIT_EXPECT_GT(test, t->num_commands, before);
	ec.use_adaptive_rx_coalesce = 0;
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &ec), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- the link --- */

static void the_link(struct kunit *test)
{
	struct tnet *t = all_up(test);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct ethtool_link_ksettings link = {};
	struct ethtool_drvinfo info = {};

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->get_link_ksettings(t->dev, &link), 0);
	KUNIT_EXPECT_EQ(test, link.base.speed, 10000U);
	KUNIT_EXPECT_EQ(test, link.base.duplex, DUPLEX_FULL);
	link.base.speed = 100;
	KUNIT_EXPECT_EQ(test, ops->set_link_ksettings(t->dev, &link), 0);
	KUNIT_EXPECT_EQ(test, ops->get_link_ksettings(t->dev, &link), 0);
	KUNIT_EXPECT_EQ(test, link.base.speed, 100U);
	link.base.duplex = 77;
	KUNIT_EXPECT_NE(test, ops->set_link_ksettings(t->dev, &link), 0);
	KUNIT_EXPECT_EQ(test, ops->get_link(t->dev), 1U);
	rtnl_unlock();
	ops->get_drvinfo(t->dev, &info);
	KUNIT_EXPECT_STREQ(test, info.driver, "vfe_net");
	KUNIT_EXPECT_STREQ(test, info.bus_info, pci_name(t->m->pdev));
	KUNIT_EXPECT_GT(test, strlen(info.version), 0U);
	tnet_clean(t);
}

/* --- statistics --- */

#define POISON	0x5a

static void expect_statistics(struct tnet *t)
{
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct kunit *test = t->test;
	struct ethtool_stats stats = {};
	int n = ops->get_sset_count(t->dev, ETH_SS_STATS), i, j;
	u8 *names;
	u64 *values;

	KUNIT_ASSERT_GT(test, n, 0);
	stats.n_stats = n;
	names = kunit_kzalloc(test, (n + 1) * ETH_GSTRING_LEN, GFP_KERNEL);
	values = kunit_kzalloc(test, (n + 1) * sizeof(u64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, names);
	KUNIT_ASSERT_NOT_NULL(test, values);
	memset(names, POISON, (n + 1) * ETH_GSTRING_LEN);
	memset(values, POISON, (n + 1) * sizeof(u64));
	ops->get_strings(t->dev, ETH_SS_STATS, names);
	rtnl_lock();
	ops->get_ethtool_stats(t->dev, &stats, values);
	rtnl_unlock();
	for (i = 0; i < n; i++) {
		const char *name = (void *)names + i * ETH_GSTRING_LEN;

		KUNIT_EXPECT_LT(test, strnlen(name, ETH_GSTRING_LEN),
				(size_t)ETH_GSTRING_LEN);
		KUNIT_EXPECT_NE(test, name[0], 0);
		KUNIT_EXPECT_NE_MSG(test, values[i], values[n], "%.32s", name);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_TRUE_MSG(test,
					      strncmp(name, (void *)names +
						      j * ETH_GSTRING_LEN,
						      ETH_GSTRING_LEN),
					      "%.32s twice", name);
	}
	for (i = 0; i < ETH_GSTRING_LEN; i++)
		KUNIT_EXPECT_EQ(test, names[n * ETH_GSTRING_LEN + i], POISON);
	KUNIT_EXPECT_EQ(test, values[n], 0x5a5a5a5a5a5a5a5aULL);
	KUNIT_EXPECT_LT(test, ops->get_sset_count(t->dev, 1000), 0);
}

static void statistics(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	tnet_expect_works(t);
	expect_statistics(t);
	tnet_clean(t);
	t = all_up(test);
	tnet_expect_works(t);
	expect_statistics(t);
	KUNIT_EXPECT_EQ(test, use_pairs(t, 3), 0);
	expect_statistics(t);
	tnet_clean(t);
}

/* --- receive steering --- */

static int set_rss(struct tnet *t, u32 *indir, u8 *key, u8 hfunc)
{
	struct ethtool_rxfh_param rxfh = {
		.indir = indir, .key = key, .hfunc = hfunc,
	};
	struct netlink_ext_ack extack = {};
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_rxfh(t->dev, &rxfh, &extack);
	rtnl_unlock();
	return err;
}

static int hash_fields(struct tnet *t, u32 cmd, u32 flow, u64 fields)
{
	struct ethtool_rxnfc info = {
		.cmd = cmd, .flow_type = flow, .data = fields,
	};
	int err;

	rtnl_lock();
	if (cmd == ETHTOOL_SRXFH)
		err = t->dev->ethtool_ops->set_rxnfc(t->dev, &info);
	else
		err = t->dev->ethtool_ops->get_rxnfc(t->dev, &info, NULL);
	rtnl_unlock();
	return err ?: (int)info.data;
}

static void receive_steering(struct kunit *test)
{
	struct tnet *t = all_up(test);
	u32 indir[128] = {}, now[128];
	struct ethtool_rxfh_param get = { .indir = now };
	u8 key[40], no = ETH_RSS_HASH_NO_CHANGE;
	unsigned int i;

	memset(key, 0x6d, sizeof(key));
	KUNIT_EXPECT_EQ(test, use_pairs(t, 3), 0);
	for (i = 0; i < 128; i++)
		indir[i] = i % 3;
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, key, ETH_RSS_HASH_TOP), 0);
	/* RSS configures hash reports, too */
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_MQ,
					    VIRTIO_NET_CTRL_MQ_HASH_CONFIG),
			0U);
	KUNIT_EXPECT_GT(test, tnet_commands(t, VIRTIO_NET_CTRL_MQ,
					    VIRTIO_NET_CTRL_MQ_RSS_CONFIG), 0U);
	KUNIT_EXPECT_EQ(test, set_rss(t, NULL, NULL, no), 0);
	KUNIT_EXPECT_EQ(test, set_rss(t, NULL, NULL, ETH_RSS_HASH_XOR),
			-EOPNOTSUPP);
	indir[127] = 3;
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), -EINVAL);
	indir[127] = U32_MAX;
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), -EINVAL);
	/* the device refuses */
	indir[127] = 0;
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, set_rss(t, indir, NULL, no), 0);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, t->dev->ethtool_ops->get_rxfh(t->dev, &get), 0);
	KUNIT_EXPECT_EQ(test, now[127], 127U % 3);
	KUNIT_EXPECT_EQ(test, get.hfunc, ETH_RSS_HASH_TOP);
	KUNIT_EXPECT_EQ(test, use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void fields_that_are_hashed(struct kunit *test)
{
	const u64 l3 = RXH_IP_SRC | RXH_IP_DST;
	const u64 l4 = l3 | RXH_L4_B_0_1 | RXH_L4_B_2_3;
	static const u32 flows[] = {
		TCP_V4_FLOW, TCP_V6_FLOW, UDP_V4_FLOW, UDP_V6_FLOW, IPV4_FLOW,
		IPV6_FLOW,
	};
	struct tnet *t = all_up(test);
	bool ports;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flows); i++) {
		ports = i < 4;
		KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_GRXFH, flows[i],
						  0), ports ? l4 : l3);
		KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_SRXFH, flows[i],
						  RXH_VLAN), -EINVAL);
		KUNIT_EXPECT_GE(test, hash_fields(t, ETHTOOL_SRXFH, flows[i],
						  l3), 0);
		KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_GRXFH, flows[i],
						  0), l3);
		if (ports)
			KUNIT_EXPECT_GE(test, hash_fields(t, ETHTOOL_SRXFH,
							  flows[i], l4), 0);
		else
			KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_SRXFH,
							  flows[i], l4),
					-EINVAL);
	}
	KUNIT_EXPECT_LT(test, hash_fields(t, ETHTOOL_SRXFH, AH_V4_FLOW, l3), 0);
	KUNIT_EXPECT_LT(test, hash_fields(t, ETHTOOL_GRXCLSRLCNT, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_GRXRINGS, 0, 0), 1);
	tnet_clean(t);
	t = tnet_up(test, NULL, NULL);
	KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_SRXFH, TCP_V4_FLOW, l3),
			-EOPNOTSUPP);
	tnet_clean(t);
}

static void sizes_of_receive_steering(struct kunit *test)
{
	struct tnet *t = all_up(test);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;

	KUNIT_EXPECT_EQ(test, ops->get_rxfh_key_size(t->dev), 40U);
	KUNIT_EXPECT_EQ(test, ops->get_rxfh_indir_size(t->dev), 128U);
	KUNIT_EXPECT_TRUE(test, t->dev->hw_features & NETIF_F_RXHASH);
	tnet_clean(t);
	t = tnet_up(test, NULL, NULL);
	KUNIT_EXPECT_EQ(test, ops->get_rxfh_key_size(t->dev), 0U);
	KUNIT_EXPECT_EQ(test, ops->get_rxfh_indir_size(t->dev), 0U);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(channels),
	KUNIT_CASE(rings_of_any_size),
	KUNIT_CASE(rings_of_a_fixed_size),
	KUNIT_CASE(a_resized_queue_gets_its_moderation),
	KUNIT_CASE(rings_without_room_for_a_full_skb),
	KUNIT_CASE(allocations_of_a_resize),
	KUNIT_CASE(no_memory_at_all_for_a_resize),
	KUNIT_CASE(bql_over_resets),
	KUNIT_CASE(coalescing),
	KUNIT_CASE(coalescing_of_a_queue),
	KUNIT_CASE(dynamic_moderation),
	KUNIT_CASE(the_link),
	KUNIT_CASE(statistics),
	KUNIT_CASE(sizes_of_receive_steering),
	KUNIT_CASE(receive_steering),
	KUNIT_CASE(fields_that_are_hashed),
	{}
};

VFE_SUITE(cases);

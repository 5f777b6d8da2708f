// SPDX-License-Identifier: GPL-2.0
/*
 * What users set with ethtool, except moderation and receive steering: right
 * values, values out of range, a device that refuses them, and the counts of BQL
 * over all that resets a ring.
 */
#include <linux/pm.h>

#include "lib/net_fixture.h"
#include "lib/sysfs_files.h"

#define RESIZE	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET))
/* Packets of 64 KiB do not fit into the smallest rings. */
#define RESIZE_FRAMES	(RESIZE & ~BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_F_RING_RESET))

/* --- channels --- */

static int set_channels(struct tnet *t, struct ethtool_channels channels)
{
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	rtnl_unlock();
	return err;
}

static struct net_device *watched;
static unsigned int rx_queues;	/* of it, when the device learns of fewer pairs */

static bool look_at_queues(const struct tnet_command *c)
{
	if (c->class == VIRTIO_NET_CTRL_MQ)
		rx_queues = watched->real_num_rx_queues;
	return false;
}

/* The device may use the other pairs until then: the stack must know them. */
static void fewer_channels(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);

	watched = t->dev;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 3), 0);
	t->refuses = look_at_queues;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	KUNIT_EXPECT_EQ(test, rx_queues, 3U);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_rx_queues, 2U);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 3), 0);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_rx_queues, 3U);
	/* refused: all as before */
	t->refuses = NULL;
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, tnet_use_pairs(t, 1), 0);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_rx_queues, 3U);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 3U);
	t->ack = VIRTIO_NET_OK;
	tnet_clean(t);
}

static void channels(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	struct ethtool_channels now = {};
	unsigned int i;

	t->dev->ethtool_ops->get_channels(t->dev, &now);
	KUNIT_EXPECT_EQ(test, now.max_combined, 3U);
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, i), 0);
		t->dev->ethtool_ops->get_channels(t->dev, &now);
		KUNIT_EXPECT_EQ(test, now.combined_count, i);
		KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, i);
		tnet_expect_receives(t, 300, i);
	}
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 4), -EINVAL);
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
	KUNIT_EXPECT_NE(test, tnet_use_pairs(t, 1), 0);
	t->dev->ethtool_ops->get_channels(t->dev, &now);
	KUNIT_EXPECT_EQ(test, now.combined_count, 3U);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 3U);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- rings --- */

static int set_rings(struct tnet *t, u32 rx, u32 tx)
{
	struct netlink_ext_ack extack = {};
	int err = tnet_set_rings(t, rx, tx, &extack);

	/* the user learns why */
	if (err == -EINVAL)
		KUNIT_EXPECT_NOT_NULL(t->test, extack._msg);
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
		if (want)
			KUNIT_EXPECT_EQ(test, tnet_set_rings(t, row->rx, row->tx,
							     NULL), want);
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
	try_rings(test, RESIZE_FRAMES, false);
	try_rings(test, RESIZE_FRAMES | BIT_ULL(VIRTIO_F_RING_PACKED), true);
	try_rings(test, PLAIN, false);
}

static void rings_of_a_fixed_size(struct kunit *test)
{
	struct vfe_mock_spec old = {
		.legacy = true, .device = VFE_PCI_OLD_NET,
		.features = BIT_ULL(VIRTIO_NET_F_MAC),
	};
	struct tnet *t = tnet_up(test, NULL, NULL);

	KUNIT_EXPECT_EQ(test, set_rings(t, 64, 64), 0);
	KUNIT_EXPECT_EQ(test, set_rings(t, 32, 64), -EOPNOTSUPP);
	tnet_expect_works(t);
	tnet_clean(t);
	/* 2.7: those of a legacy device, which has no RING_RESET, too */
	t = tnet_up(test, &old, NULL);
	KUNIT_EXPECT_EQ(test, set_rings(t, 64, 64), 0);
	KUNIT_EXPECT_EQ(test, set_rings(t, 32, 64), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, tnet_set_rings(t, 32, 64, NULL), -EOPNOTSUPP);
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
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
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
		/* whether a full skb fits into the ring that it has now */
		KUNIT_EXPECT_EQ_MSG(test, !!(t->dev->features & NETIF_F_SG),
				    rings(t).tx_pending >= 19,
				    "allocation %u", nth);
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

/* --- the link --- */

static void the_link(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
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
	t = tnet_pairs_up(test, TNET_ALL, 3);
	tnet_expect_works(t);
	expect_statistics(t);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 3), 0);
	expect_statistics(t);
	tnet_clean(t);
}

/* The value of a statistic by its name */
static u64 statistic(struct tnet *t, const char *name)
{
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct kunit *test = t->test;
	struct ethtool_stats stats = {};
	int n = ops->get_sset_count(t->dev, ETH_SS_STATS), i;
	u64 *values, value = U64_MAX;
	u8 *names;

	KUNIT_ASSERT_GT(test, n, 0);
	stats.n_stats = n;
	names = kunit_kzalloc(test, n * ETH_GSTRING_LEN, GFP_KERNEL);
	values = kunit_kzalloc(test, n * sizeof(u64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, names);
	KUNIT_ASSERT_NOT_NULL(test, values);
	ops->get_strings(t->dev, ETH_SS_STATS, names);
	rtnl_lock();
	ops->get_ethtool_stats(t->dev, &stats, values);
	rtnl_unlock();
	for (i = 0; i < n; i++)
		if (!strncmp(name, (void *)names + i * ETH_GSTRING_LEN,
			     ETH_GSTRING_LEN))
			value = values[i];
	KUNIT_EXPECT_NE_MSG(test, value, U64_MAX, "%s", name);
	kunit_kfree(test, names);
	kunit_kfree(test, values);
	return value;
}

/* Writes to the notify register with the index of this queue */
static u64 notified(struct tnet *t, u16 queue)
{
	unsigned int i;
	u64 n = 0;

	for (i = 0; i < t->m->log_len; i++)
		n += t->m->log[i].reg == VFE_REG_NOTIFY &&
		     t->m->log[i].dir == VFE_WRITE &&
		     (t->m->log[i].val & U16_MAX) == queue;
	return n;
}

/* Kicks, exits and interrupts of each queue, and the file that restarts them */
static void counts_of_each_queue(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_FEATURES |
				       BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |
				       BIT_ULL(VIRTIO_NET_F_MQ), 2);
	struct vfsmount *mnt = vfe_files_mount(test);
	struct sk_buff *skb;

	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	KUNIT_ASSERT_EQ(test, 1, vfe_files_write(mnt, t->m->pdev, "reset",
						 "1"));
	vfe_mock_log_clear(t->m);
	tnet_expect_receives(t, 300, 1);
	skb = tnet_frame(t, 100, 1);
	skb_set_queue_mapping(skb, 0);
	tnet_xmit(t, skb);
	KUNIT_EXPECT_EQ(test, notified(t, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx0_kicks"), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx0_exits"), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx1_kicks"), 0ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx_kicks"), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx_exits"), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_kicks"), notified(t, 0));
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_interrupts"), 1ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx1_interrupts"), 0ULL);
	tnet_expect_receives(t, 300, 2);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_interrupts"), 2ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx_interrupts"), 2ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_packets"), 2ULL);
	KUNIT_ASSERT_EQ(test, 1, vfe_files_write(mnt, t->m->pdev, "reset",
						 "1"));
	KUNIT_EXPECT_EQ(test, statistic(t, "tx0_kicks"), 0ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "tx_exits"), 0ULL);
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_interrupts"), 0ULL);
	/* packets are the netdev's, which never restart */
	KUNIT_EXPECT_EQ(test, statistic(t, "rx0_packets"), 2ULL);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(channels),
	KUNIT_CASE(fewer_channels),
	KUNIT_CASE(rings_of_any_size),
	KUNIT_CASE(rings_of_a_fixed_size),
	KUNIT_CASE(a_resized_queue_gets_its_moderation),
	KUNIT_CASE(rings_without_room_for_a_full_skb),
	KUNIT_CASE(allocations_of_a_resize),
	KUNIT_CASE(no_memory_at_all_for_a_resize),
	KUNIT_CASE(bql_over_resets),
	KUNIT_CASE(the_link),
	KUNIT_CASE(statistics),
	KUNIT_CASE(counts_of_each_queue),
	{}
};

VFE_SUITE(cases);

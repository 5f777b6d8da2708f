// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control queue without their feature: the driver sends none,
 * whatever users do. (The fixture fails any test in which it does.)
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>

#include "lib/net_fixture.h"
#include "../../drivers/net/device_stats.h"

#define BIT_OF(name)	BIT_ULL(VIRTIO_NET_F_##name)
#define PAIRS		2
#define RX_US		40	/* of ethtool -C, in microseconds */
#define VLAN		7

/* All features that have commands and that the driver accepts */
#define FEATURES \
	(TNET_ALL | BIT_OF(CTRL_RX) | BIT_OF(CTRL_VLAN) | \
	 BIT_OF(CTRL_MAC_ADDR) | BIT_OF(GUEST_ANNOUNCE) | BIT_OF(DEVICE_STATS))
/* Those of them that require the control queue, and itself */
#define CONTROL \
	(FEATURES & ~(TNET_FEATURES | BIT_OF(SPEED_DUPLEX) | \
		      BIT_ULL(VIRTIO_F_RING_RESET)))

/* --- the device --- */

static unsigned int sent[64];	/* commands, by their feature */

/* The hook of the fixture, for each command: refuses none. */
static bool count(const struct tnet_command *c)
{
	int feature = tnet_command_feature(c);

	if (feature >= 0)
		sent[feature]++;
	return false;
}

/* It has one type of statistics, all of whose values are 0. */
static void reply(const struct tnet_command *c, const struct vfe_mock_seg *seg)
{
	u8 *at = vfe_mock_mem(seg->addr);

	memset(at, 0, seg->len);
	if (c->class == VIRTIO_NET_CTRL_STATS &&
	    c->cmd == VIRTIO_NET_CTRL_STATS_QUERY)
		put_unaligned_le64(VFE_NET_STATS_BIT(RX_BASIC), at);
}

static bool has(const struct tnet *t, unsigned int feature)
{
	return t->m->accepted & BIT_ULL(feature);
}

/* Lets the work items of the driver send what they have. */
static void settle(void)
{
	msleep(1000);
}

/* 5.1.2: without MQ and RSS there is one pair, and the control queue is 2. */
static unsigned int most_pairs(u64 features)
{
	return features & (BIT_OF(MQ) | BIT_OF(RSS)) ? PAIRS : 1;
}

static struct tnet *device_without(struct kunit *test, u64 absent)
{
	u64 features = FEATURES & ~absent;
	struct tnet *t = tnet_pairs_unbound(test, features,
					    most_pairs(features));

	t->refuses = count;
	t->reply = reply;
	tnet_bring_up(t);
	settle();
	KUNIT_ASSERT_EQ(test, t->m->accepted & absent, 0ULL);
	return t;
}

/* --- what users do, and what they get without the feature --- */

/* More than one pair needs a command that enables it. */
static void use_all_pairs(struct tnet *t)
{
	struct ethtool_channels channels = {};

	t->dev->ethtool_ops->get_channels(t->dev, &channels);
	KUNIT_EXPECT_EQ(t->test, channels.max_combined,
			most_pairs(t->m->accepted));
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, channels.max_combined), 0);
}

/* The device accepts all packets, the stack drops the rest. */
static void filter(struct tnet *t, bool on)
{
	static const u8 uc[ETH_ALEN] = { 2, 0, 0, 0, 5, 5 };
	static const u8 mc[ETH_ALEN] = { 1, 0, 0x5e, 0, 5, 5 };
	struct kunit *test = t->test;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, on ? dev_uc_add(t->dev, uc) :
				   dev_uc_del(t->dev, uc), 0);
	KUNIT_EXPECT_EQ(test, on ? dev_mc_add(t->dev, mc) :
				   dev_mc_del(t->dev, mc), 0);
	rtnl_unlock();
	settle();
	rtnl_lock();
	dev_set_promiscuity(t->dev, on ? 1 : -1);
	dev_set_allmulti(t->dev, on ? 1 : -1);
	rtnl_unlock();
	settle();
	tnet_expect_receives(t, 300, 0x55);
}

/* Without the feature the stack need not even call the driver. */
static void set_vlan(struct tnet *t, bool add)
{
	const struct net_device_ops *ops = t->dev->netdev_ops;
	__be16 proto = htons(ETH_P_8021Q);

	KUNIT_EXPECT_EQ(t->test,
			!!(t->dev->features & NETIF_F_HW_VLAN_CTAG_FILTER),
			has(t, VIRTIO_NET_F_CTRL_VLAN));
	rtnl_lock();
	KUNIT_EXPECT_EQ(t->test,
			add ? ops->ndo_vlan_rx_add_vid(t->dev, proto, VLAN) :
			      ops->ndo_vlan_rx_kill_vid(t->dev, proto, VLAN),
			0);
	rtnl_unlock();
}

/* 5.1.4.2: without the feature only the netdev has the new address. */
static void set_mac(struct tnet *t)
{
	KUNIT_EXPECT_EQ(t->test, tnet_set_mac(t, 0x4d), 0);
	KUNIT_EXPECT_EQ(t->test, t->dev->dev_addr[5], 0x4d);
	KUNIT_EXPECT_EQ(t->test, t->m->config[5], 1);
}

static void steer(struct tnet *t)
{
	struct ethtool_rxfh_param rxfh = { .hfunc = ETH_RSS_HASH_NO_CHANGE };
	bool rss = has(t, VIRTIO_NET_F_RSS);
	bool hash = rss || has(t, VIRTIO_NET_F_HASH_REPORT);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct netlink_ext_ack extack = {};
	u32 indir[128] = {};
	u8 key[40] = { 1 };

	KUNIT_EXPECT_EQ(t->test, ops->get_rxfh_indir_size(t->dev),
			rss ? 128U : 0U);
	KUNIT_EXPECT_EQ(t->test, !!(t->dev->hw_features & NETIF_F_RXHASH),
			hash);
	rtnl_lock();
	rxfh.indir = indir;
	KUNIT_EXPECT_EQ(t->test, ops->set_rxfh(t->dev, &rxfh, &extack),
			rss ? 0 : -EOPNOTSUPP);
	rxfh.indir = NULL;
	rxfh.key = key;
	KUNIT_EXPECT_EQ(t->test, ops->set_rxfh(t->dev, &rxfh, &extack),
			hash ? 0 : -EOPNOTSUPP);
	rtnl_unlock();
}

/* ethtool -K: each feature that can be switched is, and is switched back. */
static void switch_features(struct tnet *t)
{
	netdev_features_t gro = t->dev->hw_features & NETIF_F_GRO_HW;
	unsigned int i;

	KUNIT_EXPECT_EQ(t->test, !!gro,
			has(t, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS));
	for (i = 0; i < 2; i++) {
		rtnl_lock();
		t->dev->wanted_features ^= t->dev->hw_features;
		netdev_update_features(t->dev);
		rtnl_unlock();
	}
	/* what the user cannot switch stays on */
	KUNIT_EXPECT_TRUE(t->test, t->dev->features & NETIF_F_GRO_HW);
}

static void moderate(struct tnet *t)
{
	bool queues = has(t, VIRTIO_NET_F_VQ_NOTF_COAL);
	bool all = queues || has(t, VIRTIO_NET_F_NOTF_COAL);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct kernel_ethtool_coalesce kernel = {};
	struct netlink_ext_ack extack = {};
	struct ethtool_coalesce ec = {
		.rx_coalesce_usecs = RX_US, .rx_max_coalesced_frames = 1,
		.tx_max_coalesced_frames = 1,
	};

	rtnl_lock();
	KUNIT_EXPECT_EQ(t->test,
			ops->set_coalesce(t->dev, &ec, &kernel, &extack),
			all ? 0 : -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(t->test, ops->set_per_queue_coalesce(t->dev, 0, &ec),
			queues ? 0 : -EOPNOTSUPP);
	ops->get_coalesce(t->dev, &ec, &kernel, &extack);
	ec.use_adaptive_rx_coalesce = 1;
	KUNIT_EXPECT_EQ(t->test,
			ops->set_coalesce(t->dev, &ec, &kernel, &extack),
			queues ? 0 : -EOPNOTSUPP);
	rtnl_unlock();
}

/* ethtool -S: has a value for each name; only some are the device's. */
static void read_statistics(struct tnet *t)
{
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	int i, n = ops->get_sset_count(t->dev, ETH_SS_STATS);
	struct ethtool_stats stats = { .n_stats = n };
	bool own = false;
	u64 *values;
	u8 *names;

	KUNIT_ASSERT_GT(t->test, n, 0);
	names = kunit_kcalloc(t->test, n, ETH_GSTRING_LEN, GFP_KERNEL);
	values = kunit_kcalloc(t->test, n, sizeof(*values), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, names);
	KUNIT_ASSERT_NOT_NULL(t->test, values);
	ops->get_strings(t->dev, ETH_SS_STATS, names);
	rtnl_lock();
	ops->get_ethtool_stats(t->dev, &stats, values);
	rtnl_unlock();
	for (i = 0; i < n; i++)
		own |= !strcmp(names + i * ETH_GSTRING_LEN, "rx0_hw_packets");
	KUNIT_EXPECT_EQ(t->test, own, has(t, VIRTIO_NET_F_DEVICE_STATS));
}

/* The device asks for gratuitous packets. */
static void announce(struct tnet *t)
{
	struct vfe_net_config *config = (void *)t->m->config;

	config->status |= cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	vfe_mock_config_interrupt(t->m);
	settle();
	config->status &= ~cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
}

/* Everything, and a reset, after which all of it is sent again */
static void do_all(struct tnet *t)
{
	use_all_pairs(t);
	filter(t, true);
	set_vlan(t, true);
	set_mac(t);
	steer(t);
	switch_features(t);
	moderate(t);
	read_statistics(t);
	announce(t);
	KUNIT_EXPECT_EQ(t->test, tnet_set_mtu(t, 1400), 0);
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	set_vlan(t, false);
	filter(t, false);
	/* only now all packets leave by the first queue */
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 1), 0);
	tnet_expect_works(t);
}

/* --- the cases --- */

/**
 * struct absent_row - features that a device lacks
 * @name: for the log
 * @absent: the features
 */
struct absent_row {
	const char *name;
	u64 absent;
};

static const struct absent_row absent_rows[] = {
	{ "nothing", 0 },
	{ "CTRL_RX", BIT_OF(CTRL_RX) },
	{ "CTRL_VLAN", BIT_OF(CTRL_VLAN) },
	{ "CTRL_MAC_ADDR", BIT_OF(CTRL_MAC_ADDR) },
	{ "GUEST_ANNOUNCE", BIT_OF(GUEST_ANNOUNCE) },
	{ "MQ", BIT_OF(MQ) },
	{ "RSS", BIT_OF(RSS) },
	{ "HASH_REPORT", BIT_OF(HASH_REPORT) },
	{ "RSS and HASH_REPORT", BIT_OF(RSS) | BIT_OF(HASH_REPORT) },
	{ "MQ and RSS", BIT_OF(MQ) | BIT_OF(RSS) },
	{ "CTRL_GUEST_OFFLOADS", BIT_OF(CTRL_GUEST_OFFLOADS) },
	{ "NOTF_COAL", BIT_OF(NOTF_COAL) },
	{ "VQ_NOTF_COAL", BIT_OF(VQ_NOTF_COAL) },
	{ "both of them", BIT_OF(NOTF_COAL) | BIT_OF(VQ_NOTF_COAL) },
	{ "DEVICE_STATS", BIT_OF(DEVICE_STATS) },
	{ "all of them, and their queue", CONTROL },
	/* 2.2.2: no device should do this, but QEMU's does with ctrl_vq=off */
	{ "their queue alone", BIT_OF(CTRL_VQ) },
};

/*
 * One feature after the other is absent, and no command of it is sent. With the
 * feature each has commands, or this would prove nothing.
 */
static void commands_without_their_feature(struct kunit *test)
{
	unsigned int ever[64] = {};
	unsigned int i, bit;
	struct tnet *t;

	VFE_DUTY(test, "N05", "5.1.9.5",
		 "no command of a class that was not negotiated");
	VFE_DUTY(test, "N09", "5.1.9.5.2", "no filter without CTRL_RX");
	VFE_DUTY(test, "N10", "5.1.9.5.7", "no table without RSS");
	VFE_DUTY(test, "B05", "2.2.1",
		 "no feature that requires an absent control queue");
	for (i = 0; i < ARRAY_SIZE(absent_rows); i++) {
		kunit_info(test, "without %s", absent_rows[i].name);
		memset(sent, 0, sizeof(sent));
		t = device_without(test, absent_rows[i].absent);
		if (absent_rows[i].absent & BIT_OF(CTRL_VQ))
			KUNIT_EXPECT_EQ(test, t->m->accepted & CONTROL, 0ULL);
		do_all(t);
		tnet_clean(t);
		for (bit = 0; bit < ARRAY_SIZE(sent); bit++) {
			if (absent_rows[i].absent & BIT_ULL(bit))
				KUNIT_EXPECT_EQ_MSG(test, sent[bit], 0U,
						    "feature %u", bit);
			ever[bit] += sent[bit];
		}
	}
	for (i = 0; i < ARRAY_SIZE(tnet_command_rows); i++) {
		bit = tnet_command_rows[i].feature;
		if (FEATURES & BIT_ULL(bit))
			KUNIT_EXPECT_GT_MSG(test, ever[bit], 0U, "feature %u",
					    bit);
	}
}

/*
 * RSS that the device refuses is like RSS that it lacks: without HASH_REPORT
 * nothing is left that rx-hashing could switch.
 */
static bool refuses_rss(const struct tnet_command *c)
{
	return c->class == VIRTIO_NET_CTRL_MQ &&
	       c->cmd == VIRTIO_NET_CTRL_MQ_RSS_CONFIG;
}

static void hashes_after_rss_was_refused(struct kunit *test)
{
	struct tnet *t = tnet_pairs_unbound(test, FEATURES &
					    ~BIT_OF(HASH_REPORT), PAIRS);
	unsigned int i;

	VFE_DUTY(test, "N10", "5.1.9.5.7",
		 "no configuration of hashes without HASH_REPORT");
	t->refuses = refuses_rss;
	t->reply = reply;
	tnet_bring_up(t);
	settle();
	KUNIT_EXPECT_FALSE(test, t->vn->state.rss.on);
	for (i = 0; i < 2; i++) {
		rtnl_lock();
		t->dev->wanted_features ^= NETIF_F_RXHASH;
		netdev_update_features(t->dev);
		rtnl_unlock();
	}
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_MQ,
					    VIRTIO_NET_CTRL_MQ_HASH_CONFIG),
			0U);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(commands_without_their_feature),
	KUNIT_CASE(hashes_after_rss_was_refused),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -X and -N: table and key of receive steering, fields that are hashed,
 * devices with sizes that lie.
 */

#include "lib/net_fixture.h"

/* --- receive steering --- */

static int set_rss_by(struct tnet *t, u32 *indir, u8 *key, u8 hfunc,
		      struct netlink_ext_ack *extack)
{
	struct ethtool_rxfh_param rxfh = {
		.indir = indir, .key = key, .hfunc = hfunc,
	};
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_rxfh(t->dev, &rxfh, extack);
	rtnl_unlock();
	return err;
}

static int set_rss(struct tnet *t, u32 *indir, u8 *key, u8 hfunc)
{
	struct netlink_ext_ack extack = {};

	return set_rss_by(t, indir, key, hfunc, &extack);
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

/*
 * The last table that the device got, or the part that the fixture keeps: the
 * pairs by turns
 */
static void expect_table(struct tnet *t, unsigned int entries,
			 unsigned int pairs)
{
	const struct vfe_net_rss_head *head;
	const struct tnet_command *c;
	const __le16 *queue;
	unsigned int i;

	c = tnet_last_command(t, VIRTIO_NET_CTRL_MQ,
			      VIRTIO_NET_CTRL_MQ_RSS_CONFIG);
	KUNIT_ASSERT_NOT_NULL(t->test, c);
	head = (const void *)c->data;
	queue = (const void *)(head + 1);
	KUNIT_EXPECT_EQ(t->test, le16_to_cpu(head->indirection_table_mask),
			entries - 1);
	KUNIT_EXPECT_LT(t->test, le16_to_cpu(head->unclassified_queue), pairs);
	for (i = 0; i < (sizeof(c->data) - sizeof(*head)) / 2; i++)
		KUNIT_EXPECT_EQ(t->test, le16_to_cpu(queue[i]), i % pairs);
}

static void receive_steering(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	u32 indir[128] = {}, now[128];
	struct ethtool_rxfh_param get = { .indir = now };
	u8 key[40], no = ETH_RSS_HASH_NO_CHANGE;
	unsigned int i;

	VFE_DUTY(test, "N10", "5.1.9.5.7",
		 "a power of two of entries, enabled queues only");
	memset(key, 0x6d, sizeof(key));
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 3), 0);
	for (i = 0; i < 128; i++)
		indir[i] = i % 3;
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, key, ETH_RSS_HASH_TOP), 0);
	expect_table(t, 128, 3);
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
	KUNIT_EXPECT_EQ(test, set_rss_by(t, indir, NULL, no, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_rss_by(t, NULL, NULL, ETH_RSS_HASH_XOR, NULL),
			-EOPNOTSUPP);
	/* the device refuses */
	indir[127] = 0;
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, set_rss(t, indir, NULL, no), 0);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, t->dev->ethtool_ops->get_rxfh(t->dev, &get), 0);
	KUNIT_EXPECT_EQ(test, now[127], 127U % 3);
	KUNIT_EXPECT_EQ(test, get.hfunc, ETH_RSS_HASH_TOP);
	/* the key alone; nothing at all */
	get = (struct ethtool_rxfh_param) { .key = key };
	memset(key, 0, sizeof(key));
	KUNIT_EXPECT_EQ(test, t->dev->ethtool_ops->get_rxfh(t->dev, &get), 0);
	KUNIT_EXPECT_EQ(test, key[39], 0x6d);
	get.key = NULL;
	KUNIT_EXPECT_EQ(test, t->dev->ethtool_ops->get_rxfh(t->dev, &get), 0);
	KUNIT_EXPECT_EQ(test, set_rss(t, NULL, key, no), 0);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/*
 * After a reset a silent device has enabled only the first pair. A table may
 * name those that the user has nevertheless.
 */
static void a_table_before_the_pairs_come_back(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	u8 no = ETH_RSS_HASH_NO_CHANGE;
	u32 indir[128];
	unsigned int i;

	for (i = 0; i < 128; i++)
		indir[i] = i % 2;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	tnet_reset_silent(t);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_rx_queues, 1U);
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), -ETIMEDOUT);
	t->silent = false;
	tnet_answer(t);
	msleep(12000);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_rx_queues, 2U);
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), 0);
	expect_table(t, 128, 2);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
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
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
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

/* The device has hash reports alone, or neither: no table, or nothing to set */
static void receive_steering_that_is_absent(struct kunit *test)
{
	u8 key[40] = { 1 }, no = ETH_RSS_HASH_NO_CHANGE;
	u32 indir[128] = {};
	struct tnet *t;

	t = tnet_pairs_up(test, TNET_ALL & ~BIT_ULL(VIRTIO_NET_F_RSS), 2);
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set_rss(t, NULL, key, no), 0);
	KUNIT_EXPECT_GT(test, tnet_commands(t, VIRTIO_NET_CTRL_MQ,
					    VIRTIO_NET_CTRL_MQ_HASH_CONFIG),
			0U);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
	t = tnet_pairs_up(test, TNET_ALL & ~BIT_ULL(VIRTIO_NET_F_RSS) &
			  ~BIT_ULL(VIRTIO_NET_F_HASH_REPORT), 2);
	KUNIT_EXPECT_EQ(test, set_rss(t, indir, NULL, no), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, set_rss(t, NULL, key, no), -EOPNOTSUPP);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Sizes that make no sense: the interface does without, or uses what it can. */
static void sizes_of_receive_steering_that_lie(struct kunit *test)
{
	static const struct {
		u8 key;
		u16 table;
		u16 entries;
	} rows[] = {
		{ 0, 128, 0 }, { 40, 0, 0 }, { 40, 100, 64 }, { 255, 128, 128 },
		{ 40, U16_MAX, 1024 }, { 1, 1, 1 },
	};
	struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(2),
		.supported_hash_types = cpu_to_le32(U32_MAX),
	};
	struct vfe_mock_spec spec = { .features = TNET_ALL, .queues = 5 };
	u32 *table = kunit_kcalloc(test, 1024, sizeof(*table), GFP_KERNEL);
	struct ethtool_rxfh_param get = { .indir = table };
	const struct ethtool_ops *ops;
	unsigned int i;
	struct tnet *t;

	KUNIT_ASSERT_NOT_NULL(test, table);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		config.rss_max_key_size = rows[i].key;
		config.rss_max_indirection_table_length =
			cpu_to_le16(rows[i].table);
		t = tnet_up(test, &spec, &config);
		ops = t->dev->ethtool_ops;
		KUNIT_EXPECT_EQ(test, t->vn->state.rss.on, !!rows[i].entries);
		KUNIT_EXPECT_EQ(test, ops->get_rxfh_indir_size(t->dev),
				rows[i].entries);
		KUNIT_EXPECT_EQ(test, ops->get_rxfh(t->dev, &get), 0);
		KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
		KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* What the device refuses does not change. */
static void hashes_that_are_refused(struct kunit *test)
{
	const u64 l3 = RXH_IP_SRC | RXH_IP_DST;
	const u64 l4 = l3 | RXH_L4_B_0_1 | RXH_L4_B_2_3;
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	bool on = t->dev->features & NETIF_F_RXHASH;
	bool off = t->vn->state.rss.off;

	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_LT(test, hash_fields(t, ETHTOOL_SRXFH, TCP_V4_FLOW, l3), 0);
	KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_GRXFH, TCP_V4_FLOW, 0), l4);
	rtnl_lock();
	t->dev->wanted_features ^= NETIF_F_RXHASH;
	netdev_update_features(t->dev);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, !!(t->dev->features & NETIF_F_RXHASH), on);
	KUNIT_EXPECT_EQ(test, t->vn->state.rss.off, off);
	t->ack = VIRTIO_NET_OK;
	rtnl_lock();
	netdev_update_features(t->dev);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, !!(t->dev->features & NETIF_F_RXHASH), !on);
	KUNIT_EXPECT_GE(test, hash_fields(t, ETHTOOL_SRXFH, TCP_V4_FLOW, l3), 0);
	/* no hash of such packets at all */
	KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_SRXFH, TCP_V4_FLOW,
					  RXH_DISCARD), (int)RXH_DISCARD);
	KUNIT_EXPECT_EQ(test, hash_fields(t, ETHTOOL_GRXFH, TCP_V4_FLOW, 0), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void sizes_of_receive_steering(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
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
	KUNIT_CASE(sizes_of_receive_steering),
	KUNIT_CASE(receive_steering_that_is_absent),
	KUNIT_CASE(sizes_of_receive_steering_that_lie),
	KUNIT_CASE(hashes_that_are_refused),
	KUNIT_CASE(receive_steering),
	KUNIT_CASE(a_table_before_the_pairs_come_back),
	KUNIT_CASE(fields_that_are_hashed),
	{}
};

VFE_SUITE(cases);

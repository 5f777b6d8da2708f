// SPDX-License-Identifier: GPL-2.0
/*
 * The device's own statistics (DEVICE_STATS): in ethtool -S and in the standard
 * statistics of queues, replies that lie, a device that refuses or is silent.
 */
#include <linux/ethtool.h>
#include <net/netdev_queues.h>

#include "lib/net_fixture.h"
#include "../../drivers/net/device_stats.h"

#define FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_DEVICE_STATS))

static u64 types;	/* that the device has */

/* Field @i of a part: never the same twice */
static u64 value(unsigned int vq, unsigned int type, unsigned int i)
{
	return vq * 1000000 + type * 1000 + i + 1;
}

/* Bytes of a part, with its header */
static unsigned int size_of(unsigned int type)
{
	switch (type) {
	case VFE_NET_STATS_RX_BASIC:
		return sizeof(struct vfe_net_stats_rx_basic);
	case VFE_NET_STATS_RX_CSUM:
		return sizeof(struct vfe_net_stats_rx_csum);
	case VFE_NET_STATS_RX_GSO:
		return sizeof(struct vfe_net_stats_rx_gso);
	case VFE_NET_STATS_RX_SPEED:
		return sizeof(struct vfe_net_stats_rx_speed);
	case VFE_NET_STATS_TX_BASIC:
		return sizeof(struct vfe_net_stats_tx_basic);
	case VFE_NET_STATS_TX_CSUM:
		return sizeof(struct vfe_net_stats_tx_csum);
	case VFE_NET_STATS_TX_GSO:
		return sizeof(struct vfe_net_stats_tx_gso);
	case VFE_NET_STATS_TX_SPEED:
		return sizeof(struct vfe_net_stats_tx_speed);
	case VFE_NET_STATS_CVQ:
		return sizeof(struct vfe_net_stats_cvq);
	default:
		return 0;
	}
}

static void put_part(u8 *at, unsigned int vq, unsigned int type)
{
	struct vfe_net_stats_reply hdr = {
		.type = type, .vq_index = cpu_to_le16(vq),
		.size = cpu_to_le16(size_of(type)),
	};
	unsigned int i, n = (size_of(type) - sizeof(hdr)) / sizeof(u64);

	memcpy(at, &hdr, sizeof(hdr));
	for (i = 0; i < n; i++)
		put_unaligned_le64(value(vq, type, i),
				   at + sizeof(hdr) + i * sizeof(u64));
}

static bool is_stats(const struct tnet_command *c, u8 cmd)
{
	return c->class == VIRTIO_NET_CTRL_STATS && c->cmd == cmd;
}

/* What the specification wants */
static void reply(const struct tnet_command *c, const struct vfe_mock_seg *seg)
{
	const struct vfe_net_stats_request *request = (const void *)c->data;
	u8 *at = vfe_mock_mem(seg->addr);
	unsigned int type, left = seg->len;

	if (is_stats(c, VIRTIO_NET_CTRL_STATS_QUERY)) {
		put_unaligned_le64(types, at);
		return;
	}
	for (type = 0; type < 64; type++) {
		if (!(le64_to_cpu(request->types) & BIT_ULL(type)) ||
		    size_of(type) > left)
			continue;
		put_part(at, le16_to_cpu(request->vq_index), type);
		at += size_of(type);
		left -= size_of(type);
	}
}

static struct tnet *stats_up(struct kunit *test, u64 has)
{
	struct tnet *t = tnet_pairs_unbound(test, FEATURES, 2);

	types = has;
	t->reply = reply;
	tnet_bring_up(t);
	return t;
}

/* --- ethtool -S --- */

/* The value of a name; U64_MAX if there is none */
static u64 ethtool_value(struct tnet *t, const char *name)
{
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	int i, n = ops->get_sset_count(t->dev, ETH_SS_STATS);
	struct ethtool_stats stats = { .n_stats = n };
	u64 *values, found = U64_MAX;
	u8 *names;

	KUNIT_ASSERT_GT(t->test, n, 0);
	names = kunit_kcalloc(t->test, n, ETH_GSTRING_LEN, GFP_KERNEL);
	values = kunit_kcalloc(t->test, n, sizeof(u64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, names);
	KUNIT_ASSERT_NOT_NULL(t->test, values);
	ops->get_strings(t->dev, ETH_SS_STATS, names);
	rtnl_lock();
	ops->get_ethtool_stats(t->dev, &stats, values);
	rtnl_unlock();
	for (i = 0; i < n; i++)
		if (!strncmp(name, names + i * ETH_GSTRING_LEN,
			     ETH_GSTRING_LEN))
			found = values[i];
	kunit_kfree(t->test, values);
	kunit_kfree(t->test, names);
	return found;
}

/**
 * struct name_row - a statistic of ethtool
 * @name: its name
 * @vq: the virtqueue whose it is
 * @type: the part of the device's answer
 * @field: number of the field
 */
struct name_row {
	const char *name;
	unsigned int vq;
	unsigned int type;
	unsigned int field;
};

static const struct name_row name_rows[] = {
	{ "rx0_hw_notifications", 0, VFE_NET_STATS_RX_BASIC, 0 },
	{ "rx0_hw_packets", 0, VFE_NET_STATS_RX_BASIC, 1 },
	{ "rx1_hw_packets", 2, VFE_NET_STATS_RX_BASIC, 1 },
	{ "rx1_hw_bytes", 2, VFE_NET_STATS_RX_BASIC, 2 },
	{ "rx0_hw_interrupts", 0, VFE_NET_STATS_RX_BASIC, 3 },
	{ "rx1_hw_needs_csum", 2, VFE_NET_STATS_RX_CSUM, 1 },
	{ "rx0_hw_ratelimit_bytes", 0, VFE_NET_STATS_RX_SPEED, 1 },
	{ "tx0_hw_packets", 1, VFE_NET_STATS_TX_BASIC, 1 },
	{ "tx1_hw_interrupts", 3, VFE_NET_STATS_TX_BASIC, 3 },
	{ "tx1_hw_gso_packets_noseg", 3, VFE_NET_STATS_TX_GSO, 4 },
	{ "tx0_hw_gso_bytes_noseg", 1, VFE_NET_STATS_TX_GSO, 5 },
	{ "tx0_hw_ratelimit_bytes", 1, VFE_NET_STATS_TX_SPEED, 1 },
	{ "cq_hw_command_num", 4, VFE_NET_STATS_CVQ, 0 },
	{ "cq_hw_ok_num", 4, VFE_NET_STATS_CVQ, 1 },
};

static void ethtool_has_them(struct kunit *test)
{
	struct tnet *t = stats_up(test, VFE_NET_STATS_ALL | BIT_ULL(63));
	const struct name_row *row;
	unsigned int i;

	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 2), 0);
	for (i = 0; i < ARRAY_SIZE(name_rows); i++) {
		row = &name_rows[i];
		KUNIT_EXPECT_EQ_MSG(test, ethtool_value(t, row->name),
				    value(row->vq, row->type, row->field),
				    "%s", row->name);
	}
	/* the sum of all queues */
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx_hw_packets"),
			value(0, VFE_NET_STATS_RX_BASIC, 1) +
			value(2, VFE_NET_STATS_RX_BASIC, 1));
	/* the device refuses: 0 */
	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"), 0ULL);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 1), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A device that has only some parts */
static void names_are_those_that_the_device_has(struct kunit *test)
{
	struct tnet *t = stats_up(test, VFE_NET_STATS_BIT(TX_BASIC));

	VFE_DUTY(test, "N12", "5.1.9.5.11",
		 "the types were queried from the device");
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"), U64_MAX);
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "tx0_hw_gso_bytes_noseg"),
			U64_MAX);
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "tx0_hw_packets"),
			value(1, VFE_NET_STATS_TX_BASIC, 1));
	tnet_clean(t);
}

/* --- replies that lie --- */

/**
 * struct lie - a part of a wrong reply
 * @name: what is wrong
 * @type: of the part
 * @vq: of the part
 * @size: in its header
 * @whole: the values are taken nevertheless
 */
static const struct lie {
	const char *name;
	u8 type;
	u16 vq;
	u16 size;
	bool whole;
} lies[] = {
	{ "right", VFE_NET_STATS_RX_BASIC, 0, 56, true },
	{ "size 0", VFE_NET_STATS_RX_BASIC, 0, 0 },
	{ "size 7", VFE_NET_STATS_RX_BASIC, 0, 7 },
	{ "only a header", VFE_NET_STATS_RX_BASIC, 0, 8 },
	{ "longer than the reply", VFE_NET_STATS_RX_BASIC, 0, U16_MAX },
	{ "an unknown type", 0xff, 0, 56 },
	{ "another type", VFE_NET_STATS_TX_BASIC, 0, 56 },
	{ "another queue", VFE_NET_STATS_RX_BASIC, 2, 56 },
	{ "no queue", VFE_NET_STATS_RX_BASIC, U16_MAX, 56 },
};

static const struct lie *lie;

static void reply_lie(const struct tnet_command *c,
		      const struct vfe_mock_seg *seg)
{
	struct vfe_net_stats_reply *hdr = vfe_mock_mem(seg->addr);

	reply(c, seg);
	if (!is_stats(c, VIRTIO_NET_CTRL_STATS_GET) || hdr->type)
		return;
	hdr->type = lie->type;
	hdr->vq_index = cpu_to_le16(lie->vq);
	hdr->size = cpu_to_le16(lie->size);
}

static void replies_that_lie(struct kunit *test)
{
	struct tnet *t = stats_up(test, VFE_NET_STATS_BIT(RX_BASIC));
	u64 right = value(0, VFE_NET_STATS_RX_BASIC, 1);
	unsigned int i;

	BUILD_BUG_ON(VFE_NET_STATS_RX_BASIC > 1);
	t->reply = reply_lie;
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		lie = &lies[i];
		KUNIT_EXPECT_EQ_MSG(test, ethtool_value(t, "rx0_hw_packets"),
				    lie->whole ? right : 0, "%s", lie->name);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- the standard statistics of queues --- */

static void queues_have_them(struct kunit *test)
{
	struct tnet *t = stats_up(test, VFE_NET_STATS_ALL);
	const struct netdev_stat_ops *ops = t->dev->stat_ops;
	struct netdev_queue_stats_rx rx, base_rx;
	struct netdev_queue_stats_tx tx, base_tx;

	KUNIT_ASSERT_NOT_NULL(test, ops);
	memset(&rx, 0xff, sizeof(rx));
	memset(&tx, 0xff, sizeof(tx));
	tnet_expect_works(t);
	tnet_expect_no_bql(t);
	rtnl_lock();
	ops->get_queue_stats_rx(t->dev, 0, &rx);
	ops->get_queue_stats_tx(t->dev, 0, &tx);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, rx.packets, 1ULL);
	KUNIT_EXPECT_EQ(test, rx.bytes, 300ULL);
	KUNIT_EXPECT_EQ(test, tx.packets, 1ULL);
	KUNIT_EXPECT_EQ(test, tx.bytes, 100ULL);
	KUNIT_EXPECT_EQ(test, rx.hw_drops,
			value(0, VFE_NET_STATS_RX_BASIC, 4));
	KUNIT_EXPECT_EQ(test, rx.hw_drop_overruns,
			value(0, VFE_NET_STATS_RX_BASIC, 5));
	KUNIT_EXPECT_EQ(test, rx.csum_bad, value(0, VFE_NET_STATS_RX_CSUM, 3));
	KUNIT_EXPECT_EQ(test, rx.hw_gro_wire_bytes,
			value(0, VFE_NET_STATS_RX_GSO, 3));
	KUNIT_EXPECT_EQ(test, rx.hw_drop_ratelimits,
			value(0, VFE_NET_STATS_RX_SPEED, 0));
	KUNIT_EXPECT_EQ(test, tx.hw_drop_errors,
			value(1, VFE_NET_STATS_TX_BASIC, 5));
	KUNIT_EXPECT_EQ(test, tx.needs_csum,
			value(1, VFE_NET_STATS_TX_CSUM, 1));
	KUNIT_EXPECT_EQ(test, tx.hw_gso_wire_packets,
			value(1, VFE_NET_STATS_TX_GSO, 2));
	KUNIT_EXPECT_EQ(test, tx.hw_drop_ratelimits,
			value(1, VFE_NET_STATS_TX_SPEED, 0));
	/* the second pair is not in use: its counts are the base's */
	memset(&base_rx, 0xff, sizeof(base_rx));
	memset(&base_tx, 0xff, sizeof(base_tx));
	rtnl_lock();
	ops->get_base_stats(t->dev, &base_rx, &base_tx);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, base_rx.packets, 0ULL);
	KUNIT_EXPECT_EQ(test, base_rx.hw_drops,
			value(2, VFE_NET_STATS_RX_BASIC, 4));
	KUNIT_EXPECT_EQ(test, base_tx.hw_drops,
			value(3, VFE_NET_STATS_TX_BASIC, 4));
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 2), 0);
	rtnl_lock();
	ops->get_base_stats(t->dev, &base_rx, &base_tx);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, base_rx.hw_drops, 0ULL);
	KUNIT_EXPECT_EQ(test, base_tx.hw_gso_bytes, 0ULL);
	tnet_clean(t);
}

/* Without DEVICE_STATS they are the driver's. */
static void queues_of_a_device_without_them(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	const struct netdev_stat_ops *ops = t->dev->stat_ops;
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;

	memset(&rx, 0xff, sizeof(rx));
	memset(&tx, 0xff, sizeof(tx));
	tnet_expect_works(t);
	rtnl_lock();
	ops->get_queue_stats_rx(t->dev, 0, &rx);
	ops->get_base_stats(t->dev, &rx, &tx);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, rx.packets, 0ULL);
	/* unknown, not 0 */
	KUNIT_EXPECT_EQ(test, rx.hw_drops, U64_MAX);
	KUNIT_EXPECT_EQ(test, tx.hw_drops, U64_MAX);
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"), U64_MAX);
	tnet_clean(t);
}

static bool refuses_query(const struct tnet_command *c)
{
	return is_stats(c, VIRTIO_NET_CTRL_STATS_QUERY);
}

/* A refused query means that there are none; the interface works. */
static void a_device_that_refuses_the_query(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = FEATURES, .queues = 3 };
	struct tnet *t = tnet_unbound(test, &spec, NULL);

	t->reply = reply;
	t->refuses = refuses_query;
	KUNIT_ASSERT_TRUE(test, tnet_bind(t));
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"), U64_MAX);
	tnet_expect_sends(t);
	tnet_clean(t);
}

/* A silent device: within the bound, and with zeroes. */
static void a_silent_device_has_zeroes(struct kunit *test)
{
	struct tnet *t = stats_up(test, VFE_NET_STATS_ALL);
	unsigned long begin = jiffies;

	t->silent = true;
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"), 0ULL);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), 4000U);
	t->silent = false;
	tnet_answer(t);
	msleep(2000);
	KUNIT_EXPECT_EQ(test, ethtool_value(t, "rx0_hw_packets"),
			value(0, VFE_NET_STATS_RX_BASIC, 1));
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ethtool_has_them),
	KUNIT_CASE(names_are_those_that_the_device_has),
	KUNIT_CASE(replies_that_lie),
	KUNIT_CASE(queues_have_them),
	KUNIT_CASE(queues_of_a_device_without_them),
	KUNIT_CASE(a_device_that_refuses_the_query),
	KUNIT_CASE(a_silent_device_has_zeroes),
	{}
};

VFE_SUITE(cases);

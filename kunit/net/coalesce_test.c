// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -C: moderation of all queues and of one, by users and by DIM; values
 * out of range, devices that lack a feature or refuse.
 */

#include "lib/net_fixture.h"

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

static int set_coalesce_by(struct tnet *t, const struct ethtool_coalesce *wanted,
			   struct netlink_ext_ack *extack)
{
	struct kernel_ethtool_coalesce kernel = {};
	struct ethtool_coalesce ec = *wanted;
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_coalesce(t->dev, &ec, &kernel, extack);
	rtnl_unlock();
	return err;
}

static int set_coalesce(struct tnet *t, const struct ethtool_coalesce *wanted)
{
	struct netlink_ext_ack extack = {};

	return set_coalesce_by(t, wanted, &extack);
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
		if (want)
			KUNIT_EXPECT_EQ(t->test, set_coalesce_by(t, &row->ec,
								 NULL), want);
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
	t = tnet_pairs_up(test, TNET_ALL, 3);
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
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
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

/* The device moderates each queue, but not all at once: each is set. */
static void coalescing_without_notf_coal(struct kunit *test)
{
	struct ethtool_coalesce ec = EC(31, 32, 33, 34), now = {};
	struct tnet *t = tnet_pairs_up(test, TNET_ALL &
				       ~BIT_ULL(VIRTIO_NET_F_NOTF_COAL), 3);
	unsigned int i;

	VFE_DUTY(test, "N11", "5.1.9.5.10",
		 "only commands whose feature was negotiated");
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &ec), 0);
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_NOTF_COAL,
					    VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET),
			6U);
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_NOTF_COAL,
					    VIRTIO_NET_CTRL_NOTF_COAL_RX_SET),
			0U);
	for (i = 0; i < 3; i++) {
		t->dev->ethtool_ops->get_per_queue_coalesce(t->dev, i, &now);
		KUNIT_EXPECT_MEMEQ(test, &now, &ec, sizeof(ec));
	}
	/* it refuses some: the user learns that */
	t->ack = VIRTIO_NET_ERR;
	ec.rx_coalesce_usecs = 55;
	KUNIT_EXPECT_NE(test, set_coalesce(t, &ec), 0);
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &ec), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A queue of a device without VQ_NOTF_COAL shows what all have. */
static void coalescing_of_a_queue_without_vq_notf_coal(struct kunit *test)
{
	struct ethtool_coalesce ec = EC(0, 1, 0, 1), now = {};
	struct tnet *t = tnet_pairs_up(test, TNET_ALL &
				       ~BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL), 2);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 0, &now), 0);
	KUNIT_EXPECT_EQ(test, now.rx_coalesce_usecs, 0U);
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &ec), 0);
	ec.rx_coalesce_usecs = 5;
	KUNIT_EXPECT_LT(test, ops->set_per_queue_coalesce(t->dev, 0, &ec), 0);
	ec.use_adaptive_rx_coalesce = 1;
	KUNIT_EXPECT_LT(test, ops->set_per_queue_coalesce(t->dev, 0, &ec), 0);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &(struct ethtool_coalesce)
					   EC(7, 8, 9, 10)), 0);
	ops->get_per_queue_coalesce(t->dev, 1, &now);
	KUNIT_EXPECT_EQ(test, now.rx_coalesce_usecs, 7U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Neither the values change, nor whether DIM chooses them. */
static void coalescing_of_a_queue_that_is_refused(struct kunit *test)
{
	struct ethtool_coalesce ec = EC(21, 22, 23, 24), now = {};
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	unsigned int i;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &ec), 0);
	t->ack = VIRTIO_NET_ERR;
	for (i = 0; i < 2; i++) {
		struct ethtool_coalesce other = EC(21, 22, 43, 44);

		other.use_adaptive_rx_coalesce = i;
		if (!i)
			other.rx_coalesce_usecs = 41;
		KUNIT_EXPECT_LT(test,
				ops->set_per_queue_coalesce(t->dev, 0, &other),
				0);
		KUNIT_EXPECT_EQ(test,
				ops->get_per_queue_coalesce(t->dev, 0, &now),
				0);
		KUNIT_EXPECT_MEMEQ(test, &now, &ec, sizeof(ec));
	}
	t->ack = VIRTIO_NET_OK;
	rtnl_unlock();
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Dynamic moderation follows the traffic. */
static void dynamic_moderation(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 3);
	struct ethtool_coalesce ec = coalesce(t), now = {};
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
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
	/* users see what it chose, and may write that back */
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->get_per_queue_coalesce(t->dev, 0, &now), 0);
	KUNIT_EXPECT_GT(test, now.rx_coalesce_usecs +
			now.rx_max_coalesced_frames, 0U);
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &now), 0);
	now.rx_coalesce_usecs = 777;
	KUNIT_EXPECT_EQ(test, ops->set_per_queue_coalesce(t->dev, 0, &now),
			-EINVAL);
	rtnl_unlock();
	ec.use_adaptive_rx_coalesce = 0;
	KUNIT_EXPECT_EQ(test, set_coalesce(t, &ec), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(coalescing),
	KUNIT_CASE(coalescing_of_a_queue),
	KUNIT_CASE(coalescing_without_notf_coal),
	KUNIT_CASE(coalescing_of_a_queue_without_vq_notf_coal),
	KUNIT_CASE(coalescing_of_a_queue_that_is_refused),
	KUNIT_CASE(dynamic_moderation),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out: for each allocation of open, of a resume and of a change of
 * what users set, the interface works afterwards, with the old or with the new
 * setting.
 */
#include <linux/ethtool.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"

#define CTRL_FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX) | BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | BIT_ULL(VIRTIO_NET_F_MQ) | \
	 BIT_ULL(VIRTIO_NET_F_RSS) | BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL))

static struct tnet *ctrl_unbound(struct kunit *test)
{
	return tnet_pairs_unbound(test, CTRL_FEATURES, 2);
}

/* Up, with one pair in use */
static struct tnet *ctrl_up(struct kunit *test)
{
	struct tnet *t = ctrl_unbound(test);

	tnet_bring_up(t);
	return t;
}

static bool fail_an_open(void *data, unsigned int nth)
{
	struct tnet *t = data;
	bool failed;
	int err;

	tnet_close(t);
	rtnl_lock();
	fail_nth(nth);
	err = dev_open(t->dev, NULL);
	failed = fail_end();
	rtnl_unlock();
	if (err)
		KUNIT_EXPECT_EQ(t->test, tnet_open(t), 0);
	tnet_run_softirqs();
	tnet_expect_works(t);
	return failed;
}

static void allocations_of_an_open(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);

	fail_require(test);
	fail_in_turn(fail_an_open, t, 10, 3);
	tnet_clean(t);
}

/*
 * All allocations of a first open fail from the @nth on: the ring is filled
 * later, though no packet arrives. The device may wait for more buffers than it
 * has.
 */
static bool end_memory_in_an_open(void *data, unsigned int nth)
{
	struct tnet *t = data;
	bool failed;

	KUNIT_ASSERT_TRUE(t->test, tnet_bind(t));
	rtnl_lock();
	fail_from(nth);
	/* without the stack's part, whose allocations warn */
	t->dev->netdev_ops->ndo_open(t->dev);
	failed = fail_end();
	tnet_run_softirqs();
	msleep(1000);
	tnet_run_softirqs();
	KUNIT_EXPECT_EQ_MSG(t->test, vfe_mock_available(t->rx), 64U,
			    "allocation %u", nth);
	t->dev->netdev_ops->ndo_stop(t->dev);
	rtnl_unlock();
	vfe_mock_unbind(t->m);
	return failed;
}

static void memory_ends_in_an_open(struct kunit *test)
{
	struct tnet *t = ctrl_unbound(test);

	fail_require(test);
	KUNIT_EXPECT_GT(test, fail_in_turn(end_memory_in_an_open, t,
					   FAIL_MOST, 1), 4U);
	tnet_clean(t);
}

/* All allocations of a resume fail, or one of them; later the interface works. */
static void resume(struct tnet *t, unsigned int nth, bool all)
{
	struct device *dev = &t->m->pdev->dev;

	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->suspend(dev), 0);
	if (all)
		fail_from(nth);
	else
		fail_nth(nth);
	dev->driver->pm->resume(dev);
}

static bool fail_a_resume(void *data, unsigned int nth)
{
	struct tnet *t = data;
	bool failed;

	resume(t, nth, false);
	failed = fail_end();
	msleep(2000);
	tnet_wait_live(t);
	tnet_expect_works(t);
	return failed;
}

static void allocations_of_a_resume(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);

	fail_require(test);
	fail_in_turn(fail_a_resume, t, 12, 9);
	tnet_clean(t);
}

static void no_memory_at_all_for_a_resume(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);

	fail_require(test);
	resume(t, 1, true);
	fail_end();
	msleep(3000);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- what users set --- */

static int set_coalesce(struct tnet *t, unsigned int usecs)
{
	struct kernel_ethtool_coalesce kernel = {};
	struct netlink_ext_ack extack = {};
	struct ethtool_coalesce ec = {
		.rx_coalesce_usecs = usecs, .rx_max_coalesced_frames = 32,
		.tx_coalesce_usecs = usecs, .tx_max_coalesced_frames = 34,
	};

	return t->dev->ethtool_ops->set_coalesce(t->dev, &ec, &kernel, &extack);
}

static int set_rss(struct tnet *t, u8 seed)
{
	struct ethtool_rxfh_param rxfh = { .hfunc = ETH_RSS_HASH_NO_CHANGE };
	struct netlink_ext_ack extack = {};
	u8 key[40];

	memset(key, seed, sizeof(key));
	rxfh.key = key;
	return t->dev->ethtool_ops->set_rxfh(t->dev, &rxfh, &extack);
}

static bool fail_settings(void *data, unsigned int nth)
{
	struct sockaddr addr = { .sa_family = ARPHRD_ETHER };
	u8 group[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, nth };
	struct tnet *t = data;
	bool failed;
	int err;

	memcpy(addr.sa_data, t->dev->dev_addr, ETH_ALEN);
	addr.sa_data[5] = nth;
	fail_nth(nth);
	err = tnet_use_pairs(t, 2);
	rtnl_lock();
	err = set_coalesce(t, nth) ?: err;
	err = set_rss(t, nth) ?: err;
	err = dev_set_mac_address(t->dev, &addr, NULL) ?: err;
	err = dev_mc_add(t->dev, group) ?: err;
	rtnl_unlock();
	err = tnet_use_pairs(t, 1) ?: err;
	failed = fail_end();
	/* without memory for a command, the error is that of a silent device */
	KUNIT_EXPECT_TRUE_MSG(t->test, !err || err == -ENOMEM ||
			      err == -ETIMEDOUT,
			      "allocation %u: error %d", nth, err);
	/* the call may have failed; with memory it must not */
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 1), 0);
	msleep(500);
	tnet_expect_works(t);
	return failed;
}

static void allocations_of_settings(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);

	fail_require(test);
	KUNIT_EXPECT_GT(test, fail_in_turn(fail_settings, t, 15, 7), 4U);
	tnet_clean(t);
}

/* --- a probe --- */

/* The log has room for a probe, not for hundreds of them. */
static bool fail_one_probe(void *data, unsigned int nth)
{
	struct fail_probe *p = data;

	vfe_mock_log_clear(p->m);
	return fail_a_probe(data, nth);
}

/*
 * A probe makes hundreds of allocations, some of them in the driver core: one
 * in @step is made to fail.
 */
static void fail_probes(struct tnet *t, unsigned int step)
{
	struct kunit *test = t->test;
	struct fail_probe probe = { .test = test, .m = t->m,
				    .also = -ENOBUFS };

	fail_require(test);
	KUNIT_ASSERT_TRUE(test, tnet_bind(t));
	probe.drv = t->m->pdev->dev.driver;
	KUNIT_EXPECT_GT(test, fail_in_turn(fail_one_probe, &probe, 20,
					   step), 40U);
	KUNIT_EXPECT_GT(test, probe.refused, 5U);
	vfe_mock_unbind(t->m);
	KUNIT_ASSERT_TRUE(test, tnet_bind(t));
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	tnet_expect_sends(t);
	tnet_clean(t);
}

static void allocations_of_a_probe(struct kunit *test)
{
	fail_probes(tnet_unbound(test, NULL, NULL), 11);
}

static void allocations_of_a_probe_with_control_queue(struct kunit *test)
{
	fail_probes(ctrl_unbound(test), 13);
}

/*
 * Eight pages in one piece are not left; they are for the next probe. The slab
 * allocator may want such pieces before, and does without.
 */
static void smaller_rings(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queue_size = 1024 };
	struct tnet *t = tnet_unbound(test, &spec, NULL);
	unsigned int pieces;
	bool bound = false;

	fail_require(test);
	for (pieces = 2; pieces < 6 && t->tx->size != 512; pieces++) {
		if (bound)
			vfe_mock_unbind(t->m);
		fail_pieces(3, pieces);
		bound = tnet_bind(t);
		fail_end();
		KUNIT_ASSERT_TRUE(test, bound);
	}
	KUNIT_EXPECT_EQ(test, t->rx->size, 512);
	KUNIT_EXPECT_EQ(test, t->tx->size, 512);
	KUNIT_ASSERT_EQ(test, tnet_open(t), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_available(t->rx), 512U);
	tnet_close(t);
	vfe_mock_unbind(t->m);
	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(test, t->rx->size, 1024);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(allocations_of_an_open),
	KUNIT_CASE(allocations_of_a_resume),
	KUNIT_CASE(memory_ends_in_an_open),
	KUNIT_CASE(no_memory_at_all_for_a_resume),
	KUNIT_CASE(allocations_of_settings),
	KUNIT_CASE(allocations_of_a_probe),
	KUNIT_CASE(allocations_of_a_probe_with_control_queue),
	KUNIT_CASE(smaller_rings),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Events in the middle of what users do: at each register access of an
 * operation, the device requests a reset, or packets come and go, or the
 * function vanishes. Afterwards the interface works, no buffer is lost, and
 * nothing is in flight for BQL.
 */
#include <linux/ethtool.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"

#define FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | BIT_ULL(VIRTIO_NET_F_CTRL_RX) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | BIT_ULL(VIRTIO_NET_F_MQ))
/* Those whose fields only a probe reads, or more often than others */
#define PROBED \
	(FEATURES | BIT_ULL(VIRTIO_NET_F_MTU) | BIT_ULL(VIRTIO_NET_F_RSS) | \
	 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX))
#define MOST	400U	/* more accesses than any operation makes */

static struct tnet *moments_up(struct kunit *test)
{
	return tnet_pairs_up(test, FEATURES, 2);
}

/* No recovery is due, and packets flow both ways. */
static bool is_at_rest(struct tnet *t)
{
	const struct vfe_net_txq *txq = &t->vn->txq[0];
	const struct vfe_net_rxq *rxq = &t->vn->rxq[0];

	return !work_busy(&t->vn->recovery.work.work) &&
	       vfe_recovery_state(&t->vn->recovery) == VFE_RUN_LIVE &&
	       netif_carrier_ok(t->dev) && txq->open && rxq->napi_on &&
	       !vfe_queue_broken(txq->vq) && !vfe_queue_broken(rxq->vq);
}

/* A reset of a queue alone may begin only after a pause. */
static void wait_for_rest(struct tnet *t, unsigned int most)
{
	unsigned int i, n;

	for (i = 0, n = 0; i < most && n < 2; i++) {
		msleep(20);
		n = is_at_rest(t) ? n + 1 : 0;
	}
	tnet_run_softirqs();
}

/* --- operations --- */

static void goes_down_and_up(struct tnet *t)
{
	tnet_close(t);
	KUNIT_EXPECT_EQ(t->test, tnet_open(t), 0);
}

/* Fails if the device is being reset. */
static void set_rings(struct tnet *t, u32 rx, u32 tx)
{
	struct ethtool_ringparam ring = { .rx_pending = rx, .tx_pending = tx };
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};

	rtnl_lock();
	t->dev->ethtool_ops->set_ringparam(t->dev, &ring, &kernel, &extack);
	rtnl_unlock();
}

static void resizes_its_rings(struct tnet *t)
{
	set_rings(t, 32, 16);
	tnet_send_many(t, 3);
	set_rings(t, 64, 64);
}

static void set_channels(struct tnet *t, unsigned int pairs)
{
	struct ethtool_channels channels = { .combined_count = pairs };

	rtnl_lock();
	t->dev->ethtool_ops->set_channels(t->dev, &channels);
	rtnl_unlock();
}

static void changes_its_channels(struct tnet *t)
{
	set_channels(t, 2);
	tnet_send_many(t, 3);
	set_channels(t, 1);
}

static void sleeps_and_wakes(struct tnet *t)
{
	struct device *dev = &t->m->pdev->dev;

	dev->driver->pm->suspend(dev);
	tnet_send_many(t, 3);
	dev->driver->pm->resume(dev);
}

/* The watchdog finds that nothing was sent. */
static void has_a_transmit_timeout(struct tnet *t)
{
	const struct net_device_ops *ops = t->dev->netdev_ops;
	struct vfe_net_txq *txq = &t->vn->txq[0];

	tnet_send_many(t, 100);
	/* the device has moved packets since the first timeout */
	txq->late_since = 1;
	txq->late_done = txq->done;
	txq->late_moved = U64_MAX;
	local_bh_disable();
	ops->ndo_tx_timeout(t->dev, 0);
	local_bh_enable();
	wait_for_rest(t, 25);
}

static const struct operation {
	const char *name;
	void (*run)(struct tnet *t);
} operations[] = {
	{ "down and up", goes_down_and_up },
	{ "-G", resizes_its_rings },
	{ "-L", changes_its_channels },
	{ "suspend and resume", sleeps_and_wakes },
	{ "a transmit timeout", has_a_transmit_timeout },
};

/* --- events --- */

static void asks_for_a_reset(struct tnet *t)
{
	vfe_mock_needs_reset(t->m);
}

/* The device sends what it can, and each receive queue gets a packet. */
static void has_traffic(struct tnet *t)
{
	u8 bytes[100] = { [12 ... 23] = 0xff };
	unsigned int pair;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (pair = 0; pair < 2; pair++) {
		t->rx = &t->m->queues[2 * pair];
		t->tx = &t->m->queues[2 * pair + 1];
		tnet_take_all(t);
		tnet_fill(t, bytes, sizeof(bytes), sizeof(bytes));
		vfe_mock_interrupt(t->tx);
		vfe_mock_interrupt(t->rx);
	}
	t->rx = &t->m->queues[0];
	t->tx = &t->m->queues[1];
}

/**
 * struct moment - when an event happens, for moment_access()
 * @at: number of the access, 0: never
 * @now: accesses so far
 * @happens: the event
 */
static struct moment {
	unsigned int at;
	unsigned int now;
	void (*happens)(struct tnet *t);
} moment;

static bool moment_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (++moment.now == moment.at)
		moment.happens(m->knobs.priv);
	return tnet_access(m, a);
}

/* Return: whether access @at happened */
static bool run_at(struct tnet *t, const struct operation *o, unsigned int at)
{
	moment.now = 0;
	moment.at = at;
	o->run(t);
	moment.at = 0;
	return moment.now >= at;
}

static void expect_all_works(struct tnet *t, const struct operation *o,
			     unsigned int at)
{
	struct kunit *test = t->test;

	wait_for_rest(t, 750);
	skb_queue_purge(&t->got);
	set_rings(t, 64, 64);
	set_channels(t, 1);
	tnet_expect_no_bql(t);
	KUNIT_EXPECT_TRUE_MSG(test, netif_carrier_ok(t->dev), "%s, access %u",
			      o->name, at);
	KUNIT_EXPECT_EQ_MSG(test, vfe_net_tx_pending(&t->vn->txq[0]), 0U,
			    "%s, access %u", o->name, at);
	KUNIT_EXPECT_GE_MSG(test, vfe_mock_available(t->rx), 32U,
			    "%s, access %u", o->name, at);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 1U);
	tnet_expect_works(t);
	tnet_expect_no_bql(t);
	vfe_mock_log_clear(t->m);
}

static void try_moments(struct kunit *test, void (*happens)(struct tnet *t),
			unsigned int step)
{
	const struct operation *o = test->param_value;
	struct tnet *t = moments_up(test);
	unsigned int at;
	bool more;

	moment.at = 0;
	moment.happens = happens;
	t->m->knobs.access = moment_access;
	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(step)) {
		tnet_send_many(t, 5);
		more = run_at(t, o, at);
		expect_all_works(t, o, at);
	}
	t->m->knobs.access = tnet_access;
	tnet_clean(t);
}

static void a_reset_in_the_middle(struct kunit *test)
{
	try_moments(test, asks_for_a_reset, 3);
}

static void traffic_in_the_middle(struct kunit *test)
{
	try_moments(test, has_traffic, 3);
}

static void vanishes(struct tnet *t)
{
	vfe_mock_vanish(t->m);
}

/* The function vanishes: nothing hangs, and the driver can be unbound. */
static void a_function_that_vanishes_in_the_middle(struct kunit *test)
{
	const struct operation *o = test->param_value;
	struct tnet *t;
	unsigned int at;
	bool more;

	moment.at = 0;
	moment.happens = vanishes;
	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(7)) {
		t = moments_up(test);
		t->m->knobs.access = moment_access;
		tnet_send_many(t, 5);
		more = run_at(t, o, at);
		wait_for_rest(t, 10);
		tnet_close(t);
		tnet_untap(t);
		vfe_mock_unplug(t->m);
	}
}

/* The same in a probe: nothing of it stays behind. */
static void a_function_that_vanishes_in_a_probe(struct kunit *test)
{
	unsigned int at, bound = 0;
	struct tnet *t;
	bool more;

	moment.happens = vanishes;
	for (at = 1, more = true; more && at < MOST; at++) {
		t = tnet_pairs_unbound(test, PROBED, 2);
		t->m->knobs.access = moment_access;
		moment.now = 0;
		moment.at = at;
		bound += tnet_bind(t);
		moment.at = 0;
		more = t->m->knobs.gone;
		vfe_mock_unplug(t->m);
		VFE_MOCK_EXPECT_CLEAN(test, t->m);
	}
	KUNIT_EXPECT_GT(test, at, 50U);
	KUNIT_EXPECT_GT(test, bound, 0U);
	KUNIT_EXPECT_LT(test, bound, at / 2);
}

static void describe(const struct operation *o, char *text)
{
	strscpy(text, o->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(operation, operations, describe);

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(a_reset_in_the_middle, operation_gen_params),
	KUNIT_CASE_PARAM(traffic_in_the_middle, operation_gen_params),
	KUNIT_CASE_PARAM(a_function_that_vanishes_in_the_middle,
			 operation_gen_params),
	KUNIT_CASE(a_function_that_vanishes_in_a_probe),
	{}
};

VFE_SUITE(cases);

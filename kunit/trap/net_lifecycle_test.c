// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_net under faults: headers and pages that lie, a device that does not
 * send, does not start or is gone; suspend, resets, removal under traffic, and
 * functions that are none of this driver.
 */
#include "../drivers/trap/net/net.h"
#include "lib/failslab.h"
#include "lib/suite.h"
#include "lib/trap_net_fixture.h"

#define NET_REG(reg)	VFE_REG_NET_MEMORY_##reg

/* --- a device that lies --- */

/* The page where the next frame's header will be */
static u8 *net_header(struct tstation *ts)
{
	return ts->back->memory + ts->back->current_page * VFE_NET_PAGE_SIZE;
}

/* A frame whose header the device changes before the driver reads it. */
static void net_receive_changed(struct tstation *ts, unsigned int byte, u8 val)
{
	u8 *header = net_header(ts);

	ts->back->quiet = true;
	KUNIT_ASSERT_TRUE(ts->test, tstation_receive(ts, 300, 1));
	ts->back->quiet = false;
	header[byte] = val;
	vfe_mock_station_interrupt(ts->m, 0);
}

/* Dropped, counted, the window is reset, and it goes on. */
static void net_bad_headers(struct kunit *test)
{
	static const struct {
		unsigned int byte;
		u8 val;
	} bad[] = {
		{ 0, 0 }, { 1, 0 }, { 1, 6 }, { 1, 64 }, { 1, 255 }, { 2, 0 },
		{ 3, 0 }, { 3, 2 }, { 3, 255 },
	};
	struct tstation *ts = tstation_start(test);
	unsigned int i, resets = ts->back->resets;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		net_receive_changed(ts, bad[i].byte, bad[i].val);
		KUNIT_ASSERT_TRUE(test,
				  TSTATION_WAIT_FOR(READ_ONCE(ts->back->resets)
						    == resets + i + 1));
		tstation_expect_works(ts);
	}
	KUNIT_EXPECT_EQ(test, (u64)i, tstation_stats(ts).rx_errors);
	/* nothing but the frames of tstation_expect_works() */
	KUNIT_EXPECT_EQ(test, i, ts->got);
	KUNIT_EXPECT_EQ(test, (s64)i + 1, tstation_counter(ts, "window_resets"));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* A register reads as @priv once. */
struct net_lie {
	enum vfe_reg reg;
	u32 val;
	bool told;
};

static bool net_tell_lie(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct net_lie *lie = m->knobs.priv;

	if (a->dir == VFE_READ && a->reg == lie->reg && !lie->told) {
		a->val = lie->val;
		lie->told = true;
	}
	return false;
}

static void net_bad_pages(struct kunit *test)
{
	static const u32 bad[] = { 0, 6, 64, 0x100, 0x80000000, U32_MAX };
	struct tstation *ts = tstation_start(test);
	unsigned int i, resets = ts->back->resets;
	struct net_lie lie = { .reg = NET_REG(CURRENT) };

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		lie.val = bad[i];
		lie.told = false;
		ts->m->knobs.priv = &lie;
		ts->m->knobs.access = net_tell_lie;
		tstation_receive(ts, 300, 1);
		KUNIT_ASSERT_TRUE(test,
				  TSTATION_WAIT_FOR(READ_ONCE(ts->back->resets)
						    == resets + i + 1));
		ts->m->knobs.access = NULL;
		tstation_expect_works(ts);
	}
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* The state after a frame was given to it makes no sense. */
static void net_bad_state(struct kunit *test)
{
	static const u32 bad[] = { 0, 0x20, U32_MAX };
	struct tstation *ts = tstation_start(test);
	struct net_lie lie = { .reg = NET_REG(COMMAND) };
	unsigned int i, resets = ts->back->resets;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		lie.val = bad[i];
		lie.told = false;
		ts->m->knobs.priv = &lie;
		ts->m->knobs.access = net_tell_lie;
		tstation_send(ts, 100, 1);
		KUNIT_ASSERT_TRUE(test,
				  TSTATION_WAIT_FOR(READ_ONCE(ts->back->resets)
						    == resets + i + 1));
		ts->m->knobs.access = NULL;
		tstation_expect_works(ts);
	}
}

static bool net_lie_always(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct net_lie *lie = m->knobs.priv;

	if (a->dir == VFE_READ && a->reg == lie->reg)
		a->val = lie->val;
	return false;
}

/* A device that never works costs few resets, and works when it can. */
static void net_lies_without_end(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct net_lie lie = { .reg = NET_REG(CURRENT), .val = 0x100 };
	unsigned int i, resets = ts->back->resets;

	ts->m->knobs.priv = &lie;
	ts->m->knobs.access = net_lie_always;
	for (i = 0; i < 100; i++) {
		tstation_receive(ts, 300, 1);
		msleep(100);
	}
	/* at once, and after pauses of 1, 2, 4 s */
	KUNIT_EXPECT_GE(test, ts->back->resets, resets + 2);
	KUNIT_EXPECT_LE(test, ts->back->resets, resets + 5);
	ts->m->knobs.access = NULL;
	msleep(20000);
	tstation_expect_works(ts);
	/* a frame ends the pauses */
	resets = ts->back->resets;
	ts->m->knobs.access = net_lie_always;
	tstation_receive(ts, 300, 1);
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(READ_ONCE(ts->back->resets) ==
						  resets + 1));
	ts->m->knobs.access = NULL;
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void net_interrupt_of_another(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	tstation_reset_counts(ts);
	for (i = 0; i < 50; i++)
		vfe_mock_pin(ts->m);
	KUNIT_EXPECT_EQ(test, 0LL, tstation_counter(ts, "interrupts"));
	KUNIT_EXPECT_EQ(test, 50U, ts->m->log_len);
	tstation_expect_works(ts);
}

/* --- transmit --- */

/* The device has no room: its interrupt says when it has. */
static void net_send_waits(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	ts->back->busy = true;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, NETDEV_TX_OK,
				tstation_send(ts, 100 + i, i));
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(READ_ONCE(ts->back->mask) &
						  VFE_NET_INT_TRANSMITTED));
	KUNIT_EXPECT_TRUE(test, netif_queue_stopped(ts->dev));
	KUNIT_EXPECT_EQ(test, 1U, ts->back->sent);
	KUNIT_EXPECT_EQ(test, 0ULL, tstation_stats(ts).tx_packets);
	/* it receives meanwhile */
	KUNIT_EXPECT_TRUE(test, tstation_receive(ts, 500, 3));
	tstation_expect_got(ts, 1, 500, 3);
	ts->back->busy = false;
	vfe_mock_station_sent(ts->m);
	tstation_expect_sent(ts, 3, 102, 2);
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	KUNIT_EXPECT_FALSE(test, netif_queue_stopped(ts->dev));
	KUNIT_EXPECT_EQ(test, 3ULL, tstation_stats(ts).tx_packets);
	KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "transmit_waits"));
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void net_send_refused(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	ts->back->refuse = true;
	tstation_send(ts, 100, 1);
	KUNIT_EXPECT_TRUE(test,
			  TSTATION_WAIT_FOR(tstation_stats(ts).tx_errors == 1));
	ts->back->refuse = false;
	tstation_expect_works(ts);
}

/* It never sends: the stack's watchdog resets the window. */
static void net_send_times_out(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int resets = ts->back->resets;

	ts->back->busy = true;
	tstation_send(ts, 100, 1);
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(READ_ONCE(ts->back->mask) &
						  VFE_NET_INT_TRANSMITTED));
	ts->back->busy = false;
	ts->dev->netdev_ops->ndo_tx_timeout(ts->dev, 0);
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(READ_ONCE(ts->back->resets) ==
						  resets + 1));
	tstation_expect_works(ts);
	KUNIT_EXPECT_EQ(test, 1ULL, tstation_stats(ts).tx_errors);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- life --- */

static void net_up_and_down(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		tstation_send(ts, 100, i);
		tstation_down(ts);
		KUNIT_EXPECT_FALSE(test, ts->back->started);
		KUNIT_EXPECT_EQ(test, 0U, ts->back->mask);
		KUNIT_EXPECT_FALSE(test, tstation_receive(ts, 100, i));
		KUNIT_ASSERT_EQ(test, 0, tstation_up(ts));
		tstation_expect_works(ts);
	}
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static const struct dev_pm_ops *net_pm(struct tstation *ts)
{
	return ts->m->pdev->dev.driver->pm;
}

static void net_sleeps(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct device *dev = &ts->m->pdev->dev;

	tstation_send(ts, 100, 1);
	KUNIT_EXPECT_EQ(test, 0, net_pm(ts)->suspend(dev));
	vfe_mock_log_clear(ts->m);
	KUNIT_EXPECT_FALSE(test, netif_device_present(ts->dev));
	msleep(50);
	KUNIT_EXPECT_EQ(test, 0U, ts->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, net_pm(ts)->resume(dev));
	KUNIT_EXPECT_TRUE(test, netif_device_present(ts->dev));
	/* at the latest now */
	tstation_expect_sent(ts, 1, 100, 1);
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* Suspended while it is down: it does not start. */
static void net_sleeps_while_down(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct device *dev = &ts->m->pdev->dev;

	tstation_down(ts);
	KUNIT_EXPECT_EQ(test, 0, net_pm(ts)->suspend(dev));
	KUNIT_EXPECT_EQ(test, -ENODEV, tstation_up(ts));
	KUNIT_EXPECT_EQ(test, 0, net_pm(ts)->resume(dev));
	msleep(50);
	KUNIT_EXPECT_FALSE(test, ts->back->started);
	KUNIT_EXPECT_EQ(test, 0, tstation_up(ts));
	tstation_expect_works(ts);
}

/* Another device answers after a reset. */
static void net_another_after_sleep(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct device *dev = &ts->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, net_pm(ts)->suspend(dev));
	ts->back->mac[5] ^= 1;
	KUNIT_EXPECT_EQ(test, -ENODEV, net_pm(ts)->resume(dev));
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(!netif_carrier_ok(ts->dev)));
	tstation_unbind(ts);
}

static void net_function_reset(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(ts->m->pdev));
	KUNIT_EXPECT_EQ(test, 1U, ts->m->flrs);
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* The window does not start: tried again until it does. */
static void net_dead_for_a_while(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	tstation_down(ts);
	ts->back->dead = true;
	KUNIT_EXPECT_EQ(test, 0, tstation_up(ts));
	msleep(5000);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(ts->dev));
	ts->back->dead = false;
	msleep(10000);
	tstation_expect_works(ts);
}

/* --- gone --- */

static void net_gone(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	vfe_mock_vanish(ts->m);
	tstation_send(ts, 100, 1);
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(!netif_carrier_ok(ts->dev)));
	vfe_mock_unplug(ts->m);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * No memory for a frame: it is dropped and counted. (The work item runs in this
 * task, where allocations can be made to fail.)
 */
static void net_receives_without_memory(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct vfe_trap_net *tn = netdev_priv(ts->dev);
	bool failed = true;
	unsigned int n;

	fail_require(test);
	for (n = 1; n < 20 && failed; n++) {
		ts->back->quiet = true;
		KUNIT_ASSERT_TRUE(test, tstation_receive(ts, 100, n));
		ts->back->quiet = false;
		vfe_mock_station_interrupt(ts->m, 0);
		KUNIT_ASSERT_TRUE(test, cancel_delayed_work(&tn->work));
		fail_nth(n);
		tn->work.work.func(&tn->work.work);
		failed = fail_end();
		msleep(20);
		KUNIT_EXPECT_EQ_MSG(test, ts->got +
				    tstation_stats(ts).rx_dropped, (u64)n,
				    "allocation %u", n);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_GT(test, tstation_stats(ts).rx_dropped, 0ULL);
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static unsigned int net_accesses_left;

/* The function vanishes at an access. */
static bool net_vanish_at(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (net_accesses_left && !--net_accesses_left) {
		m->knobs.gone = true;
		if (a->dir == VFE_READ)
			a->val = U32_MAX;
	}
	return m->knobs.gone;
}

/*
 * An interrupt, and the status reads as ones. If configuration answers, it is
 * not gone, and the interrupt of another function; if not, it is.
 */
static void net_gone_with_an_interrupt(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	struct net_lie lie = {
		.reg = NET_REG(INTERRUPT_STATUS), .val = U32_MAX,
	};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		lie.told = false;
		ts->m->knobs.priv = &lie;
		ts->m->knobs.access = net_tell_lie;
		vfe_mock_pin(ts->m);
		ts->m->knobs.access = NULL;
		KUNIT_EXPECT_TRUE(test, lie.told);
		tstation_expect_works(ts);
	}
	net_accesses_left = 1;
	ts->m->knobs.access = net_vanish_at;
	vfe_mock_pin(ts->m);
	KUNIT_EXPECT_EQ(test, net_accesses_left, 0U);
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(!netif_carrier_ok(ts->dev)));
	tstation_down(ts);
	KUNIT_EXPECT_EQ(test, tstation_up(ts), -ENODEV);
	vfe_mock_unplug(ts->m);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* Things that users and the device do, whose accesses are the moments */
static void net_do_all(struct tstation *ts)
{
	tstation_receive(ts, 100, 1);
	msleep(20);
	ts->back->busy = true;
	tstation_send(ts, 60, 1);
	msleep(20);
	ts->back->busy = false;
	vfe_mock_station_sent(ts->m);
	vfe_mock_station_interrupt(ts->m, VFE_NET_INT_LINK |
				   VFE_NET_INT_OVERRUN);
	msleep(20);
	ts->dev->netdev_ops->ndo_tx_timeout(ts->dev, 0);
	msleep(20);
	tstation_send(ts, 60, 2);
	msleep(20);
	tstation_down(ts);
	tstation_up(ts);
	msleep(20);
}

/* At each access: nothing hangs, nothing is lost, the driver can be unbound. */
static void net_vanishes_at_any_access(struct kunit *test)
{
	struct tstation *ts;
	unsigned int at;
	bool more;

	for (at = 1, more = true; more && at < 600; at += at < 20 ? 1 : 5) {
		ts = tstation_start(test);
		net_accesses_left = at;
		ts->m->knobs.access = net_vanish_at;
		net_do_all(ts);
		more = !net_accesses_left;
		net_accesses_left = 0;
		if (more) {
			/* at the latest now */
			tstation_send(ts, 60, 3);
			KUNIT_EXPECT_TRUE_MSG(test, TSTATION_WAIT_FOR
					      (!netif_carrier_ok(ts->dev)),
					      "access %u", at);
		} else {
			tstation_expect_works(ts);
		}
		vfe_mock_unplug(ts->m);
		VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	}
	KUNIT_EXPECT_FALSE(test, more);
	KUNIT_EXPECT_GT(test, at, 50U);
}

static void net_removed_under_traffic(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	for (i = 0; i < 30; i++) {
		tstation_receive(ts, 1000, i);
		tstation_send(ts, 1000, i);
	}
	vfe_mock_unplug(ts->m);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void net_unbound_while_waiting(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	ts->back->busy = true;
	tstation_send(ts, 100, 1);
	tstation_send(ts, 100, 2);
	tstation_unbind(ts);
	KUNIT_EXPECT_FALSE(test, ts->back->started);
	ts->back->busy = false;
	KUNIT_ASSERT_EQ(test, 0, tstation_bind(ts));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- probe --- */

static void net_is_none(struct kunit *test)
{
	static const struct vfe_mock_spec disk = {
		.device = VFE_PCI_DEVICE_BLOCK,
	};
	static const struct vfe_mock_spec no_cap = { .no_vendor_cap = true };
	static const struct vfe_mock_spec no_pin = { .no_pin = true };

	KUNIT_EXPECT_EQ(test, -ENODEV,
			tstation_bind(tstation_plug(test, &disk)));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			tstation_bind(tstation_plug(test, &no_cap)));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			tstation_bind(tstation_plug(test, &no_pin)));
}

static void net_of_bad_identity(struct kunit *test)
{
	struct tstation *ts = tstation_plug(test, NULL);
	struct net_lie lie = { .reg = NET_REG(DATA), .val = 1 };

	ts->back->pages = 13;
	KUNIT_EXPECT_EQ(test, -EINVAL, tstation_bind(ts));
	ts->back->pages = 257;
	KUNIT_EXPECT_EQ(test, -EINVAL, tstation_bind(ts));
	ts->back->pages = 14;
	ts->m->knobs.priv = &lie;
	ts->m->knobs.access = net_tell_lie;
	KUNIT_EXPECT_EQ(test, -ENODEV, tstation_bind(ts));
	ts->m->knobs.access = NULL;
	/* no MAC address: the driver makes one */
	ts->back->mac[0] = 1;
	KUNIT_ASSERT_EQ(test, 0, tstation_bind(ts));
	KUNIT_EXPECT_TRUE(test, is_valid_ether_addr(ts->dev->dev_addr));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* Each allocation of a probe fails once: the probe fails, or does without. */
static void net_probe_without_memory(struct kunit *test)
{
	struct tstation *ts = tstation_plug(test, NULL);
	bool failed = true;
	unsigned int n;
	int err = 0;

	fail_require(test);
	for (n = 1; n < FAIL_MOST && failed; n++) {
		fail_nth(n);
		err = tstation_bind(ts);
		failed = fail_end();
		/* the stack has other words for it, too: ENOBUFS */
		if (!err && failed)
			tstation_unbind(ts);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_EQ(test, 0, err);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static struct kunit_case net_cases[] = {
	KUNIT_CASE(net_bad_headers),
	KUNIT_CASE(net_bad_pages),
	KUNIT_CASE(net_bad_state),
	KUNIT_CASE(net_lies_without_end),
	KUNIT_CASE(net_interrupt_of_another),
	KUNIT_CASE(net_send_waits),
	KUNIT_CASE(net_send_refused),
	KUNIT_CASE(net_send_times_out),
	KUNIT_CASE(net_up_and_down),
	KUNIT_CASE(net_sleeps),
	KUNIT_CASE(net_sleeps_while_down),
	KUNIT_CASE(net_another_after_sleep),
	KUNIT_CASE(net_function_reset),
	KUNIT_CASE(net_dead_for_a_while),
	KUNIT_CASE(net_gone),
	KUNIT_CASE(net_receives_without_memory),
	KUNIT_CASE(net_gone_with_an_interrupt),
	KUNIT_CASE(net_vanishes_at_any_access),
	KUNIT_CASE(net_removed_under_traffic),
	KUNIT_CASE(net_unbound_while_waiting),
	KUNIT_CASE(net_is_none),
	KUNIT_CASE(net_of_bad_identity),
	KUNIT_CASE(net_probe_without_memory),
	{}
};

VFE_SUITE(net_cases);

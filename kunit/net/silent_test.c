// SPDX-License-Identifier: GPL-2.0
/*
 * A control queue that is silent for long: the device is reset once if it moves
 * no packets, either; the memory of a command is the device's until then. What
 * stops a queue meanwhile ends the wait.
 */
#include <linux/ethtool.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"
#include "../../drivers/net/ctrl.h"

#define FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX) | BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) | BIT_ULL(VIRTIO_NET_F_MQ))
#define PATIENCE_MS	5000U	/* a shorter one than the driver's */

static struct tnet *silent_up(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, FEATURES, 2);

	t->vn->ctrl->patience = msecs_to_jiffies(PATIENCE_MS);
	/* it has its filters */
	msleep(500);
	return t;
}

/* How often the device was started since the log was cleared */
static unsigned int resets(struct tnet *t)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->m->log_len; i++)
		n += t->m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     t->m->log[i].dir == VFE_WRITE &&
		     t->m->log[i].val & VIRTIO_CONFIG_S_DRIVER_OK;
	return n;
}

/* It is silent, and a command has told the driver so. */
static void fall_silent(struct tnet *t)
{
	t->silent = true;
	vfe_mock_log_clear(t->m);
	KUNIT_EXPECT_EQ(t->test, tnet_set_mac(t, 20), -ETIMEDOUT);
}

/* All that users set reaches a device that answers again. */
static void expect_catches_up(struct tnet *t)
{
	struct kunit *test = t->test;

	t->silent = false;
	tnet_answer(t);
	msleep(12000);
	tnet_wait_live(t);
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 33), 0);
	KUNIT_EXPECT_EQ(test, t->dev->dev_addr[5], 33);
	tnet_expect_receives(t, 300, 1);
}

static void it_is_reset_once(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	fall_silent(t);
	msleep(PATIENCE_MS / 2);
	KUNIT_EXPECT_EQ(test, resets(t), 0U);
	msleep(PATIENCE_MS);
	KUNIT_EXPECT_EQ(test, resets(t), 1U);
	/* the reset did not help: traffic goes on without commands */
	msleep(5 * PATIENCE_MS);
	KUNIT_EXPECT_EQ(test, resets(t), 1U);
	tnet_take_all(t);
	tnet_expect_works(t);
	expect_catches_up(t);
	/* an answer allows another reset */
	fall_silent(t);
	msleep(3 * PATIENCE_MS);
	KUNIT_EXPECT_EQ(test, resets(t), 1U);
	expect_catches_up(t);
	tnet_clean(t);
}

/* A device that moves packets is worth more than its control queue. */
static void it_is_not_reset_while_packets_move(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	unsigned int i;

	fall_silent(t);
	for (i = 0; i < 10; i++) {
		tnet_expect_works(t);
		msleep(PATIENCE_MS / 2);
	}
	KUNIT_EXPECT_EQ(test, resets(t), 0U);
	expect_catches_up(t);
	KUNIT_EXPECT_EQ(test, resets(t), 0U);
	tnet_clean(t);
}

/* The answer came, and its interrupt was lost. */
static void an_interrupt_that_is_lost(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	struct vfe_mock_chain *chain = t->answers;

	fall_silent(t);
	while (vfe_mock_pop(t->ctrl, chain) == 1) {
		*(u8 *)vfe_mock_mem(chain->segs[chain->out].addr) =
			VIRTIO_NET_OK;
		vfe_mock_push(t->ctrl, chain->id, 1, chain->descs);
	}
	t->silent = false;
	msleep(2 * PATIENCE_MS);
	KUNIT_EXPECT_EQ(test, resets(t), 0U);
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 40), 0);
	tnet_clean(t);
}

/*
 * It lost its state, and did not interrupt. It may as well stand still, so that
 * no register is read; the reset of a silent device helps.
 */
static void a_status_that_nobody_announced(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	t->silent = true;
	vfe_mock_log_clear(t->m);
	t->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_NE(test, tnet_set_mac(t, 20), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(t->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 0U);
	t->silent = false;
	msleep(2 * PATIENCE_MS);
	tnet_wait_live(t);
	KUNIT_EXPECT_EQ(test, resets(t), 1U);
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 21), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/*
 * It asks for an announcement while commands fail at once: it gets the
 * acknowledgment when it answers again, and may refuse it.
 */
static void an_announcement_meanwhile(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	struct vfe_net_config *config = (void *)t->m->config;
	unsigned int before;

	fall_silent(t);
	config->status |= cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	vfe_mock_config_interrupt(t->m);
	msleep(100);
	before = tnet_commands(t, VIRTIO_NET_CTRL_ANNOUNCE,
			       VIRTIO_NET_CTRL_ANNOUNCE_ACK);
	config->status &= ~cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	t->vn->ctrl->patience = 60 * HZ;
	expect_catches_up(t);
	KUNIT_EXPECT_EQ(test, before, 0U);
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_ANNOUNCE,
					    VIRTIO_NET_CTRL_ANNOUNCE_ACK), 1U);
	KUNIT_EXPECT_EQ(test, resets(t), 0U);
	tnet_clean(t);
}

/* --- commands that nobody waits for --- */

/*
 * Each that is given up keeps its memory. When none is left, commands fail,
 * and none is given to the device.
 */
static void all_memory_is_the_devices(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	unsigned int i, late = 0;

	t->silent = true;
	for (i = 0; i < 3 * VFE_NET_CTRL_SLOTS; i++) {
		KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 60 + i), -ETIMEDOUT);
		KUNIT_EXPECT_LE(test, vfe_mock_available(t->ctrl),
				(unsigned int)VFE_NET_CTRL_SLOTS);
		/* the driver tries again after a pause; packets move */
		tnet_expect_works(t);
		msleep(4000);
		tnet_expect_works(t);
		msleep(4000);
	}
	for (i = 0; i < VFE_NET_CTRL_SLOTS; i++)
		late += t->vn->ctrl->slots[i].state == VFE_NET_SLOT_LATE;
	KUNIT_EXPECT_EQ(test, late, (unsigned int)VFE_NET_CTRL_SLOTS);
	KUNIT_EXPECT_EQ(test, t->vn->ctrl->counts.late, 0ULL);
	expect_catches_up(t);
	KUNIT_EXPECT_GE(test, t->vn->ctrl->counts.late,
			(u64)VFE_NET_CTRL_SLOTS);
	tnet_clean(t);
}

/*
 * The device writes into memory of a command long after its sender has gone:
 * nobody else uses it (KASAN looks), also when the interface goes meanwhile.
 */
static void it_writes_until_it_is_reset(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	struct vfe_mock_chain *chain = t->answers;
	u8 *ack;

	fall_silent(t);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->ctrl, chain), 1);
	ack = vfe_mock_mem(chain->segs[chain->out].addr);
	*ack = VIRTIO_NET_ERR;
	tnet_close(t);
	*ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	*ack = VIRTIO_NET_ERR;
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- what ends a wait --- */

static void announce(struct tnet *t)
{
	struct vfe_net_config *config = (void *)t->m->config;

	config->status |= cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	vfe_mock_config_interrupt(t->m);
	msleep(100);
	/* the work item waits for the answer */
	KUNIT_EXPECT_EQ(t->test, vfe_mock_available(t->ctrl), 1U);
}

static void a_suspend_ends_the_wait(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	struct device *dev = &t->m->pdev->dev;
	unsigned long begin;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		t->silent = true;
		announce(t);
		begin = jiffies;
		KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
		flush_work(&t->vn->announce);
		KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), 500U);
		t->silent = false;
		KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		tnet_wait_live(t);
		KUNIT_EXPECT_EQ(test, t->vn->ctrl->counts.timeouts, 0ULL);
		KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 70 + i), 0);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

static void a_removal_ends_the_wait(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	unsigned long begin = jiffies;

	t->silent = true;
	announce(t);
	tnet_clean(t);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), 5000U);
}

static void a_function_that_vanishes_ends_the_wait(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	unsigned long begin = jiffies;

	t->silent = true;
	announce(t);
	vfe_mock_vanish(t->m);
	tnet_set_mac(t, 90);
	tnet_close(t);
	tnet_untap(t);
	vfe_mock_unplug(t->m);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), 10000U);
}

/* An answer with an id that no command has breaks the queue; a reset repairs it. */
static void an_answer_to_no_command(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	t->silent = true;
	announce(t);
	vfe_mock_push(t->ctrl, 55, 1, 1);
	vfe_mock_interrupt(t->ctrl);
	t->silent = false;
	tnet_wait_live(t);
	msleep(12000);
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 80), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- pairs --- */

/*
 * A replay begins with the number of pairs: a device that is always late gets no
 * more. Another reset ends the wait for the answer, and no pair is lost.
 */
static void a_reset_in_a_replay(struct kunit *test)
{
	struct tnet *t = silent_up(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 20), 0);
	t->silent = true;
	vfe_mock_needs_reset(t->m);
	msleep(1500);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->ctrl, t->answers), 1);
	KUNIT_EXPECT_EQ(test, tnet_remember(t, t->answers)->class,
			VIRTIO_NET_CTRL_MQ);
	t->silent = false;
	vfe_mock_push(t->ctrl, 55, 1, 1);
	vfe_mock_interrupt(t->ctrl);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, READ_ONCE(t->vn->state.pairs), 2);
		usleep_range(900, 1100);
	}
	tnet_wait_live(t);
	KUNIT_EXPECT_EQ(test, t->vn->ctrl->counts.timeouts, 0ULL);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 2U);
	t->rx = &t->m->queues[2];
	tnet_expect_receives(t, 300, 1);
	t->rx = &t->m->queues[0];
	tnet_clean(t);
}

/*
 * 5.1.9.5.5: after a reset only the first pair is enabled. It is the only one in
 * use until the device answers.
 */
static void pairs_come_back_with_the_answers(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	tnet_reset_silent(t);
	tnet_take_all(t);
	tnet_expect_works(t);
	expect_catches_up(t);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 2U);
	t->rx = &t->m->queues[2];
	tnet_expect_receives(t, 300, 1);
	t->rx = &t->m->queues[0];
	tnet_clean(t);
}

static unsigned int shown_pairs(struct tnet *t)
{
	struct ethtool_channels channels = {};

	t->dev->ethtool_ops->get_channels(t->dev, &channels);
	return channels.combined_count;
}

/* Until then the user has the number that he wants, and may want fewer. */
static void fewer_pairs_before_the_answers(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	tnet_reset_silent(t);
	KUNIT_EXPECT_EQ(test, shown_pairs(t), 2U);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	KUNIT_EXPECT_EQ(test, shown_pairs(t), 1U);
	expect_catches_up(t);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 1U);
	KUNIT_EXPECT_EQ(test, t->vn->state.pairs, 1);
	tnet_clean(t);
}

/*
 * A number that got no answer: the device may use all pairs that it has enabled
 * before, and packets on each of them are received.
 */
static void pairs_are_kept_without_an_answer(struct kunit *test)
{
	struct tnet *t = silent_up(test);

	/* no reset meanwhile, after which the device has one pair */
	t->vn->ctrl->patience = VFE_NET_CTRL_PATIENCE;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 2), 0);
	t->silent = true;
	KUNIT_EXPECT_LT(test, tnet_use_pairs(t, 1), 0);
	msleep(15000);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 2U);
	t->rx = &t->m->queues[2];
	tnet_expect_receives(t, 300, 1);
	t->rx = &t->m->queues[0];
	tnet_expect_receives(t, 300, 2);
	expect_catches_up(t);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 2U);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(it_is_reset_once),
	KUNIT_CASE(it_is_not_reset_while_packets_move),
	KUNIT_CASE(an_interrupt_that_is_lost),
	KUNIT_CASE(a_status_that_nobody_announced),
	KUNIT_CASE(an_announcement_meanwhile),
	KUNIT_CASE(all_memory_is_the_devices),
	KUNIT_CASE(it_writes_until_it_is_reset),
	KUNIT_CASE(a_suspend_ends_the_wait),
	KUNIT_CASE(a_removal_ends_the_wait),
	KUNIT_CASE(a_function_that_vanishes_ends_the_wait),
	KUNIT_CASE(an_answer_to_no_command),
	KUNIT_CASE(a_reset_in_a_replay),
	KUNIT_CASE(pairs_come_back_with_the_answers),
	KUNIT_CASE(fewer_pairs_before_the_answers),
	KUNIT_CASE(pairs_are_kept_without_an_answer),
	{}
};

VFE_SUITE(cases);

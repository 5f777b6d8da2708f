// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that come at an awkward moment: with DRIVER_OK, before the device
 * is live, during a reset and after it (drivers/core/irq.c and device.c).
 */

#include "lib/core_fixture.h"
#include "lib/suite.h"

#define ISR_QUEUES	0x01

/**
 * struct moment - an event in the middle of an access of the driver
 * @reg: right before this access takes effect
 * @dir: its direction
 * @val: and its value, for a write
 * @what: the event
 * @happened: how often; it acts only the first time
 * @td: for @what
 */
struct moment {
	enum vfe_reg reg;
	enum vfe_dir dir;
	u32 val;
	void (*what)(struct vfe_mock *m);
	unsigned int happened;
	struct tdrv *td;
};

static bool at_moment(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct moment *now = m->knobs.priv;

	if (a->reg != now->reg || a->dir != now->dir ||
	    (a->dir == VFE_WRITE && a->val != now->val))
		return false;
	if (!now->happened++)
		now->what(m);
	return false;
}

static void arm(struct tdrv *td, struct moment *now)
{
	td->m->knobs.priv = now;
	td->m->knobs.access = at_moment;
}

/*
 * The device needs a reset as soon as it is live; the work item runs
 * immediately.
 */
static void trouble_at_driver_ok(struct vfe_mock *m)
{
	m->status |= VIRTIO_CONFIG_S_DRIVER_OK;
	vfe_mock_needs_reset(m);
	tdrv_settle();
}

static void change_at_driver_ok(struct vfe_mock *m)
{
	vfe_mock_config_interrupt(m);
	tdrv_settle();
}

/* A device that became live while @what happened */
static struct tdrv *live_while(struct kunit *test,
			       void (*what)(struct vfe_mock *m))
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct moment now = {
		.reg = VFE_REG_DEVICE_STATUS, .dir = VFE_WRITE, .val = S_LIVE,
		.what = what,
	};

	arm(td, &now);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, now.happened, 1U);
	tdrv_settle();
	td->m->knobs.access = NULL;
	return td;
}

static void needs_reset_right_after_driver_ok(struct kunit *test)
{
	struct tdrv *td = live_while(test, trouble_at_driver_ok);

	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
}

static void change_right_after_driver_ok(struct kunit *test)
{
	struct tdrv *td = live_while(test, change_at_driver_ok);

	KUNIT_EXPECT_EQ(test, td->config_changed, 1U);
}

/* As a network driver does: refill used buffers, and kick at once */
static void done_and_refill(struct vfe_queue *q)
{
	struct tdrv *td = vfe_priv(vfe_queue_device(q));

	tdrv_done(q);
	tdrv_reap_all(td, vfe_queue_index(q));
	tdrv_add(td, vfe_queue_index(q));
}

static void use_at_driver_ok(struct vfe_mock *m)
{
	struct moment *now = m->knobs.priv;

	m->status |= VIRTIO_CONFIG_S_DRIVER_OK;
	tdrv_use(now->td, 0);
	/* and goes to sleep until there is a second one */
	vfe_mock_set_avail_event(&m->queues[0], 1);
	vfe_mock_interrupt(&m->queues[0]);
}

static void kick_right_after_driver_ok(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct moment now = {
		.reg = VFE_REG_DEVICE_STATUS, .dir = VFE_WRITE, .val = S_LIVE,
		.what = use_at_driver_ok, .td = td,
	};

	td->specs[0].done = done_and_refill;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	arm(td, &now);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->done[0], 1U);
	/* a kick that is lost here is never made up for */
	KUNIT_EXPECT_EQ(test, td->m->queues[0].kicks, 1U);
	KUNIT_EXPECT_EQ(test, td->m->queues[0].early, 0U);
}

/* A class driver that wants to hear of nothing */
static void no_callbacks(struct kunit *test)
{
	static const struct vfe_device_ops none;
	struct tdrv *td = tdrv_new(test, NULL);

	td->vd = vfe_create(td->m->pdev, &none, td);
	KUNIT_ASSERT_FALSE(test, IS_ERR(td->vd));
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_NEGOTIATE), 0);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
	TDRV_EXPECT_EVENTS(test, td, 2, 0, 2);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), 0);
}

/* --- around a reset --- */

static void use_and_interrupt(struct vfe_mock *m)
{
	struct tdrv *td = m->knobs.priv;

	tdrv_use(td, 0);
	vfe_mock_interrupt(&m->queues[0]);
}

static void none_after_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	vfe_mock_raise(td->m, 0);
	vfe_mock_raise(td->m, 1);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	TDRV_EXPECT_EVENTS(test, td, 0, 0, 0);
	/* nor before it is live again */
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	vfe_mock_raise(td->m, 0);
	vfe_mock_raise(td->m, 1);
	tdrv_settle();
	TDRV_EXPECT_EVENTS(test, td, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	tdrv_expect_completion(test, td, 0);
}

/* A change whose work is still to run when the device is reset */
static void change_is_forgotten_by_a_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	vfe_mock_config_interrupt(td->m);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	TDRV_EXPECT_EVENTS(test, td, 1, 0, 1);
}

static void change_at_reset(struct vfe_mock *m)
{
	vfe_mock_config_interrupt(m);
}

/*
 * Interrupts while the driver waits for the end of a reset: no callback of the
 * class driver runs, and no configuration change is delivered.
 */
static void expect_quiet_reset(struct kunit *test, u8 status)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct moment now = {
		.reg = VFE_REG_DEVICE_STATUS, .dir = VFE_WRITE, .val = 0,
		.what = change_at_reset,
	};

	td->m->status |= status;
	td->m->knobs.reset_reads = 10;
	arm(td, &now);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, now.happened, 1U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	td->m->knobs.access = NULL;
	tdrv_expect_config_change(test, td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void change_in_the_middle_of_a_reset(struct kunit *test)
{
	expect_quiet_reset(test, 0);
}

static void needs_reset_in_the_middle_of_a_reset(struct kunit *test)
{
	expect_quiet_reset(test, VIRTIO_CONFIG_S_NEEDS_RESET);
}

/* A device that is found gone by the reset: its caller learns it from that */
static void gone_in_a_reset_is_told_by_it(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(vfe_get_queue(td->vd, 0)));
}

/* An interrupt in the middle of the reset: handled or not, but over with it */
static void interrupt_in_the_middle_of_a_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct vfe_mock *m = td->m;
	unsigned int done;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	m->knobs.priv = td;
	use_and_interrupt(m);
	done = td->done[0];
	KUNIT_EXPECT_EQ(test, done, 1U);
	vfe_mock_needs_reset(m);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	vfe_mock_raise(m, 1);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->done[0], done);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	tdrv_detach_all(td);
}

/* The pin is off while the device is reset: nobody would lower it. */
static void pin_is_off_while_reset(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .vectors = -1 };
	struct tdrv *td = tdrv_live(test, &spec);

	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_INTX_DISABLE);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_TRUE(test, tdrv_command(td) & PCI_COMMAND_INTX_DISABLE);
	td->m->isr = ISR_QUEUES;
	KUNIT_EXPECT_FALSE(test, vfe_mock_interrupt(&td->m->queues[0]));
	td->m->isr = 0;
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_INTX_DISABLE);
	tdrv_expect_completion(test, td, 1);
}

static struct kunit_case moment_cases[] = {
	KUNIT_CASE(needs_reset_right_after_driver_ok),
	KUNIT_CASE(change_right_after_driver_ok),
	KUNIT_CASE(kick_right_after_driver_ok),
	KUNIT_CASE(no_callbacks),
	KUNIT_CASE(none_after_reset),
	KUNIT_CASE(change_is_forgotten_by_a_reset),
	KUNIT_CASE(change_in_the_middle_of_a_reset),
	KUNIT_CASE(needs_reset_in_the_middle_of_a_reset),
	KUNIT_CASE(gone_in_a_reset_is_told_by_it),
	KUNIT_CASE(interrupt_in_the_middle_of_a_reset),
	KUNIT_CASE(pin_is_off_while_reset),
	{}
};

VFE_SUITE(moment_cases);

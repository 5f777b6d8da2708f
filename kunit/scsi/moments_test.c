// SPDX-License-Identifier: GPL-2.0
/*
 * Events in the middle of what the driver does: at each register access of a
 * probe, a reset, a suspend or an unbind, the device requests a reset, or
 * interrupts for all queues, or the function vanishes. Afterwards the disk
 * works, or the driver is gone; nothing hangs or is freed too early.
 */
#include <linux/pm.h>

#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define MOST	400U	/* more accesses than any operation makes */

/* --- events --- */

static void asks_for_a_reset(struct tscsi *ts)
{
	vfe_mock_needs_reset(ts->m);
}

/* For all queues, and an event: more may be under way than the driver knows. */
static void interrupts(struct tscsi *ts)
{
	unsigned int i;

	tscsi_push_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	for (i = 0; i < 3; i++)
		vfe_mock_interrupt(&ts->m->queues[i]);
}

static void vanishes(struct tscsi *ts)
{
	vfe_mock_vanish(ts->m);
}

/**
 * struct moment - when an event happens, for moment_access()
 * @ts: the host
 * @at: number of the access, 0: never
 * @now: accesses so far
 * @happens: the event
 */
static struct moment {
	struct tscsi *ts;
	unsigned int at;
	unsigned int now;
	void (*happens)(struct tscsi *ts);
} moment;

static bool moment_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	/* a reset takes the buffers back that the device had for events */
	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_WRITE && !a->val)
		moment.ts->num_events = 0;
	if (++moment.now == moment.at)
		moment.happens(moment.ts);
	return false;
}

static void moment_begin(struct tscsi *ts, void (*happens)(struct tscsi *ts),
			 unsigned int at)
{
	moment = (struct moment) { .ts = ts, .at = at, .happens = happens };
	ts->m->knobs.access = moment_access;
}

/* Return: whether the event happened */
static bool moment_end(struct tscsi *ts)
{
	bool happened = moment.now >= moment.at;

	moment.at = 0;
	return happened;
}

/* --- operations --- */

static void sleeps_and_wakes(struct tscsi *ts)
{
	struct device *dev = &ts->m->pdev->dev;

	if (!dev->driver->pm->suspend(dev))
		dev->driver->pm->resume(dev);
}

static void is_reset(struct tscsi *ts)
{
	vfe_mock_needs_reset(ts->m);
	msleep(500);
}

static void is_reset_by_the_bus(struct tscsi *ts)
{
	const struct pci_error_handlers *h =
		to_pci_driver(ts->m->pdev->dev.driver)->err_handler;

	h->reset_prepare(ts->m->pdev);
	h->reset_done(ts->m->pdev);
}

/* As the error handler resets a unit, then the device */
static void is_reset_by_the_handler(struct tscsi *ts)
{
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;
	struct scsi_cmnd *sc = kzalloc(sizeof(*sc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(ts->test, sc);
	sc->device = tscsi_sdev(ts, 0, 0);
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	if (sc->device) {
		shost->hostt->eh_device_reset_handler(sc);
		shost->hostt->eh_host_reset_handler(sc);
	}
	kfree(sc);
}

static const struct operation {
	const char *name;
	void (*run)(struct tscsi *ts);
} operations[] = {
	{ "suspend and resume", sleeps_and_wakes },
	{ "a reset", is_reset },
	{ "a reset by the bus", is_reset_by_the_bus },
	{ "a reset by the error handler", is_reset_by_the_handler },
};

static bool moment_is_at_rest(struct tscsi *ts)
{
	struct vfe_recovery *r = &tscsi_driver(ts)->io.recovery;

	return tscsi_settled(ts) && !work_busy(&r->work.work) &&
	       vfe_recovery_state(r) == VFE_RUN_LIVE;
}

static void try_moments(struct kunit *test, void (*happens)(struct tscsi *ts),
			unsigned int step)
{
	const struct operation *o = test->param_value;
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int at;
	bool more;

	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(step)) {
		tscsi_recycle(ts);
		tscsi_start(ts, REQ_OP_WRITE, 64, at);
		moment_begin(ts, happens, at);
		o->run(ts);
		more = moment_end(ts);
		KUNIT_EXPECT_TRUE_MSG(test,
				      TSCSI_WAIT_LONG(moment_is_at_rest(ts), 90),
				      "%s, access %u", o->name, at);
		KUNIT_EXPECT_EQ_MSG(test, 0, tscsi_wait(ts, &ts->ios[0]),
				    "%s, access %u", o->name, at);
		tscsi_expect_works(ts);
		vfe_mock_log_clear(ts->m);
	}
	KUNIT_EXPECT_GT(test, at, 10U);
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
}

static void a_reset_in_the_middle(struct kunit *test)
{
	try_moments(test, asks_for_a_reset, 3);
}

static void interrupts_in_the_middle(struct kunit *test)
{
	try_moments(test, interrupts, 3);
}

/* Requests end, and the driver can be unbound. */
static void a_function_that_vanishes_in_the_middle(struct kunit *test)
{
	const struct operation *o = test->param_value;
	struct tscsi *ts;
	unsigned int at;
	bool more;

	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(7)) {
		ts = tscsi_host(test, NULL);
		tscsi_start(ts, REQ_OP_WRITE, 64, at);
		moment_begin(ts, vanishes, at);
		o->run(ts);
		more = moment_end(ts);
		vfe_mock_unplug(ts->m);
		tscsi_wait(ts, &ts->ios[0]);
	}
	KUNIT_EXPECT_GT(test, at, 10U);
}

/* --- bind and unbind --- */

/* Return: whether the event happened */
static bool bind_at(struct tscsi *ts, void (*happens)(struct tscsi *ts),
		    unsigned int at, unsigned int *bound)
{
	moment_begin(ts, happens, at);
	*bound += tscsi_bind(ts);
	msleep(100);
	if (tscsi_driver(ts))
		vfe_mock_unbind(ts->m);
	return moment_end(ts);
}

/* It is bound or not, and nothing of it stays behind. */
static void try_binds(struct kunit *test, void (*happens)(struct tscsi *ts),
		      unsigned int step)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);
	unsigned int at, bound = 0;
	bool more;

	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(step))
		more = bind_at(ts, happens, at, &bound);
	KUNIT_EXPECT_GT(test, at, 50U);
	KUNIT_EXPECT_GT(test, bound, 0U);
	ts->m->knobs.access = NULL;
	ts->num_events = 0;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_expect_works(ts);
}

static void a_reset_in_a_bind(struct kunit *test)
{
	try_binds(test, asks_for_a_reset, 5);
}

static void interrupts_in_a_bind(struct kunit *test)
{
	try_binds(test, interrupts, 5);
}

/*
 * The driver waits for an answer about a target for half a minute: with more
 * than one target, all this would take longer than a case may.
 */
static void a_function_that_vanishes_in_a_bind(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	unsigned int at, bound = 0;
	struct tscsi *ts;
	bool more;

	config.max_target = 0;
	for (at = 1, more = true; more && at < MOST; at += VFE_STEP(3)) {
		ts = tscsi_plug(test, NULL, &config);
		reset_hung_task_detector();
		more = bind_at(ts, vanishes, at, &bound);
		vfe_mock_unplug(ts->m);
		VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	}
	KUNIT_EXPECT_GT(test, at, 50U);
	KUNIT_EXPECT_GT(test, bound, 0U);
}

static void describe(const struct operation *o, char *text)
{
	strscpy(text, o->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(operation, operations, describe);

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(a_reset_in_the_middle, operation_gen_params),
	KUNIT_CASE_PARAM(interrupts_in_the_middle, operation_gen_params),
	KUNIT_CASE_PARAM(a_function_that_vanishes_in_the_middle,
			 operation_gen_params),
	KUNIT_CASE(a_reset_in_a_bind),
	KUNIT_CASE(interrupts_in_a_bind),
	KUNIT_CASE(a_function_that_vanishes_in_a_bind),
	{}
};

VFE_SUITE(cases);

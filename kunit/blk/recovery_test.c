// SPDX-License-Identifier: GPL-2.0
/*
 * A device that cannot be restarted after a reset: the driver tries again, with
 * growing pauses, and requests wait. The user can disable that, and enable it
 * again; suspend and unbind work meanwhile.
 */
#include <linux/module.h>

#include "lib/log.h"
#include "lib/blk_fixture.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
/* device_status of one that runs */
#define RECOVERY_LIVE	(VIRTIO_CONFIG_S_ACKNOWLEDGE | \
			 VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | \
			 VIRTIO_CONFIG_S_DRIVER_OK)
#define RECOVERY_MINUTES	180	/* three of them, in seconds */

/* --- what is wrong with the device --- */

struct recovery_fault {
	const char *name;
	void (*spoil)(struct tdisk *td);
	void (*mend)(struct tdisk *td);
};

static void recovery_refuse(struct tdisk *td)
{
	td->m->knobs.refuse_features = true;
}

static void recovery_accept(struct tdisk *td)
{
	td->m->knobs.refuse_features = false;
}

static void recovery_offer_less(struct tdisk *td)
{
	td->m->offered &= ~F(FLUSH);
}

static void recovery_offer_more(struct tdisk *td)
{
	td->m->offered |= F(FLUSH);
}

static void recovery_small_queue(struct tdisk *td)
{
	td->m->queues[0].offer = 8;
}

static void recovery_no_queue(struct tdisk *td)
{
	td->m->queues[0].offer = 0;
}

static void recovery_usual_queue(struct tdisk *td)
{
	td->m->queues[0].offer = 64;
}

static void recovery_no_vectors(struct tdisk *td)
{
	td->m->knobs.vectors_short = 1;
}

static void recovery_all_vectors(struct tdisk *td)
{
	td->m->knobs.vectors_short = 0;
}

static bool recovery_deaf(struct vfe_mock *m, struct vfe_mock_access *a)
{
	return a->reg == VFE_REG_DEVICE_CONFIG && a->dir == VFE_WRITE;
}

/* It restarts in the other cache mode, and does not accept the old one. */
static void recovery_other_cache(struct tdisk *td)
{
	tdisk_config(td)->wce ^= 1;
	td->m->knobs.access = recovery_deaf;
}

static void recovery_hears(struct tdisk *td)
{
	td->m->knobs.access = NULL;
}

static void recovery_hangs(struct tdisk *td)
{
	td->m->knobs.reset_reads = UINT_MAX;
}

static void recovery_resets(struct tdisk *td)
{
	td->m->knobs.reset_reads = 0;
}

static const struct recovery_fault recovery_faults[] = {
	{ "refuses FEATURES_OK", recovery_refuse, recovery_accept },
	{ "offers less", recovery_offer_less, recovery_offer_more },
	{ "smaller queue", recovery_small_queue, recovery_usual_queue },
	{ "no queue", recovery_no_queue, recovery_usual_queue },
	{ "no vectors", recovery_no_vectors, recovery_all_vectors },
	{ "other cache mode", recovery_other_cache, recovery_hears },
	{ "no end of its reset", recovery_hangs, recovery_resets },
};

static void recovery_fault_name(const struct recovery_fault *f, char *name)
{
	strscpy(name, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(recovery_fault, recovery_faults, recovery_fault_name);

/* A write that the device popped and keeps */
static struct tdisk_io *recovery_keep(struct tdisk *td, u64 sector)
{
	struct tdisk_io *io;

	io = tdisk_start_kept(td, REQ_OP_WRITE, sector, sector);
	td->keep = false;
	return io;
}

/* A disk whose device is down, with a request: @io */
static struct tdisk *recovery_down(struct kunit *test,
				   const struct recovery_fault *f,
				   struct tdisk_io **io)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH) | F(CONFIG_WCE));
	struct kmsg_dump_iter mark = log_mark();

	*io = recovery_keep(td, 40);
	f->spoil(td);
	vfe_mock_needs_reset(td->m);
	KUNIT_ASSERT_TRUE(test,
			  TDISK_WAIT_LONG(log_errors(mark, "no restart"), 30));
	KUNIT_EXPECT_EQ(test, 0U, (*io)->ends);
	return td;
}

static struct tdisk *recovery_refused(struct kunit *test, struct tdisk_io **io)
{
	return recovery_down(test, &recovery_faults[0], io);
}

static void recovery_ends_well(struct tdisk *td, struct tdisk_io *io)
{
	KUNIT_EXPECT_TRUE(td->test,
			  TDISK_WAIT_LONG(io->ends, RECOVERY_MINUTES));
	KUNIT_EXPECT_EQ(td->test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(td->test, tdisk_holds(td, 40, io->data, 512));
	tdisk_expect_works(td);
}

/* --- it goes on trying --- */

/* Down for a minute: requests wait, also new ones, and all complete then. */
static void recovery_goes_on(struct kunit *test)
{
	const struct recovery_fault *f = test->param_value;
	struct tdisk_io *io, *later;
	struct tdisk *td;

	td = recovery_down(test, f, &io);
	later = tdisk_start(td, REQ_OP_WRITE, 80, 512, 3);
	TDISK_WAIT_LONG(io->ends || later->ends, 60);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, later->ends);
	/* no attempt meanwhile */
	if (f->spoil != recovery_hangs)
		KUNIT_EXPECT_EQ(test, 0, td->m->status &
				VIRTIO_CONFIG_S_DRIVER_OK);
	f->mend(td);
	recovery_ends_well(td, io);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, later));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 80, later->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Times of the attempts, by the driver's reads of the offered features */
struct recovery_tries {
	unsigned long at[16];
	unsigned int n;
};

static bool recovery_count(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct recovery_tries *tries = m->knobs.priv;

	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_WRITE &&
	    a->val == VIRTIO_CONFIG_S_ACKNOWLEDGE &&
	    tries->n < ARRAY_SIZE(tries->at))
		tries->at[tries->n++] = jiffies;
	return false;
}

/* 1, 2, 4 and so on to 60 seconds, then always 60 */
static void recovery_pauses_grow(struct kunit *test)
{
	static const unsigned int pauses[] = { 1, 2, 4, 8, 16, 32, 60 };
	struct recovery_tries *tries = kunit_kzalloc(test, sizeof(*tries),
						     GFP_KERNEL);
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i, most = ARRAY_SIZE(pauses) + 1;

	KUNIT_ASSERT_NOT_NULL(test, tries);
	td->m->knobs.priv = tries;
	td->m->knobs.access = recovery_count;
	recovery_refuse(td);
	vfe_mock_needs_reset(td->m);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_LONG(tries->n >= most, 300));
	td->m->knobs.access = NULL;
	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		unsigned long took = tries->at[i + 1] - tries->at[i];

		KUNIT_EXPECT_GE(test, took, pauses[i] * HZ * 1UL);
		/* a timer of a minute is up to an eighth late */
		KUNIT_EXPECT_LE(test, took, (pauses[i] * 9 / 8 + 1) * HZ * 1UL);
	}
	recovery_accept(td);
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_LONG(td->m->status == RECOVERY_LIVE, 90));
	tdisk_expect_works(td);
}

/* --- the user stops it --- */

static void recovery_is_stopped(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);
	char buf[8];

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	KUNIT_EXPECT_EQ(test, (ssize_t)2,
			tdisk_show(td, "recovery", buf, sizeof(buf)));
	KUNIT_EXPECT_STREQ(test, buf, "0\n");
	/* no automatic attempt */
	recovery_accept(td);
	TDISK_WAIT_LONG(td->m->status == RECOVERY_LIVE, 100);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	KUNIT_EXPECT_NE(test, RECOVERY_LIVE, (int)td->m->status);
	/* but the user can start one at once */
	tdisk_set(td, "recovery", "1");
	KUNIT_EXPECT_EQ(test, RECOVERY_LIVE, (int)td->m->status);
	tdisk_recycle(td);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Enabled while it is still broken: it waits again, and recovers. */
static void recovery_is_started_too_early(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	tdisk_set(td, "recovery", "1");
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 9);
	TDISK_WAIT_LONG(io->ends, 10);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	recovery_accept(td);
	recovery_ends_well(td, io);
}

/* The same, but only the last step of the restart fails. */
static void recovery_is_started_with_whole_rings(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_down(test, &recovery_faults[5], &io);

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	tdisk_set(td, "recovery", "1");
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 9);
	recovery_hears(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
}

/* Disabled before any fault: the first failed attempt is the last. */
static void recovery_is_off(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_set(td, "recovery", "0");
	/* a working device is not affected */
	io = recovery_keep(td, 40);
	vfe_mock_needs_reset(td->m);
	recovery_ends_well(td, io);
	io = recovery_keep(td, 40);
	recovery_refuse(td);
	vfe_mock_needs_reset(td->m);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	/* after giving up, suspend works, and resume tries again */
	recovery_accept(td);
	KUNIT_EXPECT_EQ(test, (ssize_t)-EINVAL,
			tdisk_store(td, "recovery", "maybe"));
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
}

/* --- others, meanwhile --- */

static void recovery_unbind(struct kunit *test)
{
	struct tdisk_io *io, *later;
	struct tdisk *td = recovery_refused(test, &io);
	unsigned long start = jiffies;

	later = tdisk_start(td, REQ_OP_WRITE, 80, 512, 3);
	tdisk_unbind(td);
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, later));
	recovery_accept(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void recovery_unbind_given_up(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	tdisk_unbind(td);
	recovery_accept(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
}

/*
 * The driver is unbound while a request is in flight, and only then the device
 * fails: the driver must not try again for ever.
 */
static void recovery_that_begins_in_an_unbind(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	io = recovery_keep(td, 40);
	recovery_refuse(td);
	/* found by a timeout, while the driver is being unbound */
	td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	tdisk_check_timeouts(td);
	tdisk_unbind(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	recovery_accept(td);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
}

static int recovery_suspend(struct tdisk *td)
{
	struct device *dev = &td->m->pdev->dev;

	return dev->driver->pm->suspend(dev);
}

static int recovery_resume(struct tdisk *td)
{
	struct device *dev = &td->m->pdev->dev;

	return dev->driver->pm->resume(dev);
}

/* Requests wait while it is down: suspend fails, and attempts continue. */
static void recovery_does_not_sleep(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	KUNIT_EXPECT_EQ(test, -EBUSY, recovery_suspend(td));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	recovery_accept(td);
	recovery_ends_well(td, io);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Suspended while it is down: no attempt until the resume, then it works. */
static void recovery_sleeps(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	recovery_refuse(td);
	vfe_mock_needs_reset(td->m);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(td->m->status !=
						RECOVERY_LIVE, 100));
	KUNIT_EXPECT_EQ(test, 0, recovery_suspend(td));
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 9);
	vfe_mock_log_clear(td->m);
	TDISK_WAIT_LONG(io->ends, 100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	recovery_accept(td);
	KUNIT_EXPECT_EQ(test, 0, recovery_resume(td));
	recovery_ends_well(td, io);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A failed resume is tried again later, like any reset. */
static void recovery_after_a_resume(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, recovery_suspend(td));
	io = tdisk_start(td, REQ_OP_WRITE, 40, 512, 9);
	recovery_refuse(td);
	KUNIT_EXPECT_EQ(test, 0, recovery_resume(td));
	TDISK_WAIT_LONG(io->ends, 10);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	recovery_accept(td);
	recovery_ends_well(td, io);
}

/* Recovery stays disabled by the user after suspend and resume. */
static void recovery_given_up_and_sleep(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0, recovery_suspend(td));
	KUNIT_EXPECT_EQ(test, 0, recovery_resume(td));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	recovery_accept(td);
	tdisk_set(td, "recovery", "1");
	tdisk_recycle(td);
	tdisk_expect_works(td);
}

/*
 * The function goes while it is down: waiting requests fail, and it may come
 * back.
 */
static void recovery_gone(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(io->ends, RECOVERY_MINUTES));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	tdisk_unplug(td);
}

/* The function goes during the attempt that a user started. */
static void recovery_gone_when_asked(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = recovery_refused(test, &io);

	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	vfe_mock_vanish(td->m);
	tdisk_set(td, "recovery", "1");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	tdisk_unplug(td);
}

/* Only the first read of the status has DEVICE_NEEDS_RESET. */
static bool recovery_asks_once(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_READ) {
		a->val |= VIRTIO_CONFIG_S_NEEDS_RESET;
		m->knobs.access = NULL;
	}
	return false;
}

/*
 * The device set DEVICE_NEEDS_RESET, and has cleared it by the time of the
 * recovery. The driver still detects the next fault.
 */
static void recovery_of_nothing(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	td->m->knobs.access = recovery_asks_once;
	vfe_mock_config_interrupt(td->m);
	msleep(3000);
	KUNIT_EXPECT_NULL(test, td->m->knobs.access);
	io = recovery_keep(td, 40);
	/* an id of a chain that was never made available */
	vfe_mock_push(&td->m->queues[0], td->m->queues[0].size - 1, 1, 1);
	vfe_mock_interrupt(&td->m->queues[0]);
	recovery_ends_well(td, io);
}

/* A resume is no reset: no warning, and no pause before the next reset. */
static void recovery_resume_is_none(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned long start;

	KUNIT_EXPECT_EQ(test, 0, recovery_suspend(td));
	KUNIT_EXPECT_EQ(test, 0, recovery_resume(td));
	KUNIT_EXPECT_EQ(test, 0U, log_warnings(mark, "resetting"));
	vfe_mock_needs_reset(td->m);
	start = jiffies;
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(td->m->status ==
						RECOVERY_LIVE, 30));
	KUNIT_EXPECT_LT(test, jiffies - start, HZ / 2);
	tdisk_expect_works(td);
}

/*
 * The driver is unbound in the pause before a reset: the reset happens at once.
 */
static void recovery_unbind_in_a_pause(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;
	unsigned long start;
	int i;

	/* resets without completions in between: growing pauses */
	for (i = 0; i < 6; i++) {
		vfe_mock_needs_reset(td->m);
		KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(td->m->status ==
							RECOVERY_LIVE, 90));
	}
	io = recovery_keep(td, 40);
	vfe_mock_needs_reset(td->m);
	start = jiffies;
	tdisk_unbind(td);
	KUNIT_EXPECT_LT(test, jiffies - start, 5UL * HZ);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE_PARAM(recovery_goes_on, recovery_fault_gen_params),
	KUNIT_CASE(recovery_pauses_grow),
	KUNIT_CASE(recovery_is_stopped),
	KUNIT_CASE(recovery_is_started_too_early),
	KUNIT_CASE(recovery_is_started_with_whole_rings),
	KUNIT_CASE(recovery_is_off),
	KUNIT_CASE(recovery_unbind),
	KUNIT_CASE(recovery_unbind_given_up),
	KUNIT_CASE(recovery_that_begins_in_an_unbind),
	KUNIT_CASE(recovery_does_not_sleep),
	KUNIT_CASE(recovery_sleeps),
	KUNIT_CASE(recovery_after_a_resume),
	KUNIT_CASE(recovery_given_up_and_sleep),
	KUNIT_CASE(recovery_gone),
	KUNIT_CASE(recovery_gone_when_asked),
	KUNIT_CASE(recovery_of_nothing),
	KUNIT_CASE(recovery_resume_is_none),
	KUNIT_CASE_SLOW(recovery_unbind_in_a_pause),
	{ }
};

static struct kunit_suite recovery_suite = {
	.name = "vfe-blk_recovery",
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);

MODULE_DESCRIPTION("Tests of a vfe_blk disk whose device does not come up again");
MODULE_LICENSE("GPL");

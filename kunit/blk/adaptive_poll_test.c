// SPDX-License-Identifier: GPL-2.0
/*
 * Adaptive polling (drivers/core/io_poll.c) with vfe_blk: a submitter that
 * busy-waits for its completion, for how long, and the counts. The device
 * answers within the kick, later, or not at all.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>

#include "lib/blk_fixture.h"

/**
 * struct look - a device that answers a kick at once, or later
 * @td: the disk
 * @quick: at once
 * @us: after this many microseconds, without an interrupt; 0: not at all
 * @rival: another task wants the CPU at that moment
 * @timer: runs for @us from the kick on
 */
struct look {
	struct tdisk *td;
	bool quick;
	unsigned int us;
	bool rival;
	struct hrtimer timer;
};

/* Serve the kicked requests at once; must not sleep. */
static bool look_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct look *look = m->knobs.priv;
	struct tdisk *td = look->td;
	struct vfe_mock_queue *mq = &m->queues[0];

	if (a->reg != VFE_REG_NOTIFY || a->dir != VFE_WRITE)
		return false;
	if (look->rival)
		set_tsk_need_resched(current);
	while (td->num_kept < TDISK_KEPT &&
	       vfe_mock_pop(mq, &td->kept[td->num_kept]) > 0) {
		td->num_kept++;
		if (look->quick)
			tdisk_complete(td, td->num_kept - 1);
	}
	vfe_mock_set_avail_event(mq, mq->next);
	if (look->us)
		hrtimer_start(&look->timer,
			      ns_to_ktime(look->us * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_HARD);
	return false;
}

static enum hrtimer_restart look_tick(struct hrtimer *timer)
{
	struct look *look = container_of(timer, struct look, timer);

	tdisk_complete(look->td, 0);
	return HRTIMER_NORESTART;
}

/* From now on only @quick determines the answer to a kick. */
static struct look *look_disk(struct kunit *test, const char *us)
{
	struct look *look = kunit_kzalloc(test, sizeof(*look), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, look);
	look->td = tdisk_disk(test, 0);
	hrtimer_init(&look->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	look->timer.function = look_tick;
	look->quick = true;
	tdisk_expect_works(look->td);
	tdisk_recycle(look->td);
	tdisk_set(look->td, "adaptive_poll", us);
	vfe_mock_settle(look->td->m);
	tdisk_reset_counts(look->td);
	look->td->m->knobs.mute = true;
	look->td->m->knobs.priv = look;
	look->td->m->knobs.access = look_access;
	return look;
}

static struct tdisk_io *look_read(struct look *look)
{
	if (look->td->num_ios == TDISK_IOS)
		tdisk_recycle(look->td);
	look->td->num_kept = 0;
	return tdisk_start(look->td, REQ_OP_READ, 8, SECTOR_SIZE, 0);
}

/*
 * The device completes the kept requests, @late jiffies from now, and
 * interrupts.
 */
static void look_answer(struct look *look, struct tdisk_io *io,
			unsigned long late)
{
	struct vfe_mock_queue *mq = &look->td->m->queues[0];
	struct kunit *test = look->td->test;
	u16 old = mq->used;

	/* the submission after none of them would poll */
	if (late)
		schedule_timeout_uninterruptible(late);
	KUNIT_ASSERT_EQ(test, 1U, look->td->num_kept);
	tdisk_complete(look->td, 0);
	KUNIT_EXPECT_TRUE(test, vfe_mock_wants_interrupt(mq, old));
	vfe_mock_interrupt(mq);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(look->td, io));
}

static void look_end(struct look *look)
{
	look->td->m->knobs.access = NULL;
	look->td->m->knobs.mute = false;
	tdisk_recycle(look->td);
	tdisk_expect_works(look->td);
	VFE_MOCK_EXPECT_CLEAN(look->td->test, look->td->m);
}

static void off_unless_asked_for(struct kunit *test)
{
	struct look *look = look_disk(test, "0");
	struct tdisk_io *io = look_read(look);

	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(look->td, "polls"));
	vfe_mock_interrupt(&look->td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(look->td, io));
	look_end(look);
}

/* Completed before submit_bio() returns, without an interrupt. */
static void found_without_an_interrupt(struct kunit *test)
{
	struct look *look = look_disk(test, "1000");
	struct vfe_mock_queue *mq = &look->td->m->queues[0];
	struct tdisk_io *io;
	unsigned int i;
	u16 old;

	for (i = 0; i < 10; i++) {
		old = mq->used;
		io = look_read(look);
		KUNIT_EXPECT_EQ(test, 1U, io->ends);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(look->td, io));
		KUNIT_EXPECT_FALSE(test, vfe_mock_wants_interrupt(mq, old));
	}
	KUNIT_EXPECT_EQ(test, 10LL, tdisk_counter(look->td, "polls"));
	KUNIT_EXPECT_EQ(test, 10LL, tdisk_counter(look->td, "polls_found"));
	KUNIT_EXPECT_LT(test, tdisk_counter(look->td, "polls_ns"),
			10 * 1000 * 1000LL);
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(look->td, "interrupts"));
	look_end(look);
}

/* The context in which a request ended */
static bool look_in_task;

static void look_end_io(struct bio *bio)
{
	look_in_task = in_task();
	tdisk_end_io(bio);
}

/*
 * A completion that the submitter finds does not end in its context: handlers
 * may sleep if in_task(), but preemption is disabled.
 */
static void ends_in_a_softirq(struct kunit *test)
{
	struct look *look = look_disk(test, "1000");
	struct tdisk_io *io = tdisk_io(look->td, REQ_OP_READ, 8);

	tdisk_segment(look->td, io, SECTOR_SIZE, 0);
	io->bio.bi_end_io = look_end_io;
	look_in_task = true;
	tdisk_send(io);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	KUNIT_EXPECT_FALSE(test, look_in_task);
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(look->td, "polls_found"));
	look_end(look);
}

/*
 * A batch has one busy-wait, for its last request, which finds all completions.
 */
static void waits_once_for_a_batch(struct kunit *test)
{
	struct look *look = look_disk(test, "1000");
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < 4; i++)
		tdisk_start(look->td, REQ_OP_READ, 16 * i, SECTOR_SIZE, 0);
	blk_finish_plug(&plug);
	vfe_mock_interrupt(&look->td->m->queues[0]);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(look->td,
						    &look->td->ios[i]));
	KUNIT_EXPECT_LE(test, tdisk_counter(look->td, "polls"), 1LL);
	look_end(look);
}

/* Busy-waiting is bounded; a later completion interrupts. */
static void given_up_after_its_time(struct kunit *test)
{
	struct look *look = look_disk(test, "200");
	struct tdisk_io *io;
	s64 spent;

	look->quick = false;
	io = look_read(look);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(look->td, "polls"));
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(look->td, "polls_found"));
	spent = tdisk_counter(look->td, "polls_ns");
	KUNIT_EXPECT_GE(test, spent, 200 * 1000LL);
	KUNIT_EXPECT_LT(test, spent, 100 * 1000 * 1000LL);
	look_answer(look, io, 0);
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(look->td, "interrupts"));
	look_end(look);
}

/* No busy-waiting for a device that is slower than the limit. */
static void slow_device_is_left_to_interrupts(struct kunit *test)
{
	struct look *look = look_disk(test, "100");
	unsigned int i;
	s64 polls;

	look->quick = false;
	for (i = 0; i < 3; i++)
		look_answer(look, look_read(look), 2);
	polls = tdisk_counter(look->td, "polls");
	KUNIT_EXPECT_LE(test, polls, 2LL);
	for (i = 0; i < 8; i++)
		look_answer(look, look_read(look), 2);
	KUNIT_EXPECT_EQ(test, polls, tdisk_counter(look->td, "polls"));
	/*
	 * quick again: the few submissions that poll notice it, then all poll
	 */
	look->quick = true;
	for (i = 0; i < 64; i++) {
		struct tdisk_io *io = look_read(look);

		if (!io->ends)
			vfe_mock_interrupt(&look->td->m->queues[0]);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(look->td, io));
	}
	KUNIT_EXPECT_EQ(test, 1U, look_read(look)->ends);
	KUNIT_EXPECT_GT(test, tdisk_counter(look->td, "polls_found"), 0LL);
	look_end(look);
}

/* A read that the device completes @us after the kick, without an interrupt. */
static struct tdisk_io *look_read_slowly(struct look *look, unsigned int us)
{
	struct tdisk_io *io;

	look->us = us;
	io = look_read(look);
	hrtimer_cancel(&look->timer);
	look->us = 0;
	return io;
}

/*
 * A completion at its usual time is polled for, even if other tasks want the
 * CPU.
 */
static void due_when_the_cpu_is_wanted(struct kunit *test)
{
	struct look *look = look_disk(test, "10000");
	struct tdisk_io *io;
	unsigned int i;

	look->quick = false;
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 1U, look_read_slowly(look, 300)->ends);
	look->rival = true;
	KUNIT_EXPECT_EQ(test, 1U, look_read_slowly(look, 300)->ends);
	KUNIT_EXPECT_EQ(test, 5LL, tdisk_counter(look->td, "polls_found"));
	/* not for an overdue completion */
	io = look_read(look);
	KUNIT_EXPECT_EQ(test, 6LL, tdisk_counter(look->td, "polls"));
	KUNIT_EXPECT_LT(test, tdisk_counter(look->td, "polls_ns"),
			10 * 1000 * 1000LL);
	look->rival = false;
	look_answer(look, io, 0);
	look_end(look);
}

static void left_when_the_cpu_is_wanted(struct kunit *test)
{
	struct look *look = look_disk(test, "10000");
	struct tdisk_io *io;

	look->quick = false;
	look->rival = true;
	io = look_read(look);
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(look->td, "polls"));
	KUNIT_EXPECT_LT(test, tdisk_counter(look->td, "polls_ns"),
			10 * 1000 * 1000LL);
	look->rival = false;
	look_answer(look, io, 0);
	look_end(look);
}

/* Disabled while callbacks are off: the next request enables them. */
static void switched_off_again(struct kunit *test)
{
	struct look *look = look_disk(test, "1000");
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 1U, look_read(look)->ends);
	tdisk_set(look->td, "adaptive_poll", "0");
	look->quick = false;
	io = look_read(look);
	look_answer(look, io, 0);
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(look->td, "polls"));
	look_end(look);
}

static struct kunit_case look_cases[] = {
	KUNIT_CASE(off_unless_asked_for),
	KUNIT_CASE(found_without_an_interrupt),
	KUNIT_CASE(ends_in_a_softirq),
	KUNIT_CASE(waits_once_for_a_batch),
	KUNIT_CASE(given_up_after_its_time),
	KUNIT_CASE(slow_device_is_left_to_interrupts),
	KUNIT_CASE(left_when_the_cpu_is_wanted),
	KUNIT_CASE(due_when_the_cpu_is_wanted),
	KUNIT_CASE(switched_off_again),
	{ }
};

static struct kunit_suite look_suite = {
	.name = "vfe-blk_poll",
	.test_cases = look_cases,
};

kunit_test_suite(look_suite);

MODULE_DESCRIPTION("Tests of vfe_blk's adaptive polling");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * Streams of vfe_blk (drivers/blk/stream.c): when one begins and ends, that it
 * goes without interrupts and with few kicks, and that nothing is left undone
 * when the submitter sleeps. There is one CPU and no preemption: the watch
 * runs when the test sleeps, and not before.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/timer.h>

#include "lib/rig.h"

#define WORTH	4	/* submissions without a sleep make a stream */
#define BATCH	8	/* of which as many wait for a kick */
#define LATE	3	/* late watches in a row make a pause */

/**
 * struct stream - a disk whose device does something when the test says so
 * @rig: the disk
 * @mq: its queue
 * @timer: of an interrupt to come
 */
struct stream {
	struct vfe_rig *rig;
	struct vfe_mock_queue *mq;
	struct timer_list timer;
};

static ssize_t stream_set(struct vfe_rig *rig, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/streams", rig->disk->disk_name);
	return vfe_rig_write_file(rig, path, text);
}

static struct stream *stream_over(struct kunit *test, struct vfe_rig *rig)
{
	struct stream *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->rig = rig;
	s->mq = &rig->m->queues[0];
	/* let what was learnt be forgotten, and no watch wait */
	KUNIT_ASSERT_EQ(test, 1, stream_set(rig, "0"));
	vfe_rig_works(rig);
	msleep(20);
	KUNIT_ASSERT_EQ(test, 1, stream_set(rig, "1"));
	vfe_rig_recycle(rig);
	vfe_rig_reset_counts(rig);
	rig->m->knobs.mute = true;
	rig->keep = true;
	return s;
}

static struct stream *stream_disk(struct kunit *test)
{
	return stream_over(test, vfe_rig_disk(test, 0));
}

static struct vfe_rig_io *stream_read(struct stream *s)
{
	if (s->rig->num_ios == VFE_RIG_IOS)
		vfe_rig_recycle(s->rig);
	return vfe_rig_start(s->rig, REQ_OP_READ, 8, SECTOR_SIZE, 0);
}

/* The device uses all it sees, rests. Return: whether it is to interrupt */
static bool stream_use(struct stream *s)
{
	struct vfe_rig *rig = s->rig;
	u16 old = s->mq->used;

	rig->num_kept = 0;
	while (vfe_mock_pop(s->mq, &rig->kept[0]) > 0)
		vfe_rig_push(rig, 0);
	vfe_mock_set_avail_event(s->mq, s->mq->next);
	return s->mq->used != old && vfe_mock_wants_interrupt(s->mq, old);
}

/* One request as if there were no streams; its interrupt comes at once. */
static void stream_alone(struct stream *s)
{
	struct vfe_rig_io *io = stream_read(s);

	KUNIT_EXPECT_TRUE(s->rig->test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(s->rig->test, 1U, io->ends);
}

/* @n requests of a stream; the device uses each at once. */
static void stream_of(struct stream *s, unsigned int n)
{
	while (n--) {
		stream_read(s);
		KUNIT_EXPECT_FALSE(s->rig->test, stream_use(s));
	}
}

/* As many as it takes, the last of which begins a stream */
static void stream_begin(struct stream *s)
{
	unsigned int i;

	for (i = 1; i < WORTH; i++)
		stream_alone(s);
	stream_of(s, 1);
}

static unsigned int stream_undone(const struct stream *s)
{
	unsigned int i, n = 0;

	for (i = 0; i < s->rig->num_ios; i++)
		n += !s->rig->ios[i].ends;
	return n;
}

/* The submitter sleeps: from here on all is as if there had been no stream. */
static void stream_sleep(struct stream *s)
{
	msleep(20);
	if (stream_use(s))
		vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(s->rig->test, 0U, stream_undone(s));
	vfe_rig_recycle(s->rig);
}

static void stream_end(struct stream *s)
{
	stream_sleep(s);
	vfe_rig_serve(s->rig);
	vfe_rig_works(s->rig);
	VFE_MOCK_EXPECT_CLEAN(s->rig->test, s->rig->m);
}

static s64 stream_interrupts(const struct stream *s)
{
	return vfe_rig_counter(s->rig, "interrupts");
}

static void begins_when_one_goes_on(struct kunit *test)
{
	struct stream *s = stream_disk(test);

	stream_begin(s);
	KUNIT_EXPECT_EQ(test, (s64)WORTH - 1, stream_interrupts(s));
	vfe_rig_recycle(s->rig);
	stream_of(s, 10);
	/* each takes what was before it */
	KUNIT_EXPECT_EQ(test, 1U, stream_undone(s));
	/* the last is taken by the watch, in no time, and interrupts are on */
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0U, stream_undone(s));
	KUNIT_EXPECT_EQ(test, (s64)WORTH - 1, stream_interrupts(s));
	stream_end(s);
}

/* Interrupts that end a sleep are what a sleeper wants. */
static void stream_wake(struct timer_list *timer)
{
	struct stream *s = container_of(timer, struct stream, timer);

	stream_use(s);
	vfe_mock_interrupt(s->mq);
}

static void no_stream_of_sleepers(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	struct vfe_rig_io *io;
	unsigned int i;

	timer_setup(&s->timer, stream_wake, 0);
	for (i = 0; i < 8; i++) {
		io = stream_read(s);
		mod_timer(&s->timer, jiffies + 2);
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(s->rig, io));
	}
	KUNIT_EXPECT_EQ(test, 8LL, stream_interrupts(s));
	stream_alone(s);
	stream_end(s);
}

/* A device that rests after each is kicked for several of them. */
static void many_requests_a_kick(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i, kicks;

	stream_begin(s);
	stream_of(s, 2 * BATCH);
	stream_sleep(s);
	/* who went on before is taken to go on from the first */
	kicks = s->mq->kicks;
	for (i = 1; i <= 2 * BATCH + 4; i++) {
		stream_read(s);
		KUNIT_EXPECT_EQ(test, kicks + i / BATCH, s->mq->kicks);
		KUNIT_EXPECT_FALSE(test, stream_use(s));
	}
	/* what is owed in the end is for the watch */
	msleep(20);
	KUNIT_EXPECT_EQ(test, kicks + 3, s->mq->kicks);
	stream_end(s);
}

/* One that is at work sees what is in the ring, and is not kicked for it. */
static void no_kick_for_a_busy_device(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i, kicks;

	stream_begin(s);
	kicks = s->mq->kicks;
	/* its avail_event lies behind */
	stream_read(s);
	for (i = 0; i < 2 * BATCH; i++)
		stream_read(s);
	KUNIT_EXPECT_LE(test, s->mq->kicks, kicks + 1);
	stream_end(s);
}

/* Short bursts wait for less: half of what was there the last time. */
static void short_bursts_are_kicked_early(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int kicks;

	stream_begin(s);
	stream_sleep(s);
	kicks = s->mq->kicks;
	stream_of(s, WORTH / 2 - 1);
	KUNIT_EXPECT_EQ(test, kicks, s->mq->kicks);
	stream_of(s, 1);
	KUNIT_EXPECT_EQ(test, kicks + 1, s->mq->kicks);
	stream_end(s);
}

/* One after a stream: the watch kicks for it as soon as its task sleeps. */
static void one_alone_is_not_late(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	struct vfe_rig_io *io;
	unsigned int kicks;

	stream_begin(s);
	stream_sleep(s);
	kicks = s->mq->kicks;
	io = stream_read(s);
	KUNIT_EXPECT_EQ(test, kicks, s->mq->kicks);
	schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, kicks + 1, s->mq->kicks);
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	/* and the next one is alone as before, and kicked at once */
	stream_alone(s);
	KUNIT_EXPECT_EQ(test, kicks + 2, s->mq->kicks);
	stream_end(s);
}

/* The clock is one that moves when it is read. */
static void stream_spin(void)
{
	u64 start = ktime_get_ns();

	while (ktime_get_ns() - start < 2 * NSEC_PER_MSEC)
		cpu_relax();
}

/* A stream whose watch comes late */
static void stream_late(struct stream *s, unsigned int length)
{
	stream_of(s, length);
	stream_spin();
	stream_sleep(s);
}

/* A task that waits without a sleep: it is not to wait again soon. */
static void late_watches_make_a_pause(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	stream_begin(s);
	for (i = 0; i < LATE; i++)
		stream_late(s, WORTH);
	for (i = 0; i < 2 * WORTH; i++)
		stream_alone(s);
	vfe_rig_recycle(s->rig);
	msleep(200);
	/* over: it has gone on, so there is a stream from the first */
	stream_of(s, 1);
	stream_end(s);
}

/* One watch in between that is not late, and all is well. */
static void late_by_chance(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	stream_begin(s);
	for (i = 0; i < 2 * LATE; i++) {
		stream_late(s, WORTH);
		stream_late(s, WORTH);
		stream_of(s, WORTH);
		stream_sleep(s);
	}
	stream_of(s, WORTH);
	stream_end(s);
}

/* After a pause one more that is late makes the next, which is longer. */
static void pauses_become_longer(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	stream_begin(s);
	for (i = 0; i < LATE; i++)
		stream_late(s, WORTH);
	msleep(200);
	/* the last burst was long enough */
	stream_late(s, WORTH);
	/* the first one would be over */
	msleep(150);
	for (i = 0; i < 2 * WORTH; i++)
		stream_alone(s);
	stream_end(s);
}

/* Where the watch does not come to its turn, the timeout does its work. */
static bool stream_time_out(struct request *rq, void *data)
{
	struct kunit *test = data;

	KUNIT_EXPECT_TRUE(test, rq->q->mq_ops->timeout(rq) ==
				BLK_EH_RESET_TIMER);
	return true;
}

/* None, where nobody is reset */
static unsigned int stream_status_writes(const struct stream *s)
{
	const struct vfe_mock *m = s->rig->m;
	unsigned int i, n = 0;

	for (i = 0; i < m->log_len; i++)
		n += m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     m->log[i].dir == VFE_WRITE;
	return n;
}

static void a_timeout_pays_the_kick(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	struct vfe_rig_io *io;
	unsigned int kicks;

	stream_begin(s);
	stream_sleep(s);
	kicks = s->mq->kicks;
	io = stream_read(s);
	KUNIT_EXPECT_EQ(test, kicks, s->mq->kicks);
	blk_mq_tagset_busy_iter(s->rig->disk->queue->tag_set, stream_time_out,
				test);
	KUNIT_EXPECT_EQ(test, kicks + 1, s->mq->kicks);
	/* and the device, which is without a fault, is not reset */
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, stream_status_writes(s));
	stream_end(s);
}

/* It is requests that are counted, however they come. */
static void a_batch_is_kicked_at_once(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	struct blk_plug plug;
	unsigned int i, kicks;

	stream_begin(s);
	stream_of(s, 2 * BATCH);
	stream_sleep(s);
	kicks = s->mq->kicks;
	blk_start_plug(&plug);
	for (i = 0; i < BATCH; i++)
		vfe_rig_start(s->rig, REQ_OP_READ, 16 * i, SECTOR_SIZE, 0);
	blk_finish_plug(&plug);
	KUNIT_EXPECT_EQ(test, kicks + 1, s->mq->kicks);
	KUNIT_EXPECT_FALSE(test, stream_use(s));
	stream_end(s);
}

/* The watch would not come to its turn. */
static void no_stream_of_real_time_tasks(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	sched_set_fifo_low(current);
	for (i = 0; i < 2 * WORTH; i++)
		stream_alone(s);
	sched_set_normal(current, 0);
	stream_end(s);
}

static void none_where_they_are_off(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 1, stream_set(s->rig, "0"));
	for (i = 0; i < 5 * WORTH; i++)
		stream_alone(s);
	KUNIT_EXPECT_EQ(test, 5LL * WORTH, stream_interrupts(s));
	stream_end(s);
}

/* What was put off is done, since nobody knows of it from then on. */
static void switched_off_in_a_stream(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int kicks;

	stream_begin(s);
	stream_of(s, 2 * BATCH);
	stream_sleep(s);
	kicks = s->mq->kicks;
	stream_read(s);
	KUNIT_EXPECT_EQ(test, kicks, s->mq->kicks);
	KUNIT_ASSERT_EQ(test, 1, stream_set(s->rig, "0"));
	KUNIT_EXPECT_EQ(test, kicks + 1, s->mq->kicks);
	stream_sleep(s);
	stream_alone(s);
	stream_end(s);
}

/* Who waits for room does not come again: the stream is over. */
static void ends_with_a_full_ring(struct kunit *test)
{
	struct stream *s = stream_over(test, vfe_rig_small(test, 0));
	struct vfe_rig_io *io;

	stream_begin(s);
	vfe_rig_recycle(s->rig);
	io = vfe_rig_fill(s->rig, 0);
	vfe_rig_fill(s->rig, 64);
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	stream_end(s);
}

/* A reset with requests in hand that the device was not kicked for */
static void reset_in_a_stream(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	stream_begin(s);
	stream_of(s, 16);
	stream_sleep(s);
	for (i = 0; i < 6; i++)
		stream_read(s);
	vfe_rig_serve(s->rig);
	vfe_mock_needs_reset(s->rig->m);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(s->rig,
						      &s->rig->ios[i]));
	vfe_rig_recycle(s->rig);
	vfe_rig_works(s->rig);
	VFE_MOCK_EXPECT_CLEAN(test, s->rig->m);
}

/* Gone in a stream: the watch, or the removal, sees to what is left. */
static void unbound_in_a_stream(struct kunit *test)
{
	struct stream *s = stream_disk(test);

	stream_begin(s);
	stream_of(s, 5);
	vfe_rig_serve(s->rig);
	vfe_rig_unbind(s->rig);
	KUNIT_EXPECT_EQ(test, 0U, stream_undone(s));
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(s->rig));
	vfe_rig_recycle(s->rig);
	vfe_rig_works(s->rig);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(begins_when_one_goes_on),
	KUNIT_CASE(no_stream_of_sleepers),
	KUNIT_CASE(many_requests_a_kick),
	KUNIT_CASE(no_kick_for_a_busy_device),
	KUNIT_CASE(short_bursts_are_kicked_early),
	KUNIT_CASE(one_alone_is_not_late),
	KUNIT_CASE(late_watches_make_a_pause),
	KUNIT_CASE(late_by_chance),
	KUNIT_CASE(pauses_become_longer),
	KUNIT_CASE(a_timeout_pays_the_kick),
	KUNIT_CASE(a_batch_is_kicked_at_once),
	KUNIT_CASE(no_stream_of_real_time_tasks),
	KUNIT_CASE(none_where_they_are_off),
	KUNIT_CASE(switched_off_in_a_stream),
	KUNIT_CASE(ends_with_a_full_ring),
	KUNIT_CASE(reset_in_a_stream),
	KUNIT_CASE(unbound_in_a_stream),
	{ }
};

static struct kunit_suite stream_suite = {
	.name = "vfe-blk_stream",
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);

MODULE_DESCRIPTION("Tests of vfe_blk's streams");
MODULE_LICENSE("GPL");

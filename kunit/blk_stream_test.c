// SPDX-License-Identifier: GPL-2.0
/*
 * Streams of vfe_blk (drivers/blk/stream.c): when one begins and ends, that it
 * goes without interrupts and with few kicks, and that nothing is left undone
 * when the submitter sleeps. There is one CPU and no preemption: the watch
 * runs when the test sleeps, and not before.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/timer.h>

#include "lib/rig.h"

#define SIGNS	2	/* interrupts in the middle of work make a stream */

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

/* The device uses all it sees. Return: whether it is to interrupt */
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

/* One request; its interrupt comes in the middle of the test. */
static void stream_sign(struct stream *s)
{
	struct vfe_rig_io *io = stream_read(s);

	KUNIT_EXPECT_TRUE(s->rig->test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(s->rig->test, 1U, io->ends);
}

/* A stream of @n requests from its signs on; the device uses each at once. */
static void stream_of(struct stream *s, unsigned int n)
{
	while (n--) {
		stream_read(s);
		KUNIT_EXPECT_FALSE(s->rig->test, stream_use(s));
	}
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

static void begins_with_signs(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
	KUNIT_EXPECT_EQ(test, (s64)SIGNS, stream_interrupts(s));
	vfe_rig_recycle(s->rig);
	stream_of(s, 10);
	/* each takes what was before it */
	KUNIT_EXPECT_EQ(test, 1U, stream_undone(s));
	KUNIT_EXPECT_EQ(test, (s64)SIGNS, stream_interrupts(s));
	/* the last is taken by the watch, in no time, and interrupts are on */
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0U, stream_undone(s));
	KUNIT_EXPECT_EQ(test, (s64)SIGNS, stream_interrupts(s));
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
	stream_read(s);
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	stream_end(s);
}

/* The longer the last one was, the more requests a kick. */
static void many_requests_a_kick(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i, kicks;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
	stream_of(s, 16);
	stream_sleep(s);
	/* the eighth is for all; what is left in the end, for the watch */
	kicks = s->mq->kicks;
	for (i = 1; i <= 20; i++) {
		stream_read(s);
		KUNIT_EXPECT_EQ(test, kicks + i / 8, s->mq->kicks);
		KUNIT_EXPECT_FALSE(test, stream_use(s));
	}
	KUNIT_EXPECT_EQ(test, 4U, stream_undone(s));
	msleep(20);
	KUNIT_EXPECT_EQ(test, kicks + 3, s->mq->kicks);
	KUNIT_EXPECT_EQ(test, 4U, stream_undone(s));
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	stream_end(s);
}

/* Too short, it is not worth it: more signs are wanted for the next. */
static void short_ones_are_given_up(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
	stream_of(s, 2);
	stream_sleep(s);
	for (i = 0; i < 2 * SIGNS; i++)
		stream_sign(s);
	vfe_rig_recycle(s->rig);
	stream_of(s, 8);
	stream_sleep(s);
	/* and one that was worth it goes on as it was */
	stream_of(s, 8);
	stream_end(s);
}

static void none_where_they_are_off(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 1, stream_set(s->rig, "0"));
	for (i = 0; i < 20; i++)
		stream_sign(s);
	KUNIT_EXPECT_EQ(test, 20LL, stream_interrupts(s));
	stream_end(s);
}

/* Who waits for room does not come again: the stream is over. */
static void ends_with_a_full_ring(struct kunit *test)
{
	struct stream *s = stream_over(test, vfe_rig_small(test, 0));
	struct vfe_rig_io *io;
	unsigned int i;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
	vfe_rig_recycle(s->rig);
	io = vfe_rig_fill(s->rig, 0);
	vfe_rig_fill(s->rig, 64);
	KUNIT_EXPECT_TRUE(test, stream_use(s));
	vfe_mock_interrupt(s->mq);
	KUNIT_EXPECT_EQ(test, 1U, io->ends);
	stream_end(s);
}

/* A reset with requests in hand that the device never saw */
static void reset_in_a_stream(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
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

/* Gone with a watch that has not run yet: it finds nothing. */
static void unbound_in_a_stream(struct kunit *test)
{
	struct stream *s = stream_disk(test);
	unsigned int i;

	for (i = 0; i < SIGNS; i++)
		stream_sign(s);
	stream_of(s, 5);
	vfe_rig_serve(s->rig);
	vfe_rig_unbind(s->rig);
	KUNIT_EXPECT_EQ(test, 0U, stream_undone(s));
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(s->rig));
	vfe_rig_recycle(s->rig);
	vfe_rig_works(s->rig);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(begins_with_signs),
	KUNIT_CASE(no_stream_of_sleepers),
	KUNIT_CASE(many_requests_a_kick),
	KUNIT_CASE(short_ones_are_given_up),
	KUNIT_CASE(none_where_they_are_off),
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Who tells whom: the decision to notify the device (virtio 1.4, 2.7.10.1) and
 * the driver's wishes for interrupts (2.7.7.1), at every position of the 16-bit
 * indices, beside a model that counts rather than calculates.
 */
#include <linux/limits.h>

#include "lib/ring_fixture.h"
#include "lib/suite.h"

#define NOTIFY_POSITIONS	(U16_MAX + 1)
#define NOTIFY_SIZE		256

static struct tdrv *notify_start(struct kunit *test, u64 features)
{
	struct tdrv_setup spec = {
		.mock = {
			.features = RING_PLAIN | features,
			.queue_size = NOTIFY_SIZE,
		},
	};

	return tdrv_start(test, &spec);
}

/* Does an index that goes from @old on by @n cross @event? One by one. */
static bool notify_crosses(u16 event, u16 old, unsigned int n)
{
	for (; n; n--, old++)
		if (old == event)
			return true;
	return false;
}

/* The device uses all that it was shown, in order, and the driver takes it. */
static void notify_recycle(struct tdrv *td)
{
	struct vfe_mock_queue *mq = td->mq;
	u16 to = vfe_mock_avail_idx(mq);
	const __le16 *ring = vfe_mock_mem(mq->driver + 4);
	u32 len;

	while (vfe_mock_used_idx(mq) != to)
		vfe_mock_push(mq, le16_to_cpu(ring[vfe_mock_used_idx(mq) %
						   NOTIFY_SIZE]), 0, 1);
	while (vfe_queue_get(td->q, &len))
		;
	mq->next = to;
}

/* Show @n more buffers. Return: what the driver decides */
static bool notify_kick(struct tdrv *td, unsigned int n)
{
	struct vfe_seg seg = { .addr = 0x1000, .len = 1 };

	if (n > NOTIFY_SIZE - (u16)(vfe_mock_avail_idx(td->mq) -
				    vfe_mock_used_idx(td->mq)))
		notify_recycle(td);
	for (; n; n--)
		KUNIT_ASSERT_EQ(td->test, 0,
				vfe_queue_add(td->q, &seg, 1, 0, td));
	return vfe_queue_kick_prepare(td->q);
}

/*
 * Batches of @n at every position that they reach, with the event index at
 * each place that matters by turns; each of the @laps begins at another place.
 */
static void notify_sweep(struct tdrv *td, unsigned int n, unsigned int laps)
{
	/* around both ends of the batch, in it, and far away */
	const s32 places[] = { -2, -1, 0, 1, n / 2, n - 2, n - 1, n, n + 1,
			       0x7fff, 0x8000, 0x8001 };
	u32 at, end = laps * NOTIFY_POSITIONS;
	unsigned int turn = 0, wanted = 0;
	struct kunit *test = td->test;
	u16 event, old;

	for (at = 0; at < end; at += n) {
		old = vfe_mock_avail_idx(td->mq);
		event = old + places[turn++ % ARRAY_SIZE(places)];
		if (at / NOTIFY_POSITIONS != (at + n) / NOTIFY_POSITIONS)
			turn++;
		vfe_mock_set_avail_event(td->mq, event);
		if (notify_kick(td, n) != notify_crosses(event, old, n))
			KUNIT_FAIL(test,
				   "index %u on by %u, avail_event %u: wrong decision\n",
				   old, n, event);
		wanted += notify_crosses(event, old, n);
		if (test->status == KUNIT_FAILURE)
			return;
	}
	KUNIT_EXPECT_GT(test, wanted, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void notify_every_position(struct kunit *test)
{
	VFE_DUTY(test, "S15", "2.7.10.1",
		 "with EVENT_IDX: notify when the index crosses avail_event");
	notify_sweep(notify_start(test, RING_EVENT_IDX), 1, 4);
}

/* 2.7.10.1: without EVENT_IDX the flag decides, avail_event is nothing */
static void notify_flags(struct kunit *test)
{
	struct tdrv *td = notify_start(test, 0);
	unsigned int quiet;
	u16 old;
	u32 at;

	VFE_DUTY(test, "S14", "2.7.10.1",
		 "without EVENT_IDX: notify when used flags are 0, not when 1, whatever avail_event is");
	for (at = 0; at < NOTIFY_POSITIONS; at += 3) {
		old = vfe_mock_avail_idx(td->mq);
		quiet = at / 3 % 2;
		/* bits that mean nothing are set by turns */
		vfe_mock_set_used_flags(td->mq, quiet | (at % 4 ? 0xfffe : 0));
		vfe_mock_set_avail_event(td->mq, quiet ? old : old - 1);
		if (notify_kick(td, 3) == !quiet)
			continue;
		KUNIT_FAIL(test, "index %u on by 3, flags %u\n", old, quiet);
		return;
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 2.7.10.1: with EVENT_IDX the flag is nothing */
static void notify_ignores_flags(struct kunit *test)
{
	struct tdrv *td = notify_start(test, RING_EVENT_IDX);
	unsigned int i;
	u16 old;

	VFE_DUTY(test, "S15", "2.7.10.1",
		 "with EVENT_IDX the used flags are ignored");
	for (i = 0; i < 1000; i++) {
		old = vfe_mock_avail_idx(td->mq);
		vfe_mock_set_used_flags(td->mq, i % 3);
		vfe_mock_set_avail_event(td->mq, old + i % 2);
		KUNIT_ASSERT_EQ(test, notify_kick(td, 1), !(i % 2));
	}
}

/* The decision is by what the device says last, after it sees the index. */
static void notify_is_fresh(struct kunit *test)
{
	static const u64 features[] = { 0, RING_EVENT_IDX };
	struct tdrv *td;
	unsigned int i, k;
	u16 at;

	VFE_DUTY(test, "S17", "2.7.13.4.1",
		 "what the device wishes is read after the index is shown (the barrier itself: the ring's test in user space)");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		td = notify_start(test, features[k]);
		for (i = 0; i < 100; i++) {
			at = vfe_mock_avail_idx(td->mq);
			/* what it wished when the buffer was added is stale */
			vfe_mock_set_used_flags(td->mq, i % 2);
			vfe_mock_set_avail_event(td->mq, at - i % 2);
			KUNIT_ASSERT_EQ(test, buf_add(td, i, 1, 0), 0);
			vfe_mock_set_used_flags(td->mq, !(i % 2));
			vfe_mock_set_avail_event(td->mq, at - !(i % 2));
			KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(td->q),
					i % 2);
			vfe_mock_push(td->mq, buf_pop(td, i, 1, 0), 0, 1);
			buf_get(td, i, 0);
		}
		tdrv_down(td);
	}
}

/* 2.9: the upper half of a notification is the available index, all of it. */
static void notify_data_has_16_bits(struct kunit *test)
{
	struct tdrv *td = notify_start(test,
				       BIT_ULL(VIRTIO_F_NOTIFICATION_DATA));
	u32 at;

	VFE_DUTY(test, "T19", "2.9",
		 "split: bit 15 of the index is next_wrap, and it wraps at 65536");
	for (at = 1; at < NOTIFY_POSITIONS + 4; at++) {
		notify_kick(td, 1);
		if (at % 0x4000 > 3 && at % 0x4000 < 0x3ffd)
			continue;
		vfe_queue_notify(td->q);
		KUNIT_EXPECT_EQ(test, td->mq->notified >> 16, at & U16_MAX);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Would a device want to interrupt after one more used buffer, or many? */
static void notify_expect_wish(struct tdrv *td, bool wish)
{
	struct kunit *test = td->test;
	u16 used = vfe_mock_used_idx(td->mq);
	unsigned int n;

	if (vfe_mock_avail_flags(td->mq) > 1)
		KUNIT_FAIL(test, "avail flags %#x",
			   vfe_mock_avail_flags(td->mq));
	if (!(td->m->accepted & RING_EVENT_IDX)) {
		KUNIT_ASSERT_EQ(test, vfe_mock_avail_flags(td->mq), !wish);
		return;
	}
	/* 2.7.7.1: with EVENT_IDX the flags are 0 */
	KUNIT_ASSERT_EQ(test, vfe_mock_avail_flags(td->mq), 0);
	for (n = 1; n <= NOTIFY_SIZE; n = 2 * n + 1)
		if (notify_crosses(vfe_mock_used_event(td->mq), used,
				   n) != wish)
			KUNIT_FAIL(test,
				   "used index %u on by %u, used_event %u",
				   used, n, vfe_mock_used_event(td->mq));
}

/* At each position: off, on, off again, with a buffer between */
static void notify_wishes(struct tdrv *td, unsigned int positions)
{
	unsigned int at;
	u16 used;

	notify_expect_wish(td, true);
	for (at = 0; at < positions; at++) {
		vfe_queue_disable_cb(td->q);
		notify_expect_wish(td, false);
		notify_kick(td, 1);
		used = vfe_mock_used_idx(td->mq);
		notify_recycle(td);
		if (vfe_mock_wants_interrupt(td->mq, used))
			KUNIT_FAIL(td->test, "interrupt at %u, disabled", used);
		if (!vfe_queue_enable_cb(td->q))
			KUNIT_FAIL(td->test, "a used buffer at %u, taken",
				   used);
		notify_expect_wish(td, true);
		if (td->test->status == KUNIT_FAILURE)
			return;
	}
	VFE_MOCK_EXPECT_CLEAN(td->test, td->m);
}

static void notify_interrupts_event(struct kunit *test)
{
	VFE_DUTY(test, "S10", "2.7.7.1",
		 "available flags are always 0 with EVENT_IDX");
	notify_wishes(notify_start(test, RING_EVENT_IDX), NOTIFY_POSITIONS + 2);
}

static void notify_interrupts_flags(struct kunit *test)
{
	VFE_DUTY(test, "S10", "2.7.7.1",
		 "available flags are 0 or 1 without EVENT_IDX");
	notify_wishes(notify_start(test, 0), 1000);
}

/* From the device's interrupt to done(), as the driver wished */
static void notify_end_to_end(struct kunit *test)
{
	struct tdrv *td = notify_start(test, RING_EVENT_IDX);
	unsigned int n, raised = 0;
	u16 used;

	td->drain = true;
	for (n = 0; n < 100; n++) {
		if (n % 3)
			vfe_queue_enable_cb(td->q);
		else
			vfe_queue_disable_cb(td->q);
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 0, 1), 0);
		vfe_queue_kick_prepare(td->q);
		used = vfe_mock_used_idx(td->mq);
		vfe_mock_push(td->mq, buf_pop(td, n, 0, 1), 1, 1);
		if (vfe_mock_wants_interrupt(td->mq, used)) {
			KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(td->mq));
			raised++;
		} else {
			buf_get(td, n, 1);
		}
		buf_get_none(td);
	}
	KUNIT_EXPECT_EQ(test, raised, 66U);
	KUNIT_EXPECT_EQ(test, td->done[0], raised);
	KUNIT_EXPECT_EQ(test, td->reaped, raised);
}

static struct kunit_case notify_cases[] = {
	KUNIT_CASE(notify_every_position),
	KUNIT_CASE(notify_flags),
	KUNIT_CASE(notify_ignores_flags),
	KUNIT_CASE(notify_interrupts_event),
	KUNIT_CASE(notify_interrupts_flags),
	KUNIT_CASE(notify_end_to_end),
	KUNIT_CASE(notify_is_fresh),
	KUNIT_CASE(notify_data_has_16_bits),
	{}
};

VFE_SUITE(notify_cases);

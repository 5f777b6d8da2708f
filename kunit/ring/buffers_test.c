// SPDX-License-Identifier: GPL-2.0
/*
 * The ring as class drivers use it, with a device that keeps the rules: the
 * device sees exactly the added buffers, and each comes back once.
 * tools/ring/tests does that with random operations.
 */
#include <linux/limits.h>

#include "lib/ring_fixture.h"
#include "lib/suite.h"

#define RING_OUT	7U	/* buffers that the device has */

struct ring_size {
	unsigned int size;
	u64 features;
};

/* Powers of two in a split ring, any size in a packed one (2.8.10.1) */
static const struct ring_size ring_sizes[] = {
	{ 1, 0 }, { 2, 0 }, { 4, 0 }, { 8, 0 }, { 16, 0 }, { 32, 0 },
	{ 64, 0 }, { 128, 0 }, { 256, 0 }, { 512, 0 }, { 1024, 0 },
	{ 2048, 0 }, { 4096, 0 }, { 8192, 0 }, { 16384, 0 }, { 32768, 0 },
	{ 8, RING_IN_ORDER }, { 1024, RING_IN_ORDER },
	{ 1, RING_PACKED }, { 2, RING_PACKED }, { 3, RING_PACKED },
	{ 7, RING_PACKED }, { 16, RING_PACKED },
	{ 100, RING_PACKED }, { 1023, RING_PACKED },
	{ 32767, RING_PACKED }, { 32768, RING_PACKED },
	{ 7, RING_PACKED | RING_IN_ORDER },
	{ 1000, RING_PACKED | RING_IN_ORDER },
};

static void ring_size_name(const struct ring_size *size, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "size %u%s%s", size->size,
		 size->features & RING_PACKED ? ", packed" : "",
		 size->features & RING_IN_ORDER ? ", in order" : "");
}

KUNIT_ARRAY_PARAM(ring_size, ring_sizes, ring_size_name);

struct ring_mode {
	const char *name;
	u64 features;
};

#define RING_MODES(layout, with) \
	{ layout "direct", RING_PLAIN | RING_EVENT_IDX | (with) }, \
	{ layout "indirect", RING_PLAIN | RING_EVENT_IDX | \
			     RING_INDIRECT | (with) }, \
	{ layout "direct, flags", RING_PLAIN | (with) }, \
	{ layout "indirect, flags", RING_PLAIN | RING_INDIRECT | \
				    (with) }

#define RING_FREE_MODES \
	RING_MODES("", 0), RING_MODES("packed, ", RING_PACKED)
#define RING_ORDER_MODES \
	RING_MODES("in order, ", RING_IN_ORDER), \
	RING_MODES("packed in order, ", RING_PACKED | RING_IN_ORDER)

static const struct ring_mode ring_modes[] = {
	RING_FREE_MODES,
	RING_ORDER_MODES,
};

static const struct ring_mode ring_free_modes[] = { RING_FREE_MODES };
static const struct ring_mode ring_order_modes[] = { RING_ORDER_MODES };

KUNIT_ARRAY_PARAM_DESC(ring_mode, ring_modes, name);
KUNIT_ARRAY_PARAM_DESC(ring_free_mode, ring_free_modes, name);
KUNIT_ARRAY_PARAM_DESC(ring_order_mode, ring_order_modes, name);

static struct tdrv *ring_start(struct kunit *test, u64 features,
			       unsigned int size)
{
	/* a packed ring with IN_ORDER leaves one descriptor free */
	bool spare = features & RING_PACKED &&
		     features & RING_IN_ORDER && size > 1;
	struct tdrv_setup spec = {
		.mock = { .features = features, .queue_size = size + spare },
	};
	struct tdrv *td = tdrv_start(test, &spec);

	KUNIT_ASSERT_EQ(test, td->m->accepted, features);
	KUNIT_ASSERT_EQ(test, td->mq->packed, !!(features & RING_PACKED));
	return td;
}

static bool ring_has(struct kunit *test, u64 feature)
{
	const struct ring_mode *mode = test->param_value;

	return mode->features & feature;
}

static bool ring_is_indirect(struct kunit *test)
{
	return ring_has(test, RING_INDIRECT);
}

/* Descriptors of the ring that a buffer of this many pieces takes */
static u16 ring_descs(struct kunit *test, unsigned int pieces)
{
	return ring_is_indirect(test) ? 1 : pieces;
}

/* The driver's position: only a split ring has an index for it. */
static void ring_expect_index(struct tdrv *td, u16 n)
{
	KUNIT_EXPECT_EQ(td->test, vfe_mock_avail_idx(td->mq),
			td->mq->packed ? 0 : n);
}

/* Use @count buffers of one segment, beginning with number @n */
static void ring_batch(struct tdrv *td, u32 n, unsigned int count)
{
	struct kunit *test = td->test;
	unsigned int i;
	u16 id;

	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, buf_add(td, n + i, 0, 1), 0);
	if (count == vfe_queue_capacity(td->q))
		KUNIT_ASSERT_EQ(test, buf_add(td, n + i, 0, 1), -ENOSPC);
	/* the device sees no buffer before the kick, all after it */
	KUNIT_ASSERT_EQ(test, vfe_mock_available(td->mq), 0U);
	vfe_queue_kick_prepare(td->q);
	KUNIT_ASSERT_EQ(test, vfe_mock_available(td->mq), count);
	for (i = 0; i < count; i++) {
		id = buf_pop(td, n + i, 0, 1);
		vfe_mock_push(td->mq, id, (n + i) % 2, 1);
	}
	for (i = 0; i < count; i++)
		buf_get(td, n + i, (n + i) % 2);
	buf_get_none(td);
}

/*
 * Full, nearly empty and half full alternately, across the end of every array.
 */
static void ring_wraps(struct kunit *test)
{
	const struct ring_size *param = test->param_value;
	unsigned int size = param->size;
	struct tdrv *td = ring_start(test, RING_PLAIN |
				     RING_EVENT_IDX | param->features,
				     size);
	unsigned int counts[] = { size, 1, size / 2 + 1 };
	unsigned int turn;
	u32 n = 0;

	VFE_DUTY(test, "S09", "2.7.6.1",
		 "the available index goes up by what was added, never down");
	VFE_DUTY(test, "S16", "2.7.13.3.1",
		 "the index moves only once the buffers are all written (the barrier itself: the ring's test in user space)");
	VFE_DUTY(test, "P09", "2.8.21.1.1",
		 "flags change only once what they cover is written (the barrier itself: the ring's test in user space)");
	KUNIT_ASSERT_EQ(test, vfe_queue_capacity(td->q), size);
	for (turn = 0; n < 5 * size / 2; turn++) {
		ring_batch(td, n, counts[turn % ARRAY_SIZE(counts)]);
		n += counts[turn % ARRAY_SIZE(counts)];
		ring_expect_index(td, n);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Every division of every length into readable and writable segments */
static void ring_chains(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 16);
	unsigned int out, in, lap;
	u32 n = 0, len;
	u16 id;

	VFE_DUTY(test, "S02", "2.7.4.2",
		 "what the device writes comes behind what it reads, a descriptor a piece");
	VFE_DUTY(test, "P05", "2.8.17",
		 "what the device writes comes behind what it reads, a descriptor a piece");
	for (lap = 0; lap < 3; lap++) {
		for (out = 0; out <= BUF_SEGS; out++) {
			for (in = !out; in + out <= BUF_SEGS; in++, n++) {
				len = buf_in_len(n, out, in);
				KUNIT_ASSERT_EQ(test,
						buf_add(td, n, out, in), 0);
				vfe_queue_kick_prepare(td->q);
				id = buf_pop(td, n, out, in);
				KUNIT_EXPECT_EQ(test, td->chain->indirect,
						out + in > 1 &&
						ring_is_indirect(test));
				vfe_mock_push(td->mq, id, len,
					      td->chain->descs);
				buf_get(td, n, len);
			}
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A table needs one descriptor; a chain one per segment. */
static void ring_room(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 16);
	unsigned int fits = ring_is_indirect(test) ? 16 : 5;
	u32 n;

	for (n = 0; n < fits; n++) {
		KUNIT_EXPECT_EQ(test, vfe_queue_room(td->q),
				16 - n * ring_descs(test, 3));
		KUNIT_EXPECT_EQ(test, buf_add(td, n, 2, 1), 0);
	}
	KUNIT_EXPECT_EQ(test, buf_add(td, n, 2, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfe_queue_room(td->q),
			ring_is_indirect(test) ? 0U : 1U);
	/* the refused buffer left no trace, and the last one still fits */
	KUNIT_EXPECT_EQ(test, buf_add(td, n, 0, 1),
			ring_is_indirect(test) ? -ENOSPC : 0);
	KUNIT_EXPECT_EQ(test, buf_add(td, n + 1, 0, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfe_queue_room(td->q), 0U);
	vfe_queue_kick_prepare(td->q);
	for (n = 0; n < fits; n++)
		buf_pop(td, n, 2, 1);
	if (!ring_is_indirect(test))
		buf_pop(td, n, 0, 1);
	KUNIT_EXPECT_EQ(test, vfe_mock_pop(td->mq, td->chain), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * Use every second one first, then the rest in reverse: descriptors get mixed.
 */
static void ring_out_of_order(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 16);
	unsigned int lap, i, pick;
	u16 ids[8];
	u32 n = 0;

	VFE_DUTY(test, "S03", "2.7.5.2",
		 "no chain leads back into itself or shares a descriptor");
	for (lap = 0; lap < 40; lap++, n += 8) {
		for (i = 0; i < 8; i++)
			KUNIT_ASSERT_EQ(test, 0, buf_add(td, n + i, i % 2, 1));
		vfe_queue_kick_prepare(td->q);
		for (i = 0; i < 8; i++)
			ids[i] = buf_pop(td, n + i, i % 2, 1);
		for (i = 0; i < 8; i++) {
			pick = i < 4 ? 2 * i + 1 : 14 - 2 * i;
			vfe_mock_push(td->mq, ids[pick], 1,
				      ring_descs(test, 1 + pick % 2));
			/*
			 * reaped one by one in one round, together in the next
			 */
			if (lap % 2)
				buf_get(td, n + pick, 1);
		}
		for (i = 0; !(lap % 2) && i < 8; i++)
			buf_get(td, n + (i < 4 ? 2 * i + 1 : 14 - 2 * i), 1);
		buf_get_none(td);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * 2.7.9, 2.8.8: one element for several; earlier buffers were filled completely
 */
static void ring_batches(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 32);
	unsigned int count, i, lap;
	u16 ids[8], descs;
	u32 n = 0;

	VFE_DUTY(test, "S18", "2.7.9",
		 "with IN_ORDER an element stands for all buffers up to its id, those before it used completely");
	for (lap = 0; lap < 40; lap++, n += count) {
		count = 1 + lap % 8;
		for (i = 0; i < count; i++)
			KUNIT_ASSERT_EQ(test, 0, buf_add(td, n + i, 1, i % 4));
		vfe_queue_kick_prepare(td->q);
		for (i = 0, descs = 0; i < count; i++) {
			ids[i] = buf_pop(td, n + i, 1, i % 4);
			descs += td->chain->descs;
		}
		vfe_mock_push_batch(td->mq, ids, count, 0, descs);
		for (i = 0; i + 1 < count; i++) {
			buf_get(td, n + i, buf_in_len(n + i, 1, i % 4));
			KUNIT_EXPECT_FALSE(test, vfe_queue_enable_cb(td->q));
		}
		buf_get(td, n + i, 0);
		buf_get_none(td);
		KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(td->q));
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * An interrupt for the nth buffer in flight comes with that buffer at the
 * latest, for any n, and without EVENT_IDX with the first one.
 */
static void ring_interrupt_later(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	bool event = mode->features & RING_EVENT_IDX;
	struct tdrv *td = ring_start(test, mode->features, 16);
	unsigned int n, i, lap, raised;
	u16 ids[RING_OUT], was;

	for (lap = 0; lap < 60; lap++) {
		n = 1 + lap % (RING_OUT + 2);
		for (i = 0; i < RING_OUT; i++)
			KUNIT_ASSERT_EQ(test, buf_add(td, i, 1, 0), 0);
		vfe_queue_kick_prepare(td->q);
		for (i = 0; i < RING_OUT; i++)
			ids[i] = buf_pop(td, i, 1, 0);
		vfe_queue_disable_cb(td->q);
		KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb_after(td->q, n));
		for (i = 0, raised = 0; i < RING_OUT; i++) {
			was = td->mq->used;
			vfe_mock_push(td->mq, ids[i], 0, 1);
			if (vfe_mock_wants_interrupt(td->mq, was) && !raised)
				raised = i + 1;
		}
		KUNIT_EXPECT_EQ(test, raised, event ? min(n, RING_OUT) : 1);
		/*
		 * they are used already: the driver must not wait for an
		 * interrupt
		 */
		KUNIT_EXPECT_FALSE(test, vfe_queue_enable_cb_after(td->q, n));
		for (i = 0; i < RING_OUT; i++)
			buf_get(td, i, 0);
		buf_get_none(td);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Invalid arguments change nothing. */
static void ring_bad_arguments(struct kunit *test)
{
	struct vfe_seg segs[BUF_SEGS] = { { 0x1000, 1 } };
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 16);
	struct vfe_queue *q = td->q;
	void *t = buf_token(0);

	KUNIT_EXPECT_EQ(test, vfe_queue_add(q, segs, 0, 0, t), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_queue_add(q, segs, 1, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, -EINVAL, vfe_queue_add(q, segs, BUF_SEGS, 1, t));
	KUNIT_EXPECT_EQ(test, -EINVAL, vfe_queue_add(q, segs, 1, BUF_SEGS, t));
	/* sums that wrap */
	KUNIT_EXPECT_EQ(test, vfe_queue_add(q, segs, UINT_MAX, 2, t), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_queue_add(q, segs, 2, UINT_MAX, t), -EINVAL);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vfe_queue_add(q, segs, 1U << 31, 1U << 31, t));
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(q));
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(q));
	buf_round_trip(td, 1);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 2.7.5.2: as long as a used length can express, and no byte more */
static void ring_longest_buffer(struct kunit *test)
{
	struct vfe_seg segs[2] = { { 0x1000, U32_MAX - 1 }, { 0x2000, 1 } };
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 16);
	void *t = buf_token(0);
	u32 len = 0;

	VFE_DUTY(test, "S03", "2.7.5.2", "no chain has 2^32 bytes or more");
	KUNIT_ASSERT_EQ(test, vfe_queue_add(td->q, segs, 0, 2, t), 0);
	vfe_queue_kick_prepare(td->q);
	/* a new ring begins with descriptor 0; no mock has so much memory */
	vfe_mock_push(td->mq, 0, U32_MAX, ring_descs(test, 2));
	KUNIT_EXPECT_PTR_EQ(test, vfe_queue_get(td->q, &len), t);
	KUNIT_EXPECT_EQ(test, len, U32_MAX);

	segs[1].len = 2;
	KUNIT_EXPECT_EQ(test, vfe_queue_add(td->q, segs, 0, 2, t), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_queue_add(td->q, segs, 1, 1, t), -EINVAL);
	segs[0].len = U32_MAX;
	segs[1].len = U32_MAX;
	KUNIT_EXPECT_EQ(test, vfe_queue_add(td->q, segs, 2, 0, t), -EINVAL);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(td->q));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * 2.7.5.3.1: the class driver may request more segments than the queue has
 * entries
 */
static void ring_short_queue(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	unsigned int size, fits;
	struct tdrv *td;

	VFE_DUTY(test, "S06", "2.7.5.3.1",
		 "no chain has more descriptors than the queue, in a table neither");
	VFE_DUTY(test, "P04", "2.8.17",
		 "no list is longer than the queue or what was agreed on");
	for (size = 1; size <= BUF_SEGS; size *= 2) {
		td = ring_start(test, mode->features, size);
		for (fits = 1; fits <= BUF_SEGS; fits++)
			KUNIT_EXPECT_EQ(test, buf_add(td, 1, fits, 0) ==
					-EINVAL, fits > size);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
	}
}

/*
 * Buffers that the device has, that it used unseen, and that it never saw: each
 * comes back once.
 */
static void ring_detach(struct kunit *test)
{
	const struct ring_mode *mode = test->param_value;
	struct tdrv *td = ring_start(test, mode->features, 32);
	unsigned int first = ring_has(test, RING_IN_ORDER) ? 0 : 5;
	unsigned int second = ring_has(test, RING_IN_ORDER) ? 1 : 2;
	bool back[10] = {};
	uintptr_t token;
	u16 ids[8];
	u32 n;

	for (n = 0; n < 8; n++)
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, n % 3), 0);
	vfe_queue_kick_prepare(td->q);
	for (n = 0; n < 8; n++)
		ids[n] = buf_pop(td, n, 1, n % 3);
	for (n = 8; n < 10; n++)
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 1), 0);
	vfe_mock_push(td->mq, ids[first], 0, ring_descs(test, 1 + first % 3));
	vfe_mock_push(td->mq, ids[second], 0, ring_descs(test, 1 + second % 3));
	buf_get(td, first, 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	while ((token = (uintptr_t)vfe_queue_detach(td->q))) {
		KUNIT_ASSERT_LE(test, token, (uintptr_t)ARRAY_SIZE(back));
		KUNIT_EXPECT_FALSE(test, back[token - 1]);
		back[token - 1] = true;
	}
	for (n = 0; n < ARRAY_SIZE(back); n++)
		KUNIT_EXPECT_EQ(test, back[n], n != first);
	KUNIT_EXPECT_NULL(test, vfe_queue_detach(td->q));
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_idx(td->mq), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_used_idx(td->mq), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	buf_get_none(td);
	ring_batch(td, 100, 32);
	KUNIT_EXPECT_EQ(test, tdrv_restart(td), 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE_PARAM(ring_wraps, ring_size_gen_params),
	KUNIT_CASE_PARAM(ring_chains, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_room, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_out_of_order, ring_free_mode_gen_params),
	KUNIT_CASE_PARAM(ring_batches, ring_order_mode_gen_params),
	KUNIT_CASE_PARAM(ring_interrupt_later, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_bad_arguments, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_longest_buffer, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_short_queue, ring_mode_gen_params),
	KUNIT_CASE_PARAM(ring_detach, ring_mode_gen_params),
	{}
};

VFE_SUITE(ring_cases);

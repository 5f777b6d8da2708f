// SPDX-License-Identifier: GPL-2.0
/*
 * Conformance: what virtio 1.4 asks of a driver of a split ring (2.7), a case
 * a duty. Rings are read in memory here rather than by the mock's own reader,
 * which has its rules from the same place.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/limits.h>
#include <linux/module.h>

#include "lib/duty.h"
#include "lib/ring_fixture.h"

#define SPLIT_SIZE	16
#define SPLIT_MAX	32768

/* @own: tables are the class driver's, not the ring's */
static struct vfe_live *split_start_tables(struct kunit *test, u64 features,
					   unsigned int size, bool own)
{
	struct vfe_live_spec spec = {
		.mock = {
			.features = VFE_LIVE_PLAIN | features,
			.queue_size = size,
		},
		.own_tables = own,
	};

	return vfe_live_start(test, &spec);
}

static struct vfe_live *split_start(struct kunit *test, u64 features,
				    unsigned int size)
{
	return split_start_tables(test, features, size, false);
}

static const struct vring_desc *split_desc(const struct vfe_live *l, u16 id)
{
	return (const struct vring_desc *)vfe_mock_mem(l->mq->desc) + id;
}

static u16 split_flags(const struct vring_desc *d)
{
	return le16_to_cpu((__force __le16)d->flags);
}

static u16 split_next(const struct vring_desc *d)
{
	return le16_to_cpu((__force __le16)d->next);
}

/* The head of the buffer that was made available as number @n */
static u16 split_head(const struct vfe_live *l, u16 n)
{
	const __le16 *ring = vfe_mock_mem(l->mq->driver + 4);

	return le16_to_cpu(ring[n % l->mq->size]);
}

static u16 split_used_flags(const struct vfe_live *l)
{
	const __le16 *used = vfe_mock_mem(l->mq->device);

	return le16_to_cpu(used[0]);
}

/* Buffers of mixed shapes there, every other one back, until no more fit */
static void split_mix(struct vfe_live *l)
{
	unsigned int i, out, in;
	int err;
	u16 id;

	for (i = 0; ; i++) {
		out = i % 4;
		in = (i / 4) % 4 + !out;
		err = vfe_live_add(l, i, out, in);
		if (err)
			break;
		KUNIT_ASSERT_LT(l->test, i, 2U * SPLIT_SIZE);
		vfe_queue_kick_prepare(l->q);
		id = vfe_live_pop(l, i, out, in);
		if (i % 2)
			continue;
		vfe_mock_push(l->mq, id, 0, l->chain->descs);
		vfe_live_get(l, i, 0);
	}
	KUNIT_EXPECT_EQ(l->test, err, -ENOSPC);
	KUNIT_EXPECT_GT(l->test, i, 2U);
}

static void S01_parts_are_aligned(struct kunit *test)
{
	struct vfe_mock_queue *mq;
	struct vfe_live *l;
	unsigned int size;

	VFE_DUTY(test, "S01", "2.7.1",
		 "descriptors at a multiple of 16, driver's ring of 2, device's ring of 4");
	for (size = 1; size <= SPLIT_MAX; size *= 2) {
		l = split_start(test, VFE_LIVE_EVENT_IDX, size);
		mq = l->mq;
		KUNIT_EXPECT_EQ(test, mq->desc % 16, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->driver % 2, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->device % 4, 0ULL);
		/* and none lies in another */
		KUNIT_EXPECT_GE(test, mq->driver, mq->desc + 16 * size);
		KUNIT_EXPECT_GE(test, mq->device, mq->driver + 6 + 2 * size);
		VFE_MOCK_EXPECT_CLEAN(test, l->m);
		vfe_live_stop(l);
		vfe_mock_unplug(l->m);
	}
}

static void S02_readable_before_writable(struct kunit *test)
{
	const struct vring_desc *d;
	unsigned int out, in, n;
	struct vfe_live *l;
	bool write;

	VFE_DUTY(test, "S02", "2.7.4.2",
		 "what the device writes comes behind what it reads, a descriptor a piece");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	for (out = 0; out <= 4; out++) {
		for (in = !out; in <= 4; in++) {
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, 1, out, in), 0);
			vfe_queue_kick_prepare(l->q);
			d = split_desc(l, split_head(l, l->mq->next));
			for (n = 0, write = false; ; n++) {
				if (split_flags(d) & VRING_DESC_F_WRITE)
					write = true;
				else
					KUNIT_EXPECT_FALSE(test, write);
				if (!(split_flags(d) & VRING_DESC_F_NEXT))
					break;
				KUNIT_ASSERT_LT(test, n, 16U);
				d = split_desc(l, split_next(d));
			}
			KUNIT_EXPECT_EQ(test, n + 1, out + in);
			vfe_mock_push(l->mq, vfe_live_pop(l, 1, out, in), 0, 1);
			vfe_live_get(l, 1, 0);
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

/* Every chain that is out ends, and shares no descriptor with another. */
static void split_expect_no_loops(struct vfe_live *l, const u16 *heads,
				  unsigned int n)
{
	DECLARE_BITMAP(seen, SPLIT_SIZE);
	const struct vring_desc *d;
	unsigned int i;
	u16 id;

	bitmap_zero(seen, SPLIT_SIZE);
	for (i = 0; i < n; i++) {
		for (id = heads[i];; id = split_next(d)) {
			KUNIT_ASSERT_LT(l->test, id, SPLIT_SIZE);
			KUNIT_ASSERT_FALSE(l->test, test_and_set_bit(id, seen));
			d = split_desc(l, id);
			if (!(split_flags(d) & VRING_DESC_F_NEXT))
				break;
		}
	}
}

static void S03_no_loops_no_giants(struct kunit *test)
{
	struct vfe_seg segs[2] = { { 0x1000, U32_MAX }, { 0x2000, 2 } };
	unsigned int i, lap;
	struct vfe_live *l;
	u16 heads[4];

	VFE_DUTY(test, "S03", "2.7.5.2",
		 "no chain of more than 2^32 bytes, none that leads back into itself");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vfe_queue_add(l->q, segs, 1, 1, vfe_live_token(0)));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vfe_queue_add(l->q, segs, 2, 0, vfe_live_token(0)));
	for (lap = 0; lap < 50; lap++) {
		for (i = 0; i < 4; i++)
			KUNIT_ASSERT_EQ(test, 0,
					vfe_live_add(l, i, 1, (i + lap) % 4));
		vfe_queue_kick_prepare(l->q);
		for (i = 0; i < 4; i++)
			heads[i] = vfe_live_pop(l, i, 1, (i + lap) % 4);
		split_expect_no_loops(l, heads, 4);
		/* back in another order each time: descriptors get mixed */
		for (i = 0; i < 4; i++) {
			u32 pick = (i * 3 + lap) % 4;

			vfe_mock_push(l->mq, heads[pick], 0, 1);
			vfe_live_get(l, pick, 0);
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

static void S04_in_order_through_the_table(struct kunit *test)
{
	unsigned int n, slot = 0, i;
	struct vfe_live *l;
	u16 id;

	VFE_DUTY(test, "S04", "2.7.5.2",
		 "with IN_ORDER a descriptor leads to the next in the table, the last one to the first");
	l = split_start(test, VFE_LIVE_EVENT_IDX | VFE_LIVE_IN_ORDER,
			SPLIT_SIZE);
	for (n = 0; n < 200; n++) {
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, n % 7), 0);
		vfe_queue_kick_prepare(l->q);
		id = vfe_live_pop(l, n, 1, n % 7);
		KUNIT_EXPECT_EQ(test, id, slot);
		for (i = 0; i < n % 7; i++) {
			KUNIT_EXPECT_TRUE(test, split_flags(split_desc(l, slot)) &
					  VRING_DESC_F_NEXT);
			KUNIT_EXPECT_EQ(test, split_next(split_desc(l, slot)),
					(slot + 1) % SPLIT_SIZE);
			slot = (slot + 1) % SPLIT_SIZE;
		}
		slot = (slot + 1) % SPLIT_SIZE;
		/* some stay for a while, all go in order */
		if (n % 2)
			continue;
		if (n)
			vfe_mock_push(l->mq, split_head(l, n - 1), 0, 1);
		vfe_mock_push(l->mq, id, 0, 1);
		if (n)
			vfe_live_get(l, n - 1, 0);
		vfe_live_get(l, n, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

/* A table is in the ring by its descriptor, and has none in it. */
static void split_tables(struct kunit *test, bool own)
{
	const struct vring_desc *d, *table;
	struct vfe_live *l;
	unsigned int i, n;

	l = split_start_tables(test, VFE_LIVE_EVENT_IDX | VFE_LIVE_INDIRECT,
			       SPLIT_SIZE, own);
	for (n = 2; n <= VFE_LIVE_SEGS; n++) {
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, n - 1), 0);
		vfe_queue_kick_prepare(l->q);
		d = split_desc(l, split_head(l, l->mq->next));
		KUNIT_EXPECT_EQ(test, split_flags(d), VRING_DESC_F_INDIRECT);
		table = vfe_mock_mem(le64_to_cpu((__force __le64)d->addr));
		KUNIT_EXPECT_EQ(test, le32_to_cpu((__force __le32)d->len),
				n * 16);
		for (i = 0; i < n; i++)
			KUNIT_EXPECT_EQ(test, 0, split_flags(&table[i]) &
					VRING_DESC_F_INDIRECT);
		vfe_live_pop(l, n, 1, n - 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	vfe_live_stop(l);
}

static void S05_indirect_as_negotiated(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "S05", "2.7.5.3.1",
		 "an indirect table only when that was negotiated, and none in another");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	split_mix(l);
	for (i = 0; i < SPLIT_SIZE; i++)
		KUNIT_EXPECT_EQ(test, 0, split_flags(split_desc(l, i)) &
				VRING_DESC_F_INDIRECT);
	vfe_live_stop(l);

	/* a class driver's is refused, and no buffer is there */
	l = split_start_tables(test, 0, SPLIT_SIZE, true);
	KUNIT_EXPECT_EQ(test, vfe_live_add(l, 0, 1, 2), -EINVAL);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(l->q));
	KUNIT_EXPECT_EQ(test, vfe_mock_available(l->mq), 0U);
	vfe_live_stop(l);

	split_tables(test, false);
	split_tables(test, true);
}

static void S06_no_longer_than_the_queue(struct kunit *test)
{
	static const u64 features[] = {
		0, VFE_LIVE_INDIRECT, VFE_LIVE_INDIRECT,
	};
	unsigned int i, n;
	struct vfe_live *l;

	VFE_DUTY(test, "S06", "2.7.5.3.1",
		 "no chain has more descriptors than the queue, in a table neither");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		l = split_start_tables(test, features[i], 4, i == 2);
		for (n = 5; n <= VFE_LIVE_SEGS; n++)
			KUNIT_EXPECT_EQ(test, vfe_live_add(l, n, 0, n),
					-EINVAL);
		KUNIT_EXPECT_EQ(test, vfe_live_add(l, 4, 0, 4), 0);
		vfe_queue_kick_prepare(l->q);
		vfe_live_pop(l, 4, 0, 4);
		VFE_MOCK_EXPECT_CLEAN(test, l->m);
		vfe_live_stop(l);
	}
}

static void split_never_both(struct kunit *test, bool own)
{
	struct vfe_live *l;
	unsigned int i, tables = 0;
	u16 flags;

	l = split_start_tables(test, VFE_LIVE_EVENT_IDX | VFE_LIVE_INDIRECT,
			       SPLIT_SIZE, own);
	split_mix(l);
	for (i = 0; i < SPLIT_SIZE; i++) {
		flags = split_flags(split_desc(l, i));
		if (!(flags & VRING_DESC_F_INDIRECT))
			continue;
		tables++;
		KUNIT_EXPECT_EQ(test, flags & VRING_DESC_F_NEXT, 0);
	}
	KUNIT_EXPECT_GT(test, tables, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	vfe_live_stop(l);
}

static void S07_indirect_without_next(struct kunit *test)
{
	VFE_DUTY(test, "S07", "2.7.5.3.1",
		 "a descriptor is never INDIRECT and NEXT at once");
	split_never_both(test, false);
	split_never_both(test, true);
}

static void split_table_in_order(struct kunit *test, bool own)
{
	const struct vring_desc *table;
	struct vfe_live *l;
	unsigned int n, i;
	u16 id;

	l = split_start_tables(test, VFE_LIVE_INDIRECT | VFE_LIVE_IN_ORDER,
			       SPLIT_SIZE, own);
	for (n = 2; n < 100; n++) {
		unsigned int out = n % 3, in = 2 + n % 5;

		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, out, in), 0);
		vfe_queue_kick_prepare(l->q);
		id = split_head(l, l->mq->next);
		table = vfe_mock_mem(le64_to_cpu((__force __le64)
						 split_desc(l, id)->addr));
		for (i = 0; i + 1 < out + in; i++) {
			KUNIT_EXPECT_TRUE(test, split_flags(&table[i]) &
					  VRING_DESC_F_NEXT);
			KUNIT_EXPECT_EQ(test, split_next(&table[i]), i + 1);
		}
		KUNIT_EXPECT_FALSE(test, split_flags(&table[i]) &
				   VRING_DESC_F_NEXT);
		vfe_mock_push(l->mq, vfe_live_pop(l, n, out, in), 0, 1);
		vfe_live_get(l, n, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	vfe_live_stop(l);
}

static void S08_in_order_through_a_table(struct kunit *test)
{
	VFE_DUTY(test, "S08", "2.7.5.3.1",
		 "with IN_ORDER the entries of an indirect table follow each other");
	split_table_in_order(test, false);
	split_table_in_order(test, true);
}

static void S09_available_index_only_grows(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;
	u16 was, is;

	VFE_DUTY(test, "S09", "2.7.6.1",
		 "the available index goes up by what was added, never down");
	l = split_start(test, VFE_LIVE_EVENT_IDX, 4);
	was = vfe_mock_avail_idx(l->mq);
	for (i = 0; i < U16_MAX + 100; i++) {
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 0, 1), 0);
		if (i % 3 == 0) {
			/* what does not fit is not counted */
			KUNIT_ASSERT_EQ(test, -ENOSPC,
					vfe_live_add(l, i, 2, 2));
		}
		vfe_queue_kick_prepare(l->q);
		is = vfe_mock_avail_idx(l->mq);
		KUNIT_ASSERT_EQ(test, (u16)(is - was), 1);
		was = is;
		vfe_mock_push(l->mq, split_head(l, is - 1), 0, 1);
		vfe_live_get(l, i, 0);
		vfe_queue_disable_cb(l->q);
		vfe_queue_enable_cb(l->q);
		KUNIT_ASSERT_EQ(test, vfe_mock_avail_idx(l->mq), was);
	}
	/* not even when the ring breaks */
	vfe_mock_set_used_idx(l->mq, was + 9);
	vfe_live_get_none(l);
	vfe_queue_kick_prepare(l->q);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_idx(l->mq), was);
}

static void S10_available_flags(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "S10", "2.7.7.1",
		 "available flags: 0 or 1 without EVENT_IDX, always 0 with it");
	l = split_start(test, 0, 4);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 0);
	for (i = 0; i < 5; i++) {
		vfe_queue_disable_cb(l->q);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 1);
		vfe_live_round_trip(l, i);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 1);
		vfe_queue_enable_cb(l->q);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 0);
	}
	vfe_live_stop(l);

	l = split_start(test, VFE_LIVE_EVENT_IDX, 4);
	KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 0);
	for (i = 0; i < 5; i++) {
		vfe_queue_disable_cb(l->q);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 0);
		vfe_live_round_trip(l, i);
		vfe_queue_enable_cb(l->q);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_flags(l->mq), 0);
	}
}

static void S11_spurious_interrupts(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "S11", "2.7.7.1",
		 "an interrupt that has nothing to tell does no harm");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	l->drain = true;
	vfe_queue_disable_cb(l->q);
	for (i = 0; i < 50; i++) {
		/* of an empty ring, with a buffer out, and while disabled */
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(l->mq));
		if (i % 10 == 5)
			KUNIT_EXPECT_EQ(test, vfe_live_add(l, i, 0, 1), 0);
		vfe_queue_kick_prepare(l->q);
	}
	KUNIT_EXPECT_EQ(test, l->done, 0U);
	KUNIT_EXPECT_EQ(test, l->faults, 0U);
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(l->q));
	for (i = 0; i < 5; i++)
		vfe_mock_push(l->mq, vfe_live_pop(l, 10 * i + 5, 0, 1), 1, 1);
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(l->mq));
	KUNIT_EXPECT_EQ(test, l->taken, 5U);
}

static void S12_nothing_beyond_len(struct kunit *test)
{
	struct vfe_live *l;
	u32 in_len, len;
	u16 id;

	VFE_DUTY(test, "S12", "2.7.8.3",
		 "the used length reaches the class driver unchanged, but limited to the buffer");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	in_len = vfe_live_in_len(3, 2, 3);
	for (len = 0; len <= in_len; len += len < 4 ? 1 : 997) {
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, 3, 2, 3), 0);
		vfe_queue_kick_prepare(l->q);
		id = vfe_live_pop(l, 3, 2, 3);
		vfe_mock_push(l->mq, id, len, 5);
		vfe_live_get(l, 3, len);
	}
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 3, 2, 3), 0);
	vfe_queue_kick_prepare(l->q);
	vfe_mock_push(l->mq, vfe_live_pop(l, 3, 2, 3), in_len + 1, 5);
	vfe_live_get(l, 3, in_len);
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(l->q));
}

/**
 * struct split_watch - looks at the used flags whenever a queue is enabled
 * @mq: the queue
 * @enables: how often it was
 * @bad: how often the flags were not 0 then
 */
struct split_watch {
	struct vfe_mock_queue *mq;
	unsigned int enables;
	unsigned int bad;
};

static bool split_watch_access(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct split_watch *w = m->knobs.priv;
	const __le16 *used;

	if (a->reg != VFE_REG_QUEUE_ENABLE || a->dir != VFE_WRITE)
		return false;
	used = vfe_mock_mem(w->mq->device);
	w->enables++;
	w->bad += used[0] != 0;
	return false;
}

static void S13_used_flags_start_as_0(struct kunit *test)
{
	struct split_watch w = {};
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "S13", "2.7.10.1",
		 "used flags are 0 when a queue is enabled, after a reset too");
	/* the first time: nobody wrote there since the driver did */
	l = split_start(test, 0, 8);
	KUNIT_EXPECT_EQ(test, split_used_flags(l), 0);
	w.mq = l->mq;
	l->m->knobs.priv = &w;
	l->m->knobs.access = split_watch_access;
	for (i = 0; i < 3; i++) {
		vfe_mock_set_used_flags(l->mq, U16_MAX);
		vfe_live_restart(l);
	}
	KUNIT_EXPECT_EQ(test, w.enables, 3U);
	KUNIT_EXPECT_EQ(test, w.bad, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	l->m->knobs.access = NULL;
}

static void S14_flag_decides_without_event_idx(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;
	u16 at;

	VFE_DUTY(test, "S14", "2.7.10.1",
		 "without EVENT_IDX: notify when used flags are 0, not when 1, whatever avail_event is");
	l = split_start(test, 0, SPLIT_SIZE);
	for (i = 0; i < 200; i++) {
		at = vfe_mock_avail_idx(l->mq);
		vfe_mock_set_avail_event(l->mq, at + i % 7 - 3);
		vfe_mock_set_used_flags(l->mq, i % 2);
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 1, 0), 0);
		KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(l->q), !(i % 2));
		vfe_mock_push(l->mq, vfe_live_pop(l, i, 1, 0), 0, 1);
		vfe_live_get(l, i, 0);
	}
}

static void S15_event_decides_with_event_idx(struct kunit *test)
{
	unsigned int i, k, n;
	struct vfe_live *l;
	bool crossed;
	u16 at, event;

	VFE_DUTY(test, "S15", "2.7.10.1",
		 "with EVENT_IDX: notify when the index crosses avail_event, whatever the flags are");
	l = split_start(test, VFE_LIVE_EVENT_IDX, SPLIT_SIZE);
	for (i = 0; i < 4000; i++) {
		at = vfe_mock_avail_idx(l->mq);
		n = 1 + i % SPLIT_SIZE;
		event = at + i % 23 - 3;
		vfe_mock_set_avail_event(l->mq, event);
		vfe_mock_set_used_flags(l->mq, i % 2);
		for (k = 0, crossed = false; k < n; k++) {
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, k, 1, 0), 0);
			crossed |= (u16)(at + k) == event;
		}
		KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(l->q), crossed);
		for (k = 0; k < n; k++)
			vfe_mock_push(l->mq, vfe_live_pop(l, k, 1, 0), 0, 1);
		for (k = 0; k < n; k++)
			vfe_live_get(l, k, 0);
	}
}

static void S16_buffers_before_index(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i, k;

	VFE_DUTY(test, "S16", "2.7.13.3.1",
		 "the index moves only once the buffers are all written (the barrier itself: the ring's test in user space)");
	l = split_start(test, VFE_LIVE_EVENT_IDX | VFE_LIVE_INDIRECT,
			SPLIT_SIZE);
	for (i = 0; i < 20; i++) {
		/* while buffers are written the device sees none of them */
		for (k = 0; k < SPLIT_SIZE; k++) {
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, k, 1, k % 4), 0);
			KUNIT_ASSERT_EQ(test, vfe_mock_available(l->mq), 0U);
		}
		vfe_queue_kick_prepare(l->q);
		/* and whole ones from then on */
		KUNIT_ASSERT_EQ(test, vfe_mock_available(l->mq),
				(unsigned int)SPLIT_SIZE);
		for (k = 0; k < SPLIT_SIZE; k++)
			vfe_mock_push(l->mq, vfe_live_pop(l, k, 1, k % 4), 0,
				      1);
		for (k = 0; k < SPLIT_SIZE; k++)
			vfe_live_get(l, k, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

static void S17_index_before_wish(struct kunit *test)
{
	static const u64 features[] = { 0, VFE_LIVE_EVENT_IDX };
	struct vfe_live *l;
	unsigned int i, k;
	u16 at;

	VFE_DUTY(test, "S17", "2.7.13.4.1",
		 "what the device wishes is read after the index is shown (the barrier itself: the ring's test in user space)");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		l = split_start(test, features[k], SPLIT_SIZE);
		for (i = 0; i < 100; i++) {
			at = vfe_mock_avail_idx(l->mq);
			/* what it wished when the buffer was added is stale */
			vfe_mock_set_used_flags(l->mq, i % 2);
			vfe_mock_set_avail_event(l->mq, at - i % 2);
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 1, 0), 0);
			vfe_mock_set_used_flags(l->mq, !(i % 2));
			vfe_mock_set_avail_event(l->mq, at - !(i % 2));
			KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(l->q),
					i % 2);
			vfe_mock_push(l->mq, vfe_live_pop(l, i, 1, 0), 0, 1);
			vfe_live_get(l, i, 0);
		}
		vfe_live_stop(l);
	}
}

/* An index that tells of four, and an element that names the @nth of six */
static void split_wrong_batch(struct kunit *test, unsigned int nth)
{
	struct vfe_live *l;
	u16 ids[6];
	u32 i;

	l = split_start(test, VFE_LIVE_IN_ORDER, SPLIT_SIZE);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 1, 1), 0);
	vfe_queue_kick_prepare(l->q);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = vfe_live_pop(l, i, 1, 1);
	swap(ids[3], ids[nth]);
	vfe_mock_push_batch(l->mq, ids, 4, 0, 8);
	vfe_live_get_none(l);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(l->q));
	vfe_live_stop(l);
}

static void S18_batches_in_order(struct kunit *test)
{
	unsigned int lap, n, i;
	struct vfe_live *l;
	u16 ids[8];

	VFE_DUTY(test, "S18", "2.7.9",
		 "with IN_ORDER an element stands for all buffers up to its id, those before it used completely");
	l = split_start(test, VFE_LIVE_EVENT_IDX | VFE_LIVE_IN_ORDER, 32);
	for (lap = 0; lap < 50; lap++) {
		n = 1 + lap % 8;
		for (i = 0; i < n; i++)
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 1, i % 3), 0);
		vfe_queue_kick_prepare(l->q);
		for (i = 0; i < n; i++)
			ids[i] = vfe_live_pop(l, i, 1, i % 3);
		vfe_mock_push_batch(l->mq, ids, n, 0, 0);
		for (i = 0; i + 1 < n; i++)
			vfe_live_get(l, i, vfe_live_in_len(i, 1, i % 3));
		vfe_live_get(l, i, 0);
		vfe_live_get_none(l);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	vfe_live_stop(l);
	/* an element may not stand for more than the index tells of */
	split_wrong_batch(test, 4);
	split_wrong_batch(test, 5);
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(S01_parts_are_aligned),
	KUNIT_CASE(S02_readable_before_writable),
	KUNIT_CASE(S03_no_loops_no_giants),
	KUNIT_CASE(S04_in_order_through_the_table),
	KUNIT_CASE(S05_indirect_as_negotiated),
	KUNIT_CASE(S06_no_longer_than_the_queue),
	KUNIT_CASE(S07_indirect_without_next),
	KUNIT_CASE(S08_in_order_through_a_table),
	KUNIT_CASE(S09_available_index_only_grows),
	KUNIT_CASE(S10_available_flags),
	KUNIT_CASE(S11_spurious_interrupts),
	KUNIT_CASE(S12_nothing_beyond_len),
	KUNIT_CASE(S13_used_flags_start_as_0),
	KUNIT_CASE(S14_flag_decides_without_event_idx),
	KUNIT_CASE(S15_event_decides_with_event_idx),
	KUNIT_CASE(S16_buffers_before_index),
	KUNIT_CASE(S17_index_before_wish),
	KUNIT_CASE(S18_batches_in_order),
	{}
};

static struct kunit_suite split_suite = {
	.name = "vfe-duty-split",
	.test_cases = split_cases,
};

kunit_test_suite(split_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit: a driver's duties towards a split ring");

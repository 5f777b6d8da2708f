// SPDX-License-Identifier: GPL-2.0
/*
 * What only a split ring has (virtio 1.4, 2.7), read in the ring's memory
 * rather than by the mock's walker. What it shares with a packed ring is in
 * buffers_test.c and device_fault_test.c.
 */
#include <linux/limits.h>

#include "lib/ring_fixture.h"
#include "lib/suite.h"

#define SPLIT_SIZE	16

/* @own: tables are the class driver's, not the ring's */
static struct tdrv *split_start_tables(struct kunit *test, u64 features,
				       unsigned int size, bool own)
{
	struct tdrv_setup spec = {
		.mock = {
			.features = RING_PLAIN | features,
			.queue_size = size,
		},
		.own_tables = own,
	};

	return tdrv_start(test, &spec);
}

static struct tdrv *split_start(struct kunit *test, u64 features,
				unsigned int size)
{
	return split_start_tables(test, features, size, false);
}

static const struct vring_desc *split_desc(const struct tdrv *td, u16 id)
{
	return (const struct vring_desc *)vfe_mock_mem(td->mq->desc) + id;
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
static u16 split_head(const struct tdrv *td, u16 n)
{
	const __le16 *ring = vfe_mock_mem(td->mq->driver + 4);

	return le16_to_cpu(ring[n % td->mq->size]);
}

static void split_in_order(struct kunit *test)
{
	unsigned int n, slot = 0, i;
	struct tdrv *td;
	u16 id;

	VFE_DUTY(test, "S04", "2.7.5.2",
		 "with IN_ORDER a descriptor leads to the next in the table, the last one to the first");
	td = split_start(test, RING_EVENT_IDX | RING_IN_ORDER, SPLIT_SIZE);
	for (n = 0; n < 200; n++) {
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, n % 7), 0);
		vfe_queue_kick_prepare(td->q);
		id = buf_pop(td, n, 1, n % 7);
		KUNIT_EXPECT_EQ(test, id, slot);
		for (i = 0; i < n % 7; i++) {
			KUNIT_EXPECT_TRUE(test,
					  split_flags(split_desc(td, slot)) &
					  VRING_DESC_F_NEXT);
			KUNIT_EXPECT_EQ(test, split_next(split_desc(td, slot)),
					(slot + 1) % SPLIT_SIZE);
			slot = (slot + 1) % SPLIT_SIZE;
		}
		slot = (slot + 1) % SPLIT_SIZE;
		/* some stay for a while, all go in order */
		if (n % 2)
			continue;
		if (n)
			vfe_mock_push(td->mq, split_head(td, n - 1), 0, 1);
		vfe_mock_push(td->mq, id, 0, 1);
		if (n)
			buf_get(td, n - 1, 0);
		buf_get(td, n, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * A table is in the ring by one descriptor, which is nothing but INDIRECT, and
 * has none of its own; its entries follow each other (with IN_ORDER they must).
 */
static void split_expect_tables(struct kunit *test, u64 features, bool own)
{
	const struct vring_desc *d, *table;
	struct tdrv *td;
	unsigned int i, n;

	td = split_start_tables(test, features | RING_INDIRECT, SPLIT_SIZE,
				own);
	for (n = 2; n <= BUF_SEGS; n++) {
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, n - 1), 0);
		vfe_queue_kick_prepare(td->q);
		d = split_desc(td, split_head(td, td->mq->next));
		KUNIT_EXPECT_EQ(test, split_flags(d), VRING_DESC_F_INDIRECT);
		table = vfe_mock_mem(le64_to_cpu((__force __le64)d->addr));
		KUNIT_EXPECT_EQ(test, le32_to_cpu((__force __le32)d->len),
				n * 16);
		for (i = 0; i < n; i++) {
			KUNIT_EXPECT_EQ(test, split_flags(&table[i]),
					(i ? VRING_DESC_F_WRITE : 0) |
					(i + 1 < n ? VRING_DESC_F_NEXT : 0));
			if (i + 1 < n)
				KUNIT_EXPECT_EQ(test, split_next(&table[i]),
						i + 1);
		}
		buf_pop(td, n, 1, n - 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	tdrv_down(td);
}

static void split_tables(struct kunit *test)
{
	static const u64 features[] = { RING_EVENT_IDX, RING_IN_ORDER };
	unsigned int i;

	VFE_DUTY(test, "S05", "2.7.5.3.1",
		 "no indirect table in another");
	VFE_DUTY(test, "S07", "2.7.5.3.1",
		 "a descriptor is never INDIRECT and NEXT at once");
	VFE_DUTY(test, "S08", "2.7.5.3.1",
		 "with IN_ORDER the entries of an indirect table follow each other");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		split_expect_tables(test, features[i], false);
		split_expect_tables(test, features[i], true);
	}
}

/* A class driver's table is refused, and no buffer is there. */
static void split_table_not_negotiated(struct kunit *test)
{
	struct tdrv *td = split_start_tables(test, 0, SPLIT_SIZE, true);

	VFE_DUTY(test, "S05", "2.7.5.3.1",
		 "an indirect table only when that was negotiated");
	KUNIT_EXPECT_EQ(test, buf_add(td, 0, 1, 2), -EINVAL);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(td->q));
	KUNIT_EXPECT_EQ(test, vfe_mock_available(td->mq), 0U);
}

static u16 split_used_flags(const struct tdrv *td)
{
	const __le16 *used = vfe_mock_mem(td->mq->device);

	return le16_to_cpu(used[0]);
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

static void split_used_flags_start_as_0(struct kunit *test)
{
	struct split_watch w = {};
	struct tdrv *td;
	unsigned int i;

	VFE_DUTY(test, "S13", "2.7.10.1",
		 "used flags are 0 when a queue is enabled, after a reset too");
	/* the first time: nobody wrote there since the driver did */
	td = split_start(test, 0, 8);
	KUNIT_EXPECT_EQ(test, split_used_flags(td), 0);
	w.mq = td->mq;
	td->m->knobs.priv = &w;
	td->m->knobs.access = split_watch_access;
	for (i = 0; i < 3; i++) {
		vfe_mock_set_used_flags(td->mq, U16_MAX);
		tdrv_restart(td);
	}
	KUNIT_EXPECT_EQ(test, w.enables, 3U);
	KUNIT_EXPECT_EQ(test, w.bad, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	td->m->knobs.access = NULL;
}

/* An index that tells of four, and an element that names the @nth of six */
static void split_wrong_batch(struct kunit *test, unsigned int nth)
{
	struct tdrv *td;
	u16 ids[6];
	u32 i;

	td = split_start(test, RING_IN_ORDER, SPLIT_SIZE);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_ASSERT_EQ(test, buf_add(td, i, 1, 1), 0);
	vfe_queue_kick_prepare(td->q);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = buf_pop(td, i, 1, 1);
	swap(ids[3], ids[nth]);
	vfe_mock_push_batch(td->mq, ids, 4, 0, 8);
	buf_get_none(td);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(td->q));
	tdrv_down(td);
}

/* 2.7.9: an element may not stand for more than the index tells of. */
static void split_wrong_batches(struct kunit *test)
{
	split_wrong_batch(test, 4);
	split_wrong_batch(test, 5);
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(split_in_order),
	KUNIT_CASE(split_tables),
	KUNIT_CASE(split_table_not_negotiated),
	KUNIT_CASE(split_used_flags_start_as_0),
	KUNIT_CASE(split_wrong_batches),
	{}
};

VFE_SUITE(split_cases);

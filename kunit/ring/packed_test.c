// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver writes to a packed ring (virtio 1.4, 2.8), read in the ring's
 * memory. What it shares with a split ring is in buffers_test.c and
 * device_fault_test.c.
 */
#include <linux/limits.h>
#include <linux/virtio_ring.h>

#include "lib/ring_fixture.h"
#include "lib/suite.h"

#define PACKED_EVEN	16
#define PACKED_MAX	32768
#define PACKED_OWNER	(BIT(VRING_PACKED_DESC_F_AVAIL) | \
			 BIT(VRING_PACKED_DESC_F_USED))

/* @own: tables are the class driver's, not the ring's */
static struct vfe_live *packed_plain_tables(struct kunit *test, u64 features,
					    unsigned int size, bool own)
{
	struct vfe_live_spec spec = {
		.mock = {
			.features = VFE_LIVE_PLAIN | VFE_LIVE_PACKED | features,
			.queue_size = size,
		},
		.own_tables = own,
	};
	struct vfe_live *l = vfe_live_start(test, &spec);

	KUNIT_ASSERT_TRUE(test, l->mq->packed);
	return l;
}

static struct vfe_live *packed_plain(struct kunit *test, u64 features,
				     unsigned int size)
{
	return packed_plain_tables(test, features, size, false);
}

static struct vring_packed_desc *packed_desc(const struct vfe_live *l)
{
	return vfe_mock_mem(l->mq->desc);
}

static u16 packed_flags(const struct vfe_live *l, unsigned int slot)
{
	return le16_to_cpu(packed_desc(l)[slot].flags);
}

/* Does the descriptor say available, in a round with that wrap counter? */
static bool packed_available(const struct vfe_live *l, unsigned int slot,
			     bool wrap)
{
	return (packed_flags(l, slot) & PACKED_OWNER) ==
	       BIT(wrap ? VRING_PACKED_DESC_F_AVAIL :
			  VRING_PACKED_DESC_F_USED);
}

/* What the driver asks for, and what the device does (2.8.14) */
static struct vring_packed_desc_event *packed_event(u64 addr)
{
	return vfe_mock_mem(addr);
}

static void packed_wish(const struct vfe_live *l, u16 flags, u16 off_wrap)
{
	struct vring_packed_desc_event *e = packed_event(l->mq->device);

	e->off_wrap = cpu_to_le16(off_wrap);
	e->flags = cpu_to_le16(flags);
}

/* A copy of the descriptors, to compare with */
static void *packed_copy(const struct vfe_live *l)
{
	size_t len = l->mq->size * sizeof(struct vring_packed_desc);
	void *copy = kunit_kmalloc(l->test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(l->test, copy);
	memcpy(copy, packed_desc(l), len);
	return copy;
}

static void packed_parts_are_aligned(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, 7, 16, 1000, 32767,
					      PACKED_MAX };
	struct vfe_mock_queue *mq;
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "P01", "2.8.11",
		 "descriptors at a multiple of 16, event structures of 4, for every size");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		l = packed_plain(test, VFE_LIVE_EVENT_IDX, sizes[i]);
		mq = l->mq;
		KUNIT_EXPECT_EQ(test, mq->size, sizes[i]);
		KUNIT_EXPECT_EQ(test, mq->desc % 16, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->driver % 4, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->device % 4, 0ULL);
		/* and none lies in another */
		KUNIT_EXPECT_GE(test, mq->driver, mq->desc + 16 * sizes[i]);
		KUNIT_EXPECT_GE(test, mq->device, mq->driver + 4);
		VFE_MOCK_EXPECT_CLEAN(test, l->m);
		vfe_live_stop(l);
		vfe_mock_unplug(l->m);
	}
}

static void packed_descriptors_of_the_device(struct kunit *test)
{
	struct vring_packed_desc *d;
	struct vfe_live *l;
	u16 ids[3];
	u32 n;

	VFE_DUTY(test, "P02", "2.8.16",
		 "a descriptor that was made available changes only once the device used it");
	l = packed_plain(test, 0, 8);
	for (n = 0; n < 3; n++)
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, 1), 0);
	vfe_queue_kick_prepare(l->q);
	d = packed_copy(l);
	for (n = 3; n < 5; n++)
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, 0), -ENOSPC);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(l), d, 6 * sizeof(*d));
	vfe_queue_kick_prepare(l->q);
	vfe_queue_notify(l->q);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(l), d, 6 * sizeof(*d));
	/* the second one is used: the slots of the first are free, no other */
	for (n = 0; n < 3; n++)
		ids[n] = vfe_live_pop(l, n, 1, 1);
	vfe_mock_push(l->mq, ids[1], 0, 2);
	d = packed_copy(l);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 5, 1, 0), -ENOSPC);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(l), d, 8 * sizeof(*d));
	vfe_live_get(l, 1, 0);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 5, 1, 1), 0);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 6, 1, 0), -ENOSPC);
	vfe_queue_kick_prepare(l->q);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(l) + 2, d + 2, 6 * sizeof(*d));
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

static void packed_room_for_all_first(struct kunit *test)
{
	struct vring_packed_desc *d;
	unsigned int used, n;
	struct vfe_live *l;

	VFE_DUTY(test, "P06", "2.8.17",
		 "no descriptor of a list is written unless there is room for all");
	for (used = 1; used <= 7; used++) {
		l = packed_plain(test, 0, 7);
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, 0, used, 0), 0);
		vfe_queue_kick_prepare(l->q);
		d = packed_copy(l);
		for (n = 8 - used; n <= 7; n++) {
			KUNIT_EXPECT_EQ(test, vfe_live_add(l, 1, n, 0),
					-ENOSPC);
			KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(l->q));
			KUNIT_EXPECT_MEMEQ(test, packed_desc(l), d,
					   7 * sizeof(*d));
		}
		vfe_live_pop(l, 0, used, 0);
		VFE_MOCK_EXPECT_CLEAN(test, l->m);
		vfe_live_stop(l);
	}
}

static void packed_first_is_exposed_last(struct kunit *test)
{
	unsigned int lap, n, slot;
	struct vfe_live *l;
	bool wrap;

	VFE_DUTY(test, "P07", "2.8.17",
		 "the first descriptor of a list is made available when all others are");
	l = packed_plain(test, VFE_LIVE_EVENT_IDX, 7);
	for (lap = 0; lap < 50; lap++) {
		slot = l->mq->next;
		wrap = l->mq->wrap;
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, lap, 2, 2), 0);
		/* all but the first are */
		for (n = 0; n < 4; n++) {
			KUNIT_EXPECT_EQ(test, n > 0,
					packed_available(l, slot, wrap));
			slot = (slot + 1) % 7;
			wrap ^= !slot;
		}
		KUNIT_EXPECT_EQ(test, vfe_mock_available(l->mq), 0U);
		vfe_queue_kick_prepare(l->q);
		vfe_mock_push(l->mq, vfe_live_pop(l, lap, 2, 2), 0, 4);
		vfe_live_get(l, lap, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

/* A table is alone in its place, and has no flag but WRITE in it. */
static void packed_tables(struct kunit *test, bool own)
{
	const struct vring_packed_desc *d, *table;
	unsigned int n, i, slot = 0;
	struct vfe_live *l;

	l = packed_plain_tables(test, VFE_LIVE_INDIRECT, PACKED_EVEN, own);
	for (n = 2; n <= VFE_LIVE_SEGS; n++, slot++) {
		KUNIT_ASSERT_EQ(test, vfe_live_add(l, n, 1, n - 1), 0);
		vfe_queue_kick_prepare(l->q);
		d = &packed_desc(l)[slot];
		KUNIT_EXPECT_EQ(test, packed_flags(l, slot) & ~PACKED_OWNER,
				VRING_DESC_F_INDIRECT);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(d->len), n * 16);
		table = vfe_mock_mem(le64_to_cpu(d->addr));
		for (i = 0; i < n; i++)
			KUNIT_EXPECT_EQ(test, le16_to_cpu(table[i].flags),
					i ? VRING_DESC_F_WRITE : 0);
		vfe_live_pop(l, n, 1, n - 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
	vfe_live_stop(l);
}

static void packed_indirect_as_negotiated(struct kunit *test)
{
	struct vfe_live *l;
	unsigned int i;

	VFE_DUTY(test, "P08", "2.8.19",
		 "a table only when negotiated, alone, with no flag but WRITE, no longer than the queue");
	l = packed_plain(test, 0, PACKED_EVEN);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 0, 4, 4), 0);
	KUNIT_ASSERT_EQ(test, vfe_live_add(l, 1, 4, 4), 0);
	vfe_queue_kick_prepare(l->q);
	for (i = 0; i < PACKED_EVEN; i++)
		KUNIT_EXPECT_EQ(test, 0,
				packed_flags(l, i) & VRING_DESC_F_INDIRECT);
	vfe_live_stop(l);

	l = packed_plain_tables(test, 0, PACKED_EVEN, true);
	KUNIT_EXPECT_EQ(test, vfe_live_add(l, 0, 1, 2), -EINVAL);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(l->q));
	KUNIT_EXPECT_EQ(test, vfe_mock_available(l->mq), 0U);
	vfe_live_stop(l);

	packed_tables(test, false);
	packed_tables(test, true);
}

static void packed_flags_before_wish(struct kunit *test)
{
	static const u64 features[] = { 0, VFE_LIVE_EVENT_IDX };
	struct vfe_live *l;
	unsigned int i, k;

	VFE_DUTY(test, "P10", "2.8.21.3.1",
		 "what the device wishes is read after buffers are shown (the barrier itself: the ring's test in user space)");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		l = packed_plain(test, features[k], PACKED_EVEN);
		for (i = 0; i < 100; i++) {
			/* what it wished when the buffer was added is stale */
			packed_wish(l, i % 2 ? VRING_PACKED_EVENT_FLAG_DISABLE :
				    VRING_PACKED_EVENT_FLAG_ENABLE, 0);
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 1, 0), 0);
			packed_wish(l, i % 2 ? VRING_PACKED_EVENT_FLAG_ENABLE :
				    VRING_PACKED_EVENT_FLAG_DISABLE, 0);
			KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(l->q),
					i % 2);
			vfe_mock_push(l->mq, vfe_live_pop(l, i, 1, 0), 0, 1);
			vfe_live_get(l, i, 0);
		}
		vfe_live_stop(l);
	}
}

/* Notify exactly when the step passes the device's event offset. */
static void packed_expect_places(struct kunit *test)
{
	unsigned int i, k, n, at = 0, place;
	struct vfe_live *l;
	bool crossed;

	l = packed_plain(test, VFE_LIVE_EVENT_IDX, 7);
	for (i = 0; i < 2000; i++, at += n) {
		n = 1 + i % 7;
		place = (at + i % 23 + 14 - 3) % 14;
		packed_wish(l, VRING_PACKED_EVENT_FLAG_DESC,
			    place % 7 | (place < 7 ? 0x8000 : 0));
		for (k = 0, crossed = false; k < n; k++) {
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, k, 1, 0), 0);
			crossed |= (at + k) % 14 == place;
		}
		KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(l->q), crossed);
		for (k = 0; k < n; k++)
			vfe_mock_push(l->mq, vfe_live_pop(l, k, 1, 0), 0, 1);
		for (k = 0; k < n; k++)
			vfe_live_get(l, k, 0);
	}
	vfe_live_stop(l);
}

static void packed_event_flags(struct kunit *test)
{
	static const u64 features[] = { 0, VFE_LIVE_EVENT_IDX };
	const struct vring_packed_desc_event *e;
	unsigned int i, k;
	struct vfe_live *l;

	VFE_DUTY(test, "P11", "2.8.14",
		 "event flags: 0 enable, 1 disable, 2 a place, with EVENT_IDX only; the rest 0");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		l = packed_plain(test, features[k], 3);
		e = packed_event(l->mq->driver);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags), 0);
		for (i = 0; i < 10; i++) {
			vfe_queue_disable_cb(l->q);
			KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags),
					VRING_PACKED_EVENT_FLAG_DISABLE);
			vfe_live_round_trip(l, i);
			KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(l->q));
			KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags), k ?
					VRING_PACKED_EVENT_FLAG_DESC :
					VRING_PACKED_EVENT_FLAG_ENABLE);
			if (k)
				KUNIT_EXPECT_EQ(test, le16_to_cpu(e->off_wrap),
						l->mq->used |
						l->mq->used_wrap << 15);
		}
		VFE_MOCK_EXPECT_CLEAN(test, l->m);
		vfe_live_stop(l);
	}
	packed_expect_places(test);
}

static struct kunit_case packed_cases[] = {
	KUNIT_CASE(packed_parts_are_aligned),
	KUNIT_CASE(packed_descriptors_of_the_device),
	KUNIT_CASE(packed_room_for_all_first),
	KUNIT_CASE(packed_first_is_exposed_last),
	KUNIT_CASE(packed_indirect_as_negotiated),
	KUNIT_CASE(packed_flags_before_wish),
	KUNIT_CASE(packed_event_flags),
	{}
};

VFE_SUITE(packed_cases);

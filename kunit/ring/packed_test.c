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
static struct tdrv *packed_plain_tables(struct kunit *test, u64 features,
					unsigned int size, bool own)
{
	struct tdrv_setup spec = {
		.mock = {
			.features = RING_PLAIN | RING_PACKED | features,
			.queue_size = size,
		},
		.own_tables = own,
	};
	struct tdrv *td = tdrv_start(test, &spec);

	KUNIT_ASSERT_TRUE(test, td->mq->packed);
	return td;
}

static struct tdrv *packed_plain(struct kunit *test, u64 features,
				 unsigned int size)
{
	return packed_plain_tables(test, features, size, false);
}

static struct vring_packed_desc *packed_desc(const struct tdrv *td)
{
	return vfe_mock_mem(td->mq->desc);
}

static u16 packed_flags(const struct tdrv *td, unsigned int slot)
{
	return le16_to_cpu(packed_desc(td)[slot].flags);
}

/* Does the descriptor say available, in a round with that wrap counter? */
static bool packed_available(const struct tdrv *td, unsigned int slot,
			     bool wrap)
{
	return (packed_flags(td, slot) & PACKED_OWNER) ==
	       BIT(wrap ? VRING_PACKED_DESC_F_AVAIL :
			  VRING_PACKED_DESC_F_USED);
}

/* What the driver asks for, and what the device does (2.8.14) */
static struct vring_packed_desc_event *packed_event(u64 addr)
{
	return vfe_mock_mem(addr);
}

static void packed_wish(const struct tdrv *td, u16 flags, u16 off_wrap)
{
	struct vring_packed_desc_event *e = packed_event(td->mq->device);

	e->off_wrap = cpu_to_le16(off_wrap);
	e->flags = cpu_to_le16(flags);
}

/* A copy of the descriptors, to compare with */
static void *packed_copy(const struct tdrv *td)
{
	size_t len = td->mq->size * sizeof(struct vring_packed_desc);
	void *copy = kunit_kmalloc(td->test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(td->test, copy);
	memcpy(copy, packed_desc(td), len);
	return copy;
}

static void packed_parts_are_aligned(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, 7, 16, 1000, 32767,
					      PACKED_MAX };
	struct vfe_mock_queue *mq;
	struct tdrv *td;
	unsigned int i;

	VFE_DUTY(test, "P01", "2.8.11",
		 "descriptors at a multiple of 16, event structures of 4, for every size");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		td = packed_plain(test, RING_EVENT_IDX, sizes[i]);
		mq = td->mq;
		KUNIT_EXPECT_EQ(test, mq->size, sizes[i]);
		KUNIT_EXPECT_EQ(test, mq->desc % 16, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->driver % 4, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->device % 4, 0ULL);
		/* and none lies in another */
		KUNIT_EXPECT_GE(test, mq->driver, mq->desc + 16 * sizes[i]);
		KUNIT_EXPECT_GE(test, mq->device, mq->driver + 4);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
}

static void packed_descriptors_of_the_device(struct kunit *test)
{
	struct vring_packed_desc *d;
	struct tdrv *td;
	u16 ids[3];
	u32 n;

	VFE_DUTY(test, "P02", "2.8.16",
		 "a descriptor that was made available changes only once the device used it");
	td = packed_plain(test, 0, 8);
	for (n = 0; n < 3; n++)
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 1), 0);
	vfe_queue_kick_prepare(td->q);
	d = packed_copy(td);
	for (n = 3; n < 5; n++)
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 0), -ENOSPC);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(td), d, 6 * sizeof(*d));
	vfe_queue_kick_prepare(td->q);
	vfe_queue_notify(td->q);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(td), d, 6 * sizeof(*d));
	/* the second one is used: the slots of the first are free, no other */
	for (n = 0; n < 3; n++)
		ids[n] = buf_pop(td, n, 1, 1);
	vfe_mock_push(td->mq, ids[1], 0, 2);
	d = packed_copy(td);
	KUNIT_ASSERT_EQ(test, buf_add(td, 5, 1, 0), -ENOSPC);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(td), d, 8 * sizeof(*d));
	buf_get(td, 1, 0);
	KUNIT_ASSERT_EQ(test, buf_add(td, 5, 1, 1), 0);
	KUNIT_ASSERT_EQ(test, buf_add(td, 6, 1, 0), -ENOSPC);
	vfe_queue_kick_prepare(td->q);
	KUNIT_EXPECT_MEMEQ(test, packed_desc(td) + 2, d + 2, 6 * sizeof(*d));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void packed_room_for_all_first(struct kunit *test)
{
	struct vring_packed_desc *d;
	unsigned int used, n;
	struct tdrv *td;

	VFE_DUTY(test, "P06", "2.8.17",
		 "no descriptor of a list is written unless there is room for all");
	for (used = 1; used <= 7; used++) {
		td = packed_plain(test, 0, 7);
		KUNIT_ASSERT_EQ(test, buf_add(td, 0, used, 0), 0);
		vfe_queue_kick_prepare(td->q);
		d = packed_copy(td);
		for (n = 8 - used; n <= 7; n++) {
			KUNIT_EXPECT_EQ(test, buf_add(td, 1, n, 0), -ENOSPC);
			KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(td->q));
			KUNIT_EXPECT_MEMEQ(test, packed_desc(td), d,
					   7 * sizeof(*d));
		}
		buf_pop(td, 0, used, 0);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
	}
}

static void packed_first_is_exposed_last(struct kunit *test)
{
	unsigned int lap, n, slot;
	struct tdrv *td;
	bool wrap;

	VFE_DUTY(test, "P07", "2.8.17",
		 "the first descriptor of a list is made available when all others are");
	td = packed_plain(test, RING_EVENT_IDX, 7);
	for (lap = 0; lap < 50; lap++) {
		slot = td->mq->next;
		wrap = td->mq->wrap;
		KUNIT_ASSERT_EQ(test, buf_add(td, lap, 2, 2), 0);
		/* all but the first are */
		for (n = 0; n < 4; n++) {
			KUNIT_EXPECT_EQ(test, n > 0,
					packed_available(td, slot, wrap));
			slot = (slot + 1) % 7;
			wrap ^= !slot;
		}
		KUNIT_EXPECT_EQ(test, vfe_mock_available(td->mq), 0U);
		vfe_queue_kick_prepare(td->q);
		vfe_mock_push(td->mq, buf_pop(td, lap, 2, 2), 0, 4);
		buf_get(td, lap, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A table is alone in its place, and has no flag but WRITE in it. */
static void packed_tables(struct kunit *test, bool own)
{
	const struct vring_packed_desc *d, *table;
	unsigned int n, i, slot = 0;
	struct tdrv *td;

	td = packed_plain_tables(test, RING_INDIRECT, PACKED_EVEN, own);
	for (n = 2; n <= BUF_SEGS; n++, slot++) {
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, n - 1), 0);
		vfe_queue_kick_prepare(td->q);
		d = &packed_desc(td)[slot];
		KUNIT_EXPECT_EQ(test, packed_flags(td, slot) & ~PACKED_OWNER,
				VRING_DESC_F_INDIRECT);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(d->len), n * 16);
		table = vfe_mock_mem(le64_to_cpu(d->addr));
		for (i = 0; i < n; i++)
			KUNIT_EXPECT_EQ(test, le16_to_cpu(table[i].flags),
					i ? VRING_DESC_F_WRITE : 0);
		buf_pop(td, n, 1, n - 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	tdrv_down(td);
}

static void packed_indirect_as_negotiated(struct kunit *test)
{
	struct tdrv *td;
	unsigned int i;

	VFE_DUTY(test, "P08", "2.8.19",
		 "a table only when negotiated, alone, with no flag but WRITE, no longer than the queue");
	td = packed_plain(test, 0, PACKED_EVEN);
	KUNIT_ASSERT_EQ(test, buf_add(td, 0, 4, 4), 0);
	KUNIT_ASSERT_EQ(test, buf_add(td, 1, 4, 4), 0);
	vfe_queue_kick_prepare(td->q);
	for (i = 0; i < PACKED_EVEN; i++)
		KUNIT_EXPECT_EQ(test, 0,
				packed_flags(td, i) & VRING_DESC_F_INDIRECT);
	tdrv_down(td);

	td = packed_plain_tables(test, 0, PACKED_EVEN, true);
	KUNIT_EXPECT_EQ(test, buf_add(td, 0, 1, 2), -EINVAL);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(td->q));
	KUNIT_EXPECT_EQ(test, vfe_mock_available(td->mq), 0U);
	tdrv_down(td);

	packed_tables(test, false);
	packed_tables(test, true);
}

static void packed_flags_before_wish(struct kunit *test)
{
	static const u64 features[] = { 0, RING_EVENT_IDX };
	struct tdrv *td;
	unsigned int i, k;

	VFE_DUTY(test, "P10", "2.8.21.3.1",
		 "what the device wishes is read after buffers are shown (the barrier itself: the ring's test in user space)");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		td = packed_plain(test, features[k], PACKED_EVEN);
		for (i = 0; i < 100; i++) {
			/* what it wished when the buffer was added is stale */
			packed_wish(td,
				    i % 2 ? VRING_PACKED_EVENT_FLAG_DISABLE :
				    VRING_PACKED_EVENT_FLAG_ENABLE, 0);
			KUNIT_ASSERT_EQ(test, buf_add(td, i, 1, 0), 0);
			packed_wish(td, i % 2 ? VRING_PACKED_EVENT_FLAG_ENABLE :
				    VRING_PACKED_EVENT_FLAG_DISABLE, 0);
			KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(td->q),
					i % 2);
			vfe_mock_push(td->mq, buf_pop(td, i, 1, 0), 0, 1);
			buf_get(td, i, 0);
		}
		tdrv_down(td);
	}
}

/* Notify exactly when the step passes the device's event offset. */
static void packed_expect_places(struct kunit *test)
{
	unsigned int i, k, n, at = 0, place;
	struct tdrv *td;
	bool crossed;

	td = packed_plain(test, RING_EVENT_IDX, 7);
	for (i = 0; i < 2000; i++, at += n) {
		n = 1 + i % 7;
		place = (at + i % 23 + 14 - 3) % 14;
		packed_wish(td, VRING_PACKED_EVENT_FLAG_DESC,
			    place % 7 | (place < 7 ? 0x8000 : 0));
		for (k = 0, crossed = false; k < n; k++) {
			KUNIT_ASSERT_EQ(test, buf_add(td, k, 1, 0), 0);
			crossed |= (at + k) % 14 == place;
		}
		KUNIT_EXPECT_EQ(test, vfe_queue_kick_prepare(td->q), crossed);
		for (k = 0; k < n; k++)
			vfe_mock_push(td->mq, buf_pop(td, k, 1, 0), 0, 1);
		for (k = 0; k < n; k++)
			buf_get(td, k, 0);
	}
	tdrv_down(td);
}

static void packed_event_flags(struct kunit *test)
{
	static const u64 features[] = { 0, RING_EVENT_IDX };
	const struct vring_packed_desc_event *e;
	unsigned int i, k;
	struct tdrv *td;

	VFE_DUTY(test, "P11", "2.8.14",
		 "event flags: 0 enable, 1 disable, 2 a place, with EVENT_IDX only; the rest 0");
	for (k = 0; k < ARRAY_SIZE(features); k++) {
		td = packed_plain(test, features[k], 3);
		e = packed_event(td->mq->driver);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags), 0);
		for (i = 0; i < 10; i++) {
			vfe_queue_disable_cb(td->q);
			KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags),
					VRING_PACKED_EVENT_FLAG_DISABLE);
			buf_round_trip(td, i);
			KUNIT_EXPECT_TRUE(test, vfe_queue_enable_cb(td->q));
			KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags), k ?
					VRING_PACKED_EVENT_FLAG_DESC :
					VRING_PACKED_EVENT_FLAG_ENABLE);
			if (k)
				KUNIT_EXPECT_EQ(test, le16_to_cpu(e->off_wrap),
						td->mq->used |
						td->mq->used_wrap << 15);
		}
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
	}
	packed_expect_places(test);
}

/* 2.8.4: without WRITE the length says nothing, whatever it is. */
static void packed_meaningless_length(struct kunit *test)
{
	struct tdrv *td = packed_plain(test, 0, PACKED_EVEN);
	struct vring_packed_desc *d;
	u32 n;
	u16 id;

	for (n = 0; n < 3 * PACKED_EVEN; n++) {
		KUNIT_ASSERT_EQ(test, buf_add(td, n, 1, 0), 0);
		vfe_queue_kick_prepare(td->q);
		id = buf_pop(td, n, 1, 0);
		d = packed_desc(td) + td->mq->used;
		vfe_mock_push(td->mq, id, 0, td->chain->descs);
		d->len = cpu_to_le32(U32_MAX - n);
		buf_get(td, n, 0);
	}
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case packed_cases[] = {
	KUNIT_CASE(packed_parts_are_aligned),
	KUNIT_CASE(packed_descriptors_of_the_device),
	KUNIT_CASE(packed_room_for_all_first),
	KUNIT_CASE(packed_first_is_exposed_last),
	KUNIT_CASE(packed_indirect_as_negotiated),
	KUNIT_CASE(packed_flags_before_wish),
	KUNIT_CASE(packed_event_flags),
	KUNIT_CASE(packed_meaningless_length),
	{}
};

VFE_SUITE(packed_cases);

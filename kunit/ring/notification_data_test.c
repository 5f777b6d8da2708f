// SPDX-License-Identifier: GPL-2.0
/*
 * What a notification says with VIRTIO_F_NOTIFICATION_DATA and
 * VIRTIO_F_NOTIF_CONFIG_DATA (virtio 1.4, 4.1.5.2.1, 2.9).
 */

#include <vfe/compat/core.h>

#include "lib/core_fixture.h"
#include "lib/suite.h"

static struct tdrv *tdrv_offering(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .queues = 4, .features = features };

	return tdrv_live(test, &spec);
}

/* One notification of each queue, and what it is */
static void notify_all(struct kunit *test, struct tdrv *td, unsigned int width,
		       bool data)
{
	unsigned int i, round;
	u32 low;

	for (i = 0; i < td->queues; i++) {
		low = data ? td->m->queues[i].notif_data : i;
		/* twice: the same, with nothing new in between (2.9) */
		for (round = 0; round < 2; round++) {
			vfe_mock_log_clear(td->m);
			vfe_queue_notify(vfe_get_queue(td->vd, i));
			KUNIT_ASSERT_EQ(test, td->m->log_len, 1U);
			KUNIT_EXPECT_EQ(test, td->m->log[0].reg,
					VFE_REG_NOTIFY);
			KUNIT_EXPECT_EQ(test, td->m->log[0].size, width);
			KUNIT_EXPECT_EQ(test, td->m->log[0].val & U16_MAX, low);
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void notification_of_16_bits(struct kunit *test)
{
	VFE_DUTY(test, "T17", "4.1.5.2.1",
		 "without NOTIFICATION_DATA a notification has 16 bits");
	VFE_DUTY(test, "T18", "4.1.5.2.1",
		 "without NOTIF_CONFIG_DATA its value is the queue's index");
	notify_all(test, tdrv_offering(test, VFE_MOCK_FEATURES), 2, false);
}

static void notification_of_32_bits(struct kunit *test)
{
	const u64 bit = BIT_ULL(VIRTIO_F_NOTIFICATION_DATA);
	struct tdrv *td = tdrv_offering(test, VFE_MOCK_FEATURES | bit);

	VFE_DUTY(test, "T17", "4.1.5.2.1",
		 "with NOTIFICATION_DATA a notification has 32 bits, the index in the lower half");
	KUNIT_EXPECT_TRUE(test, td->m->accepted & bit);
	notify_all(test, td, 4, false);
}

static void devices_word_for_the_queue(struct kunit *test)
{
	const u64 bit = BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA);
	struct tdrv *td = tdrv_offering(test, VFE_MOCK_FEATURES | bit);

	VFE_DUTY(test, "T18", "4.1.5.2.1",
		 "with NOTIF_CONFIG_DATA a notification is queue_notif_config_data");
	VFE_DUTY(test, "B27", "6.1", "NOTIF_CONFIG_DATA is accepted");
	KUNIT_EXPECT_TRUE(test, td->m->accepted & bit);
	notify_all(test, td, 2, true);
	/* and so is the lower half of one of 32 bits */
	td = tdrv_offering(test, VFE_MOCK_FEATURES | bit |
			   BIT_ULL(VIRTIO_F_NOTIFICATION_DATA));
	notify_all(test, td, 4, true);
}

static void upper_half_is_the_available_index(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, VFE_MOCK_FEATURES |
					BIT_ULL(VIRTIO_F_NOTIFICATION_DATA));
	struct vfe_queue *q = vfe_get_queue(td->vd, 2);
	struct vfe_mock_queue *mq = &td->m->queues[2];
	struct vfe_seg seg = { .addr = virt_to_phys(td->buf), .len = 1 };
	unsigned int i;

	VFE_DUTY(test, "T19", "2.9",
		 "split: the upper half is the available index, up to where buffers were shown");
	for (i = 0; i < 200; i++) {
		KUNIT_ASSERT_EQ(test, vfe_queue_add(q, &seg, 0, 1, td), 0);
		/* not shown yet */
		vfe_queue_notify(q);
		KUNIT_EXPECT_EQ(test, mq->notified >> 16, i);
		vfe_queue_kick_prepare(q);
		vfe_queue_notify(q);
		KUNIT_EXPECT_EQ(test, mq->notified >> 16, i + 1);
		KUNIT_ASSERT_TRUE(test, tdrv_use(td, 2));
		tdrv_reap_all(td, 2);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void upper_half_of_a_packed_ring(struct kunit *test)
{
	struct tdrv *td = tdrv_offering(test, VFE_MOCK_FEATURES |
					BIT_ULL(VIRTIO_F_RING_PACKED) |
					BIT_ULL(VIRTIO_F_NOTIFICATION_DATA));
	struct vfe_queue *q = vfe_get_queue(td->vd, 1);
	struct vfe_mock_queue *mq = &td->m->queues[1];
	struct vfe_seg segs[2] = {
		{ .addr = virt_to_phys(td->buf), .len = 1 },
		{ .addr = virt_to_phys(td->buf) + 1, .len = 1 },
	};
	unsigned int i, wraps = 0;
	u32 before, after;

	VFE_DUTY(test, "P03", "2.8.16",
		 "the upper half is the offset and wrap counter of the next descriptor that is not available");
	for (i = 0; i < 200; i++) {
		vfe_queue_notify(q);
		before = mq->notified >> 16;
		KUNIT_ASSERT_EQ(test, vfe_queue_add(q, segs, i % 2, 1, td), 0);
		/* not shown yet */
		vfe_queue_notify(q);
		KUNIT_EXPECT_EQ(test, mq->notified >> 16, before);
		vfe_queue_kick_prepare(q);
		vfe_queue_notify(q);
		after = mq->notified >> 16;
		/* the device is there once it took what there was */
		KUNIT_ASSERT_TRUE(test, tdrv_use(td, 1));
		KUNIT_EXPECT_EQ(test, after, (u32)mq->next | mq->wrap << 15);
		wraps += (before ^ after) >> 15;
		tdrv_reap_all(td, 1);
	}
	KUNIT_EXPECT_GE(test, wraps, 3U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case notify_cases[] = {
	KUNIT_CASE(notification_of_16_bits),
	KUNIT_CASE(notification_of_32_bits),
	KUNIT_CASE(devices_word_for_the_queue),
	KUNIT_CASE(upper_half_is_the_available_index),
	KUNIT_CASE(upper_half_of_a_packed_ring),
	{}
};

VFE_SUITE(notify_cases);

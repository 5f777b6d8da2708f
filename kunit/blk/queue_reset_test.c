// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery by a queue reset (VIRTIO_F_RING_RESET): when that is enough, when
 * the driver resets the device after all, and that each request completes once.
 * A request that is late is not a broken queue: device_fault_test.c.
 */

#include "lib/blk_fixture.h"
#include "lib/suite.h"

static struct vfe_mock_queue *mend_queue(struct vfe_rig *rig)
{
	return &rig->m->queues[0];
}

/*
 * Resets of the device since the log was cleared: each writes 0 twice, to stop
 * it and to start again
 */
static unsigned int mend_resets(const struct vfe_rig *rig)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig->m->log_len; i++)
		n += rig->m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     rig->m->log[i].dir == VFE_WRITE && !rig->m->log[i].val;
	return (n + 1) / 2;
}

static struct vfe_rig *mend_disk(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, BIT_ULL(VIRTIO_F_RING_RESET));

	vfe_mock_log_clear(rig->m);
	return rig;
}

/* A write that the device popped and keeps */
static struct vfe_rig_io *mend_keep(struct vfe_rig *rig, u64 sector)
{
	return vfe_rig_start_kept(rig, REQ_OP_WRITE, sector, sector);
}

/* The device uses an invalid id, and interrupts. */
static void mend_break(struct vfe_rig *rig)
{
	vfe_mock_push_raw(mend_queue(rig), 999, 1);
	vfe_mock_interrupt(mend_queue(rig));
}

/* From now on the device obeys, and all requests must succeed. */
static void mend_expect_all(struct vfe_rig *rig, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(rig->test,
				vfe_rig_wait(rig, &rig->ios[i]), 0);
		KUNIT_EXPECT_TRUE(rig->test,
				  vfe_rig_holds(rig, 8 * (i + 1),
						rig->ios[i].data, 512));
	}
	vfe_rig_recycle(rig);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(rig->test, rig->m);
}

static void broken_queue_is_reset_alone(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);

	mend_keep(rig, 8);
	mend_keep(rig, 16);
	vfe_rig_serve(rig);
	mend_break(rig);
	mend_expect_all(rig, 2);
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 0U);
}

/*
 * Broken again without a completion since: the driver resets the whole device.
 */
static void device_is_reset_when_that_is_no_help(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);

	mend_keep(rig, 8);
	mend_break(rig);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == 2));
	vfe_rig_serve(rig);
	mend_break(rig);
	mend_expect_all(rig, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 1U);
}

/* A request exceeds reset_after: the driver resets the device, not a queue. */
static void late_request_resets_the_device(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	vfe_rig_resets_late(rig);
	io = mend_keep(rig, 8);
	vfe_rig_serve(rig);
	KUNIT_EXPECT_TRUE(test, vfe_rig_expire(rig, io));
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 1U);
	mend_expect_all(rig, 1);
}

static void device_is_reset_when_the_queues_does_not_end(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);

	rig->m->knobs.queue_reset_reads = UINT_MAX;
	mend_keep(rig, 8);
	vfe_rig_serve(rig);
	mend_break(rig);
	mend_expect_all(rig, 1);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 1U);
}

static void device_is_reset_when_it_asks_for_it(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);

	mend_keep(rig, 8);
	vfe_rig_serve(rig);
	vfe_mock_needs_reset(rig->m);
	mend_expect_all(rig, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 1U);
}

/* QEMU's device completes old requests: do not reset only its queues. */
static void device_of_others_is_reset(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_STOCK_BLOCK,
				      .unbound = true };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec,
					   BIT_ULL(VIRTIO_F_RING_RESET));

	KUNIT_ASSERT_EQ(test, vfe_rig_bind(rig), 0);
	vfe_mock_log_clear(rig->m);
	mend_keep(rig, 8);
	vfe_rig_serve(rig);
	mend_break(rig);
	mend_expect_all(rig, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 1U);
}

/*
 * A device that breaks its ring each time: the driver resets the queue, then
 * always the device.
 */
static void queue_that_breaks_and_breaks(struct kunit *test)
{
	struct vfe_rig *rig = mend_disk(test);
	unsigned long end = jiffies + 60 * HZ;

	mend_keep(rig, 8);
	while (mend_resets(rig) < 4 && time_before(jiffies, end)) {
		mend_break(rig);
		msleep(100);
	}
	vfe_rig_serve(rig);
	KUNIT_EXPECT_EQ(test, mend_queue(rig)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(rig), 4U);
	mend_break(rig);
	KUNIT_EXPECT_TRUE(test, VFE_RIG_IN_TIME(rig->ios[0].ends, 120));
	mend_expect_all(rig, 1);
}

static struct kunit_case blk_requeue_cases[] = {
	KUNIT_CASE(broken_queue_is_reset_alone),
	KUNIT_CASE(device_is_reset_when_that_is_no_help),
	KUNIT_CASE(late_request_resets_the_device),
	KUNIT_CASE(device_is_reset_when_the_queues_does_not_end),
	KUNIT_CASE(device_is_reset_when_it_asks_for_it),
	KUNIT_CASE(device_of_others_is_reset),
	KUNIT_CASE(queue_that_breaks_and_breaks),
	{}
};

VFE_SUITE(blk_requeue_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery by a queue reset (VIRTIO_F_RING_RESET): when that is enough, when
 * the driver resets the device after all, and that each request completes once.
 * A request that is late is not a broken queue: device_fault_test.c.
 */

#include "lib/blk_fixture.h"
#include "lib/suite.h"

static struct vfe_mock_queue *mend_queue(struct tdisk *td)
{
	return &td->m->queues[0];
}

/*
 * Resets of the device since the log was cleared: each writes 0 twice, to stop
 * it and to start again
 */
static unsigned int mend_resets(const struct tdisk *td)
{
	unsigned int i, n = 0;

	for (i = 0; i < td->m->log_len; i++)
		n += td->m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		     td->m->log[i].dir == VFE_WRITE && !td->m->log[i].val;
	return (n + 1) / 2;
}

static struct tdisk *mend_disk(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, BIT_ULL(VIRTIO_F_RING_RESET));

	vfe_mock_log_clear(td->m);
	return td;
}

/* A write that the device popped and keeps */
static struct tdisk_io *mend_keep(struct tdisk *td, u64 sector)
{
	return tdisk_start_kept(td, REQ_OP_WRITE, sector, sector);
}

/* The device uses an invalid id, and interrupts. */
static void mend_break(struct tdisk *td)
{
	vfe_mock_push_raw(mend_queue(td), 999, 1);
	vfe_mock_interrupt(mend_queue(td));
}

/* From now on the device obeys, and all requests must succeed. */
static void mend_expect_all(struct tdisk *td, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(td->test, tdisk_wait(td, &td->ios[i]), 0);
		KUNIT_EXPECT_TRUE(td->test,
				  tdisk_holds(td, 8 * (i + 1),
					      td->ios[i].data, 512));
	}
	tdisk_recycle(td);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(td->test, td->m);
}

static void broken_queue_is_reset_alone(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);

	mend_keep(td, 8);
	mend_keep(td, 16);
	tdisk_serve(td);
	mend_break(td);
	mend_expect_all(td, 2);
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 0U);
}

/*
 * Broken again without a completion since: the driver resets the whole device.
 */
static void device_is_reset_when_that_is_no_help(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);

	mend_keep(td, 8);
	mend_break(td);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == 2));
	tdisk_serve(td);
	mend_break(td);
	mend_expect_all(td, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 1U);
}

/* A request exceeds reset_after: the driver resets the device, not a queue. */
static void late_request_resets_the_device(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	tdisk_resets_late(td);
	io = mend_keep(td, 8);
	tdisk_serve(td);
	KUNIT_EXPECT_TRUE(test, tdisk_expire(td, io));
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 1U);
	mend_expect_all(td, 1);
}

static void device_is_reset_when_the_queues_does_not_end(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);

	td->m->knobs.queue_reset_reads = UINT_MAX;
	mend_keep(td, 8);
	tdisk_serve(td);
	mend_break(td);
	mend_expect_all(td, 1);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 1U);
}

static void device_is_reset_when_it_asks_for_it(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);

	mend_keep(td, 8);
	tdisk_serve(td);
	vfe_mock_needs_reset(td->m);
	mend_expect_all(td, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 1U);
}

/* QEMU's device completes old requests: do not reset only its queues. */
static void device_of_others_is_reset(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_STOCK_BLOCK,
				      .unbound = true };
	struct tdisk *td = tdisk_plug(test, &spec,
				      BIT_ULL(VIRTIO_F_RING_RESET));

	KUNIT_ASSERT_EQ(test, tdisk_bind(td), 0);
	vfe_mock_log_clear(td->m);
	mend_keep(td, 8);
	tdisk_serve(td);
	mend_break(td);
	mend_expect_all(td, 1);
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 0U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 1U);
}

/*
 * A device that breaks its ring each time: the driver resets the queue, then
 * always the device.
 */
static void queue_that_breaks_and_breaks(struct kunit *test)
{
	struct tdisk *td = mend_disk(test);
	unsigned long end = jiffies + 60 * HZ;

	mend_keep(td, 8);
	while (mend_resets(td) < 4 && time_before(jiffies, end)) {
		mend_break(td);
		msleep(100);
	}
	tdisk_serve(td);
	KUNIT_EXPECT_EQ(test, mend_queue(td)->resets, 1U);
	KUNIT_EXPECT_EQ(test, mend_resets(td), 4U);
	mend_break(td);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(td->ios[0].ends, 120));
	mend_expect_all(td, 1);
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

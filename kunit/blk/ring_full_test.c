// SPDX-License-Identifier: GPL-2.0
/*
 * A request that does not fit into the ring: the block layer keeps it, and runs
 * the queue again when a request of the queue is freed individually, but not
 * when requests end as a batch.
 */
#include <linux/blk-mq.h>
#include <linux/xarray.h>

#include "lib/blk_fixture.h"
#include "lib/suite.h"

static struct blk_mq_hw_ctx *full_hctx(struct vfe_rig *rig)
{
	return xa_load(&rig->disk->queue->hctx_table, 0);
}

/*
 * The state between the refusal of a request and the return of queue_rq(): the
 * request is on no list, and only the end of another one runs the queue.
 */
static void full_expects_a_restart(struct vfe_rig *rig)
{
	set_bit(BLK_MQ_S_SCHED_RESTART, &full_hctx(rig)->state);
}

static bool full_was_restarted(struct vfe_rig *rig)
{
	return !test_bit(BLK_MQ_S_SCHED_RESTART, &full_hctx(rig)->state);
}

/*
 * The end of the requests that filled the ring restarts the queue of the
 * refused one.
 */
static void blk_full_restarts_the_queue(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_small(test, 0);
	struct vfe_rig_io *first, *second;

	rig->keep = true;
	first = vfe_rig_fill(rig, 0);
	second = vfe_rig_fill(rig, 64);
	KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == 1));
	full_expects_a_restart(rig);
	vfe_rig_push(rig, 0);
	vfe_mock_interrupt(&rig->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, first->ends);
	KUNIT_EXPECT_TRUE(test, full_was_restarted(rig));
	vfe_rig_serve(rig);
	/* run the queue, so that the test does not hang on failure */
	blk_mq_run_hw_queues(rig->disk->queue, true);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, second));
	vfe_rig_works(rig);
}

static struct kunit_case blk_full_cases[] = {
	KUNIT_CASE(blk_full_restarts_the_queue),
	{}
};

VFE_SUITE(blk_full_cases);

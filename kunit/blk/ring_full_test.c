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

static struct blk_mq_hw_ctx *full_hctx(struct tdisk *td)
{
	return xa_load(&td->disk->queue->hctx_table, 0);
}

/*
 * The state between the refusal of a request and the return of queue_rq(): the
 * request is on no list, and only the end of another one runs the queue.
 */
static void full_expects_a_restart(struct tdisk *td)
{
	set_bit(BLK_MQ_S_SCHED_RESTART, &full_hctx(td)->state);
}

static bool full_was_restarted(struct tdisk *td)
{
	return !test_bit(BLK_MQ_S_SCHED_RESTART, &full_hctx(td)->state);
}

/*
 * The end of the requests that filled the ring restarts the queue of the
 * refused one.
 */
static void blk_full_restarts_the_queue(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, 0);
	struct tdisk_io *first, *second;

	td->keep = true;
	first = tdisk_fill_ring(td, 0);
	second = tdisk_fill_ring(td, 64);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == 1));
	full_expects_a_restart(td);
	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 1U, first->ends);
	KUNIT_EXPECT_TRUE(test, full_was_restarted(td));
	tdisk_serve(td);
	/* run the queue, so that the test does not hang on failure */
	blk_mq_run_hw_queues(td->disk->queue, true);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, second));
	tdisk_expect_works(td);
}

static struct kunit_case blk_full_cases[] = {
	KUNIT_CASE(blk_full_restarts_the_queue),
	{}
};

VFE_SUITE(blk_full_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of requests (include/vfe/io_queue.h) under a class driver that has no
 * disk: full rings, kicks of batches, drains, late requests, memory. The suites
 * of kunit/blk test polling, coalescing and recovery with a disk.
 */
#include <linux/rcupdate.h>

#include <vfe/io_queue.h>

#include "lib/core_fixture.h"
#include "lib/failslab.h"
#include "lib/suite.h"

#define SIZE	8	/* of the ring: one entry for each request */

/**
 * struct ioq - a class driver with one queue
 * @td: its device
 * @io: what its queues share
 * @queue: the queue
 * @reqs: requests of one descriptor, one more than fit
 * @descs: their descriptors
 * @completed: how many requests the core completed
 * @in_rcu: it did so under rcu_read_lock()
 * @full: how often the core called it
 * @room: how often the core called it
 * @wanted: how often the device was to interrupt
 */
struct ioq {
	struct tdrv *td;
	struct vfe_io io;
	struct vfe_io_queue queue;
	struct vfe_io_request reqs[SIZE + 1];
	struct vfe_desc descs[SIZE + 1];
	unsigned int completed;
	bool in_rcu;
	unsigned int full;
	unsigned int room;
	unsigned int wanted;
};

static void ioq_complete(struct vfe_io_queue *queue, struct vfe_io_done *done)
{
	struct ioq *q = container_of(queue, struct ioq, queue);

	q->completed += done->list.n;
	q->in_rcu = rcu_read_lock_held();
}

static void ioq_full(struct vfe_io_queue *queue)
{
	container_of(queue, struct ioq, queue)->full++;
}

static void ioq_room(struct vfe_io_queue *queue)
{
	container_of(queue, struct ioq, queue)->room++;
}

static const struct vfe_io_ops ioq_ops = {
	.complete = ioq_complete,
	.full = ioq_full,
	.room = ioq_room,
};

static void ioq_take_back(struct vfe_device *vd, unsigned int queue)
{
	while (vfe_io_detach(vfe_queue_priv(vfe_get_queue(vd, queue))))
		;
}

static void ioq_resend(struct vfe_device *vd)
{
}

static const struct vfe_recovery_ops ioq_recovery_ops = {
	.close = vfe_io_close,
	.take_back = ioq_take_back,
	.open = vfe_io_open,
	.resend = ioq_resend,
};

static void ioq_exit(void *data)
{
	struct ioq *q = data;

	vfe_recovery_exit(&q->io.recovery);
	ioq_take_back(q->td->vd, 0);
	vfe_io_memory_exit(&q->io);
	vfe_io_queue_exit(&q->queue);
}

static struct ioq *ioq_live(struct kunit *test, bool polled)
{
	static const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1), .queue_size = SIZE,
		.queues = 1,
	};
	struct tdrv *td = tdrv_new(test, &spec);
	struct ioq *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);
	unsigned int i;
	size_t behind;

	KUNIT_ASSERT_NOT_NULL(test, q);
	q->td = td;
	for (i = 0; i <= SIZE; i++) {
		q->descs[i].addr = cpu_to_le64(virt_to_phys(td->buf));
		q->descs[i].len = cpu_to_le32(16);
		q->reqs[i].own = &q->descs[i];
		q->reqs[i].descs = &q->descs[i];
		q->reqs[i].num = 1;
		q->reqs[i].in_len = 16;
	}
	vfe_io_init(&q->io, &ioq_ops, &ioq_recovery_ops);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	q->io.recovery.vd = td->vd;
	q->io.recovery.name = "test";
	vfe_io_queue_init(&q->queue, &q->io, polled, &td->specs[0]);
	td->specs[0].done = tdrv_done;
	td->specs[0].max_segs = 1;
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	q->queue.vq = vfe_get_queue(td->vd, 0);
	q->io.memory.max_descs = 1;
	KUNIT_ASSERT_EQ(test, vfe_io_memory_init(&q->io, &behind), 0);
	td->m->knobs.mute = true;
	KUNIT_ASSERT_EQ(test, vfe_recovery_start(&q->io.recovery), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, ioq_exit, q), 0);
	return q;
}

/* Submits @n requests. Return: how many were not added */
static unsigned int ioq_submit(struct ioq *q, unsigned int n, bool last)
{
	struct vfe_token_list list;
	struct vfe_token *token;
	unsigned int i, left = 0;

	vfe_token_list_init(&list);
	for (i = 0; i < n; i++)
		vfe_token_list_add(&list, &q->reqs[i].token);
	token = list.first;
	rcu_read_lock();
	vfe_io_submit(&q->queue, &token, last);
	rcu_read_unlock();
	for (; token; token = token->next)
		left++;
	return left;
}

/* The end of a batch does not come: vfe_io_commit() kicks for its requests. */
static void commit_kicks(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);
	struct vfe_mock_queue *mq = &q->td->m->queues[0];

	KUNIT_EXPECT_EQ(test, ioq_submit(q, 2, false), 0U);
	KUNIT_EXPECT_EQ(test, mq->kicks, 0U);
	KUNIT_EXPECT_FALSE(test, tdrv_use(q->td, 0));
	vfe_io_commit(&q->queue);
	KUNIT_EXPECT_EQ(test, mq->kicks, 1U);
	KUNIT_EXPECT_TRUE(test, tdrv_use(q->td, 0));
	KUNIT_EXPECT_TRUE(test, vfe_io_complete_used(&q->queue));
	KUNIT_EXPECT_EQ(test, q->completed, 1U);
}

/* A close waits for a completion that is out of the ring. */
static void completes_under_rcu(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);

	KUNIT_EXPECT_EQ(test, ioq_submit(q, 1, true), 0U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	KUNIT_EXPECT_TRUE(test, vfe_io_complete_used(&q->queue));
	KUNIT_EXPECT_EQ(test, q->completed, 1U);
	KUNIT_EXPECT_TRUE(test, q->in_rcu);
}

/* Kicks for those that fit, and tells the class driver once there is room. */
static void full_then_room(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);
	struct vfe_io_done done;

	KUNIT_EXPECT_EQ(test, ioq_submit(q, SIZE + 1, false), 1U);
	KUNIT_EXPECT_EQ(test, q->reqs[SIZE].error, -EAGAIN);
	KUNIT_EXPECT_EQ(test, q->full, 1U);
	KUNIT_EXPECT_EQ(test, q->td->m->queues[0].kicks, 1U);
	KUNIT_EXPECT_FALSE(test, vfe_io_complete_used(&q->queue));
	KUNIT_EXPECT_EQ(test, q->room, 0U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	vfe_io_reap_used(&q->queue, &done);
	KUNIT_EXPECT_EQ(test, done.list.n, 1U);
	KUNIT_EXPECT_TRUE(test, done.waited_for);
	KUNIT_EXPECT_EQ(test, q->room, 1U);
}

/* No completion makes room in a closed ring: the core calls room() itself. */
static void closed_while_full(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);

	KUNIT_EXPECT_EQ(test, ioq_submit(q, SIZE + 1, true), 1U);
	vfe_io_close(q->td->vd, 0, 1);
	KUNIT_EXPECT_EQ(test, q->room, 1U);
	KUNIT_EXPECT_EQ(test, ioq_submit(q, 1, true), 1U);
	KUNIT_EXPECT_EQ(test, q->reqs[0].error, -EAGAIN);
	vfe_io_commit(&q->queue);
	KUNIT_EXPECT_EQ(test, q->td->m->queues[0].kicks, 1U);
}

/* Without descriptors, a request cannot be sent, now or later. */
static void refused_for_good(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);

	q->reqs[0].num = 0;
	KUNIT_EXPECT_EQ(test, ioq_submit(q, 1, true), 1U);
	KUNIT_EXPECT_EQ(test, q->reqs[0].error, -EIO);
	KUNIT_EXPECT_EQ(test, q->full, 0U);
}

static struct ioq *ioq_draining;

static bool ioq_idle(struct vfe_device *vd, unsigned long wait)
{
	schedule_timeout_uninterruptible(wait);
	return ioq_draining->completed == 1;
}

/* A drain polls a queue that has no interrupt, and ends in time. */
static void drain_polls(struct kunit *test)
{
	struct ioq *q = ioq_live(test, true);

	ioq_draining = q;
	KUNIT_EXPECT_EQ(test, ioq_submit(q, 1, true), 0U);
	KUNIT_EXPECT_FALSE(test, vfe_io_drain(&q->io, HZ, ioq_idle));
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	KUNIT_EXPECT_TRUE(test, vfe_io_drain(&q->io, HZ, ioq_idle));
	KUNIT_EXPECT_EQ(test, q->completed, 1U);
}

/* Each late request repeats the kick; a warning until one completes */
static void late_requests(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);
	struct vfe_mock_queue *mq = &q->td->m->queues[0];

	KUNIT_EXPECT_EQ(test, ioq_submit(q, 2, true), 0U);
	KUNIT_EXPECT_TRUE(test, vfe_io_late(&q->queue, &q->reqs[0], 30));
	KUNIT_EXPECT_FALSE(test, vfe_io_late(&q->queue, &q->reqs[1], 30));
	KUNIT_EXPECT_EQ(test, mq->kicks, 3U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	KUNIT_EXPECT_TRUE(test, vfe_io_complete_used(&q->queue));
	KUNIT_EXPECT_TRUE(test, vfe_io_late(&q->queue, &q->reqs[1], 30));
}

/* Without memory, one request after the other gets the queue's descriptors. */
static void spare_descriptors(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);
	bool first, second;

	fail_require(test);
	fail_from(1);
	first = vfe_io_grow(&q->queue, &q->reqs[0], 1);
	second = vfe_io_grow(&q->queue, &q->reqs[1], 1);
	fail_end();
	KUNIT_EXPECT_TRUE(test, first);
	KUNIT_EXPECT_FALSE(test, second);
	KUNIT_EXPECT_PTR_EQ(test, q->reqs[0].descs, q->queue.spare);
	vfe_io_shrink(&q->queue, &q->reqs[0]);
	KUNIT_EXPECT_PTR_EQ(test, q->reqs[0].descs, &q->descs[0]);
	fail_from(1);
	second = vfe_io_grow(&q->queue, &q->reqs[1], 1);
	fail_end();
	KUNIT_EXPECT_TRUE(test, second);
	vfe_io_shrink(&q->queue, &q->reqs[1]);
}

/*
 * For vfe_io_interrupt(): another CPU submits, and the device uses a buffer,
 * while the class driver completes those before it.
 */
static void ioq_complete_and_go_on(struct vfe_io_queue *queue,
				   struct vfe_io_done *done)
{
	struct ioq *q = container_of(queue, struct ioq, queue);
	struct vfe_mock_queue *mq = &q->td->m->queues[0];
	struct vfe_token *token = done->list.first;
	u16 before = mq->used;

	q->completed += done->list.n;
	rcu_read_lock();
	vfe_io_submit(queue, &token, true);
	rcu_read_unlock();
	if (tdrv_use(q->td, 0) && vfe_mock_wants_interrupt(mq, before))
		q->wanted++;
}

/*
 * Requests that the device uses while others are completed need no interrupt,
 * but the handler ends, and enables the interrupt.
 */
static void interrupt_ends(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);

	KUNIT_EXPECT_EQ(test, ioq_submit(q, 2, true), 0U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	vfe_io_interrupt(&q->queue, ioq_complete_and_go_on);
	KUNIT_EXPECT_EQ(test, q->completed, VFE_IO_LOOKS);
	KUNIT_EXPECT_EQ(test, q->wanted, 1U);
}

/* Nothing else is in flight: the handler looks once. */
static void interrupt_alone(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);

	KUNIT_EXPECT_EQ(test, ioq_submit(q, 1, true), 0U);
	KUNIT_ASSERT_TRUE(test, tdrv_use(q->td, 0));
	vfe_io_interrupt(&q->queue, ioq_complete_and_go_on);
	KUNIT_EXPECT_EQ(test, q->completed, 1U);
	KUNIT_EXPECT_EQ(test, q->wanted, 1U);
}

/* A class may request a reset while it stops: its memory is freed next. */
static void request_after_exit(struct kunit *test)
{
	struct ioq *q = ioq_live(test, false);
	struct vfe_recovery *r = &q->io.recovery;

	vfe_recovery_request(r);
	kunit_release_action(test, ioq_exit, q);
	r->resets = 1;	/* the work would wait, and stay visible */
	vfe_recovery_request(r);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&r->work));
	vfe_recovery_force(r);
	KUNIT_EXPECT_FALSE(test, cancel_delayed_work_sync(&r->work));
}

static struct kunit_case ioq_cases[] = {
	KUNIT_CASE(commit_kicks),
	KUNIT_CASE(completes_under_rcu),
	KUNIT_CASE(full_then_room),
	KUNIT_CASE(closed_while_full),
	KUNIT_CASE(refused_for_good),
	KUNIT_CASE(drain_polls),
	KUNIT_CASE(late_requests),
	KUNIT_CASE(spare_descriptors),
	KUNIT_CASE(interrupt_ends),
	KUNIT_CASE(interrupt_alone),
	KUNIT_CASE(request_after_exit),
	{}
};

VFE_SUITE(ioq_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * One queue reset while others run (drivers/core/queue_reset.c; 2.6.1):
 * its steps, refusals, and a device that never ends it.
 */
#include <linux/string.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define RING_RESET	BIT_ULL(VIRTIO_F_RING_RESET)
#define BOUND_MS	1000	/* of the wait */

static struct tdrv *tdrv_resettable(struct kunit *test, unsigned int queues)
{
	struct vfe_mock_spec spec = {
		.queues = queues,
		.features = VFE_MOCK_FEATURES | RING_RESET,
	};

	return tdrv_live(test, &spec);
}

static struct vfe_queue *queue(struct tdrv *td, unsigned int i)
{
	return vfe_get_queue(td->vd, i);
}

/* The buffers of one queue come back, those of the others are used as usual. */
static void others_run_on(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 3);
	unsigned int i;
	u32 len;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, tdrv_add(td, i), 0);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 1)), 0);
	KUNIT_EXPECT_EQ(test, td->m->queues[1].enable, 0);
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	/* in the middle of it */
	for (i = 0; i < 3; i += 2) {
		KUNIT_ASSERT_TRUE(test, tdrv_use(td, i));
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[i]));
		KUNIT_EXPECT_NOT_NULL(test, vfe_queue_get(queue(td, i), &len));
		tdrv_expect_completion(test, td, i);
	}
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_PTR_EQ(test, vfe_queue_detach(queue(td, 1)),
				    (void *)td);
	KUNIT_EXPECT_NULL(test, vfe_queue_detach(queue(td, 1)));
	KUNIT_ASSERT_EQ(test, vfe_queue_restart(queue(td, 1)), 0);
	for (i = 0; i < 3; i++)
		tdrv_expect_completion(test, td, i);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, td->m->queues[i].resets,
				i == 1 ? 1U : 0U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * Between the two calls the driver kicks no buffer, and the device uses none.
 */
static void nothing_happens_in_between(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 1);
	u32 len;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 0));
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, tdrv_add(td, 0), -EIO);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(queue(td, 0)));
	KUNIT_EXPECT_NULL(test, vfe_queue_get(queue(td, 0), &len));
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	/* used, but not taken: it counts as not used */
	KUNIT_EXPECT_PTR_EQ(test, vfe_queue_detach(queue(td, 0)), (void *)td);
	KUNIT_EXPECT_EQ(test, vfe_queue_restart(queue(td, 0)), 0);
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(queue(td, 0)));
	tdrv_expect_completion(test, td, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A queue that the device broke works again; the next broken one is logged */
static void broken_queue_is_mended(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 2);
	unsigned int round;
	u32 len;

	for (round = 1; round <= 3; round++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
		vfe_mock_push(&td->m->queues[0], 77, 0, 1);
		KUNIT_EXPECT_NULL(test, vfe_queue_get(queue(td, 0), &len));
		KUNIT_EXPECT_TRUE(test, vfe_queue_broken(queue(td, 0)));
		KUNIT_EXPECT_EQ(test, td->needs_reset, round);
		KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
		tdrv_detach_all(td);
		KUNIT_ASSERT_EQ(test, vfe_queue_restart(queue(td, 0)), 0);
		tdrv_expect_completion(test, td, 0);
		tdrv_expect_completion(test, td, 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* needs_reset() is called once: the second queue's fault is reported later */
static void second_queue_that_broke_is_told_of(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 2);
	unsigned int i;
	u32 len;

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, i), 0);
		vfe_mock_push(&td->m->queues[i], 77, 0, 1);
		KUNIT_EXPECT_NULL(test, vfe_queue_get(queue(td, i), &len));
	}
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, i)), 0);
		tdrv_detach_all(td);
		KUNIT_ASSERT_EQ(test, vfe_queue_restart(queue(td, i)), 0);
		/*
		 * one broken queue remains after the first, none after the
		 * second
		 */
		KUNIT_EXPECT_EQ(test, td->needs_reset, 2U);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void refused_without_the_feature(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(queue(td, 0)), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_FALSE(test, vfe_queue_broken(queue(td, 0)));
	tdrv_expect_completion(test, td, 0);
}

static void refused_when_the_device_needs_more(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 1);

	td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(queue(td, 0)), -EIO);
	KUNIT_EXPECT_EQ(test, td->m->queues[0].resets, 0U);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(queue(td, 0)), -EIO);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	/* the device requests a full reset while the queue is down */
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
	td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, vfe_queue_restart(queue(td, 0)), -EIO);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * A bounded wait and one log line that names the field; a device reset recovers
 * the queue.
 */
static void reset_that_never_ends(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 2);
	unsigned long start = jiffies;
	struct kmsg_dump_iter mark = log_mark();

	td->m->knobs.queue_reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(queue(td, 1)), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), BOUND_MS);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 2 * BOUND_MS);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "queue_reset is 1"), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	tdrv_expect_completion(test, td, 0);
	tdrv_restart(td);
	tdrv_expect_completion(test, td, 1);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static bool vector_is_refused(struct vfe_mock *m, struct vfe_mock_access *a)
{
	return a->reg == VFE_REG_QUEUE_MSIX_VECTOR && a->dir == VFE_WRITE;
}

static bool size_is_odd(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_QUEUE_SIZE && a->dir == VFE_READ)
		a->val = 12;
	return false;
}

/* A fault at its restart names the field, too. */
static void restart_that_fails(struct kunit *test)
{
	static const struct {
		bool (*access)(struct vfe_mock *m, struct vfe_mock_access *a);
		const char *says;
		int err;
	} ways[] = {
		{ vector_is_refused, "queue_msix_vector is 1", -EIO },
		{ size_is_odd, "queue_size is 12", -EINVAL },
	};
	struct tdrv *td = tdrv_resettable(test, 1);
	struct kmsg_dump_iter mark;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
		td->m->knobs.access = ways[i].access;
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, vfe_queue_restart(queue(td, 0)),
				ways[i].err);
		KUNIT_EXPECT_EQ(test, log_errors(mark, ways[i].says), 1U);
		td->m->knobs.access = NULL;
		KUNIT_EXPECT_EQ(test, tdrv_add(td, 0), -EIO);
		tdrv_restart(td);
		tdrv_expect_completion(test, td, 0);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void function_that_is_gone(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 1);

	KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_queue_restart(queue(td, 0)), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(queue(td, 0)), -ENODEV);
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
}

static void queue_reset_is_awaited(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 4);
	struct vfe_queue *q = vfe_get_queue(td->vd, 1);
	unsigned int i;

	VFE_DUTY(test, "T11", "4.1.4.3.2",
		 "a queue's reset is not over before queue_reset reads 0");
	VFE_DUTY(test, "B14", "2.6.1.1.2",
		 "before that nothing of the queue is taken back or set up");
	td->m->knobs.queue_reset_reads = 5;
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(q), 0);
	/*
	 * read the status; select, reset, five times 1, 0, and it is disabled
	 */
	KUNIT_ASSERT_EQ(test, td->m->log_len, 10U);
	KUNIT_EXPECT_EQ(test, td->m->log[1].reg, VFE_REG_QUEUE_SELECT);
	KUNIT_EXPECT_EQ(test, td->m->log[1].val, 1U);
	for (i = 2; i < 9; i++)
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg, VFE_REG_QUEUE_RESET);
	KUNIT_EXPECT_EQ(test, td->m->log[2].dir, VFE_WRITE);
	KUNIT_EXPECT_EQ(test, td->m->log[2].val, 1U);
	KUNIT_EXPECT_EQ(test, td->m->log[8].val, 0U);
	KUNIT_EXPECT_EQ(test, td->m->log[9].reg, VFE_REG_QUEUE_ENABLE);
	KUNIT_EXPECT_EQ(test, td->m->log[9].val, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void set_up_as_at_first(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET) |
			    BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA),
	};
	struct tdrv *td = tdrv_new(test, &spec);
	struct vfe_mock_access *once;
	unsigned int i, n;

	VFE_DUTY(test, "B15", "2.6.1.2.2",
		 "a queue that was reset is set up by the accesses of its first discovery");
	td->specs[0].size = 16;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	/* the configuration's vector is mapped first */
	n = td->m->log_len - 2;
	once = kunit_kzalloc(test, n * sizeof(*once), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, once);
	memcpy(once, td->m->log + 2, n * sizeof(*once));
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(vfe_get_queue(td->vd, 0)), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, vfe_queue_restart(vfe_get_queue(td->vd, 0)), 0);
	KUNIT_ASSERT_GE(test, td->m->log_len, n);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg, once[i].reg);
		KUNIT_EXPECT_EQ(test, td->m->log[i].dir, once[i].dir);
		KUNIT_EXPECT_EQ(test, td->m->log[i].val, once[i].val);
	}
	tdrv_expect_completion(test, td, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * A queue that was reset gets a ring of another size, and no other queue. The
 * driver writes the largest size, too: QEMU's device offers it after the reset
 * of a queue, and enables the queue with the size that was written before.
 */
static void another_size(struct kunit *test)
{
	struct tdrv *td = tdrv_resettable(test, 2);
	u16 size = vfe_queue_size(queue(td, 0));
	int i;

	for (i = 1; i >= 0; i--) {
		KUNIT_ASSERT_EQ(test, vfe_queue_reset(queue(td, 0)), 0);
		vfe_queue_set_size(queue(td, 0), i ? 4 : size);
		vfe_mock_log_clear(td->m);
		KUNIT_ASSERT_EQ(test, vfe_queue_restart(queue(td, 0)), 0);
		KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_QUEUE_SIZE,
						     VFE_WRITE), 1U);
		KUNIT_EXPECT_EQ(test, td->m->queues[0].size, i ? 4 : size);
		KUNIT_EXPECT_EQ(test, td->m->queues[1].size, size);
		tdrv_expect_completion(test, td, 0);
		tdrv_expect_completion(test, td, 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case requeue_cases[] = {
	KUNIT_CASE(another_size),
	KUNIT_CASE(others_run_on),
	KUNIT_CASE(nothing_happens_in_between),
	KUNIT_CASE(broken_queue_is_mended),
	KUNIT_CASE(second_queue_that_broke_is_told_of),
	KUNIT_CASE(refused_without_the_feature),
	KUNIT_CASE(refused_when_the_device_needs_more),
	KUNIT_CASE(reset_that_never_ends),
	KUNIT_CASE(restart_that_fails),
	KUNIT_CASE(function_that_is_gone),
	KUNIT_CASE(queue_reset_is_awaited),
	KUNIT_CASE(set_up_as_at_first),
	{}
};

VFE_SUITE(requeue_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Polled queues of the core: no vector, no handler that checks them, and
 * callbacks disabled from the start.
 */
#include <uapi/linux/virtio_ring.h>

#include "lib/core_fixture.h"
#include "lib/suite.h"

#define QUEUES	4
#define POLLED	2	/* this one and those behind it */

static const struct vfe_mock_spec flags_only = {
	.queues = QUEUES,
	.features = BIT_ULL(VIRTIO_F_VERSION_1),
};

static struct tdrv *polled_tdrv(struct kunit *test, enum vfe_interrupts irqs,
				unsigned int first)
{
	struct tdrv *td = tdrv_new(test, &flags_only);
	unsigned int i;

	td->irqs = irqs;
	for (i = first; i < QUEUES; i++)
		td->specs[i].vector = VFE_VECTOR_NONE;
	return td;
}

static void polled_expect(struct kunit *test, struct tdrv *td,
			  unsigned int first)
{
	struct vfe_mock_queue *mq;
	unsigned int i;

	for (i = first; i < QUEUES; i++) {
		mq = &td->m->queues[i];
		KUNIT_EXPECT_EQ(test, 1, mq->enable);
		KUNIT_EXPECT_EQ(test, mq->vector, VIRTIO_MSI_NO_VECTOR);
		KUNIT_EXPECT_EQ(test, VRING_AVAIL_F_NO_INTERRUPT,
				vfe_mock_avail_flags(mq));
		KUNIT_EXPECT_NULL(test, vfe_queue_affinity(td->vd, i));
	}
	for (i = 0; i < first; i++)
		KUNIT_EXPECT_EQ(test, 0,
				vfe_mock_avail_flags(&td->m->queues[i]));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A buffer is used there, and another queue's interrupt comes. */
static void polled_expect_unseen(struct kunit *test, struct tdrv *td,
				 unsigned int queue)
{
	struct vfe_mock_queue *mq = &td->m->queues[queue];
	struct vfe_queue *q = vfe_get_queue(td->vd, queue);
	u32 len;

	KUNIT_EXPECT_FALSE(test, vfe_queue_pending(q));
	KUNIT_ASSERT_EQ(test, 0, tdrv_add(td, queue));
	KUNIT_ASSERT_EQ(test, 1, vfe_mock_pop(mq, td->chain));
	vfe_mock_push(mq, td->chain->id, 4, td->chain->descs);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0U, td->done[queue]);
	KUNIT_EXPECT_TRUE(test, vfe_queue_pending(q));
	KUNIT_EXPECT_PTR_EQ(test, (void *)td, vfe_queue_get(q, &len));
	KUNIT_EXPECT_EQ(test, 4U, len);
	KUNIT_EXPECT_FALSE(test, vfe_queue_pending(q));
}

static void without_a_vector(struct kunit *test)
{
	static const enum vfe_interrupts kinds[] = {
		VFE_IRQ_MSIX, VFE_IRQ_SHARED, VFE_IRQ_SINGLE, VFE_IRQ_INTX,
	};
	struct tdrv *td;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		td = polled_tdrv(test, kinds[i], POLLED);
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		polled_expect(test, td, POLLED);
		polled_expect_unseen(test, td, POLLED);
		polled_expect_unseen(test, td, QUEUES - 1);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
}

/*
 * The table is too short for all queues, but sufficient for those with
 * interrupts.
 */
static void vectors_for_the_others(struct kunit *test)
{
	struct vfe_mock_spec spec = flags_only;
	struct tdrv *td;
	unsigned int i;

	spec.vectors = 1 + POLLED;
	td = tdrv_new(test, &spec);
	for (i = POLLED; i < QUEUES; i++)
		td->specs[i].vector = VFE_VECTOR_NONE;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < POLLED; i++)
		KUNIT_EXPECT_EQ(test, 1 + i, td->m->queues[i].vector);
	polled_expect(test, td, POLLED);
}

static void after_a_restart(struct kunit *test)
{
	struct tdrv *td = polled_tdrv(test, VFE_IRQ_MSIX, POLLED);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	tdrv_restart(td);
	polled_expect(test, td, POLLED);
	polled_expect_unseen(test, td, POLLED);
}

static void all_of_them(struct kunit *test)
{
	struct tdrv *td = polled_tdrv(test, VFE_IRQ_MSIX, 0);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	polled_expect(test, td, 0);
	KUNIT_EXPECT_EQ(test, 0, td->m->config_vector);
}

/* A polled queue takes no vector, wherever it stands among the others. */
static void between_others(struct kunit *test)
{
	struct tdrv *td = polled_tdrv(test, VFE_IRQ_MSIX, QUEUES);

	td->specs[1].vector = VFE_VECTOR_NONE;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->queues[0].vector, 1);
	KUNIT_EXPECT_EQ(test, td->m->queues[1].vector, VIRTIO_MSI_NO_VECTOR);
	KUNIT_EXPECT_EQ(test, td->m->queues[2].vector, 2);
	polled_expect_unseen(test, td, 1);
	tdrv_expect_completion(test, td, 2);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case irq_polled_cases[] = {
	KUNIT_CASE(without_a_vector),
	KUNIT_CASE(vectors_for_the_others),
	KUNIT_CASE(after_a_restart),
	KUNIT_CASE(all_of_them),
	KUNIT_CASE(between_others),
	{ }
};

VFE_SUITE(irq_polled_cases);

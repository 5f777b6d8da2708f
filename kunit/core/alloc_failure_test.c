// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures: each allocation of a set-up and of a restart fails in
 * turn. The call ends with -ENOMEM or works without the allocation, frees
 * everything (kmemleak and the next round detect leaks) and leaves the device
 * reset.
 */
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>

#include "lib/core_fixture.h"
#include "lib/failslab.h"
#include "lib/log.h"
#include "lib/suite.h"

static int alloc_init(struct kunit *test)
{
	fail_require(test);
	return 0;
}

static void expect_clean_end(struct kunit *test, struct tdrv *td,
			     unsigned int n)
{
	tdrv_down(td);
	KUNIT_EXPECT_EQ_MSG(test, td->m->status, 0, "allocation %u", n);
	KUNIT_EXPECT_FALSE_MSG(test, tdrv_command(td) & PCI_COMMAND_MASTER,
			       "allocation %u", n);
	KUNIT_EXPECT_FALSE_MSG(test, td->m->pdev->msix_enabled,
			       "allocation %u", n);
	KUNIT_EXPECT_STREQ(test, td->m->offence ?: "", "");
}

/**
 * struct lives - of one device, each with an allocation that fails
 * @test: the test
 * @td: the device
 * @errors: how many ended with an error
 */
struct lives {
	struct kunit *test;
	struct tdrv *td;
	unsigned int errors;
};

/* A life cycle in which allocation @n fails. Return: whether there was one */
static bool life_without(struct lives *lives, unsigned int n)
{
	struct kunit *test = lives->test;
	struct tdrv *td = lives->td;
	bool failed;
	int ret;

	vfe_mock_log_clear(td->m);
	fail_nth(n);
	ret = tdrv_up(td, TDRV_READY);
	failed = fail_end();
	if (ret)
		KUNIT_EXPECT_TRUE_MSG(test, fail_is_no_memory(ret),
				      "allocation %u: %d", n, ret);
	if (!failed)
		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "allocation %u", n);
	lives->errors += !!ret;
	/* if set-up succeeded, the device works */
	if (!ret) {
		KUNIT_EXPECT_EQ_MSG(test, tdrv_add(td, 0), 0, "allocation %u",
				    n);
		KUNIT_EXPECT_TRUE_MSG(test, tdrv_use(td, 0), "allocation %u",
				      n);
		vfe_mock_interrupt(&td->m->queues[0]);
		KUNIT_EXPECT_EQ_MSG(test, td->done[0], 1U, "allocation %u", n);
		tdrv_reap_all(td, 0);
	}
	expect_clean_end(test, td, n);
	td->done[0] = 0;
	return failed;
}

/*
 * Each runs three times: slabs and checkers also allocate, in some life cycles
 * only, so that the numbers of allocations shift.
 */
static bool lives_without(void *data, unsigned int nth)
{
	bool failed = false;
	int tries;

	for (tries = 0; tries < 3; tries++)
		failed |= life_without(data, nth);
	return failed;
}

static void every_allocation(struct kunit *test,
			     const struct vfe_mock_spec *spec,
			     enum vfe_interrupts irqs, unsigned int least)
{
	struct lives lives = { .test = test, .td = tdrv_new(test, spec) };
	unsigned int n;

	lives.td->irqs = irqs;
	lives.td->specs[0].max_segs = 4;
	n = fail_in_turn(lives_without, &lives, FAIL_MOST, 1);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	/* a device, its queues, rings, tables, names and handlers at least */
	KUNIT_EXPECT_GT(test, lives.errors, least);
	kunit_info(test, "%u allocations, %u lives ended without one\n", n - 1,
		   lives.errors);
}

static const struct life_case {
	const char *name;
	struct vfe_mock_spec spec;
	enum vfe_interrupts irqs;
	unsigned int least;
} life_cases[] = {
	{ "two queues", { .queues = 2, .queue_size = 4 }, VFE_IRQ_MSIX, 10 },
	{ "shared vectors", { .queue_size = 2 }, VFE_IRQ_SHARED, 8 },
	{ "INTx", { .queue_size = 2, .vectors = -1 }, VFE_IRQ_INTX, 8 },
	{ "no tables", { .features = BIT_ULL(VIRTIO_F_VERSION_1),
			 .queue_size = 256 }, VFE_IRQ_MSIX, 6 },
	/* its pieces come from the page allocator */
	{ "a large ring", { .features = BIT_ULL(VIRTIO_F_VERSION_1),
			    .queue_size = 1024 }, VFE_IRQ_MSIX, 6 },
	{ "a packed ring", { .features = BIT_ULL(VIRTIO_F_VERSION_1) |
					 BIT_ULL(VIRTIO_F_RING_PACKED) |
					 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
			     .queue_size = 4 }, VFE_IRQ_MSIX, 8 },
	{ "a legacy device", { .legacy = true, .queue_size = 4 },
	  VFE_IRQ_MSIX, 6 },
};

KUNIT_ARRAY_PARAM_DESC(life_case, life_cases, name);

static void every_allocation_of_a_life(struct kunit *test)
{
	const struct life_case *c = test->param_value;

	every_allocation(test, &c->spec, c->irqs, c->least);
}

/* Without memory for one vector for each queue, there may be some for fewer. */
static void fewer_vectors_need_less_memory(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int n, fewer = 0;
	bool failed = true;

	for (n = 1; failed && n < FAIL_MOST; n++) {
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
		fail_nth(n);
		tdrv_step(td, TDRV_QUEUES);
		failed = fail_end();
		if (td->q && td->vd->irqs.mode != VFE_IRQ_MSIX) {
			KUNIT_EXPECT_EQ(test, td->vd->irqs.mode,
					VFE_IRQ_SHARED);
			KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
			tdrv_expect_completion(test, td, 2);
			fewer++;
		}
		expect_clean_end(test, td, n);
	}
	/*
	 * the kernel reports some as a lack of vectors, and most, as those of a
	 * descriptor of each vector and of the map of their table, as they are
	 */
	KUNIT_EXPECT_GT(test, fewer, 10U);
}

/* A function with a ring of @size, and the result if there is only a page */
static const struct page_case {
	const char *name;
	struct vfe_mock_spec spec;
	int err;
	u16 size;
} page_cases[] = {
	{ "a split ring", { .features = BIT_ULL(VIRTIO_F_VERSION_1),
			    .queue_size = 1024 }, 0, 128 },
	{ "the largest", { .features = BIT_ULL(VIRTIO_F_VERSION_1),
			   .queue_size = 32768 }, 0, 128 },
	{ "one that fits", { .features = BIT_ULL(VIRTIO_F_VERSION_1),
			     .queue_size = 64 }, 0, 64 },
	/* the size is the device's */
	{ "a legacy ring", { .legacy = true, .queue_size = 1024 }, -ENOMEM },
	/* as the kernel's driver */
	{ "a packed ring", { .features = BIT_ULL(VIRTIO_F_VERSION_1) |
					 BIT_ULL(VIRTIO_F_RING_PACKED),
			     .queue_size = 1024 }, -ENOMEM },
};

KUNIT_ARRAY_PARAM_DESC(page_case, page_cases, name);

/* The device works with a smaller ring, also after a reset. */
static void expect_small_ring(struct tdrv *td, const struct page_case *c)
{
	struct vfe_mock_queue *mq = &td->m->queues[0];
	struct kunit *test = td->test;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vfe_queue_max_size(td->q), c->spec.queue_size);
	KUNIT_EXPECT_LE(test, vfe_queue_max_segs(td->q), c->size);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, vfe_queue_size(td->q), c->size);
		KUNIT_EXPECT_EQ(test, mq->size, c->size);
		tdrv_expect_completion(test, td, 0);
		tdrv_restart(td);
	}
}

static void ring_in_a_page(struct kunit *test)
{
	const struct page_case *c = test->param_value;
	struct tdrv *td = tdrv_new(test, &c->spec);
	struct kmsg_dump_iter mark = log_mark();
	int ret;

	td->specs[0].max_segs = 512;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	fail_pieces(1, -1);
	ret = tdrv_step(td, TDRV_QUEUES);
	fail_end();
	KUNIT_EXPECT_EQ(test, ret, c->err);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, "no memory for"),
			!ret && c->size < c->spec.queue_size ? 1U : 0U);
	if (!ret)
		expect_small_ring(td, c);
	expect_clean_end(test, td, 0);
}

/* A user chose the size: no other one will do. */
static void size_that_was_set(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queue_size = 1024 };
	struct tdrv *td = tdrv_live(test, &spec);
	int ret;

	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	vfe_queue_set_size(td->q, 512);
	fail_pieces(1, -1);
	ret = vfe_restart(td->vd);
	fail_end();
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_queue_size(td->q), 512);
	tdrv_expect_completion(test, td, 0);
	expect_clean_end(test, td, 0);
}

/* A restart allocates nothing, so that a recovery works without memory. */
static void restart_needs_no_memory(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2 };
	struct tdrv *td = tdrv_live(test, &spec);
	int ret;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	fail_nth(1);
	ret = vfe_reset(td->vd);
	tdrv_detach_all(td);
	ret = ret ?: vfe_restart(td->vd);
	ret = ret ?: vfe_ready(td->vd);
	KUNIT_EXPECT_FALSE(test, fail_end());
	KUNIT_EXPECT_EQ(test, ret, 0);
}

/* Nor does a request. */
static void requests_need_no_memory(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct vfe_seg segs[2] = {
		{ .addr = virt_to_phys(td->buf), .len = 1 },
		{ .addr = virt_to_phys(td->buf), .len = 1 },
	};
	struct vfe_queue *q = vfe_get_queue(td->vd, 0);
	unsigned int n = 0;

	fail_nth(1);
	while (!vfe_queue_add(q, segs, 1, 1, td)) {
		if (vfe_queue_kick_prepare(q))
			vfe_queue_notify(q);
		n++;
	}
	KUNIT_EXPECT_FALSE(test, fail_end());
	KUNIT_EXPECT_EQ(test, n, 64U);
}

/* --- counters, which live in memory of each CPU --- */

struct pcpu_fill {
	struct list_head list;
	void __percpu *area;
};

/*
 * Use up free objects, so that the next ones need an allocation that can fail
 */
static void fill_percpu(struct kunit *test, struct list_head *fill)
{
	static const size_t sizes[] = { 4096, 1024, 256, 64, 16, 8 };
	struct pcpu_fill *one;
	unsigned int s;

	/* interrupts of the previous life cycle free their memory late */
	rcu_barrier();
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (;;) {
			one = kmalloc(sizeof(*one), GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, one);
			one->area = __alloc_percpu_gfp(sizes[s], 8,
						       GFP_NOWAIT |
						       __GFP_NOWARN);
			if (!one->area)
				break;
			list_add(&one->list, fill);
		}
		kfree(one);
	}
}

static void empty_percpu(struct list_head *fill)
{
	struct pcpu_fill *one, *next;

	list_for_each_entry_safe(one, next, fill, list) {
		free_percpu(one->area);
		kfree(one);
	}
	INIT_LIST_HEAD(fill);
}

/*
 * The per-CPU counters of a device with two queues, in the order of their
 * allocations
 */
static const size_t counters[] = {
	sizeof(struct vfe_reg_counts),
	sizeof(struct vfe_event_counts) + sizeof(struct tdrv_counts),
	4 * sizeof(u64), 4 * sizeof(u64),
};

/* A life cycle with memory for the first @room of them. Return: its error */
static int life_with_room(struct kunit *test, struct tdrv *td,
			  unsigned int room, unsigned int n, bool *failed)
{
	void __percpu *hole[ARRAY_SIZE(counters)];
	LIST_HEAD(fill);
	unsigned int i;
	int ret;

	for (i = 0; i < room; i++)
		hole[i] = __alloc_percpu(counters[i], 8);
	fill_percpu(test, &fill);
	for (i = 0; i < room; i++)
		free_percpu(hole[i]);
	fail_nth(n);
	ret = tdrv_up(td, TDRV_READY);
	*failed = fail_end();
	expect_clean_end(test, td, n);
	empty_percpu(&fill);
	return ret;
}

/*
 * Life cycles in each of which another allocation fails, up to five of the
 * driver's, more for a chunk of counters. Return: how many failed because there
 * was no chunk
 */
static unsigned int lives_with_room(struct kunit *test, struct tdrv *td,
				    unsigned int room)
{
	unsigned int n, errors = 0;
	bool failed;
	int ret;

	for (n = 1; n < 10; n++) {
		ret = life_with_room(test, td, room, n, &failed);
		if (ret)
			KUNIT_EXPECT_TRUE_MSG(test, fail_is_no_memory(ret),
					      "allocation %u: %d", n, ret);
		errors += ret && n > 5;
	}
	return errors;
}

/*
 * The allocator adds a chunk by itself when it runs low: a later life cycle
 * succeeds then, and is repeated.
 */
static void counters_cannot_be_had(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .queue_size = 4 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int room, tries, errors = 0;
	int level = console_loglevel;

	/* the allocator warns, with a trace, about the misuse below */
	console_loglevel = LOGLEVEL_WARNING;
	for (tries = 0; tries < 10 && !errors; tries++)
		errors = lives_with_room(test, td, 0);
	/* the free space may be sufficient for more */
	for (room = 1; room < ARRAY_SIZE(counters); room++)
		lives_with_room(test, td, room);
	console_loglevel = level;
	KUNIT_EXPECT_GT(test, errors, 0U);
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE_PARAM(every_allocation_of_a_life, life_case_gen_params),
	KUNIT_CASE(fewer_vectors_need_less_memory),
	KUNIT_CASE_PARAM(ring_in_a_page, page_case_gen_params),
	KUNIT_CASE(size_that_was_set),
	KUNIT_CASE(restart_needs_no_memory),
	KUNIT_CASE(requests_need_no_memory),
	KUNIT_CASE_SLOW(counters_cannot_be_had),
	{}
};

VFE_SUITE(alloc_cases, .init = alloc_init);

// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures: each allocation of a probe, and of the operations after
 * it, fails in turn. Each fails cleanly, without reports of the kernel's leak
 * and address checkers.
 */

#include "../../drivers/blk/blk.h"
#include "lib/blk_fixture.h"
#include "lib/failslab.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
/* the driver's own allocations, and those of what it calls first */
#define ALLOC_EACH	260U
#define ALLOC_REST	40U

/* A small ring, since each request and table is an allocation */
static struct tdisk *alloc_disk(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .queue_size = 4 };
	struct tdisk *td = tdisk_plug(test, &spec, features);

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* It works with memory and a capacity. */
static void alloc_recovers(struct tdisk *td)
{
	tdisk_unbind(td);
	tdisk_config(td)->capacity =
		(__force __virtio64)cpu_to_le64(TDISK_SECTORS);
	KUNIT_ASSERT_EQ(td->test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(td->test, td->m);
}

/*
 * The allocations of a probe, those of the driver core, of the files of
 * counters and of the block layer included. There are hundreds, so some of them
 * fail.
 */
static void alloc_fails_in_a_probe(struct kunit *test)
{
	struct tdisk *td = alloc_disk(test, F(FLUSH));
	struct fail_probe p = {
		.test = test, .m = td->m, .drv = td->m->pdev->dev.driver,
		.also = -EINVAL,
	};
	unsigned int n;

	/*
	 * of size 0, so that the kernel reads no partition table, whose
	 * warnings differ
	 */
	tdisk_config(td)->capacity = 0;
	n = fail_in_turn(fail_a_probe, &p, 0, 31);
	kunit_info(test, "less than %u allocations\n", n);
	KUNIT_EXPECT_GT(test, n, ALLOC_EACH);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	alloc_recovers(td);
}

/*
 * One probe without the driver core, whose own allocations vary in number: the
 * first failure is always the driver's first allocation.
 */
static bool alloc_probe_alone(struct tdisk *td, struct pci_driver *drv,
			      unsigned int nth)
{
	struct pci_dev *pdev = td->m->pdev;
	void *group = devres_open_group(&pdev->dev, NULL, GFP_KERNEL);
	bool failed;
	int err;

	KUNIT_ASSERT_NOT_NULL(td->test, group);
	fail_nth(nth);
	err = drv->probe(pdev, NULL);
	failed = fail_end();
	if (err) {
		KUNIT_EXPECT_TRUE_MSG(td->test, fail_is_no_memory(err),
				      "allocation %u: error %d", nth, err);
	} else {
		drv->remove(pdev);
		KUNIT_EXPECT_EQ(td->test, 0, td->m->status);
	}
	devres_release_group(&pdev->dev, group);
	return failed;
}

static void alloc_fails_in_a_probe_alone(struct kunit *test)
{
	struct tdisk *td = alloc_disk(test, F(FLUSH));
	struct pci_driver *drv = to_pci_driver(td->m->pdev->dev.driver);
	unsigned int n;

	tdisk_config(td)->capacity = 0;
	tdisk_unbind(td);
	for (n = 1; n < ALLOC_EACH; n++)
		KUNIT_EXPECT_TRUE(test, alloc_probe_alone(td, drv, n));
	alloc_recovers(td);
}

/* With the DMA API, there are memory pools as well. */
static void alloc_fails_in_a_probe_of_pools(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES |
			    BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
		.queue_size = 4,
	};
	struct tdisk *td = tdisk_plug(test, &spec, F(FLUSH));
	struct pci_driver *drv = to_pci_driver(td->m->pdev->dev.driver);
	unsigned int n;

	tdisk_config(td)->capacity = 0;
	tdisk_unbind(td);
	for (n = 1; n < ALLOC_EACH; n += 2)
		KUNIT_EXPECT_TRUE(test, alloc_probe_alone(td, drv, n));
	alloc_recovers(td);
}

/*
 * Called for each access: allocations fail from the enabling of the queue on.
 */
static bool alloc_runs_out(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *n = m->knobs.priv;

	if (a->reg == VFE_REG_QUEUE_ENABLE && a->dir == VFE_WRITE)
		fail_from(*n);
	return false;
}

/*
 * Memory is usually short for a while. A single failure only makes the block
 * layer allocate fewer tags; permanent failure must end the probe.
 */
static void alloc_fails_for_the_rest_of_a_probe(struct kunit *test)
{
	struct tdisk *td = alloc_disk(test, F(FLUSH));
	struct fail_probe p = {
		.test = test, .m = td->m, .drv = td->m->pdev->dev.driver,
		.also = -EINVAL,
	};
	unsigned int n;

	td->m->knobs.access = alloc_runs_out;
	td->m->knobs.priv = &n;
	for (n = 1; n < ALLOC_REST; n++) {
		KUNIT_EXPECT_TRUE_MSG(test, fail_a_probe(&p, 0),
				      "allocation %u", n);
		KUNIT_EXPECT_NULL(test, td->m->pdev->dev.driver);
	}
	td->m->knobs.access = NULL;
	alloc_recovers(td);
}

/* --- requests --- */

typedef int (*alloc_what)(struct tdisk *td);

static int alloc_a_write(struct tdisk *td)
{
	struct tdisk_io *io = tdisk_start(td, REQ_OP_WRITE, 8, 4096, 5);

	/* in this task, only its submissions */
	return tdisk_wait(td, io);
}

static int alloc_pieces(struct tdisk *td)
{
	struct tdisk_io *io = tdisk_io(td, REQ_OP_READ, 8);
	unsigned int i;

	for (i = 0; i < 9; i++)
		tdisk_segment(td, io, 512, 512);
	tdisk_send(io);
	return tdisk_wait(td, io);
}

static int alloc_a_flush(struct tdisk *td)
{
	return blkdev_issue_flush(td->disk->part0);
}

static int alloc_a_discard(struct tdisk *td)
{
	return blkdev_issue_discard(td->disk->part0, 0, 512, GFP_KERNEL);
}

static int alloc_zeroes(struct tdisk *td)
{
	return blkdev_issue_zeroout(td->disk->part0, 0, 512, GFP_KERNEL, 0);
}

static int alloc_a_serial(struct tdisk *td)
{
	char text[64];
	ssize_t n = tdisk_show(td, "serial", text, sizeof(text));

	return n < 0 ? n : 0;
}

static int alloc_a_cache_type(struct tdisk *td)
{
	ssize_t n = tdisk_store(td, "cache_type", "write back");

	return n < 0 ? n : 0;
}

static int alloc_a_sleep(struct tdisk *td)
{
	struct device *dev = &td->m->pdev->dev;
	int err = dev->driver->pm->suspend(dev);

	return err ?: dev->driver->pm->resume(dev);
}

static const struct alloc_case {
	const char *name;
	alloc_what what;
} alloc_cases[] = {
	{ "write", alloc_a_write },
	{ "read of many pieces", alloc_pieces },
	{ "flush", alloc_a_flush },
	{ "discard", alloc_a_discard },
	{ "write zeroes", alloc_zeroes },
	{ "serial", alloc_a_serial },
	{ "cache type", alloc_a_cache_type },
	{ "suspend and resume", alloc_a_sleep },
};

KUNIT_ARRAY_PARAM_DESC(alloc_case, alloc_cases, name);

/* A request of the case's kind, whose @nth allocation fails */
static bool alloc_once(void *data, unsigned int nth)
{
	struct tdisk *td = data;
	const struct alloc_case *c = td->test->param_value;
	bool failed;
	int err;

	tdisk_recycle(td);
	fail_nth(nth);
	err = c->what(td);
	failed = fail_end();
	if (!failed)
		KUNIT_EXPECT_EQ(td->test, 0, err);
	return failed;
}

/*
 * With the DMA checker, mapping allocates; without it, little or nothing on
 * this path does, and then no request may fail.
 */
static void alloc_fails_in_a_request(struct kunit *test)
{
	struct tdisk *td = alloc_disk(test, F(FLUSH) | F(CONFIG_WCE) |
				      F(DISCARD) | F(WRITE_ZEROES) |
				      F(SEG_MAX));
	unsigned int n = fail_in_turn(alloc_once, td, FAIL_MOST, 1);

	kunit_info(test, "%u allocations\n", n - 1);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	tdisk_recycle(td);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * Eight pages in one piece are not left: there are fewer tags, too. The slab
 * allocator may want such pieces before, and does without.
 */
static void alloc_a_smaller_ring(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1), .queue_size = 1024,
	};
	struct tdisk *td = tdisk_plug(test, &spec, F(SEG_MAX));
	unsigned int pieces;
	struct vfe_blk *vb;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	for (pieces = 1; pieces < 4 && td->m->queues[0].size != 512; pieces++) {
		tdisk_unbind(td);
		fail_pieces(3, pieces);
		err = tdisk_bind(td);
		fail_end();
		KUNIT_ASSERT_EQ(test, 0, err);
	}
	vb = td->disk->private_data;
	KUNIT_EXPECT_EQ(test, td->m->queues[0].size, 512);
	KUNIT_EXPECT_EQ(test, vb->tag_set.queue_depth, 256U);
	KUNIT_EXPECT_LE(test, queue_max_segments(td->disk->queue), 510);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case alloc_kunit_cases[] = {
	KUNIT_CASE(alloc_fails_in_a_probe),
	KUNIT_CASE(alloc_fails_in_a_probe_alone),
	KUNIT_CASE(alloc_fails_in_a_probe_of_pools),
	KUNIT_CASE(alloc_fails_for_the_rest_of_a_probe),
	KUNIT_CASE_PARAM(alloc_fails_in_a_request, alloc_case_gen_params),
	KUNIT_CASE(alloc_a_smaller_ring),
	{ }
};

static int alloc_init(struct kunit *test)
{
	fail_require(test);
	return 0;
}

VFE_SUITE(alloc_kunit_cases, .init = alloc_init);

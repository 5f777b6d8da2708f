// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures: each allocation of a probe, and of the operations after
 * it, fails in turn. Each fails cleanly, without reports of the kernel's leak
 * and address checkers.
 */

#include "lib/blk_fixture.h"
#include "lib/failslab.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
/* the driver's own allocations, and those of what it calls first */
#define ALLOC_EACH	260U
#define ALLOC_REST	40U

/* A small ring, since each request and table is an allocation */
static struct vfe_rig *alloc_disk(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .queue_size = 4 };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, features);

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	return rig;
}

/* It works with memory and a capacity. */
static void alloc_recovers(struct vfe_rig *rig)
{
	vfe_rig_unbind(rig);
	vfe_rig_config(rig)->capacity =
		(__force __virtio64)cpu_to_le64(VFE_RIG_SECTORS);
	KUNIT_ASSERT_EQ(rig->test, 0, vfe_rig_bind(rig));
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(rig->test, rig->m);
}

/*
 * The allocations of a probe, those of the driver core, of the files of
 * counters and of the block layer included. There are hundreds, so some of them
 * fail.
 */
static void alloc_fails_in_a_probe(struct kunit *test)
{
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH));
	struct fail_probe p = {
		.test = test, .m = rig->m, .drv = rig->m->pdev->dev.driver,
		.disk = true,
	};
	unsigned int n;

	/*
	 * of size 0, so that the kernel reads no partition table, whose
	 * warnings differ
	 */
	vfe_rig_config(rig)->capacity = 0;
	n = fail_in_turn(fail_a_probe, &p, 0, 31);
	kunit_info(test, "less than %u allocations\n", n);
	KUNIT_EXPECT_GT(test, n, ALLOC_EACH);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	alloc_recovers(rig);
}

/*
 * One probe without the driver core, whose own allocations vary in number: the
 * first failure is always the driver's first allocation.
 */
static bool alloc_probe_alone(struct vfe_rig *rig, struct pci_driver *drv,
			      unsigned int nth)
{
	struct pci_dev *pdev = rig->m->pdev;
	void *group = devres_open_group(&pdev->dev, NULL, GFP_KERNEL);
	bool failed;
	int err;

	KUNIT_ASSERT_NOT_NULL(rig->test, group);
	fail_nth(nth);
	err = drv->probe(pdev, NULL);
	failed = fail_end();
	if (err) {
		KUNIT_EXPECT_TRUE_MSG(rig->test, fail_is_no_memory(err),
				      "allocation %u: error %d", nth, err);
	} else {
		drv->remove(pdev);
		KUNIT_EXPECT_EQ(rig->test, 0, rig->m->status);
	}
	devres_release_group(&pdev->dev, group);
	return failed;
}

static void alloc_fails_in_a_probe_alone(struct kunit *test)
{
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH));
	struct pci_driver *drv = to_pci_driver(rig->m->pdev->dev.driver);
	unsigned int n;

	vfe_rig_config(rig)->capacity = 0;
	vfe_rig_unbind(rig);
	for (n = 1; n < ALLOC_EACH; n++)
		KUNIT_EXPECT_TRUE(test, alloc_probe_alone(rig, drv, n));
	alloc_recovers(rig);
}

/* With the DMA API, there are memory pools as well. */
static void alloc_fails_in_a_probe_of_pools(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES |
			    BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
		.queue_size = 4,
	};
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, F(FLUSH));
	struct pci_driver *drv = to_pci_driver(rig->m->pdev->dev.driver);
	unsigned int n;

	vfe_rig_config(rig)->capacity = 0;
	vfe_rig_unbind(rig);
	for (n = 1; n < ALLOC_EACH; n += 2)
		KUNIT_EXPECT_TRUE(test, alloc_probe_alone(rig, drv, n));
	alloc_recovers(rig);
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
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH));
	struct fail_probe p = {
		.test = test, .m = rig->m, .drv = rig->m->pdev->dev.driver,
		.disk = true,
	};
	unsigned int n;

	rig->m->knobs.access = alloc_runs_out;
	rig->m->knobs.priv = &n;
	for (n = 1; n < ALLOC_REST; n++) {
		KUNIT_EXPECT_TRUE_MSG(test, fail_a_probe(&p, 0),
				      "allocation %u", n);
		KUNIT_EXPECT_NULL(test, rig->m->pdev->dev.driver);
	}
	rig->m->knobs.access = NULL;
	alloc_recovers(rig);
}

/* --- requests --- */

typedef int (*alloc_what)(struct vfe_rig *rig);

static int alloc_a_write(struct vfe_rig *rig)
{
	struct vfe_rig_io *io = vfe_rig_start(rig, REQ_OP_WRITE, 8, 4096, 5);

	/* in this task, only its submissions */
	return vfe_rig_wait(rig, io);
}

static int alloc_pieces(struct vfe_rig *rig)
{
	struct vfe_rig_io *io = vfe_rig_io(rig, REQ_OP_READ, 8);
	unsigned int i;

	for (i = 0; i < 9; i++)
		vfe_rig_piece(rig, io, 512, 512);
	vfe_rig_send(io);
	return vfe_rig_wait(rig, io);
}

static int alloc_a_flush(struct vfe_rig *rig)
{
	return blkdev_issue_flush(rig->disk->part0);
}

static int alloc_a_discard(struct vfe_rig *rig)
{
	return blkdev_issue_discard(rig->disk->part0, 0, 512, GFP_KERNEL);
}

static int alloc_zeroes(struct vfe_rig *rig)
{
	return blkdev_issue_zeroout(rig->disk->part0, 0, 512, GFP_KERNEL, 0);
}

static int alloc_a_serial(struct vfe_rig *rig)
{
	char text[64];
	ssize_t n = vfe_rig_show(rig, "serial", text, sizeof(text));

	return n < 0 ? n : 0;
}

static int alloc_a_cache_type(struct vfe_rig *rig)
{
	ssize_t n = vfe_rig_store(rig, "cache_type", "write back");

	return n < 0 ? n : 0;
}

static int alloc_a_sleep(struct vfe_rig *rig)
{
	struct device *dev = &rig->m->pdev->dev;
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
	struct vfe_rig *rig = data;
	const struct alloc_case *c = rig->test->param_value;
	bool failed;
	int err;

	vfe_rig_recycle(rig);
	fail_nth(nth);
	err = c->what(rig);
	failed = fail_end();
	if (!failed)
		KUNIT_EXPECT_EQ(rig->test, 0, err);
	return failed;
}

/*
 * With the DMA checker, mapping allocates; without it, little or nothing on
 * this path does, and then no request may fail.
 */
static void alloc_fails_in_a_request(struct kunit *test)
{
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH) | F(CONFIG_WCE) |
					 F(DISCARD) | F(WRITE_ZEROES) |
					 F(SEG_MAX));
	unsigned int n = fail_in_turn(alloc_once, rig, FAIL_MOST, 1);

	kunit_info(test, "%u allocations\n", n - 1);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	vfe_rig_recycle(rig);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static struct kunit_case alloc_kunit_cases[] = {
	KUNIT_CASE(alloc_fails_in_a_probe),
	KUNIT_CASE(alloc_fails_in_a_probe_alone),
	KUNIT_CASE(alloc_fails_in_a_probe_of_pools),
	KUNIT_CASE(alloc_fails_for_the_rest_of_a_probe),
	KUNIT_CASE_PARAM(alloc_fails_in_a_request, alloc_case_gen_params),
	{ }
};

static int alloc_init(struct kunit *test)
{
	fail_require(test);
	return 0;
}

VFE_SUITE(alloc_kunit_cases, .init = alloc_init);

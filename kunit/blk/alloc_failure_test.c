// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures: each allocation of a probe, and of the operations after
 * it, fails in turn. Each fails cleanly, without reports of the kernel's leak
 * and address checkers.
 */
#include <linux/module.h>

#include "lib/failslab.h"
#include "lib/blk_fixture.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define ALLOC_MOST	4000	/* more allocations than any step here makes */
#define ALLOC_EACH	260U
#define ALLOC_STEP	31U
#define ALLOC_REST	40U

/* A small ring, since each request and table is an allocation */
static struct vfe_rig *alloc_disk(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .queue_size = 4 };
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, features);

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	return rig;
}

/* A probe whose @nth allocation failed ended with @err. */
static void alloc_expect_refused(struct vfe_rig *rig, unsigned int nth, int err)
{
	/* the only error of the resource tree */
	KUNIT_EXPECT_TRUE_MSG(rig->test, err == -ENOMEM || err == -EBUSY,
			      "allocation %u: error %d", nth, err);
	KUNIT_EXPECT_EQ(rig->test, 0, rig->m->status);
}

/*
 * One probe, whose @nth allocation fails; @nth may be 0. Return: whether it
 * made that many, so that one failed
 */
static bool alloc_probe(struct vfe_rig *rig, struct device_driver *drv,
			unsigned int nth)
{
	struct device *dev = &rig->m->pdev->dev;
	bool failed;
	int err;

	device_release_driver(dev);
	fail_nth(nth);
	err = device_driver_attach(drv, dev);
	failed = fail_end();
	/* not bound, or bound and working without optional parts */
	KUNIT_EXPECT_EQ_MSG(rig->test, !err, !!dev->driver,
			    "allocation %u", nth);
	if (err)
		alloc_expect_refused(rig, nth, err);
	return failed;
}

/*
 * The first allocations are the driver's own and those of the core; each of
 * them fails. Then come hundreds of similar ones for sysfs files and the block
 * layer, of which some fail.
 */
static unsigned int alloc_next(unsigned int n)
{
	return n < ALLOC_EACH ? n + 1 : n + ALLOC_STEP;
}

/* The same, after a probe with the same result as before the first one. */
static bool alloc_fails_again(struct vfe_rig *rig, struct device_driver *drv,
			      unsigned int nth)
{
	/* the nth allocation depends on how the last probe ended */
	if (nth < ALLOC_EACH)
		alloc_probe(rig, drv, ALLOC_EACH);
	return alloc_probe(rig, drv, nth);
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

static void alloc_fails_in_a_probe(struct kunit *test)
{
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH));
	struct device_driver *drv = rig->m->pdev->dev.driver;
	unsigned int n = 1;

	/*
	 * of size 0, so that the kernel reads no partition table, whose
	 * warnings differ
	 */
	vfe_rig_config(rig)->capacity = 0;
	while (n < ALLOC_MOST) {
		if (!alloc_fails_again(rig, drv, n))
			break;
		n = alloc_next(n);
	}
	kunit_info(test, "less than %u allocations\n", n);
	KUNIT_EXPECT_GT(test, n, ALLOC_EACH);
	KUNIT_EXPECT_LT(test, n, (unsigned int)ALLOC_MOST);
	alloc_recovers(rig);
}

/*
 * The same without the driver core, whose own allocations vary in number: the
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
		alloc_expect_refused(rig, nth, err);
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
	for (n = 1; n < ALLOC_EACH; n++) {
		/* the same state before each: after a successful probe */
		alloc_probe_alone(rig, drv, 0);
		KUNIT_EXPECT_TRUE(test, alloc_probe_alone(rig, drv, n));
	}
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
	struct device_driver *drv = rig->m->pdev->dev.driver;
	unsigned int n;

	rig->m->knobs.access = alloc_runs_out;
	rig->m->knobs.priv = &n;
	for (n = 1; n < ALLOC_REST; n++) {
		KUNIT_EXPECT_TRUE_MSG(test, alloc_probe(rig, drv, 0),
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
	char path[64], text[64];
	ssize_t n;

	snprintf(path, sizeof(path), "block/%s/serial", rig->disk->disk_name);
	n = vfe_rig_read_file(rig, path, text, sizeof(text));
	return n < 0 ? n : 0;
}

static int alloc_a_cache_type(struct vfe_rig *rig)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "block/%s/cache_type",
		 rig->disk->disk_name);
	n = vfe_rig_write_file(rig, path, "write back");
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

static void alloc_case_name(const struct alloc_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(alloc_case, alloc_cases, alloc_case_name);

/*
 * With the DMA checker, mapping allocates; without it, little or nothing on
 * this path does, and then no request may fail.
 */
static void alloc_fails_in_a_request(struct kunit *test)
{
	const struct alloc_case *c = test->param_value;
	struct vfe_rig *rig = alloc_disk(test, F(FLUSH) | F(CONFIG_WCE) |
					 F(DISCARD) | F(WRITE_ZEROES) |
					 F(SEG_MAX));
	bool failed = true;
	unsigned int n;
	int err;

	for (n = 1; failed && n < ALLOC_MOST; n++) {
		vfe_rig_recycle(rig);
		fail_nth(n);
		err = c->what(rig);
		failed = fail_end();
		if (!failed)
			KUNIT_EXPECT_EQ(test, 0, err);
	}
	kunit_info(test, "%u allocations\n", n - 2);
	KUNIT_EXPECT_LT(test, n, (unsigned int)ALLOC_MOST);
	vfe_rig_recycle(rig);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static struct kunit_case alloc_kunit_cases[] = {
	KUNIT_CASE(alloc_fails_in_a_probe),
	KUNIT_CASE(alloc_fails_in_a_probe_alone),
	KUNIT_CASE(alloc_fails_for_the_rest_of_a_probe),
	KUNIT_CASE_PARAM(alloc_fails_in_a_request, alloc_case_gen_params),
	{ }
};

static int alloc_init(struct kunit *test)
{
	if (!FAIL_USABLE)
		kunit_skip(test, "needs FAILSLAB, FAIL_PAGE_ALLOC and FAULT_INJECTION_DEBUG_FS");
	KUNIT_ASSERT_EQ(test, fail_prepare(), 0);
	return 0;
}

static struct kunit_suite alloc_suite = {
	.name = "vfe-blk_alloc",
	.init = alloc_init,
	.test_cases = alloc_kunit_cases,
};

kunit_test_suite(alloc_suite);

MODULE_DESCRIPTION("Tests of vfe_blk without memory");
MODULE_LICENSE("GPL");

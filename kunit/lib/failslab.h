/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocation failures: the n-th allocation of this task, or all from the n-th
 * on, in any part of the kernel (Documentation/fault-injection, "fail-nth" and
 * "make-it-fail"). The default settings in debugfs prevent it. This changes
 * them without a mount, so that a kernel without user space is sufficient.
 */
#ifndef VFE_KUNIT_FAILSLAB_H
#define VFE_KUNIT_FAILSLAB_H

#include <kunit/test.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kconfig.h>
#include <linux/radix-tree.h>
#include <linux/sched.h>

#include "lib/suite.h"
#include "mock/mock.h"

#define FAIL_MOST	4000U	/* more allocations than anything here makes */

#if IS_ENABLED(CONFIG_FAILSLAB) && IS_ENABLED(CONFIG_FAIL_PAGE_ALLOC) && \
	IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS)
#define FAIL_USABLE	1
#else
#define FAIL_USABLE	0
#endif

/* The variable of a debugfs file, or NULL */
static inline void *fail_setting(const char *dir, const char *name)
{
	struct dentry *parent = debugfs_lookup(dir, NULL);
	struct dentry *file = parent ? debugfs_lookup(name, parent) : NULL;
	void *data = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(parent);
	return data;
}

/* Allow any allocation of this kernel to fail. */
static inline int fail_prepare(void)
{
	static const char * const dirs[] = { "failslab", "fail_page_alloc" };
	unsigned long *verbose, *probability;
	bool *ignore, *filter;
	atomic_t *times;
	u32 *min_order;
	int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		ignore = fail_setting(dirs[i], "ignore-gfp-wait");
		verbose = fail_setting(dirs[i], "verbose");
		filter = fail_setting(dirs[i], "task-filter");
		times = fail_setting(dirs[i], "times");
		probability = fail_setting(dirs[i], "probability");
		if (!ignore || !verbose || !filter || !times || !probability)
			return -ENOENT;
		*ignore = false;
		*verbose = 0;
		/*
		 * for a task that enables it, any number of allocations:
		 * fail_from()
		 */
		*filter = true;
		atomic_set(times, -1);
		*probability = 100;
	}
	min_order = fail_setting("fail_page_alloc", "min-order");
	if (!min_order)
		return -ENOENT;
	*min_order = 0;
	return 0;
}

#if FAIL_USABLE

/*
 * The n-th allocation after this call fails, counted from 1. The kernel's DMA
 * checker disables itself if it cannot allocate a tree node: preload nodes
 * here.
 */
static inline void fail_nth(unsigned int n)
{
	if (!radix_tree_preload(GFP_KERNEL))
		radix_tree_preload_end();
	WRITE_ONCE(current->fail_nth, n);
}

/* The n-th fails, and all after it. */
static inline void fail_from(unsigned int n)
{
	fail_nth(n);
	current->make_it_fail = 1;
}

/*
 * Only the next @times pieces of 2^@order pages or more fail, -1 for all of
 * them until fail_end(). The next case calls fail_require() again.
 */
static inline void fail_pieces(unsigned int order, int times)
{
	*(unsigned long *)fail_setting("failslab", "probability") = 0;
	*(u32 *)fail_setting("fail_page_alloc", "min-order") = order;
	atomic_set(fail_setting("fail_page_alloc", "times"), times);
	current->make_it_fail = 1;
}

/* No more failures. Return: whether the n-th allocation occurred */
static inline bool fail_end(void)
{
	bool failed = !READ_ONCE(current->fail_nth);

	current->make_it_fail = 0;
	WRITE_ONCE(current->fail_nth, 0);
	return failed;
}

#else

static inline void fail_nth(unsigned int n)
{
}

static inline void fail_from(unsigned int n)
{
}

static inline void fail_pieces(unsigned int order, int times)
{
}

static inline bool fail_end(void)
{
	return false;
}

#endif

/* Skip a test on a kernel where allocations cannot be made to fail. */
static inline void fail_require(struct kunit *test)
{
	if (!FAIL_USABLE)
		kunit_skip(test, "needs FAILSLAB, FAIL_PAGE_ALLOC and FAULT_INJECTION_DEBUG_FS");
	KUNIT_ASSERT_EQ(test, fail_prepare(), 0);
}

/* If the PCI core cannot allocate a claim, it reports the BAR as busy. */
static inline bool fail_is_no_memory(int err)
{
	return err == -ENOMEM || err == -EBUSY;
}

/*
 * Call @once with 1, 2 and so on for as long as it says that there was an
 * allocation of that number, which failed; from @each on, only one in @step, see
 * VFE_STEP().
 * Return: the first number without an allocation
 */
static inline unsigned int fail_in_turn(bool (*once)(void *data,
						     unsigned int nth),
					void *data, unsigned int each,
					unsigned int step)
{
	unsigned int n = 1;

	while (n < FAIL_MOST && once(data, n))
		n += n < each ? 1 : VFE_STEP(step);
	return n;
}

/**
 * struct fail_probe - a function and its driver, for fail_a_probe()
 * @test: the test
 * @m: the function
 * @drv: the driver
 * @also: an error that means no memory, too: register_netdevice() reports
 *	  -ENOBUFS. If it is set, so does -EINVAL, with which device_add()
 *	  reports that there was none for a name
 * @refused: how many probes failed
 */
struct fail_probe {
	struct kunit *test;
	struct vfe_mock *m;
	struct device_driver *drv;
	int also;
	unsigned int refused;
};

/*
 * One probe, whose @nth allocation fails, if @nth is not 0: the function is not
 * bound at all then and reset, or bound and whole. Return: whether it failed
 */
static inline bool fail_a_probe(void *data, unsigned int nth)
{
	struct fail_probe *p = data;
	struct device *dev = &p->m->pdev->dev;
	bool failed;
	int err;

	device_release_driver(dev);
	fail_nth(nth);
	err = device_driver_attach(p->drv, dev);
	failed = fail_end();
	KUNIT_EXPECT_EQ_MSG(p->test, !err, !!dev->driver, "allocation %u", nth);
	if (!err)
		return failed;
	KUNIT_EXPECT_TRUE_MSG(p->test, fail_is_no_memory(err) ||
			      (p->also && (err == p->also || err == -EINVAL)),
			      "allocation %u: error %d", nth, err);
	KUNIT_EXPECT_EQ(p->test, p->m->status, 0);
	p->refused++;
	return failed;
}

#endif /* VFE_KUNIT_FAILSLAB_H */

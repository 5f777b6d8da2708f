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
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kconfig.h>
#include <linux/radix-tree.h>
#include <linux/sched.h>

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

static inline bool fail_end(void)
{
	return false;
}

#endif

#endif /* VFE_KUNIT_FAILSLAB_H */

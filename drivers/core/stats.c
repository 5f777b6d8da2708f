// SPDX-License-Identifier: GPL-2.0
/*
 * Counts of events other than register accesses. All are u64, first those of
 * the core, then those of the class, so that an index identifies a counter.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <vfe/compat/core.h>
#include <vfe/stats.h>

#include "sums.h"

static const u64 __percpu *vfe_stats_counter(const struct vfe_stats *stats,
					     unsigned int i)
{
	return (const u64 __percpu *)stats->events + i;
}

/**
 * vfe_stats_init() - set up the counters of events
 * @stats: zeroed here
 * @class: the counters of the class, or NULL
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_stats_init(struct vfe_stats *stats,
		   const struct vfe_class_counters *class)
{
	size_t size = sizeof(*stats->events) + (class ? class->size : 0);

	memset(stats, 0, sizeof(*stats));
	stats->class = class;
	stats->n = size / sizeof(u64);
	stats->base = kcalloc(stats->n, sizeof(u64), GFP_KERNEL);
	stats->events = __alloc_percpu(size, __alignof__(u64));
	if (stats->base && stats->events)
		return 0;
	vfe_stats_exit(stats);
	return -ENOMEM;
}
EXPORT_SYMBOL_NS_GPL(vfe_stats_init, VFE_NS);

/**
 * vfe_stats_exit() - free the counters
 * @stats: as vfe_stats_init() left it, or zeroed
 *
 * Context: process context, may sleep.
 */
void vfe_stats_exit(struct vfe_stats *stats)
{
	free_percpu(stats->events);
	stats->events = NULL;
	kfree(stats->base);
	stats->base = NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_stats_exit, VFE_NS);

/**
 * vfe_stats_read() - read one counter
 * @stats: the counts
 * @i: index of the counter
 *
 * Context: any.
 * Return: the events since the last reset.
 */
u64 vfe_stats_read(const struct vfe_stats *stats, unsigned int i)
{
	return vfe_sum_since(vfe_stats_counter(stats, i), &stats->base[i]);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_stats_read);

/**
 * vfe_stats_reset() - restart all sums from 0
 * @stats: the counts
 *
 * A concurrent event counts either before or after. Calls must not overlap.
 *
 * Context: process context.
 */
void vfe_stats_reset(struct vfe_stats *stats)
{
	unsigned int i;

	for (i = 0; i < stats->n; i++)
		vfe_sum_restart(vfe_stats_counter(stats, i), &stats->base[i]);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_stats_reset);

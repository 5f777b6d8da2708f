// SPDX-License-Identifier: GPL-2.0
/* Counts of events other than register accesses. */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>

#include <vfe/stats.h>

#include "sums.h"

/**
 * vfe_stats_init() - set up the counters of events
 * @stats: zeroed here
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_stats_init(struct vfe_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->events = alloc_percpu(struct vfe_event_counts);
	return stats->events ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(vfe_stats_init);

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
}
EXPORT_SYMBOL_GPL(vfe_stats_exit);

/**
 * vfe_stats_get() - events since the last reset
 * @stats: the counts
 * @sum: where to put them
 *
 * Context: any.
 */
void vfe_stats_get(const struct vfe_stats *stats, struct vfe_event_counts *sum)
{
	const struct vfe_event_counts __percpu *e = stats->events;
	const struct vfe_event_counts *base = &stats->base;

	sum->operations = vfe_sum_since(&e->operations, &base->operations);
	sum->interrupts = vfe_sum_since(&e->interrupts, &base->interrupts);
	sum->spurious = vfe_sum_since(&e->spurious, &base->spurious);
	sum->config = vfe_sum_since(&e->config, &base->config);
	sum->polls = vfe_sum_since(&e->polls, &base->polls);
	sum->polls_found = vfe_sum_since(&e->polls_found, &base->polls_found);
	sum->polls_ns = vfe_sum_since(&e->polls_ns, &base->polls_ns);
}
EXPORT_SYMBOL_GPL(vfe_stats_get);

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
	const struct vfe_event_counts __percpu *e = stats->events;

	vfe_sum_restart(&e->operations, &stats->base.operations);
	vfe_sum_restart(&e->interrupts, &stats->base.interrupts);
	vfe_sum_restart(&e->spurious, &stats->base.spurious);
	vfe_sum_restart(&e->config, &stats->base.config);
	vfe_sum_restart(&e->polls, &stats->base.polls);
	vfe_sum_restart(&e->polls_found, &stats->base.polls_found);
	vfe_sum_restart(&e->polls_ns, &stats->base.polls_ns);
}
EXPORT_SYMBOL_GPL(vfe_stats_reset);

// SPDX-License-Identifier: GPL-2.0
/* The counts of events, beside those of register accesses. */
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>

#include <vfe/stats.h>

/**
 * vfe_stats_init() - make ready to count events
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
 * vfe_stats_exit() - forget the counts
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

static void vfe_stats_sum(const struct vfe_stats *stats,
			  struct vfe_event_counts *sum)
{
	const struct vfe_event_counts *e;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		e = per_cpu_ptr(stats->events, cpu);
		sum->operations += e->operations;
		sum->interrupts += e->interrupts;
		sum->spurious += e->spurious;
		sum->config += e->config;
	}
}

/**
 * vfe_stats_get() - events since the last reset
 * @stats: the counts
 * @sum: where to put them
 *
 * Context: any.
 */
void vfe_stats_get(const struct vfe_stats *stats, struct vfe_event_counts *sum)
{
	struct vfe_event_counts base = {
		.operations = READ_ONCE(stats->base.operations),
		.interrupts = READ_ONCE(stats->base.interrupts),
		.spurious = READ_ONCE(stats->base.spurious),
		.config = READ_ONCE(stats->base.config),
	};

	/* the base first: a reset meanwhile may leave it beyond an older sum */
	smp_rmb(); /* with smp_mb() in vfe_stats_reset() */
	vfe_stats_sum(stats, sum);
	sum->operations -= base.operations;
	sum->interrupts -= base.interrupts;
	sum->spurious -= base.spurious;
	sum->config -= base.config;
}
EXPORT_SYMBOL_GPL(vfe_stats_get);

/**
 * vfe_stats_reset() - let all sums start from 0 again
 * @stats: the counts
 *
 * Events counted meanwhile count before or after. Calls must not overlap.
 *
 * Context: process context.
 */
void vfe_stats_reset(struct vfe_stats *stats)
{
	struct vfe_event_counts sum;

	vfe_stats_sum(stats, &sum);
	/* who sees the base sees what it sums */
	smp_mb();
	WRITE_ONCE(stats->base.operations, sum.operations);
	WRITE_ONCE(stats->base.interrupts, sum.interrupts);
	WRITE_ONCE(stats->base.spurious, sum.spurious);
	WRITE_ONCE(stats->base.config, sum.config);
}
EXPORT_SYMBOL_GPL(vfe_stats_reset);

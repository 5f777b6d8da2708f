/* SPDX-License-Identifier: GPL-2.0 */
/* All counts of events at once, as suites compare them. */
#ifndef VFE_KUNIT_STATS_H
#define VFE_KUNIT_STATS_H

#include <vfe/stats.h>

/* Events since the last reset, without those of the class */
static inline void stats_get(const struct vfe_stats *stats,
			     struct vfe_event_counts *sum)
{
	unsigned int i;

	for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
		((u64 *)sum)[i] = vfe_stats_read(stats, i);
}

#endif /* VFE_KUNIT_STATS_H */

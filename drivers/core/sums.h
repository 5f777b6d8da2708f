/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums of per-CPU counters. A reset does not write the counters, which the data
 * path writes: it stores the sum as a base, which later sums subtract.
 */
#ifndef VFE_SUMS_H
#define VFE_SUMS_H

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/types.h>

static inline u64 vfe_sum(const u64 __percpu *count)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(count, cpu));
	return sum;
}

/* Any context. */
static inline u64 vfe_sum_since(const u64 __percpu *count, const u64 *base)
{
	u64 then = READ_ONCE(*base);

	/*
	 * read the base first: a concurrent reset may store a base above an
	 * older sum
	 */
	smp_rmb(); /* with smp_mb() in vfe_sum_restart() */
	return vfe_sum(count) - then;
}

/* A concurrent event counts before or after this. Calls must not overlap. */
static inline void vfe_sum_restart(const u64 __percpu *count, u64 *base)
{
	u64 sum = vfe_sum(count);

	/*
	 * a reader that sees the new base also sees every count that it
	 * includes
	 */
	smp_mb(); /* with smp_rmb() in vfe_sum_since() */
	WRITE_ONCE(*base, sum);
}

#endif /* VFE_SUMS_H */

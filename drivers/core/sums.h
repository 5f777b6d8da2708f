/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A counter that each CPU has its own part of: its sum over all of them, and
 * how that starts from 0 again without writing what the data path writes. A
 * base keeps what the sum was then.
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

	/* the base first: a reset meanwhile may leave it beyond an older sum */
	smp_rmb(); /* with smp_mb() in vfe_sum_restart() */
	return vfe_sum(count) - then;
}

/* What is counted meanwhile counts before or after. Calls must not overlap. */
static inline void vfe_sum_restart(const u64 __percpu *count, u64 *base)
{
	u64 sum = vfe_sum(count);

	/* who sees the base sees what it sums */
	smp_mb(); /* with smp_rmb() in vfe_sum_since() */
	WRITE_ONCE(*base, sum);
}

#endif /* VFE_SUMS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One CPU. An increment is one instruction on memory, as this_cpu_inc() is on
 * x86; SHIM_NO_COUNTS omits it, to measure the cost of counting.
 */
#ifndef SHIM_LINUX_PERCPU_H
#define SHIM_LINUX_PERCPU_H

#include <linux/slab.h>

#define alloc_percpu(type)	((type *)host_zalloc(sizeof(type)))
#define free_percpu(p)		host_free(p)
#define per_cpu_ptr(p, cpu)	((void)(cpu), (p))

#ifdef SHIM_NO_COUNTS
#define this_cpu_inc(x)		((void)&(x))
#else
#define this_cpu_inc(x)		((void)(x)++)
#endif

#endif /* SHIM_LINUX_PERCPU_H */

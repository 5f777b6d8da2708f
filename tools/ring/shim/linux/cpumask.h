/* SPDX-License-Identifier: GPL-2.0 */
/* One CPU. */
#ifndef SHIM_LINUX_CPUMASK_H
#define SHIM_LINUX_CPUMASK_H

struct cpumask;

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)

#endif /* SHIM_LINUX_CPUMASK_H */

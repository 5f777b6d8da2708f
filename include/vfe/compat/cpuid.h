/* SPDX-License-Identifier: GPL-2.0 */
/* cpuid() and boot_cpu_has() of x86, whose header differs between kernels */
#ifndef VFE_COMPAT_CPUID_H
#define VFE_COMPAT_CPUID_H

#include <linux/version.h>

#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#include <asm/processor.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#include <asm/cpuid/api.h>
#endif
#endif

#endif /* VFE_COMPAT_CPUID_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Does this CPU need a fence instruction for a barrier against the device?
 *
 * On x86, the kernel's barrier between CPUs is a locked instruction. QEMU's
 * emulation (TCG) makes it a plain load and store when one thread runs all CPUs
 * of the guest, as with a single CPU; the device runs in another thread. The
 * driver and the device then miss each other's last buffer, and a kick or an
 * interrupt is lost. TCG executes a fence instruction as one in any case.
 */
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/string.h>
#include <linux/types.h>

#include <vfe/compat/cpuid.h>

#include "core.h"
#include "ring.h"

bool vfe_needs_fence __ro_after_init;

#ifdef CONFIG_X86

#define VFE_CPUID_HYPERVISOR	0x40000000

static bool __init vfe_cpu_is_emulated(void)
{
	u32 leaf, name[3];

	if (!boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return false;
	cpuid(VFE_CPUID_HYPERVISOR, &leaf, &name[0], &name[1], &name[2]);
	return !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
}

#else

static bool __init vfe_cpu_is_emulated(void)
{
	return false;
}

#endif

/* Once, when the module is loaded: under KVM, CPUID exits. */
void __init vfe_fence_init(void)
{
	vfe_needs_fence = vfe_cpu_is_emulated();
}

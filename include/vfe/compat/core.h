/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the supported kernels (6.1 to 7.3), for the core and all
 * classes. Only the headers of this folder use LINUX_VERSION_CODE.
 */
#ifndef VFE_COMPAT_CORE_H
#define VFE_COMPAT_CORE_H

#include <linux/cc_platform.h>
#include <linux/hrtimer.h>
#include <linux/pci.h>
#include <linux/version.h>
#include <uapi/linux/virtio_config.h>
#include <xen/xen.h>

/* Namespaces of the core's exported symbols: strings since 6.13 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define VFE_NS VFE
#define VFE_KUNIT_NS EXPORTED_FOR_KUNIT_TESTING
#else
#define VFE_NS "VFE"
#define VFE_KUNIT_NS "EXPORTED_FOR_KUNIT_TESTING"
#endif

/* bits that the headers of 6.1 lack */
#ifndef VIRTIO_F_NOTIFICATION_DATA
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#endif

/* 6.8 renamed it, 6.14 dropped the old name */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

/* Is the guest's memory encrypted, so that a device cannot read it? */
static inline bool vfe_memory_is_encrypted(void)
{
	return cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
}

/* Does all DMA need the DMA API, with any device? As in virtio_ring. */
static inline bool vfe_platform_maps(void)
{
	return xen_domain();
}

/* Since 6.13 one function sets up a timer. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void vfe_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*run)(struct hrtimer *),
				     enum hrtimer_mode mode)
{
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = run;
}
#else
static inline void vfe_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*run)(struct hrtimer *),
				     enum hrtimer_mode mode)
{
	hrtimer_setup(timer, run, CLOCK_MONOTONIC, mode);
}
#endif

#endif /* VFE_COMPAT_CORE_H */

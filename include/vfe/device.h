/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a virtio-pci function under a class driver:
 *
 *   vfe_create -> vfe_negotiate -> (vfe_config_read) -> vfe_queues_create
 *     -> vfe_ready -> I/O -> vfe_reset -> vfe_destroy
 *
 * and, to recover or to resume: vfe_reset -> vfe_restart -> vfe_ready.
 */
#ifndef VFE_DEVICE_H
#define VFE_DEVICE_H

#include <linux/cpumask.h>
#include <linux/pci.h>
#include <linux/types.h>

#include "queue.h"
#include "regs.h"
#include "stats.h"

struct vfe_device;

/**
 * enum vfe_interrupts - the best kind of interrupt to use
 * @VFE_IRQ_MSIX: a vector a queue and one for configuration changes
 * @VFE_IRQ_SHARED: one vector for all queues, one for configuration changes
 * @VFE_IRQ_SINGLE: one vector for everything
 * @VFE_IRQ_INTX: the function's INTx pin
 *
 * Each falls back to the next.
 */
enum vfe_interrupts {
	VFE_IRQ_MSIX,
	VFE_IRQ_SHARED,
	VFE_IRQ_SINGLE,
	VFE_IRQ_INTX,
};

/**
 * struct vfe_device_ops - what the core tells a class driver
 * @config_changed: the device changed its configuration; called from a work
 *		    item, may sleep
 * @needs_reset: the device asks for a reset (DEVICE_NEEDS_RESET) or broke the
 *		 rules of a ring; called once until vfe_restart(), from any
 *		 context, often with a queue's lock held: schedule a work item;
 *		 not called from vfe_reset() on
 */
struct vfe_device_ops {
	void (*config_changed)(struct vfe_device *vd);
	void (*needs_reset)(struct vfe_device *vd);
};

/**
 * vfe_create() - take a PCI function over
 * @pdev: the function, bound to the caller
 * @ops: the class driver's, may not be NULL
 * @priv: for vfe_priv()
 *
 * Enables the function, walks its capabilities, maps what they describe, or
 * BAR 0 of a legacy device, resets the device and sets ACKNOWLEDGE and DRIVER.
 *
 * Context: process context, may sleep.
 * Return: the device, or ERR_PTR: -ENODEV a needed capability is missing or
 * the function is gone, -EINVAL a capability is malformed, -ETIMEDOUT no end of
 * the reset, -ENOMEM. Each with one line in the log.
 */
struct vfe_device *vfe_create(struct pci_dev *pdev,
			      const struct vfe_device_ops *ops, void *priv);

/* Resets, gives everything back. The class driver's buffers are back already. */
void vfe_destroy(struct vfe_device *vd);

/**
 * vfe_negotiate() - agree on features
 * @vd: the device
 * @wanted: feature bits of the device type to accept where offered
 * @required: those without which the driver cannot work
 *
 * The core adds what it can do itself (VERSION_1, EVENT_IDX, ...).
 *
 * Return: 0, -ENODEV when a required bit (or VERSION_1, or ACCESS_PLATFORM
 * where the guest's memory is encrypted) is not offered or FEATURES_OK did not
 * stick; FAILED is set then and the log says which.
 */
int vfe_negotiate(struct vfe_device *vd, u64 wanted, u64 required);
bool vfe_has_feature(const struct vfe_device *vd, unsigned int bit);

/**
 * vfe_config_read() - a consistent copy of device-specific configuration
 * @vd: the device
 * @offset: in bytes
 * @fields: sizes in bytes (1, 2, 4 or 8) of consecutive fields, 0-terminated
 * @buf: little endian, as the device has it; sum of @fields bytes
 *
 * Repeats while config_generation changes (2.5.1), on a legacy device until two
 * reads agree (2.5.4), a bounded number of times. One field of 32 bits or fewer
 * is read once.
 *
 * Return: 0, -EINVAL beyond the structure the device has or for more than 64
 * bytes, -EAGAIN when the generation never settled, -ENODEV when the device is
 * gone.
 */
int vfe_config_read(struct vfe_device *vd, u32 offset, const u8 *fields,
		    void *buf);
/* one byte of configuration, for writeback of block devices */
int vfe_config_write8(struct vfe_device *vd, u32 offset, u8 val);

/**
 * vfe_queues_create() - set up queues and interrupts
 * @vd: the device, features negotiated
 * @specs: one a queue
 * @n: how many queues
 * @irqs: the best kind of interrupts to use
 *
 * Return: 0, -ENOMEM, -EINVAL a queue's size or notify offset is out of
 * bounds, or a polled queue is in front of one that is not, -ENODEV a queue is
 * missing, -ENOSPC no interrupt kind works.
 */
int vfe_queues_create(struct vfe_device *vd, const struct vfe_queue_spec *specs,
		      unsigned int n, enum vfe_interrupts irqs);
struct vfe_queue *vfe_get_queue(struct vfe_device *vd, unsigned int index);
unsigned int vfe_num_queues(const struct vfe_device *vd);
/*
 * Most queues that the device has (num_queues), read once at creation; what a
 * legacy device has is not known, and 65535 here.
 */
unsigned int vfe_max_queues(const struct vfe_device *vd);
/* CPUs that the queue's vector goes to, NULL when it has none of its own */
const struct cpumask *vfe_queue_affinity(const struct vfe_device *vd,
					 unsigned int index);

/* DRIVER_OK: from here on the device may be kicked. Return: 0 or -ENODEV. */
int vfe_ready(struct vfe_device *vd);

/**
 * vfe_reset() - stop the device
 * @vd: the device
 *
 * When it returns, no done() or config_changed() runs and the device touches
 * no buffer: take them back with vfe_queue_detach(). Bounded wait.
 *
 * Context: process context, may sleep; not from config_changed(); the caller
 * has stopped adding.
 * Return: 0, -ETIMEDOUT the device never answered (bus mastering is switched
 * off then, so that the buffers are safe all the same), -ENODEV it is gone.
 */
int vfe_reset(struct vfe_device *vd);

/**
 * vfe_restart() - bring a reset device up again, to just before vfe_ready()
 * @vd: the device, after vfe_reset(); all buffers detached
 *
 * Same features, same queues (empty), same kind of interrupts.
 *
 * Return: 0, or as vfe_create(), vfe_negotiate(), vfe_queues_create(); -ENODEV
 * too when the device does not offer the same features any more.
 */
int vfe_restart(struct vfe_device *vd);

/* Does the device ask for a reset, or is it gone? Reads one register. */
bool vfe_wants_reset(struct vfe_device *vd);

/*
 * Is the function known to be gone? Looks at no register: what reads as ones is
 * found by vfe_reset(), vfe_config_read() and interrupts, and remembered.
 */
bool vfe_gone(const struct vfe_device *vd);

struct device *vfe_dev(const struct vfe_device *vd);	/* for the DMA API */
/*
 * Are addresses for the device those of the DMA API? If not, it takes physical
 * ones: ACCESS_PLATFORM was not negotiated. Known after vfe_negotiate().
 */
bool vfe_dma_api(const struct vfe_device *vd);
void *vfe_priv(const struct vfe_device *vd);
struct vfe_regs *vfe_regs_of(struct vfe_device *vd);
struct vfe_stats *vfe_stats_of(struct vfe_device *vd);

#endif /* VFE_DEVICE_H */

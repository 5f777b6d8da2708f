/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a virtio-pci function under a class driver:
 *
 *   vfe_create -> vfe_negotiate -> (vfe_config_read) -> vfe_queues_create
 *     -> vfe_ready -> I/O -> vfe_reset -> vfe_destroy
 *
 * and, to recover or to resume: vfe_reset -> vfe_restart -> vfe_ready. Where the
 * bus fails below the function (AER, EEH), the class driver's error handlers are
 *
 *   error_detected: stop adding, vfe_function_lost, take buffers back
 *   slot_reset: vfe_function_back
 *   resume: vfe_restart -> vfe_ready
 *
 * vfe_restart() may fail and be called again, any number of times: a device that
 * takes long for its reset, or a function that comes back, is driven again then.
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
struct workqueue_struct;

/*
 * Runs config_changed(), and is for the recovery of class drivers: it has a
 * thread also when memory is short, so that memory can be written out to a disk
 * that is being recovered. What runs here does not wait for I/O, and its
 * allocations do not either (memalloc_noio_save()).
 */
extern struct workqueue_struct *vfe_wq;

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
 *		    item of vfe_wq, may sleep; allocations do not wait for I/O
 * @needs_reset: the device asks for a reset (DEVICE_NEEDS_RESET), lost DRIVER_OK,
 *		 does not answer or is gone, or broke the rules of a ring;
 *		 called once until vfe_restart(), from any
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
 * the reset in a minute (after five seconds the log says what is waited for),
 * -ENOMEM. Each with one line in the log.
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
 * The core adds what it can do itself (VERSION_1, EVENT_IDX, ...), and leaves
 * alone what the device offers and has no registers for; the log says so.
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
 * gone, -EIO when it does not answer.
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
 * missing, -ENOENT one is still enabled after the reset, -ENOSPC no interrupt
 * kind works, -EIO the registers do not answer.
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

/*
 * DRIVER_OK: from here on the device may be kicked. Return: 0, -ENODEV, or -EIO
 * when the device does not answer.
 */
int vfe_ready(struct vfe_device *vd);

/**
 * vfe_reset() - stop the device
 * @vd: the device
 *
 * When it returns, no done() or config_changed() runs and the device touches
 * no buffer: take them back with vfe_queue_detach(). Waits for five seconds at
 * most, and may be called again after -ETIMEDOUT, as vfe_restart() may: both wait
 * for a tenth of a second then. The reset goes on meanwhile.
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
 * Same features, same queues (empty), same kind of interrupts. A function that
 * was found gone and is there again is configured again first, unless it was
 * vfe_function_lost() that took it away. Bus mastering is on again only when the
 * device has ended its reset.
 *
 * Return: 0, or as vfe_create(), vfe_negotiate(), vfe_queues_create(); -ENODEV
 * too when the device does not offer the same features any more. After an error
 * it may be called again, now or hours later; after each pause that the caller
 * thinks fit.
 */
int vfe_restart(struct vfe_device *vd);

/**
 * enum vfe_health - what a device's status says
 * @VFE_HEALTH_GOOD: nothing is wrong that it knows of: wait on
 * @VFE_HEALTH_NEEDS_RESET: it asks for a reset, lost DRIVER_OK (QEMU's device
 *			    does when bus mastering is switched off under it),
 *			    or does not answer
 * @VFE_HEALTH_GONE: the function is not there, or may not be touched
 */
enum vfe_health {
	VFE_HEALTH_GOOD,
	VFE_HEALTH_NEEDS_RESET,
	VFE_HEALTH_GONE,
};

/**
 * vfe_health() - how is the device? For one that has been silent for long
 * @vd: the device
 *
 * Reads one register; none of a function that is known to be gone. What it finds
 * is told in the log once until the next reset, with the status.
 *
 * Context: any.
 * Return: how it is.
 */
enum vfe_health vfe_health(struct vfe_device *vd);

/* Is it anything but good? Reads one register. */
bool vfe_wants_reset(struct vfe_device *vd);

/*
 * Is the function known to be gone, or its bus to have failed? Looks at no
 * register: what reads as ones is found by vfe_health(), vfe_reset(),
 * vfe_config_read() and interrupts, and remembered until vfe_function_back() or
 * vfe_restart() find it again.
 */
bool vfe_gone(const struct vfe_device *vd);

/**
 * vfe_function_lost() - touch the function no more, its bus failed
 * @vd: the device
 *
 * For error_detected() of struct pci_error_handlers. When it returns, no done()
 * or config_changed() runs, and no register is accessed before
 * vfe_function_back(): what would do so fails with -ENODEV. Bus mastering is
 * off. Take buffers back with vfe_queue_detach(). needs_reset() is not called.
 *
 * Context: process context, may sleep; not from config_changed(); the caller
 * has stopped adding, and serialises this with vfe_reset() and vfe_restart().
 */
void vfe_function_lost(struct vfe_device *vd);

/**
 * vfe_function_back() - a function that was lost or gone is there again
 * @vd: the device; all buffers detached
 *
 * For slot_reset() of struct pci_error_handlers. Restores configuration space as
 * it was when the function was taken over, and enables it. The device is reset
 * by vfe_restart(), which is next; bus mastering is off until then.
 *
 * Context: process context, may sleep; serialised as vfe_function_lost().
 * Return: 0, -ENODEV it is not there (yet), or another one is in its place, or
 * the error of enabling it.
 */
int vfe_function_back(struct vfe_device *vd);

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

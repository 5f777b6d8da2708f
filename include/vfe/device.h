/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a virtio-pci function under a class driver:
 *
 *   vfe_create -> vfe_negotiate -> (vfe_config_read) -> vfe_queues_create
 *     -> vfe_ready -> I/O -> vfe_reset -> vfe_destroy
 *
 * and, to recover or to resume: vfe_reset -> vfe_restart -> vfe_ready. When the
 * function's bus fails (AER, EEH), vfe_recovery_err_handler does
 *
 *   error_detected: stop adding, vfe_function_offline, take buffers back
 *   slot_reset: vfe_function_restore
 *   resume: vfe_restart -> vfe_ready
 *
 * After an error, vfe_restart() may be called again at any time: a slow reset
 * may have ended, or the function may be back.
 */
#ifndef VFE_DEVICE_H
#define VFE_DEVICE_H

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "queue.h"
#include "regs.h"
#include "stats.h"

struct vfe_device;
struct vfe_transport_ops;

/*
 * Workqueue for config_changed() and for the recovery of devices: it has a
 * rescuer thread (WQ_MEM_RECLAIM), so that a disk can be recovered while memory
 * reclaim waits for writes to it. Work items must not wait for I/O, and must
 * allocate under memalloc_noio_save().
 */
extern struct workqueue_struct *vfe_wq;

/**
 * enum vfe_interrupts - the preferred kind of interrupt
 * @VFE_IRQ_MSIX: one vector for each queue with VFE_VECTOR_OWN, one for
 *		  configuration changes
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
 * vfe_parse_interrupts() - read a class driver's module parameter "interrupts"
 * @module: the module's name, for the message
 * @kind: the parameter: msix, shared, single or intx
 * @irqs: set to the kind
 *
 * Return: 0, or -EINVAL with a line in the log.
 */
int vfe_parse_interrupts(const char *module, const char *kind,
			 enum vfe_interrupts *irqs);

/**
 * struct vfe_device_ops - callbacks of a class driver
 * @config_changed: the device changed its configuration; called from a work
 *		    item of vfe_wq, may sleep; allocations do not wait for I/O
 * @needs_reset: the device set DEVICE_NEEDS_RESET, lost DRIVER_OK, does not
 *		 answer, is gone, or violated the rules of a ring. Called once
 *		 until vfe_restart(), or until a recovery finds that the fault
 *		 is over; not called after vfe_reset() has begun. Called from
 *		 any context, often with a queue's lock held: schedule a work
 *		 item
 * @counters: the class's own counters, or NULL
 */
struct vfe_device_ops {
	void (*config_changed)(struct vfe_device *vd);
	void (*needs_reset)(struct vfe_device *vd);
	const struct vfe_class_counters *counters;
};

/* --- the members of a device: for the core, and for inline functions --- */

/**
 * enum vfe_state - the state of a device in its life cycle
 * @VFE_STATE_RESET: the device is reset, or was not used yet
 * @VFE_STATE_DRIVER: ACKNOWLEDGE and DRIVER are set
 * @VFE_STATE_FEATURES: features are negotiated
 * @VFE_STATE_QUEUES: queues and interrupts are set up
 * @VFE_STATE_LIVE: DRIVER_OK is set, or about to be
 * @VFE_STATE_FAILED: FAILED is set, a reset timed out, or the function was gone
 *		      and is back: the device must be reset
 * @VFE_STATE_GONE: the function is gone, or its bus failed; only
 *		    vfe_function_restore() leaves this state
 * @VFE_NUM_STATES: number of states
 */
enum vfe_state {
	VFE_STATE_RESET,
	VFE_STATE_DRIVER,
	VFE_STATE_FEATURES,
	VFE_STATE_QUEUES,
	VFE_STATE_LIVE,
	VFE_STATE_FAILED,
	VFE_STATE_GONE,
	VFE_NUM_STATES
};

/**
 * struct vfe_irqs - a function's interrupts
 * @mode: the kind in use
 * @spread: the first vector with managed affinity; all later ones have it, too
 * @vectors: number of allocated vectors, 0 without interrupts
 * @requested: number of installed handlers
 * @names: names of the vectors in /proc/interrupts
 * @enabled: handlers may access the device; false while it is reset
 */
struct vfe_irqs {
	enum vfe_interrupts mode;
	unsigned int spread;
	unsigned int vectors;
	unsigned int requested;
	char (*names)[32];
	bool enabled;
};

/**
 * struct vfe_device - a virtio-pci function
 * @pdev: the function
 * @ops: the class driver's operations
 * @priv: the class driver's data
 * @transport: the interface of the device, modern or legacy
 * @regs: the mapped windows, and counts of accesses
 * @stats: counts of events
 * @state: only changed by vfe_set_state() and vfe_function_restore()
 * @features: negotiated features, bits 0 to 63
 * @features_high: the same from 64 on: bit 0 stands for 64
 * @dma_api: see vfe_dma_api()
 * @notify_start: offset of the notification structure in its BAR
 * @notify_multiplier: bytes from one queue's notify slot to the next
 * @common_length: length of the common structure, in bytes
 * @no_room: features whose registers are not in the structures
 * @bars: requested BARs, one bit each
 * @saved: PCI configuration space as it was at vfe_create()
 * @max_queues: number of queues of the device
 * @queues: the queues, @num_queues of them
 * @num_queues: number of queues that are set up
 * @irqs: interrupts
 * @ring_lock: held while a ring is replaced, and while sysfs reads one
 * @config_work: handles a configuration change
 * @config_lock: held by config_changed()
 * @reset_requested: bit 0: do not call needs_reset(), because it was called
 *		    already or a reset has begun; cleared when queues are set up
 *		    and by vfe_clear_reset_request()
 * @hung: a reset timed out, and has not ended yet
 * @running: DRIVER_OK was written, and no reset has begun since
 * @offline: between vfe_function_offline() and vfe_function_restore()
 * @logged: bits VFE_LOGGED_*: logged since the last reset
 * @logged_len: a wrong used length was logged
 * @log: rate limit for messages that a device can cause repeatedly
 */
struct vfe_device {
	struct pci_dev *pdev;
	const struct vfe_device_ops *ops;
	void *priv;
	const struct vfe_transport_ops *transport;
	struct vfe_regs regs;
	struct vfe_stats stats;
	enum vfe_state state;
	u64 features;
	u64 features_high;
	bool dma_api;
	u32 notify_start;
	u32 notify_multiplier;
	u32 common_length;
	u64 no_room;
	int bars;
	struct pci_saved_state *saved;
	unsigned int max_queues;
	struct vfe_queue *queues;
	unsigned int num_queues;
	struct vfe_irqs irqs;
	struct mutex ring_lock;	/* rings, see above */
	struct work_struct config_work;
	struct mutex config_lock;	/* see above */
	unsigned long reset_requested;
	bool hung;
	bool running;
	bool offline;
	unsigned long logged;
	bool logged_len;
	struct ratelimit_state log;
};

/* The struct device of the function, for messages and the DMA API */
static inline struct device *vfe_dev(const struct vfe_device *vd)
{
	return &vd->pdev->dev;
}

/* The @priv of vfe_create() */
static inline void *vfe_priv(const struct vfe_device *vd)
{
	return vd->priv;
}

/* For a class driver that must read the device before it has its own data */
static inline void vfe_set_priv(struct vfe_device *vd, void *priv)
{
	vd->priv = priv;
}

static inline struct vfe_regs *vfe_regs_of(struct vfe_device *vd)
{
	return &vd->regs;
}

static inline struct vfe_stats *vfe_stats_of(struct vfe_device *vd)
{
	return &vd->stats;
}

static inline enum vfe_state vfe_get_state(const struct vfe_device *vd)
{
	return READ_ONCE(vd->state);
}

/* Was this feature negotiated? */
static inline bool vfe_has_feature(const struct vfe_device *vd,
				   unsigned int bit)
{
	return (bit < 64 ? vd->features : vd->features_high) &
	       BIT_ULL(bit % 64);
}

/*
 * Does the device use addresses of the DMA API? If not, it uses physical ones,
 * because ACCESS_PLATFORM was not negotiated. Valid after vfe_negotiate().
 */
static inline bool vfe_dma_api(const struct vfe_device *vd)
{
	return vd->dma_api;
}

/*
 * Is the function known to be gone, or has its bus failed? Reads no register:
 * vfe_health(), vfe_reset(), vfe_config_read() and interrupts detect registers
 * that read as ones, and the core remembers that until vfe_function_restore()
 * or vfe_restart() finds the function again.
 */
static inline bool vfe_gone(const struct vfe_device *vd)
{
	return vfe_get_state(vd) == VFE_STATE_GONE ||
	       pci_channel_offline(vd->pdev);
}

/*
 * Number of queues of the device (num_queues), read by vfe_create(), and by
 * vfe_reread_max_queues(); 65535 for a legacy device, which has no such register.
 */
static inline unsigned int vfe_max_queues(const struct vfe_device *vd)
{
	return vd->max_queues;
}

/* Number of queues that are set up */
static inline unsigned int vfe_num_queues(const struct vfe_device *vd)
{
	return vd->num_queues;
}

/* --- functions for class drivers --- */

/**
 * vfe_check_id() - check that a function is a virtio device of one type
 * @pdev: the function
 * @type: the device type (VFE_TYPE_*)
 * @old: the PCI device id of its transitional and legacy devices
 *
 * The user may bind any function to a driver by driver_override.
 *
 * Return: 0, or -ENODEV with a line in the log.
 */
int vfe_check_id(const struct pci_dev *pdev, u16 type, u16 old);

/**
 * vfe_create() - start to use a PCI function
 * @pdev: the function, bound to the caller
 * @ops: the class driver's operations, not NULL
 * @priv: for vfe_priv()
 *
 * Enables the function, finds and maps its virtio structures, or BAR 0 of a
 * legacy device, resets the device and sets ACKNOWLEDGE and DRIVER.
 *
 * Context: process context, may sleep.
 * Return: the device, or ERR_PTR: -ENODEV a required capability is missing or
 * the function is gone, -EINVAL a capability is malformed, -EBUSY another
 * driver holds a BAR, -ETIMEDOUT the reset did not end within a minute, or
 * -ENOMEM or another error of the PCI core. A slow reset is logged.
 */
struct vfe_device *vfe_create(struct pci_dev *pdev,
			      const struct vfe_device_ops *ops, void *priv);

/* Resets the device and frees everything. Detach all buffers first. */
void vfe_destroy(struct vfe_device *vd);

/**
 * vfe_features_offered() - read the features that the device offers
 * @vd: the device
 * @offered: set to the feature bits below 64, as many as the interface has
 *
 * Before vfe_negotiate() a driver may also read the configuration, to choose
 * what it wants.
 *
 * Context: any.
 * Return: 0, -ENODEV when the function is gone, -EIO when it does not answer.
 */
int vfe_features_offered(struct vfe_device *vd, u64 *offered);

/**
 * vfe_negotiate() - negotiate features
 * @vd: the device
 * @wanted: feature bits of the device type to accept if offered
 * @wanted_high: the same from 64 on: bit 0 stands for 64
 * @required: feature bits without which the driver cannot work, below 64
 *
 * The core adds the features that it supports itself (VERSION_1, EVENT_IDX,
 * ...). It does not accept a feature that the device offers without its
 * registers, and logs that. It reads features from 64 on only if one is wanted.
 *
 * Return: 0, -ENODEV when a required bit (or VERSION_1, or ACCESS_PLATFORM
 * where the guest's memory is encrypted) is not offered or the device refuses
 * FEATURES_OK; the core sets FAILED then, and logs the features. -EIO when the
 * device does not answer.
 */
int vfe_negotiate(struct vfe_device *vd, u64 wanted, u64 wanted_high,
		  u64 required);

/**
 * vfe_reread_max_queues() - read the number of queues again
 * @vd: the device, features negotiated
 *
 * QEMU's network device has only the queues that the accepted features need.
 *
 * Return: the number.
 */
unsigned int vfe_reread_max_queues(struct vfe_device *vd);

/**
 * vfe_config_read() - read device-specific configuration consistently
 * @vd: the device
 * @offset: in bytes
 * @fields: sizes in bytes (1, 2, 4 or 8) of consecutive fields, 0-terminated
 * @buf: where to put the fields, little endian; as long as all @fields
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

/**
 * vfe_config_reread() - call config_changed() of the class driver
 * @vd: the device
 *
 * One call at a time: one that has read an old configuration does not overtake
 * one that has read a newer one. A device does not report changes before
 * DRIVER_OK, so the class driver calls this once it can act on them.
 *
 * Context: process context, may sleep.
 */
void vfe_config_reread(struct vfe_device *vd);

/**
 * vfe_config_read_field() - read one field of device-specific configuration
 * @vd: the device
 * @offset: in bytes
 * @size: of the field, in bytes: 1, 2, 4 or 8
 * @val: where to put the value, in the CPU's byte order; 0 on an error
 *
 * Return: 0, or as vfe_config_read() with a line in the log.
 */
int vfe_config_read_field(struct vfe_device *vd, u32 offset, u8 size, u64 *val);

/**
 * vfe_config_write() - write one field of device-specific configuration
 * @vd: the device, features negotiated
 * @offset: in bytes
 * @size: of the field, in bytes: 1, 2 or 4
 * @val: its value
 *
 * Return: 0, -EINVAL outside the structure the device has, misaligned or of
 * another size, -EBUSY before the negotiation of features or after a reset,
 * -ENODEV when the device is gone.
 */
int vfe_config_write(struct vfe_device *vd, u32 offset, u8 size, u32 val);

/**
 * vfe_queues_create() - set up queues and interrupts
 * @vd: the device, features negotiated
 * @specs: one per queue
 * @n: number of queues
 * @irqs: the preferred kind of interrupts
 *
 * Return: 0, or -ENOMEM; -EINVAL if a queue's size or notify offset is out of
 * bounds, or the specs are not in order; -ENODEV if a queue is missing; -ENOENT
 * if one is still enabled after the reset; -ENOSPC if no interrupt kind works;
 * -EIO if the registers do not answer.
 */
int vfe_queues_create(struct vfe_device *vd, const struct vfe_queue_spec *specs,
		      unsigned int n, enum vfe_interrupts irqs);
struct vfe_queue *vfe_get_queue(struct vfe_device *vd, unsigned int index);
/* CPUs of the queue's vector, NULL if it has no managed affinity */
const struct cpumask *vfe_queue_affinity(const struct vfe_device *vd,
					 unsigned int index);

/**
 * vfe_queue_set_affinity() - move a queue's interrupt, which users may move again
 * @q: the queue, whose vector has no managed affinity
 * @mask: the CPUs
 *
 * Does nothing if the queue has no vector of its own.
 *
 * Context: process context, may sleep.
 */
void vfe_queue_set_affinity(struct vfe_queue *q, const struct cpumask *mask);

/**
 * vfe_map_queues() - map each CPU to the queue whose interrupt it handles
 * @vd: the device
 * @first: the first queue
 * @n: number of queues
 * @map: for each CPU, set to the number of its queue, from 0 for @first on
 *
 * Return: false if a queue has no managed affinity.
 */
bool vfe_map_queues(const struct vfe_device *vd, unsigned int first,
		    unsigned int n, unsigned int *map);

/*
 * Sets DRIVER_OK: from now on the driver may kick the device. Return: 0,
 * -ENODEV, or -EIO when the device does not answer.
 */
int vfe_ready(struct vfe_device *vd);

/**
 * vfe_reset() - stop the device
 * @vd: the device
 *
 * When it returns, no done() or config_changed() runs and the device accesses
 * no buffer: detach them with vfe_queue_detach(). Waits for five seconds at
 * most. After -ETIMEDOUT, it and vfe_restart() may be called again: a repeated
 * call waits for 100 ms at most. The reset continues meanwhile.
 *
 * Context: process context, may sleep; not from config_changed(); the caller
 * has stopped adding.
 * Return: 0, -ETIMEDOUT the device did not end the reset (the core disables bus
 * mastering then, so that the device cannot access the buffers), -ENODEV it is
 * gone.
 */
int vfe_reset(struct vfe_device *vd);

/**
 * vfe_restart() - set a reset device up again, to just before vfe_ready()
 * @vd: the device, after vfe_reset(); all buffers detached
 *
 * Same features, same queues (empty), same kind of interrupts. If the function
 * was found gone and is back, this restores its configuration first, except
 * after vfe_function_offline(). Bus mastering is enabled only after the device
 * has ended its reset.
 *
 * Return: 0, or as vfe_create(), vfe_negotiate(), vfe_queues_create(); also
 * -ENODEV if the device no longer offers the same features. After an error the
 * caller may try again at any time.
 */
int vfe_restart(struct vfe_device *vd);

/**
 * enum vfe_health - health of a device
 * @VFE_HEALTH_GOOD: the device reports no fault: go on waiting
 * @VFE_HEALTH_NEEDS_RESET: it set DEVICE_NEEDS_RESET, lost DRIVER_OK (QEMU's
 *			    device does when bus mastering is disabled), or does
 *			    not answer
 * @VFE_HEALTH_GONE: the function is gone, or its bus failed
 */
enum vfe_health {
	VFE_HEALTH_GOOD,
	VFE_HEALTH_NEEDS_RESET,
	VFE_HEALTH_GONE,
};

/**
 * vfe_health() - check the status of a device that was silent for long
 * @vd: the device
 *
 * Reads one register; none if the function is known to be gone. Logs a fault
 * with the status, but not again before the next reset.
 *
 * Context: any.
 * Return: the device's health.
 */
enum vfe_health vfe_health(struct vfe_device *vd);

/* Does the device need a reset, or is it gone? As vfe_health(). */
bool vfe_wants_reset(struct vfe_device *vd);

/**
 * vfe_function_offline() - stop accessing the function: its bus failed
 * @vd: the device
 *
 * For error_detected() of struct pci_error_handlers. When it returns, no done()
 * or config_changed() runs, and the core accesses no register before
 * vfe_function_restore(): calls that would do so fail with -ENODEV. Bus
 * mastering is off. Take buffers back with vfe_queue_detach(). needs_reset() is
 * not called.
 *
 * Context: process context, may sleep; not from config_changed(); the caller
 * has stopped adding, and serialises this with vfe_reset() and vfe_restart().
 */
void vfe_function_offline(struct vfe_device *vd);

/**
 * vfe_function_restore() - use a function again that was offline or gone
 * @vd: the device; all buffers detached
 *
 * For slot_reset() of struct pci_error_handlers. Restores configuration space
 * as it was at vfe_create(), and enables the function. Call vfe_restart() next,
 * which resets the device; bus mastering is off until then.
 *
 * Context: process context, may sleep; serialised as vfe_function_offline().
 * Return: 0, -ENODEV if it is not present (yet) or is another function, or the
 * error of enabling it.
 */
int vfe_function_restore(struct vfe_device *vd);

/**
 * vfe_alloc_shared() - allocate memory that driver and device share
 * @vd: the device, features negotiated
 * @len: in bytes
 * @dma: set to the device's address of the memory
 *
 * Context: process context, may sleep.
 * Return: the memory, zeroed and aligned to a page, or NULL.
 */
void *vfe_alloc_shared(struct vfe_device *vd, size_t len, dma_addr_t *dma);
/* Frees memory that the device no longer uses. */
void vfe_free_shared(struct vfe_device *vd, size_t len, void *memory,
		     dma_addr_t dma);

#endif /* VFE_DEVICE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recovery: the core makes the class driver hold requests back, resets the
 * device or some of its queues, and makes the class driver send the requests
 * again. The core decides when and how often; the class driver supplies the
 * operations.
 */
#ifndef VFE_RECOVERY_H
#define VFE_RECOVERY_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct vfe_device;

/**
 * enum vfe_run - the state of a device for its class driver
 * @VFE_RUN_STOPPED: it is not started yet, or suspended
 * @VFE_RUN_LIVE: it accepts requests
 * @VFE_RUN_RECOVERING: a reset is under way or failed, or the bus is down:
 *			requests wait
 * @VFE_RUN_GIVEN_UP: the recovery ended without success: requests fail
 * @VFE_RUN_DEAD: the driver is being unbound, the function was removed, or the
 *		  system shuts down: requests fail
 */
enum vfe_run {
	VFE_RUN_STOPPED,
	VFE_RUN_LIVE,
	VFE_RUN_RECOVERING,
	VFE_RUN_GIVEN_UP,
	VFE_RUN_DEAD,
};

/**
 * struct vfe_recovery_ops - operations of a class driver for recovery
 * @quiesce: stop dispatch, and wait until no dispatch runs
 * @close: accept no more requests for @n queues from @first on; when it
 *	   returns, nothing is added to them and no notification is written
 *	   (virtio 1.4, 2.6.1)
 * @take_back: detach all buffers of a reset queue, to send them again later
 * @restore: write configuration fields that the reset cleared
 * @open: accept requests for a queue again
 * @unquiesce: the opposite of @quiesce
 * @resend: send the requests of @take_back again; in states GIVEN_UP and DEAD
 *	    fail them instead
 * @drain: hold new requests back, and wait up to @timeout jiffies for those in
 *	   flight; return whether all are done
 * @undrain: accept new requests again
 * @removed: the device is gone, and its requests failed: notify its users
 *
 * @quiesce, @restore, @unquiesce, @drain, @undrain and @removed may be NULL.
 *
 * All run in process context. @drain, @undrain and @removed run without
 * &vfe_recovery.lock, and so does @close from vfe_recovery_exit(); all others
 * hold it. Only @drain may wait for a request.
 */
struct vfe_recovery_ops {
	void (*quiesce)(struct vfe_device *vd);
	void (*close)(struct vfe_device *vd, unsigned int first,
		      unsigned int n);
	void (*take_back)(struct vfe_device *vd, unsigned int queue);
	int (*restore)(struct vfe_device *vd);
	void (*open)(struct vfe_device *vd, unsigned int queue);
	void (*unquiesce)(struct vfe_device *vd);
	void (*resend)(struct vfe_device *vd);
	bool (*drain)(struct vfe_device *vd, unsigned long timeout);
	void (*undrain)(struct vfe_device *vd);
	void (*removed)(struct vfe_device *vd);
};

/**
 * struct vfe_recovery - the recovery of a device
 * @vd: the device
 * @ops: the class driver's
 * @name: the device's name for users, in messages
 * @lock: serialises changes of @state, and resets and restarts of the device
 * @state: read without @lock where a stale answer does no harm
 * @halted: the class driver is quiesced, its queues are closed
 * @enabled: retry a recovery that failed; the user may disable this
 * @leaving: the driver is being unbound: a recovery that fails is not retried
 * @channel_lost: error_detected() was called, resume() was not yet
 * @failing: requests failed when the device was stopped, and fail again if its
 *	     bus is down when it resumes
 * @force_reset: the next recovery resets the device, not only queues
 * @queue_resets: after a queue reset the device completes none of the queue's
 *		  old requests. QEMU's devices also offer RING_RESET, but
 *		  complete old requests into the new ring
 * @resets: number of resets, of the device or of queues, since its last
 *	    completion
 * @work: resets the device, and sends its requests again
 * @work_lock: protects @ended
 * @ended: @work is not scheduled any more
 */
struct vfe_recovery {
	struct vfe_device *vd;
	const struct vfe_recovery_ops *ops;
	const char *name;
	struct mutex lock;	/* of the device, see above */
	enum vfe_run state;
	bool halted;
	bool enabled;
	bool leaving;
	bool channel_lost;
	bool failing;
	bool force_reset;
	bool queue_resets;
	unsigned int resets;
	struct delayed_work work;
	raw_spinlock_t work_lock;	/* of @ended, see above */
	bool ended;
};

/**
 * vfe_recovery_init() - initialise the recovery of a stopped device
 * @r: the recovery, zeroed
 * @ops: the class driver's
 *
 * The caller sets @vd, @name and @queue_resets before vfe_recovery_start().
 */
void vfe_recovery_init(struct vfe_recovery *r,
		       const struct vfe_recovery_ops *ops);

/**
 * vfe_recovery_start() - start a new device: it accepts requests from now on
 * @r: the recovery
 *
 * Context: process context, may sleep.
 * Return: 0 or the error of vfe_ready().
 */
int vfe_recovery_start(struct vfe_recovery *r);

/**
 * vfe_recovery_request() - schedule a reset of the broken queues or the device
 * @r: the recovery
 *
 * For &vfe_device_ops.needs_reset. Does nothing after vfe_recovery_exit().
 *
 * Context: any.
 */
void vfe_recovery_request(struct vfe_recovery *r);

/* Schedule a reset of the device, even if it reports no fault. */
void vfe_recovery_force(struct vfe_recovery *r);

/**
 * vfe_recovery_bounce() - reset the device now, to get all buffers back
 * @r: the recovery
 *
 * When it returns, @take_back was called for all queues. If the device cannot
 * be restarted, a recovery tries that again later.
 *
 * Context: process context, may sleep; &vfe_recovery.lock is held.
 */
void vfe_recovery_bounce(struct vfe_recovery *r);

/**
 * vfe_recovery_enable() - enable or disable retries
 * @r: the recovery
 * @on: false: fail the requests that wait for a device which cannot be
 *	restarted; true: try to restart it again
 *
 * Context: process context, may sleep; waits for a try that is under way.
 */
void vfe_recovery_enable(struct vfe_recovery *r, bool on);

/**
 * vfe_recovery_leave() - the driver is being unbound
 * @r: the recovery
 *
 * A recovery that fails from now on is not tried again. If the device is
 * suspended, in recovery or gone, its requests fail.
 *
 * Context: process context, may sleep; waits for a try that is under way.
 */
void vfe_recovery_leave(struct vfe_recovery *r);

/**
 * vfe_recovery_abandon() - fail all requests, also all later ones
 * @r: the recovery
 *
 * For a driver that is being unbound, if the device does not complete requests.
 *
 * Context: process context, may sleep.
 */
void vfe_recovery_abandon(struct vfe_recovery *r);

/**
 * vfe_recovery_exit() - stop for good; no recovery runs after this
 * @r: the recovery; detach the buffers that are still in flight afterwards
 *
 * Context: process context, may sleep.
 */
void vfe_recovery_exit(struct vfe_recovery *r);

/*
 * Operations of a class's &struct pci_driver for suspend, errors of the bus,
 * resets of the function, and shutdown. The driver data of its function must be
 * its &struct vfe_recovery.
 */
extern const struct dev_pm_ops vfe_recovery_pm_ops;
extern const struct pci_error_handlers vfe_recovery_err_handler;
void vfe_recovery_shutdown(struct pci_dev *pdev);
/*
 * The file "recovery", see vfe_recovery_enable(), of the function or of a class
 * device whose parent the function is
 */
extern struct device_attribute vfe_recovery_attr;
extern const struct attribute_group vfe_recovery_group;
extern const struct attribute_group *vfe_recovery_groups[];

/* May be stale, unless the caller holds the lock. */
static inline enum vfe_run vfe_recovery_state(const struct vfe_recovery *r)
{
	return READ_ONCE(r->state);
}

/* A completion ends the backoff: no pause before the next reset. */
static inline void vfe_recovery_completes(struct vfe_recovery *r)
{
	if (unlikely(READ_ONCE(r->resets)))
		WRITE_ONCE(r->resets, 0);
}

#endif /* VFE_RECOVERY_H */

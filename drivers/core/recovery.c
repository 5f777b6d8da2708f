// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery for all classes: starts and stops a device, and resets it, or only a
 * queue if that is enough, when it sets DEVICE_NEEDS_RESET or violates the
 * protocol. A slow request causes no reset: the storage behind the device may
 * be slow. A recovery that fails is repeated after a pause, unless the user
 * disables that. Also handles suspend, shutdown and errors of the bus.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/sched/mm.h>
#include <linux/sysfs.h>
#include <linux/virtio_config.h>

#include <vfe/recovery.h>

#include "core.h"

/* Backoff between resets: none before the first, then 1 s, 2 s, ... 60 s */
#define VFE_FIRST_PAUSE		HZ
#define VFE_LONGEST_PAUSE	(60 * HZ)

/* Longest wait for requests in flight, before the device is stopped */
#define VFE_DRAIN_TIMEOUT	(5 * HZ)

#define TO(state)	BIT(VFE_RUN_##state)

/* Changes the state if allowed. @lock is held. Return: whether it changed */
static bool vfe_run_set(struct vfe_recovery *r, enum vfe_run to)
{
	static const unsigned long next[] = {
		[VFE_RUN_STOPPED] = TO(LIVE) | TO(RECOVERING) | TO(GIVEN_UP) |
				    TO(DEAD),
		[VFE_RUN_LIVE] = TO(RECOVERING) | TO(STOPPED) | TO(DEAD),
		[VFE_RUN_RECOVERING] = TO(LIVE) | TO(STOPPED) | TO(GIVEN_UP) |
				       TO(DEAD),
		[VFE_RUN_GIVEN_UP] = TO(RECOVERING) | TO(STOPPED) | TO(DEAD),
		[VFE_RUN_DEAD] = 0,
	};

	lockdep_assert_held(&r->lock);
	if (!(next[r->state] & BIT(to)))
		return false;
	WRITE_ONCE(r->state, to);
	return true;
}

/* Keeps the class driver from adding buffers until vfe_recovery_release(). */
static void vfe_recovery_quiesce(struct vfe_recovery *r)
{
	r->halted = true;
	if (r->ops->quiesce)
		r->ops->quiesce(r->vd);
	r->ops->close(r->vd, 0, r->vd->num_queues);
}

static void vfe_recovery_take_back(struct vfe_recovery *r)
{
	unsigned int i;

	for (i = 0; i < r->vd->num_queues; i++)
		r->ops->take_back(r->vd, i);
}

/*
 * Stops the device and takes its requests back. If the device does not end its
 * reset, vfe_reset() logs that and disables bus mastering, so that it is safe
 * to take the buffers back.
 */
static void vfe_recovery_quiesce_and_reset(struct vfe_recovery *r)
{
	if (r->halted)
		return;
	vfe_recovery_quiesce(r);
	vfe_reset(r->vd);
	vfe_recovery_take_back(r);
}

static void vfe_recovery_release(struct vfe_recovery *r)
{
	if (r->halted && r->ops->unquiesce)
		r->ops->unquiesce(r->vd);
	r->halted = false;
	r->ops->resend(r->vd);
}

static int vfe_recovery_go_live(struct vfe_recovery *r)
{
	unsigned int i;
	int err;

	err = vfe_ready(r->vd);
	if (err)
		return err;
	for (i = 0; i < r->vd->num_queues; i++)
		r->ops->open(r->vd, i);
	vfe_run_set(r, VFE_RUN_LIVE);
	return 0;
}

int vfe_recovery_start(struct vfe_recovery *r)
{
	int err;

	mutex_lock(&r->lock);
	err = vfe_recovery_go_live(r);
	if (!err)
		vfe_config_reread(r->vd);
	mutex_unlock(&r->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_start, VFE_NS);

/* Brings a halted device up again. @lock is held. */
static int vfe_recovery_bring_up(struct vfe_recovery *r)
{
	int err;

	err = vfe_restart(r->vd);
	if (!err && r->ops->restore)
		err = r->ops->restore(r->vd);
	if (!err)
		err = vfe_recovery_go_live(r);
	if (err)
		return err;
	vfe_config_reread(r->vd);
	vfe_recovery_release(r);
	return 0;
}

/* Resets one queue; the others keep running. */
static int vfe_recovery_try_queue_reset(struct vfe_recovery *r,
					struct vfe_queue *q)
{
	unsigned int i = q - r->vd->queues;
	int err;

	dev_warn_ratelimited(vfe_dev(r->vd), "%s: %s: resetting the queue\n",
			     r->name, q->spec.name);
	WRITE_ONCE(r->resets, r->resets + 1);
	r->ops->close(r->vd, i, 1);
	err = vfe_queue_reset(q);
	if (err)
		return err;
	r->ops->take_back(r->vd, i);
	err = vfe_queue_restart(q);
	if (!err)
		r->ops->open(r->vd, i);
	return err;
}

/* The first queue whose ring the device broke, or NULL */
static struct vfe_queue *vfe_recovery_broken(struct vfe_recovery *r)
{
	unsigned int i;

	for (i = 0; i < r->vd->num_queues; i++)
		if (vfe_queue_broken(&r->vd->queues[i]))
			return &r->vd->queues[i];
	return NULL;
}

/*
 * Resets the queues that broke, and only them. The fault may be over: an
 * earlier pass fixed it, or a register read returned a wrong value only once.
 * Faults are reported again then. Return: false if the device needs a reset: it
 * requests one, it cannot reset queues, or that was not enough.
 */
static bool vfe_recovery_reset_queues(struct vfe_recovery *r)
{
	struct vfe_queue *q = vfe_recovery_broken(r);
	unsigned int most = r->vd->num_queues;

	if (q && (!vfe_has_feature(r->vd, VIRTIO_F_RING_RESET) ||
		  !r->queue_resets || r->resets))
		return false;
	for (; q && most--; q = vfe_recovery_broken(r))
		if (vfe_recovery_try_queue_reset(r, q))
			return false;
	if (q || vfe_wants_reset(r->vd))
		return false;
	vfe_clear_reset_request(r->vd);
	return !vfe_wants_reset(r->vd);
}

static unsigned long vfe_recovery_pause(const struct vfe_recovery *r)
{
	unsigned int n = READ_ONCE(r->resets);

	/* do not delay an unbind, which waits for requests */
	if (!n || READ_ONCE(r->leaving))
		return 0;
	return min_t(unsigned long, VFE_LONGEST_PAUSE,
		     (unsigned long)VFE_FIRST_PAUSE << min(n - 1, 6U));
}

/* Fails all waiting and all later requests. @lock is held. */
static void vfe_recovery_give_up(struct vfe_recovery *r)
{
	if (vfe_run_set(r, VFE_RUN_GIVEN_UP))
		vfe_recovery_release(r);
}

/* Schedules another attempt after a failed one, or gives up. @lock is held. */
static void vfe_recovery_try_later(struct vfe_recovery *r, int err)
{
	unsigned long pause = vfe_recovery_pause(r);

	if (!r->enabled || r->leaving) {
		vfe_recovery_give_up(r);
		return;
	}
	dev_err_ratelimited(vfe_dev(r->vd),
			    "%s: no restart (error %d), next attempt in %u s; its users wait: to stop trying and fail waiting I/O, write 0 to the file 'recovery'\n",
			    r->name, err, jiffies_to_msecs(pause) / 1000);
	queue_delayed_work(vfe_wq, &r->work, pause);
}

/*
 * A function that does not answer may be gone, or its bus may have failed: the
 * PCI core reports that, but maybe later than this detects it. So requests fail
 * only after a second failed attempt, and never while the bus is frozen.
 */
static bool vfe_recovery_is_gone(const struct vfe_recovery *r)
{
	return vfe_gone(r->vd) && r->resets > 1 &&
	       r->vd->pdev->error_state != pci_channel_io_frozen;
}

/* Brings a halted device up, now or later. @lock is held. */
static void vfe_recovery_restart(struct vfe_recovery *r)
{
	int err = vfe_recovery_bring_up(r);

	if (!err)
		return;
	if (!vfe_recovery_is_gone(r)) {
		vfe_recovery_try_later(r, err);
		return;
	}
	/* fail waiting requests, and try later whether the function is back */
	vfe_recovery_give_up(r);
	if (r->enabled && !r->leaving)
		vfe_recovery_request(r);
}

static void vfe_recovery_reset_device(struct vfe_recovery *r)
{
	WRITE_ONCE(r->resets, r->resets + 1);
	dev_warn_ratelimited(vfe_dev(r->vd), "%s: resetting the device\n",
			     r->name);
	vfe_recovery_quiesce_and_reset(r);
	vfe_recovery_restart(r);
}

/* Resets the broken queues, or the device. */
static void vfe_recovery_reset(struct vfe_recovery *r)
{
	/* a device that was given up may have any state, and no queue broken */
	bool whole = xchg(&r->force_reset, false) || r->state != VFE_RUN_LIVE;

	if (r->state != VFE_RUN_RECOVERING &&
	    !vfe_run_set(r, VFE_RUN_RECOVERING))
		return;
	if (whole || vfe_gone(r->vd) || !vfe_recovery_reset_queues(r)) {
		vfe_recovery_reset_device(r);
		return;
	}
	vfe_run_set(r, VFE_RUN_LIVE);
	r->ops->resend(r->vd);
}

/*
 * @lock is held. Allocations must not wait for I/O: memory reclaim could wait
 * for writes to this device, which complete only after its recovery.
 */
static void vfe_recovery_run(struct vfe_recovery *r)
{
	unsigned int noio = memalloc_noio_save();

	vfe_recovery_reset(r);
	memalloc_noio_restore(noio);
}

/*
 * The PCI core may fail to recover the bus without calling the driver. Requests
 * would wait silently: remind the user, or fail them if recovery is disabled.
 * @lock is held.
 */
static void vfe_recovery_remind(struct vfe_recovery *r)
{
	if (r->state != VFE_RUN_RECOVERING)
		return;
	if (!r->enabled) {
		vfe_recovery_give_up(r);
		return;
	}
	dev_err_ratelimited(vfe_dev(r->vd),
			    "%s: recovery of the PCI bus has not ended; its users wait: to stop trying and fail waiting I/O, write 0 to the file 'recovery'\n",
			    r->name);
	queue_delayed_work(vfe_wq, &r->work, VFE_LONGEST_PAUSE);
}

static void vfe_recovery_work(struct work_struct *work)
{
	struct vfe_recovery *r = container_of(to_delayed_work(work),
					      struct vfe_recovery, work);

	mutex_lock(&r->lock);
	/* not if the device is stopped, or the user disabled its recovery */
	if (r->channel_lost)
		vfe_recovery_remind(r);
	else if (r->state != VFE_RUN_STOPPED &&
		 (r->enabled || r->state == VFE_RUN_LIVE))
		vfe_recovery_run(r);
	mutex_unlock(&r->lock);
}

void vfe_recovery_init(struct vfe_recovery *r,
		       const struct vfe_recovery_ops *ops)
{
	r->ops = ops;
	mutex_init(&r->lock);
	r->state = VFE_RUN_STOPPED;
	r->enabled = true;
	INIT_DELAYED_WORK(&r->work, vfe_recovery_work);
	raw_spin_lock_init(&r->work_lock);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_init, VFE_NS);

void vfe_recovery_request(struct vfe_recovery *r)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&r->work_lock, flags);
	if (!r->ended)
		queue_delayed_work(vfe_wq, &r->work, vfe_recovery_pause(r));
	raw_spin_unlock_irqrestore(&r->work_lock, flags);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_request, VFE_NS);

void vfe_recovery_force(struct vfe_recovery *r)
{
	WRITE_ONCE(r->force_reset, true);
	vfe_recovery_request(r);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_force, VFE_NS);

void vfe_recovery_bounce(struct vfe_recovery *r)
{
	unsigned int noio = memalloc_noio_save();

	lockdep_assert_held(&r->lock);
	if (r->state == VFE_RUN_LIVE && vfe_run_set(r, VFE_RUN_RECOVERING))
		vfe_recovery_reset_device(r);
	else
		vfe_recovery_quiesce_and_reset(r);
	memalloc_noio_restore(noio);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_bounce, VFE_NS);

void vfe_recovery_enable(struct vfe_recovery *r, bool on)
{
	mutex_lock(&r->lock);
	WRITE_ONCE(r->enabled, on);
	if (!on && r->state == VFE_RUN_RECOVERING && r->halted)
		vfe_recovery_give_up(r);
	/* if the bus is down, vfe_recovery_channel_resumed() does this */
	if (on && r->state == VFE_RUN_GIVEN_UP && !r->channel_lost)
		vfe_recovery_run(r);
	mutex_unlock(&r->lock);
}

/* --- stop and restart --- */

/*
 * Waits for requests in flight without the lock: they may need a recovery to
 * end. New ones wait until vfe_recovery_undrain().
 */
static bool vfe_recovery_drain(struct vfe_recovery *r)
{
	return !r->ops->drain || r->ops->drain(r->vd, VFE_DRAIN_TIMEOUT);
}

static void vfe_recovery_undrain(struct vfe_recovery *r)
{
	if (r->ops->undrain)
		r->ops->undrain(r->vd);
}

static void vfe_recovery_stop_now(struct vfe_recovery *r)
{
	bool failing;

	mutex_lock(&r->lock);
	failing = r->state == VFE_RUN_GIVEN_UP;
	if (vfe_run_set(r, VFE_RUN_STOPPED)) {
		r->failing = failing;
		vfe_recovery_quiesce_and_reset(r);
	}
	mutex_unlock(&r->lock);
}

/* vfe_recovery_resume() sends requests again that were still in flight. */
static void vfe_recovery_stop(struct vfe_recovery *r)
{
	bool done = vfe_recovery_drain(r);

	vfe_recovery_stop_now(r);
	vfe_recovery_undrain(r);
	if (!done)
		dev_warn(vfe_dev(r->vd),
			 "%s: stopped with requests in flight: they will be sent again\n",
			 r->name);
}

/*
 * A request in flight holds a tag. During suspend, CPU hotplug waits for all
 * tags of a hardware queue before its last CPU goes offline, and only a resume
 * could complete that request: a deadlock. So suspend fails while there is one.
 */
static int vfe_recovery_suspend(struct vfe_recovery *r)
{
	bool done = vfe_recovery_drain(r);

	if (done)
		vfe_recovery_stop_now(r);
	vfe_recovery_undrain(r);
	if (done)
		return 0;
	dev_warn(vfe_dev(r->vd),
		 "%s: requests are still in flight after %u s: refusing to suspend, try again later\n",
		 r->name, VFE_DRAIN_TIMEOUT / HZ);
	return -EBUSY;
}

/* The PCI core recovers the bus, see vfe_recovery_remind(). */
static void vfe_recovery_remind_later(struct vfe_recovery *r)
{
	raw_spin_lock_irq(&r->work_lock);
	if (!r->ended)
		mod_delayed_work(vfe_wq, &r->work, VFE_LONGEST_PAUSE);
	raw_spin_unlock_irq(&r->work_lock);
}

/* The bus failed before or while the device was stopped. @lock is held. */
static void vfe_recovery_resume_lost(struct vfe_recovery *r)
{
	if (r->failing) {
		vfe_recovery_give_up(r);
		return;
	}
	vfe_run_set(r, VFE_RUN_RECOVERING);
	vfe_recovery_remind_later(r);
}

/* If the restart fails, tries again later, as after any reset. */
static void vfe_recovery_resume(struct vfe_recovery *r)
{
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&r->lock);
	if (r->state == VFE_RUN_STOPPED && r->channel_lost) {
		vfe_recovery_resume_lost(r);
	} else if (r->state == VFE_RUN_STOPPED) {
		vfe_run_set(r, VFE_RUN_RECOVERING);
		vfe_recovery_restart(r);
	}
	mutex_unlock(&r->lock);
	memalloc_noio_restore(noio);
}

/* Fails all requests, also all later ones. Return: false if they did before */
static bool vfe_recovery_end(struct vfe_recovery *r)
{
	bool changed;

	mutex_lock(&r->lock);
	changed = vfe_run_set(r, VFE_RUN_DEAD);
	if (changed) {
		vfe_recovery_quiesce_and_reset(r);
		vfe_recovery_release(r);
	}
	mutex_unlock(&r->lock);
	return changed;
}

static void vfe_recovery_removed(struct vfe_recovery *r)
{
	if (vfe_recovery_end(r) && r->ops->removed)
		r->ops->removed(r->vd);
}

/*
 * Read PCI configuration space to see whether the device is still present,
 * since surprise removal gives no notice. Do not wait for a device that is
 * suspended or in recovery.
 */
void vfe_recovery_leave(struct vfe_recovery *r)
{
	bool live;

	mutex_lock(&r->lock);
	WRITE_ONCE(r->leaving, true);
	live = r->state == VFE_RUN_LIVE;
	mutex_unlock(&r->lock);
	/* do not wait for the pause before the next reset */
	if (delayed_work_pending(&r->work))
		mod_delayed_work(vfe_wq, &r->work, 0);
	if (!live || vfe_gone(r->vd) || !pci_device_is_present(r->vd->pdev))
		vfe_recovery_removed(r);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_leave, VFE_NS);

void vfe_recovery_abandon(struct vfe_recovery *r)
{
	vfe_recovery_removed(r);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_abandon, VFE_NS);

void vfe_recovery_exit(struct vfe_recovery *r)
{
	mutex_lock(&r->lock);
	vfe_run_set(r, VFE_RUN_DEAD);
	mutex_unlock(&r->lock);
	r->ops->close(r->vd, 0, r->vd->num_queues);
	vfe_reset(r->vd);
	raw_spin_lock_irq(&r->work_lock);
	r->ended = true;
	raw_spin_unlock_irq(&r->work_lock);
	cancel_delayed_work_sync(&r->work);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_exit, VFE_NS);

/* --- operations of a class's PCI driver --- */

/**
 * vfe_recovery_of() - find a recovery, for files in sysfs
 * @dev: the function, or a class device whose parent the function is
 *
 * Return: the recovery.
 */
struct vfe_recovery *vfe_recovery_of(struct device *dev)
{
	return dev_get_drvdata(dev_is_pci(dev) ? dev : dev->parent);
}

static ssize_t recovery_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(vfe_recovery_of(dev)->enabled));
}

static ssize_t recovery_store(struct device *dev,
			      struct device_attribute *attr, const char *buf,
			      size_t count)
{
	bool on;
	int err = kstrtobool(buf, &on);

	if (err)
		return err;
	vfe_recovery_enable(vfe_recovery_of(dev), on);
	return count;
}

struct device_attribute vfe_recovery_attr = __ATTR_RW(recovery);
EXPORT_SYMBOL_NS_GPL(vfe_recovery_attr, VFE_NS);

static struct attribute *vfe_recovery_attrs[] = {
	&vfe_recovery_attr.attr,
	NULL,
};

const struct attribute_group vfe_recovery_group = {
	.attrs = vfe_recovery_attrs,
};
EXPORT_SYMBOL_NS_GPL(vfe_recovery_group, VFE_NS);

const struct attribute_group *vfe_recovery_groups[] = {
	&vfe_recovery_group,
	NULL,
};
EXPORT_SYMBOL_NS_GPL(vfe_recovery_groups, VFE_NS);

static int vfe_recovery_pm_suspend(struct device *dev)
{
	return vfe_recovery_suspend(dev_get_drvdata(dev));
}

static int vfe_recovery_pm_resume(struct device *dev)
{
	vfe_recovery_resume(dev_get_drvdata(dev));
	return 0;
}

const struct dev_pm_ops vfe_recovery_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(vfe_recovery_pm_suspend, vfe_recovery_pm_resume)
};
EXPORT_SYMBOL_NS_GPL(vfe_recovery_pm_ops, VFE_NS);

/*
 * Stops the device for good, so that it does not write to memory of the next
 * kernel after kexec. Tasks still run, and nothing starts the device again:
 * their requests fail, because one that waits could keep this kernel from its
 * end.
 */
void vfe_recovery_shutdown(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	bool done = vfe_recovery_drain(r);

	vfe_recovery_end(r);
	vfe_recovery_undrain(r);
	if (!done)
		dev_warn(vfe_dev(r->vd),
			 "%s: shut down with requests in flight: they fail\n",
			 r->name);
}
EXPORT_SYMBOL_NS_GPL(vfe_recovery_shutdown, VFE_NS);

/*
 * A function-level reset, for example from sysfs: the device loses all its
 * state, so stop it before and restart it afterwards.
 */
static void vfe_recovery_reset_prepare(struct pci_dev *pdev)
{
	vfe_recovery_stop(pci_get_drvdata(pdev));
}

static void vfe_recovery_reset_done(struct pci_dev *pdev)
{
	vfe_recovery_resume(pci_get_drvdata(pdev));
}

/* The function is inaccessible for now: requests wait until resume(). */
static void vfe_recovery_channel_lost(struct vfe_recovery *r)
{
	mutex_lock(&r->lock);
	r->channel_lost = true;
	if (r->state == VFE_RUN_LIVE)
		vfe_run_set(r, VFE_RUN_RECOVERING);
	if (r->state != VFE_RUN_RECOVERING || r->halted) {
		vfe_function_offline(r->vd);
	} else {
		vfe_recovery_quiesce(r);
		vfe_function_offline(r->vd);
		vfe_recovery_take_back(r);
	}
	vfe_recovery_remind_later(r);
	mutex_unlock(&r->lock);
}

/* The PCI core reports an error of the link or of the function. */
static pci_ers_result_t vfe_recovery_error_detected(struct pci_dev *pdev,
						    pci_channel_state_t state)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);

	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	if (state == pci_channel_io_perm_failure) {
		vfe_recovery_removed(r);
		return PCI_ERS_RESULT_DISCONNECT;
	}
	vfe_recovery_channel_lost(r);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vfe_recovery_mmio_enabled(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

/* The PCI core may call this because another function needs the reset. */
static pci_ers_result_t vfe_recovery_slot_reset(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	unsigned int noio = memalloc_noio_save();
	int err;

	if (!r->channel_lost)
		vfe_recovery_channel_lost(r);
	mutex_lock(&r->lock);
	err = vfe_function_restore(r->vd);
	/* after an error the PCI core calls no more handlers */
	if (err && r->state == VFE_RUN_STOPPED)
		r->failing = true;
	else if (err)
		vfe_recovery_give_up(r);
	mutex_unlock(&r->lock);
	memalloc_noio_restore(noio);
	return err ? PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_RECOVERED;
}

/* The bus works again. Start the device, and send the waiting requests. */
static void vfe_recovery_channel_resumed(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);

	mutex_lock(&r->lock);
	/* cancel the reminder, or a reset, which the code below does */
	if (r->channel_lost)
		cancel_delayed_work(&r->work);
	r->channel_lost = false;
	if (r->state == VFE_RUN_RECOVERING ||
	    (r->state == VFE_RUN_GIVEN_UP && r->enabled))
		vfe_recovery_run(r);
	mutex_unlock(&r->lock);
}

const struct pci_error_handlers vfe_recovery_err_handler = {
	.error_detected = vfe_recovery_error_detected,
	.mmio_enabled = vfe_recovery_mmio_enabled,
	.slot_reset = vfe_recovery_slot_reset,
	.resume = vfe_recovery_channel_resumed,
	.reset_prepare = vfe_recovery_reset_prepare,
	.reset_done = vfe_recovery_reset_done,
};
EXPORT_SYMBOL_NS_GPL(vfe_recovery_err_handler, VFE_NS);

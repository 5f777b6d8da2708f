// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend, function-level reset and bus errors: requests wait in the block
 * layer meanwhile. If the device does not answer afterwards, the driver asks it
 * again, with growing pauses, until it answers, is gone or is another device.
 */
#include <linux/blk-mq.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <vfe/device.h>

#include "trap.h"

/* The request in flight took too long: stops it. */
static void vfet_halt(struct work_struct *work)
{
	struct vfet_disk *td = container_of(to_delayed_work(work),
					    struct vfet_disk, halt);

	if (vfet_window_stop(&td->window, true))
		dev_warn_ratelimited(&td->window.pdev->dev,
				     "stopped with a request in flight: it will be sent again\n");
}

/**
 * vfet_sleep() - stop sending requests to the device
 * @td: visible
 * @patience: how long the request in flight may take to end, in jiffies
 *
 * vfet_wake() sends a request again that did not end in time.
 *
 * Context: process context, may sleep; serialised by the function's lock.
 */
void vfet_sleep(struct vfet_disk *td, unsigned long patience)
{
	cancel_delayed_work_sync(&td->wake);
	if (td->asleep)
		return;
	blk_mq_quiesce_queue(td->disk->queue);
	td->asleep = true;
	queue_delayed_work(vfe_wq, &td->halt, patience);
	flush_workqueue(td->queue);
	cancel_delayed_work_sync(&td->halt);
	vfet_window_stop(&td->window, false);
	if (!pci_channel_offline(td->window.pdev))
		vfet_window_quiet(&td->window);
}

static int vfet_try_wake(struct vfet_disk *td)
{
	int err;

	err = vfet_window_find(&td->window);
	if (!err)
		err = vfet_window_reset(&td->window, VFET_RESUME_MS);
	if (!err)
		err = vfet_disk_check(td);
	return err;
}

static void vfet_awake(struct vfet_disk *td)
{
	td->pause = 0;
	td->asleep = false;
	blk_mq_unquiesce_queue(td->disk->queue);
	blk_mq_kick_requeue_list(td->disk->queue);
}

/**
 * vfet_wake() - send requests to the device again
 * @td: after vfet_sleep()
 *
 * Context: process context, may sleep; serialised as vfet_sleep().
 * Return: 0, also when the device does not answer yet; -ENODEV it is gone or
 * another disk, or another error: requests fail then.
 */
int vfet_wake(struct vfet_disk *td)
{
	int err = vfet_try_wake(td);

	if (err == -ETIMEDOUT || err == -EPROTO || err == -ENOMEM) {
		td->pause = min(2 * td->pause ?: HZ, VFET_MAX_PAUSE);
		dev_warn_ratelimited(&td->window.pdev->dev,
				     "no answer yet (error %d): requests wait, next attempt in %u s\n",
				     err, jiffies_to_msecs(td->pause) / 1000);
		queue_delayed_work(vfe_wq, &td->wake, td->pause);
		return 0;
	}
	if (err)
		vfet_window_lose(&td->window);
	vfet_awake(td);
	return err;
}

static void vfet_wake_later(struct work_struct *work)
{
	vfet_wake(container_of(to_delayed_work(work), struct vfet_disk, wake));
}

/**
 * vfet_sleep_init() - prepare for vfet_sleep()
 * @td: not visible yet
 *
 * Return: 0 or -ENOMEM.
 */
int vfet_sleep_init(struct vfet_disk *td)
{
	INIT_DELAYED_WORK(&td->halt, vfet_halt);
	INIT_DELAYED_WORK(&td->wake, vfet_wake_later);
	pci_save_state(td->window.pdev);
	td->saved = pci_store_saved_state(td->window.pdev);
	return td->saved ? 0 : -ENOMEM;
}

/**
 * vfet_sleep_exit() - undo vfet_sleep_init()
 * @td: not visible any more
 */
void vfet_sleep_exit(struct vfet_disk *td)
{
	cancel_delayed_work_sync(&td->wake);
	kfree(td->saved);
}

/* A function-level reset aborts the request in flight: stop it before. */
static void vfet_reset_prepare(struct pci_dev *pdev)
{
	vfet_sleep(pci_get_drvdata(pdev), VFET_SUSPEND_WAIT);
}

static void vfet_reset_done(struct pci_dev *pdev)
{
	/* on an error, vfet_wake() logs it and lets requests fail */
	vfet_wake(pci_get_drvdata(pdev));
}

/* The bus failed: do not access the function, and wait for nothing. */
static pci_ers_result_t vfet_error_detected(struct pci_dev *pdev,
					    pci_channel_state_t state)
{
	struct vfet_disk *td = pci_get_drvdata(pdev);

	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	if (state == pci_channel_io_perm_failure) {
		vfet_window_lose(&td->window);
		return PCI_ERS_RESULT_DISCONNECT;
	}
	vfet_sleep(td, 0);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vfet_slot_reset(struct pci_dev *pdev)
{
	struct vfet_disk *td = pci_get_drvdata(pdev);
	int err = pci_load_saved_state(pdev, td->saved);

	if (!err) {
		pci_restore_state(pdev);
		err = pci_reenable_device(pdev);
	}
	if (!err)
		return PCI_ERS_RESULT_RECOVERED;
	/* the PCI core gives the function up then, and does not call again */
	vfet_window_lose(&td->window);
	if (td->asleep)
		vfet_awake(td);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void vfet_error_resume(struct pci_dev *pdev)
{
	struct vfet_disk *td = pci_get_drvdata(pdev);

	/* a device that did not answer before the error may be asked now, too */
	cancel_delayed_work_sync(&td->wake);
	/* without a slot reset nothing was stopped */
	if (td->asleep)
		vfet_wake(td);
}

const struct pci_error_handlers vfet_err_handler = {
	.error_detected = vfet_error_detected,
	.slot_reset = vfet_slot_reset,
	.resume = vfet_error_resume,
	.reset_prepare = vfet_reset_prepare,
	.reset_done = vfet_reset_done,
};

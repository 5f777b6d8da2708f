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
static void vfe_trap_stop_work(struct work_struct *work)
{
	struct vfe_trap_blk *tb = container_of(to_delayed_work(work),
					       struct vfe_trap_blk, halt);

	if (vfe_trap_stop_waits(&tb->window, true))
		dev_warn_ratelimited(&tb->window.pdev->dev,
				     "stopped with a request in flight: it will be sent again\n");
}

/**
 * vfe_trap_quiesce() - stop sending requests to the device
 * @tb: visible
 * @patience: how long the request in flight may take to end, in jiffies
 *
 * vfe_trap_resume() sends a request again that did not end in time.
 *
 * Context: process context, may sleep; serialised by the function's lock.
 */
void vfe_trap_quiesce(struct vfe_trap_blk *tb, unsigned long patience)
{
	cancel_delayed_work_sync(&tb->wake);
	if (tb->asleep)
		return;
	blk_mq_quiesce_queue(tb->disk->queue);
	tb->asleep = true;
	queue_delayed_work(vfe_wq, &tb->halt, patience);
	flush_workqueue(tb->queue);
	cancel_delayed_work_sync(&tb->halt);
	vfe_trap_stop_waits(&tb->window, false);
	if (!pci_channel_offline(tb->window.pdev))
		vfe_trap_disable_irq(&tb->window);
}

static int vfe_trap_try_resume(struct vfe_trap_blk *tb)
{
	int err;

	err = vfe_trap_check_back(&tb->window);
	if (!err)
		err = vfe_trap_reset(&tb->window, VFE_TRAP_RESUME_MS);
	if (!err)
		err = vfe_trap_blk_recheck(tb);
	return err;
}

static void vfe_trap_unquiesce(struct vfe_trap_blk *tb)
{
	tb->pause = 0;
	tb->asleep = false;
	blk_mq_unquiesce_queue(tb->disk->queue);
	blk_mq_kick_requeue_list(tb->disk->queue);
}

/**
 * vfe_trap_resume() - send requests to the device again
 * @tb: after vfe_trap_quiesce()
 *
 * Context: process context, may sleep; serialised as vfe_trap_quiesce().
 * Return: 0, also when the device does not answer yet; -ENODEV it is gone or
 * another disk, or another error: requests fail then.
 */
int vfe_trap_resume(struct vfe_trap_blk *tb)
{
	int err = vfe_trap_try_resume(tb);

	if (err == -ETIMEDOUT || err == -EPROTO || err == -ENOMEM) {
		tb->pause = min(2 * tb->pause ?: HZ, VFE_TRAP_MAX_PAUSE);
		dev_warn_ratelimited(&tb->window.pdev->dev,
				     "no answer yet (error %d): requests wait, next attempt in %u s\n",
				     err, jiffies_to_msecs(tb->pause) / 1000);
		queue_delayed_work(vfe_wq, &tb->wake, tb->pause);
		return 0;
	}
	if (err)
		vfe_trap_set_gone(&tb->window);
	vfe_trap_unquiesce(tb);
	return err;
}

static void vfe_trap_resume_work(struct work_struct *work)
{
	vfe_trap_resume(container_of(to_delayed_work(work),
				     struct vfe_trap_blk, wake));
}

/**
 * vfe_trap_recovery_init() - prepare for vfe_trap_quiesce()
 * @tb: not visible yet
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_trap_recovery_init(struct vfe_trap_blk *tb)
{
	INIT_DELAYED_WORK(&tb->halt, vfe_trap_stop_work);
	INIT_DELAYED_WORK(&tb->wake, vfe_trap_resume_work);
	pci_save_state(tb->window.pdev);
	tb->saved = pci_store_saved_state(tb->window.pdev);
	return tb->saved ? 0 : -ENOMEM;
}

/**
 * vfe_trap_recovery_exit() - undo vfe_trap_recovery_init()
 * @tb: not visible any more
 */
void vfe_trap_recovery_exit(struct vfe_trap_blk *tb)
{
	cancel_delayed_work_sync(&tb->wake);
	kfree(tb->saved);
}

/* A function-level reset aborts the request in flight: stop it before. */
static void vfe_trap_reset_prepare(struct pci_dev *pdev)
{
	vfe_trap_quiesce(pci_get_drvdata(pdev), VFE_TRAP_SUSPEND_WAIT);
}

static void vfe_trap_reset_done(struct pci_dev *pdev)
{
	/* on an error, vfe_trap_resume() logs it and lets requests fail */
	vfe_trap_resume(pci_get_drvdata(pdev));
}

/* The bus failed: do not access the function, and wait for nothing. */
static pci_ers_result_t vfe_trap_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	struct vfe_trap_blk *tb = pci_get_drvdata(pdev);

	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	if (state == pci_channel_io_perm_failure) {
		vfe_trap_set_gone(&tb->window);
		return PCI_ERS_RESULT_DISCONNECT;
	}
	vfe_trap_quiesce(tb, 0);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vfe_trap_slot_reset(struct pci_dev *pdev)
{
	struct vfe_trap_blk *tb = pci_get_drvdata(pdev);
	int err = pci_load_saved_state(pdev, tb->saved);

	if (!err) {
		pci_restore_state(pdev);
		err = pci_reenable_device(pdev);
	}
	if (!err)
		return PCI_ERS_RESULT_RECOVERED;
	/* the PCI core gives the function up then, and does not call again */
	vfe_trap_set_gone(&tb->window);
	if (tb->asleep)
		vfe_trap_unquiesce(tb);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void vfe_trap_error_resume(struct pci_dev *pdev)
{
	struct vfe_trap_blk *tb = pci_get_drvdata(pdev);

	/* a device that did not answer before the error may answer now */
	cancel_delayed_work_sync(&tb->wake);
	/* without a slot reset nothing was stopped */
	if (tb->asleep)
		vfe_trap_resume(tb);
}

const struct pci_error_handlers vfe_trap_err_handler = {
	.error_detected = vfe_trap_error_detected,
	.slot_reset = vfe_trap_slot_reset,
	.resume = vfe_trap_error_resume,
	.reset_prepare = vfe_trap_reset_prepare,
	.reset_done = vfe_trap_reset_done,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend, function-level reset and bus errors: the class accesses no register
 * meanwhile. If the device does not answer afterwards, the driver tries again,
 * with growing pauses, until it answers, is gone or is another device.
 */
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <vfe/compat/core.h>
#include <vfe/device.h>

#include "trap.h"

/* how long work under way may delay a suspend */
#define VFE_TRAP_SUSPEND_WAIT	(5 * HZ)

/* longest wait for the reset, in each attempt to resume */
#define VFE_TRAP_RESUME_MS	1000

/* longest pause between two attempts to resume */
#define VFE_TRAP_MAX_PAUSE	(60 * HZ)

/*
 * Stops the class. Its work under way may take @patience jiffies more, and goes
 * on after vfe_trap_resume(). Callers hold the device's lock.
 */
static void vfe_trap_quiesce(struct vfe_trap *trap, unsigned long patience)
{
	cancel_delayed_work_sync(&trap->resume_work);
	if (trap->quiesced)
		return;
	trap->class->quiesce(trap, patience);
	trap->quiesced = true;
	if (!pci_channel_offline(trap->pdev))
		vfe_trap_disable_irq(trap);
}

static int vfe_trap_try_resume(struct vfe_trap *trap)
{
	int err;

	err = vfe_trap_check_back(trap);
	if (!err)
		err = vfe_trap_reset(trap, VFE_TRAP_RESUME_MS);
	if (!err)
		err = trap->class->recheck(trap);
	return err;
}

static void vfe_trap_unquiesce(struct vfe_trap *trap)
{
	trap->pause = 0;
	trap->quiesced = false;
	trap->class->resume(trap);
}

/*
 * Starts the class again after vfe_trap_quiesce(). Return: 0, also when the
 * device does not answer yet; -ENODEV it is gone or another device, or another
 * error: all fails then.
 */
static int vfe_trap_resume(struct vfe_trap *trap)
{
	int err = vfe_trap_try_resume(trap);

	if (err == -ETIMEDOUT || err == -EPROTO || err == -ENOMEM) {
		trap->pause = min(2 * trap->pause ?: HZ, VFE_TRAP_MAX_PAUSE);
		dev_warn_ratelimited(&trap->pdev->dev,
				     "no answer yet (error %d): requests wait, next attempt in %u s\n",
				     err, jiffies_to_msecs(trap->pause) / 1000);
		queue_delayed_work(vfe_wq, &trap->resume_work, trap->pause);
		return 0;
	}
	if (err)
		vfe_trap_set_gone(trap);
	vfe_trap_unquiesce(trap);
	return err;
}

static void vfe_trap_resume_work(struct work_struct *work)
{
	vfe_trap_resume(container_of(to_delayed_work(work), struct vfe_trap,
				     resume_work));
}

/**
 * vfe_trap_recovery_init() - prepare for suspend, resets and bus errors
 * @trap: the controller, before its class uses it
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_trap_recovery_init(struct vfe_trap *trap)
{
	INIT_DELAYED_WORK(&trap->resume_work, vfe_trap_resume_work);
	pci_save_state(trap->pdev);
	trap->saved = pci_store_saved_state(trap->pdev);
	return trap->saved ? 0 : -ENOMEM;
}

/**
 * vfe_trap_recovery_exit() - undo vfe_trap_recovery_init()
 * @trap: the controller, after vfe_trap_recovery_stop() if its class was in use
 */
void vfe_trap_recovery_exit(struct vfe_trap *trap)
{
	kfree(trap->saved);
}

/**
 * vfe_trap_recovery_stop() - stop attempts to resume, before removal
 * @trap: the controller
 *
 * Context: process context, may sleep; the caller holds the device's lock.
 * Return: whether the device is present and in use. If not, the class calls
 * vfe_trap_set_gone(), and goes on, so that all that waits fails.
 */
bool vfe_trap_recovery_stop(struct vfe_trap *trap)
{
	cancel_delayed_work_sync(&trap->resume_work);
	return !trap->quiesced && pci_device_is_present(trap->pdev);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_recovery_stop, VFE_NS);

static int vfe_trap_pm_suspend(struct device *dev)
{
	vfe_trap_quiesce(dev_get_drvdata(dev), VFE_TRAP_SUSPEND_WAIT);
	return 0;
}

static int vfe_trap_pm_resume(struct device *dev)
{
	return vfe_trap_resume(dev_get_drvdata(dev));
}

const struct dev_pm_ops vfe_trap_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(vfe_trap_pm_suspend, vfe_trap_pm_resume)
};
EXPORT_SYMBOL_NS_GPL(vfe_trap_pm_ops, VFE_NS);

/* A function-level reset aborts work under way: stop it before. */
static void vfe_trap_reset_prepare(struct pci_dev *pdev)
{
	vfe_trap_quiesce(pci_get_drvdata(pdev), VFE_TRAP_SUSPEND_WAIT);
}

static void vfe_trap_reset_done(struct pci_dev *pdev)
{
	/* on an error, vfe_trap_resume() logs it and lets all fail */
	vfe_trap_resume(pci_get_drvdata(pdev));
}

/* The bus failed: stop accessing the function, and stop all waits. */
static pci_ers_result_t vfe_trap_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	struct vfe_trap *trap = pci_get_drvdata(pdev);

	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	if (state == pci_channel_io_perm_failure) {
		vfe_trap_set_gone(trap);
		return PCI_ERS_RESULT_DISCONNECT;
	}
	vfe_trap_quiesce(trap, 0);
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vfe_trap_slot_reset(struct pci_dev *pdev)
{
	struct vfe_trap *trap = pci_get_drvdata(pdev);
	int err = pci_load_saved_state(pdev, trap->saved);

	if (!err) {
		pci_restore_state(pdev);
		err = pci_reenable_device(pdev);
	}
	if (!err)
		return PCI_ERS_RESULT_RECOVERED;
	/*
	 * the PCI core gives the function up then, and calls no other handler
	 */
	vfe_trap_set_gone(trap);
	if (trap->quiesced)
		vfe_trap_unquiesce(trap);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void vfe_trap_error_resume(struct pci_dev *pdev)
{
	struct vfe_trap *trap = pci_get_drvdata(pdev);

	/* a device that did not answer before the error may answer now */
	cancel_delayed_work_sync(&trap->resume_work);
	/* without a slot reset nothing was stopped */
	if (trap->quiesced)
		vfe_trap_resume(trap);
}

const struct pci_error_handlers vfe_trap_err_handler = {
	.error_detected = vfe_trap_error_detected,
	.slot_reset = vfe_trap_slot_reset,
	.resume = vfe_trap_error_resume,
	.reset_prepare = vfe_trap_reset_prepare,
	.reset_done = vfe_trap_reset_done,
};
EXPORT_SYMBOL_NS_GPL(vfe_trap_err_handler, VFE_NS);

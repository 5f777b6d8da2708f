// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap.ko: the register-window controller, a library for the drivers of the
 * classes. This file opens and closes a controller: checks its identity, maps
 * its window, and sets up its interrupt, its recovery and its counters.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/pci.h>

#include <vfe/compat/core.h>
#include <vfe/version.h>

#include "trap.h"

/*
 * driver_override binds any function to any driver, so check the identity here;
 * there is no id table.
 */
static int vfe_trap_check_id(struct vfe_trap *trap)
{
	unsigned int own = VFE_PCI_DEVICE_BASE + trap->class->type;
	unsigned int stock = VFE_PCI_STOCK_BASE + trap->class->type;
	struct pci_dev *pdev = trap->pdev;

	if (pdev->vendor == VFE_PCI_VENDOR &&
	    (pdev->device == own || pdev->device == stock))
		return 0;
	dev_err(&pdev->dev,
		"%04x:%04x has no register window (only %04x:%04x and %04x:%04x may have one): clear its driver_override\n",
		pdev->vendor, pdev->device, VFE_PCI_VENDOR, own,
		VFE_PCI_VENDOR, stock);
	return -ENODEV;
}

static int vfe_trap_create_sysfs(struct vfe_trap *trap)
{
	trap->sysfs = vfe_sysfs_create(&trap->pdev->dev, &trap->regs,
				       &trap->stats, NULL);
	return PTR_ERR_OR_ZERO(trap->sysfs);
}

/**
 * vfe_trap_open() - prepare a controller
 * @trap: with pdev, class, layout and string set, all else zero
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV no such window or device, or the error of
 * vfe_trap_map(), vfe_trap_start() or vfe_sysfs_create(). Each but -ENOMEM
 * with a line in the log.
 */
int vfe_trap_open(struct vfe_trap *trap)
{
	int err;

	err = vfe_trap_check_id(trap);
	if (err)
		return err;
	pci_set_drvdata(trap->pdev, trap);
	err = vfe_trap_map(trap);
	if (err)
		return err;
	err = vfe_trap_start(trap);
	if (err)
		goto err_map;
	err = vfe_trap_recovery_init(trap);
	if (err)
		goto err_start;
	err = vfe_trap_create_sysfs(trap);
	if (err)
		goto err_recovery;
	return 0;

err_recovery:
	vfe_trap_recovery_exit(trap);
err_start:
	vfe_trap_shutdown(trap);
err_map:
	vfe_trap_unmap(trap);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_open, VFE_NS);

/**
 * vfe_trap_close() - undo vfe_trap_open()
 * @trap: the controller; the class accesses no register any more
 *
 * Context: process context, may sleep.
 */
void vfe_trap_close(struct vfe_trap *trap)
{
	vfe_sysfs_destroy(trap->sysfs);
	vfe_trap_recovery_exit(trap);
	vfe_trap_shutdown(trap);
	vfe_trap_unmap(trap);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_close, VFE_NS);

MODULE_DESCRIPTION("Controller of register windows, where each access causes a VM exit");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_blk: the disk of vfe_blk, driven through a register window as a
 * fully emulated controller is, where each access traps. This file has the
 * module, its parameters, and probe, suspend and removal of a function.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <vfe/version.h>

#include "trap.h"

static char *window = "port";
module_param(window, charp, 0444);
MODULE_PARM_DESC(window, "Register window to use: port (default) or memory");

static bool string;
module_param(string, bool, 0444);
MODULE_PARM_DESC(string, "Move data by string instructions (default N)");

static enum vfet_style vfet_style;

static const char *const vfet_styles[] = {
	[VFET_PORT] = "port",
	[VFET_MEMORY] = "memory",
};

/*
 * driver_override binds any function to any driver, so the identity is checked
 * here and not by an id table.
 */
static int vfet_check_id(struct pci_dev *pdev)
{
	if (pdev->vendor == VFE_PCI_VENDOR &&
	    (pdev->device == VFE_PCI_DEVICE_BLOCK ||
	     pdev->device == VFE_PCI_STOCK_BLOCK))
		return 0;
	dev_err(&pdev->dev,
		"%04x:%04x has no register window (only %04x:%04x and %04x:%04x may have one): clear its driver_override\n",
		pdev->vendor, pdev->device, VFE_PCI_VENDOR,
		VFE_PCI_DEVICE_BLOCK, VFE_PCI_VENDOR, VFE_PCI_STOCK_BLOCK);
	return -ENODEV;
}

/* Sets everything up, up to a disk that is not visible yet. */
static int vfet_bring_up(struct vfet_disk *td)
{
	struct vfet_window *w = &td->window;
	int err;

	err = vfet_bars_open(w, vfet_style);
	if (err)
		return err;
	err = vfet_window_open(w);
	if (err)
		goto err_bars;
	err = vfet_disk_learn(td);
	if (err)
		goto err_window;
	err = vfet_disk_create(td);
	if (err)
		goto err_window;
	return 0;

err_window:
	vfet_window_close(w);
err_bars:
	vfet_bars_close(w);
	return err;
}

static void vfet_take_down(struct vfet_disk *td)
{
	vfet_disk_discard(td);
	vfet_window_close(&td->window);
	vfet_bars_close(&td->window);
}

static int vfet_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfet_disk *td;
	int err;

	err = vfet_check_id(pdev);
	if (err)
		return err;
	td = kzalloc(sizeof(*td), GFP_KERNEL);
	if (!td)
		return -ENOMEM;
	td->window.pdev = pdev;
	td->window.string = string;
	pci_set_drvdata(pdev, td);
	err = vfet_bring_up(td);
	if (err)
		goto err_free;
	err = vfet_sleep_init(td);
	if (err)
		goto err_disk;
	td->sysfs = vfe_sysfs_create(&pdev->dev, &td->window.regs,
				     &td->window.stats, NULL);
	if (IS_ERR(td->sysfs)) {
		err = PTR_ERR(td->sysfs);
		goto err_sleep;
	}
	err = vfet_disk_show(td);
	if (err)
		goto err_sysfs;
	dev_info(&pdev->dev, "%s: %llu sectors by the %s window%s\n",
		 td->disk->disk_name, td->capacity, vfet_styles[vfet_style],
		 string ? ", string instructions" : "");
	return 0;

err_sysfs:
	vfe_sysfs_destroy(td->sysfs);
err_sleep:
	vfet_sleep_exit(td);
err_disk:
	put_disk(td->disk);
	vfet_take_down(td);
err_free:
	kfree(td);
	return err;
}

static void vfet_remove(struct pci_dev *pdev)
{
	struct vfet_disk *td = pci_get_drvdata(pdev);
	struct gendisk *disk = td->disk;

	vfet_disk_hide(td);
	vfet_sleep_exit(td);
	vfe_sysfs_destroy(td->sysfs);
	vfet_take_down(td);
	put_disk(disk);		/* frees td, now or at the last close */
}

static int vfet_suspend(struct device *dev)
{
	vfet_sleep(dev_get_drvdata(dev), VFET_SUSPEND_WAIT);
	return 0;
}

static int vfet_resume(struct device *dev)
{
	return vfet_wake(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(vfet_pm_ops, vfet_suspend, vfet_resume);

static struct pci_driver vfet_driver = {
	.name = VFET_NAME,
	.id_table = NULL,	/* only by driver_override */
	.probe = vfet_probe,
	.remove = vfet_remove,
	.err_handler = &vfet_err_handler,
	.driver.pm = pm_sleep_ptr(&vfet_pm_ops),
};

static int __init vfet_init(void)
{
	int style;

	style = match_string(vfet_styles, ARRAY_SIZE(vfet_styles), window);
	if (style < 0) {
		pr_err(VFET_NAME ": window=%s: must be port or memory\n",
		       window);
		return -EINVAL;
	}
	vfet_style = style;
	return pci_register_driver(&vfet_driver);
}
module_init(vfet_init);

static void __exit vfet_exit(void)
{
	pci_unregister_driver(&vfet_driver);
}
module_exit(vfet_exit);

MODULE_DESCRIPTION("Block driver through a register window, where each access causes a VM exit");
MODULE_LICENSE("GPL");
MODULE_VERSION(VFE_VERSION);

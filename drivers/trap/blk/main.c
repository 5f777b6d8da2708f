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

#include "../trap.h"

static char *window = "port";
module_param(window, charp, 0444);
MODULE_PARM_DESC(window, "Register window to use: port (default) or memory");

static bool string;
module_param(string, bool, 0444);
MODULE_PARM_DESC(string, "Move data by string instructions (default N)");

static enum vfe_trap_style vfe_trap_style;

static const char *const vfe_trap_styles[] = {
	[VFE_TRAP_PORT] = "port",
	[VFE_TRAP_MEMORY] = "memory",
};

/*
 * driver_override binds any function to any driver, so the identity is checked
 * here and not by an id table.
 */
static int vfe_trap_blk_check_id(struct pci_dev *pdev)
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
static int vfe_trap_blk_bring_up(struct vfe_trap_blk *tb)
{
	struct vfe_trap *trap = &tb->window;
	int err;

	err = vfe_trap_map(trap, vfe_trap_style);
	if (err)
		return err;
	err = vfe_trap_open(trap);
	if (err)
		goto err_bars;
	err = vfe_trap_blk_identify(tb);
	if (err)
		goto err_window;
	err = vfe_trap_blk_alloc(tb);
	if (err)
		goto err_window;
	return 0;

err_window:
	vfe_trap_close(trap);
err_bars:
	vfe_trap_unmap(trap);
	return err;
}

static void vfe_trap_blk_take_down(struct vfe_trap_blk *tb)
{
	vfe_trap_blk_free(tb);
	vfe_trap_close(&tb->window);
	vfe_trap_unmap(&tb->window);
}

static int vfe_trap_blk_probe(struct pci_dev *pdev,
			      const struct pci_device_id *id)
{
	struct vfe_trap_blk *tb;
	int err;

	err = vfe_trap_blk_check_id(pdev);
	if (err)
		return err;
	tb = kzalloc(sizeof(*tb), GFP_KERNEL);
	if (!tb)
		return -ENOMEM;
	tb->window.pdev = pdev;
	tb->window.string = string;
	pci_set_drvdata(pdev, tb);
	err = vfe_trap_blk_bring_up(tb);
	if (err)
		goto err_free;
	err = vfe_trap_recovery_init(tb);
	if (err)
		goto err_disk;
	tb->sysfs = vfe_sysfs_create(&pdev->dev, &tb->window.regs,
				     &tb->window.stats, NULL);
	if (IS_ERR(tb->sysfs)) {
		err = PTR_ERR(tb->sysfs);
		goto err_sleep;
	}
	err = vfe_trap_blk_add_disk(tb);
	if (err)
		goto err_sysfs;
	dev_info(&pdev->dev, "%s: %llu sectors by the %s window%s\n",
		 tb->disk->disk_name, tb->capacity,
		 vfe_trap_styles[vfe_trap_style],
		 string ? ", string instructions" : "");
	return 0;

err_sysfs:
	vfe_sysfs_destroy(tb->sysfs);
err_sleep:
	vfe_trap_recovery_exit(tb);
err_disk:
	put_disk(tb->disk);
	vfe_trap_blk_take_down(tb);
err_free:
	kfree(tb);
	return err;
}

static void vfe_trap_blk_remove(struct pci_dev *pdev)
{
	struct vfe_trap_blk *tb = pci_get_drvdata(pdev);
	struct gendisk *disk = tb->disk;

	vfe_trap_blk_del_disk(tb);
	vfe_trap_recovery_exit(tb);
	vfe_sysfs_destroy(tb->sysfs);
	vfe_trap_blk_take_down(tb);
	put_disk(disk);		/* frees tb, now or at the last close */
}

static int vfe_trap_blk_suspend(struct device *dev)
{
	vfe_trap_quiesce(dev_get_drvdata(dev), VFE_TRAP_SUSPEND_WAIT);
	return 0;
}

static int vfe_trap_blk_resume(struct device *dev)
{
	return vfe_trap_resume(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(vfe_trap_blk_pm_ops, vfe_trap_blk_suspend,
				 vfe_trap_blk_resume);

static struct pci_driver vfe_trap_blk_driver = {
	.name = VFE_TRAP_BLK_NAME,
	.id_table = NULL,	/* only by driver_override */
	.probe = vfe_trap_blk_probe,
	.remove = vfe_trap_blk_remove,
	.err_handler = &vfe_trap_err_handler,
	.driver.pm = pm_sleep_ptr(&vfe_trap_blk_pm_ops),
};

static int __init vfe_trap_blk_init(void)
{
	int style;

	style = match_string(vfe_trap_styles, ARRAY_SIZE(vfe_trap_styles),
			     window);
	if (style < 0) {
		pr_err(VFE_TRAP_BLK_NAME ": window=%s: must be port or memory\n",
		       window);
		return -EINVAL;
	}
	vfe_trap_style = style;
	return pci_register_driver(&vfe_trap_blk_driver);
}
module_init(vfe_trap_blk_init);

static void __exit vfe_trap_blk_exit(void)
{
	pci_unregister_driver(&vfe_trap_blk_driver);
}
module_exit(vfe_trap_blk_exit);

MODULE_DESCRIPTION("Block driver through a register window, where each access causes a VM exit");
MODULE_LICENSE("GPL");
MODULE_VERSION(VFE_VERSION);

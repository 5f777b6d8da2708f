// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_blk: the disk of vfe_blk, driven through a register window, like a
 * fully emulated controller, where each access traps. This file has the module,
 * its parameters, and probe and removal of a function.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include <vfe/compat/core.h>
#include <vfe/device.h>
#include <vfe/version.h>

#include "blk.h"

static char *window = "port";
module_param(window, charp, 0444);
MODULE_PARM_DESC(window, "Register window to use: port (default) or memory");

static bool string;
module_param(string, bool, 0444);
MODULE_PARM_DESC(string, "Move data by string instructions (default N)");

#define VFE_TRAP_BLK_WINDOW_LEN	0x20	/* up to the end of control */

static const struct vfe_trap_layout vfe_trap_blk_layouts[] =
	VFE_TRAP_LAYOUTS(, SECTOR_LO, VFE_TRAP_BLK_WINDOW_LEN);

static const struct vfe_trap_layout *vfe_trap_blk_layout;

static irqreturn_t vfe_trap_blk_irq(struct vfe_trap *trap)
{
	return vfe_trap_command_irq(&to_trap_blk(trap)->command);
}

static void vfe_trap_blk_gone(struct vfe_trap *trap)
{
	vfe_trap_command_end_wait(&to_trap_blk(trap)->command);
}

/* The command in flight took too long: stops the wait for it. */
static void vfe_trap_blk_stop_work(struct work_struct *work)
{
	struct vfe_trap_blk *tb = container_of(to_delayed_work(work),
					       struct vfe_trap_blk, stop_work);
	bool waits = vfe_trap_command_waits(&tb->command);

	vfe_trap_stop_waits(&tb->trap, true);
	if (waits)
		dev_warn_ratelimited(&tb->trap.pdev->dev,
				     "stopped with a request in flight: it will be sent again\n");
}

/*
 * A command in flight that does not end within @patience is stopped, and issued
 * again after vfe_trap_blk_resume().
 */
static void vfe_trap_blk_quiesce(struct vfe_trap *trap, unsigned long patience)
{
	struct vfe_trap_blk *tb = to_trap_blk(trap);

	blk_mq_quiesce_queue(tb->disk->queue);
	queue_delayed_work(vfe_wq, &tb->stop_work, patience);
	flush_workqueue(tb->queue);
	cancel_delayed_work_sync(&tb->stop_work);
	vfe_trap_stop_waits(trap, false);
}

static void vfe_trap_blk_resume(struct vfe_trap *trap)
{
	struct request_queue *q = to_trap_blk(trap)->disk->queue;

	blk_mq_unquiesce_queue(q);
	blk_mq_kick_requeue_list(q);
}

static const struct vfe_trap_class vfe_trap_blk_class = {
	.name = "blk",
	.type = VFE_TYPE_BLOCK,
	.irq = vfe_trap_blk_irq,
	.gone = vfe_trap_blk_gone,
	.quiesce = vfe_trap_blk_quiesce,
	.recheck = vfe_trap_blk_recheck,
	.resume = vfe_trap_blk_resume,
};

/* Sets up the controller, and a disk that is not visible yet. */
static int vfe_trap_blk_bring_up(struct vfe_trap_blk *tb)
{
	int err;

	err = vfe_trap_open(&tb->trap);
	if (err)
		return err;
	err = vfe_trap_blk_identify(tb);
	if (err)
		goto err_close;
	err = vfe_trap_blk_alloc(tb);
	if (err)
		goto err_close;
	return 0;

err_close:
	vfe_trap_close(&tb->trap);
	return err;
}

static void vfe_trap_blk_take_down(struct vfe_trap_blk *tb)
{
	vfe_trap_blk_free(tb);
	vfe_trap_close(&tb->trap);
}

static int vfe_trap_blk_probe(struct pci_dev *pdev,
			      const struct pci_device_id *id)
{
	struct vfe_trap_blk *tb;
	int err;

	tb = kzalloc(sizeof(*tb), GFP_KERNEL);
	if (!tb)
		return -ENOMEM;
	tb->trap.pdev = pdev;
	tb->trap.class = &vfe_trap_blk_class;
	tb->trap.layout = vfe_trap_blk_layout;
	tb->trap.string = string;
	vfe_trap_command_init(&tb->command, &tb->trap, VFE_REG_PORT_COMMAND,
			      VFE_REG_PORT_STATUS);
	INIT_DELAYED_WORK(&tb->stop_work, vfe_trap_blk_stop_work);
	err = vfe_trap_blk_bring_up(tb);
	if (err)
		goto err_free;
	err = vfe_trap_blk_add_disk(tb);
	if (err)
		goto err_disk;
	dev_info(&pdev->dev, "%s: %llu sectors by the %s window%s\n",
		 tb->disk->disk_name, tb->capacity, window,
		 string ? ", string instructions" : "");
	return 0;

err_disk:
	put_disk(tb->disk);
	vfe_trap_blk_take_down(tb);
err_free:
	kfree(tb);
	return err;
}

static void vfe_trap_blk_remove(struct pci_dev *pdev)
{
	struct vfe_trap_blk *tb = to_trap_blk(pci_get_drvdata(pdev));
	struct gendisk *disk = tb->disk;

	vfe_trap_blk_del_disk(tb);
	vfe_trap_blk_take_down(tb);
	put_disk(disk);		/* frees tb, now or at the last close */
}

static struct pci_driver vfe_trap_blk_driver = {
	.name = "vfe_trap_blk",
	.id_table = NULL,	/* only by driver_override */
	.probe = vfe_trap_blk_probe,
	.remove = vfe_trap_blk_remove,
	.err_handler = &vfe_trap_err_handler,
	.driver.pm = pm_sleep_ptr(&vfe_trap_pm_ops),
};

static int __init vfe_trap_blk_init(void)
{
	vfe_trap_blk_layout = vfe_trap_find_layout(&vfe_trap_blk_class,
						   vfe_trap_blk_layouts,
						   window);
	if (!vfe_trap_blk_layout)
		return -EINVAL;
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
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

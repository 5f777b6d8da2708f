// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_scsi: the SCSI host of vfe_scsi, driven through a register window,
 * like a host adapter with FIFOs, where each access traps. This file has the
 * module, its parameters, and probe and removal of a function.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/stddef.h>

#include <vfe/compat/core.h>
#include <vfe/version.h>

#include "scsi.h"

static char *window = "port";
module_param(window, charp, 0444);
MODULE_PARM_DESC(window, "Register window to use: port (default) or memory");

static bool string;
module_param(string, bool, 0444);
MODULE_PARM_DESC(string, "Move data by string instructions (default N)");

#define VFE_TRAP_SCSI_WINDOW_LEN	0x20	/* up to the end of control */

static const struct vfe_trap_layout vfe_trap_scsi_layouts[] =
	VFE_TRAP_LAYOUTS(SCSI_, ADDRESS, VFE_TRAP_SCSI_WINDOW_LEN);

static const struct vfe_trap_layout *vfe_trap_scsi_layout;

#define VFE_TRAP_SCSI_COUNTER(member) { \
	.name = #member, \
	.offset = offsetof(struct vfe_trap_scsi_counters, member), \
}

static const struct vfe_counter vfe_trap_scsi_counter_table[] = {
	VFE_TRAP_SCSI_COUNTER(short_commands),
	VFE_TRAP_SCSI_COUNTER(sense_words),
	VFE_TRAP_SCSI_COUNTER(window_resets),
};

static const struct vfe_class_counters vfe_trap_scsi_counters = {
	.table = vfe_trap_scsi_counter_table,
	.n = ARRAY_SIZE(vfe_trap_scsi_counter_table),
	.size = sizeof(struct vfe_trap_scsi_counters),
};

static irqreturn_t vfe_trap_scsi_irq(struct vfe_trap *trap)
{
	return vfe_trap_command_irq(&to_trap_scsi(trap)->command);
}

static void vfe_trap_scsi_gone(struct vfe_trap *trap)
{
	vfe_trap_command_end_wait(&to_trap_scsi(trap)->command);
}

static void vfe_trap_scsi_quiesce(struct vfe_trap *trap,
				  unsigned long patience)
{
	vfe_trap_scsi_hold(to_trap_scsi(trap), patience);
}

static void vfe_trap_scsi_resume(struct vfe_trap *trap)
{
	vfe_trap_scsi_go_on(to_trap_scsi(trap));
}

static const struct vfe_trap_class vfe_trap_scsi_class = {
	.name = "scsi",
	.type = VFE_TYPE_SCSI,
	.counters = &vfe_trap_scsi_counters,
	.irq = vfe_trap_scsi_irq,
	.gone = vfe_trap_scsi_gone,
	.quiesce = vfe_trap_scsi_quiesce,
	.recheck = vfe_trap_scsi_recheck,
	.resume = vfe_trap_scsi_resume,
};

static void vfe_trap_scsi_free(struct vfe_trap_scsi *ts)
{
	destroy_workqueue(ts->queue);
	scsi_host_put(ts->shost);	/* frees ts, now or at the last close */
}

static int vfe_trap_scsi_probe(struct pci_dev *pdev,
			       const struct pci_device_id *id)
{
	struct vfe_trap_scsi *ts = vfe_trap_scsi_alloc(pdev);
	int err;

	if (!ts)
		return -ENOMEM;
	ts->trap.class = &vfe_trap_scsi_class;
	ts->trap.layout = vfe_trap_scsi_layout;
	ts->trap.string = string;
	err = vfe_trap_open(&ts->trap);
	if (err)
		goto err_free;
	err = vfe_trap_scsi_identify(ts);
	if (err)
		goto err_close;
	dev_info(&pdev->dev, "%s by the %s window%s\n",
		 dev_name(&ts->shost->shost_gendev), window,
		 string ? ", string instructions" : "");
	err = vfe_trap_scsi_add_host(ts);
	if (err)
		goto err_close;
	return 0;

err_close:
	vfe_trap_close(&ts->trap);
err_free:
	vfe_trap_scsi_free(ts);
	return err;
}

static void vfe_trap_scsi_remove(struct pci_dev *pdev)
{
	struct vfe_trap_scsi *ts = to_trap_scsi(pci_get_drvdata(pdev));

	vfe_trap_scsi_remove_host(ts);
	vfe_trap_close(&ts->trap);
	vfe_trap_scsi_free(ts);
}

static struct pci_driver vfe_trap_scsi_driver = {
	.name = "vfe_trap_scsi",
	.id_table = NULL,	/* only by driver_override */
	.probe = vfe_trap_scsi_probe,
	.remove = vfe_trap_scsi_remove,
	.err_handler = &vfe_trap_err_handler,
	.driver.pm = pm_sleep_ptr(&vfe_trap_pm_ops),
};

static int __init vfe_trap_scsi_init(void)
{
	vfe_trap_scsi_layout = vfe_trap_find_layout(&vfe_trap_scsi_class,
						    vfe_trap_scsi_layouts,
						    window);
	if (!vfe_trap_scsi_layout)
		return -EINVAL;
	return pci_register_driver(&vfe_trap_scsi_driver);
}
module_init(vfe_trap_scsi_init);

static void __exit vfe_trap_scsi_exit(void)
{
	pci_unregister_driver(&vfe_trap_scsi_driver);
}
module_exit(vfe_trap_scsi_exit);

MODULE_DESCRIPTION("SCSI driver through a register window, where each access causes a VM exit");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

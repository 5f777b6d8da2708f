// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_scsi: a virtio SCSI host (virtio 1.4, 5.6). This file has the module, its
 * parameters, and the operations of the PCI driver. The data path is in
 * request.c and complete.c.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include <vfe/version.h>

#include "scsi.h"

struct vfe_io_params vfe_scsi_params = { .interrupts = "msix" };

module_param_named(interrupts, vfe_scsi_params.interrupts, charp, 0444);
MODULE_PARM_DESC(interrupts,
		 "MSI-X vectors: msix: one per request queue, one for control and events (default), shared: one for all queues, single: one for queues and configuration changes, intx: INTx instead");

module_param_named(queues, vfe_scsi_params.queues, uint, 0444);
MODULE_PARM_DESC(queues, "Largest number of request queues of a host (default 0: one per CPU)");

module_param_named(queue_depth, vfe_scsi_params.queue_depth, uint, 0444);
MODULE_PARM_DESC(queue_depth,
		 "Entries of each queue, a power of two from 4 to 32768 (default 0: the device's size, at most 1024 commands)");

module_param_named(poll_queues, vfe_scsi_params.poll_queues, uint, 0644);
MODULE_PARM_DESC(poll_queues,
		 "Additional queues without interrupts, for polled I/O (io_uring's IOPOLL); read at each probe (default 0)");

module_param_named(coalesce_usecs, vfe_scsi_params.tunables.coalesce_usecs,
		   uint, 0444);
MODULE_PARM_DESC(coalesce_usecs,
		 "Period in microseconds of a timer that reaps completions and writes kicks of a busy queue, in place of an interrupt and a kick for each command (default 0: off)");

module_param_named(adaptive_poll, vfe_scsi_params.tunables.adaptive_poll, uint,
		   0444);
MODULE_PARM_DESC(adaptive_poll,
		 "Longest time in microseconds that a submitting task busy-waits for its completion (default 0: off)");

module_param_named(reset_after, vfe_scsi_params.tunables.reset_after, uint,
		   0444);
MODULE_PARM_DESC(reset_after,
		 "Reset the device if it does not complete a command within this many seconds (default 0: no limit)");

/* The size of units is not in the configuration: nothing to read again. */
static const struct vfe_device_ops vfe_scsi_device_ops = {
	.counters = &vfe_scsi_counters,
	.needs_reset = vfe_scsi_needs_reset,
};

/* Negotiates features, reads the limits and sets up the queues. */
static int vfe_scsi_set_up(struct vfe_scsi *vs)
{
	int err;

	err = vfe_negotiate(vs->vd, VFE_SCSI_FEATURES, 0, 0);
	if (err)
		return err;
	vs->pi = vfe_has_feature(vs->vd, VIRTIO_SCSI_F_T10_PI);
	err = vfe_scsi_read_limits(vs);
	if (err)
		return err;
	err = vfe_scsi_queues_init(vs, &vfe_scsi_params);
	if (err)
		return err;
	vs->stats = vfe_stats_of(vs->vd);
	vfe_io_tune(&vs->io, &vfe_scsi_params.tunables);
	err = vfe_scsi_set_sizes(vs->vd);
	if (err)
		vfe_scsi_queues_exit(vs);
	return err;
}

/* Everything that lasts as long as the device, beside its queues */
static int vfe_scsi_parts_init(struct vfe_scsi *vs)
{
	int err;

	err = vfe_scsi_control_init(vs);
	if (err)
		return err;
	err = vfe_scsi_events_init(vs);
	if (err)
		goto err_control;
	err = vfe_scsi_units_init(vs);
	if (err)
		goto err_events;
	err = vfe_scsi_query_init(vs);
	if (err)
		goto err_units;
	return 0;

err_units:
	vfe_scsi_units_exit(vs);
err_events:
	vfe_scsi_events_exit(vs);
err_control:
	vfe_scsi_control_exit(vs);
	return err;
}

static void vfe_scsi_parts_exit(struct vfe_scsi *vs)
{
	vfe_scsi_query_exit(vs);
	vfe_scsi_units_exit(vs);
	vfe_scsi_events_exit(vs);
	vfe_scsi_control_exit(vs);
}

static struct vfe_scsi *vfe_scsi_alloc(struct pci_dev *pdev)
{
	struct vfe_scsi *vs;
	int err;

	vs = kzalloc(sizeof(*vs), GFP_KERNEL);
	if (!vs)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vs->hold_lock);
	INIT_WORK(&vs->abandon, vfe_scsi_abandon_work);
	vfe_io_init(&vs->io, &vfe_scsi_io_ops, &vfe_scsi_recovery_ops);
	vs->vd = vfe_create(pdev, &vfe_scsi_device_ops, vs);
	if (IS_ERR(vs->vd)) {
		err = PTR_ERR(vs->vd);
		kfree(vs);
		return ERR_PTR(err);
	}
	vs->io.recovery.vd = vs->vd;
	vs->io.recovery.queue_resets = pdev->device == VFE_PCI_DEVICE_SCSI;
	return vs;
}

/* The device, without users: @vs->shost does not exist yet, or no more. */
static void vfe_scsi_free(struct vfe_scsi *vs)
{
	vfe_destroy(vs->vd);
	kfree(vs);
}

static int vfe_scsi_make(struct vfe_scsi *vs)
{
	int err;

	err = vfe_scsi_set_up(vs);
	if (err)
		return err;
	err = vfe_scsi_memory_init(vs);
	if (err)
		goto err_queues;
	err = vfe_scsi_parts_init(vs);
	if (err)
		goto err_memory;
	vs->shost = vfe_scsi_host_alloc(vs);
	if (vs->shost)
		return 0;
	err = -ENOMEM;
	vfe_scsi_parts_exit(vs);
err_memory:
	vfe_io_memory_exit(&vs->io);
err_queues:
	vfe_scsi_queues_exit(vs);
	return err;
}

/* Undoes vfe_scsi_make(). The device is stopped, the host is removed. */
static void vfe_scsi_unmake(struct vfe_scsi *vs)
{
	/* the last reference may free the commands, whose memory is below */
	scsi_host_put(vs->shost);
	vfe_scsi_parts_exit(vs);
	vfe_io_memory_exit(&vs->io);
	vfe_scsi_queues_exit(vs);
}

static int vfe_scsi_start(struct vfe_scsi *vs)
{
	struct device *dev = vfe_dev(vs->vd);
	int err;

	err = vfe_recovery_start(&vs->io.recovery);
	if (err)
		return err;
	vs->sysfs = vfe_sysfs_create(dev, vfe_regs_of(vs->vd),
				     vfe_stats_of(vs->vd), vs->vd);
	if (IS_ERR(vs->sysfs)) {
		err = PTR_ERR(vs->sysfs);
		goto err_exit;
	}
	err = vfe_scsi_host_add(vs);
	if (err)
		goto err_sysfs;
	return 0;

err_sysfs:
	vfe_sysfs_destroy(vs->sysfs);
err_exit:
	vfe_scsi_events_stop(vs);
	vfe_recovery_exit(&vs->io.recovery);
	vfe_scsi_detach(vs);
	return err;
}

static int vfe_scsi_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfe_scsi *vs;
	int err;

	err = vfe_check_id(pdev, VFE_TYPE_SCSI, VFE_PCI_OLD_SCSI);
	if (err)
		return err;
	vs = vfe_scsi_alloc(pdev);
	if (IS_ERR(vs))
		return PTR_ERR(vs);
	err = vfe_scsi_make(vs);
	if (err)
		goto err_free;
	pci_set_drvdata(pdev, &vs->io.recovery);
	err = vfe_scsi_start(vs);
	if (err)
		goto err_unmake;
	return 0;

err_unmake:
	vfe_scsi_unmake(vs);
err_free:
	vfe_scsi_free(vs);
	return err;
}

/*
 * While the device is live, scsi_remove_host() has caches flushed and commands
 * complete as usual; the driver stops the device only afterwards. Units are not
 * checked any more: that could wait for a command, too. A command that does not
 * end is given up by vfe_scsi_timed_out(), so all of this does end.
 */
static void vfe_scsi_remove(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	struct vfe_scsi *vs = container_of(r, struct vfe_scsi, io.recovery);

	vfe_recovery_leave(r);
	vfe_scsi_events_stop(vs);
	vfe_scsi_host_close(vs);
	scsi_remove_host(vs->shost);
	cancel_work_sync(&vs->abandon);
	vfe_recovery_exit(r);
	vfe_scsi_detach(vs);
	vfe_sysfs_destroy(vs->sysfs);
	vfe_scsi_unmake(vs);
	vfe_scsi_free(vs);
}

static const struct attribute_group *vfe_scsi_groups[] = {
	&vfe_io_tunables_group,
	&vfe_recovery_group,
	NULL,
};

/*
 * Only this project's device: a standard one belongs to virtio_scsi, unless the
 * user sets its driver_override, which needs no entry here.
 */
static const struct pci_device_id vfe_scsi_ids[] = {
	{ PCI_DEVICE(VFE_PCI_VENDOR, VFE_PCI_DEVICE_SCSI) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vfe_scsi_ids);

static struct pci_driver vfe_scsi_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vfe_scsi_ids,
	.probe = vfe_scsi_probe,
	.remove = vfe_scsi_remove,
	.shutdown = vfe_recovery_shutdown,
	.err_handler = &vfe_recovery_err_handler,
	.dev_groups = vfe_scsi_groups,
	.driver.pm = pm_sleep_ptr(&vfe_recovery_pm_ops),
};

static int __init vfe_scsi_init(void)
{
	int err = vfe_io_check_params(KBUILD_MODNAME, &vfe_scsi_params);

	return err ?: pci_register_driver(&vfe_scsi_driver);
}
module_init(vfe_scsi_init);

static void __exit vfe_scsi_exit(void)
{
	pci_unregister_driver(&vfe_scsi_driver);
}
module_exit(vfe_scsi_exit);

MODULE_DESCRIPTION("Virtio SCSI driver that counts its VM exits");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_blk: a virtio block device as a disk, /dev/vfebN. This file has the
 * module, its parameters, and the operations of the PCI driver. The data path
 * is in submit.c.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <vfe/version.h>
#include <vfe/wire_blk.h>

#include "blk.h"

static struct vfe_io_params vfe_blk_params = { .interrupts = "msix" };

module_param_named(interrupts, vfe_blk_params.interrupts, charp, 0444);
MODULE_PARM_DESC(interrupts,
		 "MSI-X vectors: msix: one per queue (default), shared: one for all queues, single: one for queues and configuration changes, intx: INTx instead");

module_param_named(queues, vfe_blk_params.queues, uint, 0444);
MODULE_PARM_DESC(queues, "Largest number of request queues of a disk (default 0: one per CPU)");

module_param_named(queue_depth, vfe_blk_params.queue_depth, uint, 0444);
MODULE_PARM_DESC(queue_depth,
		 "Entries of each queue, a power of two from 4 to 32768 (default 0: the device's size, at most 1024 requests)");

module_param_named(poll_queues, vfe_blk_params.poll_queues, uint, 0644);
MODULE_PARM_DESC(poll_queues,
		 "Additional queues without interrupts, for polled I/O (io_uring's IOPOLL); read at each probe (default 0)");

module_param_named(coalesce_usecs, vfe_blk_params.tunables.coalesce_usecs, uint,
		   0444);
MODULE_PARM_DESC(coalesce_usecs,
		 "Period in microseconds of a timer that reaps completions and writes kicks of a busy queue, in place of an interrupt and a kick for each request (default 0: off)");

module_param_named(adaptive_poll, vfe_blk_params.tunables.adaptive_poll, uint,
		   0444);
MODULE_PARM_DESC(adaptive_poll,
		 "Longest time in microseconds that a submitting task busy-waits for its completion (default 0: off)");

module_param_named(reset_after, vfe_blk_params.tunables.reset_after, uint,
		   0444);
MODULE_PARM_DESC(reset_after,
		 "Reset the device if it does not complete a request within this many seconds (default 0: no limit)");

static DEFINE_IDA(vfe_blk_indices);

static void vfe_blk_free(struct vfe_blk *vb)
{
	ida_free(&vfe_blk_indices, vb->index);
	kfree(vb);
}

/* The last reference to the disk is gone, maybe long after the device. */
static void vfe_blk_free_disk(struct gendisk *disk)
{
	vfe_blk_free(disk->private_data);
}

static int vfe_blk_ioctl_getgeo(vfe_geo_t *of, struct hd_geometry *geo)
{
	vfe_blk_getgeo(vfe_geo_disk(of)->private_data, geo);
	return 0;
}

VFE_ZONES_FN(vfe_blk_disk_zones, vfe_blk_report_zones)

static const struct block_device_operations vfe_blk_fops = {
	.owner = THIS_MODULE,
	.getgeo = vfe_blk_ioctl_getgeo,
	VFE_ZONES_OP(vfe_blk_disk_zones)
	.free_disk = vfe_blk_free_disk,
};

static const struct vfe_device_ops vfe_blk_device_ops = {
	.counters = &vfe_io_counters,
	.config_changed = vfe_blk_config_changed,
	.needs_reset = vfe_blk_needs_reset,
};

static struct vfe_blk *vfe_blk_alloc(void)
{
	struct vfe_blk *vb;

	vb = kzalloc(sizeof(*vb), GFP_KERNEL);
	if (!vb)
		return ERR_PTR(-ENOMEM);
	vb->index = ida_alloc(&vfe_blk_indices, GFP_KERNEL);
	if (vb->index < 0) {
		int err = vb->index;

		kfree(vb);
		return ERR_PTR(err);
	}
	mutex_init(&vb->cache_lock);
	mutex_init(&vb->capacity_lock);
	vfe_io_init(&vb->io, &vfe_blk_io_ops, &vfe_blk_recovery_ops);
	return vb;
}

/* Negotiates features, reads the limits and sets up the queues. */
static int vfe_blk_set_up(struct vfe_blk *vb)
{
	int err;

	err = vfe_negotiate(vb->vd, VFE_BLK_FEATURES, 0, 0);
	if (!err)
		err = vfe_blk_read_limits(vb);
	if (!err)
		err = vfe_blk_queues_init(vb, &vfe_blk_params);
	if (err)
		return err;
	vb->stats = vfe_stats_of(vb->vd);
	vfe_io_tune(&vb->io, &vfe_blk_params.tunables);
	err = vfe_blk_disable_cache(vb);
	if (err)
		vfe_blk_queues_exit(vb);
	return err;
}

/* Once the disk is added, put_disk() frees @vb. */
static int vfe_blk_make_disk(struct vfe_blk *vb)
{
	struct gendisk *disk;

	disk = vfe_alloc_disk(&vb->tag_set, &vb->limits, vb);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->private_data = vb;
	disk->fops = &vfe_blk_fops;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "vfeb%d", vb->index);
	set_capacity(disk, vb->capacity);
	set_disk_ro(disk, vb->read_only);
	vb->disk = disk;
	vb->io.recovery.name = disk->disk_name;
	return 0;
}

static int vfe_blk_add_disk(struct vfe_blk *vb)
{
	struct device *dev = vfe_dev(vb->vd);
	int err;

	vb->sysfs = vfe_sysfs_create(dev, vfe_regs_of(vb->vd),
				     vfe_stats_of(vb->vd), vb->vd);
	if (IS_ERR(vb->sysfs))
		return PTR_ERR(vb->sysfs);
	err = vfe_blk_revalidate_zones(vb) ?:
	      device_add_disk(dev, vb->disk, vfe_blk_groups);
	if (err) {
		vfe_sysfs_destroy(vb->sysfs);
		return err;
	}
	dev_info(dev, "%s: %llu sectors, queues %u, polled %u, depth %u, %s%s\n",
		 vb->disk->disk_name, (u64)get_capacity(vb->disk),
		 vb->share.queues - vb->share.polled, vb->share.polled,
		 vb->tag_set.queue_depth,
		 vb->write_cache ? "write back" : "write through",
		 vb->read_only ? ", read-only" : "");
	return 0;
}

static int vfe_blk_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfe_blk *vb;
	int err;

	err = vfe_check_id(pdev, VFE_TYPE_BLOCK, VFE_PCI_OLD_BLOCK);
	if (err)
		return err;
	vb = vfe_blk_alloc();
	if (IS_ERR(vb))
		return PTR_ERR(vb);
	vb->vd = vfe_create(pdev, &vfe_blk_device_ops, vb);
	if (IS_ERR(vb->vd)) {
		err = PTR_ERR(vb->vd);
		goto err_free;
	}
	vb->io.recovery.vd = vb->vd;
	vb->io.recovery.queue_resets = pdev->device == VFE_PCI_DEVICE_BLOCK;
	err = vfe_blk_set_up(vb);
	if (err)
		goto err_destroy;
	err = vfe_blk_tags_init(vb);
	if (err)
		goto err_queues;
	err = vfe_blk_make_disk(vb);
	if (err)
		goto err_tags;
	pci_set_drvdata(pdev, &vb->io.recovery);
	err = vfe_recovery_start(&vb->io.recovery);
	if (err)
		goto err_disk;
	err = vfe_blk_add_disk(vb);
	if (err)
		goto err_exit;
	return 0;

err_exit:
	vfe_recovery_exit(&vb->io.recovery);
err_disk:
	put_disk(vb->disk);	/* never added: free_disk() is not called */
err_tags:
	vfe_blk_tags_exit(vb);
err_queues:
	vfe_blk_queues_exit(vb);
err_destroy:
	vfe_destroy(vb->vd);
err_free:
	vfe_blk_free(vb);
	return err;
}

/*
 * While the device is live, del_gendisk() writes dirty data back and requests
 * complete as usual; the driver stops the device only afterwards.
 */
static void vfe_blk_remove(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	struct vfe_blk *vb = container_of(r, struct vfe_blk, io.recovery);

	vfe_recovery_leave(r);
	del_gendisk(vb->disk);
	vfe_recovery_exit(r);
	vfe_sysfs_destroy(vb->sysfs);
	vfe_blk_tags_exit(vb);
	vfe_blk_queues_exit(vb);
	vfe_destroy(vb->vd);
	put_disk(vb->disk);
}

/*
 * Only this project's device: a standard one belongs to virtio_blk, unless the
 * user sets its driver_override, which needs no entry here.
 */
static const struct pci_device_id vfe_blk_ids[] = {
	{ PCI_DEVICE(VFE_PCI_VENDOR, VFE_PCI_DEVICE_BLOCK) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vfe_blk_ids);

static struct pci_driver vfe_blk_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vfe_blk_ids,
	.probe = vfe_blk_probe,
	.remove = vfe_blk_remove,
	.shutdown = vfe_recovery_shutdown,
	.err_handler = &vfe_recovery_err_handler,
	.driver.pm = pm_sleep_ptr(&vfe_recovery_pm_ops),
};

static int __init vfe_blk_init(void)
{
	int err;

	err = vfe_io_check_params(KBUILD_MODNAME, &vfe_blk_params);
	if (err)
		return err;
	return pci_register_driver(&vfe_blk_driver);
}
module_init(vfe_blk_init);

static void __exit vfe_blk_exit(void)
{
	pci_unregister_driver(&vfe_blk_driver);
}
module_exit(vfe_blk_exit);

MODULE_DESCRIPTION("Virtio block driver that counts its VM exits");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

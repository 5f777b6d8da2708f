// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_rng: a virtio entropy device (virtio 1.4, 5.4) as a source of the
 * kernel's hwrng. This is the smallest class driver: it has one queue and one
 * buffer, which the device fills with random bytes.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>

#include <vfe/compat/core.h>
#include <vfe/version.h>
#include <vfe/wire_rng.h>

#include "rng.h"

#define VFE_RNG_WAIT	HZ	/* longest wait of a read, which hwrng repeats */
#define VFE_RNG_STILL	(300 * HZ)	/* see vfe_rng_late() */

/* --- data path --- */

/* Gives the buffer to the device. @lock is held. */
static void vfe_rng_request(struct vfe_rng *vr)
{
	struct vfe_seg seg = { .addr = vr->dma, .len = VFE_RNG_BUFFER };

	if (!vr->open || vr->in_flight ||
	    vfe_queue_add(vr->vq, &seg, 0, 1, vr))
		return;
	vr->in_flight = true;
	WRITE_ONCE(vr->since, jiffies);
	if (vfe_queue_kick_prepare(vr->vq))
		vfe_queue_notify(vr->vq);
}

/*
 * Copies unread bytes, each only once, and requests more if none are left.
 * The device may write to @data at any time, so copy the bytes before
 * using them. Return: the number of bytes
 */
static unsigned int vfe_rng_take(struct vfe_rng *vr, void *buf, size_t max)
{
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&vr->lock, flags);
	n = min_t(size_t, max, vr->left);
	memcpy(buf, vr->data + vr->first, n);
	vr->first += n;
	vr->left -= n;
	if (!vr->left) {
		reinit_completion(&vr->filled);
		vfe_rng_request(vr);
	}
	spin_unlock_irqrestore(&vr->lock, flags);
	return n;
}

/*
 * Checks a silent device: it may have lost DRIVER_OK without an interrupt. But
 * the process that emulates it may also be stopped: then to read a register
 * stops this CPU, and QEMU drops a vfio-user device that does not answer for
 * 5 s. So the status is read only after 5 minutes.
 */
static void vfe_rng_late(struct vfe_rng *vr)
{
	if (vfe_recovery_state(&vr->recovery) == VFE_RUN_LIVE &&
	    time_after(jiffies, READ_ONCE(vr->since) + VFE_RNG_STILL) &&
	    vfe_wants_reset(vr->vd))
		vfe_recovery_force(&vr->recovery);
}

/*
 * For &struct hwrng. A device may take any time (QEMU's has an option for a
 * rate): wait for a second, then let the hwrng core call again. Return: bytes
 * read, or -ERESTARTSYS if the task has a fatal signal
 */
static int vfe_rng_read(struct hwrng *hwrng, void *buf, size_t max, bool wait)
{
	struct vfe_rng *vr = container_of(hwrng, struct vfe_rng, hwrng);
	int n = vfe_rng_take(vr, buf, max);
	long left;

	if (n || !wait)
		return n;
	left = wait_for_completion_killable_timeout(&vr->filled, VFE_RNG_WAIT);
	if (left > 0)
		return vfe_rng_take(vr, buf, max);
	if (!left)
		vfe_rng_late(vr);
	return left;
}

/* The queue's interrupt: the device used the buffer. */
static void vfe_rng_done(struct vfe_queue *vq)
{
	struct vfe_rng *vr = vfe_queue_priv(vq);
	unsigned long flags;
	u32 len;

	spin_lock_irqsave(&vr->lock, flags);
	do {
		if (!vfe_queue_get(vq, &len))
			continue;
		vr->in_flight = false;
		vr->first = 0;
		vr->left = len;
		vfe_count(vfe_stats_of(vr->vd), operations);
		vfe_recovery_completes(&vr->recovery);
		complete_all(&vr->filled);
	} while (!vfe_queue_enable_cb(vq));
	spin_unlock_irqrestore(&vr->lock, flags);
}

/* --- operations of the recovery --- */

static void vfe_rng_set_open(struct vfe_rng *vr, bool open)
{
	unsigned long flags;

	spin_lock_irqsave(&vr->lock, flags);
	vr->open = open;
	spin_unlock_irqrestore(&vr->lock, flags);
}

static void vfe_rng_close(struct vfe_device *vd, unsigned int first,
			  unsigned int n)
{
	vfe_rng_set_open(vfe_priv(vd), false);
}

static void vfe_rng_open(struct vfe_device *vd, unsigned int queue)
{
	vfe_rng_set_open(vfe_priv(vd), true);
}

static void vfe_rng_take_back(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_rng *vr = vfe_priv(vd);
	unsigned long flags;

	spin_lock_irqsave(&vr->lock, flags);
	if (vfe_queue_detach(vr->vq))
		vr->in_flight = false;
	spin_unlock_irqrestore(&vr->lock, flags);
}

/* Requests the detached buffer again: a reader may be waiting for it. */
static void vfe_rng_resend(struct vfe_device *vd)
{
	struct vfe_rng *vr = vfe_priv(vd);
	unsigned long flags;

	spin_lock_irqsave(&vr->lock, flags);
	if (!vr->left)
		vfe_rng_request(vr);
	spin_unlock_irqrestore(&vr->lock, flags);
}

static const struct vfe_recovery_ops vfe_rng_recovery_ops = {
	.close = vfe_rng_close,
	.take_back = vfe_rng_take_back,
	.open = vfe_rng_open,
	.resend = vfe_rng_resend,
};

static void vfe_rng_needs_reset(struct vfe_device *vd)
{
	struct vfe_rng *vr = vfe_priv(vd);

	vfe_recovery_request(&vr->recovery);
}

static const struct vfe_device_ops vfe_rng_device_ops = {
	.needs_reset = vfe_rng_needs_reset,
};

/* --- the driver --- */

static int vfe_rng_set_up(struct vfe_rng *vr)
{
	struct vfe_queue_spec spec = {
		.name = "requests", .done = vfe_rng_done, .priv = vr,
		.max_segs = 1,
	};
	int err;

	/*
	 * 5.4.6.1: the used length is the number of random bytes, and a legacy
	 * device may report any length
	 */
	err = vfe_negotiate(vr->vd, 0, 0, BIT_ULL(VIRTIO_F_VERSION_1));
	if (!err)
		err = vfe_queues_create(vr->vd, &spec, 1, VFE_IRQ_MSIX);
	if (err)
		return err;
	vr->vq = vfe_get_queue(vr->vd, 0);
	vr->data = vfe_alloc_shared(vr->vd, VFE_RNG_BUFFER, &vr->dma);
	return vr->data ? 0 : -ENOMEM;
}

static void vfe_rng_free_data(struct vfe_rng *vr)
{
	vfe_free_shared(vr->vd, VFE_RNG_BUFFER, vr->data, vr->dma);
}

/* Stops the device, which may still own the buffer. */
static void vfe_rng_stop(struct vfe_rng *vr)
{
	vfe_recovery_exit(&vr->recovery);
	vfe_queue_detach(vr->vq);
}

static int vfe_rng_register(struct vfe_rng *vr)
{
	struct device *dev = vfe_dev(vr->vd);
	int err;

	vr->sysfs = vfe_sysfs_create(dev, vfe_regs_of(vr->vd),
				     vfe_stats_of(vr->vd), vr->vd);
	if (IS_ERR(vr->sysfs))
		return PTR_ERR(vr->sysfs);
	err = hwrng_register(&vr->hwrng);
	if (err)
		vfe_sysfs_destroy(vr->sysfs);
	else
		dev_info(dev, "%s: registered\n", vr->name);
	return err;
}

static struct vfe_rng *vfe_rng_alloc(struct pci_dev *pdev)
{
	struct vfe_rng *vr = kzalloc(sizeof(*vr), GFP_KERNEL);

	if (!vr)
		return NULL;
	spin_lock_init(&vr->lock);
	init_completion(&vr->filled);
	snprintf(vr->name, sizeof(vr->name), "vfe_rng-%s", pci_name(pdev));
	vr->hwrng.name = vr->name;
	vr->hwrng.read = vfe_rng_read;
	vr->hwrng.quality = 1000;	/* as in virtio_rng */
	vfe_recovery_init(&vr->recovery, &vfe_rng_recovery_ops);
	vr->recovery.name = vr->name;
	return vr;
}

static int vfe_rng_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfe_rng *vr;
	int err;

	err = vfe_check_id(pdev, VFE_TYPE_ENTROPY, VFE_PCI_OLD_ENTROPY);
	if (err)
		return err;
	vr = vfe_rng_alloc(pdev);
	if (!vr)
		return -ENOMEM;
	vr->vd = vfe_create(pdev, &vfe_rng_device_ops, vr);
	if (IS_ERR(vr->vd)) {
		err = PTR_ERR(vr->vd);
		goto err_free;
	}
	err = vfe_rng_set_up(vr);
	if (err)
		goto err_destroy;
	vr->recovery.vd = vr->vd;
	pci_set_drvdata(pdev, &vr->recovery);
	err = vfe_recovery_start(&vr->recovery);
	if (err)
		goto err_data;
	err = vfe_rng_register(vr);
	if (err)
		goto err_stop;
	return 0;

err_stop:
	vfe_rng_stop(vr);
err_data:
	vfe_rng_free_data(vr);
err_destroy:
	vfe_destroy(vr->vd);
err_free:
	kfree(vr);
	return err;
}

static void vfe_rng_remove(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	struct vfe_rng *vr = container_of(r, struct vfe_rng, recovery);

	vfe_recovery_leave(r);
	hwrng_unregister(&vr->hwrng);
	vfe_rng_stop(vr);
	vfe_sysfs_destroy(vr->sysfs);
	vfe_rng_free_data(vr);
	vfe_destroy(vr->vd);
	kfree(vr);
}

/*
 * Only this project's device: a standard one belongs to virtio_rng, unless the
 * user sets its driver_override, which needs no entry here.
 */
static const struct pci_device_id vfe_rng_ids[] = {
	{ PCI_DEVICE(VFE_PCI_VENDOR, VFE_PCI_DEVICE_ENTROPY) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vfe_rng_ids);

static struct pci_driver vfe_rng_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vfe_rng_ids,
	.probe = vfe_rng_probe,
	.remove = vfe_rng_remove,
	.shutdown = vfe_recovery_shutdown,
	.err_handler = &vfe_recovery_err_handler,
	.dev_groups = vfe_recovery_groups,
	.driver.pm = pm_sleep_ptr(&vfe_recovery_pm_ops),
};
module_pci_driver(vfe_rng_driver);

MODULE_DESCRIPTION("Virtio entropy driver that counts its VM exits");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

// SPDX-License-Identifier: GPL-2.0
/*
 * The life cycle of a device, as include/vfe/device.h describes it: the order
 * of the steps. The steps themselves are in caps.c, status.c, queue_setup.c and
 * irq.c.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "core.h"
#include "trace.h"

int vfe_check_id(const struct pci_dev *pdev, u16 type, u16 old)
{
	if (pdev->vendor == VFE_PCI_VENDOR &&
	    (pdev->device == VFE_PCI_DEVICE_BASE + type ||
	     pdev->device == VFE_PCI_STOCK_BASE + type ||
	     pdev->device == old))
		return 0;
	dev_err(&pdev->dev,
		"%04x:%04x is no virtio device of type %u, which has %04x:%04x, %04x or %04x: clear its driver_override\n",
		pdev->vendor, pdev->device, type, VFE_PCI_VENDOR,
		VFE_PCI_DEVICE_BASE + type, VFE_PCI_STOCK_BASE + type, old);
	return -ENODEV;
}
EXPORT_SYMBOL_NS_GPL(vfe_check_id, VFE_NS);

static int vfe_enable(struct vfe_device *vd)
{
	struct pci_dev *pdev = vd->pdev;
	int ret;

	ret = pci_enable_device(pdev);
	if (ret) {
		dev_err(&pdev->dev, "cannot enable the function: error %d\n", ret);
		return ret;
	}
	/* ring addresses have 64 bits; fall back to 32 */
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret) {
		dev_err(&pdev->dev, "no DMA with 64 or 32 address bits: error %d\n",
			ret);
		pci_disable_device(pdev);
		return ret;
	}
	return 0;
}

static void vfe_disable(struct vfe_device *vd)
{
	pci_clear_master(vd->pdev);
	pci_disable_device(vd->pdev);
}

static struct vfe_device *vfe_alloc(struct pci_dev *pdev,
				    const struct vfe_device_ops *ops,
				    void *priv)
{
	struct vfe_device *vd = kzalloc(sizeof(*vd), GFP_KERNEL);

	if (!vd)
		return NULL;
	vd->pdev = pdev;
	vd->ops = ops;
	vd->priv = priv;
	vd->state = VFE_STATE_RESET;
	ratelimit_state_init(&vd->log, VFE_LOG_INTERVAL, VFE_LOG_BURST);
	mutex_init(&vd->ring_lock);
	mutex_init(&vd->config_lock);
	INIT_WORK(&vd->config_work, vfe_config_work);
	if (vfe_regs_init(&vd->regs))
		goto free;
	if (vfe_stats_init(&vd->stats, ops->counters))
		goto regs_exit;
	return vd;

regs_exit:
	vfe_regs_exit(&vd->regs);
free:
	kfree(vd);
	return NULL;
}

static void vfe_free(struct vfe_device *vd)
{
	vfe_presence_exit(vd);
	vfe_stats_exit(&vd->stats);
	vfe_regs_exit(&vd->regs);
	kfree(vd);
}

struct vfe_device *vfe_create(struct pci_dev *pdev,
			      const struct vfe_device_ops *ops, void *priv)
{
	struct vfe_device *vd = vfe_alloc(pdev, ops, priv);
	int ret;

	if (!vd)
		return ERR_PTR(-ENOMEM);
	ret = vfe_enable(vd);
	if (ret)
		goto free;
	ret = vfe_presence_init(vd);
	if (!ret)
		ret = vfe_caps_map(vd);
	if (ret)
		goto disable;
	/* 3.1.1: reset, ACKNOWLEDGE, DRIVER */
	ret = vfe_reset_and_acknowledge(vd, VFE_PROBE_TIMEOUT_MS);
	if (ret)
		goto unmap;
	vd->max_queues = vd->transport->max_queues(vd);
	return vd;

unmap:
	vfe_caps_unmap(vd);
disable:
	vfe_disable(vd);
free:
	vfe_free(vd);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(vfe_create, VFE_NS);

void vfe_destroy(struct vfe_device *vd)
{
	enum vfe_state state = vfe_get_state(vd);

	/* 3.1.1: a set-up that is aborted is an irrecoverable error */
	if (state == VFE_STATE_DRIVER || state == VFE_STATE_FEATURES ||
	    state == VFE_STATE_QUEUES)
		vfe_status_fail(vd);
	if (state != VFE_STATE_RESET)
		vfe_reset(vd);
	vfe_irqs_free(vd);
	vfe_queues_free(vd);
	vfe_caps_unmap(vd);
	vfe_disable(vd);
	vfe_free(vd);
}
EXPORT_SYMBOL_NS_GPL(vfe_destroy, VFE_NS);

/* Negotiates exactly the same features again after a reset. */
static int vfe_negotiate_same(struct vfe_device *vd)
{
	char had[VFE_FEATURES_TEXT], has[VFE_FEATURES_TEXT];
	u64 offered, high;
	int ret = vfe_features_offered(vd, &offered);

	if (ret)
		return ret;
	high = vfe_features_offered_high(vd, vd->features_high);
	/* 2.2.1: never accept a feature that is not offered */
	if (vd->features & ~offered || vd->features_high & ~high) {
		vfe_err(vd,
			"features %s are no longer offered after a reset (%s): unbind the driver and bind it again\n",
			vfe_features_text(had, vd->features, vd->features_high),
			vfe_features_text(has, offered, high));
		return -ENODEV;
	}
	return vfe_features_accept(vd);
}

/*
 * 6.1: without ACCESS_PLATFORM the driver passes physical addresses, but the
 * device cannot read encrypted memory.
 */
static bool vfe_addresses_fit(struct vfe_device *vd, u64 offered)
{
	if (offered & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) ||
	    !vfe_memory_is_encrypted())
		return true;
	dev_err(vfe_dev(vd),
		"the device offers features %#llx, without ACCESS_PLATFORM (bit %u), so it cannot read this guest's encrypted memory: enable that feature (QEMU: iommu_platform=on)\n",
		offered, VIRTIO_F_ACCESS_PLATFORM);
	return false;
}

/* Disables features that the device offers without their registers. */
static void vfe_disable_features(struct vfe_device *vd)
{
	u64 unusable = vd->features & vd->no_room;

	if (!unusable)
		return;
	vd->features &= ~unusable;
	dev_warn(vfe_dev(vd),
		 "common structure has %u bytes, notify structure %u (at %#x, multiplier %u): too small for features %#llx, they are not used\n",
		 vd->common_length, vd->regs.win[VFE_WIN_NOTIFY].len,
		 vd->notify_start, vd->notify_multiplier, unusable);
}

int vfe_negotiate(struct vfe_device *vd, u64 wanted, u64 wanted_high,
		  u64 required)
{
	u64 offered;
	int ret;

	required |= vd->transport->required;
	ret = vfe_features_offered(vd, &offered);
	if (ret)
		return ret;
	if (required & ~offered) {
		dev_err(vfe_dev(vd),
			"device_feature is %#llx, without the required %#llx: use a device that offers them\n",
			offered, required & ~offered);
		ret = -ENODEV;
		goto fail;
	}
	if (!vfe_addresses_fit(vd, offered)) {
		ret = -ENODEV;
		goto fail;
	}
	/* 2.2.1: unknown bits are ignored, not refused */
	vd->features = offered & (wanted | required | vfe_core_features());
	vd->features_high = vfe_features_offered_high(vd, wanted_high);
	vfe_disable_features(vd);
	vd->dma_api = vfe_has_feature(vd, VIRTIO_F_ACCESS_PLATFORM) ||
		      vfe_platform_maps();
	ret = vfe_features_accept(vd);
	if (ret)
		goto fail;
	return 0;

fail:
	vd->features = 0;
	vd->features_high = 0;
	vfe_status_fail(vd);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vfe_negotiate, VFE_NS);

unsigned int vfe_reread_max_queues(struct vfe_device *vd)
{
	vd->max_queues = vd->transport->max_queues(vd);
	return vd->max_queues;
}
EXPORT_SYMBOL_NS_GPL(vfe_reread_max_queues, VFE_NS);

/* Resets the device, and negotiates the same features again. */
static int vfe_bring_up(struct vfe_device *vd)
{
	int ret = vfe_reset_and_acknowledge(vd, VFE_RESET_TIMEOUT_MS);

	return ret ?: vfe_negotiate_same(vd);
}

/*
 * Tries one kind of interrupts. Return: 0 or an error; try the next kind after
 * -EBUSY or -ENOSPC
 */
static int vfe_try_interrupts(struct vfe_device *vd, enum vfe_interrupts mode)
{
	int ret = 0;

	/* an earlier attempt ended in a reset */
	if (vfe_get_state(vd) != VFE_STATE_FEATURES)
		ret = vfe_bring_up(vd);
	if (!ret)
		ret = vfe_irqs_setup(vd, mode);
	if (ret)
		return ret;
	ret = vfe_queues_program(vd);
	if (!ret)
		return 0;
	/* 3.1.1: FAILED, if there is no other kind of interrupts to try */
	if (ret != -EBUSY)
		vfe_status_fail(vd);
	/* the reset disables the queues and unmaps the vectors */
	vfe_reset(vd);
	vfe_irqs_free(vd);
	return ret;
}

int vfe_queues_create(struct vfe_device *vd, const struct vfe_queue_spec *specs,
		      unsigned int n, enum vfe_interrupts irqs)
{
	enum vfe_interrupts mode;
	bool refused = false;
	int ret = vfe_queues_alloc(vd, specs, n);

	if (ret)
		return ret;
	for (mode = irqs; mode <= VFE_IRQ_INTX; mode++) {
		ret = vfe_try_interrupts(vd, mode);
		refused |= ret == -EBUSY;
		if (ret != -EBUSY && ret != -ENOSPC)
			break;
	}
	if (!ret)
		return 0;
	if (ret == -EBUSY || ret == -ENOSPC) {
		dev_err(vfe_dev(vd),
			"neither MSI-X vectors (%s) nor INTx available for %u queues: free vectors or enable INTx\n",
			refused ?
			"config_msix_vector or queue_msix_vector reads NO_VECTOR" :
			"there are too few", n);
		ret = -ENOSPC;
	}
	vfe_queues_free(vd);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vfe_queues_create, VFE_NS);

int vfe_ready(struct vfe_device *vd)
{
	u8 status;
	int ret = vfe_status_read(vd, &status);

	if (ret)
		return ret;
	/*
	 * Interrupts may come as soon as the device sees DRIVER_OK, and their
	 * handlers may kick: enable both before the write.
	 */
	if (!vfe_set_state(vd, VFE_STATE_LIVE))
		return -ENODEV;
	vfe_irqs_enable(vd);
	vfe_write8(&vd->regs, vd->transport->status,
		   status | VIRTIO_CONFIG_S_DRIVER_OK);
	/* pairs with vfe_health(): after this, DRIVER_OK must be set */
	smp_store_release(&vd->running, true);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_ready, VFE_NS);

int vfe_reset(struct vfe_device *vd)
{
	unsigned int i;
	int ret;

	WRITE_ONCE(vd->running, false);
	/* do not request a reset that has begun */
	set_bit(0, &vd->reset_requested);
	/* from now on only vfe_queue_detach() returns buffers */
	for (i = 0; i < vd->num_queues; i++)
		WRITE_ONCE(vd->queues[i].broken, true);
	/* no handler may access the device during the reset */
	vfe_irqs_quiesce(vd);
	ret = vfe_status_reset(vd, VFE_RESET_TIMEOUT_MS);
	/*
	 * A device that does not answer must not access memory any more: the
	 * class driver is about to take its buffers back.
	 */
	if (ret)
		pci_clear_master(vd->pdev);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vfe_reset, VFE_NS);

void vfe_function_offline(struct vfe_device *vd)
{
	WRITE_ONCE(vd->offline, true);
	/* the caller knows of the fault: do not call needs_reset() */
	set_bit(0, &vd->reset_requested);
	vfe_mark_gone(vd);
	vfe_reset(vd);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_function_offline);

int vfe_restart(struct vfe_device *vd)
{
	unsigned int i;
	int ret;

	ret = vfe_check_presence(vd);
	/* with decoding off, registers may read as 0, as after a reset */
	if (!ret)
		vfe_restore_decoding(vd);
	if (!ret)
		ret = vfe_bring_up(vd);
	if (ret)
		goto fail;
	for (i = 0; i < vd->num_queues; i++)
		if (vd->queues[i].ring)
			vd->queues[i].ops->reset(&vd->queues[i]);
	ret = vfe_queues_program(vd);
	if (ret == -EBUSY) {
		vfe_err(vd,
			"the device refuses MSI-X vectors that it accepted before the reset: unbind the driver and bind it again\n");
		ret = -ENOSPC;
	}
	if (ret)
		goto fail;
	trace_vfe_restart(vfe_dev(vd), 0);
	return 0;

fail:
	vfe_status_fail(vd);
	pci_clear_master(vd->pdev);
	trace_vfe_restart(vfe_dev(vd), ret);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vfe_restart, VFE_NS);

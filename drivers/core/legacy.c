// SPDX-License-Identifier: GPL-2.0
/*
 * The interface of virtio 0.9.5, the only one of a legacy device: a header in
 * BAR 0, followed by the device configuration (virtio 1.4, 4.1.4.10). There is
 * no FEATURES_OK, no config_generation, and the driver cannot choose a queue's
 * size. The byte order is the guest's (2.7.3, 2.5.3): see vfe_legacy_map().
 */
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "core.h"

#define LEGACY_PAGE	BIT(VFE_LEGACY_PAGE_SHIFT)
#define LEGACY_MOST	SZ_4K	/* most bytes of the BAR to map */

static_assert(VIRTIO_PCI_CONFIG_OFF(0) == VFE_LEGACY_HEADER);
static_assert(VIRTIO_PCI_CONFIG_OFF(1) ==
	      VFE_LEGACY_HEADER + VFE_LEGACY_VECTORS);
static_assert(VFE_LEGACY_PAGE_SHIFT == VIRTIO_PCI_QUEUE_ADDR_SHIFT);

/* 4.1.4.10: there are feature bits 0 to 31 */
static u64 legacy_features_get(struct vfe_device *vd)
{
	return vfe_read32(&vd->regs, VFE_REG_LEGACY_DEVICE_FEATURES);
}

static void legacy_features_set(struct vfe_device *vd)
{
	vfe_write32(&vd->regs, VFE_REG_LEGACY_DRIVER_FEATURES,
		    lower_32_bits(vd->features));
}

/* There is no number of queues: a queue that does not exist has size 0. */
static unsigned int legacy_max_queues(struct vfe_device *vd)
{
	return U16_MAX;
}

/* 4.1.4.10: after the vectors, which exist while MSI-X is enabled */
static u32 legacy_config_start(const struct vfe_device *vd)
{
	return vd->pdev->msix_enabled ? VFE_LEGACY_VECTORS : 0;
}

/* Return: whether all bytes are 0xff; the function may be gone then */
static bool legacy_all_ones(const u8 *buf, u32 len)
{
	return !memchr_inv(buf, VFE_ALL_ONES, len);
}

/* 2.5.4: without a generation, read until two reads agree */
static int legacy_config_read(struct vfe_device *vd, u32 offset,
			      const u8 *fields, void *buf)
{
	u8 again[VFE_CONFIG_MOST], status;
	unsigned int try;
	u32 len;

	len = vfe_config_fields(vd, offset, fields, buf);
	for (try = 0; try < VFE_CONFIG_RETRIES; try++) {
		vfe_config_fields(vd, offset, fields, again);
		if (!memcmp(buf, again, len))
			return legacy_all_ones(buf, len) ?
			       vfe_status_read(vd, &status) : 0;
		memcpy(buf, again, len);
	}
	vfe_err(vd,
		"legacy_device_config at offset %u differed in each of %u reads: the configuration never settles\n",
		offset, VFE_CONFIG_RETRIES);
	return -EAGAIN;
}

static void legacy_notify(struct vfe_queue *q)
{
	if (vfe_queue_may_notify(q))
		vfe_write16(&q->vd->regs, VFE_REG_LEGACY_QUEUE_NOTIFY,
			    q->index);
}

/*
 * 2.7.2: the device determines the queue's size. All parts of the ring follow
 * from one address, which the driver writes as a 32-bit page number.
 */
static int legacy_queue_program(struct vfe_queue *q)
{
	struct vfe_regs *regs = &q->vd->regs;
	u16 offered;
	int ret;

	vfe_write16(regs, VFE_REG_LEGACY_QUEUE_SELECT, q->index);
	offered = vfe_read16(regs, VFE_REG_LEGACY_QUEUE_SIZE);
	q->spec.size = offered;
	q->fixed_size = true;
	ret = vfe_queue_negotiate_size(q, "legacy_queue_size", offered);
	if (!ret && q->size != offered)
		ret = vfe_queue_error(q, -EINVAL, "legacy_queue_size", offered,
				      "larger than before the reset");
	if (!ret)
		ret = vfe_queue_map_vector(q);
	if (ret)
		return ret;
	q->align = LEGACY_PAGE;
	q->notify = legacy_notify;
	ret = vfe_queue_make_ring(q);
	if (ret)
		return ret;
	/* without the DMA API no mask limits the address */
	if (q->desc_addr >> VFE_LEGACY_PAGE_SHIFT > U32_MAX) {
		vfe_err(q->vd, "queue %u (%s): its ring at %#llx is beyond what legacy_queue_address holds: use a modern device\n",
			q->index, q->spec.name, (u64)q->desc_addr);
		return -ERANGE;
	}
	/* 4.1.5.1.3.1: this enables the queue, too */
	vfe_write32(regs, VFE_REG_LEGACY_QUEUE_ADDRESS,
		    q->desc_addr >> VFE_LEGACY_PAGE_SHIFT);
	return 0;
}

const struct vfe_transport_ops vfe_legacy_ops = {
	.name = "legacy",
	.status = VFE_REG_LEGACY_DEVICE_STATUS,
	.isr = VFE_REG_LEGACY_ISR_STATUS,
	.config_vector = VFE_REG_LEGACY_CONFIG_VECTOR,
	.queue_vector = VFE_REG_LEGACY_QUEUE_VECTOR,
	.config = VFE_REG_LEGACY_CONFIG,
	.features = U32_MAX,
	/* 2.7.8.1 */
	.no_used_len = true,
	.features_get = legacy_features_get,
	.features_set = legacy_features_set,
	.max_queues = legacy_max_queues,
	.config_start = legacy_config_start,
	.config_read = legacy_config_read,
	.queue_program = legacy_queue_program,
};

/**
 * vfe_is_legacy() - can this function be a legacy device?
 * @pdev: the function, without a virtio capability
 *
 * Return: whether it has the IDs of a legacy device.
 */
bool vfe_is_legacy(const struct pci_dev *pdev)
{
	/* 4.1.2.3 */
	return pdev->vendor == VFE_PCI_VENDOR &&
	       pdev->device >= VFE_PCI_OLD_FIRST &&
	       pdev->device <= VFE_PCI_OLD_LAST;
}

static int legacy_check(struct pci_dev *pdev)
{
	u64 len = pci_resource_len(pdev, VFE_LEGACY_BAR);

	if (len < VFE_LEGACY_HEADER + VFE_LEGACY_VECTORS) {
		dev_err(&pdev->dev,
			"BAR %u has %llu bytes, but a legacy device needs at least %u: fix the device\n",
			VFE_LEGACY_BAR, len,
			VFE_LEGACY_HEADER + VFE_LEGACY_VECTORS);
		return -EINVAL;
	}
	/* 2.7.3: rings have the guest's order; split.c uses little endian */
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN)) {
		dev_err(&pdev->dev,
			"legacy device on a big endian CPU: use a modern one (disable-legacy=on)\n");
		return -ENODEV;
	}
	return 0;
}

/**
 * vfe_legacy_map() - map the registers of a legacy device
 * @vd: the device, enabled
 *
 * 4.1.4.10 places them in I/O ports; pci_iomap() works for ports and memory.
 *
 * Context: process context, may sleep.
 * Return: 0, -EINVAL the BAR is too small, -EBUSY another driver holds the
 * BARs, -ENODEV, -EIO, -ENOMEM.
 */
int vfe_legacy_map(struct vfe_device *vd)
{
	struct vfe_window *w = &vd->regs.win[VFE_WIN_LEGACY];
	struct pci_dev *pdev = vd->pdev;
	const u64 mask = DMA_BIT_MASK(32 + VFE_LEGACY_PAGE_SHIFT);
	int ret;

	ret = legacy_check(pdev);
	/* 4.1.5.1.3.1: the ring's page number must fit into 32 bits */
	if (!ret && pdev->dev.coherent_dma_mask > mask)
		ret = dma_set_coherent_mask(&pdev->dev, mask);
	if (!ret)
		ret = pci_request_selected_regions(pdev, BIT(VFE_LEGACY_BAR),
						   "vfe");
	if (ret)
		return ret;
	vd->bars = BIT(VFE_LEGACY_BAR);
	vd->transport = &vfe_legacy_ops;
	w->len = min_t(u64, pci_resource_len(pdev, VFE_LEGACY_BAR),
		       LEGACY_MOST);
	w->traps = 1;
	w->base = pci_iomap(pdev, VFE_LEGACY_BAR, w->len);
	if (w->base)
		return 0;
	dev_err(&pdev->dev, "cannot map %u bytes of BAR %u\n", w->len,
		VFE_LEGACY_BAR);
	pci_release_selected_regions(pdev, vd->bars);
	return -ENOMEM;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The interface of virtio 1.0 and later: the common configuration structure
 * (virtio 1.4, 4.1.4.3), with as few accesses as possible.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "core.h"

/*
 * There are 128 feature bits, but the register has 32: select a word, then
 * access it. Words from 2 on are left alone if nothing in them is wanted.
 */
static u64 modern_offered(struct vfe_device *vd, unsigned int word)
{
	vfe_write32(&vd->regs, VFE_REG_DEVICE_FEATURE_SELECT, word);
	return vfe_read32(&vd->regs, VFE_REG_DEVICE_FEATURE);
}

static u64 modern_features_get(struct vfe_device *vd)
{
	u64 low = modern_offered(vd, 0);

	return low | modern_offered(vd, 1) << 32;
}

static u64 modern_features_get_high(struct vfe_device *vd, u64 mask)
{
	u64 high = 0;

	if (lower_32_bits(mask))
		high = modern_offered(vd, 2);
	if (upper_32_bits(mask))
		high |= modern_offered(vd, 3) << 32;
	return high & mask;
}

static void modern_accept(struct vfe_device *vd, unsigned int word,
			  u32 features)
{
	vfe_write32(&vd->regs, VFE_REG_DRIVER_FEATURE_SELECT, word);
	vfe_write32(&vd->regs, VFE_REG_DRIVER_FEATURE, features);
}

/* After a reset of the device all words are 0. */
static void modern_features_set(struct vfe_device *vd)
{
	modern_accept(vd, 0, lower_32_bits(vd->features));
	modern_accept(vd, 1, upper_32_bits(vd->features));
	if (lower_32_bits(vd->features_high))
		modern_accept(vd, 2, lower_32_bits(vd->features_high));
	if (upper_32_bits(vd->features_high))
		modern_accept(vd, 3, upper_32_bits(vd->features_high));
}

static unsigned int modern_max_queues(struct vfe_device *vd)
{
	return vfe_read16(&vd->regs, VFE_REG_NUM_QUEUES);
}

static u32 modern_config_start(const struct vfe_device *vd)
{
	return 0;
}

static int modern_config_read(struct vfe_device *vd, u32 offset,
			      const u8 *fields, void *buf)
{
	u8 before, after, status;
	unsigned int try;

	after = vfe_read8(&vd->regs, VFE_REG_CONFIG_GENERATION);
	for (try = 0; try < VFE_CONFIG_RETRIES; try++) {
		before = after;
		vfe_config_fields(vd, offset, fields, buf);
		/* 2.5.1: the same generation before and after */
		after = vfe_read8(&vd->regs, VFE_REG_CONFIG_GENERATION);
		if (before == after)
			/* all ones: is the function gone? */
			return after == U8_MAX ?
			       vfe_status_read(vd, &status) : 0;
	}
	vfe_err(vd,
		"config_generation changed during each of %u reads of the configuration, to %u at last: the configuration never settles\n",
		VFE_CONFIG_RETRIES, after);
	return -EAGAIN;
}

/* --- notifications (4.1.5.2) --- */

/* 4.1.5.2.1: 16 bits without NOTIFICATION_DATA */
static void modern_notify16(struct vfe_queue *q)
{
	if (vfe_queue_may_notify(q))
		vfe_notify16(&q->vd->regs, q->notify_offset, q->notify_data);
}

/*
 * 4.1.5.2.1: 32 bits with NOTIFICATION_DATA. 2.9: the upper half is the
 * position where the driver will write the next buffer, as far as the device
 * can see; two notifications for the same buffers have the same value.
 */
static void modern_notify32(struct vfe_queue *q)
{
	if (vfe_queue_may_notify(q))
		vfe_notify32(&q->vd->regs, q->notify_offset,
			     (u32)q->ops->next(q) << 16 | q->notify_data);
}

/* 4.1.4.4: the address is queue_notify_off * multiplier, in the window */
static int modern_find_notify(struct vfe_queue *q)
{
	struct vfe_device *vd = q->vd;
	u16 off = vfe_read16(&vd->regs, VFE_REG_QUEUE_NOTIFY_OFF);
	u64 at = (u64)off * vd->notify_multiplier;
	bool data = vfe_has_feature(vd, VIRTIO_F_NOTIFICATION_DATA);
	unsigned int width = data ? sizeof(u32) : sizeof(u16);

	if (at + width > vd->regs.win[VFE_WIN_NOTIFY].len)
		return vfe_queue_error(q, -EINVAL, "queue_notify_off", off,
				       "outside the notification structure");
	/*
	 * 4.1.3.1: the write must be aligned, which some CPUs require. The
	 * driver does not accept NOTIFICATION_DATA if 32-bit writes would be
	 * misaligned.
	 */
	if (!IS_ALIGNED(vd->notify_start + at, width))
		return vfe_queue_error(q, -EINVAL, "notify_off_multiplier",
				       vd->notify_multiplier,
				       "neither 0 nor even, fix the device");
	q->notify_offset = at;
	q->notify = data ? modern_notify32 : modern_notify16;
	return 0;
}

/* 4.1.5.2.1: the queue's index, or the value that the device gives for it */
static void modern_find_notify_data(struct vfe_queue *q)
{
	q->notify_data = q->index;
	if (vfe_has_feature(q->vd, VIRTIO_F_NOTIF_CONFIG_DATA))
		q->notify_data = vfe_read16(&q->vd->regs,
					    VFE_REG_QUEUE_NOTIF_CONFIG_DATA);
}

/* --- queues --- */

/*
 * 4.1.4.3.1: queue_enable is 0 after a reset. If a queue is still enabled, the
 * device may still use its old addresses.
 */
static int modern_check_disabled(struct vfe_queue *q)
{
	u16 enable = vfe_read16(&q->vd->regs, VFE_REG_QUEUE_ENABLE);

	if (!enable)
		return 0;
	return vfe_queue_error(q, -ENOENT, "queue_enable", enable,
			       "still enabled after a reset, fix the device");
}

/* 4.1.4.3.2: select the queue once, then write its registers */
static int modern_queue_program(struct vfe_queue *q)
{
	struct vfe_regs *regs = &q->vd->regs;
	u16 offered;
	int ret;

	vfe_write16(regs, VFE_REG_QUEUE_SELECT, q->index);
	offered = vfe_read16(regs, VFE_REG_QUEUE_SIZE);
	ret = vfe_queue_negotiate_size(q, "queue_size", offered);
	if (!ret)
		ret = modern_check_disabled(q);
	if (ret)
		return ret;
	ret = modern_find_notify(q);
	if (ret)
		return ret;
	modern_find_notify_data(q);
	ret = vfe_queue_map_vector(q);
	if (!ret)
		ret = vfe_queue_make_ring(q);
	if (ret)
		return ret;
	/*
	 * Write the size only if the driver changes it, and only when nothing
	 * can fail any more: it reads back as the largest size until a reset.
	 * QEMU's device offers the largest size after the reset of a queue, but
	 * would use the one written last.
	 */
	if (q->size != offered || q->size_written) {
		q->size_written = true;
		vfe_write16(regs, VFE_REG_QUEUE_SIZE, q->size);
	}
	vfe_write64(regs, VFE_REG_QUEUE_DESC_LO, q->desc_addr);
	vfe_write64(regs, VFE_REG_QUEUE_DRIVER_LO, q->driver_addr);
	vfe_write64(regs, VFE_REG_QUEUE_DEVICE_LO, q->device_addr);
	/* 4.1.4.3.2: enable it last, and never write a 0 */
	vfe_write16(regs, VFE_REG_QUEUE_ENABLE, 1);
	return 0;
}

static void modern_queue_reset(struct vfe_queue *q)
{
	vfe_write16(&q->vd->regs, VFE_REG_QUEUE_SELECT, q->index);
	vfe_write16(&q->vd->regs, VFE_REG_QUEUE_RESET, 1);
}

/*
 * 4.1.4.3.2: the reset has ended when queue_reset is 0; 2.6.1.1.2: check
 * queue_enable, too
 */
static bool modern_queue_is_reset(struct vfe_queue *q)
{
	return !vfe_read16(&q->vd->regs, VFE_REG_QUEUE_RESET) &&
	       !vfe_read16(&q->vd->regs, VFE_REG_QUEUE_ENABLE);
}

const struct vfe_transport_ops vfe_modern_ops = {
	.name = "modern",
	.status = VFE_REG_DEVICE_STATUS,
	.isr = VFE_REG_ISR_STATUS,
	.config_vector = VFE_REG_CONFIG_MSIX_VECTOR,
	.queue_vector = VFE_REG_QUEUE_MSIX_VECTOR,
	.config = VFE_REG_DEVICE_CONFIG,
	.features = U64_MAX,
	/* 6.1: a device without this has the legacy interface only */
	.required = BIT_ULL(VIRTIO_F_VERSION_1),
	.features_ok = true,
	.features_get = modern_features_get,
	.features_get_high = modern_features_get_high,
	.features_set = modern_features_set,
	.max_queues = modern_max_queues,
	.config_start = modern_config_start,
	.config_read = modern_config_read,
	.queue_program = modern_queue_program,
	.queue_reset = modern_queue_reset,
	.queue_is_reset = modern_queue_is_reset,
};

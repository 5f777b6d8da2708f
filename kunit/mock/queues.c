// SPDX-License-Identifier: GPL-2.0
/*
 * Queues as registers: set-up (virtio 1.4, 4.1.4.3), vectors (4.1.5.1) and
 * notifications (4.1.5.2); and the layout-independent calls on a ring.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>

#include "internal.h"

static struct vfe_mock_queue *vfe_mock_selected(struct vfe_mock_impl *impl)
{
	if (impl->queue_select >= impl->m.num_queues)
		return NULL;
	return &impl->m.queues[impl->queue_select];
}

/* The address that a register is a half of */
static u64 *vfe_mock_address(struct vfe_mock_queue *mq, enum vfe_reg reg)
{
	switch (reg) {
	case VFE_REG_QUEUE_DESC_LO:
	case VFE_REG_QUEUE_DESC_HI:
		return &mq->desc;
	case VFE_REG_QUEUE_DRIVER_LO:
	case VFE_REG_QUEUE_DRIVER_HI:
		return &mq->driver;
	case VFE_REG_QUEUE_DEVICE_LO:
	case VFE_REG_QUEUE_DEVICE_HI:
		return &mq->device;
	default:
		return NULL;
	}
}

static unsigned int vfe_mock_shift(enum vfe_reg reg)
{
	return (reg - VFE_REG_QUEUE_DESC_LO) % 2 * 32;
}

/* 4.1.4.3.1: 1 until the reset is over, which waits for the engine */
static u32 vfe_mock_requeue_read(struct vfe_mock_impl *impl,
				 struct vfe_mock_queue *mq)
{
	if (!mq->resetting)
		return 0;
	if (mq->stale) {
		if (mq->stale != UINT_MAX)
			mq->stale--;
		return 1;
	}
	if (impl->serving)
		return 1;
	vfe_mock_queue_reset(impl, mq);
	mq->alone = true;
	mq->resets++;
	return 0;
}

static const char *vfe_mock_requeue_rule(const struct vfe_mock *m,
					 const struct vfe_mock_queue *mq,
					 u32 val)
{
	if (!vfe_mock_accepted(m, VIRTIO_F_RING_RESET))
		return "queue_reset: written, RING_RESET was not negotiated (2.6.1)";
	if (val != 1)
		return "queue_reset: another value than 1 (4.1.4.3.2)";
	if (!mq || !mq->enable)
		return "queue_reset: of a queue that is not enabled (2.6.1)";
	if (mq->resetting)
		return "queue_reset: written while a reset is under way (2.6.1)";
	return NULL;
}

static void vfe_mock_requeue_write(struct vfe_mock *m,
				   struct vfe_mock_queue *mq, u32 val)
{
	const char *rule = vfe_mock_requeue_rule(m, mq, val);

	if (rule) {
		vfe_mock_offend(m, rule);
		return;
	}
	mq->resetting = true;
	mq->stale = m->knobs.queue_reset_reads;
}

u32 vfe_mock_queue_read(struct vfe_mock_impl *impl, enum vfe_reg reg)
{
	struct vfe_mock_queue *mq = vfe_mock_selected(impl);
	u64 *addr;

	/* 4.1.4.3.1: size 0 means that the queue does not exist */
	if (!mq)
		return reg == VFE_REG_QUEUE_MSIX_VECTOR ?
		       VIRTIO_MSI_NO_VECTOR : 0;
	addr = vfe_mock_address(mq, reg);
	if (addr)
		return *addr >> vfe_mock_shift(reg);
	switch (reg) {
	case VFE_REG_QUEUE_SIZE:
		return mq->size;
	case VFE_REG_QUEUE_MSIX_VECTOR:
		return mq->vector;
	case VFE_REG_QUEUE_ENABLE:
		return mq->enable;
	case VFE_REG_QUEUE_NOTIFY_OFF:
		return mq->notify_off;
	case VFE_REG_QUEUE_RESET:
		return vfe_mock_requeue_read(impl, mq);
	case VFE_REG_QUEUE_NOTIF_CONFIG_DATA:
		if (!vfe_mock_accepted(mq->m, VIRTIO_F_NOTIF_CONFIG_DATA))
			vfe_mock_offend(mq->m,
					"queue_notif_config_data: NOTIF_CONFIG_DATA was not negotiated (4.1.4.3)");
		return mq->notif_data;
	default:
		return 0;
	}
}

/* 4.1.5.1.2: write a vector. Return: the value that reads return */
u16 vfe_mock_vector_write(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock *m = &impl->m;
	u16 most = m->knobs.vectors_short;

	if (val == VIRTIO_MSI_NO_VECTOR)
		return val;
	if (val >= impl->vectors) {
		vfe_mock_offend(m,
				"msix_vector: beyond the MSI-X table (4.1.5.1.2.2)");
		return VIRTIO_MSI_NO_VECTOR;
	}
	if (most && val >= most)
		return VIRTIO_MSI_NO_VECTOR;
	return val;
}

static void vfe_mock_size_write(struct vfe_mock_queue *mq, u32 val)
{
	bool packed = vfe_mock_accepted(mq->m, VIRTIO_F_RING_PACKED);

	if (!val)
		vfe_mock_offend(mq->m, "queue_size: 0 (4.1.4.3.2)");
	else if (val > mq->offer)
		vfe_mock_offend(mq->m,
				"queue_size: more than the device has (4.1.4.3.2)");
	else if (!packed && !is_power_of_2(val))
		vfe_mock_offend(mq->m,
				"queue_size: not a power of two (4.1.4.3.2)");
	else
		mq->size = val;
}

static void vfe_mock_enable_write(struct vfe_mock_queue *mq, u32 val)
{
	const char *rule;

	if (val != 1) {
		vfe_mock_offend(mq->m,
				"queue_enable: another value than 1 (4.1.4.3.2)");
		return;
	}
	mq->packed = vfe_mock_accepted(mq->m, VIRTIO_F_RING_PACKED);
	rule = mq->packed ? vfe_mock_packed_check(mq) :
			    vfe_mock_split_check(mq);
	if (rule) {
		vfe_mock_offend(mq->m, rule);
		return;
	}
	mq->enable = 1;
}

/* May the driver set this queue up now? Notes why not. */
static bool vfe_mock_queue_open(struct vfe_mock *m,
				const struct vfe_mock_queue *mq)
{
	if (!mq)
		vfe_mock_offend(m,
				"queue registers: written for a queue that is not there");
	else if (!(m->status & VIRTIO_CONFIG_S_FEATURES_OK))
		vfe_mock_offend(m,
				"queue registers: written before FEATURES_OK (3.1.1)");
	else if (mq->enable)
		vfe_mock_offend(m,
				"queue registers: written after queue_enable (4.1.4.3.2)");
	else if (m->status & VIRTIO_CONFIG_S_DRIVER_OK && !mq->alone)
		vfe_mock_offend(m,
				"queue registers: written after DRIVER_OK (3.1.1)");
	else
		return true;
	return false;
}

void vfe_mock_queue_write(struct vfe_mock_impl *impl, enum vfe_reg reg,
			  u32 val)
{
	struct vfe_mock_queue *mq = vfe_mock_selected(impl);
	u64 *addr;

	if (reg == VFE_REG_QUEUE_RESET) {
		vfe_mock_requeue_write(&impl->m, mq, val);
		return;
	}
	if (!vfe_mock_queue_open(&impl->m, mq))
		return;
	addr = vfe_mock_address(mq, reg);
	if (addr) {
		*addr &= ~((u64)U32_MAX << vfe_mock_shift(reg));
		*addr |= (u64)val << vfe_mock_shift(reg);
		return;
	}
	switch (reg) {
	case VFE_REG_QUEUE_SIZE:
		vfe_mock_size_write(mq, val);
		break;
	case VFE_REG_QUEUE_MSIX_VECTOR:
		mq->vector = vfe_mock_vector_write(impl, val);
		break;
	default:
		vfe_mock_enable_write(mq, val);
	}
}

/* 4.1.5.2.1: the value that identifies a queue */
static u16 vfe_mock_notif_data(const struct vfe_mock_queue *mq)
{
	return vfe_mock_accepted(mq->m, VIRTIO_F_NOTIF_CONFIG_DATA) ?
	       mq->notif_data : mq->index;
}

/* The queue that an offset of the notify structure belongs to */
static struct vfe_mock_queue *vfe_mock_notified(struct vfe_mock_impl *impl,
						const struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;
	struct vfe_mock_queue *mq;
	unsigned int i;

	for (i = 0; i < m->num_queues; i++) {
		mq = &m->queues[i];
		if (mq->notify_off * impl->multiplier != a->offset)
			continue;
		/* several queues may share an offset: use the value */
		if (impl->multiplier ||
		    (a->val & U16_MAX) == vfe_mock_notif_data(mq))
			return mq;
	}
	return NULL;
}

static const char *vfe_mock_notify_rule(struct vfe_mock_queue *mq,
					const struct vfe_mock_access *a)
{
	bool data = vfe_mock_accepted(mq->m, VIRTIO_F_NOTIFICATION_DATA);

	if (a->size != (data ? sizeof(u32) : sizeof(u16)))
		return "notify: not of the width that was negotiated (4.1.5.2.1)";
	if ((a->val & U16_MAX) != vfe_mock_notif_data(mq))
		return "notify: the value is not the queue's (4.1.5.2.1)";
	if (!(mq->m->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return "notify: before DRIVER_OK (3.1.1)";
	if (!mq->enable)
		return "notify: of a queue that is not enabled";
	if (mq->resetting)
		return "notify: of a queue that is being reset (2.6.1)";
	/* 2.9; a packed ring has no index of the driver */
	if (data && !mq->packed && a->val >> 16 != vfe_mock_split_idx(mq))
		return "notify: the upper half is not the available index (2.9)";
	return NULL;
}

void vfe_mock_notify(struct vfe_mock_impl *impl,
		     const struct vfe_mock_access *a)
{
	struct vfe_mock_queue *mq = vfe_mock_notified(impl, a);
	const char *rule;

	if (!mq) {
		vfe_mock_offend(&impl->m,
				"notify: at an offset of no queue (4.1.4.4)");
		return;
	}
	rule = vfe_mock_notify_rule(mq, a);
	if (rule)
		vfe_mock_offend(&impl->m, rule);
	if (!(impl->m.status & VIRTIO_CONFIG_S_DRIVER_OK))
		mq->early++;
	mq->kicks++;
	mq->notified = a->val;
	if (!impl->m.knobs.mute)
		impl->todo |= VFE_MOCK_TODO_SERVE;
}

bool vfe_mock_queue_live(struct vfe_mock_queue *mq)
{
	struct vfe_mock *m = mq->m;

	if (m->knobs.gone || !m->pdev || !mq->enable || mq->resetting ||
	    !(m->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return false;
	/* a driver may disable it for protection from a hung device */
	return vfe_mock_command(vfe_mock_impl_of(m)) & PCI_COMMAND_MASTER;
}

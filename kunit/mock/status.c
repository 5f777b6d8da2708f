// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of the device: device_status, the features that stand
 * behind FEATURES_OK, and the reset (virtio 1.4, 2.1, 2.2, 2.4, 3.1).
 */
#include <linux/bitmap.h>
#include <linux/jiffies.h>

#include "internal.h"

#define VFE_MOCK_DRIVER_BITS \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
	 VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK | \
	 VIRTIO_CONFIG_S_FAILED)

void vfe_mock_queue_reset(struct vfe_mock_impl *impl,
			  struct vfe_mock_queue *mq)
{
	mq->size = mq->offer;
	mq->vector = VIRTIO_MSI_NO_VECTOR;
	mq->enable = 0;
	mq->alone = false;
	mq->resetting = false;
	mq->packed = false;
	mq->desc = 0;
	mq->driver = 0;
	mq->device = 0;
	mq->next = 0;
	mq->wrap = true;
	mq->used = 0;
	mq->used_wrap = true;
	bitmap_zero(impl->exposed[mq->index], VFE_MOCK_RING);
}

void vfe_mock_reset(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;
	unsigned int i;

	impl->reset_wanted = false;
	impl->device_select = 0;
	impl->driver_select = 0;
	impl->queue_select = 0;
	impl->pending = 0;
	m->status = 0;
	m->accepted = 0;
	m->accepted_high = 0;
	m->isr = 0;
	m->config_vector = VIRTIO_MSI_NO_VECTOR;
	for (i = 0; i < m->num_queues; i++)
		vfe_mock_queue_reset(impl, &m->queues[i]);
}

/* 2.4.2, 4.1.4.3.2: the value until the reset has ended */
u32 vfe_mock_status_read(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;

	if (impl->reset_wanted)
		return m->status ?: impl->old_status;
	if (impl->stale) {
		if (impl->stale != UINT_MAX)
			impl->stale--;
		return impl->old_status;
	}
	if (impl->reset_end && time_before(jiffies, impl->reset_end))
		return impl->old_status;
	impl->reset_end = 0;
	if (!m->status)
		impl->resetting = false;
	return m->status;
}

static void vfe_mock_reset_write(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;

	impl->was_reset = true;
	impl->resetting = true;
	if (m->knobs.reset_ms && !impl->reset_end)
		impl->reset_end = jiffies + msecs_to_jiffies(m->knobs.reset_ms);
	if (impl->reset_end && impl->old_status && !m->status)
		return;		/* it goes on */
	/* a new device may have a previous driver's state */
	impl->old_status = m->status ?: VIRTIO_CONFIG_S_ACKNOWLEDGE;
	impl->stale = m->knobs.reset_reads;
	/* do not reset the device while it serves a buffer */
	if (impl->serving)
		impl->reset_wanted = true;
	else
		vfe_mock_reset(impl);
}

/* 3.1.1: the order of the steps */
static const char *vfe_mock_status_rule(struct vfe_mock_impl *impl, u8 val)
{
	u8 old = impl->m.status & VFE_MOCK_DRIVER_BITS;

	if (!impl->was_reset)
		return "device_status: set before the device was reset (3.1.1)";
	if (impl->resetting)
		return "device_status: set before it read 0 after a reset (4.1.4.3.2)";
	if (old & ~val)
		return "device_status: a bit was cleared (2.1.1)";
	if (old & VIRTIO_CONFIG_S_FAILED)
		return "device_status: set after FAILED without a reset (2.1.1)";
	if (val & ~(VFE_MOCK_DRIVER_BITS | VIRTIO_CONFIG_S_NEEDS_RESET))
		return "device_status: an unknown bit was set (2.1)";
	if (val & VIRTIO_CONFIG_S_DRIVER &&
	    !(val & VIRTIO_CONFIG_S_ACKNOWLEDGE))
		return "device_status: DRIVER without ACKNOWLEDGE (3.1.1)";
	if (val & VIRTIO_CONFIG_S_FEATURES_OK && !(val & VIRTIO_CONFIG_S_DRIVER))
		return "device_status: FEATURES_OK without DRIVER (3.1.1)";
	if (impl->legacy && val & VIRTIO_CONFIG_S_FEATURES_OK)
		return "device_status: FEATURES_OK on the legacy interface (3.1.2)";
	if (!impl->legacy && val & VIRTIO_CONFIG_S_DRIVER_OK &&
	    !(old & VIRTIO_CONFIG_S_FEATURES_OK))
		return "device_status: DRIVER_OK without FEATURES_OK (3.1.1)";
	return NULL;
}

/* 2.2.1, 2.2.2: may the driver accept these features? */
static bool vfe_mock_features_ok(struct vfe_mock *m)
{
	if (m->knobs.refuse_features)
		return false;
	if (m->accepted & ~m->offered || m->accepted_high & ~m->offered_high)
		vfe_mock_offend(m,
				"driver_feature: a feature that was not offered (2.2.1)");
	else if (m->offered & ~m->accepted & BIT_ULL(VIRTIO_F_VERSION_1))
		vfe_mock_offend(m,
				"driver_feature: VERSION_1 was offered and not accepted (6.1)");
	else
		return true;
	return false;
}

static void vfe_mock_driver_ok(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;
	unsigned int i;

	if (!(vfe_mock_command(impl) & PCI_COMMAND_MASTER))
		vfe_mock_offend(m,
				"device_status: DRIVER_OK while bus mastering is off");
	for (i = 0; i < m->num_queues; i++)
		if (m->queues[i].enable)
			impl->todo |= VFE_MOCK_TODO_SERVE;
}

void vfe_mock_status_write(struct vfe_mock_impl *impl, u8 val)
{
	struct vfe_mock *m = &impl->m;
	const char *rule;
	u8 fresh;

	if (!val) {
		vfe_mock_reset_write(impl);
		return;
	}
	rule = vfe_mock_status_rule(impl, val);
	if (rule)
		vfe_mock_offend(m, rule);
	/* 2.1.2: ignore writes until the reset has ended */
	if (impl->stale || impl->reset_wanted || impl->reset_end)
		return;
	fresh = val & VFE_MOCK_DRIVER_BITS & ~m->status;
	if (fresh & VIRTIO_CONFIG_S_FEATURES_OK && !vfe_mock_features_ok(m))
		fresh &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	m->status |= fresh;
	if (fresh & VIRTIO_CONFIG_S_DRIVER_OK)
		vfe_mock_driver_ok(impl);
}

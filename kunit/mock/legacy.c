// SPDX-License-Identifier: GPL-2.0
/*
 * The interface of virtio 0.9.5 (virtio 1.4, 4.1.4.10): another set of
 * registers in front of the same state. The BAR is memory: user mode Linux has
 * no ports. All of it runs under the function's lock.
 */
#include "internal.h"

/* The configuration follows the vectors, which exist with MSI-X. */
static u32 legacy_header(const struct vfe_mock_impl *impl)
{
	return vfe_mock_msix_flags(impl) & PCI_MSIX_FLAGS_ENABLE ?
	       VFE_LEGACY_HEADER + VFE_LEGACY_VECTORS : VFE_LEGACY_HEADER;
}

enum vfe_reg vfe_mock_legacy_at(const struct vfe_mock_impl *impl, u32 offset)
{
	if (offset >= legacy_header(impl))
		return VFE_REG_LEGACY_CONFIG;
	return vfe_mock_register_begins(VFE_WIN_LEGACY, offset);
}

static struct vfe_mock_queue *legacy_selected(struct vfe_mock_impl *impl)
{
	return impl->queue_select < impl->m.num_queues ?
	       &impl->m.queues[impl->queue_select] : NULL;
}

static u32 legacy_queue_read(struct vfe_mock_queue *mq, enum vfe_reg reg)
{
	if (reg == VFE_REG_LEGACY_QUEUE_VECTOR)
		return mq ? mq->vector : VIRTIO_MSI_NO_VECTOR;
	if (!mq)
		return 0;
	return reg == VFE_REG_LEGACY_QUEUE_SIZE ? mq->size :
	       mq->desc >> VFE_LEGACY_PAGE_SHIFT;
}

/* Convert an access to the configuration to the modern interface */
static struct vfe_mock_access legacy_config(struct vfe_mock_impl *impl,
					    const struct vfe_mock_access *a)
{
	struct vfe_mock_access to = *a;

	to.offset -= legacy_header(impl);
	return to;
}

u32 vfe_mock_legacy_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a)
{
	struct vfe_mock_access config = legacy_config(impl, a);
	struct vfe_mock *m = &impl->m;

	switch (a->reg) {
	case VFE_REG_LEGACY_DEVICE_FEATURES:
		return lower_32_bits(m->offered);
	case VFE_REG_LEGACY_DRIVER_FEATURES:
		return lower_32_bits(m->accepted);
	case VFE_REG_LEGACY_QUEUE_SELECT:
		return impl->queue_select;
	case VFE_REG_LEGACY_DEVICE_STATUS:
		return vfe_mock_status_read(impl);
	case VFE_REG_LEGACY_ISR_STATUS:
		return vfe_mock_isr_read(impl);
	case VFE_REG_LEGACY_CONFIG_VECTOR:
		return m->config_vector;
	case VFE_REG_LEGACY_CONFIG:
		return vfe_mock_fields_read(impl, &config);
	case VFE_REG_LEGACY_QUEUE_NOTIFY:
		return 0;
	default:
		return legacy_queue_read(legacy_selected(impl), a->reg);
	}
}

/* 2.7.2, 4.1.5.1.3.1: one address, in pages, for all parts; 0 for none */
static void legacy_address_write(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock_queue *mq = legacy_selected(impl);
	struct vfe_mock *m = &impl->m;
	const char *rule = NULL;

	if (!mq)
		rule = "legacy_queue_address: of a queue that is not there";
	else if (!(m->status & VIRTIO_CONFIG_S_DRIVER))
		rule = "legacy_queue_address: written before DRIVER (3.1.2)";
	else if (m->status & VIRTIO_CONFIG_S_DRIVER_OK)
		rule = "legacy_queue_address: written after DRIVER_OK (3.1.2)";
	else if (val && mq->enable)
		rule = "legacy_queue_address: of a queue that is in use";
	if (rule) {
		vfe_mock_offend(m, rule);
		return;
	}
	mq->enable = 0;
	mq->desc = (u64)val << VFE_LEGACY_PAGE_SHIFT;
	mq->driver = mq->desc + sizeof(struct vring_desc) * mq->size;
	/* 2.7.2: with the event index in the sum */
	mq->device = ALIGN(mq->driver + 2 * (3 + mq->size),
			   BIT(VFE_LEGACY_PAGE_SHIFT));
	if (!val)
		return;
	rule = vfe_mock_split_check(mq);
	if (rule)
		vfe_mock_offend(m, rule);
	else
		mq->enable = 1;
}

static void legacy_features_write(struct vfe_mock *m, u32 val)
{
	if (!(m->status & VIRTIO_CONFIG_S_DRIVER))
		vfe_mock_offend(m,
				"legacy_driver_features: written before DRIVER (3.1.2)");
	else if (m->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vfe_mock_offend(m,
				"legacy_driver_features: written after DRIVER_OK (3.1.2)");
	else if (val & ~m->offered)
		vfe_mock_offend(m,
				"legacy_driver_features: a feature that was not offered (2.2.1)");
	else
		m->accepted = val;
}

static void legacy_notify(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock *m = &impl->m;
	struct vfe_mock_queue *mq;

	if (val >= m->num_queues || !m->queues[val].enable) {
		vfe_mock_offend(m,
				"legacy_queue_notify: of a queue that is not set up");
		return;
	}
	mq = &m->queues[val];
	if (!(m->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
		vfe_mock_offend(m,
				"legacy_queue_notify: before DRIVER_OK (3.1.2)");
		mq->early++;
	}
	mq->kicks++;
	mq->notified = val;
	if (!m->knobs.mute)
		impl->todo |= VFE_MOCK_TODO_SERVE;
}

static void legacy_vector_write(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock_queue *mq = legacy_selected(impl);

	if (mq)
		mq->vector = vfe_mock_vector_write(impl, val);
	else
		vfe_mock_offend(&impl->m,
				"legacy_queue_vector: of a queue that is not there");
}

void vfe_mock_legacy_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a)
{
	struct vfe_mock_access config = legacy_config(impl, a);
	struct vfe_mock *m = &impl->m;

	switch (a->reg) {
	case VFE_REG_LEGACY_DRIVER_FEATURES:
		legacy_features_write(m, a->val);
		break;
	case VFE_REG_LEGACY_QUEUE_ADDRESS:
		legacy_address_write(impl, a->val);
		break;
	case VFE_REG_LEGACY_QUEUE_SELECT:
		impl->queue_select = a->val;
		break;
	case VFE_REG_LEGACY_QUEUE_NOTIFY:
		legacy_notify(impl, a->val);
		break;
	case VFE_REG_LEGACY_DEVICE_STATUS:
		vfe_mock_status_write(impl, a->val);
		break;
	case VFE_REG_LEGACY_CONFIG_VECTOR:
		m->config_vector = vfe_mock_vector_write(impl, a->val);
		break;
	case VFE_REG_LEGACY_QUEUE_VECTOR:
		legacy_vector_write(impl, a->val);
		break;
	case VFE_REG_LEGACY_CONFIG:
		vfe_mock_fields_write(impl, &config);
		break;
	default:
		vfe_mock_offend(m,
				"a read-only register was written (4.1.4.10)");
	}
}

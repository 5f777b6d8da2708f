// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of the virtio structures: the effects of reads and writes by virtio
 * 1.4, 4.1.4.3 to 4.1.4.6, and accesses that break a rule. The state machine
 * behind device_status is in status.c, the registers of a queue are in
 * queues.c.
 */
#include "internal.h"

#define VFE_MOCK_SMALL	64	/* offsets below have a register each */

struct vfe_mock_register {
	u8 win;
	u16 offset;
	u16 size;
};

#define VFE_MOCK_REGISTER(id, name, win, off, size) \
	[VFE_REG_##id] = { VFE_WIN_##win, off, size },
static const struct vfe_mock_register vfe_mock_registers[] = {
	VFE_REGISTERS(VFE_MOCK_REGISTER)
};

/* The register that starts at an offset, and the range of a window */
static u8 vfe_mock_small[VFE_NUM_WINDOWS][VFE_MOCK_SMALL];
static u8 vfe_mock_range[VFE_NUM_WINDOWS];

void vfe_mock_registers_init(void)
{
	const struct vfe_mock_register *r;
	unsigned int i;

	memset(vfe_mock_small, VFE_NUM_REGS, sizeof(vfe_mock_small));
	memset(vfe_mock_range, VFE_NUM_REGS, sizeof(vfe_mock_range));
	for (i = 0; i < VFE_NUM_REGS; i++) {
		r = &vfe_mock_registers[i];
		if (r->size >= VFE_STRUCT_SIZE)
			vfe_mock_range[r->win] = i;
		else
			vfe_mock_small[r->win][r->offset] = i;
	}
}

enum vfe_reg vfe_mock_register_begins(enum vfe_window_id win, u32 offset)
{
	return offset < VFE_MOCK_SMALL ? vfe_mock_small[win][offset] :
					 VFE_NUM_REGS;
}

enum vfe_reg vfe_mock_register_at(enum vfe_window_id win, u32 offset)
{
	u8 range = vfe_mock_range[win];

	if (range != VFE_NUM_REGS && offset >= vfe_mock_registers[range].offset)
		return range;
	return vfe_mock_register_begins(win, offset);
}

static bool vfe_mock_width_ok(const struct vfe_mock_access *a)
{
	u16 size;

	if (a->reg == VFE_NUM_REGS)
		return false;
	size = vfe_mock_registers[a->reg].size;
	/* a range is accessed by fields, each in its own width */
	if (size >= VFE_STRUCT_SIZE)
		return a->size <= sizeof(u32) && IS_ALIGNED(a->offset, a->size);
	return a->size == size;
}

bool vfe_mock_access_ok(struct vfe_mock *m, const struct vfe_mock_access *a)
{
	if (a->reg == VFE_NUM_REGS)
		vfe_mock_offend(m, "an access where no register begins");
	else if (!vfe_mock_width_ok(a))
		vfe_mock_offend(m,
				"an access of another width than the register's (4.1.3.1)");
	else
		return true;
	return false;
}

/* A word of a set of features, as a select register chooses it */
static u32 vfe_mock_word(u64 low, u64 high, u32 select)
{
	if (select >= 4)
		return 0;
	return (select < 2 ? low : high) >> (32 * (select % 2));
}

static u32 vfe_mock_common_read(struct vfe_mock_impl *impl, enum vfe_reg reg)
{
	struct vfe_mock *m = &impl->m;

	switch (reg) {
	case VFE_REG_DEVICE_FEATURE_SELECT:
		return impl->device_select;
	case VFE_REG_DEVICE_FEATURE:
		return vfe_mock_word(m->offered, m->offered_high,
				     impl->device_select);
	case VFE_REG_DRIVER_FEATURE_SELECT:
		return impl->driver_select;
	case VFE_REG_DRIVER_FEATURE:
		return vfe_mock_word(m->accepted, m->accepted_high,
				     impl->driver_select);
	case VFE_REG_CONFIG_MSIX_VECTOR:
		return m->config_vector;
	case VFE_REG_NUM_QUEUES:
		return m->num_queues;
	case VFE_REG_DEVICE_STATUS:
		return vfe_mock_status_read(impl);
	case VFE_REG_CONFIG_GENERATION:
		return m->generation;
	case VFE_REG_QUEUE_SELECT:
		return impl->queue_select;
	default:
		return vfe_mock_queue_read(impl, reg);
	}
}

static void vfe_mock_features_write(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock *m = &impl->m;
	u32 select = impl->driver_select;
	u64 *set = select < 2 ? &m->accepted : &m->accepted_high;

	if (!(m->status & VIRTIO_CONFIG_S_DRIVER))
		vfe_mock_offend(m,
				"driver_feature: written before DRIVER was set (3.1.1)");
	if (m->status & VIRTIO_CONFIG_S_FEATURES_OK) {
		vfe_mock_offend(m,
				"driver_feature: written after FEATURES_OK (3.1.1)");
		return;
	}
	if (select >= 4) {
		if (val)
			vfe_mock_offend(m,
					"driver_feature: a feature that was not offered (2.2.1)");
		return;
	}
	*set &= ~((u64)U32_MAX << (32 * (select % 2)));
	*set |= (u64)val << (32 * (select % 2));
}

static void vfe_mock_common_write(struct vfe_mock_impl *impl, enum vfe_reg reg,
				  u32 val)
{
	struct vfe_mock *m = &impl->m;

	switch (reg) {
	case VFE_REG_DEVICE_FEATURE_SELECT:
		impl->device_select = val;
		break;
	case VFE_REG_DRIVER_FEATURE_SELECT:
		impl->driver_select = val;
		break;
	case VFE_REG_DRIVER_FEATURE:
		vfe_mock_features_write(impl, val);
		break;
	case VFE_REG_CONFIG_MSIX_VECTOR:
		m->config_vector = vfe_mock_vector_write(impl, val);
		break;
	case VFE_REG_DEVICE_STATUS:
		vfe_mock_status_write(impl, val);
		break;
	case VFE_REG_QUEUE_SELECT:
		impl->queue_select = val;
		break;
	case VFE_REG_DEVICE_FEATURE:
	case VFE_REG_NUM_QUEUES:
	case VFE_REG_CONFIG_GENERATION:
	case VFE_REG_QUEUE_NOTIFY_OFF:
	case VFE_REG_QUEUE_NOTIF_CONFIG_DATA:
		vfe_mock_offend(m, "a read-only register was written (4.1.4.3.2)");
		break;
	default:
		vfe_mock_queue_write(impl, reg, val);
	}
}

/* 4.1.4.5: reading clears all bits and lowers the pin */
u32 vfe_mock_isr_read(struct vfe_mock_impl *impl)
{
	u8 isr = impl->m.isr;

	impl->m.isr = 0;
	return isr;
}

/* The configuration changes between two reads of a driver. */
static void vfe_mock_config_moves(struct vfe_mock *m)
{
	unsigned int i;

	if (!m->knobs.generation_moves)
		return;
	if (m->knobs.generation_moves != UINT_MAX)
		m->knobs.generation_moves--;
	for (i = 0; i < m->config_len; i++)
		m->config[i]++;
	m->generation++;
}

u32 vfe_mock_fields_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;
	u32 val = 0;
	int i;

	for (i = a->size - 1; i >= 0; i--) {
		val <<= 8;
		if (a->offset + i < m->config_len)
			val |= m->config[a->offset + i];
	}
	vfe_mock_config_moves(m);
	return val;
}

void vfe_mock_fields_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;
	unsigned int i;

	if (!impl->legacy && !(m->status & VIRTIO_CONFIG_S_FEATURES_OK))
		vfe_mock_offend(m,
				"device_config: written before FEATURES_OK (3.1.1)");
	for (i = 0; i < a->size && a->offset + i < m->config_len; i++)
		m->config[a->offset + i] = a->val >> (8 * i);
}

u32 vfe_mock_register_read(struct vfe_mock_impl *impl, enum vfe_window_id win,
			   const struct vfe_mock_access *a)
{
	switch (win) {
	case VFE_WIN_COMMON:
		return vfe_mock_common_read(impl, a->reg);
	case VFE_WIN_ISR:
		return vfe_mock_isr_read(impl);
	case VFE_WIN_DEVICE:
		return vfe_mock_fields_read(impl, a);
	default:
		return 0;	/* 4.1.4.4: a doorbell cannot be read */
	}
}

void vfe_mock_register_write(struct vfe_mock_impl *impl, enum vfe_window_id win,
			     const struct vfe_mock_access *a)
{
	switch (win) {
	case VFE_WIN_COMMON:
		vfe_mock_common_write(impl, a->reg, a->val);
		break;
	case VFE_WIN_NOTIFY:
		vfe_mock_notify(impl, a);
		break;
	case VFE_WIN_DEVICE:
		vfe_mock_fields_write(impl, a);
		break;
	default:
		vfe_mock_offend(&impl->m,
				"isr_status: written, it is read-only (4.1.4.5)");
	}
}

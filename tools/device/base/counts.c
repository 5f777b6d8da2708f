// SPDX-License-Identifier: GPL-2.0
/*
 * The device's own witness: which register an access hit, by the table that
 * driver and device share.
 */
#include "base/counts.h"

#define REGISTER(id, reg_name, win, off, bytes) \
	[VFE_REG_##id] = { \
		.name = (reg_name), .window = VFE_WIN_##win, \
		.offset = (off), .size = (bytes), \
	},

const struct register_info register_table[VFE_NUM_REGS] = {
	VFE_REGISTERS(REGISTER)
};

const struct window_info window_table[VFE_NUM_WINDOWS] = {
	[VFE_WIN_COMMON] = { "common", VFE_BAR_VIRTIO, VFE_COMMON_OFFSET },
	[VFE_WIN_NOTIFY] = { "notify", VFE_BAR_VIRTIO, VFE_NOTIFY_OFFSET },
	[VFE_WIN_ISR] = { "isr", VFE_BAR_VIRTIO, VFE_ISR_OFFSET },
	[VFE_WIN_DEVICE] = { "device", VFE_BAR_VIRTIO, VFE_DEVICE_OFFSET },
	[VFE_WIN_PORT] = { "port", VFE_BAR_PORT, 0 },
	[VFE_WIN_MEMORY] = { "memory", VFE_BAR_MEMORY, 0 },
	[VFE_WIN_NET_PORT] = { "port", VFE_BAR_PORT, 0 },
	[VFE_WIN_NET_MEMORY] = { "memory", VFE_BAR_MEMORY, 0 },
	[VFE_WIN_SCSI_PORT] = { "port", VFE_BAR_PORT, 0 },
	[VFE_WIN_SCSI_MEMORY] = { "memory", VFE_BAR_MEMORY, 0 },
};

void counts_access(struct counts *c, enum vfe_window_id win, uint32_t offset,
		   enum vfe_dir dir)
{
	for (unsigned int i = 0; i < VFE_NUM_REGS; i++) {
		const struct register_info *r = &register_table[i];

		if (r->window == win && offset >= r->offset &&
		    offset - r->offset < r->size) {
			c->reg[i][dir]++;
			return;
		}
	}
	c->unknown[dir]++;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The device's own witness: which register an access hit, by the table that
 * driver and device share.
 */
#include "base/counts.h"

struct entry {
	const char *name;
	uint32_t offset;
	uint32_t size;
	enum vfe_window_id window;
};

#define ENTRY(id, reg_name, win, off, bytes) \
	[VFE_REG_##id] = { \
		.name = (reg_name), .window = VFE_WIN_##win, \
		.offset = (off), .size = (bytes), \
	},

static const struct entry table[VFE_NUM_REGS] = {
	VFE_REGISTERS(ENTRY)
};

static const char *const window_names[VFE_NUM_WINDOWS] = VFE_WINDOW_NAMES;

struct place {
	unsigned int bar;
	uint32_t offset;
};

static const struct place places[VFE_NUM_WINDOWS] = {
	[VFE_WIN_COMMON] = { VFE_BAR_VIRTIO, VFE_COMMON_OFFSET },
	[VFE_WIN_NOTIFY] = { VFE_BAR_VIRTIO, VFE_NOTIFY_OFFSET },
	[VFE_WIN_ISR] = { VFE_BAR_VIRTIO, VFE_ISR_OFFSET },
	[VFE_WIN_DEVICE] = { VFE_BAR_VIRTIO, VFE_DEVICE_OFFSET },
	[VFE_WIN_PORT] = { VFE_BAR_PORT, 0 },
	[VFE_WIN_MEMORY] = { VFE_BAR_MEMORY, 0 },
};

void counts_access(struct counts *c, enum vfe_window_id win, uint32_t offset,
		   enum vfe_dir dir)
{
	int reg;

	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		const struct entry *e = &table[reg];

		if (e->window == win && offset >= e->offset &&
		    offset - e->offset < e->size) {
			c->reg[reg][dir]++;
			return;
		}
	}
	c->unknown[dir]++;
}

void counts_register(enum vfe_reg reg, struct register_info *info)
{
	const struct entry *e = &table[reg];

	info->name = e->name;
	info->window = e->window;
	info->offset = e->offset;
	info->size = e->size;
	info->bar = places[e->window].bar;
	info->bar_offset = places[e->window].offset + e->offset;
}

const char *counts_window_name(enum vfe_window_id win)
{
	return window_names[win];
}

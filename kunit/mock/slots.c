// SPDX-License-Identifier: GPL-2.0
/* The functions on the bus, by slot and by address. */
#include "internal.h"

struct workqueue_struct *vfe_mock_wq;

static struct vfe_mock_impl *vfe_mock_slots[VFE_MOCK_SLOTS];

struct vfe_mock_impl *vfe_mock_at_slot(unsigned int slot)
{
	return slot < VFE_MOCK_SLOTS ? READ_ONCE(vfe_mock_slots[slot]) : NULL;
}

void vfe_mock_set_slot(unsigned int slot, struct vfe_mock_impl *impl)
{
	WRITE_ONCE(vfe_mock_slots[slot], impl);
}

struct vfe_mock_bar *vfe_mock_bar_at(u64 addr, u64 len, u32 *offset)
{
	struct vfe_mock_impl *impl;
	struct vfe_mock_bar *bar;
	unsigned int i, j;
	u64 start;

	for (i = 0; i < VFE_MOCK_SLOTS; i++) {
		impl = vfe_mock_at_slot(i);
		for (j = 0; impl && j < PCI_STD_NUM_BARS; j++) {
			bar = &impl->bars[j];
			start = vfe_mock_bar_addr(impl, j);
			if (!bar->size || !start || addr < start ||
			    addr + len > start + bar->size)
				continue;
			*offset = addr - start;
			return bar;
		}
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The table of all registers, from VFE_REGISTERS. counts.c defines it. */
#ifndef VFE_REGS_TABLE_H
#define VFE_REGS_TABLE_H

#include <vfe/wire.h>

/**
 * struct vfe_reg_info - a register
 * @name: its name in the counts
 * @win: the window that it is in
 * @offset: in the window, in bytes
 * @size: its width in bytes; a page or more is a range, accessed in any width
 */
struct vfe_reg_info {
	const char *name;
	u8 win;
	u16 offset;
	u16 size;
};

extern const struct vfe_reg_info vfe_reg_table[VFE_NUM_REGS];

#endif /* VFE_REGS_TABLE_H */

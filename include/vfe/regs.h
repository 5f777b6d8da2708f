/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Register access. Only these functions access device registers, so they count
 * all accesses. drivers/core/regs.c and counts.c implement them.
 */
#ifndef VFE_REGS_H
#define VFE_REGS_H

#include <linux/io.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "wire.h"

/**
 * struct vfe_window - a mapped part of a BAR
 * @base: cookie for ioread and iowrite (ports or memory), NULL when absent
 * @len: length in bytes
 * @traps: 1 if each access causes a VM exit, 0 if the window is mapped
 */
struct vfe_window {
	void __iomem *base;
	u32 len;
	u8 traps;
};

/**
 * struct vfe_reg_counts - accesses since the windows were set up
 * @access: by register and direction; each word of a string
 *	    instruction counts
 * @exits: VM exits that these accesses cause in trapping windows
 */
struct vfe_reg_counts {
	u64 access[VFE_NUM_REGS][VFE_NUM_DIRS];
	u64 exits;
};

/**
 * struct vfe_regs - the windows of one function and their counts
 * @win: by enum vfe_window_id
 * @counts: one set per CPU, so that counting takes no lock
 * @base: the sums at the last reset
 */
struct vfe_regs {
	struct vfe_window win[VFE_NUM_WINDOWS];
	struct vfe_reg_counts __percpu *counts;
	struct vfe_reg_counts base;
};

struct pci_dev;

/* caps.c: copies the capability that describes the windows, if it exists */
bool vfe_find_vendor_cap(struct pci_dev *pdev, struct vfe_vendor_cap *vcap);

int vfe_regs_init(struct vfe_regs *regs);
void vfe_regs_exit(struct vfe_regs *regs);

u8 vfe_read8(struct vfe_regs *regs, enum vfe_reg reg);
u16 vfe_read16(struct vfe_regs *regs, enum vfe_reg reg);
u32 vfe_read32(struct vfe_regs *regs, enum vfe_reg reg);
void vfe_write8(struct vfe_regs *regs, enum vfe_reg reg, u8 val);
void vfe_write16(struct vfe_regs *regs, enum vfe_reg reg, u16 val);
void vfe_write32(struct vfe_regs *regs, enum vfe_reg reg, u32 val);
/* two 32-bit writes, to @lo and to the next register */
void vfe_write64(struct vfe_regs *regs, enum vfe_reg lo, u64 val);

/* one field of a range such as device configuration; @size is 1, 2 or 4 */
u32 vfe_read_field(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
		   unsigned int size);
void vfe_write_field(struct vfe_regs *regs, enum vfe_reg reg, u32 offset,
		     unsigned int size, u32 val);

/* an available buffer notification, @offset bytes into the notify window */
void vfe_notify16(struct vfe_regs *regs, u32 offset, u16 val);
void vfe_notify32(struct vfe_regs *regs, u32 offset, u32 val);

/* @words words of data through one register, one instruction per word */
void vfe_read_words(struct vfe_regs *regs, enum vfe_reg reg, __le32 *buf,
		    unsigned int words);
void vfe_write_words(struct vfe_regs *regs, enum vfe_reg reg,
		     const __le32 *buf, unsigned int words);
/* the same with string instructions: see drivers/core/regs.c for their exits */
void vfe_read_string(struct vfe_regs *regs, enum vfe_reg reg, __le32 *buf,
		     unsigned int words);
void vfe_write_string(struct vfe_regs *regs, enum vfe_reg reg,
		      const __le32 *buf, unsigned int words);

/* sums over all CPUs since the last reset; may be called in any context */
u64 vfe_regs_accesses(const struct vfe_regs *regs, enum vfe_reg reg,
		      enum vfe_dir dir);
u64 vfe_window_accesses(const struct vfe_regs *regs, enum vfe_window_id win,
			enum vfe_dir dir);
u64 vfe_regs_exits(const struct vfe_regs *regs);
void vfe_regs_reset_counts(struct vfe_regs *regs);
const char *vfe_reg_name(enum vfe_reg reg);
enum vfe_window_id vfe_reg_window(enum vfe_reg reg);
const char *vfe_window_name(enum vfe_window_id win);

#endif /* VFE_REGS_H */

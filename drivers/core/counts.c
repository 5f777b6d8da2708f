// SPDX-License-Identifier: GPL-2.0
/*
 * The table of registers, and the sums of the counts that regs.c makes: over
 * CPUs, over windows, since the last reset. Accesses no register.
 */
#include <kunit/visibility.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/virtio_pci.h>

#include <vfe/compat/core.h>
#include <vfe/regs.h>

#include "regs_table.h"
#include "sums.h"

#define VFE_REG_INFO(id, reg_name, window, off, bytes) \
	[VFE_REG_##id] = { \
		.name = reg_name, \
		.win = VFE_WIN_##window, \
		.offset = off, \
		.size = bytes, \
	},

const struct vfe_reg_info vfe_reg_table[VFE_NUM_REGS] = {
	VFE_REGISTERS(VFE_REG_INFO)
};

#define VFE_SAME_OFFSET(id, field) \
	BUILD_BUG_ON(vfe_reg_table[VFE_REG_##id].offset != \
		     offsetof(struct virtio_pci_common_cfg, field))

/* Compares the table with the layout in the kernel's headers. */
static void vfe_regs_check_layout(void)
{
	VFE_SAME_OFFSET(DEVICE_FEATURE_SELECT, device_feature_select);
	VFE_SAME_OFFSET(DEVICE_FEATURE, device_feature);
	VFE_SAME_OFFSET(DRIVER_FEATURE_SELECT, guest_feature_select);
	VFE_SAME_OFFSET(DRIVER_FEATURE, guest_feature);
	VFE_SAME_OFFSET(CONFIG_MSIX_VECTOR, msix_config);
	VFE_SAME_OFFSET(NUM_QUEUES, num_queues);
	VFE_SAME_OFFSET(DEVICE_STATUS, device_status);
	VFE_SAME_OFFSET(CONFIG_GENERATION, config_generation);
	VFE_SAME_OFFSET(QUEUE_SELECT, queue_select);
	VFE_SAME_OFFSET(QUEUE_SIZE, queue_size);
	VFE_SAME_OFFSET(QUEUE_MSIX_VECTOR, queue_msix_vector);
	VFE_SAME_OFFSET(QUEUE_ENABLE, queue_enable);
	VFE_SAME_OFFSET(QUEUE_NOTIFY_OFF, queue_notify_off);
	VFE_SAME_OFFSET(QUEUE_DESC_LO, queue_desc_lo);
	VFE_SAME_OFFSET(QUEUE_DESC_HI, queue_desc_hi);
	VFE_SAME_OFFSET(QUEUE_DRIVER_LO, queue_avail_lo);
	VFE_SAME_OFFSET(QUEUE_DRIVER_HI, queue_avail_hi);
	VFE_SAME_OFFSET(QUEUE_DEVICE_LO, queue_used_lo);
	VFE_SAME_OFFSET(QUEUE_DEVICE_HI, queue_used_hi);
}

static const char * const vfe_window_names[VFE_NUM_WINDOWS] = VFE_WINDOW_NAMES;

/**
 * vfe_regs_init() - set up the counters; the caller fills in the windows
 * @regs: zeroed here
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_regs_init(struct vfe_regs *regs)
{
	vfe_regs_check_layout();
	memset(regs, 0, sizeof(*regs));
	regs->counts = alloc_percpu(struct vfe_reg_counts);
	return regs->counts ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_NS_GPL(vfe_regs_init, VFE_NS);

/**
 * vfe_regs_exit() - free the counters; the caller unmaps the windows
 * @regs: as vfe_regs_init() left it, or zeroed
 *
 * Context: process context, may sleep.
 */
void vfe_regs_exit(struct vfe_regs *regs)
{
	free_percpu(regs->counts);
	regs->counts = NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_regs_exit, VFE_NS);

/**
 * vfe_regs_accesses() - accesses to a register since the last reset
 * @regs: the function's windows
 * @reg: the register
 * @dir: VFE_READ or VFE_WRITE
 *
 * Context: any.
 * Return: the count; each word of a string instruction counts.
 */
u64 vfe_regs_accesses(const struct vfe_regs *regs, enum vfe_reg reg,
		      enum vfe_dir dir)
{
	return vfe_sum_since(&regs->counts->access[reg][dir],
			     &regs->base.access[reg][dir]);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_regs_accesses);

/**
 * vfe_window_accesses() - accesses to all registers of a window
 * @regs: the function's windows
 * @win: the window
 * @dir: VFE_READ or VFE_WRITE
 *
 * Context: any.
 * Return: the count since the last reset.
 */
u64 vfe_window_accesses(const struct vfe_regs *regs, enum vfe_window_id win,
			enum vfe_dir dir)
{
	u64 sum = 0;
	int reg;

	for (reg = 0; reg < VFE_NUM_REGS; reg++)
		if (vfe_reg_table[reg].win == win)
			sum += vfe_regs_accesses(regs, reg, dir);
	return sum;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_window_accesses);

/**
 * vfe_regs_exits() - exits caused by accesses to trapping windows
 * @regs: the function's windows
 *
 * Context: any.
 * Return: the count since the last reset.
 */
u64 vfe_regs_exits(const struct vfe_regs *regs)
{
	return vfe_sum_since(&regs->counts->exits, &regs->base.exits);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_regs_exits);

/**
 * vfe_regs_reset_counts() - restart all sums from 0
 * @regs: the function's windows
 *
 * Does not write the counters, which the data path writes: a concurrent access
 * counts either before or after the reset. Calls must not overlap.
 *
 * Context: process context.
 */
void vfe_regs_reset_counts(struct vfe_regs *regs)
{
	int reg, dir;

	for (reg = 0; reg < VFE_NUM_REGS; reg++)
		for (dir = 0; dir < VFE_NUM_DIRS; dir++)
			vfe_sum_restart(&regs->counts->access[reg][dir],
					&regs->base.access[reg][dir]);
	vfe_sum_restart(&regs->counts->exits, &regs->base.exits);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_regs_reset_counts);

/**
 * vfe_reg_name() - the name of a register in the counts
 * @reg: the register
 *
 * Return: its name.
 */
const char *vfe_reg_name(enum vfe_reg reg)
{
	return vfe_reg_table[reg].name;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_reg_name);

/**
 * vfe_reg_window() - the window that a register is in
 * @reg: the register
 *
 * Return: the window.
 */
enum vfe_window_id vfe_reg_window(enum vfe_reg reg)
{
	return vfe_reg_table[reg].win;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_reg_window);

/**
 * vfe_window_name() - the name of a window
 * @win: the window
 *
 * Return: its name.
 */
const char *vfe_window_name(enum vfe_window_id win)
{
	return vfe_window_names[win];
}
EXPORT_SYMBOL_NS_GPL(vfe_window_name, VFE_NS);

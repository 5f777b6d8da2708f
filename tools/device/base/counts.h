/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of registers that driver and device share, and the device's
 * counters: every register access, by register and direction, and other events.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdint.h>
#include <vfe/wire.h>

/* Counters that a class may have; its struct vdev_class names them. */
#define COUNTS_OF_CLASS	48

struct counts {
	uint64_t reg[VFE_NUM_REGS][VFE_NUM_DIRS];
	uint64_t unknown[VFE_NUM_DIRS];	/* accesses to no named register */
	uint64_t of_class[COUNTS_OF_CLASS];
	uint64_t msix_raised, intx_raised;
	uint64_t interrupts_suppressed;	/* by the driver's used_event or flags */
	uint64_t doorbells;		/* seen in the mapped page */
	uint64_t notified_ahead;	/* of more buffers than the ring showed */
	uint64_t queue_resets;
};

/* Count an access of the guest; @offset is relative to the window. */
void counts_access(struct counts *c, enum vfe_window_id win, uint32_t offset,
		   enum vfe_dir dir);

struct register_info {
	const char *name;
	enum vfe_window_id window;
	uint32_t offset;	/* in the window */
	uint32_t size;
};

struct window_info {
	const char *name;
	unsigned int bar;
	uint32_t offset;	/* in the BAR */
};

extern const struct register_info register_table[VFE_NUM_REGS];
extern const struct window_info window_table[VFE_NUM_WINDOWS];

#endif /* COUNTS_H */

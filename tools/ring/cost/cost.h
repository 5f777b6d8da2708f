/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's side of a ring, for main.c, which counts its instructions: ours
 * in vfe.c, the kernel's in kernel.c. Uses types of neither's headers.
 */
#ifndef RING_COST_H
#define RING_COST_H

#include <stdbool.h>

/**
 * struct cost_ring - a ring that is set up, with interrupts disabled
 * @desc: the descriptors
 * @driver: the driver's part
 * @device: the device's part
 */
struct cost_ring {
	void *desc;
	void *driver;
	void *device;
};

#define COST_SIZE	256
#define COST_PIECES	3	/* of a buffer; the device reads the first */

struct cost_ring cost_open(bool packed, bool event_idx, bool indirect);
/* The measured operations, always with the same buffer. */
void cost_add_one(void);
void cost_add_all(void);
/* with a table of the class driver, if the ring supports that */
void cost_add_own(void);
bool cost_kick(void);
void *cost_get(void);

#endif /* RING_COST_H */

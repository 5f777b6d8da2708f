/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replaces the kernel and the rest of the core: memory, one device in state
 * LIVE, one queue on it, and a record of the calls.
 */
#ifndef RING_HOST_H
#define RING_HOST_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../drivers/core/core.h"

#define FEATURE(bit)	(1ULL << (bit))

/* Bus addresses differ from CPU addresses, so that a mix-up is detected. */
#define HOST_BUS_OFFSET	0x100000000000ULL

#define HOST_NOTIFY_OFFSET 0x40

static inline u64 host_bus(const void *p)
{
	return (u64)(uintptr_t)p + HOST_BUS_OFFSET;
}

static inline void *host_pointer(u64 bus)
{
	return (void *)(uintptr_t)(bus - HOST_BUS_OFFSET);
}

/**
 * struct host - a device with one queue, and a record of events
 * @pdev: its function
 * @vd: the device
 * @q: the queue
 * @faults: number of reset requests
 * @messages: lines in the log
 * @message: the last of them
 * @notifies: writes to the notify register
 * @notified: the last value written, and its offset
 * @notify: called for each, or NULL
 * @done: times that the queue's interrupt called done()
 */
struct host {
	struct pci_dev pdev;
	struct vfe_device vd;
	struct vfe_queue q;
	unsigned int faults;
	unsigned int messages;
	char message[256];
	unsigned int notifies;
	u32 notified_at;
	u16 notified;
	void (*notify)(struct host *host);
	unsigned int done;
};

/* host.c: like vfe_queues_create(); 0 or -ENOMEM */
int host_open(struct host *host, u16 size, unsigned int max_segs,
	      u64 features);
/* the same for a class driver that builds its own indirect tables */
int host_open_own(struct host *host, u16 size, unsigned int max_segs,
		  u64 features);
/* fill @table like such a driver. Return: bytes that the device may write */
u32 host_write_table(const struct host *host, struct vfe_desc *table,
		     const struct vfe_seg *segs, unsigned int out,
		     unsigned int in);
void host_close(struct host *host);
/*
 * like vfe_reset() and vfe_restart(): the class driver has detached all buffers
 */
void host_reset(struct host *host);

/* host_memory.c: number of current allocations of both kinds */
unsigned int host_allocations(void);
/* fail the nth allocation from now, 0: none. Return: number of earlier ones */
void host_fail_allocation(unsigned int nth);
unsigned int host_allocations_made(void);
/* all memory that a device can access: the nth piece, NULL after the last */
void *host_dma_piece(unsigned int nth, size_t *size);

#define die(...)							\
	do {								\
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);		\
		fprintf(stderr, __VA_ARGS__);				\
		fputc('\n', stderr);					\
		abort();						\
	} while (0)

#endif /* RING_HOST_H */

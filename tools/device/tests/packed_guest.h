/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's side of a packed ring, for the guest in miniature: its
 * descriptor ring is at DESC_ADDR, the driver's event suppression structure at
 * AVAIL_ADDR, the device's at USED_ADDR.
 */
#ifndef PACKED_GUEST_H
#define PACKED_GUEST_H

#include "guest.h"

#define PACKED		BIT64(VIRTIO_F_RING_PACKED)

struct packed {
	struct guest *g;
	uint16_t size;
	uint16_t next;		/* next slot to make available */
	uint16_t seen;		/* next slot where a used one comes */
	bool wrap;		/* the wrap counters of these two */
	bool seen_wrap;
	uint16_t in_flight;	/* descriptors */
};

/* An element of a list */
struct piece {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;		/* but NEXT, AVAIL and USED */
};

/* A used descriptor */
struct used {
	uint16_t id;
	uint32_t len;
	uint16_t flags;
};

/* guest_start() with a packed ring */
void packed_start(struct packed *p, struct guest *g, uint64_t features,
		  uint16_t size);
/* As after guest_queue() */
void packed_fresh(struct packed *p, struct guest *g, uint16_t size);

/* A descriptor as told */
void packed_desc(struct guest *g, unsigned int slot, const struct piece *e,
		 uint16_t id, uint16_t flags);
/* A list, its first descriptor last */
void packed_add(struct packed *p, const struct piece *list, unsigned int n,
		uint16_t id);
/* A read of @len bytes from @sector: header, data and status; or in a table */
void packed_add_read(struct packed *p, uint64_t sector, uint32_t len,
		     uint16_t id);
void packed_add_table(struct packed *p, uint64_t sector, uint32_t len,
		      uint16_t id);
/* The next used one, which stands for @steps. Return: false if there is none */
bool packed_take(struct packed *p, unsigned int steps, struct used *u);

/* Offset and wrap counter of where the driver is, as 2.8.14 has it */
uint16_t packed_next(const struct packed *p);
void set_driver_event(struct guest *g, uint16_t off_wrap, uint16_t flags);
/* The flags; and in @off_wrap the offset and wrap counter */
uint16_t device_event(const struct guest *g, uint16_t *off_wrap);

#endif /* PACKED_GUEST_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver in miniature, for the unit tests and the fuzz targets: the registers
 * and its side of queue 0, in either layout, with every field open to abuse.
 * Little endian machines only.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include "blk/blk.h"

#define V1		BIT64(VIRTIO_F_VERSION_1)
#define EVENT		BIT64(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT	BIT64(VIRTIO_RING_F_INDIRECT_DESC)
#define PACKED		BIT64(VIRTIO_F_RING_PACKED)
#define IN_ORDER	BIT64(VIRTIO_F_IN_ORDER)
#define DATA		BIT64(VIRTIO_F_NOTIFICATION_DATA)
#define CONFIG_DATA	BIT64(VIRTIO_F_NOTIF_CONFIG_DATA)
#define RESET		BIT64(VIRTIO_F_RING_RESET)

/* Where a driver has its things in guest memory */
struct places {
	uint64_t ram;		/* the beginning of guest memory */
	uint64_t desc, avail, used;	/* a packed ring's: the latter two events */
	uint64_t table, header, status, data;
};

struct guest {
	struct vdev *v;
	uint8_t *ram;		/* guest memory, as this process has it */
	const struct places *at;
	uint64_t features;
	uint16_t size;
	unsigned int queue;	/* its number; 0 unless a test says otherwise */
	/* split: indices */
	uint16_t avail_idx;
	uint16_t used_seen;
	/* packed: slots and wrap counters of both, and descriptors in flight */
	uint16_t next, seen;
	bool wrap, seen_wrap;
	uint16_t in_flight;

	/* guest.c: the device of the unit tests */
	struct blk_options blk;
	struct options o;
	struct counts c;
	struct gmem *gm;
	struct blk *disk;	/* only with the block class */
	char path[64];		/* the backing file */
	int ram_fd;
	uint8_t *rom;
};

/* A part of a chain: a buffer, or a table */
struct piece {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;		/* but NEXT, AVAIL and USED */
};

/* A used entry or descriptor */
struct used {
	uint16_t id;
	uint32_t len;
	uint16_t flags;		/* packed only */
};

void *at(const struct guest *g, uint64_t addr);
uint32_t get(struct guest *g, enum vfe_reg reg);
void set(struct guest *g, enum vfe_reg reg, uint32_t value);
void set_addr(struct guest *g, enum vfe_reg lo, uint64_t addr);
uint64_t offered(struct guest *g);

/* Reset and negotiate, up to FEATURES_OK. Return: the status read back */
uint8_t guest_negotiate(struct guest *g, uint64_t features);
/* Set up the queue at its places, to begin anew */
void guest_queue(struct guest *g, uint16_t size);
/* The addresses of the selected queue, and that it is enabled */
void guest_enable(struct guest *g, uint64_t desc, uint64_t avail,
		  uint64_t used);
/* The offered ones of @features, queue 0 of @size, DRIVER_OK */
void guest_drive(struct guest *g, uint64_t features, uint16_t size);

/* Descriptors of a split ring, and of a table in the usual place */
void put_desc(struct guest *g, unsigned int index, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next);
void put_table(struct guest *g, unsigned int index, uint64_t addr,
	       uint32_t len, uint16_t flags, uint16_t next);
/* A descriptor of a packed ring as told */
void put_packed(struct guest *g, unsigned int slot, const struct piece *e,
		uint16_t id, uint16_t flags);
void put_header(struct guest *g, uint32_t type, uint64_t sector);
uint8_t status_byte(const struct guest *g);

/* Make a chain of a split ring available. */
void offer(struct guest *g, uint16_t head);
/*
 * Make a chain available, in either layout; @id is the number of its first
 * descriptor in a split ring.
 */
void add(struct guest *g, const struct piece *list, unsigned int n,
	 uint16_t id);
/* The same, as a table in the usual place */
void add_table(struct guest *g, const struct piece *list, unsigned int n,
	       uint16_t id);
/* A read of @len bytes from @sector, as a list or a table */
void add_read(struct guest *g, uint64_t sector, uint32_t len, uint16_t id,
	      bool table);
/*
 * Take a used entry, which stands for @n buffers of @descs descriptors in all.
 * Return: false if there is none
 */
bool take(struct guest *g, unsigned int n, unsigned int descs, struct used *u);
/* Buffers of a split ring, descriptors of a packed one */
unsigned int in_flight(const struct guest *g);

/* 2.9: the position behind the last available buffer */
uint16_t next_avail(const struct guest *g);
/* Notify, in the width and with the value that the features ask for */
void kick(struct guest *g);
/* The same through the mapped page of --doorbell map */
void ring_bell(struct guest *g);
/* 32 bits with NOTIFICATION_DATA: the queue's value, and the data */
void kick32(struct guest *g, unsigned int queue, uint16_t value, uint16_t data);
/* Does the device want a notification of the buffers after @old? */
bool kick_wanted(const struct guest *g, uint16_t old);
/*
 * Ask for an interrupt with the next used buffer, or for none; with EVENT_IDX
 * an event that was passed means none.
 */
void want_interrupt(struct guest *g, bool on);

/* Single fields of a split ring */
uint16_t used_idx(const struct guest *g);
uint16_t used_flags(const struct guest *g);
uint16_t avail_event(const struct guest *g);
void set_used_event(struct guest *g, uint16_t value);
void set_avail_flags(struct guest *g, uint16_t value);
/* Event suppression of a packed ring: the driver's, and the device's flags */
void set_driver_event(struct guest *g, uint16_t off_wrap, uint16_t flags);
uint16_t device_event(const struct guest *g, uint16_t *off_wrap);

#endif /* DRIVER_H */

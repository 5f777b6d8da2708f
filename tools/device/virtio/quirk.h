/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quirks: what virtual machine monitors in production do otherwise than
 * virtio 1.4 says, so that a driver meets it in a test first. README.md names
 * the monitor that has each of them.
 */
#ifndef QUIRK_H
#define QUIRK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct vdev;
struct queue;
struct chain;
struct virtio_blk_config;

enum quirk {
	/* requests */
	QUIRK_USED_LEN,		/* an enum quirk_used */
	QUIRK_WIDE_STATUS,
	QUIRK_NO_GET_ID,
	QUIRK_NEEDS_RESET_AFTER,
	/* the life of the device */
	QUIRK_SLOW_RESET,	/* milliseconds */
	QUIRK_STALE_QUEUE_ENABLE,
	QUIRK_MASTER_DROPS_DRIVER_OK,
	QUIRK_FIXED_GENERATION,
	/* interrupts */
	QUIRK_LOST_INTERRUPT,
	QUIRK_SPURIOUS_INTERRUPTS,
	QUIRK_CONFIG_STORM,
	QUIRK_CAPACITY_STORM,
	/* capabilities */
	QUIRK_SHORT_COMMON_CAP,
	QUIRK_LONG_NOTIFY_CAP,
	QUIRK_OVERLAPPING_CAPS,
	QUIRK_SHARED_NOTIFY,
	/* what the configuration space says */
	QUIRK_ZERO_DISCARD_LIMITS,
	QUIRK_BLK_SIZE,
	QUIRK_SIZE_MAX,
	QUIRK_SEG_MAX,
	QUIRK_NUM_QUEUES,
	QUIRK_PHYSICAL_BLOCK_EXP,
	QUIRK_ALIGNMENT_OFFSET,
	QUIRK_MIN_IO_SIZE,
	QUIRK_OPT_IO_SIZE,
	NUM_QUIRKS
};

/* What a used entry says instead of the bytes written */
enum quirk_used {
	USED_DATA,		/* without the status byte */
	USED_ZERO,
	USED_ONE,
	USED_ALL_ONES,
};

/* What --quirk and the control socket set */
struct quirks {
	uint64_t on;		/* a bit for each enum quirk */
	uint32_t value[NUM_QUIRKS];
};

/* What they keep in mind */
struct quirk_state {
	uint64_t reset_until;	/* ns of the monotonic clock */
	uint8_t reset_status;	/* what is read until then */
	uint64_t stale_queues;	/* a bit for each that was enabled once */
	uint32_t interrupts;
	uint32_t requests;	/* since the last reset */
	bool shrunk;		/* the capacity reads less, for now */
};

/* Sectors that --quirk capacity-storm takes from the capacity and gives back */
#define QUIRK_STORM_SECTORS	8

/**
 * quirk_parse() - add quirks by name, with commas in between
 * @error: filled in with what is wrong, without a newline
 *
 * Return: 0 or -1; then some of the list may have been added.
 */
int quirk_parse(struct quirks *qs, const char *list, char *error, size_t size);

bool quirk_on(const struct vdev *v, enum quirk which);
/* Its value; @otherwise if it is off */
uint32_t quirk_value(const struct vdev *v, enum quirk which,
		     uint32_t otherwise);

/* The driver asks for a reset, which is about to be done at once. */
void quirk_reset_begins(struct vdev *v);
/* Is the device, as far as the driver can see, still at it? */
bool quirk_resetting(const struct vdev *v);
/* Power on, or a function level reset: nothing is kept in mind. */
void quirk_power_on(struct vdev *v);
/* What the device status register reads */
uint8_t quirk_status(const struct vdev *v);
bool quirk_queue_enabled(const struct queue *q);

uint32_t quirk_used_len(const struct queue *q, const struct chain *c,
			uint32_t len);
void quirk_write_status(const struct vdev *v, uint8_t *at, uint8_t status);
/* A request is done: count it, and raise what a storm raises. */
void quirk_request_done(struct vdev *v);
/* Has the device done as much as it can without a reset? */
bool quirk_is_broken(const struct vdev *v);
/* Is this interrupt one that gets lost? */
bool quirk_loses_interrupt(struct vdev *v);

void quirk_config(const struct vdev *v, struct virtio_blk_config *c);
/* Do the pieces of a request's data keep the limits that a quirk announces? */
bool quirk_takes_data(const struct vdev *v, const struct iovec *iov, int n,
		      uint64_t sector, uint64_t len);

#endif /* QUIRK_H */

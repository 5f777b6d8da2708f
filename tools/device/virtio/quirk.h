/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quirks: deviations of virtual machine monitors in production from virtio 1.4,
 * for tests of drivers. README.md names the monitors.
 */
#ifndef QUIRK_H
#define QUIRK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vdev;
struct queue;
struct chain;
struct vdev_class;

enum quirk {
	/* requests */
	QUIRK_USED_LEN,		/* an enum quirk_used */
	QUIRK_WIDE_STATUS,
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
	/* capabilities */
	QUIRK_SHORT_COMMON_CAP,
	QUIRK_LONG_NOTIFY_CAP,
	QUIRK_OVERLAPPING_CAPS,
	QUIRK_SHARED_NOTIFY,
	QUIRK_OF_CLASS,		/* the first that a class may have of its own */
	NUM_QUIRKS = 64		/* that there can be */
};

/* The used length instead of the number of bytes written */
enum quirk_used {
	USED_DATA,		/* without the status byte */
	USED_ZERO,
	USED_ONE,
	USED_ALL_ONES,
};

/* The settings of --quirk and of the control socket */
struct quirks {
	uint64_t on;		/* a bit for each enum quirk */
	uint32_t value[NUM_QUIRKS];
};

/* State of the quirks */
struct quirk_state {
	uint64_t reset_until;	/* ns of the monotonic clock */
	uint8_t reset_status;	/* value read until then */
	uint64_t stale_queues;	/* mask of queues enabled before */
	uint32_t interrupts;
	uint32_t requests;	/* since the last reset */
};

/* Add quirks by name; see parse_values(). */
int quirk_parse(const struct vdev_class *class, struct quirks *qs,
		const char *list, char *error, size_t size);

bool quirk_on(const struct vdev *v, unsigned int which);
/* Its value, or @otherwise if it is off */
uint32_t quirk_value(const struct vdev *v, unsigned int which,
		     uint32_t otherwise);

/* The driver requests a reset, which begins now. */
void quirk_reset_begins(struct vdev *v);
/* Does the driver still see the reset in progress? */
bool quirk_resetting(const struct vdev *v);
/* Power-on, or a function level reset: clears the state of the quirks. */
void quirk_power_on(struct vdev *v);
/* Value of the device status register */
uint8_t quirk_status(const struct vdev *v);
bool quirk_queue_enabled(const struct queue *q);

uint32_t quirk_used_len(const struct queue *q, const struct chain *c,
			uint32_t len);
void quirk_write_status(const struct vdev *v, uint8_t *at, uint8_t status);
/* A request has completed: count it, and raise a storm's interrupts. */
void quirk_request_done(struct vdev *v);
/* Must the device set DEVICE_NEEDS_RESET now? */
bool quirk_is_broken(const struct vdev *v);
/* Is this interrupt lost? */
bool quirk_loses_interrupt(struct vdev *v);

#endif /* QUIRK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interface of a class of virtio devices. A class has a folder of its own;
 * process/classes.c lists them.
 */
#ifndef CLASS_H
#define CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio/quirk.h"

struct argp;
struct bit_name;
struct chain;
struct options;
struct queue;
struct value_info;
struct vdev;
struct window_class;

/* A counter of the control socket; those of a group are adjacent */
struct vdev_counter {
	const char *group;
	const char *name;
};

/* A command of the control socket; lists end with NULL. */
struct vdev_command {
	const char *name;
	bool has_arg;
	/* Return: 0, or -1 with @error filled in */
	int (*run)(struct vdev *v, const char *arg, char *error, size_t size);
};

struct vdev_class {
	const char *name;	/* of --class */
	unsigned int type;	/* virtio 1.4, 5 */
	uint32_t pci_class;
	unsigned int queues;	/* unless --queues says otherwise */
	unsigned int max_queues;

	/* The command line */
	const char *title;	/* of its options in --help */
	const struct argp *argp;	/* of its own options, its input */
	void *options;		/* those, as they are by default */
	/* Return: 0, or -1 after one line on stderr; NULL: nothing to check */
	int (*check)(const void *options);
	const struct bit_name *feature_names;
	const struct bit_name *fault_names;
	const struct value_info *quirks;	/* from QUIRK_OF_CLASS on */

	/*
	 * Opens the backend. Return: its state, or NULL after one line on
	 * stderr with the problem and its remedy.
	 */
	void *(*open)(const struct options *o);
	void (*close)(void *state);

	/*
	 * The members below may be NULL: no features of its own, the number of
	 * queues of --queues, no chains longer than the ring, nothing to do, an
	 * empty configuration space.
	 */
	uint64_t (*features)(const struct vdev *v);
	/* Number of queues with the offered features */
	unsigned int (*num_queues)(const struct vdev *v);
	/* Descriptors of the longest request */
	unsigned int (*longest_chain)(const struct vdev *v);
	/* 2.2.2: a required feature that the driver did not accept; or NULL */
	const char *(*lacks)(const struct vdev *v);
	/* Apply the accepted features; reset the class */
	void (*accepted)(struct vdev *v);
	void (*reset)(struct vdev *v);
	uint32_t (*config_read)(struct vdev *v, uint32_t offset,
				unsigned int size);
	void (*config_write)(struct vdev *v, uint32_t offset,
			     unsigned int size, uint32_t value);
	/*
	 * Required: execute a request.
	 * @len: set to the bytes written from the first writable one on
	 *
	 * Return: 0, or -1 after a line in the log if it makes no sense.
	 */
	int (*request)(struct queue *q, struct chain *c, uint32_t *len);
	/*
	 * The request is in the used ring. Return: whether the configuration
	 * changed.
	 */
	bool (*request_done)(struct vdev *v);
	/*
	 * The last writable byte of each buffer is its status: with a service
	 * time it is written no sooner than the used entry.
	 */
	bool has_status;

	const struct window_class *window;	/* NULL: no register window */
	const struct vdev_counter *counters;	/* ends with NULL */
	const struct vdev_command *commands;
};

#endif /* CLASS_H */

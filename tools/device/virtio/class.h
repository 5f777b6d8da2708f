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
struct pollfd;
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

/* Descriptors that a class may add to the event loop */
#define CLASS_FDS	24

/* A request() that leaves the buffer in the ring, and ends the pass */
#define REQUEST_LATER	1

struct vdev_class {
	const char *name;	/* of --class */
	unsigned int type;	/* virtio 1.4, 5 */
	uint32_t pci_class;
	unsigned int queues;	/* unless --queues says otherwise */
	unsigned int max_queues;	/* of --queues; 0: there is no such option */

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
	/* Number of queues with any features, which each have a vector */
	unsigned int (*most_queues)(const struct options *o);
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
	 * Return: 0; REQUEST_LATER if it cannot be done yet: the class sets
	 * pending of the queue when it can; or -1 after a line in the log if it
	 * makes no sense.
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
	/*
	 * Or the class keeps a whole response: if the buffer is delayed, it may
	 * set held, and not_before to a time (ns of the monotonic clock) before
	 * which there is no used entry. Then, just before that entry, respond()
	 * writes the response; or drop() forgets it, in a reset of the queue.
	 */
	void (*respond)(struct queue *q, void *held);
	void (*drop)(struct queue *q, void *held);
	/* Requests of this queue are answered at once, in spite of a stall. */
	bool (*at_once)(const struct queue *q);
	/* Some requests may have a not_before now, without a model or a stall. */
	bool (*delays)(const struct vdev *v);

	/*
	 * A class with events of its own, which may all be NULL:
	 */
	/* DRIVER_OK was set, or a queue was enabled after it. */
	void (*started)(struct vdev *v);
	/* The queue is about to be reset. */
	void (*queue_reset)(struct queue *q);
	/*
	 * Buffers were made available. Return: whether the class takes those of
	 * this queue itself when it needs them (queue_take()), so that there
	 * are no requests.
	 */
	bool (*available)(struct queue *q);
	/* The requests of a pass are done, and not yet published. */
	void (*pass_done)(struct queue *q);
	/*
	 * Used buffers were published: may the driver be interrupted for them
	 * now? If not, the class calls queue_notify() later.
	 */
	bool (*may_notify)(struct queue *q);
	/* There is work to poll for; serve it. Return: whether there was any */
	bool (*wants_poll)(const struct vdev *v);
	bool (*poll)(struct vdev *v);
	/* Up to CLASS_FDS descriptors. Return: their number */
	int (*fds)(struct vdev *v, struct pollfd *fds);
	void (*handle)(struct vdev *v, const struct pollfd *fds, int n);
	/* When to call expired(), ns of the monotonic clock, or UINT64_MAX */
	uint64_t (*due)(const struct vdev *v);
	void (*expired)(struct vdev *v, uint64_t now);

	const struct window_class *window;	/* NULL: no register window */
	const struct vdev_counter *counters;	/* ends with NULL */
	const struct vdev_command *commands;
};

#endif /* CLASS_H */

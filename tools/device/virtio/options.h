/* SPDX-License-Identifier: GPL-2.0 */
/* Options of a function of any class (--help). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio/quirk.h"
#include "virtio/service.h"

#define BIT64(n)	(UINT64_C(1) << (n))

/* --fault: violations of the specification, for tests */
enum device_fault {
	FAULT_FEATURES,		/* later features, but not VERSION_1 */
	FAULT_QUEUE_SIZE_ZERO,
	FAULT_QUEUE_SIZE_ODD,	/* one more than a power of two */
	FAULT_CONFIG_VECTOR,	/* reads back as NO_VECTOR */
	FAULT_QUEUE_VECTOR,
	FAULT_NOTIFY_OFFSET,	/* outside of the notify window */
	FAULT_GENERATION,	/* changes with each read */
	FAULT_QUEUE_RESET,	/* never ends */
	FAULT_OF_CLASS		/* the first that a class may have of its own */
};

struct argp;
struct vdev_class;

struct options {
	const struct vdev_class *class;
	void *of_class;		/* the options of the class */
	bool stock;		/* --id stock */
	bool map_doorbell;	/* --doorbell map */
	bool poll;
	bool msix;
	unsigned int queues;
	unsigned int queue_size;	/* a split ring may have less */
	uint64_t features_off;	/* virtio feature bits not to offer */
	uint64_t faults;	/* a bit for each enum device_fault */
	struct service_model service;
	unsigned int parallel;	/* requests in service at once; 0: any number */
	unsigned int seed;
	unsigned int fail_every;	/* requests; 0: none fails */
	struct quirks quirks;
};

/* Their parser; its input is a struct options with its class set. */
extern const struct argp vdev_argp;
/* The queues that the device has with any features */
unsigned int options_queues(const struct options *o);
/* Are they compatible? Return: 0, or -1 after one line on stderr */
int options_check(const struct options *o);

#endif /* OPTIONS_H */

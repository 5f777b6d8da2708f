/* SPDX-License-Identifier: GPL-2.0 */
/* Options of a function of any class (--help). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio/quirk.h"
#include "virtio/service.h"

#define BIT64(n)	(UINT64_C(1) << (n))

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
	struct service_model service;
	unsigned int seed;
	struct quirks quirks;
};

/* Their parser; its input is a struct options with its class set. */
extern const struct argp vdev_argp;
/* Are they compatible? Return: 0, or -1 after one line on stderr */
int options_check(const struct options *o);

#endif /* OPTIONS_H */

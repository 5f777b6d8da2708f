/* SPDX-License-Identifier: GPL-2.0 */
/* The entropy device (virtio 1.4, 5.4). */
#ifndef RNG_H
#define RNG_H

#include "virtio/class.h"

struct rng_options {
	bool seeded;		/* --entropy-seed */
	unsigned int seed;
};

/* In the order of its struct vdev_counter */
enum rng_count {
	RNG_REQUESTS,
	RNG_ERRORS,
	RNG_BYTES,
	RNG_NUM_COUNTS
};

extern const struct vdev_class rng_class;

#endif /* RNG_H */

// SPDX-License-Identifier: GPL-2.0
/* The classes of devices that there are. */
#include "blk/blk.h"
#include "process/options.h"
#include "rng/rng.h"

const struct vdev_class *const classes[] = {
	&blk_class,
	&rng_class,
	NULL
};

// SPDX-License-Identifier: GPL-2.0
/* The list of classes. */
#include "blk/blk.h"
#include "net/net.h"
#include "process/options.h"
#include "rng/rng.h"
#include "scsi/scsi.h"

const struct vdev_class *const classes[] = {
	&blk_class,
	&rng_class,
	&net_class,
	&scsi_class,
	NULL
};

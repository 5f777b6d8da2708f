/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For drivers for storage: the number of queues, and which CPU uses which. The
 * core itself does not use the block layer.
 */
#ifndef VFE_IO_SETUP_H
#define VFE_IO_SETUP_H

#include <linux/blk-mq.h>

#include "io_params.h"

/**
 * struct vfe_io_share - numbers of queues
 * @queues: all request queues
 * @polled: those without an interrupt, which come last
 */
struct vfe_io_share {
	unsigned int queues;
	unsigned int polled;
};

/* Divides the device's @has queues: at least one is not polled. */
static inline struct vfe_io_share
vfe_io_share_out(unsigned int has, const struct vfe_io_params *params)
{
	struct vfe_io_share share;

	share.polled = min3(READ_ONCE(params->poll_queues), has - 1,
			    num_possible_cpus());
	share.queues = min(has - share.polled,
			   params->queues ?: num_possible_cpus()) +
		       share.polled;
	return share;
}

/* How many of blk-mq's maps does a tag set need? */
static inline unsigned int vfe_io_num_maps(const struct vfe_io_share *share)
{
	return share->polled ? HCTX_MAX_TYPES : 1;
}

/**
 * vfe_io_map_queues() - map CPUs to queues; there are no read queues
 * @vd: the device
 * @first: number of the first request queue
 * @share: numbers of queues
 * @map: the maps of the tag set
 */
static inline void vfe_io_map_queues(const struct vfe_device *vd,
				     unsigned int first,
				     const struct vfe_io_share *share,
				     struct blk_mq_queue_map *map)
{
	map[HCTX_TYPE_DEFAULT].nr_queues = share->queues - share->polled;
	if (!vfe_map_queues(vd, first, map->nr_queues, map->mq_map))
		blk_mq_map_queues(map);
	if (!share->polled)
		return;
	map[HCTX_TYPE_READ].nr_queues = 0;
	map[HCTX_TYPE_POLL].nr_queues = share->polled;
	map[HCTX_TYPE_POLL].queue_offset = map[HCTX_TYPE_DEFAULT].nr_queues;
	blk_mq_map_queues(&map[HCTX_TYPE_POLL]);
}

#endif /* VFE_IO_SETUP_H */

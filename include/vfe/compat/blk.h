/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels, for disks. */
#ifndef VFE_COMPAT_BLK_H
#define VFE_COMPAT_BLK_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>

#include <vfe/compat/core.h>

/* 6.14 made merging the default and dropped the flag. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define VFE_MQ_F_MERGE BLK_MQ_F_SHOULD_MERGE
#else
#define VFE_MQ_F_MERGE 0
#endif

/*
 * Zoned disks, on kernels whose queue_limits have the zone limits (6.11). A
 * report of zones calls a callback, or since 6.19 a function of the block
 * layer.
 */
#if defined(BLK_FEAT_ZONED) && defined(CONFIG_BLK_DEV_ZONED)
#define VFE_ZONED

/**
 * struct vfe_zones - the receiver of a report of zones
 * @disk: the disk
 * @n: number of zones reported so far
 */
struct vfe_zones {
	struct gendisk *disk;
	unsigned int n;
	/* private: arguments from the block layer */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
	report_zones_cb cb;
	void *data;
#else
	struct blk_report_zones_args *args;
#endif
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
static inline int vfe_zones_report(struct vfe_zones *zones,
				   struct blk_zone *zone)
{
	return zones->cb(zone, zones->n++, zones->data);
}

#define VFE_ZONES_FN(name, fn) \
	static int name(struct gendisk *disk, sector_t sector, \
			unsigned int nr, report_zones_cb cb, void *data) \
	{ \
		struct vfe_zones zones = { \
			.disk = disk, .cb = cb, .data = data, \
		}; \
		\
		return fn(disk->private_data, sector, nr, &zones); \
	}
#else
static inline int vfe_zones_report(struct vfe_zones *zones,
				   struct blk_zone *zone)
{
	return disk_report_zone(zones->disk, zone, zones->n++, zones->args);
}

#define VFE_ZONES_FN(name, fn) \
	static int name(struct gendisk *disk, sector_t sector, \
			unsigned int nr, struct blk_report_zones_args *args) \
	{ \
		struct vfe_zones zones = { .disk = disk, .args = args }; \
		\
		return fn(disk->private_data, sector, nr, &zones); \
	}
#endif
#define VFE_ZONES_OP(name)	.report_zones = name,
#else
#define VFE_ZONES_FN(name, fn)
#define VFE_ZONES_OP(name)
#endif

/* Since 6.13 emulated appends have a separate limit. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define vfe_max_append max_zone_append_sectors
#else
#define vfe_max_append max_hw_zone_append_sectors
#endif

/* Since 6.16 blk_rq_map_kern() takes the queue from the request. */
static inline int vfe_rq_map_kern(struct request *rq, void *buf,
				  unsigned int len)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return blk_rq_map_kern(rq->q, rq, buf, len, GFP_KERNEL);
#else
	return blk_rq_map_kern(rq, buf, len, GFP_KERNEL);
#endif
}

/**
 * struct vfe_disk_limits - limits of a disk, for vfe_alloc_disk()
 * @logical_block: bytes
 * @physical_block: bytes
 * @io_min: bytes
 * @io_opt: bytes
 * @alignment_offset: bytes
 * @max_sectors: of 512 bytes, in one request
 * @max_segments: segments in one request
 * @max_segment_size: bytes
 * @max_discard_sectors: of 512 bytes, in one request
 * @max_secure_erase_sectors: of 512 bytes, in one request
 * @max_discard_segments: ranges in one discard
 * @discard_granularity: bytes
 * @max_write_zeroes_sectors: of 512 bytes, in one request
 * @zone_sectors: of 512 bytes, in a zone
 * @max_open_zones: at a time
 * @max_active_zones: at a time
 * @zone_append_sectors: of 512 bytes, in one append
 * @zone_granularity: of writes to a zone, bytes
 * @zoned: the disk is host-managed
 * @write_zeroes_unmap: zeroing may deallocate
 * @write_cache: the disk has a volatile write cache
 *
 * A member that is 0 is left to the block layer's default.
 */
struct vfe_disk_limits {
	u32 logical_block;
	u32 physical_block;
	u32 io_min;
	u32 io_opt;
	u32 alignment_offset;
	u32 max_sectors;
	u16 max_segments;
	u32 max_segment_size;
	u32 max_discard_sectors;
	u32 max_secure_erase_sectors;
	u16 max_discard_segments;
	u32 discard_granularity;
	u32 max_write_zeroes_sectors;
	u32 zone_sectors;
	u32 max_open_zones;
	u32 max_active_zones;
	u32 zone_append_sectors;
	u32 zone_granularity;
	bool zoned;
	bool write_zeroes_unmap;
	bool write_cache;
};

/* 6.11 moved the limits and the queue's features into struct queue_limits. */
#ifdef BLK_FEAT_WRITE_CACHE

static inline struct gendisk *vfe_alloc_disk(struct blk_mq_tag_set *set,
					     const struct vfe_disk_limits *want,
					     void *queuedata)
{
	struct queue_limits lim = {
		.logical_block_size = want->logical_block,
		.physical_block_size = want->physical_block,
		.io_min = want->io_min,
		.io_opt = want->io_opt,
		.alignment_offset = want->alignment_offset,
		.max_hw_sectors = want->max_sectors,
		.max_segments = want->max_segments,
		.max_segment_size = want->max_segment_size,
		.max_hw_discard_sectors = want->max_discard_sectors,
		.max_secure_erase_sectors = want->max_secure_erase_sectors,
		.max_discard_segments = want->max_discard_segments,
		.discard_granularity = want->discard_granularity,
		.max_write_zeroes_sectors = want->max_write_zeroes_sectors,
		/* as virtio_blk: the storage may be rotational */
		.features = BLK_FEAT_ROTATIONAL |
			    (want->write_cache ? BLK_FEAT_WRITE_CACHE : 0),
	};

	if (want->zoned) {
		lim.features |= BLK_FEAT_ZONED;
		lim.chunk_sectors = want->zone_sectors;
		lim.max_open_zones = want->max_open_zones;
		lim.max_active_zones = want->max_active_zones;
		lim.vfe_max_append = want->zone_append_sectors;
		lim.zone_write_granularity = want->zone_granularity;
	}
	/* Since 6.17 zeroing that deallocates has its own limit. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	if (want->write_zeroes_unmap)
		lim.max_hw_wzeroes_unmap_sectors =
			want->max_write_zeroes_sectors;
#endif
	return blk_mq_alloc_disk(set, &lim, queuedata);
}

/* Sets whether a live queue needs flushes. May sleep. */
static inline int vfe_set_write_cache(struct request_queue *q, bool on)
{
	struct queue_limits lim = queue_limits_start_update(q);

	if (on)
		lim.features |= BLK_FEAT_WRITE_CACHE;
	else
		lim.features &= ~BLK_FEAT_WRITE_CACHE;
	return queue_limits_commit_update_frozen(q, &lim);
}

#else

static inline void vfe_limit_blocks(struct request_queue *q,
				    const struct vfe_disk_limits *want)
{
	if (want->logical_block)
		blk_queue_logical_block_size(q, want->logical_block);
	if (want->physical_block)
		blk_queue_physical_block_size(q, want->physical_block);
	if (want->io_min)
		blk_queue_io_min(q, want->io_min);
	if (want->io_opt)
		blk_queue_io_opt(q, want->io_opt);
	if (want->alignment_offset)
		blk_queue_alignment_offset(q, want->alignment_offset);
}

static inline void vfe_limit_requests(struct request_queue *q,
				      const struct vfe_disk_limits *want)
{
	if (want->max_sectors)
		blk_queue_max_hw_sectors(q, want->max_sectors);
	if (want->max_segments)
		blk_queue_max_segments(q, want->max_segments);
	if (want->max_segment_size)
		blk_queue_max_segment_size(q, want->max_segment_size);
	if (want->max_discard_segments)
		blk_queue_max_discard_segments(q, want->max_discard_segments);
	blk_queue_max_discard_sectors(q, want->max_discard_sectors);
	blk_queue_max_secure_erase_sectors(q, want->max_secure_erase_sectors);
	q->limits.discard_granularity = want->discard_granularity;
	blk_queue_max_write_zeroes_sectors(q, want->max_write_zeroes_sectors);
}

static inline struct gendisk *vfe_alloc_disk(struct blk_mq_tag_set *set,
					     const struct vfe_disk_limits *want,
					     void *queuedata)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, queuedata);

	if (IS_ERR(disk))
		return disk;
	vfe_limit_blocks(disk->queue, want);
	vfe_limit_requests(disk->queue, want);
	blk_queue_write_cache(disk->queue, want->write_cache, false);
	return disk;
}

static inline int vfe_set_write_cache(struct request_queue *q, bool on)
{
	blk_queue_write_cache(q, on, false);
	return 0;
}

#endif

/* The type of the NUMA node in blk-mq's init_request(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define vfe_node_t unsigned int
#else
#define vfe_node_t int
#endif

/* Since 6.18 getgeo() gets a disk, not a block device. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define vfe_geo_t struct block_device
#define vfe_geo_disk(of) ((of)->bd_disk)
#else
#define vfe_geo_t struct gendisk
#define vfe_geo_disk(of) (of)
#endif

/*
 * The requests of a plug, as the argument of blk-mq's queue_rqs(): a pointer,
 * or since 6.13 and in some earlier stable kernels a list with a tail.
 */
#ifdef rq_list_add
#define vfe_rq_list struct request *

static inline struct request *vfe_rq_pop(vfe_rq_list *list)
{
	return rq_list_pop(list);
}

static inline void vfe_rq_add(vfe_rq_list *list, struct request *rq)
{
	struct request **tail = list;

	while (*tail)
		tail = &(*tail)->rq_next;
	rq->rq_next = NULL;
	*tail = rq;
}
#else
#define vfe_rq_list struct rq_list

static inline struct request *vfe_rq_pop(vfe_rq_list *list)
{
	return rq_list_pop(list);
}

static inline void vfe_rq_add(vfe_rq_list *list, struct request *rq)
{
	rq_list_add_tail(list, rq);
}
#endif

/*
 * Starts a request of such a list. Before 6.7 this also makes it visible to
 * searches by tag, for example for timeouts.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline void vfe_rq_start(struct request *rq)
{
	rq->mq_hctx->tags->rqs[rq->tag] = rq;
	blk_mq_start_request(rq);
}
#else
static inline void vfe_rq_start(struct request *rq)
{
	blk_mq_start_request(rq);
}
#endif

/*
 * Undoes blk_freeze_queue_start(). Since 6.14 blk_mq_unfreeze_queue() restores
 * flags that only blk_mq_freeze_queue() saves.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
static inline void vfe_unfreeze_queue(struct request_queue *q)
{
	blk_mq_unfreeze_queue(q);
}
#else
static inline void vfe_unfreeze_queue(struct request_queue *q)
{
	blk_mq_unfreeze_queue_nomemrestore(q);
}
#endif

#endif /* VFE_COMPAT_BLK_H */

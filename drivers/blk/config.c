// SPDX-License-Identifier: GPL-2.0
/*
 * The device's limits, read from its configuration space and checked. The
 * driver ignores an invalid value, or refuses the probe if it needs the value.
 * It reads a field only if the feature of that field was negotiated (2.5.1).
 */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/virtio_ring.h>

#include "blk.h"

/* Largest plausible physical block, as a power of two */
#define VFE_BLK_MAX_PHYSICAL_SHIFT	20

#define CFG(field)	offsetof(struct virtio_blk_config, field)

/**
 * vfe_blk_read_capacity() - read and check the capacity
 * @vb: the disk
 * @capacity: in sectors of 512 bytes
 *
 * Return: 0, -ERANGE for more bytes than a disk may have on this kernel, or the
 * error of vfe_config_read().
 */
int vfe_blk_read_capacity(struct vfe_blk *vb, u64 *capacity)
{
	int err;

	err = vfe_config_read_field(vb->vd, CFG(capacity), 8, capacity);
	if (err)
		return err;
	if (*capacity > (u64)LLONG_MAX >> SECTOR_SHIFT) {
		dev_err_ratelimited(vfe_dev(vb->vd),
				    "capacity is %llu sectors, which is too large: check the device\n",
				    *capacity);
		return -ERANGE;
	}
	return 0;
}

/**
 * vfe_blk_read_num_queues() - read how many request queues the device has
 * @vb: the disk
 * @num: at least 1
 *
 * Return: 0 or the error of vfe_config_read().
 */
int vfe_blk_read_num_queues(struct vfe_blk *vb, unsigned int *num)
{
	u64 val;
	int err;

	*num = 1;
	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_MQ))
		return 0;
	err = vfe_config_read_field(vb->vd, CFG(num_queues), 2, &val);
	if (err)
		return err;
	if (!val)
		dev_warn(vfe_dev(vb->vd),
			 "num_queues is 0, which virtio does not allow: using 1 queue\n");
	*num = clamp_t(u64, val, 1, max(vfe_max_queues(vb->vd), 1U));
	return 0;
}

/*
 * The logical block size must be the device's: with smaller blocks the disk
 * would send requests that the device cannot execute. Kernels differ in the
 * largest block size that they support: a page before 6.15, more in some
 * configurations since.
 */
static int vfe_blk_read_block_size(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 val;
	int err;

	limits->logical_block = SECTOR_SIZE;
	limits->physical_block = SECTOR_SIZE;
	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_BLK_SIZE))
		return 0;
	err = vfe_config_read_field(vb->vd, CFG(blk_size), 4, &val);
	/* some VMMs leave fields that they do not set at 0 */
	if (err || !val)
		return err;
	if (blk_validate_block_size(val)) {
		dev_err(vfe_dev(vb->vd),
			"blk_size is %llu, a block size that this kernel does not support: set another in the device\n",
			val);
		return -EINVAL;
	}
	limits->logical_block = val;
	limits->physical_block = val;
	return 0;
}

/* Topology sizes count logical blocks. Return: bytes, or 0 on overflow */
static u32 vfe_blk_blocks_to_bytes(const struct vfe_blk *vb, u64 blocks)
{
	u32 bytes;

	if (check_mul_overflow((u32)blocks, vb->limits.logical_block, &bytes))
		return 0;
	return bytes;
}

static int vfe_blk_read_alignment(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 exp, offset;
	int err;

	err = vfe_config_read_field(vb->vd, CFG(physical_block_exp), 1, &exp);
	if (!err)
		err = vfe_config_read_field(vb->vd, CFG(alignment_offset), 1,
					    &offset);
	if (err)
		return err;
	if (exp + ilog2(limits->logical_block) > VFE_BLK_MAX_PHYSICAL_SHIFT) {
		dev_warn(vfe_dev(vb->vd),
			 "physical_block_exp is %llu, which is too large: ignored\n", exp);
		return 0;
	}
	limits->physical_block = limits->logical_block << exp;
	offset = vfe_blk_blocks_to_bytes(vb, offset);
	if (offset < limits->physical_block)
		limits->alignment_offset = offset;
	return 0;
}

static int vfe_blk_read_topology(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 min_io, opt_io;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_TOPOLOGY))
		return 0;
	err = vfe_blk_read_alignment(vb);
	if (!err)
		err = vfe_config_read_field(vb->vd, CFG(min_io_size), 2,
					    &min_io);
	if (!err)
		err = vfe_config_read_field(vb->vd, CFG(opt_io_size), 4,
					    &opt_io);
	if (err)
		return err;
	limits->io_min = max(vfe_blk_blocks_to_bytes(vb, min_io),
			     limits->physical_block);
	limits->io_opt = vfe_blk_blocks_to_bytes(vb, opt_io);
	return 0;
}

/*
 * The block layer does not limit segments to less than a page
 * (BLK_MIN_SEGMENT_SIZE on newer kernels). For a device with a smaller
 * size_max, the driver uses several descriptors per segment.
 */
static int vfe_blk_read_segments(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 seg_max = 1, size_max = UINT_MAX;
	int err = 0;

	if (vfe_has_feature(vb->vd, VIRTIO_BLK_F_SEG_MAX))
		err = vfe_config_read_field(vb->vd, CFG(seg_max), 4, &seg_max);
	if (!err && vfe_has_feature(vb->vd, VIRTIO_BLK_F_SIZE_MAX))
		err = vfe_config_read_field(vb->vd, CFG(size_max), 4,
					    &size_max);
	if (err)
		return err;
	/* the device did not set it: the default, as for virtio_blk */
	if (!size_max)
		size_max = BLK_MAX_SEGMENT_SIZE;
	/* a bounce buffer may be smaller than the device's limit */
	if (vfe_dma_api(vb->vd))
		size_max = min_t(u64, size_max,
				 dma_max_mapping_size(vfe_dev(vb->vd)));
	if (size_max < SECTOR_SIZE) {
		dev_err(vfe_dev(vb->vd),
			"size_max is %llu, less than a sector of 512 bytes: set it higher in the device\n",
			size_max);
		return -EINVAL;
	}
	/* UINT_MAX is no limit: a request has fewer bytes */
	vb->piece = size_max == UINT_MAX ? UINT_MAX
					 : round_down(size_max, SECTOR_SIZE);
	vb->pieces = DIV_ROUND_UP(PAGE_SIZE, min_t(u64, vb->piece, PAGE_SIZE));
	limits->max_segments = clamp_t(u64, seg_max, 1, VFE_BLK_MAX_SEGS);
	limits->max_segment_size = max_t(u32, vb->piece, PAGE_SIZE);
	/* no limit of the driver: the block layer counts bytes in 32 bits */
	limits->max_sectors = UINT_MAX;
	return 0;
}

/*
 * 5.2.5.2: with FLUSH alone the cache is write-back; with CONFIG_WCE the device
 * reports the mode. vfe_blk_disable_cache() later switches off a write-back
 * cache on a device without FLUSH.
 */
static int vfe_blk_read_cache(struct vfe_blk *vb)
{
	u64 writeback = 1;
	int err;

	/* 5.2.5.1: only after FEATURES_OK, which negotiation has set */
	if (vfe_has_feature(vb->vd, VIRTIO_BLK_F_CONFIG_WCE)) {
		err = vfe_config_read_field(vb->vd, CFG(wce), 1, &writeback);
		if (err)
			return err;
	}
	vb->write_cache = writeback &&
			  vfe_has_feature(vb->vd, VIRTIO_BLK_F_FLUSH);
	vb->limits.write_cache = vb->write_cache;
	return 0;
}

/*
 * Stores the geometry: a process that has the disk open may read it after the
 * device is gone.
 */
static int vfe_blk_read_geometry(struct vfe_blk *vb)
{
	const u8 fields[] = { 2, 1, 1, 0 };

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_GEOMETRY))
		return 0;
	return vfe_config_read(vb->vd, CFG(geometry), fields, &vb->geometry);
}

/**
 * vfe_blk_read_limits() - read and check all limits of the device
 * @vb: the disk, its features negotiated
 *
 * Return: 0, -EINVAL or -ERANGE with one line in the log, or the error of
 * vfe_config_read().
 */
int vfe_blk_read_limits(struct vfe_blk *vb)
{
	static int (*const steps[])(struct vfe_blk *vb) = {
		vfe_blk_read_block_size, vfe_blk_read_topology,
		vfe_blk_read_segments, vfe_blk_read_erase,
		vfe_blk_read_cache, vfe_blk_read_zoned, vfe_blk_read_geometry,
	};
	unsigned int i;
	int err;

	vb->read_only = vfe_has_feature(vb->vd, VIRTIO_BLK_F_RO);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		err = steps[i](vb);
		if (err)
			return err;
	}
	return vfe_blk_read_capacity(vb, &vb->capacity);
}

/**
 * vfe_blk_limit_segments() - limit requests to what the queues can hold
 * @vb: the disk, its queues set up
 *
 * 2.7.5.3.1: no chain, indirect or not, is longer than its queue.
 *
 * Return: 0, or -EINVAL if not even a page fits, with one line in the log.
 */
int vfe_blk_limit_segments(struct vfe_blk *vb)
{
	bool indirect = vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC);
	unsigned int i, room, segs = vb->limits.max_segments;
	const struct vfe_queue *vq;

	for (i = 0; i < vb->share.queues; i++) {
		vq = vb->queues[i].io.vq;
		room = indirect ? vfe_queue_size(vq) : vfe_queue_capacity(vq);
		segs = min(segs, room - VFE_BLK_EXTRA_SEGS);
	}
	if (segs < vb->pieces) {
		dev_err(vfe_dev(vb->vd),
			"size_max is %u: a page of %lu bytes needs %u descriptors, but seg_max and the queue's size allow %u: set one of them higher in the device\n",
			vb->piece, PAGE_SIZE, vb->pieces, segs);
		return -EINVAL;
	}
	vb->limits.max_segments = segs / vb->pieces;
	return 0;
}

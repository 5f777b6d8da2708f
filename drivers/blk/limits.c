// SPDX-License-Identifier: GPL-2.0
/*
 * What the device says it can do, read from its configuration and checked:
 * a value that makes no sense is left out, or refused where there is no doing
 * without it. No field is read before its feature is known (2.5.1).
 */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>

#include "blk.h"

/* Largest physical block, as a power of two, that is taken for real */
#define VFE_BLK_MAX_PHYSICAL_SHIFT	20

#define CFG(field)	offsetof(struct virtio_blk_config, field)

/* One field of the configuration of @size bytes, in the CPU's order. */
static int vfe_blk_read(struct vfe_blk *vb, u32 offset, u8 size, u64 *val)
{
	const u8 fields[] = { size, 0 };
	__le64 raw = 0;
	int err;

	err = vfe_config_read(vb->vd, offset, fields, &raw);
	if (err)
		dev_err(vfe_dev(vb->vd),
			"cannot read %u bytes of configuration at %u: error %d\n",
			size, offset, err);
	*val = le64_to_cpu(raw);
	return err;
}

/**
 * vfe_blk_read_capacity() - how large the disk is
 * @vb: the disk
 * @capacity: in sectors of 512 bytes
 *
 * Return: 0, -ERANGE for more bytes than a disk can have here, or the error of
 * vfe_config_read().
 */
int vfe_blk_read_capacity(struct vfe_blk *vb, u64 *capacity)
{
	int err;

	err = vfe_blk_read(vb, CFG(capacity), 8, capacity);
	if (err)
		return err;
	if (*capacity > (u64)LLONG_MAX >> SECTOR_SHIFT) {
		dev_err(vfe_dev(vb->vd),
			"capacity of %llu sectors is too large: check the device\n",
			*capacity);
		return -ERANGE;
	}
	return 0;
}

/**
 * vfe_blk_read_num_queues() - how many request queues the device has
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
	err = vfe_blk_read(vb, CFG(num_queues), 2, &val);
	if (err)
		return err;
	if (!val)
		dev_warn(vfe_dev(vb->vd),
			 "num_queues is 0, which cannot be: using 1\n");
	*num = clamp_t(u64, val, 1, max(vfe_max_queues(vb->vd), 1U));
	return 0;
}

static int vfe_blk_read_block_size(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 val;
	int err;

	limits->logical_block = SECTOR_SIZE;
	limits->physical_block = SECTOR_SIZE;
	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_BLK_SIZE))
		return 0;
	err = vfe_blk_read(vb, CFG(blk_size), 4, &val);
	if (err)
		return err;
	if (val < SECTOR_SIZE || val > PAGE_SIZE || !is_power_of_2(val)) {
		dev_warn(vfe_dev(vb->vd),
			 "blk_size %llu is not a power of two from 512 to %lu: using 512\n",
			 val, PAGE_SIZE);
		return 0;
	}
	limits->logical_block = val;
	limits->physical_block = val;
	return 0;
}

/* Sizes in the topology count logical blocks; one that overflows is left out */
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

	err = vfe_blk_read(vb, CFG(physical_block_exp), 1, &exp);
	if (!err)
		err = vfe_blk_read(vb, CFG(alignment_offset), 1, &offset);
	if (err)
		return err;
	if (exp + ilog2(limits->logical_block) > VFE_BLK_MAX_PHYSICAL_SHIFT) {
		dev_warn(vfe_dev(vb->vd),
			 "physical_block_exp %llu is too large: ignored\n", exp);
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
		err = vfe_blk_read(vb, CFG(min_io_size), 2, &min_io);
	if (!err)
		err = vfe_blk_read(vb, CFG(opt_io_size), 4, &opt_io);
	if (err)
		return err;
	limits->io_min = max(vfe_blk_blocks_to_bytes(vb, min_io),
			     limits->physical_block);
	limits->io_opt = vfe_blk_blocks_to_bytes(vb, opt_io);
	return 0;
}

/*
 * The block layer cannot cut pieces smaller than a page, so a device with a
 * smaller size_max could not be given what it asks for.
 */
static int vfe_blk_read_segments(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 seg_max = 1, size_max = UINT_MAX;
	int err = 0;

	if (vfe_has_feature(vb->vd, VIRTIO_BLK_F_SEG_MAX))
		err = vfe_blk_read(vb, CFG(seg_max), 4, &seg_max);
	if (!err && vfe_has_feature(vb->vd, VIRTIO_BLK_F_SIZE_MAX))
		err = vfe_blk_read(vb, CFG(size_max), 4, &size_max);
	if (err)
		return err;
	if (size_max < PAGE_SIZE) {
		dev_err(vfe_dev(vb->vd),
			"size_max %llu is less than a page of %lu: set it higher in the device\n",
			size_max, PAGE_SIZE);
		return -EINVAL;
	}
	limits->max_segments = clamp_t(u64, seg_max, 1, VFE_BLK_MAX_SEGS);
	limits->max_segment_size = round_down(size_max, SECTOR_SIZE);
	/* 2.7.5.2: a chain has no more than 2^32 bytes, header and status too */
	limits->max_sectors = min_t(size_t, UINT_MAX >> SECTOR_SHIFT,
				    dma_max_mapping_size(vfe_dev(vb->vd)) >>
				    SECTOR_SHIFT);
	return 0;
}

/* What the device takes, in whole blocks; 0 when that is not even one. */
static u32 vfe_blk_whole_blocks(const struct vfe_blk *vb, u64 sectors)
{
	return round_down(min_t(u64, sectors, UINT_MAX >> SECTOR_SHIFT),
			  vb->limits.logical_block >> SECTOR_SHIFT);
}

/*
 * How discards are best cut, in bytes. The block layer does not cut at all
 * where the largest discard is smaller than that, so an alignment which does
 * not fit is left out: it is a hint, the largest discard is not.
 */
static u32 vfe_blk_granularity(const struct vfe_blk *vb, u64 align,
			       u32 sectors)
{
	u64 bytes = round_up(align << SECTOR_SHIFT, vb->limits.logical_block);

	if (!bytes || bytes >> SECTOR_SHIFT > sectors)
		return vb->limits.logical_block;
	return bytes;
}

static int vfe_blk_read_discard(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 sectors, ranges, align;
	u32 most;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_DISCARD))
		return 0;
	err = vfe_blk_read(vb, CFG(max_discard_sectors), 4, &sectors);
	if (!err)
		err = vfe_blk_read(vb, CFG(max_discard_seg), 4, &ranges);
	if (!err)
		err = vfe_blk_read(vb, CFG(discard_sector_alignment), 4, &align);
	if (err)
		return err;
	most = vfe_blk_whole_blocks(vb, sectors);
	/* the block layer does not cut finer than the physical block */
	if (most < limits->physical_block >> SECTOR_SHIFT || !ranges) {
		dev_info(vfe_dev(vb->vd),
			 "no discard: the device allows %llu sectors in %llu ranges, and has blocks of %u bytes\n",
			 sectors, ranges, limits->physical_block);
		return 0;
	}
	limits->max_discard_sectors = most;
	limits->max_discard_segments = min_t(u64, ranges, VFE_BLK_MAX_RANGES);
	limits->discard_granularity = vfe_blk_granularity(vb, align, most);
	return 0;
}

static int vfe_blk_read_write_zeroes(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 sectors, ranges, unmaps;
	u32 most;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_WRITE_ZEROES))
		return 0;
	err = vfe_blk_read(vb, CFG(max_write_zeroes_sectors), 4, &sectors);
	if (!err)
		err = vfe_blk_read(vb, CFG(max_write_zeroes_seg), 4, &ranges);
	if (!err)
		err = vfe_blk_read(vb, CFG(write_zeroes_may_unmap), 1, &unmaps);
	if (err)
		return err;
	most = vfe_blk_whole_blocks(vb, sectors);
	if (!most || !ranges) {
		dev_info(vfe_dev(vb->vd),
			 "no write-zeroes: the device allows %llu sectors in %llu ranges, and has blocks of %u bytes\n",
			 sectors, ranges, limits->logical_block);
		return 0;
	}
	limits->max_write_zeroes_sectors = most;
	vb->unmaps = unmaps;
	limits->write_zeroes_unmap = vb->unmaps;
	return 0;
}

/*
 * 5.2.5.2: with FLUSH alone the cache is write-back; with CONFIG_WCE the
 * device says. One without FLUSH is not for long: vfe_blk_forgo_cache().
 */
static int vfe_blk_read_cache(struct vfe_blk *vb)
{
	u64 writeback = 1;
	int err;

	/* 5.2.5.1: not before FEATURES_OK, which negotiation has set */
	if (vfe_has_feature(vb->vd, VIRTIO_BLK_F_CONFIG_WCE)) {
		err = vfe_blk_read(vb, CFG(wce), 1, &writeback);
		if (err)
			return err;
	}
	vb->write_cache = writeback &&
			  vfe_has_feature(vb->vd, VIRTIO_BLK_F_FLUSH);
	vb->limits.write_cache = vb->write_cache;
	return 0;
}

/**
 * vfe_blk_read_limits() - fill @vb->limits and what goes with it
 * @vb: the disk, its features negotiated
 *
 * Return: 0, -EINVAL or -ERANGE with one line in the log, or the error of
 * vfe_config_read().
 */
int vfe_blk_read_limits(struct vfe_blk *vb)
{
	static int (*const steps[])(struct vfe_blk *vb) = {
		vfe_blk_read_block_size, vfe_blk_read_topology,
		vfe_blk_read_segments, vfe_blk_read_discard,
		vfe_blk_read_write_zeroes, vfe_blk_read_cache,
	};
	unsigned int i;
	int err;

	vb->read_only = vfe_has_feature(vb->vd, VIRTIO_BLK_F_RO);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		err = steps[i](vb);
		if (err)
			return err;
	}
	/* The IOMMU may join pieces, but no further than the device takes. */
	dma_set_max_seg_size(vfe_dev(vb->vd), vb->limits.max_segment_size);
	return vfe_blk_read_capacity(vb, &vb->capacity);
}

/* 2.7.5.3.1: no chain, indirect or not, is longer than its queue. */
void vfe_blk_limit_segments(struct vfe_blk *vb)
{
	unsigned int i, room;

	for (i = 0; i < vb->num_queues; i++) {
		room = vfe_queue_size(vb->queues[i].vq) - VFE_BLK_EXTRA_SEGS;
		if (vb->limits.max_segments > room)
			vb->limits.max_segments = room;
	}
}

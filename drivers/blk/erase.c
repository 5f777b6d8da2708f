// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of discard, secure erase and write zeroes, whose requests have ranges
 * and no data. As in virtio_blk, 0 means no limit for discard and write zeroes;
 * for secure erase it is an error, because virtio defines no default.
 */
#include <linux/minmax.h>

#include "blk.h"

#define CFG(field)	offsetof(struct virtio_blk_config, field)

/* A device's limit, rounded down to whole blocks; 0 if below one block. */
static u32 vfe_blk_sectors(const struct vfe_blk *vb, u64 sectors)
{
	return round_down((u32)(sectors ?: UINT_MAX),
			  vb->limits.logical_block >> SECTOR_SHIFT);
}

/**
 * struct vfe_blk_erase - a device's limits of discards or secure erases
 * @sectors: most in a range; 0 for no limit
 * @ranges: most in a request; 0 for no limit
 * @align: preferred alignment of ranges, in sectors; 0 if there is none
 */
struct vfe_blk_erase {
	u64 sectors;
	u64 ranges;
	u64 align;
};

static int vfe_blk_read_one(struct vfe_blk *vb, u32 sectors, u32 ranges,
			    u32 align, struct vfe_blk_erase *erase)
{
	int err;

	err = vfe_config_read_field(vb->vd, sectors, 4, &erase->sectors);
	if (!err)
		err = vfe_config_read_field(vb->vd, ranges, 4, &erase->ranges);
	if (!err)
		err = vfe_config_read_field(vb->vd, align, 4, &erase->align);
	return err;
}

static int vfe_blk_read_discard(struct vfe_blk *vb, struct vfe_blk_erase *erase)
{
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_DISCARD))
		return 0;
	err = vfe_blk_read_one(vb, CFG(max_discard_sectors),
			       CFG(max_discard_seg),
			       CFG(discard_sector_alignment), erase);
	if (err)
		return err;
	vb->limits.max_discard_sectors = vfe_blk_sectors(vb, erase->sectors);
	/* the block layer splits no discard below the physical block size */
	if (vb->limits.max_discard_sectors >=
	    vb->limits.physical_block >> SECTOR_SHIFT)
		return 0;
	dev_info(vfe_dev(vb->vd),
		 "max_discard_sectors is %llu, less than a block of %u bytes: no discard\n",
		 erase->sectors, vb->limits.physical_block);
	vb->limits.max_discard_sectors = 0;
	return 0;
}

static int vfe_blk_read_secure(struct vfe_blk *vb, struct vfe_blk_erase *erase)
{
	struct vfe_blk_erase own;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_SECURE_ERASE))
		return 0;
	err = vfe_blk_read_one(vb, CFG(max_secure_erase_sectors),
			       CFG(max_secure_erase_seg),
			       CFG(secure_erase_sector_alignment), &own);
	if (err)
		return err;
	if (!own.sectors || !own.ranges || !own.align) {
		dev_err(vfe_dev(vb->vd),
			"max_secure_erase_sectors is %llu, max_secure_erase_seg %llu, secure_erase_sector_alignment %llu: none may be 0, set them in the device\n",
			own.sectors, own.ranges, own.align);
		return -EINVAL;
	}
	/* the block layer has one limit of ranges for both */
	erase->ranges = min_not_zero(erase->ranges, own.ranges);
	erase->align = min_not_zero(erase->align, own.align);
	vb->limits.max_secure_erase_sectors = vfe_blk_sectors(vb, own.sectors);
	return 0;
}

static int vfe_blk_read_zeroes(struct vfe_blk *vb)
{
	u64 sectors, unmaps;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_WRITE_ZEROES))
		return 0;
	err = vfe_config_read_field(vb->vd, CFG(max_write_zeroes_sectors), 4,
				    &sectors);
	if (!err)
		err = vfe_config_read_field(vb->vd, CFG(write_zeroes_may_unmap),
					    1, &unmaps);
	if (err)
		return err;
	vb->limits.max_write_zeroes_sectors = vfe_blk_sectors(vb, sectors);
	vb->unmaps = unmaps;
	vb->limits.write_zeroes_unmap = vb->unmaps;
	return 0;
}

/*
 * The discard granularity in bytes. The block layer does not split discards if
 * the granularity exceeds the largest discard, so the driver ignores such an
 * alignment: the alignment is a hint, the largest discard is a limit.
 */
static u32 vfe_blk_granularity(const struct vfe_blk *vb, u64 align)
{
	u32 block = vb->limits.logical_block;
	u64 bytes = round_up(align << SECTOR_SHIFT, block);
	u32 most = vb->limits.max_discard_sectors ?:
		   vb->limits.max_secure_erase_sectors;

	return bytes && bytes <= U32_MAX && bytes >> SECTOR_SHIFT <= most ?
	       bytes : block;
}

/**
 * vfe_blk_read_erase() - read the limits of discard and similar requests
 * @vb: the disk, its block size known
 *
 * Return: 0, -EINVAL with one line in the log, or the error of
 * vfe_config_read().
 */
int vfe_blk_read_erase(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	struct vfe_blk_erase erase = {};
	int err;

	err = vfe_blk_read_discard(vb, &erase);
	if (!err)
		err = vfe_blk_read_secure(vb, &erase);
	if (!err)
		err = vfe_blk_read_zeroes(vb);
	if (err)
		return err;
	if (!limits->max_discard_sectors && !limits->max_secure_erase_sectors)
		return 0;
	limits->max_discard_segments =
		min_t(u64, erase.ranges ?: limits->max_segments,
		      VFE_BLK_MAX_RANGES);
	limits->discard_granularity = vfe_blk_granularity(vb, erase.align);
	return 0;
}

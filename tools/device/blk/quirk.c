// SPDX-License-Identifier: GPL-2.0
/*
 * Quirks of block devices: limits that VMMs in production announce and enforce.
 */
#include <endian.h>

#include "blk/blk.h"

/* In the order of enum blk_quirk */
const struct value_info blk_quirks[] = {
	VALUE_FLAG_OF("no-get-id"),
	VALUE_FLAG_OF("capacity-storm"),
	VALUE_FLAG_OF("zero-discard-limits"),
	VALUE_OF("blk-size", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("size-max", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("seg-max", VALUE_NUMBER, 0, UINT32_MAX),
	VALUE_OF("num-queues", VALUE_NUMBER, 0, UINT16_MAX),
	VALUE_OF("physical-block-exp", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_OF("alignment-offset", VALUE_NUMBER, 0, UINT8_MAX),
	VALUE_OF("min-io-size", VALUE_NUMBER, 0, UINT16_MAX),
	VALUE_OF("opt-io-size", VALUE_NUMBER, 0, UINT32_MAX),
	{ }
};

static_assert(sizeof(blk_quirks) / sizeof(blk_quirks[0]) ==
	      QUIRK_BLK_END - QUIRK_OF_CLASS + 1, "each quirk has a name");

bool blk_request_done(struct vdev *v)
{
	if (!quirk_on(v, QUIRK_CAPACITY_STORM))
		return false;
	blk_of(v)->shrunk = !blk_of(v)->shrunk;
	return true;
}

static uint32_t announced(const struct vdev *v, unsigned int which,
			  uint32_t little_endian)
{
	return quirk_on(v, which) ? htole32(v->o->quirks.value[which]) :
				    little_endian;
}

void blk_quirk_config(const struct vdev *v, struct virtio_blk_config *c)
{
	const struct quirks *qs = &v->o->quirks;

	if (blk_of(v)->shrunk)
		c->capacity = htole64(le64toh(c->capacity) -
				      QUIRK_STORM_SECTORS);
	if (quirk_on(v, QUIRK_BLK_SIZE)) {
		c->physical_block_exp = 0;
		c->min_io_size = htole16(1);
	}
	c->blk_size = announced(v, QUIRK_BLK_SIZE, c->blk_size);
	c->size_max = announced(v, QUIRK_SIZE_MAX, c->size_max);
	c->seg_max = announced(v, QUIRK_SEG_MAX, c->seg_max);
	c->opt_io_size = announced(v, QUIRK_OPT_IO_SIZE, c->opt_io_size);
	if (quirk_on(v, QUIRK_NUM_QUEUES))
		c->num_queues = htole16(qs->value[QUIRK_NUM_QUEUES]);
	if (quirk_on(v, QUIRK_PHYSICAL_BLOCK_EXP))
		c->physical_block_exp = qs->value[QUIRK_PHYSICAL_BLOCK_EXP];
	if (quirk_on(v, QUIRK_ALIGNMENT_OFFSET))
		c->alignment_offset = qs->value[QUIRK_ALIGNMENT_OFFSET];
	if (quirk_on(v, QUIRK_MIN_IO_SIZE))
		c->min_io_size = htole16(qs->value[QUIRK_MIN_IO_SIZE]);
	if (quirk_on(v, QUIRK_ZERO_DISCARD_LIMITS)) {
		c->max_discard_sectors = 0;
		c->max_discard_seg = 0;
		c->discard_sector_alignment = 0;
		c->max_write_zeroes_sectors = 0;
		c->max_write_zeroes_seg = 0;
	}
}

bool blk_quirk_takes_data(const struct vdev *v, const struct iovec *iov, int n,
			  uint64_t sector, uint64_t len)
{
	/* An invalid limit is no limit. */
	uint32_t block = quirk_value(v, QUIRK_BLK_SIZE, 0);
	uint32_t size_max = quirk_value(v, QUIRK_SIZE_MAX, 0);
	uint32_t seg_max = quirk_value(v, QUIRK_SEG_MAX, 0);

	if (vdev_has(v, VIRTIO_BLK_F_BLK_SIZE) && block > VFE_SECTOR_SIZE &&
	    (len % block || sector * VFE_SECTOR_SIZE % block))
		return false;
	if (vdev_has(v, VIRTIO_BLK_F_SEG_MAX) && seg_max &&
	    (uint64_t)n > seg_max)
		return false;
	if (!vdev_has(v, VIRTIO_BLK_F_SIZE_MAX) || !size_max)
		return true;
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len > size_max)
			return false;
	}
	return true;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The block device: the features it offers, its configuration space and its
 * write cache mode (virtio 1.4, 5.2.3 to 5.2.5).
 */
#include <endian.h>
#include <stddef.h>
#include <string.h>

#include "blk/blk.h"

#define BLOCK_SIZE		512U
#define PHYSICAL_BLOCK_EXP	3	/* 4096 bytes */

uint64_t blk_features(const struct vdev *v)
{
	const struct blk *b = blk_of(v);
	uint64_t f = BIT64(VIRTIO_BLK_F_SIZE_MAX) |
		     BIT64(VIRTIO_BLK_F_SEG_MAX) |
		     BIT64(VIRTIO_BLK_F_BLK_SIZE) |
		     BIT64(VIRTIO_BLK_F_TOPOLOGY) |
		     BIT64(VIRTIO_BLK_F_FLUSH) |
		     BIT64(VIRTIO_BLK_F_CONFIG_WCE);

	if (v->o->queues > 1)
		f |= BIT64(VIRTIO_BLK_F_MQ);
	if (backend_readonly(b->backend))
		f |= BIT64(VIRTIO_BLK_F_RO);
	else if (!b->zoned)
		/* Not for zones, which are written sequentially and reset. */
		f |= BIT64(VIRTIO_BLK_F_DISCARD) |
		     BIT64(VIRTIO_BLK_F_WRITE_ZEROES) |
		     BIT64(VIRTIO_BLK_F_SECURE_ERASE);
	if (b->zoned)
		f |= BIT64(VIRTIO_BLK_F_ZONED);
	if (b->o->lifetime)
		f |= BIT64(VIRTIO_BLK_F_LIFETIME);
	f &= ~v->o->features_off;
	if (vdev_fault(v, FAULT_WCE))
		return (f | BIT64(VIRTIO_BLK_F_CONFIG_WCE)) &
		       ~BIT64(VIRTIO_BLK_F_FLUSH);
	/* 5.2.5.2: CONFIG_WCE only together with FLUSH */
	if (!(f & BIT64(VIRTIO_BLK_F_FLUSH)))
		f &= ~BIT64(VIRTIO_BLK_F_CONFIG_WCE);
	/* Without this feature, writes would fail. */
	if (backend_readonly(b->backend))
		f |= BIT64(VIRTIO_BLK_F_RO);
	return f;
}

const char *blk_lacks(const struct vdev *v)
{
	/* 5.2.5.2: a host-managed disk requires a driver with ZONED. */
	return blk_of(v)->zoned && !vdev_has(v, VIRTIO_BLK_F_ZONED) ? "ZONED" :
								      NULL;
}

static void set_writeback(struct vdev *v, bool on)
{
	blk_of(v)->writeback = on;
	backend_set_writethrough(blk_of(v)->backend, !on);
}

void blk_accepted(struct vdev *v)
{
	/*
	 * 5.2.5.2, 5.2.6.2: for a driver that does not flush, each write is
	 * stable when it completes.
	 */
	set_writeback(v, vdev_has(v, VIRTIO_BLK_F_FLUSH));
}

void blk_reset(struct vdev *v)
{
	/* The register window has a flush command of its own. */
	set_writeback(v, true);
	blk_of(v)->shrunk = false;
}

uint32_t blk_seg_max(const struct vdev *v)
{
	/* Header and status need one descriptor each, in either layout. */
	uint32_t size = ring_largest(&split_ops, v->o->queue_size);
	uint32_t room = size > 2 ? size - 2 : 1;

	return room < BLK_SEG_MAX ? room : BLK_SEG_MAX;
}

static void fill_config(const struct vdev *v, struct virtio_blk_config *c)
{
	const struct blk *b = blk_of(v);

	memset(c, 0, sizeof(*c));
	c->capacity = htole64(backend_capacity(b->backend));
	c->size_max = htole32(BLK_SIZE_MAX);
	c->seg_max = htole32(blk_seg_max(v));
	c->blk_size = htole32(BLOCK_SIZE);
	c->physical_block_exp = PHYSICAL_BLOCK_EXP;
	c->min_io_size = htole16(1 << PHYSICAL_BLOCK_EXP);
	c->wce = b->writeback;
	c->num_queues = htole16(v->num_queues);
	c->max_discard_sectors = htole32(BLK_DISCARD_SECTORS);
	c->max_discard_seg = htole32(BLK_DISCARD_SEGS);
	c->discard_sector_alignment = htole32(1U << PHYSICAL_BLOCK_EXP);
	c->max_write_zeroes_sectors = htole32(BLK_ZEROES_SECTORS);
	c->max_write_zeroes_seg = htole32(BLK_ZEROES_SEGS);
	c->write_zeroes_may_unmap = 1;
	c->max_secure_erase_sectors = htole32(BLK_ERASE_SECTORS);
	c->max_secure_erase_seg = htole32(BLK_ERASE_SEGS);
	c->secure_erase_sector_alignment = htole32(1U << PHYSICAL_BLOCK_EXP);
	if (b->zoned)
		zoned_config(b->zoned, c);
	blk_quirk_config(v, c);
}

uint32_t blk_config_read(struct vdev *v, uint32_t offset, unsigned int size)
{
	struct virtio_blk_config c;

	fill_config(v, &c);
	return vdev_config_read(&c, sizeof(c), offset, size);
}

void blk_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value)
{
	if (offset != offsetof(struct virtio_blk_config, wce) || size != 1) {
		log_line("device_config: write of %u bytes at %u ignored: only writeback",
			 size, offset);
		return;
	}
	if (!vdev_has(v, VIRTIO_BLK_F_CONFIG_WCE) ||
	    !(v->status & VIRTIO_CONFIG_S_FEATURES_OK) || value > 1) {
		log_line("writeback: write of %u ignored: 0 or 1 with CONFIG_WCE negotiated",
			 value);
		return;
	}
	set_writeback(v, value);
}

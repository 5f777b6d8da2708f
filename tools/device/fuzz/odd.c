// SPDX-License-Identifier: GPL-2.0
/*
 * For the target of the ring reader: quirks and zones, which a device has from
 * its command line, put on and taken off while the rings run.
 */
#include "odd.h"

/* Zones of 8 sectors, so that the disk has eight of them */
static const struct zoned_options zones = {
	.on = true, .zone = 8, .capacity = 6, .conventional = 1, .max_open = 2,
	.max_active = 3, .max_append = 4, .granularity = 1,
};

static void set_zones(struct function *f, bool on)
{
	struct vdev *v = f->vdev;
	struct blk *b = blk_of(v);

	zoned_free(b->zoned);
	b->zoned = NULL;
	v->offered &= ~BIT64(VIRTIO_BLK_F_ZONED);
	v->features &= ~BIT64(VIRTIO_BLK_F_ZONED);
	if (!on)
		return;
	b->zoned = zoned_new(&zones, DISK_SECTORS);
	if (!b->zoned)
		fail("no memory for zones");
	v->offered |= BIT64(VIRTIO_BLK_F_ZONED);
	v->features |= BIT64(VIRTIO_BLK_F_ZONED);
}

void odd_op(struct function *f, struct input *in)
{
	struct quirks *qs = &f->options->quirks;
	uint8_t which = take8(in);
	uint32_t value = take8(in);

	if (which & 0x80) {
		set_zones(f, which & 1);
		return;
	}
	which %= QUIRK_BLK_END;
	/* A reset that takes long keeps all else from being reached. */
	if (which == QUIRK_SLOW_RESET)
		return;
	qs->on ^= BIT64(which);
	qs->value[which] = value ? value : 1;
}

void odd_end(struct function *f)
{
	set_zones(f, false);
	f->options->quirks = (struct quirks){};
}

// SPDX-License-Identifier: GPL-2.0
/* The class of block devices: the operations for the rest of the device. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk/blk.h"
#include "pci/command.h"

#define PCI_CLASS_STORAGE_OTHER	0x018000

void *blk_open(const struct options *o)
{
	const struct blk_options *own = blk_options_of(o);
	struct blk *b = calloc(1, sizeof(*b));
	char error[512];

	if (!b) {
		fprintf(stderr, "vfe-device: no memory for a block device\n");
		return NULL;
	}
	b->o = own;
	b->backend = backend_open(own->backing, own->readonly, error,
				  sizeof(error));
	if (!b->backend)
		fprintf(stderr, "vfe-device: %s\n", error);
	if (b->backend && own->zoned.on)
		b->zoned = zoned_new(&own->zoned, backend_capacity(b->backend));
	if (b->backend && (b->zoned || !own->zoned.on))
		return b;
	blk_close(b);
	return NULL;
}

void blk_close(void *state)
{
	struct blk *b = state;

	if (!b)
		return;
	zoned_free(b->zoned);
	backend_close(b->backend);
	free(b);
}

void blk_capacity_changed(struct vdev *v)
{
	log_line("the capacity is %llu sectors now",
		 (unsigned long long)backend_capacity(blk_of(v)->backend));
	vdev_config_changed(v);
}

/* 5.2.2: without MQ there is one queue. */
static unsigned int num_queues(const struct vdev *v)
{
	return v->offered & BIT64(VIRTIO_BLK_F_MQ) ? v->o->queues : 1;
}

/* Header and status need one descriptor each. */
static unsigned int longest_chain(const struct vdev *v)
{
	return blk_seg_max(v) + 2;
}

static int do_resize(struct vdev *v, const char *arg, char *error, size_t size)
{
	unsigned long long bytes;
	char *rest;
	int ret;

	errno = 0;
	bytes = strtoull(arg, &rest, 10);
	if (!isdigit((unsigned char)*arg) || *rest || errno || !bytes ||
	    bytes % VFE_SECTOR_SIZE || bytes > INT64_MAX) {
		snprintf(error, size,
			 "resize: use a number of bytes, a multiple of 512");
		return -1;
	}
	/* The number of zones is fixed at start. */
	ret = blk_of(v)->zoned ? -EOPNOTSUPP :
	      backend_resize(blk_of(v)->backend, bytes);
	if (ret) {
		snprintf(error, size, "resize to %llu bytes: %s", bytes,
			 strerror(-ret));
		return -1;
	}
	blk_capacity_changed(v);
	return 0;
}

static const struct vdev_command commands[] = {
	{ "resize", true, do_resize },
	{ }
};

static const struct vdev_counter counters[] = {
	[BLK_READS] = { "requests", "read" },
	[BLK_WRITES] = { "requests", "write" },
	[BLK_FLUSHES] = { "requests", "flush" },
	[BLK_DISCARDS] = { "requests", "discard" },
	[BLK_WRITE_ZEROES] = { "requests", "write_zeroes" },
	[BLK_GET_IDS] = { "requests", "get_id" },
	[BLK_SECURE_ERASES] = { "requests", "secure_erase" },
	[BLK_ZONES] = { "requests", "zone" },
	[BLK_ERRORS] = { "requests", "error" },
	[BLK_BYTES_READ] = { "bytes", "read" },
	[BLK_BYTES_WRITTEN] = { "bytes", "write" },
	[BLK_NUM_COUNTS] = { }
};

static const struct bit_name features[] = {
	{ "size_max", VIRTIO_BLK_F_SIZE_MAX },
	{ "seg_max", VIRTIO_BLK_F_SEG_MAX },
	{ "blk_size", VIRTIO_BLK_F_BLK_SIZE },
	{ "flush", VIRTIO_BLK_F_FLUSH },
	{ "topology", VIRTIO_BLK_F_TOPOLOGY },
	{ "config_wce", VIRTIO_BLK_F_CONFIG_WCE },
	{ "mq", VIRTIO_BLK_F_MQ },
	{ "discard", VIRTIO_BLK_F_DISCARD },
	{ "write_zeroes", VIRTIO_BLK_F_WRITE_ZEROES },
	{ "secure_erase", VIRTIO_BLK_F_SECURE_ERASE },
	{ }
};

static const struct bit_name faults[] = {
	{ "wce", FAULT_WCE },
	{ }
};

const struct vdev_class blk_class = {
	.name = "blk",
	.type = VFE_TYPE_BLOCK,
	.pci_class = PCI_CLASS_STORAGE_OTHER,
	.queues = 4,
	.max_queues = IRQ_MAX_VECTORS - 1,
	.title = "Block device (--class blk, the default):",
	.argp = &blk_argp,
	.options = &blk_default_options,
	.check = blk_check_options,
	.feature_names = features,
	.fault_names = faults,
	.quirks = blk_quirks,
	.open = blk_open,
	.close = blk_close,
	.features = blk_features,
	.num_queues = num_queues,
	.longest_chain = longest_chain,
	.lacks = blk_lacks,
	.accepted = blk_accepted,
	.reset = blk_reset,
	.config_read = blk_config_read,
	.config_write = blk_config_write,
	.request = blk_request,
	.request_done = blk_request_done,
	.has_status = true,
	.window = &blk_window_class.window,
	.counters = counters,
	.commands = commands,
};

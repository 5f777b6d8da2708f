// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the block requests, the configuration space and the backing
 * file underneath.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

static uint8_t file_byte(const struct guest *g, uint64_t offset)
{
	uint8_t byte = 0xaa;
	int fd = open(g->path, O_RDONLY);

	CHECK(fd >= 0 && pread(fd, &byte, 1, offset) == 1);
	close(fd);
	return byte;
}

static void set_writeback(struct guest *g, uint8_t value)
{
	vdev_write(g->v, VFE_WIN_DEVICE, AT(wce), 1, value);
}

static void test_write(struct guest *g)
{
	uint32_t len = 0;

	guest_start(g, ALL_FEATURES, 16);
	memset(at(g, DATA_ADDR), 0x5a, 1024);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 3, 1024, &len), 0);
	CHECK_EQ(len, 1);
	CHECK_EQ(file_byte(g, 3 * 512), 0x5a);
	CHECK_EQ(file_byte(g, 5 * 512 - 1), 0x5a);
	CHECK_EQ(file_byte(g, 3 * 512 - 1), disk_byte(3 * 512 - 1));
	CHECK_EQ(file_byte(g, 5 * 512), disk_byte(5 * 512));
	CHECK_EQ(g->c.of_class[BLK_BYTES_WRITTEN], 1024);
}

static void test_bounds(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 512, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, DISK_SECTORS, 512, &len), 1);
	CHECK_EQ(len, 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 1024, &len),
		 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, ~0ULL, 512, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, (~0ULL >> 9) + 1, 512, &len),
		 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 511, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 0, 513, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 0, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 0, 0, &len), 1);
	CHECK_EQ(g->c.of_class[BLK_ERRORS], 8);
	CHECK_EQ(vdev_status(g->v), 15);
}

static void test_other_requests(struct guest *g)
{
	uint32_t len = 0;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_FLUSH, 0, 0, &len), 0);
	CHECK_EQ(len, 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_GET_ID, 0, 20, &len), 0);
	CHECK_EQ(len, 21);
	CHECK(!memcmp(at(g, DATA_ADDR), "ring-test\0\0\0\0\0\0\0\0\0\0", 20));
	CHECK_EQ(request(g, VIRTIO_BLK_T_GET_ID, 0, 21, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_SECURE_ERASE, 0, 15, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_SCSI_CMD, 0, 0, &len), 2);
	CHECK_EQ(request(g, 0xffffffff, 0, 0, &len), 2);
	CHECK_EQ(g->c.of_class[BLK_FLUSHES], 1);
	CHECK_EQ(g->c.of_class[BLK_GET_IDS], 2);
	CHECK_EQ(g->c.of_class[BLK_ERRORS], 4);
}

static void test_discard(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 8, 8, 0, 2), 0);
	CHECK_EQ(file_byte(g, 8 * 512 - 1), disk_byte(8 * 512 - 1));
	CHECK_EQ(file_byte(g, 24 * 512), disk_byte(24 * 512));
	/* 5.2.6.2: unmap and unknown flags are not supported */
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 8, 8, 1, 1), 2);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 8, 8, 4, 1), 2);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, DISK_SECTORS - 4, 8, 0, 1),
		 1);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, ~0ULL, 8, 0, 1), 1);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 1, 0, 16), 0);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 1, 0, 17), 1);
	CHECK_EQ(g->c.of_class[BLK_DISCARDS], 7);
}

static void test_write_zeroes(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	for (uint32_t unmap = 0; unmap < 2; unmap++) {
		uint64_t first = 100 + 50 * unmap;

		CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, first, 9,
				  unmap, 1), 0);
		CHECK_EQ(file_byte(g, first * 512), 0);
		CHECK_EQ(file_byte(g, (first + 9) * 512 - 1), 0);
		CHECK_EQ(file_byte(g, first * 512 - 1),
			 disk_byte(first * 512 - 1));
		CHECK_EQ(file_byte(g, (first + 9) * 512),
			 disk_byte((first + 9) * 512));
	}
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2, 1), 2);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0, 2), 1);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 65537, 0, 1), 1);
}

static void readonly(struct options *o)
{
	blk_options_of(o)->readonly = true;
}

static void test_readonly(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK(offered(g) & BIT64(VIRTIO_BLK_F_RO));
	CHECK(!(offered(g) & BIT64(VIRTIO_BLK_F_DISCARD)));
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 0, 512, &len), 1);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0, 1), 2);
	CHECK_EQ(request(g, VIRTIO_BLK_T_FLUSH, 0, 0, &len), 0);
	CHECK_EQ(backend_resize(g->disk->backend, 512), -EROFS);
}

static void plain(struct options *o)
{
	o->features_off = BIT64(VIRTIO_BLK_F_FLUSH) |
			  BIT64(VIRTIO_BLK_F_MQ) |
			  BIT64(VIRTIO_BLK_F_DISCARD) |
			  BIT64(VIRTIO_BLK_F_WRITE_ZEROES) |
			  BIT64(VIRTIO_RING_F_EVENT_IDX) |
			  BIT64(VIRTIO_RING_F_INDIRECT_DESC);
}

static void test_features_off(struct guest *g)
{
	uint32_t len;

	CHECK(!(offered(g) & g->o.features_off));
	/* 5.2.5.2 */
	CHECK(!(offered(g) & BIT64(VIRTIO_BLK_F_CONFIG_WCE)));
	CHECK_EQ(get(g, VFE_REG_NUM_QUEUES), 1);
	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_FLUSH, 0, 0, &len), 2);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0, 1), 2);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0, 1), 2);
}

static void test_config(struct guest *g)
{
	guest_negotiate(g, offered(g));
	CHECK_EQ(config(g, 0, 4), DISK_SECTORS);
	CHECK_EQ(config(g, 4, 4), 0);
	CHECK_EQ(config(g, 1, 1), DISK_SECTORS >> 8);
	CHECK_EQ(config(g, AT(seg_max), 4), QUEUE_SIZE - 2);
	CHECK_EQ(config(g, AT(blk_size), 4), 512);
	CHECK_EQ(config(g, AT(physical_block_exp), 1), 3);
	CHECK_EQ(config(g, AT(num_queues), 2), 2);
	CHECK_EQ(config(g, AT(max_write_zeroes_seg), 4), 1);
	CHECK_EQ(config(g, sizeof(struct virtio_blk_config) - 2, 4), 0);
	CHECK_EQ(config(g, 4092, 4), 0);
	vdev_write(g->v, VFE_WIN_DEVICE, 0, 4, 7);
	CHECK_EQ(config(g, 0, 4), DISK_SECTORS);
}

static void test_write_cache(struct guest *g)
{
	uint64_t flush = BIT64(VIRTIO_BLK_F_FLUSH);

	guest_negotiate(g, offered(g));
	CHECK_EQ(config(g, AT(wce), 1), 1);
	set_writeback(g, 0);
	CHECK_EQ(config(g, AT(wce), 1), 0);
	set_writeback(g, 2);
	CHECK_EQ(config(g, AT(wce), 1), 0);
	set_writeback(g, 1);
	CHECK_EQ(config(g, AT(wce), 1), 1);
	/* 5.2.5.2: a driver that cannot flush gets write-through */
	guest_negotiate(g, offered(g) & ~flush);
	CHECK_EQ(config(g, AT(wce), 1), 0);
	guest_negotiate(g, offered(g) & ~BIT64(VIRTIO_BLK_F_CONFIG_WCE));
	CHECK_EQ(config(g, AT(wce), 1), 1);
	set_writeback(g, 0);
	CHECK_EQ(config(g, AT(wce), 1), 1);
}

static void test_resize(struct guest *g)
{
	uint32_t len, before;

	guest_start(g, ALL_FEATURES, 16);
	before = get(g, VFE_REG_CONFIG_GENERATION);
	CHECK_EQ(backend_resize(g->disk->backend, 100), -EINVAL);
	CHECK_EQ(backend_resize(g->disk->backend, 0), -EINVAL);
	CHECK_EQ(backend_resize(g->disk->backend, 2 * DISK_SECTORS * 512), 0);
	blk_capacity_changed(g->v);
	CHECK(get(g, VFE_REG_CONFIG_GENERATION) != before);
	CHECK_EQ(seen.vector[0], 1);
	CHECK_EQ(config(g, 0, 4), 2 * DISK_SECTORS);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 2 * DISK_SECTORS - 1, 512, &len),
		 0);
	CHECK_EQ(backend_resize(g->disk->backend, 512), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 1);
}

/* The file shrinks behind the device's back. */
static void test_file_cut(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(truncate(g->path, 512 * 10), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 9, 512, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 9, 1024, &len), 1);
	CHECK_EQ(len, 0);
	CHECK(strstr(logged.last, "backing file"));
}

const struct test blk_tests[] = {
	{ "a write changes its sectors only", .on_guest = test_write },
	{ "requests beyond the capacity or of odd length fail",
	  .on_guest = test_bounds },
	{ "flush, get-id and unknown requests",
	  .on_guest = test_other_requests },
	{ "discard", .on_guest = test_discard },
	{ "write zeroes", .on_guest = test_write_zeroes },
	{ "a read-only device", .on_guest = test_readonly, .change = readonly },
	{ "features not offered",
	  .on_guest = test_features_off, .change = plain },
	{ "the configuration space", .on_guest = test_config },
	{ "the write cache mode", .on_guest = test_write_cache },
	{ "a resize notifies the driver", .on_guest = test_resize },
	{ "a backing file cut short", .on_guest = test_file_cut },
	{ }
};

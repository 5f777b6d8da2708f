// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the commands: each with every length, fields that say more
 * than there is, information about regions and interrupts, region accesses.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* A good message of each command; shorter ones are refused, longer ones not */
struct good {
	uint16_t command;
	size_t len;		/* the least that will do */
	union {
		uint8_t bytes[64];
		uint64_t numbers[8];
		struct vu_device_info info;
		struct vu_region_info region;
		struct vu_irq_info irq;
		struct vu_irq_set set;
		struct vu_dma_map map;
		struct vu_dma_unmap unmap;
		struct vu_region_access access;
	};
};

static const struct good goods[] = {
	{ VU_DEVICE_GET_INFO, 16, .info = { .argsz = 16 } },
	{ VU_DEVICE_GET_REGION_INFO, 32, .region = { .argsz = 32 } },
	{ VU_DEVICE_GET_IRQ_INFO, 16, .irq = { .argsz = 16 } },
	{ VU_DEVICE_SET_IRQS, 20, .set = {
		20, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_PCI_MSIX_IRQ_INDEX, 0, 0 } },
	{ VU_DMA_MAP, 32, .map = { 32, 3, 0, 0x1000, 0x1000 } },
	{ VU_DMA_UNMAP, 24, .unmap = { 24, 0, 0x1000, 0x1000 } },
	{ VU_REGION_READ, 16, .access = { 0, 7, 4 } },
	{ VU_REGION_WRITE, 20, .access = { 0, 7, 4 } },
	{ VU_REGION_WRITE_MULTI, 8, .numbers = { 0 } },
	{ VU_REGION_WRITE_MULTI, 32, .numbers = { 1, 0, 7 | 4ULL << 32, 0 } },
	{ VU_DEVICE_RESET, 0, {} },
};

#define NUM_GOODS	(sizeof(goods) / sizeof(goods[0]))

/* Pairs that undo each other have to stay paired. */
static void undo(struct client *c, const struct good *g)
{
	if (g->command == VU_DMA_MAP)
		CHECK_EQ(dma_unmap(c, 0x1000, 0x1000), 0);
}

static void prepare(struct client *c, const struct good *g)
{
	if (g->command == VU_DMA_UNMAP)
		CHECK_EQ(dma_map(c, 0x1000, 0x1000, -1, 0, 3), 0);
}

static void test_lengths(struct client *c)
{
	for (unsigned int i = 0; i < NUM_GOODS; i++) {
		const struct good *g = &goods[i];

		for (size_t len = 0; len < g->len; len++)
			CHECK_EQ(client_command(c, g->command, g->bytes, len),
				 EINVAL);
		for (size_t len = g->len; len <= sizeof(g->bytes); len++) {
			prepare(c, g);
			CHECK_EQ(client_command(c, g->command, g->bytes, len),
				 0);
			undo(c, g);
		}
	}
}

/* Long enough, and yet one field asks for too much or says too little */
static void test_fields(struct client *c)
{
	static const struct good bad[] = {
		{ VU_DEVICE_GET_INFO, 16, .info = { .argsz = 15 } },
		{ VU_DEVICE_GET_REGION_INFO, 32, .region = { .argsz = 31 } },
		{ VU_DEVICE_GET_IRQ_INFO, 16, .irq = { .argsz = 15 } },
		{ VU_DEVICE_SET_IRQS, 22, .set = {
			22, VFIO_IRQ_SET_DATA_BOOL |
			VFIO_IRQ_SET_ACTION_TRIGGER,
			VFIO_PCI_MSIX_IRQ_INDEX, 0, 4 } },
		/* beyond the end of a BAR, and of no BAR at all */
		{ VU_REGION_WRITE_MULTI, 32,
		  .numbers = { 1, 0x4000, 4 | 4ULL << 32, 0 } },
		{ VU_REGION_WRITE_MULTI, 32,
		  .numbers = { 1, 0, 99 | 4ULL << 32, 0 } },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(client_command(c, bad[i].command, bad[i].bytes,
					bad[i].len), EINVAL);
}

static void test_unknown(struct client *c)
{
	static const uint16_t commands[] = {
		0, VU_DEVICE_GET_REGION_IO_FDS, VU_DMA_READ, VU_DMA_WRITE, 14,
		VU_NUM_COMMANDS, 255, 0x8001, 0xffff
	};
	uint8_t payload[64] = {};

	for (unsigned int i = 0; i < 9; i++)
		CHECK_EQ(client_command(c, commands[i], payload, 64),
			 ENOTSUP);
	/* The answer 'no such feature' */
	CHECK_EQ(client_command(c, VU_DEVICE_FEATURE, payload, 64), ENOTTY);
}

/* Descriptors with commands that have no use for them are closed. */
static void test_stray_fds(struct client *c)
{
	unsigned int before;
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = c->disk;
	before = open_fds();
	for (unsigned int i = 0; i < NUM_GOODS; i++) {
		const struct good *g = &goods[i];

		client_command_fds(c, g->command, g->bytes, g->len, fds, 3);
		client_command_fds(c, g->command, g->bytes, 3, fds, 1);
		CHECK_EQ(open_fds(), before);
	}
}

static unsigned int region_info(struct client *c, uint32_t argsz,
				uint32_t index, struct vu_region_info *info)
{
	struct vu_region_info ask = { .argsz = argsz, .index = index };
	unsigned int error = client_command(c, VU_DEVICE_GET_REGION_INFO,
					    &ask, sizeof(ask));

	memcpy(info, c->payload, sizeof(*info));
	return error;
}

static void test_region_info(struct client *c)
{
	static const uint32_t sizes[VFIO_PCI_NUM_REGIONS] = {
		64, 8192, 8192, 0, 16384, 0, 0, 4096, 0
	};
	struct vu_region_info info;

	for (unsigned int i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		CHECK_EQ(region_info(c, 32, i, &info), 0);
		CHECK_EQ(info.size, sizes[i]);
		CHECK_EQ(info.argsz, 32);
		CHECK_EQ(info.flags, sizes[i] ? 3 : 0);
		CHECK_EQ(c->reply_fd, -1);
	}
	CHECK_EQ(region_info(c, 32, VFIO_PCI_NUM_REGIONS, &info), EINVAL);
	CHECK_EQ(region_info(c, 32, UINT32_MAX, &info), EINVAL);
	CHECK_EQ(region_info(c, 31, 0, &info), EINVAL);
}

static void with_doorbell(struct options *o)
{
	o->map_doorbell = true;
}

/* The page comes with its descriptor, once there is room for the capability */
static void test_doorbell_region(struct client *c)
{
	struct vu_sparse_mmap sparse;
	struct vu_region_info info;

	CHECK_EQ(region_info(c, 32, VFE_BAR_VIRTIO, &info), 0);
	CHECK_EQ(info.argsz, 64);
	CHECK_EQ(c->len, 32);
	CHECK_EQ(c->reply_fd, -1);
	CHECK_EQ(region_info(c, 63, VFE_BAR_VIRTIO, &info), 0);
	CHECK_EQ(c->reply_fd, -1);
	CHECK_EQ(region_info(c, 64, VFE_BAR_VIRTIO, &info), 0);
	CHECK_EQ(c->len, 64);
	CHECK(c->reply_fd >= 0);
	memcpy(&sparse, c->payload + info.cap_offset, sizeof(sparse));
	CHECK_EQ(sparse.offset, VFE_NOTIFY_OFFSET);
	CHECK_EQ(sparse.size, VFE_STRUCT_SIZE);
}

static unsigned int read_at(struct client *c, uint32_t region,
			    uint64_t offset, uint32_t count)
{
	struct vu_region_access a = { offset, region, count };

	return client_command(c, VU_REGION_READ, &a, sizeof(a));
}

static unsigned int write_at(struct client *c, uint32_t region,
			     uint64_t offset, uint32_t count)
{
	struct {
		struct vu_region_access a;
		uint8_t data[4096];
	} m = { { offset, region, count }, {} };
	size_t len = count < sizeof(m.data) ? count : sizeof(m.data);

	return client_command(c, VU_REGION_WRITE, &m, sizeof(m.a) + len);
}

/* Each region: at its end, beyond it, wrapping; and counts of all kinds */
static void test_region_bounds(struct client *c)
{
	struct vu_region_info info;

	for (uint32_t i = 0; i < 12; i++) {
		uint64_t size = 0;

		if (!region_info(c, 32, i, &info))
			size = info.size;
		CHECK_EQ(read_at(c, i, size, 1), EINVAL);
		CHECK_EQ(write_at(c, i, size, 1), EINVAL);
		CHECK_EQ(read_at(c, i, UINT64_MAX, 1), EINVAL);
		CHECK_EQ(read_at(c, i, UINT64_MAX - 1, 4), EINVAL);
		CHECK_EQ(write_at(c, i, UINT64_MAX - 3, 8), EINVAL);
		CHECK_EQ(read_at(c, i, 0, 0), EINVAL);
		CHECK_EQ(read_at(c, i, 0, UINT32_MAX), EINVAL);
		if (!size)
			continue;
		CHECK_EQ(read_at(c, i, size - 1, 1), 0);
		CHECK_EQ(read_at(c, i, size - 1, 2), EINVAL);
		CHECK_EQ(write_at(c, i, size - 4, 4), 0);
		CHECK_EQ(write_at(c, i, size - 3, 4), EINVAL);
	}
	CHECK_EQ(read_at(c, VFIO_PCI_CONFIG_REGION_INDEX, 0, 4096), 0);
	CHECK_EQ(c->len, sizeof(struct vu_region_access) + 4096);
}

/* A BAR takes 1, 2, 4 and 8 bytes; no buffer is behind the others. */
static void test_bar_counts(struct client *c)
{
	for (uint32_t count = 1; count < 70; count++) {
		bool right = count == 1 || count == 2 || count == 4 ||
			     count == 8;
		unsigned int error = right ? 0 : EINVAL;

		for (uint32_t bar = 1; bar < 5; bar += 3) {
			CHECK_EQ(read_at(c, bar, 0, count), error);
			CHECK_EQ(write_at(c, bar, 0, count), error);
		}
	}
}

static void test_write_multi(struct client *c)
{
	struct {
		uint64_t count;
		struct vu_write_one one[2];
	} m = {
		.count = 2,
		.one = {
			{ 20, VFE_BAR_VIRTIO, 1, { 1 } },
			{ 20, VFE_BAR_VIRTIO, 9, { 3 } },
		},
	};

	/* The bad second one is refused, the first has happened. */
	CHECK_EQ(client_command(c, VU_REGION_WRITE_MULTI, &m, sizeof(m)),
		 EINVAL);
	CHECK_EQ(vdev_status(c->f.vdev), 1);
	m.one[1].count = 1;
	CHECK_EQ(client_command(c, VU_REGION_WRITE_MULTI, &m, sizeof(m)), 0);
	CHECK_EQ(vdev_status(c->f.vdev), 3);
	CHECK_EQ(c->len, sizeof(m.count));
	for (m.count = 3; m.count; m.count <<= 1)
		CHECK_EQ(client_command(c, VU_REGION_WRITE_MULTI, &m,
					sizeof(m)), EINVAL);
	m.count = UINT64_MAX / sizeof(m.one[0]) + 2;
	CHECK_EQ(client_command(c, VU_REGION_WRITE_MULTI, &m, sizeof(m)),
		 EINVAL);
}

/* An error reply has no data of the command. */
static void test_reset(struct client *c)
{
	uint8_t status = 1;

	CHECK_EQ(write_at(c, VFE_BAR_VIRTIO, 20, 1), 0);
	bar_write(&c->f, VFE_BAR_VIRTIO, 20, 1, status);
	CHECK_EQ(vdev_status(c->f.vdev), 1);
	CHECK_EQ(client_command(c, VU_DEVICE_RESET, NULL, 0), 0);
	CHECK_EQ(vdev_status(c->f.vdev), 0);
	bar_write(&c->f, VFE_BAR_VIRTIO, 20, 1, status);
	client_hang_up(c);
	CHECK_EQ(vdev_status(c->f.vdev), 0);
}

const struct test command_tests[] = {
	{ "every command with every length", .on_client = test_lengths },
	{ "fields that make no sense", .on_client = test_fields },
	{ "commands that there are not", .on_client = test_unknown },
	{ "unexpected descriptors", .on_client = test_stray_fds },
	{ "information about regions", .on_client = test_region_info },
	{ "the doorbell page",
	  .on_client = test_doorbell_region, .change = with_doorbell },
	{ "accesses at the ends of regions", .on_client = test_region_bounds },
	{ "accesses of any size to a BAR", .on_client = test_bar_counts },
	{ "several writes in one message", .on_client = test_write_multi },
	{ "resets", .on_client = test_reset },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the register window: every command in every state, ranges at
 * the ends of the disk and of 64 bits, a disk that shrinks under a request.
 */
#include <string.h>
#include <unistd.h>

#include "client.h"

enum place {
	SECTOR_LO = 0x00,
	SECTOR_HI = 0x04,
	COUNT = 0x08,
	COMMAND = 0x0c,
	STATUS = 0x10,
	ERROR = 0x14,
	DATA = 0x18,
	CONTROL = 0x1c,
};

#define WORDS		(VFE_SECTOR_SIZE / 4)
#define BUSY		(VFE_STATUS_BUSY | VFE_STATUS_DRQ)

static uint32_t get(struct client *c, uint32_t at)
{
	return window_read(c->f.window, at, 4);
}

static void set(struct client *c, uint32_t at, uint32_t value)
{
	window_write(c->f.window, at, 4, value);
}

static void command(struct client *c, uint64_t sector, uint32_t count,
		    uint32_t what)
{
	set(c, SECTOR_LO, sector);
	set(c, SECTOR_HI, sector >> 32);
	set(c, COUNT, count);
	set(c, COMMAND, what);
}

static void test_round_trip(struct client *c)
{
	command(c, 5, 2, VFE_CMD_WRITE);
	CHECK_EQ(get(c, STATUS), BUSY);
	for (uint32_t i = 0; i < 2 * WORDS; i++)
		set(c, i % 2 ? DATA : VFE_MEMORY_APERTURE + 4 * i, i * 3);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY | VFE_STATUS_IRQ);
	set(c, DATA, 77);		/* one too many */
	command(c, 5, 2, VFE_CMD_READ);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ);
	for (uint32_t i = 0; i < 2 * WORDS; i++)
		CHECK_EQ(get(c, DATA), i * 3);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
	CHECK_EQ(get(c, DATA), UINT32_MAX);
	CHECK_EQ(c->f.counts.of_class[BLK_BYTES_READ], 1024);
	CHECK_EQ(c->f.counts.of_class[BLK_BYTES_WRITTEN], 1024);
}

static void test_ranges(struct client *c)
{
	static const struct {
		uint64_t sector;
		uint32_t count;
	} bad[] = {
		{ 0, 0 }, { 0, 257 }, { 0, UINT32_MAX }, { SECTORS, 1 },
		{ SECTORS - 1, 2 }, { UINT64_MAX, 1 }, { UINT64_MAX, 2 },
		{ UINT64_MAX - 255, 256 }, { 1ULL << 55, 1 },
		{ 1ULL << 63, 1 }, { 1ULL << 32, 1 },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (uint32_t what = VFE_CMD_READ; what <= VFE_CMD_WRITE;
		     what++) {
			command(c, bad[i].sector, bad[i].count, what);
			CHECK_EQ(get(c, STATUS), VFE_STATUS_READY |
				 VFE_STATUS_ERR | VFE_STATUS_IRQ);
			CHECK_EQ(get(c, ERROR), VFE_ERR_RANGE);
		}
	}
	command(c, SECTORS - 1, 1, VFE_CMD_READ);
	CHECK_EQ(get(c, ERROR), VFE_ERR_NONE);
}

/* While a request is under way nothing but its data and a reset counts. */
static void test_busy(struct client *c)
{
	for (uint32_t first = VFE_CMD_READ; first <= VFE_CMD_WRITE; first++) {
		for (uint32_t what = 0; what < 6; what++) {
			command(c, 1, 1, first);
			command(c, 9, 9, what);
			CHECK_EQ(get(c, COMMAND), first);
			CHECK_EQ(get(c, STATUS) & BUSY, BUSY);
			set(c, CONTROL, VFE_CONTROL_RESET);
			CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
			CHECK_EQ(get(c, COUNT), 0);
		}
	}
	command(c, 0, 1, 5);
	CHECK_EQ(get(c, ERROR), VFE_ERR_COMMAND);
	/* FLUSH and IDENTIFY take no notice of where. */
	command(c, UINT64_MAX, 0, VFE_CMD_FLUSH);
	CHECK_EQ(get(c, ERROR), VFE_ERR_NONE);
	command(c, UINT64_MAX, 0, VFE_CMD_IDENTIFY);
	CHECK_EQ(get(c, DATA), VFE_IDENTIFY_MAGIC);
}

/* The driver changes the registers after the command: it was latched. */
static void test_latched(struct client *c)
{
	uint8_t bytes[2];

	command(c, 1, 1, VFE_CMD_WRITE);
	set(c, SECTOR_LO, 7);
	set(c, COUNT, 256);
	for (uint32_t i = 0; i < WORDS; i++)
		set(c, DATA, 0xa5a5a5a5);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY | VFE_STATUS_IRQ);
	CHECK_EQ(pread(c->disk, bytes, 1, 512), 1);
	CHECK_EQ(pread(c->disk, bytes + 1, 1, 7 * 512), 1);
	CHECK_EQ(bytes[0], 0xa5);
	CHECK_EQ(bytes[1], 0);
}

/* By the control socket, or behind the device's back */
static void test_shrunk(struct client *c)
{
	command(c, SECTORS - 1, 1, VFE_CMD_WRITE);
	CHECK_EQ(backend_resize(c->disk_state->backend, 512), 0);
	for (uint32_t i = 0; i < WORDS; i++)
		set(c, DATA, i);
	CHECK_EQ(get(c, ERROR), VFE_ERR_IO);
	CHECK_EQ(backend_resize(c->disk_state->backend, 8192), 0);
	CHECK_EQ(ftruncate(c->disk, 1024), 0);
	command(c, 1, 1, VFE_CMD_READ);
	CHECK_EQ(get(c, ERROR), VFE_ERR_NONE);
	set(c, CONTROL, VFE_CONTROL_RESET);
	command(c, 1, 2, VFE_CMD_READ);
	CHECK_EQ(get(c, ERROR), VFE_ERR_IO);
	CHECK_EQ(get(c, STATUS) & BUSY, 0);
}

static void test_identify(struct client *c)
{
	struct vfe_identify id;

	set(c, COMMAND, VFE_CMD_IDENTIFY);
	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t word = get(c, DATA);

		memcpy((char *)&id + 4 * i, &word, sizeof(word));
	}
	CHECK_EQ(id.magic, VFE_IDENTIFY_MAGIC);
	CHECK_EQ(id.version, VFE_IDENTIFY_VERSION);
	CHECK_EQ(id.capacity, SECTORS);
	CHECK_EQ(id.max_count, 256);
	CHECK_EQ(id.flags, VFE_IDENTIFY_WRITE_CACHE);
	CHECK(!memcmp(id.serial, "client\0\0\0\0\0\0\0\0\0\0\0\0\0",
		      VFE_SERIAL_LEN));
	for (size_t i = 0; i < sizeof(id.reserved); i++)
		CHECK_EQ(id.reserved[i], 0);
}

/* The status of INTx in configuration space, which any source asserts */
static bool line(const struct client *c)
{
	return irq_intx_status(c->f.irq);
}

/* Reading the status acknowledges; a reset of virtio leaves the window alone. */
static void test_interrupts(struct client *c)
{
	set(c, COMMAND, VFE_CMD_FLUSH);
	CHECK(!line(c));		/* not enabled */
	set(c, CONTROL, VFE_CONTROL_IRQ_ENABLE);
	CHECK(line(c));
	CHECK_EQ(get(c, CONTROL), VFE_CONTROL_IRQ_ENABLE);
	vdev_reset(c->f.vdev);
	CHECK(line(c));
	irq_intx(c->f.irq, INTX_VIRTIO, true);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY | VFE_STATUS_IRQ);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
	CHECK(line(c));		/* of the other source */
	irq_intx(c->f.irq, INTX_VIRTIO, false);
	CHECK(!line(c));
	/* A write interrupts at its end only, an error at once. */
	command(c, 0, 1, VFE_CMD_WRITE);
	for (uint32_t i = 0; i < WORDS; i++) {
		CHECK(!line(c));
		set(c, DATA, i);
	}
	CHECK(line(c));
	get(c, STATUS);
	command(c, SECTORS, 1, VFE_CMD_WRITE);
	CHECK(line(c));
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY | VFE_STATUS_ERR |
				  VFE_STATUS_IRQ);
	CHECK_EQ(get(c, ERROR), VFE_ERR_RANGE);
	command(c, 0, 1, VFE_CMD_READ);
	set(c, CONTROL, VFE_CONTROL_RESET);
	CHECK(!line(c));
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
	CHECK_EQ(get(c, COUNT), 0);
}

static uint64_t accesses(const struct client *c)
{
	uint64_t sum = 0;

	for (int reg = 0; reg < VFE_NUM_REGS; reg++)
		sum += c->f.counts.reg[reg][VFE_READ] +
		       c->f.counts.reg[reg][VFE_WRITE];
	return sum;
}

static void reach(struct client *c, unsigned int bar, uint32_t at, bool write)
{
	uint64_t value = 1;

	if (write)
		bar_write(&c->f, bar, at, 4, value);
	else
		bar_read(&c->f, bar, at, 4, &value);
}

/* As in the bench's formula: a read costs 4 + 1 + 128 per sector. */
static void test_formula(struct client *c)
{
	static const unsigned int bars[] = { VFE_BAR_PORT, VFE_BAR_MEMORY };

	for (size_t i = 0; i < 2; i++) {
		uint64_t before = accesses(c);

		for (uint32_t at = SECTOR_LO; at <= COMMAND; at += 4)
			reach(c, bars[i], at, true);
		reach(c, bars[i], STATUS, false);
		for (uint32_t word = 0; word < WORDS; word++)
			reach(c, bars[i], DATA, false);
		CHECK_EQ(accesses(c) - before, 4 + 1 + 128);
		CHECK_EQ(get(c, STATUS) & BUSY, 0);
	}
}

static void readonly(struct options *o)
{
	blk_options_of(o)->readonly = true;
}

static void test_readonly(void)
{
	struct client c;

	client_open(&c, readonly);
	command(&c, 0, 1, VFE_CMD_WRITE);
	CHECK_EQ(get(&c, ERROR), VFE_ERR_READONLY);
	command(&c, 0, 1, VFE_CMD_READ);
	CHECK_EQ(get(&c, ERROR), VFE_ERR_NONE);
	client_close(&c);
}

const struct test window_tests[] = {
	{ "write and read back", .on_client = test_round_trip },
	{ "ranges that are not on the disk", .on_client = test_ranges },
	{ "commands while one is under way", .on_client = test_busy },
	{ "a request's place is latched", .on_client = test_latched },
	{ "a disk that shrinks", .on_client = test_shrunk },
	{ "IDENTIFY", .on_client = test_identify },
	{ "interrupts of the window and of virtio",
	  .on_client = test_interrupts },
	{ "accesses that a request takes", .on_client = test_formula },
	{ "a read-only disk", .run = test_readonly },
	{ }
};

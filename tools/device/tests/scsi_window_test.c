// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the SCSI host's register window: commands with data in either
 * direction, sense data, FIFOs that overflow, units that come and go, and what
 * makes no sense.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <vfe/wire_window_scsi.h>

#include "client.h"
#include "scsi/command.h"
#include "virtio/service.h"

enum place {
	ADDRESS = 0x00,
	COUNT = 0x04,
	CDB = 0x08,
	COMMAND = 0x0c,
	STATUS = 0x10,
	SENSE = 0x14,
	DATA = 0x18,
	CONTROL = 0x1c,
};

#define BUSY		(VFE_STATUS_BUSY | VFE_STATUS_DRQ)
#define DONE		(VFE_STATUS_READY | VFE_STATUS_IRQ)
#define MOST		0x20000U
#define UNIT_SIZE	0x40000

static struct scsi_options scsi_options;
static int files[2];

/* A unit 0:0, and one with the last numbers that there are */
static void is_scsi(struct options *o)
{
	static const struct unit_spec specs[2] = {
		{ .target = 0, .lun = 0, .block_size = 512 },
		{ .target = 255, .lun = 16383, .block_size = 512,
		  .readonly = true },
	};

	for (int i = 0; i < 2; i++) {
		struct unit_spec *spec = &scsi_options.units[i];

		if (!files[i])
			files[i] = memory_file(UNIT_SIZE / 4096);
		CHECK(!ftruncate(files[i], 0) &&
		      !ftruncate(files[i], UNIT_SIZE));
		*spec = specs[i];
		snprintf(spec->path, sizeof(spec->path), "/proc/self/fd/%d",
			 files[i]);
		snprintf(spec->serial, sizeof(spec->serial), "unit-%d", i);
	}
	scsi_options.n = 2;
	o->class = &scsi_class;
	o->of_class = &scsi_options;
	o->queues = 2;
}

static struct scsi *host(const struct client *c)
{
	return scsi_of(c->f.vdev);
}

static uint32_t get(struct client *c, uint32_t at)
{
	return window_read(c->f.window, at, 4);
}

static void set(struct client *c, uint32_t at, uint32_t value)
{
	window_write(c->f.window, at, 4, value);
}

static void put_cdb(struct client *c, const uint8_t *cdb, unsigned int len)
{
	for (unsigned int i = 0; i < len; i += 4) {
		uint8_t bytes[4] = {};
		uint32_t word;

		memcpy(bytes, cdb + i, len - i < 4 ? len - i : 4);
		memcpy(&word, bytes, sizeof(word));
		set(c, CDB, word);
	}
}

static void command(struct client *c, uint32_t what, const uint8_t *cdb,
		    unsigned int len, uint32_t count)
{
	set(c, ADDRESS, vfe_scsi_window_address(0, 0));
	set(c, COUNT, count);
	put_cdb(c, cdb, len);
	set(c, COMMAND, what);
}

/* READ(10) or WRITE(10) */
static void transfer(struct client *c, uint32_t what, uint8_t lba,
		     uint8_t blocks, uint32_t count)
{
	const uint8_t cdb[10] = {
		what == VFE_SCSI_CMD_IN ? 0x28 : 0x2a, [5] = lba, [8] = blocks,
	};

	command(c, what, cdb, sizeof(cdb), count);
}

static void inquiry(struct client *c, uint8_t len)
{
	const uint8_t cdb[6] = { 0x12, [4] = len };

	command(c, VFE_SCSI_CMD_IN, cdb, sizeof(cdb), len);
}

static void ready(struct client *c)
{
	static const uint8_t cdb[6];

	command(c, VFE_SCSI_CMD_SELECT, cdb, sizeof(cdb), 0);
}

static uint32_t error_in(uint32_t status)
{
	return status >> VFE_SCSI_STATUS_ERROR & 0xff;
}

/* The window refuses. */
static void check_refused(struct client *c, enum vfe_scsi_window_error error)
{
	uint32_t status = get(c, STATUS);

	CHECK_EQ(status, DONE | VFE_STATUS_ERR |
		 (uint32_t)error << VFE_SCSI_STATUS_ERROR);
	CHECK_EQ(get(c, DATA), UINT32_MAX);
}

/* All units have reported that they were reset. */
static void start(struct client *c)
{
	for (unsigned int i = 0; i < host(c)->n; i++)
		host(c)->units[i]->attentions = 0;
}

static void test_round_trip(struct client *c)
{
	start(c);
	transfer(c, VFE_SCSI_CMD_OUT, 3, 2, 1024);
	CHECK_EQ(get(c, STATUS), BUSY);
	for (uint32_t i = 0; i < 256; i++)
		set(c, i % 2 ? DATA : VFE_MEMORY_APERTURE + 4 * i, i * 5);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK_EQ(get(c, COUNT), 1024);
	set(c, DATA, 77);		/* one too many */
	transfer(c, VFE_SCSI_CMD_IN, 3, 2, 1024);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ);
	for (uint32_t i = 0; i < 256; i++)
		CHECK_EQ(get(c, i % 2 ? DATA : VFE_MEMORY_APERTURE), i * 5);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
	CHECK_EQ(get(c, DATA), UINT32_MAX);
	CHECK_EQ(get(c, SENSE), UINT32_MAX);
	CHECK_EQ(c->f.counts.of_class[SCSI_BYTES_READ], 1024);
	CHECK_EQ(c->f.counts.of_class[SCSI_BYTES_WRITTEN], 1024);
	CHECK_EQ(c->f.counts.of_class[SCSI_REFUSED], 0);
}

/* The largest, each word of which is its own */
static void test_most(struct client *c)
{
	start(c);
	transfer(c, VFE_SCSI_CMD_OUT, 0, 0, MOST + 1);
	check_refused(c, VFE_SCSI_ERR_COUNT);
	transfer(c, VFE_SCSI_CMD_IN, 0, 1, 0);
	check_refused(c, VFE_SCSI_ERR_COUNT);
	transfer(c, VFE_SCSI_CMD_OUT, 0, 255, MOST);
	for (uint32_t i = 0; i < MOST / 4; i++)
		set(c, DATA, i);
	CHECK_EQ(get(c, STATUS), DONE | VFE_SCSI_STATUS_SHORT);
	CHECK_EQ(get(c, COUNT), 255 * 512);
	transfer(c, VFE_SCSI_CMD_IN, 0, 255, MOST);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ | VFE_SCSI_STATUS_SHORT);
	for (uint32_t i = 0; i < 255 * 128; i++)
		CHECK_EQ(get(c, DATA), i);
	CHECK_EQ(get(c, STATUS) & BUSY, 0);
}

/* Fewer bytes than there are, than were offered, and than a word has */
static void test_short(struct client *c)
{
	start(c);
	inquiry(c, 5);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ);
	CHECK_EQ(get(c, COUNT), 5);
	CHECK_EQ(get(c, DATA) & 0xff, 0);
	CHECK_EQ(get(c, DATA), 91);	/* the length, and padding */
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
	inquiry(c, 255);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ | VFE_SCSI_STATUS_SHORT);
	CHECK_EQ(get(c, COUNT), 96);
	for (int i = 0; i < 24; i++)
		get(c, DATA);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY | VFE_SCSI_STATUS_SHORT);
	/* No data at all */
	transfer(c, VFE_SCSI_CMD_IN, 0, 0, 512);
	CHECK_EQ(get(c, STATUS), DONE | VFE_SCSI_STATUS_SHORT);
	CHECK_EQ(get(c, COUNT), 0);
	/* A block is more than what the driver offers. */
	transfer(c, VFE_SCSI_CMD_IN, 0, 1, 511);
	CHECK_EQ(error_in(get(c, STATUS)), VFE_SCSI_ERR_OVERRUN);
	transfer(c, VFE_SCSI_CMD_OUT, 0, 1, 511);
	for (int i = 0; i < 128; i++)
		set(c, DATA, 1);
	CHECK_EQ(error_in(get(c, STATUS)), VFE_SCSI_ERR_OVERRUN);
	CHECK_EQ(c->f.counts.of_class[SCSI_REFUSED], 2);
}

static void test_sense(struct client *c)
{
	uint32_t status;
	uint8_t bytes[20];

	/* The first command reports that the unit was reset. */
	ready(c);
	status = get(c, STATUS);
	CHECK_EQ(status, DONE | STATUS_CHECK << VFE_SCSI_STATUS_SCSI |
		 18 << VFE_SCSI_STATUS_SENSE);
	CHECK_EQ(get(c, STATUS), status & ~VFE_STATUS_IRQ);
	for (int i = 0; i < 20; i += 4) {
		uint32_t word = get(c, SENSE);

		memcpy(bytes + i, &word, sizeof(word));
	}
	CHECK_EQ(bytes[0], 0x70);
	CHECK_EQ(bytes[2], KEY_UNIT_ATTENTION);
	CHECK_EQ(bytes[12], 0x29);
	CHECK_EQ(bytes[18] | bytes[19], 0);
	CHECK_EQ(get(c, SENSE), UINT32_MAX);
	ready(c);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK_EQ(get(c, SENSE), UINT32_MAX);
	/* A write that fails has moved nothing; the next command has no sense. */
	transfer(c, VFE_SCSI_CMD_OUT, 255, 255, 255 * 512);
	CHECK_EQ(get(c, STATUS), BUSY);
	for (int i = 0; i < 255 * 128; i++)
		set(c, DATA, 1);
	ready(c);
	start(c);
	service_fail(c->f.vdev, 1);
	transfer(c, VFE_SCSI_CMD_OUT, 1, 1, 512);
	for (int i = 0; i < 128; i++)
		set(c, DATA, 1);
	CHECK_EQ(get(c, STATUS), DONE | VFE_SCSI_STATUS_SHORT |
		 STATUS_CHECK << VFE_SCSI_STATUS_SCSI |
		 18 << VFE_SCSI_STATUS_SENSE);
	CHECK_EQ(get(c, SENSE) & 0xff, 0x70);
	CHECK_EQ(get(c, COUNT), 0);
	ready(c);
	CHECK_EQ(get(c, STATUS), DONE);
}

static void test_cdb_fifo(struct client *c)
{
	start(c);
	set(c, COMMAND, VFE_SCSI_CMD_SELECT);
	check_refused(c, VFE_SCSI_ERR_CDB);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(get(c, CDB), i);
		set(c, CDB, 0);
	}
	set(c, COMMAND, VFE_SCSI_CMD_SELECT);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK_EQ(get(c, CDB), 0);
	for (int i = 0; i < 1000; i++)
		set(c, CDB, 0);
	CHECK_EQ(get(c, CDB), 9);
	set(c, COMMAND, VFE_SCSI_CMD_SELECT);
	check_refused(c, VFE_SCSI_ERR_CDB);
	CHECK_EQ(get(c, CDB), 0);
	/* A CDB that is cut short */
	set(c, CDB, 0x28);
	set(c, COMMAND, VFE_SCSI_CMD_SELECT);
	CHECK_EQ(get(c, STATUS), DONE | STATUS_CHECK << VFE_SCSI_STATUS_SCSI |
		 18 << VFE_SCSI_STATUS_SENSE);
	ready(c);
	CHECK_EQ(get(c, STATUS), DONE);
}

static void test_addresses(struct client *c)
{
	static const uint8_t cdb[6];
	static const struct {
		uint32_t address;
		uint32_t status;
	} places[] = {
		{ 0, DONE },
		{ 255 << 16 | 16383, DONE },
		/* SPC-4: LOGICAL UNIT NOT SUPPORTED */
		{ 1, DONE | STATUS_CHECK << VFE_SCSI_STATUS_SCSI |
		     18 << VFE_SCSI_STATUS_SENSE },
		{ 0xffff, DONE | STATUS_CHECK << VFE_SCSI_STATUS_SCSI |
			  18 << VFE_SCSI_STATUS_SENSE },
	};
	static const uint32_t none[] = {
		1 << 16, 254 << 16 | 16383, 256 << 16, 0xff000000, UINT32_MAX,
	};

	start(c);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		set(c, ADDRESS, places[i].address);
		put_cdb(c, cdb, sizeof(cdb));
		set(c, COMMAND, VFE_SCSI_CMD_SELECT);
		CHECK_EQ(get(c, STATUS), places[i].status);
		CHECK_EQ(get(c, ADDRESS), places[i].address);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		for (uint32_t what = VFE_SCSI_CMD_SELECT;
		     what <= VFE_SCSI_CMD_RESET_UNIT; what++) {
			if (what == VFE_SCSI_CMD_IDENTIFY)
				continue;
			set(c, ADDRESS, none[i]);
			set(c, COUNT, 512);
			put_cdb(c, cdb, sizeof(cdb));
			set(c, COMMAND, what);
			check_refused(c, VFE_SCSI_ERR_TARGET);
		}
	}
}

/* While a command is under way only its data and a reset have an effect. */
static void test_busy(struct client *c)
{
	start(c);
	for (uint32_t what = 0; what < 8; what++) {
		transfer(c, VFE_SCSI_CMD_OUT, 0, 1, 512);
		transfer(c, what, 9, 9, 9 * 512);
		CHECK_EQ(get(c, COMMAND), VFE_SCSI_CMD_OUT);
		CHECK_EQ(get(c, STATUS), BUSY);
		set(c, CONTROL, VFE_CONTROL_RESET);
		CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
		CHECK_EQ(get(c, CDB), 0);
		CHECK_EQ(get(c, COUNT), 0);
	}
	set(c, COMMAND, 7);
	check_refused(c, VFE_SCSI_ERR_COMMAND);
	set(c, COMMAND, 0);
	check_refused(c, VFE_SCSI_ERR_COMMAND);
	CHECK_EQ(c->f.counts.of_class[SCSI_REFUSED], 0);
}

/* What the driver writes after the command is for the next one. */
static void test_latched(struct client *c)
{
	uint8_t byte[2];

	start(c);
	transfer(c, VFE_SCSI_CMD_OUT, 1, 1, 512);
	set(c, ADDRESS, 255 << 16);
	set(c, COUNT, MOST);
	for (int i = 0; i < 3; i++)
		set(c, CDB, UINT32_MAX);
	for (int i = 0; i < 128; i++)
		set(c, DATA, 0xa5a5a5a5);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK_EQ(pread(files[0], byte, 1, 512), 1);
	CHECK_EQ(pread(files[0], byte + 1, 1, 1024), 1);
	CHECK_EQ(byte[0], 0xa5);
	CHECK_EQ(byte[1], 0);
	CHECK_EQ(get(c, CDB), 3);
}

/* The unit, and then the target, goes while the driver writes data. */
static void test_unplugged(struct client *c)
{
	char error[256];

	start(c);
	transfer(c, VFE_SCSI_CMD_OUT, 1, 1, 512);
	scsi_remove(host(c), scsi_find(host(c), 0, 0));
	scsi_options.units[0].lun = 7;
	CHECK(scsi_add(host(c), &scsi_options.units[0], error, sizeof(error)));
	for (int i = 0; i < 128; i++)
		set(c, DATA, 1);
	CHECK_EQ(get(c, STATUS) & 0xff00,
		 STATUS_CHECK << VFE_SCSI_STATUS_SCSI);
	transfer(c, VFE_SCSI_CMD_OUT, 1, 1, 512);
	scsi_remove(host(c), scsi_find(host(c), 0, 7));
	for (int i = 0; i < 128; i++)
		set(c, DATA, 1);
	check_refused(c, VFE_SCSI_ERR_TARGET);
}

static void test_identify(struct client *c)
{
	struct vfe_scsi_identity id;
	uint32_t words[sizeof(id) / 4];

	set(c, COMMAND, VFE_SCSI_CMD_IDENTIFY);
	CHECK_EQ(get(c, STATUS), BUSY | VFE_STATUS_IRQ);
	for (size_t i = 0; i < sizeof(words) / 4; i++)
		words[i] = get(c, DATA);
	memcpy(&id, words, sizeof(id));
	CHECK_EQ(id.magic, VFE_SCSI_IDENTITY_MAGIC);
	CHECK_EQ(id.version, VFE_SCSI_IDENTITY_VERSION);
	CHECK_EQ(id.max_count, MOST);
	CHECK_EQ(id.targets[0], 1);
	CHECK_EQ(id.targets[7], 1U << 31);
	for (int i = 1; i < 7; i++)
		CHECK_EQ(id.targets[i], 0);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
}

/* Each unit says that it was reset, and has forgotten what was set. */
static void test_resets(struct client *c)
{
	struct unit *first = host(c)->units[0], *last = host(c)->units[1];

	start(c);
	first->stopped = true;
	last->stopped = true;
	set(c, ADDRESS, vfe_scsi_window_address(255, 16383));
	set(c, COMMAND, VFE_SCSI_CMD_RESET_UNIT);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK(first->stopped && !last->stopped);
	CHECK_EQ(first->attentions, 0);
	CHECK_EQ(last->attentions, 1U << ATTENTION_RESET);
	set(c, COMMAND, VFE_SCSI_CMD_RESET_BUS);
	CHECK_EQ(get(c, STATUS), DONE);
	CHECK(!first->stopped);
	CHECK_EQ(first->attentions, 1U << ATTENTION_RESET);
	set(c, ADDRESS, 5);
	set(c, COMMAND, VFE_SCSI_CMD_RESET_UNIT);
	check_refused(c, VFE_SCSI_ERR_TARGET);
	CHECK_EQ(c->f.counts.of_class[SCSI_TMFS], 3);
	CHECK_EQ(c->f.counts.of_class[SCSI_TMFS_REFUSED], 1);
}

static bool line(const struct client *c)
{
	return irq_intx_status(c->f.irq);
}

static void test_interrupts(struct client *c)
{
	start(c);
	ready(c);
	CHECK(!line(c));		/* not enabled */
	set(c, CONTROL, VFE_CONTROL_IRQ_ENABLE);
	CHECK(line(c));
	vdev_reset(c->f.vdev);		/* of virtio alone */
	CHECK(line(c));
	get(c, STATUS);
	CHECK(!line(c));
	start(c);
	transfer(c, VFE_SCSI_CMD_OUT, 0, 1, 512);
	for (int i = 0; i < 128; i++) {
		CHECK(!line(c));
		set(c, DATA, 1);
	}
	CHECK(line(c));
	get(c, STATUS);
	transfer(c, VFE_SCSI_CMD_IN, 0, 1, 512);
	CHECK(line(c));
	set(c, CONTROL, VFE_CONTROL_RESET);
	CHECK(!line(c));
	CHECK_EQ(get(c, DATA), UINT32_MAX);
}

static uint64_t accesses(const struct client *c)
{
	uint64_t sum = 0;

	for (int reg = VFE_REG_SCSI_PORT_ADDRESS;
	     reg <= VFE_REG_SCSI_MEMORY_APERTURE; reg++)
		sum += c->f.counts.reg[reg][VFE_READ] +
		       c->f.counts.reg[reg][VFE_WRITE];
	return sum;
}

static void reach(struct client *c, unsigned int bar, uint32_t at,
		  uint32_t value)
{
	bar_write(&c->f, bar, at, 4, value);
}

/* A read of a block: 3 writes, 3 of its CDB, a read of status, 128 words */
static void test_counts(struct client *c)
{
	static const unsigned int bars[] = { VFE_BAR_PORT, VFE_BAR_MEMORY };
	uint64_t value;

	start(c);
	CHECK(bar_has_window(&c->f, VFE_WIN_SCSI_PORT));
	CHECK(!bar_has_window(&c->f, VFE_WIN_PORT));
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = accesses(c);

		reach(c, bars[i], ADDRESS, 0);
		reach(c, bars[i], COUNT, 512);
		reach(c, bars[i], CDB, 0x28);
		reach(c, bars[i], CDB, 0);
		reach(c, bars[i], CDB, 1);
		reach(c, bars[i], COMMAND, VFE_SCSI_CMD_IN);
		bar_read(&c->f, bars[i], STATUS, 4, &value);
		CHECK_EQ(value, BUSY | VFE_STATUS_IRQ);
		for (int word = 0; word < 128; word++)
			bar_read(&c->f, bars[i], DATA, 4, &value);
		CHECK_EQ(accesses(c) - before, 3 + 3 + 1 + 128);
	}
	CHECK_EQ(c->f.counts.reg[VFE_REG_SCSI_PORT_CDB][VFE_WRITE], 3);
	CHECK_EQ(c->f.counts.reg[VFE_REG_SCSI_MEMORY_CDB][VFE_WRITE], 3);
	CHECK_EQ(c->f.counts.unknown[VFE_READ] + c->f.counts.unknown[VFE_WRITE],
		 0);
}

/* Registers that are none, read-only ones, and other widths */
static void test_odd_accesses(struct client *c)
{
	start(c);
	set(c, STATUS, UINT32_MAX);
	set(c, SENSE, UINT32_MAX);
	set(c, 0x20, UINT32_MAX);
	CHECK_EQ(get(c, 0x20), UINT32_MAX);
	CHECK_EQ(get(c, 0x3c), UINT32_MAX);
	window_write(c->f.window, CDB, 2, 1);
	CHECK_EQ(get(c, CDB), 0);
	CHECK_EQ(window_read(c->f.window, STATUS, 1), UINT32_MAX);
	CHECK_EQ(get(c, STATUS), VFE_STATUS_READY);
}

const struct test scsi_window_tests[] = {
	{ "SCSI window: write and read back", .on_client = test_round_trip,
	  .change = is_scsi },
	{ "SCSI window: the most data", .on_client = test_most,
	  .change = is_scsi },
	{ "SCSI window: less data than offered", .on_client = test_short,
	  .change = is_scsi },
	{ "SCSI window: sense data", .on_client = test_sense,
	  .change = is_scsi },
	{ "SCSI window: the FIFO of the CDB", .on_client = test_cdb_fifo,
	  .change = is_scsi },
	{ "SCSI window: addresses", .on_client = test_addresses,
	  .change = is_scsi },
	{ "SCSI window: commands while one is under way",
	  .on_client = test_busy, .change = is_scsi },
	{ "SCSI window: a command is latched", .on_client = test_latched,
	  .change = is_scsi },
	{ "SCSI window: units that go", .on_client = test_unplugged,
	  .change = is_scsi },
	{ "SCSI window: IDENTIFY", .on_client = test_identify,
	  .change = is_scsi },
	{ "SCSI window: resets", .on_client = test_resets,
	  .change = is_scsi },
	{ "SCSI window: interrupts", .on_client = test_interrupts,
	  .change = is_scsi },
	{ "SCSI window: what is counted", .on_client = test_counts,
	  .change = is_scsi },
	{ "SCSI window: accesses that make no sense",
	  .on_client = test_odd_accesses, .change = is_scsi },
	{ }
};

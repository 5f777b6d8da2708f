// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with a driver that misbehaves: each mistake ends in a request
 * error or DEVICE_NEEDS_RESET with a line in the log, and after a reset the
 * device works again. The sanitizers watch for accesses out of bounds.
 */
#include <endian.h>
#include <string.h>

#include "guest.h"

#define NEXT		VRING_DESC_F_NEXT
#define WRITE		VRING_DESC_F_WRITE
#define INDIRECT	VRING_DESC_F_INDIRECT
#define SIZE		16
#define OUTSIDE		0x700000ULL

enum outcome {
	NEEDS_RESET,
	IOERR,
};

struct mistake {
	const char *what;
	void (*make)(struct guest *g);
	enum outcome outcome;
	const char *log;	/* must be in the log line */
};

/* A good read of one sector in descriptors 0, 1, 2, to be spoilt */
static void good(struct guest *g)
{
	put_request(g, 0, VIRTIO_BLK_T_IN, 1, 512);
	offer(g, 0);
}

/* The same in an indirect table, named by descriptor 0 */
static void good_table(struct guest *g)
{
	put_request(g, 0, VIRTIO_BLK_T_IN, 1, 512);
	put_table(g, 0, HDR_ADDR, 16, NEXT, 1);
	put_table(g, 1, DATA_ADDR, 512, NEXT | WRITE, 2);
	put_table(g, 2, STATUS_ADDR, 1, WRITE, 0);
	put_desc(g, 0, TABLE_ADDR, 48, INDIRECT, 0);
	offer(g, 0);
}

static void head_range(struct guest *g)
{
	offer(g, SIZE);
}

static void next_range(struct guest *g)
{
	good(g);
	put_desc(g, 1, DATA_ADDR, 512, NEXT | WRITE, SIZE);
}

static void loop(struct guest *g)
{
	good(g);
	put_desc(g, 1, DATA_ADDR, 512, NEXT | WRITE, 1);
}

static void loop_to_head(struct guest *g)
{
	good(g);
	put_desc(g, 1, DATA_ADDR, 16, NEXT, 0);
}

static void readable_last(struct guest *g)
{
	good(g);
	put_desc(g, 2, STATUS_ADDR, 1, 0, 0);
}

static void nested(struct guest *g)
{
	good_table(g);
	put_table(g, 1, TABLE_ADDR, 48, INDIRECT, 0);
}

static void table_and_next(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, TABLE_ADDR, 48, INDIRECT | NEXT, 1);
}

static void table_odd(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, TABLE_ADDR, 47, INDIRECT, 0);
}

static void table_empty(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, TABLE_ADDR, 0, INDIRECT, 0);
}

static void table_long(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, TABLE_ADDR, (SIZE + 1) * 16, INDIRECT, 0);
}

static void table_huge(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, TABLE_ADDR, 0xfffffff0, INDIRECT, 0);
}

static void table_outside(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, OUTSIDE, 48, INDIRECT, 0);
}

static void table_at_the_end(struct guest *g)
{
	good_table(g);
	put_desc(g, 0, RAM_BASE + RAM_SIZE - 32, 48, INDIRECT, 0);
}

static void table_next_range(struct guest *g)
{
	good_table(g);
	put_table(g, 1, DATA_ADDR, 512, NEXT | WRITE, 3);
}

static void table_loop(struct guest *g)
{
	good_table(g);
	put_table(g, 1, DATA_ADDR, 512, NEXT | WRITE, 1);
}

/* A chain and its table together are longer than the queue. */
static void table_tail(struct guest *g)
{
	put_header(g, VIRTIO_BLK_T_IN, 0);
	for (unsigned int i = 0; i < SIZE - 1; i++)
		put_desc(g, i, HDR_ADDR, 16, NEXT, i + 1);
	put_desc(g, SIZE - 1, TABLE_ADDR, SIZE * 16, INDIRECT, 0);
	for (unsigned int i = 0; i < SIZE; i++)
		put_table(g, i, DATA_ADDR, 512, NEXT | WRITE, i + 1);
	offer(g, 0);
}

static void data_empty(struct guest *g)
{
	good(g);
	put_desc(g, 1, DATA_ADDR, 0, NEXT | WRITE, 2);
}

static void data_outside(struct guest *g)
{
	good(g);
	put_desc(g, 1, OUTSIDE, 512, NEXT | WRITE, 2);
}

static void data_over_the_end(struct guest *g)
{
	good(g);
	put_desc(g, 1, RAM_BASE + RAM_SIZE - 511, 512, NEXT | WRITE, 2);
}

static void data_wraps(struct guest *g)
{
	good(g);
	put_desc(g, 1, ~0ULL - 255, 512, NEXT | WRITE, 2);
}

static void data_huge(struct guest *g)
{
	good(g);
	put_desc(g, 1, DATA_ADDR, 0xffffffff, NEXT | WRITE, 2);
}

static void data_in_rom(struct guest *g)
{
	good(g);
	put_desc(g, 1, ROM_BASE, 512, NEXT | WRITE, 2);
}

static void header_outside(struct guest *g)
{
	good(g);
	put_desc(g, 0, OUTSIDE, 16, NEXT, 1);
}

static void header_short(struct guest *g)
{
	good(g);
	put_desc(g, 0, HDR_ADDR, 15, NEXT, 1);
}

static void header_missing(struct guest *g)
{
	good(g);
	put_desc(g, 0, DATA_ADDR, 16, NEXT | WRITE, 1);
}

static void both_ways(struct guest *g)
{
	good(g);
	put_desc(g, 0, HDR_ADDR, 32, NEXT, 1);
}

static void write_of_readable(struct guest *g)
{
	good(g);
	put_header(g, VIRTIO_BLK_T_OUT, 1);
}

static void read_of_writable(struct guest *g)
{
	put_request(g, 0, VIRTIO_BLK_T_OUT, 1, 512);
	put_header(g, VIRTIO_BLK_T_IN, 1);
	offer(g, 0);
}

static void status_missing(struct guest *g)
{
	put_request(g, 0, VIRTIO_BLK_T_OUT, 1, 512);
	put_desc(g, 1, DATA_ADDR, 512, 0, 0);
	offer(g, 0);
}

static void status_outside(struct guest *g)
{
	good(g);
	put_desc(g, 2, OUTSIDE, 1, WRITE, 0);
}

static void status_empty(struct guest *g)
{
	good(g);
	put_desc(g, 2, STATUS_ADDR, 0, WRITE, 0);
}

static void status_in_rom(struct guest *g)
{
	good(g);
	put_desc(g, 2, ROM_BASE, 1, WRITE, 0);
}

static void index_jump(struct guest *g)
{
	good(g);
	g->avail_idx += SIZE;
	((struct vring_avail *)at(g, AVAIL_ADDR))->idx = htole16(g->avail_idx);
}

static void index_back(struct guest *g)
{
	((struct vring_avail *)at(g, AVAIL_ADDR))->idx = 0xffff;
}

static const struct mistake mistakes[] = {
	{ "head", head_range, NEEDS_RESET, "descriptor 16" },
	{ "next", next_range, NEEDS_RESET, "index beyond the table" },
	{ "loop", loop, NEEDS_RESET, "loop" },
	{ "loop to head", loop_to_head, NEEDS_RESET, "loop" },
	{ "readable last", readable_last, NEEDS_RESET, "readable after" },
	{ "nested", nested, NEEDS_RESET, "indirect in an indirect" },
	{ "table and next", table_and_next, NEEDS_RESET, "both indirect" },
	{ "odd table", table_odd, NEEDS_RESET, "whole descriptors" },
	{ "empty table", table_empty, NEEDS_RESET, "whole descriptors" },
	{ "long table", table_long, NEEDS_RESET, "longer than allowed" },
	{ "huge table", table_huge, NEEDS_RESET, "longer than allowed" },
	{ "table outside", table_outside, NEEDS_RESET, "not in guest memory" },
	{ "table half outside", table_at_the_end, NEEDS_RESET, "not in guest" },
	{ "next in table", table_next_range, NEEDS_RESET, "beyond the table" },
	{ "loop in table", table_loop, NEEDS_RESET, "loop" },
	{ "table as tail", table_tail, NEEDS_RESET, "loop, or chain longer" },
	{ "empty buffer", data_empty, IOERR, "buffer of length" },
	{ "data outside", data_outside, IOERR, "not all guest memory" },
	{ "data over the end", data_over_the_end, IOERR, "not all guest" },
	{ "data wraps", data_wraps, IOERR, "not all guest memory" },
	{ "data huge", data_huge, IOERR, "not all guest memory" },
	{ "data in read-only memory", data_in_rom, IOERR, "not all guest" },
	{ "header outside", header_outside, IOERR, "not all guest memory" },
	{ "header short", header_short, IOERR, "header cut short" },
	{ "header missing", header_missing, IOERR, "header cut short" },
	{ "data both ways", both_ways, IOERR, "both to read and to write" },
	{ "write to the guest", write_of_readable, IOERR, "not readable" },
	{ "read from the guest", read_of_writable, IOERR, "not writable" },
	{ "no status", status_missing, NEEDS_RESET, "for the status" },
	{ "status outside", status_outside, NEEDS_RESET, "not all guest" },
	{ "status empty", status_empty, NEEDS_RESET, "buffer of length" },
	{ "status in read-only memory", status_in_rom, NEEDS_RESET, "not all" },
	{ "index jump", index_jump, NEEDS_RESET, "the queue size is" },
	{ "index back", index_back, NEEDS_RESET, "the queue size is" },
	{ }
};

/* The device logs the mistake, and then if it needs a reset: two lines. */
static void commit(struct guest *g, const struct mistake *m)
{
	unsigned int before = logged.lines;
	uint32_t id, len;

	kick(g);
	CHECK_EQ(logged.lines - before, m->outcome == NEEDS_RESET ? 2 : 1);
	if (m->outcome == IOERR) {
		CHECK(strstr(logged.last, m->log));
		CHECK(take_used(g, &id, &len));
		CHECK_EQ(status_byte(g), VIRTIO_BLK_S_IOERR);
		CHECK_EQ(vdev_status(g->v), 15);
		return;
	}
	CHECK(strstr(logged.last, "NEEDS_RESET"));
	CHECK(strstr(logged.before, m->log));
	CHECK(!take_used(g, &id, &len));
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	CHECK_EQ(seen.vector[0], 1);
	/* Dead until reset, and silent */
	kick(g);
	CHECK(!vdev_wants_poll(g->v));
	CHECK_EQ(logged.lines - before, 2);
}

static void test_mistakes(void)
{
	struct guest g;

	for (const struct mistake *m = mistakes; m->what; m++) {
		guest_open(&g, NULL);
		guest_start(&g, ALL_FEATURES, SIZE);
		m->make(&g);
		commit(&g, m);
		check_alive(&g, SIZE);
		guest_close(&g);
	}
}

/* One bad chain among good ones: those before it are used. */
static void test_good_before_bad(struct guest *g)
{
	uint32_t id, len;

	guest_start(g, ALL_FEATURES, SIZE);
	good(g);
	good(g);
	offer(g, SIZE);
	kick(g);
	CHECK(take_used(g, &id, &len));
	CHECK(take_used(g, &id, &len));
	CHECK(!take_used(g, &id, &len));
	CHECK_EQ(seen.vector[1], 1);
}

static void test_indirect_not_negotiated(struct guest *g)
{
	guest_start(g, BIT64(VIRTIO_F_VERSION_1), SIZE);
	good_table(g);
	kick(g);
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	check_alive(g, SIZE);
}

static void bad_ring(struct guest *g, enum vfe_reg part, uint64_t addr,
		     const char *log)
{
	guest_negotiate(g, offered(g) & ALL_FEATURES);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set_addr(g, VFE_REG_QUEUE_DESC_LO, DESC_ADDR);
	set_addr(g, VFE_REG_QUEUE_DRIVER_LO, AVAIL_ADDR);
	set_addr(g, VFE_REG_QUEUE_DEVICE_LO, USED_ADDR);
	set_addr(g, part, addr);
	logged.lines = 0;
	seen.vector[0] = 0;
	set(g, VFE_REG_QUEUE_ENABLE, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
	CHECK_EQ(vdev_status(g->v), 11 | VIRTIO_CONFIG_S_NEEDS_RESET);
	CHECK_EQ(logged.lines, 2);
	CHECK(strstr(logged.before, log));
	/* The driver hears of it as soon as it may. */
	CHECK_EQ(seen.vector[0], 0);
	set(g, VFE_REG_CONFIG_MSIX_VECTOR, 0);
	set(g, VFE_REG_DEVICE_STATUS, 15);
	CHECK_EQ(seen.vector[0], 1);
	kick(g);
	check_alive(g, SIZE);
}

static void test_ring_addresses(struct guest *g)
{
	static const enum vfe_reg parts[] = {
		VFE_REG_QUEUE_DESC_LO, VFE_REG_QUEUE_DRIVER_LO,
		VFE_REG_QUEUE_DEVICE_LO,
	};

	for (unsigned int i = 0; i < 3; i++) {
		bad_ring(g, parts[i], DESC_ADDR + 1, "aligned");
		bad_ring(g, parts[i], 0, "guest memory");
		bad_ring(g, parts[i], RAM_BASE + RAM_SIZE - 16, "guest");
		bad_ring(g, parts[i], RAM_BASE + RAM_HALF - 16, "guest");
		bad_ring(g, parts[i], ~0ULL & ~0xfULL, "guest memory");
	}
	bad_ring(g, VFE_REG_QUEUE_DEVICE_LO, ROM_BASE, "guest memory");
}

static void test_notify(struct guest *g)
{
	guest_start(g, ALL_FEATURES, SIZE);
	good(g);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 1);
	vdev_write(g->v, VFE_WIN_NOTIFY, 4, 2, 0);
	vdev_write(g->v, VFE_WIN_NOTIFY, 2, 2, 0);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 1, 0);
	vdev_write(g->v, VFE_WIN_NOTIFY, 8, 2, 2);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0xffc, 4, 0x3ff);
	vdev_write(g->v, VFE_WIN_NOTIFY, 4, 2, 1);	/* not enabled */
	CHECK_EQ(used_idx(g), 0);
	CHECK_EQ(vdev_status(g->v), 15);
	kick(g);
	CHECK_EQ(used_idx(g), 1);
}

static void with_poll(struct options *o)
{
	o->poll = true;
}

/* The ring's memory goes away; a poll waits for it, a kick does not. */
static void test_memory_gone(struct guest *g)
{
	guest_start(g, ALL_FEATURES, SIZE);
	good(g);
	CHECK_EQ(gmem_unmap(g->gm, RAM_BASE, RAM_HALF), 0);
	vdev_memory_changed(g->v);
	CHECK(!vdev_poll(g->v));
	CHECK_EQ(vdev_status(g->v), 15);
	kick(g);
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
}

const struct test bad_tests[] = {
	{ "chains and indices that make no sense", .run = test_mistakes },
	{ "buffers before a mistake are used",
	  .on_guest = test_good_before_bad },
	{ "indirect without the feature",
	  .on_guest = test_indirect_not_negotiated },
	{ "rings that are unaligned or not guest memory",
	  .on_guest = test_ring_addresses },
	{ "notifications that name no queue", .on_guest = test_notify },
	{ "a ring whose memory goes away",
	  .on_guest = test_memory_gone, .change = with_poll },
	{ }
};

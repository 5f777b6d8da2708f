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

/* Where the one descriptor is that spoils a good chain */
enum spoilt {
	NOWHERE,
	IN_RING,
	IN_TABLE,
};

struct mistake {
	const char *what;
	void (*make)(struct guest *g);
	enum outcome outcome;
	const char *log;	/* must be in the log line */
	enum spoilt spoilt;
	unsigned int index;
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
		uint16_t next;
	} desc;
};

static void make(struct guest *g, const struct mistake *m)
{
	m->make(g);
	if (m->spoilt == IN_RING)
		put_desc(g, m->index, m->desc.addr, m->desc.len, m->desc.flags,
			 m->desc.next);
	else if (m->spoilt == IN_TABLE)
		put_table(g, m->index, m->desc.addr, m->desc.len,
			  m->desc.flags, m->desc.next);
}

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
	{ "head", head_range, NEEDS_RESET, "descriptor 16",
	  NOWHERE, 0, {} },
	{ "next", good, NEEDS_RESET, "index beyond the table",
	  IN_RING, 1, { DATA_ADDR, 512, NEXT | WRITE, SIZE } },
	{ "loop", good, NEEDS_RESET, "loop",
	  IN_RING, 1, { DATA_ADDR, 512, NEXT | WRITE, 1 } },
	{ "loop to head", good, NEEDS_RESET, "loop",
	  IN_RING, 1, { DATA_ADDR, 16, NEXT, 0 } },
	{ "readable last", good, NEEDS_RESET, "readable after",
	  IN_RING, 2, { STATUS_ADDR, 1, 0, 0 } },
	{ "nested", good_table, NEEDS_RESET, "indirect in an indirect",
	  IN_TABLE, 1, { TABLE_ADDR, 48, INDIRECT, 0 } },
	{ "table and next", good_table, NEEDS_RESET, "both indirect",
	  IN_RING, 0, { TABLE_ADDR, 48, INDIRECT | NEXT, 1 } },
	{ "odd table", good_table, NEEDS_RESET, "whole descriptors",
	  IN_RING, 0, { TABLE_ADDR, 47, INDIRECT, 0 } },
	{ "empty table", good_table, NEEDS_RESET, "whole descriptors",
	  IN_RING, 0, { TABLE_ADDR, 0, INDIRECT, 0 } },
	{ "long table", good_table, NEEDS_RESET, "longer than allowed",
	  IN_RING, 0, { TABLE_ADDR, (SIZE + 1) * 16, INDIRECT, 0 } },
	{ "huge table", good_table, NEEDS_RESET, "longer than allowed",
	  IN_RING, 0, { TABLE_ADDR, 0xfffffff0, INDIRECT, 0 } },
	{ "table outside", good_table, NEEDS_RESET, "not in guest memory",
	  IN_RING, 0, { OUTSIDE, 48, INDIRECT, 0 } },
	{ "table half outside", good_table, NEEDS_RESET, "not in guest",
	  IN_RING, 0, { RAM_BASE + RAM_SIZE - 32, 48, INDIRECT, 0 } },
	{ "next in table", good_table, NEEDS_RESET, "beyond the table",
	  IN_TABLE, 1, { DATA_ADDR, 512, NEXT | WRITE, 3 } },
	{ "loop in table", good_table, NEEDS_RESET, "loop",
	  IN_TABLE, 1, { DATA_ADDR, 512, NEXT | WRITE, 1 } },
	{ "table as tail", table_tail, NEEDS_RESET, "loop, or chain longer",
	  NOWHERE, 0, {} },
	{ "empty buffer", good, IOERR, "buffer of length",
	  IN_RING, 1, { DATA_ADDR, 0, NEXT | WRITE, 2 } },
	{ "data outside", good, IOERR, "not all guest memory",
	  IN_RING, 1, { OUTSIDE, 512, NEXT | WRITE, 2 } },
	{ "data over the end", good, IOERR, "not all guest",
	  IN_RING, 1, { RAM_BASE + RAM_SIZE - 511, 512, NEXT | WRITE, 2 } },
	{ "data wraps", good, IOERR, "not all guest memory",
	  IN_RING, 1, { ~0ULL - 255, 512, NEXT | WRITE, 2 } },
	{ "data huge", good, IOERR, "not all guest memory",
	  IN_RING, 1, { DATA_ADDR, 0xffffffff, NEXT | WRITE, 2 } },
	{ "data in read-only memory", good, IOERR, "not all guest",
	  IN_RING, 1, { ROM_BASE, 512, NEXT | WRITE, 2 } },
	{ "header outside", good, IOERR, "not all guest memory",
	  IN_RING, 0, { OUTSIDE, 16, NEXT, 1 } },
	{ "header short", good, IOERR, "header cut short",
	  IN_RING, 0, { HDR_ADDR, 15, NEXT, 1 } },
	{ "header missing", good, IOERR, "header cut short",
	  IN_RING, 0, { DATA_ADDR, 16, NEXT | WRITE, 1 } },
	{ "data both ways", good, IOERR, "both to read and to write",
	  IN_RING, 0, { HDR_ADDR, 32, NEXT, 1 } },
	{ "write to the guest", write_of_readable, IOERR, "not readable",
	  NOWHERE, 0, {} },
	{ "read from the guest", read_of_writable, IOERR, "not writable",
	  NOWHERE, 0, {} },
	{ "no status", status_missing, NEEDS_RESET, "for the status",
	  NOWHERE, 0, {} },
	{ "status outside", good, NEEDS_RESET, "not all guest",
	  IN_RING, 2, { OUTSIDE, 1, WRITE, 0 } },
	{ "status empty", good, NEEDS_RESET, "buffer of length",
	  IN_RING, 2, { STATUS_ADDR, 0, WRITE, 0 } },
	{ "status in read-only memory", good, NEEDS_RESET, "not all",
	  IN_RING, 2, { ROM_BASE, 1, WRITE, 0 } },
	{ "index jump", index_jump, NEEDS_RESET, "the queue size is",
	  NOWHERE, 0, {} },
	{ "index back", index_back, NEEDS_RESET, "the queue size is",
	  NOWHERE, 0, {} },
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
		make(&g, m);
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

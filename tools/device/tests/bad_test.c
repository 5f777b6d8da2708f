// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with a driver that misbehaves: each mistake ends in a request
 * error or DEVICE_NEEDS_RESET with a line in the log, and after a reset the
 * device works again. The sanitizers watch for accesses out of bounds.
 */
#include <string.h>

#include "guest.h"

#define NEXT		VRING_DESC_F_NEXT
#define WRITE		VRING_DESC_F_WRITE
#define TABLE		VRING_DESC_F_INDIRECT
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
	uint64_t layout;
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
	const struct piece e = { m->desc.addr, m->desc.len, 0 };

	m->make(g);
	if (m->spoilt == IN_RING && m->layout == PACKED)
		put_packed(g, m->index, &e, 0, TABLE | DESC_F_AVAIL);
	else if (m->spoilt == IN_RING)
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
	add_read(g, 1, 512, 0, true);
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
	put_desc(g, SIZE - 1, TABLE_ADDR, SIZE * 16, TABLE, 0);
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
	((struct vring_avail *)at(g, AVAIL_ADDR))->idx = g->avail_idx;
}

static void index_back(struct guest *g)
{
	((struct vring_avail *)at(g, AVAIL_ADDR))->idx = 0xffff;
}

/* The same for packed rings, whose lists are in one piece */
static const struct piece header = { HDR_ADDR, 16, 0 };
static const struct piece data = { DATA_ADDR, 512, WRITE };
static const struct piece status = { STATUS_ADDR, 1, WRITE };
static const struct piece table = { TABLE_ADDR, 48, TABLE };

static void add3(struct guest *g, struct piece a, struct piece b,
		 struct piece c)
{
	const struct piece list[] = { a, b, c };

	put_header(g, VIRTIO_BLK_T_IN, 1);
	*(uint8_t *)at(g, STATUS_ADDR) = 0xff;
	add(g, list, 3, 0);
}

static void packed_readable_last(struct guest *g)
{
	add3(g, header, data, header);
}

static void packed_table_in_list(struct guest *g)
{
	add3(g, header, table, status);
}

static void packed_table_ends_list(struct guest *g)
{
	add3(g, header, data, table);
}

static void packed_table_and_next(struct guest *g)
{
	add3(g, table, data, status);
}

static void packed_cut_short(struct guest *g)
{
	add3(g, header, data, status);
	/* as it was on the turn before */
	put_packed(g, 1, &data, 0, NEXT | WRITE | DESC_F_USED);
}

static void packed_used_already(struct guest *g)
{
	add3(g, header, data, status);
	put_packed(g, 2, &status, 0, WRITE | DESC_F_AVAIL | DESC_F_USED);
}

/* The whole ring, and it goes on. */
static void packed_loop(struct guest *g)
{
	put_header(g, VIRTIO_BLK_T_IN, 1);
	for (unsigned int i = 0; i < SIZE; i++)
		put_packed(g, i, i ? &data : &header, 0, DESC_F_AVAIL | NEXT |
			   (i ? WRITE : 0));
}

static void packed_no_status(struct guest *g)
{
	add(g, &header, 1, 0);
}

static void packed_outside(struct guest *g)
{
	add3(g, header, (struct piece) { OUTSIDE, 512, WRITE }, status);
}

static const struct mistake mistakes[] = {
	{ "head", head_range, NEEDS_RESET, "descriptor 16", 0,
	  NOWHERE, 0, {} },
	{ "next", good, NEEDS_RESET, "index beyond the table", 0,
	  IN_RING, 1, { DATA_ADDR, 512, NEXT | WRITE, SIZE } },
	{ "loop", good, NEEDS_RESET, "loop", 0,
	  IN_RING, 1, { DATA_ADDR, 512, NEXT | WRITE, 1 } },
	{ "loop to head", good, NEEDS_RESET, "loop", 0,
	  IN_RING, 1, { DATA_ADDR, 16, NEXT, 0 } },
	{ "readable last", good, NEEDS_RESET, "readable after", 0,
	  IN_RING, 2, { STATUS_ADDR, 1, 0, 0 } },
	{ "nested", good_table, NEEDS_RESET, "indirect in an indirect", 0,
	  IN_TABLE, 1, { TABLE_ADDR, 48, TABLE, 0 } },
	{ "table and next", good_table, NEEDS_RESET, "both indirect", 0,
	  IN_RING, 0, { TABLE_ADDR, 48, TABLE | NEXT, 1 } },
	{ "odd table", good_table, NEEDS_RESET, "whole descriptors", 0,
	  IN_RING, 0, { TABLE_ADDR, 47, TABLE, 0 } },
	{ "empty table", good_table, NEEDS_RESET, "whole descriptors", 0,
	  IN_RING, 0, { TABLE_ADDR, 0, TABLE, 0 } },
	{ "long table", good_table, NEEDS_RESET, "longer than allowed", 0,
	  IN_RING, 0, { TABLE_ADDR, (SIZE + 1) * 16, TABLE, 0 } },
	{ "huge table", good_table, NEEDS_RESET, "longer than allowed", 0,
	  IN_RING, 0, { TABLE_ADDR, 0xfffffff0, TABLE, 0 } },
	{ "table outside", good_table, NEEDS_RESET, "not in guest memory", 0,
	  IN_RING, 0, { OUTSIDE, 48, TABLE, 0 } },
	{ "table half outside", good_table, NEEDS_RESET, "not in guest", 0,
	  IN_RING, 0, { RAM_BASE + RAM_SIZE - 32, 48, TABLE, 0 } },
	{ "next in table", good_table, NEEDS_RESET, "beyond the table", 0,
	  IN_TABLE, 1, { DATA_ADDR, 512, NEXT | WRITE, 3 } },
	{ "loop in table", good_table, NEEDS_RESET, "loop", 0,
	  IN_TABLE, 1, { DATA_ADDR, 512, NEXT | WRITE, 1 } },
	{ "table as tail", table_tail, NEEDS_RESET, "loop, or chain longer", 0,
	  NOWHERE, 0, {} },
	{ "empty buffer", good, IOERR, "buffer of length", 0,
	  IN_RING, 1, { DATA_ADDR, 0, NEXT | WRITE, 2 } },
	{ "data outside", good, IOERR, "not all guest memory", 0,
	  IN_RING, 1, { OUTSIDE, 512, NEXT | WRITE, 2 } },
	{ "data over the end", good, IOERR, "not all guest", 0,
	  IN_RING, 1, { RAM_BASE + RAM_SIZE - 511, 512, NEXT | WRITE, 2 } },
	{ "data wraps", good, IOERR, "not all guest memory", 0,
	  IN_RING, 1, { ~0ULL - 255, 512, NEXT | WRITE, 2 } },
	{ "data huge", good, IOERR, "not all guest memory", 0,
	  IN_RING, 1, { DATA_ADDR, 0xffffffff, NEXT | WRITE, 2 } },
	{ "data in read-only memory", good, IOERR, "not all guest", 0,
	  IN_RING, 1, { ROM_BASE, 512, NEXT | WRITE, 2 } },
	{ "header outside", good, IOERR, "not all guest memory", 0,
	  IN_RING, 0, { OUTSIDE, 16, NEXT, 1 } },
	{ "header short", good, IOERR, "header cut short", 0,
	  IN_RING, 0, { HDR_ADDR, 15, NEXT, 1 } },
	{ "header missing", good, IOERR, "header cut short", 0,
	  IN_RING, 0, { DATA_ADDR, 16, NEXT | WRITE, 1 } },
	{ "data both ways", good, IOERR, "both to read and to write", 0,
	  IN_RING, 0, { HDR_ADDR, 32, NEXT, 1 } },
	{ "write to the guest", write_of_readable, IOERR, "not readable", 0,
	  NOWHERE, 0, {} },
	{ "read from the guest", read_of_writable, IOERR, "not writable", 0,
	  NOWHERE, 0, {} },
	{ "no status", status_missing, NEEDS_RESET, "for the status", 0,
	  NOWHERE, 0, {} },
	{ "status outside", good, NEEDS_RESET, "not all guest", 0,
	  IN_RING, 2, { OUTSIDE, 1, WRITE, 0 } },
	{ "status empty", good, NEEDS_RESET, "buffer of length", 0,
	  IN_RING, 2, { STATUS_ADDR, 0, WRITE, 0 } },
	{ "status in read-only memory", good, NEEDS_RESET, "not all", 0,
	  IN_RING, 2, { ROM_BASE, 1, WRITE, 0 } },
	{ "index jump", index_jump, NEEDS_RESET, "the queue size is", 0,
	  NOWHERE, 0, {} },
	{ "index back", index_back, NEEDS_RESET, "the queue size is", 0,
	  NOWHERE, 0, {} },
	{ "packed: readable last", packed_readable_last, NEEDS_RESET,
	  "readable after", PACKED, NOWHERE, 0, {} },
	{ "packed: table in a list", packed_table_in_list, NEEDS_RESET,
	  "indirect in a list", PACKED, NOWHERE, 0, {} },
	{ "packed: table at the end of a list", packed_table_ends_list,
	  NEEDS_RESET, "indirect in a list", PACKED, NOWHERE, 0, {} },
	{ "packed: table and next", packed_table_and_next, NEEDS_RESET,
	  "both indirect", PACKED, NOWHERE, 0, {} },
	{ "packed: odd table", good_table, NEEDS_RESET,
	  "whole descriptors", PACKED, IN_RING, 0, { TABLE_ADDR, 47, 0, 0 } },
	{ "packed: long table", good_table, NEEDS_RESET,
	  "longer than allowed", PACKED,
	  IN_RING, 0, { TABLE_ADDR, (BLK_SEG_MAX + 3) * 16, 0, 0 } },
	{ "packed: huge table", good_table, NEEDS_RESET,
	  "longer than allowed", PACKED,
	  IN_RING, 0, { TABLE_ADDR, 0xfffffff0, 0, 0 } },
	{ "packed: table half outside", good_table, NEEDS_RESET,
	  "not in guest memory", PACKED,
	  IN_RING, 0, { RAM_BASE + RAM_SIZE - 32, 48, 0, 0 } },
	{ "packed: readable last in table", good_table, NEEDS_RESET,
	  "readable after", PACKED, IN_TABLE, 2, { STATUS_ADDR, 1, 0, 0 } },
	{ "packed: list cut short", packed_cut_short, NEEDS_RESET,
	  "middle of a list", PACKED, NOWHERE, 0, {} },
	{ "packed: list that was used", packed_used_already, NEEDS_RESET,
	  "middle of a list", PACKED, NOWHERE, 0, {} },
	{ "packed: loop", packed_loop, NEEDS_RESET,
	  "loop, or chain longer", PACKED, NOWHERE, 0, {} },
	{ "packed: no status", packed_no_status, NEEDS_RESET,
	  "for the status", PACKED, NOWHERE, 0, {} },
	{ "packed: data outside", packed_outside, IOERR,
	  "not all guest memory", PACKED, NOWHERE, 0, {} },
	{ }
};

static void check_broken(struct guest *g, const char *log)
{
	struct used u;

	CHECK(strstr(logged.last, "NEEDS_RESET"));
	CHECK(strstr(logged.before, log));
	CHECK(!take(g, 1, 1, &u));
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	CHECK_EQ(seen.vector[0], 1);
}

/* The device logs the mistake, and then if it needs a reset: two lines. */
static void commit(struct guest *g, const struct mistake *m)
{
	unsigned int before = logged.lines;
	struct used u;

	kick(g);
	CHECK_EQ(logged.lines - before, m->outcome == NEEDS_RESET ? 2 : 1);
	if (m->outcome == IOERR) {
		CHECK(strstr(logged.last, m->log));
		CHECK(take(g, 1, 3, &u));
		CHECK_EQ(status_byte(g), VIRTIO_BLK_S_IOERR);
		CHECK_EQ(vdev_status(g->v), 15);
		return;
	}
	check_broken(g, m->log);
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
		guest_start(&g, ALL_FEATURES | m->layout, SIZE);
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
	for (unsigned int i = 0; i < 2; i++) {
		seen.vector[0] = 0;
		guest_start(g, V1 | (i ? PACKED : 0), SIZE);
		good_table(g);
		kick(g);
		check_broken(g, "not negotiated");
	}
	check_alive(g, SIZE);
}

static void bad_ring(struct guest *g, uint64_t layout, unsigned int part,
		     uint64_t addr, const char *log)
{
	uint64_t parts[] = { DESC_ADDR, AVAIL_ADDR, USED_ADDR };

	parts[part] = addr;
	guest_negotiate(g, (offered(g) & ALL_FEATURES) | layout);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set(g, VFE_REG_QUEUE_SIZE, SIZE);
	logged.lines = 0;
	seen.vector[0] = 0;
	guest_enable(g, parts[0], parts[1], parts[2]);
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
	static const struct {
		uint64_t layout;
		unsigned int part;
		uint64_t addr;
		const char *log;
	} bad[] = {
		{ 0, 0, DESC_ADDR + 1, "16 bytes" },
		{ 0, 1, DESC_ADDR + 1, "2 bytes" },
		{ 0, 2, DESC_ADDR + 1, "4 bytes" },
		{ 0, 2, ROM_BASE, "guest memory" },
		{ PACKED, 0, DESC_ADDR + 8, "16 bytes" },
		{ PACKED, 1, AVAIL_ADDR + 2, "4 bytes" },
		{ PACKED, 2, USED_ADDR + 2, "4 bytes" },
		/* Used descriptors are written where available ones were. */
		{ PACKED, 0, ROM_BASE, "guest memory" },
		{ PACKED, 2, ROM_BASE, "guest memory" },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad_ring(g, bad[i].layout, bad[i].part, bad[i].addr,
			 bad[i].log);
	for (unsigned int part = 0; part < 3; part++) {
		bad_ring(g, 0, part, 0, "guest memory");
		bad_ring(g, 0, part, RAM_BASE + RAM_SIZE - 16, "guest");
		bad_ring(g, 0, part, RAM_BASE + RAM_HALF - 16, "guest");
		bad_ring(g, 0, part, ~0ULL & ~0xfULL, "guest memory");
		bad_ring(g, PACKED, part, OUTSIDE, "guest memory");
		bad_ring(g, PACKED, part, RAM_BASE + RAM_SIZE, "guest");
	}
}

/*
 * 2.8.16: a driver that makes a descriptor available before it got it back. The
 * guest of this test does so while a read writes over its ring.
 */
static void test_available_twice(struct guest *g)
{
	/* On the disk: the descriptor of the next turn */
	const struct vring_packed_desc next = {
		TABLE_ADDR, 48, 0, TABLE | DESC_F_USED
	};
	uint8_t sector[VFE_SECTOR_SIZE] = {};
	struct iovec iov = { sector, sizeof(sector) };

	memcpy(sector, &next, sizeof(next));
	guest_start(g, ALL_FEATURES | PACKED, 1);
	CHECK_EQ(backend_writev(g->disk->backend, 7, &iov, 1), 0);
	add_read(g, 7, 512, 0, true);
	put_table(g, 1, DESC_ADDR, 512, 0, WRITE);
	kick(g);
	CHECK(strstr(logged.before, "before it was used"));
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	check_alive(g, SIZE);
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
	{ "packed: available again before it was used",
	  .on_guest = test_available_twice },
	{ "notifications that name no queue", .on_guest = test_notify },
	{ "a ring whose memory goes away",
	  .on_guest = test_memory_gone, .change = with_poll },
	{ }
};

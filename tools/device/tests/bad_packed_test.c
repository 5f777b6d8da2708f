// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with a driver of a packed ring that misbehaves: each mistake ends
 * in DEVICE_NEEDS_RESET with a line in the log, and a reset helps.
 */
#include <string.h>

#include "packed_guest.h"

#define NEXT		VRING_DESC_F_NEXT
#define WRITE		VRING_DESC_F_WRITE
#define INDIRECT	VRING_DESC_F_INDIRECT
#define SIZE		8
#define OUTSIDE		0x700000ULL

struct mistake {
	const char *what;
	void (*make)(struct packed *p);	/* NULL: a table as the two below say */
	const char *log;	/* must be in the log line */
	uint64_t addr;
	uint32_t len;
};

static const struct piece header = { HDR_ADDR, 16, 0 };
static const struct piece data = { DATA_ADDR, 512, WRITE };
static const struct piece status = { STATUS_ADDR, 1, WRITE };

static void add3(struct packed *p, struct piece a, struct piece b,
		 struct piece c)
{
	const struct piece list[] = { a, b, c };

	put_header(p->g, VIRTIO_BLK_T_IN, 1);
	packed_add(p, list, 3, 0);
}

static struct piece table(uint64_t addr, uint32_t len, uint16_t flags)
{
	return (struct piece) { addr, len, INDIRECT | flags };
}

static void readable_last(struct packed *p)
{
	add3(p, header, data, header);
}

static void table_in_list(struct packed *p)
{
	add3(p, header, table(TABLE_ADDR, 48, 0), status);
}

static void table_ends_list(struct packed *p)
{
	add3(p, header, data, table(TABLE_ADDR, 48, 0));
}

static void table_and_next(struct packed *p)
{
	add3(p, table(TABLE_ADDR, 48, 0), data, status);
}

static void one_table(struct packed *p, uint64_t addr, uint32_t len)
{
	const struct piece t = table(addr, len, 0);

	packed_add_table(p, 1, 512, 0);
	packed_desc(p->g, 0, &t, 0, INDIRECT | DESC_F_AVAIL);
}

static void table_readable_last(struct packed *p)
{
	packed_add_table(p, 1, 512, 0);
	put_table(p->g, 2, STATUS_ADDR, 1, 0, 0);
}

static void list_cut_short(struct packed *p)
{
	add3(p, header, data, status);
	/* as it was on the turn before */
	packed_desc(p->g, 1, &data, 0, NEXT | WRITE | DESC_F_USED);
}

static void list_used_already(struct packed *p)
{
	add3(p, header, data, status);
	packed_desc(p->g, 2, &status, 0, WRITE | DESC_F_AVAIL | DESC_F_USED);
}

/* The whole ring, and it goes on. */
static void loop(struct packed *p)
{
	put_header(p->g, VIRTIO_BLK_T_IN, 1);
	for (unsigned int i = 0; i < SIZE; i++)
		packed_desc(p->g, i, i ? &data : &header, 0, DESC_F_AVAIL | NEXT |
			    (i ? WRITE : 0));
}

static void no_status(struct packed *p)
{
	packed_add(p, &header, 1, 0);
}

static const struct mistake mistakes[] = {
	{ "readable last", readable_last, "readable after", 0, 0 },
	{ "table in a list", table_in_list, "indirect in a list", 0, 0 },
	{ "table at the end of a list", table_ends_list, "indirect in a list",
	  0, 0 },
	{ "table and next", table_and_next, "both indirect", 0, 0 },
	{ "odd table", NULL, "whole descriptors", TABLE_ADDR, 47 },
	{ "empty table", NULL, "whole descriptors", TABLE_ADDR, 0 },
	{ "long table", NULL, "longer than allowed",
	  TABLE_ADDR, (BLK_SEG_MAX + 3) * 16 },
	{ "huge table", NULL, "longer than allowed",
	  TABLE_ADDR, 0xfffffff0 },
	{ "table outside", NULL, "not in guest memory", OUTSIDE, 48 },
	{ "table half outside", NULL, "not in guest memory",
	  RAM_BASE + RAM_SIZE - 32, 48 },
	{ "readable last in table", table_readable_last, "readable after",
	  0, 0 },
	{ "list cut short", list_cut_short, "middle of a list", 0, 0 },
	{ "list that was used", list_used_already, "middle of a list", 0, 0 },
	{ "loop", loop, "loop, or chain longer", 0, 0 },
	{ "no status", no_status, "for the status", 0, 0 },
	{ }
};

static void check_broken(struct packed *p, const char *log)
{
	struct used u;

	CHECK(strstr(logged.last, "NEEDS_RESET"));
	CHECK(strstr(logged.before, log));
	CHECK_EQ(vdev_status(p->g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	CHECK_EQ(seen.vector[0], 1);
	CHECK(!packed_take(p, 1, &u));
}

static void check_packed_alive(struct packed *p)
{
	struct used u;

	packed_start(p, p->g, ALL_FEATURES, SIZE);
	packed_add_read(p, 1, 512, 1);
	kick(p->g);
	CHECK(packed_take(p, 3, &u));
	CHECK_EQ(status_byte(p->g), 0);
}

static void test_mistakes(void)
{
	struct packed p;
	struct guest g;

	for (const struct mistake *m = mistakes; m->what; m++) {
		guest_open(&g, NULL);
		packed_start(&p, &g, ALL_FEATURES, SIZE);
		if (m->make)
			m->make(&p);
		else
			one_table(&p, m->addr, m->len);
		kick(&g);
		check_broken(&p, m->log);
		check_packed_alive(&p);
		guest_close(&g);
	}
}

static void test_indirect_not_negotiated(struct guest *g)
{
	struct packed p;

	packed_start(&p, g, BIT64(VIRTIO_F_VERSION_1), SIZE);
	packed_add_table(&p, 1, 512, 0);
	kick(g);
	check_broken(&p, "not negotiated");
}

/* A bad buffer fails its request only, and is used like any other. */
static void test_bad_buffer(struct guest *g)
{
	static const struct piece outside = { OUTSIDE, 512, WRITE };
	static const struct piece rom = { ROM_BASE, 512, WRITE };
	static const struct piece empty = { DATA_ADDR, 0, WRITE };
	const struct piece bad[] = { outside, rom, empty };
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, SIZE);
	for (unsigned int i = 0; i < 3; i++) {
		add3(&p, header, bad[i], status);
		kick(g);
		CHECK(packed_take(&p, 3, &u));
		/*
		 * After an empty descriptor, the device writes only the status.
		 */
		CHECK_EQ(u.len, i == 2);
		CHECK_EQ(status_byte(g), VIRTIO_BLK_S_IOERR);
	}
	CHECK_EQ(vdev_status(g->v), 15);
}

/*
 * 2.8.16: a driver that makes a descriptor available before it got it back. The
 * guest of this test does so while a read writes over its ring.
 */
static void test_available_twice(struct guest *g)
{
	struct vring_packed_desc *disk;
	uint8_t sector[VFE_SECTOR_SIZE] = {};
	struct iovec iov = { sector, sizeof(sector) };
	struct packed p;

	packed_start(&p, g, ALL_FEATURES, 1);
	/* On the disk: the descriptor of the next turn */
	disk = (struct vring_packed_desc *)sector;
	disk->addr = TABLE_ADDR;
	disk->len = 48;
	disk->flags = INDIRECT | DESC_F_USED;
	CHECK_EQ(backend_writev(g->disk->backend, 7, &iov, 1), 0);
	packed_add_table(&p, 7, 512, 0);
	put_table(g, 1, DESC_ADDR, 512, 0, WRITE);
	kick(g);
	CHECK(strstr(logged.before, "before it was used"));
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	check_packed_alive(&p);
}

static void bad_ring(struct guest *g, enum vfe_reg part, uint64_t addr,
		     const char *log)
{
	guest_negotiate(g, (ALL_FEATURES & offered(g)) | PACKED);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set(g, VFE_REG_QUEUE_SIZE, SIZE);
	set_addr(g, VFE_REG_QUEUE_DESC_LO, DESC_ADDR);
	set_addr(g, VFE_REG_QUEUE_DRIVER_LO, AVAIL_ADDR);
	set_addr(g, VFE_REG_QUEUE_DEVICE_LO, USED_ADDR);
	set_addr(g, part, addr);
	set(g, VFE_REG_QUEUE_ENABLE, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
	CHECK_EQ(vdev_status(g->v), 11 | VIRTIO_CONFIG_S_NEEDS_RESET);
	CHECK(strstr(logged.before, log));
}

static void test_ring_addresses(struct guest *g)
{
	struct packed p;

	p.g = g;
	bad_ring(g, VFE_REG_QUEUE_DESC_LO, DESC_ADDR + 8, "16 bytes");
	bad_ring(g, VFE_REG_QUEUE_DRIVER_LO, AVAIL_ADDR + 2, "4 bytes");
	bad_ring(g, VFE_REG_QUEUE_DEVICE_LO, USED_ADDR + 2, "4 bytes");
	bad_ring(g, VFE_REG_QUEUE_DESC_LO, OUTSIDE, "guest memory");
	bad_ring(g, VFE_REG_QUEUE_DESC_LO, RAM_BASE + RAM_SIZE - 112, "guest");
	bad_ring(g, VFE_REG_QUEUE_DRIVER_LO, RAM_BASE + RAM_SIZE, "guest");
	/* Used descriptors are written where available ones were. */
	bad_ring(g, VFE_REG_QUEUE_DESC_LO, ROM_BASE, "guest memory");
	bad_ring(g, VFE_REG_QUEUE_DEVICE_LO, ROM_BASE, "guest memory");
	check_packed_alive(&p);
}

const struct test bad_packed_tests[] = {
	{ "packed: lists that make no sense", .run = test_mistakes },
	{ "packed: indirect without the feature",
	  .on_guest = test_indirect_not_negotiated },
	{ "packed: a bad buffer fails its request",
	  .on_guest = test_bad_buffer },
	{ "packed: available again before it was used",
	  .on_guest = test_available_twice },
	{ "packed: rings that are unaligned or not guest memory",
	  .on_guest = test_ring_addresses },
	{ }
};

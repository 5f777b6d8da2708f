// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of packed rings with a well-behaved driver: lists, tables, the
 * wrap counters, and the event suppression structures of both sides.
 */
#include "packed_guest.h"

#define DESC_EVENT	VRING_PACKED_EVENT_FLAG_DESC
#define ENABLE		VRING_PACKED_EVENT_FLAG_ENABLE
#define DISABLE		VRING_PACKED_EVENT_FLAG_DISABLE

static void test_read(struct guest *g)
{
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 16);
	packed_add_read(&p, 8, 4096, 0x1234);
	kick(g);
	CHECK(packed_take(&p, 3, &u));
	CHECK_EQ(u.id, 0x1234);
	CHECK_EQ(u.len, 4097);
	CHECK_EQ(u.flags, DESC_F_AVAIL | DESC_F_USED | VRING_DESC_F_WRITE);
	CHECK(!packed_take(&p, 3, &u));
	CHECK_EQ(status_byte(g), 0);
	CHECK_EQ(seen.vector[1], 1);
	check_data(g, 8, 4096);
}

/* A used descriptor without WRITE: nothing was written, the length is void. */
static void test_nothing_written(struct guest *g)
{
	const struct piece list[] = {
		{ HDR_ADDR, 16, 0 }, { DATA_ADDR, 512, 0 },
		{ DATA_ADDR + 512, 2, VRING_DESC_F_WRITE },
	};
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 16);
	put_header(g, VIRTIO_BLK_T_OUT, 1);
	packed_add(&p, list, 3, 5);
	kick(g);
	CHECK(packed_take(&p, 3, &u));
	CHECK_EQ(u.flags, DESC_F_AVAIL | DESC_F_USED);
	CHECK_EQ(u.len, 0);
	CHECK_EQ(*(uint8_t *)at(g, DATA_ADDR + 513), VIRTIO_BLK_S_IOERR);
}

/* Lists lie across the end of the ring at every offset it can have. */
static void around(struct guest *g, uint16_t size)
{
	struct packed p;
	struct used u;
	unsigned int i;

	packed_start(&p, g, ALL_FEATURES, size);
	for (i = 0; !tap_failed() && i < 12U * size; i++) {
		uint16_t off_wrap;

		set_driver_event(g, p.seen | (p.seen_wrap ? EVENT_WRAP : 0),
				 DESC_EVENT);
		packed_add_read(&p, i % 100, 512, i);
		kick(g);
		CHECK(packed_take(&p, 3, &u));
		CHECK_EQ(u.id, (uint16_t)i);
		CHECK_EQ(status_byte(g), 0);
		CHECK_EQ(device_event(g, &off_wrap), DESC_EVENT);
		CHECK_EQ(off_wrap, packed_next(&p));
		CHECK_EQ(seen.vector[1], i + 1);
	}
	seen.vector[1] = 0;
}

static void test_wrap(struct guest *g)
{
	static const uint16_t sizes[] = { 3, 4, 5, 6, 7, 8, 13, 100, 255 };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		around(g, sizes[i]);
}

static void with_1(struct options *o)
{
	o->queue_size = 1;
}

/* A ring of one descriptor holds any request: in a table. */
static void test_size_1(struct guest *g)
{
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 1);
	for (unsigned int i = 0; i < 9; i++) {
		set_driver_event(g, packed_next(&p), DESC_EVENT);
		packed_add_table(&p, i, 512, i);
		kick(g);
		CHECK(packed_take(&p, 1, &u));
		CHECK_EQ(u.id, i);
		CHECK_EQ(u.len, 513);
		CHECK_EQ(seen.vector[1], i + 1);
		check_data(g, i, 512);
	}
	CHECK_EQ(vdev_status(g->v), 15);
}

/* 2.8.7: flags but WRITE, and the ids, of a table are not looked at. */
static void test_table(struct guest *g)
{
	const uint16_t noise = (uint16_t)~VRING_DESC_F_WRITE;
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 4);
	packed_add_table(&p, 9, 512, 1);
	put_table(g, 0, HDR_ADDR, 16, 0xffff, noise);
	put_table(g, 1, DATA_ADDR, 512, 77, 0xffff);
	kick(g);
	CHECK(packed_take(&p, 1, &u));
	CHECK_EQ(u.len, 513);
	CHECK_EQ(status_byte(g), 0);
	check_data(g, 9, 512);
}

/* Each has a used descriptor of its own, and all show at once. */
static void test_batch(struct guest *g)
{
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 100);
	for (unsigned int i = 0; i < 30; i++)
		packed_add_read(&p, 0, 512, i);
	kick(g);
	for (unsigned int i = 0; i < 30; i++) {
		CHECK(packed_take(&p, 3, &u));
		CHECK_EQ(u.id, i);
	}
	CHECK(!packed_take(&p, 3, &u));
	CHECK_EQ(seen.vector[1], 1);
	CHECK(!vdev_wants_poll(g->v));
	kick(g);
	CHECK_EQ(seen.vector[1], 1);
}

static void with_1024(struct options *o)
{
	o->queue_size = 1024;
}

static void test_budget(struct guest *g)
{
	unsigned int polls = 0, n = 0;
	struct packed p;
	struct used u;

	packed_start(&p, g, ALL_FEATURES, 1000);
	for (unsigned int i = 0; i < 333; i++)
		packed_add_read(&p, 0, 512, i);
	kick(g);
	while (packed_take(&p, 3, &u))
		n++;
	CHECK_EQ(n, QUEUE_BATCH_REQUESTS);
	while (vdev_wants_poll(g->v) && polls++ < 100)
		vdev_poll(g->v);
	while (packed_take(&p, 3, &u))
		n++;
	CHECK_EQ(n, 333);
}

/* One request. Return: whether an interrupt came */
static bool interrupted(struct packed *p)
{
	unsigned int before = seen.vector[1];
	struct used u;

	packed_add_read(p, 0, 512, 0);
	kick(p->g);
	CHECK(packed_take(p, 3, &u));
	return seen.vector[1] != before;
}

static void test_driver_event(struct guest *g)
{
	struct packed p;

	packed_start(&p, g, V1 | EVENT, 8);
	set_driver_event(g, 0, DISABLE);
	CHECK(!interrupted(&p));	/* slots 0 to 2 */
	set_driver_event(g, 0x7fff, ENABLE);
	CHECK(interrupted(&p));		/* 3 to 5 */
	set_driver_event(g, 2, DESC_EVENT);
	CHECK(!interrupted(&p));	/* 6, 7, and 0 of the next turn */
	CHECK(interrupted(&p));		/* 1 to 3: with 2, and its counter */
	set_driver_event(g, EVENT_WRAP | 5, DESC_EVENT);
	CHECK(!interrupted(&p));	/* 4 to 6, with the other counter */
	set_driver_event(g, 7, DESC_EVENT);
	CHECK(interrupted(&p));		/* 7, and 0 and 1 of the next turn */
	set_driver_event(g, EVENT_WRAP | 1, DESC_EVENT);
	CHECK(!interrupted(&p));	/* 2 to 4: was crossed already */
	set_driver_event(g, 0, DESC_EVENT);
	CHECK(!interrupted(&p));	/* 5 to 7: just before it */
	CHECK(interrupted(&p));		/* 0 to 2 of the next turn */
	CHECK_EQ(g->c.interrupts_suppressed, 5);
}

/* Invalid flags count as enabled. */
static void test_odd_driver_event(struct guest *g)
{
	struct packed p;

	packed_start(&p, g, V1 | EVENT, 8);
	set_driver_event(g, EVENT_WRAP | 12, DESC_EVENT);	/* no such one */
	CHECK(interrupted(&p));
	set_driver_event(g, 0, 3);		/* reserved */
	CHECK(interrupted(&p));
	set_driver_event(g, 0, 0xfffc | DISABLE);	/* reserved bits */
	CHECK(!interrupted(&p));
	packed_start(&p, g, V1, 8);
	set_driver_event(g, 7, DESC_EVENT);	/* needs EVENT_IDX */
	CHECK(interrupted(&p));
}

static void test_device_event(struct guest *g)
{
	uint16_t off_wrap;
	struct packed p;

	packed_start(&p, g, V1 | EVENT, 4);
	interrupted(&p);
	CHECK_EQ(device_event(g, &off_wrap), DESC_EVENT);
	CHECK_EQ(off_wrap, EVENT_WRAP | 3);
	interrupted(&p);
	CHECK_EQ(device_event(g, &off_wrap), DESC_EVENT);
	CHECK_EQ(off_wrap, 2);
	packed_start(&p, g, V1, 4);
	interrupted(&p);
	CHECK_EQ(device_event(g, &off_wrap), ENABLE);
}

static void test_poll(struct guest *g)
{
	uint16_t off_wrap;
	struct packed p;
	struct used u;

	for (unsigned int event = 0; event < 2; event++) {
		packed_start(&p, g, V1 | (event ? EVENT : 0), 5);
		CHECK(vdev_wants_poll(g->v));
		CHECK(!vdev_poll(g->v));
		for (unsigned int i = 0; i < 20; i++) {
			CHECK_EQ(device_event(g, &off_wrap), DISABLE);
			packed_add_read(&p, i, 512, i);
			CHECK(vdev_poll(g->v));
			CHECK(packed_take(&p, 3, &u));
		}
	}
}

const struct test packed_tests[] = {
	{ "packed: a read fills its buffer and is used once",
	  .on_guest = test_read },
	{ "packed: used without a byte written",
	  .on_guest = test_nothing_written },
	{ "packed: lists across the end of the ring", .on_guest = test_wrap },
	{ "packed: a ring of one descriptor",
	  .on_guest = test_size_1, .change = with_1 },
	{ "packed: an indirect table", .on_guest = test_table },
	{ "packed: a batch costs one interrupt", .on_guest = test_batch },
	{ "packed: a pass over a queue is bounded",
	  .on_guest = test_budget, .change = with_1024 },
	{ "packed: when the driver wants interrupts",
	  .on_guest = test_driver_event },
	{ "packed: wishes that make no sense",
	  .on_guest = test_odd_driver_event },
	{ "packed: when the device wants notifications",
	  .on_guest = test_device_event },
	{ "packed: --poll wants none",
	  .on_guest = test_poll, .change = with_poll },
	{ }
};

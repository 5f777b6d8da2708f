// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of packed rings with a well-behaved driver: tables, and the event
 * suppression structures of both sides. feature_test.c has the rest.
 */
#include "guest.h"

#define DESC_EVENT	VRING_PACKED_EVENT_FLAG_DESC
#define ENABLE		VRING_PACKED_EVENT_FLAG_ENABLE
#define DISABLE		VRING_PACKED_EVENT_FLAG_DISABLE

/* A used descriptor without WRITE: nothing was written, the length is void. */
static void test_nothing_written(struct guest *g)
{
	const struct piece list[] = {
		{ HDR_ADDR, 16, 0 }, { DATA_ADDR, 512, 0 },
		{ DATA_ADDR + 512, 2, VRING_DESC_F_WRITE },
	};
	struct used u;

	guest_start(g, ALL_FEATURES | PACKED, 16);
	put_header(g, VIRTIO_BLK_T_OUT, 1);
	add(g, list, 3, 5);
	kick(g);
	CHECK(take(g, 1, 3, &u));
	CHECK_EQ(u.flags, DESC_F_AVAIL | DESC_F_USED);
	CHECK_EQ(u.len, 0);
	CHECK_EQ(*(uint8_t *)at(g, DATA_ADDR + 513), VIRTIO_BLK_S_IOERR);
}

static void with_1(struct options *o)
{
	o->queue_size = 1;
}

/* A ring of one descriptor holds any request: in a table. */
static void test_size_1(struct guest *g)
{
	struct used u;

	guest_start(g, ALL_FEATURES | PACKED, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 1);
	for (unsigned int i = 0; i < 9; i++) {
		add_read(g, i, 512, i, true);
		kick(g);
		CHECK(take(g, 1, 1, &u));
		CHECK_EQ(u.id, i);
		CHECK_EQ(u.len, 513);
		check_data(g, i, 512);
	}
	CHECK_EQ(vdev_status(g->v), 15);
}

/* 2.8.7: flags but WRITE, and the ids, of a table are not looked at. */
static void test_table(struct guest *g)
{
	const uint16_t noise = (uint16_t)~VRING_DESC_F_WRITE;
	struct used u;

	guest_start(g, ALL_FEATURES | PACKED, 4);
	add_read(g, 9, 512, 1, true);
	put_table(g, 0, HDR_ADDR, 16, 0xffff, noise);
	put_table(g, 1, DATA_ADDR, 512, 77, 0xffff);
	kick(g);
	CHECK(take(g, 1, 1, &u));
	CHECK_EQ(u.len, 513);
	CHECK_EQ(status_byte(g), 0);
	check_data(g, 9, 512);
}

static void with_1024(struct options *o)
{
	o->queue_size = 1024;
}

static void test_budget(struct guest *g)
{
	unsigned int polls = 0, n = 0;
	struct used u;

	guest_start(g, ALL_FEATURES | PACKED, 1000);
	for (unsigned int i = 0; i < 333; i++)
		add_read(g, 0, 512, i, false);
	kick(g);
	while (take(g, 1, 3, &u))
		n++;
	CHECK_EQ(n, QUEUE_BATCH_REQUESTS);
	while (vdev_wants_poll(g->v) && polls++ < 100)
		vdev_poll(g->v);
	while (take(g, 1, 3, &u))
		n++;
	CHECK_EQ(n, 333);
}

/* One request. Return: whether an interrupt came */
static bool interrupted(struct guest *g)
{
	unsigned int before = seen.vector[1];
	struct used u;

	add_read(g, 0, 512, 0, false);
	kick(g);
	CHECK(take(g, 1, 3, &u));
	return seen.vector[1] != before;
}

static void test_driver_event(struct guest *g)
{
	guest_start(g, V1 | EVENT | PACKED, 8);
	set_driver_event(g, 0, DISABLE);
	CHECK(!interrupted(g));	/* slots 0 to 2 */
	set_driver_event(g, 0x7fff, ENABLE);
	CHECK(interrupted(g));		/* 3 to 5 */
	set_driver_event(g, 2, DESC_EVENT);
	CHECK(!interrupted(g));	/* 6, 7, and 0 of the next turn */
	CHECK(interrupted(g));		/* 1 to 3: with 2, and its counter */
	set_driver_event(g, EVENT_WRAP | 5, DESC_EVENT);
	CHECK(!interrupted(g));	/* 4 to 6, with the other counter */
	set_driver_event(g, 7, DESC_EVENT);
	CHECK(interrupted(g));		/* 7, and 0 and 1 of the next turn */
	set_driver_event(g, EVENT_WRAP | 1, DESC_EVENT);
	CHECK(!interrupted(g));	/* 2 to 4: was crossed already */
	set_driver_event(g, 0, DESC_EVENT);
	CHECK(!interrupted(g));	/* 5 to 7: just before it */
	CHECK(interrupted(g));		/* 0 to 2 of the next turn */
	CHECK_EQ(g->c.interrupts_suppressed, 5);
}

/* Invalid flags count as enabled. */
static void test_odd_driver_event(struct guest *g)
{
	guest_start(g, V1 | EVENT | PACKED, 8);
	set_driver_event(g, EVENT_WRAP | 12, DESC_EVENT);	/* no such one */
	CHECK(interrupted(g));
	set_driver_event(g, 0, 3);		/* reserved */
	CHECK(interrupted(g));
	set_driver_event(g, 0, 0xfffc | DISABLE);	/* reserved bits */
	CHECK(!interrupted(g));
	guest_start(g, V1 | PACKED, 8);
	set_driver_event(g, 7, DESC_EVENT);	/* needs EVENT_IDX */
	CHECK(interrupted(g));
}

static void test_device_event(struct guest *g)
{
	uint16_t off_wrap;

	guest_start(g, V1 | EVENT | PACKED, 4);
	interrupted(g);
	CHECK_EQ(device_event(g, &off_wrap), DESC_EVENT);
	CHECK_EQ(off_wrap, EVENT_WRAP | 3);
	interrupted(g);
	CHECK_EQ(device_event(g, &off_wrap), DESC_EVENT);
	CHECK_EQ(off_wrap, 2);
	guest_start(g, V1 | PACKED, 4);
	interrupted(g);
	CHECK_EQ(device_event(g, &off_wrap), ENABLE);
}

const struct test packed_tests[] = {
	{ "packed: used without a byte written",
	  .on_guest = test_nothing_written },
	{ "packed: a ring of one descriptor",
	  .on_guest = test_size_1, .change = with_1 },
	{ "packed: an indirect table", .on_guest = test_table },
	{ "packed: a pass over a queue is bounded",
	  .on_guest = test_budget, .change = with_1024 },
	{ "packed: when the driver wants interrupts",
	  .on_guest = test_driver_event },
	{ "packed: wishes that make no sense",
	  .on_guest = test_odd_driver_event },
	{ "packed: when the device wants notifications",
	  .on_guest = test_device_event },
	{ }
};

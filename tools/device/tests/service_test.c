// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of storage that takes its time, stops and fails: nothing is
 * answered before it is due, and a reset leaves nothing behind.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "base/clock.h"

#define MINUTE_US	60e6
#define FOREVER		(UINT64_MAX - 1)
#define MS		1000000ULL
/* Beside each other: header, data and status of each request are its own. */
#define APART		0x400

static void slow(struct options *o)
{
	o->service = (struct service_model){
		.kind = SERVICE_CONSTANT, .typical = MINUTE_US,
	};
	o->seed = 1;
}

static void two_speeds(struct options *o)
{
	o->service = (struct service_model){
		SERVICE_BIMODAL, 1000, MINUTE_US, 50
	};
	o->seed = 1;
}

static void one_server(struct options *o)
{
	slow(o);
	o->parallel = 1;
}

static void each_third(struct options *o)
{
	o->fail_every = 3;
}

static uint8_t *status_of(struct guest *g, unsigned int n)
{
	return at(g, STATUS_ADDR + n * APART);
}

/* Request @n: one sector, the @n-th; three descriptors from 3 * @n on */
static void submit(struct guest *g, unsigned int n)
{
	struct virtio_blk_outhdr *h = at(g, HDR_ADDR + n * APART);
	unsigned int head = 3 * n;

	memset(h, 0, sizeof(*h));
	h->sector = htole64(n);
	*status_of(g, n) = 0xff;
	put_desc(g, head, HDR_ADDR + n * APART, sizeof(*h), VRING_DESC_F_NEXT,
		 head + 1);
	put_desc(g, head + 1, DATA_ADDR + n * APART, 512, VRING_DESC_F_NEXT |
		 VRING_DESC_F_WRITE, head + 2);
	put_desc(g, head + 2, STATUS_ADDR + n * APART, 1, VRING_DESC_F_WRITE,
		 0);
	offer(g, head);
	kick(g);
}

/* Return: the request that was answered next, or -1 */
static int answered(struct guest *g)
{
	uint32_t id, len;

	if (!take_used(g, &id, &len))
		return -1;
	CHECK_EQ(id % 3, 0);
	CHECK_EQ(len, 513);
	CHECK_EQ(*status_of(g, id / 3), VIRTIO_BLK_S_OK);
	for (unsigned int i = 0; i < 512; i++)
		CHECK_EQ(*(uint8_t *)at(g, DATA_ADDR + id / 3 * APART + i),
			 disk_byte(id / 3 * 512 + i));
	return id / 3;
}

static void test_late(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 64);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	for (unsigned int n = 0; n < 4; n++)
		submit(g, n);
	CHECK(vdev_due(g->v) != UINT64_MAX);
	vdev_serve(g->v, clock_ns());
	CHECK_EQ(used_idx(g), 0);
	CHECK_EQ(*status_of(g, 0), 0xff);
	CHECK_EQ(seen.vector[1], 0);
	vdev_serve(g->v, vdev_due(g->v));
	CHECK_EQ(used_idx(g), 1);
	CHECK_EQ(seen.vector[1], 1);
	CHECK_EQ(*status_of(g, 1), 0xff);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(used_idx(g), 4);
	for (int n = 0; n < 4; n++)
		CHECK_EQ(answered(g), n);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
}

/* Those that are fast overtake those that are slow, and all are answered. */
static void test_out_of_order(struct guest *g)
{
	unsigned int done = 0, count = 0, last = 0, overtaken = 0;
	int n;

	CHECK(!(offered(g) & BIT64(VIRTIO_F_IN_ORDER)));
	guest_start(g, ALL_FEATURES, 64);
	for (unsigned int i = 0; i < 20; i++)
		submit(g, i);
	vdev_serve(g->v, clock_ns() + 1000 * MS);
	CHECK(used_idx(g) > 0 && used_idx(g) < 20);
	vdev_serve(g->v, FOREVER);
	for (; (n = answered(g)) >= 0; count++) {
		overtaken += (unsigned int)n < last;
		last = n;
		done |= 1U << n;
	}
	CHECK_EQ(count, 20);
	CHECK_EQ(done, 0xfffff);
	CHECK(overtaken);
}

static void test_one_server(struct guest *g)
{
	uint64_t first;

	guest_start(g, ALL_FEATURES, 64);
	submit(g, 0);
	submit(g, 1);
	first = vdev_due(g->v);
	vdev_serve(g->v, first);
	CHECK_EQ(used_idx(g), 1);
	CHECK_EQ(vdev_due(g->v) - first, 60000 * MS);
}

/* Without a model; registers go on, requests leave in their order. */
static void test_stall(struct guest *g)
{
	uint64_t features = ALL_FEATURES | BIT64(VIRTIO_F_IN_ORDER);
	uint32_t id, len;

	guest_start(g, features, 64);
	submit(g, 0);
	CHECK_EQ(used_idx(g), 1);
	service_stall(g->v, 60);
	for (unsigned int n = 1; n < 9; n++)
		submit(g, n);
	vdev_serve(g->v, clock_ns());
	CHECK_EQ(used_idx(g), 1);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15);
	service_stall(g->v, 0);
	/* This one comes after the stall, and does not overtake. */
	submit(g, 9);
	CHECK_EQ(used_idx(g), 1);
	vdev_serve(g->v, clock_ns());
	CHECK_EQ(used_idx(g), 10);
	/* 2.7.9: one entry for each batch, that of its last request */
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(id, 0);
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(id, 27);
	submit(g, 10);
	CHECK_EQ(used_idx(g), 11);
}

/* The device does not write to buffers after a reset. */
static void test_reset(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 64);
	submit(g, 0);
	submit(g, 1);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	guest_start(g, ALL_FEATURES, 64);
	submit(g, 2);
	*status_of(g, 0) = 0x55;
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(*status_of(g, 0), 0x55);
	CHECK_EQ(used_idx(g), 1);
	CHECK_EQ(answered(g), 2);
}

static void test_queue_reset(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 64);
	submit(g, 0);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set(g, VFE_REG_QUEUE_RESET, 1);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(*status_of(g, 0), 0xff);
	memset(at(g, USED_ADDR), 0, 4);
	guest_queue(g, 64);
	submit(g, 1);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(answered(g), 1);
	CHECK_EQ(answered(g), -1);
}

/* Memory that goes away and comes back, with the answers waiting */
static void test_memory(struct guest *g)
{
	int fd;

	guest_start(g, ALL_FEATURES, 64);
	submit(g, 0);
	CHECK_EQ(gmem_unmap(g->gm, RAM_BASE, RAM_HALF), 0);
	vdev_memory_changed(g->v);
	vdev_serve(g->v, clock_ns() + 120000 * MS);
	CHECK_EQ(*status_of(g, 0), 0xff);
	CHECK(vdev_due(g->v) != UINT64_MAX);
	fd = dup(g->ram_fd);
	CHECK_EQ(gmem_map(g->gm, RAM_BASE, RAM_HALF, fd, 0, true, true), 0);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(answered(g), 0);
}

/* Without mastership of the bus nothing is written. */
static void test_bus_master(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 64);
	submit(g, 0);
	vdev_bus_master(g->v, false);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(used_idx(g), 0);
	vdev_bus_master(g->v, true);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(answered(g), 0);
}

/* A driver that has more in flight than the ring holds */
static void test_too_many(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 8);
	for (unsigned int i = 0; i < 8; i++)
		submit(g, i % 2);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15);
	submit(g, 0);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15 | 64);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(used_idx(g), 0);
	guest_start(g, ALL_FEATURES, 8);
	submit(g, 0);
	vdev_serve(g->v, FOREVER);
	CHECK_EQ(answered(g), 0);
}

static void test_fail(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	for (unsigned int i = 1; i < 7; i++) {
		CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len),
			 i % 3 ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
		CHECK_EQ(len, i % 3 ? 513 : 0);
	}
	service_fail(g->v, 2);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 1, 512, &len),
		 VIRTIO_BLK_S_IOERR);
	CHECK_EQ(request(g, VIRTIO_BLK_T_FLUSH, 0, 0, &len),
		 VIRTIO_BLK_S_IOERR);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), VIRTIO_BLK_S_OK);
	CHECK_EQ(g->c.of_class[BLK_ERRORS], 4);
}

static void test_models(void)
{
	static const char * const good[] = {
		"constant:0", "constant:1.5", "exponential:5000",
		"lognormal:5000:0.7", "bimodal:1000:20000:5",
	};
	static const char * const bad[] = {
		"", "constant", "constant:", "constant:-1", "constant:1:2",
		"constant:7e7", "constant:nan", "lognormal:1", "lognormal:1:5",
		"bimodal:1:2:101", "bimodal:1:2:3:4", "uniform:1", "constant:1x",
	};
	struct service_model m;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_EQ(service_parse(&m, good[i]), 0);
	CHECK_EQ(m.kind, SERVICE_BIMODAL);
	CHECK_EQ((int)m.percent, 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(service_parse(&m, bad[i]), -1);
}

static struct service_model drawn;

static void drawn_model(struct options *o)
{
	o->service = drawn;
	o->seed = 7;
}

/* The mean of many service times, in us; one server, so they add up */
static double mean_of(const char *model)
{
	const unsigned int rounds = 4000;
	double sum = 0;
	struct guest g;

	CHECK_EQ(service_parse(&drawn, model), 0);
	guest_open(&g, drawn_model);
	guest_start(&g, ALL_FEATURES, 8);
	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t begin = clock_ns();

		submit(&g, 0);
		sum += (double)(int64_t)(vdev_due(g.v) - begin) / 1000;
		vdev_serve(g.v, FOREVER);
	}
	guest_close(&g);
	return sum / rounds;
}

static void test_means(void)
{
	/* Milliseconds, beside which the time that this takes is nothing */
	double constant = mean_of("constant:100000");
	double exponential = mean_of("exponential:100000");
	double lognormal = mean_of("lognormal:100000:0.7");
	double bimodal = mean_of("bimodal:10000:910000:10");

	CHECK(constant >= 100000 && constant < 102000);
	CHECK(exponential > 94000 && exponential < 106000);
	/* exp(sigma * sigma / 2) times the median */
	CHECK(lognormal > 121000 && lognormal < 135000);
	CHECK(bimodal > 88000 && bimodal < 112000);
}

const struct test service_tests[] = {
	{ "service: an answer comes when it is due",
	  .on_guest = test_late, .change = slow },
	{ "service: fast requests overtake slow ones",
	  .on_guest = test_out_of_order, .change = two_speeds },
	{ "service: one server takes requests one by one",
	  .on_guest = test_one_server, .change = one_server },
	{ "service: a stall keeps requests in their order",
	  .on_guest = test_stall },
	{ "service: a reset drops waiting requests",
	  .on_guest = test_reset, .change = slow },
	{ "service: so does the reset of a queue",
	  .on_guest = test_queue_reset, .change = slow },
	{ "service: guest memory goes and comes back",
	  .on_guest = test_memory, .change = slow },
	{ "service: nothing is written without bus mastering",
	  .on_guest = test_bus_master, .change = slow },
	{ "service: more in flight than the ring holds",
	  .on_guest = test_too_many, .change = slow },
	{ "service: requests that fail",
	  .on_guest = test_fail, .change = each_third },
	{ "service: valid and invalid models", .run = test_models },
	{ "service: each model has its mean", .run = test_means },
	{ }
};

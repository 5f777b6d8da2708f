// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with the driver in a thread of its own: no notification and no
 * interrupt may get lost however the two sides interleave. One that does
 * leaves both waiting, which ends in a timeout.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "packed_guest.h"

#define SIZE		8
#define ROUNDS		20000
#define PATIENCE	20	/* seconds for all of them */

struct race {
	struct guest g;
	struct packed p;	/* the same ring, if it is a packed one */
	bool packed;
	bool event_idx;
	uint32_t bell;		/* the driver notified */
	uint32_t ended;		/* the driver is through, or gave up */
	bool lost;
	time_t deadline;
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static uint32_t interrupts(void)
{
	return __atomic_load_n(&seen.vector[1], __ATOMIC_ACQUIRE);
}

static void add(struct race *r)
{
	static const struct piece table = {
		TABLE_ADDR, 48, VRING_DESC_F_INDIRECT
	};

	if (r->packed)
		packed_add(&r->p, &table, 1, 0);
	else
		offer(&r->g, 0);
}

static unsigned int in_flight(const struct race *r)
{
	if (r->packed)
		return r->p.in_flight;
	return (uint16_t)(r->g.avail_idx - r->g.used_seen);
}

static uint16_t next_avail(const struct race *r)
{
	return r->packed ? packed_next(&r->p) : r->g.avail_idx;
}

/* Offset and wrap counter, as a number that goes around at two ring sizes */
static unsigned int position(uint16_t off_wrap)
{
	return (off_wrap & (EVENT_WRAP - 1)) + (off_wrap & EVENT_WRAP ? 0 : SIZE);
}

static unsigned int steps(uint16_t from, uint16_t to)
{
	return (position(to) - position(from)) % (2 * SIZE);
}

static bool packed_wanted(const struct race *r, uint16_t old)
{
	uint16_t event;

	switch (device_event(&r->g, &event)) {
	case VRING_PACKED_EVENT_FLAG_DISABLE:
		return false;
	case VRING_PACKED_EVENT_FLAG_DESC:
		return steps(old, event) < steps(old, packed_next(&r->p));
	default:
		return true;
	}
}

static bool split_wanted(const struct race *r, uint16_t old)
{
	if (r->event_idx)
		return vring_need_event(avail_event(&r->g), r->g.avail_idx,
					old);
	return !(used_flags(&r->g) & VRING_USED_F_NO_NOTIFY);
}

/* A driver's steps after it has made entries available from @old on */
static void notify(struct race *r, uint16_t old)
{
	/* 2.7.13.4.1, 2.8.21.3.1 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (r->packed ? packed_wanted(r, old) : split_wanted(r, old))
		__atomic_store_n(&r->bell, 1, __ATOMIC_RELEASE);
}

static bool drain(struct race *r)
{
	uint32_t id, len;
	bool any = false;
	struct used u;

	if (r->packed) {
		while (packed_take(&r->p, 1, &u))
			any = true;
	} else {
		while (take_used(&r->g, &id, &len))
			any = true;
	}
	return any;
}

static void want_interrupt(struct race *r)
{
	struct guest *g = &r->g;

	if (r->packed && r->event_idx)
		set_driver_event(g, r->p.seen | (r->p.seen_wrap ? EVENT_WRAP : 0),
				 VRING_PACKED_EVENT_FLAG_DESC);
	else if (r->packed)
		set_driver_event(g, 0, VRING_PACKED_EVENT_FLAG_ENABLE);
	else if (r->event_idx)
		set_used_event(g, g->used_seen);
	else
		set_avail_flags(g, 0);
}

/* Not needed with EVENT_IDX: the event index is already passed. */
static void want_none(struct race *r)
{
	if (r->event_idx)
		return;
	if (r->packed)
		set_driver_event(&r->g, 0, VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		set_avail_flags(&r->g, VRING_AVAIL_F_NO_INTERRUPT);
}

/* Sleep until an interrupt, as long as there is nothing to take. */
static void wait_used(struct race *r)
{
	uint32_t before;

	while (!r->lost) {
		before = interrupts();
		want_interrupt(r);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (drain(r))
			return;
		while (interrupts() == before && !r->lost) {
			r->lost = now() > r->deadline;
			sched_yield();
		}
	}
}

/* Anything from nothing to longer than a pass of the device takes */
static void dawdle(unsigned int *seed)
{
	unsigned int turns = rand_r(seed) % 4096;

	if (turns % 4 == 0)
		sched_yield();
	for (unsigned int i = 0; i < turns; i++)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void *drive(void *arg)
{
	struct race *r = arg;
	unsigned int seed = 1;

	for (unsigned int i = 0; i < ROUNDS && !r->lost; i++) {
		unsigned int room = SIZE - in_flight(r);
		uint16_t old = next_avail(r);

		want_none(r);
		for (unsigned int n = 0; n < room && n <= i % 3; n++)
			add(r);
		if (room)
			notify(r, old);
		dawdle(&seed);
		/*
		 * A thread that waits for all of them notices a lost
		 * notification.
		 */
		if (room <= 3)
			wait_used(r);
		while (i % 4 == 0 && in_flight(r) && !r->lost)
			wait_used(r);
	}
	while (!r->lost && in_flight(r))
		wait_used(r);
	__atomic_store_n(&r->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void serve(struct race *r)
{
	while (!__atomic_load_n(&r->ended, __ATOMIC_ACQUIRE)) {
		if (__atomic_exchange_n(&r->bell, 0, __ATOMIC_SEQ_CST))
			kick(&r->g);
		else if (!vdev_wants_poll(r->g.v) || !vdev_poll(r->g.v))
			sched_yield();
	}
}

/* The request as an indirect table of a packed ring, which starts empty */
static void put_tables(struct guest *g)
{
	memset(at(g, DESC_ADDR), 0, SIZE * sizeof(struct vring_packed_desc));
	put_table(g, 0, HDR_ADDR, 16, 0, 0);
	put_table(g, 1, DATA_ADDR, 512, 0, VRING_DESC_F_WRITE);
	put_table(g, 2, STATUS_ADDR, 1, 0, VRING_DESC_F_WRITE);
}

static void run_race(uint64_t features, void (*change)(struct options *o))
{
	struct race r = {
		.event_idx = features & BIT64(VIRTIO_RING_F_EVENT_IDX),
		.packed = features & PACKED,
		.deadline = now() + PATIENCE,
	};
	pthread_t driver;

	features |= BIT64(VIRTIO_F_VERSION_1) |
		    BIT64(VIRTIO_RING_F_INDIRECT_DESC);
	guest_open(&r.g, change);
	guest_start(&r.g, features, SIZE);
	packed_fresh(&r.p, &r.g, SIZE);
	put_request(&r.g, 0, VIRTIO_BLK_T_IN, 0, 512);
	if (r.packed)
		put_tables(&r.g);
	if (pthread_create(&driver, NULL, drive, &r)) {
		CHECK(!"a thread");
	} else {
		serve(&r);
		pthread_join(driver, NULL);
	}
	CHECK(!r.lost);
	CHECK_EQ(in_flight(&r), 0);
	CHECK_EQ(vdev_status(r.g.v), 15);
	guest_close(&r.g);
}

static void test_event_idx(void)
{
	run_race(EVENT, NULL);
}

static void test_flags(void)
{
	run_race(0, NULL);
}

static void test_poll(void)
{
	run_race(EVENT, with_poll);
}

static void test_packed_event_idx(void)
{
	run_race(PACKED | EVENT, NULL);
}

static void test_packed_flags(void)
{
	run_race(PACKED, NULL);
}

static void test_packed_poll(void)
{
	run_race(PACKED | EVENT, with_poll);
}

const struct test race_tests[] = {
	{ "nothing is lost with EVENT_IDX", .run = test_event_idx },
	{ "nothing is lost with flags", .run = test_flags },
	{ "nothing is lost with --poll", .run = test_poll },
	{ "packed: nothing is lost with EVENT_IDX",
	  .run = test_packed_event_idx },
	{ "packed: nothing is lost with flags", .run = test_packed_flags },
	{ "packed: nothing is lost with --poll", .run = test_packed_poll },
	{ }
};

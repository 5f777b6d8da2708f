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

#include "guest.h"

#define SIZE		8
#define ROUNDS		20000
#define PATIENCE	20	/* seconds for all of them */

struct race {
	struct guest g;
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

static void add_one(struct guest *g)
{
	static const struct piece table = {
		TABLE_ADDR, 48, VRING_DESC_F_INDIRECT
	};

	if (g->features & PACKED)
		add(g, &table, 1, 0);
	else
		offer(g, 0);
}

/* A driver's steps after it has made entries available from @old on */
static void notify(struct race *r, uint16_t old)
{
	/* 2.7.13.4.1, 2.8.21.3.1 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (kick_wanted(&r->g, old))
		__atomic_store_n(&r->bell, 1, __ATOMIC_RELEASE);
}

static bool drain(struct guest *g)
{
	bool any = false;
	struct used u;

	while (take(g, 1, 1, &u))
		any = true;
	return any;
}

/* Sleep until an interrupt, as long as there is nothing to take. */
static void wait_used(struct race *r)
{
	uint32_t before;

	while (!r->lost) {
		before = interrupts();
		want_interrupt(&r->g, true);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (drain(&r->g))
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
		unsigned int room = SIZE - in_flight(&r->g);
		uint16_t old = next_avail(&r->g);

		want_interrupt(&r->g, false);
		for (unsigned int n = 0; n < room && n <= i % 3; n++)
			add_one(&r->g);
		if (room)
			notify(r, old);
		dawdle(&seed);
		/*
		 * A thread that waits for all of them notices a lost
		 * notification.
		 */
		if (room <= 3)
			wait_used(r);
		while (i % 4 == 0 && in_flight(&r->g) && !r->lost)
			wait_used(r);
	}
	while (!r->lost && in_flight(&r->g))
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
		.deadline = now() + PATIENCE,
	};
	pthread_t driver;

	guest_open(&r.g, change);
	guest_start(&r.g, features | V1 | INDIRECT, SIZE);
	put_request(&r.g, 0, VIRTIO_BLK_T_IN, 0, 512);
	if (features & PACKED)
		put_tables(&r.g);
	if (pthread_create(&driver, NULL, drive, &r)) {
		CHECK(!"a thread");
	} else {
		serve(&r);
		pthread_join(driver, NULL);
	}
	CHECK(!r.lost);
	CHECK_EQ(in_flight(&r.g), 0);
	CHECK_EQ(vdev_status(r.g.v), 15);
	guest_close(&r.g);
}

static void test_races(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t layout = i ? PACKED : 0;

		run_race(layout | EVENT, NULL);
		run_race(layout, NULL);
		run_race(layout | EVENT, with_poll);
	}
}

const struct test race_tests[] = {
	{ "nothing is lost: with EVENT_IDX, with flags, with --poll",
	  .run = test_races },
	{ }
};

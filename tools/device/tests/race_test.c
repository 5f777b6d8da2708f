// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with the driver in a thread of its own: no notification and no
 * interrupt may get lost however the two sides interleave. One that does
 * leaves both waiting, which ends in a timeout.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "guest.h"

#define SIZE		8
#define ROUNDS		20000
#define PATIENCE	20	/* seconds for all of them */

struct race {
	struct guest g;
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

/* What a driver does once it has made entries available from @old on */
static void notify(struct race *r, uint16_t old)
{
	struct guest *g = &r->g;
	bool wanted;

	/* 2.7.13.4.1 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (r->event_idx)
		wanted = vring_need_event(avail_event(g), g->avail_idx, old);
	else
		wanted = !(used_flags(g) & VRING_USED_F_NO_NOTIFY);
	if (wanted)
		__atomic_store_n(&r->bell, 1, __ATOMIC_RELEASE);
}

static bool drain(struct guest *g)
{
	uint32_t id, len;
	bool any = false;

	while (take_used(g, &id, &len))
		any = true;
	return any;
}

/* Sleep until an interrupt, as long as there is nothing to take. */
static void wait_used(struct race *r)
{
	struct guest *g = &r->g;
	uint32_t before;

	while (!r->lost) {
		before = interrupts();
		if (r->event_idx)
			set_used_event(g, g->used_seen);
		else
			set_avail_flags(g, 0);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (drain(g))
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
	struct guest *g = &r->g;
	unsigned int seed = 1;

	for (unsigned int i = 0; i < ROUNDS && !r->lost; i++) {
		uint16_t old = g->avail_idx;
		unsigned int room = SIZE - (uint16_t)(old - g->used_seen);

		if (!r->event_idx)
			set_avail_flags(g, VRING_AVAIL_F_NO_INTERRUPT);
		for (unsigned int n = 0; n < room && n <= i % 3; n++)
			offer(g, 0);
		if (g->avail_idx != old)
			notify(r, old);
		dawdle(&seed);
		/* A notification that was lost is felt by who waits for all. */
		if (room <= 3)
			wait_used(r);
		while (i % 4 == 0 && g->used_seen != g->avail_idx && !r->lost)
			wait_used(r);
	}
	while (!r->lost && g->used_seen != g->avail_idx)
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

static void run_race(uint64_t features, void (*change)(struct options *o))
{
	struct race r = {
		.event_idx = features & BIT64(VIRTIO_RING_F_EVENT_IDX),
		.deadline = now() + PATIENCE,
	};
	pthread_t driver;

	guest_open(&r.g, change);
	guest_start(&r.g, features, SIZE);
	put_request(&r.g, 0, VIRTIO_BLK_T_IN, 0, 512);
	if (pthread_create(&driver, NULL, drive, &r)) {
		CHECK(!"a thread");
	} else {
		serve(&r);
		pthread_join(driver, NULL);
	}
	CHECK(!r.lost);
	CHECK_EQ(used_idx(&r.g), r.g.avail_idx);
	CHECK_EQ(vdev_status(r.g.v), 15);
	guest_close(&r.g);
}

static void with_poll(struct options *o)
{
	o->poll = true;
}

static void test_event_idx(void)
{
	run_race(BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_RING_F_EVENT_IDX),
		 NULL);
}

static void test_flags(void)
{
	run_race(BIT64(VIRTIO_F_VERSION_1), NULL);
}

static void test_poll(void)
{
	run_race(BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_RING_F_EVENT_IDX),
		 with_poll);
}

const struct test race_tests[] = {
	{ "nothing is lost with EVENT_IDX", test_event_idx },
	{ "nothing is lost with flags", test_flags },
	{ "nothing is lost with --poll", test_poll },
	{ }
};

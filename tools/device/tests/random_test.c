// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests with a driver that does anything at all, the same each time. The
 * sanitizers must stay silent, and a reset must help.
 */
#include <endian.h>
#include <stdlib.h>

#include "packed_guest.h"

#define SIZE		16

static uint64_t random_addr(void)
{
	switch (rand() % 8) {
	case 0:
		return ROM_BASE;
	case 1:
		return (uint64_t)rand() << (rand() % 34);
	case 2:
		return RAM_BASE + RAM_HALF - rand() % 600;
	default:
		return RAM_BASE + rand() % RAM_SIZE;
	}
}

static uint32_t random_len(void)
{
	static const uint32_t often[] = { 1, 16, 512, 1024, 48, 32, 0, 513 };

	return rand() % 8 ? often[rand() % 8] : (uint32_t)rand();
}

/* Descriptors and indices of all kinds; mostly within the ring, or all dies */
static void random_ring(struct guest *g)
{
	struct vring_avail *avail = at(g, AVAIL_ADDR);

	for (unsigned int i = 0; i < SIZE; i++) {
		put_desc(g, i, random_addr(), random_len(), rand() % 8,
			 rand() % (SIZE + 1));
		put_table(g, i, random_addr(), random_len(), rand() % 8,
			  rand() % (SIZE + 1));
		avail->ring[i] = htole16(rand() % SIZE);
	}
	put_header(g, rand() % 15, rand() % DISK_SECTORS);
	put_desc(g, rand() % SIZE, HDR_ADDR, 16, VRING_DESC_F_NEXT,
		 rand() % SIZE);
	put_desc(g, rand() % SIZE, TABLE_ADDR, 64, VRING_DESC_F_INDIRECT,
		 0);
	put_table(g, 0, HDR_ADDR, 16, VRING_DESC_F_NEXT, 1);
	g->avail_idx += rand() % (SIZE + 2);
	avail->idx = htole16(g->avail_idx);
}

static void test_random(struct guest *g)
{
	srand(1);
	for (unsigned int i = 0; i < 5000; i++) {
		if (!(i % 8) || !vdev_running(g->v))
			guest_start(g, ALL_FEATURES, SIZE);
		random_ring(g);
		kick(g);
		vdev_poll(g->v);
	}
	check_alive(g, SIZE);
}

/* Mostly available ones, or there is nothing to read */
static void random_packed_ring(struct packed *p)
{
	struct guest *g = p->g;

	for (unsigned int i = 0; i < SIZE; i++) {
		struct piece e = { random_addr(), random_len(), 0 };
		uint16_t flags = rand() % 8;

		flags |= rand() % 16 ? (p->wrap ? DESC_F_AVAIL : DESC_F_USED) :
			 (rand() & (DESC_F_AVAIL | DESC_F_USED));
		packed_desc(g, i, &e, i, flags);
		put_table(g, i, random_addr(), random_len(), rand(),
			  rand() % 8);
	}
	put_header(g, rand() % 15, rand() % DISK_SECTORS);
	put_table(g, 0, HDR_ADDR, 16, 0, 0);
	set_driver_event(g, rand() % (2 * SIZE), rand() % 4);
	p->wrap = !p->wrap;
}

static void test_random_packed(struct guest *g)
{
	struct packed p;

	srand(3);
	for (unsigned int i = 0; i < 5000; i++) {
		if (!(i % 8) || !vdev_running(g->v))
			packed_start(&p, g, ALL_FEATURES |
				     (i % 3 ? BIT64(VIRTIO_F_IN_ORDER) : 0),
				     SIZE - i % 5);
		random_packed_ring(&p);
		kick(g);
		vdev_poll(g->v);
	}
	check_alive(g, SIZE);
}

/* Any access anywhere in the windows */
static void test_random_registers(struct guest *g)
{
	srand(2);
	for (unsigned int i = 0; i < 100000; i++) {
		enum vfe_window_id win = rand() % (VFE_WIN_DEVICE + 1);
		uint32_t offset = rand() % (rand() % 4 ? 64 : VFE_STRUCT_SIZE);
		unsigned int size = 1U << rand() % 3;

		if (rand() % 2)
			vdev_read(g->v, win, offset, size);
		else
			vdev_write(g->v, win, offset, size,
				   rand() % 2 ? rand() % 16 : rand());
	}
	check_alive(g, SIZE);
}

const struct test random_tests[] = {
	{ "random chains", .on_guest = test_random },
	{ "random packed rings", .on_guest = test_random_packed },
	{ "random register accesses", .on_guest = test_random_registers },
	{ }
};

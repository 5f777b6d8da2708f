// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the entropy device, with rings of both layouts. */
#include <string.h>

#include "guest.h"
#include "rng/rng.h"

static struct rng_options seeded = { .seeded = true, .seed = 7 };
static struct rng_options from_kernel;

static void with_seed(struct options *o)
{
	o->class = &rng_class;
	o->of_class = &seeded;
	o->queues = 1;
}

static void without_seed(struct options *o)
{
	with_seed(o);
	o->of_class = &from_kernel;
}

/* Offer @len bytes at DATA_ADDR. Return: how many were filled, or -1 */
static int request_bytes(struct guest *g, uint32_t len, uint16_t flags)
{
	uint32_t id, used = 0;

	put_desc(g, 3, DATA_ADDR, len, flags, 0);
	offer(g, 3);
	kick(g);
	if (!take_used(g, &id, &used))
		return -1;
	CHECK_EQ(id, 3);
	return used;
}

static bool all_zero(const struct guest *g, uint64_t addr, size_t len)
{
	const uint8_t *p = at(g, addr);

	while (len && !*p++)
		len--;
	return !len;
}

static void test_identity(struct guest *g)
{
	CHECK_EQ(get(g, VFE_REG_NUM_QUEUES), 1);
	/* 5.4.3: no feature bits of its own; 5.4.4: no configuration */
	CHECK_EQ(offered(g) & 0xffffff, 0);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 0, 4), 0);
	vdev_write(g->v, VFE_WIN_DEVICE, 0, 4, 1);
}

static void test_fills(struct guest *g)
{
	static const uint32_t lengths[] = { 1, 7, 8, 255, 256, 257, 4096 };
	uint64_t sum = 0;

	guest_start(g, ALL_FEATURES, 16);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(at(g, DATA_ADDR), 0, 8192);
		CHECK_EQ(request_bytes(g, lengths[i], VRING_DESC_F_WRITE),
			 lengths[i]);
		if (lengths[i] > 8)
			CHECK(!all_zero(g, DATA_ADDR + lengths[i] - 8, 8));
		CHECK(all_zero(g, DATA_ADDR + lengths[i], 64));
		sum += lengths[i];
	}
	CHECK_EQ(g->c.of_class[RNG_REQUESTS], 7);
	CHECK_EQ(g->c.of_class[RNG_BYTES], sum);
	CHECK_EQ(g->c.of_class[RNG_ERRORS], 0);
}

/* A seed gives one sequence, which goes on from buffer to buffer. */
static void test_seed(void)
{
	uint8_t first[32];
	struct guest g;

	for (int turn = 0; turn < 2; turn++) {
		guest_open(&g, with_seed);
		guest_start(&g, V1, 16);
		CHECK_EQ(request_bytes(&g, 32, VRING_DESC_F_WRITE), 32);
		if (!turn)
			memcpy(first, at(&g, DATA_ADDR), 32);
		CHECK(!memcmp(at(&g, DATA_ADDR), first, 32));
		CHECK_EQ(request_bytes(&g, 32, VRING_DESC_F_WRITE), 32);
		CHECK(memcmp(at(&g, DATA_ADDR), first, 32));
		guest_close(&g);
	}
}

/* Longer than the device gives at once: the used length says how much. */
static void test_long_buffer(struct guest *g)
{
	guest_start(g, V1, 16);
	memset(at(g, DATA_ADDR), 0, 0x20000);
	CHECK_EQ(request_bytes(g, 0x20000, VRING_DESC_F_WRITE), 0x10000);
	CHECK(all_zero(g, DATA_ADDR + 0x10000, 0x10000));
}

static void test_packed(struct guest *g)
{
	const struct piece piece = { DATA_ADDR, 64, VRING_DESC_F_WRITE };
	struct used u;

	guest_start(g, V1 | PACKED, 7);
	for (uint16_t id = 0; id < 20; id++) {
		add(g, &piece, 1, id);
		kick(g);
		CHECK(take(g, 1, 1, &u));
		CHECK_EQ(u.id, id);
		CHECK_EQ(u.len, 64);
	}
}

/* An invalid buffer breaks the device, and a reset helps. */
static void test_bad_buffers(struct guest *g)
{
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
	} bad[] = {
		{ DATA_ADDR, 64, 0 },
		{ DATA_ADDR, 0, VRING_DESC_F_WRITE },
		{ ROM_BASE, 64, VRING_DESC_F_WRITE },
		{ RAM_BASE + RAM_SIZE - 8, 64, VRING_DESC_F_WRITE },
		{ UINT64_MAX - 8, 64, VRING_DESC_F_WRITE },
		{ DATA_ADDR, UINT32_MAX, VRING_DESC_F_WRITE },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_start(g, V1, 16);
		put_desc(g, 0, bad[i].addr, bad[i].len, bad[i].flags, 0);
		offer(g, 0);
		kick(g);
		CHECK(get(g, VFE_REG_DEVICE_STATUS) &
		      VIRTIO_CONFIG_S_NEEDS_RESET);
		CHECK_EQ(g->c.of_class[RNG_ERRORS], i + 1);
		guest_start(g, V1, 16);
		CHECK_EQ(request_bytes(g, 8, VRING_DESC_F_WRITE), 8);
	}
}

const struct test rng_tests[] = {
	{ "entropy: one queue, no features, no configuration",
	  .on_guest = test_identity, .change = with_seed },
	{ "entropy: each buffer is filled, and nothing behind it",
	  .on_guest = test_fills, .change = without_seed },
	{ "entropy: a seed gives one sequence", .run = test_seed },
	{ "entropy: a buffer longer than the device fills",
	  .on_guest = test_long_buffer, .change = with_seed },
	{ "entropy: packed ring",
	  .on_guest = test_packed, .change = with_seed },
	{ "entropy: what is no buffer to fill",
	  .on_guest = test_bad_buffers, .change = with_seed },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: buffers of every kind given to the entropy device. The input is
 * a byte with the layout, then descriptors, which are put into the ring and
 * made available one after the other. Whatever they say, the device writes to
 * guest memory alone, no more than it counts, and serves after a reset.
 */
#include "rng/rng.h"
#include "world.h"

struct run {
	struct function *f;
	struct input in;
	bool packed;
	uint16_t count;
};

/* Mostly in guest memory; the upper bits reach other addresses. */
static uint64_t take_address(struct input *in)
{
	uint16_t value = take16(in);

	return value & 0x8000 ? (uint64_t)value << 48 | take16(in) :
				RAM_BASE + 0x400 + value * 2ULL;
}

static void put_descriptor(struct run *r, uint64_t addr, uint32_t len,
			   uint8_t flags, uint8_t next)
{
	unsigned int slot = r->count % START_SIZE;
	const struct piece e = { addr, len, 0 };

	if (r->packed) {
		put_packed(world_guest(), slot, &e, next, (flags & 7) |
			   (r->count / START_SIZE % 2 ? DESC_F_USED :
						       DESC_F_AVAIL));
	} else {
		put_desc(world_guest(), slot, addr, len, flags & 7, next);
		offer(world_guest(), slot);
	}
	r->count++;
}

static void serve(struct run *r)
{
	vdev_write(r->f->vdev, VFE_WIN_NOTIFY, 0, 2, 0);
	for (unsigned int i = 0; i < 4 && vdev_wants_poll(r->f->vdev); i++)
		vdev_poll(r->f->vdev);
}

static void start(struct run *r, uint64_t features)
{
	world_map_all(r->f);
	guest_drive(world_guest(), features | V1, START_SIZE);
	r->count = 0;
}

static void check_serves(struct run *r)
{
	uint64_t features = r->packed ? PACKED : 0;
	uint64_t before = r->f->counts.of_class[RNG_BYTES];

	function_reset(r->f);
	start(r, features);
	put_descriptor(r, RAM_BASE + 0x400, 64, VRING_DESC_F_WRITE, 0);
	serve(r);
	if (r->f->counts.of_class[RNG_BYTES] - before != 64)
		fail("a good buffer is not filled");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct rng_options seeded = { .seeded = true };
	struct run r = {
		.f = world_open(&rng_class, &seeded, false),
		.in = { data, size },
	};
	uint64_t *counts = r.f->counts.of_class;
	uint64_t requests = counts[RNG_REQUESTS], bytes = counts[RNG_BYTES];
	uint8_t mode = take8(&r.in);

	r.packed = mode & 1;
	start(&r, (r.packed ? PACKED : 0) |
	      (uint64_t)(mode >> 1 & 3) << VIRTIO_RING_F_INDIRECT_DESC);
	while (r.in.left) {
		uint64_t addr = take_address(&r.in);
		uint32_t len = take16(&r.in);
		uint8_t flags = take8(&r.in);

		put_descriptor(&r, addr, len << (flags >> 4), flags,
			       take8(&r.in));
		if (flags & 8)
			serve(&r);
	}
	serve(&r);
	if (counts[RNG_BYTES] - bytes > (counts[RNG_REQUESTS] - requests) << 16)
		fail("more bytes than the device gives in a buffer");
	check_serves(&r);
	return 0;
}

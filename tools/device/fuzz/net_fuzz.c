// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the network device, with two pairs and a control queue in front
 * of the echo back end. The input is the features that the driver accepts, then
 * steps: buffers and frames and commands of every kind, frames from the link,
 * resets of queues, accesses to the register window. Whatever they are, the
 * device writes to guest memory alone, and a good frame comes back after a
 * reset.
 */
#include <string.h>

#include "base/clock.h"
#include "net/net.h"
#include "world.h"

#include <vfe/wire_window_net.h>

#define NUM_QUEUES	5
#define RX0		0
#define TX0		1
#define PIECES		3
/* Rings in the first page, then memory for buffers */
#define AREA		0x200
#define AREA_DATA	(RAM_BASE + 0x1000)

struct run {
	struct function *f;
	struct input in;
	struct guest q[NUM_QUEUES];
};

static struct places places[NUM_QUEUES];

static void set_up(struct run *r, unsigned int index)
{
	uint64_t base = RAM_BASE + index * AREA;
	struct guest *q = &r->q[index];

	places[index] = (struct places){
		.ram = RAM_BASE, .desc = base, .avail = base + 0x80,
		.used = base + 0x100, .table = base + 0x180,
	};
	q->at = &places[index];
	q->queue = index;
	guest_queue(q, START_SIZE);
}

static void start(struct run *r, uint64_t features)
{
	struct guest *g = world_guest();

	world_map_all(r->f);
	guest_negotiate(g, features & offered(g));
	for (unsigned int i = 0; i < NUM_QUEUES; i++) {
		r->q[i] = *g;
		set_up(r, i);
	}
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

static struct guest *take_queue(struct run *r)
{
	return &r->q[take8(&r->in) % NUM_QUEUES];
}

static void put_buffer(struct guest *q, const struct piece *e, unsigned int n)
{
	uint16_t id = q->features & PACKED ? q->next : q->avail_idx;

	add(q, e, n, id % START_SIZE);
}

/* Pieces anywhere, mostly in guest memory */
static void any_buffer(struct run *r)
{
	struct guest *q = take_queue(r);
	unsigned int n = take8(&r->in) % PIECES + 1;
	struct piece e[PIECES];

	for (unsigned int i = 0; i < n; i++) {
		uint16_t at = take16(&r->in);
		uint8_t flags = take8(&r->in);

		e[i].addr = flags & 0x80 ? (uint64_t)at << 48 : AREA_DATA + at;
		e[i].len = take16(&r->in);
		e[i].flags = flags & VRING_DESC_F_WRITE;
	}
	put_buffer(q, e, n);
}

/* A header and a frame, or a command: bytes of the input */
static void good_buffer(struct run *r)
{
	struct guest *q = take_queue(r);
	uint16_t len = take16(&r->in) % 0x1000;
	struct piece e[2] = {
		{ AREA_DATA, len, 0 }, { AREA_DATA + 0x2000, 64, VRING_DESC_F_WRITE },
	};

	take_bytes(&r->in, at(q, AREA_DATA), len);
	if (q->queue >= 4)
		put_buffer(q, e, 2);
	else if (q->queue % 2)
		put_buffer(q, e, 1);
	else
		put_buffer(q, e + 1, 1);
	kick(q);
}

static void inject(struct run *r)
{
	uint8_t bytes[1024];
	size_t len = take_bytes(&r->in, bytes, take16(&r->in) % sizeof(bytes));

	link_inject(net_of(r->f->vdev)->link, bytes, len);
}

static void reset_one(struct run *r)
{
	struct guest *q = take_queue(r);

	set(q, VFE_REG_QUEUE_SELECT, q->queue);
	set(q, VFE_REG_QUEUE_RESET, 1);
	if (take8(&r->in) & 1)
		guest_queue(q, START_SIZE);
}

static void work(struct run *r)
{
	for (int i = 0; i < 16 && vdev_wants_poll(r->f->vdev); i++)
		vdev_poll(r->f->vdev);
	vdev_serve(r->f->vdev, clock_ns());
}

/* Any of the class, with any values that the option allows */
static void set_quirks(struct run *r)
{
	struct quirks *qs = &r->f->vdev->o->quirks;
	uint64_t all = BIT64(QUIRK_NET_END) - BIT64(QUIRK_OF_CLASS);

	qs->on = (uint64_t)take16(&r->in) << QUIRK_OF_CLASS & all;
	for (unsigned int i = 0; net_quirks[i].name; i++) {
		const struct value_info *info = &net_quirks[i];
		uint32_t value = take8(&r->in), most = info->max;

		if (info->kind == VALUE_CHOICE) {
			for (most = 0; info->choices[most + 1]; most++)
				;
		}
		if (value < info->min || value > most)
			value = info->min;
		qs->value[QUIRK_OF_CLASS + i] = value;
	}
}

/* A register of the window, by a value that is small or any */
static void window_access(struct run *r)
{
	uint8_t how = take8(&r->in);
	unsigned int bar = how & 1 ? VFE_BAR_PORT : VFE_BAR_MEMORY;
	uint32_t offset = how & 0x3c;
	uint64_t value;

	if (how & 2) {
		value = how & 0x80 ? take32(&r->in) : take8(&r->in);
		bar_write(r->f, bar, offset, 4, value);
	} else {
		bar_read(r->f, bar, offset, 4, &value);
	}
}

/* A window that is started, and a frame through it: bytes of the input */
static void window_frame(struct run *r)
{
	static const uint8_t set_up[][2] = {
		{ 0x30, 8 }, { 0x34, 32 }, { 0x14, 8 }, { 0x2c, 0x1c },
		{ 0x0c, 1 }, { 0x28, 0x73 }, { 0x00, 2 },
	};
	uint8_t bytes[1024];
	uint32_t len = take_bytes(&r->in, bytes,
				  take16(&r->in) % sizeof(bytes));
	struct window *w = r->f->window;

	for (unsigned int i = 0; i < sizeof(set_up) / 2; i++)
		window_write(w, set_up[i][0], 4, set_up[i][1]);
	window_write(w, 0x04, 4, VFE_NET_PAGE_SIZE);
	window_write(w, 0x08, 4, len);
	for (uint32_t i = 0; i + 4 <= len; i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, sizeof(word));
		window_write(w, VFE_MEMORY_APERTURE, 4, word);
	}
	window_write(w, 0x10, 4, len);
	window_write(w, 0x00, 4, VFE_NET_CMD_TRANSMIT);
}

static void step(struct run *r)
{
	switch (take8(&r->in) % 11) {
	case 9:
		window_access(r);
		break;
	case 10:
		window_frame(r);
		break;
	case 0:
		any_buffer(r);
		break;
	case 1:
	case 2:
		good_buffer(r);
		break;
	case 3:
		kick(take_queue(r));
		break;
	case 4:
		inject(r);
		break;
	case 5:
		reset_one(r);
		break;
	case 6:
		set_quirks(r);
		break;
	case 7:
		vdev_write(r->f->vdev, VFE_WIN_DEVICE, take8(&r->in),
			   1 << take8(&r->in) % 3, take32(&r->in));
		break;
	default:
		work(r);
	}
}

/* An IPv4 packet of nothing but its header comes back. */
static void check_serves(struct run *r)
{
	static const uint8_t frame[12 + 34] = {
		[12] = 2, [17] = 1, [18] = 2, [23] = 2, [24] = 8, [26] = 0x45,
		[29] = 20, [35] = 17,
	};
	uint64_t before;
	struct piece e = { AREA_DATA, sizeof(frame), 0 };
	const struct piece room = { AREA_DATA + 0x2000, 256, VRING_DESC_F_WRITE };

	function_reset(r->f);
	start(r, V1);
	before = r->f->counts.of_class[NET_RX_FRAMES];
	memcpy(at(&r->q[TX0], AREA_DATA), frame, sizeof(frame));
	add(&r->q[RX0], &room, 1, 0);
	kick(&r->q[RX0]);
	add(&r->q[TX0], &e, 1, 0);
	kick(&r->q[TX0]);
	work(r);
	if (r->f->counts.of_class[NET_RX_FRAMES] - before != 1)
		fail("a good frame does not come back");
	if (memcmp((uint8_t *)at(&r->q[RX0], AREA_DATA + 0x2000) + 24, frame + 24,
		   4))
		fail("a frame comes back changed");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct net_options options;
	struct run r = { .in = { data, size } };
	uint64_t features;

	if (!options.pairs) {
		options = net_default_options;
		options.pairs = 2;
		options.mtu = 1500;
		options.has_mac = true;
		options.mac[0] = 2;
	}
	r.f = world_open(&net_class, &options, false);
	/* Frames that the input before left there are nobody's. */
	for (int i = 0; i < 200; i++)
		vdev_poll(r.f->vdev);
	features = take32(&r.in);
	features |= (uint64_t)take32(&r.in) << 32;
	start(&r, features | V1);
	while (r.in.left)
		step(&r);
	work(&r);
	r.f->vdev->o->quirks.on = 0;
	function_reset(r.f);
	for (int i = 0; i < 200; i++)
		vdev_poll(r.f->vdev);
	check_serves(&r);
	function_reset(r.f);
	return 0;
}

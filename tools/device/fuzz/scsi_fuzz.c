// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: a SCSI host with units of all kinds. The input is the features
 * that the driver accepts, then steps: commands of the table with any bytes,
 * buffers of any kind, control requests, buffers for events, commands of the
 * control socket, stalls, quirks, resets of queues, accesses to the register
 * window and commands through it. Whatever they are, the device writes to guest
 * memory alone, counts its tasks, and good reads work after a reset.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "scsi/command.h"
#include "world.h"

#include <vfe/wire_window_scsi.h>

#define NUM_QUEUES	4
#define PIECES		3
#define NUM_UNITS	4
#define UNIT_BYTES	0x8000
/* Rings in the first page, then memory for buffers */
#define AREA		0x200
#define AREA_DATA	(RAM_BASE + 0x2000)
#define AREA_HEAD	(RAM_BASE + 0x1000)
#define AREA_RESPONSE	(RAM_BASE + 0x1800)

struct run {
	struct function *f;
	struct input in;
	struct guest q[NUM_QUEUES];
};

static struct places places[NUM_QUEUES];
static struct scsi_options options;
static int files[NUM_UNITS];

/* Two units on one target, one that is read-only, one with protection */
static void describe(void)
{
	static const struct unit_spec specs[NUM_UNITS] = {
		{ .target = 0, .lun = 0, .block_size = 512 },
		{ .target = 0, .lun = 300, .block_size = 4096 },
		{ .target = 1, .lun = 1, .block_size = 512, .readonly = true },
		{ .target = 2, .lun = 0, .block_size = 512, .protection = 1 },
	};

	for (int i = 0; i < NUM_UNITS; i++) {
		struct unit_spec *spec = &options.units[i];

		*spec = specs[i];
		files[i] = memfd_create("unit", MFD_CLOEXEC);
		snprintf(spec->path, sizeof(spec->path), "/proc/self/fd/%d",
			 files[i]);
		snprintf(spec->serial, sizeof(spec->serial), "unit-%d", i);
	}
	options.n = NUM_UNITS;
}

/* The units as they were at first; an input may have changed them. */
static void restore(struct scsi *s)
{
	static uint8_t bytes[UNIT_BYTES];
	char error[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i / 512 + i * 7;
	while (s && s->n)
		scsi_remove(s, s->units[0]);
	if (s)
		s->stall_until = 0;
	for (int i = 0; i < NUM_UNITS; i++) {
		if (ftruncate(files[i], UNIT_BYTES) ||
		    pwrite(files[i], bytes, sizeof(bytes), 0) != UNIT_BYTES)
			fail("the file of a unit: %m");
		if (s && !scsi_add(s, &options.units[i], error, sizeof(error)))
			fail("no unit: %s", error);
	}
}

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

static struct scsi *host(const struct run *r)
{
	return scsi_of(r->f->vdev);
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

		e[i].addr = flags & 0x80 ? (uint64_t)at << 48 : AREA_HEAD + at;
		e[i].len = take16(&r->in);
		e[i].flags = flags & VRING_DESC_F_WRITE;
	}
	put_buffer(q, e, n);
	kick(q);
}

static void put_lun(struct run *r, uint8_t *lun)
{
	uint8_t which = take8(&r->in);

	if (which < NUM_UNITS)
		vfe_scsi_put_lun(lun, options.units[which].target,
				 options.units[which].lun);
	else
		take_bytes(&r->in, lun, VFE_SCSI_LUN_LEN);
}

/* One of the table, with bytes of the input beside code and action */
static void put_cdb(struct run *r, uint8_t *cdb)
{
	const struct command_info *info =
		&commands[take8(&r->in) % num_commands];

	take_bytes(&r->in, cdb, take8(&r->in) % 33);
	cdb[0] = info->code;
	if (info->code == 0x7f) {
		cdb[7] = 0x18;
		put16(cdb + 8, info->action);
	} else if (info->action != NO_ACTION) {
		cdb[1] = (cdb[1] & 0xe0) | info->action;
	}
}

/* A command; with data in one direction, of bytes of the input */
static void command(struct run *r)
{
	struct guest *q = &r->q[VFE_SCSI_REQUESTQ + take8(&r->in) % 2];
	bool pi = q->features & BIT64(VIRTIO_SCSI_F_T10_PI);
	struct vfe_scsi_request_pi *head = at(q, AREA_HEAD);
	uint32_t size = pi ? sizeof(*head) : sizeof(struct vfe_scsi_request);
	uint16_t len = take16(&r->in) % 0x4000;
	bool in = take8(&r->in) & 1;
	struct piece e[3] = {
		{ AREA_HEAD, size, 0 },
		{ AREA_DATA, len, 0 },
		{ AREA_RESPONSE, 108, VRING_DESC_F_WRITE },
	};

	memset(head, 0, sizeof(*head));
	put_lun(r, head->lun);
	head->id = htole64(take8(&r->in));
	if (pi) {
		head->pi_bytesin = htole32(in ? take16(&r->in) : 0);
		head->pi_bytesout = htole32(in ? 0 : take16(&r->in));
	}
	put_cdb(r, (uint8_t *)head + size - VFE_SCSI_CDB_SIZE);
	if (in) {
		e[1] = e[2];
		e[2] = (struct piece){ AREA_DATA, len, VRING_DESC_F_WRITE };
	} else {
		take_bytes(&r->in, at(q, AREA_DATA), len);
	}
	put_buffer(q, e, len ? 3 : 2);
	kick(q);
}

static void manage(struct run *r)
{
	struct guest *q = &r->q[VFE_SCSI_CONTROLQ];
	struct vfe_scsi_tmf_request *t = at(q, AREA_HEAD);
	const struct piece e[2] = {
		{ AREA_HEAD, sizeof(*t), 0 },
		{ AREA_RESPONSE, 5, VRING_DESC_F_WRITE },
	};

	memset(t, 0, sizeof(*t));
	t->type = htole32(take8(&r->in) % 4);
	t->subtype = htole32(take8(&r->in) % 9);
	put_lun(r, t->lun);
	t->id = htole64(take8(&r->in));
	put_buffer(q, e, 2);
	kick(q);
}

static void event_buffer(struct run *r)
{
	struct guest *q = &r->q[VFE_SCSI_EVENTQ];
	const struct piece e = { AREA_RESPONSE, 16, VRING_DESC_F_WRITE };

	put_buffer(q, &e, 1);
	kick(q);
}

/* The control socket */
static void order(struct run *r)
{
	const struct vdev_command *c = &scsi_commands[take8(&r->in) % 6];
	unsigned int which = take8(&r->in) % NUM_UNITS;
	const struct unit_spec *spec = &options.units[which];
	char error[1024], arg[256];

	if (c == &scsi_commands[0])
		snprintf(arg, sizeof(arg), "%u:%u,file=%s,block-size=%u,protection=%u",
			 spec->target, spec->lun + take8(&r->in) % 2,
			 spec->path, spec->block_size, spec->protection);
	else if (c == &scsi_commands[5])
		snprintf(arg, sizeof(arg), "%u %u:%u %u", take8(&r->in) % 4,
			 spec->target, spec->lun, take8(&r->in));
	else if (c == &scsi_commands[2])
		snprintf(arg, sizeof(arg), "%u:%u %u", spec->target, spec->lun,
			 (take8(&r->in) % 64 + 1) * spec->block_size);
	else if (c == &scsi_commands[4])
		snprintf(arg, sizeof(arg), "%u:%u %u", spec->target, spec->lun,
			 take8(&r->in) % 2);
	else
		snprintf(arg, sizeof(arg), "%u:%u", spec->target, spec->lun);
	c->run(r->f->vdev, arg, error, sizeof(error));
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
	uint64_t all = BIT64(QUIRK_SCSI_END) - BIT64(QUIRK_OF_CLASS);

	qs->on = (uint64_t)take32(&r->in) << QUIRK_OF_CLASS & all;
	for (unsigned int i = 0; scsi_quirks[i].name; i++) {
		const struct value_info *info = &scsi_quirks[i];
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

static void stall(struct run *r)
{
	service_stall(r->f->vdev, take8(&r->in) & 1 ? 60 : 0);
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

static void put_window_cdb(struct window *w, const uint8_t *cdb,
			   unsigned int words)
{
	for (unsigned int i = 0; i < words; i++) {
		uint32_t word;

		memcpy(&word, cdb + 4 * i, sizeof(word));
		window_write(w, 0x08, 4, word);
	}
}

/* A command of the table through the window, with words of the input */
static void window_command(struct run *r)
{
	const struct unit_spec *spec =
		&options.units[take8(&r->in) % NUM_UNITS];
	uint32_t what = take8(&r->in) % 7, count = take16(&r->in);
	struct window *w = r->f->window;
	uint8_t cdb[36] = {};

	put_cdb(r, cdb);
	window_write(w, 0x00, 4,
		     vfe_scsi_window_address(spec->target, spec->lun));
	window_write(w, 0x04, 4, count);
	put_window_cdb(w, cdb, 8);
	window_write(w, 0x0c, 4, what);
	if (what == VFE_SCSI_CMD_OUT) {
		/* The input may end before the command has all its data. */
		for (uint32_t i = 0; i < count && r->in.left; i += 4)
			window_write(w, VFE_MEMORY_APERTURE, 4,
				     take32(&r->in));
		return;
	}
	for (uint32_t i = 0; i < count; i += 4)
		window_read(w, 0x18, 4);
	window_read(w, 0x10, 4);
	window_read(w, 0x14, 4);
}

static void step(struct run *r)
{
	switch (take8(&r->in) % 15) {
	case 13:
		window_access(r);
		break;
	case 14:
		window_command(r);
		break;
	case 0:
		any_buffer(r);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		command(r);
		break;
	case 5:
		manage(r);
		break;
	case 6:
		event_buffer(r);
		break;
	case 7:
		order(r);
		break;
	case 8:
		reset_one(r);
		break;
	case 9:
		set_quirks(r);
		break;
	case 10:
		vdev_write(r->f->vdev, VFE_WIN_DEVICE, take8(&r->in),
			   1 << take8(&r->in) % 3, take32(&r->in));
		break;
	case 11:
		stall(r);
		break;
	default:
		work(r);
	}
}

/* A unit has as many tasks as there are. */
static void check_tasks(struct run *r)
{
	struct scsi *s = host(r);

	for (unsigned int i = 0; i < s->n; i++) {
		struct task_filter all = { .u = s->units[i] };

		if (scsi_tasks(s, &all) != s->units[i]->tasks)
			fail("%u tasks counted of %u", s->units[i]->tasks,
			     scsi_tasks(s, &all));
	}
}

/* Block 3 of the first unit comes as it is in the file. */
static void check_serves(struct run *r)
{
	const struct piece e[3] = {
		{ AREA_HEAD, sizeof(struct vfe_scsi_request), 0 },
		{ AREA_RESPONSE, 108, VRING_DESC_F_WRITE },
		{ AREA_DATA, 512, VRING_DESC_F_WRITE },
	};
	struct guest *q = &r->q[VFE_SCSI_REQUESTQ];
	struct vfe_scsi_response *response;
	struct vfe_scsi_request *head;
	const uint8_t *data;
	struct used u;

	restore(host(r));
	function_reset(r->f);
	start(r, V1);
	host(r)->units[0]->attentions = 0;
	head = at(q, AREA_HEAD);
	response = at(q, AREA_RESPONSE);
	data = at(q, AREA_DATA);
	vfe_scsi_put_lun(head->lun, 0, 0);
	head->cdb[0] = 0x28;
	head->cdb[5] = 3;
	head->cdb[8] = 1;
	add(q, e, 3, 0);
	kick(q);
	if (!take(q, 1, 3, &u))
		fail("a good command is not used");
	if (response->response || response->status || u.len != 620)
		fail("a good command: response %u, status %u, length %u",
		     response->response, response->status, u.len);
	for (unsigned int i = 0; i < 512; i++) {
		if (data[i] != (uint8_t)(3 + (3 * 512 + i) * 7))
			fail("a good command got the wrong data");
	}
}

/* The same block through the window */
static void check_window_serves(struct run *r)
{
	static const uint8_t cdb[12] = { 0x28, [5] = 3, [8] = 1 };
	struct window *w = r->f->window;

	window_write(w, 0x00, 4, 0);
	window_write(w, 0x04, 4, 512);
	put_window_cdb(w, cdb, sizeof(cdb) / 4);
	window_write(w, 0x0c, 4, VFE_SCSI_CMD_IN);
	if (window_read(w, 0x10, 4) !=
	    (VFE_STATUS_BUSY | VFE_STATUS_DRQ | VFE_STATUS_IRQ))
		fail("a good command through the window fails");
	for (unsigned int i = 0; i < 512; i += 4) {
		uint32_t word = window_read(w, 0x18, 4);

		if ((uint8_t)word != (uint8_t)(3 + (3 * 512 + i) * 7))
			fail("the window has the wrong data");
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct run r = { .in = { data, size } };
	uint64_t features;

	if (!options.n) {
		describe();
		restore(NULL);
	}
	r.f = world_open(&scsi_class, &options, false);
	restore(host(&r));
	features = take32(&r.in);
	features |= (uint64_t)take32(&r.in) << 32;
	start(&r, features | V1);
	while (r.in.left)
		step(&r);
	work(&r);
	check_tasks(&r);
	r.f->vdev->o->quirks.on = 0;
	service_stall(r.f->vdev, 0);
	function_reset(r.f);
	check_tasks(&r);
	check_serves(&r);
	check_window_serves(&r);
	function_reset(r.f);
	return 0;
}

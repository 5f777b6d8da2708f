// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the SCSI host around its commands: requests and their framing,
 * configuration, task management, events, units that come and go, quirks.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host.h"

#define FOREVER		(UINT64_MAX - 1)
#define SECOND		1000000000ULL

static const uint8_t ready[6];
static const uint8_t read_one[10] = { 0x28, [8] = 1 };
static const uint8_t lun_plain[8] = { 1, 0, 0x40 };
static const uint8_t lun_large[8] = { 1, 0, 0x40, 1 };

static void test_configuration(struct guest *g)
{
	struct host h;

	CHECK_EQ(get(g, VFE_REG_NUM_QUEUES), 4);
	CHECK_EQ(offered(g) & 0xffffff, BIT64(VIRTIO_SCSI_F_HOTPLUG) |
		 BIT64(VIRTIO_SCSI_F_CHANGE));
	CHECK_EQ(config(g, 0, 4), 2);
	CHECK_EQ(config(g, 4, 4), HOST_SIZE - 2);
	CHECK_EQ(config(g, 8, 4), SCSI_MAX_SECTORS);
	CHECK_EQ(config(g, 12, 4), HOST_SIZE);
	CHECK_EQ(config(g, 16, 4), 16);
	CHECK_EQ(config(g, 20, 4), 96);
	CHECK_EQ(config(g, 24, 4), 32);
	CHECK_EQ(config(g, 28, 2), 0);
	CHECK_EQ(config(g, 30, 2), 255);
	CHECK_EQ(config(g, 32, 4), 16383);
	CHECK_EQ(config(g, 36, 4), 0);
	/* 5.6.4.2: as written, until a reset; nothing else is for the driver */
	vdev_write(g->v, VFE_WIN_DEVICE, 20, 4, 18);
	vdev_write(g->v, VFE_WIN_DEVICE, 24, 4, 16);
	CHECK_EQ(config(g, 20, 4), 18);
	CHECK_EQ(config(g, 24, 4), 16);
	vdev_write(g->v, VFE_WIN_DEVICE, 20, 4, 253);
	vdev_write(g->v, VFE_WIN_DEVICE, 24, 4, 0);
	vdev_write(g->v, VFE_WIN_DEVICE, 24, 4, 261);
	vdev_write(g->v, VFE_WIN_DEVICE, 24, 2, 12);
	vdev_write(g->v, VFE_WIN_DEVICE, 0, 4, 1);
	CHECK_EQ(config(g, 20, 4), 18);
	CHECK_EQ(config(g, 24, 4), 16);
	CHECK_EQ(config(g, 0, 4), 2);
	host_ready(&h, g, V1);
	CHECK_EQ(config(g, 20, 4), 96);
	vdev_write(g->v, VFE_WIN_DEVICE, 20, 4, 18);
	CHECK_EQ(config(g, 20, 4), 96);
}

/* Sense data are cut at sense_size, and behind them comes the data. */
static void test_sense_size(struct guest *g)
{
	struct host h;

	host_ready(&h, g, V1);
	scsi_of(g->v)->sense_size = 14;
	CHECK(!host_in(&h, UNIT_PLAIN, read_one, 10, 512));
	CHECK_EQ(h.used, 26 + 512);
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0xff)));
	CHECK_EQ(h.sense_len, 14);
	CHECK_EQ(h.code, SENSE_OPCODE);
	CHECK_EQ(h.sense[14], 0xee);
	scsi_of(g->v)->sense_size = 0;
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0xff)));
	CHECK_EQ(h.sense_len, 0);
	CHECK_EQ(h.status, STATUS_CHECK);
	scsi_of(g->v)->sense_size = 96;
}

/* In single bytes up to the data; the data begin amid a buffer. */
static void test_framing(struct guest *g)
{
	struct guest *q;
	struct host h;
	uint8_t *to;
	unsigned int i;
	uint32_t len;
	uint32_t id;

	host_ready(&h, g, V1 | INDIRECT);
	q = &h.q[2];
	to = at(q, HDR_ADDR + 0x40000);
	memcpy(to, lun_plain, 8);
	memcpy(to + 19, read_one, 10);
	for (i = 0; i < 10; i++)
		put_desc(q, i, HDR_ADDR + 0x40000 + i, i < 9 ? 1 : 42,
			 VRING_DESC_F_NEXT, i + 1);
	for (; i < 20; i++)
		put_desc(q, i, DATA_ADDR + 0x40000 + i - 10, 1,
			 VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, i + 1);
	put_desc(q, i, DATA_ADDR + 0x40000 + 10, 98 + 512, VRING_DESC_F_WRITE,
		 0);
	offer(q, 0);
	kick(q);
	CHECK(take_used(q, &id, &len));
	CHECK_EQ(len, 108 + 512);
	to = at(q, DATA_ADDR + 0x40000);
	CHECK_EQ(to[11], VIRTIO_SCSI_S_OK);
	for (i = 0; i < 512; i++)
		CHECK_EQ(to[108 + i], disk_byte(i));
}

static void test_packed(struct guest *g)
{
	struct host h;

	host_ready(&h, g, V1 | PACKED);
	for (int i = 0; i < 100; i++) {
		h.queue = 2 + i % 2;
		CHECK(!host_in(&h, UNIT_PLAIN, read_one, 10, 512));
		CHECK_EQ(h.used, 108 + 512);
	}
	host_give_events(&h, 2);
	CHECK(!host_control(&h, "reset-unit", "0:1"));
	CHECK(host_event(&h, &(struct vfe_scsi_event){}));
}

/* Requests that make no sense: they fail, or break the device. */
static void test_bad_requests(struct guest *g)
{
	static const struct {
		struct piece list[3];
		unsigned int n;
		int response;	/* -1: the device is broken */
	} bad[] = {
		/* no room for a response */
		{ { { DATA_ADDR, 51, 0 } }, 1, -1 },
		{ { { DATA_ADDR, 51, 0 },
		    { DATA_ADDR, 107, VRING_DESC_F_WRITE } }, 2, -1 },
		{ { { DATA_ADDR, 51, 0 },
		    { ROM_BASE, 108, VRING_DESC_F_WRITE } }, 2, -1 },
		/* cut short; not guest memory; both directions */
		{ { { DATA_ADDR, 50, 0 },
		    { DATA_ADDR, 108, VRING_DESC_F_WRITE } }, 2,
		  VIRTIO_SCSI_S_FAILURE },
		{ { { 0x10, 51, 0 },
		    { DATA_ADDR, 108, VRING_DESC_F_WRITE } }, 2,
		  VIRTIO_SCSI_S_FAILURE },
		{ { { DATA_ADDR, 51, 0 },
		    { DATA_ADDR, 108, VRING_DESC_F_WRITE },
		    { RAM_BASE + RAM_SIZE - 1, 2, VRING_DESC_F_WRITE } }, 3,
		  VIRTIO_SCSI_S_FAILURE },
		{ { { DATA_ADDR, 52, 0 },
		    { DATA_ADDR, 109, VRING_DESC_F_WRITE } }, 2,
		  VIRTIO_SCSI_S_FAILURE },
	};
	struct host h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const uint8_t *r;
		struct used u;

		host_ready(&h, g, V1);
		r = at(g, DATA_ADDR);
		memcpy(at(g, DATA_ADDR), lun_plain, 8);
		add(&h.q[2], bad[i].list, bad[i].n, 0);
		kick(&h.q[2]);
		CHECK_EQ(!take(&h.q[2], 1, bad[i].n, &u), bad[i].response < 0);
		CHECK_EQ(!!(get(g, VFE_REG_DEVICE_STATUS) &
			    VIRTIO_CONFIG_S_NEEDS_RESET), bad[i].response < 0);
		if (bad[i].response >= 0) {
			CHECK_EQ(r[11], bad[i].response);
			CHECK_EQ(u.len, 108);
			CHECK_EQ(g->c.of_class[SCSI_REFUSED], i - 1);
		}
		host_ready(&h, g, V1);
		CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
	}
}

static unsigned int submit(struct host *h, enum host_unit unit, uint64_t id)
{
	return host_submit(h, &(struct ask){
		.unit = unit, .cdb = read_one, .cdb_len = 10, .in_len = 512 << 3,
		.id = id
	});
}

static void test_abort(struct guest *g)
{
	unsigned int a, b;
	struct host h;

	host_ready(&h, g, V1);
	a = submit(&h, UNIT_PLAIN, 7);
	b = submit(&h, UNIT_PLAIN, 8);
	CHECK(!host_answered(&h, a));
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_plain, 7),
		 VIRTIO_SCSI_S_FUNCTION_SUCCEEDED);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_plain, 9), 0);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_large, 7), 0);
	/* Another unit's command of this number is none. */
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_large, 7), 0);
	CHECK(!host_answered(&h, a));
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 7), 0);
	CHECK(host_answered(&h, a));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_ABORTED);
	CHECK_EQ(h.sense_len, 0);
	CHECK(!host_answered(&h, b));
	/* It is gone now. */
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 7), 0);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK_SET, lun_plain, 0),
		 VIRTIO_SCSI_S_FUNCTION_SUCCEEDED);
	vdev_serve(g->v, FOREVER);
	CHECK(host_answered(&h, b));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OK);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK_SET, lun_plain, 0),
		 0);
	CHECK_EQ(g->c.of_class[SCSI_ABORTED], 1);
	CHECK_EQ(scsi_of(g->v)->units[0]->tasks, 0);
}

/* A task set, a unit, a target: what ends, and what does not */
static void test_resets(struct guest *g)
{
	static const struct {
		uint32_t subtype;
		uint8_t plain, large;	/* responses; OK: goes on */
		uint16_t asc, asc_large;
	} resets[] = {
		{ VIRTIO_SCSI_T_TMF_ABORT_TASK_SET, VIRTIO_SCSI_S_ABORTED, 0,
		  0, 0 },
		{ VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET, VIRTIO_SCSI_S_ABORTED, 0,
		  0, 0 },
		{ VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, VIRTIO_SCSI_S_RESET, 0,
		  0x2903, 0 },
		{ VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, VIRTIO_SCSI_S_RESET,
		  VIRTIO_SCSI_S_RESET, 0x2907, 0x2907 },
	};

	for (size_t i = 0; i < sizeof(resets) / sizeof(resets[0]); i++) {
		struct unit **units = scsi_of(g->v)->units;
		unsigned int plain, large, other;
		struct host h;

		host_ready(&h, g, V1);
		plain = submit(&h, UNIT_PLAIN, 1);
		large = submit(&h, UNIT_LARGE, 2);
		other = submit(&h, UNIT_READONLY, 3);
		CHECK_EQ(host_tmf(&h, resets[i].subtype, lun_plain, 0), 0);
		CHECK(host_answered(&h, plain));
		CHECK_EQ(h.response, resets[i].plain);
		CHECK_EQ(host_answered(&h, large), !!resets[i].large);
		if (resets[i].large)
			CHECK_EQ(h.response, resets[i].large);
		CHECK_EQ(!units[0]->attentions, !resets[i].asc);
		CHECK_EQ(unit_take_attention(units[0]) & 0xffff, resets[i].asc);
		CHECK_EQ(unit_take_attention(units[1]) & 0xffff,
			 resets[i].asc_large);
		CHECK_EQ(units[2]->attentions, 0);
		vdev_serve(g->v, FOREVER);
		if (!resets[i].large)
			CHECK(host_answered(&h, large));
		CHECK(host_answered(&h, other));
		CHECK_EQ(h.response, 0);
	}
}

static void test_management_refused(struct guest *g)
{
	static const uint8_t no_target[8] = { 1, 9, 0x40 };
	static const uint8_t no_unit[8] = { 1, 0, 0x40, 9 };
	static const uint8_t no_address[8] = { 9 };
	struct host h;

	host_ready(&h, g, V1);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, no_target,
			  0), VIRTIO_SCSI_S_BAD_TARGET);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, no_address,
			  0), VIRTIO_SCSI_S_BAD_TARGET);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, no_unit, 0),
		 VIRTIO_SCSI_S_INCORRECT_LUN);
	/* The unit does not matter here. */
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, no_unit, 0),
		 0);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_CLEAR_ACA, lun_plain, 0),
		 VIRTIO_SCSI_S_FUNCTION_REJECTED);
	CHECK_EQ(host_tmf(&h, 8, lun_plain, 0),
		 VIRTIO_SCSI_S_FUNCTION_REJECTED);
	CHECK_EQ(g->c.of_class[SCSI_TMFS], 6);
	CHECK_EQ(g->c.of_class[SCSI_TMFS_REFUSED], 5);
}

/* A request of the control queue. Return: the used length, or -1 */
static int control(struct host *h, const struct vfe_scsi_an_request *a,
		   uint32_t len, uint32_t room)
{
	struct guest *q = &h->q[VFE_SCSI_CONTROLQ];
	const struct piece list[] = {
		{ HOST_DATA, len, 0 },
		{ HOST_DATA + 0x100, room, VRING_DESC_F_WRITE },
	};
	struct used u;

	memcpy(host_data(h), a, sizeof(*a));
	memset(host_data(h) + 0x100, 0xee, 16);
	add(q, list, room ? 2 : 1, 0);
	kick(q);
	return take(q, 1, 2, &u) ? (int)u.len : -1;
}

static void test_notifications(struct guest *g)
{
	struct vfe_scsi_an_request a = {
		.type = htole32(VIRTIO_SCSI_T_AN_QUERY),
		.event_requested = 0xff,
	};
	const uint8_t *answer;
	struct host h;

	host_ready(&h, g, V1);
	answer = host_data(&h) + 0x100;
	memcpy(a.lun, lun_plain, 8);
	CHECK_EQ(control(&h, &a, sizeof(a), 5), 5);
	CHECK_EQ(get32(answer), 0);
	CHECK_EQ(answer[4], VIRTIO_SCSI_S_OK);
	a.type = htole32(VIRTIO_SCSI_T_AN_SUBSCRIBE);
	CHECK_EQ(control(&h, &a, sizeof(a), 5), 5);
	CHECK_EQ(answer[4], VIRTIO_SCSI_S_OK);
	a.lun[3] = 99;
	CHECK_EQ(control(&h, &a, sizeof(a), 5), 5);
	CHECK_EQ(answer[4], VIRTIO_SCSI_S_INCORRECT_LUN);
	a.type = htole32(3);
	CHECK_EQ(control(&h, &a, sizeof(a), 1), 1);
	CHECK_EQ(answer[0], VIRTIO_SCSI_S_FAILURE);
	/* Each of these breaks the device. */
	a.type = htole32(VIRTIO_SCSI_T_AN_QUERY);
	CHECK_EQ(control(&h, &a, sizeof(a), 4), -1);
	host_ready(&h, g, V1);
	CHECK_EQ(control(&h, &a, 3, 5), -1);
	host_ready(&h, g, V1);
	CHECK_EQ(control(&h, &a, sizeof(a), 0), -1);
	host_ready(&h, g, V1);
	a.type = htole32(VIRTIO_SCSI_T_TMF);
	CHECK_EQ(control(&h, &a, 23, 1), -1);
	host_ready(&h, g, V1);
	a.type = htole32(77);
	CHECK_EQ(control(&h, &a, 16, 2), -1);
	host_ready(&h, g, V1);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_plain, 1), 0);
}

/* With --poll, the device looks at the control queue first. */
static void test_catches_up(struct guest *g)
{
	struct guest *q;
	struct host h;
	unsigned int slot;

	host_ready(&h, g, V1);
	q = &h.q[2];
	g->v->master = false;	/* so that kicks do nothing */
	slot = submit(&h, UNIT_PLAIN, 5);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 5), -1);
	vdev_bus_master(g->v, true);
	while (vdev_wants_poll(g->v) && in_flight(q))
		vdev_poll(g->v);
	h.q[0].used_seen = 0;
	CHECK(host_answered(&h, slot));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_ABORTED);
}

/* Aborts of tasks that have begun: used entries stay in order. */
static void test_in_order(struct guest *g)
{
	unsigned int slot[3];
	struct host h;

	host_ready(&h, g, V1 | IN_ORDER);
	service_stall(g->v, 60);
	for (unsigned int i = 0; i < 3; i++)
		slot[i] = submit(&h, i == 1 ? UNIT_LARGE : UNIT_PLAIN, i);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_large, 1), 0);
	/* Each response differs, so that each has an entry. */
	CHECK(host_answered(&h, slot[0]));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OK);
	CHECK(host_answered(&h, slot[1]));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_ABORTED);
	CHECK(!host_answered(&h, slot[2]));
	service_stall(g->v, 0);
	vdev_serve(g->v, FOREVER);
	CHECK(host_answered(&h, slot[2]));
	CHECK_EQ(host_control(&h, "stall-unit", "0:0 1"), -1);
}

/* Tasks of one unit wait; task management and others do not. */
static void test_stall(struct guest *g)
{
	unsigned int plain, large;
	uint64_t due;
	struct host h;

	host_ready(&h, g, V1);
	CHECK(!host_control(&h, "stall-unit", "0:0 60"));
	plain = submit(&h, UNIT_PLAIN, 1);
	h.queue = 3;
	large = submit(&h, UNIT_LARGE, 2);
	vdev_serve(g->v, clock_ns());
	CHECK(host_answered(&h, large));
	CHECK_EQ(h.response, 0);
	h.queue = 2;
	CHECK(!host_answered(&h, plain));
	due = vdev_due(g->v);
	CHECK(due > clock_ns() + 50 * SECOND && due < clock_ns() + 61 * SECOND);
	/* A task that has begun is held, too. */
	CHECK(!host_control(&h, "stall-unit", "0:0 120"));
	CHECK(vdev_due(g->v) > due + 50 * SECOND);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 1), 0);
	CHECK(host_answered(&h, plain));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_ABORTED);
	CHECK(!host_control(&h, "stall-unit", "0:0 0"));
	CHECK_EQ(host_control(&h, "stall-unit", "0:9 1"), -1);
	CHECK_EQ(host_control(&h, "stall-unit", "0:0 -1"), -1);
	CHECK_EQ(host_control(&h, "stall-unit", "0:0"), -1);
}

/* A reset of the device or of a queue forgets its tasks. */
static void test_forgets(struct guest *g)
{
	struct host h;

	host_ready(&h, g, V1 | RESET);
	submit(&h, UNIT_PLAIN, 1);
	CHECK_EQ(scsi_of(g->v)->units[0]->tasks, 1);
	set(g, VFE_REG_QUEUE_SELECT, 2);
	set(g, VFE_REG_QUEUE_RESET, 1);
	CHECK_EQ(scsi_of(g->v)->units[0]->tasks, 0);
	host_ready(&h, g, V1);
	submit(&h, UNIT_PLAIN, 1);
	vdev_reset(g->v);
	CHECK_EQ(scsi_of(g->v)->units[0]->tasks, 0);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
}

/* A response in more parts than the device remembers: written at once */
static void test_scattered(struct guest *g)
{
	const struct piece head = { HOST_DATA, 51, 0 };
	struct piece list[9] = { head };
	uint8_t *r;
	struct used u;
	struct host h;

	host_ready(&h, g, V1);
	memcpy(host_data(&h), lun_plain, 8);
	for (int i = 0; i < 8; i++)
		list[1 + i] = (struct piece){
			HOST_DATA + 0x200 + i, i < 7 ? 1 : 101,
			VRING_DESC_F_WRITE
		};
	r = host_data(&h) + 0x200;
	memset(r, 0xee, 108);
	add(&h.q[2], list, 9, 0);
	kick(&h.q[2]);
	CHECK_EQ(r[11], VIRTIO_SCSI_S_OK);
	CHECK(!take(&h.q[2], 1, 9, &u));
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 0), 0);
	CHECK(take(&h.q[2], 1, 9, &u));
	CHECK_EQ(r[11], VIRTIO_SCSI_S_OK);
}

static void check_event(struct host *h, uint32_t event, unsigned int target,
			unsigned int lun, uint32_t reason)
{
	struct vfe_scsi_event e;
	unsigned int t = 0, l = 0;

	CHECK(host_event(h, &e));
	CHECK_EQ(e.event, event);
	CHECK(vfe_scsi_get_lun(e.lun, &t, &l));
	CHECK_EQ(t, target);
	CHECK_EQ(l, lun);
	CHECK_EQ(e.reason, reason);
}

static void plug(struct host *h, const char *address, int expected)
{
	static int fd;
	char arg[128];

	if (!fd)
		fd = dup(host_file(UNIT_PROTECTED));
	snprintf(arg, sizeof(arg), "%s,file=/proc/self/fd/%d,serial=new",
		 address, fd);
	CHECK_EQ(host_control(h, "plug", arg), expected);
}

static void test_plug(struct guest *g)
{
	unsigned int slot;
	struct host h;

	host_ready(&h, g, V1 | BIT64(VIRTIO_SCSI_F_HOTPLUG) |
		   BIT64(VIRTIO_SCSI_F_CHANGE));
	host_give_events(&h, 8);
	plug(&h, "0:260", 0);
	check_event(&h, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 260,
		    VIRTIO_SCSI_EVT_RESET_RESCAN);
	/* Units of the target know; others do not. */
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	CHECK_EQ(h.code, SENSE(KEY_UNIT_ATTENTION, 0x3f, 0x0e));
	CHECK(!host_plain(&h, UNIT_READONLY, ready, 6));
	CHECK(!host_in(&h, UNIT_PLAIN, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64),
		       64));
	CHECK_EQ(get32(host_data(&h)), 24);
	plug(&h, "0:260", -1);
	plug(&h, "0:261", -1);	/* its file is in use */
	CHECK(strstr(host_error, "in use"));
	/* A new size */
	CHECK(!host_control(&h, "resize", "0:1 524288"));
	check_event(&h, VIRTIO_SCSI_T_PARAM_CHANGE, 0, 1, 0x092a);
	scsi_of(g->v)->units[1]->attentions &= ~(1U << ATTENTION_LUNS);
	CHECK(host_plain(&h, UNIT_LARGE, ready, 6));
	CHECK_EQ(h.code, SENSE(KEY_UNIT_ATTENTION, 0x2a, 0x09));
	CHECK_EQ(host_control(&h, "resize", "0:1 524289"), -1);
	CHECK_EQ(host_control(&h, "resize", "0:1"), -1);
	CHECK_EQ(host_control(&h, "resize", "0:9 524288"), -1);
	CHECK_EQ(host_control(&h, "resize", "5:300 524288"), -1);
	/* A unit goes, with its tasks; then a target */
	service_stall(g->v, 60);
	slot = submit(&h, UNIT_PLAIN, 3);
	CHECK(!host_control(&h, "unplug", "0:0"));
	CHECK(host_answered(&h, slot));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_TRANSPORT_FAILURE);
	check_event(&h, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0,
		    VIRTIO_SCSI_EVT_RESET_REMOVED);
	service_stall(g->v, 0);
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	CHECK_EQ(h.code, SENSE_NO_UNIT);
	CHECK_EQ(host_control(&h, "unplug", "0:0"), -1);
	CHECK(!host_control(&h, "unplug", "0"));
	check_event(&h, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 260,
		    VIRTIO_SCSI_EVT_RESET_REMOVED);
	check_event(&h, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 1,
		    VIRTIO_SCSI_EVT_RESET_REMOVED);
	CHECK(host_plain(&h, UNIT_PLAIN, ready, 6));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_BAD_TARGET);
	CHECK_EQ(host_control(&h, "unplug", "0"), -1);
	CHECK_EQ(host_control(&h, "unplug", "x"), -1);
	CHECK_EQ(scsi_of(g->v)->n, 1);
}

/* Events that find no buffer: the driver learns that there were some. */
static void test_missed(struct guest *g)
{
	struct vfe_scsi_event e;
	struct host h;

	host_ready(&h, g, V1 | EVENT);
	host_give_events(&h, 1);
	for (int i = 0; i < 4; i++)
		CHECK(!host_control(&h, "reset-unit", "0:0"));
	check_event(&h, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0,
		    VIRTIO_SCSI_EVT_RESET_HARD);
	CHECK(!host_event(&h, &e));
	CHECK_EQ(g->c.of_class[SCSI_EVENTS_MISSED], 3);
	/* The device wants to know of a buffer now. */
	CHECK_EQ(avail_event(&h.q[1]), 1);
	host_give_events(&h, 2);
	CHECK(host_event(&h, &e));
	CHECK_EQ(e.event, VIRTIO_SCSI_T_EVENTS_MISSED | VIRTIO_SCSI_T_NO_EVENT);
	CHECK(!host_event(&h, &e));
	CHECK(!host_control(&h, "event", "3 0:0 2346"));
	check_event(&h, VIRTIO_SCSI_T_PARAM_CHANGE, 0, 0, 2346);
	/* Without HOTPLUG, a unit comes and goes silently. */
	host_give_events(&h, 2);
	plug(&h, "0:2", 0);
	CHECK(!host_control(&h, "unplug", "0:2"));
	CHECK(!host_event(&h, &e));
	CHECK_EQ(host_control(&h, "event", "3 0:0"), -1);
	CHECK_EQ(host_control(&h, "event", "3 256:0 0"), -1);
	CHECK_EQ(host_control(&h, "reset-unit", "0:9"), -1);
}

/* Before DRIVER_OK there are no events; a bad buffer breaks the device. */
static void test_bad_event_buffers(struct guest *g)
{
	static const struct piece bad[] = {
		{ DATA_ADDR, 15, VRING_DESC_F_WRITE },
		{ DATA_ADDR, 16, 0 },
		{ ROM_BASE, 16, VRING_DESC_F_WRITE },
	};
	struct host h = { .main = g };

	CHECK(!host_control(&h, "reset-unit", "0:0"));
	CHECK_EQ(g->c.of_class[SCSI_EVENTS_MISSED], 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		host_ready(&h, g, V1);
		add(&h.q[1], &bad[i], 1, 0);
		kick(&h.q[1]);
		CHECK(!host_control(&h, "reset-unit", "0:0"));
		CHECK(get(g, VFE_REG_DEVICE_STATUS) &
		      VIRTIO_CONFIG_S_NEEDS_RESET);
	}
	host_ready(&h, g, V1);
	CHECK(!host_plain(&h, UNIT_PLAIN, ready, 6));
}

static void test_specs(void)
{
	static const char *const bad[] = {
		"", "0:0", "0:0,", "0:0,file=", "256:0,file=a", "0:16384,file=a",
		"a:0,file=a", "0:b,file=a", "-1:0,file=a", "0:0,file=a,x",
		"0:0,file=a,x=1", "0:0,file=a,serial=", "0:0,file=a,serial=a b",
		"0:0,file=a,block-size=1024", "0:0,file=a,block-size=x",
		"0:0,file=a,protection=4", "0:0,readonly",
		"0:0,file=a,serial=0123456789012345678901234567890123456",
	};
	struct unit_spec spec;
	char error[1024], text[2048];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQ(unit_parse_spec(&spec, bad[i], error, sizeof(error)),
			 -1);
		CHECK(strstr(error, "use TARGET:LUN,file=PATH"));
	}
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK_EQ(unit_parse_spec(&spec, text, error, sizeof(error)), -1);
	CHECK(!unit_parse_spec(&spec, "255:16383,file=/x,readonly,serial=S,block-size=4096,protection=3",
			       error, sizeof(error)));
	CHECK_EQ(spec.target, 255);
	CHECK_EQ(spec.lun, 16383);
	CHECK(spec.readonly && spec.block_size == 4096 && spec.protection == 3);
	CHECK(!strcmp(spec.path, "/x") && !strcmp(spec.serial, "S"));
	CHECK(!unit_parse_spec(&spec, "1:2,file=y", error, sizeof(error)));
	CHECK(!strcmp(spec.serial, "vfe-1-2") && spec.block_size == 512);
}

static void test_tmf_quirks(struct guest *g)
{
	struct options *o = g->v->o;
	unsigned int slot;
	struct host h;

	host_ready(&h, g, V1);
	service_stall(g->v, 60);
	slot = submit(&h, UNIT_PLAIN, 1);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 1), 0);
	CHECK(!host_answered(&h, slot));
	service_stall(g->v, 0);
	vdev_serve(g->v, FOREVER);
	CHECK(host_answered(&h, slot));
	CHECK_EQ(h.response, 0);
	o->quirks = (struct quirks){ .on = BIT64(QUIRK_ABORT_LOST) };
	service_stall(g->v, 60);
	slot = submit(&h, UNIT_PLAIN, 1);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 1), 0);
	service_stall(g->v, 0);
	vdev_serve(g->v, FOREVER);
	CHECK(!host_answered(&h, slot));
	o->quirks = (struct quirks){ .on = BIT64(QUIRK_TMF_RESPONSE) };
	o->quirks.value[QUIRK_TMF_RESPONSE] = 9;
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_ABORT_TASK, lun_plain, 1), 9);
	o->quirks = (struct quirks){ .on = BIT64(QUIRK_TMF_SLOW) };
	o->quirks.value[QUIRK_TMF_SLOW] = 1000;
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_plain, 2), -1);
	CHECK(vdev_due(g->v) < clock_ns() + 2 * SECOND);
	vdev_serve(g->v, vdev_due(g->v));
	CHECK(vdev_wants_poll(g->v));
	vdev_poll(g->v);
	CHECK_EQ(*(uint8_t *)at(g, RAM_BASE + 0x68100), 0);
	o->quirks = (struct quirks){ .on = BIT64(QUIRK_TMF_SILENT) };
	host_ready(&h, g, V1);
	CHECK_EQ(host_tmf(&h, VIRTIO_SCSI_T_TMF_QUERY_TASK, lun_plain, 2), -1);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
}

static void test_response_quirks(struct guest *g)
{
	struct host h;

	host_ready(&h, g, V1);
	/* Each second one, of all that come */
	CHECK(!host_in(&h, UNIT_PLAIN, read_one, 10, 512));
	CHECK_EQ(h.residual, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, read_one, 10, 512));
	CHECK_EQ(h.residual, 513);
	CHECK_EQ(h.sense_len, UINT32_MAX);
	g->v->o->quirks.on = BIT64(QUIRK_RESPONSE);
	g->v->o->quirks.value[QUIRK_RESPONSE] = 7;
	CHECK(host_in(&h, UNIT_PLAIN, read_one, 10, 512));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_TARGET_FAILURE);
	CHECK_EQ(host_data(&h)[0], 0xee);
	g->v->o->quirks.on = BIT64(QUIRK_STATUS);
	g->v->o->quirks.value[QUIRK_STATUS] = STATUS_BUSY;
	CHECK(host_in(&h, UNIT_PLAIN, read_one, 10, 512));
	CHECK_EQ(h.status, STATUS_BUSY);
	CHECK_EQ(h.residual, 512);
	g->v->o->quirks.on = BIT64(QUIRK_TASK_SET_FULL);
	g->v->o->quirks.value[QUIRK_TASK_SET_FULL] = 1;
	service_stall(g->v, 60);
	submit(&h, UNIT_PLAIN, 1);
	submit(&h, UNIT_PLAIN, 2);
	service_stall(g->v, 0);
	vdev_serve(g->v, FOREVER);
	CHECK(host_answered(&h, h.slot - 2));
	CHECK_EQ(h.status, STATUS_GOOD);
	CHECK(host_answered(&h, h.slot - 1));
	CHECK_EQ(h.status, STATUS_TASK_SET_FULL);
}

static void test_config_quirks(struct guest *g)
{
	struct host h;
	struct vfe_scsi_event e;

	CHECK_EQ(config(g, 0, 4), 64);
	CHECK_EQ(config(g, 4, 4), 0);
	CHECK_EQ(config(g, 8, 4), 8);
	CHECK_EQ(config(g, 12, 4), 0);
	CHECK_EQ(config(g, 16, 4), 4096);
	CHECK_EQ(config(g, 30, 2), 0);
	CHECK_EQ(config(g, 32, 4), 0xffffffff);
	host_ready(&h, g, V1);
	host_give_events(&h, 4);
	for (int i = 0; i < 4; i++)
		CHECK(!host_control(&h, "reset-unit", "0:0"));
	for (int i = 0; i < 2; i++)
		CHECK(host_event(&h, &e));
	CHECK(!host_event(&h, &e));
}

static const char odd_config[] =
	"num-queues=64,seg-max=0,max-sectors=8,cmd-per-lun=0,"
	"event-info-size=4096,max-target=0,max-lun=4294967295,lost-event=2";

const struct test scsi_task_tests[] = {
	{ "SCSI: features and configuration",
	  .on_guest = test_configuration, .change = with_host },
	{ "SCSI: sense data of another size",
	  .on_guest = test_sense_size, .change = with_host },
	{ "SCSI: any framing", .on_guest = test_framing, .change = with_host },
	{ "SCSI: packed rings", .on_guest = test_packed, .change = with_host },
	{ "SCSI: requests that make no sense",
	  .on_guest = test_bad_requests, .change = with_host },
	{ "SCSI: tasks, aborted and queried",
	  .on_guest = test_abort, .change = with_slow_host },
	{ "SCSI: resets of task sets, units and targets",
	  .on_guest = test_resets, .change = with_slow_host },
	{ "SCSI: task management that is refused",
	  .on_guest = test_management_refused, .change = with_host },
	{ "SCSI: asynchronous notifications, and other control requests",
	  .on_guest = test_notifications, .change = with_host },
	{ "SCSI: task management comes after the commands before it",
	  .on_guest = test_catches_up, .change = with_slow_host },
	{ "SCSI: aborts keep the order of IN_ORDER",
	  .on_guest = test_in_order, .change = with_host },
	{ "SCSI: one unit stalls", .on_guest = test_stall,
	  .change = with_host },
	{ "SCSI: a reset forgets tasks",
	  .on_guest = test_forgets, .change = with_slow_host },
	{ "SCSI: a response in many parts, with a service time",
	  .on_guest = test_scattered, .change = with_slow_host },
	{ "SCSI: units come, change and go",
	  .on_guest = test_plug, .change = with_host },
	{ "SCSI: events that find no buffer",
	  .on_guest = test_missed, .change = with_host },
	{ "SCSI: buffers that are none for events",
	  .on_guest = test_bad_event_buffers, .change = with_host },
	{ "SCSI: descriptions of units", .run = test_specs },
	{ "SCSI: quirks of task management",
	  .on_guest = test_tmf_quirks, .change = with_host_quirks,
	  .list = "abort-ignored" },
	{ "SCSI: quirks of responses",
	  .on_guest = test_response_quirks, .change = with_host_quirks,
	  .list = "bad-every=2,sense-len=all-ones,residual=beyond" },
	{ "SCSI: quirks of configuration and events",
	  .on_guest = test_config_quirks, .change = with_host_quirks,
	  .list = odd_config },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/* A SCSI driver in miniature, and the files of its units. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

#define AREA		0x10000ULL
#define REQUESTS	(RAM_BASE + 0x50000)
#define RESPONSES	(RAM_BASE + 0x58000)
#define EVENTS		(RAM_BASE + 0x60000)
#define CONTROL		(RAM_BASE + 0x68000)
#define APART		0x400ULL

struct scsi_options host_options;
char host_error[1024];

static const struct {
	unsigned int target, lun, block_size;
	bool readonly;
	unsigned int protection;
} units[NUM_HOST_UNITS] = {
	[UNIT_PLAIN] = { 0, 0, 512, false, 0 },
	[UNIT_LARGE] = { 0, 1, 4096, false, 0 },
	[UNIT_READONLY] = { 5, 300, 512, true, 0 },
	[UNIT_PROTECTED] = { 255, 16383, 512, false, 1 },
};

static struct places places[HOST_QUEUES];

int host_file(enum host_unit which)
{
	static int fds[NUM_HOST_UNITS];

	if (!fds[which]) {
		fds[which] = memfd_create("unit", MFD_CLOEXEC);
		if (fds[which] < 0 || ftruncate(fds[which], UNIT_BYTES))
			exit(1);
	}
	return fds[which];
}

void host_restore(void)
{
	static uint8_t bytes[UNIT_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = disk_byte(i);
	for (unsigned int i = 0; i < NUM_HOST_UNITS; i++) {
		int fd = host_file(i);

		if (ftruncate(fd, UNIT_BYTES) ||
		    pwrite(fd, bytes, sizeof(bytes), 0) != sizeof(bytes))
			exit(1);
	}
}

static void add_unit(enum host_unit which)
{
	struct unit_spec *spec = &host_options.units[host_options.n++];

	*spec = (struct unit_spec){
		.target = units[which].target,
		.lun = units[which].lun,
		.block_size = units[which].block_size,
		.readonly = units[which].readonly,
		.protection = units[which].protection,
	};
	snprintf(spec->serial, sizeof(spec->serial), "unit-%u", which);
	snprintf(spec->path, sizeof(spec->path), "/proc/self/fd/%d",
		 host_file(which));
}

void with_host(struct options *o)
{
	host_restore();
	host_options.n = 0;
	for (unsigned int i = 0; i < UNIT_PROTECTED; i++)
		add_unit(i);
	o->class = &scsi_class;
	o->of_class = &host_options;
	o->queues = 2;
	o->queue_size = HOST_SIZE;
}

void with_protection(struct options *o)
{
	with_host(o);
	add_unit(UNIT_PROTECTED);
}

void with_host_quirks(struct options *o)
{
	char error[512] = "";

	with_host(o);
	CHECK_EQ(quirk_parse(&scsi_class, &o->quirks, guest_list, error,
			     sizeof(error)), 0);
}

void with_slow_host(struct options *o)
{
	with_host(o);
	o->service = (struct service_model){
		.kind = SERVICE_CONSTANT, .typical = 60e6,
	};
}

static void set_up(struct host *h, unsigned int index)
{
	struct guest *q = &h->q[index];
	uint64_t base = RAM_BASE + index * AREA;

	places[index] = (struct places){
		.ram = RAM_BASE, .desc = base, .avail = base + 0x4000,
		.used = base + 0x8000, .table = base + 0xc000,
	};
	*q = *h->main;
	q->at = &places[index];
	q->queue = index;
	guest_queue(q, HOST_SIZE);
}

void host_start(struct host *h, struct guest *g, uint64_t features)
{
	memset(h, 0, sizeof(*h));
	h->main = g;
	h->queue = VFE_SCSI_REQUESTQ;
	memset(g->ram, 0, RAM_SIZE);
	guest_negotiate(g, features & offered(g));
	for (unsigned int i = 0; i < HOST_QUEUES; i++)
		set_up(h, i);
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

void host_ready(struct host *h, struct guest *g, uint64_t features)
{
	struct scsi *s = scsi_of(g->v);

	host_start(h, g, features);
	for (unsigned int i = 0; i < s->n; i++)
		s->units[i]->attentions = 0;
}

void host_address(enum host_unit unit, uint8_t *lun)
{
	vfe_scsi_put_lun(lun, units[unit].target, units[unit].lun);
}

uint8_t *host_data(struct host *h)
{
	return at(h->main, HOST_DATA);
}

/* Return: the bytes of the request's head */
static uint32_t put_head(struct host *h, const struct ask *a, uint8_t *to)
{
	const struct scsi *s = scsi_of(h->main->v);
	bool pi = h->main->features & BIT64(VIRTIO_SCSI_F_T10_PI);
	struct vfe_scsi_request_pi *head = (struct vfe_scsi_request_pi *)to;
	uint32_t len = pi ? offsetof(struct vfe_scsi_request_pi, cdb) :
			    offsetof(struct vfe_scsi_request, cdb);

	memset(to, 0, len + s->cdb_size);
	if (a->lun)
		memcpy(head->lun, a->lun, sizeof(head->lun));
	else
		host_address(a->unit, head->lun);
	head->id = htole64(a->id);
	if (pi) {
		head->pi_bytesout = htole32(a->pi_out);
		head->pi_bytesin = htole32(a->pi_in);
	}
	memcpy(to + len, a->cdb, a->cdb_len);
	return len + s->cdb_size;
}

unsigned int host_submit(struct host *h, const struct ask *a)
{
	struct guest *q = &h->q[h->queue];
	const struct scsi *s = scsi_of(h->main->v);
	unsigned int slot = h->slot++ % HOST_SLOTS, n = 0;
	uint64_t request = REQUESTS + slot * APART;
	uint64_t response = RESPONSES + slot * APART;
	struct piece list[4];

	list[n++] = (struct piece){
		request, put_head(h, a, at(q, request)), 0
	};
	if (a->out && a->out_len)
		memcpy(host_data(h), a->out, a->out_len);
	if (a->out_len)
		list[n++] = (struct piece){ HOST_DATA, a->out_len, 0 };
	memset(at(q, response), 0xee, APART);
	list[n++] = (struct piece){
		response, 12 + s->sense_size, VRING_DESC_F_WRITE
	};
	if (a->in_len)
		list[n++] = (struct piece){
			HOST_DATA, a->in_len, VRING_DESC_F_WRITE
		};
	add(q, list, n, q->features & PACKED ? slot : 4 * slot);
	kick(q);
	return slot;
}

static void read_response(struct host *h, unsigned int slot)
{
	const struct vfe_scsi_response *r = at(h->main,
					       RESPONSES + slot * APART);

	h->response = r->response;
	h->status = r->status;
	h->residual = le32toh(r->residual);
	h->sense_len = le32toh(r->sense_len);
	memcpy(h->sense, r->sense, sizeof(h->sense));
	h->code = 0;
	if (!h->sense_len)
		return;
	if (h->sense[0] & 0x02)
		h->code = SENSE(h->sense[1], h->sense[2], h->sense[3]);
	else
		h->code = SENSE(h->sense[2], h->sense[12], h->sense[13]);
}

bool host_answered(struct host *h, unsigned int slot)
{
	struct guest *q = &h->q[h->queue];
	struct used u;

	if (!take(q, 1, 0, &u))
		return false;
	CHECK_EQ(u.id, q->features & PACKED ? slot : 4 * slot);
	h->used = u.len;
	read_response(h, slot);
	return true;
}

int host_ask(struct host *h, const struct ask *a)
{
	unsigned int slot = host_submit(h, a);
	struct guest *q = &h->q[h->queue];
	struct used u;
	unsigned int descs = 2 + !!a->out_len + !!a->in_len;

	if (!take(q, 1, descs, &u)) {
		h->response = 0xff;
		return -1;
	}
	h->used = u.len;
	read_response(h, slot);
	return h->response || h->status ? -1 : 0;
}

int host_plain(struct host *h, enum host_unit unit, const void *cdb,
	       unsigned int cdb_len)
{
	return host_ask(h, &(struct ask){
		.unit = unit, .cdb = cdb, .cdb_len = cdb_len
	});
}

int host_in(struct host *h, enum host_unit unit, const void *cdb,
	    unsigned int cdb_len, uint32_t len)
{
	memset(host_data(h), 0xee, len);
	return host_ask(h, &(struct ask){
		.unit = unit, .cdb = cdb, .cdb_len = cdb_len, .in_len = len
	});
}

int host_out(struct host *h, enum host_unit unit, const void *cdb,
	     unsigned int cdb_len, const void *data, uint32_t len)
{
	return host_ask(h, &(struct ask){
		.unit = unit, .cdb = cdb, .cdb_len = cdb_len, .out = data,
		.out_len = len
	});
}

int host_tmf(struct host *h, uint32_t subtype, const uint8_t *lun, uint64_t id)
{
	struct guest *q = &h->q[VFE_SCSI_CONTROLQ];
	struct vfe_scsi_tmf_request *t = at(q, CONTROL);
	const struct piece list[] = {
		{ CONTROL, sizeof(*t), 0 },
		{ CONTROL + 0x100, 1, VRING_DESC_F_WRITE },
	};
	uint8_t *response = at(q, CONTROL + 0x100);
	struct used u;

	*t = (struct vfe_scsi_tmf_request){
		.type = htole32(VIRTIO_SCSI_T_TMF),
		.subtype = htole32(subtype), .id = htole64(id),
	};
	memcpy(t->lun, lun, sizeof(t->lun));
	*response = 0xee;
	add(q, list, 2, 0);
	kick(q);
	if (!take(q, 1, 2, &u))
		return -1;
	CHECK_EQ(u.len, 1);
	return *response;
}

static uint64_t event_at(unsigned int id)
{
	return EVENTS + id * sizeof(struct vfe_scsi_event);
}

void host_give_events(struct host *h, unsigned int n)
{
	struct guest *q = &h->q[VFE_SCSI_EVENTQ];

	while (n--) {
		unsigned int id = (q->features & PACKED ? q->next :
				   q->avail_idx) % HOST_SIZE;
		const struct piece e = {
			event_at(id), sizeof(struct vfe_scsi_event),
			VRING_DESC_F_WRITE
		};

		memset(at(q, e.addr), 0xee, e.len);
		add(q, &e, 1, id);
	}
	kick(q);
}

bool host_event(struct host *h, struct vfe_scsi_event *e)
{
	struct guest *q = &h->q[VFE_SCSI_EVENTQ];
	struct used u;

	if (!take(q, 1, 1, &u))
		return false;
	CHECK_EQ(u.len, sizeof(*e));
	memcpy(e, at(q, event_at(u.id)), sizeof(*e));
	e->event = le32toh(e->event);
	e->reason = le32toh(e->reason);
	return true;
}

int host_control(struct host *h, const char *name, const char *arg)
{
	const struct vdev_command *c = scsi_commands;

	host_error[0] = '\0';
	while (strcmp(c->name, name))
		c++;
	return c->run(h->main->v, arg, host_error, sizeof(host_error));
}

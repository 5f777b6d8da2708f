// SPDX-License-Identifier: GPL-2.0
/*
 * The request queues, virtio 1.4, 5.6.6.1: takes requests apart, has their
 * commands executed, and writes the responses. The framing is arbitrary.
 *
 * A command is executed when the device sees it. With a service time its
 * response waits, and for that long it is a task, which task management finds.
 */
#include <stdlib.h>
#include <string.h>

#include "guest/iov.h"
#include "scsi/command.h"

#define RESPONSE_HEAD	offsetof(struct vfe_scsi_response, sense)
#define RESPONSE_MOST	(RESPONSE_HEAD + SCSI_SENSE_MOST)
/* In place of a target: the request is for none that there is */
#define NO_TARGET	UINT32_MAX
/* Pieces of protection information: more than a chain can have */
#define PI_PIECES	2048

/* What a response is, and where it goes */
struct task {
	struct scsi *s;
	struct unit *u;		/* or NULL */
	unsigned int target;	/* or NO_TARGET */
	uint64_t id;
	/* in the guest; none if that is in more parts than these */
	struct guest_part part[CHAIN_HEADS];
	unsigned int parts;
	bool written;		/* already, for that reason */
	uint32_t len;
	union {
		struct vfe_scsi_response response;
		uint8_t bytes[RESPONSE_MOST];
	};
};

/* A request under way */
struct request {
	struct queue *q;
	struct scsi *s;
	struct command c;
	struct task t;
	uint64_t data;		/* bytes of the data buffers */
	uint64_t pi_in;		/* bytes of pi_in */
	struct iovec place[RESPONSE_MOST];	/* of the response, here */
};

/* Return: false */
static bool complain(const struct request *r, const char *what,
		     unsigned long long value)
{
	log_line("queue %u: a SCSI request: %s %llu", r->q->index, what, value);
	return false;
}

/* Where the response begins, by addresses that stay valid */
static void find_parts(struct task *t, const struct chain *c)
{
	uint32_t left = t->len;

	for (unsigned int i = 0; i < c->heads && left; i++) {
		struct guest_part part = c->head[i];

		if (part.len > left)
			part.len = left;
		left -= part.len;
		t->part[t->parts++] = part;
	}
	if (left)
		t->parts = 0;
}

/* Return: whether all of it is in the guest's memory */
static bool write_parts(struct gmem *gm, const struct task *t)
{
	const uint8_t *from = t->bytes;
	struct iovec iov[8];

	for (unsigned int i = 0; i < t->parts; i++) {
		const struct guest_part *part = &t->part[i];

		if (gmem_iov(gm, part->addr, part->len, true, iov, 8) < 0)
			return false;
		iov_write(iov, from, part->len);
		from += part->len;
	}
	return t->parts;
}

/*
 * Move the first @len bytes, which must exist, to a list of their own.
 * Return: the pieces, or -1 if there are more than @most
 */
static int split(struct scsi_data *from, uint64_t len, struct iovec *to,
		 int most)
{
	int n = 0;

	while (len) {
		size_t part = from->iov->iov_len < len ? from->iov->iov_len :
							 len;

		if (n == most)
			return -1;
		to[n++] = (struct iovec){ from->iov->iov_base, part };
		iov_skip(&from->iov, &from->n, part);
		from->len -= part;
		len -= part;
	}
	return n;
}

/* The protection information at the beginning of the data */
static bool split_pi(struct request *r, struct scsi_data *data, uint32_t len,
		     struct scsi_data *pi)
{
	static struct iovec pieces[2][PI_PIECES];
	struct iovec *to = pieces[pi == &r->c.pi_in];
	int n;

	if (len > data->len)
		return complain(r, "more protection information than data, bytes",
				len);
	n = split(data, len, to, PI_PIECES);
	if (n < 0)
		return complain(r, "protection information in pieces, more than",
				PI_PIECES);
	*pi = (struct scsi_data){ to, n, len };
	return true;
}

struct request_head {
	uint8_t lun[VFE_SCSI_LUN_LEN];
	uint32_t pi_bytesout;
	uint32_t pi_bytesin;
};

/* The device-readable part, up to the data. Return: false if it is too short */
static bool read_head(struct request *r, struct request_head *h)
{
	uint8_t bytes[sizeof(struct vfe_scsi_request_pi) + SCSI_CDB_MOST];
	bool pi = vdev_has(r->q->v, VIRTIO_SCSI_F_T10_PI);
	size_t cdb = pi ? offsetof(struct vfe_scsi_request_pi, cdb) :
			  offsetof(struct vfe_scsi_request, cdb);
	size_t len = cdb + r->s->cdb_size;
	struct scsi_data *out = &r->c.out;
	struct vfe_scsi_request_pi head;

	if (out->len < len)
		return complain(r, "cut short: bytes", out->len);
	iov_read(bytes, out->iov, len);
	iov_skip(&out->iov, &out->n, len);
	out->len -= len;
	memcpy(&head, bytes, cdb);
	memcpy(h->lun, head.lun, sizeof(h->lun));
	r->t.id = le64toh(head.id);
	h->pi_bytesout = pi ? le32toh(head.pi_bytesout) : 0;
	h->pi_bytesin = pi ? le32toh(head.pi_bytesin) : 0;
	memcpy(r->c.cdb, bytes + cdb, r->s->cdb_size);
	r->c.cdb_len = r->s->cdb_size;
	r->c.can_protect = pi;
	return true;
}

static bool is_well_known(const uint8_t *at)
{
	return at[0] == VFE_SCSI_WLUN && at[1] == VFE_SCSI_WLUN_REPORT;
}

/* 5.6.6.1. Return: false if there is no such target */
static bool find_unit(struct command *c, const uint8_t *lun)
{
	static const uint8_t zeroes[6];

	if (is_well_known(lun) && !memcmp(lun + 2, zeroes, 6)) {
		c->all_targets = true;
		c->well_known = true;
		return true;
	}
	if (lun[0] == VFE_SCSI_LUN_BUS && is_well_known(lun + 2) &&
	    !memcmp(lun + 4, zeroes, 4)) {
		c->well_known = true;
		c->target = lun[1];
	} else if (vfe_scsi_get_lun(lun, &c->target, &c->lun)) {
		c->u = scsi_find(c->s, c->target, c->lun);
	} else {
		log_line("no address of a SCSI unit: %02x%02x%02x%02x%02x%02x%02x%02x",
			 lun[0], lun[1], lun[2], lun[3], lun[4], lun[5], lun[6],
			 lun[7]);
		return false;
	}
	return scsi_has_target(c->s, c->target);
}

/* Return: the response, OK if the command may be executed */
static uint8_t unpack(struct request *r)
{
	struct command *c = &r->c;
	struct request_head h;

	if (!read_head(r, &h) ||
	    !split_pi(r, &c->out, h.pi_bytesout, &c->pi_out) ||
	    !split_pi(r, &c->in, h.pi_bytesin, &c->pi_in))
		return VIRTIO_SCSI_S_FAILURE;
	r->data = c->out.len + c->in.len;
	r->pi_in = h.pi_bytesin;
	/* 5.6.6.1.1: INOUT is not offered. */
	if (c->out.len && c->in.len) {
		complain(r, "data both to read and to write: bytes", r->data);
		return VIRTIO_SCSI_S_FAILURE;
	}
	if (!find_unit(c, h.lun))
		return VIRTIO_SCSI_S_BAD_TARGET;
	r->t.u = c->u;
	if (!c->all_targets)
		r->t.target = c->target;
	return VIRTIO_SCSI_S_OK;
}

/* Responses of quirks, without a command. Return: whether this is one */
static bool answer_oddly(const struct request *r, bool hit, struct command *c)
{
	const struct vdev *v = r->q->v;
	const struct unit *u = c->u;

	if (hit && quirk_on(v, QUIRK_RESPONSE)) {
		c->response = quirk_value(v, QUIRK_RESPONSE, 0);
		return true;
	}
	if (hit && quirk_on(v, QUIRK_STATUS)) {
		c->status = quirk_value(v, QUIRK_STATUS, 0);
		return true;
	}
	if (!u || u->tasks < quirk_value(v, QUIRK_TASK_SET_FULL, UINT32_MAX))
		return false;
	c->status = STATUS_TASK_SET_FULL;
	return true;
}

static void put_response(struct request *r, bool hit)
{
	struct vfe_scsi_response *to = &r->t.response;
	const struct command *c = &r->c;
	bool descriptors = c->u && c->u->descriptor_sense;
	uint64_t residual = r->data - c->moved;

	memset(r->t.bytes, 0, sizeof(r->t.bytes));
	to->response = c->response;
	to->status = c->status;
	to->residual = htole32(residual < UINT32_MAX ? residual : UINT32_MAX);
	if (c->status == STATUS_CHECK && c->response == VIRTIO_SCSI_S_OK)
		to->sense_len = htole32(sense_put(&c->sense, descriptors,
						  r->t.bytes + RESPONSE_HEAD,
						  r->s->sense_size));
	if (hit)
		scsi_quirk_response(r->s, to, r->s->sense_size, r->data);
	if (c->response != VIRTIO_SCSI_S_OK)
		scsi_count(r->s, SCSI_REFUSED, 1);
}

/*
 * The response goes to the driver, or becomes a task.
 * Return: false if there is no place for it
 */
static bool deliver(struct request *r, struct chain *c)
{
	struct task *held = c->delayed ? malloc(sizeof(*held)) : NULL;
	bool later = held && r->t.parts;

	if (!later) {
		if (c->fault && !write_parts(r->q->v->gm, &r->t)) {
			free(held);
			return complain(r, "no place for the response, bytes",
					r->t.len);
		}
		if (!c->fault)
			iov_write(r->place, r->t.bytes, r->t.len);
	}
	if (!held)
		return true;
	*held = r->t;
	held->written = !later;
	c->held = held;
	if (held->u) {
		held->u->tasks++;
		c->not_before = held->u->stall_until;
	}
	return true;
}

/*
 * 2.7.8.2: the length covers only what was written without a gap from the first
 * writable byte on.
 */
static uint32_t used_len(const struct request *r)
{
	uint64_t len = r->t.len;

	if (!r->c.in.len || (r->pi_in && r->c.pi_in.n))
		return len;
	return len + r->pi_in + r->c.moved;
}

int scsi_command_request(struct queue *q, struct chain *c, uint32_t *len)
{
	static struct request r;
	struct scsi *s = scsi_of(q->v);
	bool hit = scsi_quirk_hits(s);

	/* The places need not be cleared. */
	memset(&r, 0, offsetof(struct request, place));
	r.q = q;
	r.s = s;
	r.c.s = s;
	r.t.s = s;
	r.t.target = NO_TARGET;
	r.t.len = RESPONSE_HEAD + s->sense_size;
	if (c->write_len < r.t.len) {
		complain(&r, "no room for a response, only bytes",
			 c->write_len);
		return -1;
	}
	find_parts(&r.t, c);
	r.c.out = (struct scsi_data){ c->iov, c->readable, c->read_len };
	r.c.in = (struct scsi_data){
		c->iov + c->readable, c->writable, c->write_len,
	};
	if (!c->fault)
		split(&r.c.in, r.t.len, r.place, RESPONSE_MOST);
	r.c.response = c->fault ? VIRTIO_SCSI_S_FAILURE : unpack(&r);
	if (!r.c.response && !answer_oddly(&r, hit, &r.c))
		command_execute(&r.c);
	put_response(&r, hit);
	if (!deliver(&r, c))
		return -1;
	*len = c->fault ? r.t.len : used_len(&r);
	return 0;
}

static void forget(struct task *t)
{
	if (t->u)
		t->u->tasks--;
	free(t);
}

void scsi_respond(struct queue *q, void *held)
{
	struct task *t = held;

	if (!t->written && !write_parts(q->v->gm, t))
		log_line("queue %u: the place of a response is no longer in guest memory",
			 q->index);
	forget(t);
}

void scsi_drop(struct queue *q, void *held)
{
	(void)q;
	forget(held);
}

static bool matches(const struct queue *q, void *held, void *arg)
{
	const struct task_filter *f = arg;
	const struct task *t = held;

	(void)q;
	if (f->u ? t->u != f->u : t->target != f->target)
		return false;
	return !f->by_id || t->id == f->id;
}

static bool ends(const struct queue *q, void *held, void *arg)
{
	const struct task_filter *f = arg;
	struct task *t = held;

	if (!matches(q, held, arg))
		return false;
	t->response.response = f->response;
	t->response.status = STATUS_GOOD;
	t->response.sense_len = 0;
	return true;
}

unsigned int scsi_tasks(struct scsi *s, struct task_filter *f)
{
	return service_count(s->v, matches, f);
}

unsigned int scsi_end_tasks(struct scsi *s, struct task_filter *f)
{
	unsigned int n = service_finish(s->v, ends, f);

	scsi_count(s, SCSI_ABORTED, n);
	pass_publish_answered(s->v);
	return n;
}

void scsi_hold_tasks(struct scsi *s, struct task_filter *f, uint64_t until)
{
	service_hold(s->v, matches, f, until);
}

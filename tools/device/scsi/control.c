// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue, virtio 1.4, 5.6.6.2: task management, and asynchronous
 * notifications, of which disks have none. Its requests have no service time.
 */
#include <string.h>

#include "base/clock.h"
#include "guest/iov.h"
#include "scsi/scsi.h"

static int complain(const struct queue *q, const char *what,
		    unsigned long long value)
{
	log_line("queue %u: a control request: %s %llu", q->index, what, value);
	return -1;
}

/* A target or a unit. Return: the response, OK if there is one */
static uint8_t find(const struct scsi *s, const uint8_t *lun, bool whole_target,
		    struct task_filter *f)
{
	unsigned int number;

	if (!vfe_scsi_get_lun(lun, &f->target, &number) ||
	    !scsi_has_target(s, f->target))
		return VIRTIO_SCSI_S_BAD_TARGET;
	if (whole_target)
		return VIRTIO_SCSI_S_OK;
	f->u = scsi_find(s, f->target, number);
	return f->u ? VIRTIO_SCSI_S_OK : VIRTIO_SCSI_S_INCORRECT_LUN;
}

/* Units of the filter */
static void reset_units(struct scsi *s, const struct task_filter *f)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct unit *u = s->units[i];

		if (f->u == u)
			unit_reset(u, ATTENTION_RESET);
		else if (!f->u && u->target == f->target)
			unit_attend(u, ATTENTION_NEXUS_LOSS);
	}
}

/* 5.6.6.2: the driver sees the ended tasks before the response. */
static void end_tasks(struct scsi *s, struct task_filter *f, uint8_t response)
{
	f->response = response;
	if (quirk_on(s->v, QUIRK_ABORT_LOST))
		scsi_hold_tasks(s, f, UINT64_MAX);
	else if (!quirk_on(s->v, QUIRK_ABORT_IGNORED))
		scsi_end_tasks(s, f);
}

static uint8_t query(struct scsi *s, struct task_filter *f)
{
	return scsi_tasks(s, f) ? VIRTIO_SCSI_S_FUNCTION_SUCCEEDED :
				  VFE_SCSI_S_FUNCTION_COMPLETE;
}

static uint8_t manage(struct scsi *s, const struct vfe_scsi_tmf_request *t)
{
	uint32_t what = le32toh(t->subtype);
	struct task_filter f = { .id = le64toh(t->id) };
	uint8_t response = find(s, t->lun, what ==
				VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, &f);

	if (response)
		return response;
	f.by_id = what == VIRTIO_SCSI_T_TMF_ABORT_TASK ||
		  what == VIRTIO_SCSI_T_TMF_QUERY_TASK;
	switch (what) {
	case VIRTIO_SCSI_T_TMF_ABORT_TASK:
	case VIRTIO_SCSI_T_TMF_ABORT_TASK_SET:
	case VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET:
		end_tasks(s, &f, VIRTIO_SCSI_S_ABORTED);
		return VFE_SCSI_S_FUNCTION_COMPLETE;
	case VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET:
	case VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET:
		end_tasks(s, &f, VIRTIO_SCSI_S_RESET);
		reset_units(s, &f);
		return VFE_SCSI_S_FUNCTION_COMPLETE;
	case VIRTIO_SCSI_T_TMF_QUERY_TASK:
	case VIRTIO_SCSI_T_TMF_QUERY_TASK_SET:
		return query(s, &f);
	default:
		/* CLEAR ACA, too: NORMACA is 0. */
		return VIRTIO_SCSI_S_FUNCTION_REJECTED;
	}
}

static int task_management(struct queue *q, struct chain *c, uint32_t *len)
{
	struct scsi *s = scsi_of(q->v);
	struct vfe_scsi_tmf_request t;
	uint8_t response;

	if (c->read_len < sizeof(t))
		return complain(q, "task management cut short: bytes",
				c->read_len);
	iov_read(&t, c->iov, sizeof(t));
	response = quirk_on(q->v, QUIRK_TMF_RESPONSE) ?
		   quirk_value(q->v, QUIRK_TMF_RESPONSE, 0) : manage(s, &t);
	scsi_count(s, SCSI_TMFS, 1);
	if (response && response != VIRTIO_SCSI_S_FUNCTION_SUCCEEDED)
		scsi_count(s, SCSI_TMFS_REFUSED, 1);
	iov_write(c->iov + c->readable, &response, sizeof(response));
	*len = sizeof(response);
	return 0;
}

static int notification(struct queue *q, struct chain *c, uint32_t *len)
{
	struct scsi *s = scsi_of(q->v);
	struct vfe_scsi_an_request a;
	struct vfe_scsi_an_response answer = {};
	struct task_filter f = {};

	if (c->read_len < sizeof(a) || c->write_len < sizeof(answer))
		return complain(q, "a notification cut short: bytes",
				c->read_len + c->write_len);
	iov_read(&a, c->iov, sizeof(a));
	/* No events of these kinds. */
	answer.response = find(s, a.lun, false, &f);
	scsi_count(s, SCSI_NOTIFICATIONS, 1);
	iov_write(c->iov + c->readable, &answer, sizeof(answer));
	*len = sizeof(answer);
	return 0;
}

/* --quirk tmf-silent, tmf-slow: may the request be answered now? */
static bool is_time(struct scsi *s)
{
	uint64_t ms = quirk_value(s->v, QUIRK_TMF_SLOW, 0), now = clock_ns();

	if (quirk_on(s->v, QUIRK_TMF_SILENT))
		return false;
	if (!ms)
		return true;
	if (!s->control_at)
		s->control_at = now + ms * UINT64_C(1000000);
	if (now < s->control_at)
		return false;
	s->control_at = 0;
	return true;
}

int scsi_control_request(struct queue *q, struct chain *c, uint32_t *len)
{
	uint32_t type;

	*len = 0;
	if (c->fault)
		return complain(q, "not all guest memory, bytes",
				c->read_len + c->write_len);
	if (c->read_len < sizeof(type) || !c->write_len)
		return complain(q, "no room for type and response: bytes",
				c->read_len + c->write_len);
	if (!is_time(scsi_of(q->v)))
		return REQUEST_LATER;
	iov_read(&type, c->iov, sizeof(type));
	switch (le32toh(type)) {
	case VIRTIO_SCSI_T_TMF:
		return task_management(q, c, len);
	case VIRTIO_SCSI_T_AN_QUERY:
	case VIRTIO_SCSI_T_AN_SUBSCRIBE:
		return notification(q, c, len);
	default:
		/* The response is the last field, whatever is before it. */
		if (c->write_len != 1)
			return complain(q, "unknown type", le32toh(type));
		*(uint8_t *)c->iov[c->readable].iov_base =
			VIRTIO_SCSI_S_FAILURE;
		*len = 1;
		return 0;
	}
}

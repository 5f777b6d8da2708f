// SPDX-License-Identifier: GPL-2.0
/*
 * The event queue, virtio 1.4, 5.6.6.3: its buffers stay in the ring until there
 * is an event. One that finds none is lost, and the driver learns of that with
 * the next buffer.
 */
#include <string.h>

#include "guest/iov.h"
#include "scsi/scsi.h"

static struct queue *event_queue(const struct scsi *s)
{
	return &s->v->queues[VFE_SCSI_EVENTQ];
}

/* Take a buffer. Return: whether there is one; and none of it is invalid */
static bool take(struct queue *q, struct chain *c)
{
	int ret;

	do {
		ret = queue_take(q, c);
	} while (!ret && !queue_arm(q));
	if (ret > 0 && !c->fault && !c->read_len &&
	    c->write_len >= sizeof(struct vfe_scsi_event))
		return true;
	if (ret > 0) {
		log_line("queue %u: a buffer that has no room for an event: %llu bytes to write, %llu to read",
			 q->index, (unsigned long long)c->write_len,
			 (unsigned long long)c->read_len);
		vdev_break(q->v);
	}
	queue_untake(q);
	return false;
}

/* Return: whether the driver gets it */
static bool send(struct scsi *s, const struct vfe_scsi_event *event)
{
	struct queue *q = event_queue(s);
	struct chain c;

	if (!queue_usable(q) || !take(q, &c))
		return false;
	iov_write(c.iov + c.readable, event, sizeof(*event));
	ring_push(q, &c, sizeof(*event));
	queue_done(q);
	queue_publish(q);
	return true;
}

void scsi_event(struct scsi *s, uint32_t event, const uint8_t *lun,
		uint32_t reason)
{
	uint32_t missed = s->missed ? VIRTIO_SCSI_T_EVENTS_MISSED : 0;
	struct vfe_scsi_event e = {
		.event = htole32(event | missed), .reason = htole32(reason),
	};

	if (!vdev_running(s->v))
		return;
	if (quirk_on(s->v, QUIRK_LOST_EVENT) &&
	    !(++s->events % quirk_value(s->v, QUIRK_LOST_EVENT, 1)))
		return;
	memcpy(e.lun, lun, sizeof(e.lun));
	s->missed = !send(s, &e);
	scsi_count(s, s->missed ? SCSI_EVENTS_MISSED : SCSI_EVENTS, 1);
}

void scsi_event_buffers(struct scsi *s)
{
	const struct vfe_scsi_event e = {
		.event = htole32(VIRTIO_SCSI_T_NO_EVENT |
				 VIRTIO_SCSI_T_EVENTS_MISSED),
	};

	if (!s->missed || !send(s, &e))
		return;
	s->missed = false;
	scsi_count(s, SCSI_EVENTS, 1);
}

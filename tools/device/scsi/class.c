// SPDX-License-Identifier: GPL-2.0
/* The class of SCSI hosts: the operations for the rest of the device. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scsi/scsi.h"

#define PCI_CLASS_STORAGE_SCSI	0x010000
/* In place of a time in control_at: the request can be answered now. */
#define WOKEN			1

static void scsi_close(void *state)
{
	struct scsi *s = state;

	for (unsigned int i = 0; s && i < s->n; i++)
		unit_close(s->units[i]);
	free(s);
}

static void *scsi_open(const struct options *o)
{
	const struct scsi_options *own = scsi_options_of(o);
	struct scsi *s = calloc(1, sizeof(*s));
	char error[UNIT_PATH_LEN + 256];

	if (!s) {
		fprintf(stderr, "vfe-device: no memory for a SCSI host\n");
		return NULL;
	}
	s->o = own;
	for (unsigned int i = 0; i < own->n; i++) {
		if (scsi_add(s, &own->units[i], error, sizeof(error)))
			continue;
		fprintf(stderr, "vfe-device: %s\n", error);
		scsi_close(s);
		return NULL;
	}
	return s;
}

/* 5.6.2: control and event queue, then those for requests */
static unsigned int most_queues(const struct options *o)
{
	return VFE_SCSI_REQUESTQ + o->queues;
}

static unsigned int num_queues(const struct vdev *v)
{
	return most_queues(v->o);
}

/* Request and response need one descriptor each. */
static unsigned int longest_chain(const struct vdev *v)
{
	unsigned int pi = v->offered & BIT64(VIRTIO_SCSI_F_T10_PI) ? 2 : 1;

	return pi * scsi_seg_max(v) + 2;
}

/* The queues were reset before, so that there are no tasks. */
static void reset(struct vdev *v)
{
	struct scsi *s = scsi_of(v);

	s->v = v;
	s->missed = false;
	s->control_at = 0;
	s->commands = 0;
	s->events = 0;
	scsi_config_reset(s);
	for (unsigned int i = 0; i < s->n; i++)
		unit_reset(s->units[i], ATTENTION_POWER_ON);
}

static bool is_request_queue(const struct queue *q)
{
	return q->index >= VFE_SCSI_REQUESTQ;
}

static int request(struct queue *q, struct chain *c, uint32_t *len)
{
	if (is_request_queue(q))
		return scsi_command_request(q, c, len);
	return scsi_control_request(q, c, len);
}

/*
 * Task management concerns all commands that the driver made available before
 * it: the device takes those first.
 */
static void catch_up(struct vdev *v)
{
	for (unsigned int i = VFE_SCSI_REQUESTQ;
	     i < v->num_queues && vdev_running(v); i++)
		pass_catch_up(&v->queues[i]);
}

static bool available(struct queue *q)
{
	struct vdev *v = q->v;

	switch (q->index) {
	case VFE_SCSI_CONTROLQ:
		catch_up(v);
		/* A request that made no sense broke the device. */
		return !vdev_running(v);
	case VFE_SCSI_EVENTQ:
		scsi_event_buffers(scsi_of(v));
		return true;
	default:
		return false;
	}
}

static bool at_once(const struct queue *q)
{
	return !is_request_queue(q);
}

static bool delays(const struct vdev *v)
{
	const struct scsi *s = scsi_of(v);

	return s->stall_until && s->stall_until > clock_ns();
}

static uint64_t due(const struct vdev *v)
{
	uint64_t at = scsi_of(v)->control_at;

	return at > WOKEN ? at : UINT64_MAX;
}

/* --quirk tmf-slow: the control request may be answered now. */
static void expired(struct vdev *v, uint64_t now)
{
	(void)now;
	scsi_of(v)->control_at = WOKEN;
	v->queues[VFE_SCSI_CONTROLQ].pending = true;
}

static const struct vdev_counter counters[] = {
	[SCSI_READS] = { "requests", "read" },
	[SCSI_WRITES] = { "requests", "write" },
	[SCSI_FLUSHES] = { "requests", "flush" },
	[SCSI_UNMAPS] = { "requests", "unmap" },
	[SCSI_WRITE_SAMES] = { "requests", "write_same" },
	[SCSI_VERIFIES] = { "requests", "verify" },
	[SCSI_COMPARES] = { "requests", "compare_and_write" },
	[SCSI_RESERVES] = { "requests", "persistent_reserve" },
	[SCSI_OTHERS] = { "requests", "other" },
	[SCSI_ERRORS] = { "requests", "error" },
	[SCSI_ATTENTIONS] = { "requests", "unit_attention" },
	[SCSI_REFUSED] = { "requests", "refused" },
	[SCSI_BYTES_READ] = { "bytes", "read" },
	[SCSI_BYTES_WRITTEN] = { "bytes", "write" },
	[SCSI_ABORTED] = { "control", "ended_tasks" },
	[SCSI_TMFS] = { "control", "task_management" },
	[SCSI_TMFS_REFUSED] = { "control", "refused" },
	[SCSI_NOTIFICATIONS] = { "control", "notification" },
	[SCSI_EVENTS] = { "events", "sent" },
	[SCSI_EVENTS_MISSED] = { "events", "missed" },
	[SCSI_NUM_COUNTS] = { }
};

const struct vdev_class scsi_class = {
	.name = "scsi",
	.type = VFE_TYPE_SCSI,
	.pci_class = PCI_CLASS_STORAGE_SCSI,
	.queues = 4,
	.max_queues = VFE_SCSI_MAX_QUEUES,
	.title = "SCSI host (--class scsi):",
	.argp = &scsi_argp,
	.options = &scsi_default_options,
	.feature_names = scsi_feature_names,
	.quirks = scsi_quirks,
	.open = scsi_open,
	.close = scsi_close,
	.features = scsi_features,
	.most_queues = most_queues,
	.num_queues = num_queues,
	.longest_chain = longest_chain,
	.reset = reset,
	.config_read = scsi_config_read,
	.config_write = scsi_config_write,
	.request = request,
	.respond = scsi_respond,
	.drop = scsi_drop,
	.at_once = at_once,
	.delays = delays,
	.available = available,
	.due = due,
	.expired = expired,
	.window = &scsi_window_class,
	.counters = counters,
	.commands = scsi_commands,
};

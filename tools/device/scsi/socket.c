// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control socket that a SCSI host has: units that come, go and
 * change, and events.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scsi/scsi.h"

/* Additional sense code and qualifier, as 5.6.6.3 has them in a reason */
#define CAPACITY_CHANGED	(0x2a | 0x09 << 8)

/* "T:L", or "T:L REST". Return: the rest, or NULL */
static const char *parse_address(const char *arg, unsigned int *target,
				 unsigned int *lun)
{
	size_t len = strcspn(arg, " ");
	char address[32];

	if (len >= sizeof(address))
		return NULL;
	memcpy(address, arg, len);
	address[len] = '\0';
	if (!unit_parse_address(address, target, lun))
		return NULL;
	return arg[len] ? arg + len + 1 : arg + len;
}

static struct unit *find(struct vdev *v, const char *arg, const char **rest)
{
	unsigned int target, lun;

	*rest = parse_address(arg, &target, &lun);
	return *rest ? scsi_find(scsi_of(v), target, lun) : NULL;
}

static void tell(struct scsi *s, unsigned int target, unsigned int lun,
		 uint32_t event, uint32_t reason)
{
	uint8_t address[VFE_SCSI_LUN_LEN];

	unit_put_address(address, target, lun);
	scsi_event(s, event, address, reason);
}

/* 5.6.6.3.2: only with HOTPLUG */
static void tell_plugged(struct scsi *s, unsigned int target, unsigned int lun,
			 uint32_t reason)
{
	if (vdev_has(s->v, VIRTIO_SCSI_F_HOTPLUG))
		tell(s, target, lun, VIRTIO_SCSI_T_TRANSPORT_RESET, reason);
}

static int do_plug(struct vdev *v, const char *arg, char *error, size_t size)
{
	struct scsi *s = scsi_of(v);
	struct unit_spec spec;
	struct unit *u;

	if (unit_parse_spec(&spec, arg, error, size))
		return -1;
	u = scsi_add(s, &spec, error, size);
	if (!u)
		return -1;
	scsi_luns_changed(s, u->target);
	tell_plugged(s, u->target, u->lun, VIRTIO_SCSI_EVT_RESET_RESCAN);
	return 0;
}

static void unplug(struct scsi *s, struct unit *u)
{
	struct task_filter all = {
		.u = u, .response = VIRTIO_SCSI_S_TRANSPORT_FAILURE,
	};
	unsigned int target = u->target, lun = u->lun;

	scsi_end_tasks(s, &all);
	scsi_remove(s, u);
	scsi_luns_changed(s, target);
	tell_plugged(s, target, lun, VIRTIO_SCSI_EVT_RESET_REMOVED);
}

/* A unit, or a target with all of its units */
static int do_unplug(struct vdev *v, const char *arg, char *error, size_t size)
{
	struct scsi *s = scsi_of(v);
	unsigned int target, lun, found = 0;
	char whole[40];

	snprintf(whole, sizeof(whole), "%.31s:0", arg);
	if (unit_parse_address(arg, &target, &lun)) {
		struct unit *u = scsi_find(s, target, lun);

		if (u)
			unplug(s, u);
		found = !!u;
	} else if (unit_parse_address(whole, &target, &lun)) {
		for (unsigned int i = s->n; i--;) {
			if (s->units[i]->target != target)
				continue;
			unplug(s, s->units[i]);
			found++;
		}
	}
	if (found)
		return 0;
	snprintf(error, size, "unplug: use TARGET:LUN or TARGET, of what there is");
	return -1;
}

static int do_resize(struct vdev *v, const char *arg, char *error, size_t size)
{
	const char *rest;
	struct unit *u = find(v, arg, &rest);
	unsigned long long bytes = 0;
	char *end = NULL;
	int ret;

	if (u && isdigit((unsigned char)*rest))
		bytes = strtoull(rest, &end, 10);
	if (!end || *end || !bytes || bytes > INT64_MAX) {
		snprintf(error, size,
			 "resize: use TARGET:LUN and a number of bytes, a multiple of the block size");
		return -1;
	}
	ret = unit_resize(u, bytes);
	if (ret) {
		snprintf(error, size, "resize to %llu bytes: %s", bytes,
			 strerror(-ret));
		return -1;
	}
	unit_attend(u, ATTENTION_CAPACITY);
	if (vdev_has(v, VIRTIO_SCSI_F_CHANGE))
		tell(scsi_of(v), u->target, u->lun, VIRTIO_SCSI_T_PARAM_CHANGE,
		     CAPACITY_CHANGED);
	return 0;
}

/* As if somebody else had reset it */
static int do_reset_unit(struct vdev *v, const char *arg, char *error,
			 size_t size)
{
	const char *rest;
	struct unit *u = find(v, arg, &rest);
	struct task_filter all = { .u = u, .response = VIRTIO_SCSI_S_RESET };

	if (!u || *rest) {
		snprintf(error, size, "reset-unit: use TARGET:LUN of a unit");
		return -1;
	}
	scsi_end_tasks(scsi_of(v), &all);
	unit_reset(u, ATTENTION_RESET);
	tell(scsi_of(v), u->target, u->lun, VIRTIO_SCSI_T_TRANSPORT_RESET,
	     VIRTIO_SCSI_EVT_RESET_HARD);
	return 0;
}

/*
 * No response of this unit for so long; 0 ends it for requests to come. With
 * IN_ORDER, those of other units would have to wait, too.
 */
static int do_stall_unit(struct vdev *v, const char *arg, char *error,
			 size_t size)
{
	struct scsi *s = scsi_of(v);
	const char *rest;
	struct unit *u = find(v, arg, &rest);
	struct task_filter all = { .u = u };
	double seconds = 0;
	char *end = NULL;

	if (u && isdigit((unsigned char)*rest))
		seconds = strtod(rest, &end);
	if (!end || *end || !(seconds <= SERVICE_MAX_STALL_S) ||
	    vdev_has(v, VIRTIO_F_IN_ORDER)) {
		snprintf(error, size,
			 "stall-unit: use TARGET:LUN and a number of seconds, at most %u, and a driver without IN_ORDER",
			 SERVICE_MAX_STALL_S);
		return -1;
	}
	u->stall_until = clock_ns() + seconds * 1e9;
	if (s->stall_until < u->stall_until)
		s->stall_until = u->stall_until;
	scsi_hold_tasks(s, &all, u->stall_until);
	return 0;
}

/* Any event, about a unit that needs not exist */
static int do_event(struct vdev *v, const char *arg, char *error, size_t size)
{
	unsigned int event, reason, target, lun;
	char end;

	if (sscanf(arg, "%u %u:%u %u%c", &event, &target, &lun, &reason,
		   &end) != 4 || target >= VFE_SCSI_MAX_TARGETS ||
	    lun >= VFE_SCSI_MAX_UNITS) {
		snprintf(error, size,
			 "event: use EVENT TARGET:LUN REASON, decimal numbers");
		return -1;
	}
	tell(scsi_of(v), target, lun, event, reason);
	return 0;
}

const struct vdev_command scsi_commands[] = {
	{ "plug", true, do_plug },
	{ "unplug", true, do_unplug },
	{ "resize", true, do_resize },
	{ "reset-unit", true, do_reset_unit },
	{ "stall-unit", true, do_stall_unit },
	{ "event", true, do_event },
	{ }
};

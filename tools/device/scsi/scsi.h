/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SCSI host (virtio 1.4, 5.6), shared by the files that make it up; each
 * calls those above it:
 *
 *   quirk.c     deviations for tests of drivers
 *   spec.c      a unit as the command line and the control socket describe it
 *   unit.c      units: disks on targets, and their conditions
 *   sense.c     sense data
 *   data.c      parameter data of commands
 *   protect.c   protection information
 *   inquiry.c, mode.c, reserve.c, medium.c, transfer.c, buffer.c  the commands
 *   command.c   the table of commands, and their execution
 *   config.c    features and configuration space
 *   event.c     the event queue
 *   request.c   the request queues
 *   control.c   the control queue
 *   window.c    the register window
 *   options.c   the options
 *   socket.c    commands of the control socket
 *   class.c     the class: the operations for the rest of the device
 *
 * Comments name the standards SPC-4, SBC-3 and SAM-5 by these names.
 */
#ifndef SCSI_H
#define SCSI_H

#include <argp.h>
#include <vfe/wire_scsi.h>

#include "base/parse.h"
#include "scsi/unit.h"
#include "virtio/virtio.h"

/* Limits that the device announces and enforces */
#define SCSI_SEG_MAX		254U
#define SCSI_MAX_SECTORS	65535U	/* of 512 bytes */
#define SCSI_CMD_PER_LUN	128U
#define SCSI_SENSE_MOST		252U	/* SPC-4, 4.5.1 */
#define SCSI_CDB_MOST		260U	/* SPC-4, 4.2.1 */

/* In the order of the counters in class.c */
enum scsi_count {
	SCSI_READS,
	SCSI_WRITES,
	SCSI_FLUSHES,
	SCSI_UNMAPS,
	SCSI_WRITE_SAMES,
	SCSI_VERIFIES,
	SCSI_COMPARES,
	SCSI_RESERVES,
	SCSI_OTHERS,
	SCSI_ERRORS,		/* CHECK CONDITION, except a unit attention */
	SCSI_ATTENTIONS,
	SCSI_REFUSED,		/* a response other than OK */
	SCSI_BYTES_READ,
	SCSI_BYTES_WRITTEN,
	SCSI_ABORTED,		/* tasks that task management ended */
	SCSI_TMFS,
	SCSI_TMFS_REFUSED,
	SCSI_NOTIFICATIONS,	/* queries and subscriptions */
	SCSI_EVENTS,
	SCSI_EVENTS_MISSED,
	SCSI_NUM_COUNTS
};

static_assert(SCSI_NUM_COUNTS <= COUNTS_OF_CLASS, "there is room");

enum scsi_quirk {
	/* task management */
	QUIRK_TMF_SILENT = QUIRK_OF_CLASS,
	QUIRK_TMF_SLOW,		/* milliseconds */
	QUIRK_TMF_RESPONSE,	/* a number */
	QUIRK_ABORT_IGNORED,
	QUIRK_ABORT_LOST,
	/* commands */
	QUIRK_BAD_EVERY,	/* the next four only for each Nth */
	QUIRK_RESPONSE,
	QUIRK_STATUS,
	QUIRK_SENSE_LEN,	/* an enum scsi_odd_len */
	QUIRK_RESIDUAL,		/* the same */
	QUIRK_TASK_SET_FULL,	/* more tasks of a unit than this */
	/* events */
	QUIRK_LOST_EVENT,
	/* what the configuration space says */
	QUIRK_HOST_QUEUES,
	QUIRK_HOST_SEG_MAX,
	QUIRK_HOST_MAX_SECTORS,
	QUIRK_HOST_CMD_PER_LUN,
	QUIRK_HOST_EVENT_SIZE,
	QUIRK_HOST_MAX_TARGET,
	QUIRK_HOST_MAX_LUN,
	QUIRK_SCSI_END
};

enum scsi_odd_len {
	ODD_ZERO,
	ODD_BEYOND,		/* one more than there can be */
	ODD_MAX,		/* 2^32 - 1 */
};

struct scsi_options {
	struct unit_spec units[UNITS_MOST];
	unsigned int n;
};

struct scsi {
	const struct scsi_options *o;
	struct vdev *v;		/* from its first reset on */
	struct unit *units[UNITS_MOST];	/* by target, then by number */
	unsigned int n;
	/* 5.6.4, for the driver to write */
	uint32_t sense_size;
	uint32_t cdb_size;
	bool missed;		/* an event found no buffer */
	uint64_t control_at;	/* --quirk tmf-slow; 0: nothing waits */
	uint64_t stall_until;	/* the latest of all units' */
	uint32_t commands;	/* for --quirk bad-every */
	uint32_t events;	/* for --quirk lost-event */
};

extern const struct vdev_class scsi_class;

static inline struct scsi_options *scsi_options_of(const struct options *o)
{
	return o->of_class;
}

static inline struct scsi *scsi_of(const struct vdev *v)
{
	return v->state;
}

static inline void scsi_count(const struct scsi *s, enum scsi_count which,
			      uint64_t n)
{
	s->v->c->of_class[which] += n;
}

/* quirk.c */
extern const struct value_info scsi_quirks[];
struct vfe_scsi_response;

void scsi_quirk_config(const struct vdev *v, struct vfe_scsi_config *c);
/* Is this command one that the quirks of commands concern? Counts it. */
bool scsi_quirk_hits(struct scsi *s);
/* @room: for sense data; @data: bytes of the buffers */
void scsi_quirk_response(const struct scsi *s, struct vfe_scsi_response *r,
			 uint32_t room, uint64_t data);

/* unit.c */

/* Return: the unit, or NULL */
struct unit *scsi_find(const struct scsi *s, unsigned int target,
		       unsigned int lun);
bool scsi_has_target(const struct scsi *s, unsigned int target);
/*
 * Add a unit. Return: it, or NULL with one line in @error, without a newline
 */
struct unit *scsi_add(struct scsi *s, const struct unit_spec *spec, char *error,
		      size_t size);
void scsi_remove(struct scsi *s, struct unit *u);
/* The units of its target have changed. */
void scsi_luns_changed(struct scsi *s, unsigned int target);

/* config.c; see struct vdev_class */
extern const struct bit_name scsi_feature_names[];
uint64_t scsi_features(const struct vdev *v);
uint32_t scsi_seg_max(const struct vdev *v);
void scsi_config_reset(struct scsi *s);
uint32_t scsi_config_read(struct vdev *v, uint32_t offset, unsigned int size);
void scsi_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		       uint32_t value);

/* event.c */

/* 5.6.6.3: an event about a unit, which needs not exist */
void scsi_event(struct scsi *s, uint32_t event, const uint8_t *lun,
		uint32_t reason);
/* There are buffers, or the driver says so. */
void scsi_event_buffers(struct scsi *s);

/* request.c */

int scsi_command_request(struct queue *q, struct chain *c, uint32_t *len);
/* see struct vdev_class */
void scsi_respond(struct queue *q, void *held);
void scsi_drop(struct queue *q, void *held);

/* Which tasks: all members must match. */
struct task_filter {
	const struct unit *u;	/* or NULL: */
	unsigned int target;
	bool by_id;
	uint64_t id;
	uint8_t response;	/* what scsi_end_tasks() gives them */
};

unsigned int scsi_tasks(struct scsi *s, struct task_filter *f);
/* End them with that response. Return: how many */
unsigned int scsi_end_tasks(struct scsi *s, struct task_filter *f);
void scsi_hold_tasks(struct scsi *s, struct task_filter *f, uint64_t until);

/* control.c */
int scsi_control_request(struct queue *q, struct chain *c, uint32_t *len);

/* window.c */
struct window_class;
extern const struct window_class scsi_window_class;

/* options.c */
extern const struct argp scsi_argp;
extern struct scsi_options scsi_default_options;

/* socket.c */
extern const struct vdev_command scsi_commands[];

#endif /* SCSI_H */

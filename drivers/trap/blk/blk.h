/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_blk: the disk behind a register window, and the
 * functions that its files share.
 */
#ifndef VFE_TRAP_BLK_H
#define VFE_TRAP_BLK_H

#include <linux/blk-mq.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/wire_blk.h>

#include "../trap.h"

/**
 * struct vfe_trap_blk - the disk behind a register window
 * @trap: the controller; one request at a time uses it
 * @command: the command of that request
 * @expected: status bit that a successful answer to it has
 * @error: error register of the last command that failed
 * @queue: ordered workqueue that runs the requests
 * @stop_work: stops a command in flight that delays a suspend
 * @tags: tags of blk-mq
 * @disk: its gendisk, NULL until it is created
 * @index: N of the name vfetN
 * @capacity: in sectors
 * @max_sectors: in one request
 * @flags: VFE_IDENTIFY_*
 * @serial: serial number, possibly without a terminating NUL
 */
struct vfe_trap_blk {
	struct vfe_trap trap;
	struct vfe_trap_command command;
	u32 expected;
	u32 error;
	struct workqueue_struct *queue;
	struct delayed_work stop_work;
	struct blk_mq_tag_set tags;
	struct gendisk *disk;
	int index;
	u64 capacity;
	u32 max_sectors;
	u32 flags;
	char serial[VFE_SERIAL_LEN];
};

static inline struct vfe_trap_blk *to_trap_blk(struct vfe_trap *trap)
{
	return container_of(trap, struct vfe_trap_blk, trap);
}

/**
 * struct vfe_trap_blk_request - driver data of a request (the pdu of blk-mq)
 * @work: runs the request
 */
struct vfe_trap_blk_request {
	struct work_struct work;
};

/* --- command.c --- */
void vfe_trap_blk_issue(struct vfe_trap_blk *tb, u32 code, u32 expected);
int vfe_trap_blk_wait(struct vfe_trap_blk *tb, unsigned long timeout,
		      bool patient);

/* --- request.c --- */
extern const struct blk_mq_ops vfe_trap_blk_mq_ops;
int vfe_trap_blk_send_identify(struct vfe_trap_blk *tb,
			       struct vfe_identify *id);

/* --- disk.c --- */
int vfe_trap_blk_identify(struct vfe_trap_blk *tb);
int vfe_trap_blk_recheck(struct vfe_trap *trap);
int vfe_trap_blk_alloc(struct vfe_trap_blk *tb);
void vfe_trap_blk_free(struct vfe_trap_blk *tb);
int vfe_trap_blk_add_disk(struct vfe_trap_blk *tb);
void vfe_trap_blk_del_disk(struct vfe_trap_blk *tb);

#endif /* VFE_TRAP_BLK_H */

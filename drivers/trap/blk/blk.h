/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_blk: the disk behind a register window, and the
 * functions that its files share.
 */
#ifndef VFE_TRAP_BLK_H
#define VFE_TRAP_BLK_H

#include <linux/blk-mq.h>
#include <linux/completion.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/wire_blk.h>

#include "../trap.h"

/**
 * enum vfe_trap_phase - the state of the one command
 * @VFE_TRAP_IDLE: no command in flight, or the driver reads its data words
 * @VFE_TRAP_WAITING: a command was written, and is not answered yet
 * @VFE_TRAP_ANSWERED: the interrupt came, and its status was saved
 */
enum vfe_trap_phase {
	VFE_TRAP_IDLE,
	VFE_TRAP_WAITING,
	VFE_TRAP_ANSWERED,
};

/**
 * struct vfe_trap_command - the command in the window
 * @phase: its state
 * @status: status register, as the interrupt read it
 * @code: the command
 * @expected: status bit that a successful answer to it has
 * @error: error register of the last command that failed
 * @answered: completed by the interrupt, or to stop the wait for it
 *
 * vfe_trap.lock protects @phase and @status.
 */
struct vfe_trap_command {
	enum vfe_trap_phase phase;
	u32 status;
	u32 code;
	u32 expected;
	u32 error;
	struct completion answered;
};

/**
 * struct vfe_trap_blk - the disk behind a register window
 * @trap: the controller; one request at a time uses it
 * @command: the command of that request
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
irqreturn_t vfe_trap_blk_irq(struct vfe_trap *trap);
void vfe_trap_blk_end_wait(struct vfe_trap *trap);
bool vfe_trap_blk_waits(struct vfe_trap_blk *tb);
int vfe_trap_blk_claim(struct vfe_trap_blk *tb);
void vfe_trap_blk_issue(struct vfe_trap_blk *tb, u32 code, u32 expected);
int vfe_trap_blk_wait(struct vfe_trap_blk *tb, unsigned long timeout,
		      bool patient);
bool vfe_trap_blk_answered(struct vfe_trap_blk *tb);

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

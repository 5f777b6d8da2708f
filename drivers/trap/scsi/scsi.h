/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_scsi: the SCSI host behind a register window, and the
 * functions that its files share.
 */
#ifndef VFE_TRAP_SCSI_H
#define VFE_TRAP_SCSI_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_host.h>

#include <vfe/wire_window_scsi.h>

#include "../trap.h"

struct vfe_trap_scsi_cmd;

/**
 * struct vfe_trap_scsi_counters - counters of the class in sysfs
 * @short_commands: commands that moved less data than they offered
 * @sense_words: words read from the sense FIFO
 * @window_resets: resets of the window because of invalid answers, and those of
 *	the error handler
 */
struct vfe_trap_scsi_counters {
	u64 short_commands;
	u64 sense_words;
	u64 window_resets;
};

/**
 * struct vfe_trap_scsi - the SCSI host behind a register window
 * @trap: the controller; one command at a time uses it
 * @command: the command in the window
 * @error: why the window refused the last command, VFE_SCSI_ERR_*
 * @queue: ordered workqueue that runs the commands
 * @stop_work: stops a command in flight that delays a suspend or a reset
 * @give_up_work: fails the commands that delay a removal
 * @shost: the SCSI core's structure, in which this is
 * @max_count: bytes of data that the window takes
 * @targets: those that had units when the driver asked, a bitmap
 * @gate: orders the SCSI core's commands and @held
 * @held: no command goes to @queue
 * @stopped: the command that runs again when they do, or NULL
 * @handlers: for one call of the error handler, or a removal, at a time
 * @removed: the error handler does nothing any more
 */
struct vfe_trap_scsi {
	struct vfe_trap trap;
	struct vfe_trap_command command;
	u32 error;
	struct workqueue_struct *queue;
	struct delayed_work stop_work;
	struct delayed_work give_up_work;
	struct Scsi_Host *shost;
	u32 max_count;
	DECLARE_BITMAP(targets, VFE_SCSI_MAX_TARGETS);
	spinlock_t gate;	/* see above */
	bool held;
	struct vfe_trap_scsi_cmd *stopped;
	struct mutex handlers;	/* see above */
	bool removed;
};

static inline struct vfe_trap_scsi *to_trap_scsi(struct vfe_trap *trap)
{
	return container_of(trap, struct vfe_trap_scsi, trap);
}

#define vfe_trap_scsi_count(ts, event) \
	vfe_class_count(&(ts)->trap.stats, struct vfe_trap_scsi_counters, event)

/**
 * struct vfe_trap_scsi_cmd - driver data of a command of the SCSI core
 * @work: runs it
 */
struct vfe_trap_scsi_cmd {
	struct work_struct work;
};

/* --- command.c --- */
void vfe_trap_scsi_work(struct work_struct *work);
int vfe_trap_scsi_identify(struct vfe_trap_scsi *ts);
int vfe_trap_scsi_recheck(struct vfe_trap *trap);
int vfe_trap_scsi_send_reset(struct vfe_trap_scsi *ts, u32 code, u32 address);

/* --- host.c --- */
struct vfe_trap_scsi *vfe_trap_scsi_alloc(struct pci_dev *pdev);
int vfe_trap_scsi_add_host(struct vfe_trap_scsi *ts);
void vfe_trap_scsi_remove_host(struct vfe_trap_scsi *ts);
void vfe_trap_scsi_hold(struct vfe_trap_scsi *ts, unsigned long patience);
void vfe_trap_scsi_go_on(struct vfe_trap_scsi *ts);
void vfe_trap_scsi_stopped(struct vfe_trap_scsi *ts,
			   struct vfe_trap_scsi_cmd *cmd);

#endif /* VFE_TRAP_SCSI_H */

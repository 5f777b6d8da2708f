// SPDX-License-Identifier: GPL-2.0
/*
 * The Scsi_Host: its limits, the queue of its commands, resets by the error
 * handler, and the scan of the targets that the device names.
 *
 * Time alone fails nothing: a command waits for its answer as long as the device
 * takes. So the error handler runs only for a user, or for a device that answers
 * wrongly.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_tcq.h>

#include <vfe/compat/scsi.h>
#include <vfe/device.h>

#include "scsi.h"

/* most bytes in a command, even if the device accepts more */
#define VFE_TRAP_SCSI_MAX_COUNT	(1024U << 10)

/* how long a command in flight may delay a removal, or a reset by the user */
#define VFE_TRAP_SCSI_REMOVE_WAIT (30 * HZ)
#define VFE_TRAP_SCSI_RESET_WAIT (5 * HZ)

/* longest reset of the window by the error handler */
#define VFE_TRAP_SCSI_RESET_MS	10000

/* --- commands of the SCSI core --- */

static vfe_qc_t vfe_trap_scsi_queuecommand(struct Scsi_Host *shost,
					   struct scsi_cmnd *sc)
{
	struct vfe_trap_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_trap_scsi *ts = shost_priv(shost);
	vfe_qc_t ret = SCSI_MLQUEUE_HOST_BUSY;
	unsigned long flags;

	spin_lock_irqsave(&ts->gate, flags);
	if (!ts->held) {
		INIT_WORK(&cmd->work, vfe_trap_scsi_work);
		queue_work(ts->queue, &cmd->work);
		ret = 0;
	}
	spin_unlock_irqrestore(&ts->gate, flags);
	return ret;
}

/* The work item itself checks for a late answer, after the same time. */
static enum vfe_timeout_action vfe_trap_scsi_timed_out(struct scsi_cmnd *sc)
{
	return VFE_SCSI_EH_WAIT;
}

/**
 * vfe_trap_scsi_stopped() - run a command again that was stopped
 * @ts: the host
 * @cmd: the command; if commands are held, it runs when they go on
 *
 * The SCSI core would not send it again: it fails a command that ends after
 * more time than its retries have, for whatever reason.
 *
 * Context: the work queue of commands.
 */
void vfe_trap_scsi_stopped(struct vfe_trap_scsi *ts,
			   struct vfe_trap_scsi_cmd *cmd)
{
	unsigned long flags;

	spin_lock_irqsave(&ts->gate, flags);
	if (ts->held)
		ts->stopped = cmd;
	else
		queue_work(ts->queue, &cmd->work);
	spin_unlock_irqrestore(&ts->gate, flags);
}

static bool vfe_trap_scsi_is_held(struct vfe_trap_scsi *ts)
{
	unsigned long flags;
	bool held;

	spin_lock_irqsave(&ts->gate, flags);
	held = ts->held;
	spin_unlock_irqrestore(&ts->gate, flags);
	return held;
}

static void vfe_trap_scsi_set_held(struct vfe_trap_scsi *ts, bool held)
{
	unsigned long flags;

	spin_lock_irqsave(&ts->gate, flags);
	ts->held = held;
	if (!held && ts->stopped) {
		queue_work(ts->queue, &ts->stopped->work);
		ts->stopped = NULL;
	}
	spin_unlock_irqrestore(&ts->gate, flags);
}

/* The command in flight took too long: stops the wait for it. */
static void vfe_trap_scsi_stop_work(struct work_struct *work)
{
	struct vfe_trap_scsi *ts = container_of(to_delayed_work(work),
						struct vfe_trap_scsi,
						stop_work);
	bool waits = vfe_trap_command_waits(&ts->command);

	vfe_trap_stop_waits(&ts->trap, true);
	if (waits)
		dev_warn_ratelimited(&ts->trap.pdev->dev,
				     "stopped with a command in flight: it will be sent again\n");
}

/*
 * Waits until work of the queue has ended. A command that does not within
 * @patience is stopped.
 */
static void vfe_trap_scsi_flush(struct vfe_trap_scsi *ts,
				unsigned long patience)
{
	queue_delayed_work(vfe_wq, &ts->stop_work, patience);
	flush_workqueue(ts->queue);
	cancel_delayed_work_sync(&ts->stop_work);
	vfe_trap_stop_waits(&ts->trap, false);
}

/**
 * vfe_trap_scsi_hold() - hold commands until vfe_trap_scsi_go_on()
 * @ts: the host
 * @patience: how long the command in flight may take, in jiffies
 *
 * Context: process context, may sleep.
 */
void vfe_trap_scsi_hold(struct vfe_trap_scsi *ts, unsigned long patience)
{
	scsi_block_requests(ts->shost);
	vfe_trap_scsi_set_held(ts, true);
	vfe_trap_scsi_flush(ts, patience);
}

void vfe_trap_scsi_go_on(struct vfe_trap_scsi *ts)
{
	vfe_trap_scsi_set_held(ts, false);
	scsi_unblock_requests(ts->shost);
}

/* --- the error handler --- */

/**
 * struct vfe_trap_scsi_reset - a reset that waits for its turn
 * @work: does it
 * @ts: the host
 * @code: VFE_SCSI_CMD_RESET_*, or 0 to reset the window alone
 * @address: of the unit
 * @err: the result
 */
struct vfe_trap_scsi_reset {
	struct work_struct work;
	struct vfe_trap_scsi *ts;
	u32 code;
	u32 address;
	int err;
};

/* The command before this one has ended, or was stopped. */
static void vfe_trap_scsi_reset_work(struct work_struct *work)
{
	struct vfe_trap_scsi_reset *reset =
		container_of(work, struct vfe_trap_scsi_reset, work);
	struct vfe_trap_scsi *ts = reset->ts;

	vfe_trap_stop_waits(&ts->trap, false);
	vfe_trap_scsi_count(ts, window_resets);
	reset->err = vfe_trap_reset(&ts->trap, VFE_TRAP_SCSI_RESET_MS);
	if (!reset->err && reset->code)
		reset->err = vfe_trap_scsi_send_reset(ts, reset->code,
						      reset->address);
}

/* Return: SUCCESS or FAILED */
static int vfe_trap_scsi_eh_reset(struct scsi_cmnd *sc, u32 code)
{
	struct vfe_trap_scsi *ts = shost_priv(sc->device->host);
	unsigned int unit = sc->device->lun & (VFE_SCSI_MAX_UNITS - 1);
	struct vfe_trap_scsi_reset reset = {
		.ts = ts,
		.code = code,
		.address = vfe_scsi_window_address(sc->device->id, unit),
		.err = -ENODEV,
	};

	mutex_lock(&ts->handlers);
	if (!ts->removed && !vfe_trap_scsi_is_held(ts)) {
		INIT_WORK_ONSTACK(&reset.work, vfe_trap_scsi_reset_work);
		queue_work(ts->queue, &reset.work);
		vfe_trap_scsi_flush(ts, VFE_TRAP_SCSI_RESET_WAIT);
		destroy_work_on_stack(&reset.work);
	}
	mutex_unlock(&ts->handlers);
	return reset.err ? FAILED : SUCCESS;
}

static int vfe_trap_scsi_eh_unit_reset(struct scsi_cmnd *sc)
{
	return vfe_trap_scsi_eh_reset(sc, VFE_SCSI_CMD_RESET_UNIT);
}

static int vfe_trap_scsi_eh_bus_reset(struct scsi_cmnd *sc)
{
	return vfe_trap_scsi_eh_reset(sc, VFE_SCSI_CMD_RESET_BUS);
}

static int vfe_trap_scsi_eh_host_reset(struct scsi_cmnd *sc)
{
	return vfe_trap_scsi_eh_reset(sc, 0);
}

/* --- the host --- */

static struct scsi_host_template vfe_trap_scsi_template = {
	.module = THIS_MODULE,
	.name = "vfe SCSI host behind a register window",
	.proc_name = KBUILD_MODNAME,
	.this_id = -1,
	.can_queue = 1,		/* the window holds one command */
	.cmd_per_lun = 1,
	.sg_tablesize = SG_ALL,
	.cmd_size = sizeof(struct vfe_trap_scsi_cmd),
	.queuecommand = vfe_trap_scsi_queuecommand,
	.eh_timed_out = vfe_trap_scsi_timed_out,
	.eh_device_reset_handler = vfe_trap_scsi_eh_unit_reset,
	.eh_bus_reset_handler = vfe_trap_scsi_eh_bus_reset,
	.eh_host_reset_handler = vfe_trap_scsi_eh_host_reset,
	.skip_settle_delay = 1,
};

/* Commands delay the removal for too long: they fail. */
static void vfe_trap_scsi_give_up(struct work_struct *work)
{
	struct vfe_trap_scsi *ts = container_of(to_delayed_work(work),
						struct vfe_trap_scsi,
						give_up_work);

	vfe_trap_set_gone(&ts->trap);
}

/**
 * vfe_trap_scsi_alloc() - allocate the host
 * @pdev: its function
 *
 * Return: the host, which scsi_host_put() of @shost frees, or NULL.
 */
struct vfe_trap_scsi *vfe_trap_scsi_alloc(struct pci_dev *pdev)
{
	struct vfe_trap_scsi *ts;
	struct Scsi_Host *shost;

	shost = scsi_host_alloc(&vfe_trap_scsi_template, sizeof(*ts));
	if (!shost)
		return NULL;
	ts = shost_priv(shost);
	memset(ts, 0, sizeof(*ts));
	ts->shost = shost;
	ts->trap.pdev = pdev;
	spin_lock_init(&ts->gate);
	mutex_init(&ts->handlers);
	INIT_DELAYED_WORK(&ts->stop_work, vfe_trap_scsi_stop_work);
	INIT_DELAYED_WORK(&ts->give_up_work, vfe_trap_scsi_give_up);
	vfe_trap_command_init(&ts->command, &ts->trap,
			      VFE_REG_SCSI_PORT_COMMAND,
			      VFE_REG_SCSI_PORT_STATUS);
	ts->queue = alloc_ordered_workqueue("vfe_trap_scsi/%s",
					    WQ_MEM_RECLAIM | WQ_HIGHPRI,
					    pci_name(pdev));
	if (ts->queue)
		return ts;
	scsi_host_put(shost);
	return NULL;
}

/**
 * vfe_trap_scsi_add_host() - add the host, and scan the targets with units
 * @ts: with its window open, after vfe_trap_scsi_identify()
 *
 * Context: process context, may sleep.
 * Return: 0 or the error of scsi_add_host().
 */
int vfe_trap_scsi_add_host(struct vfe_trap_scsi *ts)
{
	struct Scsi_Host *shost = ts->shost;
	unsigned int target;
	int err;

	shost->max_sectors = min(ts->max_count, VFE_TRAP_SCSI_MAX_COUNT) >>
			     SECTOR_SHIFT;
	shost->max_id = VFE_SCSI_MAX_TARGETS;
	/* with the bit of flat space addressing */
	shost->max_lun = 2 * VFE_SCSI_MAX_UNITS;
	shost->max_channel = 0;
	shost->max_cmd_len = VFE_SCSI_WINDOW_CDB * sizeof(__le32);
	err = scsi_add_host(shost, &ts->trap.pdev->dev);
	if (err)
		return err;
	for_each_set_bit(target, ts->targets, VFE_SCSI_MAX_TARGETS)
		scsi_scan_target(&shost->shost_gendev, 0, target,
				 SCAN_WILD_CARD, SCSI_SCAN_INITIAL);
	return 0;
}

/**
 * vfe_trap_scsi_remove_host() - remove the host
 * @ts: added
 *
 * Waits for commands in flight and flushes caches, for half a minute at most;
 * later commands fail, and so do those that wait for a resume.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_scsi_remove_host(struct vfe_trap_scsi *ts)
{
	mutex_lock(&ts->handlers);
	ts->removed = true;
	mutex_unlock(&ts->handlers);
	if (vfe_trap_recovery_stop(&ts->trap)) {
		queue_delayed_work(vfe_wq, &ts->give_up_work,
				   VFE_TRAP_SCSI_REMOVE_WAIT);
	} else {
		vfe_trap_set_gone(&ts->trap);
		if (ts->trap.quiesced)
			vfe_trap_scsi_go_on(ts);
	}
	scsi_remove_host(ts->shost);
	cancel_delayed_work_sync(&ts->give_up_work);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The host's operations for the core's recovery: hold commands back while the
 * core resets or stops the device, and have the SCSI core send them again.
 */
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <scsi/scsi_eh.h>

#include "scsi.h"

/* --- commands of the SCSI core are held back --- */

/* For several reasons at a time: the SCSI core knows only one. */
static void vfe_scsi_hold(struct vfe_scsi *vs, unsigned int reason)
{
	mutex_lock(&vs->hold_lock);
	__set_bit(reason, &vs->holds);
	scsi_block_requests(vs->shost);
	mutex_unlock(&vs->hold_lock);
}

static void vfe_scsi_unhold(struct vfe_scsi *vs, unsigned int reason)
{
	mutex_lock(&vs->hold_lock);
	__clear_bit(reason, &vs->holds);
	if (!vs->holds)
		scsi_unblock_requests(vs->shost);
	mutex_unlock(&vs->hold_lock);
}

static void vfe_scsi_quiesce(struct vfe_device *vd)
{
	vfe_scsi_hold(vfe_priv(vd), VFE_SCSI_HOLD_HALT);
}

static void vfe_scsi_unquiesce(struct vfe_device *vd)
{
	vfe_scsi_unhold(vfe_priv(vd), VFE_SCSI_HOLD_HALT);
}

static bool vfe_scsi_idle(struct vfe_device *vd, unsigned long wait)
{
	struct vfe_scsi *vs = vfe_priv(vd);

	if (!vfe_scsi_in_flight(vs, -1, -1))
		return true;
	schedule_timeout_uninterruptible(min_t(unsigned long, wait,
					       HZ / 100 ?: 1));
	return false;
}

static bool vfe_scsi_drain(struct vfe_device *vd, unsigned long timeout)
{
	struct vfe_scsi *vs = vfe_priv(vd);

	vfe_scsi_hold(vs, VFE_SCSI_HOLD_DRAIN);
	return vfe_io_drain(&vs->io, timeout, vfe_scsi_idle);
}

static void vfe_scsi_undrain(struct vfe_device *vd)
{
	vfe_scsi_unhold(vfe_priv(vd), VFE_SCSI_HOLD_DRAIN);
}

/* --- the rings --- */

/* Request queues come last, so the core handles any others before them. */
static void vfe_scsi_close(struct vfe_device *vd, unsigned int first,
			   unsigned int n)
{
	struct vfe_scsi *vs = vfe_priv(vd);
	unsigned int end = first + n;

	for (; first < end && first < VFE_SCSI_REQUESTQ; first++) {
		if (first == VFE_SCSI_CONTROLQ)
			vfe_scsi_control_close(vs);
		else
			vfe_scsi_events_close(vs);
	}
	if (first < end)
		vfe_io_close(vd, first, end - first);
}

static void vfe_scsi_open(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_scsi *vs = vfe_priv(vd);

	switch (queue) {
	case VFE_SCSI_CONTROLQ:
		vfe_scsi_control_open(vs);
		break;
	case VFE_SCSI_EVENTQ:
		vfe_scsi_events_open(vs);
		break;
	default:
		vfe_io_open(vd, queue);
	}
}

/*
 * The result of a command that the device had when it was reset. DID_REQUEUE:
 * the SCSI core sends it again, which this does a bounded number of times. The
 * SCSI core clears @host_scribble when it prepares a new command, so that no
 * other one inherits the count.
 *
 * DID_RESET would not do for the others: the SCSI core sends such a command
 * again without a bound, if it is a read, a write or has no data. A command of
 * a user, for a tape maybe, must not be executed twice: with DID_ERROR the SCSI
 * core repeats only as often as its sender wants.
 */
static int vfe_scsi_after_reset(struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (blk_rq_is_passthrough(scsi_cmd_to_rq(sc)))
		return DID_ERROR;
	if (!sc->host_scribble)
		cmd->retries = 0;
	sc->host_scribble = (void *)cmd;
	return cmd->retries++ < VFE_SCSI_MAX_RETRIES ? DID_REQUEUE : DID_ABORT;
}

/* Gives a command back; the SCSI core would also fail one that is too old. */
static void vfe_scsi_send_again(struct vfe_scsi *vs, struct vfe_scsi_cmd *cmd)
{
	struct scsi_cmnd *sc = vfe_scsi_cmnd(cmd);

	vfe_scsi_release(vs, vfe_scsi_pick(vs, sc), sc);
	cmd->io.timeouts = 0;
	sc->result = vfe_scsi_is_test(sc) ? 0 : vfe_scsi_after_reset(sc) << 16;
	sc->jiffies_at_alloc = jiffies;
	vfe_scsi_cmd_ended(cmd);
	/* does nothing to a command that the error handler has */
	scsi_done(sc);
}

/* Takes all commands back that a queue still had when it was reset. */
static void vfe_scsi_take_back(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_scsi *vs = vfe_priv(vd);
	struct vfe_scsi_cmd *cmd;
	struct vfe_token *token;

	if (queue == VFE_SCSI_CONTROLQ) {
		vfe_scsi_control_take_back(vs);
		return;
	}
	if (queue == VFE_SCSI_EVENTQ) {
		vfe_scsi_events_take_back(vs);
		return;
	}
	rcu_read_lock();
	while ((token = vfe_io_detach(&vs->queues[queue -
						  VFE_SCSI_REQUESTQ].io))) {
		cmd = vfe_scsi_token(token);
		if (cmd->query)
			vfe_scsi_query_done(vfe_scsi_query_of(cmd), -EAGAIN);
		else
			vfe_scsi_send_again(vs, cmd);
	}
	rcu_read_unlock();
}

/* Takes everything back after the last reset; the host has no commands. */
void vfe_scsi_detach(struct vfe_scsi *vs)
{
	unsigned int i;

	for (i = 0; i < vfe_num_queues(vs->vd); i++)
		vfe_scsi_take_back(vs->vd, i);
}

/*
 * A reset of the device resets its units, which say so by a unit attention: the
 * SCSI core expects it, and repeats the command. It would take that of a unit
 * with a removable medium for another medium, and fail the command.
 */
static void vfe_scsi_report_reset(struct vfe_scsi *vs)
{
	unsigned long flags;

	spin_lock_irqsave(vs->shost->host_lock, flags);
	scsi_report_bus_reset(vs->shost, 0);
	spin_unlock_irqrestore(vs->shost->host_lock, flags);
}

/* 5.6.4: a reset sets the sizes of CDB and sense data to their defaults. */
static int vfe_scsi_restore(struct vfe_device *vd)
{
	vfe_scsi_report_reset(vfe_priv(vd));
	return vfe_scsi_set_sizes(vd);
}

/*
 * vfe_scsi_unquiesce() has the SCSI core send what it holds. The device may
 * have lost events: units are checked after each reset, and their drivers read
 * their properties again; after a reset during the scan of the new host, once
 * that has ended.
 */
static void vfe_scsi_resend(struct vfe_device *vd)
{
	struct vfe_scsi *vs = vfe_priv(vd);

	if (vfe_scsi_live(vs))
		vfe_scsi_check_all(vs);
}

const struct vfe_recovery_ops vfe_scsi_recovery_ops = {
	.quiesce = vfe_scsi_quiesce,
	.close = vfe_scsi_close,
	.take_back = vfe_scsi_take_back,
	.restore = vfe_scsi_restore,
	.open = vfe_scsi_open,
	.unquiesce = vfe_scsi_unquiesce,
	.resend = vfe_scsi_resend,
	.drain = vfe_scsi_drain,
	.undrain = vfe_scsi_undrain,
};

void vfe_scsi_needs_reset(struct vfe_device *vd)
{
	struct vfe_scsi *vs = vfe_priv(vd);

	vfe_recovery_request(&vs->io.recovery);
}

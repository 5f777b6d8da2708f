// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts, and the error handler of the SCSI core. Each of its steps ends
 * within a bounded time: abort a command, reset the unit, reset the target,
 * reset the device. A step has succeeded only when the device has given all
 * commands back that it was about: until then their memory is the device's. The
 * last step always gets them back.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <scsi/scsi_eh.h>

#include "scsi.h"

#define VFE_SCSI_LOOK_MS	10	/* between looks at commands in flight */

/* --- timeouts --- */

/*
 * The time after which a command is late: its timeout, or that of the unit. A
 * user's timeout, which may be a second, must not hasten a reset, by which other
 * commands are lost if the device is stopped.
 */
static unsigned int vfe_scsi_patience(struct scsi_cmnd *sc)
{
	return max(scsi_cmd_to_rq(sc)->timeout,
		   sc->device->request_queue->rq_timeout);
}

static void vfe_scsi_warn_late(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	dev_warn_ratelimited(&sc->device->sdev_gendev,
			     "%s: a command (opcode %#04x) has been in flight for more than %u ms; the device reports no fault: still waiting\n",
			     pci_name(vs->vd->pdev), sc->cmnd[0],
			     jiffies_to_msecs(vfe_scsi_patience(sc)));
}

/* All that an unbind waits for are commands, in the end. */
void vfe_scsi_abandon_work(struct work_struct *work)
{
	struct vfe_scsi *vs = container_of(work, struct vfe_scsi, abandon);

	dev_err(vfe_dev(vs->vd),
		"%s: a command is still in flight %u s after it timed out during the unbind of the driver: all fail now, data of writes may be lost\n",
		vs->io.recovery.name, VFE_SCSI_LEAVE_TIMEOUT / HZ);
	vfe_recovery_abandon(&vs->io.recovery);
}

/* Has an unbind of the driver waited for a command for long enough? */
static bool vfe_scsi_is_left(struct vfe_scsi *vs, struct vfe_scsi_cmd *cmd)
{
	if (likely(!READ_ONCE(vs->leaving)))
		return false;
	if (cmd->left != cmd->id) {
		cmd->left = cmd->id;
		cmd->left_since = jiffies;
	}
	return time_after_eq(jiffies, cmd->left_since + VFE_SCSI_LEAVE_TIMEOUT);
}

/**
 * vfe_scsi_timed_out() - decide about a command that timed out
 * @sc: the command
 *
 * Looks for a completion whose interrupt was lost, then for a fault of the
 * device (vfe_io_late()), then asks the device.
 *
 * Return: whether the command is done, gets more time, or must be aborted.
 */
enum vfe_timeout_action vfe_scsi_timed_out(struct scsi_cmnd *sc)
{
	struct vfe_scsi *vs = vfe_scsi_of(sc->device->host);
	unsigned int patience = vfe_scsi_patience(sc);
	unsigned int seconds = patience / HZ ?: 1;
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_queue *sq = vfe_scsi_pick(vs, sc);

	vfe_io_complete_used(&sq->io);
	/* completed, here or on another CPU */
	if (!vfe_scsi_cmd_in_flight(cmd))
		return VFE_SCSI_EH_DONE;
	/* a recovery takes it back */
	if (!vfe_scsi_live(vs))
		return VFE_SCSI_EH_WAIT;
	if (vfe_scsi_is_left(vs, cmd)) {
		queue_work(vfe_wq, &vs->abandon);
		return VFE_SCSI_EH_WAIT;
	}
	if (time_before(jiffies, sc->jiffies_at_alloc + patience))
		return VFE_SCSI_EH_WAIT;
	if (vfe_io_late(&sq->io, &cmd->io, seconds))
		vfe_scsi_warn_late(vs, sc);
	if (!vfe_scsi_alive(vs, sc, seconds))
		return VFE_SCSI_EH_ABORT;
	vfe_scsi_count(vs, extended);
	/* or it would be too old to be sent again, if the unit wants that */
	sc->jiffies_at_alloc = jiffies;
	return VFE_SCSI_EH_WAIT;
}

/* --- the error handler --- */

/*
 * Waits until the device has given commands back: see vfe_scsi_in_flight().
 * Return: whether it has
 */
static bool vfe_scsi_returned(struct vfe_scsi *vs, int target, s64 lun)
{
	unsigned long end = jiffies + VFE_SCSI_RETURN_TIMEOUT;
	unsigned int n;

	for (;;) {
		vfe_scsi_reap_all(vs);
		n = vfe_scsi_in_flight(vs, target, lun);
		if (!n || time_after(jiffies, end))
			break;
		msleep(VFE_SCSI_LOOK_MS);
	}
	/* no completion still uses a command: see vfe_scsi_complete_one() */
	synchronize_rcu();
	return !n;
}

static bool vfe_scsi_cmd_returned(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	unsigned long end = jiffies + VFE_SCSI_RETURN_TIMEOUT;
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	bool in_flight;

	for (;;) {
		vfe_io_complete_used(&vfe_scsi_pick(vs, sc)->io);
		in_flight = vfe_scsi_cmd_in_flight(cmd);
		if (!in_flight || time_after(jiffies, end))
			break;
		msleep(VFE_SCSI_LOOK_MS);
	}
	synchronize_rcu();
	return !in_flight;
}

/*
 * Executes a step of the error handler, or for a user's ioctl, for which
 * scsi_remove_host() does not wait. For an ioctl, @sc is no command of this
 * host, but has only its device: the driver must not use its driver data.
 */
static int vfe_scsi_step(struct scsi_cmnd *sc,
			 bool (*step)(struct vfe_scsi *vs, struct scsi_cmnd *sc))
{
	bool ioctl = sc->submitter == SUBMITTED_BY_SCSI_RESET_IOCTL;
	struct Scsi_Host *shost = sc->device->host;
	bool done;

	if (ioctl && !vfe_scsi_host_enter(shost))
		return FAILED;
	done = step(vfe_scsi_of(shost), sc);
	if (ioctl)
		vfe_scsi_host_leave(shost);
	return done ? SUCCESS : FAILED;
}

static bool vfe_scsi_reset_unit(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	return vfe_scsi_live(vs) &&
	       vfe_scsi_tmf(vs, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET,
			    sc->device->id, sc->device->lun, 0) &&
	       vfe_scsi_returned(vs, sc->device->id, sc->device->lun);
}

int vfe_scsi_eh_unit_reset(struct scsi_cmnd *sc)
{
	return vfe_scsi_step(sc, vfe_scsi_reset_unit);
}

static bool vfe_scsi_reset_target(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	return vfe_scsi_live(vs) &&
	       vfe_scsi_tmf(vs, VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET,
			    sc->device->id, 0, 0) &&
	       vfe_scsi_returned(vs, sc->device->id, -1);
}

int vfe_scsi_eh_target_reset(struct scsi_cmnd *sc)
{
	return vfe_scsi_step(sc, vfe_scsi_reset_target);
}

/* Waits for a recovery that could not restart the device at once. */
static bool vfe_scsi_comes_back(struct vfe_scsi *vs)
{
	unsigned long end = jiffies + VFE_SCSI_RESET_TIMEOUT;

	while (!vfe_scsi_live(vs)) {
		if (vfe_recovery_state(&vs->io.recovery) >= VFE_RUN_GIVEN_UP ||
		    time_after(jiffies, end))
			return false;
		msleep(VFE_SCSI_LOOK_MS);
	}
	return true;
}

/*
 * Resets the device, unless a recovery has done so already: the driver has all
 * commands back then. If the device does not come back at once, commands wait
 * for it elsewhere. A user wants to know whether it works.
 */
static bool vfe_scsi_reset_host(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	struct vfe_recovery *r = &vs->io.recovery;

	mutex_lock(&r->lock);
	if (r->state == VFE_RUN_LIVE)
		vfe_recovery_bounce(r);
	mutex_unlock(&r->lock);
	synchronize_rcu();
	return sc->submitter != SUBMITTED_BY_SCSI_RESET_IOCTL ||
	       vfe_scsi_comes_back(vs);
}

/*
 * After SUCCESS the error handler would ask each unit whether it works, and take
 * one whose storage is still stopped 10 s later offline until a user intervenes.
 * With FAST_IO_FAIL it has the commands sent again: to a unit that does not execute
 * them, they time out again.
 */
int vfe_scsi_eh_host_reset(struct scsi_cmnd *sc)
{
	int done = vfe_scsi_step(sc, vfe_scsi_reset_host);

	return sc->submitter == SUBMITTED_BY_SCSI_RESET_IOCTL ? done :
	       FAST_IO_FAIL;
}

/* --- the first step --- */

/*
 * Does a reset give the command back? The SCSI core expects that units say that
 * they were reset, as after a reset of its own.
 */
static bool vfe_scsi_returned_by(struct vfe_scsi *vs, struct scsi_cmnd *sc,
				 u32 function, u64 lun)
{
	unsigned int target = sc->device->id;
	unsigned long flags;

	if (!vfe_scsi_cmd_in_flight(scsi_cmd_priv(sc)))
		return vfe_scsi_cmd_returned(vs, sc);
	if (!vfe_scsi_tmf(vs, function, target, lun, 0))
		return false;
	spin_lock_irqsave(vs->shost->host_lock, flags);
	scsi_report_device_reset(vs->shost, 0, target);
	spin_unlock_irqrestore(vs->shost->host_lock, flags);
	return vfe_scsi_cmd_returned(vs, sc);
}

/*
 * The device does not abort the command: it has lost it, or answers no function.
 * The SCSI core would take the same steps, but before that it would stop all
 * units and wait for their commands, of which a slow unit may keep one for any
 * time.
 */
static bool vfe_scsi_recover_unaborted(struct vfe_scsi *vs,
				       struct scsi_cmnd *sc)
{
	struct vfe_recovery *r = &vs->io.recovery;

	if (vfe_scsi_returned_by(vs, sc, VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET,
				 sc->device->lun) ||
	    vfe_scsi_returned_by(vs, sc, VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, 0))
		return true;
	mutex_lock(&r->lock);
	/* not if a recovery has reset the device meanwhile */
	if (r->state == VFE_RUN_LIVE &&
	    vfe_scsi_cmd_in_flight(scsi_cmd_priv(sc)))
		vfe_recovery_bounce(r);
	mutex_unlock(&r->lock);
	return vfe_scsi_cmd_returned(vs, sc);
}

int vfe_scsi_eh_abort(struct scsi_cmnd *sc)
{
	struct vfe_scsi *vs = vfe_scsi_of(sc->device->host);
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	bool aborted;

	vfe_io_complete_used(&vfe_scsi_pick(vs, sc)->io);
	aborted = vfe_scsi_cmd_in_flight(cmd) && vfe_scsi_live(vs) &&
		  vfe_scsi_tmf(vs, VIRTIO_SCSI_T_TMF_ABORT_TASK, sc->device->id,
			       sc->device->lun, cmd->id);
	/* a reset may have given it back in place of an answer */
	if ((aborted || !vfe_scsi_cmd_in_flight(cmd)) &&
	    vfe_scsi_cmd_returned(vs, sc))
		return SUCCESS;
	return vfe_scsi_recover_unaborted(vs, sc) ? SUCCESS : FAILED;
}

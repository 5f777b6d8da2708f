// SPDX-License-Identifier: GPL-2.0
/*
 * Connects the SCSI core with the core's queues: submits commands, completes
 * commands that the core reaped. Nothing here sleeps.
 */
#include <linux/rcupdate.h>

#include "scsi.h"

/* --- completion --- */

/*
 * Reaps and completes. From the reaping on, the error handler waits for what
 * runs here: see vfe_scsi_complete_one().
 */
static unsigned int vfe_scsi_reap(struct vfe_scsi_queue *sq)
{
	struct vfe_io_done done;

	rcu_read_lock();
	vfe_io_reap_used(&sq->io, &done);
	vfe_scsi_complete_list(vfe_scsi_of_queue(sq), sq, &done);
	rcu_read_unlock();
	return done.list.n;
}

/* Polls a queue for the block layer. Return: number of reaped commands */
int vfe_scsi_poll(struct Scsi_Host *shost, unsigned int queue)
{
	struct vfe_scsi_queue *sq = &vfe_scsi_of(shost)->queues[queue];

	/* do not take the lock needlessly */
	if (!vfe_queue_pending(sq->io.vq))
		return 0;
	return vfe_scsi_reap(sq);
}

static void vfe_scsi_io_complete(struct vfe_io_queue *ioq,
				 struct vfe_io_done *done)
{
	struct vfe_scsi_queue *sq = vfe_scsi_queue_of(ioq);

	rcu_read_lock();
	vfe_scsi_complete_list(vfe_scsi_of_queue(sq), sq, done);
	rcu_read_unlock();
}

/* Handles a queue's interrupt; a threaded handler may be preempted. */
void vfe_scsi_irq(struct vfe_queue *vq)
{
	rcu_read_lock();
	vfe_io_interrupt(vfe_queue_priv(vq), vfe_scsi_io_complete);
	rcu_read_unlock();
}

/* Completes what all queues have, also those whose interrupt was lost. */
void vfe_scsi_reap_all(struct vfe_scsi *vs)
{
	unsigned int i;

	for (i = 0; i < vs->share.queues; i++)
		vfe_scsi_reap(&vs->queues[i]);
}

/* --- operations of the queues --- */

/*
 * If a ring is full, the SCSI core gets HOST_BUSY: it sends the command again
 * after the next completion, or soon.
 */
static void vfe_scsi_io_no_action(struct vfe_io_queue *ioq)
{
}

const struct vfe_io_ops vfe_scsi_io_ops = {
	.complete = vfe_scsi_io_complete,
	.full = vfe_scsi_io_no_action,
	.room = vfe_scsi_io_no_action,
};

/* --- submission --- */

static vfe_qc_t vfe_scsi_refuse(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
				struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	bool good = vfe_scsi_is_test(sc) && !vfe_scsi_live(vs);

	vfe_scsi_release(vs, sq, sc);
	if (!good && cmd->io.error == -EAGAIN)
		return SCSI_MLQUEUE_HOST_BUSY;
	sc->result = good ? 0 : DID_NO_CONNECT << 16;
	scsi_done(sc);
	return 0;
}

/*
 * The error handler sends its commands one by one, in some kernels without
 * SCMD_LAST (before 6.1.70, 6.6.9 and 6.7).
 */
static bool vfe_scsi_is_last(const struct scsi_cmnd *sc)
{
	return sc->flags & SCMD_LAST ||
	       sc->submitter != SUBMITTED_BY_BLOCK_LAYER;
}

/*
 * Kicks the device only for the last command of a batch, or when a command
 * cannot be added, for the commands added before it. The error handler calls
 * this without rcu_read_lock(), which vfe_io_submit() needs.
 */
vfe_qc_t vfe_scsi_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	struct vfe_scsi *vs = vfe_scsi_of(shost);
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_queue *sq = vfe_scsi_pick(vs, sc);
	struct vfe_token *token = &cmd->io.token;

	if (unlikely(vfe_scsi_prepare(vs, sq, sc)))
		return SCSI_MLQUEUE_HOST_BUSY;
	token->next = NULL;
	WRITE_ONCE(cmd->in_flight, true);
	rcu_read_lock();
	vfe_io_submit(&sq->io, &token, vfe_scsi_is_last(sc));
	rcu_read_unlock();
	/* do not touch an added command: it may have ended by now */
	if (likely(!token))
		return 0;
	WRITE_ONCE(cmd->in_flight, false);
	return vfe_scsi_refuse(vs, sq, sc);
}

/* The rest of a batch will not come: publish the added commands. */
void vfe_scsi_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	vfe_io_commit(&vfe_scsi_of(shost)->queues[hwq].io);
}

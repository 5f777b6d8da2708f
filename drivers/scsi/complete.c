// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on their way back: reaps those that the device used, and completes
 * them. Nothing here sleeps. One file, so that the compiler makes one function
 * of it for an interrupt.
 *
 * The device may write a response at any time, so each field is read once.
 */
#include <linux/rcupdate.h>

#include "scsi.h"

/* --- a command --- */

/**
 * vfe_scsi_odd() - count a value that cannot be right, log the first
 * @vs: the host
 * @bit: the kind, VFE_SCSI_ODD_*
 * @what: its name
 * @value: the value
 */
void vfe_scsi_odd(struct vfe_scsi *vs, unsigned int bit, const char *what,
		  u32 value)
{
	vfe_scsi_count(vs, odd_answers);
	if (!test_and_set_bit(bit, &vs->odd))
		dev_warn(vfe_dev(vs->vd),
			 "%s: %s is %u, which cannot be right: later ones are only counted, in vfe/odd_answers\n",
			 vs->io.recovery.name, what, value);
}

/* The SCSI core's code for a response, except TARGET_FAILURE */
static int vfe_scsi_host_byte(struct vfe_scsi *vs, u8 response)
{
	static const u8 codes[] = {
		[VIRTIO_SCSI_S_OK] = DID_OK,
		[VIRTIO_SCSI_S_OVERRUN] = DID_ERROR,
		[VIRTIO_SCSI_S_ABORTED] = DID_ABORT,
		[VIRTIO_SCSI_S_BAD_TARGET] = DID_BAD_TARGET,
		[VIRTIO_SCSI_S_RESET] = DID_RESET,
		[VIRTIO_SCSI_S_BUSY] = DID_BUS_BUSY,
		[VIRTIO_SCSI_S_TRANSPORT_FAILURE] = DID_TRANSPORT_DISRUPTED,
		[VIRTIO_SCSI_S_NEXUS_FAILURE] = DID_OK,
		[VIRTIO_SCSI_S_FAILURE] = DID_ERROR,
	};

	if (response < ARRAY_SIZE(codes))
		return codes[response];
	vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "a response", response);
	return DID_ERROR;
}

/*
 * The SCSI core sends a read or write that transferred nothing, without an
 * error, again for ever: if the status is good, less than @underflow is one.
 */
static void vfe_scsi_take_residual(struct vfe_scsi *vs, struct scsi_cmnd *sc,
				   u32 residual)
{
	if (residual > scsi_bufflen(sc)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESIDUAL, "a residual", residual);
		residual = scsi_bufflen(sc);
	}
	scsi_set_resid(sc, residual);
	if (!sc->result && scsi_bufflen(sc) - residual < sc->underflow)
		set_host_byte(sc, DID_ERROR);
}

static void vfe_scsi_take_sense(struct vfe_scsi *vs, struct scsi_cmnd *sc,
				const struct vfe_scsi_response *response,
				u32 len)
{
	if (len > sizeof(response->sense)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_SENSE, "a length of sense data",
			     len);
		len = sizeof(response->sense);
	}
	memcpy(sc->sense_buffer, response->sense,
	       min_t(u32, len, SCSI_SENSE_BUFFERSIZE));
}

/*
 * 5.6.6.1.2: do not retry on other paths. No code of the SCSI core keeps a
 * multipath device from that, but this sense data does: INTERNAL TARGET FAILURE.
 */
static void vfe_scsi_target_failure(struct scsi_cmnd *sc)
{
	scsi_build_sense(sc, 0, HARDWARE_ERROR, 0x44, 0);
	scsi_set_resid(sc, scsi_bufflen(sc));
}

/* Sets the result of a command from the device's response. */
static __always_inline void
vfe_scsi_result(struct vfe_scsi *vs, struct scsi_cmnd *sc,
		const struct vfe_scsi_response *response)
{
	u8 code = READ_ONCE(response->response);
	u8 status = READ_ONCE(response->status);
	u32 residual = le32_to_cpu(READ_ONCE(response->residual));
	u32 sense_len = le32_to_cpu(READ_ONCE(response->sense_len));

	if (unlikely(code == VFE_SCSI_S_NONE)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "an unwritten response",
			     code);
		sc->result = DID_ERROR << 16;
		return;
	}
	if (unlikely(code == VIRTIO_SCSI_S_TARGET_FAILURE)) {
		vfe_scsi_target_failure(sc);
		return;
	}
	sc->result = status;
	if (unlikely(residual))
		vfe_scsi_take_residual(vs, sc, residual);
	if (unlikely(sense_len))
		vfe_scsi_take_sense(vs, sc, response, sense_len);
	if (unlikely(code))
		set_host_byte(sc, vfe_scsi_host_byte(vs, code));
	if (unlikely(code == VIRTIO_SCSI_S_NEXUS_FAILURE))
		set_status_byte(sc, SAM_STAT_RESERVATION_CONFLICT);
}

/*
 * Once @in_flight is false, the error handler may end the command, but not
 * before synchronize_rcu() has waited for what runs here: the caller is under
 * rcu_read_lock(), or an interrupt handler.
 */
static __always_inline void vfe_scsi_complete_one(struct vfe_scsi *vs,
						  struct vfe_scsi_queue *sq,
						  struct vfe_scsi_cmd *cmd)
{
	struct scsi_cmnd *sc = vfe_scsi_cmnd(cmd);

	if (unlikely(cmd->query)) {
		vfe_scsi_query_done(vfe_scsi_query_of(cmd), 0);
		return;
	}
	vfe_scsi_result(vs, sc, &vfe_scsi_wire(cmd)->response);
	vfe_scsi_release(vs, sq, sc);
	/* the next command with this tag must not inherit it */
	cmd->io.timeouts = 0;
	vfe_count(vs->stats, operations);
	vfe_scsi_cmd_ended(cmd);
	scsi_done(sc);
}

/* Completes commands that the device used: see vfe_scsi_complete_one(). */
static __always_inline void vfe_scsi_complete_list(struct vfe_scsi_queue *sq,
						   struct vfe_io_done *done)
{
	struct vfe_token *token = done->list.first, *next;
	struct vfe_scsi *vs = vfe_scsi_of_queue(sq);

	if (!token)
		return;
	vfe_recovery_completes(&vs->io.recovery);
	for (; token; token = next) {
		next = token->next;
		vfe_scsi_complete_one(vs, sq, vfe_scsi_token(token));
	}
}

/* --- a queue --- */

/* The same as one function, for all but the interrupt handler */
static noinline void vfe_scsi_complete(struct vfe_scsi_queue *sq,
				       struct vfe_io_done *done)
{
	vfe_scsi_complete_list(sq, done);
}

static void vfe_scsi_io_complete(struct vfe_io_queue *ioq,
				 struct vfe_io_done *done)
{
	rcu_read_lock();
	vfe_scsi_complete(vfe_scsi_queue_of(ioq), done);
	rcu_read_unlock();
}

/*
 * Reaps and completes. From the reaping on, the error handler waits for what
 * runs here: see vfe_scsi_complete_one().
 */
static unsigned int vfe_scsi_reap(struct vfe_scsi_queue *sq)
{
	struct vfe_io_done done;

	rcu_read_lock();
	vfe_io_reap_used(&sq->io, &done);
	vfe_scsi_complete(sq, &done);
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

static __always_inline void vfe_scsi_irq_complete(struct vfe_io_queue *ioq,
						  struct vfe_io_done *done)
{
	vfe_scsi_complete_list(vfe_scsi_queue_of(ioq), done);
}

/*
 * Handles a queue's interrupt. Interrupts are disabled here, so that
 * synchronize_rcu() waits for it, except in a thread of PREEMPT_RT.
 */
void vfe_scsi_irq(struct vfe_queue *vq)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		rcu_read_lock();
	vfe_io_interrupt(vfe_queue_priv(vq), vfe_scsi_irq_complete);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
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

// SPDX-License-Identifier: GPL-2.0
/*
 * The disk's operations for the core's recovery: hold requests back while the
 * core resets or stops the device, and send them again. Also request timeouts.
 */
#include "blk.h"

/* --- operations of the recovery --- */

/*
 * Requeues a request that the device did not use, a bounded number of times.
 * RQF_DONTPREP marks one that was requeued before: the block layer clears it
 * when it hands the tag out again, so that no other request inherits the count.
 * It also keeps an I/O scheduler from merging the request into one with another
 * count.
 */
static void vfe_blk_send_again(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_release(rq);
	req->io.timeouts = 0;
	if (!(rq->rq_flags & RQF_DONTPREP))
		req->retries = 0;
	rq->rq_flags |= RQF_DONTPREP;
	if (req->retries++ < VFE_BLK_MAX_RETRIES) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	req->result = BLK_STS_IOERR;
	blk_mq_complete_request(rq);
}

/* Requeues all requests that a queue still had when it was reset. */
static void vfe_blk_take_back(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_blk *vb = vfe_priv(vd);
	struct vfe_blk_queue *bq = &vb->queues[queue];
	struct vfe_token *token;

	while ((token = vfe_io_detach(&bq->io)))
		vfe_blk_send_again(blk_mq_rq_from_pdu(vfe_blk_token(token)));
}

static void vfe_blk_quiesce(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	blk_mq_quiesce_queue(vb->disk->queue);
}

static void vfe_blk_unquiesce(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	blk_mq_unquiesce_queue(vb->disk->queue);
}

static void vfe_blk_resend(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	blk_mq_kick_requeue_list(vb->disk->queue);
}

static bool vfe_blk_idle(struct vfe_device *vd, unsigned long wait)
{
	struct vfe_blk *vb = vfe_priv(vd);

	return blk_mq_freeze_queue_wait_timeout(vb->disk->queue, wait);
}

static bool vfe_blk_drain(struct vfe_device *vd, unsigned long timeout)
{
	struct vfe_blk *vb = vfe_priv(vd);

	blk_freeze_queue_start(vb->disk->queue);
	return vfe_io_drain(&vb->io, timeout, vfe_blk_idle);
}

static void vfe_blk_undrain(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	vfe_unfreeze_queue(vb->disk->queue);
}

static void vfe_blk_removed(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	blk_mark_disk_dead(vb->disk);
}

const struct vfe_recovery_ops vfe_blk_recovery_ops = {
	.quiesce = vfe_blk_quiesce,
	.close = vfe_io_close,
	.take_back = vfe_blk_take_back,
	.restore = vfe_blk_restore_cache,
	.open = vfe_io_open,
	.unquiesce = vfe_blk_unquiesce,
	.resend = vfe_blk_resend,
	.drain = vfe_blk_drain,
	.undrain = vfe_blk_undrain,
	.removed = vfe_blk_removed,
};

void vfe_blk_needs_reset(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	vfe_recovery_request(&vb->io.recovery);
}

/* --- timeouts --- */

static void vfe_blk_warn_late(struct vfe_blk_queue *bq, struct request *rq)
{
	struct vfe_blk *vb = vfe_blk_of_queue(bq);

	dev_warn_ratelimited(vfe_dev(vb->vd),
			     "%s: %s: request %d at sector %llu has been in flight for more than %u ms; the device reports no fault: still waiting\n",
			     vb->disk->disk_name, bq->io.name, rq->tag,
			     (u64)blk_rq_pos(rq),
			     jiffies_to_msecs(rq->timeout));
}

/* Looks for a completion whose interrupt was lost. */
enum blk_eh_timer_return vfe_blk_timeout(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_blk *vb = vfe_blk_of_queue(bq);
	bool any = vfe_io_complete_used(&bq->io);

	/* completed, here or on another CPU, or a recovery took it back */
	if (blk_mq_rq_state(rq) != MQ_RQ_IN_FLIGHT) {
		if (any && !bq->io.polled)
			dev_warn_ratelimited(vfe_dev(vb->vd),
					     "%s: %s: request %d completed, but its interrupt was lost\n",
					     vb->disk->disk_name, bq->io.name,
					     rq->tag);
		return BLK_EH_DONE;
	}
	if (vfe_io_late(&bq->io, &req->io, rq->timeout / HZ ?: 1))
		vfe_blk_warn_late(bq, rq);
	return BLK_EH_RESET_TIMER;
}

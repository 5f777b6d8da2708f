// SPDX-License-Identifier: GPL-2.0
/*
 * The disk's operations for the core's recovery: hold requests back while the
 * device is reset or stopped, and send them again. Also request timeouts.
 */
#include <linux/rcupdate.h>

#include "blk.h"

#define VFE_BLK_DRAIN_LOOK	(HZ / 20)	/* between polls of a queue */

/* --- operations of the recovery --- */

/* Requeues a request that the device did not use, a bounded number of times. */
static void vfe_blk_send_again(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_release(rq);
	req->timeouts = 0;
	if (req->retries++ < VFE_BLK_MAX_RETRIES) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	req->failed = BLK_STS_IOERR;
	blk_mq_complete_request(rq);
}

static struct vfe_token *vfe_blk_detach(struct vfe_blk_queue *bq)
{
	struct vfe_token *token;
	unsigned long flags;

	/* vfe_blk_timeout() may reap at the same time */
	spin_lock_irqsave(&bq->lock, flags);
	token = vfe_queue_detach(bq->vq);
	spin_unlock_irqrestore(&bq->lock, flags);
	return token;
}

/* Requeues all requests that a queue still had when it was reset. */
static void vfe_blk_take_back(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_blk *vb = vfe_priv(vd);
	struct vfe_blk_queue *bq = &vb->queues[queue];
	struct vfe_token *token;

	while ((token = vfe_blk_detach(bq)))
		vfe_blk_send_again(blk_mq_rq_from_pdu(vfe_blk_token(token)));
}

static void vfe_blk_open_ring(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_blk *vb = vfe_priv(vd);
	struct vfe_blk_queue *bq = &vb->queues[queue];
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	vfe_blk_open(bq);
	spin_unlock_irqrestore(&bq->lock, flags);
}

static void vfe_blk_close_ring(struct vfe_blk_queue *bq)
{
	unsigned long flags;

	vfe_blk_complete_used(bq);
	spin_lock_irqsave(&bq->lock, flags);
	bq->started = false;
	/* restart dispatch, which the full ring had stopped */
	if (bq->full) {
		bq->full = false;
		blk_mq_start_stopped_hw_queue(bq->hctx, true);
	}
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_coalesce_stop(bq);
}

/*
 * 2.6.1: no notification once this returns. blk-mq calls queue_rq() under
 * rcu_read_lock(), and vfe_blk_kick_again() takes it itself: synchronize_rcu()
 * waits for both.
 */
static void vfe_blk_close(struct vfe_device *vd, unsigned int first,
			  unsigned int n)
{
	struct vfe_blk *vb = vfe_priv(vd);
	unsigned int i;

	for (i = 0; i < n; i++)
		vfe_blk_close_ring(&vb->queues[first + i]);
	synchronize_rcu();
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

/*
 * Waits for requests in flight; polls polled queues, as maybe nothing else
 * does.
 */
static bool vfe_blk_drain(struct vfe_device *vd, unsigned long timeout)
{
	struct vfe_blk *vb = vfe_priv(vd);
	unsigned long end = jiffies + timeout;
	unsigned int i;

	blk_freeze_queue_start(vb->disk->queue);
	do {
		for (i = vb->num_queues - vb->num_polled; i < vb->num_queues;
		     i++)
			vfe_blk_complete_used(&vb->queues[i]);
		if (blk_mq_freeze_queue_wait_timeout(vb->disk->queue,
						     VFE_BLK_DRAIN_LOOK))
			return true;
	} while (time_before(jiffies, end));
	return false;
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

static const struct vfe_recovery_ops vfe_blk_recovery_ops = {
	.quiesce = vfe_blk_quiesce,
	.close = vfe_blk_close,
	.take_back = vfe_blk_take_back,
	.restore = vfe_blk_restore_cache,
	.open = vfe_blk_open_ring,
	.unquiesce = vfe_blk_unquiesce,
	.resend = vfe_blk_resend,
	.drain = vfe_blk_drain,
	.undrain = vfe_blk_undrain,
	.removed = vfe_blk_removed,
};

void vfe_blk_recovery_init(struct vfe_blk *vb)
{
	vfe_recovery_init(&vb->recovery, &vfe_blk_recovery_ops);
}

void vfe_blk_needs_reset(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	vfe_recovery_request(&vb->recovery);
}

/* --- timeouts --- */

/* Has the request been in flight for reset_after seconds or longer? */
static bool vfe_blk_overdue(struct vfe_blk *vb, struct request *rq)
{
	unsigned int most = READ_ONCE(vb->tunables.reset_after);
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (!most)
		return false;
	req->timeouts++;
	return req->timeouts * (rq->timeout / HZ ?: 1) >= most;
}

/* Warns once, until the queue completes a request again. */
static void vfe_blk_say_late(struct vfe_blk_queue *bq, struct request *rq)
{
	struct vfe_blk *vb = bq->vb;

	if (READ_ONCE(bq->late))
		return;
	WRITE_ONCE(bq->late, true);
	dev_warn_ratelimited(vfe_dev(vb->vd),
			     "%s: %s: request %d at sector %llu has been in flight for more than %u ms; the device reports no fault: still waiting\n",
			     vb->disk->disk_name, bq->name, rq->tag,
			     (u64)blk_rq_pos(rq),
			     jiffies_to_msecs(rq->timeout));
}

/* Under rcu_read_lock(), which vfe_blk_close() waits for */
static void vfe_blk_kick_again(struct vfe_blk_queue *bq)
{
	rcu_read_lock();
	if (READ_ONCE(bq->started))
		vfe_queue_notify(bq->vq);
	rcu_read_unlock();
}

/*
 * A slow request is no fault: its storage may be slow or paused. So this checks
 * for a completion whose interrupt was lost, repeats the kick, which is
 * harmless, and reads the device's status. Unless the user set reset_after, it
 * resets only a device that set DEVICE_NEEDS_RESET or lost DRIVER_OK; QEMU's
 * device does the latter when bus mastering is disabled.
 */
enum blk_eh_timer_return vfe_blk_timeout(struct request *rq)
{
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_blk *vb = vfe_blk_of(rq);
	bool any = vfe_blk_complete_used(bq);

	/* completed, here or on another CPU, or a recovery took it back */
	if (blk_mq_rq_state(rq) != MQ_RQ_IN_FLIGHT) {
		if (any && !bq->polled)
			dev_warn_ratelimited(vfe_dev(vb->vd),
					     "%s: %s: request %d completed, but its interrupt was lost\n",
					     vb->disk->disk_name, bq->name,
					     rq->tag);
		return BLK_EH_DONE;
	}
	/* a recovery is running, or waits for the end of a pause */
	if (vfe_recovery_state(&vb->recovery) != VFE_RUN_LIVE)
		return BLK_EH_RESET_TIMER;
	if (vfe_queue_broken(bq->vq)) {
		vfe_recovery_request(&vb->recovery);
		return BLK_EH_RESET_TIMER;
	}
	if (vfe_wants_reset(vb->vd) || vfe_blk_overdue(vb, rq)) {
		vfe_recovery_force(&vb->recovery);
		return BLK_EH_RESET_TIMER;
	}
	vfe_blk_kick_again(bq);
	vfe_blk_say_late(bq, rq);
	return BLK_EH_RESET_TIMER;
}

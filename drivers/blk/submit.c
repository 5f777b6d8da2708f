// SPDX-License-Identifier: GPL-2.0
/*
 * The data path between a request's chain and the ring: adds requests, kicks
 * the device, and reaps used requests in its interrupt. Nothing here sleeps.
 *
 * By default the driver kicks as soon as the last request of a batch is in the
 * ring, and always enables the interrupt for the next completion. Delaying
 * either saves exits on some workloads and loses throughput on others, so the
 * features that do this are off by default (coalesce.c, poll.c).
 */
#include "blk.h"

/* --- Out of the ring --- */

/* The body of vfe_blk_reap(), inline for the path of each request */
static __always_inline void __vfe_blk_reap(struct vfe_blk_queue *bq,
					   struct vfe_blk_done *done)
{
	vfe_queue_reap(bq->vq, bq->used, ARRAY_SIZE(bq->used), &done->list);
	if (unlikely(bq->late && done->list.n))
		bq->late = false;
	/*
	 * under the lock, so vfe_blk_add() sets @full and stops the queue
	 * either before this or after it
	 */
	if (unlikely(bq->full && done->list.n)) {
		bq->full = false;
		done->waited_for = true;
		blk_mq_start_stopped_hw_queue(bq->hctx, true);
	}
}

/**
 * vfe_blk_reap() - reap used requests
 * @bq: the queue, its lock held
 * @done: list to append the requests to
 *
 * Does not return buffers that the device uses during the call: the caller must
 * check again, with vfe_queue_enable_cb() or by its next poll.
 */
void vfe_blk_reap(struct vfe_blk_queue *bq, struct vfe_blk_done *done)
{
	__vfe_blk_reap(bq, done);
}

/**
 * vfe_blk_reap_and_enable() - reap used requests, enable the interrupt
 * @bq: the queue, its lock held
 * @done: list to append the requests to
 *
 * The loop ends: while the caller holds the lock, no request is added, so the
 * device runs out of requests.
 */
void vfe_blk_reap_and_enable(struct vfe_blk_queue *bq,
			     struct vfe_blk_done *done)
{
	do {
		if (bq->suppress)
			vfe_queue_disable_cb(bq->vq);
		__vfe_blk_reap(bq, done);
	} while (!vfe_queue_enable_cb(bq->vq));
}

static void vfe_blk_reap_used(struct vfe_blk_queue *bq,
			      struct vfe_blk_done *done)
{
	if (unlikely(bq->polled))
		vfe_blk_reap(bq, done);
	else if (unlikely(bq->coalesce_ns))
		vfe_blk_coalesce(bq, done);
	else
		vfe_blk_reap_and_enable(bq, done);
}

/* Completes requests, the successful ones in a batch. */
void vfe_blk_complete_all(struct vfe_blk_done *done)
{
	DEFINE_IO_COMP_BATCH(iob);

	vfe_blk_complete_list(done, &iob);
	if (iob.complete)
		vfe_blk_complete_batch(&iob);
}

/**
 * vfe_blk_complete_used() - reap and complete used requests
 * @bq: the queue
 *
 * Context: any.
 * Return: whether there were any.
 */
bool vfe_blk_complete_used(struct vfe_blk_queue *bq)
{
	struct vfe_blk_done done;
	unsigned long flags;

	vfe_blk_done_init(&done);
	spin_lock_irqsave(&bq->lock, flags);
	if (likely(bq->started))
		vfe_blk_reap_used(bq, &done);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_complete_all(&done);
	return done.list.n;
}

/* A queue's interrupt */
void vfe_blk_irq(struct vfe_queue *vq)
{
	vfe_blk_complete_used(vfe_queue_priv(vq));
}

/* Polls a queue for the block layer. Return: number of reaped requests */
static int vfe_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_blk_done done;
	unsigned long flags;

	/* do not take the lock needlessly */
	if (!vfe_queue_pending(bq->vq))
		return 0;
	vfe_blk_done_init(&done);
	spin_lock_irqsave(&bq->lock, flags);
	if (bq->started)
		vfe_blk_reap(bq, &done);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_complete_list(&done, iob);
	return done.list.n;
}

/* --- Into the ring --- */

/**
 * vfe_blk_open() - accept requests for the ring, which is empty
 * @bq: the queue, its lock held
 */
void vfe_blk_open(struct vfe_blk_queue *bq)
{
	bq->started = true;
	bq->coalescing = false;
	bq->owed = false;
	bq->late = false;
}

/* Adds a request whose descriptors the device does not read in place. */
static noinline int vfe_blk_add_copy(struct vfe_blk_queue *bq,
				     struct vfe_blk_request *req)
{
	unsigned int i;

	if (req->table) {
		memcpy(req->table, req->descs, req->num * sizeof(*req->descs));
		return vfe_queue_add_table(bq->vq, req->table_dma, req->num,
					   req->in_len, &req->token);
	}
	for (i = 0; i < req->num; i++) {
		bq->segs[i].addr = le64_to_cpu(req->descs[i].addr);
		bq->segs[i].len = le32_to_cpu(req->descs[i].len);
	}
	return vfe_queue_add(bq->vq, bq->segs, req->out, req->num - req->out,
			     &req->token);
}

/*
 * Adds a prepared request. If the ring is full, stop the hardware queue under
 * the lock: vfe_blk_reap() holds the lock too, so the completion that makes
 * room comes after this and starts the queue again.
 */
static __always_inline blk_status_t
vfe_blk_add(struct vfe_blk_queue *bq, struct vfe_blk_request *req)
{
	int err;

	if (unlikely(!bq->started))
		return vfe_recovery_state(&bq->vb->recovery) >= VFE_RUN_GIVEN_UP ?
		       BLK_STS_IOERR : BLK_STS_RESOURCE;
	if (likely(req->table == req->descs))
		err = vfe_queue_add_table(bq->vq, req->table_dma, req->num,
					  req->in_len, &req->token);
	else
		err = vfe_blk_add_copy(bq, req);
	if (likely(!err))
		return BLK_STS_OK;
	switch (err) {
	case -ENOSPC:
		bq->full = true;
		blk_mq_stop_hw_queue(bq->hctx);
		return BLK_STS_RESOURCE;
	case -EIO:	/* broken: try again after the reset */
		return BLK_STS_RESOURCE;
	default:
		return BLK_STS_IOERR;
	}
}

/* Makes added requests visible to the device. Return: whether to kick it */
static __always_inline bool vfe_blk_publish(struct vfe_blk_queue *bq)
{
	bool notify;

	if (unlikely(!bq->started))
		return false;
	notify = vfe_queue_kick_prepare(bq->vq);
	if (unlikely(bq->coalescing) && notify) {
		bq->owed = true;
		return false;
	}
	return notify;
}

/*
 * Adds the requests of a list, and makes them visible unless more of their batch
 * come. A submitter that polls disables the interrupt before the requests are
 * visible, and must not be preempted until it is enabled again. @token: the
 * first request; then the first that was not added, or NULL. Return: why that
 * one was not added, or BLK_STS_OK
 */
static __always_inline blk_status_t vfe_blk_submit(struct vfe_blk_queue *bq,
						   struct vfe_token **token,
						   bool last)
{
	bool notify = false, poll = false;
	blk_status_t status = BLK_STS_OK;
	struct vfe_token *next;

	spin_lock_irq(&bq->lock);
	for (; *token; *token = next) {
		/* once in the ring, the request may end and be reused */
		next = (*token)->next;
		status = vfe_blk_add(bq, vfe_blk_token(*token));
		if (unlikely(status))
			break;
	}
	if (last || status) {
		poll = unlikely(bq->poll_ns) && vfe_blk_poll_begin(bq);
		notify = vfe_blk_publish(bq);
	}
	if (unlikely(poll))
		preempt_disable();
	spin_unlock_irq(&bq->lock);
	if (notify)
		vfe_queue_notify(bq->vq);
	if (unlikely(poll)) {
		vfe_blk_poll_wait(bq);
		preempt_enable();
	}
	return status;
}

/*
 * A request that fails must not pass its retry count on to the next request
 * with the same tag.
 */
static blk_status_t vfe_blk_refuse(struct request *rq, blk_status_t status)
{
	vfe_blk_release(rq);
	if (status != BLK_STS_RESOURCE)
		vfe_blk_forget(rq);
	return status;
}

/*
 * Kicks the device only for the last request of a batch, or when a request
 * cannot be added, for the requests added before it.
 */
static blk_status_t vfe_blk_queue_rq(struct blk_mq_hw_ctx *hctx,
				     const struct blk_mq_queue_data *bd)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(bd->rq);
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_token *token = &req->token;
	struct request *rq = bd->rq;
	blk_status_t status;

	status = vfe_blk_prepare(bq->vb, rq);
	if (unlikely(status))
		return vfe_blk_refuse(rq, status);
	blk_mq_start_request(rq);
	token->next = NULL;
	status = vfe_blk_submit(bq, &token, bd->last);
	/* do not touch an added request: it may have ended by now */
	if (unlikely(status))
		return vfe_blk_refuse(rq, status);
	return BLK_STS_OK;
}

/* The rest of a batch will not come: publish the added requests. */
static void vfe_blk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	bool notify;

	spin_lock_irq(&bq->lock);
	notify = vfe_blk_publish(bq);
	spin_unlock_irq(&bq->lock);
	if (notify)
		vfe_queue_notify(bq->vq);
}

/* Requeues requests that did not fit: vfe_blk_queue_rq() gets them again. */
static void vfe_blk_submit_batch(struct vfe_blk_queue *bq,
				 struct vfe_token_list *batch)
{
	struct vfe_token *token = batch->first, *next;
	struct request *rq;

	/* since Linux 6.10 a single request comes here, too */
	vfe_blk_submit(bq, &token, true);
	for (; unlikely(token); token = next) {
		next = token->next;
		rq = blk_mq_rq_from_pdu(vfe_blk_token(token));
		vfe_blk_release(rq);
		blk_mq_requeue_request(rq, !next);
	}
	vfe_token_list_init(batch);
}

/*
 * Submits the requests of a plug, taking the lock once for the requests of a
 * queue. Requests that cannot be submitted, or not now, stay in @list: the
 * block layer gives them to vfe_blk_queue_rq(), which returns the error.
 */
static void vfe_blk_queue_rqs(vfe_rq_list *list)
{
	struct vfe_blk_queue *bq = NULL, *its;
	struct vfe_token_list batch;
	vfe_rq_list left = { NULL };
	struct vfe_blk_request *req;
	struct request *rq;

	vfe_token_list_init(&batch);
	while ((rq = vfe_rq_pop(list))) {
		its = rq->mq_hctx->driver_data;
		if (its != bq && batch.first)
			vfe_blk_submit_batch(bq, &batch);
		bq = its;
		if (unlikely(READ_ONCE(bq->full) ||
			     vfe_blk_prepare(bq->vb, rq))) {
			vfe_rq_add(&left, rq);
			continue;
		}
		vfe_rq_start(rq);
		req = blk_mq_rq_to_pdu(rq);
		vfe_token_list_add(&batch, &req->token);
	}
	if (batch.first)
		vfe_blk_submit_batch(bq, &batch);
	*list = left;
}

const struct blk_mq_ops vfe_blk_mq_ops = {
	.queue_rq = vfe_blk_queue_rq,
	.queue_rqs = vfe_blk_queue_rqs,
	.commit_rqs = vfe_blk_commit_rqs,
	.complete = vfe_blk_complete,
	.poll = vfe_blk_poll,
	.timeout = vfe_blk_timeout,
	.init_hctx = vfe_blk_init_hctx,
	.init_request = vfe_blk_init_request,
	.exit_request = vfe_blk_exit_request,
	.map_queues = vfe_blk_map_queues,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Connects the block layer with the core's queues: submits requests of the
 * block layer, completes requests that the core reaped. Nothing here sleeps.
 */
#include "blk.h"

/* --- completion --- */

/* Completes requests, the successful ones in a batch. */
static void vfe_blk_io_complete(struct vfe_io_queue *ioq,
				struct vfe_io_done *done)
{
	DEFINE_IO_COMP_BATCH(iob);

	vfe_blk_complete_list(done, &iob);
	if (iob.complete)
		vfe_blk_complete_batch(&iob);
}

/* Handles a queue's interrupt. */
void vfe_blk_irq(struct vfe_queue *vq)
{
	vfe_io_interrupt(vfe_queue_priv(vq), vfe_blk_io_complete);
}

/* Polls a queue for the block layer. Return: number of reaped requests */
int vfe_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_io_done done;

	/* do not take the lock needlessly */
	if (!vfe_queue_pending(bq->io.vq))
		return 0;
	vfe_io_reap_used(&bq->io, &done);
	vfe_blk_complete_list(&done, iob);
	return done.list.n;
}

/* --- operations of the queues --- */

static void vfe_blk_io_full(struct vfe_io_queue *ioq)
{
	blk_mq_stop_hw_queue(vfe_blk_queue_of(ioq)->hctx);
}

static void vfe_blk_io_room(struct vfe_io_queue *ioq)
{
	blk_mq_start_stopped_hw_queue(vfe_blk_queue_of(ioq)->hctx, true);
}

const struct vfe_io_ops vfe_blk_io_ops = {
	.complete = vfe_blk_io_complete,
	.full = vfe_blk_io_full,
	.room = vfe_blk_io_room,
};

/* --- submission --- */

/*
 * Kicks the device only for the last request of a batch, or when a request
 * cannot be added, for the requests added before it.
 */
blk_status_t vfe_blk_queue_rq(struct blk_mq_hw_ctx *hctx,
			      const struct blk_mq_queue_data *bd)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(bd->rq);
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_token *token = &req->io.token;
	struct request *rq = bd->rq;
	blk_status_t status;

	status = vfe_blk_prepare(vfe_blk_of_queue(bq), rq);
	if (unlikely(status))
		return status;
	blk_mq_start_request(rq);
	token->next = NULL;
	vfe_io_submit(&bq->io, &token, bd->last);
	/* do not touch an added request: it may have ended by now */
	if (likely(!token))
		return BLK_STS_OK;
	vfe_blk_release(rq);
	return req->io.error == -EAGAIN ? BLK_STS_RESOURCE : BLK_STS_IOERR;
}

/* The rest of a batch will not come: publish the added requests. */
void vfe_blk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct vfe_blk_queue *bq = hctx->driver_data;

	vfe_io_commit(&bq->io);
}

/* Requeues requests that did not fit: vfe_blk_queue_rq() gets them again. */
static void vfe_blk_submit_batch(struct vfe_blk_queue *bq,
				 struct vfe_token_list *batch)
{
	struct vfe_token *token = batch->first, *next;
	struct request *rq;

	/* since Linux 6.10 a single request comes here, too */
	vfe_io_submit(&bq->io, &token, true);
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
void vfe_blk_queue_rqs(vfe_rq_list *list)
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
		if (unlikely(READ_ONCE(bq->io.full) ||
			     vfe_blk_prepare(vfe_blk_of_queue(bq), rq))) {
			vfe_rq_add(&left, rq);
			continue;
		}
		vfe_rq_start(rq);
		req = blk_mq_rq_to_pdu(rq);
		vfe_token_list_add(&batch, &req->io.token);
	}
	if (batch.first)
		vfe_blk_submit_batch(bq, &batch);
	*list = left;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The data path between a request's chain and the ring: when the device is
 * kicked, when it is to interrupt, and who takes what it used. Nothing here
 * allocates or sleeps.
 */
#include <linux/bottom_half.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "blk.h"

/*
 * --- Which completion is to interrupt ---
 *
 * An interrupt is asked for later in the ring the more requests the device has:
 * for the last of a share of them. It surely comes, as nothing is waited for
 * that the device does not have yet, and so no timer is needed.
 *
 * What a request may have to wait for is bounded by that:
 * - One that is alone of its kind (see enum vfe_blk_kind) waits for none, and
 *   no request waits for another kind: the smallest group counts. A read is not
 *   held up by discards.
 * - Half of a group is always asked for: whatever is slower than the median,
 *   delays nobody.
 * - More than half only as long as that is seen to cost nothing: when the
 *   interrupt's handler finds that the device is done with all it had, a share
 *   some more is asked for the next time; when it finds something left, half
 *   again. The part that is never asked for, 15 percent as it comes, is what
 *   shows the difference.
 *
 * What is used before that is taken with the next submission. A submitter that
 * comes at least as often as the share is used up has no interrupts at all; see
 * also stream.c.
 */
#define VFE_BLK_STEP		(VFE_BLK_WHOLE / 16)

/* How many completions from here is the one to interrupt? */
static unsigned int vfe_blk_want(const struct vfe_blk_queue *bq)
{
	u16 fewest = U16_MAX;
	unsigned int i, n;

	/* a kind that there is none of comes out as 65535, and does not count */
	for (i = 0; i < VFE_BLK_NUM_KINDS; i++)
		fewest = min_t(u16, fewest, bq->held[i] - 1);
	n = min(fewest + 1U, vfe_blk_held(bq));
	return max(n * bq->share / VFE_BLK_WHOLE, 1U);
}

/* Learns from an interrupt that found @n. */
static void vfe_blk_learn(struct vfe_blk_queue *bq, unsigned int n)
{
	u16 share = VFE_BLK_HALF;

	if (!vfe_blk_held(bq) && n > 1)
		share = max(share, bq->share) + VFE_BLK_STEP;
	bq->share = min(share, bq->most);
}

/* --- Out of the ring --- */

/**
 * vfe_blk_take() - take all used requests out of the ring
 * @bq: the queue, its lock held
 * @taken: where to put them, behind what is there
 *
 * If it took any, an interrupt that was asked for may have been for them: who
 * calls this asks again.
 *
 * Return: how many.
 */
unsigned int vfe_blk_take(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken)
{
	unsigned int before = taken->n;
	struct request *rq;
	u32 used;

	while ((rq = vfe_queue_get(bq->vq, &used))) {
		struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

		req->used = used;
		vfe_blk_list(taken, rq);
		bq->held[req->kind]--;
	}
	if (unlikely(bq->full && taken->n != before)) {
		bq->full = false;
		taken->waited_for = true;
		blk_mq_start_stopped_hw_queue(bq->hctx, true);
	}
	return taken->n - before;
}

/**
 * vfe_blk_ask() - ask for an interrupt, where one is worth it
 * @bq: the queue, its lock held
 * @taken: where to put what is used so soon that none may come for it
 *
 * Ends: no more can be used than were posted, and posting needs the lock.
 */
void vfe_blk_ask(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken)
{
	do {
		bq->asked = vfe_blk_want(bq);
		if (vfe_queue_enable_cb_after(bq->vq, bq->asked))
			return;
	} while (vfe_blk_take(bq, taken));
}

/**
 * vfe_blk_collect() - take what is used, ask for the next interrupt
 * @bq: the queue, its lock held
 * @taken: where to put them
 */
void vfe_blk_collect(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken)
{
	vfe_queue_disable_cb(bq->vq);
	bq->asked = 0;
	vfe_blk_learn(bq, vfe_blk_take(bq, taken));
	vfe_blk_ask(bq, taken);
}

/*
 * Takes what is used by now, unless its interrupt is on the way already, and
 * asks for the next one where it belongs with the requests that came.
 */
static void vfe_blk_ask_anew(struct vfe_blk_queue *bq,
			     struct vfe_blk_taken *taken)
{
	unsigned int n = bq->asked > 1 ? vfe_blk_take(bq, taken) : 0;

	if (n || vfe_blk_want(bq) != bq->asked)
		vfe_blk_ask(bq, taken);
}

/**
 * vfe_blk_show_all() - show what there is, and ask for an interrupt
 * @bq: the queue, its lock held
 * @show: what is to be done then
 */
void vfe_blk_show_all(struct vfe_blk_queue *bq, struct vfe_blk_show *show)
{
	show->notify = vfe_queue_kick_prepare(bq->vq);
	vfe_blk_ask_anew(bq, &show->taken);
}

const struct vfe_blk_way vfe_blk_interrupted = {
	.interrupts = true,
	.show = vfe_blk_show_all,
	.collect = vfe_blk_collect,
};

/* The block layer asks a polled queue itself, by vfe_blk_poll(). */
static void vfe_blk_show_polled(struct vfe_blk_queue *bq,
				struct vfe_blk_show *show)
{
	show->notify = vfe_queue_kick_prepare(bq->vq);
}

static void vfe_blk_collect_polled(struct vfe_blk_queue *bq,
				   struct vfe_blk_taken *taken)
{
	vfe_blk_take(bq, taken);
}

const struct vfe_blk_way vfe_blk_polled = {
	.show = vfe_blk_show_polled,
	.collect = vfe_blk_collect_polled,
};

static void vfe_blk_finish_all(struct vfe_blk_taken *taken)
{
	DEFINE_IO_COMP_BATCH(iob);

	vfe_blk_finish(taken, &iob);
	if (iob.complete)
		iob.complete(&iob);
}

/**
 * vfe_blk_finish_here() - end what a submitter found
 * @taken: the requests
 *
 * What the block layer ends in a softirq is ended when this returns: with
 * softirqs on, raising one would wake a thread.
 *
 * Context: process context, without a lock.
 */
void vfe_blk_finish_here(struct vfe_blk_taken *taken)
{
	if (!taken->first)
		return;
	local_bh_disable();
	vfe_blk_finish_all(taken);
	local_bh_enable();
}

/**
 * vfe_blk_reap() - complete what the device used
 * @bq: the queue
 *
 * Context: any.
 * Return: whether there was something.
 */
bool vfe_blk_reap(struct vfe_blk_queue *bq)
{
	struct vfe_blk_taken taken;
	unsigned long flags;

	vfe_blk_none_taken(&taken);
	spin_lock_irqsave(&bq->lock, flags);
	if (bq->started)
		bq->way->collect(bq, &taken);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_finish_all(&taken);
	return taken.n;
}

/* A queue's interrupt */
void vfe_blk_done(struct vfe_queue *vq)
{
	vfe_blk_reap(vfe_blk_queue_of(vq));
}

/* Return: how many requests of a polled queue came to their end. */
static int vfe_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_blk_taken taken;
	unsigned long flags;

	/* nobody who submits is kept from the lock for nothing */
	if (!vfe_queue_pending(bq->vq))
		return 0;
	vfe_blk_none_taken(&taken);
	spin_lock_irqsave(&bq->lock, flags);
	if (bq->started)
		vfe_blk_take(bq, &taken);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_finish(&taken, iob);
	return taken.n;
}

/* --- Into the ring --- */

/**
 * vfe_blk_open() - begin with an empty ring
 * @bq: the queue, its lock held
 */
void vfe_blk_open(struct vfe_blk_queue *bq)
{
	memset(bq->held, 0, sizeof(bq->held));
	bq->posted = 0;
	bq->stream.on = false;
	bq->stream.owed = 0;
	bq->share = min_t(u16, bq->most, VFE_BLK_HALF);
	bq->since = 0;
	/* as rings are made: the first one used interrupts */
	bq->asked = 1;
}

/* Room is made by what is used and was not taken yet. */
static int vfe_blk_add(struct vfe_blk_queue *bq, struct request *rq,
		       struct vfe_blk_taken *taken)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	int err;

	err = vfe_queue_add(bq->vq, req->segs, req->out, req->in, rq);
	if (likely(err != -ENOSPC))
		return err;
	bq->way->collect(bq, taken);
	return vfe_queue_add(bq->vq, req->segs, req->out, req->in, rq);
}

/*
 * Puts a prepared request into the ring. When that is full the block layer is
 * told under the lock that a completion takes, so that the completion which
 * makes room cannot come before the queue is stopped.
 */
static blk_status_t vfe_blk_post(struct vfe_blk_queue *bq, struct request *rq,
				 struct vfe_blk_taken *taken)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (unlikely(!bq->started))
		return BLK_STS_RESOURCE;
	switch (vfe_blk_add(bq, rq, taken)) {
	case 0:
		bq->held[req->kind]++;
		bq->posted++;
		return BLK_STS_OK;
	case -ENOSPC:
		bq->full = true;
		blk_mq_stop_hw_queue(bq->hctx);
		return BLK_STS_DEV_RESOURCE;
	case -EIO:	/* broken: try again after the reset to come */
		return BLK_STS_RESOURCE;
	default:
		return BLK_STS_IOERR;
	}
}

/* Shows the device what was posted. */
static void vfe_blk_show_posted(struct vfe_blk_queue *bq,
				struct vfe_blk_show *show)
{
	if (unlikely(!bq->started))
		return;
	bq->way->show(bq, show);
	bq->posted = 0;
}

/* What is done without the lock; the kick first, so that the device begins */
static void vfe_blk_shown(struct vfe_blk_queue *bq, struct vfe_blk_show *show)
{
	if (show->notify)
		vfe_queue_notify(bq->vq);
	vfe_blk_finish_here(&show->taken);
	if (show->look)
		vfe_blk_look(bq);
}

static void vfe_blk_nothing_shown(struct vfe_blk_show *show)
{
	vfe_blk_none_taken(&show->taken);
	show->notify = false;
	show->look = false;
}

/*
 * The doorbell apart from the submission: only the last request of a batch
 * rings it, and one that finds the ring full, for those before it; in a stream
 * (stream.c), the last of some.
 */
static blk_status_t vfe_blk_queue_rq(struct blk_mq_hw_ctx *hctx,
				     const struct blk_mq_queue_data *bd)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct request *rq = bd->rq;
	struct vfe_blk_show show;
	unsigned long flags;
	blk_status_t status;

	if (unlikely(READ_ONCE(bq->vb->state) == VFE_BLK_DEAD))
		return BLK_STS_IOERR;
	status = vfe_blk_prepare(bq->vb, rq);
	if (unlikely(status))
		return status;
	blk_mq_start_request(rq);
	vfe_blk_nothing_shown(&show);

	spin_lock_irqsave(&bq->lock, flags);
	status = vfe_blk_post(bq, rq, &show.taken);
	if (bd->last || status)
		vfe_blk_show_posted(bq, &show);
	spin_unlock_irqrestore(&bq->lock, flags);

	vfe_blk_shown(bq, &show);
	/* one that is in the ring may have ended by now */
	if (unlikely(status))
		vfe_blk_unmap(rq);
	return status;
}

/* The rest of a batch will not come: show what came of it. */
static void vfe_blk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct vfe_blk_queue *bq = hctx->driver_data;
	struct vfe_blk_show show;
	unsigned long flags;

	vfe_blk_nothing_shown(&show);
	spin_lock_irqsave(&bq->lock, flags);
	vfe_blk_show_posted(bq, &show);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_shown(bq, &show);
}

/*
 * Posts what there is room for, and shows it. Return: the first request that
 * there was none for, those behind it by their @next, or NULL
 */
static struct request *vfe_blk_post_batch(struct vfe_blk_queue *bq,
					  struct request *rq)
{
	struct vfe_blk_request *req;
	struct vfe_blk_show show;
	struct request *next;
	unsigned long flags;

	vfe_blk_nothing_shown(&show);
	spin_lock_irqsave(&bq->lock, flags);
	for (; rq; rq = next) {
		req = blk_mq_rq_to_pdu(rq);
		/* its memory is not its own once it is in the ring */
		next = req->next;
		if (unlikely(vfe_blk_post(bq, rq, &show.taken)))
			break;
	}
	vfe_blk_show_posted(bq, &show);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_shown(bq, &show);
	return rq;
}

/* What finds no room comes again, by vfe_blk_queue_rq(). */
static void vfe_blk_submit_batch(struct vfe_blk_queue *bq,
				 struct vfe_blk_taken *batch)
{
	struct request *rq = vfe_blk_post_batch(bq, batch->first), *next;

	for (; unlikely(rq); rq = next) {
		struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

		next = req->next;
		vfe_blk_unmap(rq);
		blk_mq_requeue_request(rq, !next);
	}
	vfe_blk_none_taken(batch);
}

/*
 * The requests of a plug: the lock is taken once for those of a queue. What
 * cannot be done, or not now, is left to vfe_blk_queue_rq(), which says why.
 */
static void vfe_blk_queue_rqs(vfe_rq_list *list)
{
	struct vfe_blk_queue *bq = NULL, *its;
	struct vfe_blk_taken batch;
	vfe_rq_list left = { NULL };
	struct request *rq;

	vfe_blk_none_taken(&batch);
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
		vfe_blk_list(&batch, rq);
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

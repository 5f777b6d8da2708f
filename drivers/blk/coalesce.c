// SPDX-License-Identifier: GPL-2.0
/*
 * Coalescing: while a queue is busy, a timer of a fixed period reaps
 * completions and writes kicks, in place of an interrupt and a kick for each
 * request. The user sets the period, which is the longest delay of a completion
 * or a kick; it is 0, off, by default. A queue becomes busy when an interrupt
 * finds completions and the device still has requests, and idle when the timer
 * finds no completion. A single request therefore always gets its interrupt
 * immediately.
 */
#include <linux/ktime.h>

#include "blk.h"

/**
 * vfe_blk_coalesce() - reap, start the timer if the queue is busy
 * @bq: the queue, its lock held, coalesce_ns not 0
 * @done: list to add the requests to
 *
 * If the queue is not busy, the next completion raises an interrupt.
 */
void vfe_blk_coalesce(struct vfe_blk_queue *bq, struct vfe_blk_done *done)
{
	vfe_queue_disable_cb(bq->vq);
	vfe_blk_reap(bq, done);
	if (bq->coalescing)
		return;
	if (!done->list.n || !vfe_queue_in_flight(bq->vq)) {
		vfe_blk_reap_and_enable(bq, done);
		return;
	}
	bq->coalescing = true;
	hrtimer_start(&bq->timer, ns_to_ktime(bq->coalesce_ns),
		      HRTIMER_MODE_REL_PINNED);
}

/*
 * Return: whether a kick was left to the timer, so that the caller must write
 * it
 */
static bool vfe_blk_coalesce_tick(struct vfe_blk_queue *bq,
				  struct vfe_blk_done *done)
{
	bool kick = bq->owed;

	bq->owed = false;
	if (!bq->started || !bq->coalescing)
		return false;
	vfe_blk_reap(bq, done);
	if (done->list.n && bq->coalesce_ns)
		return kick;
	bq->coalescing = false;
	vfe_blk_reap_and_enable(bq, done);
	return kick;
}

static enum hrtimer_restart vfe_blk_coalesce_timer(struct hrtimer *timer)
{
	struct vfe_blk_queue *bq = container_of(timer, struct vfe_blk_queue,
						timer);
	struct vfe_blk_done done;
	unsigned long flags;
	bool again, kick;

	vfe_blk_done_init(&done);
	spin_lock_irqsave(&bq->lock, flags);
	kick = vfe_blk_coalesce_tick(bq, &done);
	again = bq->coalescing;
	if (again)
		hrtimer_forward_now(timer, ns_to_ktime(bq->coalesce_ns));
	/* under the lock: no notification after the ring is closed */
	if (kick)
		vfe_queue_notify(bq->vq);
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_complete_all(&done);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

void vfe_blk_coalesce_init(struct vfe_blk_queue *bq)
{
	vfe_hrtimer_setup(&bq->timer, vfe_blk_coalesce_timer,
			  HRTIMER_MODE_REL_PINNED);
}

/**
 * vfe_blk_coalesce_stop() - cancel the timer, and wait for it
 * @bq: the queue, its ring closed
 *
 * This neither reaps nor writes a kick that was left to the timer: the caller
 * has reaped, and the reset that follows makes the kick unnecessary.
 *
 * Context: process context, may sleep.
 */
void vfe_blk_coalesce_stop(struct vfe_blk_queue *bq)
{
	hrtimer_cancel(&bq->timer);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Coalescing: while a queue is busy, a timer of a fixed period reaps
 * completions and writes kicks, in place of an interrupt and a kick for each
 * request. The user sets the period, which is the longest delay of a completion
 * or a kick; it is 0, off, by default. A queue becomes busy when an interrupt
 * finds completions and the device still has requests, and idle when the timer
 * finds no completion. While the queue is idle, a single request gets its kick
 * and its interrupt at once.
 */
#include <linux/export.h>
#include <linux/ktime.h>

#include "io.h"

void vfe_io_coalesce(struct vfe_io_queue *ioq, struct vfe_io_done *done)
{
	vfe_queue_disable_cb(ioq->vq);
	vfe_io_reap(ioq, done);
	if (ioq->coalescing)
		return;
	if (!done->list.n || !vfe_queue_in_flight(ioq->vq)) {
		vfe_io_reap_and_enable(ioq, done);
		return;
	}
	ioq->coalescing = true;
	hrtimer_start(&ioq->timer, ns_to_ktime(ioq->coalesce_ns),
		      HRTIMER_MODE_REL_PINNED);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_coalesce, VFE_NS);

/*
 * Return: whether a kick was left to the timer, so that the caller must write
 * it
 */
static bool vfe_io_coalesce_tick(struct vfe_io_queue *ioq,
				 struct vfe_io_done *done)
{
	bool kick = ioq->owed;

	ioq->owed = false;
	if (!ioq->started || !ioq->coalescing)
		return false;
	vfe_io_reap(ioq, done);
	if (done->list.n && ioq->coalesce_ns)
		return kick;
	ioq->coalescing = false;
	vfe_io_reap_and_enable(ioq, done);
	return kick;
}

static enum hrtimer_restart vfe_io_coalesce_timer(struct hrtimer *timer)
{
	struct vfe_io_queue *ioq = container_of(timer, struct vfe_io_queue,
						timer);
	struct vfe_io_done done;
	unsigned long flags;
	bool again, kick;

	vfe_io_done_init(&done);
	spin_lock_irqsave(&ioq->lock, flags);
	kick = vfe_io_coalesce_tick(ioq, &done);
	again = ioq->coalescing;
	if (again)
		hrtimer_forward_now(timer, ns_to_ktime(ioq->coalesce_ns));
	/* under the lock: no notification after the ring is closed */
	if (kick)
		vfe_queue_notify(ioq->vq);
	spin_unlock_irqrestore(&ioq->lock, flags);
	ioq->io->ops->complete(ioq, &done);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

void vfe_io_coalesce_init(struct vfe_io_queue *ioq)
{
	vfe_hrtimer_setup(&ioq->timer, vfe_io_coalesce_timer,
			  HRTIMER_MODE_REL_PINNED);
}

/**
 * vfe_io_coalesce_stop() - cancel the timer, and wait for it
 * @ioq: the queue, its ring closed
 *
 * This neither reaps nor writes a kick that was left to the timer: the caller
 * has reaped, and the reset that follows makes the kick unnecessary.
 *
 * Context: process context, may sleep.
 */
void vfe_io_coalesce_stop(struct vfe_io_queue *ioq)
{
	hrtimer_cancel(&ioq->timer);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Adaptive polling: who submits looks for the completion, for a bounded time,
 * before an interrupt is asked for. A completion that is found saves an
 * interrupt and the sleep that it would end, and costs the time of a CPU; both
 * are counted (polls, polls_found, polls_ns below vfe/).
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "blk.h"

/* The n-th part of a new time goes into what is usual */
#define VFE_BLK_LOOK_WEIGHT	4

/* Most that others wait for the CPU while what is looked for is due */
#define VFE_BLK_LOOK_DUE_NS	NSEC_PER_MSEC

/*
 * How long to look: as long as the user said, and not at all where a completion
 * usually takes longer than that, as the time would be lost, too.
 */
static u32 vfe_blk_look_window(const struct vfe_blk_queue *bq)
{
	u32 budget = READ_ONCE(bq->budget);

	return READ_ONCE(bq->waited) > budget ? 0 : budget;
}

/*
 * Learns from a wait that just ended, whoever ended it. The bound lets what is
 * usual come back soon after a hitch.
 */
static void vfe_blk_look_learn(struct vfe_blk_queue *bq)
{
	u32 waited = min_t(u64, ktime_get_ns() - bq->since, 2 * bq->budget);
	u32 usual = bq->waited ?: waited;

	bq->since = 0;
	usual += ((s64)waited - usual) / VFE_BLK_LOOK_WEIGHT;
	/* 0 would mean that nothing is known */
	WRITE_ONCE(bq->waited, max(usual, 1U));
}

static void vfe_blk_look_collect(struct vfe_blk_queue *bq,
				 struct vfe_blk_taken *taken)
{
	vfe_queue_disable_cb(bq->vq);
	bq->asked = 0;
	if (vfe_blk_take(bq, taken) && bq->since)
		vfe_blk_look_learn(bq);
	/* with nothing to wait for, the next submitter looks without an ask */
	if (vfe_blk_held(bq))
		vfe_blk_ask(bq, taken);
}

/*
 * Until vfe_blk_look() is over nobody may take this CPU: no interrupt is asked
 * for meanwhile.
 */
static void vfe_blk_look_show(struct vfe_blk_queue *bq,
			      struct vfe_blk_show *show)
{
	bq->since = ktime_get_ns();
	/* nothing is looked for where nothing can come */
	if (!vfe_blk_look_window(bq) || !vfe_blk_held(bq) ||
	    vfe_queue_broken(bq->vq)) {
		vfe_blk_show_all(bq, show);
		return;
	}
	vfe_queue_disable_cb(bq->vq);
	bq->asked = 0;
	show->notify = vfe_queue_kick_prepare(bq->vq);
	preempt_disable();
	show->look = true;
}

const struct vfe_blk_way vfe_blk_looking = {
	.interrupts = true,
	.show = vfe_blk_look_show,
	.collect = vfe_blk_look_collect,
};

/*
 * Until when the CPU is not given to others that want it: who gives up when a
 * completion is due has looked for nothing, and an interrupt comes on top.
 */
static u32 vfe_blk_look_due(const struct vfe_blk_queue *bq)
{
	return min_t(u64, 2ULL * READ_ONCE(bq->waited), VFE_BLK_LOOK_DUE_NS);
}

/* Return: whether there is something to be taken */
static bool vfe_blk_look_out(const struct vfe_blk_queue *bq, u64 *spent)
{
	u32 window = vfe_blk_look_window(bq);
	u32 due = vfe_blk_look_due(bq);
	u64 start = ktime_get_ns();
	bool found;

	do {
		found = vfe_queue_pending(bq->vq);
		*spent = ktime_get_ns() - start;
		cpu_relax();
	} while (!found && *spent < window &&
		 (*spent < due || !need_resched()));
	return found;
}

/**
 * vfe_blk_look() - look for a completion, then ask for an interrupt
 * @bq: the queue; what it was shown was kicked
 *
 * Context: process context without a lock, preemption disabled once by
 * vfe_blk_look_show(), which ends here.
 */
void vfe_blk_look(struct vfe_blk_queue *bq)
{
	struct vfe_stats *stats = vfe_stats_of(bq->vb->vd);
	struct vfe_blk_taken taken;
	unsigned long flags;
	u64 spent;

	if (vfe_blk_look_out(bq, &spent))
		vfe_count(stats, polls_found);
	vfe_count(stats, polls);
	vfe_count_by(stats, polls_ns, spent);
	vfe_blk_none_taken(&taken);
	spin_lock_irqsave(&bq->lock, flags);
	if (bq->started)
		bq->way->collect(bq, &taken);
	spin_unlock_irqrestore(&bq->lock, flags);
	preempt_enable();
	vfe_blk_finish_here(&taken);
}

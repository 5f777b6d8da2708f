// SPDX-License-Identifier: GPL-2.0
/*
 * Adaptive polling: a submitter busy-waits for its completion, for a bounded
 * time, before an interrupt is requested. A completion that is found saves an
 * interrupt and the sleep that it would end, and costs the time of a CPU; both
 * are counted (polls, polls_found, polls_ns below vfe/). Off by default.
 */
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "blk.h"

/* One part in so many of a new time goes into what is usual. */
#define VFE_BLK_POLL_WEIGHT	4

/* Where it usually takes too long, one submission in so many waits. */
#define VFE_BLK_POLL_TRY	16

/* Longest time that other tasks wait for the CPU while a completion is due */
#define VFE_BLK_POLL_DUE_NS	NSEC_PER_MSEC

/* Learns how long a wait was; the bound lets it come down again after a hitch. */
static void vfe_blk_poll_learn(struct vfe_blk_queue *bq, u64 waited, u32 budget)
{
	u32 now = min_t(u64, waited, 2ULL * budget);
	u32 usual = READ_ONCE(bq->usual_ns) ?: now;

	usual += ((s64)now - usual) / VFE_BLK_POLL_WEIGHT;
	/* 0 would mean that nothing is known */
	WRITE_ONCE(bq->usual_ns, max(usual, 1U));
}

/**
 * vfe_blk_poll_begin() - is the submitter to wait? then without an interrupt
 * @bq: the queue, its lock held, a request added and not shown yet
 *
 * Where completions usually take longer than the user allows, few submitters
 * wait: enough of them to notice a change.
 *
 * Return: whether vfe_blk_poll_wait() is to be called.
 */
bool vfe_blk_poll_begin(struct vfe_blk_queue *bq)
{
	u32 budget = bq->poll_ns;

	if (!bq->started || bq->coalescing || vfe_queue_broken(bq->vq))
		return false;
	if (bq->usual_ns > budget && ++bq->poll_skipped % VFE_BLK_POLL_TRY)
		return false;
	vfe_queue_disable_cb(bq->vq);
	return true;
}

/* Return: whether there is something to be taken */
static bool vfe_blk_poll_look(struct vfe_blk_queue *bq, u32 budget, u64 *spent)
{
	u64 due = min_t(u64, 2ULL * READ_ONCE(bq->usual_ns),
			VFE_BLK_POLL_DUE_NS);
	u64 start = ktime_get_ns();
	bool found;

	do {
		found = vfe_queue_pending(bq->vq);
		*spent = ktime_get_ns() - start;
		cpu_relax();
	} while (!found && *spent < budget &&
		 (*spent < due || !need_resched()));
	return found;
}

/**
 * vfe_blk_poll_wait() - look for a completion, then let them interrupt again
 * @bq: the queue; what it was shown was kicked
 *
 * Requests end in a softirq of this CPU, as handlers of their ends expect that
 * ask whether they may sleep; it runs before this returns.
 *
 * Context: process context without a lock, preemption disabled.
 */
void vfe_blk_poll_wait(struct vfe_blk_queue *bq)
{
	struct vfe_stats *stats = bq->vb->stats;
	u32 budget = READ_ONCE(bq->poll_ns);
	bool found;
	u64 spent;

	found = vfe_blk_poll_look(bq, budget, &spent);
	if (found)
		vfe_count(stats, polls_found);
	vfe_count(stats, polls);
	vfe_count_by(stats, polls_ns, spent);
	vfe_blk_poll_learn(bq, found ? spent : 2ULL * budget, budget);
	local_bh_disable();
	tasklet_schedule(&bq->reap);
	local_bh_enable();
}

static void vfe_blk_poll_reap(struct tasklet_struct *reap)
{
	vfe_blk_reap(container_of(reap, struct vfe_blk_queue, reap));
}

void vfe_blk_poll_init(struct vfe_blk_queue *bq)
{
	tasklet_setup(&bq->reap, vfe_blk_poll_reap);
}

void vfe_blk_poll_exit(struct vfe_blk_queue *bq)
{
	tasklet_kill(&bq->reap);
}

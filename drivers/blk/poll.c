// SPDX-License-Identifier: GPL-2.0
/*
 * Adaptive polling: a submitter busy-waits for its completion, for a bounded
 * time, before the driver enables the interrupt. Each completion found saves an
 * interrupt and a wakeup, and polling costs CPU time. The counters polls,
 * polls_found and polls_ns below vfe/ show both. Off by default.
 */
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "blk.h"

#define VFE_BLK_COUNTER(event) \
	{ .name = #event, .offset = offsetof(struct vfe_blk_counts, event) }

static const struct vfe_counter vfe_blk_counter_table[] = {
	VFE_BLK_COUNTER(polls),
	VFE_BLK_COUNTER(polls_found),
	VFE_BLK_COUNTER(polls_ns),
};

const struct vfe_class_counters vfe_blk_counters = {
	.table = vfe_blk_counter_table,
	.n = ARRAY_SIZE(vfe_blk_counter_table),
	.size = sizeof(struct vfe_blk_counts),
};

/* Weight of the newest wait in the moving average usual_ns: one quarter */
#define VFE_BLK_POLL_WEIGHT	4

/* If usual_ns exceeds the user's limit, only one submission in 16 polls. */
#define VFE_BLK_POLL_TRY	16

/*
 * Longest time that the submitter keeps polling although need_resched() is set
 */
#define VFE_BLK_POLL_DUE_NS	NSEC_PER_MSEC

/*
 * Updates usual_ns. The bound lets it decrease soon after one very long wait.
 */
static void vfe_blk_poll_learn(struct vfe_blk_queue *bq, u64 waited, u32 budget)
{
	u32 now = min_t(u64, waited, 2ULL * budget);
	u32 usual = READ_ONCE(bq->usual_ns) ?: now;

	usual += ((s64)now - usual) / VFE_BLK_POLL_WEIGHT;
	/* 0 means unknown */
	WRITE_ONCE(bq->usual_ns, max(usual, 1U));
}

/**
 * vfe_blk_poll_begin() - decide whether to poll; if so, disable the interrupt
 * @bq: the queue, its lock held; a request was added, but is not visible to the
 *	device yet
 *
 * If completions usually take longer than the user allows, only some submitters
 * poll: enough to notice a change.
 *
 * Return: whether the caller must call vfe_blk_poll_wait().
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

/* Return: whether there is a used buffer */
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
 * vfe_blk_poll_wait() - poll for a completion, then enable the interrupt again
 * @bq: the queue; the device was kicked, unless it wanted no kick
 *
 * A tasklet on this CPU completes the requests before this function returns.
 * Some bio end_io handlers check whether they run in softirq context before
 * they sleep.
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
		vfe_class_count(stats, struct vfe_blk_counts, polls_found);
	vfe_class_count(stats, struct vfe_blk_counts, polls);
	vfe_class_count_by(stats, struct vfe_blk_counts, polls_ns, spent);
	vfe_blk_poll_learn(bq, found ? spent : 2ULL * budget, budget);
	local_bh_disable();
	tasklet_schedule(&bq->reap);
	local_bh_enable();
}

static void vfe_blk_poll_reap(struct tasklet_struct *reap)
{
	vfe_blk_complete_used(container_of(reap, struct vfe_blk_queue, reap));
}

void vfe_blk_poll_init(struct vfe_blk_queue *bq)
{
	tasklet_setup(&bq->reap, vfe_blk_poll_reap);
}

void vfe_blk_poll_exit(struct vfe_blk_queue *bq)
{
	tasklet_kill(&bq->reap);
}

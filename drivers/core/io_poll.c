// SPDX-License-Identifier: GPL-2.0
/*
 * Adaptive polling: a submitter busy-waits for its completion, for a bounded
 * time, before the driver enables the interrupt. Each completion found saves an
 * interrupt and a wakeup, but polling costs CPU time. The counters polls,
 * polls_found and polls_ns below vfe/ show both. Off by default.
 */
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "io.h"

#define VFE_IO_COUNTER(event) \
	{ .name = #event, .offset = offsetof(struct vfe_io_counts, event) }

static const struct vfe_counter vfe_io_counter_table[] = {
	VFE_IO_COUNTER(polls),
	VFE_IO_COUNTER(polls_found),
	VFE_IO_COUNTER(polls_ns),
};

const struct vfe_class_counters vfe_io_counters = {
	.table = vfe_io_counter_table,
	.n = ARRAY_SIZE(vfe_io_counter_table),
	.size = sizeof(struct vfe_io_counts),
};
EXPORT_SYMBOL_NS_GPL(vfe_io_counters, VFE_NS);

/* Weight of the newest wait in the moving average usual_ns: one quarter */
#define VFE_IO_POLL_WEIGHT	4

/* If usual_ns exceeds the user's limit, only one submission in 16 polls. */
#define VFE_IO_POLL_TRY	16

/*
 * Longest time that the submitter keeps polling although need_resched() is set
 */
#define VFE_IO_POLL_DUE_NS	NSEC_PER_MSEC

/*
 * Updates usual_ns. The bound lets it decrease soon after one very long wait.
 */
static void vfe_io_poll_learn(struct vfe_io_queue *ioq, u64 waited, u32 budget)
{
	u32 now = min_t(u64, waited, 2ULL * budget);
	u32 usual = READ_ONCE(ioq->usual_ns) ?: now;

	usual += ((s64)now - usual) / VFE_IO_POLL_WEIGHT;
	/* 0 means unknown */
	WRITE_ONCE(ioq->usual_ns, max(usual, 1U));
}

/**
 * vfe_io_poll_begin() - decide whether to poll; if so, disable the interrupt
 * @ioq: the queue, its lock held; a request was added, but is not visible to
 *	 the device yet
 *
 * If completions usually take longer than the user allows, only some submitters
 * poll: enough to notice a change.
 *
 * Return: whether the caller must call vfe_io_poll_wait().
 */
bool vfe_io_poll_begin(struct vfe_io_queue *ioq)
{
	u32 budget = ioq->poll_ns;

	if (!ioq->started || ioq->coalescing || vfe_queue_broken(ioq->vq))
		return false;
	if (READ_ONCE(ioq->usual_ns) > budget && ++ioq->poll_skipped % VFE_IO_POLL_TRY)
		return false;
	vfe_queue_disable_cb(ioq->vq);
	return true;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_poll_begin, VFE_NS);

/* Busy-waits for a used buffer. Return: whether there is one */
static bool vfe_io_busy_wait(struct vfe_io_queue *ioq, u32 budget, u64 *spent)
{
	u64 due = min_t(u64, 2ULL * READ_ONCE(ioq->usual_ns),
			VFE_IO_POLL_DUE_NS);
	u64 start = ktime_get_ns();
	bool found;

	do {
		found = vfe_queue_pending(ioq->vq);
		*spent = ktime_get_ns() - start;
		cpu_relax();
	} while (!found && *spent < budget &&
		 (*spent < due || !need_resched()));
	return found;
}

/**
 * vfe_io_poll_wait() - poll for a completion, then enable the interrupt again
 * @ioq: the queue; the device was kicked, unless it wanted no kick
 *
 * A tasklet on this CPU completes the requests before this function returns.
 * Some bio end_io handlers check whether they run in softirq context before
 * they sleep.
 *
 * Context: process context without a lock, preemption disabled.
 */
void vfe_io_poll_wait(struct vfe_io_queue *ioq)
{
	struct vfe_stats *stats = vfe_stats_of(vfe_queue_device(ioq->vq));
	u32 budget = READ_ONCE(ioq->poll_ns);
	bool found;
	u64 spent;

	found = vfe_io_busy_wait(ioq, budget, &spent);
	if (found)
		vfe_class_count(stats, struct vfe_io_counts, polls_found);
	vfe_class_count(stats, struct vfe_io_counts, polls);
	vfe_class_count_by(stats, struct vfe_io_counts, polls_ns, spent);
	vfe_io_poll_learn(ioq, found ? spent : 2ULL * budget, budget);
	local_bh_disable();
	tasklet_schedule(&ioq->reap);
	local_bh_enable();
}
EXPORT_SYMBOL_NS_GPL(vfe_io_poll_wait, VFE_NS);

static void vfe_io_poll_reap(struct tasklet_struct *reap)
{
	struct vfe_io_queue *ioq = container_of(reap, struct vfe_io_queue,
						reap);
	struct vfe_io_done done;

	vfe_io_reap_used(ioq, &done);
	ioq->io->ops->complete(ioq, &done);
}

void vfe_io_poll_init(struct vfe_io_queue *ioq)
{
	tasklet_setup(&ioq->reap, vfe_io_poll_reap);
}

void vfe_io_poll_exit(struct vfe_io_queue *ioq)
{
	tasklet_kill(&ioq->reap);
}

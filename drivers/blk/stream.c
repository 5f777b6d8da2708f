// SPDX-License-Identifier: GPL-2.0
/*
 * Streams: a submitter that goes on and on needs no interrupts, as it can take
 * what is used each time, and few kicks, as one serves several requests. It
 * only must not leave with something undone. So while there is a stream, a
 * watch waits for its CPU: a thread that gets there when the submitter sleeps,
 * or its turn is over. It kicks and takes what is left, and asks for the next
 * interrupt. There is no timer, and a sleeper is not late.
 *
 * A task is seen to be such a submitter when it comes again without having
 * slept, or did so before its last sleep. One that waits for each of its
 * requests never is, and it is served as if there were no streams; when another
 * task submits, a stream is over.
 *
 * A task that neither sleeps nor submits, but looks for completions by itself,
 * has to wait until its turn is over, and so has one that sleeps while others
 * want the CPU. The watch sees that it came late; then there are no streams for
 * a time, the longer the more often.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/smp.h>
#include <uapi/linux/sched/types.h>

#include "blk.h"

#define VFE_BLK_STREAM_WORTH	4	/* submissions without a sleep */
#define VFE_BLK_STREAM_BATCH	8	/* requests that wait for a kick */
#define VFE_BLK_STREAM_LATE_NS	NSEC_PER_MSEC
#define VFE_BLK_STREAM_LATEST_NS	(8 * NSEC_PER_MSEC)
#define VFE_BLK_STREAM_LATE	3	/* late watches in a row make a pause */
#define VFE_BLK_STREAM_PAUSE	(HZ / 8)	/* the first one */
#define VFE_BLK_STREAM_LONGEST	(2 * HZ)	/* of them */

/**
 * struct vfe_blk_watch - a queue's work for the thread of a CPU
 * @work: the work; of that thread only, which the interface asks for
 * @bq: the queue
 */
struct vfe_blk_watch {
	struct kthread_work work;
	struct vfe_blk_queue *bq;
};

/* Of each CPU that was online once, if there was memory */
static DEFINE_PER_CPU(struct kthread_worker *, vfe_blk_watches);
static int vfe_blk_watches_state;

/* Who comes, and how often between two sleeps? Return: whether it came last */
static bool vfe_blk_stream_follow(struct vfe_blk_stream *s)
{
	bool again = s->who == current;

	if (again && s->slept == current->nvcsw) {
		s->length++;
		return true;
	}
	s->last = again ? s->length : 0;
	s->who = current;
	s->slept = current->nvcsw;
	s->length = 1;
	return again;
}

/* A real-time task would keep the watch from its CPU. */
static bool vfe_blk_stream_likely(const struct vfe_blk_stream *s)
{
	return max(s->length, s->last) >= VFE_BLK_STREAM_WORTH &&
	       current->prio >= MAX_RT_PRIO &&
	       time_after_eq(jiffies, s->from);
}

/* Return: whether there is a stream now. */
static bool vfe_blk_stream_begin(struct vfe_blk_queue *bq)
{
	struct kthread_worker *watch =
		READ_ONCE(*this_cpu_ptr(&vfe_blk_watches));
	struct vfe_blk_stream *s = &bq->stream;

	if (!vfe_blk_stream_likely(s) || !watch || bq->full)
		return false;
	s->on = kthread_queue_work(watch, &this_cpu_ptr(s->watches)->work);
	if (!s->on)
		return false;
	s->cpu = smp_processor_id();
	s->since = ktime_get_ns();
	s->owed = 0;
	vfe_queue_disable_cb(bq->vq);
	bq->asked = 0;
	return true;
}

/* No more wait for a kick than half of what is to be expected. */
static unsigned int vfe_blk_stream_batch(const struct vfe_blk_stream *s)
{
	return min(max(s->length, s->last) / 2, VFE_BLK_STREAM_BATCH);
}

/*
 * The device sees each request at once. While it is at work it takes them
 * without a kick, and one that it wants is put off.
 */
static bool vfe_blk_stream_kick(struct vfe_blk_stream *s, bool wanted,
				unsigned int posted)
{
	if (!wanted && !s->owed)
		return false;
	s->owed += posted;
	if (s->owed < vfe_blk_stream_batch(s))
		return false;
	s->owed = 0;
	return true;
}

/* Another CPU is not watched, and who waits for room will not come. */
static bool vfe_blk_stream_over(const struct vfe_blk_queue *bq)
{
	return bq->full || bq->stream.cpu != smp_processor_id();
}

static void vfe_blk_stream_show(struct vfe_blk_queue *bq,
				struct vfe_blk_show *show)
{
	struct vfe_blk_stream *s = &bq->stream;
	bool again = vfe_blk_stream_follow(s);

	if (!s->on && !vfe_blk_stream_begin(bq)) {
		vfe_blk_show_all(bq, show);
		return;
	}
	show->notify = vfe_queue_kick_prepare(bq->vq);
	vfe_blk_take(bq, &show->taken);
	if (!again || vfe_blk_stream_over(bq)) {
		show->notify |= s->owed;
		s->owed = 0;
		s->on = false;
		vfe_blk_ask(bq, &show->taken);
		return;
	}
	show->notify = vfe_blk_stream_kick(s, show->notify, bq->posted);
	s->when = ktime_get_ns();
}

static void vfe_blk_stream_collect(struct vfe_blk_queue *bq,
				   struct vfe_blk_taken *taken)
{
	if (bq->stream.on)
		vfe_blk_take(bq, taken);
	else
		vfe_blk_collect(bq, taken);
}

const struct vfe_blk_way vfe_blk_streaming = {
	.interrupts = true,
	.show = vfe_blk_stream_show,
	.collect = vfe_blk_stream_collect,
};

/* Was a watch with something to do waited for longer than there was a stream? */
static bool vfe_blk_stream_late(const struct vfe_blk_stream *s, bool undone)
{
	u64 most = clamp_t(u64, s->when - s->since, VFE_BLK_STREAM_LATE_NS,
			   VFE_BLK_STREAM_LATEST_NS);

	return undone && ktime_get_ns() - s->when > most;
}

/* One that is late may be by chance; of who polls, each is. */
static void vfe_blk_stream_learn(struct vfe_blk_stream *s, bool undone)
{
	if (!vfe_blk_stream_late(s, undone)) {
		s->pause = VFE_BLK_STREAM_PAUSE;
		s->late = 0;
		return;
	}
	if (++s->late < VFE_BLK_STREAM_LATE)
		return;
	s->late--;	/* the next one is enough */
	s->from = jiffies + s->pause;
	s->pause = min(s->pause * 2, VFE_BLK_STREAM_LONGEST);
}

/* Return: whether to kick. */
static bool vfe_blk_stream_end(struct vfe_blk_queue *bq,
			       struct vfe_blk_taken *taken)
{
	struct vfe_blk_stream *s = &bq->stream;
	bool kick = s->owed;

	if (!bq->started || !s->on)
		return false;
	vfe_blk_take(bq, taken);
	vfe_blk_stream_learn(s, kick || taken->n);
	s->on = false;
	s->owed = 0;
	vfe_blk_ask(bq, taken);
	return kick;
}

/**
 * vfe_blk_stream_settle() - do what a stream left undone, and end it
 * @bq: the queue
 *
 * Context: process context, without a lock.
 * Return: whether the device was kicked.
 */
bool vfe_blk_stream_settle(struct vfe_blk_queue *bq)
{
	struct vfe_blk_taken taken;
	unsigned long flags;
	bool kick;

	vfe_blk_none_taken(&taken);
	/* no notification outlives one: see vfe_blk_close() */
	rcu_read_lock();
	spin_lock_irqsave(&bq->lock, flags);
	kick = vfe_blk_stream_end(bq, &taken);
	spin_unlock_irqrestore(&bq->lock, flags);
	if (kick)
		vfe_queue_notify(bq->vq);
	rcu_read_unlock();
	vfe_blk_finish_here(&taken);
	return kick;
}

static void vfe_blk_stream_watch(struct kthread_work *work)
{
	vfe_blk_stream_settle(container_of(work, struct vfe_blk_watch,
					   work)->bq);
}

/**
 * vfe_blk_stream_init() - make a queue's work for each CPU
 * @bq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_blk_stream_init(struct vfe_blk_queue *bq)
{
	struct vfe_blk_watch *watch;
	unsigned int cpu;

	bq->stream.watches = alloc_percpu(struct vfe_blk_watch);
	if (!bq->stream.watches)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		watch = per_cpu_ptr(bq->stream.watches, cpu);
		kthread_init_work(&watch->work, vfe_blk_stream_watch);
		watch->bq = bq;
	}
	return 0;
}

/**
 * vfe_blk_stream_reset() - know nothing of streams
 * @bq: the queue, its lock held; a stream that is under way ends with its watch
 */
void vfe_blk_stream_reset(struct vfe_blk_queue *bq)
{
	struct vfe_blk_stream *s = &bq->stream;

	s->who = NULL;
	s->length = 0;
	s->last = 0;
	s->late = 0;
	s->from = jiffies;
	s->pause = VFE_BLK_STREAM_PAUSE;
}

/* No watch runs when this returns; there are no requests any more. */
void vfe_blk_stream_exit(struct vfe_blk_queue *bq)
{
	struct vfe_blk_watch __percpu *watches = bq->stream.watches;
	unsigned int cpu;

	if (!watches)
		return;
	for_each_possible_cpu(cpu)
		kthread_cancel_work_sync(&per_cpu_ptr(watches, cpu)->work);
	free_percpu(watches);
}

/*
 * It is to wait for the end of a turn, not to cut it off when it is woken: that
 * is what batch scheduling is.
 */
static struct kthread_worker *vfe_blk_run_watch(unsigned int cpu)
{
	static const struct sched_attr batch = {
		.size = sizeof(batch),
		.sched_policy = SCHED_BATCH,
	};
	struct kthread_worker *watch;

	watch = vfe_run_worker_on_cpu(cpu, "vfe_blk/%u");
	if (IS_ERR(watch))
		return NULL;
	/* without it, streams are shorter */
	sched_setattr_nocheck(watch->task, &batch);
	return watch;
}

/* A CPU that comes back has a thread, but that has left it. */
static int vfe_blk_watch_online(unsigned int cpu)
{
	struct kthread_worker *watch = per_cpu(vfe_blk_watches, cpu);

	if (watch) {
		set_cpus_allowed_ptr(watch->task, cpumask_of(cpu));
		return 0;
	}
	watch = vfe_blk_run_watch(cpu);
	/* whole before it is seen: disks may be in use already */
	smp_store_release(per_cpu_ptr(&vfe_blk_watches, cpu), watch);
	return 0;
}

/* Without one, a CPU has no streams. */
void vfe_blk_watches_init(void)
{
	vfe_blk_watches_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN,
						  "block/vfe_blk:online",
						  vfe_blk_watch_online, NULL);
}

void vfe_blk_watches_exit(void)
{
	struct kthread_worker *watch;
	unsigned int cpu;

	if (vfe_blk_watches_state > 0)
		cpuhp_remove_state_nocalls(vfe_blk_watches_state);
	for_each_possible_cpu(cpu) {
		watch = per_cpu(vfe_blk_watches, cpu);
		if (watch)
			kthread_destroy_worker(watch);
	}
}

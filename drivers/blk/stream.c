// SPDX-License-Identifier: GPL-2.0
/*
 * Streams: a submitter that comes again and again needs no interrupts, as it
 * can take what is used each time, and few kicks, as it can give several
 * requests at a time. It only must not leave with something undone. So while
 * there is a stream, a watch waits for its CPU: a thread that gets there when
 * the submitter sleeps, or its turn is over. It gives and takes what is left,
 * and asks for the next interrupt. A sleeper is not late for that, and with it
 * there is no timer; where the CPU goes on with something else, one is as late
 * as a turn of the scheduler is long.
 *
 * A stream begins when interrupts are seen to come in the middle of work, time
 * and again, on the CPU that submits: the guest is what is slow then, and the
 * device is not. It is given up, and tried less often, when the watch finds it
 * too short to be worth a switch to another thread.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "blk.h"

#define VFE_BLK_STREAM_SIGNS	2	/* interrupts in the middle of work */
#define VFE_BLK_STREAM_DOUBT	64	/* as many, where streams are short */
#define VFE_BLK_STREAM_WORTH	4	/* requests of a stream */
#define VFE_BLK_STREAM_BATCH	8	/* most requests that wait for a kick */

/* Of each CPU that was there when the module came, if there was memory */
static DEFINE_PER_CPU(struct kthread_worker *, vfe_blk_watches);

/**
 * vfe_blk_stream_sign() - learn from an interrupt
 * @bq: the queue, its lock held
 */
void vfe_blk_stream_sign(struct vfe_blk_queue *bq)
{
	struct vfe_blk_stream *s = &bq->stream;

	if (is_idle_task(current) || smp_processor_id() != s->cpu)
		s->signs = 0;
	else if (s->signs < s->belief)
		s->signs++;
}

/**
 * vfe_blk_stream_begin() - begin a stream, if there are signs of one
 * @bq: the queue, its lock held
 *
 * Return: whether there is one now.
 */
bool vfe_blk_stream_begin(struct vfe_blk_queue *bq)
{
	struct vfe_blk_stream *s = &bq->stream;
	struct kthread_worker *watch = __this_cpu_read(vfe_blk_watches);

	s->cpu = smp_processor_id();
	if (likely(s->signs < s->doubt) || !watch || bq->full)
		return false;
	/* one that still waits to run may do so on another CPU */
	s->on = kthread_queue_work(watch, &s->watch);
	if (!s->on)
		return false;
	s->length = 0;
	vfe_queue_disable_cb(bq->vq);
	bq->asked = 0;
	return true;
}

/* No more wait for a kick than half of what a stream had the last time. */
static unsigned int vfe_blk_stream_batch(const struct vfe_blk_stream *s)
{
	return clamp_t(unsigned int, s->last / 2, 1, VFE_BLK_STREAM_BATCH);
}

/**
 * vfe_blk_stream_goes_on() - one more request of a stream
 * @bq: the queue, its lock held
 * @taken: where to put what is used
 *
 * Return: whether it may wait for a kick; if not, and if the stream is over,
 * all requests are to be shown.
 */
bool vfe_blk_stream_goes_on(struct vfe_blk_queue *bq,
			    struct vfe_blk_taken *taken)
{
	struct vfe_blk_stream *s = &bq->stream;

	vfe_blk_take(bq, taken);
	s->length++;
	/* another CPU is not watched; who waits for room will not come */
	if (s->cpu != smp_processor_id() || bq->full) {
		s->on = false;
		return false;
	}
	return bq->hidden < vfe_blk_stream_batch(s);
}

static void vfe_blk_stream_learn(struct vfe_blk_stream *s)
{
	s->last = s->length;
	if (s->length >= VFE_BLK_STREAM_WORTH) {
		s->doubt = VFE_BLK_STREAM_SIGNS;
		s->signs = min(s->doubt, s->belief);
		return;
	}
	s->doubt = min_t(unsigned int, 2 * s->doubt, VFE_BLK_STREAM_DOUBT);
	s->signs = 0;
}

static void vfe_blk_stream_watch(struct kthread_work *work)
{
	struct vfe_blk_queue *bq = container_of(work, struct vfe_blk_queue,
						stream.watch);
	struct vfe_blk_taken taken;
	bool notify = false;
	unsigned long flags;

	vfe_blk_none_taken(&taken);
	/* no notification outlives one: see vfe_blk_mend_queue() */
	rcu_read_lock();
	spin_lock_irqsave(&bq->lock, flags);
	if (bq->stream.on)
		vfe_blk_stream_learn(&bq->stream);
	bq->stream.on = false;
	if (bq->started) {
		notify = vfe_blk_ring(bq);
		vfe_blk_take(bq, &taken);
		vfe_blk_ask(bq, &taken);
	}
	spin_unlock_irqrestore(&bq->lock, flags);
	if (notify)
		vfe_queue_notify(bq->vq);
	rcu_read_unlock();
	vfe_blk_finish_here(&taken);
}

void vfe_blk_stream_init(struct vfe_blk_queue *bq)
{
	kthread_init_work(&bq->stream.watch, vfe_blk_stream_watch);
}

/**
 * vfe_blk_stream_reset() - know nothing of streams
 * @bq: the queue, its lock held; one that is under way ends with its watch
 * @allowed: whether there may be any from now on
 */
void vfe_blk_stream_reset(struct vfe_blk_queue *bq, bool allowed)
{
	bq->stream.signs = 0;
	bq->stream.last = 0;
	bq->stream.doubt = VFE_BLK_STREAM_SIGNS;
	bq->stream.belief = allowed ? VFE_BLK_STREAM_DOUBT : 0;
}

/* No watch runs when this returns; there are no requests any more. */
void vfe_blk_stream_exit(struct vfe_blk_queue *bq)
{
	kthread_cancel_work_sync(&bq->stream.watch);
}

/* Without one, a CPU has no streams. */
void vfe_blk_watches_init(void)
{
	struct kthread_worker *watch;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		watch = vfe_run_worker_on_cpu(cpu, "vfe_blk/%u");
		per_cpu(vfe_blk_watches, cpu) = IS_ERR(watch) ? NULL : watch;
	}
}

void vfe_blk_watches_exit(void)
{
	struct kthread_worker *watch;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		watch = per_cpu(vfe_blk_watches, cpu);
		if (watch)
			kthread_destroy_worker(watch);
	}
}

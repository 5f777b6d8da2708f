// SPDX-License-Identifier: GPL-2.0
/*
 * The life of the device below the disk: started, stopped, and reset when it
 * asks for that or breaks its promises; a single queue of it if that will do.
 * Time alone resets nothing, unless the user set reset_after: a request may
 * take as long as the storage behind the device does. A recovery that fails is
 * tried again after a pause, for as long as the function is there and the user
 * lets it.
 */
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>

#include "blk.h"

/* Waiting for requests ends: a suspend fails then, a stop takes them back. */
#define VFE_BLK_DRAIN_TIMEOUT	(5 * HZ)
#define VFE_BLK_DRAIN_LOOK	(HZ / 20)	/* between looks at polled queues */

/* Pauses between recoveries: none before the first, then twice as long each */
#define VFE_BLK_FIRST_PAUSE	HZ
#define VFE_BLK_LONGEST_PAUSE	(60 * HZ)

#define TO(state)	BIT(VFE_BLK_##state)

/* @state_lock is held. Return: whether @to may follow, and then it does. */
static bool vfe_blk_set_state(struct vfe_blk *vb, enum vfe_blk_state to)
{
	static const unsigned long next[] = {
		[VFE_BLK_STOPPED] = TO(LIVE) | TO(RECOVERING) | TO(DEAD),
		[VFE_BLK_LIVE] = TO(RECOVERING) | TO(STOPPED) | TO(DEAD),
		[VFE_BLK_RECOVERING] = TO(LIVE) | TO(STOPPED) | TO(GIVEN_UP) |
				       TO(DEAD),
		[VFE_BLK_GIVEN_UP] = TO(RECOVERING) | TO(STOPPED) | TO(DEAD),
		[VFE_BLK_DEAD] = 0,
	};

	lockdep_assert_held(&vb->state_lock);
	if (!(next[vb->state] & BIT(to)))
		return false;
	WRITE_ONCE(vb->state, to);
	return true;
}

/* A request that the device did not use: once more, but not for ever. */
static void vfe_blk_send_again(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_release(rq);
	req->timeouts = 0;
	if (req->retries++ < VFE_BLK_MAX_RETRIES) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	req->failed = BLK_STS_IOERR;
	blk_mq_complete_request(rq);
}

static struct request *vfe_blk_detach(struct vfe_blk_queue *bq)
{
	struct request *rq;
	unsigned long flags;

	/* a timeout may be looking for used requests meanwhile */
	spin_lock_irqsave(&bq->lock, flags);
	rq = vfe_queue_detach(bq->vq);
	spin_unlock_irqrestore(&bq->lock, flags);
	return rq;
}

/* All that a queue that was reset did not use */
static void vfe_blk_take_back(struct vfe_blk_queue *bq)
{
	struct request *rq;

	while ((rq = vfe_blk_detach(bq)))
		vfe_blk_send_again(rq);
}

static void vfe_blk_open_ring(struct vfe_blk_queue *bq)
{
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	vfe_blk_open(bq);
	spin_unlock_irqrestore(&bq->lock, flags);
}

static void vfe_blk_close_ring(struct vfe_blk_queue *bq)
{
	unsigned long flags;

	vfe_blk_reap(bq);
	spin_lock_irqsave(&bq->lock, flags);
	bq->started = false;
	/* what waited for room is sent again, or fails */
	if (bq->full) {
		bq->full = false;
		blk_mq_start_stopped_hw_queue(bq->hctx, true);
	}
	spin_unlock_irqrestore(&bq->lock, flags);
	vfe_blk_coalesce_stop(bq);
}

/*
 * 2.6.1: no notification once this returns. Whoever is about to write one does
 * so in a read section, as all of a submission is.
 */
static void vfe_blk_close(struct vfe_blk_queue *queues, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		vfe_blk_close_ring(&queues[i]);
	synchronize_rcu();
}

/*
 * Stops the device and takes its requests back. The block layer's queues stay
 * quiesced until vfe_blk_release_queues().
 */
static void vfe_blk_halt(struct vfe_blk *vb)
{
	unsigned int i;

	if (vb->halted)
		return;
	vb->halted = true;
	blk_mq_quiesce_queue(vb->disk->queue);
	vfe_blk_close(vb->queues, vb->num_queues);
	/*
	 * The core tells of its errors. A device that does not end its reset
	 * has lost bus mastering by then, which is all that can be done.
	 */
	vfe_reset(vb->vd);
	for (i = 0; i < vb->num_queues; i++)
		vfe_blk_take_back(&vb->queues[i]);
}

static void vfe_blk_release_queues(struct vfe_blk *vb)
{
	if (vb->halted)
		blk_mq_unquiesce_queue(vb->disk->queue);
	vb->halted = false;
	blk_mq_kick_requeue_list(vb->disk->queue);
}

static int vfe_blk_go_live(struct vfe_blk *vb)
{
	unsigned int i;
	int err;

	err = vfe_ready(vb->vd);
	if (err)
		return err;
	for (i = 0; i < vb->num_queues; i++)
		vfe_blk_open_ring(&vb->queues[i]);
	vfe_blk_set_state(vb, VFE_BLK_LIVE);
	return 0;
}

/**
 * vfe_blk_start() - let the device take requests for the first time
 * @vb: the disk, its queues set up
 *
 * Return: 0 or the error of vfe_ready().
 */
int vfe_blk_start(struct vfe_blk *vb)
{
	int err;

	mutex_lock(&vb->state_lock);
	err = vfe_blk_go_live(vb);
	/* a change since the limits were read raised no interrupt */
	if (!err)
		vfe_blk_update_capacity(vb);
	mutex_unlock(&vb->state_lock);
	return err;
}

/* Brings a halted device up again. @state_lock is held. */
static int vfe_blk_revive(struct vfe_blk *vb)
{
	int err;

	err = vfe_restart(vb->vd);
	if (!err)
		err = vfe_blk_restore_cache(vb);
	if (!err)
		err = vfe_blk_go_live(vb);
	if (err)
		return err;
	/* a change of its configuration may have gone unseen */
	vfe_blk_update_capacity(vb);
	vfe_blk_release_queues(vb);
	return 0;
}

/* Resets one queue, which others do not notice. */
static int vfe_blk_try_queue_reset(struct vfe_blk *vb, struct vfe_blk_queue *bq)
{
	int err;

	dev_warn_ratelimited(vfe_dev(vb->vd), "%s: %s: resetting the queue\n",
			     vb->disk->disk_name, bq->name);
	WRITE_ONCE(vb->resets, vb->resets + 1);
	vfe_blk_close(bq, 1);
	err = vfe_queue_reset(bq->vq);
	if (err)
		return err;
	vfe_blk_take_back(bq);
	err = vfe_queue_restart(bq->vq);
	if (!err)
		vfe_blk_open_ring(bq);
	return err;
}

/*
 * May a queue be reset while its requests are being worked on? Only where the
 * device is known to let go of them. QEMU's virtio-blk offers RING_RESET too,
 * but what it had in its hands it still completes, into whatever ring is there
 * by then: it has to be reset as a whole, which waits for those.
 */
static bool vfe_blk_lets_go(const struct vfe_blk *vb)
{
	return to_pci_dev(vfe_dev(vb->vd))->device == VFE_PCI_DEVICE_BLOCK;
}

/* The first queue whose ring the device broke, or NULL */
static struct vfe_blk_queue *vfe_blk_broken_queue(struct vfe_blk *vb)
{
	unsigned int i;

	for (i = 0; i < vb->num_queues; i++)
		if (vfe_queue_broken(vb->queues[i].vq))
			return &vb->queues[i];
	return NULL;
}

/*
 * Resets the queues that broke, and only them. If no queue is broken any more,
 * an earlier pass already fixed it. Return: false if the device is to be reset:
 * it asks for that, it cannot reset queues, or that was not enough.
 */
static bool vfe_blk_reset_queues(struct vfe_blk *vb)
{
	struct vfe_blk_queue *bq = vfe_blk_broken_queue(vb);
	unsigned int most = vb->num_queues;

	if (bq && (!vfe_has_feature(vb->vd, VIRTIO_F_RING_RESET) ||
		   !vfe_blk_lets_go(vb) || vb->resets))
		return false;
	for (; bq && most--; bq = vfe_blk_broken_queue(vb))
		if (vfe_blk_try_queue_reset(vb, bq))
			return false;
	return !bq && !vfe_wants_reset(vb->vd);
}

static unsigned long vfe_blk_pause(const struct vfe_blk *vb)
{
	unsigned int n = READ_ONCE(vb->resets);

	if (!n)
		return 0;
	return min_t(unsigned long, VFE_BLK_LONGEST_PAUSE,
		     (unsigned long)VFE_BLK_FIRST_PAUSE << min(n - 1, 6U));
}

static void vfe_blk_schedule_recovery(struct vfe_blk *vb, unsigned long pause)
{
	queue_delayed_work(vfe_wq, &vb->recovery, pause);
}

/* All requests fail from here on, those that wait too. @state_lock is held. */
static void vfe_blk_give_up(struct vfe_blk *vb)
{
	if (vfe_blk_set_state(vb, VFE_BLK_GIVEN_UP))
		vfe_blk_release_queues(vb);
}

/* What is to be done after a reset that failed. @state_lock is held. */
static void vfe_blk_try_later(struct vfe_blk *vb, int err)
{
	unsigned long pause = vfe_blk_pause(vb);

	if (!vb->recover || vb->leaving) {
		vfe_blk_give_up(vb);
		return;
	}
	dev_err_ratelimited(vfe_dev(vb->vd),
			    "%s: no restart (error %d), next try in %u s; I/O waits: write 0 to the disk's file 'recovery' to let it fail\n",
			    vb->disk->disk_name, err,
			    jiffies_to_msecs(pause) / 1000);
	vfe_blk_schedule_recovery(vb, pause);
}

static void vfe_blk_reset_device(struct vfe_blk *vb)
{
	int err;

	WRITE_ONCE(vb->resets, vb->resets + 1);
	dev_warn_ratelimited(vfe_dev(vb->vd), "%s: resetting the device\n",
			     vb->disk->disk_name);
	vfe_blk_halt(vb);
	err = vfe_blk_revive(vb);
	if (!err)
		return;
	/* nobody is there: fail what waits, but look whether it comes back */
	if (vfe_gone(vb->vd)) {
		vfe_blk_give_up(vb);
		if (vb->recover)
			vfe_blk_schedule_recovery(vb, vfe_blk_pause(vb));
		return;
	}
	vfe_blk_try_later(vb, err);
}

/* Queues, or the device, are reset. */
static void vfe_blk_reset(struct vfe_blk *vb)
{
	if (vb->state != VFE_BLK_RECOVERING &&
	    !vfe_blk_set_state(vb, VFE_BLK_RECOVERING))
		return;
	if (vb->halted || vfe_gone(vb->vd) || xchg(&vb->force_reset, false) ||
	    !vfe_blk_reset_queues(vb)) {
		vfe_blk_reset_device(vb);
		return;
	}
	vfe_blk_set_state(vb, VFE_BLK_LIVE);
	blk_mq_kick_requeue_list(vb->disk->queue);
}

/*
 * @state_lock is held. Memory that is freed by writing to this disk cannot be
 * had meanwhile.
 */
static void vfe_blk_recover_locked(struct vfe_blk *vb)
{
	unsigned int noio = memalloc_noio_save();

	vfe_blk_reset(vb);
	memalloc_noio_restore(noio);
}

static void vfe_blk_recover(struct work_struct *work)
{
	struct vfe_blk *vb = container_of(to_delayed_work(work),
					  struct vfe_blk, recovery);

	mutex_lock(&vb->state_lock);
	/*
	 * One that is suspended is left alone, one whose bus is down, and one
	 * that the user gave up.
	 */
	if (vb->state != VFE_BLK_STOPPED && !vb->channel_lost &&
	    (vb->recover || vb->state == VFE_BLK_LIVE))
		vfe_blk_recover_locked(vb);
	mutex_unlock(&vb->state_lock);
}

void vfe_blk_recovery_init(struct vfe_blk *vb)
{
	mutex_init(&vb->state_lock);
	vb->state = VFE_BLK_STOPPED;
	vb->recover = true;
	INIT_DELAYED_WORK(&vb->recovery, vfe_blk_recover);
}

/* 2.1.1: a device that needs a reset completes nothing any more. */
void vfe_blk_needs_reset(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	vfe_blk_schedule_recovery(vb, vfe_blk_pause(vb));
}

/**
 * vfe_blk_set_recover() - let a recovery go on trying, or not
 * @vb: the disk
 * @on: 0: what waits for a device that cannot be restarted fails; 1: try again
 *
 * Context: process context, may sleep; waits for a try that is under way.
 */
void vfe_blk_set_recover(struct vfe_blk *vb, bool on)
{
	mutex_lock(&vb->state_lock);
	WRITE_ONCE(vb->recover, on);
	if (!on && vb->state == VFE_BLK_RECOVERING && vb->halted)
		vfe_blk_give_up(vb);
	if (on && vb->state == VFE_BLK_GIVEN_UP)
		vfe_blk_recover_locked(vb);
	mutex_unlock(&vb->state_lock);
}

/* --- errors of the bus --- */

/**
 * vfe_blk_channel_lost() - the function cannot be reached for now
 * @vb: the disk
 *
 * Requests wait until vfe_blk_channel_resumed().
 *
 * Context: process context, may sleep.
 */
void vfe_blk_channel_lost(struct vfe_blk *vb)
{
	mutex_lock(&vb->state_lock);
	vb->channel_lost = true;
	vfe_blk_set_state(vb, VFE_BLK_RECOVERING);
	vfe_function_lost(vb->vd);
	if (vb->state == VFE_BLK_RECOVERING)
		vfe_blk_halt(vb);
	mutex_unlock(&vb->state_lock);
}

/*
 * Its slot was reset, maybe for a neighbour's sake only. Return: 0 or the error
 * of vfe_function_back()
 */
int vfe_blk_channel_back(struct vfe_blk *vb)
{
	int err;

	if (!vb->channel_lost)
		vfe_blk_channel_lost(vb);
	mutex_lock(&vb->state_lock);
	err = vfe_function_back(vb->vd);
	mutex_unlock(&vb->state_lock);
	return err;
}

/* The bus works again: start the device, and send what waits. */
void vfe_blk_channel_resumed(struct vfe_blk *vb)
{
	mutex_lock(&vb->state_lock);
	vb->channel_lost = false;
	if (vb->state == VFE_BLK_RECOVERING)
		vfe_blk_recover_locked(vb);
	mutex_unlock(&vb->state_lock);
}

/* --- timeouts --- */

/* Resets the device even where only queues look broken, or nothing does. */
static void vfe_blk_force_reset(struct vfe_blk *vb)
{
	WRITE_ONCE(vb->force_reset, true);
	vfe_blk_schedule_recovery(vb, vfe_blk_pause(vb));
}

/* Has the device had a request for reset_after seconds? */
static bool vfe_blk_overdue(struct vfe_blk *vb, struct request *rq)
{
	unsigned int most = READ_ONCE(vb->tunables.reset_after);
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (!most)
		return false;
	req->timeouts++;
	return req->timeouts * (rq->timeout / HZ ?: 1) >= most;
}

/* Said once until the queue completes something again */
static void vfe_blk_say_late(struct vfe_blk_queue *bq, struct request *rq)
{
	struct vfe_blk *vb = bq->vb;

	if (READ_ONCE(bq->late))
		return;
	WRITE_ONCE(bq->late, true);
	dev_warn_ratelimited(vfe_dev(vb->vd),
			     "%s: %s: request %d at sector %llu is not done after %u ms: the device is fine and has it, so wait on\n",
			     vb->disk->disk_name, bq->name, rq->tag,
			     (u64)blk_rq_pos(rq),
			     jiffies_to_msecs(rq->timeout));
}

/* In a read section, as vfe_blk_close() asks */
static void vfe_blk_kick_again(struct vfe_blk_queue *bq)
{
	rcu_read_lock();
	if (READ_ONCE(bq->started))
		vfe_queue_notify(bq->vq);
	rcu_read_unlock();
}

/*
 * A request takes long, which is no fault: its storage may be slow or paused.
 * So this looks for a completion whose interrupt was lost, repeats the kick,
 * which does no harm, and asks the device how it is. Unless the user set
 * reset_after, only a device that says it needs a reset, or lost its driver, is
 * reset; QEMU's does the latter when bus mastering is switched off under it.
 */
enum blk_eh_timer_return vfe_blk_timeout(struct request *rq)
{
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_blk *vb = vfe_blk_of(rq);
	bool any = vfe_blk_reap(bq);

	/* completed on this CPU it is idle already, elsewhere it may not be yet */
	if (blk_mq_rq_state(rq) != MQ_RQ_IN_FLIGHT) {
		/* or its interrupt came just now, or a recovery took it back */
		if (any && !bq->polled)
			dev_warn_ratelimited(vfe_dev(vb->vd),
					     "%s: %s: request %d was done without an interrupt\n",
					     vb->disk->disk_name, bq->name,
					     rq->tag);
		return BLK_EH_DONE;
	}
	/* a recovery is under way, or waits for the end of a pause */
	if (READ_ONCE(vb->state) != VFE_BLK_LIVE || vfe_queue_broken(bq->vq))
		return BLK_EH_RESET_TIMER;
	if (vfe_wants_reset(vb->vd) || vfe_blk_overdue(vb, rq)) {
		vfe_blk_force_reset(vb);
		return BLK_EH_RESET_TIMER;
	}
	vfe_blk_kick_again(bq);
	vfe_blk_say_late(bq, rq);
	return BLK_EH_RESET_TIMER;
}

/* --- stop and go --- */

/* Waits for requests; those of polled queues may have nobody else to look. */
static bool vfe_blk_drain(struct vfe_blk *vb)
{
	unsigned long end = jiffies + VFE_BLK_DRAIN_TIMEOUT;
	unsigned int i;

	do {
		for (i = vb->num_queues - vb->num_polled; i < vb->num_queues;
		     i++)
			vfe_blk_reap(&vb->queues[i]);
		if (blk_mq_freeze_queue_wait_timeout(vb->disk->queue,
						     VFE_BLK_DRAIN_LOOK))
			return true;
	} while (time_before(jiffies, end));
	return false;
}

/*
 * Waits a bounded time for requests in flight. Then the device is stopped, with
 * @anyway also when some are not done: they are kept. Return: 0 or -EBUSY, not
 * all were done
 */
static int vfe_blk_drain_and_stop(struct vfe_blk *vb, bool anyway)
{
	struct request_queue *q = vb->disk->queue;
	bool done;

	/* Without @state_lock: a request that hangs needs the recovery to end. */
	blk_freeze_queue_start(q);
	done = vfe_blk_drain(vb);
	if (done || anyway) {
		mutex_lock(&vb->state_lock);
		if (vfe_blk_set_state(vb, VFE_BLK_STOPPED))
			vfe_blk_halt(vb);
		mutex_unlock(&vb->state_lock);
	}
	vfe_unfreeze_queue(q);
	return done ? 0 : -EBUSY;
}

/**
 * vfe_blk_suspend() - stop the device, unless requests take too long
 * @vb: the disk
 *
 * A request that is kept would have a tag, and the kernel waits for tags when
 * it takes a queue's last CPU away, which only a resume would end.
 *
 * Context: process context, may sleep.
 * Return: 0, or -EBUSY and the device goes on.
 */
int vfe_blk_suspend(struct vfe_blk *vb)
{
	int err = vfe_blk_drain_and_stop(vb, false);

	if (err)
		dev_warn(vfe_dev(vb->vd),
			 "%s: requests are not done after %u s: no suspend, try again later\n",
			 vb->disk->disk_name, VFE_BLK_DRAIN_TIMEOUT / HZ);
	return err;
}

/**
 * vfe_blk_stop() - stop the device for a reset of the function or shutdown
 * @vb: the disk
 *
 * What is not done in time is kept and sent again by vfe_blk_resume().
 *
 * Context: process context, may sleep.
 */
void vfe_blk_stop(struct vfe_blk *vb)
{
	if (vfe_blk_drain_and_stop(vb, true))
		dev_warn(vfe_dev(vb->vd),
			 "%s: stopped with requests in flight: they are sent again later\n",
			 vb->disk->disk_name);
}

/**
 * vfe_blk_resume() - start a stopped device again
 * @vb: the disk
 *
 * Where that fails now, it is tried again later, as after any other reset.
 *
 * Context: process context, may sleep.
 */
void vfe_blk_resume(struct vfe_blk *vb)
{
	mutex_lock(&vb->state_lock);
	if (vb->state == VFE_BLK_STOPPED && vb->channel_lost)
		vfe_blk_set_state(vb, VFE_BLK_RECOVERING);
	else if (vb->state == VFE_BLK_STOPPED)
		vfe_blk_recover_locked(vb);
	mutex_unlock(&vb->state_lock);
}

/**
 * vfe_blk_live() - does the device take requests?
 * @vb: the disk
 *
 * Context: any; only a hint, but for whoever could change it.
 */
bool vfe_blk_live(const struct vfe_blk *vb)
{
	return READ_ONCE(vb->state) == VFE_BLK_LIVE;
}

/**
 * vfe_blk_leave() - the driver goes: from here on a recovery has one try
 * @vb: the disk
 *
 * Requests that the disk's end waits for fail with it.
 *
 * Context: process context, may sleep; waits for a try that is under way.
 * Return: whether the device takes requests.
 */
bool vfe_blk_leave(struct vfe_blk *vb)
{
	bool live;

	mutex_lock(&vb->state_lock);
	vb->leaving = true;
	live = vfe_blk_live(vb);
	mutex_unlock(&vb->state_lock);
	return live;
}

/**
 * vfe_blk_removed() - the device was pulled out: fail all I/O, wait for none
 * @vb: the disk
 *
 * Context: process context, may sleep.
 */
void vfe_blk_removed(struct vfe_blk *vb)
{
	bool was_dead;

	mutex_lock(&vb->state_lock);
	was_dead = vb->state == VFE_BLK_DEAD;
	if (vfe_blk_set_state(vb, VFE_BLK_DEAD)) {
		vfe_blk_halt(vb);
		vfe_blk_release_queues(vb);
	}
	mutex_unlock(&vb->state_lock);
	if (!was_dead)
		blk_mark_disk_dead(vb->disk);
}

/**
 * vfe_blk_shutdown_device() - stop for good; no recovery runs from here on
 * @vb: the disk, with no request in flight
 *
 * Context: process context, may sleep.
 */
void vfe_blk_shutdown_device(struct vfe_blk *vb)
{
	mutex_lock(&vb->state_lock);
	vfe_blk_set_state(vb, VFE_BLK_DEAD);
	mutex_unlock(&vb->state_lock);
	vfe_blk_close(vb->queues, vb->num_queues);
	vfe_reset(vb->vd);
	cancel_delayed_work_sync(&vb->recovery);
}

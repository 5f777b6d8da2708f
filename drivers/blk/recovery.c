// SPDX-License-Identifier: GPL-2.0
/*
 * The life of the device below the disk: started, stopped, reset when it no
 * longer answers or says so, a single queue of it if that will do, and given up
 * when that does not help. Whatever happens, each request ends: done, sent
 * again, or failed.
 */
#include "blk.h"

/* How long a suspend waits for requests before it takes them back */
#define VFE_BLK_DRAIN_TIMEOUT	(5 * HZ)

/*
 * How often in a row a device may ask for a reset and complete nothing in
 * between. Resets after a timeout need no such end: requests give up first.
 */
#define VFE_BLK_MAX_PLEAS	5

#define TO(state)	BIT(VFE_BLK_##state)

/* @life is held. Return: whether @to may follow, and then it does. */
static bool vfe_blk_set_state(struct vfe_blk *vb, enum vfe_blk_state to)
{
	static const unsigned long next[] = {
		[VFE_BLK_STOPPED] = TO(LIVE) | TO(DEAD),
		[VFE_BLK_LIVE] = TO(RECOVERING) | TO(STOPPED) | TO(DEAD),
		[VFE_BLK_RECOVERING] = TO(LIVE) | TO(DEAD),
		[VFE_BLK_DEAD] = 0,
	};

	lockdep_assert_held(&vb->life);
	if (!(next[vb->state] & BIT(to)))
		return false;
	WRITE_ONCE(vb->state, to);
	return true;
}

static void vfe_blk_open_ring(struct vfe_blk_queue *bq, bool open)
{
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	bq->started = open;
	if (open)
		vfe_blk_open(bq);
	if (bq->full) {
		bq->full = false;
		blk_mq_start_stopped_hw_queue(bq->hctx, true);
	}
	spin_unlock_irqrestore(&bq->lock, flags);
}

/* A request the device did not use: once more, but not for ever. */
static void vfe_blk_send_again(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_unmap(rq);
	if (req->retries++ < VFE_BLK_MAX_RETRIES) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	req->failed = BLK_STS_TIMEOUT;
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
	WRITE_ONCE(bq->late, false);
}

/*
 * 2.6.1: no notification once this returns. Who is about to write one does so
 * in a read section, as all of a submission is.
 */
static void vfe_blk_close(struct vfe_blk_queue *queues, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		vfe_blk_reap(&queues[i]);
		vfe_blk_open_ring(&queues[i], false);
	}
	synchronize_rcu();
}

/*
 * Stops the device and takes its requests back. The queue stays quiesced until
 * vfe_blk_release().
 */
static void vfe_blk_halt(struct vfe_blk *vb)
{
	unsigned int i;

	blk_mq_quiesce_queue(vb->disk->queue);
	vfe_blk_close(vb->queues, vb->num_queues);
	/* Its errors are told by the core; the buffers are safe in any case. */
	vfe_reset(vb->vd);
	for (i = 0; i < vb->num_queues; i++)
		vfe_blk_take_back(&vb->queues[i]);
	WRITE_ONCE(vb->unhelped, false);
}

static void vfe_blk_release(struct vfe_blk *vb)
{
	blk_mq_unquiesce_queue(vb->disk->queue);
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
		vfe_blk_open_ring(&vb->queues[i], true);
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

	mutex_lock(&vb->life);
	err = vfe_blk_go_live(vb);
	/* a change since the limits were read raised no interrupt */
	if (!err)
		vfe_blk_update_capacity(vb);
	mutex_unlock(&vb->life);
	return err;
}

/* @life is held, the queue quiesced: no request is in a ring. */
static void vfe_blk_give_up(struct vfe_blk *vb, int err)
{
	unsigned int i;

	dev_err(vfe_dev(vb->vd),
		"%s: no restart (error %d), all I/O fails from here on: unbind and bind the driver to try again\n",
		vb->disk->disk_name, err);
	for (i = 0; i < vb->num_queues; i++)
		vfe_blk_open_ring(&vb->queues[i], false);
	vfe_reset(vb->vd);
	vfe_blk_set_state(vb, VFE_BLK_DEAD);
}

/* Brings a halted device up again, or gives it up. @life is held. */
static int vfe_blk_revive(struct vfe_blk *vb)
{
	int err;

	err = vb->pleas > VFE_BLK_MAX_PLEAS ? -EIO : vfe_restart(vb->vd);
	if (!err)
		err = vfe_blk_go_live(vb);
	if (!err)
		err = vfe_blk_restore_cache(vb);
	if (err)
		vfe_blk_give_up(vb, err);
	else
		/* a change of its configuration may have gone unseen */
		vfe_blk_update_capacity(vb);
	vfe_blk_release(vb);
	return err;
}

/* Resets one queue, which others do not notice. */
static int vfe_blk_mend_queue(struct vfe_blk *vb, struct vfe_blk_queue *bq)
{
	int err;

	dev_warn(vfe_dev(vb->vd), "%s: %s: resetting the queue\n",
		 vb->disk->disk_name, bq->name);
	vfe_blk_close(bq, 1);
	err = vfe_queue_reset(bq->vq);
	if (err)
		return err;
	vfe_blk_take_back(bq);
	err = vfe_queue_restart(bq->vq);
	if (!err)
		vfe_blk_open_ring(bq, true);
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

/* The first queue that is in trouble, or NULL */
static struct vfe_blk_queue *vfe_blk_trouble(struct vfe_blk *vb)
{
	struct vfe_blk_queue *bq;
	unsigned int i;

	for (i = 0; i < vb->num_queues; i++) {
		bq = &vb->queues[i];
		if (READ_ONCE(bq->late) || vfe_queue_broken(bq->vq))
			return bq;
	}
	return NULL;
}

/*
 * Resets the queues that are in trouble, and only them. With none, what asked
 * for this was mended by the last one. Return: false if the device is to be
 * reset: it asks for that, it cannot reset queues, or that has just been tried
 * and was not enough.
 */
static bool vfe_blk_mend(struct vfe_blk *vb)
{
	struct vfe_blk_queue *bq = vfe_blk_trouble(vb);
	unsigned int most = vb->num_queues;

	if (bq && (!vfe_has_feature(vb->vd, VIRTIO_F_RING_RESET) ||
		   !vfe_blk_lets_go(vb) || READ_ONCE(vb->unhelped) ||
		   READ_ONCE(vb->pleas) > 1))
		return false;
	for (; bq && most--; bq = vfe_blk_trouble(vb))
		if (vfe_blk_mend_queue(vb, bq))
			return false;
	return !bq && !vfe_wants_reset(vb->vd);
}

static int vfe_blk_reset_device(struct vfe_blk *vb)
{
	dev_warn(vfe_dev(vb->vd), "%s: resetting the device\n",
		 vb->disk->disk_name);
	vfe_blk_halt(vb);
	return vfe_blk_revive(vb);
}

static void vfe_blk_recover(struct work_struct *work)
{
	struct vfe_blk *vb = container_of(work, struct vfe_blk, recovery);
	int err = 0;

	mutex_lock(&vb->life);
	if (vfe_blk_set_state(vb, VFE_BLK_RECOVERING)) {
		if (!vfe_blk_mend(vb)) {
			err = vfe_blk_reset_device(vb);
		} else {
			vfe_blk_set_state(vb, VFE_BLK_LIVE);
			blk_mq_kick_requeue_list(vb->disk->queue);
		}
	}
	mutex_unlock(&vb->life);
	if (err)
		blk_mark_disk_dead(vb->disk);
}

void vfe_blk_recovery_init(struct vfe_blk *vb)
{
	mutex_init(&vb->life);
	vb->state = VFE_BLK_STOPPED;
	INIT_WORK(&vb->recovery, vfe_blk_recover);
}

/* 2.1.1: a device that needs a reset completes nothing any more. */
void vfe_blk_needs_reset(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	WRITE_ONCE(vb->pleas, vb->pleas + 1);
	schedule_work(&vb->recovery);
}

/*
 * A request took too long. Maybe only its interrupt was lost; otherwise the
 * device is reset, which takes this request and all others back. The timer
 * goes on meanwhile, for the case that the recovery leaves it in flight.
 */
enum blk_eh_timer_return vfe_blk_timeout(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_blk *vb = rq->q->queuedata;
	bool kicked = vfe_blk_stream_settle(bq);
	bool any = vfe_blk_reap(bq);

	/* completed on this CPU it is idle already, elsewhere it may not be yet */
	if (blk_mq_rq_state(rq) != MQ_RQ_IN_FLIGHT) {
		/* or its interrupt came just now, or a recovery took it back */
		if (any && READ_ONCE(bq->way)->interrupts)
			dev_warn_ratelimited(vfe_dev(vb->vd),
					     "%s: %s: request %d was done without an interrupt\n",
					     vb->disk->disk_name, bq->name,
					     rq->tag);
		return BLK_EH_DONE;
	}
	/* a device that was not kicked before has no fault in it */
	if (READ_ONCE(vb->state) == VFE_BLK_LIVE && !kicked) {
		dev_warn_ratelimited(vfe_dev(vb->vd),
				     "%s: %s: request %d at sector %llu is not done after %u ms\n",
				     vb->disk->disk_name, bq->name, rq->tag,
				     (u64)blk_rq_pos(rq),
				     jiffies_to_msecs(rq->timeout));
		WRITE_ONCE(bq->late, true);
		/* sent again after a reset, and no better for that */
		if (req->retries)
			WRITE_ONCE(vb->unhelped, true);
		schedule_work(&vb->recovery);
	}
	return BLK_EH_RESET_TIMER;
}

/**
 * vfe_blk_stop() - stop the device for suspend or shutdown
 * @vb: the disk
 *
 * Waits a bounded time for requests in flight; what is not done then is kept
 * and sent again by vfe_blk_resume().
 *
 * Context: process context, may sleep.
 */
void vfe_blk_stop(struct vfe_blk *vb)
{
	struct request_queue *q = vb->disk->queue;

	/* Without @life: a request that hangs needs the recovery to end. */
	blk_freeze_queue_start(q);
	if (!blk_mq_freeze_queue_wait_timeout(q, VFE_BLK_DRAIN_TIMEOUT))
		dev_warn(vfe_dev(vb->vd),
			 "%s: stopped with requests in flight: they are sent again later\n",
			 vb->disk->disk_name);
	mutex_lock(&vb->life);
	if (vfe_blk_set_state(vb, VFE_BLK_STOPPED))
		vfe_blk_halt(vb);
	mutex_unlock(&vb->life);
	vfe_unfreeze_queue(q);
}

/**
 * vfe_blk_resume() - start a stopped device again
 * @vb: the disk
 *
 * Context: process context, may sleep.
 * Return: 0, also for a disk that was dead before, or the error of
 * vfe_restart() or vfe_ready(): the disk is dead then.
 */
int vfe_blk_resume(struct vfe_blk *vb)
{
	int err = 0;

	mutex_lock(&vb->life);
	if (vb->state == VFE_BLK_STOPPED)
		err = vfe_blk_revive(vb);
	mutex_unlock(&vb->life);
	if (err)
		blk_mark_disk_dead(vb->disk);
	return err;
}

/**
 * vfe_blk_stopped() - is it stopped, for suspend or shutdown?
 * @vb: the disk
 *
 * Context: any; only a hint but for who could start it again.
 */
bool vfe_blk_stopped(const struct vfe_blk *vb)
{
	return READ_ONCE(vb->state) == VFE_BLK_STOPPED;
}

/**
 * vfe_blk_lost() - the device was pulled out: fail all I/O, wait for none
 * @vb: the disk
 *
 * Context: process context, may sleep.
 */
void vfe_blk_lost(struct vfe_blk *vb)
{
	enum vfe_blk_state was;

	mutex_lock(&vb->life);
	was = vb->state;
	if (was == VFE_BLK_LIVE)
		vfe_blk_halt(vb);
	if (vfe_blk_set_state(vb, VFE_BLK_DEAD))
		vfe_blk_release(vb);
	mutex_unlock(&vb->life);
	if (was != VFE_BLK_DEAD)
		blk_mark_disk_dead(vb->disk);
}

/**
 * vfe_blk_end() - stop the device for good; no recovery runs from here on
 * @vb: the disk, with no request in flight
 *
 * Context: process context, may sleep.
 */
void vfe_blk_end(struct vfe_blk *vb)
{
	mutex_lock(&vb->life);
	vfe_blk_set_state(vb, VFE_BLK_DEAD);
	mutex_unlock(&vb->life);
	vfe_blk_close(vb->queues, vb->num_queues);
	vfe_reset(vb->vd);
	cancel_work_sync(&vb->recovery);
}

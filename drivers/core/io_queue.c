// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of requests, apart from the path of a request, which is inline in
 * vfe/io_queue.h: set-up, recovery, requests that are refused or late.
 */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "io.h"

#define VFE_IO_DRAIN_POLL	(HZ / 20)	/* between polls of a queue */

/* --- set-up --- */

void vfe_io_init(struct vfe_io *io, const struct vfe_io_ops *ops,
		 const struct vfe_recovery_ops *recovery_ops)
{
	io->ops = ops;
	INIT_LIST_HEAD(&io->queues);
	mutex_init(&io->tunables_lock);
	vfe_recovery_init(&io->recovery, recovery_ops);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_init, VFE_NS);

void vfe_io_queue_init(struct vfe_io_queue *ioq, struct vfe_io *io,
		       bool polled, struct vfe_queue_spec *spec)
{
	spin_lock_init(&ioq->lock);
	ioq->io = io;
	ioq->polled = polled;
	ioq->suppress = !vfe_has_feature(io->recovery.vd,
					 VIRTIO_RING_F_EVENT_IDX);
	vfe_io_coalesce_init(ioq);
	vfe_io_poll_init(ioq);
	list_add_tail(&ioq->node, &io->queues);
	*spec = (struct vfe_queue_spec) {
		.name = ioq->name,
		.priv = ioq,
		.own_tables = true,
		.vector = polled ? VFE_VECTOR_NONE : VFE_VECTOR_OWN,
		.spread = true,
	};
}
EXPORT_SYMBOL_NS_GPL(vfe_io_queue_init, VFE_NS);

void vfe_io_queue_exit(struct vfe_io_queue *ioq)
{
	vfe_io_coalesce_stop(ioq);
	vfe_io_poll_exit(ioq);
	list_del(&ioq->node);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_queue_exit, VFE_NS);

/* --- requests that vfe_io_submit() does not simply add --- */

/* Adds a request whose descriptors the device does not read in place. */
int vfe_io_add_copy(struct vfe_io_queue *ioq, struct vfe_io_request *req)
{
	unsigned int i;

	if (req->table) {
		memcpy(req->table, req->descs, req->num * sizeof(*req->descs));
		return vfe_queue_add_table(ioq->vq, req->table_dma, req->num,
					   req->in_len, &req->token);
	}
	for (i = 0; i < req->num; i++) {
		ioq->segs[i].addr = le64_to_cpu(req->descs[i].addr);
		ioq->segs[i].len = le32_to_cpu(req->descs[i].len);
	}
	return vfe_queue_add(ioq->vq, ioq->segs, req->out, req->num - req->out,
			     &req->token);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_add_copy, VFE_NS);

/*
 * Records why a request was not added. If the ring is full, calls the class
 * driver with the lock held: vfe_io_reap() holds it, too, so the completion
 * that makes room comes later.
 */
void vfe_io_refuse(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		   int err)
{
	req->error = -EAGAIN;
	switch (err) {
	case -ENOSPC:
		ioq->full = true;
		ioq->io->ops->full(ioq);
		break;
	case -EIO:	/* broken: try again after the reset */
		break;
	case -ESHUTDOWN:
		if (vfe_recovery_state(&ioq->io->recovery) >= VFE_RUN_GIVEN_UP)
			req->error = -EIO;
		break;
	default:
		req->error = -EIO;
	}
}
EXPORT_SYMBOL_NS_GPL(vfe_io_refuse, VFE_NS);

void vfe_io_commit(struct vfe_io_queue *ioq)
{
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&ioq->lock, flags);
	notify = vfe_io_publish(ioq);
	spin_unlock_irqrestore(&ioq->lock, flags);
	if (notify)
		vfe_queue_notify(ioq->vq);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_commit, VFE_NS);

/*
 * Under rcu_read_lock(), so that vfe_io_close() also waits for requests that
 * are no longer in the ring, but not yet complete: this may be preempted there.
 */
bool vfe_io_complete_used(struct vfe_io_queue *ioq)
{
	struct vfe_io_done done;

	rcu_read_lock();
	vfe_io_reap_used(ioq, &done);
	ioq->io->ops->complete(ioq, &done);
	rcu_read_unlock();
	return done.list.n;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_complete_used, VFE_NS);

/* --- recovery --- */

static struct vfe_io_queue *vfe_io_queue_at(struct vfe_device *vd,
					    unsigned int queue)
{
	return vfe_queue_priv(&vd->queues[queue]);
}

void vfe_io_open(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_io_queue *ioq = vfe_io_queue_at(vd, queue);
	unsigned long flags;

	spin_lock_irqsave(&ioq->lock, flags);
	ioq->started = true;
	ioq->coalescing = false;
	ioq->owed = false;
	ioq->late = false;
	spin_unlock_irqrestore(&ioq->lock, flags);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_open, VFE_NS);

static void vfe_io_close_one(struct vfe_io_queue *ioq)
{
	unsigned long flags;

	vfe_io_complete_used(ioq);
	spin_lock_irqsave(&ioq->lock, flags);
	ioq->started = false;
	/* no completion will make the room that the class driver waits for */
	if (ioq->full) {
		ioq->full = false;
		ioq->io->ops->room(ioq);
	}
	spin_unlock_irqrestore(&ioq->lock, flags);
	vfe_io_coalesce_stop(ioq);
}

/*
 * 2.6.1: no notification once this returns. Submitters are under
 * rcu_read_lock(), and vfe_io_kick_again() and vfe_io_complete_used() take it
 * themselves: synchronize_rcu() waits for all of them.
 */
void vfe_io_close(struct vfe_device *vd, unsigned int first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		vfe_io_close_one(vfe_io_queue_at(vd, first + i));
	synchronize_rcu();
}
EXPORT_SYMBOL_NS_GPL(vfe_io_close, VFE_NS);

struct vfe_token *vfe_io_detach(struct vfe_io_queue *ioq)
{
	struct vfe_token *token;
	unsigned long flags;

	/* the handler of a late request may reap at the same time */
	spin_lock_irqsave(&ioq->lock, flags);
	token = vfe_queue_detach(ioq->vq);
	spin_unlock_irqrestore(&ioq->lock, flags);
	return token;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_detach, VFE_NS);

bool vfe_io_drain(struct vfe_io *io, unsigned long timeout,
		  bool (*idle)(struct vfe_device *vd, unsigned long wait))
{
	unsigned long end = jiffies + timeout;
	struct vfe_io_queue *ioq;

	do {
		list_for_each_entry(ioq, &io->queues, node)
			if (ioq->polled)
				vfe_io_complete_used(ioq);
		if (idle(io->recovery.vd, VFE_IO_DRAIN_POLL))
			return true;
	} while (time_before(jiffies, end));
	return false;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_drain, VFE_NS);

/* --- late requests --- */

/* Has the request been in flight for reset_after seconds or longer? */
static bool vfe_io_overdue(struct vfe_io_queue *ioq,
			   struct vfe_io_request *req, unsigned int seconds)
{
	unsigned int most = READ_ONCE(ioq->io->tunables.reset_after);

	if (!most)
		return false;
	req->timeouts++;
	return req->timeouts * seconds >= most;
}

/* How often a request may time out before the device's status is read */
#define VFE_IO_STILL	10

/* May the device stand still, with the process that emulates it? */
static bool vfe_io_may_stand_still(struct vfe_io *io, unsigned int seconds)
{
	struct vfe_io_queue *ioq;
	u64 sum = 0;

	list_for_each_entry(ioq, &io->queues, node)
		sum += vfe_queue_completions(ioq->vq);
	if (!io->still_since || io->completions != sum) {
		io->completions = sum;
		io->still_since = jiffies ?: 1;
	}
	return time_before(jiffies, io->still_since +
				    VFE_IO_STILL * seconds * HZ);
}

/* Under rcu_read_lock(), which vfe_io_close() waits for */
static void vfe_io_kick_again(struct vfe_io_queue *ioq)
{
	rcu_read_lock();
	if (READ_ONCE(ioq->started))
		vfe_queue_notify(ioq->vq);
	rcu_read_unlock();
}

bool vfe_io_late(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		 unsigned int seconds)
{
	struct vfe_recovery *r = &ioq->io->recovery;
	bool warned;

	/* a recovery is running, or waits for the end of a pause */
	if (vfe_recovery_state(r) != VFE_RUN_LIVE)
		return false;
	if (vfe_queue_broken(ioq->vq)) {
		vfe_recovery_request(r);
		return false;
	}
	if (vfe_io_overdue(ioq, req, seconds) || vfe_gone(r->vd) ||
	    (!vfe_io_may_stand_still(ioq->io, seconds) &&
	     vfe_wants_reset(r->vd))) {
		vfe_recovery_force(r);
		return false;
	}
	vfe_io_kick_again(ioq);
	warned = READ_ONCE(ioq->late);
	WRITE_ONCE(ioq->late, true);
	return !warned;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_late, VFE_NS);

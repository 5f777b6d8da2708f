// SPDX-License-Identifier: GPL-2.0
/*
 * The event queue (virtio 1.4, 5.6.6.3): units were added or removed, or
 * changed. 5.6.6.3.1: keep the queue filled. So a work item that never waits
 * takes used buffers, records the events and adds the buffers again; another
 * one acts on the records, for which it sends commands.
 *
 * An event says which target changed, not which units it has now: another one
 * may be under way, or may have been lost. So the driver asks the device which
 * units the target has, see units.c.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "scsi.h"

/*
 * After a unit was removed, the device may report it for a moment longer
 * (QEMU's does, with an I/O thread).
 */
#define VFE_SCSI_SETTLE		(HZ / 5)

/* After a target could not be checked */
#define VFE_SCSI_TRY_AGAIN	(10 * HZ)

/* SPC-6, additional sense codes in the reason of PARAM_CHANGE */
#define VFE_SCSI_ASC_PARAMETERS	0x2a	/* of the unit: its capacity, too */
#define VFE_SCSI_ASC_OPERATING	0x3f	/* with 0x0e: the list of units */
#define VFE_SCSI_ASCQ_UNITS	0x0e

/* --- buffers --- */

/* Records an event. @lock is held. */
static void vfe_scsi_record(struct vfe_scsi *vs,
			    const struct vfe_scsi_event *event)
{
	struct vfe_scsi_events *e = &vs->events;
	struct vfe_scsi_record *r;
	u32 type = le32_to_cpu(event->event);

	vfe_scsi_count(vs, events);
	if (type & VIRTIO_SCSI_T_EVENTS_MISSED || e->num == VFE_SCSI_RECORDS) {
		vfe_scsi_count(vs, events_missed);
		e->missed = true;
	}
	type &= ~VIRTIO_SCSI_T_EVENTS_MISSED;
	if (type == VIRTIO_SCSI_T_NO_EVENT || e->num == VFE_SCSI_RECORDS)
		return;
	r = &e->records[(e->first + e->num++) % VFE_SCSI_RECORDS];
	r->event = type;
	r->reason = le32_to_cpu(event->reason);
	r->valid = vfe_scsi_get_lun(event->lun, &r->target, &r->unit) &&
		   r->target < vs->limits.targets;
}

/*
 * Adds a buffer. The device writes it, so it is cleared: an event that the
 * device does not write is none. @lock is held.
 */
static void vfe_scsi_event_add(struct vfe_scsi_events *e, void *buffer)
{
	struct vfe_seg seg = {
		.addr = e->dma + (buffer - e->buffers), .len = e->size,
	};

	memset(buffer, 0, sizeof(struct vfe_scsi_event));
	/* the ring has room for all; if it is broken, a reset will follow */
	vfe_queue_add(e->vq, &seg, 0, 1, buffer);
}

/* @lock is held: no notification after the queue is closed. */
static void vfe_scsi_events_kick(struct vfe_scsi_events *e)
{
	if (vfe_queue_kick_prepare(e->vq))
		vfe_queue_notify(e->vq);
}

/* Takes used buffers, each once, and maybe adds them again. @lock is held. */
static void vfe_scsi_events_take(struct vfe_scsi *vs, bool add)
{
	struct vfe_scsi_events *e = &vs->events;
	struct vfe_scsi_event event;
	unsigned int n;
	void *buffer;
	u32 len;

	for (n = 0; n < e->num_buffers; n++) {
		buffer = vfe_queue_get(e->vq, &len);
		if (!buffer)
			break;
		memcpy(&event, buffer, sizeof(event));
		/* the device may write it again as soon as it is added */
		barrier();
		vfe_scsi_record(vs, &event);
		if (add)
			vfe_scsi_event_add(e, buffer);
	}
}

/* @lock is held. Return: whether there may be more used buffers */
static bool vfe_scsi_events_reap(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;

	if (!e->open)
		return false;
	vfe_scsi_events_take(vs, true);
	vfe_scsi_events_kick(e);
	return !vfe_queue_enable_cb(e->vq);
}

/* Has @act run, unless the driver is being unbound. @lock is held. */
static void vfe_scsi_events_act(struct vfe_scsi_events *e)
{
	if (!e->ended)
		queue_work(system_freezable_wq, &e->act);
}

static void vfe_scsi_refill_work(struct work_struct *work)
{
	struct vfe_scsi *vs = container_of(work, struct vfe_scsi,
					   events.refill);
	struct vfe_scsi_events *e = &vs->events;
	bool more;

	spin_lock_irq(&e->lock);
	more = vfe_scsi_events_reap(vs);
	if (e->num || e->missed)
		vfe_scsi_events_act(e);
	if (more && !e->ended)
		queue_work(vfe_wq, &e->refill);
	spin_unlock_irq(&e->lock);
}

void vfe_scsi_events_irq(struct vfe_queue *vq)
{
	struct vfe_scsi *vs = vfe_queue_priv(vq);
	struct vfe_scsi_events *e = &vs->events;
	unsigned long flags;

	/*
	 * a device may interrupt before it gets a buffer; pairs with
	 * vfe_scsi_events_init()
	 */
	if (!smp_load_acquire(&e->buffers))
		return;
	spin_lock_irqsave(&e->lock, flags);
	vfe_queue_disable_cb(vq);
	if (!e->ended)
		queue_work(vfe_wq, &e->refill);
	spin_unlock_irqrestore(&e->lock, flags);
}

/* --- acting on events --- */

static void vfe_scsi_mark(struct vfe_scsi_events *e, unsigned long *targets,
			  unsigned int target)
{
	spin_lock_irq(&e->lock);
	__set_bit(target, targets);
	spin_unlock_irq(&e->lock);
}

/*
 * Removes a unit that the device has removed, even if it reports a unit of this
 * number again soon: that is another one. The device announces that by an event
 * of its own, or it is found a moment later. 5.6.6.3.1: unit 0 may stand for the
 * whole target, so a target is checked after each event.
 */
static void vfe_scsi_act_on_reset(struct vfe_scsi *vs,
				  const struct vfe_scsi_record *r)
{
	switch (r->reason) {
	case VIRTIO_SCSI_EVT_RESET_HARD:
		/* a unit attention will tell the driver of the unit */
		break;
	case VIRTIO_SCSI_EVT_RESET_RESCAN:
		__clear_bit(r->target, vs->failed);
		/* 0 may stand for the target, which only the user scans */
		if (vs->manual && r->unit)
			vfe_scsi_add_unit(vs, r->target, r->unit);
		vfe_scsi_mark(&vs->events, vs->events.now, r->target);
		break;
	case VIRTIO_SCSI_EVT_RESET_REMOVED:
		vfe_scsi_remove_unit(vs, r->target, r->unit);
		vfe_scsi_mark(&vs->events, vs->events.later, r->target);
		break;
	default:
		vfe_scsi_odd(vs, VFE_SCSI_ODD_EVENT, "the reason of an event",
			     r->reason);
	}
}

static void vfe_scsi_act_on_change(struct vfe_scsi *vs,
				   const struct vfe_scsi_record *r)
{
	u8 asc = r->reason, ascq = r->reason >> 8;

	if (asc == VFE_SCSI_ASC_PARAMETERS)
		vfe_scsi_rescan_unit(vs, r->target, r->unit);
	else if (asc == VFE_SCSI_ASC_OPERATING && ascq == VFE_SCSI_ASCQ_UNITS)
		vfe_scsi_mark(&vs->events, vs->events.now, r->target);
}

static void vfe_scsi_act_on(struct vfe_scsi *vs,
			    const struct vfe_scsi_record *r)
{
	if (!r->valid) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_EVENT,
			     "the address in an event of type", r->event);
		return;
	}
	switch (r->event) {
	case VIRTIO_SCSI_T_TRANSPORT_RESET:
		vfe_scsi_act_on_reset(vs, r);
		break;
	case VIRTIO_SCSI_T_PARAM_CHANGE:
		vfe_scsi_act_on_change(vs, r);
		break;
	case VIRTIO_SCSI_T_ASYNC_NOTIFY:
		/* the driver never subscribes */
		break;
	default:
		vfe_scsi_odd(vs, VFE_SCSI_ODD_EVENT, "the type of an event",
			     r->event);
	}
}

static bool vfe_scsi_take_record(struct vfe_scsi_events *e,
				 struct vfe_scsi_record *r)
{
	bool any;

	spin_lock_irq(&e->lock);
	any = e->num;
	if (any) {
		*r = e->records[e->first];
		e->first = (e->first + 1) % VFE_SCSI_RECORDS;
		e->num--;
	}
	spin_unlock_irq(&e->lock);
	return any;
}

/* The time of a later check, and of a second one, has come. @lock is held. */
static void vfe_scsi_take_due(struct vfe_scsi_events *e)
{
	if (!e->due)
		return;
	e->due = false;
	bitmap_or(e->sure, e->sure, e->doubted, VFE_SCSI_MAX_TARGETS);
	bitmap_zero(e->doubted, VFE_SCSI_MAX_TARGETS);
	bitmap_or(e->now, e->now, e->later, VFE_SCSI_MAX_TARGETS);
	bitmap_or(e->now, e->now, e->sure, VFE_SCSI_MAX_TARGETS);
	bitmap_zero(e->later, VFE_SCSI_MAX_TARGETS);
}

/*
 * Takes the targets to check now, without those whose second check comes later.
 * 5.6.6.3.1: all, if events were lost. Return: whether they were
 */
static bool vfe_scsi_take_targets(struct vfe_scsi *vs,
				  struct vfe_scsi_check *check)
{
	struct vfe_scsi_events *e = &vs->events;
	bool missed;

	spin_lock_irq(&e->lock);
	vfe_scsi_take_due(e);
	missed = e->missed;
	e->missed = false;
	if (missed) {
		bitmap_set(e->now, 0, vs->limits.targets);
		bitmap_set(e->rescan, 0, vs->limits.targets);
	}
	bitmap_andnot(check->targets, e->now, e->doubted, VFE_SCSI_MAX_TARGETS);
	bitmap_zero(e->now, VFE_SCSI_MAX_TARGETS);
	bitmap_andnot(e->later, e->later, check->targets, VFE_SCSI_MAX_TARGETS);
	bitmap_and(check->sure, e->sure, check->targets, VFE_SCSI_MAX_TARGETS);
	bitmap_andnot(e->sure, e->sure, check->sure, VFE_SCSI_MAX_TARGETS);
	spin_unlock_irq(&e->lock);
	bitmap_zero(check->done, VFE_SCSI_MAX_TARGETS);
	return missed;
}

/*
 * A unit of which the device does not say that it is there would fail the
 * commands by which its driver reads its properties, and have none then.
 */
static void vfe_scsi_rescan_done(struct vfe_scsi *vs,
				 const struct vfe_scsi_check *check)
{
	DECLARE_BITMAP(targets, VFE_SCSI_MAX_TARGETS);
	struct vfe_scsi_events *e = &vs->events;
	bool any;

	spin_lock_irq(&e->lock);
	any = bitmap_and(targets, e->rescan, check->done, VFE_SCSI_MAX_TARGETS);
	bitmap_andnot(e->rescan, e->rescan, targets, VFE_SCSI_MAX_TARGETS);
	spin_unlock_irq(&e->lock);
	if (any)
		vfe_scsi_rescan_targets(vs, targets);
}

/*
 * Checks targets later: those of events, and those of which the device has not
 * said which units there are. Not the latter while the device is away: as soon as
 * it is back, all targets are checked; and after a shutdown it never is.
 */
static void vfe_scsi_act_later(struct vfe_scsi *vs,
			       const struct vfe_scsi_check *check)
{
	DECLARE_BITMAP(left, VFE_SCSI_MAX_TARGETS);
	struct vfe_scsi_events *e = &vs->events;
	unsigned long wait = VFE_SCSI_SETTLE;

	spin_lock_irq(&e->lock);
	bitmap_andnot(left, check->targets, check->done, VFE_SCSI_MAX_TARGETS);
	if (vfe_scsi_live(vs) &&
	    bitmap_andnot(left, left, e->doubted, VFE_SCSI_MAX_TARGETS)) {
		bitmap_or(e->later, e->later, left, VFE_SCSI_MAX_TARGETS);
		wait = VFE_SCSI_TRY_AGAIN;
	}
	if (!e->ended && !bitmap_empty(e->later, VFE_SCSI_MAX_TARGETS))
		queue_delayed_work(system_freezable_wq, &e->act_later, wait);
	spin_unlock_irq(&e->lock);
}

/*
 * Acts on as many records as there can be when it begins. Work is queued again
 * for later ones, so that a device with ever more events delays no check.
 */
static void vfe_scsi_act_work(struct work_struct *work)
{
	struct vfe_scsi *vs = container_of(work, struct vfe_scsi, events.act);
	struct vfe_scsi_events *e = &vs->events;
	unsigned int n = VFE_SCSI_RECORDS;
	struct vfe_scsi_check check;
	struct vfe_scsi_record r;

	/* the scan of the new host comes first */
	if (!READ_ONCE(vs->scanning))
		return;
	while (n-- && !READ_ONCE(vs->leaving) && vfe_scsi_take_record(e, &r))
		vfe_scsi_act_on(vs, &r);
	if (vfe_scsi_take_targets(vs, &check))
		bitmap_zero(vs->failed, VFE_SCSI_MAX_TARGETS);
	vfe_scsi_reconcile(vs, &check);
	vfe_scsi_rescan_done(vs, &check);
	vfe_scsi_act_later(vs, &check);
}

static void vfe_scsi_act_later_work(struct work_struct *work)
{
	struct vfe_scsi_events *e = container_of(to_delayed_work(work),
						 struct vfe_scsi_events,
						 act_later);

	spin_lock_irq(&e->lock);
	e->due = true;
	vfe_scsi_events_act(e);
	spin_unlock_irq(&e->lock);
}

/**
 * vfe_scsi_events_begin() - act on events from now on, and on those so far
 * @vs: the host, which was added
 *
 * Context: any.
 */
void vfe_scsi_events_begin(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;
	unsigned long flags;

	spin_lock_irqsave(&e->lock, flags);
	WRITE_ONCE(vs->scanning, true);
	if (e->num || e->missed || e->due ||
	    !bitmap_empty(e->now, VFE_SCSI_MAX_TARGETS))
		vfe_scsi_events_act(e);
	spin_unlock_irqrestore(&e->lock, flags);
}

/**
 * vfe_scsi_check_all() - check all units, as if events were lost
 * @vs: the host
 *
 * What the device said of its units before counts no more.
 *
 * Context: any.
 */
void vfe_scsi_check_all(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;
	unsigned long flags;

	spin_lock_irqsave(&e->lock, flags);
	bitmap_zero(e->doubted, VFE_SCSI_MAX_TARGETS);
	bitmap_zero(e->sure, VFE_SCSI_MAX_TARGETS);
	e->missed = true;
	vfe_scsi_events_act(e);
	spin_unlock_irqrestore(&e->lock, flags);
}

/**
 * vfe_scsi_check_twice() - check in a moment again which units a target has
 * @vs: the host
 * @target: the target, of which the device says that known units are missing
 *
 * Context: process context.
 */
void vfe_scsi_check_twice(struct vfe_scsi *vs, unsigned int target)
{
	struct vfe_scsi_events *e = &vs->events;

	spin_lock_irq(&e->lock);
	__set_bit(target, e->doubted);
	/* not at once, nor only when a target that failed is due */
	e->due = false;
	if (!e->ended)
		mod_delayed_work(system_freezable_wq, &e->act_later,
				 VFE_SCSI_SETTLE);
	spin_unlock_irq(&e->lock);
}

/* --- recovery --- */

void vfe_scsi_events_open(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;
	unsigned int i;

	spin_lock_irq(&e->lock);
	e->open = true;
	for (i = 0; i < e->num_buffers; i++)
		vfe_scsi_event_add(e, e->buffers + i * e->size);
	vfe_scsi_events_kick(e);
	spin_unlock_irq(&e->lock);
}

/* A reset does not lose the events that the device has sent before. */
void vfe_scsi_events_close(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;

	spin_lock_irq(&e->lock);
	if (e->open)
		vfe_scsi_events_take(vs, false);
	if (e->num || e->missed)
		vfe_scsi_events_act(e);
	e->open = false;
	spin_unlock_irq(&e->lock);
}

void vfe_scsi_events_take_back(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;

	spin_lock_irq(&e->lock);
	while (vfe_queue_detach(e->vq))
		;
	spin_unlock_irq(&e->lock);
}

/* --- set-up --- */

static size_t vfe_scsi_events_memory(const struct vfe_scsi_events *e)
{
	return (size_t)e->size * e->num_buffers;
}

/**
 * vfe_scsi_events_init() - allocate the buffers
 * @vs: the host, its queues set up
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_scsi_events_init(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;
	void *buffers;

	spin_lock_init(&e->lock);
	INIT_WORK(&e->refill, vfe_scsi_refill_work);
	INIT_WORK(&e->act, vfe_scsi_act_work);
	INIT_DELAYED_WORK(&e->act_later, vfe_scsi_act_later_work);
	INIT_LIST_HEAD(&e->rescanned);
	/* 5.6.6.3.1: at least what the device writes, and an event */
	e->size = ALIGN(vs->limits.event_size, 16);
	e->num_buffers = min_t(unsigned int, VFE_SCSI_EVENTS,
			       vfe_queue_capacity(e->vq));
	/*
	 * Frozen during suspend, as is the kernel's queue that @act uses: commands
	 * of their work would wait. Both are bound to CPUs: the work of an unbound
	 * queue may never run (since 6.9), if it was queued while frozen, by a
	 * resume, and still runs when the next suspend begins. The queue then
	 * waits for a turn that never comes.
	 */
	e->rescans = alloc_workqueue("vfe_scsi_rescan_%s",
				     WQ_FREEZABLE | VFE_WQ_PERCPU, 0,
				     pci_name(vs->vd->pdev));
	if (!e->rescans)
		return -ENOMEM;
	buffers = vfe_alloc_shared(vs->vd, vfe_scsi_events_memory(e), &e->dma);
	if (!buffers) {
		destroy_workqueue(e->rescans);
		return -ENOMEM;
	}
	/* pairs with vfe_scsi_events_irq(), which from now on uses all of this */
	smp_store_release(&e->buffers, buffers);
	return 0;
}

/**
 * vfe_scsi_events_stop() - act on no more events
 * @vs: the host
 *
 * Context: process context, may sleep: waits for a check of units.
 */
void vfe_scsi_events_stop(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;

	WRITE_ONCE(vs->leaving, true);
	spin_lock_irq(&e->lock);
	e->ended = true;
	spin_unlock_irq(&e->lock);
	cancel_work_sync(&e->refill);
	cancel_delayed_work_sync(&e->act_later);
	cancel_work_sync(&e->act);
	flush_workqueue(e->rescans);
}

/* The device is reset. After a failed probe, work may be queued. */
void vfe_scsi_events_exit(struct vfe_scsi *vs)
{
	struct vfe_scsi_events *e = &vs->events;

	vfe_scsi_events_stop(vs);
	destroy_workqueue(e->rescans);
	vfe_free_shared(vs->vd, vfe_scsi_events_memory(e), e->buffers, e->dma);
	e->buffers = NULL;
}

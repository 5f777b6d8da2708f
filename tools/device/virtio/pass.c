// SPDX-License-Identifier: GPL-2.0
/*
 * Passes over the queues, which start with a notification, a doorbell, or a
 * poll of the rings.
 */
#include "virtio/virtio.h"

/* Remaining work of a pass over a queue */
struct budget {
	unsigned int requests;
	uint64_t bytes;
};

void queue_notify(struct queue *q)
{
	if (!q->v->ring->wants_interrupt(q)) {
		q->v->c->interrupts_suppressed++;
	} else if (!quirk_loses_interrupt(q->v)) {
		q->interrupts++;
		vdev_queue_interrupt(q);
	}
}

void queue_publish(struct queue *q)
{
	const struct vdev_class *class = q->v->class;

	if (ring_publish(q) && (!class->may_notify || class->may_notify(q)))
		queue_notify(q);
	if (quirk_on(q->v, QUIRK_SPURIOUS_INTERRUPTS))
		vdev_interrupt_all(q->v);
}

static int answer_at_once(struct queue *q, struct chain *c)
{
	uint32_t len;
	int ret = q->v->class->request(q, c, &len);

	if (ret)
		return ret;
	ring_push(q, c, quirk_used_len(q, c, len));
	quirk_request_done(q->v);
	return 0;
}

/* Return: 0, REQUEST_LATER, or -1 if the request was malformed */
static int run_one(struct queue *q, struct chain *c, struct budget *left)
{
	uint64_t bytes = c->read_len + c->write_len;
	int ret = service_delays(q) ? service_take(q, c) :
					 answer_at_once(q, c);

	if (ret)
		return ret;
	left->requests--;
	left->bytes -= bytes < left->bytes ? bytes : left->bytes;
	return 0;
}

enum pass_end {
	PASS_BROKEN = -1,
	PASS_UNFINISHED,	/* the budget is used up */
	PASS_EMPTY,
	PASS_LATER,		/* the class takes no more now */
};

static enum pass_end run_available(struct queue *q, struct budget *left)
{
	uint32_t position;
	struct chain c;
	int ret;

	while (left->requests && left->bytes) {
		if (quirk_is_broken(q->v))
			return PASS_BROKEN;
		position = ring_position(q);
		ret = q->v->ring->next(q, &c);
		if (ret <= 0)
			return ret ? PASS_BROKEN : PASS_EMPTY;
		ret = run_one(q, &c, left);
		if (ret == REQUEST_LATER) {
			ring_go_back(q, position);
			return PASS_LATER;
		}
		if (ret)
			return PASS_BROKEN;
	}
	return PASS_UNFINISHED;
}

/*
 * One pass over a queue. Executes all available requests before it publishes
 * them, so that a batch needs one interrupt; a pass is short, so that batches
 * are small. The device requests the next notification before the driver can
 * see used buffers: so a driver at depth 1 always gets the same answer to
 * whether it must notify.
 */
static void run_queue(struct queue *q)
{
	struct budget left = { QUEUE_BATCH_REQUESTS, QUEUE_BATCH_BYTES };
	const struct vdev_class *class = q->v->class;
	const struct ring_ops *ring = q->v->ring;
	bool poll = q->v->o->poll;
	enum pass_end end;

	q->pending = false;
	q->later = false;
	if (!poll)
		ring->disarm(q);
	do {
		end = run_available(q, &left);
	} while (end == PASS_EMPTY && !poll && !ring->arm(q));
	if (poll)
		ring->silence(q);
	if (class->pass_done)
		class->pass_done(q);
	queue_publish(q);
	if (end == PASS_BROKEN)
		vdev_break(q->v);
	q->later = end == PASS_LATER;
	if (end == PASS_UNFINISHED)
		q->pending = true;
}

void pass_catch_up(struct queue *q)
{
	unsigned int passes = 1 + q->size / QUEUE_BATCH_REQUESTS;

	/* A driver that goes on adding requests does not keep this here. */
	while (passes-- && queue_usable(q) &&
	       (q->pending || (!q->later && q->v->ring->has_more(q))))
		run_queue(q);
}

bool queue_usable(struct queue *q)
{
	return vdev_running(q->v) && q->state == QUEUE_ENABLED &&
	       ring_resolve(q);
}

int queue_take(struct queue *q, struct chain *c)
{
	struct vdev *v = q->v;
	int ret;

	if (!q->taking)
		q->taken = ring_position(q);
	q->taking = true;
	ret = quirk_is_broken(v) ? -1 : v->ring->next(q, c);
	if (ret > 0)
		v->iov_used += c->readable + c->writable;
	if (ret < 0)
		vdev_break(v);
	return ret;
}

void queue_untake(struct queue *q)
{
	if (q->taking)
		ring_go_back(q, q->taken);
	queue_done(q);
}

void queue_done(struct queue *q)
{
	q->taking = false;
	q->v->iov_used = 0;
}

bool queue_arm(struct queue *q)
{
	if (!q->v->o->poll)
		return q->v->ring->arm(q);
	q->v->ring->silence(q);
	return !q->v->ring->has_more(q);
}

/*
 * The driver announces buffers: check the ring. Return: whether requests were
 * taken from it
 */
static bool kick(struct queue *q)
{
	struct vdev *v = q->v;

	/*
	 * 2.1.2: consume nothing before DRIVER_OK, nor from an unmapped ring.
	 */
	if (!vdev_running(v) || q->state != QUEUE_ENABLED)
		return false;
	if (!ring_resolve(q)) {
		log_line("queue %u: its ring is no longer in guest memory",
			 q->index);
		vdev_break(v);
		return false;
	}
	if (v->class->available && v->class->available(q))
		return false;
	run_queue(q);
	return !q->later;
}

/*
 * @slot: where in the notify window; @value: as the driver wrote it, its lower
 * half. 4.1.5.2.1: both name the queue.
 */
static struct queue *notified(struct vdev *v, uint32_t slot, uint16_t value)
{
	if (quirk_on(v, QUIRK_SHARED_NOTIFY) && !slot)
		slot = value - vdev_notify_value(v, 0);
	if (slot < v->num_queues && value == vdev_notify_value(v, slot))
		return &v->queues[slot];
	log_line("notify: value %u at offset %u ignored: that of a queue is expected there, of %u",
		 value, slot * VFE_NOTIFY_MULTIPLIER, v->num_queues);
	return NULL;
}

/*
 * 2.9: the upper half of a notification is the position after the last buffer.
 * The ring must have these buffers by then, and may have later ones.
 */
static void check_data(struct queue *q, uint16_t next)
{
	struct vdev *v = q->v;

	if (!vdev_has(v, VIRTIO_F_NOTIFICATION_DATA) || !vdev_running(v) ||
	    q->state != QUEUE_ENABLED || q->pending ||
	    !v->ring->is_ahead(q, next))
		return;
	v->c->notified_ahead++;
	log_line("queue %u: a notification says 0x%x of buffers that are not in the ring",
		 q->index, next);
}

void pass_notify(struct vdev *v, uint32_t offset, unsigned int size,
		 uint32_t value)
{
	/* 4.1.5.2.1: 32 bits with NOTIFICATION_DATA; else 16, or more */
	unsigned int least = vdev_has(v, VIRTIO_F_NOTIFICATION_DATA) ? 4 : 2;
	struct queue *q;

	if (offset % VFE_NOTIFY_MULTIPLIER || size < least) {
		log_line("notify: write of %u bytes at offset %u ignored: a queue's slot takes %u",
			 size, offset, least);
		return;
	}
	q = notified(v, offset / VFE_NOTIFY_MULTIPLIER, value);
	if (!q)
		return;
	q->kicks++;
	if (kick(q))
		check_data(q, value >> 16);
}

/* Return: whether the driver kicked; then @value is the value that it wrote */
static bool look_at_doorbell(struct queue *q, uint32_t *value)
{
	uint32_t *slot = &q->v->doorbell[q->index];

	/* Reading first leaves the cache line shared without kicks. */
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) == VFE_DOORBELL_IDLE)
		return false;
	*value = __atomic_exchange_n(slot, VFE_DOORBELL_IDLE, __ATOMIC_SEQ_CST);
	q->v->c->doorbells++;
	q->kicks++;
	return notified(q->v, q->index, *value);
}

static bool poll_queue(struct queue *q)
{
	struct vdev *v = q->v;
	bool rung = false;
	uint32_t value = 0;

	if (q->state != QUEUE_ENABLED)
		return false;
	if (v->doorbell)
		rung = look_at_doorbell(q, &value);
	q->pending |= rung;
	if (!q->pending && !v->o->poll)
		return false;
	/*
	 * While the client remaps guest memory, the ring may be unmapped
	 * temporarily: no fault of the driver.
	 */
	if (!ring_resolve(q) ||
	    (!q->pending && (q->later || !v->ring->has_more(q))))
		return false;
	if (v->class->available && v->class->available(q)) {
		/* Buffers that only lie in the ring are no activity. */
		bool told = q->pending;

		q->pending = false;
		return told;
	}
	run_queue(q);
	if (rung && !q->later)
		check_data(q, value >> 16);
	return true;
}

bool vdev_poll(struct vdev *v)
{
	bool work = false;

	for (unsigned int i = 0; i < v->num_queues && vdev_running(v); i++)
		work |= poll_queue(&v->queues[i]);
	if (v->class->poll)
		work |= v->class->poll(v);
	return work;
}

uint64_t vdev_due(const struct vdev *v)
{
	uint64_t mine = service_due(v);
	uint64_t class = v->class->due ? v->class->due(v) : UINT64_MAX;

	return mine < class ? mine : class;
}

int vdev_fds(struct vdev *v, struct pollfd *fds)
{
	return v->class->fds ? v->class->fds(v, fds) : 0;
}

void vdev_handle(struct vdev *v, const struct pollfd *fds, int n)
{
	if (n)
		v->class->handle(v, fds, n);
}

void pass_publish_answered(struct vdev *v)
{
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (!v->queues[i].answered)
			continue;
		v->queues[i].answered = false;
		queue_publish(&v->queues[i]);
	}
}

void vdev_serve(struct vdev *v, uint64_t now)
{
	if (v->class->expired && v->class->due(v) <= now)
		v->class->expired(v, now);
	service_answer(v, now);
	pass_publish_answered(v);
}

bool vdev_wants_poll(const struct vdev *v)
{
	if (v->class->wants_poll && v->class->wants_poll(v))
		return true;
	if (!vdev_running(v))
		return false;
	if (v->o->poll || v->doorbell)
		return true;
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (v->queues[i].pending)
			return true;
	}
	return false;
}


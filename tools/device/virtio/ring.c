// SPDX-License-Identifier: GPL-2.0
/*
 * Common code of the ring layouts: the choice of the layout, its parts, and
 * pending used entries.
 */
#include "virtio/ring.h"
#include "virtio/virtio.h"

static const char * const part_names[NUM_PARTS] = {
	[PART_DESC] = "queue_desc",
	[PART_DRIVER] = "queue_driver",
	[PART_DEVICE] = "queue_device",
};

static const struct ring_ops *ops(const struct queue *q)
{
	return q->v->ring;
}

const struct ring_ops *ring_ops_of(const struct vdev *v)
{
	return vdev_has(v, VIRTIO_F_RING_PACKED) ? &packed_ops : &split_ops;
}

uint16_t ring_largest(const struct ring_ops *of, unsigned int max)
{
	while (!of->is_size(max))
		max--;
	return max;
}

void ring_forget(struct queue *q)
{
	for (int i = 0; i < NUM_PARTS; i++)
		q->part[i] = NULL;
}

void ring_reset(struct queue *q)
{
	q->state = QUEUE_CONFIG;
	q->size = ring_largest(ops(q), q->v->o->queue_size);
	q->vector = VIRTIO_MSI_NO_VECTOR;
	for (int i = 0; i < NUM_PARTS; i++)
		q->addr[i] = 0;
	ring_forget(q);
	q->used = (struct used_entry) {};
	q->pending = false;
	q->answered = false;
	ops(q)->reset(q);
}

static bool resolve_part(struct queue *q, enum queue_part part)
{
	const struct ring_part *rule = &ops(q)->parts[part];
	void *p = gmem_ptr(q->v->gm, q->addr[part], ops(q)->part_len(q, part),
			   rule->write);

	/* A misaligned mapping must not misalign an aligned guest address. */
	if (!p || (uintptr_t)p & (rule->align - 1))
		return false;
	q->part[part] = p;
	return true;
}

bool ring_resolve(struct queue *q)
{
	for (int i = 0; i < NUM_PARTS; i++) {
		if (!q->part[i] && !resolve_part(q, i))
			return false;
	}
	return true;
}

bool ring_check(struct queue *q)
{
	ring_forget(q);
	for (int i = 0; i < NUM_PARTS; i++) {
		/* 2.7.1, 2.8.11: alignment of the three parts */
		if (q->addr[i] & (ops(q)->parts[i].align - 1)) {
			log_line("queue %u: %s 0x%llx is not aligned to %u bytes",
				 q->index, part_names[i],
				 (unsigned long long)q->addr[i],
				 ops(q)->parts[i].align);
			return false;
		}
		if (!resolve_part(q, i)) {
			log_line("queue %u: %s 0x%llx: %llu bytes there are not all guest memory",
				 q->index, part_names[i],
				 (unsigned long long)q->addr[i],
				 (unsigned long long)ops(q)->part_len(q, i));
			return false;
		}
	}
	return true;
}

static void put_used(struct queue *q)
{
	if (q->used.steps)
		ops(q)->put(q, &q->used);
	q->used.steps = 0;
}

void ring_push(struct queue *q, const struct chain *c, uint32_t len)
{
	/*
	 * 2.7.9, 2.8.8: with IN_ORDER one entry completes a batch. The driver
	 * assumes that buffers without an entry were filled completely, so a
	 * buffer that was not ends its batch.
	 */
	if (!vdev_has(q->v, VIRTIO_F_IN_ORDER) || !q->used.whole)
		put_used(q);
	q->used.id = c->id;
	q->used.len = len;
	q->used.steps += c->steps;
	q->used.whole = len == c->write_len;
}

bool ring_publish(struct queue *q)
{
	put_used(q);
	return ops(q)->publish(q);
}

uint32_t ring_position(const struct queue *q)
{
	return ops(q) == &packed_ops ? q->packed.avail : q->split.last_avail;
}

void ring_go_back(struct queue *q, uint32_t position)
{
	if (ops(q) == &packed_ops)
		q->packed.avail = position;
	else
		q->split.last_avail = position;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A split ring as the device reads and writes it (virtio 1.4, 2.7): where its
 * parts are, taking available entries, publishing used ones, and when either
 * side wants to hear of it. The guest may change any of it at any time: every
 * field is read once, checked, and only then used.
 */
#include <endian.h>
#include <stddef.h>

#include "virtio.h"

static const char * const part_names[NUM_PARTS] = {
	[PART_DESC] = "queue_desc",
	[PART_DRIVER] = "queue_driver",
	[PART_DEVICE] = "queue_device",
};

static bool event_idx(const struct queue *q)
{
	return vdev_has(q->v, VIRTIO_RING_F_EVENT_IDX);
}

static uint16_t load16(const uint16_t *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static void store16(uint16_t *p, uint16_t value)
{
	__atomic_store_n(p, htole16(value), __ATOMIC_RELAXED);
}

static struct vring_avail *avail_ring(const struct queue *q)
{
	return q->part[PART_DRIVER];
}

static struct vring_used *used_ring(const struct queue *q)
{
	return q->part[PART_DEVICE];
}

/* 2.7.10: behind the last entry of the used ring, written by the device */
static uint16_t *avail_event(const struct queue *q)
{
	return (uint16_t *)&used_ring(q)->ring[q->size];
}

/* 2.7.6: behind the last entry of the available ring, read by the device */
static const uint16_t *used_event(const struct queue *q)
{
	return &avail_ring(q)->ring[q->size];
}

/* 2.7: the event fields are there only with EVENT_IDX */
static uint64_t part_len(const struct queue *q, enum queue_part part)
{
	uint64_t event = event_idx(q) ? sizeof(uint16_t) : 0;

	switch (part) {
	case PART_DESC:
		return (uint64_t)q->size * sizeof(struct vring_desc);
	case PART_DRIVER:
		return offsetof(struct vring_avail, ring) +
		       (uint64_t)q->size * sizeof(uint16_t) + event;
	default:
		return offsetof(struct vring_used, ring) +
		       (uint64_t)q->size * sizeof(struct vring_used_elem) +
		       event;
	}
}

static unsigned int part_align(enum queue_part part)
{
	switch (part) {
	case PART_DESC:
		return VRING_DESC_ALIGN_SIZE;
	case PART_DRIVER:
		return VRING_AVAIL_ALIGN_SIZE;
	default:
		return VRING_USED_ALIGN_SIZE;
	}
}

void ring_reset(struct queue *q)
{
	q->state = QUEUE_CONFIG;
	q->size = q->v->o->queue_size;
	q->vector = VIRTIO_MSI_NO_VECTOR;
	for (int i = 0; i < NUM_PARTS; i++)
		q->addr[i] = 0;
	ring_forget(q);
	q->last_avail = 0;
	q->seen_avail = 0;
	q->used_idx = 0;
	q->published = 0;
	q->pending = false;
}

void ring_forget(struct queue *q)
{
	for (int i = 0; i < NUM_PARTS; i++)
		q->part[i] = NULL;
}

static bool resolve_part(struct queue *q, enum queue_part part)
{
	void *p = gmem_ptr(q->v->gm, q->addr[part], part_len(q, part),
			   part == PART_DEVICE);

	/* An odd mapping must not turn an aligned guest address odd here. */
	if (!p || (uintptr_t)p & (part_align(part) - 1))
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
		/* 2.7.1: alignment of the three parts */
		if (q->addr[i] & (part_align(i) - 1)) {
			log_line("queue %u: %s 0x%llx is not aligned to %u bytes",
				 q->index, part_names[i],
				 (unsigned long long)q->addr[i],
				 part_align(i));
			return false;
		}
		if (!resolve_part(q, i)) {
			log_line("queue %u: %s 0x%llx: %llu bytes there are not all guest memory",
				 q->index, part_names[i],
				 (unsigned long long)q->addr[i],
				 (unsigned long long)part_len(q, i));
			return false;
		}
	}
	return true;
}

static int look_for_more(struct queue *q)
{
	/* Pairs with the driver's barrier before its index, 2.7.13.3.1. */
	uint16_t idx = le16toh(__atomic_load_n(&avail_ring(q)->idx,
					       __ATOMIC_ACQUIRE));
	uint16_t ahead = idx - q->last_avail;

	if (ahead > q->size) {
		log_line("queue %u: available index %u is %u ahead: the queue size is %u",
			 q->index, idx, ahead, q->size);
		return -1;
	}
	q->seen_avail = idx;
	return ahead != 0;
}

int ring_next(struct queue *q, uint16_t *head)
{
	uint16_t h;

	if (q->last_avail == q->seen_avail) {
		int more = look_for_more(q);

		if (more <= 0)
			return more;
	}
	h = load16(&avail_ring(q)->ring[q->last_avail & (q->size - 1)]);
	if (h >= q->size) {
		log_line("queue %u: available entry %u names descriptor %u: the queue size is %u",
			 q->index, q->last_avail & (q->size - 1), h, q->size);
		return -1;
	}
	q->last_avail++;
	*head = h;
	return 1;
}

bool ring_has_more(const struct queue *q)
{
	return q->last_avail != load16(&avail_ring(q)->idx);
}

void ring_push(struct queue *q, uint16_t head, uint32_t len)
{
	struct vring_used_elem *e;

	e = &used_ring(q)->ring[q->used_idx & (q->size - 1)];
	__atomic_store_n(&e->id, htole32(head), __ATOMIC_RELAXED);
	__atomic_store_n(&e->len, htole32(len), __ATOMIC_RELAXED);
	q->used_idx++;
}

bool ring_publish(struct queue *q)
{
	uint16_t old = q->published;

	if (q->used_idx == old)
		return false;
	/* 2.7.8.2: entries and status bytes are there before the index. */
	__atomic_store_n(&used_ring(q)->idx, htole16(q->used_idx),
			 __ATOMIC_RELEASE);
	q->published = q->used_idx;

	/*
	 * The driver writes its wish and then looks at the index; the index is
	 * written before the wish is read, or both might miss each other.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* 2.7.7.2: used_event counts with EVENT_IDX, the flag without */
	if (event_idx(q))
		return vring_need_event(load16(used_event(q)), q->used_idx,
					old);
	return !(load16(&avail_ring(q)->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

void ring_disarm(struct queue *q)
{
	/* With EVENT_IDX the event lies behind as soon as it was crossed. */
	if (!event_idx(q))
		store16(&used_ring(q)->flags, VRING_USED_F_NO_NOTIFY);
}

bool ring_arm(struct queue *q)
{
	/* 2.7.10.1: flags stay 0 with EVENT_IDX */
	if (event_idx(q))
		store16(avail_event(q), q->last_avail);
	else
		store16(&used_ring(q)->flags, 0);
	/* Pairs with the driver's barrier before it reads this, 2.7.13.4.1. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !ring_has_more(q);
}

void ring_silence(struct queue *q)
{
	/*
	 * Half the index space ahead: at most a queue size (32768) of entries
	 * can lie between last_avail and the driver's index, so the driver
	 * never crosses it.
	 */
	if (event_idx(q))
		store16(avail_event(q), q->last_avail + 0x8000);
	else
		store16(&used_ring(q)->flags, VRING_USED_F_NO_NOTIFY);
}

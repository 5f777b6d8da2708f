// SPDX-License-Identifier: GPL-2.0
/*
 * A split ring as the device reads and writes it (virtio 1.4, 2.7): taking
 * available entries and the chains they name, publishing used ones, and when
 * either side wants to hear of it.
 */
#include <string.h>

#include "virtio/chain.h"
#include "virtio/virtio.h"

static bool event_idx(const struct queue *q)
{
	return vdev_has(q->v, VIRTIO_RING_F_EVENT_IDX);
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

/* 2.7.1 */
static const struct ring_part split_parts[NUM_PARTS] = {
	[PART_DESC] = { VRING_DESC_ALIGN_SIZE, false },
	[PART_DRIVER] = { VRING_AVAIL_ALIGN_SIZE, false },
	[PART_DEVICE] = { VRING_USED_ALIGN_SIZE, true },
};

/* 2.7: the event fields are there only with EVENT_IDX */
static uint64_t split_part_len(const struct queue *q, enum queue_part part)
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

/* 2.7, 4.1.4.3.2 */
static bool split_is_size(uint32_t size)
{
	return size && !(size & (size - 1));
}

static void split_reset(struct queue *q)
{
	q->split = (struct split_ring) {};
}

static struct desc desc_read(const uint8_t *table, unsigned int index)
{
	struct vring_desc copy;

	memcpy(&copy, table + index * sizeof(copy), sizeof(copy));
	/* The code below uses the copy: the compiler must not read again. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return (struct desc) {
		.addr = le64toh(copy.addr),
		.len = le32toh(copy.len),
		.flags = le16toh(copy.flags),
		.extra = le16toh(copy.next),
	};
}

/*
 * One descriptor, of the queue's own table or of an indirect one. 2.7.5.3.1: no
 * chain is longer than the queue size; @steps counts.
 * Return: 1 with the next index in @index, 0 at the end, -1 if broken.
 */
static int walk_one(struct walk *w, struct table *t, unsigned int *steps,
		    unsigned int *index)
{
	struct desc d;

	if (*index >= t->num)
		return chain_complain(w, *index, "index beyond the table of",
				      t->num);
	/* 2.7.5.2: no loops; longer than the queue can only be one */
	if ((*steps)++ >= w->q->size)
		return chain_complain(w, *index,
				      "loop, or chain longer than the queue size",
				      w->q->size);
	d = desc_read(t->bytes, *index);
	if (d.flags & VRING_DESC_F_INDIRECT) {
		if (chain_table(w, *index, &d, w->q->size, t))
			return -1;
		(*steps)--;
		*index = 0;
		return 1;
	}
	if (chain_buffer(w, *index, &d))
		return -1;
	*index = d.extra;
	return !!(d.flags & VRING_DESC_F_NEXT);
}

static int read_chain(struct queue *q, uint16_t head, struct chain *c)
{
	struct table t = { q->part[PART_DESC], q->size };
	unsigned int index = head, steps = 0;
	struct walk w;
	int ret;

	chain_begin(&w, q, c, head);
	do {
		ret = walk_one(&w, &t, &steps, &index);
	} while (ret > 0);
	if (ret < 0)
		return ret;
	chain_end(&w);
	c->id = head;
	c->steps = 1;
	return 1;
}

static int look_for_more(struct queue *q)
{
	/* Pairs with the driver's barrier before its index, 2.7.13.3.1. */
	uint16_t idx = le16toh(__atomic_load_n(&avail_ring(q)->idx,
					       __ATOMIC_ACQUIRE));
	uint16_t ahead = idx - q->split.last_avail;

	if (ahead > q->size) {
		log_line("queue %u: available index %u is %u ahead: the queue size is %u",
			 q->index, idx, ahead, q->size);
		return -1;
	}
	q->split.seen_avail = idx;
	return ahead != 0;
}

static int split_next(struct queue *q, struct chain *c)
{
	unsigned int slot = q->split.last_avail & (q->size - 1);
	uint16_t head;

	if (q->split.last_avail == q->split.seen_avail) {
		int more = look_for_more(q);

		if (more <= 0)
			return more;
	}
	head = load16(&avail_ring(q)->ring[slot]);
	if (head >= q->size) {
		log_line("queue %u: available entry %u names descriptor %u: the queue size is %u",
			 q->index, slot, head, q->size);
		return -1;
	}
	q->split.last_avail++;
	return read_chain(q, head, c);
}

static bool split_has_more(const struct queue *q)
{
	return q->split.last_avail != load16(&avail_ring(q)->idx);
}

static void split_put(struct queue *q, const struct used_entry *used)
{
	struct vring_used_elem *e;

	e = &used_ring(q)->ring[q->split.used_idx & (q->size - 1)];
	__atomic_store_n(&e->id, htole32(used->id), __ATOMIC_RELAXED);
	__atomic_store_n(&e->len, htole32(used->len), __ATOMIC_RELAXED);
	q->split.used_idx += used->steps;
}

static bool split_publish(struct queue *q)
{
	if (q->split.used_idx == q->split.published)
		return false;
	/* 2.7.8.2: entries and status bytes are there before the index. */
	__atomic_store_n(&used_ring(q)->idx, htole16(q->split.used_idx),
			 __ATOMIC_RELEASE);
	q->split.published = q->split.used_idx;

	/*
	 * The driver writes used_event or flags and then reads the index; so
	 * write the index before reading these.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

static bool split_wants_interrupt(struct queue *q)
{
	uint16_t old = q->split.notified;

	q->split.notified = q->split.published;
	/* 2.7.7.2: used_event counts with EVENT_IDX, the flag without */
	if (event_idx(q))
		return vring_need_event(load16(used_event(q)),
					q->split.published, old);
	return !(load16(&avail_ring(q)->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

static void split_disarm(struct queue *q)
{
	/* With EVENT_IDX an event that was passed needs no change. */
	if (!event_idx(q))
		store16(&used_ring(q)->flags, VRING_USED_F_NO_NOTIFY);
}

static bool split_arm(struct queue *q)
{
	/* 2.7.10.1: flags stay 0 with EVENT_IDX */
	if (event_idx(q))
		store16(avail_event(q), q->split.last_avail);
	else
		store16(&used_ring(q)->flags, 0);
	/* Pairs with the driver's barrier before it reads this, 2.7.13.4.1. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !split_has_more(q);
}

static void split_silence(struct queue *q)
{
	/*
	 * Half the index space ahead: at most a queue size (32768) of entries
	 * can lie between last_avail and the driver's index, so the driver
	 * never crosses it.
	 */
	if (event_idx(q))
		store16(avail_event(q), q->split.last_avail + 0x8000);
	else
		store16(&used_ring(q)->flags, VRING_USED_F_NO_NOTIFY);
}

/* 2.9: the data is the available index. */
static bool split_is_ahead(const struct queue *q, uint16_t next)
{
	uint16_t ahead = next - q->split.last_avail;

	return ahead && ahead <= q->size;
}

static void split_progress(const struct queue *q, uint16_t *avail,
			   uint16_t *used)
{
	*avail = q->split.last_avail;
	*used = q->split.published;
}

const struct ring_ops split_ops = {
	.parts = split_parts,
	.part_len = split_part_len,
	.is_size = split_is_size,
	.size_rule = "a power of two",
	.reset = split_reset,
	.next = split_next,
	.has_more = split_has_more,
	.put = split_put,
	.publish = split_publish,
	.wants_interrupt = split_wants_interrupt,
	.disarm = split_disarm,
	.arm = split_arm,
	.silence = split_silence,
	.is_ahead = split_is_ahead,
	.progress = split_progress,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * A packed ring, on the device's side (virtio 1.4, 2.8): reads available
 * descriptors, overwrites them with used ones, and handles both event
 * suppression structures.
 */
#include <string.h>

#include "virtio/chain.h"
#include "virtio/virtio.h"

static_assert(DESC_F_AVAIL == BIT64(VRING_PACKED_DESC_F_AVAIL), "2.8.1");
static_assert(DESC_F_USED == BIT64(VRING_PACKED_DESC_F_USED), "2.8.1");
static_assert(EVENT_WRAP == BIT64(VRING_PACKED_EVENT_F_WRAP_CTR), "2.8.14");

#define MAX_SIZE	32768U	/* 2.8: 2^15 */
#define EVENT_FLAGS	0x3U	/* 2.8.14 */

static bool event_idx(const struct queue *q)
{
	return vdev_has(q->v, VIRTIO_RING_F_EVENT_IDX);
}

static struct vring_packed_desc *descs(const struct queue *q)
{
	return q->part[PART_DESC];
}

/* Positions: see struct packed_ring */

static uint32_t slot_of(const struct queue *q, uint32_t pos)
{
	return pos < q->size ? pos : pos - q->size;
}

static bool wrap_of(const struct queue *q, uint32_t pos)
{
	return pos < q->size;
}

static uint32_t advance(const struct queue *q, uint32_t pos, uint32_t steps)
{
	return (pos + steps) % (2U * q->size);
}

/* Steps from one position forward to another */
static uint32_t distance(const struct queue *q, uint32_t from, uint32_t to)
{
	return (to + 2U * q->size - from) % (2U * q->size);
}

/* A position in the format of the specification */
static uint16_t to_wire(const struct queue *q, uint32_t pos)
{
	return slot_of(q, pos) | (wrap_of(q, pos) ? EVENT_WRAP : 0);
}

/* Return: false if there is no such descriptor */
static bool from_wire(const struct queue *q, uint16_t wire, uint32_t *pos)
{
	uint32_t slot = wire & (EVENT_WRAP - 1);

	*pos = wire & EVENT_WRAP ? slot : slot + q->size;
	return slot < q->size;
}

/* 2.8.11; used descriptors overwrite available ones. */
static const struct ring_part packed_parts[NUM_PARTS] = {
	[PART_DESC] = { sizeof(struct vring_packed_desc), true },
	[PART_DRIVER] = { sizeof(struct vring_packed_desc_event), false },
	[PART_DEVICE] = { sizeof(struct vring_packed_desc_event), true },
};

static uint64_t packed_part_len(const struct queue *q, enum queue_part part)
{
	if (part == PART_DESC)
		return (uint64_t)q->size * sizeof(struct vring_packed_desc);
	return sizeof(struct vring_packed_desc_event);
}

/* 2.8.10.1: any size; 2.8: but up to 2^15 */
static bool packed_is_size(uint32_t size)
{
	return size && size <= MAX_SIZE;
}

static void packed_reset(struct queue *q)
{
	q->packed = (struct packed_ring) {};
}

/* 2.8.1: AVAIL equals the driver's wrap counter, and USED differs */
static bool is_available(const struct queue *q, uint32_t pos, uint16_t flags)
{
	bool wrap = wrap_of(q, pos);

	return !!(flags & DESC_F_AVAIL) == wrap && !!(flags & DESC_F_USED) != wrap;
}

static struct desc desc_read(const uint8_t *table, uint32_t index)
{
	struct vring_packed_desc copy;

	memcpy(&copy, table + index * sizeof(copy), sizeof(copy));
	/* The code below uses the copy: the compiler must not read again. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return (struct desc) {
		.addr = le64toh(copy.addr),
		.len = le32toh(copy.len),
		.flags = le16toh(copy.flags),
		.extra = le16toh(copy.id),
	};
}

/* 2.8.7: of flags and id in a table only the write flag counts. */
static int read_table(struct walk *w, const struct table *t)
{
	for (uint32_t i = 0; i < t->num; i++) {
		struct desc d = desc_read(t->bytes, i);

		d.flags &= VRING_DESC_F_WRITE;
		if (chain_buffer(w, i, &d))
			return -1;
	}
	return 0;
}

/*
 * 2.8.17 limits a list to the queue size, but a table to the device's limit:
 * enough for the longest request, with any queue size.
 */
static uint32_t table_max(const struct queue *q)
{
	const struct vdev_class *class = q->v->class;
	uint32_t request = class->longest_chain ? class->longest_chain(q->v) :
						  0;

	return q->size > request ? q->size : request;
}

static int read_one(struct walk *w, uint32_t slot, const struct desc *d,
		    bool first)
{
	struct table t;

	if (!(d->flags & VRING_DESC_F_INDIRECT))
		return chain_buffer(w, slot, d);
	/* 2.8.19: never in a list */
	if (!first)
		return chain_complain(w, slot, "indirect in a list: flags",
				      d->flags);
	if (chain_table(w, slot, d, table_max(w->q), &t))
		return -1;
	return read_table(w, &t);
}

/* The next descriptor of the list. Return: its flags, or -1 if broken */
static int go_on(struct walk *w, uint32_t pos, uint32_t steps)
{
	struct queue *q = w->q;
	uint32_t slot = slot_of(q, pos);
	uint16_t flags = load16(&descs(q)[slot].flags);

	/* 2.8.17: this also forbids loops */
	if (steps >= q->size)
		return chain_complain(w, slot,
				      "loop, or chain longer than the queue size",
				      q->size);
	/* 2.8.6: must have become available before the first one */
	if (!is_available(q, pos, flags))
		return chain_complain(w, slot,
				      "not available in the middle of a list: flags",
				      flags);
	return flags;
}

/* Return: the number of descriptors, or -1 if broken */
static int read_list(struct walk *w, uint16_t first)
{
	const uint8_t *table = w->q->part[PART_DESC];
	uint32_t pos = w->q->packed.avail, steps = 0;
	int flags = first;
	struct desc d;

	for (;;) {
		d = desc_read(table, slot_of(w->q, pos));
		/* the flags that made it available */
		d.flags = flags;
		if (read_one(w, slot_of(w->q, pos), &d, !steps))
			return -1;
		steps++;
		if (!(flags & VRING_DESC_F_NEXT))
			break;
		pos = advance(w->q, pos, 1);
		flags = go_on(w, pos, steps);
		if (flags < 0)
			return -1;
	}
	/*
	 * 2.8.6: the last one has the id, which the device returns unchanged.
	 */
	w->c->id = d.extra;
	return steps;
}

static int packed_next(struct queue *q, struct chain *c)
{
	uint32_t slot = slot_of(q, q->packed.avail);
	struct walk w;
	uint16_t flags;
	int steps;

	/* Pairs with the driver's barrier before the flags, 2.8.21.1.1. */
	flags = le16toh(__atomic_load_n(&descs(q)[slot].flags,
					__ATOMIC_ACQUIRE));
	if (!is_available(q, q->packed.avail, flags))
		return 0;
	chain_begin(&w, q, c, slot);
	steps = read_list(&w, flags);
	if (steps < 0)
		return -1;
	/* 2.8.16: a buffer in flight may not be made available again. */
	if (distance(q, q->packed.published, q->packed.avail) + steps > q->size)
		return chain_complain(&w, slot,
				      "available again before it was used: flags",
				      flags);
	q->packed.avail = advance(q, q->packed.avail, steps);
	c->steps = steps;
	chain_end(&w);
	return 1;
}

static bool packed_has_more(const struct queue *q)
{
	uint32_t pos = q->packed.avail;

	return is_available(q, pos, load16(&descs(q)[slot_of(q, pos)].flags));
}

/*
 * The driver checks the first one first, so publish its flags last.
 */
static void packed_put(struct queue *q, const struct used_entry *used)
{
	struct vring_packed_desc *d = &descs(q)[slot_of(q, q->packed.used)];
	uint16_t flags = 0;

	if (wrap_of(q, q->packed.used))
		flags = DESC_F_AVAIL | DESC_F_USED;
	/* 2.8.3, 2.8.4: the length is valid only if the device wrote data. */
	if (used->len)
		flags |= VRING_DESC_F_WRITE;
	__atomic_store_n(&d->len, htole32(used->len), __ATOMIC_RELAXED);
	store16(&d->id, used->id);
	if (q->packed.used == q->packed.published)
		q->packed.held = flags;
	else
		store16(&d->flags, flags);
	q->packed.used = advance(q, q->packed.used, used->steps);
}

static bool packed_publish(struct queue *q)
{
	uint32_t old = q->packed.published;

	if (q->packed.used == old)
		return false;
	/*
	 * Release all other writes, including status bytes, before these flags.
	 */
	__atomic_store_n(&descs(q)[slot_of(q, old)].flags,
			 htole16(q->packed.held), __ATOMIC_RELEASE);
	q->packed.published = q->packed.used;

	/*
	 * The driver writes its event suppression and then reads the flags; so
	 * write the flags before reading the event suppression.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

static bool packed_wants_interrupt(struct queue *q)
{
	const uint32_t *event = q->part[PART_DRIVER];
	/* Read both halves at once: they belong together. */
	uint32_t value = le32toh(__atomic_load_n(event, __ATOMIC_RELAXED));
	uint32_t pos, old = q->packed.notified;

	q->packed.notified = q->packed.published;
	switch (value >> 16 & EVENT_FLAGS) {
	case VRING_PACKED_EVENT_FLAG_DISABLE:
		return false;
	case VRING_PACKED_EVENT_FLAG_DESC:
		/* If the value is invalid, interrupt. */
		if (!event_idx(q) || !from_wire(q, value, &pos))
			return true;
		return distance(q, old, pos) <
		       distance(q, old, q->packed.published);
	default:
		return true;
	}
}

static void set_event(struct queue *q, uint16_t off_wrap, uint32_t flags)
{
	uint32_t *event = q->part[PART_DEVICE];

	__atomic_store_n(event, htole32(off_wrap | flags << 16),
			 __ATOMIC_RELAXED);
}

static void packed_silence(struct queue *q)
{
	set_event(q, 0, VRING_PACKED_EVENT_FLAG_DISABLE);
}

static void packed_disarm(struct queue *q)
{
	/* With EVENT_IDX an event that was passed needs no change. */
	if (!event_idx(q))
		packed_silence(q);
}

static bool packed_arm(struct queue *q)
{
	if (event_idx(q))
		set_event(q, to_wire(q, q->packed.avail),
			  VRING_PACKED_EVENT_FLAG_DESC);
	else
		set_event(q, 0, VRING_PACKED_EVENT_FLAG_ENABLE);
	/* Pairs with the driver's barrier before it reads this, 2.8.21.3.1. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !packed_has_more(q);
}

/* 2.8.16, 2.9: the data is the position of the next available descriptor. */
static bool packed_is_ahead(const struct queue *q, uint16_t next)
{
	uint32_t pos, ahead;

	if (!from_wire(q, next, &pos))
		return true;
	ahead = distance(q, q->packed.avail, pos);
	return ahead && ahead <= q->size;
}

static void packed_progress(const struct queue *q, uint16_t *avail,
			    uint16_t *used)
{
	*avail = to_wire(q, q->packed.avail);
	*used = to_wire(q, q->packed.published);
}

const struct ring_ops packed_ops = {
	.parts = packed_parts,
	.part_len = packed_part_len,
	.is_size = packed_is_size,
	.size_rule = "at least 1",
	.reset = packed_reset,
	.next = packed_next,
	.has_more = packed_has_more,
	.put = packed_put,
	.publish = packed_publish,
	.wants_interrupt = packed_wants_interrupt,
	.disarm = packed_disarm,
	.arm = packed_arm,
	.silence = packed_silence,
	.is_ahead = packed_is_ahead,
	.progress = packed_progress,
};

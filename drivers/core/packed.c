// SPDX-License-Identifier: GPL-2.0
/*
 * The packed ring's operations (virtio 1.4, 2.8). Its memory is in
 * packed_memory.c.
 *
 * The device may write to DMA memory at any time, so the driver never reads its
 * own values back from there: it keeps the lengths, descriptor counts and ids
 * of buffers in private memory (struct packed_buf). It reads each value of the
 * device (a descriptor's flags, id and length) only once, and checks it before
 * use.
 *
 * All buffers that the driver added since the last kick become visible at once:
 * it writes the flags of the very first descriptor last, and until then the
 * device stops at that descriptor.
 *
 * The negotiated features are a constant argument (@features) of inlined
 * functions, as in split.c.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/virtio_ring.h>

#include "packed.h"

#define PACKED_EVENT	1	/* VIRTIO_F_EVENT_IDX */
#define PACKED_FENCE	2	/* vfe_ring_mb() is a fence */
#define PACKED_INDIRECT	4	/* VIRTIO_F_INDIRECT_DESC */
#define PACKED_IN_ORDER	8	/* VIRTIO_F_IN_ORDER */
#define PACKED_VARIANTS	16

/* Writes a descriptor, except its flags */
static __always_inline void packed_fill(struct vring_packed_desc *d, u64 addr,
					u32 len, u16 id)
{
	d->addr = cpu_to_le64(addr);
	d->len = cpu_to_le32(len);
	d->id = cpu_to_le16(id);
}

/* Goes to the next slot; where the ring wraps, the owner flags flip. */
static __always_inline void packed_step(const struct vfe_queue *q, u16 *slot,
					u16 *flags)
{
	if (++*slot == q->size) {
		*slot = 0;
		*flags ^= PACKED_OWNER;
	}
}

/* Return: sum of the lengths */
static __always_inline u64 packed_len(const struct vfe_seg *segs,
				      unsigned int n)
{
	const struct vfe_seg *end = segs + n;
	u64 len = 0;

	for (; segs < end; segs++)
		len += segs->len;
	return len;
}

/*
 * Records a buffer whose descriptors, from avail_slot on, are written except
 * for the flags of the first. The buffer gets the first free id.
 */
static __always_inline void packed_commit(struct vfe_queue *q, u16 head_flags,
					  u16 count, u32 in_len, void *token,
					  unsigned int features)
{
	struct packed_ring *r = q->packed;
	u16 id = r->free_id, head = r->avail_slot;
	struct packed_buf *buf = &r->bufs[id];

	if (features & PACKED_IN_ORDER)
		r->free_id = id + 1 < q->size ? id + 1 : 0;
	else
		r->free_id = buf->next;
	buf->token = token;
	buf->in_len = in_len;
	buf->count = count;
	buf->number = r->added++;
	r->free -= count;
	if (r->unpublished) {
		/*
		 * 2.8.21.1.1: write the descriptors before the flags of the
		 * first one
		 */
		dma_wmb();
		WRITE_ONCE(r->desc[head].flags, cpu_to_le16(head_flags));
	} else {
		r->first = head;
		r->first_flags = head_flags;
	}
	r->unpublished += count;
}

/* Adds a buffer as a chain of ring descriptors. */
static __always_inline int
packed_add_chain(struct vfe_queue *q, const struct vfe_seg *segs,
		 unsigned int out, unsigned int in, void *token,
		 unsigned int features)
{
	struct packed_ring *r = q->packed;
	unsigned int total = out + in, n;
	u16 slot = r->avail_slot, flags = r->avail_flags, head_flags, more;
	u64 in_len = packed_len(segs + out, in);
	struct vring_packed_desc *d;

	/* 2.8.17: check for room for all before making any available */
	if (r->free < total)
		return -ENOSPC;
	/* a used length has 32 bits; no descriptor was written yet */
	if (in_len + packed_len(segs, out) > U32_MAX)
		return -EINVAL;
	head_flags = flags | (out ? 0 : VRING_DESC_F_WRITE) |
		     (total > 1 ? VRING_DESC_F_NEXT : 0);
	for (n = 0; ; ) {
		d = &r->desc[slot];
		packed_fill(d, segs[n].addr, segs[n].len, r->free_id);
		packed_step(q, &slot, &flags);
		if (++n == total)
			break;
		/* 2.8.17: device-writable segments come after readable ones */
		more = n < out ? 0 : VRING_DESC_F_WRITE;
		if (n + 1 < total)
			more |= VRING_DESC_F_NEXT;
		r->desc[slot].flags = cpu_to_le16(flags | more);
	}
	packed_commit(q, head_flags, total, in_len, token, features);
	r->avail_slot = slot;
	r->avail_flags = flags;
	return 0;
}

/* Fills a table. Return: sum of the lengths of its descriptors */
static __always_inline u64 packed_fill_table(struct vring_packed_desc *d,
					     const struct vfe_seg *segs,
					     unsigned int n, u16 flags)
{
	const struct vfe_seg *end = segs + n;
	u64 len = 0;

	for (; segs < end; segs++, d++) {
		packed_fill(d, segs->addr, segs->len, 0);
		/* 2.8.19: WRITE and no other flag */
		d->flags = cpu_to_le16(flags);
		len += segs->len;
	}
	return len;
}

/*
 * Adds the ring descriptor for a table; the caller checked that there is room.
 */
static __always_inline void packed_put_table(struct vfe_queue *q, u64 table,
					     unsigned int n, u32 in_len,
					     void *token, unsigned int features)
{
	struct packed_ring *r = q->packed;

	packed_fill(&r->desc[r->avail_slot], table, n * VFE_DESC_SIZE,
		    r->free_id);
	/* 2.8.19: alone, not in a list linked by NEXT */
	packed_commit(q, r->avail_flags | VRING_DESC_F_INDIRECT, 1, in_len,
		      token, features);
	packed_step(q, &r->avail_slot, &r->avail_flags);
}

/* Adds a buffer with a table that the class driver built. */
static __always_inline int packed_add_given(struct vfe_queue *q,
					    dma_addr_t table, unsigned int n,
					    u32 in_len, void *token,
					    unsigned int features)
{
	if (unlikely(!vfe_ring_table_valid(q, n, token)))
		return -EINVAL;
	if (!q->packed->free)
		return -ENOSPC;
	packed_put_table(q, table, n, in_len, token, features);
	return 0;
}

/* Adds a buffer with one of the ring's own tables. */
static __always_inline int
packed_add_table(struct vfe_queue *q, const struct vfe_seg *segs,
		 unsigned int out, unsigned int in, void *token,
		 unsigned int features)
{
	struct packed_ring *r = q->packed;
	struct vring_packed_desc *d;
	const struct vfe_table *table;
	u64 len, in_len;

	if (!r->free)
		return -ENOSPC;
	table = &r->tables.table[r->free_id];
	d = table->desc;
	len = packed_fill_table(d, segs, out, 0);
	in_len = packed_fill_table(d + out, segs + out, in,
				   VRING_DESC_F_WRITE);
	if (len + in_len > U32_MAX)
		return -EINVAL;
	packed_put_table(q, table->dma, out + in, in_len, token, features);
	return 0;
}

static __always_inline int
packed_add(struct vfe_queue *q, const struct vfe_seg *segs, unsigned int out,
	   unsigned int in, void *token, unsigned int features)
{
	if (features & PACKED_INDIRECT && out + in > 1)
		return packed_add_table(q, segs, out, in, token, features);
	return packed_add_chain(q, segs, out, in, token, features);
}

/* A slot and its wrap counter, in the format of 2.8.14 and 2.9 */
static __always_inline u16 packed_position(u16 slot, u16 avail_flags)
{
	return slot | (avail_flags & PACKED_AVAIL ? PACKED_WRAP : 0);
}

/* Is @event one of the @n descriptors before position @new? */
static __always_inline bool packed_need_event(const struct vfe_queue *q,
					      u16 event, u16 new, u16 n)
{
	u16 slot = event & PACKED_SLOT, end = new & PACKED_SLOT;

	/* @event is in the previous round */
	if ((event ^ new) & PACKED_WRAP)
		slot -= q->size;
	return vring_need_event(slot, end, end - n);
}

static __always_inline bool packed_kick_prepare(struct vfe_queue *q,
						unsigned int features)
{
	struct packed_ring *r = q->packed;
	u16 n = r->unpublished, new, flags;
	unsigned int unwanted;
	u32 event;

	if (!n)
		return false;
	new = packed_position(r->avail_slot, r->avail_flags);
	/* 2.8.21.1.1: the device must see the descriptors before the flags */
	dma_wmb();
	WRITE_ONCE(r->desc[r->first].flags, cpu_to_le16(r->first_flags));
	r->unpublished = 0;
	WRITE_ONCE(r->num_published, r->added);
	WRITE_ONCE(r->published, new);
	/* 2.8.21.3.1: publish the flags before reading the event suppression */
	vfe_ring_mb(features & PACKED_FENCE);
	/* both fields at once, as they belong together */
	event = le32_to_cpu(READ_ONCE(*r->device));
	flags = event >> 16 & 3;
	if (features & PACKED_EVENT && flags == VRING_PACKED_EVENT_FLAG_DESC)
		unwanted = !packed_need_event(q, event, new, n);
	else
		unwanted = flags == VRING_PACKED_EVENT_FLAG_DISABLE;
	/* optimise for no kick: a kick is slow anyway */
	if (unlikely(!unwanted))
		return true;
	vfe_ring_count(&q->kicks_suppressed);
	return false;
}

/* 2.8.1: in a used descriptor both flags equal the wrap counter */
static __always_inline bool packed_is_used(u16 flags, u16 pos)
{
	return (flags & PACKED_OWNER) ==
	       (pos & PACKED_WRAP ? PACKED_OWNER : 0);
}

static bool packed_pending(const struct vfe_queue *q)
{
	const struct packed_ring *r = q->packed;
	u16 pos = READ_ONCE(r->last_used);

	/* IN_ORDER: one descriptor is marked used for a whole batch */
	return READ_ONCE(r->batch) ||
	       packed_is_used(le16_to_cpu(READ_ONCE(r->desc[pos & PACKED_SLOT].flags)),
			      pos);
}

/*
 * Reads the next used descriptor. Return: a valid id, or @q->size if there is
 * none, or if it is invalid
 */
static __always_inline u32 packed_used(struct vfe_queue *q, u32 *len)
{
	struct packed_ring *r = q->packed;
	const struct vring_packed_desc *d;
	u16 flags;
	u32 id;

	d = &r->desc[r->last_used & PACKED_SLOT];
	flags = le16_to_cpu(READ_ONCE(d->flags));
	if (!packed_is_used(flags, r->last_used))
		return q->size;
	/* read the other fields after the flags */
	dma_rmb();
	id = le16_to_cpu(READ_ONCE(d->id));
	/* does the device have a buffer with that id? */
	if (id >= q->size || !r->bufs[id].token ||
	    r->bufs[id].number >= r->num_published) {
		vfe_queue_break(q, "used id", id);
		return q->size;
	}
	*len = le32_to_cpu(READ_ONCE(d->len));
	if (likely(*len <= r->bufs[id].in_len))
		return id;
	/*
	 * 2.8.4: without WRITE the length is meaningless. Some devices omit the
	 * flag and have the length right, so the driver ignores the length only
	 * if it exceeds the buffer.
	 */
	if (!(flags & VRING_DESC_F_WRITE)) {
		*len = 0;
		return id;
	}
	*len = vfe_queue_wrong_len(q, *len, r->bufs[id].in_len);
	return id;
}

/* Frees the id and the descriptors of a buffer. Return: its token */
static __always_inline void *packed_free_buf(struct vfe_queue *q, u16 id,
					     unsigned int features)
{
	struct packed_ring *r = q->packed;
	struct packed_buf *buf = &r->bufs[id];
	void *token = buf->token;

	r->free += buf->count;
	buf->token = NULL;
	/* with IN_ORDER ids are sequential: no free list */
	if (features & PACKED_IN_ORDER)
		return token;
	buf->next = r->free_id;
	r->free_id = id;
	return token;
}

/* 2.8.6: the next used descriptor follows those of this buffer. */
static __always_inline void packed_advance_used(struct vfe_queue *q, u16 count)
{
	struct packed_ring *r = q->packed;
	u16 pos = r->last_used;
	unsigned int slot = (pos & PACKED_SLOT) + count;

	pos &= PACKED_WRAP;
	if (slot >= q->size) {
		slot -= q->size;
		pos ^= PACKED_WRAP;
	}
	WRITE_ONCE(r->last_used, pos | slot);
	vfe_ring_count(&r->reaped);
}

static unsigned int packed_get(struct vfe_queue *q, struct vfe_used *used,
			       unsigned int most)
{
	unsigned int n;
	u32 id;

	for (n = 0; n < most; n++) {
		id = packed_used(q, &used[n].len);
		if (id == q->size)
			break;
		packed_advance_used(q, q->packed->bufs[id].count);
		used[n].token = packed_free_buf(q, id, 0);
	}
	return n;
}

/*
 * 2.8.8: a used descriptor completes all buffers from the oldest one to the one
 * with its id. Ids are sequential, modulo the queue's size.
 */
static bool packed_begin_batch(struct vfe_queue *q)
{
	struct packed_ring *r = q->packed;
	u32 id = packed_used(q, &r->batch_len);

	if (id == q->size)
		return false;
	WRITE_ONCE(r->batch,
		   (id < r->oldest ? id + q->size : id) - r->oldest + 1);
	return true;
}

static unsigned int packed_get_in_order(struct vfe_queue *q,
					struct vfe_used *used,
					unsigned int most)
{
	struct packed_ring *r = q->packed;
	unsigned int n;

	for (n = 0; n < most; n++) {
		u16 id = r->oldest;

		if (!r->batch && !packed_begin_batch(q))
			break;
		/*
		 * 2.8.8: the device filled all but the last of a batch
		 * completely
		 */
		WRITE_ONCE(r->batch, r->batch - 1);
		used[n].len = r->batch ? r->bufs[id].in_len : r->batch_len;
		r->oldest = id + 1 < q->size ? id + 1 : 0;
		packed_advance_used(q, r->bufs[id].count);
		used[n].token = packed_free_buf(q, id, PACKED_IN_ORDER);
	}
	return n;
}

/* Writes both fields at once, as they belong together (2.8.14). */
static __always_inline void packed_write_event(struct packed_ring *r, u16 flags,
					       u16 pos)
{
	WRITE_ONCE(*r->driver, cpu_to_le32((u32)flags << 16 | pos));
}

static void packed_disable_cb(struct vfe_queue *q)
{
	struct packed_ring *r = q->packed;

	if (!r->cb_on)
		return;
	r->cb_on = false;
	packed_write_event(r, VRING_PACKED_EVENT_FLAG_DISABLE, 0);
}

/* Requests an interrupt for when the descriptor at @pos is used. */
static __always_inline bool packed_arm_cb(struct vfe_queue *q, u16 pos,
					  unsigned int features)
{
	struct packed_ring *r = q->packed;

	r->cb_on = true;
	/* 2.8.14: a position is valid with EVENT_IDX only */
	if (features & PACKED_EVENT)
		packed_write_event(r, VRING_PACKED_EVENT_FLAG_DESC, pos);
	else
		packed_write_event(r, VRING_PACKED_EVENT_FLAG_ENABLE, 0);
	/* check again: a buffer used before this may not interrupt */
	vfe_ring_mb(features & PACKED_FENCE);
	return !packed_pending(q);
}

static __always_inline bool packed_enable_cb(struct vfe_queue *q,
					     unsigned int features)
{
	return packed_arm_cb(q, q->packed->last_used, features);
}

static __always_inline bool packed_enable_cb_after(struct vfe_queue *q, u16 n,
						   unsigned int features)
{
	struct packed_ring *r = q->packed;
	u16 out = packed_capacity(q, q->size) - r->free - r->unpublished;
	u16 wrap = r->last_used & PACKED_WRAP;
	unsigned int slot;

	/* an event beyond the descriptors in flight would never happen */
	n = out ? min(n, out) : 1;
	slot = (r->last_used & PACKED_SLOT) + n - 1;
	if (slot >= q->size) {
		slot -= q->size;
		wrap ^= PACKED_WRAP;
	}
	return packed_arm_cb(q, wrap | slot, features);
}

static void *packed_detach(struct vfe_queue *q)
{
	struct packed_ring *r = q->packed;

	for (; r->detach_pos < q->size; r->detach_pos++)
		if (r->bufs[r->detach_pos].token)
			return packed_free_buf(q, r->detach_pos,
					       PACKED_IN_ORDER);
	return NULL;
}

static u16 packed_next(const struct vfe_queue *q)
{
	return READ_ONCE(q->packed->published);
}

static u64 packed_completions(const struct vfe_queue *q)
{
	return READ_ONCE(q->packed->reaped);
}

static void packed_indices(const struct vfe_queue *q, u16 *avail, u16 *used)
{
	*avail = READ_ONCE(q->packed->num_published);
	*used = READ_ONCE(q->packed->reaped) - q->packed->reaped_at_reset;
}

static u16 packed_in_flight(const struct vfe_queue *q)
{
	u16 avail, used;

	packed_indices(q, &avail, &used);
	return avail - used;
}

/* --- variants of the functions, by the negotiated features --- */

#define PACKED_ADD(name, features) \
	static int name(struct vfe_queue *q, const struct vfe_seg *segs, \
			unsigned int out, unsigned int in, void *token) \
	{ \
		return packed_add(q, segs, out, in, token, features); \
	}

PACKED_ADD(packed_add_chains, 0)
PACKED_ADD(packed_add_tables, PACKED_INDIRECT)
PACKED_ADD(packed_add_chains_in_order, PACKED_IN_ORDER)
PACKED_ADD(packed_add_tables_in_order, PACKED_INDIRECT | PACKED_IN_ORDER)

#define PACKED_ADD_GIVEN(name, features) \
	static int name(struct vfe_queue *q, dma_addr_t table, unsigned int n, \
			u32 in_len, void *token) \
	{ \
		return packed_add_given(q, table, n, in_len, token, features); \
	}

PACKED_ADD_GIVEN(packed_add_given_any, 0)
PACKED_ADD_GIVEN(packed_add_given_in_order, PACKED_IN_ORDER)

static u16 packed_room(const struct vfe_queue *q)
{
	return q->packed->free;
}

/* Functions with a barrier, by EVENT_IDX and kind of barrier */
#define PACKED_EVENT_FNS(suffix, features) \
	static bool packed_kick_prepare_##suffix(struct vfe_queue *q) \
	{ \
		return packed_kick_prepare(q, features); \
	} \
	static bool packed_enable_cb_##suffix(struct vfe_queue *q) \
	{ \
		return packed_enable_cb(q, features); \
	} \
	static bool packed_enable_cb_after_##suffix(struct vfe_queue *q, u16 n) \
	{ \
		return packed_enable_cb_after(q, n, features); \
	}

PACKED_EVENT_FNS(flags, 0)
PACKED_EVENT_FNS(event, PACKED_EVENT)
PACKED_EVENT_FNS(flags_fence, PACKED_FENCE)
PACKED_EVENT_FNS(event_fence, PACKED_EVENT | PACKED_FENCE)

#define PACKED_OPS(add_fn, given_fn, get_fn, events) { \
	.name = "packed", \
	.any_size = true, \
	.create = packed_create, \
	.destroy = packed_destroy, \
	.reset = packed_reset, \
	.add = add_fn, \
	.add_table = given_fn, \
	/* flags in the upper half; nothing links the descriptors */ \
	.table = { .write = VRING_DESC_F_WRITE << 16 }, \
	.capacity = packed_capacity, \
	.room = packed_room, \
	.kick_prepare = packed_kick_prepare_##events, \
	.pending = packed_pending, \
	.get_many = get_fn, \
	.disable_cb = packed_disable_cb, \
	.enable_cb = packed_enable_cb_##events, \
	.enable_cb_after = packed_enable_cb_after_##events, \
	.detach = packed_detach, \
	.next = packed_next, \
	.completions = packed_completions, \
	.in_flight = packed_in_flight, \
	.indices = packed_indices, \
}

/* By EVENT_IDX and kind of barrier, for one kind of add and get */
#define PACKED_OPS_4(features, add, given, get) \
	[features] = PACKED_OPS(add, given, get, flags), \
	[(features) | PACKED_EVENT] = PACKED_OPS(add, given, get, event), \
	[(features) | PACKED_FENCE] = \
		PACKED_OPS(add, given, get, flags_fence), \
	[(features) | PACKED_EVENT | PACKED_FENCE] = \
		PACKED_OPS(add, given, get, event_fence)

static const struct vfe_ring_ops packed_ops[PACKED_VARIANTS] = {
	PACKED_OPS_4(0, packed_add_chains, packed_add_given_any, packed_get),
	PACKED_OPS_4(PACKED_INDIRECT, packed_add_tables, packed_add_given_any,
		     packed_get),
	PACKED_OPS_4(PACKED_IN_ORDER, packed_add_chains_in_order,
		     packed_add_given_in_order, packed_get_in_order),
	PACKED_OPS_4(PACKED_INDIRECT | PACKED_IN_ORDER,
		     packed_add_tables_in_order, packed_add_given_in_order,
		     packed_get_in_order),
};

/**
 * vfe_packed_ops() - choose the operations of a queue's packed ring
 * @q: the queue, its features set
 *
 * Return: the operations.
 */
const struct vfe_ring_ops *vfe_packed_ops(const struct vfe_queue *q)
{
	return &packed_ops[(q->event_idx ? PACKED_EVENT : 0) |
			   (q->fence ? PACKED_FENCE : 0) |
			   (vfe_queue_makes_tables(q) ? PACKED_INDIRECT : 0) |
			   (q->in_order ? PACKED_IN_ORDER : 0)];
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The split ring's operations (virtio 1.4, 2.7). Its memory is in
 * split_memory.c.
 *
 * The device may write to DMA memory at any time, so the driver never reads its
 * own values back from there: it keeps the descriptors of buffers, and the list
 * of free ones, in private memory (struct split_buf). It reads each value of
 * the device (used index, id and length) only once, and checks it before use.
 *
 * The negotiated features are a constant argument (@features) of inlined
 * functions. The file instantiates these for each combination of features; the
 * table at its end has the resulting functions.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/virtio_ring.h>

#include "split.h"

#define SPLIT_EVENT	1	/* VIRTIO_F_EVENT_IDX */
#define SPLIT_FENCE	2	/* vfe_ring_mb() is a fence */
#define SPLIT_INDIRECT	4	/* VIRTIO_F_INDIRECT_DESC */
#define SPLIT_IN_ORDER	8	/* VIRTIO_F_IN_ORDER */
#define SPLIT_NO_USED_LEN 16	/* legacy: used lengths mean nothing */
#define SPLIT_VARIANTS	32

/*
 * Rings are little endian; those of legacy devices have the guest's byte order
 * (virtio 1.4, 2.7.3), which legacy.c requires to be little endian.
 */
static inline __virtio16 split_from16(u16 v)
{
	return (__force __virtio16)cpu_to_le16(v);
}

static inline __virtio32 split_from32(u32 v)
{
	return (__force __virtio32)cpu_to_le32(v);
}

static inline __virtio64 split_from64(u64 v)
{
	return (__force __virtio64)cpu_to_le64(v);
}

static inline u16 split_to16(__virtio16 v)
{
	return le16_to_cpu((__force __le16)v);
}

static inline u32 split_to32(__virtio32 v)
{
	return le32_to_cpu((__force __le32)v);
}

/**
 * struct split_chain - a chain of descriptors that is being written
 * @desc: the descriptors of the ring, or of a table
 * @last: the descriptor written last
 * @at: index of the next descriptor to write
 * @len: bytes so far
 */
struct split_chain {
	struct vring_desc *desc;
	struct vring_desc *last;
	u16 at;
	u64 len;
};

/* Return: the free descriptor of the ring after @i */
static __always_inline u16 split_after(const struct vfe_queue *q, u16 i,
				       unsigned int features)
{
	/* 2.7.5.2: with IN_ORDER, in the order of the ring */
	if (features & SPLIT_IN_ORDER)
		return (i + 1) & (q->size - 1);
	return q->split->bufs[i].next;
}

/* Writes @n descriptors, each linked to the next. */
static __always_inline void
split_fill(const struct vfe_queue *q, struct split_chain *c,
	   const struct vfe_seg *segs, unsigned int n, u16 flags, bool table,
	   unsigned int features)
{
	const struct vfe_seg *end = segs + n;

	for (; segs < end; segs++) {
		c->last = &c->desc[c->at];
		/* 2.7.5.3.1: a table's descriptors are sequential */
		c->at = table ? c->at + 1 : split_after(q, c->at, features);
		c->last->addr = split_from64(segs->addr);
		c->last->len = split_from32(segs->len);
		c->last->flags = split_from16(flags);
		c->last->next = split_from16(c->at);
		c->len += segs->len;
	}
}

/*
 * Writes a whole chain. Return: bytes that the device may write, U64_MAX for a
 * chain of too many bytes
 */
static __always_inline u64
split_write(const struct vfe_queue *q, struct split_chain *c,
	    const struct vfe_seg *segs, unsigned int out, unsigned int in,
	    bool table, unsigned int features)
{
	u64 readable;

	/* 2.7.4.2: device-writable segments come after readable ones */
	split_fill(q, c, segs, out, VRING_DESC_F_NEXT, table, features);
	readable = c->len;
	split_fill(q, c, segs + out, in,
		   VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, table, features);
	c->last->flags = split_from16(in ? VRING_DESC_F_WRITE : 0);
	/* 2.7.5.2: at most 2^32 bytes; a used length has 32 bits */
	return c->len > U32_MAX ? U64_MAX : c->len - readable;
}

/*
 * Records the buffer at @head, and puts it into the available ring. The index
 * is published later.
 */
static __always_inline void split_commit(struct vfe_queue *q, u16 head,
					 u16 next, u16 count, u32 in_len,
					 void *token, unsigned int features)
{
	struct split_ring *r = q->split;
	struct split_buf *buf = &r->bufs[head];
	u16 at = r->avail_idx;

	r->free_head = next;
	r->free -= count;
	buf->token = token;
	buf->in_len = in_len;
	buf->count = count;
	if (features & SPLIT_IN_ORDER)
		buf->position = at;
	r->avail->ring[at & (q->size - 1)] = split_from16(head);
	r->avail_idx = at + 1;
}

/* Adds a buffer as a chain of ring descriptors. */
static __always_inline int
split_add_chain(struct vfe_queue *q, const struct vfe_seg *segs,
		unsigned int out, unsigned int in, void *token,
		unsigned int features)
{
	struct split_ring *r = q->split;
	u16 head = r->free_head;
	struct split_chain c = { .desc = r->desc, .at = head };
	u64 in_len;

	if (r->free < out + in)
		return -ENOSPC;
	in_len = split_write(q, &c, segs, out, in, false, features);
	if (in_len == U64_MAX)
		return -EINVAL;
	split_commit(q, head, c.at, out + in, in_len, token, features);
	return 0;
}

/*
 * Adds the ring descriptor for a table; the caller checked that there is room.
 */
static __always_inline void split_put_table(struct vfe_queue *q, u64 table,
					    unsigned int n, u32 in_len,
					    void *token, unsigned int features)
{
	struct split_ring *r = q->split;
	u16 head = r->free_head;
	struct vring_desc *d = &r->desc[head];

	d->addr = split_from64(table);
	d->len = split_from32(n * VFE_DESC_SIZE);
	/* 2.7.5.3.1: INDIRECT without NEXT, and not in a table */
	d->flags = split_from16(VRING_DESC_F_INDIRECT);
	split_commit(q, head, split_after(q, head, features), 1, in_len, token,
		     features);
}

/* Adds a buffer with a table that the class driver built. */
static __always_inline int split_add_given(struct vfe_queue *q,
					   dma_addr_t table, unsigned int n,
					   u32 in_len, void *token,
					   unsigned int features)
{
	if (unlikely(!vfe_ring_table_valid(q, n, token)))
		return -EINVAL;
	if (!q->split->free)
		return -ENOSPC;
	split_put_table(q, table, n, in_len, token, features);
	return 0;
}

/* Adds a buffer with one of the ring's own tables. */
static __always_inline int
split_add_table(struct vfe_queue *q, const struct vfe_seg *segs,
		unsigned int out, unsigned int in, void *token,
		unsigned int features)
{
	struct split_ring *r = q->split;
	const struct vfe_table *table;
	struct split_chain c = { .at = 0 };
	u64 in_len;

	if (!r->free)
		return -ENOSPC;
	table = &r->tables.table[r->free_head];
	c.desc = table->desc;
	in_len = split_write(q, &c, segs, out, in, true, features);
	if (in_len == U64_MAX)
		return -EINVAL;
	split_put_table(q, table->dma, out + in, in_len, token, features);
	return 0;
}

static __always_inline int
split_add(struct vfe_queue *q, const struct vfe_seg *segs, unsigned int out,
	  unsigned int in, void *token, unsigned int features)
{
	if (features & SPLIT_INDIRECT && out + in > 1)
		return split_add_table(q, segs, out, in, token, features);
	return split_add_chain(q, segs, out, in, token, features);
}

static __always_inline bool split_kick_prepare(struct vfe_queue *q,
					       unsigned int features)
{
	struct split_ring *r = q->split;
	u16 old = r->published_idx;
	u16 new = r->avail_idx;
	unsigned int unwanted;

	if (old == new)
		return false;
	/* 2.7.13.3.1: the device must see the buffers before the index */
	dma_wmb();
	WRITE_ONCE(r->avail->idx, split_from16(new));
	WRITE_ONCE(r->published_idx, new);
	/* 2.7.13.4.1: publish the index before reading flags or avail_event */
	vfe_ring_mb(features & SPLIT_FENCE);
	/* 2.7.10.1: with EVENT_IDX ignore flags, without it avail_event */
	if (features & SPLIT_EVENT)
		unwanted = !vring_need_event(split_to16(READ_ONCE(*r->avail_event)),
					     new, old);
	else
		unwanted = split_to16(READ_ONCE(r->used->flags)) &
			   VRING_USED_F_NO_NOTIFY;
	/* optimise for no kick: a kick is slow anyway */
	if (unlikely(!unwanted))
		return true;
	vfe_ring_count(&q->kicks_suppressed);
	return false;
}

static bool split_pending(const struct vfe_queue *q)
{
	const struct split_ring *r = q->split;

	return split_to16(READ_ONCE(r->used->idx)) != (u16)READ_ONCE(r->last_used);
}

/* Frees the descriptors of a buffer. Return: its token */
static __always_inline void *split_free_buf(struct split_ring *r, u16 head,
					    unsigned int features)
{
	struct split_buf *buf = &r->bufs[head];
	void *token = buf->token;
	u16 count = buf->count;
	u16 last = head;
	u16 n;

	buf->token = NULL;
	r->free += count;
	/* with IN_ORDER descriptors are sequential: no free list */
	if (features & SPLIT_IN_ORDER)
		return token;
	for (n = 1; n < count; n++)
		last = r->bufs[last].next;
	r->bufs[last].next = r->free_head;
	r->free_head = head;
	return token;
}

/* Reads and checks the used index. Return: whether it is valid */
static bool split_read_used_idx(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	u16 idx = split_to16(READ_ONCE(r->used->idx)), last = r->last_used;

	/* more than the driver made available? */
	if ((u16)(idx - last) > (u16)(r->published_idx - last)) {
		vfe_queue_break(q, "used index", idx);
		return false;
	}
	/* read the used elements after the index */
	dma_rmb();
	r->seen_used = idx;
	return true;
}

/* Is there a used buffer? Reads the device's index only if needed. */
static __always_inline bool split_more_used(struct vfe_queue *q)
{
	struct split_ring *r = q->split;

	return r->seen_used != (u16)r->last_used ||
	       (split_read_used_idx(q) && r->seen_used != (u16)r->last_used);
}

/* Reads the next used element. Return: a valid id, or @q->size */
static __always_inline u32 split_element(struct vfe_queue *q, u32 *len,
					 unsigned int features)
{
	struct split_ring *r = q->split;
	const struct vring_used_elem *elem;
	u32 id;

	elem = &r->used->ring[r->last_used & (q->size - 1)];
	id = split_to32(READ_ONCE(elem->id));
	if (id >= q->size || !r->bufs[id].token) {
		vfe_queue_break(q, "used id", id);
		return q->size;
	}
	/*
	 * 2.7.8.1: a legacy device may have written the whole buffer, with any
	 * length
	 */
	if (features & SPLIT_NO_USED_LEN) {
		*len = r->bufs[id].in_len;
		return id;
	}
	*len = split_to32(READ_ONCE(elem->len));
	/* 2.7.8.3: limit the length to that of the buffer */
	if (unlikely(*len > r->bufs[id].in_len))
		*len = vfe_queue_wrong_len(q, *len, r->bufs[id].in_len);
	return id;
}

/*
 * 2.7.9: a used element completes all buffers from the oldest one to the one
 * with its id.
 */
static bool split_begin_batch(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	u16 batch;
	u32 id;

	if (!split_more_used(q))
		return false;
	id = split_element(q, &r->batch_len, SPLIT_IN_ORDER);
	if (id == q->size)
		return false;
	batch = r->bufs[id].position - r->last_used + 1;
	if (batch > (u16)(r->seen_used - r->last_used)) {
		vfe_queue_break(q, "used id", id);
		return false;
	}
	r->batch = batch;
	return true;
}

static unsigned int split_get_in_order(struct vfe_queue *q,
				       struct vfe_used *used, unsigned int most)
{
	struct split_ring *r = q->split;
	unsigned int n;

	for (n = 0; n < most; n++) {
		u16 head = r->oldest;

		if (!r->batch && !split_begin_batch(q))
			break;
		/*
		 * 2.7.9: the device filled all but the last of a batch
		 * completely
		 */
		used[n].len = --r->batch ? r->bufs[head].in_len : r->batch_len;
		r->oldest = (head + r->bufs[head].count) & (q->size - 1);
		WRITE_ONCE(r->last_used, r->last_used + 1);
		used[n].token = split_free_buf(r, head, SPLIT_IN_ORDER);
	}
	return n;
}

/* Reaps used buffers; reads the device's index at most once. */
static __always_inline unsigned int split_get_any(struct vfe_queue *q,
						  struct vfe_used *used,
						  unsigned int most,
						  unsigned int features)
{
	struct split_ring *r = q->split;
	unsigned int n = 0;
	u32 id;

	if (!split_more_used(q))
		return 0;
	do {
		id = split_element(q, &used[n].len, features);
		if (unlikely(id == q->size))
			break;
		WRITE_ONCE(r->last_used, r->last_used + 1);
		used[n++].token = split_free_buf(r, id, features);
	} while (n < most && r->seen_used != (u16)r->last_used);
	return n;
}

static __always_inline void split_disable_cb(struct vfe_queue *q,
					     unsigned int features)
{
	struct split_ring *r = q->split;

	if (!r->cb_on)
		return;
	r->cb_on = false;
	if (features & SPLIT_EVENT) {
		/*
		 * 2.7.7.1: flags stay 0. The device passes this index again
		 * only after 65535 buffers.
		 */
		WRITE_ONCE(*r->used_event, split_from16(r->last_used - 1));
		return;
	}
	WRITE_ONCE(r->avail->flags, split_from16(VRING_AVAIL_F_NO_INTERRUPT));
}

/* Requests an interrupt for when @n more buffers are used. */
static __always_inline void split_arm_cb(struct vfe_queue *q, u16 n,
					 unsigned int features)
{
	struct split_ring *r = q->split;

	r->cb_on = true;
	if (features & SPLIT_EVENT)
		WRITE_ONCE(*r->used_event, split_from16(r->last_used + n - 1));
	else
		WRITE_ONCE(r->avail->flags, 0);
	/* check again: a buffer used before this may not interrupt */
	vfe_ring_mb(features & SPLIT_FENCE);
}

static __always_inline bool split_enable_cb(struct vfe_queue *q,
					    unsigned int features)
{
	split_arm_cb(q, 1, features);
	return !split_more_used(q);
}

static __always_inline bool split_enable_cb_after(struct vfe_queue *q, u16 n,
						  unsigned int features)
{
	struct split_ring *r = q->split;
	u16 out = r->published_idx - r->last_used;

	/* an event beyond the buffers in flight would never happen */
	n = out ? min(n, out) : 1;
	split_arm_cb(q, n, features);
	if (!(features & SPLIT_EVENT))
		return !split_more_used(q);
	return split_read_used_idx(q) && (u16)(r->seen_used - r->last_used) < n;
}

static void *split_detach(struct vfe_queue *q)
{
	struct split_ring *r = q->split;

	for (; r->detach_pos < q->size; r->detach_pos++)
		if (r->bufs[r->detach_pos].token)
			return split_free_buf(r, r->detach_pos, SPLIT_IN_ORDER);
	return NULL;
}

/* 2.9: the available index */
static u16 split_next(const struct vfe_queue *q)
{
	return READ_ONCE(q->split->published_idx);
}

static u64 split_completions(const struct vfe_queue *q)
{
	const struct split_ring *r = q->split;
	unsigned int seq;
	u64 n;

	do {
		seq = read_seqcount_begin(&r->padded);
		n = READ_ONCE(r->last_used) - READ_ONCE(r->padding);
	} while (read_seqcount_retry(&r->padded, seq));
	return n;
}

static void split_indices(const struct vfe_queue *q, u16 *avail, u16 *used)
{
	*avail = READ_ONCE(q->split->published_idx);
	*used = READ_ONCE(q->split->last_used);
}

static u16 split_in_flight(const struct vfe_queue *q)
{
	u16 avail, used;

	split_indices(q, &avail, &used);
	return avail - used;
}

/* --- variants of the functions, by the negotiated features --- */

#define SPLIT_ADD(name, features) \
	static int name(struct vfe_queue *q, const struct vfe_seg *segs, \
			unsigned int out, unsigned int in, void *token) \
	{ \
		return split_add(q, segs, out, in, token, features); \
	}

SPLIT_ADD(split_add_chains, 0)
SPLIT_ADD(split_add_tables, SPLIT_INDIRECT)
SPLIT_ADD(split_add_chains_in_order, SPLIT_IN_ORDER)
SPLIT_ADD(split_add_tables_in_order, SPLIT_INDIRECT | SPLIT_IN_ORDER)

#define SPLIT_ADD_GIVEN(name, features) \
	static int name(struct vfe_queue *q, dma_addr_t table, unsigned int n, \
			u32 in_len, void *token) \
	{ \
		return split_add_given(q, table, n, in_len, token, features); \
	}

SPLIT_ADD_GIVEN(split_add_given_any, 0)
SPLIT_ADD_GIVEN(split_add_given_in_order, SPLIT_IN_ORDER)

static u16 split_room(const struct vfe_queue *q)
{
	return q->split->free;
}

static unsigned int split_get(struct vfe_queue *q, struct vfe_used *used,
			      unsigned int most)
{
	return split_get_any(q, used, most, 0);
}

static unsigned int split_get_no_len(struct vfe_queue *q, struct vfe_used *used,
				     unsigned int most)
{
	return split_get_any(q, used, most, SPLIT_NO_USED_LEN);
}

#define SPLIT_DISABLE_CB(name, features) \
	static void name(struct vfe_queue *q) \
	{ \
		split_disable_cb(q, features); \
	}

SPLIT_DISABLE_CB(split_disable_cb_flags, 0)
SPLIT_DISABLE_CB(split_disable_cb_event, SPLIT_EVENT)

/* Functions with a barrier, by EVENT_IDX and kind of barrier */
#define SPLIT_EVENT_FNS(suffix, features) \
	static bool split_kick_prepare_##suffix(struct vfe_queue *q) \
	{ \
		return split_kick_prepare(q, features); \
	} \
	static bool split_enable_cb_##suffix(struct vfe_queue *q) \
	{ \
		return split_enable_cb(q, features); \
	} \
	static bool split_enable_cb_after_##suffix(struct vfe_queue *q, u16 n) \
	{ \
		return split_enable_cb_after(q, n, features); \
	}

SPLIT_EVENT_FNS(flags, 0)
SPLIT_EVENT_FNS(event, SPLIT_EVENT)
SPLIT_EVENT_FNS(flags_fence, SPLIT_FENCE)
SPLIT_EVENT_FNS(event_fence, SPLIT_EVENT | SPLIT_FENCE)

/* In a table: flags in the lower half, index of the next descriptor above */
#define SPLIT_OPS(add_fn, given_fn, get_fn, cb, events) { \
	.name = "split", \
	.create = split_create, \
	.destroy = split_destroy, \
	.reset = split_reset, \
	.add = add_fn, \
	.add_table = given_fn, \
	.table = { \
		.link = VRING_DESC_F_NEXT, \
		.step = 1 << 16, \
		.write = VRING_DESC_F_WRITE, \
	}, \
	.room = split_room, \
	.kick_prepare = split_kick_prepare_##events, \
	.pending = split_pending, \
	.get_many = get_fn, \
	.disable_cb = split_disable_cb_##cb, \
	.enable_cb = split_enable_cb_##events, \
	.enable_cb_after = split_enable_cb_after_##events, \
	.detach = split_detach, \
	.next = split_next, \
	.completions = split_completions, \
	.in_flight = split_in_flight, \
	.indices = split_indices, \
}

/* By EVENT_IDX and kind of barrier, for one kind of add and get */
#define SPLIT_OPS_4(features, add, given, get) \
	[features] = SPLIT_OPS(add, given, get, flags, flags), \
	[(features) | SPLIT_EVENT] = SPLIT_OPS(add, given, get, event, event), \
	[(features) | SPLIT_FENCE] = \
		SPLIT_OPS(add, given, get, flags, flags_fence), \
	[(features) | SPLIT_EVENT | SPLIT_FENCE] = \
		SPLIT_OPS(add, given, get, event, event_fence)

static const struct vfe_ring_ops split_ops[SPLIT_VARIANTS] = {
	SPLIT_OPS_4(0, split_add_chains, split_add_given_any, split_get),
	SPLIT_OPS_4(SPLIT_INDIRECT, split_add_tables, split_add_given_any,
		    split_get),
	SPLIT_OPS_4(SPLIT_IN_ORDER, split_add_chains_in_order,
		    split_add_given_in_order, split_get_in_order),
	SPLIT_OPS_4(SPLIT_INDIRECT | SPLIT_IN_ORDER, split_add_tables_in_order,
		    split_add_given_in_order, split_get_in_order),
	/* legacy devices, and class drivers to which used lengths mean nothing */
	SPLIT_OPS_4(SPLIT_NO_USED_LEN, split_add_chains, split_add_given_any,
		    split_get_no_len),
	SPLIT_OPS_4(SPLIT_INDIRECT | SPLIT_NO_USED_LEN, split_add_tables,
		    split_add_given_any, split_get_no_len),
	SPLIT_OPS_4(SPLIT_IN_ORDER | SPLIT_NO_USED_LEN,
		    split_add_chains_in_order, split_add_given_in_order,
		    split_get_in_order),
	SPLIT_OPS_4(SPLIT_INDIRECT | SPLIT_IN_ORDER | SPLIT_NO_USED_LEN,
		    split_add_tables_in_order, split_add_given_in_order,
		    split_get_in_order),
};

/**
 * vfe_split_ops() - choose the operations of a queue's split ring
 * @q: the queue, its features set
 *
 * Return: the operations.
 */
const struct vfe_ring_ops *vfe_split_ops(const struct vfe_queue *q)
{
	return &split_ops[(q->event_idx ? SPLIT_EVENT : 0) |
			  (q->fence ? SPLIT_FENCE : 0) |
			  (vfe_queue_makes_tables(q) ? SPLIT_INDIRECT : 0) |
			  (q->in_order ? SPLIT_IN_ORDER : 0) |
			  (q->no_used_len ? SPLIT_NO_USED_LEN : 0)];
}
